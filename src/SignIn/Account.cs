using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>Whose account it is.</summary>
public enum AccountKind
{
    Resident,
    Office,
}

/// <summary>Where an account stands.</summary>
public enum AccountState
{
    /// <summary>Opened without a proof that holds: may apply, sees nothing of the records.</summary>
    Registered,
    Active,

    /// <summary>Stopped by the holder or an operator; no sign-in.</summary>
    Suspended,

    /// <summary>The residence ended: may sign in, read its own records and ask for refunds, from anywhere.</summary>
    Closed,

    /// <summary>Taken from a person who was not the one; the real one may open another.</summary>
    Released,
}

/// <summary>How it was shown that the holder is the person of the record.</summary>
public enum Proofing
{
    None,

    /// <summary>A code to the mobile that the register holds in the person's name.</summary>
    Mobile,

    /// <summary>An officer saw the person and the passport.</summary>
    Officer,

    /// <summary>The employer of the record vouched.</summary>
    Employer,

    /// <summary>A kiosk compared the biometrics.</summary>
    Kiosk,

    /// <summary>Staff, appointed by two others.</summary>
    Office,
}

/// <summary>What somebody in the office may do. Only officer and supervisor go together.</summary>
[Flags]
public enum OfficeRole
{
    None = 0,
    Officer = 1,
    Supervisor = 2,
    Auditor = 4,
    Operator = 8,
}

/// <summary>An account, without what is sealed.</summary>
/// <param name="Office">Code of the office an officer serves.</param>
public sealed record Account(AccountId Id, PersonId Person, AccountKind Kind, AccountState State, Proofing Proofing, OfficeRole Roles, string? Office, string Language, Instant CreatedAt);

/// <summary>Name, occupation and place of residence as confirmed when the account was opened.</summary>
public sealed record AccountProfile
{
    public int Schema { get; init; } = 1;
    public required Sourced Name { get; init; }
    public Sourced? NameArabic { get; init; }
    public required Sourced Occupation { get; init; }
    public required Sourced Place { get; init; }
}

/// <summary>A value and where it comes from.</summary>
/// <param name="Source">One of <see cref="ProfileSources"/>.</param>
public sealed record Sourced(string Value, string Source);

/// <summary>Where a profile's values come from. Texts: <c>account.source.*</c>.</summary>
public static class ProfileSources
{
    public const string Register = "register";
    public const string Labour = "labour";
    public const string Address = "address";
    public const string Typed = "typed";
}

/// <summary>How a holder is reached.</summary>
public enum ContactKind
{
    /// <summary>A Saudi mobile: takes codes.</summary>
    Mobile,

    /// <summary>A second number abroad: takes notices, and codes where the mobile cannot be reached.</summary>
    ForeignMobile,

    /// <summary>Takes notices; never a code for signing in.</summary>
    Email,
}

/// <summary>A channel to the holder, masked unless it was opened for the holder.</summary>
public sealed record Contact(Guid Id, ContactKind Kind, string Value, Instant Since, Instant? Until);

/// <summary>The answer of a verb that has nothing to say but yes or no.</summary>
public abstract record Answer
{
    private Answer() { }

    public sealed record Done : Answer;

    /// <summary>No, and why; codes have texts <c>refusal.*</c>.</summary>
    public sealed record Refused(IReadOnlyList<Refusal> Refusals) : Answer
    {
        public Refused(Refusal refusal) : this([refusal]) { }
    }

    /// <summary>The database is busy or away: 503, and again with the same operation id.</summary>
    public sealed record Busy(TimeSpan RetryAfter) : Answer;
}
