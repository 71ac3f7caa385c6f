using System.Globalization;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Portal.Shared;

/// <summary>Values that were stored as text in invariant form (facts of findings, arguments of notices), read again for the reader's language.</summary>
internal static class StoredFacts
{
    public static IReadOnlyDictionary<string, object?> Read(IEnumerable<KeyValuePair<string, string?>> stored) =>
        stored.ToDictionary(f => f.Key, f => Value(f.Value), StringComparer.Ordinal);

    private static object? Value(string? text)
    {
        if (text is null)
        {
            return null;
        }
        if (LocalDatePattern.Iso.Parse(text) is { Success: true, Value: var day })
        {
            return day;
        }
        if (InstantPattern.ExtendedIso.Parse(text) is { Success: true, Value: var instant })
        {
            return instant;
        }
        // Money is written with exactly two decimals, counts with none; longer runs of digits are somebody's number.
        var point = text.IndexOf('.', StringComparison.Ordinal);
        if (point > 0 && point == text.Length - 3 && decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var amount))
        {
            return Money.Riyals(amount);
        }
        return text.Length <= 6 && !text.StartsWith('0') && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : text;
    }
}

/// <summary>A finding as a page shows it, whether it was just found or stored with its case.</summary>
public sealed record ShownFinding(string Code, IReadOnlyDictionary<string, object?> Facts, FindingKind Kind, string Source, Instant? AsOf, LocalDate? PassesOn)
{
    public static ShownFinding Of(Finding finding) => new(finding.Refusal.Code, finding.Refusal.Facts, finding.Kind, finding.Source, finding.AsOf, finding.PassesOn);

    public static ShownFinding Of(StoredFinding finding) => new(finding.Code, StoredFacts.Read(finding.Facts.Select(f => KeyValuePair.Create(f.Key, (string?)f.Value))), finding.Kind, finding.Source, finding.AsOf, finding.PassesOn);
}
