using System.Collections.Concurrent;

namespace Muqeem.Platform.Database;

/// <summary>
/// What this node lately read of a subject (a case, a person, a bill), as it is stored: sealed columns stay sealed. Kept until a row of the table that
/// names the subject is written, five minutes at most. Exact while nobody else writes: the folder's lock sees to that on SQLite; on PostgreSQL the
/// writer's session holds it for as long as it is the only one, see <see cref="Writing.PostgresSession"/>. Otherwise every read goes to the database.
/// </summary>
public sealed class Recollection
{
    /// <summary>Entries of one generation; two are kept, so memory holds at most twice as many.</summary>
    internal const int LargestGeneration = 12_000;

    private static readonly long GenerationMillis = (long)TimeSpan.FromMinutes(2.5).TotalMilliseconds;

    // Whoever reads notes the stamp before and keeps what was read only if it is still the same: then nothing was written meanwhile.
    private readonly long[] _stamps = new long[4096];

    // How many changes that are being written touch a subject. Others see a commit before this process has heard of it: until then what is kept may be older than what they act on.
    private readonly int[] _beingWritten = new int[4096];
    private readonly Lock[] _stripes = [.. Enumerable.Range(0, 256).Select(_ => new Lock())];
    private readonly Lock _turning = new();
    private volatile ConcurrentDictionary<Place, Kept> _young = new();
    private volatile ConcurrentDictionary<Place, Kept> _old = new();
    private long _youngSince = Environment.TickCount64;
    private long _aloneUntil;
    // Counting the dictionary would take all its locks; the number of times something was kept is near enough.
    private int _keptYoung;

    private readonly record struct Place(Guid Subject, Table Table);

    private sealed record Kept(string What, object? Value, Kept? Next);

    /// <summary>Whether what is kept may be used now: this node is known to be the only one that writes.</summary>
    internal bool IsAlone => Environment.TickCount64 < Volatile.Read(ref _aloneUntil);

    /// <summary>Nobody else writes from before the question until <paramref name="atLeast"/> after it was asked (<see cref="Environment.TickCount64"/> then).</summary>
    internal void AloneFrom(long asked, TimeSpan atLeast) =>
        Volatile.Write(ref _aloneUntil, atLeast == Timeout.InfiniteTimeSpan ? long.MaxValue : asked + (long)atLeast.TotalMilliseconds);

    /// <summary>Somebody else may write from now on, or may have written.</summary>
    internal void NotAlone()
    {
        Volatile.Write(ref _aloneUntil, 0);
        Clear();
    }

    /// <summary>What was read under this name, or reads it.</summary>
    /// <param name="table">The value depends on the rows of this table that name the subject in any column, and on nothing else that is not written together with one of them.</param>
    /// <param name="what">A constant, e.g. the statement.</param>
    /// <param name="read">Reads it from the database. The value is shared: nobody changes it.</param>
    public async ValueTask<T> OfAsync<T>(Table table, Guid subject, string what, Func<Task<T>> read)
    {
        if (!IsAlone)
        {
            return await read();
        }
        if (TryFind<T>(table, subject, what, out var kept))
        {
            return kept;
        }
        table.IsRecalled = true;
        ref var stamp = ref Stamp(subject);
        var before = Volatile.Read(ref stamp);
        var value = await read();
        Keep(new(subject, table), what, value, before);
        return value;
    }

    /// <summary>What is kept under this name.</summary>
    private bool TryFind<T>(Table table, Guid subject, string what, out T value)
    {
        var place = new Place(subject, table);
        if (Volatile.Read(ref _beingWritten[SlotOf(subject)]) > 0)
        {
            value = default!;
            return false;
        }
        if (!_young.TryGetValue(place, out var kept) && _old.TryGetValue(place, out kept) && Environment.TickCount64 - Volatile.Read(ref _youngSince) > GenerationMillis)
        {
            // Nothing was kept for so long that the old generation is older than it may be.
            kept = null;
        }
        for (; kept is not null; kept = kept.Next)
        {
            if (ReferenceEquals(kept.What, what) || kept.What == what)
            {
                value = (T)kept.Value!;
                return true;
            }
        }
        value = default!;
        return false;
    }

    private void Keep(Place place, string what, object? value, long before)
    {
        // Together with the look at the stamp: kept first and looked at afterwards, what is old could be found by somebody in between.
        lock (Stripe(place.Subject))
        {
            // Before the stamp, because Clear sets the stamps first: what is kept in a generation that was thrown away is found by nobody.
            var generation = Turn();
            if (Volatile.Read(ref Stamp(place.Subject)) == before)
            {
                generation.AddOrUpdate(place, _ => new(what, value, null), (_, chain) => new(what, value, Without(chain, what)));
            }
        }
    }

    private static Kept? Without(Kept? chain, string what) =>
        chain is null ? null : chain.What == what ? chain.Next : chain with { Next = Without(chain.Next, what) };

    /// <summary>Called by the writer before a row that names the subject is sent to the database: until <see cref="Written"/> the subject is read there.</summary>
    internal void Writing(Guid subject) => Interlocked.Increment(ref _beingWritten[SlotOf(subject)]);

    /// <summary>Called by the writer after <see cref="Forget"/> and <see cref="Remember"/>, once for each <see cref="Writing"/>.</summary>
    internal void Written(Guid subject) => Interlocked.Decrement(ref _beingWritten[SlotOf(subject)]);

    /// <summary>Called by the writer after a commit and before anybody is answered: a row of the table that names the subject was written.</summary>
    internal void Forget(Table table, Guid subject)
    {
        lock (Stripe(subject))
        {
            Interlocked.Increment(ref Stamp(subject));
            Remove(new(subject, table));
        }
    }

    /// <summary>Called by the writer after <see cref="Forget"/>: what the next reader would read.</summary>
    internal void Remember(Table table, Guid subject, string what, object? value)
    {
        if (IsAlone)
        {
            table.IsRecalled = true;
            Keep(new(subject, table), what, value, Volatile.Read(ref Stamp(subject)));
        }
    }

    /// <summary>Forgets everything.</summary>
    internal void Clear()
    {
        lock (_turning)
        {
            for (var i = 0; i < _stamps.Length; i++)
            {
                Interlocked.Increment(ref _stamps[i]);
            }
            _young = new();
            _old = new();
        }
    }

    private void Remove(Place place)
    {
        // The old generation first: a turn in between would otherwise hide it from both removals.
        _old.TryRemove(place, out _);
        _young.TryRemove(place, out _);
        _old.TryRemove(place, out _);
    }

    private ConcurrentDictionary<Place, Kept> Turn()
    {
        var young = _young;
        if (Environment.TickCount64 - Volatile.Read(ref _youngSince) < GenerationMillis && !IsFull())
        {
            return young;
        }
        lock (_turning)
        {
            if (young == _young)
            {
                _old = young;
                _young = new();
                Volatile.Write(ref _youngSince, Environment.TickCount64);
                Volatile.Write(ref _keptYoung, 0);
            }
            return _young;
        }
    }

    private bool IsFull() => Interlocked.Increment(ref _keptYoung) > LargestGeneration;

    private Lock Stripe(Guid subject) => _stripes[subject.GetHashCode() & (_stripes.Length - 1)];

    private ref long Stamp(Guid subject) => ref _stamps[SlotOf(subject)];

    private int SlotOf(Guid subject) => subject.GetHashCode() & (_stamps.Length - 1);
}
