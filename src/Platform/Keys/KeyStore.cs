using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Kernel;
using Muqeem.Platform.Folder;
using Muqeem.Verifier.Cryptography;

namespace Muqeem.Platform.Keys;

/// <summary>
/// All long-lived keys of an installation: one purpose each, made on first run, in one encrypted file. Signs, authenticates and wraps;
/// no private byte leaves it.
/// </summary>
public sealed class KeyStore : IDisposable
{
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private readonly KeyFile _file;
    private readonly TimeProvider _clock;
    private readonly Lock _changing = new();
    private volatile Dictionary<string, Key> _keys;
    private volatile Dictionary<KeyPurpose, Key> _active;

    private KeyStore(KeyFile file, TimeProvider clock, IEnumerable<Key> keys)
    {
        _file = file;
        _clock = clock;
        _keys = keys.ToDictionary(k => k.Entry.Id, StringComparer.Ordinal);
        _active = Active(_keys.Values);
    }

    /// <summary>Opens the key store of the folder; on first run makes it. A purpose that is new to an existing store gets its key.</summary>
    /// <param name="passphrase">What the store is encrypted under; null or empty: a random secret in <see cref="DataFolder.MasterSecret"/>.</param>
    /// <exception cref="CannotStartException">Wrong passphrase, missing secret, or a damaged store.</exception>
    public static KeyStore Open(DataFolder folder, string? passphrase, TimeProvider clock)
    {
        using var _ = KeyFile.LockFolder(folder);
        var file = KeyFile.Open(folder, passphrase, out var stored);
        var keys = stored.Select(s => new Key(s)).ToList();
        var made = false;
        foreach (var purpose in Enum.GetValues<KeyPurpose>())
        {
            if (!keys.Exists(k => k.Entry.Purpose == purpose))
            {
                keys.Add(Make(purpose, clock));
                made = true;
            }
        }
        if (made)
        {
            file.Save(keys.Select(k => k.ToStored()));
        }
        return new KeyStore(file, clock, keys);
    }

    /// <summary>Every key with purpose, state and dates, oldest first.</summary>
    public IReadOnlyList<KeyEntry> Inventory => [.. _keys.Values.Select(k => k.Entry).OrderBy(e => e.Created).ThenBy(e => e.Id, StringComparer.Ordinal)];

    /// <summary>The id of the key now used for new work of this purpose.</summary>
    public string ActiveKey(KeyPurpose purpose) => _active[purpose].Entry.Id;

    /// <summary>64 bytes over <paramref name="data"/>: ES256 (SHA-256, then r‖s) or Ed25519, as the purpose has it.</summary>
    public byte[] Sign(KeyPurpose purpose, ReadOnlySpan<byte> data) => Sign(purpose, data, out _);

    /// <inheritdoc cref="Sign(KeyPurpose, ReadOnlySpan{byte})"/>
    public byte[] Sign(KeyPurpose purpose, ReadOnlySpan<byte> data, out string keyId)
    {
        var key = _active[purpose];
        keyId = key.Entry.Id;
        return key.Sign(data);
    }

