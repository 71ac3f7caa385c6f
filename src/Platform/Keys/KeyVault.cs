namespace Muqeem.Platform.Keys;

/// <summary>Where keys are made and lie: in the encrypted file, or in a token.</summary>
internal abstract class KeyVault : IDisposable
{
    /// <summary>True when a key made here for this purpose would lie in the token.</summary>
    public abstract bool InToken(KeyPurpose purpose);

    /// <summary>
    /// Makes the key of a line that has none yet and returns the line with it. A line is saved before its key is made, so that no key exists which the
    /// inventory does not name; asked again after a crash in between, the key that was made is found.
    /// </summary>
    public abstract StoredKey Make(StoredKey line);

    /// <exception cref="Folder.CannotStartException">The key is not where the line says.</exception>
    public abstract KeyHolder Hold(StoredKey line);

    /// <summary>Destroys what lies outside the file.</summary>
    public abstract void Destroy(StoredKey line);

    /// <summary>Ids of the keys of this folder that lie outside the file, to compare with the inventory.</summary>
    public abstract IReadOnlySet<string> Content();

    public virtual void Dispose()
    {
    }
}

/// <summary>Every key inside the encrypted file.</summary>
internal sealed class FileVault : KeyVault
{
    public override bool InToken(KeyPurpose purpose) => false;

    public override StoredKey Make(StoredKey line) => line with { Material = MemoryHolder.NewMaterial(line.Algorithm) };

    public override KeyHolder Hold(StoredKey line) => line.InToken
        ? throw new Folder.CannotStartException($"The key {line.Id} lies in a token: set Keys:Pkcs11.")
        : new MemoryHolder(line.Algorithm, line.Material);

    public override void Destroy(StoredKey line)
    {
    }

    public override IReadOnlySet<string> Content() => System.Collections.Frozen.FrozenSet<string>.Empty;
}

/// <summary>A key as the file holds it, inside the encryption.</summary>
/// <param name="Material">The key itself; of one in a token its public half. Empty while it is being made, and once it is destroyed.</param>
internal sealed record StoredKey(string Id, KeyPurpose Purpose, KeyAlgorithm Algorithm, long CreatedMicros, long? RetiredMicros, byte[] Material)
{
    public bool InToken { get; init; }
    public byte[]? Certificate { get; init; }
    public long? SignsFromMicros { get; init; }
    public long? SignsUntilMicros { get; init; }
    public long? ValidUntilMicros { get; init; }
    public long? RevokedMicros { get; init; }
    public string? RevocationReason { get; init; }
    public long? DestroyedMicros { get; init; }
}

/// <summary>A root and its latest revocation list, DER.</summary>
internal sealed record StoredRoot(byte[] Certificate, byte[]? RevocationList);

/// <summary>All that the sealed part of the file holds.</summary>
internal sealed record StoreContent(List<StoredKey> Keys, List<StoredRoot> Roots)
{
    public static StoreContent Empty { get; } = new([], []);
}
