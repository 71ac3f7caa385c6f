using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Host.Verbs;
using Muqeem.Platform.Database;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using Npgsql;

namespace Muqeem.Host.TakeOver;

public sealed class KilledImportOnSqliteTests() : KilledImportTests(DatabaseKind.Sqlite);

public sealed class KilledImportOnPostgreSqlTests() : KilledImportTests(DatabaseKind.PostgreSql);

/// <summary>The verb as a process of its own, killed in the middle.</summary>
public abstract class KilledImportTests(DatabaseKind kind)
{
    private const long People = 1500;

    // Built beside this: bin/Release/net10.0.
    private static readonly string Program = Path.Combine(Repository.Root, "src", "Host", Path.GetRelativePath(Path.Combine(Repository.Root, "tests", "Tests"), AppContext.BaseDirectory), "Muqeem.Host");

    [Fact]
    public async Task Killed_in_the_middle_the_same_command_goes_on_and_takes_nobody_twice()
    {
        await using var world = await WholeWorld.StartAsync(kind);
        var folder = Path.Combine(world.Data, "..", "delivery");
        new Deliveries(world.SandboxApp.Services.GetRequiredService<World>().People).Write(folder, (int)People, from: 3000);
        var options = world.Get<Db>().Options;
        long after = 0;
        await ImportTests.WhileStoppedAsync(world, async args =>
        {
            var start = new ProcessStartInfo(Program, ["import", .. args, "--From=" + folder]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            // Small groups, so that there is a middle.
            start.Environment["LargestGroup"] = "16";
            start.Environment["DOTNET_EnableDiagnostics"] = "0";
            using (var process = Process.Start(start)!)
            {
                while (!process.HasExited && await CountAsync(options) < 100)
                {
                    await Task.Delay(5);
                }
                process.Kill();
                await process.WaitForExitAsync();
                Assert.True(process.ExitCode == 137, await process.StandardError.ReadToEndAsync());
            }
            after = await CountAsync(options);
            Assert.InRange(after, 100, People - 1);
            Assert.Equal(0, await ImportVerb.RunAsync([.. args, "--From=" + folder]));
            Assert.Equal(0, await JournalVerbs.VerifyAsync(args));
        });
        Assert.Equal(People, await CountAsync(options));
        Assert.Equal((People, People), (await world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM person"), await world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM residence")));
        var report = await File.ReadAllLinesAsync(Directory.GetFiles(folder, "discrepancies-*.tsv").Single());
        Assert.Contains($"# {after} were here already from the same rows", report);
        Assert.Contains("# 0 were not taken over", report);
    }

    private static async Task<long> CountAsync(DatabaseOptions options)
    {
        const string Count = "SELECT count(*) FROM act WHERE verb = '" + Entering.Verb + "'";
        if (options.PostgreSql is { } settings)
        {
            await using var connection = new NpgsqlConnection(settings);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(Count, connection);
            return (long)(await command.ExecuteScalarAsync())!;
        }
        await using var sqlite = new SqliteConnection($"Data Source={Path.Combine(options.Data, "muqeem.db")};Mode=ReadOnly;Pooling=false;Default Timeout=10");
        await sqlite.OpenAsync();
        await using var asked = sqlite.CreateCommand();
        asked.CommandText = Count;
        return (long)(await asked.ExecuteScalarAsync())!;
    }
}
