using System.Globalization;
using System.Text;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Payments;

/// <summary>A day whose books are closed.</summary>
/// <param name="Entries">Of the ledger.</param>
/// <param name="Listed">What the gateway's list of the day comes to, without deposits that it keeps.</param>
/// <param name="Booked">What was paid on the day and is booked here.</param>
/// <param name="Differences">How many there were.</param>
public sealed record Closing(Guid Id, LocalDate Day, long Entries, long ListedCount, Money Listed, long BookedCount, Money Booked, long Differences, Instant ClosedAt);

/// <summary>What moved on an account under a fee code in a closed day.</summary>
/// <param name="Account">As of the ledger: CLEARING, UNALLOCATED, PAYER, HELD, REVENUE, REFUNDS, WRITE_OFF.</param>
/// <param name="Code">Fee code for REVENUE and WRITE_OFF, else empty.</param>
public sealed record ClosingLine(string Account, string Code, long Entries, Money Debit, Money Credit);

/// <summary>A payment on which the gateway and the books did not agree when a day was closed.</summary>
/// <param name="Listed">Halalas by the gateway's list; null: not in it.</param>
/// <param name="Booked">Halalas by the books; null: not in them.</param>
public sealed record ClosingDifference(string Kind, string Payment, long? Listed, long? Booked)
{
    /// <summary>The gateway lists it and never told it; it was booked when this was found, and belongs to a later day.</summary>
    public const string NotBooked = "NOT_BOOKED";

    /// <summary>We booked it for that day, and the gateway does not list it.</summary>
    public const string NotListed = "NOT_LISTED";

    /// <summary>Both know it, with different amounts.</summary>
    public const string OtherAmount = "AMOUNT";

    /// <summary>It waits for a bill with the number that the payer gave.</summary>
    public const string Unallocated = "UNALLOCATED";

    public static readonly IReadOnlyList<string> Kinds = [NotBooked, NotListed, OtherAmount, Unallocated];
}

/// <summary>A closing with all that it says.</summary>
public sealed record ClosedDay(Closing Closing, IReadOnlyList<ClosingLine> Lines, IReadOnlyList<ClosingDifference> Differences);

/// <summary>The first day that is over and whose books are open.</summary>
/// <param name="SilentSince">When the gateway was first asked in vain what it took on the day; null: it was not, and the day waits for its night.</param>
/// <param name="AskedAt">When it was last asked in vain.</param>
public sealed record OpenDay(LocalDate Day, Instant? SilentSince, Instant? AskedAt);

/// <summary>How closing days ended.</summary>
public abstract record ClosingAnswer
{
    private ClosingAnswer() { }

    /// <param name="Made">Closed by this call, oldest first; none: they were closed before.</param>
    public sealed record Done(IReadOnlyList<Closing> Made) : ClosingAnswer;

    /// <summary>The day is not over in Riyadh.</summary>
    public sealed record NotOver : ClosingAnswer;

    /// <summary>The gateway cannot say what it took on this day: it stays open, and the days after it.</summary>
    /// <param name="Since">When it was first asked in vain.</param>
    public sealed record GatewaySilent(IReadOnlyList<Closing> Made, LocalDate Day, Instant Since) : ClosingAnswer;

    public sealed record Later(IReadOnlyList<Closing> Made, TimeSpan After) : ClosingAnswer;
}

/// <summary>
/// Closes the books day by day, each day once and none left out. A closing holds all entries up to the day's end that no closing before holds: what was written late, for a day that is closed, is in
/// the next. So the closings of all days together are the ledger.
/// </summary>
public sealed class Closings(Db db, GatewayDesk desk, IWriter writer, TimeProvider clock)
{
    internal const string DayClaim = "books.closing";

    /// <summary>Differences of one day that are named; all are counted.</summary>
    private const int MostNamed = 1_000;

    private const string Columns = "SELECT id, day, entries, listed_count, listed, booked_count, booked, differences, closed_at FROM books_closing ";

