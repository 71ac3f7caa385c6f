using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Muqeem.Verifier.Cryptography;
using Muqeem.Verifier.Journal;

namespace Muqeem.Verifier.Receipts;

/// <summary>Makes receipts by the definitions, with encoders of its own: the act, its rows and manifest, the entry, the tree of a journal and its checkpoint.</summary>
internal sealed class TestReceipt
{
    private static readonly byte[] Seed = [.. Enumerable.Range(7, 32).Select(i => (byte)i)];
    private static readonly byte[] WitnessSeed = [.. Enumerable.Range(70, 32).Select(i => (byte)i)];
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static readonly NoteVerifierKey Journal = NoteVerifierKey.Create("muqeem.example/journal", NoteSignatureType.Ed25519, Ed25519.PublicKey(Seed));
    public static readonly NoteVerifierKey Witness = NoteVerifierKey.Create("witness.example/w1", NoteSignatureType.Cosignature, Ed25519.PublicKey(WitnessSeed));
    public static readonly Minted.Leaf Signer = Minted.Shared.Signer(Minted.Purposes.Receipt);

    public static readonly Guid Case = Guid.Parse("01990000-0000-7000-8000-0000000000c1");
    public static readonly Guid Act = Guid.Parse("01990000-0000-7000-8000-0000000000a1");
    public static readonly Guid Bill = Guid.Parse("01990000-0000-7000-8000-0000000000b1");
    public static readonly Guid Document = Guid.Parse("01990000-0000-7000-8000-0000000000d1");
    public static readonly DateTimeOffset At = Minted.Now.AddDays(-3).AddTicks(1_234_560);

    private readonly List<byte> _manifest = [];
    private readonly List<byte[]> _rows = [];

    /// <param name="number">Another number, another act.</param>
    public TestReceipt(byte number = 1)
    {
        Salt = [.. Enumerable.Repeat(number, 16)];
    }

    public byte[] Salt { get; }

    /// <summary>The columns of the act's row.</summary>
    public object?[] ActRow { get; set; } =
    [
        Act, Guid.Parse("01990000-0000-7000-8000-0000000000e1"), new byte[32], "review.send", "System", "deadlines", null, null, Micros(At.AddTicks(-70)), Guid.Parse("01990000-0000-7000-8000-0000000000f1"), Case, null,
        "ID.ISSUE.SELF/1@7", $"{Case} ABCD2345",
    ];

    /// <summary>What is stated, without journal and signature.</summary>
    public JsonObject Statement { get; private init; } = new();

    public byte[]? Letter { get; set; }

    public JsonObject Decision => Statement["decision"]!.AsObject();

    /// <summary>The officer refuses, in a letter; a fact and a comparison are of the same act.</summary>
    public static TestReceipt Refused(byte number = 1)
    {
        byte[] letter = [.. Enumerable.Repeat((byte)9, 16), .. Encoding.UTF8.GetBytes("""{"items":["nameArabic"],"text":"لم يثبت أنك صاحب السجل. \"It is not shown.\""}""")];
        var receipt = new TestReceipt(number) { Letter = letter, Statement = State("refused", "officer", "UNDER_REVIEW", "REFUSED") };
        receipt.Decision["reasons"] = new JsonArray(new JsonObject { ["code"] = "refuse.identity_not_shown", ["text"] = Words("Not shown") });
        receipt.Decision["letter"] = new JsonObject { ["text"] = "لم يثبت أنك صاحب السجل. \"It is not shown.\"", ["items"] = new JsonArray("nameArabic") };
        receipt.Statement["deadlines"] = new JsonArray(new JsonObject { ["kind"] = "objection", ["days"] = 60, ["until"] = Time(At.AddDays(60)) });
        receipt.Wrote("case_head", 3, [Case, 5L], [Case, 5L, "x"], false);
        receipt.Event("refuse", "UNDER_REVIEW", "REFUSED", "Officer", "refuse.identity_not_shown", new SealedCommitment(SHA256.HashData(letter)));
        receipt.Wrote("case_fact", 0, ["medical"], [Case, "medical", 1L, "found", "medical", "r-1", Micros(At), Micros(At.AddHours(-1)), Micros(At.AddDays(1)), 1L, new SealedCommitment(SHA256.HashData("value"u8))]);
        receipt.Wrote("case_comparison", 0, ["name_arabic"], [Case, 1L, "name_arabic", "EqualAfterFolding", "alien_register", Micros(At.AddHours(-1))]);
        return receipt;
    }

