using System.Globalization;
using System.Security.Cryptography;
using Muqeem.Verifier.Encodings;

namespace Muqeem.Verifier.Journal;

/// <summary>The head of a journal's tree (C2SP tlog-checkpoint): whose, how many leaves, which root.</summary>
public sealed class Checkpoint
{
    private static readonly byte[] EmptyRoot = SHA256.HashData([]);

    private readonly byte[] _root;

    private Checkpoint(string origin, long size, byte[] root, IReadOnlyList<string> extensions)
    {
        Origin = origin;
        Size = size;
        _root = root;
        Extensions = extensions;
    }

    public string Origin { get; }
    public long Size { get; }

    /// <summary>32 bytes.</summary>
    public ReadOnlySpan<byte> Root => _root;

    /// <summary>Lines after the root, which say nothing to us.</summary>
    public IReadOnlyList<string> Extensions { get; }

    /// <summary>Reads a note's text. What it says counts only when the note was verified: <see cref="Open"/>.</summary>
    public static Checked<Checkpoint> Parse(string text)
    {
        if (text.Length > Note.LongestNote || !text.EndsWith('\n'))
        {
            return Reason.CheckpointMalformed;
        }
        var lines = text[..^1].Split('\n');
        if (lines.Length < 3 || Array.Exists(lines, l => l.Length == 0) || !TryDecimal(lines[1], out var size) || BaseText.FromBase64(lines[2]) is not { Length: 32 } root)
        {
            return Reason.CheckpointMalformed;
        }
        if (size == 0 && !root.AsSpan().SequenceEqual(EmptyRoot))
        {
            return Reason.CheckpointMalformed;
        }
        return new Checkpoint(lines[0], size, root, lines[3..]);
    }

    /// <summary>Reads and verifies a checkpoint: of this origin, signed by the journal, and by as many different witnesses as asked.</summary>
    /// <param name="quorum">How many of <paramref name="witnesses"/> must have signed; 0 is none.</param>
    public static Checked<SignedCheckpoint> Open(ReadOnlySpan<byte> note, string origin, NoteVerifierKey journal, ReadOnlySpan<NoteVerifierKey> witnesses = default, int quorum = 0)
    {
        if (!Note.Parse(note).TryGet(out var parsed, out var reason))
        {
            return reason;
        }
        if (!parsed.Verify(journal).TryGet(out _, out reason))
        {
            return reason;
        }
        IReadOnlyList<NoteSignature> cosignatures = [];
        if (witnesses.Length > 0)
        {
            if (parsed.Verify(witnesses).TryGet(out var found, out reason))
            {
                cosignatures = found;
            }
            else if (reason != Reason.NoteUnsigned)
            {
                return reason;
            }
        }
        if (cosignatures.Count < quorum)
        {
            return Reason.CheckpointWitnessesMissing;
        }
        if (!Parse(parsed.Text).TryGet(out var checkpoint, out reason))
        {
            return reason;
        }
        return checkpoint.Origin == origin ? new SignedCheckpoint(checkpoint, parsed, cosignatures) : Reason.CheckpointOriginWrong;
    }

    /// <summary>A decimal number in its one form: no sign, no leading zero, below 2^63.</summary>
    internal static bool TryDecimal(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && (text[0] != '0' || text.Length == 1) && !text.ContainsAnyExceptInRange('0', '9');
}

/// <summary>A checkpoint whose signatures were verified.</summary>
/// <param name="Cosignatures">Of the witnesses that were asked about, one each.</param>
public sealed record SignedCheckpoint(Checkpoint Checkpoint, Note Note, IReadOnlyList<NoteSignature> Cosignatures);
