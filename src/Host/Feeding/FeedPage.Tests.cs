using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Office;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Portal;
using Muqeem.Tests;

namespace Muqeem.Host.Feeding;

/// <summary>An office in a world in which two agencies are sent events.</summary>
public abstract class FeedOffice(DatabaseKind kind) : OfficeWorld(kind)
{
    protected override IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>(FeedWorld.Feeds, StringComparer.Ordinal) { ["Seed"] = "1" };
}

public sealed class FeedOfficeOnSqlite() : FeedOffice(DatabaseKind.Sqlite);

public sealed class FeedOfficeOnPostgreSql() : FeedOffice(DatabaseKind.PostgreSql);

public sealed class FeedPageOnSqliteTests(FeedOfficeOnSqlite world) : FeedPageTests(world), IClassFixture<FeedOfficeOnSqlite>;

public sealed class FeedPageOnPostgreSqlTests(FeedOfficeOnPostgreSql world) : FeedPageTests(world), IClassFixture<FeedOfficeOnPostgreSql>;

/// <summary>Where operators see how far each agency was told.</summary>
public abstract class FeedPageTests(FeedOffice shared)
{
    [Fact]
    public async Task The_office_sees_who_is_sent_events_who_was_stopped_and_what_to_do()
    {
        var (world, steps) = (shared.World, new FeedSteps(shared.World));
        await steps.StandsAsync(LabourContracts.Name, _ => true, "is known");
        await steps.StandsAsync(HealthInsurance.Name, _ => true, "is known");
        await shared.Auditor.OpenAsync("/en/office/agencies");
        Assert.Contains("Events sent to agencies", shared.Auditor.Html, StringComparison.Ordinal);
        Assert.Contains("In order", shared.Auditor.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("muqeem feed resume", shared.Auditor.Html, StringComparison.Ordinal);

        // As the sender writes it when an agency has failed for long; a delivery may come first.
        await WholeWorld.UntilAsync(async () =>
        {
            var row = await steps.StandsAsync(LabourContracts.Name, _ => true, "is known");
            var now = world.Clock.Now();
            var change = new Change(act: null) { Heads = { (row with { IsStopped = true, Reason = AgencyReason.Failing, FailingSince = now, Attempts = 3 }).Next(now) } };
            return await world.Get<IWriter>().WriteAsync(change) is WriteOutcome.Done ? "" : null;
        }, "it is stopped");
        foreach (var language in new[] { "en", "ar" })
        {
            await shared.Auditor.OpenAsync($"/{language}/office/agencies");
            Assert.Contains("muqeem feed resume --Agency=LabourContracts --Reason=CODE", shared.Auditor.Html, StringComparison.Ordinal);
            Assert.True(shared.Auditor.Shows(language == "en" ? "Stopped" : "متوقفة"), shared.Auditor.Html);
            Assert.DoesNotContain("⟦", shared.Auditor.Html, StringComparison.Ordinal);
        }
    }
}
