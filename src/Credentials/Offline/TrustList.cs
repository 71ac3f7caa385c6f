using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Writing;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Trust;
using NodaTime;

namespace Muqeem.Credentials.Offline;

/// <summary>Publishes <see cref="TrustListForm"/>: made anew when a key, its state or a revocation list changes, and in time before the next is due.</summary>
/// <param name="street">The operator's postal address, as far as it is configured.</param>
public sealed partial class TrustList(
    KeyStore keys, PublishedJournal journal, IWriter writer, TimeProvider clock, Func<OfflineRules> rules, string origin, string? street, ILogger<TrustList> log)
{
    /// <summary>Of the compact form, and of the one in JSON.</summary>
    public const string CompactType = "application/jose", JsonType = "application/jose+json";

    private readonly KeptFile _kept = new(writer, clock, log);

    /// <summary>The compact form; null while there is no root.</summary>
    public Task<PublishedFile?> CurrentAsync(CancellationToken cancel = default) => _kept.GetAsync(rules().ListLife / 2, Inputs, MakeAsync, cancel);

    /// <summary>The same list and signature as JSON.</summary>
    public static PublishedFile InJson(PublishedFile list) => new(SignedText.Flattened(list.Bytes), list.MadeAt, list.Until);

    private string Inputs()
    {
        var inputs = new StringBuilder();
        foreach (var root in keys.Roots)
        {
            inputs.Append(CultureInfo.InvariantCulture, $"{root.Fingerprint} {root.NextRevocationList}\n");
        }
        foreach (var signer in Signers())
        {
            inputs.Append(CultureInfo.InvariantCulture, $"{signer.KeyId} {signer.State} {signer.ValidUntil}\n");
        }
        foreach (var key in keys.PublicKeys(KeyPurpose.Journal))
        {
            inputs.Append(CultureInfo.InvariantCulture, $"{key.Id} {key.State}\n");
        }
        return inputs.Append(keys.Current(KeyPurpose.StatusList).KeyId).ToString();
    }

    private async Task<PublishedFile?> MakeAsync(CancellationToken cancel)
    {
        var now = Instant.FromUnixTimeSeconds(clock.Now().ToUnixTimeSeconds());
        var by = keys.Current(KeyPurpose.StatusList);
        var until = now + rules().ListLife;
        var vkeys = (await journal.VerifierKeysAsync(cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var payload = TrustListForm.Payload(OperatorOf(by), origin, keys.Roots, Signers(), vkeys, now, until);

        // The verifiers' reader of JSON: no name twice, and who signs it is one that they would take.
        var pinned = TrustAnchors.Create(keys.Roots.Select(r => (ReadOnlyMemory<byte>)r.Certificate)).Value;
        if (!Json.Parse(payload).TryGet(out _, out var reason) || !pinned.Check([by.Certificate], keys.Usages.Purposes.Status, clock.GetUtcNow()).TryGet(out _, out reason))
        {
            Refused(log, reason.ToString());
            return null;
        }
        var unsigned = TrustListForm.Signed(payload, by, now);
        await _kept.AnnounceAsync("trust_list.publish", unsigned.Digest, cancel);
        return new PublishedFile(unsigned.Complete(keys.Sign(by, unsigned.ToBeSigned)), now, until);
    }

    private List<SigningCertificate> Signers() => [.. Enum.GetValues<KeyPurpose>().Where(p => p.IsCertified()).SelectMany(keys.All)];

    /// <summary>As the certificate that signs the list names them (TS 119 602, clause 6.8): who reads the list compares the two.</summary>
    private TrustListOperator OperatorOf(SigningCertificate by)
    {
        using var certificate = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(by.Certificate);
        string Part(string type, string otherwise) => certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(n => !n.HasMultipleElements && n.GetSingleElementType().Value == type).Select(n => n.GetSingleElementValue()).FirstOrDefault() ?? otherwise;
        return new TrustListOperator(Part("2.5.4.10", Forms.Issuer.Authority), Part("2.5.4.6", Forms.Issuer.Country), street ?? "not stated", origin + "/");
    }

    [LoggerMessage(80, LogLevel.Error, "No trust list is signed: the verifiers' reader refuses it ({Reason}).")]
    private static partial void Refused(ILogger logger, string reason);
}
