using NodaTime;

namespace Muqeem.Credentials.Verifying;

/// <summary>Why an ID does not count. The text says what the verifier can do.</summary>
public enum NotValidReason
{
    /// <summary>Not one of our codes at all.</summary>
    NotOurs,

    /// <summary>Looks like ours and no key of ours signed it.</summary>
    Forged,

    /// <summary>Genuine and too old: the holder shows a new one.</summary>
    CodeTooOld,

    /// <summary>No short code like this counts now: mistyped, used up or replaced.</summary>
    CodeUnknown,

    /// <summary>A later document took the place of the one shown.</summary>
    Superseded,

    /// <summary>Reported lost or stolen.</summary>
    DocumentLost,
    DocumentDamaged,
    DocumentRevoked,

    /// <summary>The document's own years are over.</summary>
    DocumentExpired,

    /// <summary>There is no document.</summary>
    DocumentEnded,

    /// <summary>The credential has run out: the holder fetches the next one; the ID may well be valid.</summary>
    CredentialExpired,

    /// <summary>The authority has suspended the ID; the residence may be in force.</summary>
    DocumentSuspended,

    /// <summary>The holder has frozen the ID. That says nothing against the holder.</summary>
    DocumentFrozen,
    NotYet,
    Expired,

    /// <summary>The residence, by the register.</summary>
    Suspended,
    Ended,

    /// <summary>The residence, by the register.</summary>
    Revoked,
}

/// <summary>Why there is no answer. Neither good nor bad is to be concluded from it.</summary>
public enum CannotSayReason
{
    /// <summary>The records cannot be reached.</summary>
    Unreachable,

    /// <summary>What is known of the residence is older than allowed.</summary>
    StatusTooOld,

    /// <summary>The code is from the future: clocks disagree.</summary>
    Clock,

    /// <summary>Too many wrong codes from here; try later or scan.</summary>
    TooManyTries,
}

/// <summary>The answer to "is this ID real and good now?". The verifier learns no more than it says.</summary>
public abstract record Verdict
{
    private Verdict() { }

    /// <summary>Key of the sentence for the verifier; placeholders are named in each case.</summary>
    public abstract string TextKey { get; }

    /// <param name="Initials">Of the Latin name, to tell the person from the next in the queue: <c>M. R.</c></param>
    /// <param name="HasPhoto">Whether a photo can be shown on the holder's own screen to compare.</param>
    /// <param name="Until">The last valid day of the residence.</param>
    /// <param name="AsOf">How fresh the answer is.</param>
    /// <param name="Specimen">A demonstration ID: it proves nothing about anybody.</param>
    public sealed record Valid(string Initials, bool HasPhoto, LocalDate Until, Instant AsOf, bool Specimen) : Verdict
    {
        public override string TextKey => Specimen ? "verify.valid.specimen" : "verify.valid";
    }

    public sealed record NotValid(NotValidReason Reason) : Verdict
    {
        public override string TextKey => "verify.not_valid." + Word(Reason.ToString());
    }

    /// <param name="AskAgainAfter">When another try makes sense.</param>
    public sealed record CannotSay(CannotSayReason Reason, Duration AskAgainAfter) : Verdict
    {
        public override string TextKey => "verify.cannot_say." + Word(Reason.ToString());
    }

    /// <summary><c>CodeTooOld</c> becomes <c>code_too_old</c>.</summary>
    private static string Word(string name) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
