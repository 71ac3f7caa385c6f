using System.Text;
using Muqeem.Verifier.Encodings;

namespace Muqeem.Verifier.Journal;

/// <summary>A file that proves offline that an entry is in a journal (C2SP tlog-proof): index, path and signed checkpoint.</summary>
public sealed class TlogProof
{
    public const string FirstLine = "c2sp.org/tlog-proof@v1";
    private const int MostPath = 63;

    private readonly byte[] _checkpoint;

    private TlogProof(byte[]? extra, long index, IReadOnlyList<byte[]> path, byte[] checkpoint)
    {
        Extra = extra;
        Index = index;
        Path = path;
        _checkpoint = checkpoint;
    }

    /// <summary>What the application put there; nothing vouches for it.</summary>
    public ReadOnlyMemory<byte>? Extra { get; }
    public long Index { get; }
    public IReadOnlyList<byte[]> Path { get; }

    /// <summary>The signed note, byte for byte.</summary>
    public ReadOnlySpan<byte> CheckpointNote => _checkpoint;

    public static Checked<TlogProof> Parse(ReadOnlySpan<byte> file)
    {
        if (file.Length > Note.LongestNote)
        {
            return Reason.TlogProofMalformed;
        }
        var split = file.IndexOf("\n\n"u8);
        if (split < 0 || !Ascii.IsValid(file[..split]))
        {
            return Reason.TlogProofMalformed;
        }
        var lines = Encoding.ASCII.GetString(file[..split]).Split('\n');
        if (lines[0] != FirstLine)
        {
            return Reason.TlogProofMalformed;
        }
        var at = 1;
        byte[]? extra = null;
        if (at < lines.Length && lines[at].StartsWith("extra ", StringComparison.Ordinal))
        {
            extra = BaseText.FromBase64(lines[at].AsSpan(6));
            if (extra is null)
            {
                return Reason.TlogProofMalformed;
            }
            at++;
        }
        if (at == lines.Length || !lines[at].StartsWith("index ", StringComparison.Ordinal) || !Checkpoint.TryDecimal(lines[at].AsSpan(6), out var index))
        {
            return Reason.TlogProofMalformed;
        }
        at++;
        if (lines.Length - at > MostPath)
        {
            return Reason.TlogProofMalformed;
        }
        var path = new List<byte[]>(lines.Length - at);
        for (; at < lines.Length; at++)
        {
            if (BaseText.FromBase64(lines[at]) is not { Length: 32 } hash)
            {
                return Reason.TlogProofMalformed;
            }
            path.Add(hash);
        }
        return new TlogProof(extra, index, path, file[(split + 2)..].ToArray());
    }

    /// <summary>Verifies the checkpoint as <see cref="Checkpoint.Open"/> does, and that the leaf is in its tree at <see cref="Index"/>.</summary>
    public Checked<SignedCheckpoint> Verify(ReadOnlySpan<byte> leafHash, string origin, NoteVerifierKey journal, ReadOnlySpan<NoteVerifierKey> witnesses = default, int quorum = 0)
    {
        if (!Checkpoint.Open(_checkpoint, origin, journal, witnesses, quorum).TryGet(out var signed, out var reason))
        {
            return reason;
        }
        return MerkleProof.Includes(leafHash, Index, signed.Checkpoint.Size, Path, signed.Checkpoint.Root) ? signed : Reason.TlogProofNotInTree;
    }
}
