using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Muqeem.Verifier.Cryptography;
using Muqeem.Verifier.Journal;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.Bundle;

internal static class TestBundle
{
    private static readonly byte[] Seed = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly NoteVerifierKey Key = NoteVerifierKey.Create("muqeem.example/journal", NoteSignatureType.Ed25519, Ed25519.PublicKey(Seed));

    public static readonly byte[] States = [0b11_10_01_00, 0b00_00_00_01];

    public static string Checkpoint(string origin = "muqeem.example/journal")
    {
        var text = $"{origin}\n7\n{Convert.ToBase64String(SHA256.HashData("root"u8))}\n";
        var id = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(id, Key.KeyId);
        return $"{text}\n— {Key.Name} {Convert.ToBase64String([.. id, .. Ed25519.Sign(Seed, Encoding.UTF8.GetBytes(text))])}\n";
    }

    public static JsonObject Payload() => new()
    {
        ["iat"] = Minted.At(Minted.Now.AddHours(-1)),
        ["exp"] = Minted.At(Minted.Now.AddHours(23)),
        ["signers"] = new JsonArray(Convert.ToBase64String(Minted.Shared.QrCard.Der), Convert.ToBase64String(Minted.Shared.QrLive.Der)),
        ["crl"] = Convert.ToBase64String(Minted.Shared.Crl(Minted.Now.AddDays(1))),
        ["status_lists"] = new JsonArray(Minted.Shared.StatusList(TestQr.Uri, States), Minted.Shared.StatusList("https://muqeem.example/status/2", States)),
        ["checkpoint"] = Checkpoint(),
        ["journal_vkey"] = Key.ToString(),
    };

    public static string Sign(Action<JsonObject>? change = null, Minted.Leaf? signer = null, string type = OfflineTrust.Type)
    {
        var payload = Payload();
        change?.Invoke(payload);
        return Minted.Jws(type, payload.ToJsonString(), signer ?? Minted.Shared.Status);
    }
}

public class BundleTests
{
    private static readonly OfflineTrustOptions Options = new();

    private static Checked<OfflineTrust> Open(string text, DateTimeOffset? now = null) => OfflineTrust.Open(text, Minted.Shared.Trust.Value, now ?? Minted.Now, Options);

    private static Reason? Refusal(Action<JsonObject> change) => Open(TestBundle.Sign(change)).Reason;

    [Fact]
    public void A_bundle_holds_signers_lists_and_the_head_of_the_journal()
    {
        var trust = Open(TestBundle.Sign()).Value;
        Assert.Equal(2, trust.Signers.All.Count);
        Assert.Equal(2, trust.Find(TestQr.Uri)!.Get(2));
        Assert.Null(trust.Find("https://muqeem.example/status/3"));
        Assert.Equal(7, trust.Checkpoint!.Checkpoint.Size);
        Assert.Equal("muqeem.example/journal", trust.JournalKey!.Name);
        Assert.Equal(Minted.Now.AddHours(23), trust.ExpiresAt);
        Assert.True(QrCode.Verify(TestQr.SignCard(), trust.Signers, Minted.Now, new QrOptions()).Ok);
    }

    [Fact]
    public void A_list_fetched_later_takes_the_place_of_the_bundles()
    {
        var trust = Open(TestBundle.Sign()).Value;
        StatusList List(DateTimeOffset at) => StatusList.VerifyJwt(Minted.Shared.StatusList(TestQr.Uri, [1], at), TestQr.Uri, trust.Trust, Minted.Now, new StatusListOptions()).Value;
        var later = trust.With(List(Minted.Now));
        Assert.Equal(1, later.Find(TestQr.Uri)!.Get(0));
        Assert.Equal((2, 7L), (later.StatusLists.Count, later.Checkpoint!.Checkpoint.Size));
        Assert.Same(later, later.With(List(Minted.Now.AddMinutes(-1))));
    }

