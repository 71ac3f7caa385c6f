using System.Diagnostics;
using System.Globalization;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Tests;

namespace Muqeem.Platform.Writing;

public sealed class OperationAfterCrashOnSqliteTests() : OperationAfterCrashTests(DatabaseKind.Sqlite);

public sealed class OperationAfterCrashOnPostgreSqlTests() : OperationAfterCrashTests(DatabaseKind.PostgreSql);

/// <summary>One operation id sent twice at once, and again after the process that took it was killed: it happened once, and whoever asks again gets the first answer.</summary>
public abstract class OperationAfterCrashTests(DatabaseKind kind)
{
    private const long Seed = 20260315;

    [Fact]
    public async Task After_a_kill_every_operation_sent_again_twice_at_once_is_answered_and_was_done_once()
    {
        var options = await TestDatabase.EmptyAsync(kind);
        try
        {
            await PrepareAsync(options);
            var acknowledged = await WriteAndKillAsync(options, 150);
            Assert.True(acknowledged.Sum() >= 150);

            await using var db = Db.Open(options);
            await using var writer = Writer.Start(db, TimeProvider.System);
            for (var worker = 0; worker < CrashChild.Workers; worker++)
            {
                // All that were acknowledged, and the one that may have been on its way.
                for (var number = 0; number <= acknowledged[worker]; number++)
                {
                    var (w, n) = (worker, number);
                    var outcomes = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => writer.WriteAsync(ChangeOf(w, n)))));
                    var onItsWay = number == acknowledged[worker];
                    Assert.All(outcomes, o => Assert.True(o is WriteOutcome.Replayed || (onItsWay && o is WriteOutcome.Done), $"worker {w}, operation {n}: {o}"));
                    Assert.InRange(outcomes.Count(o => o is WriteOutcome.Done), 0, 1);
                    // Both speak of the same act.
                    Assert.Single(outcomes.Select(ActOf).Distinct());
                    Assert.IsType<WriteOutcome.OperationReused>(await writer.WriteAsync(new Change(Act(w, n, "another body"))));
                }
            }
            var expected = acknowledged.Sum() + CrashChild.Workers;
            foreach (var table in (string[])["act", "leaf", "outbox", "claim"])
            {
                Assert.Equal((table, expected), (table, await db.FirstAsync<long>($"SELECT count(*) FROM {table}")));
            }
            Assert.Equal(expected, await db.FirstAsync<long>("SELECT CAST(sum(halalas) AS bigint) FROM balance"));
        }
        finally
        {
            if (options.PostgreSql is null)
            {
                Directory.Delete(options.Data, recursive: true);
            }
        }
    }

    private static ActId? ActOf(WriteOutcome outcome) => outcome switch
    {
        WriteOutcome.Done done => done.Act,
        WriteOutcome.Replayed replayed => replayed.Act,
        _ => null,
    };

    private static Act Act(int worker, long number, string body) =>
        new(ActId.New(TimeProvider.System), "crash", Actor.System($"worker {worker}"), CrashChild.Operation(Seed, worker, number), Digest.Of(body), TimeProvider.System.Now());

    /// <summary>What the child would have written for this operation.</summary>
    private static Change ChangeOf(int worker, long number)
    {
        var change = new Change(Act(worker, number, "crash"));
        change.Heads.Add(CrashChild.Thing.Head(CrashChild.Id(Seed, "thing", worker), number, number));
        change.Balances.Add(new(CrashChild.Id(Seed, "account", (worker + number) % CrashChild.Accounts), 1));
        change.Claims.Add(new("crash", CrashChild.Operation(Seed, worker, number).ToByteArray()));
        change.Messages.Add(new(Guid.CreateVersion7(), "crash", "lane", "{}"));
        return change;
    }

    private static async Task PrepareAsync(DatabaseOptions options)
    {
        using (var db = Db.Open(options))
        {
            await db.MigrateAsync(TimeProvider.System);
        }
        var (uuid, big) = options.PostgreSql is null ? ("text", "integer") : ("uuid", "bigint");
        await TestDatabase.ExecuteAsync(options, $"""
            CREATE TABLE crash_thing (id {uuid} PRIMARY KEY, version {big} NOT NULL, last {big} NOT NULL);
            CREATE TABLE crash_part (id {uuid} PRIMARY KEY, act_id {uuid} NOT NULL);
            """);
    }

    /// <summary>Lets a process write until so many acknowledgements were read, kills it, and reads those that were still on their way.</summary>
    private static async Task<long[]> WriteAndKillAsync(DatabaseOptions options, int acknowledgements)
    {
        var counted = new long[CrashChild.Workers];
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Muqeem.Tests"),
            ["crash-child", options.PostgreSql ?? options.Data, Seed.ToString(CultureInfo.InvariantCulture), "honest", .. counted.Select(_ => "0")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync();
        for (var read = 0; await child.StandardOutput.ReadLineAsync() is { } line; read++)
        {
            counted[int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture)]++;
            if (read == acknowledgements)
            {
                child.Kill();
            }
        }
        await child.WaitForExitAsync();
        Assert.True(child.ExitCode == 137, await errors);
        return counted;
    }
}
