using System.Globalization;
using System.Security.Cryptography;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Verifier.Journal;

namespace Muqeem.Platform.Journal;

/// <summary>Something that is not as it was written.</summary>
/// <param name="Key">The row's key, its parts separated by slashes; bytes in hexadecimal.</param>
public sealed record Finding(string Table, string Key, string What)
{
    public override string ToString() => $"{Table} {Key}: {What}";
}

/// <summary>What a verification looked at.</summary>
/// <param name="Excused">Rows whose person was erased: what was sealed cannot be checked any more, all else of them is.</param>
public sealed record VerificationReport(long Entries, long Acts, long Rows, long Excused, long Findings);

/// <summary>
/// Replays the whole database against its journal and names every row that somebody changed, added, deleted or moved past the writer.
/// <list type="number">
/// <item>The tree over the leaves in the order of their positions is the stored tree, and the signed checkpoint's.</item>
/// <item>Each act, with its salt and manifest, is what its leaf commits to; so is each batch of accesses.</item>
/// <item>Each row is what the last act that wrote it says, and each act's rows are there. Sealed columns are opened for it and enter by the commitment of
/// their plaintext; nothing that was opened is shown or kept.</item>
/// </list>
/// What cannot be found: changes of bookkeeping tables (leases, jobs, counters, deliveries, codes), which no act writes; leaves that have no position yet, with
/// everything of their act changed to match; a row put back to an earlier state, when the acts that wrote it moved no head in common; the mark of the
/// destroyed key in a tombstone, and the cipher text that it made noise of; uploaded files that were deleted from the folder. Who holds the database and the signing key can sign another history: that is found only with
/// a checkpoint that somebody outside kept.
/// </summary>
public sealed partial class Verification
{
    private const int LeavesInAPart = 50_000;
    private const int MostParts = 512;

    private readonly KeyStore _keys;
    private readonly JournalKey _key;
    private readonly DataFolder _folder;
    private readonly IReadOnlyList<Table> _tables;
    private readonly Dictionary<uint, Table> _byCode;

    /// <param name="tables">All tables of the system.</param>
    /// <exception cref="InvalidOperationException">A sealed column does not say how it is bound.</exception>
    public Verification(KeyStore keys, JournalKey key, DataFolder folder, IReadOnlyList<Table> tables)
    {
        (_keys, _key, _folder) = (keys, key, folder);
        _tables = [.. tables.Where(t => t.Kind == TableKind.Act), PlatformTables.Outbox];
        _byCode = _tables.Append(PlatformTables.Claim).Append(PlatformTables.Balance).Append(PlatformTables.AccessEntry).Append(PlatformTables.Erasure).ToDictionary(t => Leaf.TableCode(t.Name));
        foreach (var table in _tables)
        {
            var unbound = table.Columns.FirstOrDefault(c => c.Type == ColumnType.Sealed && c.Binding is null);
            if (unbound is not null || table.Columns.Count(c => c.Type == ColumnType.Sealed) > 1)
            {
                throw new InvalidOperationException($"{table.Name} must say how its one sealed column is bound.");
            }
        }
    }

    /// <summary>Verifies everything, in one state of the database.</summary>
    /// <param name="found">Is told each finding as soon as it is made.</param>
    /// <param name="against">A checkpoint that somebody kept, verified: its tree must be the beginning of the stored one.</param>
    /// <param name="progress">Is told what is looked at, and how many so far.</param>
    public Task<VerificationReport> RunAsync(Db db, Action<Finding> found, Checkpoint? against = null, Action<string, long>? progress = null, CancellationToken cancel = default) =>
        db.SnapshotAsync(snapshot => RunAsync(snapshot, found, against, progress, parts: null, cancel), cancel);

    /// <param name="parts">Into how many parts the work is cut; null: by the number of leaves.</param>
    internal async Task<VerificationReport> RunAsync(Db.Snapshot snapshot, Action<Finding> found, Checkpoint? against, Action<string, long>? progress, int? parts, CancellationToken cancel)
    {
        if (snapshot.Dialect.Kind == DatabaseKind.PostgreSql)
        {
            // Here everything is read whole, which readers otherwise never want.
            await snapshot.FirstAsync<string>("SELECT set_config('enable_seqscan', 'on', true)", null, cancel);
        }
        var leaves = await snapshot.FirstAsync<long>("SELECT count(*) FROM leaf", null, cancel);
        using var spill = new VerificationSpill(parts ?? (int)Math.Clamp(1 + (leaves / LeavesInAPart), 1, MostParts), _folder);
        using var run = new Run(this, snapshot, spill, found, progress, cancel);
        await run.TreeAsync(against);
        await run.ActsAsync();
        await run.AccessesAsync();
        foreach (var table in _tables)
        {
            await run.RowsAsync(table);
        }
        await run.ClaimsAsync();
        await run.BalancesAsync();
        await run.ErasuresAsync();
        await run.KeysAsync();
        run.Compare();
        return run.Report();
    }

