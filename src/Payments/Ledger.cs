using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Database;
using NodaTime;

namespace Muqeem.Payments;

/// <summary>One movement on a payer's balance or bills, for the statement.</summary>
/// <param name="Purpose">Key of its text under <c>ledger.</c>, e.g. <c>payment.receive</c>.</param>
/// <param name="Amount">Positive: to the payer's balance.</param>
public sealed record StatementLine(Instant At, string Purpose, Money Amount);

/// <summary>Something in the books that must not be. An empty list is a sound ledger.</summary>
public sealed record LedgerFault(string Rule, string Where, long Halalas);

/// <summary>Reads of bills, payments and balances. Nothing personal is in them; who may see whose is the caller's decision.</summary>
public sealed class Ledger(Db db)
{
    private const string BillColumns =
        "SELECT id, version, case_id, payer_kind, payer_id, purpose, state, total, received, valid_until, number, policy_version, lines, issued_at, closed_at FROM bill ";

    private const string PaymentColumns =
        "SELECT id, version, gateway_id, bill_number, bill_id, payer_id, amount, refunded, paid_at, received_at, method FROM payment ";

    internal const string BillById = BillColumns + "WHERE id = @id";

    public async Task<Bill?> BillAsync(BillId id, CancellationToken cancel = default) =>
        await db.Recollection.OfAsync(PaymentsTables.Bill, id.Value, BillById, () => OneAsync(BillById, new { id = id.Value }, cancel));

    public Task<Bill?> BillByNumberAsync(string number, CancellationToken cancel = default) => OneAsync(BillColumns + "WHERE number = @number", new { number }, cancel);

    /// <summary>All bills of a case, oldest first; at most one of a payer is open or settled.</summary>
    public Task<IReadOnlyList<Bill>> BillsOfAsync(CaseId @case, CancellationToken cancel = default) =>
        ManyAsync(BillColumns + "WHERE case_id = @id ORDER BY id", new { id = @case.Value }, cancel);

    /// <summary>The latest bills of a payer, newest first.</summary>
    public Task<IReadOnlyList<Bill>> BillsOfPayerAsync(Guid payer, int most = 100, CancellationToken cancel = default) =>
        ManyAsync(BillColumns + "WHERE payer_id = @payer ORDER BY id DESC LIMIT @most", new { payer, most }, cancel);

    /// <summary>The latest bills of a payer that were ever paid in full, newest first: those that have a receipt.</summary>
    public Task<IReadOnlyList<Bill>> PaidBillsOfPayerAsync(Guid payer, int most = 100, CancellationToken cancel = default) =>
        ManyAsync(BillColumns + """
            WHERE payer_id = @payer AND (state IN ('SETTLED', 'CONSUMED')
              OR (state IN ('CANCELLED', 'EXPIRED') AND (SELECT SUM(e.halalas) FROM ledger_entry e WHERE e.owner = bill.id AND e.account = 'HELD' AND e.halalas > 0) >= total))
            ORDER BY id DESC LIMIT @most
            """, new { payer, most }, cancel);

    /// <summary>The payer's own money: free to pay with or to take back.</summary>
    public async Task<Money> BalanceOfAsync(Guid payer, CancellationToken cancel = default) =>
        new(await db.FirstAsync<long?>("SELECT halalas FROM balance WHERE account = @payer", new { payer }, cancel) ?? 0);

    /// <summary>The payments that were made on a bill, for its receipt.</summary>
    public async Task<IReadOnlyList<Payment>> PaymentsOfAsync(BillId bill, CancellationToken cancel = default) =>
        [.. (await db.QueryAsync<PaymentRow>(PaymentColumns + "WHERE bill_id = @bill ORDER BY id", new { bill = bill.Value }, cancel)).Select(r => r.Read())];

