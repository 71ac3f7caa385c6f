using System.Globalization;
using System.Text.Json;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Wallets;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>Performs the effects that services describe: inside the act's change, so that all of it happens or none; what is outside is a message of the outbox.</summary>
public sealed class Performer
{
    public const string RegisterTopic = "register.notice";
    public const string EmployerTopic = "employer.confirm";

    /// <summary>The labour platform is told of residences of workers of establishments, that of domestic work of those of households; the insurers of those who left for good, social insurance of the beginning and the end of those of workers of establishments. The payload is <see cref="AgencyNotice"/>.</summary>
    public const string LabourTopic = "labour.notice";
    public const string DomesticTopic = "domestic.notice";
    public const string InsuranceTopic = "insurance.notice";
    public const string EmploymentTopic = "employment.notice";

    /// <summary>The post takes a card, or is told not to hand it over. The payload is <see cref="ShipmentMessage"/>.</summary>
    public const string ShipmentTopic = "shipment";

    private readonly Persons _persons;
    private readonly Residences _residences;
    private readonly ExitVisas _visas;
    private readonly Documents _documents;
    private readonly Bills _bills;
    private readonly Notices _notices;
    private readonly ShipmentStore _shipments;
    private readonly Serials _serials;
    private readonly ReadDoor _door;
    private readonly BlindIndex _blind;
    private readonly TimeProvider _clock;
    private readonly ResidentNumbers _residents;
    private readonly NumberPermutation _visaNumbers;
    private readonly ResidentNumberBlock _block;

    public Performer(Persons persons, Residences residences, ExitVisas visas, Documents documents, Bills bills, Notices notices, ShipmentStore shipments, Serials serials, ReadDoor door, BlindIndex blind, KeyStore keys, DataFolder folder,
        TimeProvider clock)
    {
        (_persons, _residences, _visas, _documents, _bills, _notices, _shipments, _serials, _door, _blind, _clock) = (persons, residences, visas, documents, bills, notices, shipments, serials, door, blind, clock);
        _block = folder.IsDemonstration ? ResidentNumberBlock.Demonstration : ResidentNumberBlock.Real;
        _residents = new ResidentNumbers(keys.Mac(KeyPurpose.NumberPermutation, "resident"u8));
        _visaNumbers = new NumberPermutation(keys.Mac(KeyPurpose.NumberPermutation, "exit_visa"u8), 1_000_000_000, tweak: 2);
    }

