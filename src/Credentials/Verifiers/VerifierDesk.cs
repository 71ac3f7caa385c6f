using Muqeem.Credentials.Live;
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
/// <param name="Word"><c>valid</c>, <c>invalid</c>, <c>suspended</c>, <c>frozen</c>, <c>expired</c>, <c>not_yet_valid</c>, <c>unknown</c> (no credential of ours stands there), <c>cannot_say</c>.</param>
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

/// <summary>
/// Answers registered verifiers. Statuses of places come from the lists in memory. What is shown is verified by the library that verifiers have; how it stands the registers say, as they say it to anybody,
/// with the look that records for the resident who checked and what for.
/// </summary>
public sealed class VerifierDesk(StatusLists lists, OwnSigners signers, CheckRecorder recorder, Verification online, Func<LiveCodeRules> rules, TimeProvider clock)
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
        var verdict = Look(credential, Options(null));
        if (verdict.Status is not null)
        {
            return await RecordAsync(by, purpose, verdict) is { } found ? new(StatusOf(found.Against), found.AsOf) : new("unknown", clock.Now());
        }
        return verdict switch
        {
            Check.NotValid { Why: Verifier.NotValidReason.Expired } => new("expired", clock.Now()),
            Check.NotValid => new("unknown", clock.Now()),
            _ => new("cannot_say", null),
        };
    }

    /// <summary>The verdict on what is shown.</summary>
    public async ValueTask<CheckAnswer> CheckAsync(RegisteredVerifier by, string purpose, Shown shown, CancellationToken cancel) => (await IdentifyAsync(by, purpose, shown, cancel)).Answer;

    /// <summary>The verdict, and for us alone whose it is: only of a valid ID that its holder has just proved to be there, by its key or by a live code.</summary>
    public async ValueTask<(CheckAnswer Answer, PersonId? Present)> IdentifyAsync(RegisteredVerifier by, string purpose, Shown shown, CancellationToken cancel)
    {
        var verdict = Look(shown.Text, Options(shown));
        if (verdict is Check.Valid { Form: IdForm.QrLive } or Check.NotValid { Why: Verifier.NotValidReason.NotOurs })
        {
            // A live code names no credential but its holder, to us alone: the register is asked, which also records it. So it is with a short code, which is none of the library's forms.
            var (told, holder) = await online.IdentifyAsync(shown.Text, by.Id.ToString("N"), by.Actor, WhereRoot + purpose, cancel);
            return (Of(told, verdict), told is Verifying.Verdict.Valid && verdict is Check.Valid ? holder : null);
        }
        PersonId? person = null;
        if (verdict.Status is not null)
        {
            var found = await RecordAsync(by, purpose, verdict);
            if (found?.Against is { } against)
            {
                return (Of(against, null), null);
            }
            person = found?.Person;
            verdict = found is null ? IdVerifier.Refuse(Reason.StatusIndexOutOfRange) : verdict is Check.Valid good ? good with { AsOf = found.AsOf.ToDateTimeOffset() } : verdict;
        }
        return verdict switch
        {
            Check.Valid v => (new CheckAnswer("valid", Form: Snake(v.Form.ToString()), IsBound: v.IsBound, AsOf: Instant.FromDateTimeOffset(v.AsOf)), v.IsBound ? person : null),
            Check.NotValid n => (new CheckAnswer("not_valid", Snake(n.Why.ToString()), n.Reason.Code()), null),
            Check.CannotSay c => (new CheckAnswer("cannot_say", Snake(c.Why.ToString()), c.Reason.Code()), null),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>We know every signer of ours: one that is unknown after another look into the key store is a forger's.</summary>
    private Check Look(string text, CheckOptions options)
    {
        var verdict = signers.Verifier.Check(text, clock.GetUtcNow(), options);
        if (verdict is not Check.CannotSay { Why: Verifier.CannotSayReason.UnknownSigner })
        {
            return verdict;
        }
        signers.Refresh();
        verdict = signers.Verifier.Check(text, clock.GetUtcNow(), options);
        return verdict is Check.CannotSay { Why: Verifier.CannotSayReason.UnknownSigner } stranger ? new Check.NotValid(Verifier.NotValidReason.Forged, stranger.Reason) : verdict;
    }

    private Task<CredentialInRegister?> RecordAsync(RegisteredVerifier by, string purpose, Check verdict) =>
        verdict.Status is { } status && lists.ListOf(status.Uri) is { } list && status.Index <= int.MaxValue
            ? recorder.RecordAsync(by.Actor, WhereRoot + purpose, new StatusPlace(list, (int)status.Index))
            : Task.FromResult<CredentialInRegister?>(null);

    private CheckOptions Options(Shown? shown) => new()
    {
        // Signature, dates and proof are the library's to judge; what stands at the place the registers say afterwards.
        Fresh = _ => new FreshStatus(StatusList.Valid, clock.GetUtcNow()),
        SdJwt = new SdJwtOptions { Purposes = signers.Purposes, KeyBinding = shown is { Audience: { } audience, Nonce: { } nonce } ? new KeyBinding(audience, nonce) : null },
        Mdoc = new MdocOptions { Purposes = signers.Purposes },
        Qr = new QrOptions { Tolerance = rules().Tolerance.ToTimeSpan(), Purposes = signers.Purposes },
        Session = shown?.Transcript is { } transcript ? new MdocSession(transcript) : null,
    };

    /// <param name="read">What the library read in it.</param>
    private static CheckAnswer Of(Verifying.Verdict verdict, Check read) => verdict switch
    {
        Verifying.Verdict.Valid v => new("valid", Form: "qr_live", IsBound: false, AsOf: v.AsOf),
        Verifying.Verdict.NotValid n => Of(n.Reason, (read as Check.NotValid)?.Reason.Code()),
        Verifying.Verdict.CannotSay c => new("cannot_say", Snake(c.Reason.ToString())),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The same reasons whatever the form: in the library's words, and the code says whether it is the ID or the residence.</summary>
    /// <param name="otherwise">The code where the registers have nothing to say.</param>
    private static CheckAnswer Of(Verifying.NotValidReason why, string? otherwise)
    {
        (string, string?) words = why switch
        {
            Verifying.NotValidReason.DocumentSuspended => ("suspended", Reason.StatusSuspended.Code()),
            Verifying.NotValidReason.DocumentFrozen => ("frozen", Reason.StatusFrozen.Code()),
            Verifying.NotValidReason.Superseded or Verifying.NotValidReason.DocumentLost or Verifying.NotValidReason.DocumentDamaged or Verifying.NotValidReason.DocumentRevoked or Verifying.NotValidReason.DocumentEnded =>
                ("revoked", Reason.StatusRevoked.Code()),
            Verifying.NotValidReason.DocumentExpired => ("expired", "document_expired"),
            Verifying.NotValidReason.CodeTooOld => ("proof_too_old", Reason.QrProofTooOld.Code()),
            Verifying.NotValidReason.NotYet => ("not_yet_valid", "residence_not_yet"),
            Verifying.NotValidReason.Expired => ("expired", "residence_expired"),
            Verifying.NotValidReason.Suspended => ("suspended", "residence_suspended"),
            Verifying.NotValidReason.Ended => ("ended", "residence_ended"),
            Verifying.NotValidReason.Revoked => ("revoked", "residence_revoked"),
            _ => (Snake(why.ToString()), otherwise),
        };
        return new("not_valid", words.Item1, words.Item2);
    }

    /// <summary>As the words of a status list, and those that only the registers know.</summary>
    private static string StatusOf(Verifying.NotValidReason? against) => against switch
    {
        null => "valid",
        Verifying.NotValidReason.DocumentSuspended or Verifying.NotValidReason.Suspended => "suspended",
        Verifying.NotValidReason.DocumentFrozen => "frozen",
        Verifying.NotValidReason.DocumentExpired or Verifying.NotValidReason.Expired => "expired",
        Verifying.NotValidReason.NotYet => "not_yet_valid",
        _ => "invalid",
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
