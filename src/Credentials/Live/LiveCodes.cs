using System.Globalization;
using System.Security.Cryptography;
using Muqeem.Credentials.Holding;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Live;

/// <summary>How long codes count; all from the policies.</summary>
/// <param name="Life">Of a live QR code, at most 255 seconds.</param>
/// <param name="Tolerance">How far clocks may differ.</param>
/// <param name="ShortCodeLife">Of the code that is read out.</param>
/// <param name="WrongCodes">Wrong codes that one asker may try within <paramref name="WrongCodesWithin"/>.</param>
public sealed record LiveCodeRules(Duration Life, Duration Tolerance, Duration ShortCodeLife, int WrongCodes, Duration WrongCodesWithin)
{
    public static LiveCodeRules Of(PolicySnapshot policies, LocalDate on) => new(
        Duration.FromSeconds(policies.Get<int>("live_qr.seconds", on)),
        Duration.FromSeconds(policies.Get<int>("live_qr.tolerance_seconds", on)),
        Duration.FromMinutes(policies.Get<int>("verify_code.minutes", on)),
        policies.Get<int>("verify_code.wrong_tries", on),
        Duration.FromMinutes(policies.Get<int>("verify_code.wrong_within_minutes", on)));
}

/// <summary>A live QR code, to be drawn anew before it ends.</summary>
/// <param name="Text">What the code holds, at most 300 characters, all from QR's alphanumeric set.</param>
public sealed record LiveCode(string Text, Instant IssuedAt, Instant Until)
{
    /// <param name="label">For who cannot see it.</param>
    public string Svg(string label) => QrPicture.Svg(Text, label);
}

/// <summary>Eight characters to read out where nothing can be scanned.</summary>
/// <param name="Text">In two groups of four: <c>7K3M-Q2XD</c>.</param>
public sealed record ShortCode(string Text, Instant Until);

/// <summary>Makes the codes by which a resident shows a verifier that the ID is real.</summary>
/// <param name="address">Where verifiers check, e.g. <c>https://example.org/v/</c>: a phone's own camera then opens the page. Null: a scheme of our own.</param>
public sealed class LiveCodes(Db db, KeyStore keys, BlindIndex blind, IWriter writer, Func<LiveCodeRules> rules, TimeProvider clock, Uri? address = null)
{
    // Crockford's base 32: no I, L, O, U.
    internal const string ShortAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    internal const int ShortLength = 8;

    private readonly string _prefix = address is null ? LiveToken.Scheme : address.AbsoluteUri.ToUpperInvariant();

    /// <summary>A code for the holder's live document; null when the person has none, or the ID is held.</summary>
    public async Task<LiveCode?> MakeAsync(PersonId person, CancellationToken cancel = default)
    {
        var handle = await db.FirstAsync<byte[]>(
            "SELECT c.handle FROM credential c JOIN document d ON d.id = c.document_id WHERE c.person_id = @person AND c.kind = 'live-qr-subject' AND c.status = 'LIVE' AND d.state = 'LIVE'",
            new { person = person.Value }, cancel);
        if (handle is null || (await OpenHolds.OfAsync(db, person, cancel)).Any)
        {
            return null;
        }
        // Whole seconds: the code says no more.
        var now = Instant.FromUnixTimeSeconds(clock.Now().ToUnixTimeSeconds());
        var life = rules().Life;
        return new LiveCode(_prefix + Base32.Encode(new LiveToken(handle, now, life).Write(keys, blind)), now, now + life);
    }

    /// <summary>A new short code; the one before it ends. Null when the person has no live document, or the ID is held. The outcome other than a code is the writer's.</summary>
    public async Task<(ShortCode? Code, WriteOutcome Outcome)> MakeShortAsync(PersonId person, CancellationToken cancel = default)
    {
        if (!await db.ExistsAsync("SELECT id FROM document WHERE person_id = @person AND state = 'LIVE'", new { person = person.Value }, cancel) || (await OpenHolds.OfAsync(db, person, cancel)).Any)
        {
            return (null, new WriteOutcome.Done(null));
        }
        var code = RandomNumberGenerator.GetString(ShortAlphabet, ShortLength);
        var until = clock.Now() + rules().ShortCodeLife;
        var change = new Change(null);
        change.Rows.Add(CredentialsTables.ShortCode.Put(person.Value, HashOf(blind, code), clock.Now(), until));
        var outcome = await writer.WriteAsync(change, cancel: cancel);
        return (outcome is WriteOutcome.Done ? new ShortCode(code[..4] + "-" + code[4..], until) : null, outcome);
    }

    /// <summary>The public keys of live codes as a JWK set, for verifiers that check signatures by themselves; <c>kid</c> is the key tag in hexadecimal.</summary>
    public string PublicKeys()
    {
        var set = keys.PublicKeys(KeyPurpose.LiveQr).Select(k => string.Create(CultureInfo.InvariantCulture,
            $$"""{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"{{Convert.ToHexStringLower(LiveToken.TagOf(k.Id))}}","x":"{{Url(k.X)}}","y":"{{Url(k.Y)}}"}"""));
        return $$"""{"keys":[{{string.Join(',', set)}}]}""";
    }

    internal static byte[] HashOf(BlindIndex blind, string code) => blind.Of("verify_code", code);

    private static string Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
