using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Muqeem.Credentials.Status;
using Muqeem.Kernel;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Writing;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Journal;
using Muqeem.Verifier.Trust;
using NodaTime;

namespace Muqeem.Credentials.Offline;

/// <summary>
/// Makes the offline bundle: who signs QR codes, who was taken back, every status list, the newest checkpoint, signed by the signer of status lists. The verifiers' own reader looks at it before it is
/// signed; what that refuses is not signed.
/// </summary>
/// <param name="copies">A directory in which each bundle is left with the roots, for <c>muqeem verify</c> on this machine; null: none.</param>
public sealed partial class BundlePress(
    KeyStore keys, StatusLists lists, PublishedJournal journal, IWriter writer, TimeProvider clock, Func<OfflineRules> rules, string? copies, ILogger<BundlePress> log)
{
    public const string MediaType = BundleForm.MediaType;
    public const string FileName = BundleForm.FileName;
    public const string RootsName = "roots.pem";

    /// <summary>What a verifier takes at most.</summary>
    private const int MostQrSigners = 512;

    private readonly KeptFile _kept = new(writer, clock, log);

    /// <summary>The bundle of now; null when it cannot be made: no checkpoint yet, no revocation list that counts, no signer.</summary>
    public Task<PublishedFile?> CurrentAsync(CancellationToken cancel = default) => _kept.GetAsync(rules().BundleRenew, Inputs, MakeAsync, cancel);

    /// <summary>Everything but the checkpoint, which moves each second and alone is no reason to fetch anything.</summary>
    private string Inputs()
    {
        var inputs = new StringBuilder();
        foreach (var token in Tokens(clock.Now()))
        {
            inputs.Append(CultureInfo.InvariantCulture, $"{token.List} {token.At.ToUnixTimeTicks()}\n");
        }
        foreach (var list in RevocationLists(keys.Roots))
        {
            inputs.Append(SignedText.Thumbprint(list)).Append('\n');
        }
        foreach (var signer in QrSigners(keys))
        {
            inputs.Append(SignedText.Thumbprint(signer)).Append('\n');
        }
        return inputs.Append(keys.Current(KeyPurpose.StatusList).KeyId).ToString();
    }

    private async Task<PublishedFile?> MakeAsync(CancellationToken cancel)
    {
        var now = Instant.FromUnixTimeSeconds(clock.Now().ToUnixTimeSeconds());
        if (await HeadAsync(cancel) is not (var checkpoint, var key))
        {
            return null;
        }
        var (roots, tokens, by) = (keys.Roots, Tokens(now), keys.Current(KeyPurpose.StatusList));
        // No part of it may end before the whole does: a verifier would refuse the whole for it.
        var until = tokens.Select(t => t.ExpiresAt).Concat(roots.Select(r => r.NextRevocationList).OfType<Instant>().Where(next => next > now))
            .Append(by.ValidUntil).Append(now + rules().BundleLife).Min();
        until = Instant.FromUnixTimeSeconds(until.ToUnixTimeSeconds());
        var payload = BundleForm.Payload(new BundleParts(QrSigners(keys), RevocationLists(roots), [.. tokens.Select(t => t.Jwt)], checkpoint, key), now, until);

        var pinned = TrustAnchors.Create(roots.Select(r => (ReadOnlyMemory<byte>)r.Certificate)).Value;
        var options = new OfflineTrustOptions { Purposes = keys.Usages.Purposes };
        if (!OfflineTrust.Inspect(payload, pinned, clock.GetUtcNow(), options).TryGet(out var read, out var reason)
            || !read.Trust.Check([by.Certificate], options.Purposes.Status, clock.GetUtcNow()).TryGet(out _, out reason))
        {
            Refused(log, reason.ToString());
            return null;
        }
        var unsigned = SignedText.Compact(OfflineTrust.Type, payload, by.Chain);
        await _kept.AnnounceAsync("bundle.publish", unsigned.Digest, cancel);
        var file = new PublishedFile(unsigned.Complete(keys.Sign(by, unsigned.ToBeSigned)), now, until);
        Made(log, file.Bytes.Length, tokens.Count);
        LeaveCopy(file, roots);
        return file;
    }

    /// <summary>Those that still count and of which a credential may still; a list whose last credential has ended says nothing any more.</summary>
    private List<StatusToken> Tokens(Instant now) => [.. lists.Tokens.Where(t => StatusLists.EndOf(t.List) > now)];

    private static List<byte[]> RevocationLists(IReadOnlyList<RootCertificate> roots) => [.. roots.Select(r => r.RevocationList).OfType<byte[]>()];

    /// <summary>
    /// Whoever signs forms that do not carry their signer's certificate. Also who will sign within the day, who stopped and who was taken back: a verifier tells theirs from those of strangers.
    /// </summary>
    private static List<byte[]> QrSigners(KeyStore keys) =>
        [.. ((KeyPurpose[])[KeyPurpose.QrSigner, KeyPurpose.LiveQr, KeyPurpose.Receipt]).SelectMany(keys.All).OrderByDescending(s => s.ValidUntil).Take(MostQrSigners).Select(s => s.Certificate)];

    /// <summary>The newest checkpoint with the key that signed it.</summary>
    private async Task<(string Checkpoint, string Key)?> HeadAsync(CancellationToken cancel)
    {
        if (await journal.CheckpointAsync(cancel) is not { } note)
        {
            return null;
        }
        foreach (var line in (await journal.VerifierKeysAsync(cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (NoteVerifierKey.Parse(line).TryGet(out var key, out _) && Checkpoint.Open(Encoding.UTF8.GetBytes(note), key.Name, key).Ok)
            {
                return (note, line);
            }
        }
        return null;
    }

    public static string Pem(IReadOnlyList<RootCertificate> roots) =>
        string.Concat(roots.Select(r => System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", r.Certificate) + "\n"));

    private void LeaveCopy(PublishedFile file, IReadOnlyList<RootCertificate> roots)
    {
        if (copies is null)
        {
            return;
        }
        try
        {
            Leave(Path.Combine(copies, RootsName), Encoding.ASCII.GetBytes(Pem(roots)));
            Leave(Path.Combine(copies, FileName), file.Bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Verifiers get it all the same.
            NotLeft(log, e.GetType().Name);
        }
    }

    private static void Leave(string path, byte[] bytes)
    {
        File.WriteAllBytes(path + ".new", bytes);
        File.Move(path + ".new", path, overwrite: true);
    }

    [LoggerMessage(77, LogLevel.Debug, "An offline bundle of {Bytes} bytes with {Lists} status lists was signed.")]
    private static partial void Made(ILogger logger, int bytes, int lists);

    [LoggerMessage(78, LogLevel.Error, "No offline bundle is signed: the verifiers' reader refuses it ({Reason}).")]
    private static partial void Refused(ILogger logger, string reason);

    [LoggerMessage(79, LogLevel.Warning, "The offline bundle could not be left in the data folder ({Kind}); it is served all the same.")]
    private static partial void NotLeft(ILogger logger, string kind);
}
