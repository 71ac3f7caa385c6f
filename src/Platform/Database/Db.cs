using System.Collections.Concurrent;
using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Muqeem.Platform.Database;

/// <summary>
/// The database, for reading. SQL is the same text for both databases (see <see cref="Dialect"/>); parameters are the properties of an object, written
/// <c>@name</c>; columns meet the constructor parameters of a record by name and order. There is no way to write here: see <see cref="Writing.IWriter"/>.
/// </summary>
public sealed class Db : IAsyncDisposable, IDisposable
{
    private const int KeptConnections = 32;

    private readonly FolderLock? _lock;
    private readonly NpgsqlDataSource? _postgres;
    private readonly ConcurrentBag<SqliteConnection> _sqlite = [];
    private int _disposed;

    private Db(DatabaseOptions options, Dialect dialect, FolderLock? folder, NpgsqlDataSource? postgres)
    {
        Options = options;
        Dialect = dialect;
        _lock = folder;
        _postgres = postgres;
    }

    public DatabaseOptions Options { get; }

    public Dialect Dialect { get; }

    /// <summary>What was read lately and holds still.</summary>
    public Recollection Recollection { get; } = new();

    internal string MainFile => Path.Combine(Options.Data, "muqeem.db");

    internal string KeysFile => Path.Combine(Options.Data, "keys.db");

    /// <summary>Opens the database that the options name; with SQLite it takes the data folder for this process alone.</summary>
    /// <exception cref="DatabaseRefusedException">Another process has the folder, or the connection string is not one.</exception>
    public static Db Open(DatabaseOptions options)
    {
        RowReading.Prepare();
        if (options.PostgreSql is null)
        {
            return new(options, Dialect.Sqlite, FolderLock.Take(options.Data), null);
        }
        var settings = Settings(options);
        // Readers cannot write by mistake: only the writer's own session can.
        // A statement that was prepared while its table was small would go on reading all of it until somebody counts the rows anew: what has an index uses it.
        // (Whatever must be read whole then has an absurd cost, for which the server would compile it and start workers first, at a second of CPU: hence neither.)
        settings.Options = $"{settings.Options} -c default_transaction_read_only=on -c enable_seqscan=off -c random_page_cost=1.1 -c jit=off -c max_parallel_workers_per_gather=0".Trim();
        // Nothing here sets anything in a session: the driver's seven statements that would undo it cost the server more than most reads.
        settings.NoResetOnClose = true;
        return new(options, Dialect.PostgreSql, null, new NpgsqlDataSourceBuilder(settings.ConnectionString).Build());
    }

    /// <summary>All rows. An empty list when there are none.</summary>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? args = null, CancellationToken cancel = default)
    {
        await using var reading = await BorrowAsync(cancel);
        return (await reading.Connection.QueryAsync<T>(Command(sql, args, null, cancel))).AsList();
    }

    /// <summary>The first row, or default when there is none. For a value type that may be absent ask for <c>T?</c>.</summary>
    public async Task<T?> FirstAsync<T>(string sql, object? args = null, CancellationToken cancel = default)
    {
        await using var reading = await BorrowAsync(cancel);
        return await reading.Connection.QueryFirstOrDefaultAsync<T>(Command(sql, args, null, cancel));
    }

    /// <summary>The rows of a subject, kept in memory until one of the table that names it is written; see <see cref="Recollection"/>. The statement and what it reads are constant for a subject.</summary>
    public ValueTask<IReadOnlyList<T>> QueryOfAsync<T>(Table table, Guid subject, string sql, object args, CancellationToken cancel = default) =>
        Recollection.OfAsync(table, subject, sql, () => QueryAsync<T>(sql, args, cancel));

    /// <summary>The first row of a subject, kept like those of <see cref="QueryOfAsync"/>; also that there is none.</summary>
    public ValueTask<T?> FirstOfAsync<T>(Table table, Guid subject, string sql, object args, CancellationToken cancel = default) =>
        Recollection.OfAsync(table, subject, sql, () => FirstAsync<T>(sql, args, cancel));

    /// <summary>The only row; an exception when there is none or a second.</summary>
    public async Task<T> SingleAsync<T>(string sql, object? args = null, CancellationToken cancel = default)
    {
        await using var reading = await BorrowAsync(cancel);
        return await reading.Connection.QuerySingleAsync<T>(Command(sql, args, null, cancel));
    }

