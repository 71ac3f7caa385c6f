using Muqeem.Kernel;
using Muqeem.Platform.Database;
using NodaTime;
using Npgsql;

namespace Muqeem.Platform.Writing;

/// <summary>The writer's session: never from a pool, known by the backend's process id and start, so that it can be made sure that it is gone.</summary>
internal sealed class PostgresSession
{
    // "MQEM", and what it is for.
    private const string Writers = "1297171789, 1";
    private static readonly Duration MarksKept = Duration.FromDays(30);

    private PostgresSession(NpgsqlConnection connection, int backend, long backendStart, int timeout)
    {
        Connection = connection;
        Backend = backend;
        BackendStart = backendStart;
        Timeout = timeout;
    }

    public NpgsqlConnection Connection { get; }
    public int Backend { get; }
    private long BackendStart { get; }

    /// <summary>Seconds until a batch that got no answer counts as lost. Callers have left long before.</summary>
    private int Timeout { get; }

    /// <summary>Whether this session holds the lock of those who write alone.</summary>
    private bool _alone;

    /// <summary>A new session; the old one is gone when this returns.</summary>
    public static async Task<PostgresSession> OpenAsync(Db db, TimeProvider clock, PostgresSession? old, CancellationToken cancel)
    {
        if (old is not null)
        {
            await old.CloseAsync();
        }
        var connection = await db.OpenPostgresAloneAsync(cancel);
        try
        {
            if (old is not null)
            {
                await MakeSureGoneAsync(connection, old, cancel);
            }
            await SetUpAsync(connection, db.Options.GiveUpAfter, cancel);
            await EnterAsync(connection, cancel);
            await using var who = new NpgsqlCommand(
                "SELECT pid, (extract(epoch FROM backend_start) * 1000000)::bigint FROM pg_stat_activity WHERE pid = pg_backend_pid()", connection);
            int backend;
            long start;
            await using (var reader = await who.ExecuteReaderAsync(cancel))
            {
                await reader.ReadAsync(cancel);
                (backend, start) = (reader.GetInt32(0), reader.GetInt64(1));
            }
            await using var tidy = new NpgsqlCommand("DELETE FROM writer_mark WHERE at < $1", connection);
            tidy.Parameters.Add(new NpgsqlParameter<long> { TypedValue = (clock.Now() - MarksKept).ToMicros() });
            await tidy.ExecuteNonQueryAsync(cancel);
            return new(connection, backend, start, (int)Math.Ceiling(2 * db.Options.GiveUpAfter.TotalSeconds));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Whether no other session may write, until the next time it is asked. Every session that writes holds the advisory lock <see cref="Writers"/> in shared
    /// mode; one that can have it alone knows that there is no other. Another that comes waits for it, and is let in here.
    /// </summary>
    public async Task<bool> IsAloneAsync(Recollection recollection, CancellationToken cancel)
    {
        if (!_alone)
        {
            recollection.NotAlone();
            _alone = await BoolAsync($"SELECT pg_try_advisory_lock({Writers})", cancel);
            return _alone;
        }
        if (!await BoolAsync($"SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND (classid, objid, objsubid) = ({Writers}, 2) AND NOT granted)", cancel))
        {
            return true;
        }
        // First nothing that is kept is used any more, then the other may write.
        recollection.NotAlone();
        await BoolAsync($"SELECT pg_advisory_unlock({Writers})", cancel);
        _alone = false;
        return false;
    }

    private async Task<bool> BoolAsync(string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, Connection) { CommandTimeout = 2 };
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>Waits until whoever writes alone has noticed and lets others in: half a second.</summary>
    private static async Task EnterAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        try
        {
            await using var command = new NpgsqlCommand($"SELECT pg_advisory_lock_shared({Writers})", connection);
            await command.ExecuteNonQueryAsync(cancel);
        }
        catch (PostgresException late) when (late.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new TimeoutException("The node that writes alone does not let this one in.", late);
        }
    }

    public NpgsqlBatch NewBatch() => new(Connection) { Timeout = Timeout };

    /// <summary>The mark of the last group that a node committed.</summary>
    public async Task<Guid?> MarkAsync(Guid node, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("SELECT mark FROM writer_mark WHERE node = $1", Connection);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = node });
        return (Guid?)await command.ExecuteScalarAsync(cancel);
    }

    public async Task CloseAsync()
    {
        try
        {
            await Connection.DisposeAsync();
        }
        catch (Exception broken) when (PostgresStore.IsAway(broken))
        {
            // It was broken already; that it is gone is checked from the next session.
        }
    }

    // Asking whether a commit happened means nothing while the session that may still commit it is alive.
    private static async Task MakeSureGoneAsync(NpgsqlConnection connection, PostgresSession old, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND (extract(epoch FROM backend_start) * 1000000)::bigint = $2", connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = old.Backend });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = old.BackendStart });
        while (await command.ExecuteScalarAsync(cancel) is not null)
        {
            await Task.Delay(10, cancel);
        }
    }

    private static async Task SetUpAsync(NpgsqlConnection connection, TimeSpan patience, CancellationToken cancel)
    {
        // Statements are prepared when tables may be empty; only nested loops over the arrays are ever right here, and they also lock in the arrays' order.
        await using var command = new NpgsqlCommand($"""
            SET plan_cache_mode = force_generic_plan;
            SET enable_seqscan = off;
            SET enable_hashjoin = off;
            SET enable_mergejoin = off;
            SET jit = off;
            SET statement_timeout = 0;
            SET idle_session_timeout = 0;
            SET lock_timeout = {(int)patience.TotalMilliseconds};
            SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local');
            """, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
