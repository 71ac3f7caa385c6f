using Microsoft.Data.Sqlite;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Npgsql;

namespace Muqeem.Tests;

/// <summary>A real, empty, migrated database of its own with its writer: SQLite in a temporary folder, or a database in the tests' PostgreSQL.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly string? _folder;

    private TestDatabase(DatabaseOptions options, TimeProvider clock, string? folder)
    {
        Options = options;
        Clock = clock;
        _folder = folder;
        Db = Db.Open(options);
        Writer = Writer.Start(Db, clock);
        Serials = new Serials(Db, Writer);
    }

    public DatabaseOptions Options { get; }
    public TimeProvider Clock { get; }
    public Db Db { get; private set; }
    public Writer Writer { get; private set; }
    public Serials Serials { get; private set; }

    public static async Task<TestDatabase> CreateAsync(DatabaseKind kind, TimeProvider? clock = null, Func<DatabaseOptions, DatabaseOptions>? change = null)
    {
        clock ??= new TestClock();
        var options = await MigratedAsync(kind);
        var database = new TestDatabase(change?.Invoke(options) ?? options, clock, options.PostgreSql is null ? options.Data : null);
        await database.Db.MigrateAsync(clock);
        return database;
    }

    /// <summary>Where an empty database can be made.</summary>
    public static async Task<DatabaseOptions> EmptyAsync(DatabaseKind kind)
    {
        if (kind == DatabaseKind.Sqlite)
        {
            return new DatabaseOptions { Data = Path.Combine(Path.GetTempPath(), "muqeem-test-" + Path.GetRandomFileName()) };
        }
        var server = await PostgresServer.Shared.GetAsync();
        return new DatabaseOptions { PostgreSql = server.ConnectionString(await server.CreateDatabaseAsync()) };
    }

    /// <summary>Where a database is that has every migration: a copy of one that this process migrated once, because that each of some hundred databases can be migrated shows nothing that the first did not.</summary>
    /// <param name="data">Where to, of SQLite; null: a new folder.</param>
    public static async Task<DatabaseOptions> MigratedAsync(DatabaseKind kind, string? data = null)
    {
        if (kind == DatabaseKind.Sqlite)
        {
            var options = new DatabaseOptions { Data = data ?? Path.Combine(Scratch.Root, "muqeem-test-" + Path.GetRandomFileName()) };
            Directory.CreateDirectory(options.Data);
            foreach (var file in Directory.GetFiles(await SqliteTemplate.Value, "*.db"))
            {
                File.Copy(file, Path.Combine(options.Data, Path.GetFileName(file)));
            }
            return options;
        }
        var server = await PostgresServer.Shared.GetAsync();
        return new DatabaseOptions { PostgreSql = server.ConnectionString(await server.CreateDatabaseAsync(await PostgresTemplate.Value)) };
    }

    /// <summary>Ends what <see cref="EmptyAsync"/> or <see cref="MigratedAsync"/> made in the tests' PostgreSQL, once nobody needs it any more. A file goes with its folder.</summary>
    public static async Task DropAsync(DatabaseOptions options)
    {
        if (options.PostgreSql is { } settings)
        {
            await (await PostgresServer.Shared.GetAsync()).DropDatabaseAsync(new NpgsqlConnectionStringBuilder(settings).Database!);
        }
    }

    private static readonly Lazy<Task<string>> SqliteTemplate = new(async () =>
    {
        var options = await EmptyAsync(DatabaseKind.Sqlite);
        await MigrateAsync(options);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(options.Data, recursive: true);
        return options.Data;
    });

    private static readonly Lazy<Task<string>> PostgresTemplate = new(async () =>
    {
        var server = await PostgresServer.Shared.GetAsync();
        var name = await server.CreateDatabaseAsync();
        // Nobody may be connected to what is copied.
        await MigrateAsync(new DatabaseOptions { PostgreSql = server.ConnectionString(name) + ";Pooling=false" });
        return name;
    });

    private static async Task MigrateAsync(DatabaseOptions options)
    {
        await using var db = Db.Open(options);
        await db.MigrateAsync(TimeProvider.System);
    }

    /// <summary>Ends the writer and opens the same database again, as after a restart.</summary>
    public async Task RestartAsync()
    {
        await Writer.DisposeAsync();
        await Db.DisposeAsync();
        Db = Db.Open(Options);
        Writer = Writer.Start(Db, Clock);
        Serials = new Serials(Db, Writer);
    }

    /// <summary>SQL behind the system's back: to make a test's own tables, or to spoil something.</summary>
    public Task ExecuteAsync(string sql) => ExecuteAsync(Options, sql);

    public static async Task ExecuteAsync(DatabaseOptions options, string sql)
    {
        if (options.PostgreSql is { } settings)
        {
            await using var connection = new NpgsqlConnection(settings);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
        else
        {
            await using var connection = new SqliteConnection($"Data Source={Path.Combine(options.Data, "muqeem.db")};Pooling=false;Default Timeout=10");
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        await Db.DisposeAsync();
        await DropAsync(Options);
        if (_folder is not null && Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