    /// <summary>Nothing stood against it: it is to be paid.</summary>
    public static TestReceipt Approved()
    {
        var receipt = new TestReceipt { Statement = State("approved", "rules", "DRAFT", "AWAITING_PAYMENT") };
        receipt.Statement["deadlines"] = new JsonArray(new JsonObject { ["kind"] = "payment", ["until"] = Time(At.AddDays(30)) });
        receipt.Facts();
        receipt.Event("submit", "DRAFT", "DRAFT", "Resident");
        receipt.Event("bill", "DRAFT", "AWAITING_PAYMENT", "System");
        receipt.Wrote("deadline", 1, [Case, "state"], [Case, "state", Micros(At.AddDays(30)), "ID.ISSUE.SELF/1@7"]);
        return receipt;
    }

    /// <summary>The ID was issued.</summary>
    public static TestReceipt Granted()
    {
        var receipt = new TestReceipt { Statement = State("granted", "rules", "AWAITING_PAYMENT", "ISSUED") };
        receipt.Statement["documents"] = new JsonArray(Document.ToString());
        receipt.Facts();
        receipt.Event("execute", "AWAITING_PAYMENT", "ISSUED", "System");
        receipt.Wrote("document", 3, [Document, 1L], [Document, 1L], false);
        return receipt;
    }

    /// <summary>Facts and comparisons of an act before this one.</summary>
    private void Facts()
    {
        Statement["facts"]!.AsArray()[0]!["fetched_at"] = Time(At.AddHours(-2));
    }

    private static JsonObject State(string outcome, string by, string from, string to) => new()
    {
        ["receipt"] = Receipt.Form,
        ["issuer"] = "https://muqeem.example",
        ["specimen"] = true,
        ["signed_at"] = Time(Minted.Now.AddHours(-1)),
        ["case"] = new JsonObject { ["id"] = Case.ToString(), ["reference"] = "ABCD2345" },
        ["service"] = new JsonObject { ["code"] = "ID.ISSUE.SELF", ["name"] = Words("First ID") },
        ["decision"] = new JsonObject
        {
            ["act"] = Act.ToString(),
            ["verb"] = "review.send",
            ["at"] = Time(At),
            ["outcome"] = outcome,
            ["outcome_text"] = Words(outcome),
            ["from"] = from,
            ["to"] = to,
            ["objection"] = false,
            ["by"] = by,
            ["by_text"] = Words(by),
            ["reasons"] = new JsonArray(),
        },
        ["rules"] = new JsonObject { ["rule_set"] = "ID.ISSUE.SELF/1", ["policy"] = "7" },
        ["facts"] = new JsonArray(new JsonObject
        {
            ["name"] = "medical",
            ["source"] = "medical",
            ["source_text"] = Words("the medical record"),
            ["request_id"] = "r-1",
            ["fetched_at"] = Time(At),
            ["as_of"] = Time(At.AddHours(-1)),
            ["valid_until"] = Time(At.AddDays(1)),
            ["value"] = new JsonObject { ["tested"] = true, ["fit"] = true, ["on"] = null },
        }),
        ["comparisons"] = new JsonArray(new JsonObject { ["field"] = "name_arabic", ["typed"] = "أحمد", ["recorded"] = "احمد", ["source"] = "alien_register", ["as_of"] = Time(At.AddHours(-1)), ["class"] = "equal_after_folding", ["agrees"] = true }),
        ["deadlines"] = new JsonArray(),
        ["documents"] = new JsonArray(),
    };

    private static JsonObject Words(string text) => new() { ["ar"] = "نص", ["en"] = text };

    public void Event(string act, string from, string to, string actor, string? reason = null, SealedCommitment? note = null, Guid? of = null, DateTimeOffset? at = null) =>
        Wrote("case_event", 0, [Guid.Parse($"01990000-0000-7000-8000-{_rows.Count + 1:x12}")],
            [Guid.Parse($"01990000-0000-7000-8000-{_rows.Count + 1:x12}"), of ?? Case, Micros(at ?? At), act, from, to, actor, "01990000-0000-7000-8000-0000000000ff", reason, note]);

    /// <summary>A row that the act wrote.</summary>
    /// <param name="opened">Whether the receipt holds it.</param>
    public void Wrote(string table, byte mode, object?[] key, object?[] values, bool opened = true)
    {
        byte[] row = [.. Encoded([table]), .. Encoded(values)];
        var keyBytes = Encoded(key);
        var commitment = values.OfType<SealedCommitment>().FirstOrDefault();
        _manifest.AddRange(SHA256.HashData(Encoding.UTF8.GetBytes(table))[..4]);
        _manifest.Add((byte)(mode | (commitment is null ? 0 : 0x80)));
        _manifest.AddRange([(byte)(keyBytes.Length >> 8), (byte)keyBytes.Length, .. keyBytes, .. SHA256.HashData([.. Salt, .. row])[..16], .. commitment?.Hash ?? []]);
        if (opened)
        {
            _rows.Add(row);
        }
    }

    public byte[] Entry() => SHA256.HashData([0, .. Salt, .. Encoded(["muqeem-act-2"]), .. Encoded(ActRow), .. Encoded([_manifest.ToArray()])]);