    /// <summary>True when <paramref name="signature"/> is by this key, active or retired. An unknown key id is false.</summary>
    public bool Verify(KeyPurpose purpose, string keyId, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        _keys.TryGetValue(keyId, out var key) && key.Entry.Purpose == purpose && key.Verify(data, signature);

    /// <summary>The public half of the active key.</summary>
    public SigningKey PublicKey(KeyPurpose purpose) => _active[purpose].Public();

    /// <summary>The public halves of the active and the retired keys: what a verifier must accept.</summary>
    public IReadOnlyList<SigningKey> PublicKeys(KeyPurpose purpose) =>
        [.. _keys.Values.Where(k => k.Entry.Purpose == purpose).OrderBy(k => k.Entry.State).ThenByDescending(k => k.Entry.Created).Select(k => k.Public())];

    /// <summary>HMAC-SHA256 under the active key, 32 bytes.</summary>
    public byte[] Mac(KeyPurpose purpose, ReadOnlySpan<byte> data)
    {
        var mac = new byte[32];
        Mac(purpose, data, mac);
        return mac;
    }

    /// <summary>HMAC-SHA256 under the active key into 32 bytes.</summary>
    public void Mac(KeyPurpose purpose, ReadOnlySpan<byte> data, Span<byte> mac) => _active[purpose].Mac(data, mac);

    /// <summary>True when <paramref name="mac"/> is by the active or a retired key. Takes the same time wherever they differ.</summary>
    public bool VerifyMac(KeyPurpose purpose, ReadOnlySpan<byte> data, ReadOnlySpan<byte> mac)
    {
        Span<byte> expected = stackalloc byte[32];
        var equal = false;
        foreach (var key in _keys.Values)
        {
            if (key.Entry.Purpose == purpose)
            {
                key.Mac(data, expected);
                equal |= CryptographicOperations.FixedTimeEquals(expected, mac);
            }
        }
        return equal;
    }

    /// <summary>Makes a new active key; the former stays for what it was used on.</summary>
    /// <exception cref="InvalidOperationException">A purpose whose key cannot be replaced.</exception>
    public KeyEntry Rotate(KeyPurpose purpose)
    {
        if (!purpose.CanRotate())
        {
            throw new InvalidOperationException($"The key for {purpose} cannot be rotated: what was written under it is looked up by it.");
        }
        lock (_changing)
        {
            var now = _clock.Now();
            var made = Make(purpose, _clock);
            var keys = _keys.Values
                .Select(k => k.Entry.Purpose == purpose && k.Entry.State == KeyState.Active ? k.Retire(now) : k)
                .Append(made)
                .ToDictionary(k => k.Entry.Id, StringComparer.Ordinal);
            _file.Save(keys.Values.Select(k => k.ToStored()));
            _keys = keys;
            _active = Active(keys.Values);
            return made.Entry;
        }
    }

    /// <summary>Wraps a secret under the active key. Nonce ‖ ciphertext ‖ tag.</summary>
    internal (byte[] Wrapped, string KeyId) Wrap(KeyPurpose purpose, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> associated)
    {
        var key = _active[purpose];
        var wrapped = new byte[NonceLength + secret.Length + TagLength];
        RandomNumberGenerator.Fill(wrapped.AsSpan(0, NonceLength));
        key.Encrypt(wrapped.AsSpan(0, NonceLength), secret, wrapped.AsSpan(NonceLength, secret.Length), wrapped.AsSpan(NonceLength + secret.Length), associated);
        return (wrapped, key.Entry.Id);
    }

    /// <summary>Opens what <see cref="Wrap"/> made. The caller zeroes the result.</summary>
    /// <exception cref="CryptographicException">Another key, another associated data, or damaged.</exception>
    internal byte[] Unwrap(KeyPurpose purpose, string keyId, ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> associated)
    {
        if (!_keys.TryGetValue(keyId, out var key) || key.Entry.Purpose != purpose)
        {
            throw new CryptographicException($"The key store has no key {keyId} for {purpose}.");
        }
        if (wrapped.Length < NonceLength + TagLength)
        {
            throw new CryptographicException("A wrapped secret is too short.");
        }
        var secret = new byte[wrapped.Length - NonceLength - TagLength];
        key.Decrypt(wrapped[..NonceLength], wrapped[NonceLength..^TagLength], wrapped[^TagLength..], secret, associated);
        return secret;
    }

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
        _file.Dispose();
    }

    private static Dictionary<KeyPurpose, Key> Active(IEnumerable<Key> keys) =>
        keys.Where(k => k.Entry.State == KeyState.Active).ToDictionary(k => k.Entry.Purpose);

    private static Key Make(KeyPurpose purpose, TimeProvider clock)
    {
        var algorithm = purpose.Algorithm();
        byte[] material;
        if (algorithm == KeyAlgorithm.EcdsaP256)
        {
            using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            material = ecdsa.ExportPkcs8PrivateKey();
        }
        else
        {
            material = RandomNumberGenerator.GetBytes(32);
        }
        var now = clock.Now();
        // The id tells the purpose at a glance and never repeats, not even over restored folders.
        var id = $"{Word(purpose)}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(5))}";
        return new Key(new StoredKey(id, purpose, algorithm, KeyState.Active, now.ToMicros(), null, material));
    }

    private static string Word(KeyPurpose purpose)
    {
        var word = new StringBuilder();
        foreach (var c in purpose.ToString())
        {
            if (char.IsAsciiLetterUpper(c) && word.Length > 0)
            {
                word.Append('-');
            }
            word.Append(char.ToLowerInvariant(c));
        }
        return word.ToString();
    }

    /// <summary>A key in memory. Owns its material until disposed.</summary>
    private sealed class Key : IDisposable
    {
        // SubjectPublicKeyInfo of an Ed25519 key up to the key itself (RFC 8410).
        private static readonly byte[] Ed25519Prefix = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];

