namespace Muqeem.Kernel;

// Typed ids: UUIDv7 made from the injected clock, so that they sort by time and never mix.

/// <summary>A person known to Muqeem, whatever numbers the person has or had.</summary>
public readonly record struct PersonId(Guid Value)
{
    public static PersonId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));
    public override string ToString() => Value.ToString();
}

/// <summary>One recorded act: who did what, when, on whose behalf and why.</summary>
public readonly record struct ActId(Guid Value)
{
    /// <summary>Later than any that this process made before: acts get their places in the journal in the order of their ids.</summary>
    public static ActId New(TimeProvider clock) => new(RisingIds.Next(clock));
    public override string ToString() => Value.ToString();
}

/// <summary>One application (case) for one service.</summary>
public readonly record struct CaseId(Guid Value)
{
    public static CaseId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));
    public override string ToString() => Value.ToString();
}

/// <summary>One sign-in account: a resident's, an officer's.</summary>
public readonly record struct AccountId(Guid Value)
{
    public static AccountId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));
    public override string ToString() => Value.ToString();
}
