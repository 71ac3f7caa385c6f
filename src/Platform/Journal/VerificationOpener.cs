using System.Security.Cryptography;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;

namespace Muqeem.Platform.Journal;

/// <summary>How the opening of a sealed value went.</summary>
internal enum Opened
{
    Yes,

    /// <summary>Its key was destroyed, and a tombstone says so.</summary>
    Erased,
    NoKey,
    Changed,
}

/// <summary>
/// Recomputes the commitments of sealed values. It is no second read door: a plaintext goes from the cipher into the hash and is zeroed, and only the hash leaves.
/// </summary>
internal sealed class Opener(KeyStore keys, Db.Snapshot snapshot) : IDisposable
{
    private const int MostKept = 50_000;

    // Null where there is no key.
    private readonly Dictionary<(PersonId, RetentionClass), DataKey?> _kept = [];
    private readonly HashSet<(PersonId, RetentionClass)> _erased = [];
    private bool _erasedIsRead;

    private sealed record Erasure(Guid PersonId, string Class);

    private sealed record Row(Guid PersonId, string Class, byte[] Wrapped, string WrappedBy);

    /// <summary>Reads the keys that are needed and not there yet.</summary>
    public async Task LoadAsync(IEnumerable<SealContext> contexts, CancellationToken cancel)
    {
        if (!_erasedIsRead)
        {
            foreach (var erasure in await snapshot.QueryAsync<Erasure>("SELECT DISTINCT person_id, class FROM erasure", null, cancel))
            {
                if (Enum.TryParse<RetentionClass>(erasure.Class, out var @class))
                {
                    _erased.Add((new PersonId(erasure.PersonId), @class));
                }
            }
            _erasedIsRead = true;
        }
        if (_kept.Count > MostKept)
        {
            Dispose();
        }
        var missing = contexts.Select(c => (c.Person, c.Class)).Where(k => !_kept.ContainsKey(k)).ToHashSet();
        foreach (var ofClass in missing.GroupBy(m => m.Class))
        {
            var rows = await snapshot.QueryAsync<Row>("SELECT person_id, class, wrapped, wrapped_by FROM keys.data_key WHERE class = @class AND person_id = ANY(@persons)",
                new { @class = ofClass.Key.ToString(), persons = ofClass.Select(m => m.Person.Value).ToArray() }, cancel);
            foreach (var row in rows)
            {
                _kept[(new PersonId(row.PersonId), ofClass.Key)] = Unwrap(keys, new(new PersonId(row.PersonId), ofClass.Key, row.Wrapped, row.WrappedBy));
            }
        }
        foreach (var without in missing)
        {
            _kept.TryAdd(without, null);
        }
    }

    /// <summary>SHA-256 over salt and plaintext.</summary>
    public Opened Commitment(in SealContext context, byte[] cipher, out byte[]? commitment)
    {
        commitment = null;
        try
        {
            var mark = Blob.MarkOf(cipher);
            if (_kept[(context.Person, context.Class)] is not { } key || key.Mark != mark)
            {
                return _erased.Contains((context.Person, context.Class)) ? Opened.Erased : Opened.NoKey;
            }
            if (!Blob.TryOpen(key, context, cipher, out var salted))
            {
                return Opened.NoKey;
            }
            commitment = SHA256.HashData(salted);
            CryptographicOperations.ZeroMemory(salted);
            return Opened.Yes;
        }
        catch (Exception changed) when (changed is CryptographicException or ArgumentException)
        {
            return Opened.Changed;
        }
    }

    public static bool Unwraps(KeyStore keys, StoredDataKey row)
    {
        using var key = Unwrap(keys, row);
        return key is not null;
    }

    private static DataKey? Unwrap(KeyStore keys, StoredDataKey row)
    {
        try
        {
            return new DataKey(keys.Unwrap(KeyPurpose.DataKeys, row.WrappedBy, row.Wrapped, DataKeys.Associated(row.Person, row.Class)), 0);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        foreach (var key in _kept.Values)
        {
            key?.Dispose();
        }
        _kept.Clear();
    }
}
