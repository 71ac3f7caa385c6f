using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Muqeem.Platform.Folder;
using NodaTime;

namespace Muqeem.Platform.Keys;

/// <summary>The directory that is carried between the key store and the ceremony: requests and withdrawals on the way there, certificates and the list on the way back.</summary>
public static class KeyCarrier
{
    /// <summary>Leaves a request for one waiting key of each purpose, made when there is none, and every withdrawal that is not on the root's list yet.</summary>
    /// <returns>A line each, with the key's fingerprint to be compared at the ceremony.</returns>
    /// <exception cref="CertificateRefusedException">A purpose that needs no certificate.</exception>
    public static IReadOnlyList<string> Request(KeyStore keys, IReadOnlyCollection<KeyPurpose> purposes, string carrier)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (purposes.Where(p => !p.IsCertified()).Select(p => (KeyPurpose?)p).FirstOrDefault() is { } other)
        {
            throw new CertificateRefusedException($"A key for {other.Word()} needs no certificate of the root.");
        }
        Directory.CreateDirectory(carrier);
        var lines = new List<string>();
        foreach (var purpose in purposes)
        {
            var waiting = keys.Inventory.FirstOrDefault(k => k.Purpose == purpose && k is { State: KeyState.Planned, SignsFrom: null }) ?? keys.Rotate(purpose);
            var request = keys.Request(waiting.Id);
            DurableFile.Write(Path.Combine(carrier, waiting.Id + ".csr"), Encoding.ASCII.GetBytes(PemEncoding.WriteString("CERTIFICATE REQUEST", request) + "\n"));
            lines.Add($"{waiting.Id}.csr      key (SHA-256) {Ceremony.RequestFingerprint(request)}");
        }
        foreach (var (id, revocation) in keys.WaitingRevocations())
        {
            DurableFile.Write(Path.Combine(carrier, id + ".revoke"), Ceremony.RevocationFile(id, revocation));
            lines.Add($"{id}.revoke   {revocation.Reason}, serial {Convert.ToHexString(revocation.Serial)}");
        }
        return lines;
    }

    /// <summary>Takes the root (only with its fingerprint), the certificates and the list of a carrier into the store. What is installed already is passed over.</summary>
    /// <returns>A line for each that was taken.</returns>
    /// <exception cref="CertificateRefusedException">One of them is not what it must be; those before it are installed.</exception>
    public static IReadOnlyList<string> Install(KeyStore keys, string carrier, string? rootFingerprint)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (!Directory.Exists(carrier))
        {
            throw new CertificateRefusedException($"There is no directory {carrier}.");
        }
        var lines = new List<string>();
        var rootFile = Path.Combine(carrier, "root.cer");
        if (rootFingerprint is not null)
        {
            if (!File.Exists(rootFile))
            {
                throw new CertificateRefusedException($"There is no root.cer in {carrier}.");
            }
            keys.Trust(File.ReadAllBytes(rootFile), rootFingerprint);
            lines.Add($"root.cer      {keys.Roots[^1].Fingerprint}");
        }
        foreach (var file in Directory.GetFiles(carrier, "*.cer").Where(f => Path.GetFileName(f) != "root.cer").Order(StringComparer.Ordinal))
        {
            var certificate = File.ReadAllBytes(file);
            if (!Enum.GetValues<KeyPurpose>().SelectMany(keys.All).Any(c => c.Certificate.AsSpan().SequenceEqual(certificate)))
            {
                var key = keys.Install(certificate);
                lines.Add($"{Path.GetFileName(file)}      {key.Purpose.Word()}, signs {Day(key.SignsFrom)} to {Day(key.SignsUntil)}, valid until {Day(key.ValidUntil)}");
            }
        }
        var list = Path.Combine(carrier, "root.crl");
        if (File.Exists(list))
        {
            keys.InstallRevocations(File.ReadAllBytes(list));
            lines.Add($"root.crl      until {Day(keys.Roots[^1].NextRevocationList)}");
        }
        return lines;
    }

    private static string Day(Instant? at) => at is { } instant ? NodaTime.Text.InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd").Format(instant) : "?";
}
