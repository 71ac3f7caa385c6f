using System.Globalization;
using Dapper;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Sandbox.StandIns;

/// <summary>How money is paid at the desk.</summary>
/// <param name="Twice">Muqeem is told twice.</param>
/// <param name="Forged">Muqeem is told with a wrong signature, and no money moves.</param>
/// <param name="Quiet">Muqeem is not told; only the day's list shows the payment.</param>
public sealed record PaymentOrder(long? AmountHalalas, PaymentChannel Channel = PaymentChannel.Sadad, bool Twice = false, bool Forged = false, bool Quiet = false);

public sealed record DepositOrder(string Payer, string Purpose, long AmountHalalas, PaymentChannel Channel = PaymentChannel.Bank, bool Twice = false, bool Quiet = false);

/// <summary>Bills, payments, prepaid balances and refunds.</summary>
internal sealed class Bank(Store store, SandboxClock clock, Calls calls)
{
    public const string Source = "payment network (stand-in)";
    public const string Biller = "099";

    private const string Columns = "number, reference, payer, purpose, amount, paid, due_on as DueOn, state";

    public Bill Create(BillOrder order) => store.Write(db =>
    {
        var number = Number(db, "bills");
        db.Execute(
            "insert into bills (number, reference, payer, purpose, amount, paid, due_on, state, at) values (@number, @reference, @payer, @purpose, @amount, 0, @due, 'OPEN', @at) on conflict (reference) do nothing",
            new { number, reference = order.Reference, payer = order.Payer, purpose = order.Purpose, amount = order.AmountHalalas, due = LocalDatePattern.Iso.Format(order.DueOn), at = clock.Now().ToMicros() });
        return Of(db.QueryFirst<BillRow>($"select {Columns} from bills where reference = @reference", new { reference = order.Reference }));
    });

    public Bill? Find(string number) => store.Read(db => db.QueryFirstOrDefault<BillRow>($"select {Columns} from bills where number = @number", new { number })) is { } row ? Of(row) : null;

    public IReadOnlyList<Bill> Newest(int count, string? payer = null) => [.. store.Read(db => db.Query<BillRow>(
        $"select {Columns} from bills where (@payer is null or payer = @payer) order by at desc, number desc limit @count", new { payer, count }).AsList()).Select(Of)];

    public Bill? Cancel(string number)
    {
        store.Write(db => db.Execute("update bills set state = 'CANCELLED' where number = @number and state = 'OPEN' and paid = 0", new { number }));
        return Find(number);
    }

    /// <summary>Pays a bill: the rest of it, or another amount, more or less. A cancelled bill can be paid too, as happens at counters.</summary>
    public PaymentReceived? Pay(string number, PaymentOrder order)
    {
        if (Find(number) is not { } bill)
        {
            return null;
        }
        var amount = order.AmountHalalas ?? Math.Max(bill.AmountHalalas - bill.PaidHalalas, 1);
        var payment = new PaymentReceived(NewPaymentId(), number, bill.Reference, bill.Payer, bill.Purpose, amount, order.Channel, clock.Now());
        if (!order.Forged)
        {
            store.Write(db =>
            {
                Record(db, payment);
                db.Execute(
                    "update bills set paid = paid + @amount, state = case when state = 'CANCELLED' then state when paid + @amount >= amount then 'PAID' else 'PARTLY_PAID' end where number = @number",
                    new { amount, number });
            });
        }
        if (!order.Quiet)
        {
            calls.Add(Calls.Payments, payment.PaymentId, payment, order.Twice, order.Forged);
        }
        return payment;
    }

    public PaymentReceived Deposit(DepositOrder order)
    {
        var payment = new PaymentReceived(NewPaymentId(), null, null, order.Payer, order.Purpose, order.AmountHalalas, order.Channel, clock.Now());
        store.Write(db =>
        {
            Record(db, payment);
            db.Execute(
                "insert into balances (payer, purpose, amount) values (@payer, @purpose, @amount) on conflict (payer, purpose) do update set amount = amount + excluded.amount",
                new { payer = order.Payer, purpose = order.Purpose, amount = order.AmountHalalas });
        });
        if (!order.Quiet)
        {
            calls.Add(Calls.Payments, payment.PaymentId, payment, order.Twice);
        }
        return payment;
    }

