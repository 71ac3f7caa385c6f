using System.IO.Compression;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Signatures;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.Status;

/// <summary>What a status list is asked for, beside its signature.</summary>
public sealed record StatusListOptions
{
    /// <summary>How far clocks may differ.</summary>
    public TimeSpan Tolerance { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Of the list when inflated, in bytes: 4 MiB hold sixteen million credentials at two bits.</summary>
    public int MostBytes { get; init; } = 4 * 1024 * 1024;

    public SignerPurposes Purposes { get; init; } = new();
}

/// <summary>A verified Token Status List (draft-ietf-oauth-status-list-20): one number for each credential, in 1, 2, 4 or 8 bits.</summary>
public sealed class StatusList
{
    public const int Valid = 0;
    public const int Invalid = 1;
    public const int Suspended = 2;

    /// <summary>What the draft leaves to applications: with us, frozen at the holder's own wish or by a court.</summary>
    public const int Frozen = 3;

    /// <summary>In characters or bytes, before anything is decoded.</summary>
    public const int LongestToken = 8 * 1024 * 1024;

    private readonly byte[] _states;

    private StatusList(string uri, int bits, byte[] states, DateTimeOffset issuedAt, DateTimeOffset? expiresAt, TimeSpan? life, Signer signer)
    {
        Uri = uri;
        Bits = bits;
        _states = states;
        IssuedAt = issuedAt;
        ExpiresAt = expiresAt;
        Life = life;
        Signer = signer;
    }

    public string Uri { get; }
    public int Bits { get; }

    /// <summary>How many places the list has.</summary>
    public long Count => 8L / Bits * _states.Length;
    public DateTimeOffset IssuedAt { get; }
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>After which a newer one should be asked for.</summary>
    public TimeSpan? Life { get; }
    public Signer Signer { get; }

    /// <summary>The state at a place, least significant bits first; null beyond the end of the list.</summary>
    public int? Get(long index)
    {
        if (index < 0 || index >= Count)
        {
            return null;
        }
        var each = 8 / Bits;
        return (_states[index / each] >> ((int)(index % each) * Bits)) & ((1 << Bits) - 1);
    }

    /// <summary>Whether it may still be relied on. An old list says nothing, neither good nor bad.</summary>
    /// <param name="oldest">The verifier's own bound on its age, if it has one.</param>
    public bool IsFreshAt(DateTimeOffset now, TimeSpan? oldest = null) =>
        !(now >= ExpiresAt) && !(now - IssuedAt > (ExpiresAt is null ? Life : null)) && !(now - IssuedAt > oldest);

    /// <param name="uri">The one that the credential names; null to take the token's word, for a list that comes with others.</param>
    public static Checked<StatusList> VerifyJwt(ReadOnlySpan<char> token, string? uri, TrustAnchors trust, DateTimeOffset now, StatusListOptions options)
    {
        if (token.Length > LongestToken)
        {
            return Reason.StatusListMalformed;
        }
        if (!CompactJws.Parse(token).TryGet(out var jws, out var reason))
        {
            return reason;
        }
        if (!jws.Verify("statuslist+jwt", trust, options.Purposes.Status, now).TryGet(out var signer, out reason))
        {
            return reason;
        }
        var claims = jws.Payload;
        var list = claims["status_list"];
        if (claims["sub"]?.Text is not { } sub || !TryTime(claims["iat"], out var issuedAt) || list?["lst"]?.Text is not { } text || BaseText.FromBase64Url(text) is not { } compressed
            || list["bits"] is not { } width || !width.TryInteger(out var bits) || issuedAt is null || !TryTime(claims["exp"], out var expiresAt))
        {
            return Reason.StatusListMalformed;
        }
        long? life = null;
        if (claims["ttl"] is { } ttl)
        {
            if (!ttl.TryInteger(out var seconds))
            {
                return Reason.StatusListMalformed;
            }
            life = seconds;
        }
        return Make(sub, uri, bits, compressed, issuedAt.Value, expiresAt, life, signer, now, options);
    }

    /// <inheritdoc cref="VerifyJwt"/>
    public static Checked<StatusList> VerifyCwt(ReadOnlyMemory<byte> token, string? uri, TrustAnchors trust, DateTimeOffset now, StatusListOptions options)
    {
        if (token.Length > LongestToken)
        {
            return Reason.StatusListMalformed;
        }
        if (!Cbor.Parse(token, CborRules.Others).TryGet(out var tagged, out var reason))
        {
            return reason;
        }
        if (tagged.Kind != CborKind.Tag || tagged.Argument != 18)
        {
            return Reason.CoseMalformed;
        }
        if (!CoseMessage.Parse(tagged.Content, CborRules.Others).TryGet(out var message, out reason))
        {
            return reason;
        }
        if (message.Payload is not { } payload)
        {
            return Reason.CoseMalformed;
        }
        if (message.Protected[16]?.Text != "application/statuslist+cwt")
        {
            return Reason.CoseType;
        }
        var (inside, outside) = (message.Protected[33], message.Unprotected[33]);
        if (inside is not null && outside is not null)
        {
            return Reason.CertificateMalformed;
        }
        if (!message.Verify(inside ?? outside, payload.Span, trust, options.Purposes.Status, now).TryGet(out var signer, out reason))
        {
            return reason;
        }
        if (!Cbor.Parse(payload, CborRules.Others).TryGet(out var claims, out reason))
        {
            return reason;
        }
        var list = claims[65533];
        if (claims[2]?.Text is not { } sub || list?["lst"] is not { Kind: CborKind.Bytes } compressed || list["bits"] is not { } width || !width.TryInteger(out var bits)
            || !TryTime(claims[6], out var issuedAt) || issuedAt is null || !TryTime(claims[4], out var expiresAt))
        {
            return Reason.StatusListMalformed;
        }
        long? life = null;
        if (claims[65534] is { } ttl)
        {
            if (!ttl.TryInteger(out var seconds))
            {
                return Reason.StatusListMalformed;
            }
            life = seconds;
        }
        return Make(sub, uri, bits, compressed.Bytes, issuedAt.Value, expiresAt, life, signer, now, options);
    }

