using NodaTime;

namespace Muqeem.SignIn;

/// <summary>Durations and budgets of accounts, codes and sessions, as the policies of a day say.</summary>
public sealed record SignInLimits
{
    public int PasswordLength { get; init; } = 10;
    public int AdultAge { get; init; } = 18;

    public Duration CodeLife { get; init; } = Duration.FromMinutes(10);
    public int CodeTries { get; init; } = 5;
    public Duration CodeResend { get; init; } = Duration.FromSeconds(60);

    /// <summary>Codes sent for one request, the first included.</summary>
    public int CodeSends { get; init; } = 4;

    public Duration RegistrationLife { get; init; } = Duration.FromHours(24);
    public Duration ChallengeLife { get; init; } = Duration.FromMinutes(10);
    public int ChallengeTries { get; init; } = 5;

    public Duration SessionIdle { get; init; } = Duration.FromMinutes(10);
    public Duration SessionLife { get; init; } = Duration.FromHours(12);
    public Duration OfficeIdle { get; init; } = Duration.FromMinutes(15);
    public Duration OfficeLife { get; init; } = Duration.FromHours(10);
    public Duration StepUpLife { get; init; } = Duration.FromMinutes(5);

    /// <summary>Open sessions of one account; one more ends the oldest.</summary>
    public int Sessions { get; init; } = 8;

    public Duration ContactChangeLife { get; init; } = Duration.FromHours(1);
    public Duration CoolDown { get; init; } = Duration.FromHours(24);
    public Duration InvitationLife { get; init; } = Duration.FromHours(72);

    /// <summary>Registrations and recoveries started from one address in an hour. A whole camp may share one.</summary>
    public int StartsPerAddress { get; init; } = 60;

    /// <summary>And for one number, whether it exists or not, in a day.</summary>
    public int StartsPerNumber { get; init; } = 6;

    /// <summary>And by everybody together in an hour, per node: more is an attack, and is said so to the operators.</summary>
    public int StartsInAll { get; init; } = 20_000;

    /// <summary>Wrong passwords for one name from one address before each further try has to wait.</summary>
    public int FreeFailures { get; init; } = 5;
    public Duration FirstDelay { get; init; } = Duration.FromSeconds(15);
    public Duration LongestDelay { get; init; } = Duration.FromMinutes(15);

    /// <summary>Failures from one address, whatever the names, in ten minutes.</summary>
    public int FailuresPerAddress { get; init; } = 100;

    /// <summary>Failures for one name from everywhere in a day that make us tell the holder. They never lock the holder out.</summary>
    public int FailuresToTell { get; init; } = 20;

    /// <summary>Right passwords with a wrong second factor for one account in a day, from devices never seen before.</summary>
    public int FactorFailures { get; init; } = 30;

    /// <summary>Codes sent to one account in a day.</summary>
    public int CodesPerAccount { get; init; } = 20;

    /// <summary>How long the page waits for the phone.</summary>
    public Duration AppLife { get; init; } = Duration.FromMinutes(2);

    /// <summary>Requests to one number's phone in a quarter of an hour, from whatever addresses.</summary>
    public int AppRequestsPerNumber { get; init; } = 3;

    /// <summary>Requests from one address in ten minutes, whatever the numbers.</summary>
    public int AppRequestsPerAddress { get; init; } = 60;

    /// <summary>How often the agency is asked for one request.</summary>
    public int AppAsks { get; init; } = 120;
}
