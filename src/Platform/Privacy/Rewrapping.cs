using System.Security.Cryptography;
using Dapper;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Npgsql;
using NpgsqlTypes;

namespace Muqeem.Platform.Privacy;

/// <summary>
/// Wraps the data keys of persons anew after their key-encryption key was replaced, some hundred at a time, each batch durable for itself: stopped anywhere, it
/// goes on with the rows that are left. A row is changed only if it still is what was read, so an erasure, or another node at the same work, comes first and stays.
/// </summary>
/// <remarks>
/// Past the writer, because nothing of a person changes and the journal names a data key by person and class, not by its bytes. What sealed data is opened with stays the
/// same, so readers notice nothing; the mark by which an erasure knows a key is kept in <c>origin</c>.
/// </remarks>
public sealed class Rewrapping(Db db, KeyStore keys)
{
    /// <summary>How many data keys are wrapped by another key than the active one.</summary>
    public Task<long> WaitingAsync(CancellationToken cancel = default) =>
        db.SingleAsync<long>("SELECT count(*) FROM keys.data_key WHERE wrapped_by <> @by AND length(wrapped) > 0", new { by = keys.ActiveKey(KeyPurpose.DataKeys) }, cancel);

    /// <summary>How many are wrapped by this key; it may be destroyed when there are none, here and in every backup that is still kept.</summary>
    public Task<long> WrappedByAsync(string keyId, CancellationToken cancel = default) =>
        db.SingleAsync<long>("SELECT count(*) FROM keys.data_key WHERE wrapped_by = @by AND length(wrapped) > 0", new { by = keyId }, cancel);

    /// <summary>Wraps all that wait.</summary>
    /// <param name="progress">Called after each durable batch with the number done so far.</param>
    /// <returns>How many were wrapped anew.</returns>
    /// <exception cref="CryptographicException">A data key that no key of the store opens; those before it are done.</exception>
    public async Task<long> RunAsync(Action<long>? progress = null, CancellationToken cancel = default)
    {
        long done = 0;
        // By the table's own order and never back: each row is read once, however many there are.
        Row? last = null;
        while (true)
        {
            var rows = await NextAsync(last, cancel);
            if (rows.Count == 0)
            {
                return done;
            }
            var by = keys.ActiveKey(KeyPurpose.DataKeys);
            var anew = rows.Where(r => r.Wrapped.Length > 0 && r.WrappedBy != by).Select(Anew).ToList();
            if (anew.Count > 0)
            {
                done += db.Dialect.Kind == DatabaseKind.Sqlite ? WriteSqlite(anew) : await WritePostgresAsync(anew, cancel);
                progress?.Invoke(done);
            }
            last = rows[^1];
        }
    }

    private async Task<IReadOnlyList<Row>> NextAsync(Row? after, CancellationToken cancel)
    {
        const string Columns = "SELECT person_id, class, wrapped, wrapped_by FROM keys.data_key ";
        const string Order = " ORDER BY person_id, class LIMIT 500";
        return after is null
            ? await db.QueryAsync<Row>(Columns + Order, null, cancel)
            : await db.QueryAsync<Row>(Columns + "WHERE (person_id, class) > (@person, @class)" + Order, new { person = after.PersonId, @class = after.Class }, cancel);
    }

    private Renewed Anew(Row row)
    {
        var associated = DataKeys.Associated(new PersonId(row.PersonId), Enum.Parse<RetentionClass>(row.Class));
        var secret = keys.Unwrap(KeyPurpose.DataKeys, row.WrappedBy, row.Wrapped, associated);
        try
        {
            var (wrapped, by) = keys.Wrap(KeyPurpose.DataKeys, secret, associated);
            return new Renewed(row, wrapped, by);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>The writer's thread has a connection of its own to the same file and waits the moment that this takes.</summary>
    private long WriteSqlite(List<Renewed> rows)
    {
        using var connection = db.OpenSqliteKeys();
        using var transaction = connection.BeginTransaction(deferred: false);
        long done = 0;
        foreach (var row in rows)
        {
            done += connection.Execute("UPDATE data_key SET wrapped = @wrapped, wrapped_by = @by, origin = COALESCE(origin, @mark) WHERE person_id = @person AND class = @class AND wrapped = @former",
                new { wrapped = row.Wrapped, by = row.By, mark = SHA256.HashData(row.Former.Wrapped), person = row.Former.PersonId.ToString("D"), @class = row.Former.Class, former = row.Former.Wrapped }, transaction);
        }
        transaction.Commit();
        return done;
    }

    private async Task<long> WritePostgresAsync(List<Renewed> rows, CancellationToken cancel)
    {
        await using var connection = await db.OpenPostgresAloneAsync(cancel);
        await using var command = new NpgsqlCommand("""
            UPDATE keys.data_key k SET wrapped = d.wrapped, wrapped_by = d.wrapped_by, origin = COALESCE(k.origin, sha256(d.former))
            FROM unnest($1, $2, $3, $4, $5) AS d(person_id, class, wrapped, wrapped_by, former)
            WHERE k.person_id = d.person_id AND k.class = d.class AND k.wrapped = d.former
            """, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = rows.Select(r => r.Former.PersonId).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
        command.Parameters.Add(new NpgsqlParameter { Value = rows.Select(r => r.Former.Class).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter { Value = rows.Select(r => r.Wrapped).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        command.Parameters.Add(new NpgsqlParameter { Value = rows.Select(r => r.By).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter { Value = rows.Select(r => r.Former.Wrapped).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        return await command.ExecuteNonQueryAsync(cancel);
    }

    private sealed record Row(Guid PersonId, string Class, byte[] Wrapped, string WrappedBy);

    private sealed record Renewed(Row Former, byte[] Wrapped, string By);
}

/// <summary>
/// Goes on with the wrapping in the service itself: after a start while a former key is still there, and when a verb replaced the key. Again two minutes
/// later, because another node may have used the former key until it looked.
/// </summary>
public sealed partial class RewrappingJob(Rewrapping rewrapping, KeyStore keys, ILogger<RewrappingJob> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause);
        var (active, clean) = ("", 0);
        try
        {
            do
            {
                var former = keys.Inventory.Any(k => k is { Purpose: KeyPurpose.DataKeys, State: KeyState.Retired });
                if (keys.ActiveKey(KeyPurpose.DataKeys) is var now && now != active)
                {
                    (active, clean) = (now, 0);
                }
                // Twice nothing left to do after a change of the key: then only the next change is looked for.
                if (former && clean < 2)
                {
                    clean = await OnceAsync(stoppingToken) ? clean + 1 : 0;
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    /// <summary>True when nothing was left.</summary>
    private async Task<bool> OnceAsync(CancellationToken cancel)
    {
        try
        {
            var done = await rewrapping.RunAsync(null, cancel);
            if (done > 0)
            {
                Done(logger, done);
            }
            return done == 0;
        }
        catch (Exception e) when (e is System.Data.Common.DbException or KeyUnavailableException or CryptographicException or InvalidOperationException)
        {
            Failed(logger, e.Message);
            return false;
        }
    }

    [LoggerMessage(72, LogLevel.Information, "{Count} data keys were wrapped by the new key.")]
    private static partial void Done(ILogger logger, long count);

    [LoggerMessage(73, LogLevel.Error, "Data keys could not be wrapped anew, and are tried again: {Why}")]
    private static partial void Failed(ILogger logger, string why);
}
