using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.SignIn;

namespace Muqeem.Portal.Applying;

/// <summary>What the account knows already: filled in, so that nothing is asked twice.</summary>
internal sealed class Known(Accounts accounts, AddressChanges addresses, ReadDoor door)
{
    public async Task<Dictionary<string, string>> OfAsync(Session session, CancellationToken cancel)
    {
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        var access = door.Enter(session.Actor, Purpose.Self, null, "case.start", session.Person);
        if (await accounts.ProfileAsync(access, session.Account, cancel) is { } profile)
        {
            if (profile.NameArabic is { } name)
            {
                known["nameArabic"] = name.Value;
            }
            if (Reference.Occupation(profile.Occupation.Value) is not null)
            {
                known["occupation"] = profile.Occupation.Value;
            }
        }
        if ((await addresses.ListAsync(access, session.Account, cancel)).FirstOrDefault(a => a.Until is null) is { } address)
        {
            known["shortAddress"] = address.Address.Short;
        }
        return known;
    }
}
