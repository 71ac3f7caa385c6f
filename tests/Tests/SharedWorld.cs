using System.Net;
using System.Net.Sockets;
using Muqeem.Platform.Database;

namespace Muqeem.Tests;

/// <summary>One started application for all tests of a class: each brings its own newcomers, and its own network address where something is counted.</summary>
public abstract class SharedWorld(DatabaseKind kind) : IAsyncLifetime
{
    private static int _addresses;

    private Residents? _residents;

    public WholeWorld World { get; private set; } = null!;

    /// <summary>The steps of cases through the engine, in this world.</summary>
    public Residents Residents => _residents ??= new Residents(World);

    /// <summary>Settings of Muqeem beside the usual ones.</summary>
    protected virtual IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>What stands beside Muqeem's own services, or in the place of one.</summary>
    protected virtual Action<Microsoft.Extensions.DependencyInjection.IServiceCollection>? More => null;

    public virtual async ValueTask InitializeAsync() => World = await WholeWorld.StartAsync(kind, Settings, More);

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Calls from a loopback address that nobody else calls from.</summary>
    public static SocketsHttpHandler Caller()
    {
        var number = Interlocked.Increment(ref _addresses);
        var from = new IPEndPoint(new IPAddress([127, 1, (byte)(number / 250), (byte)(1 + (number % 250))]), 0);
        return new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectCallback = async (context, cancel) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    socket.Bind(from);
                    await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancel);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
    }
}

public sealed class SqliteWorld() : SharedWorld(DatabaseKind.Sqlite);

public sealed class PostgreSqlWorld() : SharedWorld(DatabaseKind.PostgreSql);

/// <summary>With the demonstration's office accounts, who are there when the tests begin.</summary>
public abstract class SeededWorld(DatabaseKind kind) : SharedWorld(kind)
{
    protected override IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Seed"] = "1" };

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await WholeWorld.UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(World.Data, "accounts.txt")) ? "" : null), "the office accounts are there", 90);
    }
}
