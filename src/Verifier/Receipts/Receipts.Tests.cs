using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Journal;

namespace Muqeem.Verifier.Receipts;

/// <summary>Receipts that are what they say, and each way in which one is not: changed by who holds it, and stated falsely by who can sign.</summary>
public class ReceiptsTests
{
    private static Checked<VerifiedReceipt> Verify(byte[] receipt, byte[] proof, ReceiptOptions? options = null, DateTimeOffset? now = null, params NoteVerifierKey[] journal) =>
        ReceiptVerifier.Verify(receipt, proof, Minted.Shared.Trust.Value, journal.Length > 0 ? journal : [TestReceipt.Journal], now ?? Minted.Now, options ?? new ReceiptOptions());

    private static Checked<VerifiedReceipt> Verify(TestReceipt receipt, Action<JsonObject>? change = null) => Verify(receipt.Sign(change), TestReceipt.Proof(receipt.Entry()));

    private static void Is(Reason reason, TestReceipt receipt, Action<JsonObject>? change = null) => Assert.Equal(reason, Verify(receipt, change).Reason);

    [Fact]
    public void Each_kind_of_decision_has_a_receipt_that_is_good()
    {
        var refused = Verify(TestReceipt.Refused());
        Assert.True(refused.Ok, refused.Reason?.Code());
        Assert.Equal(("refused", "officer", "ABCD2345", "ID.ISSUE.SELF", TestReceipt.At, 2L), (refused.Value.Receipt.Outcome, refused.Value.Receipt.By, refused.Value.Receipt.Reference, refused.Value.Receipt.Service, refused.Value.Receipt.At, refused.Value.Index));
        Assert.Equal(["medical"], refused.Value.ProvenFacts);
        Assert.Equal(TestReceipt.At.AddDays(60), Assert.Single(refused.Value.Receipt.Deadlines).Until);
        foreach (var receipt in new[] { TestReceipt.Approved(), TestReceipt.Granted() })
        {
            var answer = Verify(receipt);
            Assert.True(answer.Ok, answer.Reason?.Code());
            Assert.Empty(answer.Value.ProvenFacts);
        }
    }

