using System.Data.Common;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Npgsql;

namespace Muqeem.Platform.Writing;

/// <summary>
/// Groups in PostgreSQL: one batch of array statements, which is one round trip and one transaction. Each statement counts what it wrote and ends the transaction
/// when a race was lost. Who loses is found by looking first: always after a loss, and for a while after it, so that nobody can make groups fail at will.
/// </summary>
internal sealed partial class PostgresStore : IGroupStore
{
    private const int CautiousGroups = 16;
    private const int MostLosses = 8;

    /// <summary>The columns of a leaf that the sequencer fills in.</summary>
    internal static readonly Table LeafPosition = new(PlatformTables.Leaf.Name, TableKind.Writer, 1, "", new("id", ColumnType.Uuid), new("position", ColumnType.Long));

    private readonly Db _db;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Guid _node;
    private readonly Dictionary<(string Table, StatementKind Kind), ArrayStatement> _statements = [];
    private readonly List<ArrayStatement> _used = [];
    private readonly List<ArrayStatement> _ordered = [];
    private PostgresSession? _session;
    private int _cautious;

    public PostgresStore(Db db, TimeProvider clock, ILogger log)
    {
        _db = db;
        _clock = clock;
        _log = log;
        _node = Guid.CreateVersion7(clock.GetUtcNow());
    }

    /// <summary>For tests: called when the commit has happened and nobody knows it yet.</summary>
    internal Action? AfterCommit { get; set; }

    /// <summary>For tests.</summary>
    internal PostgresSession? Session => _session;

    public async Task WriteAsync(IReadOnlyList<Prepared> changes, CancellationToken cancel)
    {
        var session = await SessionAsync(cancel);
        // Credits and debits of one account mixed: their order matters, so the balance must be known.
        var look = _cautious > 0 || MixedBalances(changes);
        for (var losses = 0; ; losses++)
        {
            var seen = look ? await LookAsync(session, changes, cancel) : null;
            var chosen = Decide(changes, seen);
            if (chosen.Count == 0)
            {
                return;
            }
            if (await TryWriteAsync(session, chosen, cancel))
            {
                _cautious = changes.Any(c => c.Outcome is not (null or WriteOutcome.Done)) ? CautiousGroups : Math.Max(0, _cautious - 1);
                return;
            }
            look = true;
            _cautious = CautiousGroups;
            if (losses == MostLosses)
            {
                // Other nodes won each time; the callers can come back.
                foreach (var change in chosen.Where(c => c.Failure is null && !c.Committed))
                {
                    change.Outcome = new WriteOutcome.Busy(TimeSpan.FromSeconds(1));
                }
                return;
            }
        }
    }

    public async Task<bool> RecoverAsync(Guid? mark, CancellationToken cancel)
    {
        var old = _session;
        _session = null;
        _statements.Clear();
        try
        {
            var session = await PostgresSession.OpenAsync(_db, _clock, old, cancel);
            _session = session;
            return mark is { } wanted && await session.MarkAsync(_node, cancel) == wanted;
        }
        catch (Exception away) when (IsAway(away))
        {
            // The old session must still be known to whoever tries next: it may not be gone.
            var broken = _session;
            _session = old;
            if (broken is not null && broken != old)
            {
                await broken.CloseAsync();
            }
            throw new StoreAwayException(mark, away);
        }
    }

    /// <summary>Finds out whether this node is the only one that writes, and lets others in who ask.</summary>
    public async Task TendAsync(CancellationToken cancel)
    {
        try
        {
            var session = _session ??= await PostgresSession.OpenAsync(_db, _clock, null, cancel);
            var asked = Environment.TickCount64;
            if (await session.IsAloneAsync(_db.Recollection, cancel))
            {
                _db.Recollection.AloneFrom(asked, 4 * Writer.TendEvery);
            }
        }
        catch (Exception away) when (away is not OperationCanceledException)
        {
            // The next group finds it out as well, and recovers or tells its callers.
            _db.Recollection.NotAlone();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_session is not null)
        {
            await _session.CloseAsync();
        }
    }

    private async Task<PostgresSession> SessionAsync(CancellationToken cancel)
    {
        try
        {
            return _session ??= await PostgresSession.OpenAsync(_db, _clock, null, cancel);
        }
        catch (Exception away) when (IsAway(away))
        {
            throw new StoreAwayException(null, away);
        }
    }

