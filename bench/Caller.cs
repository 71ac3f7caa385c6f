using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Muqeem.Bench;

/// <summary>One kept HTTP/1.1 connection that sends prepared bytes and reads one answer: cheap, because what it costs is taken from the product.</summary>
internal sealed class Caller : IDisposable
{
    private readonly IPEndPoint _to;
    private Socket? _socket;
    private byte[] _buffer = new byte[32 * 1024];
    private int _length;
    private int _bodyStart;

    public Caller(int port) => _to = new IPEndPoint(IPAddress.Loopback, port);

    /// <summary>The body of the last answer; of a chunked one with its chunk marks.</summary>
    public ReadOnlySpan<byte> Body => _buffer.AsSpan(_bodyStart, _length - _bodyStart);

    public string Text => Encoding.UTF8.GetString(Body);

    public bool Says(ReadOnlySpan<byte> text) => Body.IndexOf(text) >= 0;

    public static byte[] Request(string method, string path, string? token, Guid? operation, string? json)
    {
        var body = json is null ? [] : Encoding.UTF8.GetBytes(json);
        var head = new StringBuilder($"{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        if (token is not null)
        {
            head.Append("Authorization: Bearer ").Append(token).Append("\r\n");
        }
        if (operation is { } id)
        {
            head.Append("Operation-Id: ").Append(id).Append("\r\n");
        }
        if (json is not null)
        {
            head.Append("Content-Type: application/json\r\n");
        }
        if (method != "GET")
        {
            head.Append($"Content-Length: {body.Length}\r\n");
        }
        return [.. Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), .. body];
    }

    public void Dispose() => _socket?.Dispose();

    /// <summary>Sends and returns the status.</summary>
    public async ValueTask<int> SendAsync(ReadOnlyMemory<byte> request)
    {
        if (_socket is null)
        {
            _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await _socket.ConnectAsync(_to);
        }
        while (request.Length > 0)
        {
            request = request[await _socket.SendAsync(request, SocketFlags.None)..];
        }
        _length = 0;
        _bodyStart = 0;
        var whole = -1;
        var chunked = false;
        while (true)
        {
            if (_length == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(_length), SocketFlags.None);
            if (read == 0)
            {
                throw new IOException("The connection was closed before the answer ended.");
            }
            _length += read;
            if (_bodyStart == 0)
            {
                var end = _buffer.AsSpan(0, _length).IndexOf("\r\n\r\n"u8);
                if (end < 0)
                {
                    continue;
                }
                _bodyStart = end + 4;
                (whole, chunked) = Framing(_buffer.AsSpan(0, end + 2));
            }
            if (chunked ? Body.EndsWith("\r\n0\r\n\r\n"u8) || Body.SequenceEqual("0\r\n\r\n"u8) : _length - _bodyStart >= whole)
            {
                return Utf8Parser.TryParse(_buffer.AsSpan(9, 3), out int status, out _) ? status : throw new IOException("No HTTP answer.");
            }
        }
    }

    private static (int Length, bool Chunked) Framing(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf("\r\nContent-Length: "u8);
        if (at >= 0 && Utf8Parser.TryParse(head[(at + 18)..], out int length, out _))
        {
            return (length, false);
        }
        return head.IndexOf("\r\nTransfer-Encoding: chunked"u8) >= 0 ? (0, true) : (0, false);
    }
}
