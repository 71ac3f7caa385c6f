using System.Buffers;
using System.Text;

namespace Muqeem.Platform.Pages;

/// <summary>A growing block of bytes from the shared pool, given back when disposed.</summary>
internal sealed class PooledBytes(int initial) : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(initial);
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _length);

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsSpan(_length);
    }

    public void Dispose()
    {
        // Pages hold personal data: the next renter must not find it.
        var bytes = Interlocked.Exchange(ref _bytes, []);
        if (bytes.Length > 0)
        {
            bytes.AsSpan(0, _length).Clear();
            ArrayPool<byte>.Shared.Return(bytes);
        }
        _length = 0;
    }

    private void Grow(int sizeHint)
    {
        var needed = _length + Math.Max(sizeHint, 1);
        if (needed <= _bytes.Length)
        {
            return;
        }
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _bytes.Length * 2));
        Written.CopyTo(larger);
        _bytes.AsSpan(0, _length).Clear();
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}

/// <summary>Writes characters as UTF-8 straight into a buffer.</summary>
internal sealed class Utf8Writer(IBufferWriter<byte> bytes) : TextWriter(System.Globalization.CultureInfo.InvariantCulture)
{
    private readonly Encoder _encoder = System.Text.Encoding.UTF8.GetEncoder();

    public override Encoding Encoding => System.Text.Encoding.UTF8;

    public override void Write(char value) => Write(new ReadOnlySpan<char>(in value));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <summary>The encoder keeps half a surrogate pair for the next call.</summary>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        while (buffer.Length > 0)
        {
            var span = bytes.GetSpan(Math.Min(buffer.Length * 3, 4096) + 8);
            _encoder.Convert(buffer, span, flush: false, out var used, out var written, out _);
            bytes.Advance(written);
            buffer = buffer[used..];
        }
    }
}
