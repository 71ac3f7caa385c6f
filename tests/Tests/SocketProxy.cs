using System.Net.Sockets;

namespace Muqeem.Tests;

/// <summary>Stands between a client and PostgreSQL's socket, and loses what it is told to lose.</summary>
public sealed class SocketProxy : IAsyncDisposable
{
    private readonly string _target;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Socket> _open = [];
    private readonly Task _accepting;
    private volatile Loss _loss;
    private TaskCompletionSource _lost = new();

    public SocketProxy(string targetFolder)
    {
        _target = Path.Combine(targetFolder, ".s.PGSQL.5432");
        Folder = Path.Combine(Path.GetTempPath(), "muqeem-px-" + Path.GetRandomFileName());
        Directory.CreateDirectory(Folder);
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(Folder, ".s.PGSQL.5432")));
        _listener.Listen();
        _accepting = Task.Run(AcceptAsync);
    }

    public enum Loss
    {
        None,

        /// <summary>The next request never arrives; the client's side is closed, the server's stays open.</summary>
        Request,

        /// <summary>The next request arrives, its answer does not; the client's side is closed, the server's stays open.</summary>
        Answer,

        /// <summary>Nothing arrives anywhere, and nothing is closed.</summary>
        Everything,
    }

    public string Folder { get; }

    /// <summary>Arms the proxy once, for the connection that next sends; the task ends when it struck.</summary>
    public Task LoseAsync(Loss loss)
    {
        _lost = new();
        _loss = loss;
        return _lost.Task;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync();
            }
            catch (SocketException)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await server.ConnectAsync(new UnixDomainSocketEndPoint(_target));
            lock (_open)
            {
                _open.Add(client);
                _open.Add(server);
            }
            var state = new Pair();
            _ = Task.Run(() => PumpAsync(client, server, fromClient: true, state));
            _ = Task.Run(() => PumpAsync(server, client, fromClient: false, state));
        }
    }

    private sealed class Pair
    {
        public volatile bool Mute;
    }

    private async Task PumpAsync(Socket from, Socket to, bool fromClient, Pair pair)
    {
        var buffer = new byte[65536];
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(buffer);
                if (read == 0)
                {
                    // A half that was cut stays open on the server's side.
                    if (!pair.Mute)
                    {
                        to.Shutdown(SocketShutdown.Both);
                    }
                    return;
                }
                if (fromClient && !pair.Mute && _loss is var loss && loss != Loss.None)
                {
                    _loss = Loss.None;
                    pair.Mute = true;
                    if (loss == Loss.Answer)
                    {
                        await to.SendAsync(buffer.AsMemory(0, read));
                    }
                    if (loss != Loss.Everything)
                    {
                        from.Shutdown(SocketShutdown.Both);
                        from.Close();
                    }
                    _lost.SetResult();
                    if (loss != Loss.Everything)
                    {
                        return;
                    }
                    continue;
                }
                if (!pair.Mute)
                {
                    await to.SendAsync(buffer.AsMemory(0, read));
                }
            }
        }
        catch (SocketException)
        {
            // One side is gone.
        }
        catch (ObjectDisposedException)
        {
            // Closed by the test.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        lock (_open)
        {
            _open.ForEach(s => s.Dispose());
        }
        await _accepting;
        Directory.Delete(Folder, recursive: true);
    }
}
