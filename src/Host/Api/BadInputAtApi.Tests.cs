using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Muqeem.Platform.Database;
using Muqeem.Platform.Texts;
using Muqeem.Portal;
using Muqeem.Tests;

namespace Muqeem.Host.Api;

/// <summary>Bad input at the API, each with its problem in both languages: the other half of the table at the head of <see cref="BadInputTests"/>. Limits are on bytes and nodes, never on time.</summary>
public abstract class BadInputAtApiTests(SharedWorld shared)
{
    private static readonly string[] Languages = ["ar", "en"];

    private readonly WholeWorld _world = shared.World;

    private async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, HttpContent content, string language, string? token = null, Guid? operation = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/" + path) { Content = content };
        request.Headers.AcceptLanguage.ParseAdd(language);
        // So that the answer to what says that it is too long is read before the connection ends.
        request.Headers.ExpectContinue = content.Headers.ContentLength > ApiEdge.Largest;
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }
        if (operation is { } id)
        {
            request.Headers.Add("Operation-Id", id.ToString());
        }
        using var answer = await _world.Http.SendAsync(request);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        if ((int)answer.StatusCode >= 400)
        {
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
            Assert.Equal([language], answer.Content.Headers.ContentLanguage);
        }
        return (answer.StatusCode, json.RootElement.Clone());
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private void Problem((HttpStatusCode Status, JsonElement Body) answer, HttpStatusCode status, string code, string language)
    {
        Assert.Equal((status, code), (answer.Status, answer.Body.GetProperty("code").GetString()));
        Assert.Equal(_world.Get<TextCatalogue>().In(language).Text("api.problem." + code), answer.Body.GetProperty("title").GetString());
    }

    [Fact]
    public async Task Json_too_deep_too_long_or_not_as_described_is_refused_in_the_readers_language()
    {
        string Nested(int depth) => $$"""{"name":"2000000006","password":{{new string('[', depth - 1)}}{{new string(']', depth - 1)}}}""";
        foreach (var language in Languages)
        {
            foreach (var (body, path) in new (string, string?)[]
            {
                (Nested(17), null),
                (Nested(5_000), null),
                ("""{"name":"a","name":"b","password":"c"}""", null),
                ("""{"name":"a","password":"c","more":1}""", "$.more"),
                ("""{"name":1,"password":"c"}""", "$.name"),
                ("""{"name":"a","password":""", null),
                ("null", null),
            })
            {
                var answer = await PostAsync("sessions", Json(body), language);
                Problem(answer, HttpStatusCode.BadRequest, "malformed", language);
                // What was sent is never sent back.
                Assert.DoesNotContain("2000000006", answer.Body.GetRawText());
                if (path is not null)
                {
                    Assert.Equal(path, answer.Body.GetProperty("refusals")[0].GetProperty("facts").GetProperty("path").GetString());
                }
            }
            Problem(await PostAsync("sessions", new StringContent("name=a", Encoding.UTF8, "application/x-www-form-urlencoded"), language), HttpStatusCode.UnsupportedMediaType, "media_type", language);
        }
    }

    [Fact]
    public async Task A_body_of_more_than_64_kibibytes_is_refused_whether_it_says_its_length_or_not()
    {
        const int Most = 64 * 1024;
        foreach (var language in Languages)
        {
            // Up to the limit it is read, and is then no request of ours.
            Problem(await PostAsync("sessions", Said(Most), language), HttpStatusCode.BadRequest, "malformed", language);
            Problem(await PostAsync("sessions", Said(Most + 1), language), HttpStatusCode.RequestEntityTooLarge, "too_large", language);
            // A streamed body's own framing counts. Refused in the middle, the connection may end before its sender has read why; it is never taken.
            Problem(await PostAsync("sessions", Streamed(Most - 1024), language), HttpStatusCode.BadRequest, "malformed", language);
            var refused = await WholeWorld.UntilAsync<object>(async () =>
            {
                try
                {
                    return await PostAsync("sessions", Streamed(Most + 1), language);
                }
                catch (HttpRequestException)
                {
                    return null;
                }
            }, "the refusal of a streamed body is read");
            Problem(((HttpStatusCode, JsonElement))refused, HttpStatusCode.RequestEntityTooLarge, "too_large", language);
        }

        static HttpContent Said(int bytes) => Json(new ByteArrayContent(Body(bytes)));
        static HttpContent Streamed(int bytes) => Json(new StreamedContent(Body(bytes)));
        static byte[] Body(int bytes) => Encoding.ASCII.GetBytes("[" + new string(' ', bytes - 2) + "]");
        static HttpContent Json(HttpContent content)
        {
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            return content;
        }
    }

    /// <summary>A body that does not say how long it is.</summary>
    private sealed class StreamedContent(byte[] body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(body).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    [Fact]
    public async Task An_operation_id_used_again_with_another_body_does_nothing_and_says_so()
    {
        using var browser = new Browser(_world);
        var hand = await browser.OpenAccountAsync(_world, await _world.InHandAsync(0));
        var before = await _world.CodesForAsync(hand.Mobile);
        var (asked, challenge) = await PostAsync("sessions", Json(JsonSerializer.Serialize(new { name = hand.BorderNumber, password = Journeys.Password })), "en");
        Assert.Equal(HttpStatusCode.Accepted, asked);
        var code = await _world.CodeForAsync(hand.Mobile, before);
        var (entered, session) = await PostAsync("sessions/challenge", Json(JsonSerializer.Serialize(new { challenge = challenge.GetProperty("challenge").GetString(), factor = "message", code })), "en");
        Assert.Equal(HttpStatusCode.Created, entered);
        var token = session.GetProperty("token").GetString();

        var operation = Guid.CreateVersion7();
        const string Body = """{"service":"issue","answers":{"months":"12"}}""";
        var first = await PostAsync("cases", Json(Body), "en", token, operation);
        Assert.Equal(HttpStatusCode.Created, first.Status);
        foreach (var language in Languages)
        {
            // The same again is answered again, and is still one case.
            var again = await PostAsync("cases", Json(Body), language, token, operation);
            Assert.Equal((HttpStatusCode.Created, first.Body.GetProperty("id").GetGuid()), (again.Status, again.Body.GetProperty("id").GetGuid()));
            Problem(await PostAsync("cases", Json(Body.Replace("12", "24")), language, token, operation), HttpStatusCode.Conflict, "operation_reused", language);
            // A page's answers saved under one id are not overwritten by others under the same.
            var saving = Guid.CreateVersion7();
            var page = $"cases/{first.Body.GetProperty("id").GetGuid()}/pages/term";
            Assert.Equal(HttpStatusCode.OK, (await PostAsync(page, Json("""{"answers":{"months":"6"}}"""), language, token, saving)).Status);
            Problem(await PostAsync(page, Json("""{"answers":{"months":"9"}}"""), language, token, saving), HttpStatusCode.Conflict, "operation_reused", language);
            Problem(await PostAsync("cases", Json(Body), language, token), HttpStatusCode.BadRequest, "operation_id", language);
        }
        Assert.Equal(1, await _world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM case_head"));
        Assert.Equal("DRAFT", await _world.Get<Db>().SingleAsync<string>("SELECT state FROM case_head"));
    }
}

public sealed class BadInputAtApiOnSqliteTests(SqliteWorld shared) : BadInputAtApiTests(shared), IClassFixture<SqliteWorld>;

public sealed class BadInputAtApiOnPostgreSqlTests(PostgreSqlWorld shared) : BadInputAtApiTests(shared), IClassFixture<PostgreSqlWorld>;
