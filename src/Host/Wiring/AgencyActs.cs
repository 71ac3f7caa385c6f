using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Host.Wiring;

/// <summary>Something that an agency tells of its record of a person, as one act: the event, what follows from it, and the person's cases under way. Once by the agency's own id of the event, and only if nothing newer was told.</summary>
internal sealed class AgencyActs(AgencyEvents events, CaseEngine engine, IWriter writer, TimeProvider clock)
{
    /// <summary>As far as two clocks may differ. What is told of later than now would outdate whatever their record says until then.</summary>
    public static readonly Duration ClocksDiffer = Duration.FromMinutes(5);

    /// <summary>So many lost races in a row are no coincidence.</summary>
    private const int Attempts = 20;

    /// <param name="what">The agency's own id of the event, under the name of its kind: told again, or found by comparing, it is the same operation.</param>
    /// <param name="digest">Of what was told.</param>
    /// <param name="follow">What else changes with it.</param>
    /// <returns>Null: something newer was told of the same thing, or it is told of a time to come, and nothing follows.</returns>
    public async Task<WriteOutcome?> DoAsync(string verb, string what, byte[] digest, AgencyEvent told, Func<Change, Task> follow, WriteClass @class, CancellationToken cancel)
    {
        if (told.At > clock.Now() + ClocksDiffer)
        {
            return null;
        }
        for (var attempt = 1; ; attempt++)
        {
            var change = new Change(new Act(ActId.New(clock), verb, Actor.Agency(told.Agency), Names.IdOf(what), digest, clock.Now()) { Person = told.Person });
            var newer = await events.PutAsync(change, told, cancel);
            if (newer)
            {
                await follow(change);
                await engine.InterruptAsync(change, told.Person, told.Kind, cancel);
            }
            var outcome = await writer.WriteAsync(change, @class, cancel);
            if (outcome is not WriteOutcome.Conflict)
            {
                return outcome;
            }
            if (!newer || attempt == Attempts)
            {
                return newer ? outcome : null;
            }
        }
    }
}
