using Muqeem.Credentials.Status;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Verifier;
using Muqeem.Verifier.Mdoc;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.SdJwt;
using Muqeem.Verifier.Status;
using NodaTime;
using Check = Muqeem.Verifier.Verdict;

namespace Muqeem.Credentials.Verifiers;

/// <summary>How a credential stands.</summary>
/// <param name="Word"><c>valid</c>, <c>invalid</c>, <c>suspended</c>, <c>frozen</c>, <c>expired</c>, <c>unknown</c> (no credential of ours stands there), <c>cannot_say</c>.</param>
/// <param name="AsOf">When that was so: at most a second ago. Null when nothing can be said.</param>
public sealed record StatusAnswer(string Word, Instant? AsOf);

/// <summary>What somebody shows, with what the verifier gave for it.</summary>
/// <param name="Text">An SD-JWT with the holder's proof, a DeviceResponse in base64url, or the text of a QR code.</param>
/// <param name="Audience">Of an SD-JWT's proof.</param>
/// <param name="Transcript">Of a DeviceResponse: the SessionTranscript.</param>
public sealed record Shown(string Text, string? Audience, string? Nonce, byte[]? Transcript);

/// <summary>Whether it is real, theirs and good now.</summary>
/// <param name="Word"><c>valid</c>, <c>not_valid</c>, <c>cannot_say</c>.</param>
/// <param name="Reason">Why not, in the words of whoever looks at an ID.</param>
/// <param name="Code">The one check that it did not pass, for who has to find a fault.</param>
/// <param name="IsBound">The holder proved that it is theirs.</param>
public sealed record CheckAnswer(string Word, string? Reason = null, string? Code = null, string? Form = null, bool? IsBound = null, Instant? AsOf = null);

/// <summary>Answers registered verifiers. Statuses come from the lists in memory; what is shown is verified by the library that verifiers have, and the resident is told who checked and what for.</summary>
public sealed class VerifierDesk(StatusLists lists, OwnTrust trust, CheckRecorder recorder, Verification online, TimeProvider clock)
{
    private const string WhereRoot = "verifier.";

    /// <summary>The purpose that stands in the record of an access; empty when there is none.</summary>
    public static string PurposeIn(string where) => where.StartsWith(WhereRoot, StringComparison.Ordinal) ? where[WhereRoot.Length..] : "";

    /// <summary>A place in a list says nothing that the public list does not say, so it is nobody's business who asks: nothing is recorded.</summary>
    public StatusAnswer Status(string uri, long index) => lists.Look(uri, index) switch
    {
        null => new("cannot_say", null),
        { IsOver: true } over => new("expired", over.AsOf),
        { Status: null } nothing => new("unknown", nothing.AsOf),
        { Status: { } status } known => new(WordOf(status), known.AsOf),
    };

    /// <summary>Of a credential as it was issued, without the holder's proof: its signature and dates are checked as well. The resident is told.</summary>
    public async ValueTask<StatusAnswer> StatusAsync(RegisteredVerifier by, string purpose, string credential)
    {
        if (trust.Verifier is not { } verifier)
        {
            return new("cannot_say", null);
        }
        var verdict = verifier.Check(credential, clock.GetUtcNow(), Options(null));
        await RecordAsync(by, purpose, verdict);
        return verdict switch
        {
            Check.Valid v => new("valid", Instant.FromDateTimeOffset(v.AsOf)),
            Check.NotValid { Why: Verifier.NotValidReason.Revoked } => new("invalid", AsOf(verdict)),
            Check.NotValid { Why: Verifier.NotValidReason.Suspended } => new("suspended", AsOf(verdict)),
            Check.NotValid { Why: Verifier.NotValidReason.Frozen } => new("frozen", AsOf(verdict)),
            Check.NotValid { Why: Verifier.NotValidReason.Expired } => new("expired", clock.Now()),
            Check.NotValid => new("unknown", clock.Now()),
            _ => new("cannot_say", null),
        };
    }

    /// <summary>The verdict on what is shown.</summary>
    public async ValueTask<CheckAnswer> CheckAsync(RegisteredVerifier by, string purpose, Shown shown, CancellationToken cancel)
    {
        if (trust.Verifier is not { } verifier)
        {
            return new("cannot_say", "no_fresh_status");
        }
        var verdict = verifier.Check(shown.Text, clock.GetUtcNow(), Options(shown));
        if (verdict is Check.Valid { Form: IdForm.QrLive } or Check.NotValid { Why: Verifier.NotValidReason.NotOurs } || (verdict is Check.CannotSay { Why: Verifier.CannotSayReason.UnknownSigner } && QrCode.IsCode(shown.Text)))
        {
            // A live code names no credential but its holder, to us alone: the register is asked, which also records it.
            var told = await online.CheckAsync(shown.Text, by.Id.ToString("N"), by.Actor, cancel);
            if (told is not Verifying.Verdict.NotValid { Reason: Verifying.NotValidReason.NotOurs })
            {
                return Of(told);
            }
        }
        await RecordAsync(by, purpose, verdict);
        return verdict switch
        {
            Check.Valid v => new("valid", Form: Snake(v.Form.ToString()), IsBound: v.IsBound, AsOf: Instant.FromDateTimeOffset(v.AsOf)),
            Check.NotValid n => new("not_valid", Snake(n.Why.ToString()), n.Reason.Code()),
            Check.CannotSay c => new("cannot_say", Snake(c.Why.ToString()), c.Reason.Code()),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private ValueTask RecordAsync(RegisteredVerifier by, string purpose, Check verdict) =>
        verdict.Status is { } status && lists.ListOf(status.Uri) is { } list && status.Index <= int.MaxValue
            ? new(recorder.RecordAsync(by.Actor, WhereRoot + purpose, new StatusPlace(list, (int)status.Index)))
            : ValueTask.CompletedTask;

    private Instant? AsOf(Check verdict) => verdict.Status is { } status ? lists.Look(status.Uri, status.Index)?.AsOf : null;

    private CheckOptions Options(Shown? shown) => new()
    {
        Fresh = reference => lists.Look(reference.Uri, reference.Index) is { } place ? new FreshStatus((int?)place.Status, place.AsOf.ToDateTimeOffset()) : null,
        SdJwt = new SdJwtOptions { Purposes = trust.Purposes, KeyBinding = shown is { Audience: { } audience, Nonce: { } nonce } ? new KeyBinding(audience, nonce) : null },
        Mdoc = new MdocOptions { Purposes = trust.Purposes },
        Qr = new QrOptions { Purposes = trust.Purposes },
        Session = shown?.Transcript is { } transcript ? new MdocSession(transcript) : null,
    };

    private static CheckAnswer Of(Verifying.Verdict verdict) => verdict switch
    {
        Verifying.Verdict.Valid v => new("valid", Form: "qr_live", IsBound: false, AsOf: v.AsOf),
        Verifying.Verdict.NotValid n => new("not_valid", Snake(n.Reason.ToString())),
        Verifying.Verdict.CannotSay c => new("cannot_say", Snake(c.Reason.ToString())),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string WordOf(CredentialStatus status) => status switch
    {
        CredentialStatus.Valid => "valid",
        CredentialStatus.Invalid => "invalid",
        CredentialStatus.Suspended => "suspended",
        _ => "frozen",
    };

    private static string Snake(string name) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
