using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host.Feeding;

/// <summary>A world in which the labour platform and the insurers are sent events.</summary>
public abstract class FeedWorld(DatabaseKind kind) : SharedWorld(kind)
{
    public static IReadOnlyDictionary<string, string?> Feeds { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        [FeedSetup.SettingOf(LabourContracts.Name)] = WholeWorld.AtSandbox + "labour/events",
        [FeedSetup.SettingOf(HealthInsurance.Name)] = WholeWorld.AtSandbox + "insurance/events",
    };

    protected override IReadOnlyDictionary<string, string?> Settings => Feeds;
}

public sealed class FeedOnSqlite() : FeedWorld(DatabaseKind.Sqlite);

public sealed class FeedOnPostgreSql() : FeedWorld(DatabaseKind.PostgreSql);

/// <summary>Somebody with a residence.</summary>
internal sealed record Settled(PersonId Person, string Number);

/// <summary>An event as a receiver keeps it.</summary>
/// <param name="Times">How often it came.</param>
internal sealed record Kept(string Id, string Kind, long Times, bool Test, JsonElement Content)
{
    public string? Number => Content.TryGetProperty("residentNumber", out var number) ? number.GetString() : null;
}

/// <summary>What tests of the feed do in a world.</summary>
internal sealed class FeedSteps(WholeWorld world)
{
    /// <summary>A page is sent as soon as the journal has its place; on a machine that builds and tests at once that takes its time.</summary>
    private const int Patience = 240;

    private static int _next = 800_000;

    private static readonly CaseId Case = new(Guid.CreateVersion7());

    public LocalDate Until => world.Clock.Today().PlusMonths(6);

    public Knobs Knobs => world.SandboxApp.Services.GetRequiredService<Knobs>();

    public async Task<Settled> SettleAsync(string category = Categories.EstablishmentWorker)
    {
        var number = NumberOf(Interlocked.Increment(ref _next));
        PersonId person = default;
        await WriteAsync(async change =>
        {
            person = await world.Get<Persons>().AddAsync(change, new PersonRecord
            {
                ResidentNumber = number,
                NamesArabic = ["سليم", "", "", "رحمن"],
                NamesLatin = ["SALIM", "", "", "RAHMAN"],
                FullNameArabic = "سليم رحمن",
                FullNameLatin = "SALIM RAHMAN",
                Sex = "M",
                BirthDate = "1990-01-01",
                BirthPrecision = "DAY",
                Nationality = "BGD",
            });
            var details = new ResidenceDetails { ResidentNumber = number, EmployerNumber = "7000000001", EmployerName = "صاحب العمل", Occupation = "P012" };
            var residence = await world.Get<Residences>().IssueAsync(change, person, category, Until.PlusYears(-1), Until, 12, nameof(CalendarKind.Gregorian), details, Case);
            await world.Get<Documents>().IssueAsync(change, new DocumentOrder(person, residence, new DocumentContent
            {
                ResidentNumber = number,
                NameArabic = "سليم رحمن",
                NameLatin = "SALIM RAHMAN",
                Nationality = "BGD",
                Occupation = "P012",
                Birth = BirthDate.Of(new LocalDate(1990, 1, 1), BirthPrecision.Day),
                AnswerableName = details.EmployerName,
                AnswerableKind = Answerable.Establishment,
            }, 5));
        });
        return new(person, number);
    }

    /// <summary>One of the block of demonstrations.</summary>
    private static string NumberOf(int serial)
    {
        var digits = $"20{serial:D7}";
        var sum = digits.Select((c, i) => (c - '0') * (i % 2 == 0 ? 2 : 1)).Sum(d => d > 9 ? d - 9 : d);
        return digits + ((10 - (sum % 10)) % 10);
    }

    public Task<Guid> ChangeAsync(Settled who, Action<Change, Residences, Residence> to) => WriteAsync(async change => to(change, world.Get<Residences>(), (await world.Get<Residences>().OfAsync(who.Person))!));

    public Task<Guid> RenewAsync(Settled who, int years = 1) => ChangeAsync(who, (change, residences, r) => residences.Renew(change, r, r.Until.PlusYears(years), 12 * years, nameof(CalendarKind.Gregorian), late: false, Case));

    public Task<Guid> EndAsync(Settled who) => ChangeAsync(who, (change, residences, r) => residences.End(change, r, world.Clock.Today(), EndReasons.Departure));

