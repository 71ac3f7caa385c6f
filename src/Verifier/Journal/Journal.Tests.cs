using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Verifier.Cryptography;

namespace Muqeem.Verifier.Journal;

/// <summary>Against the examples that C2SP prints, and notes and trees made here by the definitions.</summary>
public class JournalTests
{
    private const string ExampleKey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    private const string ExampleNote = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    private const string Origin = "muqeem.example/journal";
    private const string EmptyRoot = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    private static readonly byte[] Seed = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly byte[] WitnessSeed = [.. Enumerable.Range(101, 32).Select(i => (byte)i)];
    private static readonly NoteVerifierKey Key = NoteVerifierKey.Create(Origin, NoteSignatureType.Ed25519, Ed25519.PublicKey(Seed));
    private static readonly NoteVerifierKey Witness = NoteVerifierKey.Create("witness.example", NoteSignatureType.Cosignature, Ed25519.PublicKey(WitnessSeed));

    [Fact]
    public void The_example_of_the_specification_is_verified_by_its_key()
    {
        var key = NoteVerifierKey.Parse(ExampleKey).Value;
        Assert.Equal(ExampleKey, key.ToString());
        Assert.Equal("example.com/foo", key.Name);
        Assert.Equal(0x530d903au, key.KeyId);
        var note = Note.Parse(Encoding.UTF8.GetBytes(ExampleNote)).Value;
        Assert.Equal("This is an example message.\n", note.Text);
        Assert.Single(note.Verify(key).Value);
    }

    [Fact]
    public void The_example_of_a_checkpoint_reads_as_printed()
    {
        var note = Note.Parse("example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n").Value;
        var checkpoint = Checkpoint.Parse(note.Text).Value;
        Assert.Equal(("example.com/behind-the-sofa", 20852163L), (checkpoint.Origin, checkpoint.Size));
        Assert.Equal(1679315147, note.Signatures[1].CosignedAt);
    }

    [Theory]
    [InlineData("")]
    [InlineData("text\n")]
    [InlineData("text\n\n")]
    [InlineData("text\n\n— name QUJDREVGRw==")]
    [InlineData("text\n\n- name QUJDREVGRw==\n")]
    [InlineData("text\n\n— name QUJDREVGRw\n")]
    [InlineData("text\n\n— name QUJDREVGRx==\n")]
    [InlineData("text\n\n— name QUJD RA==\n")]
    [InlineData("text\n\n— name QUJDRA==\n")]
    [InlineData("text\n\n— na+me QUJDREVGRw==\n")]
    [InlineData("text\n\n— na\u00a0me QUJDREVGRw==\n")]
    [InlineData("text\n\n—  QUJDREVGRw==\n")]
    [InlineData("te\txt\n\n— name QUJDREVGRw==\n")]
    [InlineData("te\rxt\n\n— name QUJDREVGRw==\n")]
    [InlineData("te\ud800xt\n\n— name QUJDREVGRw==\n")]
    public void What_is_not_a_note_is_refused(string note) => Assert.Equal(Reason.NoteMalformed, Note.Parse(note).Reason);

    [Fact]
    public void A_note_that_is_not_UTF_8_or_too_long_is_refused()
    {
        byte[] note = [.. "te"u8, 0xff, .. "xt\n\n— name QUJDREVGRw==\n"u8];
        Assert.Equal(Reason.NoteMalformed, Note.Parse(note).Reason);
        Assert.Equal(Reason.NoteTooLong, Note.Parse(new byte[Note.LongestNote + 1]).Reason);
        Assert.Equal(Reason.NoteTooLong, Note.Parse(new string('a', Note.LongestNote + 1)).Reason);
        Assert.Equal(Reason.NoteTooLong, Note.Parse("text\n\n" + string.Concat(Enumerable.Repeat("— name QUJDREVGRw==\n", Note.MostSignatures + 1))).Reason);
        Assert.True(Note.Parse("text\n\n" + string.Concat(Enumerable.Repeat("— name QUJDREVGRw==\n", Note.MostSignatures))).Ok);
    }

