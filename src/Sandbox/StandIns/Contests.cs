using System.Text.Json;
using Dapper;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Sandbox.StandIns;

/// <summary>A contest as a stand-in keeps it.</summary>
public sealed record KeptContest(string Reference, string Agency, string Number, string Json, string State, string? Reason, long At)
{
    internal ContestOrder Order => JsonSerializer.Deserialize<ContestOrder>(Json, Wire.Options)!;
    internal ContestState Stands => Enum.Parse<ContestState>(State);
}

/// <summary>What people contest of the registers' records: kept, answered, and where it is corrected the record is.</summary>
internal sealed class ContestedRecords(Store store, World world, Knobs knobs, Calls calls, SandboxClock clock)
{
    public ContestStanding Take(string agency, ContestOrder order)
    {
        store.Write(db => db.Execute(
            "insert into contests (reference, agency, number, json, state, at) values (@reference, @agency, @number, @json, @state, @at) on conflict (reference) do nothing",
            new { reference = order.Reference, agency, number = order.Id, json = JsonSerializer.Serialize(order, Wire.Options), state = nameof(ContestState.Open), at = clock.Now().ToMicros() }));
        if (knobs.Of(agency, world.ByNumber(order.Id)).Contests is { } atOnce)
        {
            Answer(order.Reference, atOnce == ContestState.Corrected, null, quiet: false, twice: false, forged: false);
        }
        return StandingOf(agency, Find(order.Reference)!);
    }

    public KeptContest? Find(string reference) => store.Read(db => db.QueryFirstOrDefault<KeptContest>(Select + " where reference = @reference", new { reference }));

    public IReadOnlyList<KeptContest> Newest(int count) => store.Read(db => db.Query<KeptContest>(Select + " order by at desc, reference desc limit @count", new { count }).AsList());

    public ContestStanding StandingOf(string agency, KeptContest contest) => new($"{agency} (stand-in)", clock.Now(), contest.Reference, contest.Stands, contest.Reason);

    /// <summary>Answers, and tells Muqeem by a signed call. Corrected: the register says from now on what it should.</summary>
    /// <param name="quiet">Not told: who asks hears it.</param>
    /// <param name="forged">Told with a signature that nobody has, and not meant: nothing changes here.</param>
    public KeptContest? Answer(string reference, bool corrected, string? reason, bool quiet, bool twice, bool forged)
    {
        if (Find(reference) is not { } contest)
        {
            return null;
        }
        var words = string.IsNullOrWhiteSpace(reason) ? corrected ? "The record was wrong and has been corrected. كان السجل خطأً وصُحح." : "The record was checked and is right. راجعنا السجل وهو صحيح." : reason.Trim();
        if (!forged)
        {
            store.Write(db => db.Execute("update contests set state = @state, reason = @words where reference = @reference",
                new { reference, state = corrected ? nameof(ContestState.Corrected) : nameof(ContestState.Upheld), words }));
            if (corrected && world.ByNumber(contest.Number) is { } person)
            {
                Correct(person, contest.Order);
            }
        }
        if (!quiet)
        {
            var prefix = AgenciesSetup.All.First(a => a.Name == contest.Agency).Prefix;
            calls.Add(Calls.Contests + prefix, $"contest-{reference}-{(corrected ? "corrected" : "upheld")}", new ContestGiven(reference, corrected, words, clock.Now()), twice, forged);
        }
        return Find(reference);
    }

