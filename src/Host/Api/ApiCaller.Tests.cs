using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Muqeem.Kernel;
using Muqeem.Portal;
using Muqeem.SignIn.Factors;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host.Api;

/// <summary>What the API answered.</summary>
internal sealed record ApiAnswer(HttpStatusCode Status, JsonElement Json, HttpResponseHeaders Headers, HttpContentHeaders Content, string Text)
{
    public JsonElement this[string member] => Json.GetProperty(member);

    public string Code => Json.GetProperty("code").GetString()!;

    /// <summary>The refusals as <c>field:code</c>, or the code alone.</summary>
    public IReadOnlyList<string> Refusals => [.. Json.GetProperty("refusals").EnumerateArray().Select(r => r.TryGetProperty("field", out var f) ? $"{f.GetString()}:{r.GetProperty("code").GetString()}" : r.GetProperty("code").GetString()!)];

    public string Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(',', values) : "";
}

/// <summary>Somebody's program: calls from an address of its own, with the token of its session.</summary>
internal sealed class ApiCaller(WholeWorld world) : IDisposable
{
    private readonly HttpClient _http = new(SharedWorld.Caller()) { BaseAddress = world.Address };

    public string? Token { get; set; }

    public Task<ApiAnswer> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, "/api/v1/" + path));

    /// <summary>A file at an address of this server.</summary>
    public async Task<byte[]> BytesAsync(string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = new("Bearer", Token);
        using var answer = await _http.SendAsync(request);
        return await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
    }

    /// <summary>A change with an operation id of its own.</summary>
    public Task<ApiAnswer> PostAsync(string path, object? body = null, Guid? operation = null, string? seen = null) =>
        PostAsync(path, body is null ? null : JsonContent.Create(body), operation ?? Guid.CreateVersion7(), seen);

    public Task<ApiAnswer> PostTextAsync(string path, string body, string type = "application/json") => PostAsync(path, new StringContent(body, Encoding.UTF8, type), Guid.CreateVersion7(), null);

    public async Task<ApiAnswer> PostAsync(string path, HttpContent? body, Guid? operation, string? seen)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/" + path) { Content = body };
        if (operation is { } id)
        {
            request.Headers.Add("Operation-Id", id.ToString());
        }
        // Refused by its length alone, the server hangs up without reading it: a polite program asks first.
        request.Headers.ExpectContinue = body?.Headers.ContentLength > ApiEdge.Largest;
        if (seen is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", seen);
        }
        return await SendAsync(request);
    }

    /// <summary>Asks for a credential that is bound to a key, and proves to have the key.</summary>
    /// <param name="key">Left out: one that nobody needs again.</param>
    public async Task<ApiAnswer> CredentialAsync(string format = "dc+sd-jwt", ECDsa? key = null, Guid? operation = null)
    {
        using var other = key is null ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : null;
        return await PostAsync("credentials", new { format, proof = KeyProof(await GetAsync("credentials/nonce"), key ?? other!, world.Clock.Now()) }, operation);
    }

    /// <summary>A JWT over a nonce that was given.</summary>
    public static string KeyProof(ApiAnswer nonce, ECDsa key, Instant at, Action<JsonObject, JsonObject>? spoil = null)
    {
        var q = key.ExportParameters(false).Q;
        var header = new JsonObject
        {
            ["typ"] = "openid4vci-proof+jwt",
            ["alg"] = "ES256",
            ["jwk"] = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(q.X), ["y"] = Base64Url.EncodeToString(q.Y) },
        };
        var claims = new JsonObject { ["aud"] = nonce["audience"].GetString(), ["iat"] = at.ToUnixTimeSeconds(), ["nonce"] = nonce["nonce"].GetString() };
        spoil?.Invoke(header, claims);
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString()))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    public async Task<ApiAnswer> SendAsync(HttpRequestMessage request)
    {
        using var sent = request;
        request.Headers.AcceptLanguage.ParseAdd("en");
        if (Token is not null)
        {
            request.Headers.Authorization = new("Bearer", Token);
        }
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        using var json = text.Length > 0 && text[0] is '{' or '[' ? JsonDocument.Parse(text) : null;
        return new(answer.StatusCode, json?.RootElement.Clone() ?? default, answer.Headers, answer.Content.Headers, text);
    }

    /// <summary>Password, then the code that arrives at the telephone.</summary>
    public async Task SignInAsync(PersonInHand hand)
    {
        var before = await world.CodesForAsync(hand.Mobile);
        var challenge = await PostAsync("sessions", new { name = hand.BorderNumber, password = Journeys.Password });
        Assert.True(challenge.Status == HttpStatusCode.Accepted, challenge.Text);
        var token = challenge["challenge"].GetString();
        if ((await world.CodesForAsync(hand.Mobile)).All(before.Contains))
        {
            var sent = await PostAsync("sessions/challenge/message", new { challenge = token });
            Assert.True(sent.Status is HttpStatusCode.OK or HttpStatusCode.Conflict, sent.Text);
        }
        In(await PostAsync("sessions/challenge", new { challenge = token, factor = "message", code = await world.CodeForAsync(hand.Mobile, before) }));
    }

    /// <summary>A colleague of the office, in one step. The code of the step in which the account was made is taken: the app's next is too early by half a minute at most, which is allowed.</summary>
    public async Task SignInAsync(string colleague)
    {
        var (name, password, secret) = world.Colleague(colleague);
        foreach (var later in new[] { 0, 1, 2 })
        {
            if (later == 2)
            {
                // Another test of this world took both codes.
                await world.MoveClockAsync(Duration.FromSeconds(61));
            }
            var answer = await PostAsync("sessions", new { name, password, factor = "authenticator", code = Totp.Code(secret, Totp.StepAt(world.Clock.Now()) + (later % 2)) });
            if (answer.Status == HttpStatusCode.Created)
            {
                In(answer);
                return;
            }
        }
        Assert.Fail($"{colleague} does not get in.");
    }

    private void In(ApiAnswer answer)
    {
        Assert.True(answer.Status == HttpStatusCode.Created, answer.Text);
        Token = answer["token"].GetString();
    }

    public void Dispose() => _http.Dispose();
}