    /// <summary>Stands for the commitment of a value that nobody can open any more, until the act that wrote it says which it was.</summary>
    private static readonly byte[] Erased = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    internal static string KeyText(IEnumerable<object?> key) => string.Join('/', key.Select(part => part switch
    {
        byte[] bytes => Convert.ToHexStringLower(bytes),
        Guid id => id.ToString("D"),
        null => "-",
        _ when part == Storage.Unreadable => "?",
        _ => Convert.ToString(part, CultureInfo.InvariantCulture),
    }));

    /// <summary>One verification under way.</summary>
    private sealed partial class Run(Verification verification, Db.Snapshot snapshot, VerificationSpill spill, Action<Finding> found, Action<string, long>? progress, CancellationToken cancel) : IDisposable
    {
        private readonly Opener _opener = new(verification._keys, snapshot);
        private long _entries;
        private long _acts;
        private long _rows;
        private long _excused;
        private long _findings;

        public VerificationReport Report() => new(_entries, _acts, _rows, _excused, _findings);

        public void Dispose() => _opener.Dispose();

        private void Find(string table, string key, string what)
        {
            _findings++;
            found(new(table, key, what));
        }

        private void Find(string table, Guid key, string what) => Find(table, key.ToString("D"), what);

        private IAsyncEnumerable<IReadOnlyList<object?[]>> ChunksAsync(string sql, params ReadOnlySpan<ColumnType> types) => snapshot.ChunksAsync(sql, types.ToArray(), cancel);

        /// <summary>Each act against its leaf, and what its manifest promises.</summary>
        public async Task ActsAsync()
        {
            var act = PlatformTables.Act.Columns;
            var sql = $"SELECT l.id, l.kind, l.hash, l.salt, l.manifest, {string.Join(", ", act.Select(c => "a." + c.Name))} FROM leaf l LEFT JOIN act a ON a.id = l.id";
            ColumnType[] types = [ColumnType.Uuid, ColumnType.Text, ColumnType.Bytes, ColumnType.Bytes, ColumnType.Bytes, .. act.Select(c => c.Type)];
            await foreach (var chunk in snapshot.ChunksAsync(sql, types, cancel))
            {
                foreach (var row in chunk)
                {
                    if (row[0] is not Guid id)
                    {
                        Find("leaf", "?", "its id cannot be read");
                        continue;
                    }
                    One(id, (string)row[1]!, (byte[])row[2]!, (byte[])row[3]!, (byte[])row[4]!, row[5..]);
                }
                progress?.Invoke("acts", _acts);
            }
            await foreach (var chunk in ChunksAsync("SELECT a.id FROM act a LEFT JOIN leaf l ON l.id = a.id WHERE l.id IS NULL", ColumnType.Uuid))
            {
                foreach (var row in chunk)
                {
                    Find("act", KeyText(row), "has no leaf in the journal");
                }
            }
        }

        private void One(Guid id, string kind, byte[] hash, byte[] salt, byte[] manifest, object?[] act)
        {
            switch (kind)
            {
                case Leaf.ActKind:
                    break;
                case Leaf.AccessesKind when manifest.Length == 0:
                    return;
                default:
                    Find("leaf", id, "is of no kind that the writer makes");
                    return;
            }
            _acts++;
            if (act[0] is null)
            {
                Find("act", id, "is missing; its leaf is there");
            }
            else if (act.Contains(Storage.Unreadable) || !Leaf.HashOf(salt, act, manifest).AsSpan().SequenceEqual(hash))
            {
                Find("act", id, "the act, or what its leaf says of it, was changed");
            }
            try
            {
                Promise(id, salt, Leaf.Read(manifest));
            }
            catch (FormatException)
            {
                Find("leaf", id, "its manifest cannot be read");
            }
        }

