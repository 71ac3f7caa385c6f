using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Muqeem.Kernel;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Platform.Database;

public class DbOnSqliteTests : DbTests
{
    protected override DatabaseKind Kind => DatabaseKind.Sqlite;

    [Fact]
    public async Task A_second_process_is_refused_with_a_sentence()
    {
        var options = await TestDatabase.EmptyAsync(Kind);
        using (var first = Db.Open(options))
        {
            Assert.Contains("in use by another Muqeem process", Assert.Throws<DatabaseRefusedException>(() => Db.Open(options)).Message);
        }
        using (var after = Db.Open(options))
        {
            Assert.Equal(DatabaseKind.Sqlite, after.Dialect.Kind);
        }
        Directory.Delete(options.Data, recursive: true);
    }

    [Fact]
    public async Task The_database_is_durable_at_each_commit()
    {
        await using var database = await TestDatabase.CreateAsync(Kind);
        await using var connection = database.Db.OpenSqlite(readOnly: false);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT (SELECT journal_mode FROM pragma_journal_mode) || (SELECT synchronous FROM pragma_synchronous) || (SELECT foreign_keys FROM pragma_foreign_keys)";
        Assert.Equal("wal21", await command.ExecuteScalarAsync());
    }
}

public class DbOnPostgreSqlTests : DbTests
{
    protected override DatabaseKind Kind => DatabaseKind.PostgreSql;

    [Fact]
    public void A_connection_string_that_is_none_is_refused_without_quoting_it() =>
        Assert.DoesNotContain("hunter2", Assert.Throws<DatabaseRefusedException>(() => Db.Open(new DatabaseOptions { PostgreSql = "Host=x;hunter2" })).Message);

    [Fact]
    public async Task The_writer_waits_for_the_disk_even_where_the_server_does_not()
    {
        await using var database = await TestDatabase.CreateAsync(Kind, change: options => options with { PostgreSql = options.PostgreSql + ";Options=-c synchronous_commit=off" });
        Assert.Equal("off", await database.Db.FirstAsync<string>("SELECT current_setting('synchronous_commit')"));
        var change = new Change(null);
        change.Rows.Add(PlatformTables.Job.Delete(Guid.Empty));
        await database.Writer.WriteAsync(change);
        var session = ((PostgresStore)database.Writer.Store).Session!;
        await using var command = new Npgsql.NpgsqlCommand("SHOW synchronous_commit", session.Connection);
        Assert.Equal("on", await command.ExecuteScalarAsync());
    }
}

/// <summary>One SQL text means the same in both databases.</summary>
public abstract class DbTests : IAsyncLifetime
{
    private readonly TestClock _clock = new();
    private TestDatabase _database = null!;

    protected abstract DatabaseKind Kind { get; }

    private Db Db => _database.Db;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync(Kind, _clock);

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private async Task<List<Guid>> AddLeasesAsync(params string[] names)
    {
        var ids = new List<Guid>();
        foreach (var name in names)
        {
            var change = new Change(null);
            ids.Add(Guid.CreateVersion7(_clock.GetUtcNow()));
            change.Heads.Add(PlatformTables.Lease.Head(ids[^1], 0, name, "node", _clock.Now()));
            Assert.IsType<WriteOutcome.Done>(await _database.Writer.WriteAsync(change));
        }
        return ids;
    }

    private enum Size
    {
        Small = 1,
    }

    private sealed record Lease(Guid Id, long Version, string Name, Instant UntilAt);

    private sealed record Mixed(int Number, long Wide, bool Flag, Size Size, PersonId Person, LocalDate Day, Instant At, Money Amount, string? Absent, long? None, LocalDate? NoDay);

    private sealed class WithSetters
    {
        public string Name { get; set; } = "";
        public int Version { get; set; }
    }