    private static Checked<StatusList> Make(string sub, string? uri, long bits, ReadOnlyMemory<byte> compressed, DateTimeOffset issuedAt, DateTimeOffset? expiresAt, long? life, Signer signer, DateTimeOffset now, StatusListOptions options)
    {
        if (uri is not null && sub != uri)
        {
            return Reason.StatusListSubject;
        }
        if (bits is not (1 or 2 or 4 or 8) || life is <= 0 or > int.MaxValue)
        {
            return Reason.StatusListMalformed;
        }
        if (issuedAt > now + options.Tolerance)
        {
            return Reason.StatusListFromFuture;
        }
        if (now >= expiresAt)
        {
            return Reason.StatusListExpired;
        }
        if (!Inflate(compressed, options.MostBytes).TryGet(out var states, out var reason))
        {
            return reason;
        }
        return new StatusList(sub, (int)bits, states, issuedAt, expiresAt, life is { } seconds ? TimeSpan.FromSeconds(seconds) : null, signer);
    }

    /// <summary>ZLIB (RFC 1950) up to a bound; the stream ends where the bytes end.</summary>
    internal static Checked<byte[]> Inflate(ReadOnlyMemory<byte> compressed, int most)
    {
        // DEFLATE, without a dictionary that would have to be known already.
        var header = compressed.Span;
        if (header.Length < 6 || (header[0] & 15) != 8 || (header[1] & 0x20) != 0 || (header[0] * 256 + header[1]) % 31 != 0)
        {
            return Reason.StatusListCompression;
        }

        // What deflate can make of one byte is at most 1032.
        var buffer = new byte[(int)Math.Min(most, Math.Max(64L, compressed.Length * 16L))];
        var length = 0;
        try
        {
            using var source = new LastByteApart(compressed.ToArray());
            using var stream = new ZLibStream(source, CompressionMode.Decompress);
            for (; ; )
            {
                if (length == buffer.Length)
                {
                    if (length == most)
                    {
                        if (stream.ReadByte() >= 0)
                        {
                            return Reason.StatusListTooLarge;
                        }
                        break;
                    }
                    Array.Resize(ref buffer, (int)Math.Min(most, buffer.Length * 4L));
                }
                var read = stream.Read(buffer, length, buffer.Length - length);
                if (read == 0)
                {
                    break;
                }
                length += read;
            }
            if (source.Position < source.Length)
            {
                return Reason.StatusListCompression;
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return Reason.StatusListCompression;
        }
        if (length == 0)
        {
            return Reason.StatusListCompression;
        }
        Array.Resize(ref buffer, length);

        // The checksum stands in the last four bytes: nothing was cut off.
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(compressed.Span[^4..]) == Adler32(buffer) ? buffer : Reason.StatusListCompression;
    }

    /// <summary>Gives its last byte by itself, so that whoever needed it is known to have read to the end: what follows a stream is never asked for.</summary>
    private sealed class LastByteApart(byte[] bytes) : MemoryStream(bytes, false)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, (int)Math.Min(count, Math.Max(1, Length - 1 - Position)));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..(int)Math.Min(buffer.Length, Math.Max(1, Length - 1 - Position))]);
    }

    private static uint Adler32(ReadOnlySpan<byte> bytes)
    {
        // 5552 bytes are the most whose sums stay below 2^32.
        var (low, high) = (1u, 0u);
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(5552, bytes.Length)];
            foreach (var b in part)
            {
                low += b;
                high += low;
            }
            low %= 65521;
            high %= 65521;
            bytes = bytes[part.Length..];
        }
        return (high << 16) | low;
    }

    /// <summary>Seconds since 1970, as a whole number or not there at all.</summary>
    internal static bool TryTime(Json? claim, out DateTimeOffset? time)
    {
        time = null;
        return claim is null || claim.TryInteger(out var seconds) && TryTime(seconds, out time);
    }

    /// <inheritdoc cref="TryTime(Json, out DateTimeOffset?)"/>
    internal static bool TryTime(Cbor? claim, out DateTimeOffset? time)
    {
        time = null;
        return claim is null || claim.TryInteger(out var seconds) && TryTime(seconds, out time);
    }

    private static bool TryTime(long seconds, out DateTimeOffset? time)
    {
        time = seconds is >= 0 and <= 253402300799 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
        return time is not null;
    }
}
