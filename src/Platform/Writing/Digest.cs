using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Muqeem.Platform.Writing;

/// <summary>Digests of requests: what tells the same request sent again from another one under the same operation id.</summary>
public static class Digest
{
    /// <summary>SHA-256 of the request's bytes.</summary>
    public static byte[] Of(ReadOnlySpan<byte> request) => SHA256.HashData(request);

    /// <summary>SHA-256 of texts, each with its length, so that moving a border changes the digest. Null differs from empty.</summary>
    public static byte[] Of(params ReadOnlySpan<string?> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var bytes = part is null ? [] : Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, part is null ? -1 : bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
        return hash.GetHashAndReset();
    }

    /// <summary>The key under which an operation happens once: 16 bytes of SHA-256 of actor, verb and operation id.</summary>
    internal static Guid OperationKey(Act act)
    {
        Span<byte> hash = stackalloc byte[32];
        var text = $"{act.Actor.Kind}\0{act.Actor.Id}\0{act.Verb}\0{act.OperationId:D}";
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return new Guid(hash[..16], bigEndian: true);
    }
}