    [Fact]
    public async Task Lists_are_written_once_for_both_databases()
    {
        var ids = await AddLeasesAsync("one", "two", "three");

        Assert.Equal(2, (await Db.QueryAsync<Lease>("SELECT id, version, name, until_at FROM lease WHERE id = ANY(@wanted)", new { wanted = ids.Take(2) })).Count);
        Assert.Equal(2, (await Db.QueryAsync<Lease>("SELECT id, version, name, until_at FROM lease WHERE id IN @wanted", new { wanted = ids.Take(2).ToArray() })).Count);
        Assert.Equal("three", await Db.FirstAsync<string>("SELECT name FROM lease WHERE name = ANY(@names)", new { names = new[] { "three", "four'\"" } }));
        Assert.Equal(3, (await Db.QueryAsync<string>("SELECT name FROM lease WHERE version = ANY(@versions)", new { versions = new HashSet<long> { 1, 9 } })).Count);
        Assert.Empty(await Db.QueryAsync<string>("SELECT name FROM lease WHERE id = ANY(@none)", new { none = Array.Empty<PersonId>() }));
        Assert.Equal(3, (await Db.QueryAsync<string>("SELECT name FROM lease WHERE NOT (id = ANY(@none))", new { none = new List<Guid>() })).Count);
    }

    [Fact]
    public async Task Lists_of_bytes_find_claims()
    {
        var change = new Change(new Act(ActId.New(TimeProvider.System), "test.claim", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("claim"), TimeProvider.System.Now()));
        change.Claims.Add(new("a", [1, 0, 255]));
        change.Claims.Add(new("b", [2]));
        await _database.Writer.WriteAsync(change);

        Assert.Equal("a", await Db.FirstAsync<string>("SELECT kind FROM claim WHERE hash = ANY(@hashes)", new { hashes = new byte[][] { [1, 0, 255], [7] } }));
    }

    [Fact]
    public async Task Every_type_of_the_domain_comes_back_as_it_went_even_next_to_nothing()
    {
        var (person, day, at) = (PersonId.New(_clock), new LocalDate(1999, 12, 31), Instant.FromUtc(2026, 3, 15, 9, 0, 0).PlusNanoseconds(123456000));
        await AddLeasesAsync("one");
        var row = await Db.FirstAsync<Mixed>("""
            SELECT version + 1 AS number, version AS wide, 1 AS flag, version AS size, @person AS person, @day AS day, @at AS at, @amount AS amount,
                   @absent AS absent, @none AS none, @noDay AS no_day FROM lease
            """, new { person, day, at, amount = new Money(12345), absent = (string?)null, none = (long?)null, noDay = (LocalDate?)null });

        Assert.Equal(new Mixed(2, 1, true, Size.Small, person, day, at, new Money(12345), null, null, null), row);
    }

    [Fact]
    public async Task Null_in_the_first_row_does_not_spoil_the_second()
    {
        await AddLeasesAsync("one", "two");
        var rows = await Db.QueryAsync<(string, long?)>("SELECT name, CASE WHEN name = 'two' THEN version END FROM lease ORDER BY name");
        Assert.Equal([("one", null), ("two", 1L)], rows);
    }

