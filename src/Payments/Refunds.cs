using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Payments;

/// <summary>How a refund stands.</summary>
public enum RefundState
{
    /// <summary>Taken from the balance, on its way to the bank.</summary>
    Requested,
    Paid,

    /// <summary>The bank refused it; the money is on the balance again.</summary>
    Failed,
}

/// <summary>Money on its way back: one per payment that it gives back.</summary>
public sealed record Refund(Guid Id, long Version, Payer Payer, Guid Payment, Money Amount, RefundState State, Instant RequestedAt, Instant? ClosedAt, string? GatewayId)
{
    internal byte[] SealedIban { get; init; } = [];
}

/// <summary>Gives a payer's own money back to a bank account: at any time, also after the residence has ended.</summary>
public sealed class Refunds(Db db, Ledger ledger, Sealer sealer, ReadDoor door, TimeProvider clock)
{
    public const string Insufficient = "payment.insufficient";
    public const string NoAmount = "payment.amount";

    /// <summary>
    /// Takes the amount from the balance and sends it to the account. The payments it gives back are the latest of the payer, one refund each,
    /// because the gateway refunds a payment and never more than was paid. Commit may answer Insufficient or Conflict when others spend at the same time.
    /// </summary>
    public async Task<Result<IReadOnlyList<Refund>>> RequestAsync(Change change, Payer payer, Money amount, Iban iban, CancellationToken cancel = default)
    {
        if (amount <= Money.Zero)
        {
            return new Refusal(NoAmount);
        }
        var (balance, payments) = await ledger.RefundableAsync(payer.Id, cancel);
        if (balance < amount)
        {
            return new Refusal(Insufficient, ("balance", balance), ("amount", amount));
        }
        var refunds = new List<Refund>();
        var rest = amount;
        foreach (var payment in payments)
        {
            if (rest == Money.Zero)
            {
                break;
            }
            var left = payment.Amount - payment.Refunded;
            var part = left < rest ? left : rest;
            rest -= part;
            var id = Guid.CreateVersion7(clock.GetUtcNow());
            var account = await sealer.SealAsync(change, Context(payer, id), iban.ToString(), cancel);
            var refund = new Refund(id, 0, payer, payment.Id, part, RefundState.Requested, clock.Now(), null, null);
            change.Heads.Add((payment with { Refunded = payment.Refunded + part }).Write());
            Put(change, refund, account);
            new Posting(change, clock, "refund.request").Entry(LedgerAccount.Payer, payer.Id, -part).Entry(LedgerAccount.Refunds, id, part).Post();
            change.Messages.Add(new OutboxMessage(Guid.CreateVersion7(clock.GetUtcNow()), PaymentTopics.Refund, "refund:" + id, JsonSerializer.Serialize(new RefundMessage(id))));
            refunds.Add(refund with { Version = 1 });
        }
        // Every halala on a balance came by a payment of this payer, so what can be given back covers it.
        return rest == Money.Zero ? refunds : throw new InvalidOperationException($"The balance of {payer.Id} is more than its payments.");
    }

    /// <summary>The latest refunds of a payer, newest first.</summary>
    public async Task<IReadOnlyList<Refund>> OfAsync(Guid payer, CancellationToken cancel = default) =>
        [.. (await db.QueryAsync<RefundRow>(Columns + "WHERE payer_id = @payer ORDER BY id DESC LIMIT 100", new { payer }, cancel)).Select(r => r.Read())];

    public async Task<Refund?> FindAsync(Guid id, CancellationToken cancel = default) =>
        (await db.FirstAsync<RefundRow>(Columns + "WHERE id = @id", new { id }, cancel))?.Read();

    /// <summary>The account number, to send it to the gateway.</summary>
    internal async Task<string> IbanAsync(Access access, Refund refund) => await door.OpenAsync<string>(access, Context(refund.Payer, refund.Id), refund.SealedIban);

    /// <summary>The bank has paid it.</summary>
    internal async Task PaidAsync(Change change, Refund refund, string iban, string gatewayId)
    {
        Put(change, refund with { State = RefundState.Paid, ClosedAt = clock.Now(), GatewayId = gatewayId }, await sealer.SealAsync(change, Context(refund.Payer, refund.Id), iban));
        new Posting(change, clock, "refund.paid").Entry(LedgerAccount.Refunds, refund.Id, -refund.Amount).Entry(LedgerAccount.Clearing, null, refund.Amount).Post();
    }

    /// <summary>The bank refused it: the money is the payer's again.</summary>
    internal async Task FailedAsync(Change change, Refund refund, string iban, CancellationToken cancel)
    {
        var payment = await ledger.PaymentAsync(refund.Payment, cancel) ?? throw new InvalidOperationException($"Refund {refund.Id} has no payment.");
        change.Heads.Add((payment with { Refunded = payment.Refunded - refund.Amount }).Write());
        Put(change, refund with { State = RefundState.Failed, ClosedAt = clock.Now() }, await sealer.SealAsync(change, Context(refund.Payer, refund.Id), iban, cancel));
        new Posting(change, clock, "refund.failed").Entry(LedgerAccount.Refunds, refund.Id, -refund.Amount).Entry(LedgerAccount.Payer, refund.Payer.Id, refund.Amount).Post();
    }

    private const string Columns = "SELECT id, version, payer_kind, payer_id, payment_id, amount, iban, state, requested_at, closed_at, gateway_id FROM refund ";

    /// <summary>Sealed under the payer's own key, a person's or an employer's.</summary>
    private static SealContext Context(Payer payer, Guid refund) => new(new PersonId(payer.Id), RetentionClass.Payment, "refund", refund);

    private static void Put(Change change, Refund r, SealedBytes iban) => change.Heads.Add(PaymentsTables.Refund.Head(r.Id, r.Version,
        r.Payer.Kind.ToString(), r.Payer.Id, r.Payment, r.Amount.Halalas, iban, r.State.ToString().ToUpperInvariant(), r.RequestedAt, r.ClosedAt, r.GatewayId));

    private sealed record RefundRow(
        Guid Id, long Version, string PayerKind, Guid PayerId, Guid PaymentId, Money Amount, byte[] Iban, string State, Instant RequestedAt, Instant? ClosedAt, string? GatewayId)
    {
        public Refund Read() => new(Id, Version, new Payer(Enum.Parse<PayerKind>(PayerKind), PayerId), PaymentId, Amount, Enum.Parse<RefundState>(State, ignoreCase: true), RequestedAt, ClosedAt, GatewayId)
        {
            SealedIban = Iban,
        };
    }
}

internal sealed record RefundMessage(Guid Refund);