    /// <param name="change">Of the whole receipt before it is signed.</param>
    public byte[] Sign(Action<JsonObject>? change = null, Minted.Leaf? signer = null, string type = ReceiptVerifier.Type)
    {
        var all = Statement.DeepClone().AsObject();
        all["journal"] = new JsonObject
        {
            ["entry"] = Convert.ToBase64String(Entry()),
            ["salt"] = Convert.ToBase64String(Salt),
            ["act"] = Convert.ToBase64String(Encoded(ActRow)),
            ["manifest"] = Convert.ToBase64String([.. _manifest]),
            ["rows"] = new JsonArray([.. _rows.Select(r => (JsonNode)Convert.ToBase64String(r))]),
        };
        if (Letter is { } letter)
        {
            all["journal"]!["letter"] = Convert.ToBase64String(letter);
        }
        change?.Invoke(all);
        return SignAnew(all, signer, type);
    }

    public static byte[] SignAnew(JsonObject all, Minted.Leaf? signer = null, string type = ReceiptVerifier.Type)
    {
        var parts = Minted.Jws(type, Canonical(all), signer ?? Signer).Split('.');
        all["signature"] = $"{parts[0]}..{parts[2]}";
        return JsonSerializer.SerializeToUtf8Bytes(all, Plain);
    }

    /// <summary>Signed anew when it still is an object; otherwise as it is.</summary>
    public static byte[] TrySignAnew(byte[] changed)
    {
        try
        {
            return JsonNode.Parse(changed) is JsonObject all && all.Remove("signature") ? SignAnew(all) : changed;
        }
        catch (Exception broken) when (broken is JsonException or ArgumentException or InvalidOperationException)
        {
            return changed;
        }
    }

    /// <summary>RFC 8785 for what these tests hold.</summary>
    public static string Canonical(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject o => "{" + string.Join(',', o.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => JsonSerializer.Serialize(m.Key, Plain) + ":" + Canonical(m.Value))) + "}",
        JsonArray a => "[" + string.Join(',', a.Select(Canonical)) + "]",
        _ => node.ToJsonString(Plain),
    };

    /// <summary>A tree of five leaves, this one in the middle.</summary>
    /// <param name="size">Another than the tree has is a lie that the checkpoint tells.</param>
    public static byte[] Proof(byte[] entry, bool names = true, long index = 2, int size = 5, bool witnessed = false)
    {
        var leaves = Enumerable.Range(0, 5).Select(i => MerkleProof.HashLeaf(i == 2 ? entry : SHA256.HashData([(byte)i]))).ToList();
        var (left, right) = (MerkleProof.HashChildren(leaves[0], leaves[1]), MerkleProof.HashChildren(leaves[2], leaves[3]));
        var root = MerkleProof.HashChildren(MerkleProof.HashChildren(left, right), leaves[4]);
        var text = string.Create(CultureInfo.InvariantCulture, $"{Journal.Name}\n{size}\n{Convert.ToBase64String(root)}\n");
        var note = new StringBuilder($"{text}\n").Append(Line(Journal, Ed25519.Sign(Seed, Encoding.UTF8.GetBytes(text))));
        if (witnessed)
        {
            var time = Minted.At(Minted.Now);
            var stamp = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(stamp, time);
            note.Append(Line(Witness, [.. stamp, .. Ed25519.Sign(WitnessSeed, NoteVerifierKey.CosignedMessage(time, text))]));
        }
        var extra = names ? $"extra {Convert.ToBase64String(entry)}\n" : "";
        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{TlogProof.FirstLine}\n{extra}index {index}\n{string.Join('\n', ((byte[][])[leaves[3], left, leaves[4]]).Select(Convert.ToBase64String))}\n\n{note}"));
    }

    private static string Line(NoteVerifierKey key, byte[] signature)
    {
        var id = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(id, key.KeyId);
        return $"— {key.Name} {Convert.ToBase64String([.. id, .. signature])}\n";
    }

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static long Micros(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / 10;

    private static byte[] Encoded(object?[] values)
    {
        var bytes = new List<byte>();
        var count = Array.FindLastIndex(values, v => v is not null) + 1;
        foreach (var value in values[..count])
        {
            byte[] Sized(byte tag, byte[] content)
            {
                var length = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
                return [tag, .. length, .. content];
            }
            byte[] Number(long number)
            {
                var eight = new byte[8];
                BinaryPrimitives.WriteInt64BigEndian(eight, number);
                return [3, .. eight];
            }
            bytes.AddRange(value switch
            {
                Guid id => [1, .. id.ToByteArray(bigEndian: true)],
                string text => Sized(2, Encoding.UTF8.GetBytes(text)),
                long number => Number(number),
                byte[] raw => Sized(4, raw),
                SealedCommitment sealedValue => Sized(5, sealedValue.Hash),
                _ => [0],
            });
        }
        return [.. bytes];
    }
}
