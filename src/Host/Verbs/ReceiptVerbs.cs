using System.Globalization;
using System.Security.Cryptography;
using Muqeem.Verifier;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Journal;
using Muqeem.Verifier.Receipts;
using Muqeem.Verifier.Trust;

namespace Muqeem.Host.Verbs;

/// <summary>The verb about receipts, for whoever was given one: it opens no data folder and asks nobody.</summary>
internal static class ReceiptVerbs
{
    private const string Usage = """
        muqeem receipt check RECEIPT.json [RECEIPT.tlog-proof] --vkey=FILE --root=FILE [--crl=FILE] [--bundle=FILE] [--witnesses=FILE --quorum=N] [--at=TIME]

          --vkey       the keys of the journal, one a line, as /journal/vkey shows them
          --root       the root's certificate, PEM or DER; compare its fingerprint with what the authority published
          --crl        the root's revocation list, DER
          --bundle     a bundle for offline verifiers instead: brings the revocation list with it
          --witnesses  the keys of witnesses, one a line; --quorum says how many of them must have co-signed
          --at         judges as of then, e.g. 2026-11-28T12:00:00Z; a demonstration whose clock was moved signs later than now

        Without a second file the proof is the file of the same name that ends in .tlog-proof. Exit code 0: valid; 1: not valid, and why; 2: something is missing.
        """;

    public static async Task<int> CheckAsync(string[] args)
    {
        var files = args.Where(a => !a.StartsWith("--", StringComparison.Ordinal)).ToList();
        var options = args.Where(a => a.StartsWith("--", StringComparison.Ordinal)).Select(a => a[2..].Split('=', 2)).ToLookup(o => o[0], o => o.Length == 2 ? o[1] : "", StringComparer.Ordinal);
        string? Option(string name) => options[name].LastOrDefault();
        if (files.Count is not (1 or 2) || Option("vkey") is not { Length: > 0 } vkey || Option("root") is not { Length: > 0 } root
            || options.Any(o => o.Key is not ("vkey" or "root" or "crl" or "bundle" or "witnesses" or "quorum" or "at")))
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }
        try
        {
            var now = Option("at") is { } at ? VerifyVerb.TimeOf(at) : TimeProvider.System.GetUtcNow();
            var receipt = await File.ReadAllBytesAsync(files[0]);
            var beside = files.Count == 2 ? files[1] : Path.ChangeExtension(files[0], ".tlog-proof");
            var proof = files.Count == 2 || File.Exists(beside) ? await File.ReadAllBytesAsync(beside) : [];
            var trust = await TrustAsync(root, Option("crl"), Option("bundle"), now);
            var witnesses = Option("witnesses") is { Length: > 0 } file ? Keys(await File.ReadAllLinesAsync(file), file) : [];
            var quorum = Option("quorum") is not { } text ? 0
                : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= witnesses.Count ? number : throw new FormatException($"--quorum is a number up to that of the witnesses, {witnesses.Count}.");
            var journal = Keys(await File.ReadAllLinesAsync(vkey), vkey);
            return await SayAsync(ReceiptVerifier.Verify(receipt, proof, trust, journal, now, new ReceiptOptions { Witnesses = witnesses, Quorum = quorum }));
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException or FormatException)
        {
            await Console.Error.WriteLineAsync(missing.Message);
            return 2;
        }
    }

    private static async Task<TrustAnchors> TrustAsync(string root, string? crl, string? bundle, DateTimeOffset now)
    {
        var bytes = await File.ReadAllBytesAsync(root);
        var text = System.Text.Encoding.Latin1.GetString(bytes);
        var trust = Must(PemEncoding.TryFind(text, out _) ? TrustAnchors.FromPem(text) : TrustAnchors.Create([bytes]), root);
        if (crl is not null)
        {
            trust = Must(trust.With(await File.ReadAllBytesAsync(crl)), crl);
        }
        return bundle is null ? trust : Must(OfflineTrust.Open((await File.ReadAllTextAsync(bundle)).Trim(), trust, now, new OfflineTrustOptions()), bundle).Trust;
    }

    private static List<NoteVerifierKey> Keys(IEnumerable<string> lines, string file) => [.. lines.Where(l => l.Length > 0).Select(l => Must(NoteVerifierKey.Parse(l), file))];

    private static T Must<T>(Checked<T> read, string file) where T : class =>
        read.TryGet(out var value, out var reason) ? value : throw new FormatException($"{file} cannot be used: {reason.Code()}.");

    private static async Task<int> SayAsync(Checked<VerifiedReceipt> result)
    {
        if (!result.TryGet(out var good, out var reason))
        {
            Console.WriteLine($"not valid: {reason.Code()}");
            await Console.Error.WriteLineAsync("What the code means: docs/generated/verifier-reasons.md.");
            return 1;
        }
        var receipt = good.Receipt;
        Console.WriteLine("valid");
        if (receipt.IsSpecimen)
        {
            Console.WriteLine("SPECIMEN: made by a demonstration");
        }
        Console.WriteLine($"case {receipt.Reference} ({receipt.Service}): {receipt.Outcome} by {receipt.By} at {Time(receipt.At)}, rules {receipt.RuleSet}, policies {receipt.Policy}");
        foreach (var why in receipt.Reasons)
        {
            Console.WriteLine($"  reason {why.Code}: {why.Words.GetValueOrDefault("en") ?? why.Words.Values.FirstOrDefault() ?? ""}");
        }
        foreach (var deadline in receipt.Deadlines)
        {
            Console.WriteLine($"  {deadline.Kind} until {Time(deadline.Until)}");
        }
        var checkpoint = good.Checkpoint.Checkpoint;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"entry {good.Index} of {checkpoint.Size} in the journal {checkpoint.Origin}, {good.Checkpoint.Cosignatures.Count} witnesses; signed by {good.Signer.Name} on {Time(receipt.SignedAt)}"));
        Console.WriteLine($"The journal holds outcome, reason, decider, times, rules and letter{(good.ProvenFacts.Count > 0 ? ", and the source and time of " + string.Join(", ", good.ProvenFacts) : "")}; the values of facts and all sentences the signature alone.");
        return 0;
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
