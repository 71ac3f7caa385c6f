using System.Globalization;
using System.Security.Cryptography;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Live;

/// <summary>How long codes count; all from the policies.</summary>
/// <param name="Life">Of a live QR code; verifiers take none that is older than two minutes.</param>
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
/// <param name="Text">What the code holds, all from QR's alphanumeric set.</param>
public sealed record LiveCode(string Text, Instant IssuedAt, Instant Until)
{
    /// <param name="label">For who cannot see it.</param>
    public string Svg(string label) => QrPicture.Svg(Text, label);
}

/// <summary>Eight characters to read out where nothing can be scanned.</summary>
/// <param name="Text">In two groups of four: <c>7K3M-Q2XD</c>.</param>
public sealed record ShortCode(string Text, Instant Until);

/// <summary>Makes the codes by which a resident shows a verifier that the ID is real.</summary>
/// <param name="address">Where verifiers check, e.g. <c>https://example.org</c>: a phone's own camera then opens the page. Null: a scheme of our own.</param>
public sealed class LiveCodes(
    Db db, Documents documents, KeyStore keys, BlindIndex blind, IWriter writer, Func<LiveCodeRules> rules, Func<IReadOnlyList<int>> ages, TimeProvider clock, string? address = null)
{
    // Crockford's base 32: no I, L, O, U.
    internal const string ShortAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    internal const int ShortLength = 8;

    /// <summary>A code for the holder's live document; null when the person has none, or the ID is held.</summary>
    /// <param name="access">Names the person: all but the barest view open the document.</param>
    /// <exception cref="KeyUnavailableException">No signer is certified for today.</exception>
    public async Task<LiveCode?> MakeAsync(Access access, PersonId person, QrView view, CancellationToken cancel = default)
    {
        if (await documents.LiveAsync(person, cancel) is not { } document || (await OpenHolds.OfAsync(db, person, cancel)).Any
            || await db.FirstAsync<byte[]>("SELECT handle FROM credential WHERE document_id = @document AND kind = 'live-qr-subject' AND status = 'LIVE'", new { document = document.Id }, cancel) is not { } handle)
        {
            return null;
        }
        var id = view == QrView.Valid ? null : IdClaims.Of(document, await documents.OpenAsync(access, document, cancel), document.ExpiresDay, null, ages(), clock.Today());
        // Whole seconds: the code says no more.
        var now = Instant.FromUnixTimeSeconds(clock.Now().ToUnixTimeSeconds());
        var life = rules().Life;
        var by = keys.Current(KeyPurpose.LiveQr);
        var code = QrForm.Live(id, by.Certificate, LiveSubject.Write(blind, handle), now, life, view, address);
        return new LiveCode(QrForm.Text(address, code.Complete(keys.Sign(by, code.ToBeSigned))), now, now + life);
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

    /// <summary>The public keys of live codes as a JWK set, for verifiers that check signatures by themselves; <c>kid</c> is the code's key id in hexadecimal, <c>x5c</c> the certificate.</summary>
    public string PublicKeys()
    {
        var points = keys.PublicKeys(KeyPurpose.LiveQr).ToDictionary(k => k.Id, StringComparer.Ordinal);
        var set = keys.All(KeyPurpose.LiveQr).Where(c => c.State != KeyState.Revoked && points.ContainsKey(c.KeyId)).Select(c => (c.Certificate, Key: points[c.KeyId])).Select(k => string.Create(CultureInfo.InvariantCulture,
            $$"""{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"{{Convert.ToHexStringLower(QrForm.KeyIdOf(k.Certificate))}}","x":"{{Url(k.Key.X)}}","y":"{{Url(k.Key.Y)}}","x5c":["{{Convert.ToBase64String(k.Certificate)}}"]}"""));
        return $$"""{"keys":[{{string.Join(',', set)}}]}""";
    }

    internal static byte[] HashOf(BlindIndex blind, string code) => blind.Of("verify_code", code);

    private static string Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
