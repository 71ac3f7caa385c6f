using System.Buffers.Text;
using System.IO.Compression;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier;

/// <summary>An authority for the tests: a root and signers of every kind, and the encoders of what they sign. Shares nothing with what issues IDs.</summary>
internal sealed class Minted
{
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly SignerPurposes Purposes = new();
    public static readonly Minted Shared = new();

    private int _serial = 1000;

    public Minted(string name = "C=SA, CN=Test Root", ECCurve? curve = null, Action<CertificateRequest>? change = null)
    {
        RootKey = ECDsa.Create(curve ?? ECCurve.NamedCurves.nistP256);
        Name = new X500DistinguishedName(name);
        var request = new CertificateRequest(Name, RootKey, RootHash);
        if (change is null)
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        }
        else
        {
            change(request);
        }
        using var root = request.CreateSelfSigned(Now.AddYears(-5), Now.AddYears(10));
        Root = root.RawData;
        Trust = TrustAnchors.Create([Root]);
        SdJwt = Signer(Purposes.SdJwt);
        Mdoc = Signer(Purposes.Mdoc);
        Status = Signer(Purposes.Status);
        QrCard = Signer(Purposes.QrCard);
        QrLive = Signer(Purposes.QrLive);
    }

    public ECDsa RootKey { get; }
    public X500DistinguishedName Name { get; }
    public byte[] Root { get; }
    public Checked<TrustAnchors> Trust { get; }
    public Leaf SdJwt { get; }
    public Leaf Mdoc { get; }
    public Leaf Status { get; }
    public Leaf QrCard { get; }
    public Leaf QrLive { get; }

    private HashAlgorithmName RootHash => RootKey.KeySize == 256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA384;

    internal sealed record Leaf(byte[] Der, ECDsa Key, byte[] Serial)
    {
        public byte[] KeyId => SHA256.HashData(Der)[..8];
    }

    /// <param name="change">Takes the extensions away or puts others there; they are added before it.</param>
    public Leaf Signer(string purpose, string subject = "C=SA, CN=Test Signer", DateTimeOffset? from = null, DateTimeOffset? to = null, Action<CertificateRequest>? change = null, ECCurve? curve = null, ECDsa? by = null, HashAlgorithmName? hash = null)
    {
        var key = ECDsa.Create(curve ?? ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName(subject), key, hash ?? RootHash);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(new X509SubjectKeyIdentifierExtension(new PublicKey(RootKey), false)));
        change?.Invoke(request);
        var serial = BitConverter.GetBytes(Interlocked.Increment(ref _serial)).Reverse().Prepend((byte)1).ToArray();
        using var certificate = request.Create(Name, X509SignatureGenerator.CreateForECDsa(by ?? RootKey), from ?? Now.AddYears(-1), to ?? Now.AddYears(1), serial);
        return new Leaf(certificate.RawData, key, serial);
    }

    public byte[] Crl(DateTimeOffset nextUpdate, params byte[][] serials)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (var serial in serials)
        {
            builder.AddEntry(serial, Now.AddDays(-1));
        }
        return builder.Build(Name, X509SignatureGenerator.CreateForECDsa(RootKey), new BigInteger(7), nextUpdate, RootHash,
            X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(new X509SubjectKeyIdentifierExtension(new PublicKey(RootKey), false)), nextUpdate.AddDays(-2));
    }

    // JWS

    public static string B64(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    public static string B64(string text) => B64(Encoding.UTF8.GetBytes(text));

    public static string Jws(string header, string payload, ECDsa key)
    {
        var signed = B64(header) + "." + B64(payload);
        return signed + "." + B64(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256));
    }

    /// <param name="more">Further members of the header, each after a comma.</param>
    public static string Jws(string type, string payload, Leaf signer, string more = "") =>
        Jws($$"""{"alg":"ES256","typ":"{{type}}","x5c":["{{Convert.ToBase64String(signer.Der)}}"]{{more}}}""", payload, signer.Key);

    public static string Jwk(ECDsa key)
    {
        var q = key.ExportParameters(false).Q;
        return $$"""{"kty":"EC","crv":"P-256","x":"{{B64(q.X)}}","y":"{{B64(q.Y)}}"}""";
    }

    public static string Digest(string text) => B64(SHA256.HashData(Encoding.ASCII.GetBytes(text)));

    public static long At(DateTimeOffset time) => time.ToUnixTimeSeconds();

    // CBOR

    public static byte[] Head(int major, ulong value) => value switch
    {
        < 24 => [(byte)(major << 5 | (int)value)],
        < 1UL << 8 => [(byte)(major << 5 | 24), (byte)value],
        < 1UL << 16 => [(byte)(major << 5 | 25), (byte)(value >> 8), (byte)value],
        < 1UL << 32 => [(byte)(major << 5 | 26), .. BitConverter.GetBytes((uint)value).Reverse()],
        _ => [(byte)(major << 5 | 27), .. BitConverter.GetBytes(value).Reverse()],
    };

    public static byte[] Int(long value) => value < 0 ? Head(1, (ulong)(-1 - value)) : Head(0, (ulong)value);

    public static byte[] Bytes(byte[] value) => [.. Head(2, (ulong)value.Length), .. value];

    public static byte[] Text(string value) => [.. Head(3, (ulong)Encoding.UTF8.GetByteCount(value)), .. Encoding.UTF8.GetBytes(value)];

    public static byte[] List(params byte[][] items) => [.. Head(4, (ulong)items.Length), .. items.SelectMany(i => i)];

    public static byte[] Tag(ulong number, byte[] item) => [.. Head(6, number), .. item];

    public static byte[] Embedded(byte[] item) => Tag(24, Bytes(item));

    public static byte[] Bool(bool value) => [value ? (byte)0xf5 : (byte)0xf4];

    public static byte[] Null { get; } = [0xf6];

    /// <summary>Keys as they are given.</summary>
    public static byte[] Map(params (byte[] Key, byte[] Value)[] pairs) => [.. Head(5, (ulong)pairs.Length), .. pairs.SelectMany(p => (byte[])[.. p.Key, .. p.Value])];

    /// <summary>Keys in the order of their encodings.</summary>
    public static byte[] Sorted(params IEnumerable<(byte[] Key, byte[] Value)> pairs) => Map([.. pairs.OrderBy(p => Convert.ToHexString(p.Key), StringComparer.Ordinal)]);

    /// <summary>The four parts of a COSE_Sign1, not tagged.</summary>
    /// <param name="detached">What is signed when the payload travels apart; the message then has null for it.</param>
    public static byte[] Sign1(byte[] header, byte[] unprotected, byte[]? payload, ECDsa key, byte[]? detached = null)
    {
        var signature = key.SignData(List(Text("Signature1"), Bytes(header), Bytes([]), Bytes(payload ?? detached!)), HashAlgorithmName.SHA256);
        return List(Bytes(header), unprotected, payload is null ? Null : Bytes(payload), Bytes(signature));
    }

    public static byte[] CoseKey(ECDsa key)
    {
        var q = key.ExportParameters(false).Q;
        return Map((Int(1), Int(2)), (Int(-1), Int(1)), (Int(-2), Bytes(q.X!)), (Int(-3), Bytes(q.Y!)));
    }

    // Status lists

    public static byte[] Zlib(byte[] bytes)
    {
        using var into = new MemoryStream();
        using (var zlib = new ZLibStream(into, CompressionLevel.SmallestSize, true))
        {
            zlib.Write(bytes);
        }
        return into.ToArray();
    }

    /// <summary>Two bits each.</summary>
    public string StatusList(string uri, byte[] states, DateTimeOffset? issuedAt = null, DateTimeOffset? expiresAt = null, Leaf? signer = null) =>
        Jws("statuslist+jwt", $$"""{"sub":"{{uri}}","iat":{{At(issuedAt ?? Now.AddHours(-1))}},"exp":{{At(expiresAt ?? Now.AddHours(23))}},"status_list":{"bits":2,"lst":"{{B64(Zlib(states))}}"} }""", signer ?? Status);
}
