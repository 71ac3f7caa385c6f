using Muqeem.Agencies;
using Muqeem.Host.Feeding;
using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;

namespace Muqeem.Host.Wiring;

/// <summary>The feed of events, with what it needs of the register.</summary>
internal static class FeedWiring
{
    /// <summary>How what an agency was told stands in the record of accesses.</summary>
    public const string Where = "feed.events";

    public static void Add(IServiceCollection services, IConfiguration configuration, bool works)
    {
        services.AddFeed(configuration);
        services.AddSingleton<FeedNumbers>(p => (agency, of, cancel) => NumbersAsync(p, agency, of, cancel));
        services.AddSingleton<FeedFollower>();
        if (works)
        {
            services.AddHostedService<FeedWork>();
        }
    }

    /// <summary>One entry for a page, with all whom it names: each person finds it, and a night in which thousands are renewed does not leave a row of its own for each of them.</summary>
    private static Task<IReadOnlyDictionary<Guid, string>> NumbersAsync(IServiceProvider services, string agency, IReadOnlyCollection<(Guid Person, Guid Residence)> of, CancellationToken cancel)
    {
        async Task<IReadOnlyDictionary<Guid, string>> OpenAsync()
        {
            var access = services.GetRequiredService<ReadDoor>().Enter(Actor.Agency(agency), Purpose.InformAgency, null, Where, [.. of.Select(o => new PersonId(o.Person)).Distinct()]);
            return await services.GetRequiredService<ResidenceActs>().NumbersAsync(access, [.. of.Select(o => o.Residence)], cancel);
        }
        return ReadDoor.RunAsync(OpenAsync);
    }
}
