using System.Security.Claims;

namespace Muqeem.SignIn;

/// <summary>The user of a request: the session, and the claims that the framework reads (subject for antiforgery, roles).</summary>
public sealed class SessionPrincipal : ClaimsPrincipal
{
    internal SessionPrincipal(Session session, bool byBearer) : base(IdentityOf(session))
    {
        Session = session;
        ByBearer = byBearer;
    }

    public Session Session { get; }

    internal bool ByBearer { get; }

    private static ClaimsIdentity IdentityOf(Session session)
    {
        var identity = new ClaimsIdentity(MuqeemSession.Scheme, "sub", "role");
        // The account and not the session: a form drawn before stepping up can still be sent after it.
        identity.AddClaim(new Claim("sub", session.Account.ToString()));
        foreach (var role in Enum.GetValues<OfficeRole>())
        {
            if (role != OfficeRole.None && session.Has(role))
            {
                identity.AddClaim(new Claim("role", role.ToString()));
            }
        }
        return identity;
    }
}
