using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Host.Wiring;
using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Host.Reconciling;

/// <summary>Residences and visas as the alien register was told of them; crossings, passports and deaths, which it owns.</summary>
internal sealed class RegisterComparison(AlienRegister register, RegisterEvents events, CaseEngine engine, ExitVisas visas) : ComparedAgency
{
    /// <summary>So many lost races for a case's head are no coincidence.</summary>
    private const int Attempts = 5;

    public override string Name => AlienRegister.Name;
    public override string Topic => Performer.RegisterTopic;

    public override async Task<HoldingsAnswer> ChangesAsync(string after, int most, CancellationToken cancel) => HoldingsAnswer.Of(await register.ChangesAsync(after, most, cancel));

    public override async Task<HoldingsAnswer> OfAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel) => HoldingsAnswer.Of(await register.HoldingsAsync(numbers, cancel));

    public override bool Concerns(ComparedPerson person) => person.Residence is not null;

    public override IEnumerable<Disagreement> Compare(ComparedPerson person, IHolding? holding)
    {
        var held = (RegisterHolding?)holding;
        var dies = held?.Death is { Change: DeathChange.Recorded } && person.Alive;
        if (held is { Death: { } death } && (dies || (death.Change == DeathChange.TakenBack && !person.Alive)))
        {
            yield return new("death", "", person.Alive ? null : "died", dies ? Iso(death.On) : death.Change.ToString(),
                new Remedy.CatchUp(async cancel => await events.DeathAsync(person.Person, death, WriteClass.Bulk, cancel) is WriteOutcome.Done or WriteOutcome.Replayed));
        }
        else if (held is { Death: null } && !person.Alive)
        {
            // It told us once, and knows nothing of it: neither of the two can be believed by a program.
            yield return new("death_unknown", "", "died", null, Remedy.Officer);
        }
        // Of whom we never saw a passport we keep none that could be old.
        if (held is { Passport: { } passport } && person.Record.PassportNumber is { } seen && passport.Passport.Number != seen)
        {
            yield return new("passport", "", person.Record.PassportNumber, passport.Passport.Number,
                new Remedy.CatchUp(async cancel => await events.PassportAsync(person.Person, passport, listed: true, cancel) is WriteOutcome.Done or WriteOutcome.Replayed));
        }
        // Whoever is dead now has a residence that ends with it: what is compared next is told by that act.
        if (person is { Residence: { } residence, Details: { } details } && !dies && OfResidence(person, residence, details, held?.Residence) is { } told)
        {
            yield return told;
        }
        foreach (var about in person.Visas.SelectMany(visa => OfVisa(person, visa, held)))
        {
            yield return about;
        }
        foreach (var unknown in (held?.Visas ?? []).Where(v => v.Status != ExitVisaStatus.Cancelled && person.Visas.All(ours => ours.Number != v.VisaNumber)))
        {
            yield return new("visa_unknown", unknown.VisaNumber, null, $"{unknown.Status} {Iso(unknown.ExitBefore)}", Remedy.Officer);
        }
    }

    /// <summary>Residences are ours: where theirs says something else, it is told again as a whole.</summary>
    private static Disagreement? OfResidence(ComparedPerson person, Residence residence, ResidenceDetails details, RegisteredResidence? theirs)
    {
        var notice = new AgencyNotice("", person.Person.Value, "") { Category = residence.Category, Until = residence.Until };
        if (residence.EndReason is { } reason)
        {
            return theirs is { Status: not (ResidenceStatus.Ended or ResidenceStatus.Revoked) }
                ? new("residence_end", "", $"{reason} {(residence.EndedDay is { } day ? Iso(day) : "")}", Said(theirs), new Remedy.TellAgain(Performer.RegisterTopic, notice with { What = "residence.ended" }))
                : null;
        }
        var agree = theirs is not null && theirs.Number == details.ResidentNumber && theirs.ExpiresOn == residence.Until && theirs.Status is not (ResidenceStatus.Ended or ResidenceStatus.Revoked)
            && theirs.Category == CategoryOf(residence.Category) && (person.IsWorker ? theirs.EmployerNumber : theirs.HeadNumber) == details.EmployerNumber && (person.IdVersion is not { } version || theirs.Version == version);
        return agree ? null : new("residence", "", $"{details.ResidentNumber} {CategoryOf(residence.Category)} {Iso(residence.Until)} {details.EmployerNumber} {person.IdVersion}", theirs is null ? null : Said(theirs),
            new Remedy.TellAgain(Performer.RegisterTopic, notice with { What = "residence.issued" }));
    }

    private IEnumerable<Disagreement> OfVisa(ComparedPerson person, ExitVisa visa, RegisterHolding? held)
    {
        var theirs = held?.Visas.FirstOrDefault(v => v.VisaNumber == visa.Number);
        var cancelled = visa.State == VisaStates.Cancelled;
        if (visa.Open && (theirs is null || (theirs.Status != ExitVisaStatus.Cancelled && theirs.ExitBefore != visa.LeaveBefore)))
        {
            yield return new("visa", visa.Number, Iso(visa.LeaveBefore), theirs is null ? null : Iso(theirs.ExitBefore), new Remedy.TellAgain(Performer.RegisterTopic, Performer.IssuedNotice(visa)));
        }
        else if (cancelled && theirs is { Status: not ExitVisaStatus.Cancelled })
        {
            yield return new("visa", visa.Number, visa.State, theirs.Status.ToString(), new Remedy.TellAgain(Performer.RegisterTopic, new AgencyNotice("visa.cancelled", person.Person.Value, visa.Number)));
        }
        else if (visa.Open && theirs is { Status: ExitVisaStatus.Cancelled })
        {
            // A visa is ours to cancel, and its holder may be at the border with it.
            yield return new("visa", visa.Number, visa.State, theirs.Status.ToString(), Remedy.Officer);
        }
        var crossings = (held?.Crossings ?? []).Where(c => c.VisaNumber == visa.Number).OrderBy(c => c.At).ToList();
        if (!Agrees(visa, crossings))
        {
            yield return new("crossing", visa.Number, $"{visa.State} {visa.Trips}", string.Join(", ", crossings.Select(c => $"{c.Direction} {Iso(c.At.DayInRiyadh())}")),
                new Remedy.CatchUp(cancel => FollowAsync(visa.Number, crossings, cancel)));
        }
    }

    /// <summary>Every crossing in its order, as its call would have told it: those that we know change nothing.</summary>
    private async Task<bool> FollowAsync(string number, IReadOnlyList<BorderEvent> crossings, CancellationToken cancel)
    {
        foreach (var crossing in crossings)
        {
            for (var attempt = 1; attempt <= Attempts; attempt++)
            {
                if (await ReadDoor.RunAsync(() => RegisterEvents.CrossedAsync(engine, visas, crossing, cancel)) is not (CaseOutcome.Conflict or CaseOutcome.TryAgain))
                {
                    break;
                }
            }
        }
        return await visas.ByNumberAsync(number, cancel) is { } now && Agrees(now, crossings);
    }

    private static bool Agrees(ExitVisa visa, IReadOnlyList<BorderEvent> crossings) =>
        crossings.Count == 0 || (visa.Trips >= crossings.Count(c => c.Direction == MovementDirection.Out)
            && (crossings[^1].Direction == MovementDirection.Out) == (visa.State is VisaStates.Out or VisaStates.ExpiredOut or VisaStates.NoReturn));

    private static ResidenceCategory CategoryOf(string category) => category switch
    {
        Categories.EstablishmentWorker => ResidenceCategory.Establishment,
        Categories.HouseholdWorker => ResidenceCategory.Household,
        _ => ResidenceCategory.Dependent,
    };

    private static string Said(RegisteredResidence r) => $"{r.Number} {r.Category} {Iso(r.ExpiresOn)} {r.EmployerNumber ?? r.HeadNumber} {r.Version} {r.Status}";

    private static string Iso(LocalDate day) => LocalDatePattern.Iso.Format(day);
}
