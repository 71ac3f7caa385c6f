using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Database;

namespace Muqeem.Platform.Writing;

/// <summary>
/// Groups in SQLite: one transaction, a savepoint per change (free here: no round trip), prepared statements. SQLite blocks, so it has a thread of its own.
/// Data keys go to their own file, and are durable before what they seal.
/// </summary>
internal sealed partial class SqliteStore : IGroupStore
{
    // Accesses sent again after an answer was lost: they are recorded, and are not recorded twice.
    private static readonly WriteOutcome Recorded = new WriteOutcome.Claimed(PlatformTables.AccessEntry.Name);

    private readonly Db _db;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Guid _node;
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SqliteCommand> _keyCommands = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Table, string Name), string> _texts = [];
    private SqliteConnection? _main;
    private SqliteConnection? _keys;
    private bool _keysOpen;
    private readonly List<(string Person, string Class)> _erasing = [];

    public SqliteStore(Db db, TimeProvider clock, ILogger log)
    {
        _db = db;
        _clock = clock;
        _log = log;
        _node = Guid.CreateVersion7(clock.GetUtcNow());
        _thread = new Thread(() =>
        {
            foreach (var work in _work.GetConsumingEnumerable())
            {
                work();
            }
        })
        { IsBackground = true, Name = "writer" };
        _thread.Start();
    }

    /// <summary>For tests: called between the commit and its answer.</summary>
    internal Action? AfterCommit { get; set; }

    public Task WriteAsync(IReadOnlyList<Prepared> changes, CancellationToken cancel) => Run(() =>
    {
        Write(changes);
        return true;
    });

    public Task<bool> RecoverAsync(Guid? mark, CancellationToken cancel) => Run(() =>
    {
        Close();
        try
        {
            Open();
            var last = Scalar("SELECT mark FROM writer_mark WHERE node = @p0", _node);
            return mark is { } wanted && last is string text && Storage.ReadGuid(text) == wanted;
        }
        catch (SqliteException away)
        {
            throw new StoreAwayException(mark, away);
        }
    });

    /// <summary>The folder's lock keeps every other process out.</summary>
    public Task TendAsync(CancellationToken cancel)
    {
        _db.Recollection.AloneFrom(0, Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    private Task<T> Run<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        });
        return done.Task;
    }

    private void Write(IReadOnlyList<Prepared> changes)
    {
        var mark = Guid.CreateVersion7(_clock.GetUtcNow());
        var sent = new List<Prepared>(changes.Count);
        var committing = false;
        try
        {
            Open();
            Execute("BEGIN IMMEDIATE");
            var batch = new AccessBatch(_clock);
            foreach (var change in changes)
            {
                if (change.TrySend())
                {
                    sent.Add(change);
                    WriteOne(change, batch);
                }
            }
            if (batch.ToLeaf() is { } leaf)
            {
                Insert(PlatformTables.Leaf, OwnRows.Leaf(leaf));
            }
            Execute("INSERT INTO writer_mark (node, mark, at) VALUES (@p0, @p1, @p2) ON CONFLICT (node) DO UPDATE SET mark = excluded.mark, at = excluded.at",
                _node, mark, _clock.Now().ToMicros());
            if (_keysOpen)
            {
                _keysOpen = false;
                ExecuteKeys("COMMIT");
            }
            committing = true;
            Execute("COMMIT");
            AfterCommit?.Invoke();
            DestroyKeys(all: false);
        }
        catch (Exception failure) when (failure is SqliteException or IOException)
        {
            Close();
            if (!committing || failure is SqliteException { SqliteErrorCode: 19 })
            {
                // Nothing was committed. A constraint that fails only at the commit (a deferred foreign key) is somebody's bug: find out whose.
                foreach (var change in sent)
                {
                    change.Outcome = null;
                    change.Failure = null;
                    change.TryTakeBack();
                }
                if (failure is SqliteException { SqliteErrorCode: 19 })
                {
                    Surprise(_log, failure.GetType().Name, ((SqliteException)failure).SqliteExtendedErrorCode);
                    WriterMetrics.Surprises.Add(1);
                    Halve(sent, failure);
                    return;
                }
                throw new StoreAwayException(null, failure);
            }
            throw new StoreAwayException(mark, failure) { Sent = sent };
        }
    }

    private void Halve(List<Prepared> changes, Exception failure)
    {
        if (changes.Count == 1)
        {
            changes[0].Failure = failure;
            return;
        }
        Write(changes[..(changes.Count / 2)]);
        Write(changes[(changes.Count / 2)..]);
    }

    private void WriteOne(Prepared prepared, AccessBatch batch)
    {
        Execute("SAVEPOINT change");
        try
        {
            var outcome = TryWrite(prepared, batch);
            prepared.Outcome = outcome == Recorded ? new WriteOutcome.Done(null) : outcome;
            if (outcome == Recorded || outcome is not WriteOutcome.Done)
            {
                Execute("ROLLBACK TO change");
            }
            else if (prepared.Change.Act is null)
            {
                batch.Add(prepared);
            }
        }
        catch (SqliteException failure) when (failure.SqliteErrorCode is 19 or 20 or 1 or 18)
        {
            // A constraint, a type, a missing table, too large: this change's own fault, which no check foresaw.
            Execute("ROLLBACK TO change");
            Surprise(_log, failure.GetType().Name, failure.SqliteExtendedErrorCode);
            WriterMetrics.Surprises.Add(1);
            prepared.Outcome = null;
            prepared.Failure = failure;
        }
        Execute("RELEASE change");
    }

    private WriteOutcome TryWrite(Prepared prepared, AccessBatch batch)
    {
        var change = prepared.Change;
        if (prepared.AccessDigests.Length > 0 && Scalar("SELECT 1 FROM access_entry WHERE id = @p0", change.Accesses[0].Id) is not null)
        {
            return Recorded;
        }
        if (change.Act is { } act)
        {
            if (Known(prepared.Operation) is { } known)
            {
                return known.Digest.AsSpan().SequenceEqual(act.RequestDigest)
                    ? new WriteOutcome.Replayed(new(known.Act), known.Answer)
                    : new WriteOutcome.OperationReused();
            }
            Insert(PlatformTables.Act, prepared.ActRow!);
            Insert(PlatformTables.Leaf, OwnRows.Leaf(prepared.Leaf!));
        }
        foreach (var head in prepared.Heads)
        {
            if ((head.Expected == 0 ? InsertHead(head) : UpdateHead(head)) != 1)
            {
                return new WriteOutcome.Conflict(head.Table.Name, head.Id);
            }
        }
        foreach (var (leaf, position) in change.Sequenced)
        {
            if (Execute("UPDATE leaf SET position = @p1 WHERE id = @p0 AND position IS NULL", leaf, position) != 1)
            {
                return new WriteOutcome.Conflict(PlatformTables.Leaf.Name, leaf);
            }
        }
        foreach (var release in change.Releases)
        {
            Execute("DELETE FROM claim WHERE kind = @p0 AND hash = @p1", release.Kind, release.Hash);
        }
        foreach (var claim in change.Claims)
        {
            if (Execute("INSERT INTO claim (kind, hash, act_id) VALUES (@p0, @p1, @p2) ON CONFLICT DO NOTHING", OwnRows.Claim(claim, change.Act)) != 1)
            {
                return new WriteOutcome.Claimed(claim.Kind);
            }
        }
        foreach (var delta in change.Balances)
        {
            var moved = Execute("UPDATE balance SET halalas = halalas + @p1 WHERE account = @p0 AND halalas + @p1 >= 0", delta.Account, delta.Halalas);
            if (moved == 0 && (delta.Halalas < 0
                || Execute("INSERT INTO balance (account, halalas) VALUES (@p0, @p1) ON CONFLICT DO NOTHING", delta.Account, delta.Halalas) != 1))
            {
                return new WriteOutcome.Insufficient(delta.Account);
            }
        }
        if (!WriteKeys(prepared))
        {
            return new WriteOutcome.Claimed(PlatformTables.DataKey.Name);
        }
        foreach (var erasure in change.Erasures)
        {
            Insert(PlatformTables.Erasure, OwnRows.Erasure(erasure, change.Act!, KeyMark(erasure.Person.Value, erasure.Class.ToString())));
            _erasing.Add((erasure.Person.Value.ToString("D"), erasure.Class.ToString()));
        }
        WriteRows(prepared, batch);
        return new WriteOutcome.Done(change.Act?.Id);
    }

    /// <summary>
    /// Destroys the keys that have a tombstone. Their file is another one than the tombstones', so this comes after the commit, and for all tombstones whenever the
    /// files are opened: after a crash in between, or with keys restored from a backup older than the erasure.
    /// </summary>
    private void DestroyKeys(bool all)
    {
        if (!all && _erasing.Count == 0)
        {
            return;
        }
        var destroyed = 0;
        foreach (var (person, @class) in all ? ErasedEver() : _erasing)
        {
            // A change that was rolled back left no tombstone.
            if (KeyMark(person, @class) is { } mark && Scalar("SELECT 1 FROM erasure WHERE person_id = @p0 AND class = @p1 AND key_mark = @p2", person, @class, mark) is not null)
            {
                destroyed += ExecuteKeys("DELETE FROM data_key WHERE person_id = @p0 AND class = @p1", person, @class);
            }
        }
        if (destroyed > 0)
        {
            // The deleted page is overwritten in the file itself only when the log goes back into it.
            ExecuteKeys("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        _erasing.Clear();
    }

    /// <summary>What marks the data key, however often it was wrapped anew; null when there is none.</summary>
    private byte[]? KeyMark(object person, string @class) =>
        ScalarKeys("SELECT origin FROM data_key WHERE person_id = @p0 AND class = @p1", person, @class) as byte[]
        ?? (ScalarKeys("SELECT wrapped FROM data_key WHERE person_id = @p0 AND class = @p1", person, @class) is byte[] wrapped ? SHA256.HashData(wrapped) : null);

    private List<(string Person, string Class)> ErasedEver()
    {
        var erased = new List<(string, string)>();
        using var tombstones = Command(_main!, "SELECT DISTINCT person_id, class FROM erasure WHERE key_mark IS NOT NULL", []).ExecuteReader();
        while (tombstones.Read())
        {
            erased.Add((tombstones.GetString(0), tombstones.GetString(1)));
        }
        return erased;
    }

    private void WriteRows(Prepared prepared, AccessBatch batch)
    {
        var change = prepared.Change;
        // The same order as in PostgreSQL, where rows go by table and mode: a change means the same in both.
        foreach (var mode in (ReadOnlySpan<RowMode>)[RowMode.Delete, RowMode.Insert, RowMode.Put])
        {
            foreach (var row in prepared.Rows)
            {
                if (row.Mode == mode)
                {
                    WriteRow(row);
                }
            }
        }
        foreach (var message in change.Messages)
        {
            Insert(PlatformTables.Outbox, OwnRows.Outbox(message, change.Act!));
            Insert(PlatformTables.Delivery, OwnRows.Delivery(message, change.Act!));
        }
        foreach (var access in change.Accesses)
        {
            Insert(PlatformTables.AccessEntry, OwnRows.Access(access, change.Act?.Id.Value ?? batch.Id));
            foreach (var subject in access.Subjects.Distinct())
            {
                Insert(PlatformTables.AccessSubject, OwnRows.Subject(access, subject));
            }
        }
    }

    private void WriteRow(StoredRow row)
    {
        var table = row.Table;
        switch (row.Mode)
        {
            case RowMode.Insert:
                Insert(table, row.Values);
                break;
            case RowMode.Put:
                Execute(Text(table, nameof(PutText), PutText), row.Values);
                break;
            default:
                Execute(Text(table, nameof(DeleteText), DeleteText), row.Values);
                break;
        }
    }

    private static string PutText(Table table)
    {
        var rest = table.Columns.Skip(table.KeyLength).Select(c => $"{c.Name} = excluded.{c.Name}").ToList();
        var key = string.Join(", ", table.Columns.Take(table.KeyLength).Select(c => c.Name));
        return InsertText(table) + (rest.Count == 0 ? $" ON CONFLICT ({key}) DO NOTHING" : $" ON CONFLICT ({key}) DO UPDATE SET {string.Join(", ", rest)}");
    }

    private static string InsertText(Table table) =>
        $"INSERT INTO {table.Name} ({string.Join(", ", table.Columns.Select(c => c.Name))}) VALUES ({string.Join(", ", table.Columns.Select((_, i) => $"@p{i}"))})";

    private static string DeleteText(Table table) =>
        $"DELETE FROM {table.Name} WHERE {string.Join(" AND ", table.Columns.Take(table.KeyLength).Select((c, i) => $"{c.Name} = @p{i}"))}";

    private static string NewHeadText(Table table) => InsertText(table) + " ON CONFLICT DO NOTHING";

    private static string HeadText(Table table) =>
        $"UPDATE {table.Name} SET {string.Join(", ", table.Columns.Skip(1).Select((c, i) => $"{c.Name} = @p{i + 1}"))} WHERE id = @p0 AND version = @p1 - 1";

    private string Text(Table table, string name, Func<Table, string> make)
    {
        if (!_texts.TryGetValue((table.Name, name), out var text))
        {
            text = make(table);
            _texts.Add((table.Name, name), text);
        }
        return text;
    }

    private void Insert(Table table, object?[] values) => Execute(Text(table, nameof(InsertText), InsertText), values);

    private int InsertHead(StoredHead head) => Execute(Text(head.Table, nameof(NewHeadText), NewHeadText), head.Values);

    private int UpdateHead(StoredHead head) => Execute(Text(head.Table, nameof(HeadText), HeadText), head.Values);

    private bool WriteKeys(Prepared prepared)
    {
        foreach (var key in prepared.Change.Keys)
        {
            if (!_keysOpen)
            {
                ExecuteKeys("BEGIN IMMEDIATE");
                _keysOpen = true;
            }
            // A key that stayed behind from a group that failed is the same key when it comes again.
            if (ExecuteKeys("INSERT INTO data_key (person_id, class, wrapped, wrapped_by, origin) VALUES (@p0, @p1, @p2, @p3, @p4) ON CONFLICT DO NOTHING", OwnRows.Key(key)) != 1
                && ScalarKeys("SELECT 1 FROM data_key WHERE person_id = @p0 AND class = @p1 AND wrapped = @p2", key.Person.Value, key.Class.ToString(), key.Wrapped) is null)
            {
                return false;
            }
        }
        return true;
    }

    private (Guid Act, byte[] Digest, string? Answer)? Known(Guid operation)
    {
        using var reader = Command(_main!, "SELECT id, digest, answer FROM act WHERE operation = @p0", [operation]).ExecuteReader();
        return reader.Read() ? (Storage.ReadGuid(reader.GetString(0)), (byte[])reader.GetValue(1), reader.IsDBNull(2) ? null : reader.GetString(2)) : null;
    }

    private int Execute(string sql, params object?[] values) => Command(_main!, sql, values).ExecuteNonQuery();

    private object? Scalar(string sql, params object?[] values) => Command(_main!, sql, values).ExecuteScalar();

    private int ExecuteKeys(string sql, params object?[] values) => Command(_keys!, sql, values).ExecuteNonQuery();

    private object? ScalarKeys(string sql, params object?[] values) => Command(_keys!, sql, values).ExecuteScalar();

    private SqliteCommand Command(SqliteConnection connection, string sql, object?[] values)
    {
        var commands = connection == _keys ? _keyCommands : _commands;
        if (!commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = $"@p{i}" });
            }
            commands.Add(sql, command);
        }
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = Dialect.ForSqlite(values[i]) ?? DBNull.Value;
        }
        return command;
    }

    private void Open()
    {
        if (_main is not null)
        {
            return;
        }
        _main = _db.OpenSqlite(readOnly: false);
        _keys = _db.OpenSqliteKeys();
        DestroyKeys(all: true);
    }

    private void Close()
    {
        foreach (var command in _commands.Values.Concat(_keyCommands.Values))
        {
            command.Dispose();
        }
        _commands.Clear();
        _keyCommands.Clear();
        _keysOpen = false;
        _erasing.Clear();
        _main?.Dispose();
        _keys?.Dispose();
        _main = null;
        _keys = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_work.IsAddingCompleted)
        {
            return;
        }
        await Run(() =>
        {
            Close();
            return true;
        });
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    [LoggerMessage(2, LogLevel.Warning, "A change broke a rule of the database that no check foresaw ({Kind} {Code}). It failed alone; this is a bug.")]
    private static partial void Surprise(ILogger logger, string kind, int code);
}
