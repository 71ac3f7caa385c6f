using System.Security.Cryptography.X509Certificates;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Platform.Keys;

/// <summary>Something about the keys that the operator has to do before a date.</summary>
/// <param name="Code">e.g. <c>signer_ends</c>; the office shows the text <c>office.signing.alarm.&lt;code&gt;</c>.</param>
/// <param name="KeyId">Which key, when it is one.</param>
/// <param name="Purpose">The purpose's word, e.g. <c>document-signer</c>; null for the root.</param>
/// <param name="Due">Until then; in the past or now: it is late.</param>
/// <param name="Sentence">What to do, for the command line.</param>
public sealed record KeyAlarm(string Code, string? KeyId, string? Purpose, Instant Due, string Sentence);

/// <summary>The codes of <see cref="KeyAlarm"/>.</summary>
public static class KeyAlarms
{
    public const string NoRoot = "no_root";
    public const string RootEnds = "root_ends";
    public const string NoList = "no_list";
    public const string ListEnds = "list_ends";
    public const string RevocationWaits = "revocation_waits";
    public const string NoSigner = "no_signer";
    public const string SignerEnds = "signer_ends";
    public const string Rotate = "rotate";

    public static IReadOnlyList<string> All { get; } = [NoRoot, RootEnds, NoList, ListEnds, RevocationWaits, NoSigner, SignerEnds, Rotate];
}

public sealed partial class KeyStore
{
    /// <summary>What is due about the keys, the most urgent first. How early is told is set in <c>Keys:Alarms</c>.</summary>
    public IReadOnlyList<KeyAlarm> Alarms()
    {
        var (content, now, settings) = (_now.Content, _clock.Now(), _settings.Alarms);
        var alarms = new List<KeyAlarm>();
        foreach (var purpose in Enum.GetValues<KeyPurpose>())
        {
            var word = purpose.Word();
            if (purpose.IsCertified())
            {
                var last = content.Keys.Where(k => k.Purpose == purpose && k is { SignsUntilMicros: not null, RevokedMicros: null, DestroyedMicros: null }).MaxBy(k => k.SignsUntilMicros);
                var until = last is null ? now : Clock.FromMicros(last.SignsUntilMicros!.Value);
                if (until <= now)
                {
                    alarms.Add(new KeyAlarm(KeyAlarms.NoSigner, null, word, now, $"No {word} may sign: run muqeem keys request --Purpose={word}, have the root certify it, then muqeem keys install."));
                }
                else if (until - now < Duration.FromDays(settings.SignerDays))
                {
                    alarms.Add(new KeyAlarm(KeyAlarms.SignerEnds, last!.Id, word, until, $"The last {word} signs until {Day(until)}: run muqeem keys request --Purpose={word} for the next."));
                }
            }
            else if (purpose.CanRotate() && purpose != KeyPurpose.Journal && _now.Active.TryGetValue(purpose, out var key))
            {
                // Whoever follows the journal knows its key: it is replaced only with them.
                var due = Clock.FromMicros(key.Line.CreatedMicros) + Duration.FromDays(settings.RotationDays);
                if (due <= now)
                {
                    alarms.Add(new KeyAlarm(KeyAlarms.Rotate, key.Line.Id, word, due, $"The key {key.Line.Id} is in use since {Day(Clock.FromMicros(key.Line.CreatedMicros))}: run muqeem keys rotate {word}."));
                }
            }
        }
        AlarmsOfRoot(content, now, settings, alarms);
        return [.. alarms.OrderBy(a => a.Due).ThenBy(a => a.Code, StringComparer.Ordinal).ThenBy(a => a.Purpose, StringComparer.Ordinal)];
    }

    private static void AlarmsOfRoot(StoreContent content, Instant now, AlarmSettings settings, List<KeyAlarm> alarms)
    {
        if (content.Roots.Count == 0)
        {
            alarms.Add(new KeyAlarm(KeyAlarms.NoRoot, null, null, now, "No root is installed: nothing can be signed for holders. See the handbook, keys: ceremony."));
            return;
        }
        var stored = content.Roots[^1];
        using var root = X509CertificateLoader.LoadCertificate(stored.Certificate);
        var ends = Instant.FromDateTimeUtc(root.NotAfter.ToUniversalTime());
        if (ends - now < Duration.FromDays(settings.RootDays))
        {
            alarms.Add(new KeyAlarm(KeyAlarms.RootEnds, null, null, ends, $"The root is valid until {Day(ends)}: plan the ceremony of the next, and give it to the verifiers early."));
        }
        if (stored.RevocationList is not { } bytes)
        {
            alarms.Add(new KeyAlarm(KeyAlarms.NoList, null, null, now, "No revocation list is installed: verifiers cannot check the signers. Run muqeem keys certify in the ceremony's folder, then muqeem keys install."));
            return;
        }
        var list = RevocationList.Read(bytes, root);
        if (list.Next - now < Duration.FromDays(settings.RevocationListDays))
        {
            alarms.Add(new KeyAlarm(KeyAlarms.ListEnds, null, null, list.Next, $"The revocation list holds until {Day(list.Next)}: run muqeem keys certify in the ceremony's folder, then muqeem keys install."));
        }
        foreach (var waiting in Unlisted(content, root, list))
        {
            alarms.Add(new KeyAlarm(KeyAlarms.RevocationWaits, waiting.Id, waiting.Purpose.Word(), now,
                $"The key {waiting.Id} is revoked but not on the revocation list: take the files of muqeem keys request to the ceremony's folder, then muqeem keys install."));
        }
    }

    /// <summary>Revoked here, and the root's list does not say so yet.</summary>
    private static IEnumerable<StoredKey> Unlisted(StoreContent content, X509Certificate2 root, RevocationList? list) =>
        content.Keys.Where(k => k is { Certificate: not null, RevokedMicros: not null } && Issued(k, root) && list?.Revocations.Any(r => r.Serial.AsSpan().SequenceEqual(SerialOf(k))) != true);

    private static string Day(Instant at) => NodaTime.Text.InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd").Format(at);
}
