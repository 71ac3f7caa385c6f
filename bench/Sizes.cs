namespace Muqeem.Bench;

/// <summary>How long a run is: rounds, seconds of each slice of pgbench, cases of each slice of cases, seconds of each slice of a figure, residents whose IDs are verified, people whose facts are gathered slowly, cases that wait for an agency, persons taken over.</summary>
internal sealed record Sizes(int Rounds, int Scale, int PgbenchSeconds, int WarmUp, int One, int ThirtyTwo, int Many, int FactsInside, int SqliteOne, int SqliteThirtyTwo, int SqliteMany, int FigureSeconds, int Residents, int Slow, int Waiting, int Imported)
{
    public static readonly Sizes Full = new(5, 20, 8, 1500, 200, 2000, 3072, 640, 200, 1200, 2048, 2, 300, 20, 1000, 20_000);
    /// <summary>While working on speed: warm enough to tell, with BENCH_ONLY.</summary>
    public static readonly Sizes Working = new(3, 20, 3, 1200, 60, 800, 1024, 128, 40, 400, 512, 1, 120, 10, 400, 8_000);
    public static readonly Sizes Quick = new(2, 20, 3, 250, 40, 320, 768, 128, 40, 256, 512, 2, 64, 8, 300, 5_000);

    /// <summary>Drafts that a whole run takes, and some that may fall away.</summary>
    public int OnPostgres => WarmUp + (Rounds * (One + ThirtyTwo + Many + FactsInside)) + 300;

    public int OnSqlite => (WarmUp / 2) + (Rounds * (SqliteOne + SqliteThirtyTwo + SqliteMany)) + 300;
}
