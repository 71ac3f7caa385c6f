using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Desks;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using NodaTime;

namespace Muqeem.Sandbox.StandIns;

/// <summary>The three that know who works for whom: the platform of establishments, that of households, and social insurance.</summary>
internal static class Work
{
    public static void Map(IEndpointRouteBuilder app)
    {
        Labour(app.MapGroup("/labour").WithGroupName("labour").WithTags("labour contracts"));
        Domestic(app.MapGroup("/domestic-work").WithGroupName("domestic-work").WithTags("domestic work"));
        Insurance(app.MapGroup("/social-insurance").WithGroupName("social-insurance").WithTags("social insurance"));
    }

    private static void Labour(RouteGroupBuilder group)
    {
        const string source = "labour contracts (stand-in)";
        group.MapGet("/workers/{id}", (string id, World world, SandboxClock clock) => Answer.Found(
            world.ByNumber(id) is { Establishment: { } establishment } person
                ? new LabourWorker(source, clock.Now(), id, ContractOf(person, clock), PermitOf(person, world.People.Origin), world.People.EstablishmentAt(establishment), person.Occupation, StatusOf(person), person.AbsentSince)
                : null)).Says<LabourWorker>("worker", "A worker of an establishment.");
        group.MapGet("/establishments/{number}", (string number, World world, SandboxClock clock) => Answer.Found(
            world.People.EstablishmentBy(number) is { } establishment ? new EstablishmentStanding(source, clock.Now(), establishment) : null)).Says<EstablishmentStanding>("establishment", "An establishment by its 700 number.");
        group.MapPost("/transfers", (TransferRequest request, HttpContext context, World world, Notices notices, SandboxClock clock) => world.ByNumber(request.WorkerId) is null
            ? Answer.Problem(422, "person.unknown", "The worker is not on record.")
            : Answer.Json(new TransferReceipt(source, clock.Now(), notices.Take(context, LabourContracts.Name, "transfer", request.WorkerId, request).Reference, TransferState.PendingWorker, 1)))
            .Says<TransferReceipt>("transfer", "A change of employer is asked for.");
        group.MapPost("/occupations/change", (OccupationChangeRequest request, HttpContext context, World world, Notices notices, SandboxClock clock) => world.ByNumber(request.WorkerId) is null
            ? Answer.Problem(422, "person.unknown", "The worker is not on record.")
            : Answer.Json(new OccupationChangeReceipt(source, clock.Now(), notices.Take(context, LabourContracts.Name, "occupation", request.WorkerId, request).Reference,
                string.CompareOrdinal(request.ToOccupation, "P022") <= 0, OccupationChangeState.PendingWorker)))
            .Says<OccupationChangeReceipt>("changeOccupation", "A change of occupation is asked for; the professions up to P022 need accreditation.");
        group.MapPost("/objections", (EmployerObjectionRequest request, HttpContext context, Notices notices, SandboxClock clock) =>
            Answer.Json(new EmployerObjectionReceipt(source, clock.Now(), notices.Take(context, LabourContracts.Name, "objection", request.VisaRequestId, request).Reference, clock.Today().PlusDays(10))))
            .Says<EmployerObjectionReceipt>("object", "An employer objects to a visa that the worker asked for.");
        group.MapPost("/confirmations", (ConfirmationQuestion question, HttpContext context, Notices notices) =>
            Answer.Json(notices.Take(context, LabourContracts.Name, EmployerDesk.Verb, question.Worker, question)))
            .Says<NoticeReceipt>("askConfirmation", "The employer or head of family is asked to confirm what the person applied for.");
        group.MapPost("/residences", (LabourResidenceNotice notice, HttpContext context, World world, Notices notices) =>
            Registers.Told(world, LabourContracts.Name, notice.ResidentNumber, notices.Take(context, LabourContracts.Name, "residence", notice.ResidentNumber, notice)))
            .Says<NoticeReceipt>("tellLabourResidence", "A residence began, was renewed or ended.");
    }

