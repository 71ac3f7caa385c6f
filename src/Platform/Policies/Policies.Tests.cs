using System.Text.RegularExpressions;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Platform.Policies;

public partial class PoliciesTests
{
    private static readonly PolicySnapshot Baseline = PolicyBook.BaselineSnapshot();

    [Fact]
    public void A_rule_that_changed_is_read_as_of_the_day()
    {
        Assert.Empty(Baseline.Get<IReadOnlyList<string>>("renew.outside_categories", new LocalDate(2024, 12, 31)));
        Assert.Contains("dependent", Baseline.Get<IReadOnlyList<string>>("renew.outside_categories", new LocalDate(2025, 1, 1)));
    }

    [Fact]
    public void A_code_that_nobody_wrote_says_which_and_when() =>
        Assert.Contains("no.such.rule", Assert.Throws<InvalidOperationException>(() => Baseline.Get<int>("no.such.rule", new LocalDate(2026, 11, 22))).Message);

    [Fact]
    public void No_two_rows_of_a_code_are_in_force_on_one_day()
    {
        foreach (var code in Baseline.Rows.GroupBy(r => r.Code))
        {
            foreach (var edge in code.SelectMany(r => new[] { r.From, r.To }).OfType<LocalDate>().Append(new LocalDate(2026, 11, 22)))
            {
                Assert.True(code.Count(r => r.InForce(edge)) <= 1, $"{code.Key} has two rows on {edge}.");
            }
        }
    }

    [Fact]
    public void Every_row_has_a_source_and_the_uncertain_are_on_the_list_of_open_questions()
    {
        Assert.All(Baseline.Rows, r => Assert.False(string.IsNullOrWhiteSpace(r.Source), r.Code));
        var questions = File.ReadAllText(Path.Combine(Muqeem.Tests.Repository.Root, "docs", "open-questions.md"));
        Assert.All(Baseline.Rows.Where(r => r.Evidence == "uncertain"), r => Assert.Contains($"`{r.Code}`", questions));
    }

    [Fact]
    public void Codes_of_nationalities_and_occupations_are_found_and_named_in_both_languages()
    {
        Assert.Equal("Bangladeshi", Reference.Nationality("BGD")!.English);
        Assert.All(Reference.Nationalities, n => Assert.False(string.IsNullOrWhiteSpace(n.Arabic), n.Code));
        Assert.All(Reference.Occupations, o => Assert.False(string.IsNullOrWhiteSpace(o.Arabic), o.Code));
    }

