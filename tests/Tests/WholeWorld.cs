using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Host;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Signatures;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Sandbox;
using Muqeem.Sandbox.State;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Tests;

/// <summary>Muqeem and the stand-in agencies, each on its own port, over real HTTP, on an empty demonstration folder and a real database.</summary>
public sealed class WholeWorld : IAsyncDisposable
{
    private readonly string _folder;
    private readonly DatabaseOptions _database;
    private readonly Dictionary<string, string?> _settings;

    private readonly Action<IServiceCollection>? _more;
    private bool _isUp;

    private WholeWorld(string folder, DatabaseOptions database, Dictionary<string, string?> settings, WebApplication sandbox, Uri sandboxAddress, Uri address, Action<IServiceCollection>? more)
    {
        (_folder, _database, _settings, SandboxApp, _more) = (folder, database, settings, sandbox, more);
        Address = address;
        Sandbox = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = sandboxAddress };
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = address };
    }

    public Uri Address { get; }
    public string Data => _settings["Data"]!;
    public WebApplication App { get; private set; } = null!;
    public WebApplication SandboxApp { get; }

    /// <summary>A client of Muqeem without cookies.</summary>
    public HttpClient Http { get; }

    /// <summary>A client of the stand-ins' desks.</summary>
    public HttpClient Sandbox { get; }

    public IServiceProvider Services => App.Services;
    public CaseEngine Engine => Get<CaseEngine>();
    public CaseViews Views => Get<CaseViews>();
    public MovableClock Clock => Get<MovableClock>();

    public T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    /// <summary>Stands in a setting for the address of the stand-ins, which is known only when they have started.</summary>
    public const string AtSandbox = "{sandbox}/";

    /// <summary>Stands in a setting for Muqeem's own address, without a slash at its end.</summary>
    public const string AtMuqeem = "{muqeem}";

    /// <param name="settings">Settings of Muqeem.</param>
    /// <param name="more">What the test puts beside Muqeem's own services: something that listens.</param>
    public static async Task<WholeWorld> StartAsync(DatabaseKind kind, IReadOnlyDictionary<string, string?>? settings = null, Action<IServiceCollection>? more = null)
    {
        var folder = Path.Combine(Scratch.Root, "muqeem-world-" + Path.GetRandomFileName());
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var data = DataFolder.Open(Path.Combine(folder, "data"), FolderKind.Demonstration, TimeProvider.System).Root;
        var database = await TestDatabase.MigratedAsync(kind, data);
        var (port, sandboxPort) = (FreePort(), FreePort());
        var address = new Uri($"http://localhost:{port}");
        var sandboxAddress = new Uri($"http://localhost:{sandboxPort}");
        var sandbox = SandboxHost.Build([
            "--urls", sandboxAddress.ToString(), "--data", ":memory:",
            "--Webhooks:payments:Url", $"{address}hooks/payments", "--Webhooks:border:Url", $"{address}hooks/border", "--Webhooks:labour:Url", $"{address}hooks/labour",
            "--Webhooks:domestic-work:Url", $"{address}hooks/domestic-work", "--Webhooks:contests:Url", $"{address}hooks/contests", "--Webhooks:records:Url", $"{address}hooks", "--Muqeem:Keys", $"{address}trust/exchange.json"]);
        await sandbox.StartAsync();
        var all = new Dictionary<string, string?>(TestSandbox.Patience, StringComparer.Ordinal)
        {
            ["urls"] = address.ToString(),
            ["Data"] = data,
            ["Kind"] = "demonstration",
            ["PostgreSql"] = database.PostgreSql,
            ["Agencies:Sandbox"] = sandboxAddress.ToString(),
            ["Logging:LogLevel:Default"] = "Warning",
        };
        foreach (var (key, value) in sandbox.Services.GetRequiredService<StandInKeys>().Settings())
        {
            all[key] = value;
        }
        foreach (var (key, value) in settings ?? new Dictionary<string, string?>())
        {
            all[key] = value?.Replace(AtSandbox, sandboxAddress.ToString(), StringComparison.Ordinal).Replace(AtMuqeem, address.ToString().TrimEnd('/'), StringComparison.Ordinal);
        }
        var world = new WholeWorld(folder, database, all, sandbox, sandboxAddress, address, more);
        await world.StartMuqeemAsync();
        return world;
    }

    /// <summary>Stops Muqeem and starts it again on the same folder and database.</summary>
    public async Task RestartAsync()
    {
        await StopMuqeemAsync();
        await StartMuqeemAsync();
    }

    /// <summary>Stops Muqeem, does what an operator does meanwhile with the same settings as arguments, and starts it again.</summary>
    public async Task WhileStoppedAsync(Func<string[], Task> work)
    {
        await StopMuqeemAsync();
        await work([.. _settings.Where(s => s.Value is not null).Select(s => $"--{s.Key}={s.Value}")]);
        await StartMuqeemAsync();
    }

    private async Task StartMuqeemAsync()
    {
        App = MuqeemHost.Build([], _settings, _more);
        // What the stand-ins would ask for: under load that takes longer than some tests let an agency take.
        SandboxApp.Services.GetRequiredService<Consumers>().Add(PublicKeyText.SetOf(Get<KeyStore>().PublicKeys(KeyPurpose.Exchange).Select(PublicKeyText.Of)));
        _isUp = true;
        await App.StartAsync();
    }

    /// <summary>Once: where what is done meanwhile fails, the end of the world must not hide why.</summary>
    private async Task StopMuqeemAsync()
    {
        if (_isUp)
        {
            _isUp = false;
            await App.StopAsync();
            await App.DisposeAsync();
        }
    }

    /// <summary>Moves both clocks.</summary>
    public async Task MoveClockAsync(Duration by)
    {
        Assert.True(Clock.MoveBy(by).Ok);
        await AtDeskAsync("clock", ("now", Clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fff") + "Z"));
    }

    /// <summary>Posts a form at a desk of the stand-ins.</summary>
    public async Task AtDeskAsync(string path, params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        using var answer = await Sandbox.PostAsync(path, content);
        Assert.True((int)answer.StatusCode < 400, $"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>Calls Muqeem as an agency does.</summary>
    internal async Task<HttpResponseMessage> CallAsync(string path, byte[] body, string agency, string operation, CallSigning? with = null)
    {
        using var call = AgencyCaller.Call(new Uri(Address, path), body, agency, operation, SandboxApp.Services.GetRequiredService<StandInKeys>().Of(agency), Clock.Now(), with);
        return await Http.SendAsync(call);
    }

    /// <summary>What a person of the stand-ins' population holds in hand and would type.</summary>
    public async Task<PersonInHand> InHandAsync(int index)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"people/{index}");
        request.Headers.Accept.ParseAdd("application/json");
        using var answer = await Sandbox.SendAsync(request);
        using var json = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        return HandOf(json.RootElement.GetProperty("inHand"));
    }

    private readonly SemaphoreSlim _meeting = new(1);
    private readonly Queue<PersonInHand> _newcomers = new();
    private int _met = FirstNewcomer;

    /// <summary>The first people have stories; tests that need one ask for it by its number.</summary>
    private const int FirstNewcomer = 1000;

    /// <summary>A newcomer whom no other test of this world has met: works for an establishment, has a mobile on record and papers that agree with it.</summary>
    public async Task<PersonInHand> NewcomerAsync()
    {
        await _meeting.WaitAsync();
        try
        {
            while (_newcomers.Count == 0)
            {
                var (silent, _) = await PeopleAsync("newcomer establishment clean nomobile");
                var (people, next) = await PeopleAsync("newcomer establishment clean");
                var without = silent.Select(p => p.GetProperty("index").GetInt32()).ToHashSet();
                foreach (var hand in people.Where(p => !without.Contains(p.GetProperty("index").GetInt32())))
                {
                    _newcomers.Enqueue(HandOf(hand));
                }
                _met = next;
            }
            return _newcomers.Dequeue();
        }
        finally
        {
            _meeting.Release();
        }
    }

    private async Task<(IReadOnlyList<JsonElement> People, int Next)> PeopleAsync(string filter)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"people?from={_met}&count=60&filter={Uri.EscapeDataString(filter)}");
        request.Headers.Accept.ParseAdd("application/json");
        using var answer = await Sandbox.SendAsync(request);
        using var json = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        return ([.. json.RootElement.GetProperty("people").EnumerateArray().Select(p => p.GetProperty("inHand").Clone())], json.RootElement.GetProperty("next").GetInt32());
    }

    private static PersonInHand HandOf(JsonElement hand)
    {
        var typed = hand.GetProperty("typed");
        static string? Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return new PersonInHand(hand.GetProperty("index").GetInt32(), Text(hand, "residentNumber"), hand.GetProperty("borderNumber").GetString()!,
            string.Join('\n', hand.GetProperty("passport").GetProperty("mrz").EnumerateArray().Select(l => l.GetString())),
            Text(typed, "nameAr"), typed.GetProperty("nameEn").GetString()!, Text(typed, "birth")!, Text(typed, "birthCalendar") ?? "Gregorian", typed.GetProperty("occupationCode").GetString()!, Text(typed, "employerNumber"),
            Text(typed, "shortAddress"), typed.GetProperty("mobile").GetString()!);
    }

    /// <summary>Adds a person of the population to the registry, as registration does.</summary>
    public async Task<PersonId> KnowAsync(PersonInHand hand)
    {
        // On a busy machine an answer may come too late for the line; that is another test's matter.
        var found = await UntilAsync(async () => await Get<AlienRegister>().PersonAsync(hand.ResidentNumber ?? hand.BorderNumber) as AgencyAnswer<RegisteredPerson>.Found, "the register says who it is");
        var change = new Change(new Act(ActId.New(Clock), "test.person", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("person"), Clock.Now()));
        var id = await Get<Persons>().AddAsync(change, IdentityCheck.RecordOf(found));
        Assert.IsType<WriteOutcome.Done>(await Get<IWriter>().WriteAsync(change));
        return id;
    }

    /// <summary>Waits until something that happens on its own has happened: by looking, not by hoping.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T?>> look, string what, int seconds = 60) where T : class
    {
        for (var end = TimeProvider.System.GetUtcNow().AddSeconds(seconds); TimeProvider.System.GetUtcNow() < end;)
        {
            if (await look() is { } seen)
            {
                return seen;
            }
            await Task.Delay(25);
        }
        throw new TimeoutException($"It did not happen: {what}.");
    }

    private static int _port = 22_000 + RandomNumberGenerator.GetInt32(9_000);

    /// <summary>Below those that outgoing connections get, one of which could take it before it is listened on.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = 22_000 + (Interlocked.Increment(ref _port) % 10_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody else's.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopMuqeemAsync();
        await SandboxApp.StopAsync();
        await SandboxApp.DisposeAsync();
        Http.Dispose();
        Sandbox.Dispose();
        _meeting.Dispose();
        await TestDatabase.DropAsync(_database);
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>What a person holds and would type.</summary>
public sealed record PersonInHand(
    int Index, string? ResidentNumber, string BorderNumber, string Mrz, string? NameArabic, string NameLatin, string Birth, string BirthCalendar, string Occupation, string? EmployerNumber, string? ShortAddress, string Mobile);