    [Fact]
    public async Task Absent_is_default_and_optional_is_null()
    {
        Assert.Null(await Db.FirstAsync<Lease>("SELECT id, version, name, until_at FROM lease"));
        Assert.Null(await Db.FirstAsync<long?>("SELECT max(version) FROM lease"));
        Assert.Null(await Db.FirstAsync<Guid?>("SELECT id FROM lease"));
        Assert.False(await Db.ExistsAsync("SELECT 1 FROM lease WHERE name = @name", new { name = "x" }));
        await AddLeasesAsync("x");
        Assert.True(await Db.ExistsAsync("SELECT 1 FROM lease WHERE name = @name", new { name = "x" }));
        Assert.Equal(1, (await Db.SingleAsync<WithSetters>("SELECT version, name FROM lease")).Version);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Db.QueryAsync<Lease>("SELECT name, id FROM lease"));
    }

    [Fact]
    public async Task A_snapshot_sees_one_state_while_others_write()
    {
        await AddLeasesAsync("one");
        var (before, after) = await Db.SnapshotAsync(async snapshot =>
        {
            var first = await snapshot.FirstAsync<long>("SELECT count(*) FROM lease");
            await AddLeasesAsync("two");
            return (first, await snapshot.FirstAsync<long>("SELECT count(*) FROM lease"));
        });
        Assert.Equal((1, 1), (before, after));
        Assert.Equal(2, await Db.FirstAsync<int>("SELECT count(*) FROM lease"));
    }

    [Fact]
    public async Task Rows_can_be_read_one_after_the_other()
    {
        await AddLeasesAsync("one", "two", "three");
        var names = new List<string>();
        await foreach (var lease in Db.StreamAsync<Lease>("SELECT id, version, name, until_at FROM lease WHERE version = @version ORDER BY name", new { version = 1 }))
        {
            names.Add(lease.Name);
        }
        Assert.Equal(["one", "three", "two"], names);
    }

    [Fact]
    public async Task Readers_cannot_write()
    {
        if (Kind == DatabaseKind.Sqlite)
        {
            await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => Db.QueryAsync<int>("DELETE FROM lease RETURNING 1"));
        }
        else
        {
            Assert.Contains("read-only", (await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => Db.QueryAsync<int>("DELETE FROM lease RETURNING 1"))).Message);
        }
    }

    [Fact]
    public async Task A_host_migrates_writes_and_drains_by_itself()
    {
        var options = await TestDatabase.EmptyAsync(Kind);
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_clock).AddDatabase(options);
        await using (var provider = services.BuildServiceProvider())
        {
            var hosted = Assert.Single(provider.GetServices<IHostedService>());
            await hosted.StartAsync(CancellationToken.None);
            Assert.Equal(1, await provider.GetRequiredService<Serials>().NextAsync("number"));
            var last = new Change(null);
            last.Heads.Add(PlatformTables.Lease.Head(Guid.Empty, 0, "last", "node", _clock.Now()));
            var write = provider.GetRequiredService<IWriter>().WriteAsync(last);
            await hosted.StopAsync(CancellationToken.None);

            Assert.IsType<WriteOutcome.Done>(await write);
            Assert.Equal(257, await provider.GetRequiredService<Db>().FirstAsync<long>("SELECT next_value FROM serial"));
            Assert.Equal("last", await provider.GetRequiredService<Db>().FirstAsync<string>("SELECT name FROM lease"));
            Assert.IsType<WriteOutcome.Busy>(await provider.GetRequiredService<IWriter>().WriteAsync(new Change(null)));
        }
        if (Kind == DatabaseKind.Sqlite)
        {
            Directory.Delete(options.Data, recursive: true);
        }
    }

    [Fact]
    public async Task Migrations_run_once_also_when_many_start_together()
    {
        var options = await TestDatabase.EmptyAsync(Kind);
        using var db = Db.Open(options);
        var runs = await Task.WhenAll(Enumerable.Range(0, Kind == DatabaseKind.Sqlite ? 1 : 4).Select(_ => Task.Run(() => db.MigrateAsync(_clock))));

        Assert.Contains(1, Assert.Single(runs, r => r.Count > 0));
        Assert.Empty(await db.MigrateAsync(_clock));
        Assert.Equal(_clock.Now(), await db.FirstAsync<Instant>("SELECT applied_at FROM schema_version WHERE number = 1"));
        if (Kind == DatabaseKind.Sqlite)
        {
            db.Dispose();
            Directory.Delete(options.Data, recursive: true);
        }
    }

    [Fact]
    public async Task A_newer_schema_is_refused_unless_it_lets_the_older_release_run()
    {
        await _database.ExecuteAsync("INSERT INTO schema_version (number, name, checksum, older_may_run, applied_at) VALUES (9001, 'future', 'x', 1, 0)");
        Assert.Empty(await Db.MigrateAsync(_clock));
        await _database.ExecuteAsync("INSERT INTO schema_version (number, name, checksum, older_may_run, applied_at) VALUES (9002, 'beyond', 'x', 0, 0)");
        Assert.Contains("9002_beyond", (await Assert.ThrowsAsync<DatabaseRefusedException>(() => Db.MigrateAsync(_clock))).Message);
    }

    [Fact]
    public async Task A_migration_changed_after_it_was_applied_is_refused()
    {
        await _database.ExecuteAsync("UPDATE schema_version SET checksum = 'other' WHERE number = 1");
        Assert.Contains("0001_platform", (await Assert.ThrowsAsync<DatabaseRefusedException>(() => Db.MigrateAsync(_clock))).Message);
    }
}
