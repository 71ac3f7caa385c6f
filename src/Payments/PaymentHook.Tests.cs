using System.Net;
using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Registry;
using Muqeem.Tests;

namespace Muqeem.Payments;

public sealed class PaymentHookOnSqliteTests(SqliteWorld shared) : PaymentHookTests(shared), IClassFixture<SqliteWorld>;

public sealed class PaymentHookOnPostgreSqlTests(PostgreSqlWorld shared) : PaymentHookTests(shared), IClassFixture<PostgreSqlWorld>;

/// <summary>Calls that say they come from the payment gateway, over HTTP: forged, repeated, early, for another bill. What a whole journey does with them is in <see cref="MoneyJourneyTests"/>.</summary>
public abstract class PaymentHookTests(SharedWorld shared)
{
    private readonly Residents _residents = shared.Residents;

    /// <summary>A resident with a bill of 200 riyals for a visa.</summary>
    private async Task<(Resident Resident, CaseId Case, Bill Bill)> BilledAsync(int index)
    {
        var today = _residents.Today;
        var resident = await _residents.SettleAsync(index, today.PlusDays(400));
        var (id, _) = await _residents.SendAsync(resident, "exit-reentry", [("kind", VisaKinds.Single), .. Residents.Day("leaveOn", today.PlusDays(10)), .. Residents.Day("returnOn", today.PlusDays(30))]);
        await _residents.AnswerAsync(resident, id, confirmed: true, CaseStates.AwaitingPayment);
        return (resident, id, await WholeWorld.UntilAsync(async () => (await _residents.TrackAsync(resident, id)).Bill is { Number: not null } b ? b : null, "the bill got its number"));
    }

    private Task<HttpStatusCode> TellAsync(PaymentReceived payment, CallSigning? with = null) => TellAsync(JsonSerializer.SerializeToUtf8Bytes(payment, Wire.Options), with);

    private async Task<HttpStatusCode> TellAsync(byte[] body, CallSigning? with = null)
    {
        using var answer = await _residents.World.CallAsync("hooks/payments", body, PaymentGateway.Name, PaymentWebhook.Operation, with);
        return answer.StatusCode;
    }

    private PaymentReceived Payment(string id, Bill bill, string payer) =>
        new(id, bill.Number, bill.Id.ToString(), payer, Agencies.PaymentPurpose.ExitReentry, bill.Total.Halalas, PaymentChannel.Sadad, _residents.World.Clock.Now());

    private async Task<BillState> StateAsync(Bill bill) => (await _residents.World.Get<Ledger>().BillAsync(bill.Id))!.State;

