using Muqeem.Credentials.Telling;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Registry;
using Standing = Muqeem.Credentials.Verifying.Standing;

namespace Muqeem.Host.Wiring;

/// <summary>What the verifier is told of a residence: the register's own derived word.</summary>
internal static class Standings
{
    public static async Task<Standing?> OfAsync(IServiceProvider services, PersonId person, CancellationToken cancel)
    {
        var now = services.GetRequiredService<TimeProvider>().Now();
        return await services.GetRequiredService<Residences>().OfAsync(person, cancel) is { } residence
            ? Of(residence, now)
            : null;
    }

    public static async Task<IReadOnlyDictionary<PersonId, Standing>> OfAsync(IServiceProvider services, IReadOnlyCollection<PersonId> persons, CancellationToken cancel)
    {
        var now = services.GetRequiredService<TimeProvider>().Now();
        return (await services.GetRequiredService<Residences>().OfAsync(persons, cancel)).ToDictionary(r => r.Key, r => Of(r.Value, now));
    }

    public static async Task<ResidencesWritten> WrittenSinceAsync(IServiceProvider services, long from, CancellationToken cancel)
    {
        var (persons, next, atEnd) = await services.GetRequiredService<Residences>().WrittenSinceAsync(from, cancel);
        return new(persons, next, atEnd);
    }

    private static Standing Of(Residence residence, NodaTime.Instant now) => new(Word(residence.StandingAt(now)), residence.Until, now) { Next = residence.NextChangeAfter(now) };

    private static ResidenceStanding Word(Registry.Standing standing) => standing switch
    {
        Registry.Standing.Active => ResidenceStanding.Active,
        Registry.Standing.NotYet => ResidenceStanding.NotYet,
        Registry.Standing.Expired => ResidenceStanding.Expired,
        Registry.Standing.Suspended => ResidenceStanding.Suspended,
        Registry.Standing.Absent => ResidenceStanding.Suspended,
        Registry.Standing.Frozen => ResidenceStanding.Suspended,
        Registry.Standing.Revoked => ResidenceStanding.Revoked,
        _ => ResidenceStanding.Ended,
    };
}
