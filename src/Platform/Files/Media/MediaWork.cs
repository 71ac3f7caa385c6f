using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Muqeem.Platform.Files.Media;

internal enum MediaTask
{
    /// <summary>Pictures of our own making, for showing.</summary>
    Derive,
    Qr,
    Mrz,

    /// <summary>A sheet of our own: the input is no file of a stranger's but a description, with photographs in it.</summary>
    Draw,
}

/// <summary>What the parent asks: one request a process.</summary>
/// <param name="Today">ISO day, for the century of a birth date.</param>
internal sealed record MediaRequest(MediaTask Task, FileKind Kind, int MostPages, long MostPixels, string Today);

/// <summary>What the child answers. Nothing in it is trusted: the parent checks each picture again.</summary>
/// <param name="Fault">One of <see cref="MediaFault"/>, or null.</param>
internal sealed record MediaAnswer(string? Fault, int Width, int Height, int Pages, List<int> Pictures, List<string> Texts);

internal static class MediaFault
{
    public const string Damaged = "damaged";
    public const string Locked = "locked";
    public const string Pages = "pages";
    public const string Pixels = "pixels";

    /// <summary>The texts are the kind of fault and what it met.</summary>
    public const string Drawing = "drawing";
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(MediaRequest))]
[JsonSerializable(typeof(MediaAnswer))]
internal sealed partial class MediaJson : JsonSerializerContext;

/// <summary>How parent and child speak through pipes: frames of a length (4 bytes, big-endian) and bytes.</summary>
internal static class Frames
{
    public static async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> frame, CancellationToken cancel)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, frame.Length);
        await stream.WriteAsync(length, cancel);
        await stream.WriteAsync(frame, cancel);
    }

    /// <exception cref="InvalidDataException">Longer than allowed.</exception>
    /// <exception cref="EndOfStreamException">The other side ended.</exception>
    public static async Task<byte[]> ReadAsync(Stream stream, int longest, CancellationToken cancel)
    {
        var length = new byte[4];
        await stream.ReadExactlyAsync(length, cancel);
        var size = BinaryPrimitives.ReadInt32BigEndian(length);
        if (size < 0 || size > longest)
        {
            throw new InvalidDataException("A frame is longer than allowed.");
        }
        var frame = new byte[size];
        await stream.ReadExactlyAsync(frame, cancel);
        return frame;
    }

    public static byte[] Of(MediaRequest request) => JsonSerializer.SerializeToUtf8Bytes(request, MediaJson.Default.MediaRequest);

    public static byte[] Of(MediaAnswer answer) => JsonSerializer.SerializeToUtf8Bytes(answer, MediaJson.Default.MediaAnswer);
}
