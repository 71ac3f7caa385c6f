using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using NodaTime;

namespace Muqeem.Host.Wiring;

/// <summary>Plays the engine's due rows. The operation id of each is made of the row, so two processes that play one row play it once.</summary>
internal static class Deadlines
{
    public static void Register(IServiceProvider services)
    {
        var engine = services.GetRequiredService<CaseEngine>();
        services.GetRequiredService<Jobs>().Every("cases.due", Duration.FromSeconds(1), async (_, cancel) =>
        {
            while (await ReadDoor.RunAsync(async () => (await engine.PlayDueAsync(100, cancel)).Played) == 100)
            {
            }
        });
    }
}
