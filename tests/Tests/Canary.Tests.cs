using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muqeem.Cases.Definition;
using Muqeem.Host.Api;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Portal;

namespace Muqeem.Tests;

public sealed class CanaryOnPostgreSqlTests : CanaryTests
{
    [Fact]
    public async Task Nobody_finds_a_resident_who_went_the_whole_way_anywhere_but_behind_the_read_door()
    {
        await using var server = await PostgresServer.StartAsync(durable: false);
        await NobodyFindsAsync(server);
    }
}

public sealed class CanaryOnSqliteTests : CanaryTests
{
    [Fact]
    public Task Nobody_finds_a_resident_who_went_the_whole_way_anywhere_but_behind_the_read_door() => NobodyFindsAsync(null);
}

/// <summary>
/// One resident registers, applies, gets the ID, shows it, and mistypes something now and then, all over HTTP. Afterwards name, numbers, address and telephone are looked for in every form wherever
/// something is kept or told.
/// </summary>
public abstract class CanaryTests
{
    /// <summary>Typed where nothing can be made of it: nobody else has it.</summary>
    private const string Mistyped = "زغبرقوطس-4471";

    private readonly Canary _canary = new();
    private readonly Heard _heard = new();
    private readonly List<string> _errorPages = [];

    [Fact]
    public void The_canary_is_found_in_each_of_its_forms()
    {
        _canary.Add("name", "محمد رفيق");
        foreach (var text in (string[])["محمد رفيق", Convert.ToBase64String(Encoding.UTF8.GetBytes("xمحمد رفيقy")), Convert.ToBase64String(Encoding.UTF8.GetBytes("xyمحمد رفيق")), Convert.ToHexString(Encoding.UTF8.GetBytes("محمد رفيق")),
            Uri.EscapeDataString("محمد رفيق"), "{\"a\":\"\\u0645\\u062d\\u0645\\u062F\"}".Replace("\\u062F", "\\u062f \\u0631\\u0641\\u064a\\u0642")])
        {
            Assert.True(_canary.In("text", $"before {text} after").Any(), text);
        }
        Assert.NotEmpty(_canary.In("memory", Encoding.Unicode.GetBytes("x محمد رفيق")));
        Assert.Empty(_canary.In("text", "محمد حسين"));
    }