        private void Promise(Guid act, byte[] salt, IReadOnlyList<Leaf.Entry> entries)
        {
            var heads = new List<(ulong, long)>();
            foreach (var entry in entries)
            {
                if (entry.Mode == Leaf.Mode.Head && Leaf.ReadKey(entry.Key) is [Guid id, long version])
                {
                    heads.Add((HeadHash(entry.Table, id), version));
                }
            }
            var moved = heads.ToArray();
            foreach (var entry in entries)
            {
                // Bookkeeping that rode in an act is not verified: other changes write it without one.
                if (!verification._byCode.ContainsKey(entry.Table))
                {
                    continue;
                }
                switch (entry.Mode)
                {
                    case Leaf.Mode.Head or Leaf.Mode.Balance when Leaf.ReadKey(entry.Key) is [Guid id, long number]:
                        spill.Add(new Promise(entry.Table, entry.Mode, Leaf.KeyBytes(id), entry.Digest, salt, act, number, [], entry.Commitment));
                        break;
                    case Leaf.Mode.Erasure:
                        // Its row has the act in its key.
                        spill.Add(new Promise(entry.Table, entry.Mode, [.. entry.Key, .. Leaf.KeyBytes(act)], entry.Digest, salt, act, 0, [], null));
                        break;
                    default:
                        spill.Add(new Promise(entry.Table, entry.Mode, entry.Key, entry.Digest, salt, act, 0, moved, entry.Commitment));
                        break;
                }
            }
        }

        private static ulong HeadHash(uint table, Guid id)
        {
            Span<byte> bytes = stackalloc byte[16];
            id.TryWriteBytes(bytes, bigEndian: true, out _);
            return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) ^ ((ulong)table << 16);
        }

        /// <summary>Accesses: those of a batch against the batch's leaf, those of an act against what the act promises.</summary>
        public async Task AccessesAsync()
        {
            const string Sql = """
                SELECT l.id, l.kind, l.hash, l.salt, e.id, e.at, e.reader_kind, e.reader_id, e.purpose, e.case_id, e.place, e.leaf_id, s.person_id
                FROM access_entry e LEFT JOIN leaf l ON l.id = e.leaf_id LEFT JOIN access_subject s ON s.access_id = e.id
                ORDER BY e.leaf_id, e.id, s.person_id
                """;
            ColumnType[] types =
            [
                ColumnType.Uuid, ColumnType.Text, ColumnType.Bytes, ColumnType.Bytes, ColumnType.Uuid, ColumnType.Instant, ColumnType.Text, ColumnType.Text, ColumnType.Text,
                ColumnType.Uuid, ColumnType.Text, ColumnType.Uuid, ColumnType.Uuid,
            ];
            List<object?[]> access = [];
            Batch? batch = null;
            await foreach (var chunk in snapshot.ChunksAsync(Sql, types, cancel))
            {
                foreach (var row in chunk)
                {
                    if (access.Count > 0 && !Equals(access[0][4], row[4]))
                    {
                        batch = Access(access, batch);
                        access = [];
                    }
                    access.Add(row);
                }
                progress?.Invoke("accesses", _rows);
            }
            if (access.Count > 0)
            {
                batch = Access(access, batch);
            }
            Close(batch);
            await foreach (var chunk in ChunksAsync("SELECT l.id FROM leaf l WHERE l.kind = 'accesses' AND NOT EXISTS (SELECT 1 FROM access_entry e WHERE e.leaf_id = l.id)", ColumnType.Uuid))
            {
                foreach (var row in chunk)
                {
                    Find("leaf", KeyText(row), "the accesses that it commits to are missing");
                }
            }
            await foreach (var chunk in ChunksAsync(
                "SELECT s.person_id, s.access_id FROM access_subject s LEFT JOIN access_entry e ON e.id = s.access_id WHERE e.id IS NULL", ColumnType.Uuid, ColumnType.Uuid))
            {
                foreach (var row in chunk)
                {
                    Find("access_subject", KeyText(row), "belongs to no access");
                }
            }
        }

        private sealed record Batch(Guid Leaf, byte[] Hash, byte[] Salt, List<(Guid Id, byte[] Digest)> Accesses);

