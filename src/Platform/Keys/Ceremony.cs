using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Muqeem.Kernel;
using Muqeem.Platform.Folder;
using NodaTime;

namespace Muqeem.Platform.Keys;

/// <summary>
/// The folder of the offline root: its key under a passphrase, and a protocol of each time it was used. It lies on a machine without network, never in a data
/// folder; requests come in and certificates go out on a carrier.
/// </summary>
public sealed class Ceremony : IDisposable
{
    public const int ShortestPassphrase = 16;

    /// <summary>How long a revocation list holds: the root is taken out at least so often.</summary>
    public const int ListDays = 90;

    private readonly string _folder;
    private readonly RootAuthority _root;
    private readonly TimeProvider _clock;
    private Book _book;

    private Ceremony(string folder, RootAuthority root, Book book, TimeProvider clock)
    {
        _folder = folder;
        _root = root;
        _book = book;
        _clock = clock;
    }

    /// <summary>Makes the root in a new or empty folder.</summary>
    /// <returns>The protocol, which is also kept in the folder: to print, to read out and to sign.</returns>
    /// <exception cref="CertificateRefusedException">The folder is in use or part of a data folder, the passphrase is short, or the names are none.</exception>
    public static string Make(string folder, RootNames names, SignerUsages usages, int years, string passphrase, IReadOnlyList<string> witnesses, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(names);
        var root = Path.GetFullPath(folder);
        for (var above = root; above is not null; above = Path.GetDirectoryName(above))
        {
            if (File.Exists(Path.Combine(above, "folder.json")))
            {
                throw new CertificateRefusedException($"{root} is part of the data folder {above}. The root never lies where the service runs: name a directory on a machine without network.");
            }
        }
        if (Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any())
        {
            throw new CertificateRefusedException($"{root} is not empty. A root is never written over: name a new directory.");
        }
        if (passphrase.Length < ShortestPassphrase)
        {
            throw new CertificateRefusedException($"The passphrase is too short: at least {ShortestPassphrase} characters.");
        }
        var now = clock.Now();
        using var authority = RootAuthority.Make(names, now, years);
        SignerChecks.Root(authority.Certificate);
        Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var ceremony = new Ceremony(root, authority, new Book(1, usages.StatusList, usages.QrSigner, 0, []) { LiveQrUsage = usages.LiveQr, ReceiptUsage = usages.Receipt }, clock);
        ceremony.Write("root.key", Encoding.UTF8.GetBytes(authority.ExportKey(passphrase)));
        ceremony.Write("root.cer", authority.Certificate.RawData);
        ceremony.NewList(now);
        var protocol = new Protocol(now, "Making of the root");
        protocol.Fact("Root", authority.Certificate.Subject);
        protocol.Fact("Key", "ECDSA, curve P-384; kept as PKCS#8 under a passphrase (PBES2, AES-256)");
        protocol.Fact("Valid", $"{authority.Certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm:ss} to {authority.Certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm:ss} UTC");
        protocol.Fact("Contact", names.Contact);
        protocol.Fact("Revocation list", names.RevocationList);
        protocol.Fact("Fingerprint (SHA-256)", Grouped(authority.Fingerprint));
        protocol.Steps(
            "The machine has no network; its system was started from a medium that was checked. Who checked: ______________",
            "The passphrase was chosen by two persons, each knowing one half, and was not written down in one place.",
            "The root was made by muqeem keys ceremony. The fingerprint above was read out and compared with the screen by every witness.",
            "Two copies of this directory were made on two carriers, sealed with numbers: ______________ and ______________",
            "root.cer and root.crl were handed over for publication on a third carrier. The machine was switched off and its memory is empty.",
            "Where the carriers and the halves of the passphrase are kept: ______________");
        return ceremony.Keep(protocol, witnesses);
    }

