using Muqeem.Cases;
using Muqeem.Cases.Checks;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Services.ExitReentryVisa;

/// <summary>VISA.ERV.S, VISA.ERV.M and VISA.ERV.CANCEL from the journey's dates to the day when the visa is closed, for the three categories. Amounts are those of the fee table's worked examples.</summary>
public abstract class ExitReentryVisaTests(DatabaseKind kind) : IAsyncLifetime
{
    private const string Key = "exit-reentry";

    private Residents _residents = null!;

    public async ValueTask InitializeAsync() => _residents = await Residents.StartAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _residents.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private LocalDate Today => _residents.Today;

    private static (string, string)[] Journey(string kind, LocalDate leave, LocalDate back) => [("kind", kind), .. Residents.Day("leaveOn", leave), .. Residents.Day("returnOn", back)];

    /// <summary>One resident of each category, whose residence ends in so many days.</summary>
    private async Task<Resident[]> OneOfEachAsync(int days = 400) =>
    [
        await _residents.SettleAsync(Residents.EstablishmentWorker, Today.PlusDays(days)),
        await _residents.SettleAsync(Residents.HouseholdWorker, Today.PlusDays(days)),
        await _residents.SettleAsync(Residents.Dependent, Today.PlusDays(days)),
    ];

    /// <summary>Asks for a visa, has it confirmed and pays it.</summary>
    private async Task<CaseId> IssuedAsync(Resident resident, int riyals, params (string, string)[] journey)
    {
        var (id, state) = await _residents.SendAsync(resident, Key, journey);
        Assert.Equal(CaseStates.AwaitingEmployer, state);
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.AwaitingPayment);
        Assert.Equal(Money.Riyals(riyals), await _residents.PayAsync(resident, id, CaseStates.Issued));
        return id;
    }

    /// <summary>A single visa for a journey of a month that begins in ten days: the first block of two months, 200 riyals.</summary>
    private Task<CaseId> SimpleAsync(Resident resident) => IssuedAsync(resident, 200, Journey(VisaKinds.Single, Today.PlusDays(10), Today.PlusDays(10).PlusMonths(1)));

    private async Task<IReadOnlyList<Fine>> FinesAsync(Resident resident) => await _residents.World.Get<ExitVisas>().FinesAsync(resident.Person);

    [Fact]
    public async Task The_cheapest_visa_that_fits_the_travel_dates_is_found()
    {
        var settled = await _residents.SettleAsync(Residents.EstablishmentWorker, Today.PlusDays(700));
        var leave = Today.PlusDays(10);
        foreach (var (type, from, to, riyals) in new[]
        {
            (VisaKinds.Single, leave, leave.PlusMonths(2), 200),
            (VisaKinds.Single, leave, leave.PlusMonths(2).PlusDays(1), 300),
            (VisaKinds.Single, leave, leave.PlusMonths(5), 500),
            // Counted from the exit it is two months; counted from issue it would be five.
            (VisaKinds.Single, Today.PlusDays(89), Today.PlusDays(89).PlusMonths(2), 200),
            (VisaKinds.Multiple, leave, Today.PlusMonths(3), 500),
            (VisaKinds.Multiple, leave, Today.PlusMonths(6), 1100),
        })
        {
            var found = await _residents.WhatIfAsync(settled, Key, Journey(type, from, to));
            Assert.Empty(found.Findings);
            Assert.Equal((type, from, to, Money.Riyals(riyals)), (type, from, to, found.Quote.Total));
        }

        // Two months from the exit would outlast this residence: the visa to a date fits, and its day is the residence's last.
        var ends = Today.PlusDays(40);
        var brief = await _residents.SettleAsync(Residents.HouseholdWorker, ends);
        var visa = await _residents.VisaAsync(await IssuedAsync(brief, 200, Journey(VisaKinds.Single, Today.PlusDays(5), ends)));
        Assert.Equal((VisaStays.Date, ends, ends), (visa.Stay, visa.LeaveBefore, visa.ReturnBefore!.Value));
    }

    [Fact]
    public async Task What_stands_against_a_journey_is_said_all_at_once_and_when_it_would_pass()
    {
        var resident = await _residents.SettleAsync(Residents.Dependent, Today.PlusDays(100));
        await _residents.World.AtDeskAsync($"people/{resident.Index}/acts/fine");
        var (id, state) = await _residents.SendAsync(resident, Key, Journey(VisaKinds.Single, Today.PlusDays(91), Today.PlusDays(101)));
        Assert.Equal(CaseStates.NeedsAction, state);
        var findings = (await _residents.TrackAsync(resident, id)).Findings;
        Assert.Equal([Check.Codes.ResidenceTooShort, Check.Codes.UnpaidViolations, Rules.LeaveTooLate], findings.Select(f => f.Refusal.Code));
        Assert.Equal(Today.PlusDays(1), findings.Single(f => f.Refusal.Code == Rules.LeaveTooLate).PassesOn);

        // A passport that ends in forty days is too short by law, whoever asks.
        var other = await _residents.SettleAsync(19, Today.PlusDays(300));
        var what = await _residents.WhatIfAsync(other, Key, Journey(VisaKinds.Single, Today.PlusDays(5), Today.PlusDays(4)));
        Assert.Equal([Check.Codes.PassportTooShort, Rules.ReturnBeforeLeave], what.Findings.Select(f => f.Refusal.Code));
    }

    [Fact]
    public async Task A_visa_for_one_journey_runs_by_two_clocks_and_is_closed_by_the_return()
    {
        var everybody = await OneOfEachAsync();
        var issuedOn = Today;
        var parties = new List<(string?, string?)>();
        var cases = new List<(Resident Resident, CaseId Case)>();
        foreach (var resident in everybody)
        {
            var what = await _residents.WhatIfAsync(resident, Key, Journey(VisaKinds.Single, Today.PlusDays(10), Today.PlusDays(40)));
            parties.Add((what.ConfirmedBy, what.PaidBy));
            cases.Add((resident, await SimpleAsync(resident)));
        }
        Assert.Equal([("employer", "resident"), ("employer", "employer"), ("head", "head")], parties);
        foreach (var (_, id) in cases)
        {
            var visa = await _residents.VisaAsync(id);
            Assert.Equal((VisaStates.Issued, VisaStays.Months, 2, issuedOn.PlusDays(90), null), (visa.State, visa.Stay, visa.Months, visa.LeaveBefore, visa.ReturnBefore));
            Assert.Matches("^8[0-9]{9}$", visa.Number);
        }

        // The second clock begins with the exit, not with the issue.
        await _residents.MoveToAsync(issuedOn.PlusDays(20));
        foreach (var (resident, id) in cases)
        {
            await _residents.CrossAsync(resident, id, leaves: true, VisaStates.Out);
            Assert.Equal((issuedOn.PlusDays(20), issuedOn.PlusDays(20).PlusMonths(2)), ((await _residents.VisaAsync(id)).ExitedDay!.Value, (await _residents.VisaAsync(id)).ReturnBefore!.Value));
        }

        // The last day is still in time.
        await _residents.MoveToAsync(issuedOn.PlusDays(20).PlusMonths(2));
        foreach (var (resident, id) in cases)
        {
            await _residents.CrossAsync(resident, id, leaves: false, VisaStates.Returned);
            Assert.False((await _residents.VisaAsync(id)).Open);
            Assert.Equal(Standing.Active, await _residents.StandingAsync(resident));
            Assert.Empty(await FinesAsync(resident));
            Assert.DoesNotContain((await _residents.WhatIfAsync(resident, Key)).Findings, f => f.Refusal.Code == Check.Codes.OpenVisa);
        }
        Assert.Empty(await _residents.World.Get<Ledger>().AuditAsync());
    }

    [Fact]
    public async Task However_late_the_holder_leaves_the_stay_does_not_outlast_the_residence()
    {
        var until = Today.PlusDays(80);
        var resident = await _residents.SettleAsync(Residents.HouseholdWorker, until);
        var id = await SimpleAsync(resident);
        Assert.Equal((VisaStays.Months, until), ((await _residents.VisaAsync(id)).Stay, (await _residents.VisaAsync(id)).LeaveBefore));
        await _residents.MoveToAsync(Today.PlusDays(60));
        await _residents.CrossAsync(resident, id, leaves: true, VisaStates.Out);
        Assert.Equal(until, (await _residents.VisaAsync(id)).ReturnBefore);
    }

    [Fact]
    public async Task A_visa_for_several_journeys_lasts_until_its_day_and_is_closed_without_a_fine()
    {
        var resident = await _residents.SettleAsync(Residents.EstablishmentWorker, Today.PlusDays(400));
        var last = Today.PlusMonths(6);
        var id = await IssuedAsync(resident, 1100, Journey(VisaKinds.Multiple, Today.PlusDays(10), last));
        Assert.Equal((VisaStays.Date, (LocalDate?)last), ((await _residents.VisaAsync(id)).Stay, (await _residents.VisaAsync(id)).ReturnBefore));
        for (var journey = 1; journey <= 2; journey++)
        {
            await _residents.MoveToAsync(Today.PlusDays(15));
            await _residents.CrossAsync(resident, id, leaves: true, VisaStates.Out);
            await _residents.MoveToAsync(Today.PlusDays(15));
            await _residents.CrossAsync(resident, id, leaves: false, CaseStates.Issued);
            Assert.Equal((journey, last), ((await _residents.VisaAsync(id)).Trips, (await _residents.VisaAsync(id)).ReturnBefore!.Value));
        }
        // While it is in force there is no second one.
        Assert.Equal(Check.Codes.OpenVisa, Assert.Single((await _residents.WhatIfAsync(resident, Key)).Findings).Refusal.Code);

        await _residents.MoveToAsync(last.PlusDays(1));
        await _residents.BecomesAsync(resident, id, VisaStates.Closed);
        Assert.Empty(await FinesAsync(resident));
        Assert.Empty((await _residents.WhatIfAsync(resident, Key)).Findings);
    }

    [Fact]
    public async Task Staying_abroad_too_long_ends_a_workers_residence_after_two_months_and_never_a_dependents()
    {
        var everybody = await OneOfEachAsync();
        var cases = new List<(Resident Resident, CaseId Case)>();
        foreach (var resident in everybody)
        {
            cases.Add((resident, await SimpleAsync(resident)));
        }
        foreach (var (resident, id) in cases)
        {
            await _residents.CrossAsync(resident, id, leaves: true, VisaStates.Out);
        }
        var back = Today.PlusMonths(2);
        await _residents.MoveToAsync(back);
        foreach (var (resident, id) in cases)
        {
            Assert.Equal(VisaStates.Out, await _residents.StateAsync(resident, id));
        }
        await _residents.MoveToAsync(back.PlusDays(1));
        foreach (var (resident, id) in cases)
        {
            await _residents.BecomesAsync(resident, id, VisaStates.ExpiredOut);
            Assert.Equal(Standing.Active, await _residents.StandingAsync(resident));
        }

        // The household worker is late and back within the two months.
        var (household, householdCase) = cases[1];
        await _residents.CrossAsync(household, householdCase, leaves: false, VisaStates.Returned);
        await _residents.MoveToAsync(back.PlusDays(1).PlusMonths(2));
        await _residents.BecomesAsync(cases[0].Resident, cases[0].Case, VisaStates.NoReturn);
        var ended = await _residents.ResidenceAsync(cases[0].Resident);
        Assert.Equal((Standing.Ended, EndReasons.NoReturn), (ended.StandingAt(_residents.World.Clock.Now()), ended.EndReason));
        Assert.Equal((VisaStates.Returned, Standing.Active), (await _residents.StateAsync(household, householdCase), await _residents.StandingAsync(household)));
        Assert.Equal((VisaStates.ExpiredOut, Standing.Active), (await _residents.StateAsync(cases[2].Resident, cases[2].Case), await _residents.StandingAsync(cases[2].Resident)));
        await _residents.CrossAsync(cases[2].Resident, cases[2].Case, leaves: false, VisaStates.Returned);

        // A residence that ended opens no new visa.
        Assert.Contains((await _residents.WhatIfAsync(cases[0].Resident, Key)).Findings, f => f.Refusal.Code == Check.Codes.ResidenceEnded && f.Kind == FindingKind.Final);
    }

    [Fact]
    public async Task Neither_used_nor_cancelled_it_is_fined_by_its_ordinal_until_the_fine_is_paid()
    {
        var everybody = await OneOfEachAsync();
        var cases = new List<(Resident Resident, CaseId Case)>();
        foreach (var resident in everybody)
        {
            cases.Add((resident, await SimpleAsync(resident)));
        }
        var last = Today.PlusDays(90);
        await _residents.MoveToAsync(last);
        Assert.Equal(CaseStates.Issued, await _residents.StateAsync(cases[0].Resident, cases[0].Case));
        await _residents.MoveToAsync(last.PlusDays(1));
        foreach (var (resident, id) in cases)
        {
            await _residents.BecomesAsync(resident, id, VisaStates.Violated);
            var fine = Assert.Single(await FinesAsync(resident));
            Assert.Equal(("VISA_NOT_USED_NOT_CANCELLED", 1, Money.Riyals(1000), true), (fine.Code, fine.Ordinal, fine.Amount, fine.Open));
            Assert.Equal([Check.Codes.OpenVisa, Check.Codes.OpenFines], (await _residents.WhatIfAsync(resident, Key)).Findings.Select(f => f.Refusal.Code));
            Assert.IsType<CaseOutcome.NotNow>(await CancelAsync(resident, id));
            // The last one's is remitted by two officers, and what follows is the same.
            var remitted = id == cases[^1].Case;
            Assert.Equal(Money.Riyals(1000), remitted ? await WriteOffAsync(resident, id) : await _residents.PayAsync(resident, id, VisaStates.Cancelled));
            Assert.Equal(remitted ? "WAIVED" : "PAID", Assert.Single(await FinesAsync(resident)).State);
            Assert.Empty((await _residents.WhatIfAsync(resident, Key)).Findings);
        }

        // The second time it is 2000.
        var again = await SimpleAsync(cases[0].Resident);
        await _residents.MoveToAsync(Today.PlusDays(91));
        await _residents.BecomesAsync(cases[0].Resident, again, VisaStates.Violated);
        Assert.Equal(Money.Riyals(2000), await _residents.PayAsync(cases[0].Resident, again, VisaStates.Cancelled));
        Assert.Equal([1, 2], (await FinesAsync(cases[0].Resident)).Select(f => f.Ordinal));
        Assert.Empty(await _residents.World.Get<Ledger>().AuditAsync());
    }

    private async Task<Money> WriteOffAsync(Resident resident, CaseId id)
    {
        var (desk, bill) = (_residents.World.Get<BillDesk>(), (await _residents.TrackAsync(resident, id)).Bill!);
        var (one, other, nobody) = (new AccountId(Guid.CreateVersion7()), new AccountId(Guid.CreateVersion7()), new PersonId(Guid.CreateVersion7()));
        var proposed = Assert.IsType<BillAnswer.Done>(await Residents.InRequest(() => desk.ProposeAsync(Actor.Officer(one), one, nobody, bill.Id, BillAct.WriteOff, "VISA_NOT_USED_NOT_CANCELLED", null, "write_off.left", "غادر ولا يُحصّل.", Guid.CreateVersion7())));
        Assert.IsType<BillAnswer.Done>(await Residents.InRequest(() => desk.ConfirmAsync(Actor.Officer(other), other, nobody, proposed.Proposal, Guid.CreateVersion7())));
        await _residents.BecomesAsync(resident, id, VisaStates.Cancelled);
        return (await _residents.World.Get<Ledger>().BillAsync(bill.Id))!.WrittenOff;
    }

    private Task<CaseOutcome> CancelAsync(Resident resident, CaseId id) =>
        Residents.InRequest(() => _residents.World.Engine.InstrumentAsync(Residents.By(resident.Account), id, resident.Account, CaseActs.Cancel, By.Applicant, Today));

    [Fact]
    public async Task An_unused_visa_is_cancelled_without_a_fine_and_without_its_fee()
    {
        var everybody = await OneOfEachAsync();
        var last = Today.PlusDays(90);
        var cases = new List<(Resident Resident, CaseId Case)>();
        foreach (var resident in everybody)
        {
            var id = await SimpleAsync(resident);
            var number = (await _residents.VisaAsync(id)).Number;
            Assert.Equal(VisaStates.Cancelled, Residents.Done<CaseOutcome.Done>(await CancelAsync(resident, id)).State);
            Assert.Equal(BillState.Consumed, (await _residents.TrackAsync(resident, id)).Bill!.State);
            await _residents.ToldAsync("visa-change", number);
            cases.Add((resident, id));
        }
        await _residents.MoveToAsync(last.PlusDays(2));
        foreach (var (resident, id) in cases)
        {
            Assert.Equal(VisaStates.Cancelled, await _residents.StateAsync(resident, id));
            Assert.Empty(await FinesAsync(resident));
            // The border's word about a cancelled visa changes nothing.
            await _residents.World.AtDeskAsync("border/crossings", ("number", resident.Number), ("direction", "Out"), ("visa", (await _residents.VisaAsync(id)).Number));
            await _residents.World.AtDeskAsync("calls/send");
            Assert.Equal((VisaStates.Cancelled, null), ((await _residents.VisaAsync(id)).State, (await _residents.VisaAsync(id)).ExitedDay));
        }

        // Once its holder has left, it can no longer be cancelled.
        var used = await _residents.SettleAsync(27, Today.PlusDays(400));
        var unused = await SimpleAsync(used);
        await _residents.CrossAsync(used, unused, leaves: true, VisaStates.Out);
        Assert.IsType<CaseOutcome.NotNow>(await CancelAsync(used, unused));
    }

    [Fact]
    public async Task An_employer_who_declines_or_says_nothing_ends_it_and_it_can_be_asked_for_again()
    {
        var everybody = await OneOfEachAsync();
        var journey = Journey(VisaKinds.Single, Today.PlusDays(30), Today.PlusDays(50));
        var cases = new List<(Resident Resident, CaseId Case)>();
        foreach (var resident in everybody)
        {
            cases.Add((resident, (await _residents.SendAsync(resident, Key, journey)).Case));
        }
        await _residents.AnswerAsync(cases[0].Resident, cases[0].Case, confirmed: false, CaseStates.Refused);
        Assert.Equal("employer.declined", (await _residents.TrackAsync(cases[0].Resident, cases[0].Case)).Reason);
        await _residents.MoveToAsync(Today.PlusDays(15));
        foreach (var (resident, id) in cases.Skip(1))
        {
            await _residents.BecomesAsync(resident, id, CaseStates.ClosedNoAnswer);
        }
        foreach (var (resident, id) in cases)
        {
            Assert.Null((await _residents.TrackAsync(resident, id)).Bill);
            Assert.Equal(CaseStates.AwaitingEmployer, (await _residents.SendAsync(resident, Key, journey)).State);
        }
    }
}

public sealed class ExitReentryVisaOnSqlite() : ExitReentryVisaTests(DatabaseKind.Sqlite);

public sealed class ExitReentryVisaOnPostgreSql() : ExitReentryVisaTests(DatabaseKind.PostgreSql);