    public IReadOnlyList<PrepaidBalance> Balances(string payer) => [.. store.Read(db => db.Query<(string Purpose, long Amount)>(
        "select purpose, amount from balances where payer = @payer and amount > 0 order by purpose", new { payer }).AsList()).Select(row => new PrepaidBalance(row.Purpose, row.Amount))];

    public PrepaidTakeReceipt Take(PrepaidTake take) => store.Write(db =>
    {
        var key = new { payer = take.Payer, purpose = take.Purpose, amount = take.AmountHalalas, reference = take.Reference };
        var payment = db.QueryFirstOrDefault<string>("select payment from takes where reference = @reference", key);
        if (payment is null && db.Execute("update balances set amount = amount - @amount where payer = @payer and purpose = @purpose and amount >= @amount", key) == 1)
        {
            payment = "PP" + Number(db, "takes");
            db.Execute("insert into takes (reference, payment) values (@reference, @payment)", new { reference = take.Reference, payment });
        }
        var left = db.QueryFirstOrDefault<long>("select amount from balances where payer = @payer and purpose = @purpose", key);
        return new PrepaidTakeReceipt(Source, clock.Now(), take.Reference, payment is null ? PrepaidTakeState.Insufficient : PrepaidTakeState.Taken, payment, left);
    });

    public RefundReceipt Refund(RefundOrder order) => store.Write(db =>
    {
        if (db.QueryFirstOrDefault<(string Id, string State)?>("select id, state from refunds where reference = @reference", new { reference = order.Reference }) is { } before)
        {
            return new RefundReceipt(Source, clock.Now(), order.Reference, before.Id, State<RefundState>(before.State));
        }
        // Never more than was paid, whatever is asked for.
        var paid = db.Execute(
            "update payments set refunded = refunded + @amount where id = @payment and payer = @payer and amount - refunded >= @amount", new { amount = order.AmountHalalas, payment = order.PaymentId, payer = order.Payer }) == 1;
        var id = "RF" + Number(db, "refunds");
        db.Execute(
            "insert into refunds (reference, id, payer, purpose, payment, amount, iban, state, at) values (@reference, @id, @payer, @purpose, @payment, @amount, @iban, @state, @at)",
            new { reference = order.Reference, id, payer = order.Payer, purpose = order.Purpose, payment = order.PaymentId, amount = order.AmountHalalas, iban = order.Iban, state = paid ? "PAID" : "DECLINED", at = clock.Now().ToMicros() });
        return new RefundReceipt(Source, clock.Now(), order.Reference, id, paid ? RefundState.Paid : RefundState.Declined);
    });

    public PaymentsOfDay Day(LocalDate day)
    {
        var from = day.StartInRiyadh();
        PaymentReceived[] payments =
        [
            .. store.Read(db => db.Query<PaymentRow>(
                "select id, bill, reference, payer, purpose, amount, channel, at from payments where at >= @from and at < @to order by at, id",
                new { from = from.ToMicros(), to = (from + Duration.FromDays(1)).ToMicros() }).AsList()).Select(Of),
        ];
        return new(Source, clock.Now(), day, payments.Sum(payment => payment.AmountHalalas), payments);
    }

    public IReadOnlyList<PaymentReceived> NewestPayments(int count) => [.. store.Read(db => db.Query<PaymentRow>(
        "select id, bill, reference, payer, purpose, amount, channel, at from payments order by at desc limit @count", new { count }).AsList()).Select(Of)];

    private static void Record(System.Data.IDbConnection db, PaymentReceived payment) => db.Execute(
        "insert into payments (id, bill, reference, payer, purpose, amount, channel, at) values (@id, @bill, @reference, @payer, @purpose, @amount, @channel, @at)",
        new
        {
            id = payment.PaymentId,
            bill = payment.BillNumber,
            reference = payment.Reference,
            payer = payment.Payer,
            purpose = payment.Purpose,
            amount = payment.AmountHalalas,
            channel = payment.Channel.ToString().ToUpperInvariant(),
            at = payment.At.ToMicros(),
        });

    private string NewPaymentId() => "PAY-" + Guid.CreateVersion7(clock.GetUtcNow()).ToString("N");

