using System.Data.Common;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Exchanges;

/// <summary>What is sealed of an exchange: what was signed, byte for byte, and what was said.</summary>
/// <param name="RequestBase">The signature base (RFC 9421 section 2.5), ASCII.</param>
/// <param name="RequestBody">Null when it is too large to be kept: its digest is.</param>
public sealed record ExchangeContent(string? RequestBase, byte[]? RequestBody, string? AnswerBase, byte[]? AnswerBody);

/// <summary>
/// Keeps what was said, for a proof later: whatever waits is written as one act, so that a busy moment costs few groups, and each act leaves its leaf in the journal. Nobody waits for it; a process that
/// dies loses what it had not written, which is what it said and heard in its last moments.
/// </summary>
public sealed partial class ExchangeKeeper : BackgroundService
{
    private const int AtOnce = 64;
    private const int MostWaiting = 10_000;

    /// <summary>Of messages that did not count, and so cost their senders nothing, so many are written a minute; all are counted.</summary>
    private const int RefusedPerMinute = 300;

    private static readonly Meter Meter = new("Muqeem.Exchanges");
    private static readonly Counter<long> Kept = Meter.CreateCounter<long>("muqeem.exchange.kept", "{exchange}", "Messages between us and the agencies, with their answers, by direction and outcome");
    private static readonly Counter<long> Lost = Meter.CreateCounter<long>("muqeem.exchange.not_kept", "{exchange}", "Those that could not be written down, or were too many that did not count");

    private readonly Channel<ExchangeRecord> _waiting = Channel.CreateBounded<ExchangeRecord>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
    private readonly IWriter _writer;
    private readonly Sealer _sealer;
    private readonly TimeProvider _clock;
    private readonly ILogger<ExchangeKeeper> _log;
    private readonly Lock _refusals = new();
    private (long Minute, int Count) _refused;

    public ExchangeKeeper(IWriter writer, Sealer sealer, TimeProvider clock, ILogger<ExchangeKeeper> log) => (_writer, _sealer, _clock, _log) = (writer, sealer, clock, log);

    /// <summary>Takes it to be written in a moment.</summary>
    public void Keep(ExchangeRecord exchange)
    {
        var counts = exchange.Outcome == ExchangeRecord.Answered;
        Kept.Add(1, new("direction", exchange.Direction.ToString()), new("outcome", exchange.Outcome));
        if ((!counts && exchange.Direction == ExchangeDirection.In && TooMany()) || !_waiting.Writer.TryWrite(exchange))
        {
            Lost.Add(1);
        }
    }

    /// <summary>Whose key seals what is said in a month; destroying it erases all of it. No person has such an id.</summary>
    public static PersonId KeeperOf(YearMonth month) => new(Names.IdOf($"exchanges/{month.Year:D4}-{month.Month:D2}"));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var some = new List<ExchangeRecord>(AtOnce);
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                await WriteAllAsync(some, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // What was said last is still written.
            await WriteAllAsync(some, CancellationToken.None);
        }
    }

    private async Task WriteAllAsync(List<ExchangeRecord> some, CancellationToken stop)
    {
        while (true)
        {
            while (some.Count < AtOnce && _waiting.Reader.TryRead(out var next))
            {
                some.Add(next);
            }
            if (some.Count == 0)
            {
                return;
            }
            if (!await WriteAsync(some, stop))
            {
                Lost.Add(some.Count);
            }
            some.Clear();
        }
    }

    /// <summary>False: given up, because we stop or because of a bug.</summary>
    private async Task<bool> WriteAsync(IReadOnlyList<ExchangeRecord> some, CancellationToken stop)
    {
        var (id, now) = (ActId.New(_clock), _clock.Now());
        for (var attempt = 0; ; attempt++)
        {
            var wait = TimeSpan.FromMilliseconds(200);
            try
            {
                var change = new Change(new Act(id, "exchange.keep", Actor.System("exchange"), id.Value, Digest.Of("exchange.keep", id.ToString()), now));
                foreach (var exchange in some)
                {
                    change.Rows.Add(await RowAsync(change, exchange, stop));
                }
                switch (await _writer.WriteAsync(change, WriteClass.Bulk, CancellationToken.None))
                {
                    case WriteOutcome.Done or WriteOutcome.Replayed:
                        return true;
                    case WriteOutcome.Busy busy:
                        wait = busy.RetryAfter;
                        break;
                }
            }
            catch (Exception e) when (e is NotWrittenException or DbException or DatabaseBusyException)
            {
                // The database is away: it is asked again.
            }
            catch (Exception bug) when (bug is not OperationCanceledException)
            {
                Failed(_log, some.Count, bug.GetType().Name, bug.StackTrace);
                return false;
            }
            if (stop.IsCancellationRequested || (!stop.CanBeCanceled && attempt >= 5))
            {
                return false;
            }
            await Task.Delay(wait, TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task<Row> RowAsync(Change change, ExchangeRecord exchange, CancellationToken cancel)
    {
        var (row, keeper) = (Guid.CreateVersion7(exchange.At.ToDateTimeOffset()), KeeperOf(exchange.At.DayInRiyadh().ToYearMonth()));
        var (request, answer) = (exchange.Request, exchange.Answer);
        static string? BaseOf(SignedPart? part) => part is null ? null : System.Text.Encoding.ASCII.GetString(part.Signature.Base);
        SealedBytes? content = request is null && answer is null ? null
            : await _sealer.SealAsync(change, new SealContext(keeper, RetentionClass.Case, ExchangeTables.Exchange.Name, row), new ExchangeContent(BaseOf(request), request?.Body, BaseOf(answer), answer?.Body), cancel);
        return ExchangeTables.Exchange.Insert(row, exchange.RequestId, exchange.Correlation, exchange.Agency, exchange.Direction == ExchangeDirection.Out ? "OUT" : "IN", exchange.Operation, exchange.Purpose, exchange.At,
            exchange.Outcome, exchange.Status, request?.Signature.KeyId, request?.Digest, request?.Signature.Value, answer?.Signature.KeyId, answer?.Digest, answer?.Signature.Value, keeper.Value, content);
    }

    private bool TooMany()
    {
        var minute = _clock.GetUtcNow().ToUnixTimeSeconds() / 60;
        lock (_refusals)
        {
            _refused = _refused.Minute == minute ? (minute, _refused.Count + 1) : (minute, 1);
            return _refused.Count > RefusedPerMinute;
        }
    }

    [LoggerMessage(87, LogLevel.Error, "{Count} exchanges could not be kept: {Kind} {Stack}")]
    private static partial void Failed(ILogger logger, int count, string kind, string? stack);
}

/// <summary>How long what was said is kept: its month counts from its last day.</summary>
internal static class ExchangeRetention
{
    public const string Event = "exchanged";

    /// <summary>Months that can still be found; longer than any class is kept.</summary>
    private const int MonthsBack = 20 * 12;

    public static RetentionSource Of(TimeProvider clock) => new("exchanges", (persons, notes, _) =>
    {
        var month = clock.Today().ToYearMonth();
        for (var back = 0; back <= MonthsBack; back++, month = month.PlusMonths(-1))
        {
            if (ExchangeKeeper.KeeperOf(month) is var keeper && persons.Contains(keeper))
            {
                notes.Happened(keeper, Event, month.OnDayOfMonth(1).PlusMonths(1).StartInRiyadh());
            }
        }
        return Task.CompletedTask;
    });
}
