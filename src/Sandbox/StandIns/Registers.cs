using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Desks;
using Muqeem.Sandbox.Pictures;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Sandbox.StandIns;

/// <summary>The registers that answer from the people alone: alien register, medical, insurance, traffic, justice, foreign affairs, address. Employers and work are in <see cref="Work"/>.</summary>
internal static class Registers
{
    public static void Map(IEndpointRouteBuilder app)
    {
        AlienRegisterOf(app.MapGroup("/alien-register").WithGroupName("alien-register").WithTags("alien register"));
        Medical(app.MapGroup("/medical").WithGroupName("medical").WithTags("medical fitness"));
        Insurance(app.MapGroup("/insurance").WithGroupName("insurance").WithTags("health insurance"));
        TrafficOf(app.MapGroup("/traffic").WithGroupName("traffic").WithTags("traffic"));
        JusticeOf(app.MapGroup("/justice").WithGroupName("justice").WithTags("justice"));
        Abroad(app.MapGroup("/foreign-affairs").WithGroupName("foreign-affairs").WithTags("foreign affairs"));
        Address(app.MapGroup("/address").WithGroupName("address").WithTags("national address"));
    }

    private static void AlienRegisterOf(RouteGroupBuilder group)
    {
        const string source = "alien register (stand-in)";
        group.MapGet("/persons/{id}", (string id, World world, SandboxClock clock) =>
            Answer.Found(world.ByNumber(id) is { } person ? Of(world, person, id, clock) : world.People.CitizenBy(id) is { } citizen ? Of(citizen, clock) : null))
            .Says<RegisteredPerson>("person", "A person by resident, border or citizen number.");
        group.MapGet("/persons", (string issuer, string passport, World world, SandboxClock clock) =>
            Answer.Found(world.ByPassport(issuer, passport) is { } person ? Of(world, person, person.Number, clock) : null))
            .Says<RegisteredPerson>("personByPassport", "The person who has or had a passport.");
        group.MapGet("/persons/{id}/passports", (string id, World world, SandboxClock clock) =>
            Answer.Found(world.ByNumber(id) is { } person ? new RegisteredPassports(source, clock.Now(), id, person.Passports) : null))
            .Says<RegisteredPassports>("passports", "All passports of a person, newest first.");
        group.MapGet("/persons/{id}/movements", (string id, World world, SandboxClock clock) =>
            Answer.Found(world.ByNumber(id) is { } person ? new RegisteredMovements(source, clock.Now(), id, person.Movements) : null))
            .Says<RegisteredMovements>("movements", "Border crossings, newest first.");
        group.MapGet("/persons/{id}/family", (string id, World world, SandboxClock clock) =>
        {
            if (world.ByNumber(id) is not { } person)
            {
                return Answer.Found<RegisteredFamily>(null);
            }
            var members = person.Head is { } head ? world.People.FamilyOf(head).Select(member => world.At(member.Index)!).ToArray() : [];
            return Answer.Json(new RegisteredFamily(source, clock.Now(), id, members.Length > 0 ? members[0].Number : null,
                [.. members.Select(member => new RegisteredRelative(member.Number, member.Relation ?? FamilyRelation.Head, FamilyLinkStatus.Active, member.Birth, member.Name.FullAr, member.Name.FullEn))]));
        }).Says<RegisteredFamily>("family", "The head and everybody under his record.");
        group.MapGet("/portraits/{reference}", (string reference, World world, Pictures.Album album, SandboxClock clock, HttpResponse response) =>
        {
            if (world.People.ByPhoto(reference) is not { } person)
            {
                return Answer.Found<RegisteredPortrait>(null);
            }
            response.Headers["X-Source"] = source;
            response.Headers["X-As-Of"] = InstantPattern.ExtendedIso.Format(clock.Now());
            return Results.Bytes(album.Portrait(person.Index), "image/png");
        }).WithName("portrait").WithSummary("A portrait as enrolled; X-Source and X-As-Of are in the headers.").Produces(200, null, "image/png").ProducesProblem(404);

        group.MapPost("/residences", (ResidenceNotice notice, HttpContext context, World world, Notices notices) =>
        {
            if (!ResidentNumber.Parse(notice.ResidentNumber).Ok)
            {
                return Answer.Invalid("residentNumber");
            }
            if ((world.ByNumber(notice.ResidentNumber) ?? (notice.BorderNumber is { } border ? world.ByNumber(border) : null)) is not { } person)
            {
                return Answer.Problem(422, "person.unknown", "Neither number belongs to a person on record.");
            }
            if (person.ResidentNumber is { } other && other != notice.ResidentNumber)
            {
                return Answer.Problem(409, "person.has_number", "The person has another resident number.");
            }
            world.Give(notice.ResidentNumber, person.Index);
            world.Set(person.Index, FactKind.Residence, new RegisteredResidence(
                notice.ResidentNumber, notice.Category, notice.EmployerNumber, notice.HeadNumber, notice.OccupationCode ?? person.Occupation, notice.IssuedOn, notice.ExpiresOn, notice.Version, ResidenceStatus.Active));
            return Answer.Json(notices.Take(context, AlienRegister.Name, "residence", notice.ResidentNumber, notice));
        }).Says<NoticeReceipt>("tellResidence", "A residence was issued or renewed.");
        group.MapPatch("/residences/{number}", (string number, ResidenceChange change, HttpContext context, World world, Notices notices) =>
        {
            if (world.ByNumber(number) is not { Residence: { } residence } person)
            {
                return Answer.Found<NoticeReceipt>(null);
            }
            world.Set(person.Index, FactKind.Residence, residence with
            {
                ExpiresOn = change.ExpiresOn ?? residence.ExpiresOn,
                Status = change.Status ?? (change.ExpiresOn is null ? residence.Status : ResidenceStatus.Active),
                Version = change.Version ?? residence.Version,
                EmployerNumber = change.EmployerNumber ?? residence.EmployerNumber,
                OccupationCode = change.OccupationCode ?? residence.OccupationCode,
            });
            return Answer.Json(notices.Take(context, AlienRegister.Name, "residence-change", number, change));
        }).Says<NoticeReceipt>("tellResidenceChange", "A residence changed.");
        group.MapPost("/visas", (VisaNotice notice, HttpContext context, World world, Notices notices, Holdings holdings) =>
        {
            if (world.ByNumber(notice.ResidentNumber) is null)
            {
                return Answer.Problem(422, "person.unknown", "The number belongs to nobody on record.");
            }
            var receipt = notices.Take(context, AlienRegister.Name, "visa", notice.ResidentNumber, notice);
            holdings.VisaChanged(notice.VisaNumber);
            return Answer.Json(receipt);
        })
            .Says<NoticeReceipt>("tellVisa", "A visa to leave was issued.");
        group.MapPatch("/visas/{number}", (string number, VisaChange change, HttpContext context, Notices notices, Holdings holdings) =>
        {
            var receipt = notices.Take(context, AlienRegister.Name, "visa-change", number, change);
            holdings.VisaChanged(number);
            return Answer.Json(receipt);
        })
            .Says<NoticeReceipt>("tellVisaChange", "A visa to leave was cancelled or extended.");
    }

