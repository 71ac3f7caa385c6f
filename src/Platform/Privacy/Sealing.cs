using Muqeem.Kernel;

namespace Muqeem.Platform.Privacy;

/// <summary>How long personal data is kept, and so which data key seals it: one key per (person, class). Erasure destroys the key.</summary>
public enum RetentionClass
{
    /// <summary>Who the person is: names, birth, numbers.</summary>
    Identity,

    /// <summary>Sign-in: mobile, e-mail, authenticator.</summary>
    Account,

    /// <summary>Applications: drafts, requests, facts, comparisons, decisions.</summary>
    Case,

    /// <summary>Uploads: passport page, photo, evidence.</summary>
    Document,

    /// <summary>Bills, receipts, refunds.</summary>
    Payment,

    /// <summary>Notices and messages.</summary>
    Message,
}

/// <summary>Whose data, of which class, in which table and row. All of it is associated data of the encryption: a blob moved elsewhere does not open.</summary>
public readonly record struct SealContext(PersonId Person, RetentionClass Class, string Table, Guid Row);

/// <summary>Sealed personal data (AES-256-GCM under the person's data key) with the salted commitment of its plaintext for the journal. Only <see cref="ReadDoor"/> opens it.</summary>
public sealed record SealedBytes(byte[] Cipher, byte[] Commitment);

/// <summary>A data key that this change made, wrapped by the key-encryption key.</summary>
public sealed record NewDataKey(PersonId Person, RetentionClass Class, byte[] Wrapped, string WrappedBy);

/// <summary>Why personal data is read. The words the resident sees come from the texts <c>sys.purpose.*</c>.</summary>
public enum Purpose
{
    Self,
    SignIn,
    DecideCase,
    CheckRecords,

    /// <summary>Suspending, releasing or revoking an ID.</summary>
    DecideDocument,
    IssueDocument,
    VerifyDocument,
    Payment,
    Notify,
    Audit,
    Operate,

    /// <summary>An agency is told how a residence or an ID stands.</summary>
    InformAgency,
}

/// <summary>One recorded read: a request's row with its subjects.</summary>
public sealed record AccessEntry(Guid Id, NodaTime.Instant At, Writing.Actor Reader, Purpose Purpose, CaseId? Case, string Where, IReadOnlyList<PersonId> Subjects);
