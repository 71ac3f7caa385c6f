using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Privacy;

/// <summary>For how long a class of data is kept, and from when: so many years after the last of these events. From the policies.</summary>
public sealed record RetentionRule(int Years, IReadOnlyList<string> After);

/// <summary>What the capabilities say of some persons: when something happened last, and what keeps their data.</summary>
public sealed class RetentionNotes
{
    private readonly Dictionary<(PersonId, string), Instant> _events = [];
    private readonly Dictionary<PersonId, string> _holds = [];

    /// <summary>The latest counts.</summary>
    public void Happened(PersonId person, string what, Instant at) =>
        _events[(person, what)] = _events.TryGetValue((person, what), out var known) ? Instant.Max(known, at) : at;

    /// <summary>A legal hold: nothing of this person is erased as long as it is there.</summary>
    public void Keep(PersonId person, string why) => _holds.TryAdd(person, why);

    internal string? HoldOf(PersonId person) => _holds.GetValueOrDefault(person);

    /// <summary>The last of the events; null when none of them happened.</summary>
    internal Instant? LastOf(PersonId person, IEnumerable<string> events)
    {
        Instant? last = null;
        foreach (var what in events)
        {
            if (_events.TryGetValue((person, what), out var at) && (last is null || at > last))
            {
                last = at;
            }
        }
        return last;
    }
}

/// <summary>One capability's part in the retention of persons' data. Each registers its own.</summary>
/// <param name="Look">Notes what it knows of these persons.</param>
/// <param name="Erase">Adds to the change that erases a class what else must go: what would still find the person.</param>
public sealed record RetentionSource(
    string Name, Func<IReadOnlyCollection<PersonId>, RetentionNotes, CancellationToken, Task> Look, Func<Change, PersonId, RetentionClass, CancellationToken, Task>? Erase = null);

/// <summary>How far the present cycle over all persons is.</summary>
/// <param name="Held">Persons whose data something keeps.</param>
public sealed record RetentionStanding(long Cycle, bool Done, long Persons, long Erased, long Held, Instant StartedAt, Instant ChangedAt);

/// <summary>
/// Erases what has been kept long enough. Once a day all persons who have data keys are looked at, some at a time and in the order of their ids, from where the last round stopped; where a class's time is
/// over and nothing keeps it, its key is destroyed by an act with a tombstone. What is not known is kept: a person of whom no event is known is never erased.
/// </summary>
public sealed partial class Retention : IDisposable
{
    internal const string JobName = "retention";

    /// <summary>Persons looked at in one query of each source, and in one round.</summary>
    internal const int PersonsAtOnce = 500;
    internal const int PersonsPerRound = 5_000;

    private const string Columns = "SELECT id, version AS row_version, cycle, day, after_person, state, persons, erased, held, started_at, changed_at FROM retention_cycle ";

    private static readonly Guid Id = Names.IdOf(JobName);

    private readonly Db _db;
    private readonly DataKeys _keys;
    private readonly PolicyBook _policies;
    private readonly IReadOnlyList<RetentionSource> _sources;
    private readonly TimeProvider _clock;
    private readonly ILogger<Retention> _log;
    private readonly Meter _meter = new("Muqeem.Retention");
    private readonly Counter<long> _erased;
    private readonly Counter<long> _held;
    private readonly Counter<long> _looked;

