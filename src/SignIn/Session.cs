using Microsoft.AspNetCore.Http;
using Muqeem.Kernel;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>One signed-in session.</summary>
public readonly record struct SessionId(Guid Value)
{
    public override string ToString() => Value.ToString();
}

/// <summary>What a session may reach.</summary>
public enum SessionLevel
{
    /// <summary>The holder was not yet shown to be the person: may apply, sees nothing of the records.</summary>
    Limited = 1,

    /// <summary>Two factors, and a proofed account.</summary>
    Full = 2,
}

/// <summary>Who is signed in on this request. Get it with <c>HttpContext.SignedIn()</c>.</summary>
/// <param name="SteppedUpUntil">Until when password and second factor count as just given; null when they do not.</param>
/// <param name="SharedPhone">Nothing is remembered on the device: no known device, no stored ID.</param>
public sealed record Session(
    SessionId Id, AccountId Account, PersonId Person, AccountKind Kind, AccountState State, OfficeRole Roles, string? Office, SessionLevel Level, Instant? SteppedUpUntil, bool SharedPhone,
    string Language, Instant CreatedAt, Instant ExpiresAt)
{
    /// <summary>How acts of this session are signed.</summary>
    public Actor Actor => Kind == AccountKind.Office ? Actor.Officer(Account) : Actor.Resident(Account);

    /// <summary>A resident who may see what the records say of the resident.</summary>
    public bool SeesRecords => Kind == AccountKind.Resident && Level == SessionLevel.Full;

    /// <summary>The residence ended: what is there may be read and money asked back, nothing new started.</summary>
    public bool ReadsOnly => State == AccountState.Closed;

    public bool IsOffice => Kind == AccountKind.Office;

    /// <summary>Any of these roles.</summary>
    public bool Has(OfficeRole any) => IsOffice && (Roles & any) != OfficeRole.None;

    public bool IsSteppedUp(Instant now) => SteppedUpUntil > now;
}

/// <summary>The session on a request.</summary>
public static class SessionOnRequest
{
    /// <summary>Who is signed in, or null.</summary>
    public static Session? SignedIn(this HttpContext context) => (context.User as SessionPrincipal)?.Session;

    /// <summary>Who is signed in. Only behind a policy that requires somebody.</summary>
    public static Session MustBeSignedIn(this HttpContext context) => context.SignedIn() ?? throw new InvalidOperationException("The endpoint has no policy that requires a session.");

    /// <summary>Whether the session came as a bearer token, which no other site can make a browser send, rather than as a cookie.</summary>
    public static bool CameByBearer(this HttpContext context) => (context.User as SessionPrincipal)?.ByBearer == true;
}