        /// <param name="rows">One row a subject.</param>
        private Batch? Access(List<object?[]> rows, Batch? batch)
        {
            _rows++;
            var row = rows[0];
            if (rows.Exists(r => r.Contains(Storage.Unreadable)) || row[4] is not Guid id || row[11] is not Guid leaf
                || !Enum.TryParse<ActorKind>((string)row[6]!, out var kind) || !Enum.TryParse<Purpose>((string)row[8]!, out var purpose)
                || kind.ToString() != (string)row[6]! || purpose.ToString() != (string)row[8]!)
            {
                Find("access_entry", KeyText([row[4]]), "holds something that the writer never writes");
                return batch;
            }
            var digest = Leaf.AccessDigest(new(id, Clock.FromMicros((long)row[5]!), new(kind, (string)row[7]!), purpose, row[9] is Guid @case ? new CaseId(@case) : null, (string)row[10]!,
                [.. rows.Select(r => r[12]).OfType<Guid>().Select(p => new PersonId(p))]));
            switch (row[1] as string)
            {
                case Leaf.ActKind:
                    spill.Add(new Kept(Leaf.TableCode("access_entry"), Leaf.KeyBytes(id), leaf, 0, Leaf.RowBytes("access_entry", [digest])));
                    return batch;
                case Leaf.AccessesKind:
                    if (batch is null || batch.Leaf != leaf)
                    {
                        Close(batch);
                        batch = new(leaf, (byte[])row[2]!, (byte[])row[3]!, []);
                    }
                    batch.Accesses.Add((id, digest));
                    return batch;
                default:
                    Find("access_entry", id, "no act and no batch recorded it");
                    return batch;
            }
        }

        private void Close(Batch? batch)
        {
            if (batch is null)
            {
                return;
            }
            var digests = batch.Accesses.OrderBy(a => a.Id.ToString("D"), StringComparer.Ordinal).Select(a => a.Digest);
            if (!Leaf.HashOf(batch.Salt, digests).AsSpan().SequenceEqual(batch.Hash))
            {
                Find("leaf", batch.Leaf, $"of the accesses that it commits to one was changed, added or deleted: {string.Join(", ", batch.Accesses.Select(a => $"access_entry {a.Id}"))}");
            }
        }

        /// <summary>The rows of one table, in the form in which they are compared.</summary>
        public async Task RowsAsync(Table table)
        {
            var code = Leaf.TableCode(table.Name);
            var at = Enumerable.Range(0, table.Columns.Count).FirstOrDefault(i => table.Columns[i].Type == ColumnType.Sealed, -1);
            var binding = at < 0 ? null : table.Columns[at].Binding;
            var types = table.Columns.Select(c => c.Type).ToList();
            var sql = $"SELECT {string.Join(", ", table.Columns.Select(c => "t." + c.Name))}";
            if (binding is { Through: { } through, By: { } by })
            {
                var first = through == table.Name ? table : verification._tables.Single(t => t.Name == through);
                sql += $", o.{binding.Person} FROM {table.Name} t LEFT JOIN {through} o ON o.{first.Columns[0].Name} = t.{by}";
                types.Add(ColumnType.Uuid);
            }
            else
            {
                sql += $" FROM {table.Name} t";
            }
            await foreach (var chunk in snapshot.ChunksAsync(sql, types, cancel))
            {
                var contexts = binding is null ? [] : chunk.Select(row => ContextOf(table, binding, row)).ToList();
                await _opener.LoadAsync(contexts.OfType<SealContext>(), cancel);
                for (var i = 0; i < chunk.Count; i++)
                {
                    var row = chunk[i][..table.Columns.Count];
                    var key = row[..table.KeyLength];
                    if (row.Contains(Storage.Unreadable))
                    {
                        Find(table.Name, KeyText(key), "holds something that its columns cannot hold");
                    }
                    if (key.Contains(Storage.Unreadable))
                    {
                        continue;
                    }
                    var bytes = row.Contains(Storage.Unreadable) || (binding is not null && !Commit(table, row, at, contexts[i])) ? [] : Leaf.RowBytes(table.Name, row);
                    spill.Add(new Kept(code, Leaf.KeyBytes(key), null, table.IsHead && row[1] is long version ? version : 0, bytes));
                    _rows++;
                }
                progress?.Invoke(table.Name, _rows);
            }
        }

        private static SealContext? ContextOf(Table table, SealBinding binding, object?[] row)
        {
            object? Value(string name) => row[Enumerable.Range(0, table.Columns.Count).First(i => table.Columns[i].Name == name)];
            var person = binding.Through is null ? Value(binding.Person) : row[^1];
            return person is Guid owner && Value(binding.Row) is Guid bound
                ? new(new PersonId(owner), binding.Class, binding.Suffix is { } suffix ? $"{table.Name}/{Value(suffix)}" : table.Name, bound)
                : null;
        }

