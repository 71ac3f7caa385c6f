using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>Whose facts are asked for: the numbers under which the record systems know the person.</summary>
internal sealed class FactQuery(PersonId person, PersonRecord record)
{
    public PersonId Person { get; } = person;
    public PersonRecord Record { get; } = record;

    /// <summary>The resident number, or the border number before there is one.</summary>
    public string Number => Record.ResidentNumber ?? Record.BorderNumber ?? throw new InvalidOperationException("A person without a number.");

    /// <summary>Asked once, although two facts need it.</summary>
    public Task<AgencyAnswer<RegisteredPassports>>? Passports { get; set; }

    /// <summary>Likewise.</summary>
    public Task<AgencyAnswer<RegisteredPerson>>? Registered { get; set; }

    /// <summary>Likewise.</summary>
    public Task<AgencyAnswer<RegisteredFamily>>? Family { get; set; }

    /// <summary>Ours, read once.</summary>
    public Task<Residence?>? Residence { get; set; }
}

/// <summary>One gathered fact, or why it could not be had.</summary>
/// <param name="Outage">The agency that did not answer, with its reason and when to ask again.</param>
internal sealed record Gathered(string Name, int Schema, object? Value, FactOrigin? Origin, Outage? Outage);

internal sealed record Outage(string Agency, string Reason, Instant RetryAt)
{
    /// <summary>The record system answered as of before something that its own agency has told us since.</summary>
    public const string Behind = "behind";

    public bool IsBehind => Reason == Behind;
}

/// <summary>Asks the record systems, each for the facts it owns. One place that knows which system says what.</summary>
public sealed partial class Gatherer
{
    /// <summary>Our own registers are read anew at each assessment.</summary>
    private static readonly Duration OwnValidity = Duration.Zero;

    private readonly Dictionary<string, Func<FactQuery, CancellationToken, Task<Gathered>>> _sources;
    private readonly Residences _residences;
    private readonly ExitVisas _visas;
    private readonly Documents _documents;
    private readonly Holds _holds;
    private readonly ShipmentStore _shipments;
    private readonly AgencyEvents _events;
    private readonly TimeProvider _clock;

