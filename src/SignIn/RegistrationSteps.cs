using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>What a newcomer or resident gives to open an account. Texts as typed.</summary>
/// <param name="Number">Resident or border number.</param>
/// <param name="Passport">The passport's number, or the one or two lines at the foot of its page.</param>
public sealed record RegistrationStart(string? Number, string? BirthDay, string? BirthMonth, string? BirthYear, CalendarKind BirthCalendar, string? Passport);

/// <summary>What the profile page sends back. An empty field confirms what the record says.</summary>
public sealed record ProfileAnswers(string? Name, string? NameArabic, string? Occupation, string? Place);

/// <summary>What the records say for the profile; null where no record says anything, or where the visitor may not see it yet.</summary>
public sealed record ProfileProposal(Sourced? Name, Sourced? NameArabic, Sourced? Occupation, Sourced? Place);

/// <summary>Where a registration stands: the page to show. A closed union.</summary>
public abstract record RegistrationStep
{
    private RegistrationStep() { }

    /// <summary>An agency did not answer; nothing was lost. <see cref="Registration.RetryAsync"/> after this time.</summary>
    /// <param name="Agency">Its name; text <c>agency.name</c>.</param>
    public sealed record Waiting(string Agency, Instant RetryAt) : RegistrationStep;

    /// <summary>
    /// A code was sent, if the details agree with the record. <paramref name="SentTo"/> is null whenever they do not, and when the person has an account already: the page says the same
    /// sentence, and no code will fit.
    /// </summary>
    public sealed record EnterCode(string? SentTo, Instant? ResendAt, Instant ExpiresAt) : RegistrationStep;

    /// <summary>The details agree, and the record has no mobile: the visitor gives one, or an e-mail address. The account will see no records until the person is proofed.</summary>
    public sealed record GiveContact : RegistrationStep;

    /// <summary>A code was sent to the number or address that the visitor gave.</summary>
    public sealed record ConfirmContact(ContactKind Kind, string SentTo, Instant? ResendAt, Instant ExpiresAt) : RegistrationStep;

    public sealed record ConfirmProfile(ProfileProposal Proposal) : RegistrationStep;

    public sealed record ChoosePassword(int AtLeast) : RegistrationStep;

    /// <summary>The app's secret, to scan or to type, and a field for its first code.</summary>
    /// <param name="MaySkip">The mobile serves as second factor.</param>
    public sealed record AddAuthenticator(string Secret, string Uri, bool MaySkip) : RegistrationStep;

    /// <summary>The ten codes. They can be shown again until the account is open, and never after.</summary>
    public sealed record KeepRecoveryCodes(IReadOnlyList<string> Codes) : RegistrationStep;
}

/// <summary>The answer of every verb of the registration.</summary>
public abstract record RegistrationAnswer
{
    private RegistrationAnswer() { }

    /// <param name="Token">Set when the registration was just begun: keep it in <see cref="SessionCookies.SetRegistration"/>.</param>
    public sealed record At(RegistrationStep Step, string? Token = null) : RegistrationAnswer;

    /// <summary>What was typed will not do; show the same page with these. <paramref name="Step"/> is null when nothing has begun.</summary>
    public sealed record Refused(IReadOnlyList<Refusal> Refusals, RegistrationStep? Step) : RegistrationAnswer;

    /// <summary>Too many from this address, or for this number; says nothing about the number.</summary>
    public sealed record Wait(Refusal Refusal, Instant OpensAt) : RegistrationAnswer;

    /// <summary>The account is open and the holder signed in.</summary>
    public sealed record Opened(SignedIn SignedIn) : RegistrationAnswer;

    /// <summary>Over, or never begun: start again.</summary>
    public sealed record Gone : RegistrationAnswer;

    public sealed record Busy(TimeSpan RetryAfter) : RegistrationAnswer;
}
