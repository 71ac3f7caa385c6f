using Muqeem.Agencies;
using Muqeem.Platform.Background;

namespace Muqeem.Host.Wiring;

/// <summary>What an agency's answer means for the message that asked for it.</summary>
internal static class AgencyOutcomes
{
    /// <summary>To be sent again, and why: the agency is silent, or broke its contract. Null: it answered, be it that it knows nothing of it.</summary>
    public static OutboxResult? NotNow<T>(this AgencyAnswer<T> answer) where T : class => answer switch
    {
        AgencyAnswer<T>.Unavailable none => new OutboxResult.Again("agency." + none.Reason),
        AgencyAnswer<T>.Broken broken => new OutboxResult.Again("agency.broken:" + broken.Field),
        _ => null,
    };
}
