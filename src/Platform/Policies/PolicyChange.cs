using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Platform.Policies;

/// <summary>One rule as it shall be from a day on. What was in force before that day stays as it was: days that are over are decided by what was in force on them.</summary>
/// <param name="Code">Of a policy, or <c>fees/</c> with the code of a line of the fee table.</param>
/// <param name="From">First day in Riyadh.</param>
/// <param name="To">Exclusive; null is open. After it what was in force before counts again.</param>
/// <param name="Value">JSON. Of a fee: the line without its code, days and source.</param>
/// <param name="Source">Which decree or decision says so.</param>
public sealed record PolicyChange(string Code, LocalDate From, LocalDate? To, string Value, string Source, string? Note)
{
    public const string FeePrefix = PolicyBook.Fees + "/";

    /// <summary>What people decided here, and not this project.</summary>
    public const string Evidence = "decided";

    private static readonly string[] NotOfTheValue = ["code", "from", "to", "evidence", "source"];

    public bool IsFee => Code.StartsWith(FeePrefix, StringComparison.Ordinal);

    private string FeeCode => Code[FeePrefix.Length..];

    /// <summary>The rows of a code, in the order of their days; those of a fee are read out of the table. Empty when there is no such code.</summary>
    public static IReadOnlyList<PolicyRow> RowsOf(string code, IEnumerable<PolicyRow> rows)
    {
        if (!code.StartsWith(FeePrefix, StringComparison.Ordinal))
        {
            return [.. rows.Where(r => r.Code == code).OrderBy(r => r.From ?? LocalDate.MinIsoValue)];
        }
        return [.. Lines(rows).Where(l => (string?)l["code"] == code[FeePrefix.Length..]).Select(l => OfLine(code, l)).OrderBy(r => r.From ?? LocalDate.MinIsoValue)];
    }

    /// <summary>Every code that can be changed: each policy but the fee table, and each line of that.</summary>
    public static IReadOnlyList<string> CodesOf(IReadOnlyCollection<PolicyRow> rows) =>
    [
        .. rows.Select(r => r.Code).Where(c => c != PolicyBook.Fees).Concat(Lines(rows).Select(l => FeePrefix + (string?)l["code"])).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    /// <summary>All rows with the change in its place.</summary>
    /// <exception cref="JsonException">The value is no JSON.</exception>
    public IReadOnlyList<PolicyRow> In(IReadOnlyCollection<PolicyRow> rows)
    {
        var changed = With(RowsOf(Code, rows));
        if (!IsFee)
        {
            return [.. rows.Where(r => r.Code != Code), .. changed];
        }
        var lines = Lines(rows);
        // In the place where the first of this code stands: the list of prices keeps its order.
        var place = lines.FindIndex(l => (string?)l["code"] == FeeCode);
        lines.RemoveAll(l => (string?)l["code"] == FeeCode);
        lines.InsertRange(place < 0 ? lines.Count : place, changed.Select(LineOf));
        var table = new JsonArray([.. lines]).ToJsonString(Privacy.StoredJson.Options);
        return [.. rows.Select(r => r.Code == PolicyBook.Fees ? r with { Value = table } : r)];
    }

    private List<PolicyRow> With(IEnumerable<PolicyRow> rows)
    {
        var result = new List<PolicyRow>();
        foreach (var row in rows)
        {
            if (row.From is not { } from || from < From)
            {
                result.Add(row.To is { } end && end <= From ? row : row with { To = From });
            }
            if (To is { } until && (row.To is not { } last || last > until))
            {
                result.Add(row.From is { } later && later >= until ? row : row with { From = until });
            }
        }
        result.Add(new PolicyRow(Code, From, To, Compact(Value), Evidence, Source, Note));
        return [.. result.OrderBy(r => r.From ?? LocalDate.MinIsoValue)];
    }

    private static string Compact(string json) => PolicyPart.Read(json).ToJsonString(Privacy.StoredJson.Options);

    private static List<JsonObject> Lines(IEnumerable<PolicyRow> rows) =>
        rows.FirstOrDefault(r => r.Code == PolicyBook.Fees) is { } table ? [.. JsonNode.Parse(table.Value)!.AsArray().Select(l => l!.DeepClone().AsObject())] : [];

    private static PolicyRow OfLine(string code, JsonObject line)
    {
        var value = line.DeepClone().AsObject();
        foreach (var name in NotOfTheValue)
        {
            value.Remove(name);
        }
        return new(code, Day(line, "from"), Day(line, "to"), value.ToJsonString(Privacy.StoredJson.Options), (string?)line["evidence"] ?? "", (string?)line["source"] ?? "", null);
    }

    private static JsonObject LineOf(PolicyRow row)
    {
        var line = new JsonObject { ["code"] = row.Code[FeePrefix.Length..] };
        // That a fee is no object is said by whoever reads the table.
        foreach (var (name, value) in PolicyPart.Read(row.Value) as JsonObject ?? new JsonObject { ["value"] = PolicyPart.Read(row.Value) })
        {
            if (!NotOfTheValue.Contains(name, StringComparer.Ordinal))
            {
                line[name] = value?.DeepClone();
            }
        }
        if (row.From is { } from)
        {
            line["from"] = Iso(from);
        }
        if (row.To is { } to)
        {
            line["to"] = Iso(to);
        }
        line["evidence"] = row.Evidence;
        line["source"] = row.Source;
        return line;
    }

    private static LocalDate? Day(JsonObject line, string name) => (string?)line[name] is { } day ? LocalDatePattern.Iso.Parse(day).GetValueOrThrow() : null;

    private static string Iso(LocalDate day) => day.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture);
}