    [Fact]
    public void A_note_of_another_text_is_forged_and_one_of_another_key_unsigned()
    {
        var key = NoteVerifierKey.Parse(ExampleKey).Value;
        Assert.Equal(Reason.NoteForged, Note.Parse(ExampleNote.Replace("example m", "exemple m")).Value.Verify(key).Reason);
        Assert.Equal(Reason.NoteUnsigned, Note.Parse(ExampleNote).Value.Verify(Key).Reason);
        Assert.Equal(Reason.NoteUnsigned, Note.Parse(ExampleNote).Value.Verify().Reason);
    }

    [Fact]
    public void One_key_counts_once_however_often_it_signed()
    {
        var text = Text(3, Root(3));
        var note = text + "\n" + Line(Key, Seed, text) + Line(Witness, WitnessSeed, text, 5) + Line(Witness, WitnessSeed, text, 6);
        Assert.Equal(2, Note.Parse(note).Value.Verify(Key, Witness).Value.Count);
    }

    [Theory]
    [InlineData("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", Reason.NoteKeyIdWrong)]
    [InlineData("example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", Reason.NoteKeyIdWrong)]
    [InlineData("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", Reason.NoteKeyMalformed)]
    [InlineData("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2", Reason.NoteKeyMalformed)]
    [InlineData("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv", Reason.NoteKeyMalformed)]
    [InlineData("example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", Reason.NoteKeyTypeUnknown)]
    [InlineData("example.com foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", Reason.NoteKeyMalformed)]
    [InlineData("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", Reason.NoteKeyMalformed)]
    [InlineData("example.com/foo", Reason.NoteKeyMalformed)]
    [InlineData("example.com/foo+530d903a+", Reason.NoteKeyMalformed)]
    public void A_key_that_is_not_in_its_one_form_is_refused(string vkey, Reason reason) => Assert.Equal(reason, NoteVerifierKey.Parse(vkey).Reason);

    [Fact]
    public void A_key_is_not_made_of_a_wrong_name_or_length()
    {
        Assert.Throws<ArgumentException>(() => NoteVerifierKey.Create("two words", NoteSignatureType.Ed25519, new byte[32]));
        Assert.Throws<ArgumentException>(() => NoteVerifierKey.Create("name", NoteSignatureType.Ed25519, new byte[31]));
        Assert.Throws<ArgumentException>(() => NoteVerifierKey.Create("name", (NoteSignatureType)2, new byte[32]));
    }