    /// <summary>Closes each day that is still open up to this one.</summary>
    public async Task<ClosingAnswer> CloseAsync(LocalDate through, CancellationToken cancel = default)
    {
        if (through >= clock.Today())
        {
            return new ClosingAnswer.NotOver();
        }
        var made = new List<Closing>();
        while (await NextAsync(through, cancel) is { } day)
        {
            if (await desk.CompareAsync(day, cancel) is not { } gateway)
            {
                return new ClosingAnswer.GatewaySilent(made, day, await SilentAsync(day, cancel));
            }
            // What nobody told us is booked now, and is money of the day on which it became known.
            await desk.ReconcileAsync(day, cancel);
            var (change, closing) = await ChangeAsync(day, gateway, cancel);
            switch (await writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done:
                    made.Add(closing);
                    break;
                case WriteOutcome.Replayed or WriteOutcome.Claimed:
                    break; // another process closed it
                case WriteOutcome.Busy busy:
                    return new ClosingAnswer.Later(made, busy.RetryAfter);
                default:
                    return new ClosingAnswer.Later(made, TimeSpan.FromSeconds(2));
            }
        }
        return new ClosingAnswer.Done(made);
    }

    /// <summary>Keeps since when the gateway is asked in vain. Should it not be written, the next asking does.</summary>
    private async Task<Instant> SilentAsync(LocalDate day, CancellationToken cancel)
    {
        var now = clock.Now();
        var since = await SilenceAsync(day, cancel) is { } before ? before.Since : now;
        var change = new Change(null);
        change.Rows.Add(PaymentsTables.Silence.Put(day, since, now));
        await writer.WriteAsync(change, cancel: cancel);
        return since;
    }

    private Task<Silence?> SilenceAsync(LocalDate day, CancellationToken cancel) => db.FirstAsync<Silence>("SELECT since, asked_at FROM books_silence WHERE day = @day", new { day }, cancel);

    /// <summary>Where the books end, and why; null when every day that is over is closed.</summary>
    public async Task<OpenDay?> OpenAsync(CancellationToken cancel = default) =>
        await NextAsync(clock.Today().PlusDays(-1), cancel) is not { } day ? null
        : await SilenceAsync(day, cancel) is { } silent ? new(day, silent.Since, silent.AskedAt)
        : new(day, null, null);

    /// <summary>The latest closings, newest first.</summary>
    public Task<IReadOnlyList<Closing>> LatestAsync(int most = 60, CancellationToken cancel = default) => db.QueryAsync<Closing>(Columns + "ORDER BY day DESC LIMIT @most", new { most }, cancel);

    public async Task<ClosedDay?> OfAsync(LocalDate day, CancellationToken cancel = default) =>
        await db.FirstAsync<Closing>(Columns + "WHERE day = @day", new { day }, cancel) is { } closing ? new(closing, await LinesAsync(closing, cancel), await DifferencesAsync(closing, cancel)) : null;

    /// <summary>
    /// For a general ledger: one line for each account, fee code and closed day, balanced day by day (RFC 4180, UTF-8; amounts in riyals with two decimals). Null names nothing: the range has a day that
    /// is not closed, and that day is given.
    /// </summary>
    public async Task<(string? Csv, LocalDate? Open)> ExportAsync(LocalDate from, LocalDate to, CancellationToken cancel = default)
    {
        var closings = (await db.QueryAsync<Closing>(Columns + "WHERE day >= @from AND day <= @to ORDER BY day", new { from, to }, cancel)).ToDictionary(c => c.Day);
        var csv = new StringBuilder("day,account,code,debit,credit,currency,entries,closing\r\n");
        for (var day = from; day <= to; day = day.PlusDays(1))
        {
            if (!closings.TryGetValue(day, out var closing))
            {
                return (null, day);
            }
            var lines = await LinesAsync(closing, cancel);
            if (lines.Aggregate(Money.Zero, (sum, line) => sum + line.Credit - line.Debit) != Money.Zero)
            {
                throw new InvalidOperationException($"The closing of {LocalDatePattern.Iso.Format(day)} does not balance.");
            }
            foreach (var line in lines)
            {
                csv.Append(CultureInfo.InvariantCulture, $"{LocalDatePattern.Iso.Format(day)},{line.Account},{line.Code},{line.Debit},{line.Credit},SAR,{line.Entries},{closing.Id}\r\n");
            }
        }
        return (csv.ToString(), null);
    }

