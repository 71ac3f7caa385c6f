using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Muqeem.Cases.Definition;
using Muqeem.Platform.Texts;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Cases;

/// <summary>The sentences of a receipt, in every language of the project: who reads it is not known when it is made.</summary>
internal sealed class ReceiptWords(TextCatalogue texts)
{
    public static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly InstantPattern Pattern = InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm:ss.ffffff'Z'");

    private static readonly IReadOnlyDictionary<string, object?> Nothing = new Dictionary<string, object?>(StringComparer.Ordinal);

    private readonly IReadOnlyList<Language> _languages = [.. texts.Languages.Order(StringComparer.Ordinal).Select(texts.In)];

    public static string Time(Instant at) => Pattern.Format(at);

    public JsonObject In(string key) => TryIn(key, Nothing) ?? throw new InvalidOperationException($"There is no text {key}.");

    /// <summary>Null when no language has it.</summary>
    private JsonObject? TryIn(string key, IReadOnlyDictionary<string, object?> facts)
    {
        var words = new JsonObject();
        foreach (var language in _languages.Where(l => l.Has(key)))
        {
            words[language.Code] = language.Bare(key, facts);
        }
        return words.Count > 0 ? words : null;
    }

    /// <summary>All that refused it when the rules did; otherwise the one coded reason of whoever decided.</summary>
    public JsonArray Reasons(string? act, string? reason, StoredAssessment assessment)
    {
        if (reason is null)
        {
            return new JsonArray();
        }
        if (act != CaseActs.RefuseByRule)
        {
            var one = new JsonObject { ["code"] = reason };
            return new JsonArray(one.With("text", TryIn("office.reason." + reason, Nothing) ?? TryIn("receipt.reason." + reason, Nothing)));
        }
        return new JsonArray([.. assessment.Findings.Where(f => f.Kind == FindingKind.Final).Select(f => (JsonNode)Reason(f.ToFinding()))]);
    }

    private JsonObject Reason(Finding finding) => new JsonObject { ["code"] = finding.Refusal.Code, ["check"] = finding.Check, ["source"] = finding.Source }
        .With("text", TryIn("refusal." + finding.Refusal.Code, finding.Refusal.Facts))
        .With("remedy", TryIn("remedy." + finding.Refusal.Code, finding.Refusal.Facts))
        .With("as_of", finding.AsOf is { } asOf ? Time(asOf) : null)
        .With("passes_on", finding.PassesOn is { } day ? LocalDatePattern.Iso.Format(day) : null);

    public static JsonNode Comparison(ComparedField compared) => new JsonObject
    {
        ["field"] = compared.Field,
        ["source"] = compared.Source,
        ["class"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(compared.Class.ToString()),
        ["agrees"] = compared.Agrees,
    }.With("typed", compared.Typed).With("recorded", compared.Recorded).With("as_of", compared.AsOf is { } asOf ? Time(asOf) : null);
}

internal static class ReceiptNodes
{
    /// <summary>With a member that is left out where there is nothing to say.</summary>
    public static JsonObject With(this JsonObject node, string name, JsonNode? value)
    {
        if (value is not null)
        {
            node[name] = value;
        }
        return node;
    }
}
