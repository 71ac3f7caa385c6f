using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Muqeem.Kernel;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys.Pkcs11;
using NodaTime;

namespace Muqeem.Platform.Keys;

/// <summary>
/// All long-lived keys of an installation: one purpose each, made on first run, in one encrypted file or in a PKCS#11 token. Signs, authenticates and wraps;
/// no private byte leaves it. Keys for credentials sign only with a certificate of the root: see <see cref="Current"/>.
/// </summary>
public sealed partial class KeyStore : IDisposable
{
    private readonly DataFolder _folder;
    private readonly KeySettings _settings;
    private readonly KeyVault _vault;
    private readonly KeyFile _file;
    private readonly TimeProvider _clock;
    private readonly Lock _changing = new();
    private volatile Holding _now;

    private KeyStore(DataFolder folder, KeySettings settings, KeyVault vault, KeyFile file, TimeProvider clock, Holding now)
    {
        _folder = folder;
        _settings = settings;
        _vault = vault;
        _file = file;
        _clock = clock;
        _now = now;
    }

    /// <summary>For tests: told the key and SHA-256 of what is signed, before the signature leaves the store.</summary>
    internal Action<string, byte[]>? BeforeSignature { get; set; }

    /// <summary>Opens the key store of the folder; on first run makes it. A purpose that is new to an existing store gets its key.</summary>
    /// <param name="passphrase">What the store is encrypted under; null or empty: a random secret in <see cref="DataFolder.MasterSecret"/>.</param>
    /// <exception cref="CannotStartException">Wrong passphrase, missing secret, or a damaged store.</exception>
    [OverloadResolutionPriority(1)]
    public static KeyStore Open(DataFolder folder, string? passphrase, TimeProvider clock) => Open(folder, new KeySettings { Passphrase = passphrase }, clock);

    /// <inheritdoc cref="Open(DataFolder, string, TimeProvider)"/>
    /// <remarks>In a demonstration folder the root and the signers' certificates are made too.</remarks>
    public static KeyStore Open(DataFolder folder, KeySettings settings, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(settings);
        KeyStore store;
        using (KeyFile.LockFolder(folder))
        {
            store = OpenLocked(folder, settings, clock);
        }
        if (folder.IsDemonstration)
        {
            store.KeepDemonstration();
        }
        return store;
    }

    /// <summary>Every key with purpose, state and dates, oldest first.</summary>
    public IReadOnlyList<KeyEntry> Inventory
    {
        get
        {
            var (holding, now) = (_now, _clock.Now());
            return [.. holding.Lines.Select(k => EntryOf(k, now)).OrderBy(e => e.Created).ThenBy(e => e.Id, StringComparer.Ordinal)];
        }
    }

    /// <summary>The id of the key now used for new work of this purpose.</summary>
    /// <exception cref="KeyUnavailableException">A purpose with certificates, and none is valid today.</exception>
    public string ActiveKey(KeyPurpose purpose) => Active(purpose).Line.Id;

    /// <summary>64 bytes over <paramref name="data"/>: ES256 (SHA-256, then r‖s) or Ed25519, as the purpose has it.</summary>
    /// <exception cref="KeyUnavailableException">No certificate is valid today, or the token is away.</exception>
    public byte[] Sign(KeyPurpose purpose, ReadOnlySpan<byte> data) => Sign(purpose, data, out _);

    /// <inheritdoc cref="Sign(KeyPurpose, ReadOnlySpan{byte})"/>
    public byte[] Sign(KeyPurpose purpose, ReadOnlySpan<byte> data, out string keyId)
    {
        var key = Active(purpose);
        keyId = key.Line.Id;
        BeforeSignature?.Invoke(keyId, SHA256.HashData(data));
        return key.Holder.Sign(data);
    }

