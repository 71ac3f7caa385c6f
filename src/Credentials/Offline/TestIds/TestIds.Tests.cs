using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Muqeem.Credentials.Forms;
using Muqeem.Kernel;
using Muqeem.Platform.Texts;
using Muqeem.Tests;
using Muqeem.Verifier;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;

namespace Muqeem.Credentials.Offline.TestIds;

public class TestIdsTests
{
    private const string Origin = "https://muqeem.example";
    private static readonly int[] Ages = [15, 18, 21, 60];
    private static readonly TypeMetadata Type = new(Origin, Ages, TextCatalogue.Of(typeof(SdJwtForm).Assembly, typeof(TextCatalogue).Assembly, typeof(ResidentNumber).Assembly));

    internal static TestIdPress Press(TimeProvider clock) => new(Origin, () => Type, () => Ages, clock);

    internal static OfflineTrust Trust(TestSet set, DateTimeOffset now) => OfflineTrust.Open(Encoding.ASCII.GetString(set.Files[TestIdPress.BundleName].Bytes), Roots(set), now, new OfflineTrustOptions()).Value;

    private static TrustAnchors Roots(TestSet set) => TrustAnchors.FromPem(Encoding.ASCII.GetString(set.Files[TestIdPress.RootsName].Bytes)).Value;

    /// <summary>As the index has it: verdict, why, reason.</summary>
    internal static (string, string?, string?) Words(Verdict verdict)
    {
        static string Snake(Enum word) => JsonNamingPolicy.SnakeCaseLower.ConvertName(word.ToString());
        return verdict switch
        {
            Verdict.NotValid no => ("not_valid", Snake(no.Why), no.Reason.Code()),
            Verdict.CannotSay unknown => ("cannot_say", Snake(unknown.Why), unknown.Reason.Code()),
            _ => ("valid", null, null),
        };
    }

