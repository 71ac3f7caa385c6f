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
internal sealed class RegisterEvents(AgencyActs acts, CaseEngine engine, Persons persons, Residences residences, Notices notices, ReadDoor door, TimeProvider clock)
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
    /// <param name="listed">The register lists it as the one to travel on; otherwise it tells that it came, and another may have come since.</param>
    /// <returns>Null: a newer one is known already.</returns>
    public async Task<WriteOutcome?> PassportAsync(PersonId person, PassportIssued issued, bool listed, CancellationToken cancel)
    {
        var (passport, what) = (issued.Passport, "passport:" + issued.EventId);
        var told = new AgencyEvent(AlienRegister.Name, AgencyEventKinds.Passport, person, "", issued.At, "renewed", passport.IssueDate) { Detail = $"{passport.Issuer} {passport.Number}" };
        return await acts.DoAsync("person.passport", what, Digest.Of(what), told, async change =>
        {
            var record = await OpenAsync(change, person, cancel);
            // The one that he had in hand when we asked the register about it is not older than what it tells from before.
            if (record.PassportNumber == passport.Number || (!listed && record.PassportNumber is not null && issued.At < record.AsOf))
            {
                return;
            }
            await persons.UpdateAsync(change, person, record, record with { PassportNumber = passport.Number }, alive: (await persons.DeadAsync([person], cancel)).Count == 0);
            await notices.AddAsync(change, person, "passport_recorded", null, ("passport", passport.Number), ("until", passport.ExpiryDate));
        }, listed ? WriteClass.Bulk : WriteClass.Interactive, cancel);
    }

    /// <summary>Somebody died, or did not after all.</summary>
    /// <returns>Null: something newer was told of it.</returns>
    public Task<WriteOutcome?> DeathAsync(PersonId person, DeathRecorded death, WriteClass @class, CancellationToken cancel) =>
        death.Change == DeathChange.TakenBack ? LivesAsync(person, death, @class, cancel) : DiedAsync(person, death, @class, cancel);

    /// <summary>The residence ends on the day of the death, visas that were not used are cancelled, and whoever was told of them is told.</summary>
    private async Task<WriteOutcome?> DiedAsync(PersonId person, DeathRecorded death, WriteClass @class, CancellationToken cancel)
    {
        var what = "death:" + death.EventId;
        return await acts.DoAsync("person.death", what, Digest.Of(what), new AgencyEvent(AlienRegister.Name, AgencyEventKinds.Death, person, "", death.At, "died", death.On), async change =>
        {
            var record = await OpenAsync(change, person, cancel);
            await persons.UpdateAsync(change, person, record, record, alive: false);
            if (await residences.OfAsync(person, cancel) is { EndReason: null } residence)
            {
                residences.End(change, residence, death.On, EndReasons.Death);
                Performer.TellEnded(change, residence, death.On, clock);
            }
            await engine.EndInstrumentsAsync(change, person, cancel);
        }, @class, cancel);
    }

    /// <summary>
    /// The register took a death back. The person counts as living and hears of it; what the death ended stays ended, for nobody here may give a residence back (open questions): a new ID is applied for, and the notice says so.
    /// </summary>
    private async Task<WriteOutcome?> LivesAsync(PersonId person, DeathRecorded death, WriteClass @class, CancellationToken cancel)
    {
        var what = "death_taken_back:" + death.EventId;
        return await acts.DoAsync("person.death_taken_back", what, Digest.Of(what), new AgencyEvent(AlienRegister.Name, AgencyEventKinds.Death, person, "", death.At, "taken_back", death.On), async change =>
        {
            // The death never reached us: there is nothing to take back.
            if ((await persons.DeadAsync([person], cancel)).Count == 0)
            {
                return;
            }
            var record = await OpenAsync(change, person, cancel);
            await persons.UpdateAsync(change, person, record, record, alive: true);
            if (await residences.OfAsync(person, cancel) is { EndReason: EndReasons.Death, EndedDay: { } day })
            {
                await notices.AddAsync(change, person, "death_taken_back_ended", null, ("day", day));
            }
            else
            {
                await notices.AddAsync(change, person, "death_taken_back", null);
            }
        }, @class, cancel);
    }

    private Task<PersonRecord> OpenAsync(Change change, PersonId person, CancellationToken cancel) =>
        persons.OpenAsync(door.Within(change, change.Act!.Actor, Purpose.CheckRecords, change.Act.Verb, person), person, cancel);
}
