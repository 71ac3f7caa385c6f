using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Mdoc;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.SdJwt;
using Muqeem.Verifier.Status;

namespace Muqeem.Verifier;

public class IdVerifierTests
{
    private static readonly IdVerifier Verifier = new(OfflineTrust.Open(TestBundle.Sign(), Minted.Shared.Trust.Value, Minted.Now, new OfflineTrustOptions()).Value);

    /// <summary>Where every credential of the tests is at index 3, with this state there.</summary>
    private static IdVerifier WithState(int state, DateTimeOffset? at = null, DateTimeOffset? until = null) => new(OfflineTrust.Of(Minted.Shared.Trust.Value, TestQr.Signers,
        [StatusList.VerifyJwt(Minted.Shared.StatusList(TestQr.Uri, [(byte)(state << 6)], at, until), TestQr.Uri, Minted.Shared.Trust.Value, Minted.Now, new StatusListOptions()).Value]));

    private static readonly IdVerifier Good = WithState(0);

    private static Verdict.NotValid NotValid(Verdict verdict) => Assert.IsType<Verdict.NotValid>(verdict);

    private static Verdict.CannotSay CannotSay(Verdict verdict) => Assert.IsType<Verdict.CannotSay>(verdict);

    private static string Card => "HTTPS://ID.MUQEEM.EXAMPLE/V/" + BaseText.ToBase32(TestQr.SignCard());

    [Fact]
    public void Every_form_is_recognised_and_says_what_it_shows()
    {
        var card = Assert.IsType<Verdict.Valid>(Good.Check(Card, Minted.Now));
        Assert.Equal((IdForm.QrCard, Minted.Now.AddHours(-1), false), (card.Form, card.AsOf, card.IsBound));
        Assert.Equal(new ShownClaim("age_over_18", "true"), Assert.Single(card.Claims));

        var live = Assert.IsType<Verdict.Valid>(Good.Check(" MUQEEM2:" + BaseText.ToBase32(TestQr.SignLive()) + "\n", Minted.Now));
        Assert.Equal((IdForm.QrLive, Minted.Now.AddSeconds(-10)), (live.Form, live.AsOf));
        Assert.Contains(new ShownClaim("169/4", "Mohammed Rahman"), live.Claims);

        var sdJwt = Assert.IsType<Verdict.Valid>(Good.Check(TestIssuer.ResidentId(), Minted.Now));
        Assert.Equal(IdForm.SdJwt, sdJwt.Form);
        Assert.Contains(new ShownClaim("address/district/code", "7"), sdJwt.Claims);
        Assert.Contains(new ShownClaim("nationality/0", "BD"), sdJwt.Claims);
        Assert.Contains(new ShownClaim("age_equal_or_over/18", "true"), sdJwt.Claims);
        Assert.DoesNotContain(sdJwt.Claims, c => c.Name.StartsWith("cnf", StringComparison.Ordinal) || c.Name == "vct");

        var bytes = new TestMdoc().IssuerSigned();
        foreach (var verdict in (Verdict[])[Good.Check(bytes, Minted.Now), Good.Check(Minted.B64(bytes), Minted.Now), Good.Check(Encoding.ASCII.GetBytes(Minted.B64(bytes)), Minted.Now)])
        {
            var mdoc = Assert.IsType<Verdict.Valid>(verdict);
            Assert.Equal(IdForm.Mdoc, mdoc.Form);
            Assert.Contains(new ShownClaim(TestMdoc.Namespace + "/birth_date", "1990-02-03"), mdoc.Claims);
            Assert.Equal((byte[])[1, 2, 3], mdoc.Claims.Single(c => c.Name.EndsWith("portrait", StringComparison.Ordinal)).Bytes.ToArray());
        }
        Assert.IsType<Verdict.Valid>(Good.Check(TestQr.SignCard(), Minted.Now));
    }

    [Fact]
    public void What_a_device_presents_needs_the_session()
    {
        var mdoc = new TestMdoc();
        var options = new CheckOptions { Session = new MdocSession(mdoc.Transcript) };
        Assert.True(Assert.IsType<Verdict.Valid>(Good.Check(mdoc.Response(), Minted.Now, options)).IsBound);
        Assert.Equal((NotValidReason.NotHolder, Reason.MdocSessionMissing), (NotValid(Good.Check(mdoc.Response(), Minted.Now)).Why, NotValid(Good.Check(mdoc.Response(), Minted.Now)).Reason));
        Assert.Equal(Reason.MdocSeveral, NotValid(Good.Check(mdoc.Response(documents: 2), Minted.Now, options)).Reason);
        Assert.Equal(NotValidReason.NotHolder, NotValid(Good.Check(mdoc.Response(mdoc.Signature(Minted.Shared.Mdoc.Key)), Minted.Now, options)).Why);
    }

