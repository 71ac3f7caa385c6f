using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Exchanges;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using Muqeem.Verifier.Exchanges;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Muqeem.Host.Verbs;

public sealed class ExchangeEvidenceOnSqliteTests(SqliteWorld shared) : ExchangeEvidenceTests(shared), IClassFixture<SqliteWorld>;

public sealed class ExchangeEvidenceOnPostgreSqlTests(PostgreSqlWorld shared) : ExchangeEvidenceTests(shared), IClassFixture<PostgreSqlWorld>;

/// <summary>What was said is kept sealed, and whoever has the public keys can tell from the evidence who said what.</summary>
public abstract class ExchangeEvidenceTests(SharedWorld shared)
{
    private static readonly Actor Operator = Actor.System("test");

    private WholeWorld World => shared.World;

    private async Task<byte[][]> KeysAsync() => [await World.Http.GetByteArrayAsync("trust/exchange.json"), System.Text.Encoding.UTF8.GetBytes(World.SandboxApp.Services.GetRequiredService<StandInKeys>().SetOf(Traffic.Name))];

    /// <summary>A question of ours about somebody, with the evidence of it.</summary>
    private async Task<(string Evidence, Guid Request, string Number)> AskedAsync()
    {
        var number = World.SandboxApp.Services.GetRequiredService<World>().At(8)!.Number;
        var found = Assert.IsType<AgencyAnswer<TrafficViolations>.Found>(await World.Get<Traffic>().ViolationsAsync(number));
        var evidence = await WholeWorld.UntilAsync(() => World.Get<ExchangeArchive>().ExportAsync(found.RequestId, Operator, (_, _) => Task.FromResult<IReadOnlyList<PersonId>>([])), "the exchange was kept");
        return (evidence, found.RequestId, number);
    }

    [Fact]
    public async Task Who_has_the_public_keys_can_tell_who_said_what()
    {
        var (evidence, request, number) = await AskedAsync();
        var keys = await KeysAsync();
        var proved = Assert.Single(ExchangeEvidence.Verify(System.Text.Encoding.UTF8.GetBytes(evidence), keys).Value);
        Assert.Equal(("GET", "/traffic/violations", $"?id={number}", request.ToString(), "decide_application"),
            (proved.Request["@method"], proved.Request["@path"], proved.Request["@query"], proved.Request["x-request-id"], proved.Request["x-purpose"]));
        Assert.Equal(("200", request.ToString()), (proved.Answer!["@status"], proved.Answer["x-request-id"]));
        Assert.Contains(number, System.Text.Encoding.UTF8.GetString(proved.Answer.Body!), StringComparison.Ordinal);
        Assert.NotEqual(proved.Request.KeyId, proved.Answer.KeyId);
    }

    [Fact]
    public async Task What_was_said_is_kept_sealed_and_leaves_a_leaf()
    {
        var (_, request, number) = await AskedAsync();
        var db = World.Get<Db>();
        var row = await db.SingleAsync<(string Agency, string Direction, string Operation, string Outcome, byte[] Content)>("SELECT agency, direction, operation, outcome, content FROM exchange WHERE request_id = @request", new { request });
        Assert.Equal((Traffic.Name, "OUT", "violations", ExchangeRecord.Answered), (row.Agency, row.Direction, row.Operation, row.Outcome));
        Assert.DoesNotContain(number, System.Text.Encoding.Latin1.GetString(row.Content), StringComparison.Ordinal);
        Assert.True(await db.ExistsAsync("SELECT 1 FROM act a JOIN leaf l ON l.id = a.id WHERE a.verb = 'exchange.keep'"));
        // Its month is erased like a person's data: nobody can open it any more.
        Assert.True(await db.ExistsAsync("SELECT 1 FROM keys.data_key WHERE person_id = @keeper AND class = 'Case'", new { keeper = ExchangeKeeper.KeeperOf(World.Clock.Today().ToYearMonth()).Value }));
    }

    [Fact]
    public async Task The_verb_writes_the_evidence_and_proves_it_and_whom_it_concerns_sees_that()
    {
        var resident = await shared.Residents.SettleAsync(28, shared.Residents.Today.PlusDays(300));
        var found = Assert.IsType<AgencyAnswer<TrafficViolations>.Found>(await World.Get<Traffic>().ViolationsAsync(resident.Number));
        var folder = Directory.CreateTempSubdirectory("muqeem-exchange-").FullName;
        try
        {
            var files = (await KeysAsync()).Select((set, i) => (Name: Path.Combine(folder, i == 0 ? "muqeem" : "traffic"), Set: set)).ToList();
            foreach (var (name, set) in files)
            {
                await File.WriteAllBytesAsync(name, set);
            }
            var file = Path.Combine(folder, "evidence.json");
            await WholeWorld.UntilAsync(async () => await World.Get<Db>().ExistsAsync("SELECT 1 FROM exchange WHERE request_id = @id", new { id = found.RequestId }) ? "" : null, "the exchange was kept");
            await World.WhileStoppedAsync(async settings => Assert.Equal(0, await ExchangeVerbs.RunAsync(["export", found.RequestId.ToString(), file, .. settings])));
            string[] keys = [.. files.Select(f => "--keys=" + f.Name)];
            Assert.Equal(0, await ExchangeVerbs.RunAsync(["check", file, .. keys]));
            Assert.Equal(1, await ExchangeVerbs.RunAsync(["check", file, keys[0]]));
            Assert.Equal(2, await ExchangeVerbs.RunAsync(["check", file]));
            Assert.Equal(2, await ExchangeVerbs.RunAsync(["check", Path.Combine(folder, "none"), .. keys]));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.Contains((await World.Get<AccessLog>().ForPersonAsync(resident.Person)).Lines, l => l is { Where: "exchange.export", Purpose: Purpose.Audit });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