    /// <summary>The receipt of a bill; null while it is not paid in full. Of one whose money went back it says so.</summary>
    public async Task<Receipt?> ReceiptAsync(BillId id, CancellationToken cancel = default) =>
        await BillAsync(id, cancel) is { State: not BillState.Open } bill
            ? Receipt.Of(bill,
                await db.QueryAsync<ReceiptPart>("SELECT at, purpose, halalas AS amount FROM ledger_entry WHERE owner = @bill AND account = 'HELD' AND halalas > 0 ORDER BY transaction_id", new { bill = id.Value }, cancel),
                bill.GivenBack == Money.Zero ? null : (await BillProposal.OfAsync(db, id, cancel)).Max(p => p is { Act: BillAct.GiveBack, State: BillProposalState.Confirmed } ? p.DecidedAt : null))
            : null;

    public async Task<IReadOnlyList<StatementLine>> StatementAsync(Guid payer, int most = 100, CancellationToken cancel = default) =>
        await db.QueryAsync<StatementLine>(
            "SELECT at, purpose, halalas AS amount FROM ledger_entry WHERE owner = @payer AND account = 'PAYER' ORDER BY transaction_id DESC LIMIT @most", new { payer, most }, cancel);

    internal async Task<Payment?> PaymentAsync(string gatewayId, CancellationToken cancel = default) =>
        (await db.FirstAsync<PaymentRow>(PaymentColumns + "WHERE gateway_id = @gatewayId", new { gatewayId }, cancel))?.Read();

    internal async Task<Payment?> PaymentAsync(Guid id, CancellationToken cancel = default) =>
        (await db.FirstAsync<PaymentRow>(PaymentColumns + "WHERE id = @id", new { id }, cancel))?.Read();

    /// <summary>What is booked of these payment ids of the gateway.</summary>
    internal async Task<IReadOnlyDictionary<string, Money>> BookedAsync(IReadOnlyCollection<string> gatewayIds, CancellationToken cancel = default)
    {
        var booked = new Dictionary<string, Money>(StringComparer.Ordinal);
        foreach (var some in gatewayIds.Chunk(500))
        {
            foreach (var row in await db.QueryAsync<BookedRow>("SELECT gateway_id, amount FROM payment WHERE gateway_id = ANY(@some)", new { some }, cancel))
            {
                booked[row.GatewayId] = row.Amount;
            }
        }
        return booked;
    }

    /// <summary>By the gateway's id, the payments that were paid on a day in Riyadh.</summary>
    internal async Task<IReadOnlyDictionary<string, Money>> PaidOnAsync(LocalDate day, CancellationToken cancel = default) =>
        (await db.QueryAsync<BookedRow>("SELECT gateway_id, amount FROM payment WHERE paid_at >= @start AND paid_at < @until", new { start = day.StartInRiyadh(), until = day.EndInRiyadh() }, cancel))
        .ToDictionary(r => r.GatewayId, r => r.Amount, StringComparer.Ordinal);

    /// <summary>Payments that wait for a bill of this number.</summary>
    internal async Task<IReadOnlyList<Payment>> WaitingAsync(string number, CancellationToken cancel = default) =>
        [.. (await db.QueryAsync<PaymentRow>(PaymentColumns + "WHERE bill_id IS NULL AND bill_number = @number ORDER BY id", new { number }, cancel)).Select(r => r.Read())];

    /// <summary>Bill numbers that money waits for although the bill is known by now: a crash between the two leaves them.</summary>
    internal async Task<IReadOnlyList<Bill>> BillsWithWaitingMoneyAsync(CancellationToken cancel = default) =>
        await ManyAsync(BillColumns + "WHERE number IN (SELECT bill_number FROM payment WHERE bill_id IS NULL) ORDER BY id LIMIT 100", null, cancel);

