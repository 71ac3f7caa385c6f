using System.Net.Http.Json;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Payments;

public class MoneyJourneyOnSqliteTests() : MoneyJourneyTests(DatabaseKind.Sqlite);

public class MoneyJourneyOnPostgreSqlTests() : MoneyJourneyTests(DatabaseKind.PostgreSql);

/// <summary>Money from the gateway's own desk to the issued ID and back: over HTTP, with everything that goes wrong on the way.</summary>
public abstract class MoneyJourneyTests(DatabaseKind kind) : IAsyncLifetime
{
    private WholeWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await WholeWorld.StartAsync(kind);

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(await _world.Get<Ledger>().AuditAsync());
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private static Operation By(Actor actor, string what) => new(actor, Guid.CreateVersion7(), Digest.Of(what));

    /// <summary>The person whose records all agree applies and comes to the bill.</summary>
    private async Task<(PersonId Person, CaseId Case)> ToTheBillAsync()
    {
        var hand = await _world.InHandAsync(0);
        var person = await _world.KnowAsync(hand);
        var account = new AccountId(Guid.CreateVersion7());
        var resident = Actor.Resident(account);
        async Task<CaseId> DoneAsync(Func<Task<CaseOutcome>> verb) => Assert.IsType<CaseOutcome.Done>(await ReadDoor.RunAsync(verb)).Case;
        var id = await DoneAsync(() => _world.Engine.StartAsync(By(resident, "start"), account, person, "issue", new Dictionary<string, string>(StringComparer.Ordinal) { ["mrz"] = hand.Mrz }));
        var answers = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["passportPage"] = await _world.SendFileAsync(person, "passport_page"),
            ["photo"] = await _world.SendFileAsync(person, "face_photo"),
            ["nameArabic"] = hand.NameArabic!,
            ["occupation"] = hand.Occupation,
            ["employerNumber"] = hand.EmployerNumber!,
            ["shortAddress"] = hand.ShortAddress!,
            ["months"] = "12",
            ["truth"] = "yes",
        };
        foreach (var page in Services.Catalogue.All.Single(s => s.Key == "issue").Form.Pages)
        {
            await DoneAsync(() => _world.Engine.SaveAsync(By(resident, page.Id), account, id, page.Id, answers));
        }
        await DoneAsync(() => _world.Engine.SubmitAsync(By(resident, "submit"), account, id));
        if ((await StateAsync(id)) == CaseStates.UnderReview)
        {
            // Drawn by the random sample.
            var officer = new AccountId(Guid.CreateVersion7());
            await DoneAsync(() => _world.Engine.ApproveAsync(By(Actor.Officer(officer), "approve"), officer, null, id, "records.agree"));
        }
        return (person, id);
    }

    private Task<string> StateAsync(CaseId id) => _world.Get<Db>().SingleAsync<string>("SELECT state FROM case_head WHERE id = @id", new { id = id.Value });

    private async Task<Bill> BillAsync(CaseId id) => await WholeWorld.UntilAsync(
        async () => (await _world.Get<Ledger>().BillsOfAsync(id)).LastOrDefault(b => b.Number is not null), "the bill got its number");

    private Task IssuedAsync(CaseId id) => WholeWorld.UntilAsync(async () => await StateAsync(id) == CaseStates.Issued ? "" : null, "the ID was issued");

    private async Task PayAsync(Bill bill, object order) => (await _world.Sandbox.PostAsJsonAsync($"bank/bills/{bill.Number}/pay", order)).EnsureSuccessStatusCode();

    [Fact]
    public async Task A_forged_call_moves_nothing_and_a_genuine_one_told_twice_moves_money_once()
    {
        var (_, id) = await ToTheBillAsync();
        var bill = await BillAsync(id);
        await PayAsync(bill, new { forged = true });
        await _world.Sandbox.PostAsync("calls/send", null);
        var body = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new { type = "payment.received", paymentId = "P-FORGED", billNumber = bill.Number, amountHalalas = bill.Due.Halalas });
        using var told = await _world.CallAsync("hooks/payments", body, Agencies.PaymentGateway.Name, Agencies.PaymentWebhook.Operation, new(Signer: Agencies.AgencyCaller.NewSigner()));
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, told.StatusCode);
        Assert.Equal(BillState.Open, (await _world.Get<Ledger>().BillAsync(bill.Id))!.State);

        await PayAsync(bill, new { twice = true });
        await IssuedAsync(id);
        Assert.Single(await _world.Get<Ledger>().PaymentsOfAsync(bill.Id));
        Assert.Equal(Money.Zero, await _world.Get<Ledger>().BalanceOfAsync(bill.Payer.Id));
        // The state was read past the writer, which forgets what is remembered of the bill a moment after the commit.
        await WholeWorld.UntilAsync(async () => (await _world.Get<Ledger>().ReceiptAsync(bill.Id)) is { Spent: true } spent ? spent : null, "the receipt says that the money was spent");
    }

    [Fact]
    public async Task A_payment_whose_call_never_came_is_found_in_the_list_of_the_day_and_the_ID_is_issued()
    {
        var (_, id) = await ToTheBillAsync();
        await PayAsync(await BillAsync(id), new { quiet = true });
        var found = (await _world.Get<GatewayDesk>().ReconcileAsync(_world.Clock.Today()))!;
        Assert.Equal(1, found.Missed);
        Assert.Equal(CaseStates.Issued, await StateAsync(id));
    }

    [Fact]
    public async Task A_call_that_overtakes_the_gateways_own_answer_still_pays_the_bill()
    {
        (await _world.Sandbox.PostAsJsonAsync("knobs", new { agency = "PaymentGateway", knob = new { callEarly = true } })).EnsureSuccessStatusCode();
        var (_, id) = await ToTheBillAsync();
        await IssuedAsync(id);
    }

    [Fact]
    public async Task What_was_paid_too_much_goes_back_to_the_bank_under_the_number_it_was_paid_by()
    {
        var (_, id) = await ToTheBillAsync();
        var bill = await BillAsync(id);
        await PayAsync(bill, new { amountHalalas = bill.Due.Halalas + 5_000 });
        await IssuedAsync(id);
        Assert.Equal(Money.Riyals(50), await _world.Get<Ledger>().BalanceOfAsync(bill.Payer.Id));

        // The person paid under a border number and has a resident number by now.
        var refunds = _world.Get<Refunds>();
        var change = new Change(new Act(ActId.New(_world.Clock), "refund.request", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("refund"), _world.Clock.Now()));
        Assert.True((await refunds.RequestAsync(change, bill.Payer, Money.Riyals(50), Iban.Parse("SA0380000000608010167519").Value)).Ok);
        Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));
        await WholeWorld.UntilAsync(async () => (await refunds.OfAsync(bill.Payer.Id)).SingleOrDefault(r => r.State != RefundState.Requested), "the refund ended");
        Assert.Equal(RefundState.Paid, Assert.Single(await refunds.OfAsync(bill.Payer.Id)).State);
        Assert.Equal(Money.Zero, await _world.Get<Ledger>().BalanceOfAsync(bill.Payer.Id));
    }
}