    public Task ReplaceAsync(Settled who) => WriteAsync(async change =>
    {
        var documents = world.Get<Documents>();
        var live = (await documents.LiveAsync(who.Person))!;
        var content = await documents.OpenAsync(world.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.IssueDocument, null, "test", who.Person), live);
        await documents.ReplaceAsync(change, live, new DocumentOrder(who.Person, live.Residence, content, 5));
    });

    public Task LoseAsync(Settled who) => WriteAsync(async change =>
    {
        var documents = world.Get<Documents>();
        await documents.EndAsync(change, (await documents.LiveAsync(who.Person))!, DocumentState.Lost);
    });

    /// <summary>One officer proposes, another confirms.</summary>
    public async Task DecideAsync(Settled who, ProposedAct act)
    {
        var holds = world.Get<Holds>();
        var (first, second, desk) = (new AccountId(Guid.CreateVersion7()), new AccountId(Guid.CreateVersion7()), PersonId.New(world.Clock));
        var proposed = Assert.IsType<HoldAnswer.Done>(await ReadDoor.RunAsync(() => holds.ProposeAsync(Actor.Officer(first), first, desk, who.Person, act, HoldReasons.For(act)[0], "لأن السجل قيد المراجعة", Guid.CreateVersion7())));
        Assert.IsType<HoldAnswer.Done>(await ReadDoor.RunAsync(() => holds.ConfirmAsync(Actor.Officer(second), second, desk, proposed.Proposal!.Value, Guid.CreateVersion7())));
    }

    public async Task FreezeAsync(Settled who, bool freeze)
    {
        var (holds, account) = (world.Get<Holds>(), new AccountId(Guid.CreateVersion7()));
        Assert.IsType<HoldAnswer.Done>(await ReadDoor.RunAsync(() => freeze ? holds.FreezeAsync(Actor.Resident(account), account, who.Person, Guid.CreateVersion7()) : holds.UnfreezeAsync(Actor.Resident(account), account, who.Person, Guid.CreateVersion7())));
    }

    /// <summary>Returns the act.</summary>
    public async Task<Guid> WriteAsync(Func<Change, Task> fill)
    {
        var change = new Change(new Act(ActId.New(world.Clock), "test.change", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("change"), world.Clock.Now()));
        await ReadDoor.RunAsync(async () =>
        {
            await fill(change);
            Assert.IsType<WriteOutcome.Done>(await world.Get<IWriter>().WriteAsync(change));
            return true;
        });
        return change.Act!.Id.Value;
    }

    /// <summary>What a receiver keeps, in the order in which it came first.</summary>
    public async Task<IReadOnlyList<Kept>> KeptAsync(string agency)
    {
        using var json = JsonDocument.Parse(await world.Sandbox.GetStringAsync("feed?agency=" + agency));
        return [.. json.RootElement.GetProperty("events").EnumerateArray().Select(e => new Kept(e.GetProperty("id").GetString()!, e.GetProperty("kind").GetString()!, e.GetProperty("times").GetInt64(), e.GetProperty("test").GetBoolean(), e.GetProperty("content").Clone()))];
    }

    /// <summary>Waits until a receiver has what it should have.</summary>
    public Task<IReadOnlyList<Kept>> KeepsAsync(string agency, Func<IReadOnlyList<Kept>, bool> enough, string what) =>
        WholeWorld.UntilAsync(async () => await KeptAsync(agency) is var kept && enough(kept) ? kept : null, $"{agency} has {what}", Patience);

    /// <summary>Waits until our side says so of a consumer.</summary>
    public Task<FeedConsumer> StandsAsync(string agency, Func<FeedConsumer, bool> so, string what) => WholeWorld.UntilAsync(
        async () => (await world.Get<FeedSteering>().AllAsync()).FirstOrDefault(c => c.Agency == agency && so(c)), $"{agency} {what}", Patience);

    /// <summary>Waits until everything that has happened so far is in the feed.</summary>
    public async Task FollowedAsync()
    {
        var last = await world.Get<Db>().SingleAsync<Guid>("SELECT id FROM act ORDER BY at DESC, id DESC LIMIT 1");
        await WholeWorld.UntilAsync(async () => await world.Get<Db>().ExistsAsync("SELECT 1 FROM leaf l WHERE l.id = @last AND l.position < (SELECT p.position FROM feed_place p)", new { last }) ? "" : null, "the feed has followed the journal", Patience);
    }

    public async Task<(HttpStatusCode Status, JsonElement Json)> GetAsync(string agency, string query = "", CallSigning? with = null)
    {
        using var answer = await world.CallAsync("exchange/events" + query, [], agency, FeedPage.Reading, (with ?? new CallSigning()) with { Method = HttpMethod.Get });
        return await ReadAsync(answer);
    }

    public async Task<(HttpStatusCode Status, JsonElement Json)> PostAsync(string agency, string path, object? body = null, CallSigning? with = null)
    {
        using var answer = await world.CallAsync("exchange/events/" + path, body is null ? [] : JsonSerializer.SerializeToUtf8Bytes(body), agency, FeedPage.Steering, with);
        return await ReadAsync(answer);
    }

    private static async Task<(HttpStatusCode, JsonElement)> ReadAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        using var json = JsonDocument.Parse(text.Length > 0 ? text : "{}");
        return (answer.StatusCode, json.RootElement.Clone());
    }

    public static string? CodeOf(JsonElement json) => json.TryGetProperty("code", out var code) ? code.GetString() : null;

    /// <summary>Every page of an agency from a cursor on.</summary>
    public async Task<(List<JsonElement> Events, string Cursor)> AllAsync(string agency, string? after = null, int? limit = null)
    {
        var all = new List<JsonElement>();
        while (true)
        {
            var (status, page) = await GetAsync(agency, "?" + (after is null ? "" : "after=" + after) + (limit is null ? "" : $"&limit={limit}"));
            Assert.True(status == HttpStatusCode.OK, page.ToString());
            all.AddRange(page.GetProperty("events").EnumerateArray());
            after = page.GetProperty("cursor").GetString()!;
            if (!page.GetProperty("more").GetBoolean())
            {
                return (all, after);
            }
        }
    }
}