    public Gatherer(AlienRegister register, LabourContracts labour, DomesticWork domestic, SocialInsurance social, ForeignAffairs abroad, MedicalFitness medical, HealthInsurance insurance, Traffic traffic, Justice justice,
        NationalAddresses addresses, Residences residences, ExitVisas visas, Documents documents, Holds holds, ShipmentStore shipments, AgencyEvents events, TimeProvider clock)
    {
        (_residences, _visas, _documents, _holds, _shipments, _events, _clock) = (residences, visas, documents, holds, shipments, events, clock);
        _sources = new(StringComparer.Ordinal)
        {
            [PersonFact.Name] = async (q, cancel) => Map<PersonFact, RegisteredPerson>(await (q.Registered ??= register.PersonAsync(q.Number, cancel)), Sources.AlienRegister, p => new PersonFact
            {
                NamesArabic = p.Names.Ar,
                NamesLatin = p.Names.En,
                FullNameArabic = p.Names.FullAr,
                FullNameLatin = p.Names.FullEn,
                Sex = p.Sex,
                BirthDate = NodaTime.Text.LocalDatePattern.Iso.Format(p.Birth.Date),
                BirthPrecision = p.Birth.Precision.ToString().ToUpperInvariant(),
                BirthDateHijri = p.Birth.Hijri,
                Nationality = p.Nationality,
                Alive = p.Alive,
                Inside = p.Location == Whereabouts.Inside,
                Fingerprint = p.Biometrics.Fingerprint,
                Face = p.Biometrics.Face,
                Flags = [.. p.Flags.Select(FlagName)],
                PhotoReference = p.PhotoRef,
            }, new PersonFact { Found = false }),

            [PassportsFact.Name] = async (q, cancel) => Map<PassportsFact, RegisteredPassports>(await (q.Passports ??= register.PassportsAsync(q.Number, cancel)), Sources.AlienRegister, p => new PassportsFact
            {
                // The register's word for "the one to travel on": valid or expired, but not replaced or lost.
                Passports = [.. p.Passports.Select(x => new RecordedPassport(x.Number, x.Issuer, x.IssueDate, x.ExpiryDate,
                    x.Status is PassportStatus.Valid or PassportStatus.Expired ? "CURRENT" : x.Status.ToString().ToUpperInvariant()))],
            }, new PassportsFact()),

            [MovementsFact.Name] = async (q, cancel) => Map<MovementsFact, RegisteredMovements>(await register.MovementsAsync(q.Number, cancel), Sources.AlienRegister, m => new MovementsFact
            {
                LastEntry = m.Movements.Where(x => x.Direction == MovementDirection.In).Select(x => (LocalDate?)x.At.DayInRiyadh()).FirstOrDefault(),
                LastExit = m.Movements.Where(x => x.Direction == MovementDirection.Out).Select(x => (LocalDate?)x.At.DayInRiyadh()).FirstOrDefault(),
            }, new MovementsFact()),

            [ContractFact.Name] = (q, cancel) => ContractAsync(labour, domestic, register, q, cancel),

            [EmploymentFact.Name] = async (q, cancel) => Map<EmploymentFact, Contributor>(await social.ContributorAsync(q.Number, cancel), Sources.SocialInsurance,
                c => new EmploymentFact { Registered = c.Active, EmployerNumber = c.Active ? c.EmployerNumber : null, Since = c.Active ? c.Since : null }, new EmploymentFact()),

            [EntryVisaFact.Name] = (q, cancel) => EntryVisaAsync(abroad, register, q, cancel),

            [MedicalFact.Name] = async (q, cancel) =>
            {
                // The laboratories know people by their passport. With the one last seen they are asked while the register still says whether it is the current one.
                var seen = q.Record.PassportNumber is { } known ? medical.TestAsync(q.Record.Nationality, known, cancel) : null;
                var passports = await (q.Passports ??= register.PassportsAsync(q.Number, cancel));
                if (passports is AgencyAnswer<RegisteredPassports>.Unavailable or AgencyAnswer<RegisteredPassports>.Broken)
                {
                    return Map<MedicalFact, RegisteredPassports>(passports, Sources.AlienRegister, _ => new MedicalFact(), new MedicalFact());
                }
                return passports.ValueOrNull?.Current is { } current
                    ? Map<MedicalFact, FitnessTest>(await (seen is not null && (current.Issuer, current.Number) == (q.Record.Nationality, q.Record.PassportNumber) ? seen : medical.TestAsync(current.Issuer, current.Number, cancel)), Sources.Medical,
                        t => new MedicalFact { Tested = true, Fit = t.Fit, On = t.TestedOn }, new MedicalFact())
                    : Own(new MedicalFact(), Sources.Medical);
            },

            [InsuranceFact.Name] = async (q, cancel) => Map<InsuranceFact, HealthPolicy>(await insurance.PolicyAsync(q.Number, cancel), Sources.Insurance,
                p => new InsuranceFact { Insured = p.Insured, Insurer = p.Insurer, From = p.From, Until = p.To }, new InsuranceFact()),

            [TrafficFact.Name] = async (q, cancel) => Map<TrafficFact, TrafficViolations>(await traffic.ViolationsAsync(q.Number, cancel), Sources.Traffic,
                v => new TrafficFact { Unpaid = v.Unpaid.Count(), Amount = new Money(v.Unpaid.Sum(x => x.AmountHalalas)) }, new TrafficFact()),

            [JusticeFact.Name] = async (q, cancel) => Map<JusticeFact, ServiceSuspensions>(await justice.SuspensionsAsync(q.Number, cancel), Sources.Justice,
                s => new JusticeFact { Suspensions = [.. s.InForce(_clock.Today()).Select(x => x.Scope.ToString())] }, new JusticeFact()),

            [AddressFact.Name] = async (q, cancel) => Map<AddressFact, RegisteredAddresses>(await addresses.OfPersonAsync(q.Number, cancel), Sources.NationalAddress,
                a => new AddressFact { Addresses = [.. a.Addresses.OrderByDescending(x => x.Primary).Select(Recorded)] }, new AddressFact()),

            [ResidenceFact.Name] = (q, cancel) => ResidenceAsync(q, cancel),
            [DeliveryFact.Name] = (q, cancel) => DeliveryAsync(q, cancel),
            [DocumentFact.Name] = (q, cancel) => DocumentAsync(q, cancel),
            [VisasFact.Name] = (q, cancel) => VisasAsync(q, cancel),
            [FamilyFact.Name] = (q, cancel) => FamilyAsync(register, q, cancel),
        };
    }

    /// <summary>Gathers what is named, in parallel; each source has its own time limit.</summary>
    internal async Task<IReadOnlyList<Gathered>> GatherAsync(FactQuery query, IEnumerable<string> names, CancellationToken cancel)
    {
        var gathered = await Task.WhenAll(names.Select(name => _sources[name](query, cancel)));
        // Looked at after the answers: what was told while they were on their way counts.
        var told = await _events.ToldAsync(query.Person, cancel);
        return told == ToldTimes.Nothing ? gathered : [.. gathered.Select(g => CaughtUp(g, told))];
    }