    [Theory]
    [InlineData("origin\n1\nxxxx\n")]
    [InlineData("origin\n1\n")]
    [InlineData("origin\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    [InlineData("origin\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
    [InlineData("origin\n+1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
    [InlineData("origin\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
    [InlineData("origin\n9223372036854775808\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
    [InlineData("\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
    [InlineData("origin\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n")]
    [InlineData("origin\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\nmore\n")]
    [InlineData("origin\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n")]
    public void What_is_not_a_checkpoint_is_refused(string text) => Assert.Equal(Reason.CheckpointMalformed, Checkpoint.Parse(text).Reason);

    [Fact]
    public void The_head_of_an_empty_journal_and_lines_after_the_root_are_read()
    {
        Assert.Equal(0, Checkpoint.Parse($"origin\n0\n{EmptyRoot}\n").Value.Size);
        Assert.Equal(["more"], Checkpoint.Parse($"origin\n0\n{EmptyRoot}\nmore\n").Value.Extensions);
    }

    [Fact]
    public void A_checkpoint_opens_with_the_journals_key_and_enough_witnesses()
    {
        var text = Text(3, Root(3));
        var note = Encoding.UTF8.GetBytes(text + "\n" + Line(Key, Seed, text) + Line(Witness, WitnessSeed, text, 1_800_000_000));
        var signed = Checkpoint.Open(note, Origin, Key, [Witness], 1).Value;
        Assert.Equal(3, signed.Checkpoint.Size);
        Assert.Equal(1_800_000_000, Assert.Single(signed.Cosignatures).CosignedAt);
        Assert.Equal(Reason.CheckpointOriginWrong, Checkpoint.Open(note, "another", Key).Reason);
        Assert.Equal(Reason.CheckpointWitnessesMissing, Checkpoint.Open(note, Origin, Key, [], 1).Reason);
        Assert.Equal(Reason.CheckpointWitnessesMissing, Checkpoint.Open(note, Origin, Key, [NoteVerifierKey.Parse(ExampleKey).Value], 1).Reason);
        Assert.Equal(Reason.NoteUnsigned, Checkpoint.Open(note, Origin, NoteVerifierKey.Parse(ExampleKey).Value).Reason);

        // A time that the witness did not sign.
        var later = Line(Witness, WitnessSeed, text, 1_800_000_000).Split(' ')[2].Trim();
        var bytes = Convert.FromBase64String(later);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(4), 1_800_000_001);
        var moved = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(note).Replace(later, Convert.ToBase64String(bytes)));
        Assert.Equal(Reason.NoteForged, Checkpoint.Open(moved, Origin, Key, [Witness]).Reason);
        Assert.True(Checkpoint.Open(moved, Origin, Key).Ok);

        // Signed, and no checkpoint.
        Assert.Equal(Reason.CheckpointMalformed, Checkpoint.Open(Encoding.UTF8.GetBytes("hello\n\n" + Line(Key, Seed, "hello\n")), Origin, Key).Reason);
    }

    [Fact]
    public void Every_leaf_of_every_small_tree_is_proved_and_no_other()
    {
        for (var size = 1; size <= 20; size++)
        {
            var root = Root(size);
            for (var index = 0; index < size; index++)
            {
                var path = Path(index, 0, size);
                Assert.True(MerkleProof.Includes(Leaf(index), index, size, path, root));
                Assert.False(MerkleProof.Includes(Leaf(index + 1), index, size, path, root));
                Assert.False(MerkleProof.Includes(Leaf(index), index, size, [.. path, new byte[32]], root));
                Assert.False(MerkleProof.Includes(Leaf(index), index, size, path, Root(size + 1)));
                for (var other = -1; other <= size; other++)
                {
                    Assert.Equal(other == index, MerkleProof.Includes(Leaf(index), other, size, path, root));
                }
                if (path.Count > 0)
                {
                    Assert.False(MerkleProof.Includes(Leaf(index), index, size, path[1..], root));
                    Assert.False(MerkleProof.Includes(Leaf(index), index, size, [path[0][1..], .. path[1..]], root));
                }
            }
        }
    }

    [Fact]
    public void Every_small_tree_extends_those_before_it_and_no_other()
    {
        for (var larger = 0; larger <= 20; larger++)
        {
            for (var smaller = 0; smaller <= larger; smaller++)
            {
                var proof = smaller == 0 || smaller == larger ? [] : Consistency(smaller, 0, larger, true);
                Assert.True(MerkleProof.Extends(smaller, Root(smaller), larger, Root(larger), proof));
                Assert.False(MerkleProof.Extends(smaller, Root(smaller), larger, Root(larger + 1), proof));
                Assert.False(MerkleProof.Extends(smaller, Root(smaller + 1), larger, Root(larger), proof));
                Assert.False(MerkleProof.Extends(larger + 1, Root(larger + 1), larger, Root(larger), proof));
                Assert.False(MerkleProof.Extends(smaller, Root(smaller), larger, Root(larger), [.. proof, new byte[32]]));
                if (proof.Count > 0)
                {
                    Assert.False(MerkleProof.Extends(smaller, Root(smaller), larger, Root(larger), proof[1..]));
                    Assert.False(MerkleProof.Extends(smaller, Root(smaller), larger, Root(larger), []));
                }
            }
        }
    }

    [Fact]
    public void A_proof_file_shows_that_an_entry_is_in_the_journal()
    {
        var file = ProofFile(5, 11);
        var proof = TlogProof.Parse(file).Value;
        Assert.Equal(5, proof.Index);
        Assert.Equal("more", Encoding.ASCII.GetString(proof.Extra!.Value.Span));
        Assert.Equal(11, proof.Verify(Leaf(5), Origin, Key, [Witness], 1).Value.Checkpoint.Size);
        Assert.Equal(Reason.TlogProofNotInTree, proof.Verify(Leaf(6), Origin, Key).Reason);
        Assert.Equal(Reason.CheckpointOriginWrong, proof.Verify(Leaf(5), "another", Key).Reason);
        Assert.Equal(Reason.NoteUnsigned, proof.Verify(Leaf(5), Origin, Witness).Reason);
    }

    [Theory]
    [InlineData("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2")]
    [InlineData("extra bW9yZQ==", "extra bW9yZQ")]
    [InlineData("extra bW9yZQ==", "Extra bW9yZQ==")]
    [InlineData("extra bW9yZQ==\nindex 5", "index 5\nextra bW9yZQ==")]
    [InlineData("index 5", "index 05")]
    [InlineData("index 5", "index -5")]
    [InlineData("index 5\n", "")]
    [InlineData("index 5\n", "index 5\nAAAA\n")]
    [InlineData("index 5\n", "index 5\n\u00e9\n")]
    [InlineData("\n\n", "\n")]
    public void A_proof_file_in_any_other_form_is_refused(string find, string put)
    {
        var changed = Encoding.UTF8.GetString(ProofFile(5, 11)).Replace(find, put);
        Assert.Equal(Reason.TlogProofMalformed, TlogProof.Parse(Encoding.UTF8.GetBytes(changed)).Reason);
    }

    [Fact]
    public void A_proof_file_that_is_longer_than_any_real_one_is_refused()
    {
        Assert.Equal(Reason.TlogProofMalformed, TlogProof.Parse(new byte[Note.LongestNote + 1]).Reason);
        var path = string.Concat(Enumerable.Repeat(EmptyRoot + "\n", 64));
        Assert.Equal(Reason.TlogProofMalformed, TlogProof.Parse(Encoding.UTF8.GetBytes($"{TlogProof.FirstLine}\nindex 5\n{path}\nrest")).Reason);
    }

    private static byte[] ProofFile(int index, int size)
    {
        var text = Text(size, Root(size));
        var path = string.Concat(Path(index, 0, size).Select(h => Convert.ToBase64String(h) + "\n"));
        return Encoding.UTF8.GetBytes($"{TlogProof.FirstLine}\nextra bW9yZQ==\nindex {index}\n{path}\n{text}\n{Line(Key, Seed, text)}{Line(Witness, WitnessSeed, text, 1_800_000_000)}");
    }

    private static string Text(int size, byte[] root) => $"{Origin}\n{size}\n{Convert.ToBase64String(root)}\n";

    private static string Line(NoteVerifierKey key, byte[] seed, string text, long time = 0)
    {
        var id = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(id, key.KeyId);
        var at = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(at, time);
        byte[] signature = key.Type == NoteSignatureType.Ed25519
            ? Ed25519.Sign(seed, Encoding.UTF8.GetBytes(text))
            : [.. at, .. Ed25519.Sign(seed, Encoding.UTF8.GetBytes($"cosignature/v1\ntime {time}\n{text}"))];
        return $"— {key.Name} {Convert.ToBase64String([.. id, .. signature])}\n";
    }

    private static byte[] Leaf(int index) => SHA256.HashData([0, .. Encoding.ASCII.GetBytes($"entry {index}")]);

    private static byte[] Root(int size) => size == 0 ? SHA256.HashData([]) : Root(0, size);

    /// <summary>MTH of RFC 6962, 2.1.</summary>
    private static byte[] Root(int from, int to)
    {
        if (to - from == 1)
        {
            return Leaf(from);
        }
        var split = from + Split(to - from);
        return SHA256.HashData([1, .. Root(from, split), .. Root(split, to)]);
    }

    /// <summary>PATH of RFC 6962, 2.1.1.</summary>
    private static List<byte[]> Path(int index, int from, int to)
    {
        if (to - from == 1)
        {
            return [];
        }
        var split = from + Split(to - from);
        return index < split ? [.. Path(index, from, split), Root(split, to)] : [.. Path(index, split, to), Root(from, split)];
    }

    /// <summary>SUBPROOF of RFC 6962, 2.1.2.</summary>
    private static List<byte[]> Consistency(int size, int from, int to, bool whole)
    {
        if (size == to)
        {
            return whole ? [] : [Root(from, to)];
        }
        var split = from + Split(to - from);
        return size <= split ? [.. Consistency(size, from, split, whole), Root(split, to)] : [.. Consistency(size, split, to, false), Root(from, split)];
    }

    /// <summary>The largest power of two below a number.</summary>
    private static int Split(int size)
    {
        var power = 1;
        while (power * 2 < size)
        {
            power *= 2;
        }
        return power;
    }
}
