using System.Collections.Concurrent;
using System.Security.Cryptography;
using Muqeem.Kernel;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Privacy;

/// <summary>A row of the data-key table: the wrapped key. Empty bytes are a tombstone: the key was destroyed, and no other is made in its place.</summary>
internal sealed record StoredDataKey(PersonId Person, RetentionClass Class, byte[] Wrapped, string WrappedBy)
{
    public bool IsDestroyed => Wrapped.Length == 0;
}

/// <summary>Reads the rows of these persons: of one class, or of all when it is null.</summary>
internal delegate Task<IReadOnlyList<StoredDataKey>> FindDataKeys(IReadOnlyCollection<PersonId> persons, RetentionClass? @class, CancellationToken cancel);

/// <summary>
/// The data keys, one per (person, retention class): made when first needed, unwrapped once, kept a while. A key is used for five minutes at most, so that one
/// destroyed on another node stops opening here too, and <see cref="Sweep"/> takes it out of memory.
/// </summary>
internal sealed class DataKeys(KeyStore keys, IWriter writer, FindDataKeys find, TimeProvider clock, int capacity = 20_000) : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<(PersonId, RetentionClass), DataKey> _kept = new();
    /// <summary>Rows that came with another class's: unwrapped when they are needed, which costs more than reading them.</summary>
    private readonly ConcurrentDictionary<(PersonId, RetentionClass), (StoredDataKey Row, long ReadAt)> _read = new();
    private readonly ConcurrentQueue<(PersonId, RetentionClass)> _order = new();
    private readonly ConcurrentDictionary<(PersonId, RetentionClass), Lazy<Task<DataKey>>> _making = new();

    public int Kept => _kept.Count;

    /// <summary>Places in the queue of those who may have to go: as many as keys, after a sweep.</summary>
    internal int Queued => _order.Count;

    /// <summary>The key, made and durable if there was none. Of two who make it at once the later takes the earlier's.</summary>
    /// <exception cref="NotWrittenException">The key could not be stored.</exception>
    /// <exception cref="ErasedException">The person's data of this class was erased; a tombstone stands in its place.</exception>
    public async ValueTask<DataKey> ForSealingAsync(PersonId person, RetentionClass @class, CancellationToken cancel)
    {
        if (Find((person, @class)) is { } kept)
        {
            return kept;
        }
        var making = _making.GetOrAdd((person, @class), id => new Lazy<Task<DataKey>>(() => LoadOrMakeAsync(id.Item1, id.Item2)));
        try
        {
            return await making.Value.WaitAsync(cancel);
        }
        finally
        {
            _making.TryRemove(new((person, @class), making));
        }
    }

    /// <summary>The key, or null when there is none: never made, or destroyed.</summary>
    public async ValueTask<DataKey?> ForOpeningAsync(PersonId person, RetentionClass @class, CancellationToken cancel)
    {
        if (Find((person, @class)) is { } kept)
        {
            return kept;
        }
        return await LoadAllAsync(person, @class, cancel) is { IsDestroyed: false } row ? Keep(row) : null;
    }

    /// <summary>Loads what is missing of many persons in one query; persons without a key are left out.</summary>
    public async Task LoadAsync(IEnumerable<PersonId> persons, RetentionClass @class, CancellationToken cancel)
    {
        var missing = persons.Where(p => Find((p, @class)) is null).ToHashSet();
        if (missing.Count > 0)
        {
            foreach (var row in await find(missing, @class, cancel))
            {
                if (!row.IsDestroyed)
                {
                    Keep(row);
                }
            }
        }
    }

    /// <summary>A key of a person whom nobody but the change knows yet: durable with the change, kept by nobody but its maker.</summary>
    public DataKey Make(Change change, PersonId person, RetentionClass @class)
    {
        var fresh = RandomNumberGenerator.GetBytes(32);
        var (wrapped, by) = keys.Wrap(KeyPurpose.DataKeys, fresh, Associated(person, @class));
        change.Keys.Add(new NewDataKey(person, @class, wrapped, by));
        return new DataKey(fresh, clock.GetTimestamp());
    }

    /// <summary>Forgets a key at once: it was destroyed.</summary>
    public void Forget(PersonId person, RetentionClass @class)
    {
        _read.TryRemove((person, @class), out _);
        if (_kept.TryRemove((person, @class), out var key))
        {
            key.Dispose();
        }
    }

    /// <summary>Lets go of what is too old to be used. Called each minute: a key that nobody asks for again would stay in memory, and with it what an erasure elsewhere destroyed.</summary>
    public void Sweep()
    {
        foreach (var (id, key) in _kept)
        {
            if (clock.GetElapsedTime(key.LoadedAt) > Longest && _kept.TryRemove(new(id, key)))
            {
                key.Dispose();
            }
        }
        foreach (var (id, read) in _read)
        {
            if (clock.GetElapsedTime(read.ReadAt) > Longest)
            {
                _read.TryRemove(new(id, read));
            }
        }
        // Each key stands in the queue once; what is gone, or came back, left its place there.
        var standing = new HashSet<(PersonId, RetentionClass)>();
        for (var left = _order.Count; left > 0 && _order.TryDequeue(out var id); left--)
        {
            if (_kept.ContainsKey(id) && standing.Add(id))
            {
                _order.Enqueue(id);
            }
        }
    }

    public void Dispose()
    {
        foreach (var id in _kept.Keys)
        {
            Forget(id.Item1, id.Item2);
        }
    }

    /// <summary>Keeps all keys that a person has, because who needs one soon needs the others; returns the row of one class.</summary>
    private async Task<StoredDataKey?> LoadAllAsync(PersonId person, RetentionClass @class, CancellationToken cancel)
    {
        StoredDataKey? wanted = null;
        foreach (var row in await find([person], null, cancel))
        {
            if (row.Class == @class)
            {
                wanted = row;
            }
            else if (!row.IsDestroyed)
            {
                _read[(person, row.Class)] = (row, clock.GetTimestamp());
            }
        }
        if (_read.Count > capacity)
        {
            _read.Clear();
        }
        return wanted;
    }

    private async Task<DataKey> LoadOrMakeAsync(PersonId person, RetentionClass @class)
    {
        var rows = await find([person], null, CancellationToken.None);
        if (rows.FirstOrDefault(r => r.Class == @class) is { } known)
        {
            return Usable(known);
        }
        var change = new Change(act: null);
        // A person's first key brings those of the other classes with it: one write now for one at each first use.
        foreach (var missing in rows.Count == 0 ? Enum.GetValues<RetentionClass>() : [@class])
        {
            var fresh = RandomNumberGenerator.GetBytes(32);
            var (wrapped, by) = keys.Wrap(KeyPurpose.DataKeys, fresh, Associated(person, missing));
            CryptographicOperations.ZeroMemory(fresh);
            change.Keys.Add(new NewDataKey(person, missing, wrapped, by));
        }
        var outcome = await writer.WriteAsync(change);
        // Claimed: somebody else's key came first. In doubt is no matter either: if a key was stored, ours or another's, it is found now.
        if (outcome is not (WriteOutcome.Done or WriteOutcome.InDoubt or WriteOutcome.Claimed))
        {
            throw new NotWrittenException("A data key could not be stored.", outcome);
        }
        return await LoadAllAsync(person, @class, CancellationToken.None) is { } row ? Usable(row) : throw new NotWrittenException("A data key was stored but is not found.", outcome);
    }

    private DataKey Usable(StoredDataKey row) => row.IsDestroyed ? throw new ErasedException() : Keep(row);

    private DataKey? Find((PersonId, RetentionClass) id)
    {
        if (!_kept.TryGetValue(id, out var key))
        {
            return _read.TryRemove(id, out var read) && clock.GetElapsedTime(read.ReadAt) <= Longest ? Keep(read.Row, read.ReadAt) : null;
        }
        if (clock.GetElapsedTime(key.LoadedAt) > Longest)
        {
            if (_kept.TryRemove(new(id, key)))
            {
                key.Dispose();
            }
            return null;
        }
        key.Used = true;
        return key;
    }

    private DataKey Keep(StoredDataKey row) => Keep(row, clock.GetTimestamp());

    private DataKey Keep(StoredDataKey row, long readAt)
    {
        var id = (row.Person, row.Class);
        var key = new DataKey(keys.Unwrap(KeyPurpose.DataKeys, row.WrappedBy, row.Wrapped, Associated(row.Person, row.Class)), readAt);
        if (!_kept.TryAdd(id, key))
        {
            if (_kept.TryGetValue(id, out var other) && other.Mark == key.Mark)
            {
                key.Dispose();
                return other;
            }
            _kept[id] = key;
            return key;
        }
        _order.Enqueue(id);
        // A second chance for what was used since the last round (the CLOCK algorithm): no lock, and a list page does not empty the cache.
        for (var rounds = 0; _kept.Count > capacity && rounds < capacity && _order.TryDequeue(out var oldest); rounds++)
        {
            if (!_kept.TryGetValue(oldest, out var candidate))
            {
                continue;
            }
            if (candidate.Used && rounds < 64)
            {
                candidate.Used = false;
                _order.Enqueue(oldest);
            }
            else
            {
                Forget(oldest.Item1, oldest.Item2);
            }
        }
        return key;
    }

    /// <summary>Binds a wrapped key to its person and class: a row moved to another person does not unwrap.</summary>
    internal static byte[] Associated(PersonId person, RetentionClass @class) =>
        [.. "muqeem/data-key/1"u8, .. person.Value.ToByteArray(bigEndian: true), (byte)@class];
}

/// <summary>Something that had to be durable first could not be written: the database is away or too busy. Becomes a 503.</summary>
public sealed class NotWrittenException(string message, WriteOutcome outcome) : Exception(message)
{
    public WriteOutcome Outcome { get; } = outcome;

    public TimeSpan RetryAfter => Outcome is WriteOutcome.Busy busy ? busy.RetryAfter : TimeSpan.FromSeconds(2);
}