    private static void Medical(RouteGroupBuilder group) =>
        group.MapGet("/tests", (string issuer, string passport, World world, SandboxClock clock) => Answer.Found(
            world.ByPassport(issuer, passport) is { Fitness: { } test }
                ? new FitnessTest("medical fitness (stand-in)", clock.Now(), passport, issuer, test.Fit, test.TestedOn, test.TestedOn.PlusDays(90), test.Facility)
                : null)).Says<FitnessTest>("test", "The last medical test on a passport.");

    private static void Insurance(RouteGroupBuilder group)
    {
        group.MapGet("/policies", (string id, World world, Knobs knobs, SandboxClock clock) =>
        {
            if (world.ByNumber(id) is not { } person)
            {
                return Answer.Found<HealthPolicy>(null);
            }
            // The council's register is a copy of the insurers': it says since when it is so.
            var asOf = clock.Now() - Duration.FromMinutes(knobs.Of(HealthInsurance.Name, person).LagMinutes);
            var members = person.Head == person.Index ? world.People.FamilyOf(person.Index).Skip(1).Select(member => world.At(member.Index)!) : [];
            return Answer.Json(person.Cover is { } cover
                ? new HealthPolicy("health insurance council (stand-in)", asOf, id, cover.To >= clock.Today(), cover.Insurer, cover.Number, cover.Class, cover.From, cover.To,
                    [.. members.Where(member => member.Cover is not null).Select(member => new HealthPolicyMember(member.Number, member.Cover!.To))])
                : new HealthPolicy("health insurance council (stand-in)", asOf, id, false, null, null, null, null, null, []));
        }).Says<HealthPolicy>("policy", "Health cover of a person.");
        group.MapPost("/ends", (HealthPolicyEnd end, HttpContext context, World world, Notices notices) =>
            Told(world, HealthInsurance.Name, end.ResidentNumber, notices.Take(context, HealthInsurance.Name, "end", end.ResidentNumber, end)))
            .Says<NoticeReceipt>("tellEnd", "A resident left for good.");
    }