    private static bool MixedBalances(IReadOnlyList<Prepared> changes)
    {
        Dictionary<Guid, bool>? signs = null;
        foreach (var change in changes)
        {
            foreach (var delta in change.Change.Balances)
            {
                signs ??= [];
                if (signs.TryGetValue(delta.Account, out var debit) && debit != delta.Halalas < 0)
                {
                    return true;
                }
                signs[delta.Account] = delta.Halalas < 0;
            }
        }
        return false;
    }

    private static async Task<Seen> LookAsync(PostgresSession session, IReadOnlyList<Prepared> changes, CancellationToken cancel)
    {
        try
        {
            return await Seen.LookAsync(session.Connection, changes, cancel);
        }
        catch (Exception away) when (IsAway(away))
        {
            throw new StoreAwayException(null, away);
        }
    }

    /// <summary>Which changes to write now. With knowledge, those that must fail get their answer; those that touch what another of the group touches wait.</summary>
    private static List<Prepared> Decide(IReadOnlyList<Prepared> changes, Seen? seen)
    {
        var chosen = new List<Prepared>(changes.Count);
        var touched = new Dictionary<Touch, bool>();
        foreach (var change in changes)
        {
            // What a part of this group committed stays, and so does a failure; an outcome of an attempt that was rolled back does not.
            if (change.Failure is not null || change.Committed || (!change.Waiting && !change.TryTakeBack()))
            {
                continue;
            }
            change.Outcome = seen?.KnownOrLost(change);
            if (change.Outcome is null && IsFree(change, touched))
            {
                change.Outcome = seen?.Refusal(change);
                if (change.Outcome is null)
                {
                    foreach (var touch in change.Touches)
                    {
                        touched[touch] = touch.Shared;
                    }
                    chosen.Add(change);
                }
            }
        }
        return chosen;
    }

