using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier;

/// <summary>What an ID was shown as.</summary>
public enum IdForm
{
    SdJwt,
    Mdoc,
    QrCard,
    QrLive,
}

/// <summary>Why an ID does not count, in the words of whoever looks at it; <see cref="Reason"/> says more to who has to find a fault.</summary>
public enum NotValidReason
{
    /// <summary>None of the forms of our ID.</summary>
    NotOurs,

    /// <summary>Begins like ours and does not hold together.</summary>
    Malformed,

    /// <summary>Not what a signer of ours signed.</summary>
    Forged,
    Expired,
    NotYetValid,
    Revoked,
    Suspended,

    /// <summary>Stopped for the time being at the wish of the holder or of a court.</summary>
    Frozen,

    /// <summary>A genuine proof of before: the holder makes a new one.</summary>
    ProofTooOld,

    /// <summary>The holder did not prove that the ID is theirs, or proved it to somebody else.</summary>
    NotHolder,
}

/// <summary>Why there is no answer. Neither good nor bad is to be concluded from it.</summary>
public enum CannotSayReason
{
    /// <summary>No status list for it is here, or only one that is too old.</summary>
    NoFreshStatus,

    /// <summary>A signer that is not known here; a newer bundle may know it.</summary>
    UnknownSigner,

    /// <summary>It is from the future: clocks disagree.</summary>
    Clock,
}

/// <summary>A claim as it may be shown to a person.</summary>
/// <param name="Name">A JSON pointer without its first slash, <c>namespace/element</c>, a claim 169 number as <c>169/4</c>, or <c>age_over_18</c>.</param>
/// <param name="Text">Empty when the value is bytes.</param>
public sealed record ShownClaim(string Name, string Text, ReadOnlyMemory<byte> Bytes = default);

/// <summary>The answer to "is this ID real and good now?".</summary>
public abstract record Verdict
{
    private Verdict() { }

    /// <summary>Where the state of the credential stands, once its signature was found right; null of a live code, and before.</summary>
    public StatusReference? Status { get; init; }

    /// <param name="AsOf">How fresh the answer is: when the status list, or the live code itself, was made.</param>
    /// <param name="IsBound">Whether the holder proved in this session that the ID is theirs. A printed code and a bare credential never are: compare the photo.</param>
    public sealed record Valid(IdForm Form, IReadOnlyList<ShownClaim> Claims, DateTimeOffset AsOf, bool IsBound, Signer Signer) : Verdict;

    public sealed record NotValid(NotValidReason Why, Reason Reason) : Verdict;

    /// <param name="NewestAsOf">Of the newest status list that is here; null when there is none.</param>
    public sealed record CannotSay(CannotSayReason Why, Reason Reason, DateTimeOffset? NewestAsOf = null) : Verdict;
}
