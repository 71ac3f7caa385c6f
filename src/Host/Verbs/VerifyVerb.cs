using System.Globalization;
using System.Text;
using Muqeem.Credentials;
using Muqeem.Credentials.Offline;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Files;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Texts;
using Muqeem.Verifier;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Mdoc;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.SdJwt;
using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;

namespace Muqeem.Host.Verbs;

/// <summary>
/// <c>muqeem verify</c>: is this ID real and good? Without a network and without a server, by the library that every verifier can have. What is missing or old is never read as a no.
/// </summary>
internal sealed class VerifyVerb(TextWriter output, TextWriter errors, Stream input, TimeProvider clock, Func<ReadOnlyMemory<byte>, Task<Result<IReadOnlyList<string>>>> readCodes)
{
    public const int Valid = 0, NotValid = 1, WronglyCalled = 2, CannotSay = 3;

    /// <summary>A picture has at most 10 MB, a status list 8.</summary>
    private const int Longest = 12 * 1024 * 1024;
    private const int LongestRoots = 1024 * 1024;

    /// <summary>Shorter than any ID in text, longer than any path that somebody mistypes.</summary>
    private const int ShortestText = 200;

    private const string Usage = """
        muqeem verify FILE|TEXT|-: is this ID real and good? Without a network.

          Reads an SD-JWT, a mobile document (IssuerSigned or DeviceResponse; CBOR or base64url), the text of a QR code, a picture or PDF with
          one, the code of a payment's receipt, or a status list; from a file, from the argument itself, or with - from standard input.

          --bundle=FILE   what to trust, from /trust/bundle or muqeem bundle; default: the one in the data folder
          --roots=FILE    the pinned roots as PEM, from a source that you trust; default: those in the data folder
          --at=TIME       judges as of then, e.g. 2026-11-28T12:00:00Z; the bundle must be of that day
          --aud=, --nonce=  what the holder was asked, to check the proof that came along with an SD-JWT
          --session=FILE  the SessionTranscript, to check the proof of a device
          --json          one object a line
          --lang=en|ar    --Data=DIR, the data folder

        Exit code: 0 valid, 1 not valid, 2 called wrongly, 3 cannot say.
        """;

    private static readonly string[] Named = ["bundle", "roots", "at", "aud", "nonce", "session", "lang", "data"];

    private sealed class BadCallException(string sentence) : FormatException(sentence);

    public static async Task<int> RunAsync(string[] args)
    {
        // Of all the services only what reads pictures, for which a process of its own is started.
        await using var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddFiles().BuildServiceProvider();
        await using var input = Console.OpenStandardInput();
        return await new VerifyVerb(Console.Out, Console.Error, input, TimeProvider.System, async file => await services.GetRequiredService<PictureReader>().ReadQrAsync(file)).ExecuteAsync(args);
    }

    public async Task<int> ExecuteAsync(string[] args)
    {
        try
        {
            return await VerifyAsync(args);
        }
        catch (Exception bad) when (bad is BadCallException or CannotStartException)
        {
            // Also settings that cannot be meant: 1 would read as a no.
            await errors.WriteLineAsync("muqeem: " + bad.Message);
            return WronglyCalled;
        }
    }

    private async Task<int> VerifyAsync(string[] args)
    {
        var (operand, options, json) = Read(args);
        if (operand is null)
        {
            await errors.WriteLineAsync(Usage);
            return WronglyCalled;
        }
        var language = TextCatalogue.Of(typeof(VerifyVerb).Assembly, typeof(CredentialsSetup).Assembly, typeof(TextCatalogue).Assembly, typeof(ResidentNumber).Assembly).In(options.GetValueOrDefault("lang") switch
        {
            null or "en" => TextCatalogue.English,
            "ar" => TextCatalogue.Arabic,
            var other => throw new BadCallException($"--lang is en or ar, not '{other}'."),
        });
        var configuration = new ConfigurationBuilder().SetBasePath(AppContext.BaseDirectory).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().Build();
        var data = options.GetValueOrDefault("data") ?? DatabaseOptions.From(configuration).Data;
        var now = options.GetValueOrDefault("at") is { } at ? TimeOf(at) : ClockOf(options.ContainsKey("bundle") ? null : data).GetUtcNow();
        var purposes = KeySettings.From(configuration).Usages.Purposes;
        var report = new VerifyReport(output, language, json, now);

        var bytes = await BytesAsync(operand);
        if (Open(options, data, now, purposes, report) is not { } trust)
        {
            return CannotSay;
        }
        var shown = new ShownThing(trust, OptionsOf(options, purposes), new StatusListOptions { Purposes = purposes }, now, readCodes);
        var found = await shown.CheckAsync(bytes);
        var codes = found.Select(f => report.Show(f, trust)).ToList();
        // Of several the gravest.
        return codes.Contains(NotValid) ? NotValid : codes.Contains(CannotSay) ? CannotSay : Valid;
    }