    /// <summary>Opens the root for work.</summary>
    /// <exception cref="CertificateRefusedException">No ceremony's folder, or another passphrase.</exception>
    public static Ceremony Open(string folder, string passphrase, TimeProvider clock)
    {
        var root = Path.GetFullPath(folder);
        ECDsa? key = null;
        try
        {
            var book = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(root, "ceremony.json")), CeremonyJson.Default.Book) ?? throw new JsonException("empty");
            var certificate = X509CertificateLoader.LoadCertificate(File.ReadAllBytes(Path.Combine(root, "root.cer")));
            key = ECDsa.Create();
            key.ImportFromEncryptedPem(File.ReadAllText(Path.Combine(root, "root.key")), passphrase);
            return new Ceremony(root, new RootAuthority(certificate, key), book, clock);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            key?.Dispose();
            throw new CertificateRefusedException($"{root} is not the folder of a ceremony, or it is damaged: {e.Message}", e);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key?.Dispose();
            throw new CertificateRefusedException($"The passphrase does not open the root's key in {root}, or the key is damaged.", e);
        }
    }

    /// <summary>
    /// Certifies every request (<c>*.csr</c>) of a carrier, puts every revocation (<c>*.revoke</c>) on a new list, and leaves certificates, list and root on it.
    /// </summary>
    /// <param name="from">From when the signers sign; null: now.</param>
    /// <returns>The protocol.</returns>
    /// <exception cref="CertificateRefusedException">A request that is damaged or for no purpose of this root: then nothing is signed.</exception>
    public string Certify(string carrier, Instant? from, IReadOnlyList<string> witnesses)
    {
        var now = _clock.Now();
        var expected = new SignerUsages();
        var usages = expected with { StatusList = _book.StatusListUsage, QrSigner = _book.QrSignerUsage, LiveQr = _book.LiveQrUsage ?? expected.LiveQr, Receipt = _book.ReceiptUsage ?? expected.Receipt };
        var requests = Directory.GetFiles(carrier, "*.csr").Order(StringComparer.Ordinal).Select(f => ReadRequest(f, usages)).ToList();
        var revocations = Directory.GetFiles(carrier, "*.revoke").Order(StringComparer.Ordinal).Select(ReadRevocation).ToList();
        var protocol = new Protocol(now, "Work of the root");
        protocol.Fact("Root", _root.Certificate.Subject);
        protocol.Fact("Fingerprint (SHA-256)", Grouped(_root.Fingerprint));
        var made = requests.ConvertAll(r => (Request: r, Certificate: _root.Certify(r.Key, r.Name, r.Profile, from ?? now)));
        foreach (var (request, bytes) in made)
        {
            using var certificate = X509CertificateLoader.LoadCertificate(bytes);
            SignerChecks.Signer(certificate, _root.Certificate, request.Profile, request.Key.ExportSubjectPublicKeyInfo());
            var (begins, until, valid) = SignerChecks.Dates(certificate, request.Profile);
            protocol.Fact($"Certified {request.Profile.Purpose.Word()}", $"{request.Name}, signs {Day(begins)} to {Day(until)}, valid until {Day(valid)}, serial {certificate.SerialNumber}");
            protocol.Fact("  key (SHA-256)", Grouped(RequestFingerprint(request.Key)));
            Write(Path.Combine("issued", certificate.SerialNumber + ".cer"), bytes);
        }
        foreach (var revocation in revocations.Where(r => !_book.Revocations.Exists(k => k.Serial == r.Serial)))
        {
            _book.Revocations.Add(revocation);
            protocol.Fact("Revoked", $"{revocation.Key}, serial {revocation.Serial}, {revocation.Reason}");
        }
        var list = NewList(now);
        protocol.Fact("Revocation list", $"number {_book.LastList}, {_book.Revocations.Count} entries, until {Day(now + Duration.FromDays(ListDays))}");
        protocol.Steps(
            "The machine has no network. The carrier's seal was whole; its number: ______________",
            "The fingerprint of each key above was compared with the paper that came with the request.",
            "The carrier was sealed again with number: ______________");
        var text = Keep(protocol, witnesses);
        foreach (var (request, bytes) in made)
        {
            DurableFile.Write(Path.Combine(carrier, request.Name + ".cer"), bytes);
        }
        DurableFile.Write(Path.Combine(carrier, "root.cer"), _root.Certificate.RawData);
        DurableFile.Write(Path.Combine(carrier, "root.crl"), list);
        return text;
    }

    /// <summary>What is compared by eye: SHA-256 of the key in a request, in groups of four.</summary>
    public static string RequestFingerprint(byte[] request) =>
        Grouped(RequestFingerprint(CertificateRequest.LoadSigningRequest(request, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default).PublicKey));

    /// <summary>The line of a carrier that tells the root of a withdrawn signer.</summary>
    internal static byte[] RevocationFile(string keyId, Revocation revocation) =>
        JsonSerializer.SerializeToUtf8Bytes(new Withdrawn(keyId, Convert.ToHexString(revocation.Serial), revocation.At.ToUnixTimeSeconds(), revocation.Reason), CeremonyJson.Default.Withdrawn);

    public void Dispose() => _root.Dispose();

    private static (string Name, PublicKey Key, SignerProfile Profile) ReadRequest(string file, SignerUsages usages)
    {
        try
        {
            // Extensions are read for the purpose alone; what the certificate says is the root's own.
            var request = CertificateRequest.LoadSigningRequestPem(File.ReadAllText(file), HashAlgorithmName.SHA256, CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
            var usage = request.CertificateExtensions.OfType<X509EnhancedKeyUsageExtension>().SingleOrDefault()?.EnhancedKeyUsages;
            var profile = usage is { Count: 1 } && usage[0].Value is { } oid ? usages.OfUsage(oid) : null;
            var name = request.SubjectName.EnumerateRelativeDistinguishedNames().Select(n => n.GetSingleElementValue()).SingleOrDefault();
            if (profile is null || name is null || !name.StartsWith(profile.Purpose.Word() + "-", StringComparison.Ordinal) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') || name.Length > 64)
            {
                throw new CertificateRefusedException($"{file} asks for no purpose that this root certifies. Nothing was signed.");
            }
            using var key = request.PublicKey.GetECDsaPublicKey();
            if (key?.ExportParameters(includePrivateParameters: false).Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
            {
                throw new CertificateRefusedException($"{file}: a signer's key is of curve P-256. Nothing was signed.");
            }
            return (name, request.PublicKey, profile);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or InvalidOperationException)
        {
            throw new CertificateRefusedException($"{file} is no request, or damaged. Nothing was signed.", e);
        }
    }

    private Withdrawn ReadRevocation(string file)
    {
        try
        {
            var withdrawn = JsonSerializer.Deserialize(File.ReadAllBytes(file), CeremonyJson.Default.Withdrawn) ?? throw new JsonException("empty");
            return withdrawn.Serial.All(char.IsAsciiHexDigitUpper) && File.Exists(Path.Combine(_folder, "issued", withdrawn.Serial + ".cer")) ? withdrawn
                : throw new CertificateRefusedException($"{file} withdraws a certificate that this root did not make. Nothing was signed.");
        }
        catch (JsonException e)
        {
            throw new CertificateRefusedException($"{file} is damaged. Nothing was signed.", e);
        }
    }

    /// <summary>The number is durable before the list is given away: two lists of one number would be told apart by nobody.</summary>
    private byte[] NewList(Instant now)
    {
        _book = _book with { LastList = _book.LastList + 1 };
        Write("ceremony.json", JsonSerializer.SerializeToUtf8Bytes(_book, CeremonyJson.Default.Book));
        var list = _root.RevocationList(_book.Revocations.Select(r => new Revocation(Convert.FromHexString(r.Serial), Instant.FromUnixTimeSeconds(r.AtSeconds), r.Reason)), new BigInteger(_book.LastList), now, ListDays);
        Write("root.crl", list);
        return list;
    }

    private string Keep(Protocol protocol, IReadOnlyList<string> witnesses)
    {
        var text = protocol.Text(witnesses);
        var name = $"protocol-{_book.LastList.ToString("0000", CultureInfo.InvariantCulture)}.txt";
        Write(name, Encoding.UTF8.GetBytes(text));
        return text;
    }

    private void Write(string name, byte[] content)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        DurableFile.Write(path, content);
    }

    private static string RequestFingerprint(PublicKey key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));

    private static string Grouped(string hex) => string.Join(' ', hex.Chunk(4).Select(c => new string(c)));

    private static string Day(Instant at) => NodaTime.Text.InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd").Format(at);

    /// <summary>What is printed and signed.</summary>
    private sealed class Protocol(Instant at, string what)
    {
        private readonly StringBuilder _text = new($"""
            PROTOCOL: {what}

            Date and time             {NodaTime.Text.InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm:ss").Format(at)} UTC
            Machine                   {Environment.MachineName}, user {Environment.UserName}

            """);

        private readonly StringBuilder _steps = new();

        public void Fact(string name, string value) => _text.Append(CultureInfo.InvariantCulture, $"{name,-25} {value}\n");

        public void Steps(params string[] steps)
        {
            for (var i = 0; i < steps.Length; i++)
            {
                _steps.Append(CultureInfo.InvariantCulture, $"[ ] {i + 1}. {steps[i]}\n");
            }
        }

        public string Text(IReadOnlyList<string> witnesses)
        {
            var signatures = new StringBuilder();
            // At least two persons, named or not.
            foreach (var name in witnesses.Concat(Enumerable.Repeat("", Math.Max(0, 2 - witnesses.Count))))
            {
                signatures.Append(CultureInfo.InvariantCulture, $"Name {(name.Length > 0 ? name : "______________________"),-30} signature ______________________\n\n");
            }
            return $"{_text}\nSteps (tick when done)\n{_steps}\nPresent\n\n{signatures}";
        }
    }

    internal sealed record Withdrawn(string Key, string Serial, long AtSeconds, X509RevocationReason Reason);

    internal sealed record Book(int Format, string StatusListUsage, string QrSignerUsage, long LastList, List<Withdrawn> Revocations)
    {
        /// <summary>Null in the folder of a root that was made before the codes of phones were certified.</summary>
        public string? LiveQrUsage { get; init; }

        /// <summary>Null in the folder of a root that was made before there were receipts.</summary>
        public string? ReceiptUsage { get; init; }
    }
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Ceremony.Book))]
[JsonSerializable(typeof(Ceremony.Withdrawn))]
internal sealed partial class CeremonyJson : JsonSerializerContext;
