using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;

namespace Muqeem.Tests;

/// <summary>
/// A process that writes without end and says on its output which operations were acknowledged, until it is killed. Operation n of a worker has an id made of seed,
/// worker and n: the next child goes on where the last acknowledgement was, and so sends again what may have been committed.
/// </summary>
internal static class CrashChild
{
    public const int Workers = 12;
    public const int Accounts = 5;

    public static readonly Table Thing = new("crash_thing", TableKind.Act, 1, "A head of the crash test.",
        new("id", ColumnType.Uuid), new("version", ColumnType.Long), new("last", ColumnType.Long));

    public static readonly Table Part = new("crash_part", TableKind.Act, 1, "Rows of the crash test.", new("id", ColumnType.Uuid), new("act_id", ColumnType.Uuid));

    public static Guid Id(long seed, string what, long number) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{what}/{number}")).AsSpan(0, 16), bigEndian: true);

    public static Guid Operation(long seed, int worker, long number) => Id(seed, "operation" + worker, number);

    /// <summary>Arguments: database (a folder or a connection string), seed, "early" or "honest", then the next number of each worker.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var options = args[1].Contains('=', StringComparison.Ordinal) ? new DatabaseOptions { PostgreSql = args[1] } : new DatabaseOptions { Data = args[1] };
        var seed = long.Parse(args[2], CultureInfo.InvariantCulture);
        var early = args[3] == "early";
        await using var db = Db.Open(options);
        await using var writer = Writer.Start(db, TimeProvider.System);
        var output = Console.OpenStandardOutput();
        await Task.WhenAll(args.Skip(4).Select((next, worker) => Task.Run(() =>
            WorkAsync(writer, output, seed, worker, long.Parse(next, CultureInfo.InvariantCulture), early))));
        return 1;
    }

    private static async Task WorkAsync(Writer writer, Stream output, long seed, int worker, long number, bool early)
    {
        var clock = TimeProvider.System;
        while (true)
        {
            if (early)
            {
                Acknowledge(output, worker, number);
            }
            var act = new Act(ActId.New(clock), "crash", Actor.System($"worker {worker}"), Operation(seed, worker, number), Digest.Of("crash"), clock.Now());
            var change = new Change(act);
            // A head per worker, so that its versions count the operations; accounts shared by all.
            change.Heads.Add(Thing.Head(Id(seed, "thing", worker), number, number));
            change.Balances.Add(new(Id(seed, "account", (worker + number) % Accounts), 1));
            change.Claims.Add(new("crash", Operation(seed, worker, number).ToByteArray()));
            change.Rows.Add(Part.Insert(Guid.CreateVersion7(), act.Id));
            change.Rows.Add(Part.Insert(Guid.CreateVersion7(), act.Id));
            change.Messages.Add(new(Guid.CreateVersion7(), "crash", "lane", "{}"));
            var outcome = await writer.WriteAsync(change);
            if (outcome is WriteOutcome.Done or WriteOutcome.Replayed)
            {
                if (!early)
                {
                    Acknowledge(output, worker, number);
                }
                number++;
            }
            else if (outcome is not (WriteOutcome.Busy or WriteOutcome.InDoubt))
            {
                throw new InvalidOperationException($"Worker {worker}, operation {number}: {outcome}");
            }
        }
    }

    // One write of a line shorter than a pipe's atomic size: a kill leaves whole lines.
    private static void Acknowledge(Stream output, int worker, long number)
    {
        var line = Encoding.UTF8.GetBytes($"{worker} {number}\n");
        lock (output)
        {
            output.Write(line);
            output.Flush();
        }
    }
}