    private static string Number(System.Data.IDbConnection db, string of)
    {
        var next = db.QueryFirst<long>("insert into meta (key, value) values (@key, '1') on conflict (key) do update set value = cast(value as integer) + 1 returning cast(value as integer)", new { key = "serial:" + of });
        return "99" + next.ToString("00000000", CultureInfo.InvariantCulture);
    }

    private Bill Of(BillRow row) => new(Source, clock.Now(), row.Number, Biller, row.Reference, row.Payer, row.Purpose, row.Amount, row.Paid, LocalDatePattern.Iso.Parse(row.DueOn).Value,
        State<BillState>(row.State) is BillState.Open && LocalDatePattern.Iso.Parse(row.DueOn).Value < clock.Today() ? BillState.Expired : State<BillState>(row.State));

    private static PaymentReceived Of(PaymentRow row) => new(row.Id, row.Bill, row.Reference, row.Payer, row.Purpose, row.Amount, State<PaymentChannel>(row.Channel), Clock.FromMicros(row.At));

    private static T State<T>(string text) where T : struct, Enum => Enum.Parse<T>(text.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);

    private sealed record BillRow(string Number, string Reference, string Payer, string Purpose, long Amount, long Paid, string DueOn, string State);

    private sealed record PaymentRow(string Id, string? Bill, string? Reference, string Payer, string Purpose, long Amount, string Channel, long At);
}

/// <summary>The payment network's side towards Muqeem.</summary>
internal static class PaymentsOf
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/payments").WithGroupName("payments").WithTags("payment gateway");
        group.MapPost("/bills", async (BillOrder order, Bank bank, Knobs knobs, Calls calls, HttpContext context) =>
        {
            if (order.AmountHalalas <= 0 || order.Payer.Length != 10)
            {
                return Answer.Invalid(order.AmountHalalas <= 0 ? "amountHalalas" : "payer");
            }
            var bill = bank.Create(order);
            if (bill.PaidHalalas == 0 && knobs.Of(PaymentGateway.Name) is { CallEarly: true })
            {
                // The call overtakes this answer.
                bank.Pay(bill.BillNumber, new(null));
                await calls.SendDueAsync(context.RequestAborted);
            }
            return Answer.Json(bill);
        }).WithName("createBill").WithSummary("A bill. The same reference is the same bill.").Produces<Bill>().ProducesProblem(422).ProducesProblem(503);
        group.MapGet("/bills/{number}", (string number, Bank bank) => Answer.Found(bank.Find(number))).WithName("bill").WithSummary("A bill and what was paid on it.").Produces<Bill>().ProducesProblem(404).ProducesProblem(503);
        group.MapPost("/bills/{number}/cancel", (string number, Bank bank) => Answer.Found(bank.Cancel(number))).WithName("cancelBill").WithSummary("Withdraws a bill on which nothing was paid.").Produces<Bill>().ProducesProblem(404).ProducesProblem(503);
        group.MapGet("/balances/{payer}", (string payer, Bank bank, SandboxClock clock) => Answer.Json(new PrepaidBalances(Bank.Source, clock.Now(), payer, bank.Balances(payer))))
            .WithName("balances").WithSummary("Money deposited beforehand, by purpose.").Produces<PrepaidBalances>().ProducesProblem(503);
        group.MapPost("/takes", (PrepaidTake take, Bank bank) => take.AmountHalalas <= 0 ? Answer.Invalid("amountHalalas") : Answer.Json(bank.Take(take)))
            .WithName("take").WithSummary("Takes from a prepaid balance. The same reference takes once.").Produces<PrepaidTakeReceipt>().ProducesProblem(422).ProducesProblem(503);
        group.MapPost("/refunds", (RefundOrder order, Bank bank) => order.AmountHalalas <= 0 ? Answer.Invalid("amountHalalas") : Answer.Json(bank.Refund(order)))
            .WithName("refund").WithSummary("Gives money back to the account that paid.").Produces<RefundReceipt>().ProducesProblem(422).ProducesProblem(503);
        group.MapGet("/payments", (string day, Bank bank) => LocalDatePattern.Iso.Parse(day) is { Success: true } parsed ? Answer.Json(bank.Day(parsed.Value)) : Answer.Invalid("day"))
            .WithName("paymentsOfDay").WithSummary("All payments of one day in Riyadh.").Produces<PaymentsOfDay>().ProducesProblem(422).ProducesProblem(503);
    }
}
