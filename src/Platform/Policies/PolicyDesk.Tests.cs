using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Platform.Policies;

public sealed class PolicyDeskOnSqliteTests() : PolicyDeskTests(DatabaseKind.Sqlite);

public sealed class PolicyDeskOnPostgreSqlTests() : PolicyDeskTests(DatabaseKind.PostgreSql);

/// <summary>Two operators and a decree, in a real database.</summary>
public abstract class PolicyDeskTests(DatabaseKind kind) : IAsyncLifetime
{
    private const string Decree = "Decree 12 of 1448";

    private static readonly Actor One = Actor.Officer(new AccountId(Guid.CreateVersion7()));
    private static readonly Actor Two = Actor.Officer(new AccountId(Guid.CreateVersion7()));

    private readonly TestClock _clock = new();
    private TestDatabase _database = null!;
    private PolicyBook _book = null!;
    private PolicyDesk _desk = null!;

    private LocalDate Today => _clock.Today();

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(kind, _clock);
        _book = new PolicyBook(_database.Db, _clock);
        await _book.ImportBaselineAsync(_database.Writer);
        await _book.LoadAsync();
        _desk = new PolicyDesk(_database.Db, _database.Writer, _book,
        [
            new PolicyForm(PolicyBook.Fees, Tariff.MustRead),
            PolicyForm.Of<IReadOnlyList<string>>(WorkingDays.Week, days => PolicyForm.Unknown(days, WorkingDays.DayNames)),
        ], _clock);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _database.DisposeAsync();
    }

    private PolicyChange Change(string code, string value, int inDays = 1, int? forDays = null) => new(code, Today.PlusDays(inDays), forDays is { } days ? Today.PlusDays(inDays + days) : null, value, Decree, null);

    private async Task<Guid> ProposedAsync(PolicyChange change, Actor? by = null) =>
        Assert.IsType<PolicyAnswer.Done>(await _desk.ProposeAsync(by ?? One, Guid.CreateVersion7(), change)).Proposal;

    private async Task<string> RefusedAsync(Task<PolicyAnswer> answer) => Assert.IsType<PolicyAnswer.Refused>(await answer).Refusal.Code;

    private Task<PolicyAnswer> ConfirmAsync(Guid proposal, Actor? by = null) => _desk.ConfirmAsync(by ?? Two, Guid.CreateVersion7(), proposal);

    private int PaymentDays(int inDays) => _book.Current.Get<int>("case.payment_days", Today.PlusDays(inDays));

    [Fact]
    public async Task A_rule_is_another_from_the_day_on_that_two_operators_say_and_the_days_before_keep_theirs()
    {
        var old = PaymentDays(0);
        var proposal = await ProposedAsync(Change("case.payment_days", " 45 ", inDays: 3));
        Assert.Equal((old, 1L), (PaymentDays(3), _book.Current.Version));
        Assert.Equal(PolicyRefusals.AnotherConfirms, await RefusedAsync(ConfirmAsync(proposal, One)));

        var operation = Guid.CreateVersion7();
        var done = Assert.IsType<PolicyAnswer.Done>(await _desk.ConfirmAsync(Two, operation, proposal));
        Assert.Equal((2L, 2L), (done.Version, _book.Current.Version));
        Assert.Equal((old, old, 45, 45), (PaymentDays(0), PaymentDays(2), PaymentDays(3), PaymentDays(400)));
        var row = _book.Current.RowOn("case.payment_days", Today.PlusDays(3));
        Assert.Equal((PolicyChange.Evidence, Decree), (row.Evidence, row.Source));
        Assert.Equal(PolicyBook.Baseline().Count + 1, _book.Current.Rows.Count());
        Assert.Empty(await _desk.WaitingAsync());

        // Said again it is the same, and it is decided once.
        Assert.Equal(done, await _desk.ConfirmAsync(Two, operation, proposal));
        Assert.Equal(done, await ConfirmAsync(proposal));
        Assert.Equal(PolicyRefusals.Over, await RefusedAsync(_desk.RejectAsync(Two, Guid.CreateVersion7(), proposal)));
        Assert.Equal(PolicyRefusals.Over, await RefusedAsync(ConfirmAsync(proposal, Actor.Officer(new AccountId(Guid.CreateVersion7())))));
        Assert.Equal(["policy.import", "policy.propose", "policy.publish"], await _database.Db.QueryAsync<string>("SELECT verb FROM act ORDER BY at, id"));
        Assert.Equal((2L, "operator"), await _database.Db.SingleAsync<(long, string)>("SELECT version, origin FROM policy_version ORDER BY version DESC LIMIT 1"));

        // Another node takes it over, and one that has nothing yet does not.
        var (other, fresh) = (new PolicyBook(_database.Db, _clock), new PolicyBook(_database.Db, _clock));
        await other.LoadAsync();
        await fresh.LoadIfNewerAsync();
        Assert.False(fresh.IsLoaded);
        await ConfirmAsync(await ProposedAsync(Change("case.payment_days", "50", inDays: 3)));
        Assert.Equal(2, other.Current.Version);
        await other.LoadIfNewerAsync();
        Assert.Equal((3L, 50), (other.Current.Version, other.Current.Get<int>("case.payment_days", Today.PlusDays(3))));
        Assert.Single(other.Current.Rows, r => r.Code == "case.payment_days" && r.From is not null);
    }

    [Fact]
    public async Task What_is_limited_in_time_gives_way_to_what_was_before()
    {
        var old = PaymentDays(0);
        await ConfirmAsync(await ProposedAsync(Change("case.payment_days", "60", inDays: 10)));
        await ConfirmAsync(await ProposedAsync(Change("case.payment_days", "90", inDays: 5, forDays: 20)));
        Assert.Equal([old, 90, 90, 60], new[] { 4, 5, 24, 25 }.Select(PaymentDays));
        // A rule of the baseline that changes on a day of its own.
        await ConfirmAsync(await ProposedAsync(Change("case.payment_days", "10", inDays: 0, forDays: 1)));
        Assert.Equal([10, old, old, 90, 60], new[] { 0, 1, 4, 5, 25 }.Select(PaymentDays));
    }

    [Fact]
    public async Task A_line_of_the_fee_table_changes_and_the_others_stay()
    {
        var before = Tariff.Of(_book.Current, Today).Rows.ToList();
        var fee = PolicyChange.FeePrefix + "IQAMA_REPLACE_DAMAGED_FEE";
        var present = Assert.Single(PolicyChange.RowsOf(fee, [.. _book.Current.Rows])).Value;
        Assert.Contains("500", present);
        var proposal = await ProposedAsync(Change(fee, present.Replace("500", "250.50"), inDays: 7));
        Assert.IsType<PolicyAnswer.Done>(await ConfirmAsync(proposal));

        var tariff = Tariff.Of(_book.Current, Today);
        Assert.Equal(2, tariff.Version);
        Assert.Equal([500m, 500m, 250.50m], new[] { 0, 6, 7 }.Select(d => tariff.RowOn("IQAMA_REPLACE_DAMAGED_FEE", Today.PlusDays(d))!.Amount!.Value));
        var changed = tariff.RowOn("IQAMA_REPLACE_DAMAGED_FEE", Today.PlusDays(7))!;
        Assert.Equal((Decree, PolicyChange.Evidence, FeeKind.Government, "request"), (changed.Source, changed.Evidence, changed.Kind, changed.Per));
        Assert.Equal(before.Count + 1, tariff.Rows.Count());
        string Text(FeeRow row) => System.Text.Json.JsonSerializer.Serialize(row);
        Assert.Equal(before.Where(r => r.Code != "IQAMA_REPLACE_DAMAGED_FEE").Select(Text), tariff.Rows.Where(r => r.Code != "IQAMA_REPLACE_DAMAGED_FEE").Select(Text));

        // A code with two rows keeps both.
        Assert.Equal(2, PolicyChange.RowsOf(fee, [.. _book.Current.Rows]).Count);
        Assert.DoesNotContain(PolicyBook.Fees, PolicyChange.CodesOf([.. _book.Current.Rows]));
    }

    [Theory]
    [InlineData("no.such.rule", "1", 1, PolicyRefusals.NoCode)]
    [InlineData("fees", "[]", 1, PolicyRefusals.NoCode)]
    [InlineData("fees/NO_SUCH_FEE", "{\"amount\":1}", 1, PolicyRefusals.NoCode)]
    [InlineData("case.payment_days", "3", -1, PolicyRefusals.Past)]
    [InlineData("case.payment_days", "", 1, PolicyRefusals.NotJson)]
    [InlineData("case.payment_days", "{", 1, PolicyRefusals.NotJson)]
    [InlineData("case.payment_days", "null", 1, PolicyRefusals.NotJson)]
    [InlineData("case.payment_days", "\"30\"", 1, PolicyRefusals.OtherKind)]
    [InlineData("case.payment_days", "true", 1, PolicyRefusals.OtherKind)]
    [InlineData("case.payment_days", "-1", 1, PolicyRefusals.OtherKind)]
    [InlineData("case.payment_days", "1.5", 1, PolicyRefusals.OtherKind)]
    [InlineData("case.payment_days", "3000000000", 1, PolicyRefusals.OtherKind)]
    [InlineData("payment.platform_fees", "1", 1, PolicyRefusals.OtherKind)]
    [InlineData("payment.platform_fees", "false", 1, PolicyRefusals.Same)]
    [InlineData("calendar.working_days", "[\"sunday\",\"funday\"]", 1, PolicyRefusals.NotReadable)]
    [InlineData("calendar.working_days", "\"sunday\"", 1, PolicyRefusals.NotReadable)]
    [InlineData("calendar.holidays", "{}", 1, PolicyRefusals.NotReadable)]
    [InlineData("fees/ID_DELIVERY", "25", 1, PolicyRefusals.NotReadable)]
    [InlineData("fees/ID_DELIVERY", "{\"kind\":\"government\",\"per\":\"request\",\"amount\":-25}", 1, PolicyRefusals.NotReadable)]
    [InlineData("fees/ID_DELIVERY", "{\"kind\":\"government\",\"per\":\"request\",\"amount\":0.001}", 1, PolicyRefusals.NotReadable)]
    [InlineData("fees/ID_DELIVERY", "{\"kind\":\"government\",\"per\":\"request\",\"amout\":25}", 1, PolicyRefusals.NotReadable)]
    [InlineData("fees/ID_DELIVERY", "{\"kind\":\"government\",\"per\":\"request\"}", 1, PolicyRefusals.NotReadable)]
    [InlineData("fees/ID_DELIVERY", "{\"kind\":\"government\",\"per\":\"request\",\"amount\":20,\"amount\":25}", 1, PolicyRefusals.NotJson)]
    [InlineData("fees/ID_DELIVERY", "{\"kind\":\"government\",\"per\":\"\\ud800\",\"amount\":25}", 1, PolicyRefusals.NotJson)]
    [InlineData("calendar.working_days", "[\"\\ud800\"]", 1, PolicyRefusals.NotJson)]
    [InlineData("reminders.days", "\"\\ud800\"", 1, PolicyRefusals.NotJson)]
    [InlineData("case.payment_days", "[[[[", 1, PolicyRefusals.NotJson)]
    [InlineData("calendar.holidays", "{\"gregorian\":[],\"gregorian\":[],\"hijri\":[]}", 1, PolicyRefusals.NotJson)]
    [InlineData("case.payment_days", "{\"a\":1,\"a\":2}", 1, PolicyRefusals.NotJson)]
    [InlineData("fees/IQAMA_COMMERCIAL", "{\"kind\":\"government\",\"per\":\"year\",\"amount\":700,\"by_months\":{\"3\":163,\"6\":325,\"9\":488,\"12\":650},\"payer\":\"employer\"}", 1, PolicyRefusals.NotReadable)]
    [InlineData("fees/ID_DELIVERY", "{\"kind\":\"gift\",\"per\":\"request\",\"amount\":25}", 1, PolicyRefusals.NotReadable)]
    public async Task What_could_not_be_read_or_decides_over_the_past_is_never_proposed(string code, string value, int inDays, string refusal)
    {
        Assert.Equal(refusal, await RefusedAsync(_desk.ProposeAsync(One, Guid.CreateVersion7(), Change(code, value, inDays))));
        Assert.Empty(await _desk.WaitingAsync());
    }

    [Fact]
    public async Task A_change_has_a_source_and_an_end_after_its_beginning()
    {
        Assert.Equal(PolicyRefusals.Source, await RefusedAsync(_desk.ProposeAsync(One, Guid.CreateVersion7(), Change("case.payment_days", "3") with { Source = "  " })));
        Assert.Equal(PolicyRefusals.Source, await RefusedAsync(_desk.ProposeAsync(One, Guid.CreateVersion7(), Change("case.payment_days", "3") with { Note = new string('x', PolicyDesk.LongestText + 1) })));
        Assert.Equal(PolicyRefusals.Order, await RefusedAsync(_desk.ProposeAsync(One, Guid.CreateVersion7(), Change("case.payment_days", "3", forDays: 0))));
        Assert.Equal(PolicyRefusals.NotJson, await RefusedAsync(_desk.ProposeAsync(One, Guid.CreateVersion7(), Change("case.payment_days", new string(' ', 10) + new string('1', PolicyDesk.LongestValue + 1)))));
        Assert.Equal(PolicyRefusals.NoProposal, await RefusedAsync(ConfirmAsync(Guid.CreateVersion7())));
        var operation = Guid.CreateVersion7();
        Assert.IsType<PolicyAnswer.Done>(await _desk.ProposeAsync(One, operation, Change("case.payment_days", "3")));
        Assert.Equal(PolicyRefusals.OperationReused, await RefusedAsync(_desk.ProposeAsync(One, operation, Change("case.payment_days", "4"))));
        Assert.Single(await _desk.WaitingAsync());
    }

    [Fact]
    public async Task What_was_proposed_over_another_rule_than_is_now_is_proposed_anew()
    {
        var (first, second, elsewhere) = (await ProposedAsync(Change("case.payment_days", "40")), await ProposedAsync(Change("case.payment_days", "41")), await ProposedAsync(Change("case.objection_days", "61")));
        Assert.IsType<PolicyAnswer.Done>(await ConfirmAsync(first));
        Assert.Equal(PolicyRefusals.Changed, await RefusedAsync(ConfirmAsync(second)));
        Assert.Equal(3, Assert.IsType<PolicyAnswer.Done>(await ConfirmAsync(elsewhere)).Version);
        Assert.Equal((40, 61), (PaymentDays(1), _book.Current.Get<int>("case.objection_days", Today.PlusDays(1))));

        // And what nobody confirmed in time, or by its first day.
        var late = await ProposedAsync(Change("case.payment_days", "42", inDays: 0));
        _clock.Advance(TimeSpan.FromHours(24));
        Assert.Equal(PolicyRefusals.Past, await RefusedAsync(ConfirmAsync(late)));
        _clock.Advance(TimeSpan.FromHours(24));
        Assert.Equal(PolicyRefusals.Expired, await RefusedAsync(ConfirmAsync(late)));
        Assert.Empty(await _desk.WaitingAsync());
        var turned = await ProposedAsync(Change("case.payment_days", "43"));
        Assert.IsType<PolicyAnswer.Done>(await _desk.RejectAsync(One, Guid.CreateVersion7(), turned));
        Assert.Equal(PolicyRefusals.Over, await RefusedAsync(ConfirmAsync(turned)));
        Assert.Equal(40, PaymentDays(5));
    }

    [Fact]
    public async Task What_was_written_over_another_rule_than_is_now_is_not_even_proposed()
    {
        string Seen() => PolicyBook.DigestOf(PolicyChange.RowsOf("case.payment_days", [.. _book.Current.Rows]));
        var (seen, operation) = (Seen(), Guid.CreateVersion7());
        var proposal = Assert.IsType<PolicyAnswer.Done>(await _desk.ProposeAsync(One, operation, Change("case.payment_days", "40"), seen));
        Assert.IsType<PolicyAnswer.Done>(await ConfirmAsync(proposal.Proposal));
        Assert.Equal(PolicyRefusals.Changed, await RefusedAsync(_desk.ProposeAsync(One, Guid.CreateVersion7(), Change("case.payment_days", "41"), seen)));
        // Whose answer was lost is told what became of it.
        Assert.Equal(proposal, await _desk.ProposeAsync(One, operation, Change("case.payment_days", "40"), seen));
        Assert.IsType<PolicyAnswer.Done>(await _desk.ProposeAsync(One, Guid.CreateVersion7(), Change("case.payment_days", "41"), Seen()));
    }

    [Fact]
    public async Task Of_many_confirmed_at_once_each_is_published_or_told_to_look_again_and_none_takes_anothers_away()
    {
        var codes = new[] { "case.payment_days", "case.objection_days", "case.employer_days", "case.undo_seconds", "case.lock_minutes", "case.contest_days" };
        var proposals = new List<Guid>();
        foreach (var code in codes)
        {
            proposals.Add(await ProposedAsync(Change(code, "77")));
        }
        var answers = await Task.WhenAll(proposals.Select(p => ConfirmAsync(p)));
        Assert.Contains(answers, a => a is PolicyAnswer.Done);
        for (var i = 0; i < codes.Length; i++)
        {
            if (answers[i] is PolicyAnswer.Refused { Refusal.Code: PolicyRefusals.Changed })
            {
                answers[i] = await ConfirmAsync(proposals[i]);
            }
            Assert.IsType<PolicyAnswer.Done>(answers[i]);
        }
        await _book.LoadAsync();
        Assert.Equal(codes.Length + 1, _book.Current.Version);
        Assert.All(codes, c => Assert.Equal(77, _book.Current.Get<int>(c, Today.PlusDays(1))));
    }

    [Fact]
    public async Task Nobody_confirms_his_own_in_the_database_either()
    {
        await ProposedAsync(Change("case.payment_days", "3"));
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => _database.ExecuteAsync(
            "UPDATE policy_proposal SET state = 'CONFIRMED', decided_kind = proposed_kind, decided_by = proposed_by, decided_at = proposed_at, published = 2"));
    }
}
