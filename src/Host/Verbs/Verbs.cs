using Muqeem.Agencies;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Drawing;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;

namespace Muqeem.Host.Verbs;

/// <summary>The verbs that do one thing and end. They open the same composition, without a web server.</summary>
internal static class Verbs
{
    /// <summary>Database and policies of this release.</summary>
    public static async Task<int> MigrateAsync(string[] args)
    {
        await using var app = MuqeemHost.Build(args);
        await MuqeemHost.PrepareAsync(app);
        Console.WriteLine($"The database is at this release; policies version {app.Services.GetRequiredService<PolicyBook>().Current.Version}.");
        return 0;
    }

    public static async Task<int> SeedAsync(string[] args)
    {
        await using var app = MuqeemHost.Build(args, new Dictionary<string, string?> { ["urls"] = "http://127.0.0.1:0" });
        await app.StartAsync();
        var people = int.TryParse(app.Configuration["People"], out var n) ? n : 300;
        await ActivatorUtilities.CreateInstance<Seeding>(app.Services).RunAsync(people, default);
        await app.StopAsync();
        Console.WriteLine("Seeded. The accounts are in accounts.txt of the data folder.");
        return 0;
    }

    public static async Task<int> BackupAsync(string[] args)
    {
        var (options, to) = Folder(args, "To");
        foreach (var part in Enum.GetValues<BackupPart>())
        {
            var manifest = await Backup.MakeAsync(options, part, Path.Combine(to, part.ToString().ToLowerInvariant()), TimeProvider.System);
            Console.WriteLine($"{part}: {manifest}");
        }
        return 0;
    }

    public static async Task<int> RestoreAsync(string[] args)
    {
        var (options, from) = Folder(args, "From");
        await Backup.RestoreAsync(options, Path.Combine(from, nameof(BackupPart.Data).ToLowerInvariant()), Path.Combine(from, nameof(BackupPart.Keys).ToLowerInvariant()));
        Console.WriteLine("Restored. Run doctor before serving.");
        return 0;
    }

    /// <summary>Looks at everything that can be wrong and says what.</summary>
    public static async Task<int> DoctorAsync(string[] args)
    {
        var faults = 0;
        void Say(bool good, string what)
        {
            faults += good ? 0 : 1;
            Console.WriteLine($"{(good ? "ok   " : "FAULT")} {what}");
        }
        await using var app = MuqeemHost.Build(args);
        await MuqeemHost.PrepareAsync(app);
        var folder = app.Services.GetRequiredService<DataFolder>();
        Say(true, $"data folder {folder.Root}: {folder.Kind.ToString().ToLowerInvariant()}, made {folder.Created}");
        foreach (var key in app.Services.GetRequiredService<KeyStore>().Inventory)
        {
            Say(true, $"key {key.Purpose} {key.Algorithm} {key.State} since {key.Created}");
        }
        foreach (var fault in app.Services.GetRequiredService<KeyStore>().Discrepancies())
        {
            Say(false, $"keys: {fault}");
        }
        foreach (var alarm in app.Services.GetRequiredService<KeyStore>().Alarms())
        {
            Say(false, $"keys: {alarm.Sentence}");
        }
        foreach (var fault in await app.Services.GetRequiredService<Drawings>().FaultsAsync())
        {
            Say(false, fault);
        }
        var db = app.Services.GetRequiredService<Db>();
        Say(await db.ExistsAsync("SELECT 1"), $"database {db.Dialect.Kind} answers");
        var (acts, leaves) = (await db.SingleAsync<long>("SELECT count(*) FROM act"), await db.SingleAsync<long>("SELECT count(*) FROM leaf WHERE id IN (SELECT id FROM act)"));
        Say(acts == leaves, $"{acts} acts, {leaves} leaves of the journal");
        var journal = await app.Services.GetRequiredService<Sequencer>().StandingAsync();
        Say(journal.CheckpointSize <= journal.Size, $"journal: {journal.Size} entries, signed up to {journal.CheckpointSize}, {journal.Waiting} waiting");
        foreach (var witness in await app.Services.GetRequiredService<Witnesses>().StandingsAsync())
        {
            Say(witness.Remark is null, $"witness {witness.Name}: co-signed {witness.Size} entries{(witness.Remark is null ? "" : $", then {witness.Remark}")}");
        }
        foreach (var fault in await app.Services.GetRequiredService<Ledger>().AuditAsync())
        {
            Say(false, $"ledger: {fault.Rule} at {fault.Where}: {fault.Halalas} halalas");
        }
        Say(true, $"policies version {app.Services.GetRequiredService<PolicyBook>().Current.Version}");
        foreach (var standing in app.Services.GetRequiredService<AgencyLines>().Standings())
        {
            Say(standing.Configured, $"agency {standing.Agency}{(standing.Configured ? "" : $": no address configured (Agencies:{standing.Agency}:Url)")}");
        }
        foreach (var consumer in await app.Services.GetRequiredService<FeedSteering>().AllAsync())
        {
            Say(!consumer.IsStopped, $"events to {consumer.Agency} up to {consumer.Cursor}{(consumer.FailingSince is null ? "" : $", {(consumer.IsStopped ? "stopped" : "failing")}: {FeedVerbs.WordsOf(consumer.Reason)}")}");
        }
        return faults == 0 ? 0 : 1;
    }

    private static (DatabaseOptions Options, string Folder) Folder(string[] args, string name)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
        return configuration[name] is { Length: > 0 } folder ? (DatabaseOptions.From(configuration), folder) : throw new CannotStartException($"--{name}=DIR is missing.");
    }
}