    /// <summary>True when <paramref name="signature"/> is by this key, active or retired. An unknown key id is false.</summary>
    public bool Verify(KeyPurpose purpose, string keyId, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        Find(keyId) is { } key && key.Line.Purpose == purpose && key.Line.RevokedMicros is null && key.Holder.Verify(data, signature);

    /// <summary>The public half of the active key.</summary>
    public SigningKey PublicKey(KeyPurpose purpose) => Active(purpose).Public;

    /// <summary>The public halves of the active and the retired keys: what a verifier must accept.</summary>
    public IReadOnlyList<SigningKey> PublicKeys(KeyPurpose purpose)
    {
        var now = purpose.IsCertified() ? _clock.Now() : default;
        return [.. _now.Keys.Values.Where(k => k.Line.Purpose == purpose && k.Line.RevokedMicros is null).Select(k => (Key: k, State: StateOf(k.Line, now)))
            .OrderBy(k => k.State).ThenByDescending(k => k.Key.Line.CreatedMicros).Select(k => k.State == k.Key.Public.State ? k.Key.Public : k.Key.Public with { State = k.State })];
    }

    /// <summary>HMAC-SHA256 under the active key, 32 bytes.</summary>
    public byte[] Mac(KeyPurpose purpose, ReadOnlySpan<byte> data)
    {
        var mac = new byte[32];
        Mac(purpose, data, mac);
        return mac;
    }

    /// <summary>HMAC-SHA256 under the active key into 32 bytes.</summary>
    public void Mac(KeyPurpose purpose, ReadOnlySpan<byte> data, Span<byte> mac) => Active(purpose).Holder.Mac(data, mac);

    /// <summary>True when <paramref name="mac"/> is by the active or a retired key. Takes the same time wherever they differ.</summary>
    public bool VerifyMac(KeyPurpose purpose, ReadOnlySpan<byte> data, ReadOnlySpan<byte> mac)
    {
        Span<byte> expected = stackalloc byte[32];
        var equal = false;
        foreach (var key in _now.Keys.Values)
        {
            if (key.Line.Purpose == purpose && key.Line.RevokedMicros is null)
            {
                key.Holder.Mac(data, expected);
                equal |= CryptographicOperations.FixedTimeEquals(expected, mac);
            }
        }
        return equal;
    }

    /// <summary>
    /// Makes a new active key; the former stays for what it was used on. For a purpose with certificates: a planned key, which signs once its certificate is
    /// installed; in a demonstration that is at once.
    /// </summary>
    /// <exception cref="InvalidOperationException">A purpose whose key cannot be replaced.</exception>
    public KeyEntry Rotate(KeyPurpose purpose)
    {
        if (!purpose.CanRotate())
        {
            throw new InvalidOperationException($"The key for {purpose} cannot be rotated: what was written under it is looked up by it.");
        }
        var id = Changing(content =>
        {
            // The former steps back only when the new one is there.
            var made = Make(content, NewLine(purpose));
            return (OneActive(content with { Keys = [.. content.Keys, made] }), made.Id);
        });
        if (purpose.IsCertified() && _folder.IsDemonstration)
        {
            CertifyByDemonstration(id, _clock.Now());
        }
        return Entry(id);
    }

    /// <summary>Destroys a retired or revoked key: what it wrapped never opens again. Its line stays in the inventory.</summary>
    /// <exception cref="InvalidOperationException">The key is in use, or unknown.</exception>
    public void Destroy(string keyId) => Changing(content =>
    {
        var line = content.Keys.Find(k => k.Id == keyId) ?? throw new InvalidOperationException($"The key store has no key {keyId}.");
        if (StateOf(line, _clock.Now()) is not (KeyState.Retired or KeyState.Revoked))
        {
            throw new InvalidOperationException($"The key {keyId} is not retired: it cannot be destroyed.");
        }
        _vault.Destroy(line);
        return (Replace(content, line with { Material = [], DestroyedMicros = _clock.Now().ToMicros() }), true);
    });

    /// <summary>Takes over what another process changed in the store. Cheap when nothing did.</summary>
    public void Refresh()
    {
        if (_file.HasChanged)
        {
            lock (_changing)
            {
                _now = Holding.Of(_file.Reload(), _vault, _now);
            }
        }
    }

    /// <summary>What the inventory and the vault do not agree on, as sentences; empty when all is well.</summary>
    public IReadOnlyList<string> Discrepancies()
    {
        var content = _vault.Content();
        var listed = _now.Lines.Where(k => k.InToken && k.DestroyedMicros is null).Select(k => k.Id).ToHashSet(StringComparer.Ordinal);
        return [.. listed.Where(id => !content.Contains(id)).Order(StringComparer.Ordinal).Select(id => $"The key {id} is in the inventory but not in the token."),
            .. content.Where(id => !listed.Contains(id)).Order(StringComparer.Ordinal).Select(id => $"The key {id} is in the token but not in the inventory.")];
    }

    /// <summary>Wraps a secret under the active key. Nonce ‖ ciphertext ‖ tag.</summary>
    internal (byte[] Wrapped, string KeyId) Wrap(KeyPurpose purpose, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> associated)
    {
        var key = Active(purpose);
        var wrapped = new byte[KeyHolder.NonceLength + secret.Length + KeyHolder.TagLength];
        RandomNumberGenerator.Fill(wrapped.AsSpan(0, KeyHolder.NonceLength));
        key.Holder.Encrypt(wrapped.AsSpan(0, KeyHolder.NonceLength), secret, wrapped.AsSpan(KeyHolder.NonceLength, secret.Length), wrapped.AsSpan(^KeyHolder.TagLength..), associated);
        return (wrapped, key.Line.Id);
    }

    /// <summary>Opens what <see cref="Wrap"/> made. The caller zeroes the result.</summary>
    /// <exception cref="CryptographicException">Another key, another associated data, or damaged.</exception>
    internal byte[] Unwrap(KeyPurpose purpose, string keyId, ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> associated)
    {
        if (Find(keyId) is not { } key || key.Line.Purpose != purpose)
        {
            throw new CryptographicException($"The key store has no key {keyId} for {purpose}.");
        }
        if (wrapped.Length < KeyHolder.NonceLength + KeyHolder.TagLength)
        {
            throw new CryptographicException("A wrapped secret is too short.");
        }
        var secret = new byte[wrapped.Length - KeyHolder.NonceLength - KeyHolder.TagLength];
        key.Holder.Decrypt(wrapped[..KeyHolder.NonceLength], wrapped[KeyHolder.NonceLength..^KeyHolder.TagLength], wrapped[^KeyHolder.TagLength..], secret, associated);
        return secret;
    }

    public void Dispose()
    {
        foreach (var key in _now.Keys.Values)
        {
            key.Holder.Dispose();
        }
        _file.Dispose();
        _vault.Dispose();
    }

    /// <summary>Where the state of a certified key depends on the day, this is of which day.</summary>
    internal static KeyState StateOf(StoredKey line, Instant now) => line switch
    {
        { DestroyedMicros: not null } => KeyState.Destroyed,
        { RevokedMicros: not null } => KeyState.Revoked,
        { RetiredMicros: not null } => KeyState.Retired,
        { Material.Length: 0 } => KeyState.Planned,
        _ when !line.Purpose.IsCertified() => KeyState.Active,
        { SignsFromMicros: { } from, SignsUntilMicros: { } until, ValidUntilMicros: { } valid } =>
            now.ToMicros() < from ? KeyState.Planned : now.ToMicros() < until ? KeyState.Active : now.ToMicros() < valid ? KeyState.Retiring : KeyState.Retired,
        _ => KeyState.Planned,
    };

    private static KeyStore OpenLocked(DataFolder folder, KeySettings settings, TimeProvider clock)
    {
        var vault = VaultOf(folder, settings, out var seal);
        KeyFile? file = null;
        try
        {
            file = KeyFile.Open(folder, settings.Passphrase, seal, out var content);
            var store = new KeyStore(folder, settings, vault, file, clock, Holding.Of(content, vault, null));
            store.Complete();
            return store;
        }
        catch (Exception e)
        {
            file?.Dispose();
            vault.Dispose();
            if (e is KeyUnavailableException)
            {
                throw new CannotStartException(e.Message, e);
            }
            throw;
        }
    }

    private static KeyVault VaultOf(DataFolder folder, KeySettings settings, out StoreSeal? seal)
    {
        if (settings.Token is not { } token)
        {
            seal = null;
            return new FileVault();
        }
        var known = KeyFile.KindIn(folder);
        if (known is not (null or SecretKind.Token))
        {
            throw new CannotStartException($"The keys of {KeyFile.PathIn(folder)} lie in the file, but Keys:Pkcs11 is set. Keys do not move into a token: remove the setting, or make a new data folder.");
        }
        var vault = new TokenVault(Token.Open(token), folder.Id);
        try
        {
            seal = vault.Seal(mayMake: known is null);
            return vault;
        }
        catch (KeyUnavailableException e)
        {
            vault.Dispose();
            throw new CannotStartException(e.Message, e);
        }
        catch
        {
            vault.Dispose();
            throw;
        }
    }

    private static KeyEntry EntryOf(StoredKey k, Instant now)
    {
        static Instant? At(long? micros) => micros is { } m ? Clock.FromMicros(m) : null;
        var state = StateOf(k, now);
        return new KeyEntry(k.Id, k.Purpose, k.Algorithm, state, Clock.FromMicros(k.CreatedMicros), At(k.RetiredMicros) ?? (state == KeyState.Retired ? At(k.ValidUntilMicros) : null))
        {
            SignsFrom = At(k.SignsFromMicros),
            SignsUntil = At(k.SignsUntilMicros),
            ValidUntil = At(k.ValidUntilMicros),
            Revoked = At(k.RevokedMicros),
            Destroyed = At(k.DestroyedMicros),
            InToken = k.InToken,
        };
    }

    private static StoreContent Replace(StoreContent content, StoredKey line) => content with { Keys = [.. content.Keys.Select(k => k.Id == line.Id ? line : k)] };

    private KeyEntry Entry(string id) => EntryOf(_now.Lines.Single(k => k.Id == id), _clock.Now());

    /// <exception cref="KeyUnavailableException">A purpose with certificates, and none is valid today.</exception>
    private Key Active(KeyPurpose purpose) => _now.Active.TryGetValue(purpose, out var key) ? key : Certified(purpose);

    private Key? Find(string id)
    {
        if (!_now.Keys.TryGetValue(id, out var key))
        {
            // Another process may have made it since.
            Refresh();
            _now.Keys.TryGetValue(id, out key);
        }
        return key;
    }

    /// <summary>Under both locks, with the latest content: one change of the store, durable before it counts.</summary>
    private T Changing<T>(Func<StoreContent, (StoreContent, T)> change)
    {
        lock (_changing)
        {
            using var _ = KeyFile.LockFolder(_folder);
            Refresh();
            var (content, answer) = change(_now.Content);
            Saved(content);
            return answer;
        }
    }

    private StoreContent Saved(StoreContent content)
    {
        var now = _clock.Now();
        _file.Save(content, content.Keys.Select(k => EntryOf(k, now)));
        _now = Holding.Of(content, _vault, _now);
        return content;
    }

    /// <summary>Makes what is missing: a key for each purpose, and any whose making was interrupted.</summary>
    private void Complete()
    {
        var content = _now.Content;
        var missing = Enum.GetValues<KeyPurpose>().Where(p => !content.Keys.Exists(k => k.Purpose == p && k.DestroyedMicros is null)).Select(NewLine).ToList();
        if (missing.Count == 0 && content.Keys.TrueForAll(k => k.Material.Length > 0 || k.DestroyedMicros is not null))
        {
            return;
        }
        content = content with { Keys = [.. content.Keys, .. missing] };
        if (content.Keys.Exists(k => k.InToken))
        {
            Saved(content);
        }
        Saved(OneActive(content with { Keys = [.. content.Keys.Select(k => k is { Material.Length: 0, DestroyedMicros: null } ? _vault.Make(k) : k)] }));
    }

    /// <summary>Of each purpose without certificates the last made is active, those before it retire; after an interrupted rotation too.</summary>
    private StoreContent OneActive(StoreContent content)
    {
        var last = content.Keys.Where(k => k is { Material.Length: > 0, DestroyedMicros: null }).GroupBy(k => k.Purpose).Select(g => g.Last().Id).ToHashSet(StringComparer.Ordinal);
        var now = _clock.Now().ToMicros();
        return content with
        {
            Keys = [.. content.Keys.Select(k => !k.Purpose.IsCertified() && k is { Material.Length: > 0, RetiredMicros: null, DestroyedMicros: null } && !last.Contains(k.Id)
                ? k with { RetiredMicros = now } : k)],
        };
    }

    /// <summary>The line is saved before a key is made outside the file.</summary>
    private StoredKey Make(StoreContent content, StoredKey line)
    {
        if (line.InToken)
        {
            Saved(content with { Keys = [.. content.Keys, line] });
        }
        return _vault.Make(line);
    }

    // The id tells the purpose at a glance and never repeats, not even over restored folders.
    private StoredKey NewLine(KeyPurpose purpose) =>
        new($"{purpose.Word()}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(5))}", purpose, purpose.Algorithm(), _clock.Now().ToMicros(), null, []) { InToken = _vault.InToken(purpose) };

    /// <summary>A line with its key at work.</summary>
    private sealed class Key(StoredKey line, KeyHolder holder)
    {
        private readonly SigningKey? _public = holder.PublicKey.Length == 0 ? null : holder.Public(line.Id, line.RetiredMicros is null ? KeyState.Active : KeyState.Retired);

        public StoredKey Line => line;
        public KeyHolder Holder => holder;
        public SigningKey Public => _public ?? holder.Public(line.Id, KeyState.Active);

        /// <summary>Of a certified key with its certificate.</summary>
        public SigningCertificate? Certificate { get; } = line is { Certificate: { } certificate, SignsFromMicros: { } from, SignsUntilMicros: { } until, ValidUntilMicros: { } valid }
            ? new SigningCertificate(line.Id, line.Purpose, KeyState.Active, certificate, [certificate], Clock.FromMicros(from), Clock.FromMicros(until), Clock.FromMicros(valid))
            : null;
    }

    /// <summary>The store at one moment. Never changed: replaced whole.</summary>
    private sealed class Holding
    {
        public required StoreContent Content { get; init; }

        public List<StoredKey> Lines => Content.Keys;

        /// <summary>All that are not destroyed or still being made.</summary>
        public required Dictionary<string, Key> Keys { get; init; }

        /// <summary>Of purposes without certificates.</summary>
        public required Dictionary<KeyPurpose, Key> Active { get; init; }

        /// <summary>Those with certificates that are not revoked, the latest first.</summary>
        public required Dictionary<KeyPurpose, Key[]> Certified { get; init; }

        /// <param name="former">Its keys at work are taken over.</param>
        public static Holding Of(StoreContent content, KeyVault vault, Holding? former)
        {
            var keys = new Dictionary<string, Key>(StringComparer.Ordinal);
            foreach (var line in content.Keys.Where(k => k.Material.Length > 0 && k.DestroyedMicros is null))
            {
                var known = former?.Keys.GetValueOrDefault(line.Id);
                keys[line.Id] = known is not null && known.Line == line ? known : new Key(line, known?.Holder ?? vault.Hold(line));
            }
            foreach (var gone in former?.Keys.Values.Where(k => !keys.ContainsKey(k.Line.Id)) ?? [])
            {
                gone.Holder.Dispose();
            }
            return new Holding
            {
                Content = content,
                Keys = keys,
                Active = keys.Values.Where(k => !k.Line.Purpose.IsCertified() && k.Line is { RetiredMicros: null, RevokedMicros: null }).ToDictionary(k => k.Line.Purpose),
                Certified = keys.Values.Where(k => k.Certificate is not null && k.Line.RevokedMicros is null).GroupBy(k => k.Line.Purpose)
                    .ToDictionary(g => g.Key, g => g.OrderByDescending(k => k.Line.SignsFromMicros).ThenByDescending(k => k.Line.Id, StringComparer.Ordinal).ToArray()),
            };
        }
    }
}
