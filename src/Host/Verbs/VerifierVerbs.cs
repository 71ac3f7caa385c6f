using System.Globalization;
using Muqeem.Credentials.Verifiers;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;

namespace Muqeem.Host.Verbs;

/// <summary><c>muqeem verifiers …</c>: who may check IDs by program. On PostgreSQL it works beside a running service, which takes over what changed within a second.</summary>
internal static class VerifierVerbs
{
    public const string Usage = """
        muqeem verifiers: who may check IDs by program.

          list                                       every verifier with what it may ask, its budgets and its keys, and what waits to be confirmed
          add         --Kind=bank|airline|police|employer --NameAr=… --NameEn=… --Allow="presentation:open_account status:open_account"
                      --Keys=FILE[,FILE] [--PerMinute=600] [--PerDay=100000]
                                                     proposes one; a key file holds a public key on P-256 or Ed25519 as PEM or JWK;
                                                     operations are status, presentation and subscription (to be told, when the holder consents)
          add-key     VERIFIER --Keys=FILE           proposes another key, before the former is revoked
          withdraw    PROPOSAL                       takes back what waits to be confirmed
          revoke-key  KEY --Reason=CODE              ends a key at once, and the sessions that it opened
          revoke      VERIFIER --Reason=CODE         ends a verifier for good

        What is proposed here counts once an operator has confirmed it on the office's page "Verifiers": nobody lets a program in alone.
        A reason is a word or number by which the decision is found again; it goes into the journal. The data folder is --Data=DIR, as for serve.
        """;

    private static readonly string[] Verbs = ["list", "add", "add-key", "withdraw", "revoke-key", "revoke"];

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var verb, .. var rest] || !Verbs.Contains(verb))
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }
        var operand = rest is [var first, ..] && !first.StartsWith('-') ? first : null;
        await using var app = MuqeemHost.Build(operand is null ? rest : rest[1..]);
        await MuqeemHost.PrepareAsync(app);
        var book = app.Services.GetRequiredService<VerifierBook>();
        await book.LoadAsync();
        var registrar = app.Services.GetRequiredService<VerifierRegistrar>();
        if (verb == "list")
        {
            Print(book, await registrar.WaitingAsync());
            return 0;
        }
        var operation = Guid.CreateVersion7(app.Services.GetRequiredService<TimeProvider>().GetUtcNow());
        switch (await RunAsync(verb, operand, app.Configuration, book, registrar, operation))
        {
            case BookAnswer.Refused refused:
                await Console.Error.WriteLineAsync("muqeem: " + app.Services.GetRequiredService<TextCatalogue>().In(TextCatalogue.English).Refusal(refused.Refusal));
                return 1;
            case BookAnswer.TryAgain:
                await Console.Error.WriteLineAsync("muqeem: nothing was written, or nobody knows yet. Look with: muqeem verifiers list");
                return 1;
            case BookAnswer.Done done:
                Console.WriteLine($"{done.Verifier}{(done.KeyIds.Count > 0 ? ", key " + string.Join(", ", done.KeyIds) : "")}");
                Console.WriteLine(verb is "add" or "add-key" ? $"Proposal {done.Proposal}: an operator confirms it on the office's page \"Verifiers\"." : "Done.");
                return 0;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static async Task<BookAnswer> RunAsync(string verb, string? operand, IConfiguration configuration, VerifierBook book, VerifierRegistrar registrar, Guid operation)
    {
        var by = Actor.System("operator");
        return verb switch
        {
            "add" => await registrar.ProposeAsync(by, operation, ApplicationIn(configuration)),
            "add-key" => await registrar.ProposeKeysAsync(by, operation, IdIn(operand), KeysIn(configuration)),
            "withdraw" => await registrar.RejectAsync(by, operation, IdIn(operand)),
            "revoke-key" => await book.RevokeKeyAsync(by, operation, operand ?? throw new CannotStartException("Name the key: muqeem verifiers revoke-key KEY --Reason=CODE"), ReasonIn(configuration)),
            _ => await book.RevokeAsync(by, operation, IdIn(operand), ReasonIn(configuration)),
        };
    }

    private static void Print(VerifierBook book, IReadOnlyList<VerifierProposal> waiting)
    {
        foreach (var (v, keys) in book.All)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{v.Id}  {(v.IsActive ? "active" : "revoked")}  {v.Kind.ToString().ToLowerInvariant()}  {v.NameEnglish} ({v.NameArabic})  {v.PerMinute}/minute, {v.PerDay}/day"));
            Console.WriteLine("    may ask " + Words(v.Grants));
            foreach (var key in keys)
            {
                Console.WriteLine($"    key {key.KeyId} {key.Algorithm} {(key.IsActive ? "active" : "revoked")}");
            }
        }
        foreach (var p in waiting)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{p.Id}  waits to be confirmed until {p.ExpiresAt:uuuu-MM-dd HH:mm} UTC  {(p.New is { } n ? $"{n.Kind.ToString().ToLowerInvariant()}  {n.NameEnglish} ({n.NameArabic})  {n.PerMinute}/minute, {n.PerDay}/day" : $"keys for {p.Verifier}")}"));
            if (p.New is { } proposed)
            {
                Console.WriteLine("    may ask " + Words(proposed.Grants));
            }
            foreach (var key in p.Keys)
            {
                Console.WriteLine($"    key {key.Thumbprint} {key.Algorithm}");
            }
        }
    }

    private static string Words(IEnumerable<Grant> grants) => string.Join(' ', grants.Select(g => g.ToString()).Order(StringComparer.Ordinal));

    private static VerifierApplication ApplicationIn(IConfiguration configuration)
    {
        var grants = Needed(configuration, "Allow").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => Grant.Of(text)
            ?? throw new CannotStartException($"--Allow: '{text}' is not an operation and a purpose, like presentation:open_account.")).ToList();
        var kind = Needed(configuration, "Kind");
        return new(Enum.TryParse<VerifierKind>(kind, ignoreCase: true, out var known) && Enum.IsDefined(known) ? known : throw new CannotStartException($"--Kind is bank, airline, police or employer, not '{kind}'."),
            Needed(configuration, "NameAr"), Needed(configuration, "NameEn"), grants, KeysIn(configuration), configuration.GetValue<int?>("PerMinute"), configuration.GetValue<int?>("PerDay"));
    }

    private static IReadOnlyList<string> KeysIn(IConfiguration configuration) => [.. Needed(configuration, "Keys").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(file => File.Exists(file) ? File.ReadAllText(file) : throw new CannotStartException($"--Keys: there is no file {file}."))];

    private static Guid IdIn(string? operand) => Guid.TryParse(operand, out var id) ? id : throw new CannotStartException("Name it by its id: muqeem verifiers list shows it.");

    private static string ReasonIn(IConfiguration configuration) => Needed(configuration, "Reason") is { Length: <= 100 } reason && reason.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
        ? reason : throw new CannotStartException("--Reason=CODE is a word or number, like contract-ended-2027-03.");

    private static string Needed(IConfiguration configuration, string name) => configuration[name] is { Length: > 0 } value ? value : throw new CannotStartException($"--{name}=… is missing.");
}