    private static void TrafficOf(RouteGroupBuilder group)
    {
        const string source = "traffic (stand-in)";
        group.MapGet("/violations", (string id, World world, SandboxClock clock) => Answer.Found(
            world.ByNumber(id) is { } person ? new TrafficViolations(source, clock.Now(), id, person.Violations) : null)).Says<TrafficViolations>("violations", "Violations, newest first.");
        group.MapGet("/vehicles", (string id, World world, SandboxClock clock) => Answer.Found(
            world.ByNumber(id) is { } person ? new OwnedVehicles(source, clock.Now(), id, person.Vehicles) : null)).Says<OwnedVehicles>("vehicles", "Vehicles in a person's name.");
        group.MapGet("/licences/{id}", (string id, World world, SandboxClock clock) => Answer.Found(
            world.ByNumber(id) is { LicenceUntil: { } until } ? new DrivingLicence(source, clock.Now(), id, "PRIVATE", until) : null)).Says<DrivingLicence>("licence", "A driving licence.");
    }

    private static void JusticeOf(RouteGroupBuilder group)
    {
        const string source = "justice (stand-in)";
        group.MapGet("/suspensions", (string id, World world, SandboxClock clock) => Answer.Found(
            world.ByNumber(id) is { } person ? new ServiceSuspensions(source, clock.Now(), id, person.Suspensions) : null)).Says<ServiceSuspensions>("suspensions", "Suspensions of services by court order.");
        group.MapGet("/mandates/{number}", (string number) => Answer.Found<Mandate>(null)).Says<Mandate>("mandate", "A power of attorney. This world has none.");
        group.MapGet("/marital-events", (string id, World world, SandboxClock clock) =>
        {
            if (world.ByNumber(id) is not { } person)
            {
                return Answer.Found<MaritalEvents>(null);
            }
            var family = person.Head is { } head ? world.People.FamilyOf(head) : [];
            var spouses = person.Head == person.Index ? family.Where(member => member.Relation is FamilyRelation.Wife or FamilyRelation.Husband)
                : person.Relation is FamilyRelation.Wife or FamilyRelation.Husband ? family.Take(1) : [];
            return Answer.Json(new MaritalEvents(source, clock.Now(), id,
                [.. spouses.Select(spouse => new MaritalEvent(MaritalEventKind.Marriage, LocalDate.Max(spouse.Birth, person.Birth).PlusYears(21), world.At(spouse.Index)!.Number, People.Digits(Math.Max(spouse.Index, person.Index), 8)))]));
        }).Says<MaritalEvents>("maritalEvents", "Marriages and divorces.");
    }

    private static void Abroad(RouteGroupBuilder group)
    {
        group.MapGet("/visas/{number}", (string number, World world, SandboxClock clock) =>
            Answer.Found(world.ByVisa(number) is { Entry: not null } person ? EntryVisaOf(person, clock) : null))
            .Says<EntryVisa>("entryVisa", "A visa to come, issued abroad. This world knows those that somebody came on.");
        group.MapGet("/visas", (string issuer, string passport, World world, SandboxClock clock) =>
            // A mission knows the passport in which the visa is, and not those that came after it.
            Answer.Found(world.ByPassport(issuer, passport) is { Entry: not null } person && person.Movements[^1].PassportNumber == passport ? EntryVisaOf(person, clock) : null))
            .Says<EntryVisa>("entryVisaOfPassport", "The visa on which the holder of a passport last came.");
    }

