using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Muqeem.Platform.Policies;

/// <summary>What the types allow and a person would regret.</summary>
public enum PolicyCaution
{
    /// <summary>A figure becomes zero.</summary>
    Zero,

    /// <summary>A figure becomes more than ten times as large or as small.</summary>
    Tenfold,

    /// <summary>What had a name in the rule has none any more: a condition that falls away, an amount that is no longer said.</summary>
    Gone,
}

/// <summary>One place in which two values of a rule differ.</summary>
/// <param name="Path">As of <see cref="PolicyPart"/>; empty when the value is one figure or one list.</param>
/// <param name="Before">Null when it is new.</param>
/// <param name="After">Null when it is no longer there.</param>
public sealed record PolicyDifference(string Path, string? Before, string? After, PolicyCaution? Caution)
{
    /// <param name="before">Null when nothing was in force.</param>
    /// <exception cref="JsonException">One of them is no value.</exception>
    public static IReadOnlyList<PolicyDifference> Between(string? before, string after)
    {
        var (old, now) = (new List<Leaf>(), new List<Leaf>());
        if (before is not null)
        {
            Read(PolicyPart.Read(before), "", old);
        }
        Read(PolicyPart.Read(after), "", now);
        var differences = new List<PolicyDifference>();
        foreach (var leaf in old)
        {
            var next = now.Find(l => l.Place == leaf.Place);
            if (next?.Text != leaf.Text)
            {
                differences.Add(new(leaf.Path, leaf.Text, next?.Text, next is null ? leaf.IsMember ? null : PolicyCaution.Gone : Of(leaf.Figure, next.Figure)));
            }
        }
        differences.AddRange(now.Where(l => !old.Exists(o => o.Place == l.Place)).Select(l => new PolicyDifference(l.Path, null, l.Text, before is not null && l.Figure == 0 ? PolicyCaution.Zero : null)));
        return differences;
    }

    private static PolicyCaution? Of(decimal? before, decimal? after) => (before, after) switch
    {
        (not null and not 0, 0) => PolicyCaution.Zero,
        ({ } old, { } now) when now > 10 * old || now * 10 < old => PolicyCaution.Tenfold,
        _ => null,
    };

    private const string Null = "null";

    // A member of a list of objects is its own place: one that is put between others changes none of them.
    private sealed record Leaf(string Path, string Place, string Text, decimal? Figure, bool IsMember);

    private static void Read(JsonNode? node, string path, List<Leaf> leaves)
    {
        switch (node)
        {
            case JsonObject all:
                foreach (var (name, inner) in all)
                {
                    Read(inner, path.Length == 0 ? name : path + "/" + name, leaves);
                }
                break;
            case JsonArray list when !PolicyPart.IsPlainList(list):
                leaves.AddRange(list.Select(m => m?.ToJsonString(Privacy.StoredJson.Options) ?? Null).Distinct(StringComparer.Ordinal).Select(m => new Leaf(path, path + "\n" + m, m, null, true)));
                break;
            case null:
                leaves.Add(new(path, path, Null, null, false));
                break;
            default:
                var text = PolicyPart.TextOf(node);
                // 25 and 25.00 are one amount.
                decimal? figure = node.GetValueKind() == JsonValueKind.Number && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
                leaves.Add(new(path, path, figure?.ToString("0.############################", CultureInfo.InvariantCulture) ?? text, figure, false));
                break;
        }
    }
}