    internal Retention(Db db, DataKeys keys, PolicyBook policies, IEnumerable<RetentionSource> sources, TimeProvider clock, ILogger<Retention> log)
    {
        (_db, _keys, _policies, _sources, _clock, _log) = (db, keys, policies, [.. sources], clock, log);
        _erased = _meter.CreateCounter<long>("muqeem.retention.erased", "{class}", "Classes of persons' data erased, by class");
        _held = _meter.CreateCounter<long>("muqeem.retention.held", "{person}", "Persons looked at whose data is kept, by what keeps it");
        _looked = _meter.CreateCounter<long>("muqeem.retention.persons", "{person}", "Persons looked at");
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>The policy of a class.</summary>
    public static string PolicyOf(RetentionClass @class) => "retention." + @class.ToString().ToLowerInvariant();

    /// <summary>Null before the first cycle.</summary>
    public async Task<RetentionStanding?> StandingAsync(CancellationToken cancel = default) =>
        await _db.FirstAsync<Row>(Columns + "WHERE id = @id", new { id = Id }, cancel) is { } row
            ? new(row.Cycle, row.State == "DONE", row.Persons, row.Erased, row.Held, row.StartedAt, row.ChangedAt) : null;

    /// <summary>One bounded round. Returns how many persons were looked at: none once the day's cycle is done.</summary>
    /// <param name="write">Writes a change, and keeps this process the one that does the work.</param>
    public async Task<int> RoundAsync(Func<Change, CancellationToken, Task<WriteOutcome>> write, CancellationToken cancel = default)
    {
        var today = _clock.Today();
        var row = await _db.FirstAsync<Row>(Columns + "WHERE id = @id", new { id = Id }, cancel);
        if (row is { State: "DONE" } && row.Day >= today)
        {
            return 0;
        }
        if (row is null or { State: "DONE" })
        {
            row = new Row(Id, row?.RowVersion ?? 0, (row?.Cycle ?? 0) + 1, today, Guid.Empty, "RUNNING", 0, 0, 0, _clock.Now(), _clock.Now());
        }
        var looked = 0;
        while (looked < PersonsPerRound && row.State == "RUNNING")
        {
            (row, var some) = await StepAsync(row, today, write, cancel);
            looked += some;
        }
        return looked;
    }

    private async Task<(Row Row, int Looked)> StepAsync(Row row, LocalDate today, Func<Change, CancellationToken, Task<WriteOutcome>> write, CancellationToken cancel)
    {
        var persons = (await _db.QueryAsync<Guid>("SELECT DISTINCT person_id FROM keys.data_key WHERE person_id > @after ORDER BY person_id LIMIT @most", new { after = row.AfterPerson, most = PersonsAtOnce }, cancel))
            .Select(p => new PersonId(p)).ToList();
        var (erased, held) = (0, 0);
        if (persons.Count > 0)
        {
            var classes = (await _db.QueryAsync<Kept>("SELECT person_id, class FROM keys.data_key WHERE person_id = ANY(@persons) AND length(wrapped) > 0", new { persons = persons.Select(p => p.Value).ToArray() }, cancel))
                .ToLookup(k => new PersonId(k.PersonId), k => Enum.Parse<RetentionClass>(k.Class));
            var notes = await NotesAsync(persons, cancel);
            foreach (var person in persons)
            {
                if (notes.HoldOf(person) is { } why)
                {
                    held++;
                    _held.Add(1, new KeyValuePair<string, object?>("why", why));
                }
                else if (Over(person, classes[person], notes, today) is { Count: > 0 })
                {
                    erased += await EraseAsync(person, classes[person], today, write, cancel);
                }
            }
        }
        _looked.Add(persons.Count);
        var next = row with
        {
            AfterPerson = persons.Count > 0 ? persons[^1].Value : row.AfterPerson,
            State = persons.Count == 0 ? "DONE" : "RUNNING",
            Persons = row.Persons + persons.Count,
            Erased = row.Erased + erased,
            Held = row.Held + held,
        };
        await DoneAsync(write, new Change(act: null) { Heads = { Head(next) } }, cancel);
        return (next with { RowVersion = row.RowVersion + 1 }, persons.Count);
    }

    private async Task<RetentionNotes> NotesAsync(IReadOnlyCollection<PersonId> persons, CancellationToken cancel)
    {
        var notes = new RetentionNotes();
        foreach (var source in _sources)
        {
            await source.Look(persons, notes, cancel);
        }
        return notes;
    }

    private List<RetentionClass> Over(PersonId person, IEnumerable<RetentionClass> classes, RetentionNotes notes, LocalDate today) => [.. classes.Where(c =>
    {
        var rule = _policies.Current.Get<RetentionRule>(PolicyOf(c), today);
        return notes.LastOf(person, rule.After) is { } last && last.DayInRiyadh().PlusYears(rule.Years) < today;
    }).Order()];

    /// <summary>Looks once more, at this person alone: what came meanwhile keeps the data.</summary>
    private async Task<int> EraseAsync(PersonId person, IEnumerable<RetentionClass> classes, LocalDate today, Func<Change, CancellationToken, Task<WriteOutcome>> write, CancellationToken cancel)
    {
        var notes = await NotesAsync([person], cancel);
        if (notes.HoldOf(person) is not null || Over(person, classes, notes, today) is not { Count: > 0 } over)
        {
            return 0;
        }
        var act = new Act(ActId.New(_clock), "retention.erase", Actor.System(JobName), Names.OperationOf(JobName + ":" + string.Join(',', over), person.Value, _clock.Now()), Digest.Of("retention.erase", string.Join(',', over)), _clock.Now())
        {
            Person = person,
            Reason = string.Join(',', over.Select(c => c.ToString().ToLowerInvariant())),
            Rules = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"policies {_policies.Current.Version}"),
        };
        var change = new Change(act);
        foreach (var @class in over)
        {
            change.Erasures.Add(new KeyErasure(person, @class));
            foreach (var source in _sources)
            {
                if (source.Erase is { } erase)
                {
                    await erase(change, person, @class, cancel);
                }
            }
        }
        await DoneAsync(write, change, cancel);
        foreach (var @class in over)
        {
            _keys.Forget(person, @class);
            _erased.Add(1, new KeyValuePair<string, object?>("class", @class.ToString().ToLowerInvariant()));
        }
        Erased(_log, act.Reason);
        return over.Count;
    }

    private static async Task DoneAsync(Func<Change, CancellationToken, Task<WriteOutcome>> write, Change change, CancellationToken cancel)
    {
        if (await write(change, cancel) is not WriteOutcome.Done and var outcome)
        {
            throw new NotWrittenException("A round of the retention could not be written.", outcome);
        }
    }

    private HeadWrite Head(Row row) =>
        PlatformTables.Retention.Head(row.Id, row.RowVersion, row.Cycle, row.Day, row.AfterPerson, row.State, row.Persons, row.Erased, row.Held, row.StartedAt, _clock.Now());

    private sealed record Kept(Guid PersonId, string Class);

    private sealed record Row(Guid Id, long RowVersion, long Cycle, LocalDate Day, Guid AfterPerson, string State, long Persons, long Erased, long Held, Instant StartedAt, Instant ChangedAt);

    [LoggerMessage(76, LogLevel.Information, "The time of a person's data is over: {Classes} erased.")]
    private static partial void Erased(ILogger logger, string classes);
}
