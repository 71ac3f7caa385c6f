using System.Security.Cryptography;

namespace Muqeem.Host.TakeOver;

/// <summary>The lines of a file, each of bounded length, one after the other.</summary>
internal sealed class LineReader(string file, Stream stream, IncrementalHash? hash = null) : IDisposable
{
    /// <summary>Bytes of a line, beyond which it is none.</summary>
    public const int Longest = 64 * 1024;

    private readonly byte[] _buffer = new byte[4 * Longest];
    private int _from;
    private int _to;
    private bool _ended;

    /// <summary>The number of the line that was read last.</summary>
    public long Number { get; private set; }

    /// <summary>The next line without its end; null after the last.</summary>
    /// <exception cref="UnreadableException">It is too long.</exception>
    public byte[]? Next()
    {
        while (true)
        {
            var length = _buffer.AsSpan(_from, _to - _from).IndexOf((byte)'\n');
            if (length < 0 && _ended)
            {
                if (_from == _to)
                {
                    return null;
                }
                length = _to - _from;
            }
            if (length > Longest || (length < 0 && _to - _from > Longest))
            {
                throw new UnreadableException(file, Number + 1, Longest + 1, $"longer than {Longest} bytes");
            }
            if (length >= 0)
            {
                var line = _buffer.AsSpan(_from, length).ToArray();
                _from = Math.Min(_to, _from + length + 1);
                Number++;
                return line;
            }
            Fill();
        }
    }

    private void Fill()
    {
        _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
        (_from, _to) = (0, _to - _from);
        var read = stream.Read(_buffer, _to, _buffer.Length - _to);
        hash?.AppendData(_buffer, _to, read);
        _to += read;
        _ended = read == 0;
    }

    public void Dispose() => stream.Dispose();
}