        /// <summary>Puts the commitment in the place of the sealed value; of an erased person <see cref="Erased"/>. False when that cannot be, which is reported.</summary>
        private bool Commit(Table table, object?[] row, int at, SealContext? context)
        {
            if (row[at] is not byte[] cipher)
            {
                return true;
            }
            if (context is not { } bound)
            {
                Find(table.Name, KeyText(row[..table.KeyLength]), "is sealed under the key of a person whom no row names");
                return false;
            }
            switch (_opener.Commitment(bound, cipher, out var commitment))
            {
                case Opened.Yes:
                    row[at] = new SealedBytes(cipher, commitment!);
                    return true;
                case Opened.Erased:
                    row[at] = new SealedBytes(cipher, Erased);
                    _excused++;
                    return true;
                case Opened.NoKey:
                    Find(table.Name, KeyText(row[..table.KeyLength]), "cannot be opened: its key is gone, and no erasure says so");
                    return false;
                default:
                    Find(table.Name, KeyText(row[..table.KeyLength]), "cannot be opened: its sealed value was changed, or belongs to another row or person");
                    return false;
            }
        }

        public async Task ClaimsAsync()
        {
            await foreach (var chunk in ChunksAsync("SELECT kind, hash, act_id FROM claim", ColumnType.Text, ColumnType.Bytes, ColumnType.Uuid))
            {
                foreach (var row in chunk)
                {
                    if (row[2] is not Guid act)
                    {
                        Find("claim", KeyText(row[..2]), "names no act");
                        act = default;
                    }
                    spill.Add(new Kept(Leaf.TableCode("claim"), Leaf.KeyBytes(row[..2]), act, 0, Leaf.RowBytes("claim", row[..2])));
                    _rows++;
                }
            }
        }

        public async Task BalancesAsync()
        {
            await foreach (var chunk in ChunksAsync("SELECT account, halalas FROM balance", ColumnType.Uuid, ColumnType.Long))
            {
                foreach (var row in chunk)
                {
                    if (row[0] is not Guid account || row[1] is not long halalas)
                    {
                        Find("balance", KeyText(row[..1]), "holds something that its columns cannot hold");
                        continue;
                    }
                    spill.Add(new Kept(Leaf.TableCode("balance"), Leaf.KeyBytes(account), null, halalas, []));
                    _rows++;
                }
            }
        }

        public async Task ErasuresAsync()
        {
            await foreach (var chunk in ChunksAsync("SELECT e.person_id, e.class, e.act_id, e.at, a.at FROM erasure e LEFT JOIN act a ON a.id = e.act_id",
                ColumnType.Uuid, ColumnType.Text, ColumnType.Uuid, ColumnType.Instant, ColumnType.Instant))
            {
                foreach (var row in chunk)
                {
                    if (row.Contains(Storage.Unreadable) || row[2] is not Guid act || !Equals(row[3], row[4]))
                    {
                        Find("erasure", KeyText(row[..3]), "is not of the act that it names");
                        continue;
                    }
                    spill.Add(new Kept(Leaf.TableCode("erasure"), Leaf.KeyBytes(row[..3]), act, 0, Leaf.RowBytes("erasure", row[..2])));
                    _rows++;
                }
            }
        }

        /// <summary>The data keys have no act, but are bound to their person and class: one that was changed or moved does not unwrap.</summary>
        public async Task KeysAsync()
        {
            await foreach (var chunk in ChunksAsync("SELECT person_id, class, wrapped, wrapped_by FROM keys.data_key", ColumnType.Uuid, ColumnType.Text, ColumnType.Bytes, ColumnType.Text))
            {
                foreach (var row in chunk)
                {
                    if (row[0] is not Guid person || !Enum.TryParse<RetentionClass>((string)row[1]!, out var @class) || @class.ToString() != (string)row[1]!
                        || !Opener.Unwraps(verification._keys, new(new PersonId(person), @class, (byte[])row[2]!, (string)row[3]!)))
                    {
                        Find("keys.data_key", KeyText(row[..2]), "is not a key that this installation made for this person and class");
                    }
                    _rows++;
                }
                progress?.Invoke("data keys", _rows);
            }
        }
    }
}
