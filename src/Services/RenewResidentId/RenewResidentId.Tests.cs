using Muqeem.Cases;
using Muqeem.Cases.Checks;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Registry;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Services.RenewResidentId;

/// <summary>ID.RENEW before and after the last day, with the employer's word, for the three categories. Amounts are those of the fee table and its worked examples.</summary>
public abstract class RenewResidentIdTests(DatabaseKind kind) : IAsyncLifetime
{
    private const string Key = "renew";
    private static readonly (string, string)[] AYear = [("months", "12")];

    private Residents _residents = null!;

    public async ValueTask InitializeAsync() => _residents = await Residents.StartAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _residents.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private LocalDate Today => _residents.Today;

    /// <summary>What twelve months cost without a fine: permit, work permit and levy; permit; levy of a dependent.</summary>
    private async Task<Money> YearAsync(Resident resident)
    {
        var contract = (await _residents.WhatIfAsync(resident, Key)).Facts.Get<ContractFact>();
        return Money.Riyals(resident.Category switch
        {
            Categories.EstablishmentWorker => 650 + 100 + (contract.IndustrialLicence ? 0 : contract.Expatriates > contract.Saudis ? 9600 : 8400),
            Categories.HouseholdWorker => 600,
            _ => 4800,
        });
    }

    private async Task<(CaseId Case, Money Paid)> RenewedAsync(Resident resident, params (string, string)[] answers)
    {
        var (id, state) = await _residents.SendAsync(resident, Key, answers.Length > 0 ? answers : AYear);
        Assert.True(state == CaseStates.AwaitingEmployer, $"{state}: {string.Join(", ", (await _residents.TrackAsync(resident, id)).Findings.Select(f => f.Refusal.Code))}");
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.AwaitingPayment);
        return (id, await _residents.PayAsync(resident, id, CaseStates.Issued));
    }

    [Fact]
    public async Task Before_the_last_day_a_year_follows_the_old_term_without_a_fine_and_without_a_new_card()
    {
        var until = Today.PlusDays(30);
        Resident[] everybody =
        [
            // The head first: a dependent's residence never outlasts the head's.
            await _residents.SettleAsync(Residents.EstablishmentWorker, until),
            await _residents.SettleAsync(Residents.HouseholdWorker, until),
            await _residents.SettleAsync(Residents.Dependent, until),
        ];
        var beyond = Assert.Single((await _residents.WhatIfAsync(everybody[2], Key, AYear)).Findings);
        Assert.Equal((Rules.BeyondHead, FindingKind.Fixable), (beyond.Refusal.Code, beyond.Kind));

        foreach (var resident in everybody)
        {
            if (resident == everybody[2])
            {
                // The register has heard of the head's new term.
                await WholeWorld.UntilAsync(async () => (await _residents.WhatIfAsync(resident, Key, AYear)).Findings.Count == 0 ? "" : null, "the head's renewal counts");
            }
            var card = await _residents.World.Get<Documents>().LiveAsync(resident.Person);
            var expected = await YearAsync(resident);
            Assert.Equal(expected, (await RenewedAsync(resident)).Paid);
            var residence = await _residents.ResidenceAsync(resident);
            Assert.Equal((until.PlusYears(1), 0, nameof(CalendarKind.Gregorian)), (residence.Until, residence.LateRenewals, residence.Calendar));
            Assert.Equal(card!.Number, (await _residents.World.Get<Documents>().LiveAsync(resident.Person))!.Number);
            await _residents.ToldAsync("residence-change", resident.Number);
        }
        Assert.Empty(await _residents.World.Get<Ledger>().AuditAsync());
    }

    [Fact]
    public async Task After_the_last_day_three_days_are_grace_and_from_the_fourth_the_fine_counts_up()
    {
        // The head's own term must run so that the dependent's may.
        await _residents.SettleAsync(Residents.EstablishmentWorker, Today.PlusYears(2));
        foreach (var (index, daysLate, lateBefore, fine) in new[]
        {
            (27, 3, 0, 0), (Residents.HouseholdWorker, 4, 0, 500), (Residents.Dependent, 3, 0, 0), (0, 10, 1, 1000), (11, 4, 1, 1000),
        })
        {
            var until = Today.PlusDays(-daysLate);
            var resident = await _residents.SettleAsync(index, until, lateBefore);
            Assert.Equal(Standing.Expired, await _residents.StandingAsync(resident));
            var expected = await YearAsync(resident) + Money.Riyals(fine);
            var (id, paid) = await RenewedAsync(resident);
            Assert.Equal((index, expected), (index, paid));
            var bill = (await _residents.TrackAsync(resident, id)).Bill!;
            Assert.Equal(fine, bill.Lines.Where(l => l.Code == "LATE_RENEWAL").Sum(l => l.Amount.Halalas) / 100);

            // No day is given away and none is counted twice.
            var residence = await _residents.ResidenceAsync(resident);
            Assert.Equal((until.PlusYears(1), lateBefore + (fine > 0 ? 1 : 0)), (residence.Until, residence.LateRenewals));
            Assert.Equal(Standing.Active, residence.StandingAt(_residents.World.Clock.Now()));
        }
        Assert.Empty(await _residents.World.Get<Ledger>().AuditAsync());
    }

    [Fact]
    public async Task The_third_time_late_a_person_decides_and_never_the_rule()
    {
        var resident = await _residents.SettleAsync(Residents.HouseholdWorker, Today.PlusDays(-10), late: 2);
        var (id, state) = await _residents.SendAsync(resident, Key, AYear);
        Assert.Equal(CaseStates.AwaitingEmployer, state);
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.UnderReview);
        var finding = Assert.Single((await _residents.TrackAsync(resident, id)).Findings);
        Assert.Equal((Rules.ThirdTimeLate, FindingKind.Review), (finding.Refusal.Code, finding.Kind));
        Assert.Null((await _residents.ResidenceAsync(resident)).EndReason);

        var officer = new AccountId(Guid.CreateVersion7());
        Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => _residents.World.Engine.ApproveAsync(Residents.By(officer, officer: true), officer, null, id, "records.agree")));
        await _residents.BecomesAsync(resident, id, CaseStates.AwaitingPayment);
        // The third fine is as high as the second.
        Assert.Equal(Money.Riyals(600 + 1000), await _residents.PayAsync(resident, id, CaseStates.Issued));
        Assert.Equal(3, (await _residents.ResidenceAsync(resident)).LateRenewals);
    }

    [Fact]
    public async Task What_is_sent_back_and_sent_again_is_confirmed_anew_and_the_old_word_does_not_count_for_it()
    {
        var resident = await _residents.SettleAsync(Residents.HouseholdWorker, Today.PlusDays(-10), late: 2);
        var (id, _) = await _residents.SendAsync(resident, Key, AYear);
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.UnderReview);

        var officer = new AccountId(Guid.CreateVersion7());
        Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => _residents.World.Engine.DecideAsync(Residents.By(officer, officer: true), officer, null, id, CaseActs.Ask, "records.differ",
            new DecisionContent(["months"], "أخبرنا بالمدة مرة أخرى"))));
        await _residents.World.MoveClockAsync(Duration.FromMinutes(10));
        await _residents.BecomesAsync(resident, id, CaseStates.NeedsInformation);
        Assert.Equal(CaseStates.AwaitingEmployer, Residents.Done<CaseOutcome.Done>(
            await Residents.InRequest(() => _residents.World.Engine.SubmitAsync(Residents.By(resident.Account), resident.Account, id))).State);

        // The word for the first sending, told once more, is not the word for the second.
        var first = EmployerQuestion.ReferenceOf(id, 1);
        await _residents.World.AtDeskAsync("employer/answers", ("reference", first), ("confirmed", "false"));
        await _residents.World.AtDeskAsync("calls/send");
        Assert.Equal(CaseStates.AwaitingEmployer, await _residents.StateAsync(resident, id));

        await WholeWorld.UntilAsync(async () =>
        {
            using var asked = await _residents.DeskAsync("employer");
            return asked.RootElement.ToString().Contains(EmployerQuestion.ReferenceOf(id, 2), StringComparison.Ordinal) ? "" : null;
        }, "the employer is asked again");
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.UnderReview);
    }

    [Fact]
    public async Task An_employer_or_head_who_declines_or_says_nothing_ends_it_and_the_residence_stays_as_it_was()
    {
        var until = Today.PlusDays(60);
        await _residents.SettleAsync(Residents.EstablishmentWorker, Today.PlusYears(2));
        Resident[] everybody = [await _residents.SettleAsync(27, until), await _residents.SettleAsync(Residents.HouseholdWorker, until), await _residents.SettleAsync(Residents.Dependent, until)];
        foreach (var resident in everybody)
        {
            var what = await _residents.WhatIfAsync(resident, Key, AYear);
            Assert.Equal(resident.Category == Categories.Dependent ? ("head", "head") : ("employer", "employer"), (what.ConfirmedBy, what.PaidBy));
            var (id, _) = await _residents.SendAsync(resident, Key, AYear);
            await _residents.AnswerAsync(resident, id, confirmed: false, CaseStates.Refused);
            var track = await _residents.TrackAsync(resident, id);
            Assert.Equal(("employer.declined", null), (track.Reason, track.Bill));
        }

        // Asked again, nobody answers: two weeks later it is closed, and not before.
        var silent = new List<CaseId>();
        foreach (var resident in everybody)
        {
            silent.Add((await _residents.SendAsync(resident, Key, AYear)).Case);
        }
        await _residents.MoveToAsync(Today.PlusDays(13));
        Assert.Equal(CaseStates.AwaitingEmployer, await _residents.StateAsync(everybody[0], silent[0]));
        await _residents.MoveToAsync(Today.PlusDays(2));
        foreach (var (resident, id) in everybody.Zip(silent))
        {
            await _residents.BecomesAsync(resident, id, CaseStates.ClosedNoAnswer);
            var residence = await _residents.ResidenceAsync(resident);
            Assert.Equal((until, 0), (residence.Until, residence.LateRenewals));

            // A word that comes after the deadline changes nothing.
            await _residents.SayAsync(id, confirmed: true);
        }
        await _residents.World.AtDeskAsync("calls/send");
        foreach (var (resident, id) in everybody.Zip(silent))
        {
            Assert.Equal(CaseStates.ClosedNoAnswer, await _residents.StateAsync(resident, id));
        }
    }

    [Fact]
    public async Task A_term_granted_by_the_old_calendar_is_followed_by_one_in_the_calendar_of_today()
    {
        var until = Today.PlusDays(20);
        var resident = await _residents.SettleAsync(Residents.HouseholdWorker, until, calendar: CalendarKind.Hijri);
        Assert.Equal(nameof(CalendarKind.Hijri), (await _residents.ResidenceAsync(resident)).Calendar);
        await RenewedAsync(resident, ("months", "24"));
        var residence = await _residents.ResidenceAsync(resident);
        Assert.Equal((until.PlusMonths(24), nameof(CalendarKind.Gregorian)), (residence.Until, residence.Calendar));
        // Two Hijri years would end three weeks earlier.
        Assert.NotEqual(until.PlusMonths(24), Term.AddMonths(until, 24, CalendarKind.Hijri));
        var terms = await _residents.World.Get<Db>().QueryAsync<string>("SELECT calendar FROM residence_term WHERE residence_id = @id ORDER BY from_day", new { id = residence.Id });
        Assert.Equal([nameof(CalendarKind.Hijri), nameof(CalendarKind.Gregorian)], terms);
    }

    [Fact]
    public async Task What_stands_against_a_renewal_is_said_with_the_day_on_which_it_passes()
    {
        var early = await _residents.SettleAsync(27, Today.PlusDays(200));
        var tooEarly = Assert.Single((await _residents.WhatIfAsync(early, Key, AYear)).Findings);
        Assert.Equal((Rules.TooEarly, Today.PlusDays(20)), (tooEarly.Refusal.Code, tooEarly.PassesOn!.Value));

        // From outside: not for workers of establishments; for household workers at twice the permit's fee; for dependents at the same levy.
        await _residents.SettleAsync(Residents.EstablishmentWorker, Today.PlusYears(2));
        foreach (var (index, findings, riyals) in new (int, string[], int)[]
        {
            (18, [Rules.OutsideNotOffered], -1), (Residents.HouseholdWorker, [], 1200), (Residents.Dependent, [], 4800),
        })
        {
            var resident = await _residents.SettleAsync(index, Today.PlusDays(10));
            await _residents.World.AtDeskAsync("border/crossings", ("number", resident.Number), ("direction", "Out"), ("quiet", "true"));
            var what = await _residents.WhatIfAsync(resident, Key, AYear);
            Assert.Equal(findings, what.Findings.Select(f => f.Refusal.Code));
            if (riyals > 0)
            {
                Assert.Equal(Money.Riyals(riyals), what.Quote.Total);
            }
        }

        // An unpaid traffic fine and a lapsed passport are told together; mended, the same case goes on.
        var worker = await _residents.SettleAsync(4, Today.PlusDays(10));
        var (id, state) = await _residents.SendAsync(worker, Key, AYear);
        Assert.Equal(CaseStates.NeedsAction, state);
        Assert.Equal(Check.Codes.UnpaidViolations, Assert.Single((await _residents.TrackAsync(worker, id)).Findings).Refusal.Code);
        await _residents.World.AtDeskAsync($"people/{worker.Index}/acts/pay-fines");
        await _residents.World.MoveClockAsync(Duration.FromHours(1));
        Assert.Equal(CaseStates.AwaitingEmployer, Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => _residents.World.Engine.SubmitAsync(Residents.By(worker.Account), worker.Account, id))).State);
    }

    [Fact]
    public async Task Shorter_and_longer_terms_cost_their_part()
    {
        var resident = await _residents.SettleAsync(0, Today.PlusDays(10));
        foreach (var (months, permits, more, less) in new[] { ("3", 163 + 25, 2400, 2100), ("6", 325 + 50, 4800, 4200), ("9", 488 + 75, 7200, 6300), ("24", 1300 + 200, 19200, 16800) })
        {
            var what = await _residents.WhatIfAsync(resident, Key, ("months", months));
            var contract = what.Facts.Get<ContractFact>();
            Assert.Equal((months, Money.Riyals(permits + (contract.IndustrialLicence ? 0 : contract.Expatriates > contract.Saudis ? more : less))), (months, what.Quote.Total));
        }
    }
}

public sealed class RenewResidentIdOnSqlite() : RenewResidentIdTests(DatabaseKind.Sqlite);

public sealed class RenewResidentIdOnPostgreSql() : RenewResidentIdTests(DatabaseKind.PostgreSql);
