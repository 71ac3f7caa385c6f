using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using NodaTime;

namespace Muqeem.Office;

/// <summary>Decisions of one day.</summary>
public sealed record DayOfDecisions(LocalDate Day, int Approved, int Asked, int Refused);

/// <summary>How many wait since how many days.</summary>
public sealed record AgeOfQueue(int Days, int Count);

/// <summary>Counts for the dashboard: of cases, never of persons or of one officer.</summary>
public sealed class Figures(Db db, TimeProvider clock)
{
    /// <summary>0, 1, 2, 3 and (as 4) more days.</summary>
    public async Task<IReadOnlyList<AgeOfQueue>> AgesAsync(CancellationToken cancel = default)
    {
        var rows = await db.QueryAsync<Counted>(
            "SELECT (@now - since) / 86400000000 AS Which, count(*) AS Number FROM review_queue GROUP BY (@now - since) / 86400000000", new { now = clock.Now().ToMicros() }, cancel);
        return [.. Enumerable.Range(0, 5).Select(days => new AgeOfQueue(days, (int)rows.Where(r => days == 4 ? r.Which >= 4 : r.Which == days).Sum(r => r.Number)))];
    }

    /// <summary>The last <paramref name="days"/> days in Riyadh, today included, oldest first.</summary>
    public async Task<IReadOnlyList<DayOfDecisions>> DecisionsAsync(int days, CancellationToken cancel = default)
    {
        var first = clock.Today().PlusDays(1 - days);
        var from = first.StartInRiyadh();
        // Counted in the database by the day in Riyadh, three hours ahead of the stored microseconds.
        var rows = await db.QueryAsync<Counted>("""
            SELECT (at - @from) / 86400000000 AS Which, act AS Act, count(*) AS Number FROM case_event
            WHERE at >= @from AND act IN ('approve', 'ask', 'refuse') GROUP BY (at - @from) / 86400000000, act
            """, new { from = from.ToMicros() }, cancel);
        return [.. Enumerable.Range(0, days).Select(n => new DayOfDecisions(first.PlusDays(n), Of(n, CaseActs.Approve), Of(n, CaseActs.Ask), Of(n, CaseActs.Refuse)))];

        int Of(int day, string act) => (int)rows.Where(r => r.Which == day && r.Act == act).Sum(r => r.Number);
    }

    private sealed record Counted
    {
        public long Which { get; init; }
        public string Act { get; init; } = "";
        public long Number { get; init; }
    }
}
