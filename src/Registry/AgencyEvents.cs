using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Registry;

/// <summary>Of what in an agency's record something was told.</summary>
public static class AgencyEventKinds
{
    public const string Passport = "passport";
    public const string Death = "death";
    public const string Contract = "contract";

    /// <summary>A contract with a household.</summary>
    public const string HouseholdContract = "household_contract";
    public const string Order = "order";
    public const string Policy = "policy";
}

/// <summary>Something that happened in an agency's record of a person, as the agency told it.</summary>
/// <param name="Kind">One of <see cref="AgencyEventKinds"/>.</param>
/// <param name="About">Number of the contract, order or policy; empty where there is one of the kind only.</param>
/// <param name="At">When, by the agency's clock. It orders what is told of the same thing, whenever it arrives.</param>
/// <param name="State">What became of it: ended, imposed, lifted, lapsed, renewed, died, taken_back.</param>
/// <param name="Day">From which day on.</param>
public sealed record AgencyEvent(string Agency, string Kind, PersonId Person, string About, Instant At, string State, LocalDate Day)
{
    /// <summary>Where there is more to say: the scope of an order, the number of a passport.</summary>
    public string? Detail { get; init; }
}

/// <summary>The sealed part of an event.</summary>
public sealed record AgencyEventContent(string About, string State, LocalDate Day, string? Detail);

/// <param name="At">By the agency's clock: what its record says as of before has not caught up.</param>
/// <param name="Heard">By ours: what was read before is not used any more.</param>
public sealed record ToldTime(Instant At, Instant Heard)
{
    /// <summary>The later of each.</summary>
    public ToldTime And(ToldTime other) => new(Instant.Max(At, other.At), Instant.Max(Heard, other.Heard));
}

/// <summary>When something of each kind was last told.</summary>
public sealed class ToldTimes
{
    private readonly Dictionary<string, ToldTime> _last;

    public static readonly ToldTimes Nothing = new([]);

    internal ToldTimes(Dictionary<string, ToldTime> last) => _last = last;

    /// <summary>The newest event of a kind; null: nothing was told of it.</summary>
    public ToldTime? Of(string kind) => _last.TryGetValue(kind, out var told) ? told : null;
}

/// <summary>What agencies told us about one person.</summary>
public sealed class HeardEvents
{
    private readonly IReadOnlyDictionary<Guid, Instant> _at;
    private readonly Func<AgencyEvent, Guid> _idOf;

    internal HeardEvents(IReadOnlyDictionary<Guid, Instant> at, Func<AgencyEvent, Guid> idOf) => (_at, _idOf) = (at, idOf);

    /// <summary>Whether anything was told of the same thing.</summary>
    public bool KnowsOf(AgencyEvent told) => _at.ContainsKey(_idOf(told));

    /// <summary>Whether this was told, or something newer of the same thing.</summary>
    public bool Knows(AgencyEvent told) => _at.TryGetValue(_idOf(told), out var at) && at.ToMicros() >= told.At.ToMicros();
}

/// <summary>What agencies told us of their records about people: of each thing the newest, in whatever order it came.</summary>
public sealed class AgencyEvents(Db db, Sealer sealer, BlindIndex blind, TimeProvider clock)
{
    private const string OfPerson = "SELECT id, version, kind, at, heard_at AS HeardAt FROM agency_event WHERE person_id = @person";

    public async ValueTask<ToldTimes> ToldAsync(PersonId person, CancellationToken cancel = default)
    {
        var rows = await RowsAsync(person, cancel);
        return rows.Count == 0 ? ToldTimes.Nothing : new(rows.GroupBy(r => r.Kind, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Select(r => new ToldTime(r.At, r.HeardAt)).Aggregate((a, b) => a.And(b)), StringComparer.Ordinal));
    }

    public async ValueTask<HeardEvents> OfAsync(PersonId person, CancellationToken cancel = default) => new((await RowsAsync(person, cancel)).ToDictionary(r => r.Id, r => r.At), IdOf);

    /// <summary>
    /// Adds the event to the change. False: it came late, and nothing follows from it; then the head is one that cannot be, because the writer answers for an act that was done before it looks at heads.
    /// </summary>
    public async Task<bool> PutAsync(Change change, AgencyEvent told, CancellationToken cancel = default)
    {
        var id = IdOf(told);
        var at = Clock.FromMicros(told.At.ToMicros());
        var before = (await RowsAsync(told.Person, cancel)).FirstOrDefault(r => r.Id == id);
        var newer = before is null || before.At < at;
        var content = await sealer.SealAsync(change, Context(told.Person, id), new AgencyEventContent(told.About, told.State, told.Day, told.Detail), cancel);
        change.Heads.Add(RegistryTables.AgencyEvent.Head(id, newer ? before?.Version ?? 0 : -1, told.Agency, told.Kind, told.Person.Value, at, clock.Now(), content));
        return newer;
    }

    /// <summary>Of somebody who is new nothing was told.</summary>
    internal static void RememberNone(Change change, PersonId person) => change.Remember(RegistryTables.AgencyEvent, person.Value, OfPerson, (IReadOnlyList<Row>)[]);

    // Numbers of contracts and orders are few: a plain hash of one could be guessed.
    private Guid IdOf(AgencyEvent told) => new(blind.Of("agency_event", $"{told.Agency}:{told.Kind}:{told.Person}:{told.About}"));

    private ValueTask<IReadOnlyList<Row>> RowsAsync(PersonId person, CancellationToken cancel) =>
        db.QueryOfAsync<Row>(RegistryTables.AgencyEvent, person.Value, OfPerson, new { person = person.Value }, cancel);

    private static SealContext Context(PersonId person, Guid id) => new(person, RetentionClass.Identity, "agency_event", id);

    private sealed record Row
    {
        public Guid Id { get; init; }
        public long Version { get; init; }
        public string Kind { get; init; } = "";
        public Instant At { get; init; }
        public Instant HeardAt { get; init; }
    }
}