    private static bool IsFree(Prepared change, Dictionary<Touch, bool> touched)
    {
        foreach (var touch in change.Touches)
        {
            if (touched.TryGetValue(touch, out var shared) && !(shared && touch.Shared))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Writes a group; false when a race was lost and nothing was written. Surprises are halved down to the one change that fails alone.</summary>
    private async Task<bool> TryWriteAsync(PostgresSession session, List<Prepared> group, CancellationToken cancel)
    {
        group = [.. group.Where(c => c.TrySend())];
        if (group.Count == 0)
        {
            return true;
        }
        var mark = Guid.CreateVersion7(_clock.GetUtcNow());
        await using var batch = session.NewBatch();
        Fill(batch, group, mark);
        try
        {
            await batch.ExecuteNonQueryAsync(cancel);
            AfterCommit?.Invoke();
        }
        catch (PostgresException lost) when (lost.SqlState is "MQ001" or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure
            or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled)
        {
            WriterMetrics.LostRaces.Add(1);
            TakeBack(group);
            return false;
        }
        catch (Exception away) when (IsAway(away))
        {
            Done(group);
            throw new StoreAwayException(IsSurelyRolledBack(away) ? null : mark, away) { Sent = group };
        }
        catch (PostgresException surprise)
        {
            Surprise(_log, surprise.SqlState, surprise.ConstraintName);
            WriterMetrics.Surprises.Add(1);
            TakeBack(group);
            if (group.Count == 1)
            {
                group[0].Failure = surprise;
                return true;
            }
            return await HalveAsync(session, group, surprise, cancel);
        }
        Done(group);
        foreach (var change in group)
        {
            change.Committed = true;
        }
        return true;
    }

    /// <summary>Two halves, each a transaction of its own. What a half loses to another node is looked at again by the caller.</summary>
    private async Task<bool> HalveAsync(PostgresSession session, List<Prepared> group, PostgresException surprise, CancellationToken cancel)
    {
        var (suspects, innocent) = Suspects(group, surprise);
        var half = suspects.Count / 2;
        var all = true;
        foreach (var part in (IEnumerable<List<Prepared>>)[innocent, suspects[..half], suspects[half..]])
        {
            if (part.Count > 0)
            {
                all &= await TryWriteAsync(session, part, cancel);
            }
        }
        return all;
    }

    /// <summary>The failing statement names a table: only changes that write there can be at fault.</summary>
    private static (List<Prepared> Suspects, List<Prepared> Innocent) Suspects(List<Prepared> group, PostgresException surprise)
    {
        var table = surprise.TableName;
        var suspects = group.Where(c => c.Rows.Any(r => r.Table.Name == table) || c.Heads.Any(h => h.Table.Name == table)).ToList();
        if (suspects.Count == 0 || suspects.Count == group.Count)
        {
            return (group, []);
        }
        // One that stands alone under suspicion is split off whole.
        return (suspects, [.. group.Except(suspects)]);
    }

    private static void Done(List<Prepared> group)
    {
        foreach (var change in group)
        {
            change.Outcome = new WriteOutcome.Done(change.Change.Act?.Id);
        }
    }

    private static void TakeBack(List<Prepared> group)
    {
        foreach (var change in group)
        {
            change.Outcome = null;
            change.TryTakeBack();
        }
    }

    private void Fill(NpgsqlBatch batch, List<Prepared> group, Guid mark)
    {
        foreach (var statement in _used)
        {
            statement.Clear();
        }
        _used.Clear();
        _ordered.Clear();
        var accesses = new AccessBatch(_clock);
        // The same order on every node, so that two nodes wait for each other in one direction only.
        FillHeads(group);
        FillBalances(group);
        FillActs(group);
        FillPositions(group);
        FillClaims(group);
        FillErasures(group);
        FillRows(group);
        FillMessagesAndAccesses(group, accesses);
        if (accesses.ToLeaf() is { } leaf)
        {
            Use(PlatformTables.Leaf, StatementKind.Insert).Add(OwnRows.Leaf(leaf));
        }
        Use(PlatformTables.WriterMark, StatementKind.Put).Add(_node, mark, _clock.Now().ToMicros());
        foreach (var statement in _ordered)
        {
            batch.BatchCommands.Add(statement.Command);
        }
    }

    private ArrayStatement Use(Table table, StatementKind kind, params string[] unique)
    {
        if (!_statements.TryGetValue((table.Name, kind), out var statement))
        {
            statement = new(table, kind, unique);
            _statements.Add((table.Name, kind), statement);
        }
        if (statement.Count == 0)
        {
            _used.Add(statement);
            _ordered.Add(statement);
        }
        return statement;
    }

    private void FillHeads(List<Prepared> group)
    {
        foreach (var head in group.SelectMany(c => c.Heads).OrderBy(h => h.Table.Name, StringComparer.Ordinal).ThenBy(h => h.Id))
        {
            Use(head.Table, head.Expected == 0 ? StatementKind.InsertNew : StatementKind.Update, "id").Add(head.Values);
        }
    }

    private void FillBalances(List<Prepared> group)
    {
        foreach (var (account, delta) in group.SelectMany(c => c.Change.Balances).GroupBy(b => b.Account).Select(a => (a.Key, a.Sum(b => b.Halalas))).OrderBy(a => a.Key))
        {
            Use(PlatformTables.Balance, delta < 0 ? StatementKind.Debit : StatementKind.Credit).Add(account, delta);
        }
    }

    private void FillActs(List<Prepared> group)
    {
        foreach (var change in group.Where(c => c.Leaf is not null).OrderBy(c => c.Operation))
        {
            Use(PlatformTables.Act, StatementKind.InsertNew, "operation").Add(change.ActRow!);
            Use(PlatformTables.Leaf, StatementKind.Insert).Add(OwnRows.Leaf(change.Leaf!));
        }
    }

    private void FillPositions(List<Prepared> group)
    {
        foreach (var (leaf, position) in group.SelectMany(c => c.Change.Sequenced).OrderBy(s => s.Leaf))
        {
            Use(LeafPosition, StatementKind.Place).Add(leaf, position);
        }
    }

    private void FillClaims(List<Prepared> group)
    {
        foreach (var release in group.SelectMany(c => c.Change.Releases))
        {
            Use(PlatformTables.Claim, StatementKind.Delete).Add(release.Kind, release.Hash);
        }
        foreach (var (claim, act) in group.SelectMany(c => c.Change.Claims.Select(claim => (claim, c.Change.Act)))
            .OrderBy(c => c.claim.Kind, StringComparer.Ordinal).ThenBy(c => c.claim.Hash, BytesInOrder.Instance))
        {
            Use(PlatformTables.Claim, StatementKind.InsertNew, "kind", "hash").Add(OwnRows.Claim(claim, act));
        }
        foreach (var key in group.SelectMany(c => c.Change.Keys).OrderBy(k => k.Person.Value).ThenBy(k => k.Class))
        {
            Use(PlatformTables.DataKey, StatementKind.InsertNew, "person_id", "class").Add(OwnRows.Key(key));
        }
    }

    private void FillErasures(List<Prepared> group)
    {
        foreach (var (erasure, act) in group.SelectMany(c => c.Change.Erasures.Select(e => (e, c.Change.Act!))).OrderBy(e => e.e.Person.Value).ThenBy(e => e.e.Class))
        {
            Use(PlatformTables.Erasure, StatementKind.Erase).Add(OwnRows.Erasure(erasure, act, null));
        }
    }

    private void FillRows(List<Prepared> group)
    {
        foreach (var row in group.SelectMany(c => c.Rows).Where(r => r.Mode == RowMode.Delete).OrderBy(r => r.Table.Name, StringComparer.Ordinal).ThenBy(r => r.Key))
        {
            Use(row.Table, StatementKind.Delete).Add(row.Values);
        }
        Dictionary<(string, UInt128), StoredRow>? puts = null;
        foreach (var change in group)
        {
            foreach (var row in change.Rows)
            {
                if (row.Mode == RowMode.Insert)
                {
                    Use(row.Table, StatementKind.Insert).Add(row.Values);
                }
                else if (row.Mode == RowMode.Put)
                {
                    // Put twice in one group: the last wins.
                    (puts ??= [])[(row.Table.Name, row.Key)] = row;
                }
            }
        }
        if (puts is not null)
        {
            foreach (var row in puts.Values.OrderBy(r => r.Table.Name, StringComparer.Ordinal).ThenBy(r => r.Key))
            {
                Use(row.Table, StatementKind.Put).Add(row.Values);
            }
        }
    }

    private void FillMessagesAndAccesses(List<Prepared> group, AccessBatch batch)
    {
        foreach (var prepared in group)
        {
            var change = prepared.Change;
            foreach (var message in change.Messages)
            {
                Use(PlatformTables.Outbox, StatementKind.Insert).Add(OwnRows.Outbox(message, change.Act!));
                Use(PlatformTables.Delivery, StatementKind.Insert).Add(OwnRows.Delivery(message, change.Act!));
            }
            foreach (var access in change.Accesses)
            {
                Use(PlatformTables.AccessEntry, StatementKind.InsertNew, "id").Add(OwnRows.Access(access, change.Act?.Id.Value ?? batch.Id));
                foreach (var subject in access.Subjects.Distinct())
                {
                    Use(PlatformTables.AccessSubject, StatementKind.Insert).Add(OwnRows.Subject(access, subject));
                }
            }
            batch.Add(prepared);
        }
    }

    /// <summary>Whether an error means that the database cannot be worked with now, rather than that a change is wrong.</summary>
    internal static bool IsAway(Exception error) => error switch
    {
        PostgresException known => known.SqlState[..2] is "08" or "53" or "57" or "58" or "XX" || known.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction,
        NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException or ObjectDisposedException => true,
        InvalidOperationException invalid => invalid.Source == "Npgsql",
        LostAnswerException => true,
        _ => false,
    };

    /// <summary>Errors that a living server sent instead of committing. All else is in doubt.</summary>
    private static bool IsSurelyRolledBack(Exception error) =>
        error is PostgresException known && (known.SqlState.StartsWith("53", StringComparison.Ordinal) || known.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction);

    private sealed class BytesInOrder : IComparer<byte[]>
    {
        public static readonly BytesInOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }

    [LoggerMessage(1, LogLevel.Warning, "A group broke a rule of the database that no check foresaw ({State} {Constraint}). The change at fault fails alone; this is a bug.")]
    private static partial void Surprise(ILogger logger, string state, string? constraint);
}

/// <summary>Thrown by tests in place of the answer to a commit.</summary>
internal sealed class LostAnswerException() : Exception("The answer was lost.");
