using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Muqeem.Platform.Folder;

namespace Muqeem.Platform.Keys;

/// <summary>
/// <c>keys/keystore.json</c>: a readable inventory, and the same with the key material sealed under the master secret. One file, so that it is
/// replaced at once and cannot be mixed from two times. What counts is the sealed part; the readable one is for people.
/// </summary>
internal sealed class KeyFile : IDisposable
{
    private const int Format = 1;

    /// <summary>PBKDF2-SHA-512: about a fifth of a second once per start; a passphrase is what a thief of the folder would guess at.</summary>
    private const int Iterations = 210_000;

    private readonly string _path;
    private readonly Guid _folder;
    private readonly byte[] _salt;
    private readonly byte[] _wrapping;
    private readonly SecretKind _secret;

    private KeyFile(string path, Guid folder, byte[] salt, byte[] wrapping, SecretKind secret)
    {
        _path = path;
        _folder = folder;
        _salt = salt;
        _wrapping = wrapping;
        _secret = secret;
    }

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

    public static KeyFile Open(DataFolder folder, string? passphrase, out IReadOnlyList<StoredKey> keys)
    {
        var path = Path.Combine(folder.Keys, "keystore.json");
        if (!File.Exists(path))
        {
            var fresh = RandomNumberGenerator.GetBytes(32);
            keys = [];
            return new KeyFile(path, folder.Id, fresh, Wrapping(folder, passphrase, fresh, mayMake: true), string.IsNullOrEmpty(passphrase) ? SecretKind.File : SecretKind.Passphrase);
        }

        Document document;
        try
        {
            document = JsonSerializer.Deserialize(File.ReadAllBytes(path), KeyFileJson.Default.Document) ?? throw new JsonException("empty");
        }
        catch (JsonException e)
        {
            throw new CannotStartException($"The key store {path} is damaged. Restore it from the key backup; do not make a new one: nothing stored could be read again.", e);
        }
        if (document.Format != Format)
        {
            throw new CannotStartException($"The key store {path} has format {document.Format}; this program knows format {Format}.");
        }
        var byPassphrase = !string.IsNullOrEmpty(passphrase);
        if (byPassphrase != (document.Secret == SecretKind.Passphrase))
        {
            throw new CannotStartException(byPassphrase
                ? $"The key store {path} was made without a passphrase, but Keys:Passphrase is set. Remove the setting."
                : $"The key store {path} needs its passphrase: set Keys:Passphrase.");
        }
        var wrapping = Wrapping(folder, passphrase, document.Salt, mayMake: false);
        var file = new KeyFile(path, folder.Id, document.Salt, wrapping, document.Secret);
        var plain = new byte[Math.Max(0, document.Sealed.Length - 28)];
        try
        {
            using var aes = new AesGcm(wrapping, 16);
            aes.Decrypt(document.Sealed.AsSpan(0, 12), document.Sealed.AsSpan(12, plain.Length), document.Sealed.AsSpan(12 + plain.Length), plain, file.Associated());
            keys = JsonSerializer.Deserialize(plain, KeyFileJson.Default.ListStoredKey)!;
            return file;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            file.Dispose();
            throw new CannotStartException(byPassphrase
                ? $"The passphrase does not open the key store {path}, or the file is damaged or of another folder."
                : $"The secret {folder.MasterSecret} does not open the key store {path}, or the file is damaged or of another folder.", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    public void Save(IEnumerable<StoredKey> keys)
    {
        var all = keys.ToList();
        var plain = JsonSerializer.SerializeToUtf8Bytes(all, KeyFileJson.Default.ListStoredKey);
        try
        {
            var content = new byte[12 + plain.Length + 16];
            RandomNumberGenerator.Fill(content.AsSpan(0, 12));
            using (var aes = new AesGcm(_wrapping, 16))
            {
                aes.Encrypt(content.AsSpan(0, 12), plain, content.AsSpan(12, plain.Length), content.AsSpan(12 + plain.Length), Associated());
            }
            var inventory = all.Select(k => new Line(k.Id, k.Purpose, k.Algorithm, k.State,
                NodaTime.Text.InstantPattern.ExtendedIso.Format(Kernel.Clock.FromMicros(k.CreatedMicros)),
                k.RetiredMicros is { } r ? NodaTime.Text.InstantPattern.ExtendedIso.Format(Kernel.Clock.FromMicros(r)) : null)).ToList();
            var document = new Document(Format, _secret, _salt, inventory, content);
            DurableFile.Write(_path, JsonSerializer.SerializeToUtf8Bytes(document, KeyFileJson.Default.Document));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_wrapping);

    /// <summary>Binds the store to its folder: the keys of a demonstration do not open in a real one by copying a file.</summary>
    private byte[] Associated() => [.. "muqeem/keystore/1"u8, .. _folder.ToByteArray(bigEndian: true)];

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

    internal enum SecretKind
    {
        File,
        Passphrase,
    }

    internal sealed record Line(string Id, KeyPurpose Purpose, KeyAlgorithm Algorithm, KeyState State, string Created, string? Retired);

    internal sealed record Document(int Format, SecretKind Secret, byte[] Salt, List<Line> Inventory, byte[] Sealed);
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(KeyFile.Document))]
[JsonSerializable(typeof(List<StoredKey>))]
internal sealed partial class KeyFileJson : JsonSerializerContext;
