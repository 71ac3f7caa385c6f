using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Muqeem.Tests.Kills;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Exchanges;
using Muqeem.Verifier.Journal;
using Muqeem.Verifier.Mdoc;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.Receipts;
using Muqeem.Verifier.SdJwt;
using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier;

/// <summary>
/// Throws changed inputs at every parser: none throws, none takes more memory than its input can explain, none hangs. What lies behind a signature is
/// changed and signed anew, so that it is reached. <c>MUQEEM_FUZZ_SECONDS</c> is for each parser; <c>MUQEEM_SEED</c> repeats a run.
/// </summary>
public class FuzzTests(ITestOutputHelper output)
{
    private const int Fewest = 200;
    private const int LongestInput = 64 * 1024;

    /// <summary>For tables, keys and signatures, whatever the input; and a tree of one-character values costs this many bytes for each of its own.</summary>
    private const long Fixed = 512 * 1024;
    private const long EachByte = 400;

    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);
    private static readonly DateTimeOffset Now = Minted.Now;
    private static readonly TrustAnchors Trust = Minted.Shared.Trust.Value;
    private static readonly StatusListOptions Lists = new() { MostBytes = 64 * 1024 };
    private static readonly IdVerifier Verifier = new(OfflineTrust.Of(Trust, TestQr.Signers, [StatusList.VerifyJwt(Minted.Shared.StatusList(TestQr.Uri, TestBundle.States), null, Trust, Now, Lists).Value]));
    private static readonly NoteVerifierKey NoteKey = NoteVerifierKey.Parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").Value;

    private static readonly (byte[] File, byte[][] Keys) Evidence = ExchangeEvidenceTests.Sample();

    /// <summary>Takes an input and must end with a result.</summary>
    /// <param name="Sign">What the input must be put into before, outside of what is measured; null: as it is.</param>
    private sealed record Target(byte[][] Seeds, Action<byte[]> Run, Func<byte[], byte[]>? Sign = null);

    private static byte[] Ascii(string text) => Encoding.UTF8.GetBytes(text);

    private static readonly Dictionary<string, Func<Target[]>> Parsers = new()
    {
        ["json"] = () => [new([Ascii(TestIssuer.Frame().ToJsonString()), Ascii("""{"a":[1,-2.5e3,"\u00e9\ud83d\ude00",true,false,null,{"":{}}]}"""), Ascii(new string('[', 40) + new string(']', 40))], b => Json.Parse(b))],
        ["cbor"] = () =>
        [
            new([new TestMdoc().IssuerSigned(), TestQr.SignLive(), [0xbf, 0x61, 0x61, 0x01, 0xff], [0x9b, 0, 0, 0, 1, 0, 0, 0, 0], [0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a]], b =>
            {
                Cbor.Parse(b, CborRules.Ours);
                Cbor.Parse(b, CborRules.Others);
                Cbor.Parse(b, new CborRules(false, false, true));
            }),
        ],
        ["sd_jwt"] = () =>
        [
            new([Ascii(TestIssuer.ResidentId()), Ascii(TestIssuer.Bind(TestIssuer.ResidentId())), Ascii(SdJwtVerifier.Present(TestIssuer.ResidentId(), p => p == "/given_name").Value)], b =>
            {
                var text = Encoding.Latin1.GetString(b);
                SdJwtVerifier.Verify(text, Trust, Now, new SdJwtOptions { KeyBinding = new KeyBinding("https://bank.example", "n-1") });
                SdJwtVerifier.Present(text, p => p.Length % 2 == 0);
                Verifier.Check(text, Now);
            }),
            new([Ascii(TestIssuer.Frame().ToJsonString()), Ascii("""{"vct":"x","_sd":["a","b"],"list":[{"...":"c"}],"deep":{"_sd":["d"]},"_sd_alg":"sha-256"}""")], b => SdJwtVerifier.Verify(Encoding.ASCII.GetString(b), Trust, Now, new SdJwtOptions()),
                b => Ascii(JwsOf(SdJwtVerifier.Type, b, Minted.Shared.SdJwt) + "~")),
            new([Ascii("""["salt","name",{"_sd":["a"]}]"""), Ascii("""["salt",[1,{"...":"a"}]]""")], b => SdJwtVerifier.Verify(Encoding.ASCII.GetString(b), Trust, Now, new SdJwtOptions()), b =>
            {
                var disclosure = Minted.B64(b);
                var payload = TestIssuer.Frame();
                payload["_sd"] = new JsonArray(Minted.Digest(disclosure));
                payload["list"] = new JsonArray(TestIssuer.Element(Minted.B64([.. b, 0])));
                return Ascii(TestIssuer.Sign(payload, [disclosure]));
            }),
        ],
        ["mdoc"] = () =>
        [
            new([new TestMdoc().IssuerSigned()], b =>
            {
                MdocVerifier.VerifyIssuerSigned(b, Trust, Now, new MdocOptions());
                Verifier.Check(b, Now);
            }),
            new([new TestMdoc().Response()], b =>
            {
                MdocVerifier.VerifyResponse(b, new MdocSession(new TestMdoc().Transcript), Trust, Now, new MdocOptions { Rules = CborRules.Loose });
                Verifier.Check(b, Now, new CheckOptions { Session = new MdocSession(new byte[1]) });
            }),
            new([SecurityObject()], b => MdocVerifier.VerifyIssuerSigned(b, Trust, Now, new MdocOptions()), b => new TestMdoc { Wrap = _ => Minted.Embedded(b) }.IssuerSigned()),
        ],
        ["status_list"] = () =>
        [
            new([Ascii(Minted.Shared.StatusList(TestQr.Uri, TestBundle.States))], b => StatusList.VerifyJwt(Encoding.Latin1.GetString(b), TestQr.Uri, Trust, Now, Lists)),
            new([Ascii($$"""{"sub":"{{TestQr.Uri}}","iat":{{Minted.At(Now)}},"exp":{{Minted.At(Now) + 60}},"ttl":60,"status_list":{"bits":2,"lst":"{{Minted.B64(Minted.Zlib(TestBundle.States))}}"} }""")],
                b => StatusList.VerifyJwt(Encoding.ASCII.GetString(b), null, Trust, Now, Lists), b => Ascii(JwsOf("statuslist+jwt", b, Minted.Shared.Status))),
            new([Minted.Map((Minted.Int(2), Minted.Text(TestQr.Uri)), (Minted.Int(6), Minted.Int(Minted.At(Now))), (Minted.Int(65533), Minted.Map((Minted.Text("bits"), Minted.Int(2)), (Minted.Text("lst"), Minted.Bytes(Minted.Zlib(TestBundle.States))))))],
                b => StatusList.VerifyCwt(b, null, Trust, Now, Lists),
                b => Minted.Tag(18, Minted.Sign1(Minted.Map((Minted.Int(1), Minted.Int(-7)), (Minted.Int(16), Minted.Text("application/statuslist+cwt"))), Minted.Map((Minted.Int(33), Minted.Bytes(Minted.Shared.Status.Der))), b, Minted.Shared.Status.Key))),
            new([Minted.Zlib(TestBundle.States), Minted.Zlib(new byte[100_000]), Minted.Zlib([.. Enumerable.Range(0, 3000).Select(i => (byte)(i * i))])], b => StatusList.Inflate(b, Lists.MostBytes)),
        ],
        ["qr"] = () =>
        [
            new([Ascii("HTTPS://ID.MUQEEM.EXAMPLE/V/" + BaseText.ToBase32(TestQr.SignCard())), Ascii("MUQEEM2:" + BaseText.ToBase32(TestQr.SignLive()))], b =>
            {
                QrCode.Verify(Encoding.Latin1.GetString(b), TestQr.Signers, Now, new QrOptions());
                Verifier.Check(b, Now);
            }),
            new([TestQr.SignCard(), TestQr.SignLive()], b => QrCode.Verify(b, TestQr.Signers, Now, new QrOptions())),
            new([Minted.Sorted(TestQr.Card().Select(c => (Minted.Int(c.Key), c.Value))), Minted.Sorted(TestQr.Live().Select(c => (Minted.Int(c.Key), c.Value)))], b => Verifier.Check(b, Now),
                b => Minted.Tag(18, Minted.Sign1(Minted.Map((Minted.Int(1), Minted.Int(-7)), (Minted.Int(4), Minted.Bytes(Minted.Shared.QrCard.KeyId))), Minted.Map(), b, Minted.Shared.QrCard.Key))),
        ],
        ["note"] = () =>
        [
            new([Ascii("This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"), Ascii(TestBundle.Checkpoint())], b =>
            {
                if (Note.Parse(b).TryGet(out var note, out _))
                {
                    note.Verify(NoteKey);
                    Checkpoint.Parse(note.Text);
                }
                Checkpoint.Open(b, "muqeem.example/journal", NoteKey, [NoteKey], 1);
                Checkpoint.Parse(Encoding.Latin1.GetString(b));
            }),
            new([Ascii(NoteKey.ToString())], b => NoteVerifierKey.Parse(Encoding.Latin1.GetString(b))),
            new([Ascii($"{TlogProof.FirstLine}\nextra bW9yZQ==\nindex 5\n{Convert.ToBase64String(new byte[32])}\n\n{TestBundle.Checkpoint()}")], b =>
            {
                if (TlogProof.Parse(b).TryGet(out var proof, out _))
                {
                    proof.Verify(new byte[32], "muqeem.example/journal", NoteKey);
                    MerkleProof.Includes(new byte[32], proof.Index, long.MaxValue, proof.Path, new byte[32]);
                    MerkleProof.Extends(proof.Index, new byte[32], long.MaxValue, new byte[32], proof.Path);
                }
            }),
        ],
        ["bundle"] = () =>
        [
            new([Ascii(TestBundle.Sign())], b => OfflineTrust.Open(Encoding.Latin1.GetString(b), Trust, Now, new OfflineTrustOptions())),
            new([Ascii(TestBundle.Payload().ToJsonString())], b => OfflineTrust.Open(Encoding.ASCII.GetString(b), Trust, Now, new OfflineTrustOptions { StatusLists = Lists }), b => Ascii(JwsOf(OfflineTrust.Type, b, Minted.Shared.Status))),
        ],
        ["receipt"] = () =>
        [
            new([TestReceipt.Refused().Sign()], b => ReceiptVerifier.Verify(b, [], Trust, [TestReceipt.Journal], Now, new ReceiptOptions())),
            new([TestReceipt.Refused().Sign(), TestReceipt.Approved().Sign()], b => ReceiptVerifier.Verify(b, TestReceipt.Proof(new byte[32]), Trust, [TestReceipt.Journal], Now, new ReceiptOptions()), TestReceipt.TrySignAnew),
        ],
        ["exchange"] = () =>
        [
            new([Evidence.File], b => ExchangeEvidence.Verify(b, Evidence.Keys)),
            new(Evidence.Keys, b => ExchangeEvidence.Verify(Evidence.File, [b])),
        ],
        ["certificate"] = () =>
        [
            new([Minted.Shared.Mdoc.Der, Minted.Shared.Root, new Minted(curve: System.Security.Cryptography.ECCurve.NamedCurves.nistP384).Root], b =>
            {
                Trust.Check([b], SignerPurposes.MdocDocumentSigner, Now);
                TrustAnchors.Create([b]);
                TrustAnchors.Create([], [b]);
            }),
            new([Minted.Shared.Crl(Now.AddDays(1), Minted.Shared.Mdoc.Serial, Minted.Shared.Status.Serial)], b => Trust.With(b)),
            new([Ascii(System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", Minted.Shared.Root))], b => TrustAnchors.FromPem(Encoding.Latin1.GetString(b))),
        ],
    };

    public static TheoryData<string> Names => [.. Parsers.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_parser_ends_with_a_result_whatever_it_is_given(string name)
    {
        var seed = Dice.Seed();
        var seconds = double.TryParse(Environment.GetEnvironmentVariable("MUQEEM_FUZZ_SECONDS"), NumberStyles.Float, CultureInfo.InvariantCulture, out var asked) ? asked : 1.5;
        var dice = new Dice(seed);
        var targets = Parsers[name]();
        foreach (var target in targets)
        {
            // As they are, which also makes what is made once.
            foreach (var input in target.Seeds)
            {
                target.Run(target.Sign?.Invoke(input) ?? input);
            }
        }
        var (runs, most) = (0L, 0L);
        for (var clock = Stopwatch.StartNew(); runs < Fewest || clock.Elapsed.TotalSeconds < seconds; runs++)
        {
            var target = targets[dice.Roll(targets.Length)];
            var changed = Change(dice, target.Seeds);
            var input = target.Sign?.Invoke(changed) ?? changed;
            var (allocated, started) = (GC.GetAllocatedBytesForCurrentThread(), clock.Elapsed);
            try
            {
                target.Run(input);
            }
            catch (Exception e)
            {
                Assert.Fail($"MUQEEM_SEED={seed}, run {runs} of {name} threw {e}\nThe input: {Convert.ToHexString(input)}");
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            most = Math.Max(most, allocated);
            Assert.True(allocated <= Fixed + EachByte * input.Length, $"MUQEEM_SEED={seed}, run {runs} of {name} took {allocated} bytes for {input.Length}.\nThe input: {Convert.ToHexString(input)}");
            Assert.True(clock.Elapsed - started < Hang, $"MUQEEM_SEED={seed}, run {runs} of {name} took {clock.Elapsed - started}.\nThe input: {Convert.ToHexString(input)}");
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: seed {seed}, {runs} runs, at most {most / 1024} KiB in one"));
    }

    private static string JwsOf(string type, byte[] payload, Minted.Leaf signer)
    {
        var signed = Minted.B64($$"""{"alg":"ES256","typ":"{{type}}","x5c":["{{Convert.ToBase64String(signer.Der)}}"]}""") + "." + Minted.B64(payload);
        return signed + "." + Minted.B64(signer.Key.SignData(Encoding.ASCII.GetBytes(signed), System.Security.Cryptography.HashAlgorithmName.SHA256));
    }

    private static byte[] SecurityObject()
    {
        byte[]? inner = null;
        new TestMdoc
        {
            Wrap = mso =>
            {
                inner = mso;
                return mso;
            },
        }.IssuerSigned();
        return inner!;
    }

    private static readonly byte[][] Words = [.. ((string[])["{", "[", "\"", ",", ":", "~", ".", "null", "-1", "1e9", "18446744073709551615", "\\ud800", "_sd", "...", "\n\n", "— ", "=", "A"]).Select(Ascii),
        [0xff], [0x00], [0x80], [0x9f], [0xbf, 0x9f], [0xff, 0xff, 0xff, 0xff], [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]];

    private static byte[] Change(Dice dice, byte[][] seeds)
    {
        var bytes = seeds[dice.Roll(seeds.Length)].ToList();
        for (var changes = 1 + dice.Roll(4); changes > 0; changes--)
        {
            var at = dice.Roll(bytes.Count + 1);
            var length = Math.Min(dice.Roll(1 << dice.Roll(10)), bytes.Count - at);
            switch (dice.Roll(8))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << dice.Roll(8));
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = (byte)dice.Roll(256);
                    break;
                case 2:
                    bytes.InsertRange(at, Words[dice.Roll(Words.Length)]);
                    break;
                case 3:
                    bytes.RemoveRange(at, length);
                    break;
                case 4:
                    // The same again, perhaps many times.
                    var part = bytes.GetRange(at, length);
                    for (var times = 1 << dice.Roll(10); times > 0 && bytes.Count + part.Count < LongestInput && part.Count > 0; times--)
                    {
                        bytes.InsertRange(at, part);
                    }
                    break;
                case 5:
                    var other = seeds[dice.Roll(seeds.Length)];
                    var from = dice.Roll(other.Length);
                    bytes.InsertRange(at, other[from..Math.Min(other.Length, from + dice.Roll(200))]);
                    break;
                case 6 when at < bytes.Count:
                    var word = Words[dice.Roll(Words.Length)];
                    for (var i = 0; i < word.Length && at + i < bytes.Count; i++)
                    {
                        bytes[at + i] = word[i];
                    }
                    break;
                case 7:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }
        return [.. bytes];
    }
}
