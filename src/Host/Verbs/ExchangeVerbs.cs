using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Muqeem.Kernel;
using Muqeem.Platform.Exchanges;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Signatures;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Verifier;
using Muqeem.Verifier.Exchanges;

namespace Muqeem.Host.Verbs;

/// <summary>The verbs about what was said between us and the agencies.</summary>
internal static partial class ExchangeVerbs
{
    private const string Usage = """
        muqeem exchange export REQUEST-ID FILE [settings]   writes the evidence of one request and its answer
        muqeem exchange check FILE --keys=FILE [--keys=FILE …]

          --keys  the public keys of both sides as JWK Sets, as each published them: ours are at /trust/exchange.json

        The check opens no data folder and asks nobody. Exit code 0: proved, and what; 1: not proved, and why; 2: something is missing.
        """;

    public static async Task<int> RunAsync(string[] args) => args switch
    {
        ["export", var id, var file, .. var settings] when Guid.TryParseExact(id, "D", out var request) && !file.StartsWith('-') => await ExportAsync(request, file, settings),
        ["check", var file, .. var keys] when !file.StartsWith('-') && keys.Length > 0 && keys.All(k => k.StartsWith("--keys=", StringComparison.Ordinal)) => await CheckAsync(file, [.. keys.Select(k => k["--keys=".Length..])]),
        _ => await MissingAsync(Usage),
    };

    private static async Task<int> ExportAsync(Guid request, string file, string[] settings)
    {
        await using var app = MuqeemHost.Build(settings);
        await MuqeemHost.PrepareAsync(app);
        try
        {
            var persons = app.Services.GetRequiredService<Persons>();
            if (await app.Services.GetRequiredService<ExchangeArchive>().ExportAsync(request, Actor.System("operator"), (text, cancel) => NamedAsync(persons, text, cancel)) is not { } evidence)
            {
                await Console.Error.WriteLineAsync($"muqeem: nothing is kept of a request {request}.");
                return 1;
            }
            // Personal: for its owner alone to read.
            await using (var stream = new FileStream(file + ".part", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(evidence));
            }
            File.Move(file + ".part", file, overwrite: true);
            Console.WriteLine($"{file}: personal; whom it concerns sees that it was read");
            return 0;
        }
        catch (ErasedException)
        {
            await Console.Error.WriteLineAsync("muqeem: what was said in that month was erased.");
            return 1;
        }
    }

    private static async Task<int> CheckAsync(string file, IReadOnlyList<string> keyFiles)
    {
        try
        {
            var keys = new List<byte[]>();
            var owners = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var keyFile in keyFiles)
            {
                var set = await File.ReadAllBytesAsync(keyFile);
                keys.Add(set);
                foreach (var key in PublicKeyText.ReadAll(Encoding.UTF8.GetString(set)))
                {
                    owners[key.Thumbprint] = Path.GetFileName(keyFile);
                }
            }
            if (!ExchangeEvidence.Verify(await File.ReadAllBytesAsync(file), keys).TryGet(out var proved, out var reason))
            {
                Console.WriteLine($"not proved: {reason.Code()}");
                await Console.Error.WriteLineAsync("What the code means: docs/generated/verifier-reasons.md.");
                return 1;
            }
            foreach (var exchange in proved)
            {
                var asked = exchange.Request;
                Console.WriteLine($"proved: {Time(asked.SignedAt)} {owners.GetValueOrDefault(asked.KeyId, asked.KeyId)} said {asked["@method"]} {asked["@authority"]}{asked["@path"]}{(asked["@query"] is "?" ? "" : asked["@query"])}, "
                    + $"request {asked["x-request-id"]}, purpose {asked["x-purpose"]}, {Size(asked)}");
                Console.WriteLine(exchange.Answer is { } answer ? $"        {Time(answer.SignedAt)} {owners.GetValueOrDefault(answer.KeyId, answer.KeyId)} answered {answer["@status"]}, {Size(answer)}" : "        no signed answer");
            }
            return 0;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return await MissingAsync(missing.Message);
        }
    }

    /// <summary>Whose numbers stand in a message.</summary>
    private static async Task<IReadOnlyList<PersonId>> NamedAsync(Persons persons, string text, CancellationToken cancel)
    {
        var named = new HashSet<PersonId>();
        foreach (var number in Numbers().Matches(text).Select(m => m.Value).Distinct(StringComparer.Ordinal))
        {
            if (await persons.FindAsync(number[0] == '2' ? IdentifierKinds.Resident : IdentifierKinds.Border, number, cancel) is { } person)
            {
                named.Add(person);
            }
        }
        return [.. named];
    }

    [GeneratedRegex(@"(?<!\d)[2-5]\d{9}(?!\d)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Numbers();

    private static string Size(ProvedMessage message) => string.Create(CultureInfo.InvariantCulture, $"{message.Body?.Length.ToString(CultureInfo.InvariantCulture) ?? "unkept"} bytes, SHA-256 {Convert.ToHexStringLower(message.Digest)}");

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static async Task<int> MissingAsync(string sentence)
    {
        await Console.Error.WriteLineAsync(sentence);
        return 2;
    }
}
