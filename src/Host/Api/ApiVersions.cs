using NodaTime;
using NodaTime.Text;

namespace Muqeem.Host.Api;

/// <summary>
/// Versions within <c>/api/v1</c>, named by the day on which they came. A caller names in <see cref="Header"/> the day on which it was written, and is answered as on that day for as long as that version is
/// served; whoever names none gets the oldest that is served, so that a program that says nothing does not change under its users. What only adds (members, codes, addresses) makes no version.
/// </summary>
internal static class ApiVersions
{
    public const string Header = "Muqeem-Version";

    /// <summary>Oldest first. One that is to end is announced with Deprecation (RFC 9745) and Sunset (RFC 8594) a year before.</summary>
    public static readonly IReadOnlyList<LocalDate> Served = [new(2026, 11, 29)];

    /// <summary>The newest version that is no younger than the day named; null when that is no day, or one before all that is served.</summary>
    /// <param name="asked">ISO 8601; null: not said.</param>
    public static LocalDate? Of(string? asked) => Of(asked, Served);

    internal static LocalDate? Of(string? asked, IReadOnlyList<LocalDate> served)
    {
        if (asked is null)
        {
            return served[0];
        }
        return LocalDatePattern.Iso.Parse(asked) is { Success: true, Value: var day } && served.Any(v => v <= day) ? served.Last(v => v <= day) : null;
    }

    public static string Text(LocalDate version) => LocalDatePattern.Iso.Format(version);
}