    // What the world cannot change (an employer's register, a birth) stays as it is: the next look at it says so.
    private void Correct(Person person, ContestOrder order)
    {
        var today = clock.Today();
        switch (order.About)
        {
            case "finding:check.suspended":
                world.Set(person.Index, FactKind.Suspensions, person.Suspensions.Select(s => s with { LiftedOn = s.LiftedOn ?? today }).ToArray());
                world.Set(person.Index, FactKind.Flags, person.Flags.Where(f => f != RegisterFlag.Suspended).ToArray());
                break;
            case "finding:check.travel_ban":
                world.Set(person.Index, FactKind.Flags, person.Flags.Where(f => f != RegisterFlag.TravelBan).ToArray());
                break;
            case "finding:check.absent":
                world.Set(person.Index, FactKind.Flags, person.Flags.Where(f => f != RegisterFlag.Absent).ToArray());
                world.Set<LocalDate?>(person.Index, FactKind.Absence, null);
                break;
            case "finding:check.unpaid_violations":
                world.Set(person.Index, FactKind.Violations, person.Violations.Select(v => v.Status == ViolationStatus.Unpaid ? v with { Status = ViolationStatus.Paid } : v).ToArray());
                break;
            case "finding:check.not_insured" or "finding:check.insurance_later" or "finding:check.insurance_short":
                world.Set(person.Index, FactKind.Cover, new Cover("Najd Cooperative Insurance", "88-" + People.Digits(person.Index, 7), "C", today, today.PlusYears(2)));
                break;
            case "finding:check.visit_visa" or "finding:check.other_entry_visa":
                world.Set<EntryVisaType?>(person.Index, FactKind.EntryVisa, null);
                break;
            case "finding:check.no_medical" or "finding:check.medical_unfit":
                world.Set(person.Index, FactKind.Fitness, new Fitness(true, today, "Al Olaya Medical Centre"));
                break;
            case "finding:check.passport_expired" or "finding:check.passport_too_short":
                world.Set(person.Index, FactKind.Passports, (RegisteredPassport[])
                    [person.Passports[0] with { IssueDate = today, ExpiryDate = today.PlusYears(10).PlusDays(-1), Status = PassportStatus.Valid }, .. person.Passports.Skip(1)]);
                break;
            case "finding:check.not_enrolled":
                world.Set(person.Index, FactKind.Biometrics, person.Biometrics with { Fingerprint = true, Face = true, Reference = person.Biometrics.Reference ?? "BIO-" + People.Digits(person.Index, 16) });
                break;
            case "finding:deliver.no_address":
                world.Forget(person.Index, FactKind.Address);
                break;
            case "finding:check.not_registered" or "finding:check.registered_elsewhere":
                world.Set<string?>(person.Index, FactKind.Registration, null);
                break;
            case "field:name_arabic" when order.Typed is { Length: > 0 } arabic:
                world.Set(person.Index, FactKind.NameAr, arabic.Split(' '));
                break;
            case "field:birth_date" when LocalDatePattern.Iso.Parse(order.Typed ?? "") is { Success: true } born:
                world.Set(person.Index, FactKind.Birth, born.Value);
                break;
            case "field:name_latin" when order.Typed is { Length: > 0 } latin:
                world.Set(person.Index, FactKind.NameEn, latin.Split(' '));
                break;
            default:
                break;
        }
    }

    private const string Select = "select reference, agency, number, json, state, reason, at from contests";
}

/// <summary>The part of every register's contract by which its records are contested.</summary>
internal static class ContestsOf
{
    /// <summary>The agencies whose records Muqeem reads.</summary>
    public static readonly IReadOnlyList<string> Agencies = [AlienRegister.Name, LabourContracts.Name, DomesticWork.Name, SocialInsurance.Name, ForeignAffairs.Name, MedicalFitness.Name, HealthInsurance.Name, Traffic.Name, Justice.Name, NationalAddresses.Name];

    public static IReadOnlyList<string> Prefixes { get; } = [.. AgenciesSetup.All.Where(a => Agencies.Contains(a.Name, StringComparer.Ordinal)).Select(a => a.Prefix)];

    public static void Map(IEndpointRouteBuilder app)
    {
        foreach (var (name, prefix) in AgenciesSetup.All.Where(a => Agencies.Contains(a.Name, StringComparer.Ordinal)))
        {
            var group = app.MapGroup("/" + prefix).WithGroupName(prefix).WithTags("contests");
            group.MapPost("/contests", (ContestOrder order, ContestedRecords contests, World world) =>
                order.Reference.Length is 0 or > 80 || order.Reference.Contains('.', StringComparison.Ordinal) ? Answer.Invalid("reference")
                : string.IsNullOrWhiteSpace(order.Words) ? Answer.Invalid("words")
                : world.ByNumber(order.Id) is null ? Answer.Problem(422, "person.unknown", "The number belongs to nobody on record.")
                : contests.Find(order.Reference) is { } before && before.Agency != name ? Answer.Invalid("reference")
                : Answer.Json(contests.Take(name, order)))
                .WithName("contestAt" + name).WithSummary("A person says that a record of this agency is wrong. The same reference again is the same contest.").Produces<ContestStanding>().ProducesProblem(422).ProducesProblem(503);
            group.MapGet("/contests/{reference}", (string reference, ContestedRecords contests) =>
                Answer.Found(contests.Find(reference) is { } contest && contest.Agency == name ? contests.StandingOf(name, contest) : null))
                .WithName("contestStandingAt" + name).WithSummary("How a contest stands. Its answer is also told by a signed call.").Produces<ContestStanding>().ProducesProblem(404).ProducesProblem(503);
        }
    }
}