    [Fact]
    public void A_presentation_is_bound_to_the_verifier()
    {
        var options = new CheckOptions { SdJwt = new SdJwtOptions { KeyBinding = new KeyBinding("https://bank.example", "n-1") } };
        var shown = SdJwtVerifier.Present(TestIssuer.ResidentId(), p => p == "/given_name").Value;
        Assert.True(Assert.IsType<Verdict.Valid>(Good.Check(TestIssuer.Bind(shown), Minted.Now, options)).IsBound);
        Assert.Equal(NotValidReason.NotHolder, NotValid(Good.Check(TestIssuer.Bind(shown, nonce: "n-2"), Minted.Now, options)).Why);
        Assert.Equal(NotValidReason.ProofTooOld, NotValid(Good.Check(TestIssuer.Bind(shown, at: Minted.Now.AddHours(-1)), Minted.Now, options)).Why);
        Assert.Equal(CannotSayReason.Clock, CannotSay(Good.Check(TestIssuer.Bind(shown, at: Minted.Now.AddHours(1)), Minted.Now, options)).Why);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("https://example.com")]
    [InlineData("a.b.c")]
    [InlineData("AAAA")]
    [InlineData("مرحبا")]
    public void What_is_not_ours_is_told_from_what_is_forged(string text)
    {
        Assert.Equal(new Verdict.NotValid(NotValidReason.NotOurs, Reason.NotOurs), Verifier.Check(text, Minted.Now));
        Assert.Equal(new Verdict.NotValid(NotValidReason.NotOurs, Reason.NotOurs), Verifier.Check(Encoding.UTF8.GetBytes(text), Minted.Now));
    }

    [Fact]
    public void A_map_that_is_no_document_is_not_ours_and_one_too_large_is_not_looked_at()
    {
        Assert.Equal(Reason.NotOurs, NotValid(Verifier.Check(Minted.Map((Minted.Int(1), Minted.Int(2))), Minted.Now)).Reason);
        Assert.Equal(Reason.CborMalformed, NotValid(Verifier.Check((byte[])[0xa1], Minted.Now)).Reason);
        Assert.Equal(Reason.MdocTooLarge, NotValid(Verifier.Check(Minted.B64([0xa0, .. new byte[MdocVerifier.Longest]]), Minted.Now)).Reason);
        Assert.Equal(Reason.NotOurs, NotValid(Verifier.Check(new byte[MdocVerifier.Longest + 1], Minted.Now)).Reason);
    }

    private static readonly StatusReference CardPlace = new(TestQr.Uri, 3);

    /// <summary>Who knows the states fresher than the lists is asked instead of them, and believed.</summary>
    [Fact]
    public void Whoever_knows_it_fresher_is_asked_instead_of_the_lists()
    {
        CheckOptions Fresh(int? state) => new() { Fresh = place => place == CardPlace ? new FreshStatus(state, Minted.Now) : null };
        var revoked = WithState(1);
        Assert.Equal(Minted.Now, Assert.IsType<Verdict.Valid>(revoked.Check(Card, Minted.Now, Fresh(0))).AsOf);
        Assert.Equal(Reason.StatusSuspended, NotValid(WithState(0).Check(Card, Minted.Now, Fresh(2))).Reason);
        Assert.Equal(Reason.StatusIndexOutOfRange, NotValid(WithState(0).Check(Card, Minted.Now, Fresh(null))).Reason);
        Assert.Equal(CannotSayReason.NoFreshStatus, CannotSay(WithState(0).Check(Card, Minted.Now, new CheckOptions { Fresh = _ => null })).Why);
    }

    [Theory]
    [InlineData(1, NotValidReason.Revoked, Reason.StatusRevoked)]
    [InlineData(2, NotValidReason.Suspended, Reason.StatusSuspended)]
    [InlineData(3, NotValidReason.Frozen, Reason.StatusFrozen)]
    public void The_state_in_the_list_decides_for_every_form(int state, NotValidReason why, Reason reason)
    {
        var verifier = WithState(state);
        Assert.Equal(new Verdict.NotValid(why, reason) { Status = CardPlace }, verifier.Check(Card, Minted.Now));
        Assert.Equal(why, NotValid(verifier.Check(TestIssuer.ResidentId(), Minted.Now)).Why);
        Assert.Equal(why, NotValid(verifier.Check(new TestMdoc().IssuerSigned(), Minted.Now)).Why);
    }

    [Fact]
    public void A_list_that_is_missing_or_old_is_never_a_no()
    {
        var revoked = WithState(1, Minted.Now.AddHours(-3), Minted.Now.AddHours(2));
        Assert.Equal(NotValidReason.Revoked, NotValid(revoked.Check(Card, Minted.Now)).Why);
        Assert.Equal(new Verdict.CannotSay(CannotSayReason.NoFreshStatus, Reason.StatusListStale, Minted.Now.AddHours(-3)) { Status = CardPlace }, revoked.Check(Card, Minted.Now.AddHours(2)));
        Assert.Equal(Reason.StatusListStale, CannotSay(revoked.Check(Card, Minted.Now, new CheckOptions { OldestStatus = TimeSpan.FromHours(1) })).Reason);
        var nothing = new IdVerifier(OfflineTrust.Of(Minted.Shared.Trust.Value, TestQr.Signers, []));
        Assert.Equal(new Verdict.CannotSay(CannotSayReason.NoFreshStatus, Reason.StatusListMissing) { Status = CardPlace }, nothing.Check(Card, Minted.Now));
        Assert.IsType<Verdict.Valid>(nothing.Check("MUQEEM2:" + BaseText.ToBase32(TestQr.SignLive()), Minted.Now));
    }

