using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Muqeem.Platform.Keys;
using Muqeem.Verifier.Journal;

namespace Muqeem.Platform.Journal;

/// <summary>Signs checkpoints with the installation's key, and knows which keys signed before.</summary>
public sealed class JournalKey(KeyStore keys, JournalOptions options)
{
    /// <summary>The name of the journal. A tree that was given up after a restore took its name with it.</summary>
    public string Origin(int generation) => generation == 1 ? options.Origin : string.Create(CultureInfo.InvariantCulture, $"{options.Origin}/{generation}");

    /// <summary>What verifies the checkpoints, the key now used first.</summary>
    public IReadOnlyList<NoteVerifierKey> Verifiers(string origin) =>
        [.. keys.PublicKeys(KeyPurpose.Journal).Select(key => NoteVerifierKey.Create(origin, NoteSignatureType.Ed25519, key.X))];

    /// <summary>
    /// Signs what is stored already. The text is read back by the verifier's own reader before the key touches it, and the note after.
    /// </summary>
    internal string Sign(string origin, long size, byte[] root)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{origin}\n{size}\n{Convert.ToBase64String(root)}\n");
        if (!Checkpoint.Parse(text).TryGet(out var read, out var reason) || read.Origin != origin || read.Size != size || !read.Root.SequenceEqual(root))
        {
            throw new JournalDamagedException($"A checkpoint was to be signed that is none ({reason}).");
        }
        var verifier = NoteVerifierKey.Create(origin, NoteSignatureType.Ed25519, keys.PublicKey(KeyPurpose.Journal).X);
        var signature = keys.Sign(KeyPurpose.Journal, Encoding.UTF8.GetBytes(text));
        var id = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(id, verifier.KeyId);
        var note = $"{text}\n— {origin} {Convert.ToBase64String([.. id, .. signature])}\n";
        if (Checkpoint.Open(Encoding.UTF8.GetBytes(note), origin, verifier) is var opened && !opened.TryGet(out _, out reason))
        {
            throw new JournalDamagedException($"The checkpoint that was signed does not verify ({reason}).");
        }
        return note;
    }

    /// <summary>The checkpoint in a note of ours, whatever the journal was named then; null when no key of ours signed it.</summary>
    internal Checkpoint? Read(string note)
    {
        var origin = note.Split('\n', 2)[0];
        return origin.Length > 0 && !origin.Any(c => c is '+' or < '!' or > '~')
            && Note.Parse(note).TryGet(out var parsed, out _) && parsed.Verify([.. Verifiers(origin)]).TryGet(out _, out _)
            && Checkpoint.Parse(parsed.Text).TryGet(out var checkpoint, out _)
                ? checkpoint
                : null;
    }
}
