using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Services.ExitReentryVisa;

namespace Muqeem.Host.Wiring;

/// <summary>What happened at the alien register: told by its call, or found when the records were compared. The register's own id of the event makes it happen once, whichever way we hear of it.</summary>
internal sealed class RegisterEvents(Persons persons, Residences residences, ReadDoor door, IWriter writer, TimeProvider clock)
{
    /// <summary>Somebody crossed the border on a visa of ours. Null: on none.</summary>
    public static async Task<CaseOutcome?> CrossedAsync(CaseEngine engine, ExitVisas visas, BorderEvent crossing, CancellationToken cancel)
    {
        if (crossing.VisaNumber is not { } number || await visas.ByNumberAsync(number, cancel) is not { } visa)
        {
            return null;
        }
        var act = crossing.Direction == MovementDirection.Out ? InstrumentActs.Exit
            : visa.Single || visa.State == VisaStates.ExpiredOut ? InstrumentActs.Entry
            : ExitReentryVisa.EntryForAnother;
        var operation = new Operation(Actor.Agency(AlienRegister.Name), Names.IdOf("border:" + crossing.EventId), Digest.Of("border", crossing.EventId, crossing.Direction.ToString(), number));
        return await engine.InstrumentAsync(operation, visa.Case, null, act, Cases.Definition.By.Border, crossing.At.DayInRiyadh(), cancel);
    }

    /// <summary>A passport was renewed: our copy of the record follows.</summary>
    public async Task<WriteOutcome> PassportAsync(PersonId person, PassportIssued issued, CancellationToken cancel)
    {
        var change = ActOf("person.passport", person, "passport:" + issued.EventId);
        var record = await OpenAsync(change, person, cancel);
        await persons.UpdateAsync(change, person, record, record with { PassportNumber = issued.Passport.Number }, alive: (await persons.DeadAsync([person], cancel)).Count == 0);
        return await writer.WriteAsync(change, WriteClass.Bulk, cancel);
    }

    /// <summary>Somebody died: the residence ends that day, and whoever was told of it is told.</summary>
    public async Task<WriteOutcome> DiedAsync(PersonId person, DeathRecorded death, CancellationToken cancel)
    {
        var change = ActOf("person.death", person, "death:" + death.EventId);
        var record = await OpenAsync(change, person, cancel);
        await persons.UpdateAsync(change, person, record, record, alive: false);
        if (await residences.OfAsync(person, cancel) is { EndReason: null } residence)
        {
            residences.End(change, residence, death.On, EndReasons.Death);
            Performer.TellEnded(change, residence, death.On, clock);
        }
        return await writer.WriteAsync(change, WriteClass.Bulk, cancel);
    }

    private Change ActOf(string verb, PersonId person, string what) =>
        new(new Act(ActId.New(clock), verb, Actor.Agency(AlienRegister.Name), Names.IdOf(what), Digest.Of(what), clock.Now()) { Person = person });

    private Task<PersonRecord> OpenAsync(Change change, PersonId person, CancellationToken cancel) =>
        persons.OpenAsync(door.Within(change, change.Act!.Actor, Purpose.CheckRecords, change.Act.Verb, person), person, cancel);
}