    /// <summary>The first day that is open: after the last closing, else that of the first entry. Null when none is, up to the given one.</summary>
    private async Task<LocalDate?> NextAsync(LocalDate through, CancellationToken cancel)
    {
        var last = await db.FirstAsync<Closing>(Columns + "ORDER BY day DESC LIMIT 1", null, cancel);
        var next = last?.Day.PlusDays(1)
            ?? (await db.FirstAsync<Began>("SELECT at FROM ledger_entry ORDER BY at LIMIT 1", null, cancel))?.At.DayInRiyadh()
            ?? through;
        return next <= through ? next : null;
    }

    private async Task<(Change Change, Closing Closing)> ChangeAsync(LocalDate day, DayAtTheGateway gateway, CancellationToken cancel)
    {
        var (moved, waiting) = await db.SnapshotAsync(async state => (
            await state.QueryAsync<Moved>("""
                SELECT account, code, CAST(SUM(entries) AS bigint) AS entries, CAST(SUM(debit) AS bigint) AS debit, CAST(SUM(credit) AS bigint) AS credit FROM (
                  SELECT account, code, COUNT(*) AS entries, SUM(CASE WHEN halalas < 0 THEN -halalas ELSE 0 END) AS debit, SUM(CASE WHEN halalas > 0 THEN halalas ELSE 0 END) AS credit
                    FROM ledger_entry WHERE at < @until GROUP BY account, code
                  UNION ALL SELECT account, code, -entries, -debit, -credit FROM books_closing_line) AS not_yet_closed
                GROUP BY account, code HAVING SUM(entries) <> 0 ORDER BY account, code
                """, new { until = day.EndInRiyadh() }, cancel),
            await state.QueryAsync<Waiting>("SELECT gateway_id, amount FROM payment WHERE bill_id IS NULL AND received_at < @until ORDER BY id", new { until = day.EndInRiyadh() }, cancel)), cancel);
        var differences = gateway.Differences.Concat(waiting.Select(w => new ClosingDifference(ClosingDifference.Unallocated, w.GatewayId, null, w.Amount.Halalas))).ToList();
        var iso = LocalDatePattern.Iso.Format(day);
        var closing = new Closing(Guid.CreateVersion7(clock.GetUtcNow()), day, moved.Sum(m => m.Entries), gateway.ListedCount, gateway.Listed, gateway.BookedCount, gateway.Booked, differences.Count, clock.Now());
        var change = new Change(new Act(ActId.New(clock), "books.close", Actor.System("books"), PaymentsInbox.OperationOf("books.close", iso), Digest.Of("books.close", iso), clock.Now()) { Answer = iso });
        change.Claims.Add(new Claim(DayClaim, Bills.Once(iso)));
        change.Rows.Add(PaymentsTables.Silence.Delete(day));
        change.Rows.Add(PaymentsTables.Closing.Insert(closing.Id, day, closing.Entries, closing.ListedCount, closing.Listed.Halalas, closing.BookedCount, closing.Booked.Halalas, closing.Differences, closing.ClosedAt));
        for (var i = 0; i < moved.Count; i++)
        {
            change.Rows.Add(PaymentsTables.ClosingLine.Insert(closing.Id, i + 1, moved[i].Account, moved[i].Code, moved[i].Entries, moved[i].Debit, moved[i].Credit));
        }
        foreach (var (difference, i) in differences.Take(MostNamed).Select((d, i) => (d, i)))
        {
            change.Rows.Add(PaymentsTables.ClosingDifference.Insert(closing.Id, i + 1, difference.Kind, difference.Payment, difference.Listed, difference.Booked));
        }
        return (change, closing);
    }

    private Task<IReadOnlyList<ClosingLine>> LinesAsync(Closing closing, CancellationToken cancel) =>
        db.QueryAsync<ClosingLine>("SELECT account, code, entries, debit, credit FROM books_closing_line WHERE closing_id = @id ORDER BY line", new { id = closing.Id }, cancel);

    private Task<IReadOnlyList<ClosingDifference>> DifferencesAsync(Closing closing, CancellationToken cancel) =>
        db.QueryAsync<ClosingDifference>("SELECT kind, payment, listed, booked FROM books_closing_difference WHERE closing_id = @id ORDER BY line", new { id = closing.Id }, cancel);

    private sealed record Silence(Instant Since, Instant AskedAt);

    private sealed record Began(Instant At);

    private sealed record Moved(string Account, string Code, long Entries, long Debit, long Credit);

    private sealed record Waiting(string GatewayId, Money Amount);
}
