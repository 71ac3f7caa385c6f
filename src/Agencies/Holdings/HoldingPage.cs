using NodaTime;

namespace Muqeem.Agencies;

/// <summary>What an agency holds of one person, for the comparison of the night.</summary>
public interface IHolding
{
    /// <summary>The number that was asked for; in a list of changes the resident number, or the border number before one exists.</summary>
    string Id { get; }

    /// <summary>The first wire field whose content the contract does not allow, or null.</summary>
    string? BrokenField();
}

/// <summary>A page of what an agency holds: in the order in which it changed, or of the people who were asked for.</summary>
/// <param name="Next">Where to read on: goes back as <c>after</c>. Opaque; of a question by numbers it is empty.</param>
/// <param name="More">There is more after it already.</param>
public sealed record HoldingPage<T>(string Source, Instant AsOf, IReadOnlyList<T> Holdings, string Next, bool More) : IAgencyRecord where T : class, IHolding
{
    public string? BrokenField() => Next.Length > HoldingPages.LongestCursor ? "next" : Shape.Each("holdings", Holdings, h => !Shape.Person(h.Id) ? "id" : h.BrokenField());
}

/// <summary>Asks an agency for its holdings: <c>GET changes</c> since a cursor, and <c>GET holdings</c> of some people.</summary>
public static class HoldingPages
{
    /// <summary>So many people are asked for by number at once.</summary>
    public const int MostAsked = 50;

    public const int LongestCursor = 80;

    internal static Task<AgencyAnswer<HoldingPage<T>>> ChangesAsync<T>(AgencyLine line, string after, int most, CancellationToken cancel) where T : class, IHolding =>
        line.GetAsync<HoldingPage<T>>("changes", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"changes?most={most}&after={Uri.EscapeDataString(after)}"), Duration.Zero, cancel);

    internal static Task<AgencyAnswer<HoldingPage<T>>> OfAsync<T>(AgencyLine line, IReadOnlyCollection<string> numbers, CancellationToken cancel) where T : class, IHolding =>
        line.GetAsync<HoldingPage<T>>("holdings", $"holdings?ids={Uri.EscapeDataString(string.Join(',', numbers))}", Duration.Zero, cancel);
}
