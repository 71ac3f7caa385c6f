using System.Diagnostics;
using System.Globalization;
using System.Text;
using Muqeem.Host.Wiring;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Writing;
using Muqeem.Verifier.Journal;

namespace Muqeem.Host.Verbs;

/// <summary>The verbs about the journal.</summary>
internal static class JournalVerbs
{
    private const int MostShown = 1000;

    /// <summary>Replays all rows against the journal. On the embedded database nothing else may run meanwhile; on PostgreSQL everything may.</summary>
    public static async Task<int> VerifyAsync(string[] args)
    {
        await using var app = MuqeemHost.Build(args);
        var against = Against(app.Configuration["checkpoint"], app.Configuration["vkey"]);
        var db = app.Services.GetRequiredService<Db>();
        await db.MigrateAsync(app.Services.GetRequiredService<TimeProvider>());
        var started = Stopwatch.GetTimestamp();
        long shown = 0;
        var said = started;
        var report = await VerificationOf(app.Services).RunAsync(db, finding =>
        {
            if (++shown <= MostShown)
            {
                Console.WriteLine(finding);
            }
        }, against, (what, count) =>
        {
            if (Stopwatch.GetElapsedTime(said) >= TimeSpan.FromSeconds(5))
            {
                said = Stopwatch.GetTimestamp();
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"… {what}: {count}"));
            }
        });
        if (shown > MostShown)
        {
            Console.WriteLine($"… and {shown - MostShown} more");
        }
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{report.Entries} entries, {report.Acts} acts, {report.Rows} rows in {seconds:0.0} s; {report.Excused} of erased persons excused; {report.Findings} findings"));
        return report.Findings == 0 ? 0 : 1;
    }

    /// <summary>Records the operator's decision to give a published tree up.</summary>
    public static async Task<int> ReconcileAsync(string[] args)
    {
        await using var app = MuqeemHost.Build(args);
        if (app.Configuration["Reason"] is not { Length: > 0 and <= 100 } reason || !reason.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw new CannotStartException("--Reason=CODE is missing: a word or number by which the decision is found again, like restore-2026-11-28. It goes into the journal.");
        }
        var clock = app.Services.GetRequiredService<TimeProvider>();
        await app.Services.GetRequiredService<Db>().MigrateAsync(clock);
        var act = new Act(ActId.New(clock), "journal.reconcile", Actor.System("operator"), Guid.CreateVersion7(clock.GetUtcNow()), Digest.Of(reason), clock.Now()) { Reason = reason };
        try
        {
            var name = await app.Services.GetRequiredService<Sequencer>().ReconcileAsync(act);
            Console.WriteLine($"The journal goes on as {name}. Tell its monitors and witnesses: the former name ends here, and its last checkpoint is kept in the data folder.");
            return 0;
        }
        catch (JournalDamagedException damaged)
        {
            await Console.Error.WriteLineAsync(damaged.Message);
            return 1;
        }
    }

    internal static Verification VerificationOf(IServiceProvider services) =>
        new(services.GetRequiredService<KeyStore>(), services.GetRequiredService<JournalKey>(), services.GetRequiredService<DataFolder>(), WholeSchema.Tables);

    /// <summary>A checkpoint that was kept elsewhere, verified by the key that was kept with it.</summary>
    internal static Checkpoint? Against(string? file, string? keyFile)
    {
        if (file is null && keyFile is null)
        {
            return null;
        }
        if (file is null || keyFile is null)
        {
            throw new CannotStartException("--checkpoint and --vkey go together: a checkpoint says nothing without the key that verifies it.");
        }
        var note = File.ReadAllBytes(file);
        foreach (var line in File.ReadAllLines(keyFile).Where(l => l.Length > 0))
        {
            if (!NoteVerifierKey.Parse(line).TryGet(out var key, out var reason))
            {
                throw new CannotStartException($"{keyFile} holds a line that is no vkey ({reason}).");
            }
            if (Checkpoint.Open(note, Encoding.UTF8.GetString(note).Split('\n', 2)[0], key).TryGet(out var opened, out _))
            {
                return opened.Checkpoint;
            }
        }
        throw new CannotStartException($"No key in {keyFile} signed the checkpoint in {file}.");
    }
}