    [Theory]
    [InlineData("2026-03-15T09:00:00Z")]
    // The signers are of a year: around its turn, in a leap year, and where the year before's end.
    [InlineData("2026-12-31T23:59:59Z")]
    [InlineData("2027-01-01T00:00:00Z")]
    [InlineData("2028-03-03T12:00:00Z")]
    public void Each_test_ID_gives_exactly_what_the_index_says(string time)
    {
        var clock = new TestClock();
        clock.Set(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture));
        var set = Press(clock).Current();
        Assert.Equal(31, set.Cases.Count);
        // From when it is made until when the bundle ends.
        foreach (var now in new[] { set.MadeAt.ToDateTimeOffset(), clock.GetUtcNow(), set.Until.ToDateTimeOffset().AddSeconds(-1) })
        {
            var verifier = new IdVerifier(Trust(set, now));
            foreach (var test in set.Cases)
            {
                Assert.Equal((test.Verdict, test.Why, test.Reason), Words(verifier.Check(set.Files[test.File].Bytes, now)));
            }
        }
    }

    [Fact]
    public void Each_state_comes_in_each_form()
    {
        var set = Press(new TestClock()).Current();
        string[] states = ["valid", "revoked", "suspended", "frozen", "superseded", "expired", "forged", "altered", "unknown-signer", "no-status"];
        Assert.Equal(states.SelectMany(s => new[] { (s, "sd-jwt"), (s, "mdoc"), (s, "qr") }).Append(("live-old", "qr")), set.Cases.Select(c => (c.Case, c.Form)));
        Assert.Equal(["valid"], set.Cases.Where(c => c.Verdict == "valid").Select(c => c.Case).Distinct());
        // What says what must come out says every file too.
        using var index = JsonDocument.Parse(set.Files[TestIdPress.IndexName].Bytes);
        Assert.Equal(set.Cases.Select(c => (c.File, c.Verdict, c.Why, c.Reason)), index.RootElement.GetProperty("ids").EnumerateArray().Select(i =>
            (i.GetProperty("file").GetString()!, i.GetProperty("verdict").GetString()!, i.TryGetProperty("why", out var why) ? why.GetString() : null, i.TryGetProperty("reason", out var reason) ? reason.GetString() : null)));
        Assert.Equal(set.Files.Keys.Where(f => f != TestIdPress.IndexName), index.RootElement.GetProperty("media_types").EnumerateObject().Select(m => m.Name));
        Assert.All(index.RootElement.GetProperty("ids").EnumerateArray().Where(i => i.GetProperty("form").GetString() == "qr"), i => Assert.True(set.Files.ContainsKey(i.GetProperty("picture").GetString()!)));
    }

    [Fact]
    public void Whoever_they_are_of_has_a_demonstration_number_and_says_that_it_is_a_specimen()
    {
        var clock = new TestClock();
        var set = Press(clock).Current();
        var verifier = new IdVerifier(Trust(set, clock.GetUtcNow()));
        var sdJwt = Assert.IsType<Verdict.Valid>(verifier.Check(set.Files["valid.sd-jwt"].Bytes, clock.GetUtcNow()));
        var number = sdJwt.Claims.Single(c => c.Name == "personal_administrative_number").Text;
        Assert.True(ResidentNumber.Parse(number).Value.IsDemonstration);
        Assert.Contains(new ShownClaim("specimen", "true"), sdJwt.Claims);
        var mdoc = Assert.IsType<Verdict.Valid>(verifier.Check(set.Files["valid.mdoc"].Bytes, clock.GetUtcNow()));
        Assert.Contains(mdoc.Claims, c => c.Name.EndsWith("/specimen", StringComparison.Ordinal) && c.Text == "true");
        Assert.Contains(mdoc.Claims, c => c.Name == MdocForm.PhotoIdNames + "/administrative_number" && c.Text == number);
        var card = Assert.IsType<Verdict.Valid>(verifier.Check(set.Files["valid.qr.txt"].Bytes, clock.GetUtcNow()));
        Assert.Contains(new ShownClaim("169/1", number), card.Claims);
        Assert.Contains(TestIdPress.RootName, Encoding.UTF8.GetString(Roots(set).Roots.Single().Der.Span));
    }

    [Fact]
    public void Every_node_makes_the_same_and_the_next_set_comes_while_the_last_still_counts()
    {
        var clock = new TestClock();
        var (one, other) = (Press(clock).Current(), Press(clock).Current());
        Assert.Equal(one.Files.Keys, other.Files.Keys);
        Assert.All(one.Files.Values, f => Assert.Equal(f.Bytes, other.Files[f.Name].Bytes));
        var press = Press(clock);
        var first = press.Current();
        Assert.Same(first, press.Current());
        clock.Advance(TimeSpan.FromHours(6));
        var next = press.Current();
        Assert.True(next.MadeAt.ToDateTimeOffset() <= clock.GetUtcNow() && next.Until > first.Until);
        // Root, signers and places stay: what somebody kept yesterday is verified by today's bundle.
        Assert.Equal(first.Files[TestIdPress.RootsName].Bytes, next.Files[TestIdPress.RootsName].Bytes);
        var verifier = new IdVerifier(Trust(next, clock.GetUtcNow()));
        foreach (var test in first.Cases)
        {
            Assert.Equal((test.Verdict, test.Why, test.Reason), Words(verifier.Check(first.Files[test.File].Bytes, clock.GetUtcNow())));
        }
    }

    [Fact]
    public void The_status_list_says_the_same_as_JWT_and_as_CWT()
    {
        var clock = new TestClock();
        var set = Press(clock).Current();
        var (roots, now) = (Roots(set), clock.GetUtcNow());
        var jwt = StatusList.VerifyJwt(Encoding.ASCII.GetString(set.Files[TestIdPress.StatusJwtName].Bytes), Origin + "/trust/test/status/1", roots, now, new StatusListOptions()).Value;
        var cwt = StatusList.VerifyCwt(set.Files[TestIdPress.StatusCwtName].Bytes, Origin + "/trust/test/status/1", roots, now, new StatusListOptions()).Value;
        Assert.Equal(Enumerable.Range(4700, 60).Select(i => jwt.Get(i)), Enumerable.Range(4700, 60).Select(i => cwt.Get(i)));
        Assert.Equal(4, Enumerable.Range(4700, 60).Select(i => jwt.Get(i)).Distinct().Count());
    }

    /// <summary>RFC 6979, A.2.5, and what the base library says of the signature.</summary>
    [Fact]
    public void The_published_keys_sign_as_RFC_6979_has_it()
    {
        var key = new PublishedKey(BigInteger.Parse("0C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        Assert.Equal("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6", Convert.ToHexString(key.Point.X!));
        var signature = key.Sign("sample"u8);
        Assert.Equal("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8", Convert.ToHexString(signature));
        using var check = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = key.Point });
        Assert.True(check.VerifyData("sample"u8, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        Assert.True(check.VerifyData("sample"u8, key.SignData("sample"u8.ToArray(), HashAlgorithmName.SHA256), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }
}