    [Fact]
    public void Every_code_that_a_rule_asks_for_has_a_value_today()
    {
        Assert.Matches(Asked(), """context.Policy.Get<int>("biometrics.from_age", context.Today)""");
        var asked = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.EndsWith(".Tests.cs", StringComparison.Ordinal))
            .SelectMany(f => Asked().Matches(File.ReadAllText(f)).Select(m => (Code: m.Groups["code"].Value, File: Path.GetFileName(f))))
            .Where(a => !Baseline.Rows.Any(r => r.Code == a.Code && r.InForce(new LocalDate(2026, 11, 22))));
        Assert.Empty(asked);
    }

    [GeneratedRegex("""\.Get<[^()]+>\("(?<code>[a-z_.]+)"\s*,""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Asked();

    [Theory]
    [InlineData("D<<", "D")]
    [InlineData("DEU", "D")]
    [InlineData("XXA", "XXA")]
    [InlineData("XXB", "XXB")]
    [InlineData("GBD", "GBD")]
    [InlineData("UNO", "UNO")]
    public void Codes_of_travel_documents_that_are_no_country_have_a_name(string code, string expected) => Assert.Equal(expected, Reference.Nationality(code)?.Code);

    [Fact]
    public void A_city_lies_in_a_region_that_exists() =>
        Assert.All(Reference.Cities, c => Assert.Contains(c.Region, Reference.Regions.Select(r => r.Code)));

    [Theory]
    [InlineData("2026-11-22", true)] // a Sunday
    [InlineData("2026-11-20", false)] // a Friday
    [InlineData("2026-11-21", false)] // a Saturday
    [InlineData("2026-09-23", false)] // National Day, a Wednesday
    [InlineData("2026-05-27", false)] // 10 Dhu al-Hijjah 1447, a Wednesday
    public void Offices_work_from_sunday_to_thursday_but_for_holidays(string day, bool works) => Assert.Equal(works, Baseline.IsWorkingDay(Day(day)));

    [Theory]
    [InlineData("2026-11-19", 1, "2026-11-22")] // Thursday to Sunday
    [InlineData("2026-11-20", 1, "2026-11-22")]
    [InlineData("2026-11-22", 5, "2026-11-29")]
    [InlineData("2026-09-22", 1, "2026-09-24")]
    [InlineData("2026-11-22", 0, "2026-11-22")]
    public void Working_days_leave_out_the_weekend(string from, int days, string until) => Assert.Equal(Day(until), Baseline.AddWorkingDays(Day(from), days));

    [Fact]
    public void The_day_in_riyadh_decides_and_the_time_of_day_stays()
    {
        // Wednesday 22:30 UTC is already Thursday in Riyadh: the next working day is Sunday.
        var from = Instant.FromUtc(2026, 11, 18, 22, 30);
        Assert.Equal(Instant.FromUtc(2026, 11, 21, 22, 30), Baseline.AddWorkingDays(from, 1));
    }

    [Fact]
    public void A_week_without_a_working_day_is_a_broken_policy()
    {
        var closed = new PolicySnapshot(1, Baseline.Rows.Select(r => r.Code == WorkingDays.Week ? r with { Value = "[]" } : r));
        Assert.Throws<InvalidOperationException>(() => closed.AddWorkingDays(Day("2026-11-22"), 1));
    }

    private static LocalDate Day(string iso) => NodaTime.Text.LocalDatePattern.Iso.Parse(iso).Value;
}

/// <summary>The policies in a real database of either kind.</summary>
public class PolicyBookTests
{
    private readonly TestClock _clock = new();

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task The_baseline_is_imported_once_and_read_back_as_it_was(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind, _clock);
        var book = new PolicyBook(database.Db, _clock);
        await Assert.ThrowsAsync<InvalidOperationException>(() => book.LoadAsync());
        Assert.Throws<InvalidOperationException>(() => book.Current);

        await book.ImportBaselineAsync(database.Writer);
        await book.ImportBaselineAsync(database.Writer);
        await book.LoadAsync();

        Assert.Equal(1, book.Current.Version);
        Assert.Equal(1, await database.Db.FirstAsync<long>("SELECT count(*) FROM act WHERE verb = 'policy.import'"));
        Assert.Equal(Ordered(PolicyBook.Baseline()), Ordered(book.Current.Rows));
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task An_upgrade_brings_new_codes_and_leaves_what_an_operator_decided(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind, _clock);
        var book = new PolicyBook(database.Db, _clock);
        var change = new Change(new Act(ActId.New(_clock), "policy.publish", Actor.System("test"), Guid.CreateVersion7(_clock.GetUtcNow()), Digest.Of("own"), _clock.Now()));
        change.Rows.Add(PolicyTables.Version.Insert(1L, "own", _clock.Now(), "operator"));
        change.Rows.Add(PolicyTables.Policy.Insert(1L, "case.payment_days", 0, null, null, "45", "decided", "an order of this office", null));
        Assert.IsType<WriteOutcome.Done>(await database.Writer.WriteAsync(change));

        await book.ImportBaselineAsync(database.Writer);
        await book.ImportBaselineAsync(database.Writer);
        await book.LoadAsync();

        Assert.Equal(2, book.Current.Version);
        Assert.Equal(45, book.Current.Get<int>("case.payment_days", _clock.Today()));
        Assert.Equal(60, book.Current.Get<int>("case.objection_days", _clock.Today()));
    }

    private static string Ordered(IEnumerable<PolicyRow> rows) => string.Join('\n', rows.OrderBy(r => r.Code, StringComparer.Ordinal).ThenBy(r => r.From ?? LocalDate.MinIsoValue).Select(r => r.ToString()));
}
