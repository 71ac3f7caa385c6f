using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muqeem.Agencies;
using Muqeem.Platform.Exchanges;
using Muqeem.Platform.Signatures;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using Muqeem.Tests;

namespace Muqeem.Sandbox;

/// <summary>The stand-ins on a free port, and our clients that ask them, on one clock that tests move.</summary>
public sealed class TestSandbox : IAsyncDisposable
{
    public static readonly NodaTime.LocalDate Origin = new(2026, 3, 1);

    private readonly WebApplication _app;
    private readonly ServiceProvider _clients;

    private TestSandbox(WebApplication app, string url, TestClock clock, IReadOnlyDictionary<string, string?> settings)
    {
        _app = app;
        Url = url;
        Clock = clock;
        var services = new ServiceCollection();
        var all = new Dictionary<string, string?>(Patience, StringComparer.Ordinal) { ["Agencies:Sandbox"] = url };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }
        foreach (var (key, value) in app.Services.GetRequiredService<StandInKeys>().Settings())
        {
            all.TryAdd(key, value);
        }
        services.AddSingleton<TimeProvider>(ClientClock);
        services.AddSingleton(AgencyCaller.Desk(Signer, ClientClock, Kept.Enqueue));
        services.AddLogging(logging => logging.AddProvider(Log));
        services.AddAgencies(new ConfigurationBuilder().AddInMemoryCollection(all).Build());
        services.AddHttpClient("test").RemoveAllLoggers();
        _clients = services.BuildServiceProvider();
    }

    /// <summary>A machine that builds and tests at once stands still for seconds: an agency is given up only where that is what is tested.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Patience => AgenciesSetup.All.SelectMany(agency => new KeyValuePair<string, string?>[]
    {
        new($"Agencies:{agency.Name}:Attempt", "00:00:30"),
        new($"Agencies:{agency.Name}:Limit", "00:01:00"),
    });

    public string Url { get; }

    /// <summary>The machine's clock below the stand-ins.</summary>
    public TestClock Clock { get; }

    /// <summary>Muqeem's.</summary>
    public TestClock ClientClock { get; } = new();

    public LogLines Log { get; } = new();

    /// <summary>Muqeem's key.</summary>
    internal static MessageSigner Signer { get; } = AgencyCaller.NewSigner();

    /// <summary>What was said.</summary>
    internal System.Collections.Concurrent.ConcurrentQueue<ExchangeRecord> Kept { get; } = new();

    internal World World => _app.Services.GetRequiredService<World>();
    internal People People => World.People;
    internal Knobs Knobs => _app.Services.GetRequiredService<Knobs>();
    internal Calls Calls => _app.Services.GetRequiredService<Calls>();
    internal T Inside<T>() where T : notnull => _app.Services.GetRequiredService<T>();
    internal IServiceProvider Clients => _clients;
    internal T Client<T>() where T : notnull => _clients.GetRequiredService<T>();
    internal HttpClient Http
    {
        get
        {
            var http = _clients.GetRequiredService<IHttpClientFactory>().CreateClient("test");
            http.BaseAddress = new(Url);
            return http;
        }
    }

    /// <param name="settings">Of the clients, e.g. <c>Agencies:Traffic:Attempt</c>.</param>
    /// <param name="options">Of the stand-ins.</param>
    public static async Task<TestSandbox> StartAsync(IReadOnlyDictionary<string, string?>? settings = null, string data = ":memory:", TestClock? clock = null, params string[] options)
    {
        clock ??= new();
        var app = SandboxHost.Build(["--urls", "http://127.0.0.1:0", "--data", data, "--origin", "2026-03-01", "--Logging:LogLevel:Default", "Warning", "--Muqeem:Keys", PublicKeyText.SetOf([Signer.Key]), .. options], clock);
        await app.StartAsync();
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new(app, url, clock, settings ?? new Dictionary<string, string?>(StringComparer.Ordinal));
    }

    /// <summary>Time goes by everywhere.</summary>
    public void Advance(TimeSpan by)
    {
        Clock.Advance(by);
        ClientClock.Advance(by);
    }

    public Guid NewId() => Guid.CreateVersion7(Clock.GetUtcNow());

    public async ValueTask DisposeAsync()
    {
        await _clients.DisposeAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Log.Dispose();
    }
}

/// <summary>Everything that was logged.</summary>
public sealed class LogLines : ILoggerProvider
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => new Writer(_lines);

    public void Dispose()
    {
    }

    private sealed class Writer(System.Collections.Concurrent.ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => lines.Enqueue(formatter(state, exception) + exception);
    }
}

/// <summary>One sandbox for tests that only read.</summary>
public sealed class SharedSandbox : IAsyncLifetime
{
    public TestSandbox Sandbox { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Sandbox = await TestSandbox.StartAsync();

    public ValueTask DisposeAsync() => Sandbox.DisposeAsync();
}