    /// <summary>A register may be a copy that lags. Asked again when it has had as long as it lagged now.</summary>
    private Gathered CaughtUp(Gathered gathered, ToldTimes told)
    {
        if (gathered.Origin is not { } origin || Told.Of(told, gathered.Name) is not { At: var at } || origin.AsOf >= at)
        {
            return gathered;
        }
        var now = _clock.Now();
        return gathered with { Value = null, Origin = null, Outage = new(origin.Source, Outage.Behind, Instant.Max(now + Duration.FromSeconds(30), at + (now - origin.AsOf))) };
    }

    private static string FlagName(RegisterFlag flag) => flag switch
    {
        RegisterFlag.Wanted => "WANTED",
        RegisterFlag.TravelBan => "TRAVEL_BAN",
        RegisterFlag.Suspended => "SUSPENDED",
        RegisterFlag.Absent => "ABSENT",
        _ => "EXITED_NO_RETURN",
    };

    private Gathered Map<TFact, TAnswer>(AgencyAnswer<TAnswer> answer, string source, Func<TAnswer, TFact> found, TFact notFound) where TFact : class, IFact where TAnswer : class => answer switch
    {
        AgencyAnswer<TAnswer>.Found f => new(TFact.Name, TFact.Schema, found(f.Value), new(source, f.RequestId.ToString(), f.AsOf, f.ValidUntil), null),
        AgencyAnswer<TAnswer>.NotFound n => new(TFact.Name, TFact.Schema, notFound, new(source, n.RequestId.ToString(), n.At, n.At), null),
        AgencyAnswer<TAnswer>.Unavailable u => new(TFact.Name, TFact.Schema, null, null, new(source, u.Reason, u.RetryAt)),
        AgencyAnswer<TAnswer>.Broken b => new(TFact.Name, TFact.Schema, null, null, new(source, "broken:" + b.Field, b.RetryAt)),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private Gathered Own<TFact>(TFact fact, string source = Sources.Muqeem) where TFact : class, IFact
    {
        var now = _clock.Now();
        return new(TFact.Name, TFact.Schema, fact, new(source, Guid.CreateVersion7(_clock.GetUtcNow()).ToString(), now, now + OwnValidity), null);
    }

    private Task<Residence?> OursAsync(FactQuery q, CancellationToken cancel) => q.Residence ??= _residences.OfAsync(q.Person, cancel);

    /// <summary>
    /// The missions know people by their passport, the border by the visa's number. With the passport last seen foreign affairs is asked while the register still says on which visa the person came; when that is another one
    /// (the passport was renewed since, somebody came a second time), it is asked for by its number.
    /// </summary>
    private async Task<Gathered> EntryVisaAsync(ForeignAffairs abroad, AlienRegister register, FactQuery q, CancellationToken cancel)
    {
        var seen = q.Record.PassportNumber is { } known ? abroad.EntryVisaOfAsync(q.Record.Nationality, known, cancel) : null;
        var registered = await (q.Registered ??= register.PersonAsync(q.Number, cancel));
        if (registered.ValueOrNull?.Entry is not { VisaNumber: var number })
        {
            // Born here, or not known: the register's word.
            return Map<EntryVisaFact, RegisteredPerson>(registered, Sources.AlienRegister, _ => new EntryVisaFact(), new EntryVisaFact());
        }
        var answer = seen is null ? null : await seen;
        if (answer is null || (answer.AskAgainAt is null && answer.ValueOrNull?.Number != number))
        {
            answer = await abroad.EntryVisaAsync(number, cancel);
        }
        return Map<EntryVisaFact, EntryVisa>(answer, Sources.ForeignAffairs,
            v => new EntryVisaFact { Found = true, Kind = v.Type.ToString(), SponsorNumber = v.EmployerNumber ?? v.HeadNumber, UsedOn = v.UsedOn }, new EntryVisaFact());
    }

    private async Task<Gathered> FamilyAsync(AlienRegister register, FactQuery q, CancellationToken cancel)
    {
        var answer = await (q.Family ??= register.FamilyAsync(q.Number, cancel));
        if (answer.ValueOrNull is not { } family)
        {
            return Map<FamilyFact, RegisteredFamily>(answer, Sources.AlienRegister, _ => new FamilyFact(), new FamilyFact());
        }
        LocalDate? headUntil = null;
        if (family.HeadNumber is { } head && head != q.Number)
        {
            var headRecord = await register.PersonAsync(head, cancel);
            if (headRecord is AgencyAnswer<RegisteredPerson>.Unavailable or AgencyAnswer<RegisteredPerson>.Broken)
            {
                return Map<FamilyFact, RegisteredPerson>(headRecord, Sources.AlienRegister, _ => new FamilyFact(), new FamilyFact());
            }
            headUntil = headRecord.ValueOrNull?.Residence?.ExpiresOn;
        }
        return Map<FamilyFact, RegisteredFamily>(answer, Sources.AlienRegister, f => new FamilyFact
        {
            HeadNumber = f.HeadNumber,
            HeadName = f.Members.FirstOrDefault(m => m.Id == f.HeadNumber)?.FullAr,
            Relation = f.Members.FirstOrDefault(m => m.Id == q.Number)?.Relation.ToString(),
            HeadResidenceUntil = headUntil,
            Dependents = f.Members.Count(m => m.Status == FamilyLinkStatus.Active && m.Id != f.HeadNumber),
        }, new FamilyFact());
    }

    private async Task<Gathered> ResidenceAsync(FactQuery q, CancellationToken cancel)
    {
        var residence = await OursAsync(q, cancel);
        return Own(residence is null ? new ResidenceFact() : new ResidenceFact
        {
            Id = residence.Id,
            Standing = residence.StandingAt(_clock.Now()).ToString(),
            Category = residence.Category,
            From = residence.From,
            Until = residence.Until,
            LateRenewals = residence.LateRenewals,
        });
    }

    private async Task<Gathered> DocumentAsync(FactQuery q, CancellationToken cancel)
    {
        if ((await _documents.OfAsync(q.Person, cancel)).FirstOrDefault() is not { } newest)
        {
            return Own(new DocumentFact());
        }
        return Own(new DocumentFact
        {
            Number = newest.Number,
            State = newest.State.ToString(),
            Issued = newest.IssuedDay,
            Until = newest.ExpiresDay,
            EndedAt = newest.EndedAt,
            RevokedFor = newest.State == DocumentState.Revoked ? await _holds.RevokedForAsync(q.Person, cancel) : null,
        });
    }

    private async Task<Gathered> DeliveryAsync(FactQuery q, CancellationToken cancel)
    {
        var open = await _holds.OpenAsync(q.Person, cancel);
        var live = await _documents.LiveAsync(q.Person, cancel);
        return Own(new DeliveryFact { Suspended = open.Suspension is not null, Frozen = open.Freeze is not null, UnderWay = live is null ? null : await _shipments.UnderWayAsync(live.Id, cancel) });
    }

    private static RecordedAddress Recorded(RegisteredAddress a) => new(a.Short,
        string.Join('،', a.Building + " " + a.StreetAr, " " + a.DistrictAr, $" {a.CityAr} {a.Postal}"), string.Join(',', a.Building + " " + a.StreetEn, " " + a.DistrictEn, $" {a.CityEn} {a.Postal}"));

    private async Task<Gathered> VisasAsync(FactQuery q, CancellationToken cancel)
    {
        var open = (await _visas.OfAsync(q.Person, cancel)).FirstOrDefault(v => v.Open);
        var fines = await _visas.FinesAsync(q.Person, cancel);
        return Own(new VisasFact
        {
            OpenNumber = open?.Number,
            OpenState = open?.State,
            OpenFines = fines.Count(f => f.Open),
            OpenFinesAmount = new Money(fines.Where(f => f.Open).Sum(f => f.Amount.Halalas)),
            Ordinals = fines.GroupBy(f => f.Code, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal),
        });
    }
}

/// <summary>The types of stored facts, by name and shape.</summary>
internal static class StoredFacts
{
    public static IEnumerable<string> Names => Types.Keys;