        private readonly byte[] _material;

        // Neither AesGcm nor ECDsa promises to be safe for several threads at once, so each is lent to one at a time.
        private readonly ConcurrentBag<AesGcm> _ciphers = [];
        private readonly ConcurrentBag<ECDsa> _signers = [];
        private readonly SigningKey? _public;

        public Key(StoredKey stored)
        {
            Entry = new KeyEntry(stored.Id, stored.Purpose, stored.Algorithm, stored.State, Clock.FromMicros(stored.CreatedMicros),
                stored.RetiredMicros is { } retired ? Clock.FromMicros(retired) : null);
            _material = stored.Material;
            if (stored.Algorithm == KeyAlgorithm.EcdsaP256)
            {
                var signer = NewSigner();
                var q = signer.ExportParameters(includePrivateParameters: false).Q;
                _public = new SigningKey(stored.Id, stored.State, q.X!, q.Y!, signer.ExportSubjectPublicKeyInfo());
                _signers.Add(signer);
            }
            else if (stored.Algorithm == KeyAlgorithm.Ed25519)
            {
                var raw = Ed25519.PublicKey(_material);
                _public = new SigningKey(stored.Id, stored.State, raw, [], [.. Ed25519Prefix, .. raw]);
            }
        }

        public KeyEntry Entry { get; }

        public StoredKey ToStored() => new(Entry.Id, Entry.Purpose, Entry.Algorithm, Entry.State, Entry.Created.ToMicros(), Entry.Retired?.ToMicros(), _material);

        public Key Retire(NodaTime.Instant now) => new(ToStored() with { State = KeyState.Retired, RetiredMicros = now.ToMicros() });

        public SigningKey Public() => _public ?? throw Misused();

        public byte[] Sign(ReadOnlySpan<byte> data)
        {
            if (Entry.Algorithm == KeyAlgorithm.Ed25519)
            {
                return Ed25519.Sign(_material, data);
            }
            Must(KeyAlgorithm.EcdsaP256);
            var signer = _signers.TryTake(out var free) ? free : NewSigner();
            var signature = signer.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            _signers.Add(signer);
            return signature;
        }

        public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
        {
            if (Entry.Algorithm == KeyAlgorithm.Ed25519)
            {
                return Ed25519.Verify(_public!.X, data, signature);
            }
            Must(KeyAlgorithm.EcdsaP256);
            var signer = _signers.TryTake(out var free) ? free : NewSigner();
            var valid = signer.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            _signers.Add(signer);
            return valid;
        }

        public void Mac(ReadOnlySpan<byte> data, Span<byte> mac)
        {
            Must(KeyAlgorithm.HmacSha256);
            HMACSHA256.HashData(_material, data, mac);
        }

        public void Encrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, Span<byte> cipher, Span<byte> tag, ReadOnlySpan<byte> associated)
        {
            Must(KeyAlgorithm.Aes256Gcm);
            var aes = _ciphers.TryTake(out var free) ? free : new AesGcm(_material, TagLength);
            aes.Encrypt(nonce, plain, cipher, tag, associated);
            _ciphers.Add(aes);
        }

        public void Decrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> tag, Span<byte> plain, ReadOnlySpan<byte> associated)
        {
            Must(KeyAlgorithm.Aes256Gcm);
            var aes = _ciphers.TryTake(out var free) ? free : new AesGcm(_material, TagLength);
            aes.Decrypt(nonce, cipher, tag, plain, associated);
            _ciphers.Add(aes);
        }

        public void Dispose()
        {
            foreach (var aes in _ciphers)
            {
                aes.Dispose();
            }
            foreach (var signer in _signers)
            {
                signer.Dispose();
            }
            CryptographicOperations.ZeroMemory(_material);
        }

        private ECDsa NewSigner()
        {
            var signer = ECDsa.Create();
            signer.ImportPkcs8PrivateKey(_material, out _);
            return signer;
        }

        private void Must(KeyAlgorithm algorithm)
        {
            if (Entry.Algorithm != algorithm)
            {
                throw Misused();
            }
        }

        private InvalidOperationException Misused() => new($"The key for {Entry.Purpose} is {Entry.Algorithm}; it does not do this.");
    }
}

/// <summary>A key as the file holds it, inside the encryption.</summary>
internal sealed record StoredKey(string Id, KeyPurpose Purpose, KeyAlgorithm Algorithm, KeyState State, long CreatedMicros, long? RetiredMicros, byte[] Material);
