using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Muqeem.Platform.Database;
using Npgsql;

namespace Muqeem.Bench;

/// <summary>What one slice of pgbench did.</summary>
internal sealed record PgbenchSlice(double PerSecond, double CpuMicros);

/// <summary>A fresh PostgreSQL of our own, durable, reached by its socket; and pgbench on it.</summary>
internal sealed partial class PostgresCluster : IAsyncDisposable
{
    private readonly string _folder;
    private Process? _server;

    private PostgresCluster(string folder) => _folder = folder;

    public int Pid => _server!.Id;

    public static async Task<PostgresCluster> StartAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        var cluster = new PostgresCluster(folder);
        if (Environment.UserName == "root")
        {
            await RunAsync("chown", "postgres:postgres", folder);
        }
        await RunAsync([.. AsPostgres(), PostgresPrograms.Find("initdb"), "-D", Path.Combine(folder, "data"), "-U", "muqeem", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
        string[] command = [.. AsPostgres(), PostgresPrograms.Find("postgres"), "-D", Path.Combine(folder, "data"), "-k", folder,
            "-c", "listen_addresses=", "-c", "max_connections=200", "-c", "log_error_verbosity=terse", "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB", "-c", "fsync=on", "-c", "synchronous_commit=on",
            .. Statements ? ["-c", "shared_preload_libraries=pg_stat_statements", "-c", "pg_stat_statements.track_planning=on"] : Array.Empty<string>()];
        cluster._server = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = "/" })!;
        cluster._server.ErrorDataReceived += (_, _) => { };
        cluster._server.BeginErrorReadLine();
        var patience = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await cluster.ExecuteAsync("postgres", "SELECT 1");
                return cluster;
            }
            catch (NpgsqlException) when (!cluster._server.HasExited && patience.Elapsed < TimeSpan.FromSeconds(60))
            {
                await Task.Delay(50);
            }
        }
    }

    public string ConnectionString(string database) => $"Host={_folder};Username=muqeem;Database={database};Maximum Pool Size=40;Timeout=15";

    public async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 300 };
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Whether PostgreSQL counts what each statement costs, to find what costs most; the run is slower for it.</summary>
    /// <summary>A number that the database says.</summary>
    public async Task<long> CountAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public static bool Statements => Environment.GetEnvironmentVariable("BENCH_STATEMENTS") == "1";

    /// <summary>The statements that cost the database most: milliseconds in all, calls, milliseconds a call.</summary>
    public async Task<IReadOnlyList<string>> CostliestAsync(string database, int most)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("""
            SELECT total_exec_time + total_plan_time, calls, total_plan_time, regexp_replace(left(query, 150), '\s+', ' ', 'g')
            FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database() ORDER BY 1 DESC LIMIT $1
            """, connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = most });
        await using var rows = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await rows.ReadAsync())
        {
            lines.Add($"{rows.GetDouble(0),9:0} ms {rows.GetInt64(1),8} calls {rows.GetDouble(0) / rows.GetInt64(1),8:0.000} ms each, planning {rows.GetDouble(2),7:0} ms  {rows.GetString(3)}");
        }
        return lines;
    }

    /// <summary>Fills pgbench's own tables.</summary>
    public async Task FillAsync(int scale)
    {
        await ExecuteAsync("postgres", "CREATE DATABASE pgbench");
        await RunAsync(PostgresPrograms.Find("pgbench"), "-i", "-q", "-s", scale.ToString(CultureInfo.InvariantCulture), "-h", _folder, "-U", "muqeem", "pgbench");
        // What its own updates leave behind is cleared between slices, so that no slice of cases pays for it.
        foreach (var table in new[] { "accounts", "tellers", "branches", "history" })
        {
            await ExecuteAsync("pgbench", $"ALTER TABLE pgbench_{table} SET (autovacuum_enabled = off)");
        }
    }

    /// <summary>Clears what pgbench left behind.</summary>
    public Task TidyAsync() => ExecuteAsync("pgbench", "VACUUM pgbench_accounts, pgbench_tellers, pgbench_branches");

    /// <summary>TPC-B-like at 32 clients.</summary>
    public async Task<PgbenchSlice> PgbenchAsync(int seconds)
    {
        var (server, clients) = (Cpu.OfTree(Pid), Cpu.OfEndedChildren());
        var text = await RunAsync(PostgresPrograms.Find("pgbench"), "-n", "-c", "32", "-j", "2", "-T", seconds.ToString(CultureInfo.InvariantCulture), "-h", _folder, "-U", "muqeem", "pgbench");
        var done = double.Parse(Done().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);
        var rate = double.Parse(Rate().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);
        return new(rate, (Cpu.OfTree(Pid) - server + Cpu.OfEndedChildren() - clients) / done);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { HasExited: false })
        {
            // SIGQUIT: immediate shutdown, which also ends the children.
            await RunAsync("kill", "-QUIT", _server.Id.ToString(CultureInfo.InvariantCulture));
            await _server.WaitForExitAsync();
        }
        _server?.Dispose();
    }

    // The server refuses to run as root.
    private static string[] AsPostgres() => Environment.UserName == "root" ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--reset-env"] : [];

    private static async Task<string> RunAsync(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = "/" })
            ?? throw new InvalidOperationException($"{command[0]} is not installed.");
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{command[0]} ended with {process.ExitCode}: {await errors}");
    }

    [GeneratedRegex(@"number of transactions actually processed: (\d+)", RegexOptions.CultureInvariant)]
    private static partial Regex Done();

    [GeneratedRegex(@"tps = ([\d.]+) \(without", RegexOptions.CultureInvariant)]
    private static partial Regex Rate();
}
