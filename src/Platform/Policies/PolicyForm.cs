using System.Text.Json;
using System.Text.Json.Serialization;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Platform.Policies;

/// <summary>What a policy's value must be, said by the part that reads it. A code without one is a whole number or a truth value and stays what it is.</summary>
/// <param name="Code">Of the policy; a star at the end stands for any rest.</param>
/// <param name="Read">Throws when the value is none of its kind.</param>
public sealed record PolicyForm(string Code, Action<string> Read)
{
    // As what is read of it later, but nothing passed over: a mistyped name would silently take its condition away.
    private static readonly JsonSerializerOptions Strict = new(Privacy.StoredJson.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
    };

    /// <param name="fault">Says what is wrong with a value that can be read; null when nothing is.</param>
    public static PolicyForm Of<T>(string code, Func<T, string?>? fault = null) where T : notnull => new(code, json =>
    {
        var value = JsonSerializer.Deserialize<T>(json, Strict);
        if ((value is null ? "null" : fault?.Invoke(value)) is { } what)
        {
            throw new JsonException(what);
        }
    });

    /// <summary>The first of the words that is not one of those known; null when all are.</summary>
    public static string? Unknown(IEnumerable<string> words, IEnumerable<string> known) => words.Except(known, StringComparer.Ordinal).FirstOrDefault() is { } word ? $"'{word}' is not known." : null;

    public bool IsOf(string code) => Code.EndsWith('*') ? code.StartsWith(Code[..^1], StringComparison.Ordinal) : code == Code;

    /// <summary>Every code's value as it would be read; null when all can be.</summary>
    /// <param name="before">What is in force now: what has no form of its own keeps the kind that it has.</param>
    public static Refusal? Check(string code, IReadOnlyList<PolicyRow> after, IReadOnlyList<PolicyRow> before, IEnumerable<PolicyForm> forms)
    {
        var known = forms.Where(f => f.IsOf(code)).ToList();
        foreach (var row in after.Where(r => r.Code == code))
        {
            try
            {
                known.ForEach(f => f.Read(row.Value));
                if (known.Count == 0 && !IsAlike(row.Value, before.First(r => r.Code == code).Value))
                {
                    return new Refusal(PolicyRefusals.OtherKind);
                }
            }
            catch (Exception e) when (e is JsonException or ArgumentException or FormatException or InvalidOperationException or OverflowException or NodaTime.Text.UnparsableValueException)
            {
                return new Refusal(PolicyRefusals.NotReadable, ("detail", e.Message));
            }
        }
        return null;
    }

    private static bool IsAlike(string value, string other)
    {
        using var one = JsonDocument.Parse(value);
        using var two = JsonDocument.Parse(other);
        return two.RootElement.ValueKind switch
        {
            // Counts and durations: none is below zero, and all are read as 32 bits.
            JsonValueKind.Number => one.RootElement.ValueKind == JsonValueKind.Number && one.RootElement.TryGetInt32(out var number) && number >= 0,
            JsonValueKind.True or JsonValueKind.False => one.RootElement.ValueKind is JsonValueKind.True or JsonValueKind.False,
            _ => throw new JsonException("No part says how this is read."),
        };
    }
}