    private protected async Task NobodyFindsAsync(PostgresServer? server)
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Seed"] = "1", ["Logging:LogLevel:Default"] = "Debug", ["Api:AccountPerMinute"] = "60000", ["Api:AddressPerMinute"] = "60000" };
        if (server is not null)
        {
            settings["PostgreSql"] = server.ConnectionString(await server.CreateDatabaseAsync());
        }
        var backups = Path.Combine(Path.GetTempPath(), "muqeem-canary-" + Path.GetRandomFileName());
        var world = await WholeWorld.StartAsync(DatabaseKind.Sqlite, settings, services => services.AddSingleton<ILoggerProvider>(_heard).AddSingleton<IStartupFilter>(_heard));
        try
        {
            await WholeWorld.UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(world.Data, "accounts.txt")) ? "" : null), "the office accounts are there", 90);
            var reference = await JourneyAsync(world);
            var found = new List<string>();
            // While it runs: what it tells, and the files as they are with their write-ahead logs.
            var metrics = await world.Http.GetStringAsync("metrics");
            Assert.Contains("muqeem_", metrics);
            found.AddRange(_canary.In("/metrics", metrics));
            found.AddRange(await JournalAsync(world));
            found.AddRange(_errorPages.SelectMany(p => _canary.In("an error page", p)));
            found.AddRange(_heard.Addresses.SelectMany(a => _canary.In("an address", a)));
            found.AddRange(_heard.Lines.SelectMany(l => _canary.In("the log", l)));
            Assert.True(_heard.Lines.Count > 10 && _heard.Addresses.Count > 40, $"{_heard.Lines.Count} lines, {_heard.Addresses.Count} addresses");
            found.AddRange(_canary.InFiles(world.Data));
            if (server is not null)
            {
                await server.ExecuteAsync("postgres", "CHECKPOINT");
                found.AddRange(_canary.InFiles(Path.Combine(server.Folder, "data")));
            }
            // What is not secret is found: the look is one.
            var plain = new Canary();
            plain.Add("reference", reference);
            Assert.Contains(plain.InFiles(server is null ? world.Data : Path.Combine(server.Folder, "data")), f => f.Contains("UTF-8", StringComparison.Ordinal));
            var options = world.Get<Db>().Options;
            await world.App.StopAsync();
            foreach (var part in Enum.GetValues<BackupPart>())
            {
                await Backup.MakeAsync(options, part, Path.Combine(backups, part.ToString()), TimeProvider.System);
            }
            found.AddRange(_canary.InFiles(backups));
            found.AddRange(_canary.InFiles(world.Data));
            Assert.True(found.Count == 0, $"{found.Count} of {_canary.Forms} forms:\n{string.Join("\n", found.Distinct().Take(40))}");
        }
        finally
        {
            await world.DisposeAsync();
            if (Directory.Exists(backups))
            {
                Directory.Delete(backups, recursive: true);
            }
        }
    }

    /// <summary>From the account to the ID and a verifier. Returns the reference, which is not secret.</summary>
    private async Task<string> JourneyAsync(WholeWorld world)
    {
        var hand = await world.InHandAsync(0);
        var lines = hand.Mrz.Split('\n');
        _canary.Add("border number", hand.BorderNumber);
        _canary.Add("Arabic name", hand.NameArabic);
        _canary.Add("Latin name", hand.NameLatin);
        _canary.Add("first line of the passport", lines[0].TrimEnd('<'));
        _canary.Add("passport number", lines[1][..9].TrimEnd('<'));
        _canary.Add("telephone", hand.Mobile[^9..]);
        _canary.Add("short address", hand.ShortAddress);
        _canary.Add("what was mistyped", Mistyped);
        using var browser = new Browser(world);
        await browser.OpenAccountAsync(world, hand);
        foreach (var path in new[] { "me", "home", "accesses", "inbox" })
        {
            await browser.OpenAsync(path);
            Assert.Equal(HttpStatusCode.OK, browser.Status);
        }
        using var me = new ApiCaller(world);
        await me.SignInAsync(hand);
        var person = (await world.Get<Registry.Persons>().FindAsync(Registry.IdentifierKinds.Border, hand.BorderNumber))!.Value;
        var started = await me.PostAsync("cases", new { service = "issue" });
        Assert.Equal(HttpStatusCode.Created, started.Status);
        var at = "cases/" + started["id"].GetString();
        await MistypeAsync(world, browser, me, at);
        foreach (var (page, answers) in await world.AnswersAsync(person, hand))
        {
            Is(HttpStatusCode.OK, await me.PostAsync($"{at}/pages/{page}", new { answers }));
        }
        Is(HttpStatusCode.OK, await me.PostAsync(at + "/submit"));
        if ((await me.GetAsync(at))["state"].GetString() == CaseStates.UnderReview)
        {
            using var officer = new ApiCaller(world);
            await officer.SignInAsync("officer.two");
            Is(HttpStatusCode.OK, await officer.GetAsync("office/" + at));
            Is(HttpStatusCode.OK, await officer.PostAsync($"office/{at}/approve", new { reason = "approve.records_agree" }));
        }
        var tracked = await me.GetAsync(at);
        var bill = await WholeWorld.UntilAsync(async () => await me.GetAsync("bills/" + tracked["bill"].GetString()) is { Status: HttpStatusCode.OK } b && b.Json.TryGetProperty("number", out _) ? b : null, "the bill got its number");
        await world.AtDeskAsync($"bank/bills/{bill["number"].GetString()}/pay");
        await WholeWorld.UntilAsync(async () => (await me.GetAsync(at))["state"].GetString() == CaseStates.Issued ? "" : null, "the ID is issued");
        var id = await me.GetAsync("id");
        Is(HttpStatusCode.OK, id);
        _canary.Add("resident number", id["residentNumber"].GetString());
        await browser.OpenAsync("id");
        Assert.True(browser.Shows(id["residentNumber"].GetString()!));
        using var anybody = new ApiCaller(world);
        var code = await me.PostAsync("id/live-code");
        Assert.Equal("valid", (await anybody.PostAsync("verify", new { text = code["text"].GetString() }))["verdict"].GetString());
        return tracked["reference"].GetString()!;
    }

    /// <summary>Whoever has the name at hand types it anywhere: what is answered and noted then names nobody.</summary>
    private async Task MistypeAsync(WholeWorld world, Browser browser, ApiCaller me, string at)
    {
        Is(HttpStatusCode.BadRequest, await me.PostAsync($"{at}/pages/work", new { answers = new { employerNumber = Mistyped } }));
        foreach (var (method, path, body) in new[] { ("POST", "/api/v1/verify", $$"""{"text": "{{Mistyped}}"""), ("POST", "/api/v1/sessions", $$"""{"name": "{{Mistyped}}", "password": 7}"""), ("GET", "/ar/no-such-page", "") })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (body.Length > 0)
            {
                request.Content = new StringContent(body, Encoding.UTF8, "application/json");
                request.Headers.Add("Operation-Id", Guid.CreateVersion7().ToString());
            }
            using var answer = await world.Http.SendAsync(request);
            Assert.True((int)answer.StatusCode is >= 400 and < 500, $"{path}: {answer.StatusCode}");
            _errorPages.Add(await answer.Content.ReadAsStringAsync());
        }
        await browser.PostAsync("/ar/sign-in", [KeyValuePair.Create("number", Mistyped), KeyValuePair.Create("password", "x")]);
        // The form that comes back shows the reader what was typed, and nobody else: no error page.
        Assert.True((int)browser.Status >= 400, browser.Status.ToString());
    }

    /// <summary>The journal as a monitor reads it, once everything is in it.</summary>
    private async Task<List<string>> JournalAsync(WholeWorld world)
    {
        var sequencer = world.Get<Platform.Journal.Sequencer>();
        await WholeWorld.UntilAsync(async () => (await sequencer.StandingAsync()) is { Waiting: 0, Size: > 0 } s && s.Size == s.CheckpointSize ? "" : null, "everything is in the journal");
        var checkpoint = await world.Http.GetStringAsync("journal/checkpoint");
        var found = new List<string>(_canary.In("the checkpoint", checkpoint));
        var size = long.Parse(checkpoint.Split('\n')[1], System.Globalization.CultureInfo.InvariantCulture);
        var tiles = 0;
        foreach (var level in (string[])["0", "entries"])
        {
            for (long tile = 0; tile * 256 < size; tile++)
            {
                var width = Math.Min(256, size - (tile * 256));
                using var answer = await world.Http.GetAsync($"journal/tile/{level}/{tile:000}{(width < 256 ? $".p/{width}" : "")}");
                if (answer.IsSuccessStatusCode)
                {
                    tiles++;
                    found.AddRange(_canary.In($"tile {level}/{tile}", await answer.Content.ReadAsByteArrayAsync()));
                }
            }
        }
        Assert.True(tiles >= 2, $"{tiles} tiles of {size} entries");
        return found;
    }

    private static void Is(HttpStatusCode status, ApiAnswer answer) => Assert.True(answer.Status == status, $"{(int)answer.Status}: {answer.Text}");

    /// <summary>Every line that anything in Muqeem logs, whole, and every address that it is asked for.</summary>
    private sealed class Heard : ILoggerProvider, IStartupFilter
    {
        public ConcurrentQueue<string> Lines { get; } = new();
        public ConcurrentQueue<string> Addresses { get; } = new();

        public ILogger CreateLogger(string categoryName) => new Line(this, categoryName);

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((http, rest) =>
            {
                Addresses.Enqueue(http.Request.GetEncodedUrl());
                return rest(http);
            });
            next(app);
        };

        public void Dispose()
        {
        }

        private sealed class Line(Heard heard, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull
            {
                heard.Lines.Enqueue($"{category} scope {state}");
                return null;
            }

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                heard.Lines.Enqueue($"{logLevel} {category} {formatter(state, exception)} {(state as IEnumerable<KeyValuePair<string, object?>> is { } values ? string.Join(' ', values) : "")} {exception}");
        }
    }
}
