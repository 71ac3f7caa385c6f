using System.Globalization;
using Muqeem.Kernel;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Platform.Texts;

/// <summary>Values of texts as they are stored: the kind, a bar, and the invariant form (<c>day|2026-11-22</c>), so that each language can format them later.</summary>
public static class FactText
{
    public static string Write(object? value) => value switch
    {
        null => "none|",
        LocalDate day => "day|" + LocalDatePattern.Iso.Format(day),
        Instant at => "at|" + InstantPattern.ExtendedIso.Format(at),
        Money amount => "money|" + amount.Halalas.ToString(CultureInfo.InvariantCulture),
        int or long or short or byte => "number|" + Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
        _ => "text|" + Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    public static object? Read(string stored)
    {
        var bar = stored.IndexOf('|', StringComparison.Ordinal);
        var (kind, text) = bar < 0 ? ("text", stored) : (stored[..bar], stored[(bar + 1)..]);
        return kind switch
        {
            "none" => null,
            "day" => LocalDatePattern.Iso.Parse(text).GetValueOrThrow(),
            "at" => InstantPattern.ExtendedIso.Parse(text).GetValueOrThrow(),
            "money" => new Money(long.Parse(text, CultureInfo.InvariantCulture)),
            "number" => long.Parse(text, CultureInfo.InvariantCulture),
            "text" => text,
            _ => stored,
        };
    }

    /// <summary>All values of a text, read.</summary>
    public static IReadOnlyDictionary<string, object?> Read(IReadOnlyDictionary<string, string> stored) =>
        stored.ToDictionary(f => f.Key, f => Read(f.Value), StringComparer.Ordinal);
}
