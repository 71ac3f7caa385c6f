using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Muqeem.Credentials.Offline.TestIds;
using Muqeem.Host.Verbs;
using Muqeem.Platform.Database;
using Muqeem.Tests;
using Muqeem.Verifier;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Trust;

namespace Muqeem.Host;

public sealed class BundleOverHttpOnSqliteTests(SqliteWorld shared) : BundleOverHttpTests(shared), IClassFixture<SqliteWorld>;

public sealed class BundleOverHttpOnPostgreSqlTests(PostgreSqlWorld shared) : BundleOverHttpTests(shared), IClassFixture<PostgreSqlWorld>;

/// <summary>What a verifier fetches, as it comes over the wire.</summary>
public abstract class BundleOverHttpTests(SharedWorld shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private WholeWorld World => shared.World;

    /// <summary>After the first start there is nothing to sign until the journal has its first checkpoint.</summary>
    private Task<HttpResponseMessage> BundleAsync() => WholeWorld.UntilAsync(async () =>
    {
        var answer = await World.Http.GetAsync("trust/bundle", Cancel);
        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        answer.Dispose();
        return null;
    }, "there is a bundle");

    private async Task<TrustAnchors> RootsAsync() => TrustAnchors.FromPem(await World.Http.GetStringAsync("trust/root.pem", Cancel)).Value;

    [Fact]
    public async Task The_bundle_opens_with_the_roots_and_is_fetched_once()
    {
        using var answer = await BundleAsync();
        Assert.Equal("application/muqeem-bundle+jwt", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("muqeem-bundle.jwt", answer.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        var roots = await RootsAsync();
        var trust = OfflineTrust.Open(text, roots, World.Clock.GetUtcNow(), new OfflineTrustOptions());
        Assert.True(trust.Ok, trust.Reason.ToString());
        Assert.True(trust.Value.Checkpoint!.Checkpoint.Size > 0);

        using var again = new HttpRequestMessage(HttpMethod.Get, "trust/bundle");
        again.Headers.IfNoneMatch.Add(answer.Headers.ETag!);
        using var unchanged = await World.Http.SendAsync(again, Cancel);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);

        using var packed = new HttpRequestMessage(HttpMethod.Get, "trust/bundle");
        packed.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        using var gzip = await World.Http.SendAsync(packed, Cancel);
        Assert.Equal("gzip", Assert.Single(gzip.Content.Headers.ContentEncoding));
        Assert.NotEqual(answer.Headers.ETag, gzip.Headers.ETag);
        await using var unpacked = new GZipStream(await gzip.Content.ReadAsStreamAsync(Cancel), CompressionMode.Decompress);
        using var reader = new StreamReader(unpacked);
        Assert.Equal(text, await reader.ReadToEndAsync(Cancel));
    }

    [Fact]
    public async Task The_trust_list_is_there_in_JSON_and_compact_with_the_same_signature()
    {
        using var json = await World.Http.GetAsync("trust/list.json", Cancel);
        Assert.Equal("application/jose+json", json.Content.Headers.ContentType!.MediaType);
        using var flat = JsonDocument.Parse(await json.Content.ReadAsStringAsync(Cancel));
        using var jose = await World.Http.GetAsync("trust/list.jose", Cancel);
        Assert.Equal("application/jose", jose.Content.Headers.ContentType!.MediaType);
        Assert.Equal(await jose.Content.ReadAsStringAsync(Cancel), string.Join('.', new[] { "protected", "payload", "signature" }.Select(p => flat.RootElement.GetProperty(p).GetString())));
        Assert.Equal("*", json.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.True(json.Headers.CacheControl!.Public);
    }

    [Fact]
    public async Task An_integrator_gets_every_test_ID_and_what_it_must_give()
    {
        using var start = await World.Http.GetAsync("trust/test", Cancel);
        Assert.Equal("/trust/test/index.json", start.Headers.Location!.ToString());
        using var index = JsonDocument.Parse(await World.Http.GetStringAsync("trust/test/index.json", Cancel));
        var now = World.Clock.GetUtcNow();
        var roots = TrustAnchors.FromPem(await World.Http.GetStringAsync("trust/test/roots.pem", Cancel)).Value;
        var verifier = new IdVerifier(OfflineTrust.Open(await World.Http.GetStringAsync("trust/test/bundle.jwt", Cancel), roots, now, new OfflineTrustOptions()).Value);
        var ids = index.RootElement.GetProperty("ids").EnumerateArray().ToList();
        Assert.Equal(31, ids.Count);
        foreach (var id in ids)
        {
            var said = TestIdsTests.Words(verifier.Check(await World.Http.GetByteArrayAsync("trust/test/" + id.GetProperty("file").GetString(), Cancel), now));
            Assert.Equal(id.GetProperty("verdict").GetString(), said.Item1);
        }
        foreach (var (name, type) in index.RootElement.GetProperty("media_types").EnumerateObject().Select(m => (m.Name, m.Value.GetString())))
        {
            using var file = await World.Http.GetAsync("trust/test/" + name, Cancel);
            Assert.Equal((HttpStatusCode.OK, type), (file.StatusCode, file.Content.Headers.ContentType!.MediaType));
        }
        using var asCwt = new HttpRequestMessage(HttpMethod.Get, "trust/test/status/1");
        asCwt.Headers.Accept.ParseAdd("application/statuslist+cwt");
        using var cwt = await World.Http.SendAsync(asCwt, Cancel);
        Assert.Equal("application/statuslist+cwt", cwt.Content.Headers.ContentType!.MediaType);
        using var jwt = await World.Http.GetAsync("trust/test/status/1", Cancel);
        Assert.Equal("application/statuslist+jwt", jwt.Content.Headers.ContentType!.MediaType);
        using var none = await World.Http.GetAsync("trust/test/../root.pem%00", Cancel);
        Assert.NotEqual(HttpStatusCode.OK, none.StatusCode);
        using var unknown = await World.Http.GetAsync("trust/test/status/2", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task On_the_machine_of_the_service_an_ID_is_verified_by_what_lies_in_its_folder()
    {
        (await BundleAsync()).Dispose();
        var set = World.Get<TestIdPress>().Current();
        using var output = new StringWriter();
        var verb = new VerifyVerb(output, output, Stream.Null, TimeProvider.System, _ => throw new InvalidOperationException("There is no picture."));
        Assert.Equal(VerifyVerb.CannotSay, await verb.ExecuteAsync([Encoding.ASCII.GetString(set.Files["valid.qr.txt"].Bytes).Trim(), "--Data=" + World.Data, "--json"]));
        Assert.Contains("\"unknown_signer\"", output.ToString());
    }
}
