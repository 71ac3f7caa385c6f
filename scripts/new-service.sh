#!/usr/bin/env bash
# Makes the folder of a new service and its line in the catalogue. usage: new-service.sh ReplaceLostId ID.REPLACE.LOST replace-lost
set -euo pipefail
cd "$(dirname "$0")/.."
name="${1:?NAME, e.g. ReplaceLostId}" code="${2:?CODE, e.g. ID.REPLACE.LOST}" key="${3:?KEY, e.g. replace-lost}"
dir="src/Services/$name"
[ -e "$dir" ] && { echo "$dir is there already." >&2; exit 1; }
mkdir "$dir"
cat > "$dir/$name.cs" <<CS
using Muqeem.Cases;
using Muqeem.Cases.Checks;
using Muqeem.Cases.Definition;
using Muqeem.Payments.Pricing;

namespace Muqeem.Services.$name;

/// <summary>What it is for, in one sentence: $code.</summary>
public sealed class $name : Service<Request>
{
    public const string ServiceCode = "$code";

    private static readonly Lifecycle Table = new([.. SharedStates.Application(), .. SharedStates.Review()]);

    public override string Code => ServiceCode;
    public override string Key => "$key";
    public override int Schema => 1;
    public override string Purpose => "residence";
    public override Lifecycle States => Table;
    public override Form Form => Questions.Form;

    public override IReadOnlyList<string> Facts { get; } = [PersonFact.Name, ResidenceFact.Name];

    protected override IEnumerable<Finding> Check(Request request, FactSet facts, RuleContext context) =>
        Cases.Checks.Check.Alive(facts).Concat(Cases.Checks.Check.ResidenceValid(facts, context.Today));

    protected override Quote Price(Request request, FactSet facts, RuleContext context) => Quote.Free;

    protected override IEnumerable<Effect> Effects(string act, string state, Request request, FactSet facts, RuleContext context) => [];
}
CS
cat > "$dir/Request.cs" <<CS
namespace Muqeem.Services.$name;

/// <summary>What is asked.</summary>
public sealed record Request
{
    public string? Reason { get; set; }
}
CS
cat > "$dir/Form.cs" <<CS
using Muqeem.Cases.Definition;

namespace Muqeem.Services.$name;

internal static class Questions
{
    public static readonly Form<Request> Form = new Form<Request>()
        .Page("reason", Form<Request>.Text(r => r.Reason, kind: FieldKind.LongText, maxLength: 500));
}
CS
cat > "$dir/README.md" <<MD
# $name (\`$code\`)

Purpose, legal basis with its source, who asks, what they get, open questions.

\`\`\`mermaid
\`\`\`
MD
for lang in ar en; do
  printf '{\n  "svc.%s.name": "%s",\n  "svc.%s.about": "%s",\n  "svc.%s.page.reason": "%s",\n  "svc.%s.page.reason.title": "%s",\n  "svc.%s.field.reason": "%s"\n}\n' \
    "$key" "$name" "$key" "$name" "$key" "…" "$key" "…" "$key" "…" > "$dir/texts.$lang.json"
done
sed -i "s/^    \];/        new $name.$name(),\n    ];/" src/Services/Catalogue.cs
echo "Made $dir and its line in Catalogue.cs. Next: the texts in both languages, then MUQEEM_WRITE_DOCS=1 scripts/tests-of.sh '*ServicesDocs*' draws the lifecycle. See docs/handbook/add-a-service.md."
