using System.Runtime.ExceptionServices;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>
/// Cases that wait for a record system, those that went on without its word and are to be checked again, and those of which it told us something, one lane for each system. While it is away the longest waiting that is due is its probe, and the others are left alone; once it answers all go on, the longest waiting
/// first, by one, two, four at a time, so that a system that has just come back is not overrun. A lane waits for nobody but its own system, and for no single person of it.
/// </summary>
public sealed class SourceLanes(CaseEngine engine, Db db, TimeProvider clock)
{
    /// <summary>At once in one lane. The line to the system has a bound of its own, shared with those who send now.</summary>
    private const int Widest = 16;

    /// <summary>So many probes in a row that the system does not answer: it is away, and not away for one person.</summary>
    private const int MostProbes = 3;

    private const int AtOnce = 500;

    /// <summary>Before the next probe, unless the system itself said when.</summary>
    private static readonly Duration Pause = Duration.FromSeconds(30);

    private readonly Dictionary<string, Instant> _paused = new(StringComparer.Ordinal);

    /// <summary>One round: every lane in which something is due, side by side. For one caller at a time.</summary>
    /// <returns>How many cases went on.</returns>
    public async Task<int> PlayAsync(CancellationToken cancel = default)
    {
        var now = clock.Now();
        var due = (await db.QueryAsync<string>("""
            SELECT DISTINCT CASE WHEN d.kind = @kind THEN h.waiting WHEN d.kind LIKE 'told:%' THEN substr(d.kind, 6) ELSE substr(d.kind, 9) END
            FROM deadline d JOIN case_head h ON h.id = d.subject_id WHERE (d.kind = @kind OR d.kind LIKE 'recheck:%' OR d.kind LIKE 'told:%') AND d.due_at <= @now
            """, new { kind = Deadlines.Retry, now }, cancel));
        var open = due.Where(source => !_paused.TryGetValue(source, out var until) || until <= now).ToList();
        var rounds = await Task.WhenAll(open.Select(source => Task.Run(() => LaneAsync(source, cancel), cancel)));
        foreach (var (source, round) in open.Zip(rounds))
        {
            _paused.Remove(source);
            if (round.PausedUntil is { } until)
            {
                _paused[source] = until;
            }
        }
        rounds.Select(r => r.Fault).FirstOrDefault(f => f is not null)?.Throw();
        return rounds.Sum(r => r.WentOn);
    }

    /// <param name="WentOn">How many cases.</param>
    /// <param name="PausedUntil">The system does not answer.</param>
    /// <param name="Fault">The first bug: a case that fails by one must not hold up the others.</param>
    private sealed record Round(int WentOn, Instant? PausedUntil, ExceptionDispatchInfo? Fault);

    /// <param name="AskAgainAt">The system did not answer; null: the case went on, or failed.</param>
    private sealed record Attempt(Instant? AskAgainAt, ExceptionDispatchInfo? Fault);

    private async Task<Round> LaneAsync(string source, CancellationToken cancel)
    {
        var waiting = new Queue<WaitingCase>(await WaitingAsync(source, answers: false, cancel));
        var tried = new HashSet<Guid>();
        var running = new List<Task<Attempt>>();
        var (wentOn, width, unanswered) = (0, 1, 0);
        Instant? askAgainAt = null;
        ExceptionDispatchInfo? fault = null;
        while (true)
        {
            while (running.Count < width && unanswered < MostProbes && waiting.TryDequeue(out var next))
            {
                if (tried.Add(next.Case))
                {
                    running.Add(AttemptAsync(source, next, cancel));
                }
            }
            if (running.Count == 0)
            {
                if (unanswered >= MostProbes)
                {
                    return new(wentOn, Instant.Max(clock.Now() + Pause, askAgainAt!.Value), fault);
                }
                // Once it answers nobody waits for the moment of his own next attempt.
                waiting = new(wentOn > 0 ? (await WaitingAsync(source, answers: true, cancel)).Where(w => !tried.Contains(w.Case)) : []);
                if (waiting.Count == 0)
                {
                    return new(wentOn, null, fault);
                }
                continue;
            }
            var done = await Task.WhenAny(running);
            running.Remove(done);
            var attempt = await done;
            fault ??= attempt.Fault;
            if (attempt.AskAgainAt is { } at)
            {
                askAgainAt = askAgainAt is { } other && other < at ? other : at;
                unanswered++;
                width = Math.Max(1, width / 2);
            }
            else
            {
                wentOn++;
                unanswered = 0;
                // One more for each that went on doubles them in the time of one.
                width = Math.Min(width + 1, Widest);
            }
        }
    }

    private async Task<Attempt> AttemptAsync(string source, WaitingCase waiting, CancellationToken cancel)
    {
        try
        {
            return new(await ReadDoor.RunAsync(() => waiting.Kind == Deadlines.Retry
                ? engine.AskAgainAsync(waiting.Case, waiting.DueAt, source, cancel)
                : waiting.Kind.StartsWith(Deadlines.Told, StringComparison.Ordinal)
                    ? engine.LookAgainAsync(waiting.Case, waiting.DueAt, source, cancel)
                    : engine.RecheckAsync(waiting.Case, waiting.DueAt, source, cancel)), null);
        }
        catch (Exception e) when (e is not (OperationCanceledException or System.Data.Common.DbException))
        {
            return new(null, ExceptionDispatchInfo.Capture(e));
        }
    }

    /// <param name="answers">Also those whose own next attempt is later.</param>
    private async Task<IReadOnlyList<WaitingCase>> WaitingAsync(string source, bool answers, CancellationToken cancel) => await db.QueryAsync<WaitingCase>("""
        SELECT h.id AS "Case", d.kind AS Kind, d.due_at AS DueAt FROM deadline d JOIN case_head h ON h.id = d.subject_id
        WHERE ((d.kind = @kind AND h.waiting = @source) OR d.kind = @recheck OR d.kind = @told) AND (d.due_at <= @now OR @answers = 1) ORDER BY h.state_since, h.id LIMIT @most
        """, new { kind = Deadlines.Retry, recheck = Deadlines.Recheck + source, told = Deadlines.Told + source, source, now = clock.Now(), answers = answers ? 1 : 0, most = AtOnce }, cancel);

    private sealed record WaitingCase
    {
        public Guid Case { get; init; }
        public string Kind { get; init; } = "";
        public Instant DueAt { get; init; }
    }
}