    private static readonly Dictionary<string, Type> Types = new(StringComparer.Ordinal)
    {
        [PersonFact.Name] = typeof(PersonFact),
        [PassportsFact.Name] = typeof(PassportsFact),
        [MovementsFact.Name] = typeof(MovementsFact),
        [ContractFact.Name] = typeof(ContractFact),
        [EmploymentFact.Name] = typeof(EmploymentFact),
        [EntryVisaFact.Name] = typeof(EntryVisaFact),
        [MedicalFact.Name] = typeof(MedicalFact),
        [InsuranceFact.Name] = typeof(InsuranceFact),
        [TrafficFact.Name] = typeof(TrafficFact),
        [JusticeFact.Name] = typeof(JusticeFact),
        [ResidenceFact.Name] = typeof(ResidenceFact),
        [DocumentFact.Name] = typeof(DocumentFact),
        [VisasFact.Name] = typeof(VisasFact),
        [FamilyFact.Name] = typeof(FamilyFact),
        [AddressFact.Name] = typeof(AddressFact),
        [DeliveryFact.Name] = typeof(DeliveryFact),
    };

    /// <param name="schema">All shapes are at 1 today; a changed shape adds its upcast here.</param>
    public static Type TypeOf(string name, int schema) =>
        schema == 1 && Types.TryGetValue(name, out var type)
            ? type
            : throw new InvalidOperationException($"No reader for fact '{name}' of schema {schema}.");
}
