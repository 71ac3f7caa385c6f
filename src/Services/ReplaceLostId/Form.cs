using Muqeem.Cases.Definition;

namespace Muqeem.Services.ReplaceLostId;

internal static class Questions
{
    private static readonly IReadOnlyList<Option> Why = [.. new[] { Causes.Lost, Causes.Stolen, Causes.Revoked }.Select(c => new Option(c, "svc.replace-lost.cause." + c))];

    private static readonly IReadOnlyList<Option> Parts = [.. PartsOfDay.All.Select(p => new Option(p, "svc.replace-lost.part." + p))];

    public static readonly Form<Request> Form = new Form<Request>()
        .Page("cause",
            Form<Request>.Choice(r => r.Cause, _ => Why))
        .Page("time",
            Form<Request>.Day(r => r.LostOn, hint: true, when: OfLoss),
            Form<Request>.Choice(r => r.PartOfDay, _ => Parts, hint: true, when: OfLoss))
        .Page("place",
            Form<Request>.Text(r => r.Place, hint: true, maxLength: 160, when: OfLoss),
            Form<Request>.Text(r => r.How, hint: true, maxLength: 1000, when: OfLoss, kind: FieldKind.LongText))
        .Page("statement",
            Form<Request>.Yes(r => r.Truth));

    private static bool OfLoss(Answers answers) => answers["cause"] != Causes.Revoked;
}