    /// <summary>Whether the query has a row.</summary>
    public async Task<bool> ExistsAsync(string sql, object? args = null, CancellationToken cancel = default) =>
        await FirstAsync<int>($"SELECT 1 FROM ({sql} LIMIT 1) AS found", args, cancel) == 1;

    /// <summary>Rows one after the other, for more than fits in memory. The connection is held until the end.</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(string sql, object? args = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel = default)
    {
        await using var reading = await BorrowAsync(cancel);
        await using var command = reading.Connection.CreateCommand();
        command.CommandText = Dialect.Translate(sql, args);
        new Dialect.Arguments(args).AddTo(command);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var parse = reader.GetRowParser<T>();
        while (await reader.ReadAsync(cancel))
        {
            yield return parse(reader);
        }
    }

    /// <summary>Several queries that see one and the same state.</summary>
    public async Task<T> SnapshotAsync<T>(Func<Snapshot, Task<T>> read, CancellationToken cancel = default)
    {
        await using var reading = await BorrowAsync(cancel);
        // SQLite in WAL mode: a deferred transaction sees one state from its first read.
        await using var transaction = reading.Connection is SqliteConnection sqlite
            ? sqlite.BeginTransaction(deferred: true)
            : await reading.Connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        var result = await read(new Snapshot(this, reading.Connection, transaction));
        await transaction.RollbackAsync(cancel);
        return result;
    }

    /// <summary>One state of the database, see <see cref="SnapshotAsync"/>.</summary>
    public sealed class Snapshot
    {
        private readonly Db _db;
        private readonly DbConnection _connection;
        private readonly DbTransaction _transaction;

        private static int _cursors;

        internal Dialect Dialect => _db.Dialect;

        internal Snapshot(Db db, DbConnection connection, DbTransaction transaction)
        {
            _db = db;
            _connection = connection;
            _transaction = transaction;
        }

        public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? args = null, CancellationToken cancel = default) =>
            (await _connection.QueryAsync<T>(_db.Command(sql, args, _transaction, cancel))).AsList();

        public Task<T?> FirstAsync<T>(string sql, object? args = null, CancellationToken cancel = default) =>
            _connection.QueryFirstOrDefaultAsync<T>(_db.Command(sql, args, _transaction, cancel));

        /// <summary>
        /// Rows in their neutral form, some thousand at a time, for more than fits in memory; other queries may come in between. A value that its column cannot hold
        /// is <see cref="Storage.Unreadable"/>.
        /// </summary>
        internal async IAsyncEnumerable<IReadOnlyList<object?[]>> ChunksAsync(string sql, IReadOnlyList<ColumnType> types, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel = default)
        {
            const int Most = 2000;
            await using var command = _connection.CreateCommand();
            command.Transaction = _transaction;
            command.CommandTimeout = 0;
            if (_connection is SqliteConnection)
            {
                command.CommandText = sql;
                await using var rows = await command.ExecuteReaderAsync(cancel);
                while (await ReadAsync(rows, types, Most, cancel) is { Count: > 0 } chunk)
                {
                    yield return chunk;
                }
                yield break;
            }
            // The driver has one reader at a time; a cursor lets others in between. Each has a name of its own: the driver prepares what it sees often, and takes a text
            // that it knows to give the same columns again.
            var cursor = $"chunks_{Interlocked.Increment(ref _cursors)}";
            command.CommandText = $"DECLARE {cursor} NO SCROLL CURSOR FOR {sql}";
            await command.ExecuteNonQueryAsync(cancel);
            command.CommandText = $"FETCH FORWARD {Most} FROM {cursor}";
            while (true)
            {
                IReadOnlyList<object?[]> chunk;
                await using (var rows = await command.ExecuteReaderAsync(cancel))
                {
                    chunk = await ReadAsync(rows, types, Most, cancel);
                }
                if (chunk.Count == 0)
                {
                    break;
                }
                yield return chunk;
            }
            command.CommandText = $"CLOSE {cursor}";
            await command.ExecuteNonQueryAsync(cancel);
        }