    [Fact]
    public void A_list_by_a_signer_that_was_taken_back_says_nothing()
    {
        var trust = Minted.Shared.Trust.Value;
        var list = StatusList.VerifyJwt(Minted.Shared.StatusList(TestQr.Uri, [0]), TestQr.Uri, trust, Minted.Now, new StatusListOptions()).Value;
        var revoked = trust.With(Minted.Shared.Crl(Minted.Now.AddDays(1), Minted.Shared.Status.Serial)).Value;
        Assert.Equal(CannotSayReason.NoFreshStatus, CannotSay(new IdVerifier(OfflineTrust.Of(revoked, TestQr.Signers, [list])).Check(Card, Minted.Now)).Why);
    }

    [Fact]
    public void A_place_beyond_the_list_or_a_state_without_meaning_is_no_good_ID()
    {
        Assert.Equal(Reason.StatusIndexOutOfRange, NotValid(Good.Check("MUQEEM2:" + BaseText.ToBase32(TestQr.SignCard(c =>
            c[65535] = Minted.Map((Minted.Text("status_list"), Minted.Sorted((Minted.Text("idx"), Minted.Int(4)), (Minted.Text("uri"), Minted.Text(TestQr.Uri))))))), Minted.Now)).Reason);
        var wide = Minted.Jws("statuslist+jwt", $$"""{"sub":"{{TestQr.Uri}}","iat":{{Minted.At(Minted.Now)}},"status_list":{"bits":4,"lst":"{{Minted.B64(Minted.Zlib([0, 0x70]))}}"} }""", Minted.Shared.Status);
        var list = StatusList.VerifyJwt(wide, TestQr.Uri, Minted.Shared.Trust.Value, Minted.Now, new StatusListOptions()).Value;
        Assert.Equal(Reason.StatusUnknown, NotValid(new IdVerifier(OfflineTrust.Of(Minted.Shared.Trust.Value, TestQr.Signers, [list])).Check(Card, Minted.Now)).Reason);
    }

    [Fact]
    public void An_ID_without_a_status_counts_only_where_that_is_allowed()
    {
        var text = TestIssuer.ResidentId(p => p.Remove("status"));
        Assert.Equal(Reason.StatusMissing, NotValid(Good.Check(text, Minted.Now)).Reason);
        Assert.IsType<Verdict.Valid>(Good.Check(text, Minted.Now, new CheckOptions { NeedsStatus = false }));
    }

    [Fact]
    public void Signers_and_times_are_told_in_plain_words()
    {
        var stranger = new Minted("C=SA, CN=Stranger");
        Assert.Equal(CannotSayReason.UnknownSigner, CannotSay(Good.Check(TestIssuer.Sign(TestIssuer.Frame(), [], signer: stranger.SdJwt), Minted.Now)).Why);
        Assert.Equal(CannotSayReason.UnknownSigner, CannotSay(Good.Check("MUQEEM2:" + BaseText.ToBase32(TestQr.SignCard(signer: stranger.QrCard)), Minted.Now)).Why);
        Assert.Equal(NotValidReason.Forged, NotValid(Good.Check(TestIssuer.Sign(TestIssuer.Frame(), [], signer: new Minted().SdJwt), Minted.Now)).Why);
        Assert.Equal(NotValidReason.Forged, NotValid(Good.Check(TestIssuer.ResidentId() + TestIssuer.Disclosure("age", 7) + "~", Minted.Now)).Why);
        Assert.Equal(NotValidReason.Expired, NotValid(Good.Check(TestIssuer.ResidentId(), Minted.Now.AddDays(2))).Why);
        Assert.Equal(NotValidReason.NotYetValid, NotValid(Good.Check(TestIssuer.ResidentId(p => p["nbf"] = Minted.At(Minted.Now.AddHours(1))), Minted.Now)).Why);
        Assert.Equal(NotValidReason.ProofTooOld, NotValid(Good.Check("MUQEEM2:" + BaseText.ToBase32(TestQr.SignLive()), Minted.Now.AddHours(1))).Why);
        Assert.Equal(CannotSayReason.Clock, CannotSay(Good.Check("MUQEEM2:" + BaseText.ToBase32(TestQr.SignLive()), Minted.Now.AddHours(-1))).Why);
        Assert.Equal(NotValidReason.Malformed, NotValid(Good.Check("MUQEEM2:A", Minted.Now)).Why);
        var stale = new IdVerifier(OfflineTrust.Of(Minted.Shared.Trust.Value.With(Minted.Shared.Crl(Minted.Now)).Value, TestQr.Signers, []));
        Assert.Equal((CannotSayReason.NoFreshStatus, Reason.CrlStale), (CannotSay(stale.Check(TestIssuer.ResidentId(), Minted.Now)).Why, CannotSay(stale.Check(TestIssuer.ResidentId(), Minted.Now)).Reason));
    }
}