    internal async Task PerformAsync(CaseChange c, IReadOnlyList<Effect> effects, PersonRecord person, RuleContext rules)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case Effect.IssueResidence issue:
                    await IssueAsync(c, issue, person, rules);
                    break;
                case Effect.RenewResidence renew:
                    await RenewAsync(c, renew, person, rules);
                    break;
                case Effect.EndDocument end:
                    await EndDocumentAsync(c, end);
                    break;
                case Effect.NextDocument:
                    await NextDocumentAsync(c, person, rules);
                    break;
                case Effect.CountFine fine:
                    await CountFineAsync(c, fine, rules);
                    break;
                case Effect.IssueExitVisa visa:
                    await IssueVisaAsync(c, visa, person, rules);
                    break;
                case Effect.MoveVisa move:
                    await MoveVisaAsync(c, move);
                    break;
                case Effect.OrderShipment order:
                    await OrderShipmentAsync(c, order, rules);
                    break;
                case Effect.StopShipment:
                    c.Change.Messages.Add(ShipmentStop(c.Head.Person, c.Head.Id, _clock));
                    break;
                case Effect.Charge charge:
                    await ChargeAsync(c, charge, rules);
                    break;
                case Effect.EndResidence end:
                    await EndAsync(c, end);
                    break;
                case Effect.Notify notify:
                    await _notices.AddAsync(c.Change, c.Head.Person, notify.Kind, c.Head.Case, notify.Arguments);
                    break;
                case Effect.Due due:
                    c.Due(Deadlines.Instrument + due.Act, due.Day.StartInRiyadh(), c.Head.Rules);
                    break;
                case Effect.DueAtReturnDay at:
                    if (await _visas.OfCaseAsync(c.Head.Case) is { ReturnBefore: { } back })
                    {
                        c.Due(Deadlines.Instrument + at.Act, back.EndInRiyadh(), c.Head.Rules);
                    }
                    break;
                case Effect.NoLongerDue gone:
                    c.Change.Rows.Add(CaseTables.Deadline.Delete(c.Head.Id, Deadlines.Instrument + gone.Act));
                    break;
                default:
                    throw new InvalidOperationException($"Nobody performs {effect.GetType().Name}.");
            }
        }
    }

    private async Task IssueAsync(CaseChange c, Effect.IssueResidence issue, PersonRecord person, RuleContext rules)
    {
        var number = person.ResidentNumber
            ?? await NextNumberAsync();
        var term = Term.Grant(issue.From, issue.Months, rules.Today, rules.Policy.Get<LocalDate>("term.gregorian_since", rules.Today));
        var details = new ResidenceDetails
        {
            ResidentNumber = number,
            EmployerNumber = issue.EmployerNumber,
            EmployerName = issue.EmployerName,
            Occupation = issue.Occupation,
            OccupationArabic = issue.OccupationArabic,
            Photo = issue.Photo,
        };
        var residence = await _residences.IssueAsync(c.Change, c.Head.Person, issue.Category, issue.From, term.End, issue.Months, term.Calendar.ToString(), details, c.Head.Case);
        var record = person with { ResidentNumber = number };
        if (person.ResidentNumber is null)
        {
            await _persons.UpdateAsync(c.Change, c.Head.Person, person, record);
        }
        await _documents.IssueAsync(c.Change, new DocumentOrder(c.Head.Person, residence, Content(record, details, issue.Category), DocumentYears(rules)));
        Tell(c, "residence.issued", term.End, issue.Category);
        RemindersUntil(c, term.End, rules);
        await _notices.AddAsync(c.Change, c.Head.Person, "issued", c.Head.Case, ("until", term.End));
    }

    /// <summary>The next number that nobody has: another register that was taken over gave out numbers of the same block.</summary>
    private async Task<string> NextNumberAsync()
    {
        while (true)
        {
            var number = _residents.Allocate(await _serials.NextAsync("resident_number"), _block).ToString();
            if (!await _persons.IsTakenAsync(number))
            {
                return number;
            }
        }
    }

    private async Task RenewAsync(CaseChange c, Effect.RenewResidence renew, PersonRecord person, RuleContext rules)
    {
        var residence = await _residences.OfAsync(c.Head.Person) ?? throw new InvalidOperationException("There is no residence to renew.");
        var calendar = Term.CalendarOf(rules.Today, rules.Policy.Get<LocalDate>("term.gregorian_since", rules.Today));
        // The new term follows the old one, also when it is late: no day without a residence is given away, and none is counted twice.
        var until = Term.AddMonths(residence.Until, renew.Months, calendar);
        _residences.Renew(c.Change, residence, until, renew.Months, calendar.ToString(), renew.Late, c.Head.Case);
        var access = _door.Within(c.Change, Actor.System("engine"), Purpose.IssueDocument, "case.execute", c.Head.Person);
        var details = await _residences.DetailsAsync(access, residence);
        if (await _documents.LiveAsync(c.Head.Person) is { } live && live.ExpiresDay <= rules.Today)
        {
            // The card's own years are over: the next version. Otherwise a renewal needs no new card.
            await _documents.ReplaceAsync(c.Change, live, new DocumentOrder(c.Head.Person, residence.Id, Content(person, details, residence.Category), DocumentYears(rules)));
        }
        Tell(c, "residence.renewed", until, residence.Category);
        RemindersUntil(c, until, rules);
        await _notices.AddAsync(c.Change, c.Head.Person, "renewed", c.Head.Case, ("until", until));
    }

    private async Task EndDocumentAsync(CaseChange c, Effect.EndDocument end)
    {
        if (await _documents.LiveAsync(c.Head.Person) is { } live)
        {
            await _documents.EndAsync(c.Change, live, end.How);
        }
    }

    private async Task NextDocumentAsync(CaseChange c, PersonRecord person, RuleContext rules)
    {
        var residence = await _residences.OfAsync(c.Head.Person) ?? throw new InvalidOperationException("There is no residence for an ID.");
        var access = _door.Within(c.Change, Actor.System("engine"), Purpose.IssueDocument, "case.execute", c.Head.Person);
        var details = await _residences.DetailsAsync(access, residence);
        // Another card for the same years; one whose years are over begins new ones.
        var until = (await _documents.OfAsync(c.Head.Person)).Select(d => (LocalDate?)d.ExpiresDay).FirstOrDefault();
        var issued = await _documents.NextAsync(c.Change, new DocumentOrder(c.Head.Person, residence.Id, Content(person, details, residence.Category), DocumentYears(rules)) { Until = until > rules.Today ? until : null });
        c.Change.Messages.Add(Message(c, RegisterTopic, new AgencyNotice("document.replaced", c.Head.PersonId, "") { Version = issued.Number }));
        await _notices.AddAsync(c.Change, c.Head.Person, "id_replaced", c.Head.Case, ("until", issued.ExpiresDay));
    }

    private async Task CountFineAsync(CaseChange c, Effect.CountFine fine, RuleContext rules)
    {
        var (ordinal, line) = await FineAsync(c, fine.Fine, rules);
        _visas.Charge(c.Change, c.Head.Person, fine.Fine, ordinal, rules.Today, line.Amount, c.Head.Id, paid: true);
    }

    private async Task<(int Ordinal, PriceLine Line)> FineAsync(CaseChange c, string code, RuleContext rules)
    {
        var ordinal = (await _visas.FinesAsync(c.Head.Person)).Count(f => f.Code == code) + 1;
        var line = rules.Tariff.ByOrdinal(code, ordinal, rules.Today);
        return line.Ok ? (ordinal, line.Value) : throw new InvalidOperationException($"No amount for {code}: {line.Refusal.Code}.");
    }

    private async Task IssueVisaAsync(CaseChange c, Effect.IssueExitVisa visa, PersonRecord person, RuleContext rules)
    {
        var residence = await _residences.OfAsync(c.Head.Person) ?? throw new InvalidOperationException("There is no residence for a visa.");
        // Ten digits beginning with 8, so that no visa number looks like a person's or an establishment's.
        var number = (8_000_000_000 + _visaNumbers.Forward(await _serials.NextAsync("exit_visa"))).ToString(CultureInfo.InvariantCulture);
        var id = _visas.Issue(c.Change, c.Head.Person, residence.Id, c.Head.Case, number, visa.Kind, rules.Today, visa.LeaveBefore, visa.Stay, visa.Months, visa.ReturnBefore);
        c.Change.Messages.Add(NoticeTo(RegisterTopic, IssuedNotice(new ExitVisa(id, 0, c.Head.Person, residence.Id, c.Head.Case, number, visa.Kind, VisaStates.Issued, rules.Today, visa.LeaveBefore, visa.Stay, visa.Months,
            visa.ReturnBefore, null, 0)), _clock));
    }

    /// <summary>What the register is told of a visa that was issued.</summary>
    public static AgencyNotice IssuedNotice(ExitVisa visa) => new("visa.issued", visa.Person.Value, visa.Number)
    {
        VisaKind = visa.Kind,
        From = visa.IssuedDay,
        Until = visa.LeaveBefore,
        ReturnBefore = visa.Stay == VisaStays.Date ? visa.ReturnBefore : null,
        StayDays = visa.Stay == VisaStays.Months ? visa.Months * 30 : null,
    };

    private async Task MoveVisaAsync(CaseChange c, Effect.MoveVisa move)
    {
        var visa = await _visas.OfCaseAsync(c.Head.Case) ?? throw new InvalidOperationException("The case has no visa.");
        var after = visa with { State = move.State };
        if (move.State == VisaStates.Out)
        {
            after = after with
            {
                ExitedDay = move.Day,
                Trips = visa.Trips + 1,
                // Whenever the holder leaves, the stay does not outlast the residence (domain.md §3.2).
                ReturnBefore = visa.Stay == VisaStays.Months
                    ? LocalDate.Min(ExitReentryClock.ReturnBefore(move.Day, visa.Months), (await _residences.OfAsync(c.Head.Person))?.Until ?? LocalDate.MaxIsoValue)
                    : visa.ReturnBefore,
            };
        }
        _visas.Put(c.Change, visa, after);
        if (move.State == VisaStates.Cancelled)
        {
            c.Change.Messages.Add(Message(c, RegisterTopic, new AgencyNotice("visa.cancelled", c.Head.PersonId, visa.Number)));
        }
        if (after.State == VisaStates.Out && after.ReturnBefore is { } back)
        {
            c.Due(Deadlines.Instrument + InstrumentActs.ReturnDayPassed, back.EndInRiyadh(), c.Head.Rules);
        }
    }

    private async Task OrderShipmentAsync(CaseChange c, Effect.OrderShipment order, RuleContext rules)
    {
        var live = await _documents.LiveAsync(c.Head.Person) ?? throw new InvalidOperationException("There is no ID whose card could be sent.");
        // What ends this ID and what sends its card are not unaware of each other.
        Documents.Touch(c.Change, live);
        var promised = rules.Policy.AddWorkingDays(c.Now, rules.Policy.Get<int>(ShipmentPolicies.WorkingDays, rules.Today));
        await _shipments.OrderAsync(c.Change, c.Head, live.Id, order.ShortAddress, promised);
        c.Due(Deadlines.State, promised, c.Head.Rules);
        c.Change.Messages.Add(Message(c, ShipmentTopic, new ShipmentMessage(c.Head.Id, Stops: false)));
    }

    private async Task ChargeAsync(CaseChange c, Effect.Charge charge, RuleContext rules)
    {
        var (ordinal, line) = await FineAsync(c, charge.Fine, rules);
        _visas.Charge(c.Change, c.Head.Person, charge.Fine, ordinal, rules.Today, line.Amount, c.Head.Id);
        var until = rules.Today.PlusDays(rules.Policy.Get<int>("fine.payment_days", rules.Today));
        var bill = _bills.Issue(c.Change, c.Head.Case, Payer.Person(c.Head.Person), c.Service.Purpose, new Quote([line], []), until);
        c.Head = c.Head with { BillId = bill.Id.Value };
        await _notices.AddAsync(c.Change, c.Head.Person, "fined", c.Head.Case, ("amount", line.Amount));
    }

    /// <summary>The fine's money is here, or was written off: the fine is settled and its bill spent.</summary>
    internal async Task SettleFineAsync(CaseChange c, Bill bill)
    {
        foreach (var fine in (await _visas.FinesAsync(c.Head.Person)).Where(f => f.Open && f.Source == c.Head.Id))
        {
            _visas.Settle(c.Change, fine, waived: bill.Received == Money.Zero);
        }
        _bills.Consume(c.Change, bill);
    }

    private async Task EndAsync(CaseChange c, Effect.EndResidence end)
    {
        var residence = await _residences.OfAsync(c.Head.Person) ?? throw new InvalidOperationException("There is no residence to end.");
        _residences.End(c.Change, residence, end.Day, end.Reason);
        TellEnded(c.Change, residence, end.Day, _clock);
    }

    /// <summary>Tells everybody who was told of a residence that it has ended.</summary>
    public static void TellEnded(Change change, Residence residence, LocalDate day, TimeProvider clock)
    {
        var notice = new AgencyNotice("residence.ended", residence.Person.Value, "") { Until = day };
        change.Messages.Add(NoticeTo(RegisterTopic, notice, clock));
        if (WorkTopicOf(residence.Category) is { } platform)
        {
            change.Messages.Add(NoticeTo(platform, notice, clock));
        }
        change.Messages.Add(NoticeTo(InsuranceTopic, notice, clock));
        if (residence.Category == Categories.EstablishmentWorker)
        {
            change.Messages.Add(NoticeTo(EmploymentTopic, notice, clock));
        }
        NationalWallet.SettleLater(change, residence.Person, clock);
    }

    /// <summary>A notice to an agency, in the lane of the agency and the person.</summary>
    public static OutboxMessage NoticeTo(string topic, AgencyNotice notice, TimeProvider clock) => MessageOf(topic, new PersonId(notice.Person), notice, clock);

    /// <summary>The post is told, perhaps once more, that a card is not to be handed over.</summary>
    public static OutboxMessage ShipmentStop(PersonId person, Guid @case, TimeProvider clock) => MessageOf(ShipmentTopic, person, new ShipmentMessage(@case, Stops: true), clock);

    private static OutboxMessage MessageOf<T>(string topic, PersonId person, T payload, TimeProvider clock) =>
        new(Guid.CreateVersion7(clock.GetUtcNow()), topic, LaneOf(topic, person), JsonSerializer.Serialize(payload, StoredJson.Options), Person: person);

    /// <summary>Of the platform on which the employer is; null for dependents.</summary>
    private static string? WorkTopicOf(string category) => category switch
    {
        Categories.EstablishmentWorker => LabourTopic,
        Categories.HouseholdWorker => DomesticTopic,
        _ => null,
    };

    public static string LaneOf(string topic, PersonId person) => $"{topic}:{person}";

    /// <summary>Asks the employer or head for confirmation, through the platform that he uses.</summary>
    internal void AskEmployer(CaseChange c, FactSet facts, string who)
    {
        var employer = facts.Find<ContractFact>()?.EmployerNumber ?? "";
        c.Change.Messages.Add(Message(c, EmployerTopic, new EmployerQuestion(c.Head.Id, c.Head.Submission, c.Head.PersonId, c.Head.Service, who, employer.StartsWith('7') ? employer : null)));
    }

    /// <summary>Who pays: the person, or the employer under his number's blind index (an employer may be a person).</summary>
    internal Payer PayerOf(CaseHead head, Service service, FactSet facts, RuleContext rules)
    {
        var kind = rules.Party(service.Code).Payer;
        return kind == PayerKind.Resident || facts.Find<ContractFact>()?.EmployerNumber is not { } number
            ? Payer.Person(head.Person, kind)
            : new Payer(kind, new Guid(_blind.Of("payer", number)));
    }

    /// <summary>What an ID says: of the person as the register has him, of the residence, of who answers for him.</summary>
    public static DocumentContent Content(PersonRecord person, ResidenceDetails details, string category) => new()
    {
        ResidentNumber = details.ResidentNumber,
        NameArabic = person.FullNameArabic,
        NameLatin = person.FullNameLatin,
        FamilyName = person.FamilyName,
        GivenNames = person.GivenNames,
        Sex = person.SexAsDocumented,
        Nationality = person.Nationality,
        Occupation = details.Occupation,
        OccupationArabic = details.OccupationArabic,
        Birth = BirthDate.Of(NodaTime.Text.LocalDatePattern.Iso.Parse(person.BirthDate).GetValueOrThrow(), Enum.Parse<BirthPrecision>(person.BirthPrecision, ignoreCase: true), person.BirthDateHijri),
        AnswerableName = details.EmployerName,
        AnswerableKind = category switch
        {
            Categories.HouseholdWorker => Answerable.Household,
            Categories.Dependent => Answerable.HeadOfFamily,
            _ => Answerable.Establishment,
        },
        Photo = details.Photo,
    };

    private static int DocumentYears(RuleContext rules) => rules.Policy.Get<int>("document.years", rules.Today);

    private void RemindersUntil(CaseChange c, LocalDate until, RuleContext rules)
    {
        foreach (var days in rules.Policy.Get<IReadOnlyList<int>>("reminders.days", rules.Today))
        {
            var day = until.PlusDays(-days);
            if (day > rules.Today)
            {
                c.Due(Deadlines.Reminder + days.ToString(CultureInfo.InvariantCulture), day.At(new LocalTime(9, 0)).WithOffset(Clock.Riyadh).ToInstant(), c.Head.Rules);
            }
        }
    }

    private void Tell(CaseChange c, string what, LocalDate until, string category)
    {
        var notice = new AgencyNotice(what, c.Head.PersonId, "") { Category = category, Until = until };
        c.Change.Messages.Add(NoticeTo(RegisterTopic, notice, _clock));
        if (WorkTopicOf(category) is { } platform)
        {
            c.Change.Messages.Add(NoticeTo(platform, notice, _clock));
        }
        // A renewal moves neither the beginning nor the end of the employment.
        if (what == "residence.issued" && category == Categories.EstablishmentWorker)
        {
            c.Change.Messages.Add(NoticeTo(EmploymentTopic, notice, _clock));
        }
    }

    private OutboxMessage Message<T>(CaseChange c, string topic, T payload) => MessageOf(topic, c.Head.Person, payload, _clock);
}