    private static (string? Operand, Dictionary<string, string> Options, bool Json) Read(string[] args)
    {
        string? operand = null;
        var (options, json) = (new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase), false);
        foreach (var arg in args)
        {
            if (arg == "--json")
            {
                json = true;
            }
            else if (arg.StartsWith("--", StringComparison.Ordinal))
            {
                var parts = arg[2..].Split('=', 2);
                if (parts is not [var name, { Length: > 0 } value] || !Named.Contains(name, StringComparer.OrdinalIgnoreCase))
                {
                    throw new BadCallException($"'{arg}' is no option of verify, or has no value. See: muqeem verify");
                }
                options[name] = value;
            }
            else
            {
                operand = operand is null ? arg : throw new BadCallException("One thing is verified at a time.");
            }
        }
        return options.ContainsKey("aud") == options.ContainsKey("nonce") ? (operand, options, json) : throw new BadCallException("--aud and --nonce go together.");
    }

    /// <exception cref="FormatException">The text is no such time; its message is for whoever typed it.</exception>
    internal static DateTimeOffset TimeOf(string text) =>
        DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw new BadCallException($"--at is a time like 2026-11-28T12:00:00Z, not '{text}'.");

    /// <summary>A demonstration whose clock was moved judges by that clock.</summary>
    private TimeProvider ClockOf(string? data)
    {
        try
        {
            return data is not null && Directory.Exists(data) ? new MovableClock(DataFolder.Open(data, null, clock), clock) : clock;
        }
        catch (CannotStartException)
        {
            return clock;
        }
    }

    private static CheckOptions OptionsOf(Dictionary<string, string> options, SignerPurposes purposes) => new()
    {
        SdJwt = new SdJwtOptions { Purposes = purposes, KeyBinding = options.TryGetValue("aud", out var audience) ? new KeyBinding(audience, options["nonce"]) : null },
        Mdoc = new MdocOptions { Purposes = purposes },
        Qr = new QrOptions { Purposes = purposes },
        Session = options.TryGetValue("session", out var file) ? new MdocSession(FileOf(file, MdocVerifier.Longest)) : null,
    };

    /// <summary>The bundle, verified by the pinned roots; null when it cannot be had, which the report has said.</summary>
    private static OfflineTrust? Open(Dictionary<string, string> options, string data, DateTimeOffset now, SignerPurposes purposes, VerifyReport report)
    {
        var kept = Path.Combine(data, "offline");
        if (Given(options, "bundle", Path.Combine(kept, BundlePress.FileName)) is not { } bundle)
        {
            report.NoTrust("no_bundle", null);
            return null;
        }
        if (Given(options, "roots", Path.Combine(kept, BundlePress.RootsName)) is not { } roots)
        {
            report.NoTrust("no_roots", null);
            return null;
        }
        if (!TrustAnchors.FromPem(Encoding.UTF8.GetString(FileOf(roots, LongestRoots))).TryGet(out var pinned, out var bad))
        {
            throw new BadCallException($"{roots} does not hold roots as PEM ({bad.Code()}).");
        }
        var text = Encoding.ASCII.GetString(FileOf(bundle, OfflineTrust.Longest)).Trim();
        if (OfflineTrust.Open(text, pinned, now, new OfflineTrustOptions { Purposes = purposes }).TryGet(out var trust, out var reason))
        {
            return trust;
        }
        report.NoTrust(reason switch { Reason.BundleExpired => "bundle_old", Reason.BundleFromFuture => "clock", _ => "bundle_refused" }, reason);
        return null;
    }

    /// <summary>The file that was named, which must be there; else the usual one, or null.</summary>
    private static string? Given(Dictionary<string, string> options, string name, string usual) =>
        options.TryGetValue(name, out var file) ? File.Exists(file) ? file : throw new BadCallException($"There is no file {file} (--{name}).") : File.Exists(usual) ? usual : null;

    private async Task<byte[]> BytesAsync(string operand)
    {
        if (operand == "-")
        {
            using var read = new MemoryStream();
            var chunk = new byte[64 * 1024];
            for (int n; (n = await input.ReadAsync(chunk)) > 0;)
            {
                read.Write(chunk, 0, n);
                if (read.Length > Longest)
                {
                    throw TooLarge("What came in");
                }
            }
            return read.ToArray();
        }
        if (File.Exists(operand))
        {
            return FileOf(operand, Longest);
        }
        return operand.Contains('~') || QrCode.IsCode(operand) || operand.Length >= ShortestText
            ? operand.Length <= Longest ? Encoding.UTF8.GetBytes(operand) : throw TooLarge("The text")
            : throw new BadCallException($"'{operand}' is neither a file nor an ID.");
    }

    private static byte[] FileOf(string path, int longest)
    {
        try
        {
            return new FileInfo(path).Length <= longest ? File.ReadAllBytes(path) : throw TooLarge(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadCallException($"{path} cannot be read: {e.Message}");
        }
    }

    private static BadCallException TooLarge(string what) => new($"{what} is larger than anything that is read here.");
}
