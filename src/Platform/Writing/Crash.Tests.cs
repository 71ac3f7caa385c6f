using System.Diagnostics;
using System.Globalization;
using Muqeem.Platform.Database;
using Muqeem.Tests;
using Muqeem.Tests.Kills;

namespace Muqeem.Platform.Writing;

/// <summary>
/// Processes killed under load: what was acknowledged is stored, whole, and nothing is there twice. A few kills here; <c>MUQEEM_KILLS</c> makes it a long run and
/// <c>MUQEEM_SEED</c> repeats one.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private enum Victim
    {
        Application,
        Server,
        Both,
    }

    [Fact]
    public async Task Whatever_SQLite_acknowledged_before_a_kill_is_there_afterwards_once()
    {
        var options = await TestDatabase.EmptyAsync(DatabaseKind.Sqlite);
        try
        {
            await RunAsync(options, server: null, early: false, Kills());
        }
        finally
        {
            Directory.Delete(options.Data, recursive: true);
        }
    }

    [Fact]
    public async Task Whatever_PostgreSQL_acknowledged_before_a_kill_is_there_afterwards_once()
    {
        await using var server = await PostgresServer.StartAsync(durable: true);
        var options = new DatabaseOptions { PostgreSql = server.ConnectionString(await server.CreateDatabaseAsync()) };
        await RunAsync(options, server, early: false, Kills());
    }

    [Fact]
    public async Task A_writer_that_acknowledges_before_the_commit_is_found_out()
    {
        var options = await TestDatabase.EmptyAsync(DatabaseKind.Sqlite);
        try
        {
            var caught = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => RunAsync(options, server: null, early: true, kills: 20));
            Assert.Contains("acknowledged but not stored", caught.Message);
        }
        finally
        {
            Directory.Delete(options.Data, recursive: true);
        }
    }

    private static int Kills() => Environment.GetEnvironmentVariable("MUQEEM_KILLS") is { } text ? int.Parse(text) : 3;

    private async Task RunAsync(DatabaseOptions options, PostgresServer? server, bool early, int kills)
    {
        var seed = Dice.Seed();
        output.WriteLine($"MUQEEM_SEED={seed}, {kills} kills");
        var dice = new Dice(seed);
        await PrepareAsync(options);
        var acknowledged = new long[CrashChild.Workers];
        for (var kill = 1; kill <= kills; kill++)
        {
            await OneKillAsync(options, server, early, seed, acknowledged, dice.Roll);
            await CheckAsync(options, seed, acknowledged, $"seed {seed}, kill {kill}");
        }
        output.WriteLine($"{acknowledged.Sum()} acknowledged");
    }

    private static async Task PrepareAsync(DatabaseOptions options)
    {
        using var db = Db.Open(options);
        await db.MigrateAsync(TimeProvider.System);
        var (uuid, big) = options.PostgreSql is null ? ("text", "integer") : ("uuid", "bigint");
        var tables = $"""
            CREATE TABLE crash_thing (id {uuid} PRIMARY KEY, version {big} NOT NULL, last {big} NOT NULL);
            CREATE TABLE crash_part (id {uuid} PRIMARY KEY, act_id {uuid} NOT NULL);
            """;
        if (options.PostgreSql is { } settings)
        {
            await using var connection = new Npgsql.NpgsqlConnection(settings + ";Pooling=false");
            await connection.OpenAsync();
            await using var command = new Npgsql.NpgsqlCommand(tables, connection);
            await command.ExecuteNonQueryAsync();
        }
        else
        {
            await using var connection = db.OpenSqlite(readOnly: false);
            await using var command = connection.CreateCommand();
            command.CommandText = tables;
            await command.ExecuteNonQueryAsync();
        }
    }

    private static async Task OneKillAsync(DatabaseOptions options, PostgresServer? server, bool early, long seed, long[] acknowledged, Func<int, int> roll)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Muqeem.Tests"),
            ["crash-child", options.PostgreSql ?? options.Data, seed.ToString(CultureInfo.InvariantCulture), early ? "early" : "honest", .. acknowledged.Select(n => n.ToString(CultureInfo.InvariantCulture))])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync();
        // The moment of the kill is counted in acknowledgements and in a little time after the last of them.
        var until = 20 + roll(200);
        var victim = server is null ? Victim.Application : (Victim)roll(3);
        if (victim != Victim.Application)
        {
            await ReadAsync(child, acknowledged, until);
            await server!.KillAsync();
            if (victim == Victim.Both)
            {
                child.Kill();
            }
            await server.StartAsync();
            until = 20 + roll(200);
        }
        if (victim != Victim.Both)
        {
            await ReadAsync(child, acknowledged, until);
            var pause = Stopwatch.StartNew();
            var micros = roll(20_000);
            while (pause.Elapsed.TotalMicroseconds < micros)
            {
                Thread.SpinWait(50);
            }
            child.Kill();
        }
        await ReadAsync(child, acknowledged, int.MaxValue);
        await child.WaitForExitAsync();
        Assert.True(child.ExitCode == 137, await errors);
    }

    /// <summary>Reads acknowledgements, so many or until the child is dead.</summary>
    private static async Task ReadAsync(Process child, long[] acknowledged, int most)
    {
        for (var i = 0; i < most && await child.StandardOutput.ReadLineAsync() is { } line; i++)
        {
            var parts = line.Split(' ');
            var worker = int.Parse(parts[0]);
            Assert.Equal(acknowledged[worker], long.Parse(parts[1]));
            acknowledged[worker]++;
        }
    }

    private sealed record Stored(long Acts, long Operations, long Leaves, long Parts, long Messages, long Deliveries, long Claims, long Balance, long Versions);

    private static async Task CheckAsync(DatabaseOptions options, long seed, long[] acknowledged, string when)
    {
        using var db = Db.Open(options);
        var stored = await db.SingleAsync<Stored>("""
            SELECT (SELECT count(*) FROM act) AS acts, (SELECT count(DISTINCT operation) FROM act) AS operations, (SELECT count(*) FROM leaf) AS leaves,
                   (SELECT count(*) FROM crash_part p JOIN act a ON a.id = p.act_id) AS parts, (SELECT count(*) FROM outbox) AS messages,
                   (SELECT count(*) FROM delivery) AS deliveries, (SELECT count(*) FROM claim) AS claims,
                   (SELECT CAST(coalesce(sum(halalas), 0) AS bigint) FROM balance) AS balance, (SELECT CAST(coalesce(sum(version), 0) AS bigint) FROM crash_thing) AS versions
            """);
        // Whole and once: everything that an act writes is there as often as there are acts.
        Assert.Equal(new Stored(stored.Acts, stored.Acts, stored.Acts, 2 * stored.Acts, stored.Acts, stored.Acts, stored.Acts, stored.Acts, stored.Acts), stored);
        for (var worker = 0; worker < CrashChild.Workers; worker++)
        {
            var version = await db.FirstAsync<long>("SELECT version FROM crash_thing WHERE id = @id", new { id = CrashChild.Id(seed, "thing", worker) });
            Assert.True(version >= acknowledged[worker], $"{when}: of worker {worker} {acknowledged[worker] - version} acknowledged but not stored");
            // At most the one operation that was on its way.
            Assert.True(version <= acknowledged[worker] + 1, $"{when}: worker {worker} wrote {version} of {acknowledged[worker]}");
        }
    }
}
