using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>The one place that says which limits hold now: the dated policies <c>account.*</c>, <c>code.*</c>, <c>sign_in.*</c>, <c>session.*</c> and <c>recovery.*</c>.</summary>
public sealed class SignInPolicies
{
    private readonly Func<SignInLimits> _limits;

    /// <summary>Fixed limits, for tests.</summary>
    internal SignInPolicies(Func<SignInLimits> limits) => _limits = limits;

    internal SignInPolicies(PolicyBook book, TimeProvider clock)
    {
        (long Version, LocalDate Day, SignInLimits Limits)? read = null;
        _limits = () =>
        {
            var (snapshot, today) = (book.Current, clock.Today());
            if (read is not { } known || known.Version != snapshot.Version || known.Day != today)
            {
                read = known = (snapshot.Version, today, Read(snapshot, today));
            }
            return known.Limits;
        };
    }

    public SignInLimits Now => _limits();

    internal static SignInLimits Read(PolicySnapshot policies, LocalDate on) => new()
    {
        PasswordLength = policies.Get<int>("account.password_length", on),
        AdultAge = policies.Get<int>("account.adult_age", on),
        CodeLife = Duration.FromMinutes(policies.Get<int>("code.minutes", on)),
        CodeTries = policies.Get<int>("code.tries", on),
        CodeResend = Duration.FromSeconds(policies.Get<int>("code.resend_seconds", on)),
        CodeSends = policies.Get<int>("code.sends", on),
        RegistrationLife = Duration.FromHours(policies.Get<int>("account.registration_hours", on)),
        ChallengeLife = Duration.FromMinutes(policies.Get<int>("sign_in.minutes", on)),
        ChallengeTries = policies.Get<int>("sign_in.tries", on),
        SessionIdle = Duration.FromMinutes(policies.Get<int>("session.idle_minutes", on)),
        SessionLife = Duration.FromHours(policies.Get<int>("session.absolute_hours", on)),
        OfficeIdle = Duration.FromMinutes(policies.Get<int>("session.office_idle_minutes", on)),
        OfficeLife = Duration.FromHours(policies.Get<int>("session.office_absolute_hours", on)),
        StepUpLife = Duration.FromMinutes(policies.Get<int>("session.step_up_minutes", on)),
        Sessions = policies.Get<int>("session.open_at_once", on),
        ContactChangeLife = Duration.FromMinutes(policies.Get<int>("contact.change_minutes", on)),
        CoolDown = Duration.FromHours(policies.Get<int>("recovery.cool_down_hours", on)),
        InvitationLife = Duration.FromHours(policies.Get<int>("office.invitation_hours", on)),
        StartsPerAddress = policies.Get<int>("account.starts_per_address_hour", on),
        StartsPerNumber = policies.Get<int>("account.starts_per_number_day", on),
        StartsInAll = policies.Get<int>("account.starts_per_node_hour", on),
        FreeFailures = policies.Get<int>("sign_in.free_failures", on),
        FirstDelay = Duration.FromSeconds(policies.Get<int>("sign_in.first_delay_seconds", on)),
        LongestDelay = Duration.FromMinutes(policies.Get<int>("sign_in.longest_delay_minutes", on)),
        FailuresPerAddress = policies.Get<int>("sign_in.failures_per_address_10_minutes", on),
        FailuresToTell = policies.Get<int>("sign_in.failures_to_tell_day", on),
        FactorFailures = policies.Get<int>("sign_in.factor_failures_day", on),
        AppLife = Duration.FromSeconds(policies.Get<int>("sign_in.app_seconds", on)),
        AppRequestsPerNumber = policies.Get<int>("sign_in.app_per_number_15_minutes", on),
        AppRequestsPerAddress = policies.Get<int>("sign_in.app_per_address_10_minutes", on),
        AppAsks = policies.Get<int>("sign_in.app_asks", on),
        CodesPerAccount = policies.Get<int>("code.per_account_day", on),
    };
}