    [Fact]
    public async Task Forged_old_or_changed_on_the_way_a_call_moves_no_money()
    {
        var (resident, id, bill) = await BilledAsync(20);
        var payment = Payment("P-1", bill, resident.Number);
        Assert.Equal(HttpStatusCode.Unauthorized, await TellAsync(payment, new(Signer: AgencyCaller.NewSigner())));
        Assert.Equal(HttpStatusCode.Unauthorized, await TellAsync(payment, new CallSigning { Old = NodaTime.Duration.FromMinutes(6) }));
        Assert.Equal(HttpStatusCode.Unauthorized, await TellAsync(payment, new(After: body => [.. body[..^1], (byte)' ', body[^1]])));
        using var bare = await _residents.World.Http.PostAsync("hooks/payments", new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(payment, Wire.Options)));
        Assert.Equal(HttpStatusCode.Unauthorized, bare.StatusCode);
        using var large = await _residents.World.Http.PostAsync("hooks/payments", new ByteArrayContent(new byte[(64 * 1024) + 1]));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        Assert.Equal((BillState.Open, CaseStates.AwaitingPayment), (await StateAsync(bill), await _residents.StateAsync(resident, id)));
        Assert.Empty(await _residents.World.Get<Ledger>().PaymentsOfAsync(bill.Id));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-20000")]
    [InlineData("10000000000001")]
    [InlineData("9223372036854775808")]
    [InlineData("199.5")]
    [InlineData("\"20000\"")]
    [InlineData("20000,\"currency\":\"USD\"")]
    public async Task An_amount_below_a_halala_beyond_any_or_in_another_currency_is_refused_at_the_door(string amount)
    {
        var text = $$"""{"paymentId":"P-{{Guid.CreateVersion7():N}}","billNumber":"88888888","reference":null,"payer":"2099000008","purpose":"EXIT_REENTRY","channel":"SADAD","at":"2026-03-15T09:00:00Z","amountHalalas":{{amount}}}""";
        Assert.Equal(HttpStatusCode.BadRequest, await TellAsync(System.Text.Encoding.UTF8.GetBytes(text)));
        Assert.False(await _residents.World.Get<Platform.Database.Db>().ExistsAsync("SELECT 1 FROM payment WHERE bill_number = '88888888'"));
        // Without the fault the same call is taken: it was the amount.
        Assert.Equal(HttpStatusCode.OK, await TellAsync(System.Text.Encoding.UTF8.GetBytes(text.Replace("\"amountHalalas\":" + amount, "\"amountHalalas\":100,\"currency\":\"SAR\"", StringComparison.Ordinal).Replace("88888888", "8888887" + amount.Length % 10, StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Told_eight_times_at_once_money_counts_once_and_under_another_content_not_at_all()
    {
        var (resident, id, bill) = await BilledAsync(21);
        var payment = Payment("P-2", bill, resident.Number);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => TellAsync(payment)));
        Assert.All(answers, a => Assert.True(a is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, a.ToString()));
        await _residents.BecomesAsync(resident, id, CaseStates.Issued);
        Assert.Equal(HttpStatusCode.OK, await TellAsync(payment));
        Assert.Equal(HttpStatusCode.Conflict, await TellAsync(payment with { AmountHalalas = payment.AmountHalalas * 2 }));
        Assert.Single(await _residents.World.Get<Ledger>().PaymentsOfAsync(bill.Id));
        Assert.Equal((BillState.Consumed, Money.Zero), (await StateAsync(bill), await _residents.World.Get<Ledger>().BalanceOfAsync(bill.Payer.Id)));
        Assert.Empty(await _residents.World.Get<Ledger>().AuditAsync());
    }

    [Fact]
    public async Task A_call_for_another_bill_pays_that_one_or_waits_and_never_the_one_it_only_mentions()
    {
        var (first, firstCase, one) = await BilledAsync(27);
        var (second, secondCase, other) = await BilledAsync(Residents.EstablishmentWorker);

        // The number rules: a reference to the first bill beside a number that nobody has leaves the money waiting.
        Assert.Equal(HttpStatusCode.OK, await TellAsync(Payment("P-3", one, first.Number) with { BillNumber = "99999999" }));
        Assert.Equal((BillState.Open, BillState.Open), (await StateAsync(one), await StateAsync(other)));

        // The number of the second with the reference of the first pays the second.
        Assert.Equal(HttpStatusCode.OK, await TellAsync(Payment("P-4", one, first.Number) with { BillNumber = other.Number }));
        await _residents.BecomesAsync(second, secondCase, CaseStates.Issued);
        Assert.Equal((BillState.Open, CaseStates.AwaitingPayment), (await StateAsync(one), await _residents.StateAsync(first, firstCase)));

        // The payment of the second cannot be told again for the first.
        Assert.Equal(HttpStatusCode.Conflict, await TellAsync(Payment("P-4", one, first.Number)));
        Assert.Equal(BillState.Open, await StateAsync(one));

        // Too little settles nothing; the rest does.
        Assert.Equal(HttpStatusCode.OK, await TellAsync(Payment("P-5", one, first.Number) with { AmountHalalas = 19_999 }));
        Assert.Equal(CaseStates.AwaitingPayment, await _residents.StateAsync(first, firstCase));
        Assert.Equal(HttpStatusCode.OK, await TellAsync(Payment("P-6", one, first.Number) with { AmountHalalas = 1 }));
        await _residents.BecomesAsync(first, firstCase, CaseStates.Issued);
        Assert.Empty(await _residents.World.Get<Ledger>().AuditAsync());
    }
}
