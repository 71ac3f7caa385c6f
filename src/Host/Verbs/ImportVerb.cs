using System.Globalization;
using Muqeem.Host.TakeOver;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Journal;

namespace Muqeem.Host.Verbs;

/// <summary>Takes over an existing register from files. On the embedded database the service is stopped meanwhile; on PostgreSQL it may run.</summary>
internal static class ImportVerb
{
    /// <summary>Nobody waits for an answer here, and a group costs nearly the same whatever its size.</summary>
    private const int LargestGroup = 512;

    /// <summary>Exits 1 when rows are left that were not taken over.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var given = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
        if (given["From"] is not { Length: > 0 } from)
        {
            throw new CannotStartException("--From=DIR is missing: the folder with the delivery, see docs/handbook/take-over.md.");
        }
        var reason = given["Reason"] is { Length: > 0 } text ? text : "take_over";
        if (reason.Length > 100 || !reason.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw new CannotStartException("--Reason=CODE is a word or number by which the decision is found again, like decree-1448-17. It goes into the journal.");
        }
        var settings = given["LargestGroup"] is null ? new Dictionary<string, string?> { ["LargestGroup"] = LargestGroup.ToString(CultureInfo.InvariantCulture) } : null;
        await using var app = MuqeemHost.Build(args, settings);
        await MuqeemHost.PrepareAsync(app);
        var delivery = Delivery.Open(from, app.Services.GetRequiredService<DataFolder>().Kind);
        var report = given["Report"] is { Length: > 0 } named ? named : Path.Combine(from, $"discrepancies-{delivery.Name[..8]}.tsv");
        var result = await new Importer(app.Services, delivery, reason, Console.Error).RunAsync(report);
        // Whoever verifies afterwards finds everything in the tree. Another process that sequences already does it itself.
        await app.Services.GetRequiredService<Sequencer>().RunAsync();
        foreach (var line in result.Lines)
        {
            Console.WriteLine(line);
        }
        Console.WriteLine($"The report is {report}");
        return result.Refused == 0 && !result.Counts.ContainsKey("row.orphan") ? 0 : 1;
    }
}
