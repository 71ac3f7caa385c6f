using NodaTime;

namespace Muqeem.Agencies;

/// <summary>Somebody at our page says to be this person: the person is asked on the own phone.</summary>
/// <param name="Service">What the person is asked to agree to, as the app shows it: <see cref="FederatedSignIn.Service"/>.</param>
public sealed record SignInRequestOrder(string ResidentNumber, string Service);

/// <summary>The person is being asked. One request of a person is open at a time: this one ended the one before.</summary>
/// <param name="Number">10 to 99: shown by us, and to be picked on the phone among others.</param>
/// <param name="Until">Until when it can be picked.</param>
public sealed record SignInRequestOpened(string Source, Instant AsOf, Guid Transaction, int Number, Instant Until) : IAgencyRecord
{
    public const int Least = 10, Most = 99;

    public string? BrokenField() => this switch
    {
        _ when Transaction == Guid.Empty => "transaction",
        _ when Number is < Least or > Most => "number",
        _ when Until <= AsOf => "until",
        _ => null,
    };
}

public enum SignInRequestState { Waiting, Completed, Rejected, Expired }

/// <summary>How a request stands.</summary>
/// <param name="ResidentNumber">Who picked the right number; with <see cref="SignInRequestState.Completed"/> only, as is <paramref name="ConfirmedAt"/>.</param>
public sealed record SignInRequestStanding(string Source, Instant AsOf, Guid Transaction, SignInRequestState State, string? ResidentNumber, Instant? ConfirmedAt) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when Transaction == Guid.Empty => "transaction",
        _ when State == SignInRequestState.Completed && !Shape.Resident(ResidentNumber) => "residentNumber",
        _ when State == SignInRequestState.Completed && (ConfirmedAt is null || ConfirmedAt > AsOf) => "confirmedAt",
        _ => null,
    };
}

/// <summary>The State's own sign-in: the person picks a number on the phone that was enrolled with the agency.</summary>
public sealed class FederatedSignIn(AgencyLine line)
{
    public const string Name = "FederatedSignIn";

    /// <summary>The one thing we ask people to agree to.</summary>
    public const string Service = "SIGN_IN";

    /// <summary>Whether there is an agency to ask.</summary>
    public bool IsConfigured => line.Settings.Url is not null;

    /// <summary>Not found: nobody with this number uses the app.</summary>
    public Task<AgencyAnswer<SignInRequestOpened>> RequestAsync(string residentNumber, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<SignInRequestOpened>("request", HttpMethod.Post, "requests", new SignInRequestOrder(residentNumber, Service), requestId, cancel);

    public Task<AgencyAnswer<SignInRequestStanding>> StandingAsync(Guid transaction, CancellationToken cancel = default) =>
        line.GetAsync<SignInRequestStanding>("state", $"requests/{transaction}", Duration.Zero, cancel);
}
