using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Muqeem.Platform.Folder;

namespace Muqeem.Platform.Keys;

/// <summary>
/// <c>keys/keystore.json</c>: a readable inventory, and the same sealed, with the key material of what lies in no token and with the certificates. One file, so that
/// it is replaced at once and cannot be mixed from two times. What counts is the sealed part, which nobody alters unnoticed; the readable one is for people.
/// </summary>
internal sealed class KeyFile : IDisposable
{
    /// <summary>Format 1 had a bare list of keys and no certificates; it is read, and becomes 2 with the first change.</summary>
    private const int Format = 2;

    /// <summary>PBKDF2-SHA-512: about a fifth of a second once per start; a passphrase is what a thief of the folder would guess at.</summary>
    private const int Iterations = 210_000;

    private readonly string _path;
    private readonly Guid _folder;
    private readonly StoreSeal _seal;
    private (DateTime, long) _stamp;

    private KeyFile(string path, Guid folder, StoreSeal seal)
    {
        _path = path;
        _folder = folder;
        _seal = seal;
    }

    /// <summary>Another process replaced the file since it was last read or saved here.</summary>
    public bool HasChanged => Stamp() is var now && now != default && now != _stamp;

    /// <summary>Held while the store is opened, so that two processes starting at once do not both make keys.</summary>
    public static FileStream LockFolder(DataFolder folder)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return new FileStream(Path.Combine(folder.Keys, ".lock"), new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    UnixCreateMode = DurableFile.OwnerOnly,
                });
            }
            catch (IOException) when (attempt < 200)
            {
                Thread.Sleep(25);
            }
            catch (IOException e)
            {
                throw new CannotStartException($"Another process holds the key store in {folder.Keys}.", e);
            }
        }
    }

    public static string PathIn(DataFolder folder) => Path.Combine(folder.Keys, "keystore.json");

    /// <summary>What seals the file; null when there is none yet.</summary>
    public static SecretKind? KindIn(DataFolder folder) => File.Exists(PathIn(folder)) ? Read(PathIn(folder)).Secret : null;

    /// <param name="token">Seals by a key in a token; null: by passphrase or master secret.</param>
    public static KeyFile Open(DataFolder folder, string? passphrase, StoreSeal? token, out StoreContent content)
    {
        var path = PathIn(folder);
        if (!File.Exists(path))
        {
            content = StoreContent.Empty;
            var fresh = RandomNumberGenerator.GetBytes(32);
            return new KeyFile(path, folder.Id, token ?? new SecretSeal(KindOf(passphrase), fresh, Wrapping(folder, passphrase, fresh, mayMake: true)));
        }
        var document = Read(path);
        var kind = token?.Kind ?? KindOf(passphrase);
        if (kind != document.Secret)
        {
            throw new CannotStartException((kind, document.Secret) switch
            {
                (_, SecretKind.Token) => $"The keys of {path} lie in a token: set Keys:Pkcs11:Module, Keys:Pkcs11:Token and Keys:Pkcs11:Pin.",
                (SecretKind.Passphrase, _) => $"The key store {path} was made without a passphrase, but Keys:Passphrase is set. Remove the setting.",
                _ => $"The key store {path} needs its passphrase: set Keys:Passphrase.",
            });
        }
        var file = new KeyFile(path, folder.Id, token ?? new SecretSeal(kind, document.Salt, Wrapping(folder, passphrase, document.Salt, mayMake: false)));
        try
        {
            content = file.Unseal(document);
            return file;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or JsonException)
        {
            file.Dispose();
            var what = kind switch
            {
                SecretKind.Passphrase => "The passphrase",
                SecretKind.Token => "The token",
                _ => $"The secret {folder.MasterSecret}",
            };
            throw new CannotStartException($"{what} does not open the key store {path}, or the file is damaged or of another folder.", e);
        }
    }

    /// <summary>What the file holds now.</summary>
    public StoreContent Reload() => Unseal(Read(_path));

    public void Save(StoreContent content, IEnumerable<KeyEntry> inventory)
    {
        var plain = JsonSerializer.SerializeToUtf8Bytes(content, KeyFileJson.Default.StoreContent);
        try
        {
            var lines = inventory.Select(k => new Line(k.Id, k.Purpose, k.Algorithm, k.State, k.InToken, Text(k.Created)!, Text(k.SignsFrom), Text(k.SignsUntil), Text(k.ValidUntil),
                Text(k.Retired), Text(k.Revoked), Text(k.Destroyed))).ToList();
            var document = new Document(Format, _seal.Kind, _seal.Salt, lines, _seal.Seal(plain, Associated(Format)));
            DurableFile.Write(_path, JsonSerializer.SerializeToUtf8Bytes(document, KeyFileJson.Default.Document));
            _stamp = Stamp();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    public void Dispose() => _seal.Dispose();

    private static SecretKind KindOf(string? passphrase) => string.IsNullOrEmpty(passphrase) ? SecretKind.File : SecretKind.Passphrase;

    private static string? Text(NodaTime.Instant? at) => at is { } instant ? NodaTime.Text.InstantPattern.ExtendedIso.Format(instant) : null;

    private static Document Read(string path)
    {
        Document document;
        try
        {
            document = JsonSerializer.Deserialize(File.ReadAllBytes(path), KeyFileJson.Default.Document) ?? throw new JsonException("empty");
        }
        catch (JsonException e)
        {
            throw new CannotStartException($"The key store {path} is damaged. Restore it from the key backup; do not make a new one: nothing stored could be read again.", e);
        }
        return document is { Format: 1 or Format, Salt: not null, Sealed: not null } ? document
            : throw new CannotStartException($"The key store {path} has format {document.Format}; this program knows formats 1 and {Format}.");
    }

    private StoreContent Unseal(Document document)
    {
        _stamp = Stamp();
        var plain = _seal.Open(document.Sealed, Associated(document.Format));
        try
        {
            return document.Format == 1
                ? new StoreContent(JsonSerializer.Deserialize(plain, KeyFileJson.Default.ListStoredKey)!, [])
                : JsonSerializer.Deserialize(plain, KeyFileJson.Default.StoreContent)!;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private (DateTime, long) Stamp() => new FileInfo(_path) is { Exists: true } file ? (file.LastWriteTimeUtc, file.Length) : default;

    /// <summary>Binds the store to its folder: the keys of a demonstration do not open in a real one by copying a file.</summary>
    private byte[] Associated(int format) => [.. "muqeem/keystore/"u8, (byte)('0' + format), .. _folder.ToByteArray(bigEndian: true)];

    private static byte[] Wrapping(DataFolder folder, string? passphrase, byte[] salt, bool mayMake)
    {
        if (!string.IsNullOrEmpty(passphrase))
        {
            if (passphrase.Length < 12)
            {
                throw new CannotStartException("Keys:Passphrase is too short: at least 12 characters.");
            }
            return Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(passphrase), salt, Iterations, HashAlgorithmName.SHA512, 32);
        }

        var path = folder.MasterSecret;
        if (!File.Exists(path))
        {
            if (!mayMake)
            {
                throw new CannotStartException($"The secret {path} that opens the key store is missing. It is not part of a backup: put it back from where it is kept.");
            }
            DurableFile.Write(path, RandomNumberGenerator.GetBytes(32));
        }
        var secret = File.ReadAllBytes(path);
        if (secret.Length != 32)
        {
            throw new CannotStartException($"The secret {path} is damaged: it must be 32 bytes.");
        }
        if ((File.GetUnixFileMode(path) & ~DurableFile.OwnerOnly) != UnixFileMode.None)
        {
            throw new CannotStartException($"Others can read the secret {path}. Run: chmod 600 {path}");
        }
        var wrapping = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, salt, "muqeem/keystore"u8.ToArray());
        CryptographicOperations.ZeroMemory(secret);
        return wrapping;
    }

    internal sealed record Line(string Id, KeyPurpose Purpose, KeyAlgorithm Algorithm, KeyState State, bool InToken, string Created, string? SignsFrom, string? SignsUntil, string? ValidUntil,
        string? Retired, string? Revoked, string? Destroyed);

    internal sealed record Document(int Format, SecretKind Secret, byte[] Salt, List<Line> Inventory, byte[] Sealed);
}

/// <summary>What seals the key file.</summary>
internal enum SecretKind
{
    File,
    Passphrase,
    Token,
}

/// <summary>AES-256-GCM over the content of the key file.</summary>
internal abstract class StoreSeal : IDisposable
{
    public abstract SecretKind Kind { get; }

    /// <summary>Stands beside the sealed part, in clear.</summary>
    public abstract byte[] Salt { get; }

    public abstract byte[] Seal(ReadOnlySpan<byte> plain, byte[] associated);

    /// <summary>The caller zeroes the result.</summary>
    /// <exception cref="CryptographicException">Altered, or sealed otherwise.</exception>
    public abstract byte[] Open(ReadOnlySpan<byte> content, byte[] associated);

    public virtual void Dispose()
    {
    }

    /// <summary>Nonce ‖ ciphertext ‖ tag.</summary>
    protected static byte[] Seal(byte[] key, ReadOnlySpan<byte> plain, byte[] associated)
    {
        var content = new byte[KeyHolder.NonceLength + plain.Length + KeyHolder.TagLength];
        RandomNumberGenerator.Fill(content.AsSpan(0, KeyHolder.NonceLength));
        using var aes = new AesGcm(key, KeyHolder.TagLength);
        aes.Encrypt(content.AsSpan(0, KeyHolder.NonceLength), plain, content.AsSpan(KeyHolder.NonceLength, plain.Length), content.AsSpan(^KeyHolder.TagLength..), associated);
        return content;
    }

    protected static byte[] Open(byte[] key, ReadOnlySpan<byte> content, byte[] associated)
    {
        if (content.Length < KeyHolder.NonceLength + KeyHolder.TagLength)
        {
            throw new CryptographicException("The sealed part is too short.");
        }
        var plain = new byte[content.Length - KeyHolder.NonceLength - KeyHolder.TagLength];
        using var aes = new AesGcm(key, KeyHolder.TagLength);
        aes.Decrypt(content[..KeyHolder.NonceLength], content[KeyHolder.NonceLength..^KeyHolder.TagLength], content[^KeyHolder.TagLength..], plain, associated);
        return plain;
    }
}

/// <summary>By a key derived from the passphrase or the master secret; zeroed when disposed.</summary>
internal sealed class SecretSeal(SecretKind kind, byte[] salt, byte[] wrapping) : StoreSeal
{
    public override SecretKind Kind => kind;

    public override byte[] Salt => salt;

    public override byte[] Seal(ReadOnlySpan<byte> plain, byte[] associated) => Seal(wrapping, plain, associated);

    public override byte[] Open(ReadOnlySpan<byte> content, byte[] associated) => Open(wrapping, content, associated);

    public override void Dispose() => CryptographicOperations.ZeroMemory(wrapping);
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KeyFile.Document))]
[JsonSerializable(typeof(List<StoredKey>))]
[JsonSerializable(typeof(StoreContent))]
internal sealed partial class KeyFileJson : JsonSerializerContext;
