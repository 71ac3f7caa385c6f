using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Muqeem.Kernel;

namespace Muqeem.Platform.Policies;

/// <summary>A figure, a word, a truth value or a plain list inside a rule's value, as people write it: a rule with several of them is read and changed part by part, and not as JSON.</summary>
/// <param name="Path">The names that lead to it, parted by slashes, e.g. <c>by_months/3</c>.</param>
/// <param name="Text">Without quotation marks; the members of a list are parted by commas.</param>
public sealed record PolicyPart(string Path, string Text)
{
    /// <summary>The parts of a value in their order; null when it is no object or has something in it that is none of these: such a value is written as JSON.</summary>
    public static IReadOnlyList<PolicyPart>? Of(string value)
    {
        var parts = new List<PolicyPart>();
        return Read(value) is JsonObject all && All(all, "", (path, node) => parts.Add(new(path, TextOf(node)))) && parts.Count > 0 ? parts : null;
    }

    /// <summary>The value with other texts in the places of its parts; what a part is (a figure, a word) it stays.</summary>
    /// <param name="texts">One for each part of <see cref="Of"/>, in its order.</param>
    /// <param name="wrong">The places of texts that are no such thing; the value is then not to be used.</param>
    public static string With(string value, IReadOnlyList<string> texts, out IReadOnlyList<int> wrong)
    {
        var all = Read(value)!.AsObject();
        var (nodes, faults) = (new List<JsonNode>(), new List<int>());
        All(all, "", (_, node) => nodes.Add(node));
        for (var i = 0; i < nodes.Count; i++)
        {
            if (Written(texts[i], nodes[i]) is { } written)
            {
                nodes[i].ReplaceWith(written);
            }
            else
            {
                faults.Add(i);
            }
        }
        wrong = faults;
        return all.ToJsonString(Privacy.StoredJson.Options);
    }

    /// <summary>Of an object that names something twice nobody can say what it means.</summary>
    /// <exception cref="JsonException">It is no JSON, or null, or a name stands twice in an object.</exception>
    internal static JsonNode Read(string json) => JsonNode.Parse(json, documentOptions: new() { AllowDuplicateProperties = false }) ?? throw new JsonException("Null is no value.");

    internal static string TextOf(JsonNode node) => node is JsonArray list ? string.Join(", ", list.Select(m => TextOf(m!))) : node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : node.ToJsonString(Privacy.StoredJson.Options);

    internal static bool IsPlainList(JsonArray list) => list.All(m => m is JsonValue value && (value.GetValueKind() != JsonValueKind.String || value.GetValue<string>().AsSpan().IndexOfAny(',', '،') < 0));

    private static bool All(JsonObject of, string path, Action<string, JsonNode> each)
    {
        // Of the moment: what is told of a node may put another in its place.
        foreach (var (name, node) in of.ToList())
        {
            if (node is JsonObject inner)
            {
                if (!All(inner, path + name + "/", each))
                {
                    return false;
                }
            }
            else if (node is JsonValue || (node is JsonArray list && IsPlainList(list)))
            {
                each(path + name, node);
            }
            else
            {
                return false;
            }
        }
        return true;
    }

    private static JsonNode? Written(string text, JsonNode instead)
    {
        if (instead is JsonArray list)
        {
            var like = list.FirstOrDefault() ?? JsonValue.Create("");
            var members = text.Split([',', '،'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(m => Written(m, like)).ToList();
            return members.Contains(null) ? null : new JsonArray([.. members]);
        }
        return instead.GetValueKind() switch
        {
            JsonValueKind.Number => decimal.TryParse(Digits.Normalise(text).Replace('٫', '.'), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var figure) ? JsonValue.Create(figure) : null,
            JsonValueKind.True or JsonValueKind.False => bool.TryParse(text.Trim(), out var truth) ? JsonValue.Create(truth) : null,
            _ => text.Trim() is { Length: > 0 } word ? JsonValue.Create(word) : null,
        };
    }
}