    private static void Address(RouteGroupBuilder group)
    {
        const string source = "national address (stand-in)";
        group.MapGet("/addresses", (string id, World world, SandboxClock clock) => Answer.Found(
            world.ByNumber(id) is { } person ? new RegisteredAddresses(source, clock.Now(), id, AddressesOf(world, person)) : null)).Says<RegisteredAddresses>("addresses", "Addresses in a person's name.");
        group.MapGet("/addresses/{shortAddress}", (string shortAddress, World world, SandboxClock clock) => Answer.Found(
            world.People.ByShortAddress(shortAddress) is { Address: { } address } ? new AddressLookup(source, clock.Now(), address with { Unit = null }) : null)).Says<AddressLookup>("address", "An address by its short form.");
        PostOf.Map(group);
    }

    /// <summary>Some have a second address, at which they work.</summary>
    private static IReadOnlyList<RegisteredAddress> AddressesOf(World world, Person person) => person.Address is not { } address ? []
        : person.Index % 5 == 2 && world.People.At((person.Index + 1000) % People.Size).Address is { } work ? [work with { Primary = false }, address]
        : [address];

    internal static RegisteredPerson Of(World world, Person person, string id, SandboxClock clock) => new(
        "alien register (stand-in)", clock.Now(), id, id == person.ResidentNumber ? RegisterIdType.Resident : RegisterIdType.Border, person.ResidentNumber, person.BorderNumber,
        new(person.Name.Ar, person.Name.En, person.Name.FullAr, person.Name.FullEn), person.Sex, new(person.Birth, person.Precision, HijriOf(person)), person.Nationality.Code, null, person.Marital,
        person.Biometrics.Face ? world.People.PhotoOf(person.Index) : null, person.Alive, person.Location, person.Biometrics, person.Flags, person.Mobile, person.Entry, person.Residence);

    private static RegisteredPerson Of(Employer citizen, SandboxClock clock) => new(
        "alien register (stand-in)", clock.Now(), citizen.Number, RegisterIdType.Citizen, null, null, new(citizen.Name.Ar, citizen.Name.En, citizen.Name.FullAr, citizen.Name.FullEn), "M", new(new(1975, 1, 1), DatePrecision.Year, null),
        "SAU", null, MaritalStatus.Unknown, null, true, Whereabouts.Inside, new(true, true, null), [], citizen.Mobile, null, null);

    // Written by hand: the second month has thirty days in some years, which no ISO date has.
    private static string? HijriOf(Person person) =>
        person.Precision != DatePrecision.Day || person.Birth < new LocalDate(1900, 5, 1) ? null
            : Hands.Iso(person.Birth.WithCalendar(CalendarSystem.UmAlQura));

    private static EntryVisa EntryVisaOf(Person person, SandboxClock clock) => new(
        "foreign affairs (stand-in)", clock.Now(), person.VisaNumber, person.CameOn, person.Movements[^1].PassportNumber, person.Nationality.Code,
        person.CameOn == EntryVisaType.Work ? person.EmployerNumber : null, person.Residence?.HeadNumber, person.CameOn == EntryVisaType.Work ? person.Occupation : null, person.VisaIssuedOn, person.VisaIssuedOn.PlusDays(120), person.Entry!.At.DayInRiyadh());

    internal static IResult Told(World world, string agency, string number, NoticeReceipt receipt)
    {
        if (world.ByNumber(number) is { } person)
        {
            world.Touch(agency, person.Index);
        }
        return Answer.Json(receipt);
    }

    internal static RouteHandlerBuilder Says<T>(this RouteHandlerBuilder endpoint, string name, string summary) =>
        endpoint.WithName(name).WithSummary(summary).Produces<T>().ProducesProblem(404).ProducesProblem(503);
}