    /// <summary>In one state of the books: the payer's balance, and the payments of which something could still be given back, newest first.</summary>
    internal Task<(Money Balance, IReadOnlyList<Payment> Payments)> RefundableAsync(Guid payer, CancellationToken cancel = default) => db.SnapshotAsync(async state =>
    {
        var balance = await state.FirstAsync<long?>("SELECT halalas FROM balance WHERE account = @payer", new { payer }, cancel) ?? 0;
        var payments = await state.QueryAsync<PaymentRow>(PaymentColumns + "WHERE payer_id = @payer AND refunded < amount ORDER BY id DESC", new { payer }, cancel);
        return (new Money(balance), (IReadOnlyList<Payment>)[.. payments.Select(r => r.Read())]);
    }, cancel);

    /// <summary>Checks the books as they stand, in one state of the database. Reads all entries: a nightly job, and the tests.</summary>
    public Task<IReadOnlyList<LedgerFault>> AuditAsync(CancellationToken cancel = default) => db.SnapshotAsync(async state =>
    {
        var faults = new List<LedgerFault>();
        async Task Look(string rule, string sql) =>
            faults.AddRange((await state.QueryAsync<Found>(sql, null, cancel)).Select(f => new LedgerFault(rule, f.Place, f.Halalas)));

        await Look("transaction.zero", "SELECT CAST(transaction_id AS text) AS place, CAST(SUM(halalas) AS bigint) AS halalas FROM ledger_entry GROUP BY transaction_id HAVING SUM(halalas) <> 0");
        await Look("balance.entries", """
            SELECT CAST(account AS text) AS place, CAST(SUM(halalas) AS bigint) AS halalas FROM (
              SELECT account, halalas FROM balance
              UNION ALL SELECT owner AS account, -halalas AS halalas FROM ledger_entry WHERE account = 'PAYER') AS both_sides
            GROUP BY account HAVING SUM(halalas) <> 0
            """);
        await Look("bill.held", """
            SELECT CAST(id AS text) AS place, CAST(SUM(halalas) AS bigint) AS halalas FROM (
              SELECT id, received + COALESCE(written_off, 0) AS halalas FROM bill WHERE state IN ('OPEN', 'SETTLED')
              UNION ALL SELECT owner AS id, -halalas AS halalas FROM ledger_entry WHERE account = 'HELD') AS both_sides
            GROUP BY id HAVING SUM(halalas) <> 0
            """);
        await Look("payment.unallocated", """
            SELECT CAST(id AS text) AS place, CAST(SUM(halalas) AS bigint) AS halalas FROM (
              SELECT id, amount AS halalas FROM payment WHERE bill_id IS NULL
              UNION ALL SELECT owner AS id, -halalas AS halalas FROM ledger_entry WHERE account = 'UNALLOCATED') AS both_sides
            GROUP BY id HAVING SUM(halalas) <> 0
            """);
        await Look("refund.promised", """
            SELECT CAST(id AS text) AS place, CAST(SUM(halalas) AS bigint) AS halalas FROM (
              SELECT id, amount AS halalas FROM refund WHERE state = 'REQUESTED'
              UNION ALL SELECT owner AS id, -halalas AS halalas FROM ledger_entry WHERE account = 'REFUNDS') AS both_sides
            GROUP BY id HAVING SUM(halalas) <> 0
            """);
        await Look("bill.revenue", """
            SELECT 'REVENUE' AS place, CAST(SUM(halalas) AS bigint) AS halalas FROM (
              SELECT total - COALESCE(given_back, 0) AS halalas FROM bill WHERE state = 'CONSUMED'
              UNION ALL SELECT -halalas AS halalas FROM ledger_entry WHERE account = 'REVENUE') AS both_sides
            HAVING SUM(halalas) <> 0
            """);
        await Look("bill.written_off", """
            SELECT CAST(id AS text) AS place, CAST(SUM(halalas) AS bigint) AS halalas FROM (
              SELECT id, written_off AS halalas FROM bill WHERE written_off IS NOT NULL
              UNION ALL SELECT owner AS id, halalas FROM ledger_entry WHERE account = 'WRITE_OFF') AS both_sides
            GROUP BY id HAVING SUM(halalas) <> 0
            """);
        // What officers confirmed of a bill that was not given up is what the bill says.
        await Look("bill.confirmed", """
            SELECT CAST(id AS text) AS place, CAST(SUM(halalas) AS bigint) AS halalas FROM (
              SELECT id, COALESCE(written_off, 0) + COALESCE(given_back, 0) AS halalas FROM bill WHERE state IN ('OPEN', 'SETTLED', 'CONSUMED')
              UNION ALL SELECT p.bill_id AS id, -p.amount AS halalas FROM bill_proposal p JOIN bill b ON b.id = p.bill_id WHERE p.state = 'CONFIRMED' AND b.state IN ('OPEN', 'SETTLED', 'CONSUMED')) AS both_sides
            GROUP BY id HAVING SUM(halalas) <> 0
            """);
        await Look("payment.over_refunded", "SELECT CAST(id AS text) AS place, refunded - amount AS halalas FROM payment WHERE refunded > amount OR refunded < 0");
        await Look("bill.over_received", """
            SELECT CAST(id AS text) AS place, received + COALESCE(written_off, 0) - total AS halalas FROM bill
            WHERE received + COALESCE(written_off, 0) > total OR COALESCE(given_back, 0) > received OR (state IN ('SETTLED', 'CONSUMED') AND received + COALESCE(written_off, 0) <> total)
            """);
        await Look("closing.zero", "SELECT CAST(closing_id AS text) AS place, CAST(SUM(credit - debit) AS bigint) AS halalas FROM books_closing_line GROUP BY closing_id HAVING SUM(credit - debit) <> 0");
        // Entries may be written after the day they say; that closed days hold more than was ever entered, never.
        await Look("closing.entries", """
            SELECT account || ' ' || code AS place, CAST(SUM(entries) AS bigint) AS halalas FROM (
              SELECT account, code, entries FROM books_closing_line
              UNION ALL SELECT account, code, -COUNT(*) AS entries FROM ledger_entry GROUP BY account, code) AS both_sides
            GROUP BY account, code HAVING SUM(entries) > 0
            """);
        return (IReadOnlyList<LedgerFault>)faults;
    }, cancel);

