using Muqeem.Platform.Files.Media;

namespace Muqeem.Host.Verbs;

/// <summary>The verbs of the one executable.</summary>
internal static class Verb
{
    private const string Usage = """
        muqeem: the resident ID system.

          muqeem serve    [--Data=DIR] [--PostgreSql="Host=..."] [--Roles=portal,office,api,worker] [--urls=http://localhost:8080]
          muqeem migrate  brings the database to this release and publishes its policies
          muqeem seed     [--People=300] makes scripted people of the stand-in agencies (demonstration only)
          muqeem backup   --To=DIR
          muqeem restore  --From=DIR, into an empty data folder
          muqeem import   --From=DIR [--Report=FILE] [--Reason=CODE] takes over an existing register; stopped anywhere, the same command goes on
          muqeem journal verify     [--checkpoint=FILE --vkey=FILE] replays every row against the journal; exits 1 and names what was changed past the system
          muqeem journal reconcile  --Reason=CODE, after a restore that lost published entries: gives the published tree up, and the journal goes on under a new name
          muqeem receipt check      RECEIPT [PROOF] --vkey=FILE --root=FILE says without a network whether the receipt of a decision is valid, or what is wrong with it
          muqeem verify   FILE|TEXT|- checks an ID, a code or a picture of one, without a network; muqeem verify alone says how
          muqeem bundle   [--To=FILE] makes what a verifier needs for a day without a network
          muqeem test-ids --To=DIR makes IDs in every state, with a root of their own, for who writes a verifier
          muqeem doctor   checks configuration, keys, database, agencies and books; exits 1 when something is wrong
          muqeem credentials reissue --Key=ID [--Reason=CODE]  issues everything anew that a withdrawn signer signed; stopped anywhere, the same command goes on
          muqeem books close        [--Day=2027-01-31] closes the books of every day up to this one, by default yesterday; exits 1 while the payment gateway cannot say what it took
          muqeem books export       --From=DAY --To=DAY --File=FILE writes closed days for a general ledger (CSV)
          muqeem reconcile          [AGENCY] compares our records with the agencies' now, and repairs what is clear; exits 1 while an agency does not answer
          muqeem exchange export    REQUEST-ID FILE, check FILE --keys=FILE …: evidence of what was said between us and an agency, and its proof without a network; muqeem exchange alone says how
          muqeem feed     tests, replays and resumes what agencies are sent of residences and IDs; muqeem feed alone says how
          muqeem keys     lists, certifies, rotates and revokes keys; muqeem keys alone says how
          muqeem verifiers  registers and revokes who may check IDs by program; muqeem verifiers alone says how

        Settings may also come from the environment (Data, PostgreSql, ...) or appsettings.json.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        var (verb, rest) = args is [var first, .. var others] && !first.StartsWith('-') ? (first, others) : ("serve", args);
        switch (verb)
        {
            case "serve":
                await MuqeemHost.Build(rest).RunAsync();
                return 0;
            case MediaWorker.Verb:
                // Not for people: the process that reads one picture, see MediaChild.
                return await MediaWorker.RunAsync(Console.OpenStandardInput(), Console.OpenStandardOutput());
            case "migrate":
                return await Verbs.MigrateAsync(rest);
            case "seed":
                return await Verbs.SeedAsync(rest);
            case "backup":
                return await Verbs.BackupAsync(rest);
            case "restore":
                return await Verbs.RestoreAsync(rest);
            case "import":
                return await ImportVerb.RunAsync(rest);
            case "journal" when rest is ["verify", .. var verify]:
                return await JournalVerbs.VerifyAsync(verify);
            case "journal" when rest is ["reconcile", .. var reconcile]:
                return await JournalVerbs.ReconcileAsync(reconcile);
            case "receipt" when rest is ["check", .. var check]:
                return await ReceiptVerbs.CheckAsync(check);
            case "verify":
                return await VerifyVerb.RunAsync(rest);
            case "bundle":
                return await OfflineVerbs.BundleAsync(rest);
            case "test-ids":
                return OfflineVerbs.TestIds(rest);
            case "doctor":
                return await Verbs.DoctorAsync(rest);
            case "books" when rest is ["close", .. var close]:
                return await BooksVerbs.CloseAsync(close);
            case "books" when rest is ["export", .. var export]:
                return await BooksVerbs.ExportAsync(export);
            case "reconcile":
                return await ReconcileVerb.RunAsync(rest);
            case "exchange":
                return await ExchangeVerbs.RunAsync(rest);
            case "feed":
                return await FeedVerbs.RunAsync(rest);
            case "keys":
                return await KeyVerbs.RunAsync(rest);
            case "verifiers":
                return await VerifierVerbs.RunAsync(rest);
            case "credentials" when rest is ["reissue", .. var reissue]:
                return await CredentialVerbs.ReissueAsync(reissue);
            case "help" or "--help" or "-h":
                Console.WriteLine(Usage);
                return 0;
            default:
                await Console.Error.WriteLineAsync($"muqeem: there is no verb '{verb}'.\n\n{Usage}");
                return 2;
        }
    }
}