    [Fact]
    public void Laid_out_anew_it_is_the_same_receipt()
    {
        var receipt = TestReceipt.Refused();
        var turned = new JsonObject(JsonNode.Parse(receipt.Sign())!.AsObject().Reverse().Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone())));
        var text = turned.ToJsonString(new() { WriteIndented = true });
        Assert.Contains("\\u", text, StringComparison.Ordinal);
        Assert.True(Verify(Encoding.UTF8.GetBytes(text), TestReceipt.Proof(receipt.Entry())).Ok);
    }

    [Fact]
    public void Whatever_its_holder_changes_is_found()
    {
        foreach (var receipt in new[] { TestReceipt.Refused(), TestReceipt.Approved(), TestReceipt.Granted() })
        {
            var (signed, proof, changed) = (receipt.Sign(), TestReceipt.Proof(receipt.Entry()), 0);
            foreach (var variant in Damaged.Variants(signed))
            {
                Assert.False(Verify(variant.File, proof).Ok, variant.What);
                changed++;
            }
            Assert.True(changed > 50, $"{changed}");
        }
    }

    [Fact]
    public void What_is_no_receipt_is_refused()
    {
        var receipt = TestReceipt.Refused();
        Is(Reason.ReceiptMalformed, receipt, r => r["more"] = 1);
        Is(Reason.ReceiptMalformed, receipt, r => r["decision"]!["officer"] = "somebody");
        Is(Reason.ReceiptMalformed, receipt, r => r.Remove("facts"));
        Is(Reason.ReceiptMalformed, receipt, r => r["receipt"] = "muqeem-receipt/2");
        Is(Reason.ReceiptMalformed, receipt, r => r["decision"]!["at"] = "2026-05-29T12:00:00Z");
        Is(Reason.ReceiptMalformed, receipt, r => r["case"]!["id"] = TestReceipt.Case.ToString().ToUpperInvariant());
        Is(Reason.ReceiptMalformed, receipt, r => r["deadlines"]![0]!["kind"] = "patience");
        Is(Reason.ReceiptMalformed, receipt, r => r["facts"]![0]!["value"]!["fit"] = 0.5);
        Is(Reason.ReceiptMalformed, receipt, r => r["facts"]![0]!["value"]!["fit"] = 1L << 53);
        Assert.Equal(Reason.ReceiptMalformed, Receipt.Parse(new byte[Receipt.Longest + 1]).Reason);
        Assert.Equal(Reason.JsonMalformed, Receipt.Parse("receipt"u8).Reason);
        Assert.Equal(Reason.ReceiptMalformed, Receipt.Parse("[]"u8).Reason);
    }

    [Fact]
    public void Only_a_signer_of_receipts_signs_one_and_it_had_to_be_good_then()
    {
        var receipt = TestReceipt.Refused();
        var proof = TestReceipt.Proof(receipt.Entry());
        Assert.Equal(Reason.SignerPurpose, Verify(receipt.Sign(signer: Minted.Shared.Mdoc), proof).Reason);
        Assert.Equal(Reason.SignerUnknown, Verify(receipt.Sign(signer: new Minted("C=SA, CN=Stranger").Signer(Minted.Purposes.Receipt)), proof).Reason);
        Assert.Equal(Reason.JwsType, Verify(receipt.Sign(type: "statuslist+jwt"), proof).Reason);
        Assert.Equal(Reason.JwsMalformed, Verify(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(receipt.Sign()).Replace("..", ".e30.", StringComparison.Ordinal)), proof).Reason);
        var ended = Minted.Shared.Signer(Minted.Purposes.Receipt, to: Minted.Now.AddMinutes(-30));
        // Ended today, good when it signed an hour ago.
        Assert.True(Verify(receipt.Sign(signer: ended), proof).Ok);
        Assert.Equal(Reason.SignerExpired, Verify(receipt.Sign(r => r["signed_at"] = TestReceipt.Time(Minted.Now.AddMinutes(-20)), ended), proof).Reason);
        Assert.Equal(Reason.ReceiptFromFuture, Verify(receipt.Sign(r => r["signed_at"] = TestReceipt.Time(Minted.Now.AddHours(1))), proof).Reason);
        var revoked = Minted.Shared.Trust.Value.With(Minted.Shared.Crl(Minted.Now.AddDays(1), ended.Serial)).Value;
        Assert.Equal(Reason.SignerRevoked, ReceiptVerifier.Verify(receipt.Sign(signer: ended), proof, revoked, [TestReceipt.Journal], Minted.Now, new ReceiptOptions()).Reason);
    }

    [Fact]
    public void Who_can_sign_cannot_state_another_act_than_the_journal_holds()
    {
        var receipt = TestReceipt.Refused();
        foreach (var (part, name, value) in new (string, string, JsonNode)[]
        {
            ("case", "reference", "ABCD2346"), ("case", "id", TestReceipt.Act.ToString()), ("service", "code", "ID.RENEW"), ("decision", "act", TestReceipt.Case.ToString()), ("decision", "verb", "review.approve"),
            ("rules", "rule_set", "ID.ISSUE.SELF/2"), ("rules", "policy", "8"),
        })
        {
            Is(Reason.ReceiptActContradicted, receipt, r => r[part]![name] = value.DeepClone());
        }
        foreach (var (name, value) in new (string, JsonNode)[]
        {
            ("at", TestReceipt.Time(TestReceipt.At.AddSeconds(1))), ("outcome", "granted"), ("from", "OBJECTION"), ("to", "ISSUED"), ("objection", true), ("by", "rules"), ("reasons", new JsonArray()),
            ("reasons", new JsonArray(new JsonObject { ["code"] = "refuse.statement_untrue" })),
        })
        {
            Is(Reason.ReceiptDecisionContradicted, receipt, r => r["decision"]![name] = value.DeepClone());
        }
        Is(Reason.ReceiptDecisionContradicted, TestReceipt.Granted(), r => r["decision"]!["reasons"] = new JsonArray(new JsonObject { ["code"] = "approve.records_agree" }));
        foreach (var change in new Action<JsonObject>[]
        {
            r => r["decision"]!["letter"]!["text"] = "You were kind.", r => r["decision"]!["letter"]!["items"] = new JsonArray(), r => r["decision"]!["letter"]!["items"]![0] = "photo", r => r["decision"]!.AsObject().Remove("letter"),
            r => r["journal"]!.AsObject().Remove("letter"), r => r["journal"]!["letter"] = Convert.ToBase64String(new byte[40]),
        })
        {
            Is(Reason.ReceiptLetterContradicted, receipt, change);
        }
        Is(Reason.ReceiptLetterContradicted, TestReceipt.Granted(), r => r["decision"]!["letter"] = new JsonObject { ["text"] = "x", ["items"] = new JsonArray() });
    }

    [Fact]
    public void Nor_other_facts_comparisons_deadlines_or_documents()
    {
        var receipt = TestReceipt.Refused();
        foreach (var (name, value) in new[] { ("name", "insurance"), ("source", "insurance"), ("request_id", "r-2"), ("fetched_at", TestReceipt.Time(TestReceipt.At.AddSeconds(1))), ("as_of", TestReceipt.Time(TestReceipt.At)), ("valid_until", TestReceipt.Time(TestReceipt.At)) })
        {
            Is(Reason.ReceiptFactContradicted, receipt, r => r["facts"]![0]![name] = value);
        }
        Is(Reason.ReceiptFactContradicted, receipt, r => r["facts"] = new JsonArray());
        Is(Reason.ReceiptFactContradicted, receipt, r => r["facts"]!.AsArray().Add(r["facts"]![0]!.DeepClone()));
        foreach (var (name, value) in new[] { ("field", "sex"), ("source", "labour"), ("as_of", TestReceipt.Time(TestReceipt.At)), ("class", "equal") })
        {
            Is(Reason.ReceiptComparisonContradicted, receipt, r => r["comparisons"]![0]![name] = value);
        }
        Is(Reason.ReceiptComparisonContradicted, receipt, r => r["comparisons"] = new JsonArray());
        Is(Reason.ReceiptDeadlineContradicted, receipt, r => r["deadlines"]![0]!["days"] = 61);
        Is(Reason.ReceiptDeadlineContradicted, receipt, r => r["deadlines"]![0]!["until"] = TestReceipt.Time(TestReceipt.At.AddDays(59)));
        Is(Reason.ReceiptDeadlineContradicted, TestReceipt.Approved(), r => r["deadlines"]![0]!["until"] = TestReceipt.Time(TestReceipt.At.AddDays(31)));
        Is(Reason.ReceiptDeadlineContradicted, TestReceipt.Approved(), r => r["deadlines"] = new JsonArray());
        Is(Reason.ReceiptDeadlineContradicted, TestReceipt.Granted(), r => r["deadlines"] = receipt.Statement["deadlines"]!.DeepClone());
        Is(Reason.ReceiptDocumentContradicted, TestReceipt.Granted(), r => r["documents"] = new JsonArray());
        Is(Reason.ReceiptDocumentContradicted, TestReceipt.Granted(), r => r["documents"]![0] = TestReceipt.Bill.ToString());
        Is(Reason.ReceiptDocumentContradicted, receipt, r => r["documents"] = new JsonArray(TestReceipt.Document.ToString()));
    }

    [Fact]
    public void The_rows_must_be_the_acts_own_and_all_of_them()
    {
        var receipt = TestReceipt.Refused();
        Is(Reason.ReceiptRowMissing, receipt, r => r["journal"]!["rows"]!.AsArray().RemoveAt(0));
        Is(Reason.ReceiptRowForeign, receipt, r => r["journal"]!["rows"]!.AsArray().Add(r["journal"]!["rows"]![0]!.DeepClone()));
        Is(Reason.ReceiptRowForeign, receipt, r => r["journal"]!["rows"]![0] = JsonNode.Parse(TestReceipt.Granted().Sign())!["journal"]!["rows"]![0]!.DeepClone());
        var other = TestReceipt.Refused();
        other.Wrote("bill", 3, [TestReceipt.Bill, 1L], [TestReceipt.Bill, 1L]);
        Is(Reason.ReceiptRowForeign, other);
        // Two moves in one act, or a move at another time or of another case, is no decision that the engine makes.
        foreach (var change in new Action<TestReceipt>[]
        {
            r => r.Event("bill", "REFUSED", "AWAITING_PAYMENT", "System"),
            r => r.Event("note", "REFUSED", "REFUSED", "System", at: TestReceipt.At.AddSeconds(1)),
            r => r.Event("note", "REFUSED", "REFUSED", "System", of: TestReceipt.Act),
        })
        {
            var twice = TestReceipt.Refused();
            change(twice);
            Is(Reason.ReceiptDecisionContradicted, twice);
        }
    }

    [Fact]
    public void The_opening_must_be_the_entrys()
    {
        var receipt = TestReceipt.Refused();
        foreach (var name in new[] { "entry", "salt", "act", "manifest" })
        {
            Is(Reason.ReceiptOpeningMalformed, receipt, r => r["journal"]![name] = Convert.ToBase64String([0xff, .. new byte[7]]));
        }
        Is(Reason.ReceiptOpeningMalformed, receipt, r => r["journal"]!["rows"]![0] = Convert.ToBase64String([9]));
        Is(Reason.ReceiptEntryWrong, receipt, r => r["journal"]!["entry"] = Convert.ToBase64String(new byte[32]));
        Is(Reason.ReceiptEntryWrong, receipt, r => r["journal"]!["salt"] = Convert.ToBase64String(new byte[16]));
        Is(Reason.ReceiptEntryWrong, receipt, r => r["journal"]!["act"] = JsonNode.Parse(new TestReceipt { ActRow = ["x"] }.Sign())!["journal"]!["act"]!.DeepClone());
    }

    [Fact]
    public void The_proof_must_be_this_receipts_under_a_checkpoint_of_this_journal()
    {
        var (receipt, other) = (TestReceipt.Refused(), TestReceipt.Refused(2));
        var signed = receipt.Sign();
        Assert.Equal(Reason.ReceiptProofMissing, Verify(signed, []).Reason);
        Assert.Equal(Reason.TlogProofMalformed, Verify(signed, "proof"u8.ToArray()).Reason);
        Assert.Equal(Reason.ReceiptProofOther, Verify(signed, TestReceipt.Proof(other.Entry())).Reason);
        // A proof need not name its entry: then the tree says that it is another's.
        Assert.Equal(Reason.TlogProofNotInTree, Verify(signed, TestReceipt.Proof(other.Entry(), names: false)).Reason);
        Assert.True(Verify(signed, TestReceipt.Proof(receipt.Entry(), names: false)).Ok);
        Assert.Equal(Reason.TlogProofNotInTree, Verify(signed, TestReceipt.Proof(receipt.Entry(), index: 3)).Reason);
        Assert.Equal(Reason.ReceiptCheckpointOlder, Verify(signed, TestReceipt.Proof(receipt.Entry(), size: 2)).Reason);
        var stranger = NoteVerifierKey.Create("muqeem.example/journal", NoteSignatureType.Ed25519, Cryptography.Ed25519.PublicKey(new byte[32]));
        Assert.Equal(Reason.NoteUnsigned, Verify(signed, TestReceipt.Proof(receipt.Entry()), journal: stranger).Reason);
        Assert.True(Verify(signed, TestReceipt.Proof(receipt.Entry()), journal: [stranger, TestReceipt.Journal]).Ok);
        var asked = new ReceiptOptions { Witnesses = [TestReceipt.Witness], Quorum = 1 };
        Assert.Equal(Reason.CheckpointWitnessesMissing, Verify(signed, TestReceipt.Proof(receipt.Entry()), asked).Reason);
        Assert.Single(Verify(signed, TestReceipt.Proof(receipt.Entry(), witnessed: true), asked).Value.Checkpoint.Cosignatures);
    }

    [Fact]
    public void A_signature_is_over_the_one_form_of_JSON()
    {
        static string? Form(string json) => CanonicalJson.Of(Json.Parse(Encoding.UTF8.GetBytes(json)).Value) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
        // The examples of RFC 8785, without its fractions: order by UTF-16, escapes, literals.
        Assert.Equal("{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\",\"\ud83d\ude00\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
            Form("""{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"""));
        Assert.Equal("""{"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}""", Form(""" { "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false] } """));
        Assert.Equal("[0,-7,9007199254740991]", Form("[0, -7, 9007199254740991]"));
        foreach (var number in new[] { "1.5", "1e3", "-0", "9007199254740992", "-9223372036854775808" })
        {
            Assert.Null(Form($"[{number}]"));
        }
    }
}

