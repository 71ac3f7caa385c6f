using System.Buffers.Binary;
using System.Text;
using Muqeem.Verifier.Encodings;

namespace Muqeem.Verifier.Journal;

/// <summary>One line under a note.</summary>
/// <param name="Signature">Without the key's id.</param>
public sealed record NoteSignature(string Name, uint KeyId, ReadOnlyMemory<byte> Signature)
{
    /// <summary>When a witness says it saw the checkpoint, in seconds since 1970; only for a line that <see cref="NoteSignatureType.Cosignature"/> verified.</summary>
    public long CosignedAt => BinaryPrimitives.ReadInt64BigEndian(Signature.Span);
}

/// <summary>A signed note (C2SP signed-note): a text and signature lines. Its text counts only after <see cref="Verify"/>.</summary>
public sealed class Note
{
    /// <summary>Room for 16 signatures of the longest kind that is assigned, several times over.</summary>
    public const int LongestNote = 256 * 1024;
    public const int MostSignatures = 128;

    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    private Note(string text, IReadOnlyList<NoteSignature> signatures)
    {
        Text = text;
        Signatures = signatures;
    }

    /// <summary>Ends with a newline.</summary>
    public string Text { get; }

    /// <summary>As they stand there, by whomever.</summary>
    public IReadOnlyList<NoteSignature> Signatures { get; }

    public static Checked<Note> Parse(ReadOnlySpan<byte> note)
    {
        if (note.Length > LongestNote)
        {
            return Reason.NoteTooLong;
        }
        if (!System.Text.Unicode.Utf8.IsValid(note))
        {
            return Reason.NoteMalformed;
        }
        return Parse(StrictUtf8.GetString(note));
    }

    public static Checked<Note> Parse(string note)
    {
        if (note.Length > LongestNote)
        {
            return Reason.NoteTooLong;
        }
        foreach (var c in note)
        {
            if (c < ' ' && c != '\n')
            {
                return Reason.NoteMalformed;
            }
        }
        var split = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0 || split + 2 == note.Length || note[^1] != '\n' || !IsWellFormed(note))
        {
            return Reason.NoteMalformed;
        }
        var signatures = new List<NoteSignature>();
        foreach (var range in note.AsSpan(split + 2, note.Length - split - 3).Split('\n'))
        {
            if (signatures.Count == MostSignatures)
            {
                return Reason.NoteTooLong;
            }
            var line = note.AsSpan(split + 2, note.Length - split - 3)[range];
            if (!line.StartsWith("— ", StringComparison.Ordinal))
            {
                return Reason.NoteMalformed;
            }
            line = line[2..];
            var space = line.IndexOf(' ');
            if (space < 0 || !NoteVerifierKey.IsName(line[..space]) || BaseText.FromBase64(line[(space + 1)..]) is not { Length: > 4 } signature)
            {
                return Reason.NoteMalformed;
            }
            signatures.Add(new NoteSignature(line[..space].ToString(), BinaryPrimitives.ReadUInt32BigEndian(signature), signature.AsMemory(4)));
        }
        return new Note(note[..(split + 1)], signatures);
    }

    /// <summary>The lines by these keys, one for each key that signed. A bad line of a key that is known refuses the note; lines of others are passed over.</summary>
    public Checked<IReadOnlyList<NoteSignature>> Verify(params ReadOnlySpan<NoteVerifierKey> keys)
    {
        var found = new List<NoteSignature>();
        foreach (var line in Signatures)
        {
            foreach (var key in keys)
            {
                if (key.KeyId != line.KeyId || key.Name != line.Name)
                {
                    continue;
                }
                if (!key.Verifies(Text, line.Signature.Span))
                {
                    return Reason.NoteForged;
                }
                if (!found.Exists(f => f.KeyId == line.KeyId && f.Name == line.Name))
                {
                    found.Add(line);
                }
                break;
            }
        }
        return found.Count > 0 ? Checked.Good<IReadOnlyList<NoteSignature>>(found) : Reason.NoteUnsigned;
    }

    /// <summary>Without half surrogates, which have no UTF-8.</summary>
    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                {
                    return false;
                }
                i++;
            }
        }
        return true;
    }
}
