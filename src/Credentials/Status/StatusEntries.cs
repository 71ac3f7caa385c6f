namespace Muqeem.Credentials.Status;

/// <summary>What a status list says of a credential. The numbers are those of the token; a test compares them with the published ones.</summary>
public enum CredentialStatus : byte
{
    Valid = 0,

    /// <summary>Final: revoked, superseded, reported lost. Which, our own pages say; the list does not.</summary>
    Invalid = 1,

    /// <summary>By the authority; it can be lifted.</summary>
    Suspended = 2,

    /// <summary>By the holder, who alone ends it. The first of the numbers that an application may give a meaning.</summary>
    Frozen = 3,
}

/// <summary>The entries of one list, two bits each, the lowest bits of a byte first. Not safe for several threads.</summary>
public sealed class StatusEntries(int size)
{
    /// <summary>Entries of a full list: one among so many tells nobody whose it is.</summary>
    public const int FullSize = 1 << 20;

    private readonly byte[] _bytes = new byte[(size + 3) / 4];

    public int Size => size;

    public ReadOnlySpan<byte> Bytes => _bytes;

    public CredentialStatus this[int index]
    {
        get => (CredentialStatus)((_bytes[Checked(index) >> 2] >> Shift(index)) & 3);
        set => _bytes[Checked(index) >> 2] = (byte)((_bytes[index >> 2] & ~(3 << Shift(index))) | ((byte)value << Shift(index)));
    }

    private int Checked(int index) => index >= 0 && index < size ? index : throw new ArgumentOutOfRangeException(nameof(index));

    private static int Shift(int index) => (index & 3) * 2;
}