    [Fact]
    public void A_bundle_counts_for_a_day()
    {
        var text = TestBundle.Sign();
        Assert.Equal(Reason.BundleFromFuture, Open(text, Minted.Now.AddHours(-1).AddSeconds(-61)).Reason);
        Assert.Equal(Reason.BundleExpired, Open(text, Minted.Now.AddHours(23).AddSeconds(60)).Reason);
        Assert.Equal(Reason.BundleLife, Refusal(p => p["exp"] = Minted.At(Minted.Now.AddHours(24).AddSeconds(1))));
        Assert.Equal(Reason.BundleLife, Refusal(p => (p["iat"], p["exp"]) = (Minted.At(Minted.Now.AddSeconds(5)), Minted.At(Minted.Now))));
    }

    [Theory]
    [InlineData("iat")]
    [InlineData("exp")]
    [InlineData("signers")]
    [InlineData("crl")]
    [InlineData("status_lists")]
    [InlineData("checkpoint")]
    [InlineData("journal_vkey")]
    public void A_bundle_lacks_nothing(string part)
    {
        Assert.Equal(Reason.BundleMalformed, Refusal(p => p.Remove(part)));
        Assert.Equal(Reason.BundleMalformed, Refusal(p => p[part] = new JsonObject()));
    }

    [Fact]
    public void One_bad_part_refuses_the_whole()
    {
        var stranger = new Minted("C=SA, CN=Stranger");
        Assert.Equal(Reason.SignerUnknown, Refusal(p => p["signers"]!.AsArray().Add(Convert.ToBase64String(stranger.QrCard.Der))));
        Assert.Equal(Reason.SignerPurpose, Refusal(p => p["signers"]!.AsArray().Add(Convert.ToBase64String(Minted.Shared.Mdoc.Der))));
        Assert.Equal(Reason.SignerRepeated, Refusal(p => p["signers"]!.AsArray().Add(Convert.ToBase64String(Minted.Shared.QrCard.Der))));
        Assert.Equal(Reason.BundleMalformed, Refusal(p => p["signers"]!.AsArray().Add(7)));
        Assert.Equal(Reason.BundleMalformed, Refusal(p => p["signers"]!.AsArray().Add("*")));
        Assert.Equal(Reason.BundleMalformed, Refusal(p => p["crl"] = "*"));
        Assert.Equal(Reason.CrlMalformed, Refusal(p => p["crl"] = "AAAA"));
        Assert.Equal(Reason.CrlIssuerUnknown, Refusal(p => p["crl"] = Convert.ToBase64String(stranger.Crl(Minted.Now.AddDays(1)))));
        Assert.Equal(Reason.CrlStale, Refusal(p => p["crl"] = Convert.ToBase64String(Minted.Shared.Crl(Minted.Now))));
        Assert.Equal(Reason.BundleMalformed, Refusal(p => p["status_lists"]!.AsArray().Add(7)));
        Assert.Equal(Reason.BundleMalformed, Refusal(p => p["status_lists"]!.AsArray().Add(Minted.Shared.StatusList(TestQr.Uri, [1]))));
        Assert.Equal(Reason.StatusListExpired, Refusal(p => p["status_lists"]!.AsArray().Add(Minted.Shared.StatusList("https://muqeem.example/status/3", [1], expiresAt: Minted.Now))));
        Assert.Equal(Reason.NoteUnsigned, Refusal(p => p["journal_vkey"] = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"));
        Assert.Equal(Reason.NoteKeyMalformed, Refusal(p => p["journal_vkey"] = "x"));
        Assert.Equal(Reason.NoteMalformed, Refusal(p => p["checkpoint"] = "x"));
        Assert.Equal(Reason.NoteForged, Refusal(p => p["checkpoint"] = TestBundle.Checkpoint().Replace("\n7\n", "\n8\n")));
        Assert.Equal(Reason.CheckpointOriginWrong, Refusal(p => p["checkpoint"] = TestBundle.Checkpoint("another")));
        Assert.Equal(Reason.BundleMalformed, Refusal(p => p["status_lists"] = new JsonArray([.. Enumerable.Repeat(0, 257).Select(i => JsonValue.Create("x"))])));
    }

    [Fact]
    public void A_bundle_is_signed_for_this_by_the_signer_of_statuses()
    {
        Assert.Equal(Reason.JwsType, Open(TestBundle.Sign(type: "statuslist+jwt")).Reason);
        Assert.Equal(Reason.SignerPurpose, Open(TestBundle.Sign(signer: Minted.Shared.QrCard)).Reason);
        Assert.Equal(Reason.SignatureWrong, Open(TestBundle.Sign(signer: Minted.Shared.Status with { Key = Minted.Shared.QrCard.Key })).Reason);
        Assert.Equal(Reason.BundleMalformed, Open(new string('a', OfflineTrust.Longest + 1)).Reason);
        Assert.Equal(Reason.SignerRevoked, Refusal(p => p["crl"] = Convert.ToBase64String(Minted.Shared.Crl(Minted.Now.AddDays(1), Minted.Shared.Status.Serial))));
    }

    [Fact]
    public void A_revoked_signer_of_codes_stays_known_and_its_codes_do_not_count()
    {
        var trust = Open(TestBundle.Sign(p => p["crl"] = Convert.ToBase64String(Minted.Shared.Crl(Minted.Now.AddDays(1), Minted.Shared.QrCard.Serial)))).Value;
        Assert.Equal(Reason.SignerRevoked, QrCode.Verify(TestQr.SignCard(), trust.Signers, Minted.Now, new QrOptions()).Reason);
    }

    [Fact]
    public void While_a_root_takes_the_place_of_another_there_is_a_list_of_each()
    {
        var former = new Minted("C=SA, CN=Former Root");
        var pinned = TrustAnchors.Create([former.Root, Minted.Shared.Root]).Value;
        var lists = new JsonArray(Convert.ToBase64String(former.Crl(Minted.Now.AddDays(1), former.QrCard.Serial)), Convert.ToBase64String(Minted.Shared.Crl(Minted.Now.AddDays(1))));
        var text = TestBundle.Sign(p => (p["crl"], p["signers"]) = (lists, new JsonArray(Convert.ToBase64String(former.QrCard.Der), Convert.ToBase64String(Minted.Shared.QrCard.Der))));
        var trust = OfflineTrust.Open(text, pinned, Minted.Now, Options).Value;
        Assert.Equal(Reason.SignerRevoked, QrCode.Verify(TestQr.SignCard(signer: former.QrCard), trust.Signers, Minted.Now, new QrOptions()).Reason);
        Assert.True(QrCode.Verify(TestQr.SignCard(), trust.Signers, Minted.Now, new QrOptions()).Ok);
        // Who has pinned only one of them cannot read the other's list, and takes nothing.
        Assert.Equal(Reason.CrlIssuerUnknown, Open(text).Reason);
        Assert.Equal(Reason.BundleMalformed, Refusal(p => p["crl"] = new JsonArray()));
        Assert.Equal(Reason.BundleMalformed, Refusal(p => p["crl"] = new JsonArray(7)));
        Assert.Equal(Reason.BundleMalformed, Refusal(p => p["crl"] = new JsonArray([.. Enumerable.Repeat(0, 9).Select(_ => JsonValue.Create(Convert.ToBase64String(Minted.Shared.Crl(Minted.Now.AddDays(1)))))])));
    }

    [Fact]
    public void A_bundle_is_looked_at_before_it_is_signed()
    {
        static Checked<OfflineTrust> Inspect(JsonObject payload) => OfflineTrust.Inspect(Encoding.UTF8.GetBytes(payload.ToJsonString()), Minted.Shared.Trust.Value, Minted.Now, Options);
        Assert.Equal(2, Inspect(TestBundle.Payload()).Value.StatusLists.Count);
        var payload = TestBundle.Payload();
        payload["exp"] = Minted.At(Minted.Now.AddDays(2));
        Assert.Equal(Reason.BundleLife, Inspect(payload).Reason);
        Assert.Equal(Reason.JsonMalformed, OfflineTrust.Inspect("{"u8, Minted.Shared.Trust.Value, Minted.Now, Options).Reason);
        Assert.Equal(Reason.BundleMalformed, OfflineTrust.Inspect(new byte[OfflineTrust.Longest + 1], Minted.Shared.Trust.Value, Minted.Now, Options).Reason);
    }
}