    private static void Domestic(RouteGroupBuilder group)
    {
        const string source = "domestic work (stand-in)";
        group.MapGet("/contracts/{id}", (string id, World world, SandboxClock clock) => Answer.Found(
            world.ByNumber(id) is { Household: { } household } person
                ? new HouseholdContract(source, clock.Now(), id, HouseholdContractOf(person, clock), HouseholdOf(household), person.Occupation, StatusOf(person), person.AbsentSince)
                : null)).Says<HouseholdContract>("householdContract", "A worker of a household.");
        group.MapGet("/households/{number}", (string number, World world, SandboxClock clock) => Answer.Found(
            world.People.HouseholdBy(number) is { } household ? new HouseholdStanding(source, clock.Now(), HouseholdOf(household)) : null)).Says<HouseholdStanding>("household", "A household by its employer's number.");
        group.MapPost("/confirmations", (ConfirmationQuestion question, HttpContext context, Notices notices) =>
            Answer.Json(notices.Take(context, DomesticWork.Name, EmployerDesk.Verb, question.Worker, question)))
            .Says<NoticeReceipt>("askHousehold", "The household is asked to confirm what the worker applied for.");
        group.MapPost("/residences", (DomesticResidenceNotice notice, HttpContext context, World world, Notices notices) =>
            Registers.Told(world, DomesticWork.Name, notice.ResidentNumber, notices.Take(context, DomesticWork.Name, "residence", notice.ResidentNumber, notice)))
            .Says<NoticeReceipt>("tellDomesticResidence", "The residence of a household's worker began, was renewed or ended.");
    }

    private static void Insurance(RouteGroupBuilder group)
    {
        const string source = "social insurance (stand-in)";
        group.MapGet("/contributors/{id}", (string id, World world, SandboxClock clock) => Answer.Found(world.ByNumber(id) is not { } person ? null
            : person.Category == ResidenceCategory.Establishment && person.RegisteredBy != ""
                ? new Contributor(source, clock.Now(), id, person.Alive, person.RegisteredBy ?? person.EmployerNumber, person.WageHalalas, person.ContractStart)
                : new Contributor(source, clock.Now(), id, false, null, null, null))).Says<Contributor>("contributor", "Social insurance.");
        group.MapPost("/employments", (EmploymentNotice notice, HttpContext context, World world, Notices notices) =>
            Registers.Told(world, SocialInsurance.Name, notice.ResidentNumber, notices.Take(context, SocialInsurance.Name, "employment", notice.ResidentNumber, notice)))
            .Says<NoticeReceipt>("tellEmployment", "The residence of an establishment's worker began or ended.");
    }

    /// <summary>Of the platform on which the person's employer is.</summary>
    internal static string ContractNumber(Person person) => (person.Category == ResidenceCategory.Household ? "D" : "C") + People.Digits(person.Index, 8);

    private static LabourContract ContractOf(Person person, SandboxClock clock)
    {
        var (status, end) = StandingOf(person, clock);
        return new(ContractNumber(person), status, person.ContractStart, end, true, person.WageHalalas);
    }

    private static DomesticContract HouseholdContractOf(Person person, SandboxClock clock)
    {
        var (status, end) = StandingOf(person, clock);
        return new(ContractNumber(person), status, person.ContractStart, end, true, person.WageHalalas);
    }

    private static (ContractStatus Status, LocalDate End) StandingOf(Person person, SandboxClock clock) => person.ContractEnd is { } ended
        ? (ended <= clock.Today() ? ContractStatus.Ended : ContractStatus.Notice, LocalDate.Max(ended, person.ContractStart))
        : (ContractStatus.Active, EndOf(person, clock));

    /// <summary>Two years, renewed for as long as the person stays.</summary>
    private static LocalDate EndOf(Person person, SandboxClock clock)
    {
        var end = person.ContractStart.PlusYears(2);
        while (end < clock.Today())
        {
            end = end.PlusYears(1);
        }
        return end;
    }

    private static WorkPermit PermitOf(Person person, LocalDate origin) => new(
        "W" + People.Digits(person.Index, 8), (person.Residence?.ExpiresOn ?? origin.PlusDays(60)).PlusYears(1), string.CompareOrdinal(person.Occupation, "P026") <= 0 ? SkillLevel.High : string.CompareOrdinal(person.Occupation, "P063") <= 0 ? SkillLevel.Skilled : SkillLevel.Basic);

    private static WorkStatus StatusOf(Person person) => person.Flags.Contains(RegisterFlag.Absent) ? WorkStatus.Absent : person.AbsentSince is null ? WorkStatus.OnJob : WorkStatus.Disconnected;

    private static Household HouseholdOf(Employer employer) => new(employer.Number, employer.Kind, employer.Name.FullAr, employer.Name.FullEn, employer.Workers, employer.Mobile);
}
