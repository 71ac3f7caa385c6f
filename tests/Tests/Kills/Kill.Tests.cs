using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Bench;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Sandbox;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using NodaTime.Text;

namespace Muqeem.Tests.Kills;

/// <summary>The stand-in agencies, and people who have no residence yet: shared, so that nobody applies twice.</summary>
public sealed class KillWorld : IAsyncLifetime
{
    private readonly People _people = new("muqeem", TimeProvider.System.Today());
    private readonly string _scratch = Directory.CreateTempSubdirectory("muqeem-kills-").FullName;
    private readonly IEnumerator<int> _newcomers;
    private Site _site = null!;
    private WebApplication _sandbox = null!;

    public KillWorld() => _newcomers = Product.Newcomers(_people);

    public async ValueTask InitializeAsync()
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        _sandbox = SandboxHost.Build(["--urls", address.ToString(), "--data", ":memory:", "--seed", _people.Seed, "--origin", LocalDatePattern.Iso.Format(_people.Origin), "--Logging:LogLevel:Default", "Warning"]);
        await _sandbox.StartAsync();
        var keys = _sandbox.Services.GetRequiredService<StandInKeys>();
        _site = new Site(Repository.Root, _scratch, 0, address, keys.Of(PaymentGateway.Name), keys.Settings());
    }

    internal async Task<Product> ProductAsync(string? postgres, int drafts)
    {
        var product = new Product(_site, Path.GetRandomFileName(), FreePort(), postgres, largestGroup: null);
        _sandbox.Services.GetRequiredService<Consumers>().Add($"http://127.0.0.1:{product.Port}/trust/exchange.json");
        await product.PopulateAsync(_people, _newcomers, drafts);
        return product;
    }

    public async ValueTask DisposeAsync()
    {
        await _sandbox.StopAsync();
        await _sandbox.DisposeAsync();
        _newcomers.Dispose();
        Directory.Delete(_scratch, recursive: true);
    }

    /// <summary>Below the ports that the system gives to callers: while Muqeem is down, one who calls it must not get its port.</summary>
    private static int FreePort()
    {
        while (true)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, RandomNumberGenerator.GetInt32(21_000, 21_200));
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Taken.
            }
        }
    }
}

/// <summary>
/// Muqeem itself, its PostgreSQL, or both, killed under load over HTTP: what was acknowledged is there afterwards, whole, and nothing is done twice. A few kills here;
/// <c>MUQEEM_KILLS</c>, <c>MUQEEM_POSTGRES_KILLS</c> and <c>MUQEEM_BOTH_KILLS</c> make it a long run and <c>MUQEEM_SEED</c> repeats one.
/// </summary>
public sealed class KillTests(KillWorld world, ITestOutputHelper output) : IClassFixture<KillWorld>
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    [Fact]
    public async Task What_Muqeem_on_SQLite_acknowledged_is_there_once_however_often_it_is_killed() =>
        await HoldsAsync(server: null, new KillPlan(Kills("MUQEEM_KILLS", 4), 0, 0));

    [Fact]
    public async Task What_Muqeem_on_PostgreSQL_acknowledged_is_there_once_however_often_either_is_killed()
    {
        await using var server = await PostgresServer.StartAsync(durable: true);
        await HoldsAsync(server, new KillPlan(Kills("MUQEEM_KILLS", 4), Kills("MUQEEM_POSTGRES_KILLS", 1), Kills("MUQEEM_BOTH_KILLS", 1)));
    }

    [Fact]
    public async Task A_Muqeem_that_acknowledges_before_the_commit_is_found_out()
    {
        var (report, wrong, _) = await RunAsync(server: null, early: true, new KillPlan(3, 0, 0));
        Assert.True(wrong.Exists(w => w.Contains("acknowledged but not stored", StringComparison.Ordinal)), $"seed {report.Seed}: after {report.AcknowledgedSteps} steps nothing was lost. {string.Join("\n", wrong)}");
        output.WriteLine(string.Join("\n", wrong));
    }

    private async Task HoldsAsync(PostgresServer? server, KillPlan plan)
    {
        var (report, wrong, said) = await RunAsync(server, early: false, plan);
        var told = JsonSerializer.Serialize(report, Json);
        output.WriteLine(told);
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "out")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, $"kills.{report.Database}.json"), told + "\n");
        Assert.True(wrong.Count == 0, $"{told}\n{string.Join("\n", wrong.Take(20))}\n{string.Join("\n", said.TakeLast(60))}");
    }

    private async Task<(KillReport Report, List<string> Wrong, IReadOnlyList<string> Said)> RunAsync(PostgresServer? server, bool early, KillPlan plan)
    {
        var seed = Dice.Seed();
        output.WriteLine($"MUQEEM_SEED={seed}, {plan}");
        await using var product = await world.ProductAsync(server?.ConnectionString(await server.CreateDatabaseAsync()), plan.Drafts());
        var run = new KillRun(product, server, early, seed);
        try
        {
            return (await run.RunAsync(plan), run.Wrong, run.Said);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}: {e.Message}\n{string.Join("\n", run.Said.TakeLast(60))}", e);
        }
    }

    private static int Kills(string variable, int sample) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : sample;
}
