using Muqeem.Platform.Policies;
using Muqeem.Platform.Signatures;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Verifiers;

public enum VerifierKind
{
    Bank,
    Airline,
    Police,
    Employer,
}

/// <summary>What a verifier may ask. A batch is so many of either.</summary>
public enum VerifierOperation
{
    /// <summary>How a credential stands, by its place in a list or by itself.</summary>
    Status,

    /// <summary>Whether what somebody shows is real, theirs and good now.</summary>
    Presentation,

    /// <summary>To be told when the ID of somebody who consents changes how it stands.</summary>
    Subscription,
}

/// <summary>One thing that a verifier may do. What is not granted is refused.</summary>
/// <param name="Purpose">A code of the policy <c>verifier.purposes</c>.</param>
public sealed record Grant(VerifierOperation Operation, string Purpose)
{
    public override string ToString() => $"{Operation.ToString().ToLowerInvariant()}:{Purpose}";

    /// <summary><c>presentation:open_account</c>; null when it is none.</summary>
    public static Grant? Of(string text) =>
        text.Split(':') is [var operation, { Length: > 0 } purpose] && Enum.TryParse<VerifierOperation>(operation, ignoreCase: true, out var known) && Enum.IsDefined(known) && operation == known.ToString().ToLowerInvariant()
            ? new(known, purpose) : null;
}

/// <summary>Who may check IDs by program, under a name that the resident is told.</summary>
/// <param name="RowVersion">For compare-and-set.</param>
/// <param name="PerMinute">Also the most at once.</param>
public sealed record RegisteredVerifier(
    Guid Id, long RowVersion, VerifierKind Kind, string NameArabic, string NameEnglish, bool IsActive, IReadOnlySet<Grant> Grants, int PerMinute, int PerDay, Instant AddedAt, Instant? EndedAt)
{
    public Actor Actor { get; } = Actor.Verifier(Id);

    public string NameIn(string language) => language == "ar" ? NameArabic : NameEnglish;
}

/// <summary>A public key by which a verifier signs. Shared by threads.</summary>
public sealed class VerifierKey
{
    private readonly KeyLine _line;
    private readonly MessageKey _key;

    internal VerifierKey(KeyLine line)
    {
        _line = line;
        _key = new(line.KeyId, line.Algorithm, line.PublicKey);
    }

    public Guid Id => _line.Id;
    public Guid Verifier => _line.VerifierId;

    /// <summary>The thumbprint of RFC 7638: what a signature names.</summary>
    public string KeyId => _line.KeyId;
    public string Algorithm => _line.Algorithm;
    public bool IsActive => _line.State == KeyLine.Active;

    internal KeyLine Line => _line;

    public bool Made(HttpSignature signature) => _key.Made(signature);
}

/// <summary>A key as the table has it.</summary>
/// <param name="PublicKey">SubjectPublicKeyInfo of P-256; the 32 bytes of Ed25519.</param>
internal sealed record KeyLine(Guid Id, long RowVersion, Guid VerifierId, string KeyId, string Algorithm, byte[] PublicKey, string State, Instant AddedAt, Instant? EndedAt)
{
    public const string Active = "ACTIVE", Revoked = "REVOKED";
}

/// <summary>From the policies.</summary>
/// <param name="Purposes">What may be named as a purpose at all.</param>
/// <param name="Signature">How far the time of a signature may be from ours.</param>
/// <param name="Session">For how long the secret of a session counts.</param>
/// <param name="Batch">Questions of one batch.</param>
/// <param name="ProposalLife">Time for a second operator.</param>
public sealed record VerifierRules(IReadOnlyList<string> Purposes, int PerMinute, int PerDay, int Batch, Duration Signature, Duration Session, Duration ProposalLife)
{
    public static VerifierRules Of(PolicySnapshot policies, LocalDate on) => new(
        policies.Get<IReadOnlyList<string>>("verifier.purposes", on),
        policies.Get<int>("verifier.per_minute", on),
        policies.Get<int>("verifier.per_day", on),
        policies.Get<int>("verifier.batch_most", on),
        Duration.FromSeconds(policies.Get<int>("verifier.signature_seconds", on)),
        Duration.FromMinutes(policies.Get<int>("verifier.session_minutes", on)),
        Duration.FromHours(policies.Get<int>("verifier.proposal_hours", on)));
}
