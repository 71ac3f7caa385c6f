using System.Diagnostics;
using Muqeem.Platform.Database;
using Npgsql;

[assembly: AssemblyFixture(typeof(Muqeem.Tests.PostgresServer.Shared))]

namespace Muqeem.Tests;

/// <summary>
/// A PostgreSQL of our own in a temporary folder, reached by its socket only, so that no port is taken. The server is our direct child: it is reaped, and can be killed and started again.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly bool _durable;
    private Process? _process;

    private PostgresServer(string folder, bool durable)
    {
        Folder = folder;
        _durable = durable;
    }

    public string Folder { get; }

    public int Pid => _process!.Id;

    /// <summary>One server for all tests that do not kill it; started by the first that asks.</summary>
    public sealed class Shared : IAsyncDisposable
    {
        private static readonly Lazy<Task<PostgresServer>> Server = new(() => StartAsync(durable: false));

        public static Task<PostgresServer> GetAsync() => Server.Value;

        public async ValueTask DisposeAsync()
        {
            if (Server.IsValueCreated)
            {
                await (await Server.Value).DisposeAsync();
            }
        }
    }

    /// <param name="durable">False leaves out fsync: for tests that do not pull the plug.</param>
    public static async Task<PostgresServer> StartAsync(bool durable)
    {
        var folder = Path.Combine(durable ? Path.GetTempPath() : Scratch.Root, "muqeem-pg-" + Path.GetRandomFileName());
        await SweepAsync();
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "owner"), Environment.ProcessId.ToString());
        var server = new PostgresServer(folder, durable);
        var data = Path.Combine(folder, "data");
        if (Environment.UserName == "root")
        {
            await RunAsync("chown", "postgres:postgres", folder);
        }
        await RunAsync([.. AsPostgres(), PostgresPrograms.Find("initdb"), "-D", data, "-U", "muqeem", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]);
        await server.StartAsync();
        return server;
    }

    /// <summary>Ends servers whose test run was killed before it could; each folder names its owner.</summary>
    private static async Task SweepAsync()
    {
        foreach (var folder in ((string[])[Path.GetTempPath(), Scratch.Root]).Distinct().SelectMany(root => Directory.GetDirectories(root, "muqeem-pg-*")))
        {
            try
            {
                if (!File.Exists(Path.Combine(folder, "owner")) || ParentOf(int.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "owner")))) is not null)
                {
                    continue;
                }
                var lockFile = Path.Combine(folder, "data", "postmaster.pid");
                if (File.Exists(lockFile) && int.Parse((await File.ReadAllLinesAsync(lockFile))[0]) is var postmaster && ParentOf(postmaster) is not null)
                {
                    await RunAnyAsync(["kill", "-QUIT", postmaster.ToString()]);
                    while (ParentOf(postmaster) is not null)
                    {
                        await Task.Delay(10);
                    }
                }
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or FormatException)
            {
                // Another run sweeps it at the same moment, or is just making it.
            }
        }
    }

    public string ConnectionString(string database) => $"Host={Folder};Username=muqeem;Database={database};Maximum Pool Size=40;Timeout=5";

    /// <param name="template">The database of which it is a copy; null: empty.</param>
    public async Task<string> CreateDatabaseAsync(string? template = null)
    {
        var name = "t" + Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(6));
        await ExecuteAsync("postgres", $"CREATE DATABASE {name}{(template is null ? "" : " TEMPLATE " + template)}");
        return name;
    }

    /// <summary>Ends a database that no test needs any more: the server visits each in turn to tidy it, and with some hundred that is a new process up to ten times a second.</summary>
    public Task DropDatabaseAsync(string name) => ExecuteAsync("postgres", $"DROP DATABASE IF EXISTS {name} WITH (FORCE)");

    public async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task StartAsync()
    {
        List<string> command = [.. AsPostgres(), PostgresPrograms.Find("postgres"), "-D", Path.Combine(Folder, "data"), "-k", Folder,
            "-c", "listen_addresses=", "-c", "max_connections=200", "-c", "log_error_verbosity=terse", "-c", "shared_buffers=64MB", "-c", "autovacuum_naptime=10s",
            "-c", _durable ? "fsync=on" : "fsync=off"];
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        _process = Process.Start(start)!;
        var log = new List<string>();
        _process.ErrorDataReceived += (_, line) => { lock (log) { log.Add(line.Data ?? ""); } };
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        var patience = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await ExecuteAsync("postgres", "SELECT 1");
                return;
            }
            catch (NpgsqlException) when (!_process.HasExited && patience.Elapsed < TimeSpan.FromSeconds(60))
            {
                await Task.Delay(30);
            }
            catch (NpgsqlException unreachable)
            {
                lock (log)
                {
                    throw new InvalidOperationException("PostgreSQL did not start:\n" + string.Join('\n', log), unreachable);
                }
            }
        }
    }

    /// <summary>Kills the postmaster and all its children at once, as if the machine had lost them, and waits until none is left.</summary>
    public async Task KillAsync()
    {
        var family = Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!))
            .Where(pid => ParentOf(pid) == Pid).Append(Pid).ToList();
        await RunAnyAsync(["kill", "-KILL", .. family.Select(pid => pid.ToString())]);
        await _process!.WaitForExitAsync();
        while (family.Exists(pid => ParentOf(pid) is not null))
        {
            await Task.Delay(5);
        }
        // The new postmaster would take our word that nobody else is there; we have just looked.
        File.Delete(Path.Combine(Folder, "data", "postmaster.pid"));
        foreach (var socket in Directory.GetFiles(Folder, ".s.PGSQL.*"))
        {
            File.Delete(socket);
        }
    }

    /// <summary>The parent of a living process; null when it is gone or a zombie.</summary>
    private static int? ParentOf(int pid)
    {
        try
        {
            // pid (name) state parent …; the name may hold anything but ends with the last bracket.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var rest = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return rest[0] is "Z" or "X" ? null : int.Parse(rest[1]);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            // SIGQUIT: immediate shutdown, which also ends the children.
            await RunAsync("kill", "-QUIT", _process.Id.ToString());
            await _process.WaitForExitAsync();
        }
        _process?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    // The server refuses to run as root.
    private static string[] AsPostgres() => Environment.UserName == "root" ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--reset-env"] : [];

    internal static async Task RunAsync(params string[] command)
    {
        var (code, errors) = await RunAnyAsync(command);
        Assert.True(code == 0, $"{command[0]} ended with {code}: {errors}");
    }

    private static async Task<(int Code, string Errors)> RunAnyAsync(string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = "/" })
            ?? throw new InvalidOperationException($"{command[0]} is not installed.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        await output;
        return (process.ExitCode, errors);
    }
}