        private static async Task<IReadOnlyList<object?[]>> ReadAsync(DbDataReader rows, IReadOnlyList<ColumnType> types, int most, CancellationToken cancel)
        {
            var chunk = new List<object?[]>();
            while (chunk.Count < most && await rows.ReadAsync(cancel))
            {
                var values = new object?[types.Count];
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = await rows.IsDBNullAsync(i, cancel) ? null : Storage.ReadNeutral(types[i], rows.GetValue(i));
                }
                chunk.Add(values);
            }
            return chunk;
        }
    }

    private CommandDefinition Command(string sql, object? args, DbTransaction? transaction, CancellationToken cancel) =>
        new(Dialect.Translate(sql, args), new Dialect.Arguments(args), transaction, cancellationToken: cancel);

    private async ValueTask<Borrowed> BorrowAsync(CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (_postgres is not null)
        {
            return new(this, await _postgres.OpenConnectionAsync(cancel));
        }
        return new(this, _sqlite.TryTake(out var kept) ? kept : OpenSqlite(readOnly: true));
    }

    private readonly struct Borrowed(Db db, DbConnection connection) : IAsyncDisposable
    {
        public DbConnection Connection => connection;

        public ValueTask DisposeAsync()
        {
            if (connection is SqliteConnection sqlite && db._disposed == 0 && db._sqlite.Count < KeptConnections)
            {
                db._sqlite.Add(sqlite);
                return ValueTask.CompletedTask;
            }
            return connection.DisposeAsync();
        }
    }

    /// <summary>
    /// A connection of our own keeping: the provider's pool would forget what is attached and set. Readers have the keys' file attached as <c>keys</c>,
    /// so that <c>keys.data_key</c> is the same name in both databases.
    /// </summary>
    internal SqliteConnection OpenSqlite(bool readOnly)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = MainFile,
            Mode = readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = 10,
        }.ConnectionString);
        try
        {
            connection.Open();
            connection.Execute("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON;");
            if (readOnly)
            {
                // Attached as the main file was opened: for reading only.
                connection.Execute("ATTACH DATABASE @file AS keys", new { file = Path.GetFullPath(KeysFile) });
            }
            else
            {
                connection.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
            }
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The file of the data keys, for the writer alone.</summary>
    internal SqliteConnection OpenSqliteKeys()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = KeysFile, Pooling = false, DefaultTimeout = 10 }.ConnectionString);
        try
        {
            connection.Open();
            connection.Execute("PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A connection that never comes from a pool nor returns to one: after a fault on our side a pool would keep the session, its locks and its open
    /// transaction, and the writer would wait for itself.
    /// </summary>
    internal async Task<NpgsqlConnection> OpenPostgresAloneAsync(CancellationToken cancel)
    {
        var settings = Settings(Options);
        settings.Pooling = false;
        settings.Timeout = (int)Math.Ceiling(Options.GiveUpAfter.TotalSeconds);
        // A wall between us and the server may forget an idle session: better to notice than to send the next group into the void.
        if (settings.Host is { } host && !host.StartsWith('/'))
        {
            settings.TcpKeepAlive = true;
            settings.TcpKeepAliveTime = 30;
            settings.TcpKeepAliveInterval = 5;
        }
        settings.MaxAutoPrepare = 400;
        settings.AutoPrepareMinUsages = 1;
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancel);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static NpgsqlConnectionStringBuilder Settings(DatabaseOptions options)
    {
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = new(options.PostgreSql);
        }
        catch (ArgumentException)
        {
            // The driver's message may quote the password.
            throw new DatabaseRefusedException("The connection string of PostgreSQL cannot be read. It is a list like: Host=localhost;Username=muqeem;Database=muqeem");
        }
        // The detail of a constraint error quotes the row, which is personal data.
        settings.IncludeErrorDetail = false;
        settings.ApplicationName ??= "muqeem";
        settings.MaxAutoPrepare = settings.MaxAutoPrepare == 0 ? 200 : settings.MaxAutoPrepare;
        settings.AutoPrepareMinUsages = 2;
        return settings;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        while (_sqlite.TryTake(out var connection))
        {
            await connection.DisposeAsync();
        }
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
        _lock?.Dispose();
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}

/// <summary>The database cannot be used as it is; the message is a sentence for whoever runs the system.</summary>
public sealed class DatabaseRefusedException(string message) : Exception(message);
