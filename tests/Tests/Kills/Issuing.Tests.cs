using System.Globalization;
using System.Text.Json;
using Muqeem.Platform.Database;

namespace Muqeem.Tests.Kills;

/// <summary>
/// Issuing, publishing, rotating and withdrawing, killed anywhere: the signatures that were made, the promises and the journal agree. A few kills here; <c>MUQEEM_KILLS</c> makes it a long run and
/// <c>MUQEEM_SEED</c> repeats one.
/// </summary>
public sealed class IssuingKillTests(ITestOutputHelper output)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    [Fact]
    public Task Every_signature_that_was_made_has_its_promise_and_its_leaf_however_often_the_issuer_on_SQLite_is_killed() => HoldsAsync(DatabaseKind.Sqlite);

    [Fact]
    public Task Every_signature_that_was_made_has_its_promise_and_its_leaf_however_often_the_issuer_on_PostgreSQL_is_killed() => HoldsAsync(DatabaseKind.PostgreSql);

    [Fact]
    public async Task An_issuer_that_signs_before_the_promise_is_written_is_found_out()
    {
        var (report, wrong) = await RunAsync(DatabaseKind.Sqlite, early: true, kills: 10);
        Assert.True(wrong.Exists(w => w.Contains("no promise explains", StringComparison.Ordinal)), $"seed {report.Seed}: after {report.Signatures} signatures nothing was found. {string.Join("\n", wrong)}");
    }

    private async Task HoldsAsync(DatabaseKind kind)
    {
        var kills = Environment.GetEnvironmentVariable("MUQEEM_KILLS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 4;
        var (report, wrong) = await RunAsync(kind, early: false, kills);
        var told = JsonSerializer.Serialize(report, Json);
        output.WriteLine(told);
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "out")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, $"kills.issuing.{report.Database}.json"), told + "\n");
        Assert.True(wrong.Count == 0, $"{told}\n{string.Join("\n", wrong.Take(20))}");
    }

    private async Task<(IssuingReport Report, List<string> Wrong)> RunAsync(DatabaseKind kind, bool early, int kills)
    {
        var seed = Dice.Seed();
        output.WriteLine($"MUQEEM_SEED={seed}, {kills} kills");
        var options = await TestDatabase.EmptyAsync(kind);
        var folder = kind == DatabaseKind.Sqlite ? options.Data : Path.Combine(Path.GetTempPath(), "muqeem-issuing-" + Path.GetRandomFileName());
        try
        {
            var run = new IssuingRun(options, folder, early, seed);
            return (await run.RunAsync(kills), run.Wrong);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