/// <summary>Files in which one value differs.</summary>
internal static class Damaged
{
    /// <summary>Of each value at the end of a path one variant: another text, number or truth, and one without it.</summary>
    public static IEnumerable<(string What, byte[] File)> Variants(byte[] file)
    {
        var paths = new List<object[]>();
        Walk(JsonNode.Parse(file), [], paths);
        foreach (var path in paths)
        {
            foreach (var remove in new[] { false, true })
            {
                var root = JsonNode.Parse(file)!;
                var parent = path[..^1].Aggregate(root, (node, step) => step is string name ? node[name]! : node[(int)step]!);
                if (!remove && parent is JsonObject o)
                {
                    o[(string)path[^1]] = Another(o[(string)path[^1]]);
                }
                else if (!remove && parent is JsonArray a)
                {
                    a[(int)path[^1]] = Another(a[(int)path[^1]]);
                }
                else if (parent is JsonObject from)
                {
                    from.Remove((string)path[^1]);
                }
                else
                {
                    parent.AsArray().RemoveAt((int)path[^1]);
                }
                yield return ($"{string.Join('/', path)} {(remove ? "taken away" : "changed")}", Encoding.UTF8.GetBytes(root.ToJsonString()));
            }
        }
    }

    private static void Walk(JsonNode? node, object[] path, List<object[]> paths)
    {
        switch (node)
        {
            case JsonObject o:
                foreach (var (name, value) in o)
                {
                    Walk(value, [.. path, name], paths);
                }
                break;
            case JsonArray a:
                for (var i = 0; i < a.Count; i++)
                {
                    Walk(a[i], [.. path, i], paths);
                }
                break;
            default:
                paths.Add(path);
                break;
        }
    }

    private static JsonNode Another(JsonNode? value) => value?.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.True => false,
        System.Text.Json.JsonValueKind.False => true,
        System.Text.Json.JsonValueKind.Number => value.GetValue<long>() + 1,
        System.Text.Json.JsonValueKind.String when value.GetValue<string>() is { Length: > 0 } text => Bent(text),
        _ => "x",
    };

    /// <summary>One character in the middle is another one.</summary>
    private static string Bent(string text)
    {
        var at = text.Length / 2;
        return text[..at] + (text[at] == 'A' ? 'B' : 'A') + text[(at + 1)..];
    }
}
