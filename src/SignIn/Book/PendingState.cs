using Muqeem.Kernel;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.SignIn.Book;

/// <summary>Where a registration stands.</summary>
internal enum PendingStep
{
    Waiting,
    Code,
    Contact,
    ContactCode,
    Profile,
    Password,
    Authenticator,
    RecoveryCodes,
    Done,
}

/// <summary>All of a registration under way; sealed. Whether the details agreed is only in here.</summary>
internal sealed record PendingState
{
    public const string Mark = "registration";

    public int Schema { get; init; } = 1;
    public string Kind { get; init; } = Mark;
    public PendingStep Step { get; init; }
    public required string Language { get; init; }
    public required string NumberKind { get; init; }
    public required string Number { get; init; }
    public required BirthDate Birth { get; init; }
    public required string Passport { get; init; }
    public string? PassportIssuer { get; init; }

    /// <summary>Number, birth date and passport are those of one person of the register, who has no account. Otherwise nothing in here ever goes further.</summary>
    public bool Agreed { get; init; }
    public string? WaitingFor { get; init; }
    public Instant? RetryAt { get; init; }
    public PersonRecord? Person { get; init; }
    public Guid? Code { get; init; }
    public bool ProvedByMobile { get; init; }
    public ContactKind? ContactKind { get; init; }
    public string? ContactValue { get; init; }
    public Guid? ContactCode { get; init; }
    public ProfileProposal? Proposal { get; init; }
    public AccountProfile? Profile { get; init; }
    public string? Password { get; init; }
    public byte[]? Secret { get; init; }
    public long SecretStep { get; init; }
    public IReadOnlyList<string>? RecoveryCodes { get; init; }
    public byte[]? RecoverySalt { get; init; }
    public byte[]? RecoveryHashes { get; init; }
}

/// <summary>Where a recovery of access stands.</summary>
internal enum RecoveryAt
{
    Waiting,
    Code,
    Factor,
    Cooling,
    Password,
    Done,
}

/// <summary>All of a recovery under way; sealed, in the same table as registrations and told apart by <see cref="Kind"/>.</summary>
internal sealed record RecoveryState
{
    public const string Mark = "recovery";

    public int Schema { get; init; } = 1;
    public string Kind { get; init; } = Mark;
    public RecoveryAt Step { get; init; }
    public required string Language { get; init; }
    public Details? Details { get; init; }

    /// <summary>Only when details and account belong together. Otherwise nothing in here ever goes further.</summary>
    public Guid? Account { get; init; }
    public string? AccountLanguage { get; init; }
    public string? WaitingFor { get; init; }
    public Instant? RetryAt { get; init; }
    public Guid? Code { get; init; }
    public int FactorTries { get; init; }
    public Instant? CoolingSince { get; init; }
    public Instant? DueAt { get; init; }
}
