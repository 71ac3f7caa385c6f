using System.Formats.Asn1;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Muqeem.Credentials.Offline.TestIds;

/// <summary>
/// A key on P-256 whose private half anybody can compute, and who signs the same thing the same way each time (RFC 6979): so that every node makes the same test IDs. Not for anything that is to be
/// trusted: nothing of it is secret, and it takes no care that its running time tells nothing.
/// </summary>
internal sealed class PublishedKey : X509SignatureGenerator
{
    /// <summary>The order of P-256's base point.</summary>
    private static readonly BigInteger N = BigInteger.Parse("0ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private readonly BigInteger _secret;

    public PublishedKey(BigInteger secret)
    {
        _secret = secret;
        Point = Times(secret);
    }

    /// <param name="name">From which the private half is computed.</param>
    public static PublishedKey Of(string name) => new((Number(SHA256.HashData(Encoding.UTF8.GetBytes("Muqeem, key of test IDs that is not secret: " + name))) % (N - 1)) + 1);

    public ECPoint Point { get; }

    /// <summary>32 bytes.</summary>
    public byte[] Private => Bytes(_secret);

    /// <summary>ES256: 64 bytes, r‖s.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        var hash = Number(SHA256.HashData(data));
        foreach (var nonce in Nonces(Bytes(hash % N)))
        {
            var r = Number(Times(nonce).X!) % N;
            var s = BigInteger.ModPow(nonce, N - 2, N) * (hash + (r * _secret)) % N;
            if (!r.IsZero && !s.IsZero)
            {
                return [.. Bytes(r), .. Bytes(s)];
            }
        }
        throw new System.Diagnostics.UnreachableException();
    }

    public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm)
    {
        var signature = Sign(data);
        var der = new AsnWriter(AsnEncodingRules.DER);
        using (der.PushSequence())
        {
            der.WriteInteger(Number(signature.AsSpan(0, 32)));
            der.WriteInteger(Number(signature.AsSpan(32)));
        }
        return der.Encode();
    }

    /// <summary>AlgorithmIdentifier of ecdsa-with-SHA256.</summary>
    public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];

    protected override PublicKey BuildPublicKey()
    {
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = Point });
        return new PublicKey(key);
    }

    /// <summary>RFC 6979, section 3.2.</summary>
    private IEnumerable<BigInteger> Nonces(byte[] hash)
    {
        byte[] seed = [.. Private, .. hash];
        var (k, v) = (new byte[32], Enumerable.Repeat((byte)1, 32).ToArray());
        foreach (var mark in (byte[])[0, 1])
        {
            k = HMACSHA256.HashData(k, (byte[])[.. v, mark, .. seed]);
            v = HMACSHA256.HashData(k, v);
        }
        for (; ; )
        {
            v = HMACSHA256.HashData(k, v);
            if (Number(v) is var nonce && !nonce.IsZero && nonce < N)
            {
                yield return nonce;
            }
            k = HMACSHA256.HashData(k, (byte[])[.. v, 0]);
            v = HMACSHA256.HashData(k, v);
        }
    }

    /// <summary>A multiple of the base point: the public half of that private one.</summary>
    private static ECPoint Times(BigInteger scalar)
    {
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = Bytes(scalar) });
        return key.ExportParameters(false).Q;
    }

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static byte[] Bytes(BigInteger number)
    {
        var bytes = new byte[32];
        var length = number.GetByteCount(isUnsigned: true);
        number.TryWriteBytes(bytes.AsSpan(32 - length), out _, isUnsigned: true, isBigEndian: true);
        return bytes;
    }
}
