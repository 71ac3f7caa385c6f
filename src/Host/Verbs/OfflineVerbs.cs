using Muqeem.Credentials;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Offline;
using Muqeem.Credentials.Offline.TestIds;
using Muqeem.Credentials.Status;
using Muqeem.Kernel;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Texts;

namespace Muqeem.Host.Verbs;

/// <summary>The verbs that make files for verifiers.</summary>
internal static class OfflineVerbs
{
    /// <summary>The offline bundle, from the database: the server need not run. On the embedded database it must not: there <c>/trust/bundle</c> is the way.</summary>
    public static async Task<int> BundleAsync(string[] args)
    {
        await using var app = MuqeemHost.Build(args);
        await MuqeemHost.PrepareAsync(app);
        // What has to be signed before a bundle can hold it: status lists that grew old while nothing ran, and the first checkpoint.
        await app.Services.GetRequiredService<StatusLists>().RoundAsync();
        if (await app.Services.GetRequiredService<PublishedJournal>().CheckpointAsync() is null)
        {
            await app.Services.GetRequiredService<Sequencer>().RunAsync();
        }
        if (await app.Services.GetRequiredService<BundlePress>().CurrentAsync() is not { } bundle)
        {
            await Console.Error.WriteLineAsync("muqeem: no bundle can be made: there is no signer of status lists, no revocation list that counts, or no checkpoint of the journal. The log and muqeem doctor say which.");
            return 1;
        }
        var to = app.Configuration["To"] is { Length: > 0 } file ? file : Path.Combine(app.Services.GetRequiredService<DataFolder>().Offline, BundlePress.FileName);
        await File.WriteAllBytesAsync(to, bundle.Bytes);
        Console.WriteLine($"{to}: {bundle.Bytes.Length} bytes, made {bundle.MadeAt}, counts until {bundle.Until}.");
        return 0;
    }

    /// <summary>The test IDs of this hour. Needs no database and no data folder.</summary>
    public static int TestIds(string[] args)
    {
        var configuration = new ConfigurationBuilder().SetBasePath(AppContext.BaseDirectory).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().AddCommandLine(args).Build();
        if (configuration["To"] is not { Length: > 0 } folder)
        {
            throw new CannotStartException("--To=DIR is missing.");
        }
        var set = PressOf(configuration, TimeProvider.System).Current();
        foreach (var file in set.Files.Values)
        {
            var path = Path.Combine(folder, file.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, file.Bytes);
        }
        Console.WriteLine($"{set.Files.Count} files in {folder}; {TestIdPress.IndexName} says what each must give. They count until {set.Until}.");
        return 0;
    }

    internal static TestIdPress PressOf(IConfiguration configuration, TimeProvider clock)
    {
        var origin = configuration["PublicOrigin"] is { Length: > 0 } named ? new Uri(named).GetLeftPart(UriPartial.Authority) : CredentialsSetup.DefaultOrigin;
        var ages = FormRules.Of(PolicyBook.BaselineSnapshot(), clock.Today()).Ages;
        var type = new TypeMetadata(origin, ages, TextCatalogue.Of(typeof(CredentialsSetup).Assembly, typeof(TextCatalogue).Assembly, typeof(ResidentNumber).Assembly));
        return new TestIdPress(origin, () => type, () => ages, clock);
    }
}