    private async Task<Bill?> OneAsync(string sql, object? args, CancellationToken cancel) => (await db.FirstAsync<BillRow>(sql, args, cancel))?.Read();

    private async Task<IReadOnlyList<Bill>> ManyAsync(string sql, object? args, CancellationToken cancel) => [.. (await db.QueryAsync<BillRow>(sql, args, cancel)).Select(r => r.Read())];

    private sealed record BookedRow(string GatewayId, Money Amount);

    private sealed record Found(string Place, long Halalas);

    private sealed record BillRow(
        Guid Id, long Version, Guid CaseId, string PayerKind, Guid PayerId, string Purpose, string State, Money Total, Money Received, LocalDate ValidUntil, string? Number,
        long PolicyVersion, string Lines, Instant IssuedAt, Instant? ClosedAt)
    {
        public Bill Read() => new(
            new BillId(Id), Version, new CaseId(CaseId), new Payer(Enum.Parse<PayerKind>(PayerKind), PayerId), Purpose, Enum.Parse<BillState>(State, ignoreCase: true),
            Total, Received, ValidUntil, Number, PolicyVersion, PriceLine.FromJson(Lines), IssuedAt, ClosedAt);
    }

    private sealed record PaymentRow(
        Guid Id, long Version, string GatewayId, string? BillNumber, Guid? BillId, Guid? PayerId, Money Amount, Money Refunded, Instant PaidAt, Instant ReceivedAt, string Method)
    {
        public Payment Read() => new(Id, Version, GatewayId, BillNumber, BillId is { } bill ? new BillId(bill) : null, PayerId, Amount, Refunded, PaidAt, ReceivedAt, Method);
    }
}
