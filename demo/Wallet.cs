using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Muqeem.Demo;

/// <summary>A program on the person's own telephone: it talks to the public API, has a key, and keeps the credentials that are bound to it.</summary>
public sealed class Wallet : IDisposable
{
    private readonly Installation _muqeem;
    private readonly HttpClient _http;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private Wallet(Installation muqeem, HttpClient http) => (_muqeem, _http) = (muqeem, http);

    /// <param name="name">Border or resident number.</param>
    public static async Task<Wallet> SignInAsync(Installation muqeem, string name, string mobile)
    {
        var wallet = new Wallet(muqeem, new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(muqeem.Muqeem, "api/v1/"), Timeout = TimeSpan.FromSeconds(60) });
        var before = await muqeem.NewestMessageAsync(mobile);
        var challenge = (await wallet.PostAsync("sessions", new { name, password = Resident.Password })).GetProperty("challenge").GetString();
        // A telephone gets a code a minute at most, and the newest may be of the registration.
        await Installation.UntilAsync(async () =>
        {
            if (await muqeem.NewestMessageAsync(mobile) != before)
            {
                return true;
            }
            using var again = new HttpRequestMessage(HttpMethod.Post, "sessions/challenge/message") { Content = JsonContent.Create(new { challenge }) };
            again.Headers.Add("Operation-Id", Guid.CreateVersion7().ToString());
            using var answer = await wallet._http.SendAsync(again);
            if (!answer.IsSuccessStatusCode)
            {
                await Task.Delay(1000);
            }
            return answer.IsSuccessStatusCode;
        }, "a code was sent", 90);
        var session = await wallet.PostAsync("sessions/challenge", new { challenge, factor = "message", code = await muqeem.CodeAsync(mobile, before) });
        wallet._http.DefaultRequestHeaders.Authorization = new("Bearer", session.GetProperty("token").GetString());
        return wallet;
    }

    /// <summary>An officer's program, in one step.</summary>
    /// <param name="secret">Of the authenticator.</param>
    public static async Task<Wallet> SignInAsync(Installation muqeem, string name, string password, string secret)
    {
        var desk = new Wallet(muqeem, new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(muqeem.Muqeem, "api/v1/"), Timeout = TimeSpan.FromSeconds(60) });
        // A code is taken once, and this one may have been the seeding's or the browser's: then the app's next.
        foreach (var later in new[] { 0, 30 })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "sessions") { Content = JsonContent.Create(new { name, password, factor = "authenticator", code = AuthenticatorApp.Code(secret, muqeem.Now.AddSeconds(later)) }) };
            request.Headers.Add("Operation-Id", Guid.CreateVersion7().ToString());
            using var answer = await desk._http.SendAsync(request);
            if (answer.IsSuccessStatusCode)
            {
                using var session = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
                desk._http.DefaultRequestHeaders.Authorization = new("Bearer", session.RootElement.GetProperty("token").GetString());
                return desk;
            }
        }
        throw new NotAsExpectedException($"{name} does not get in.");
    }

    /// <summary>A change under an operation id of its own.</summary>
    public async Task<JsonElement> PostAsync(string path, object? body = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("Operation-Id", Guid.CreateVersion7().ToString());
        return await JsonAsync(request);
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await JsonAsync(request);
    }

    /// <summary>A file at an address of this installation.</summary>
    public async Task<byte[]> BytesAsync(string address, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_muqeem.Muqeem, address));
        if (accept is not null)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        }
        using var answer = await _http.SendAsync(request);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsByteArrayAsync() : throw new NotAsExpectedException($"{address}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>A credential bound to the key of this telephone.</summary>
    /// <param name="format"><c>dc+sd-jwt</c> or <c>mso_mdoc</c>.</param>
    public async Task<string> CredentialAsync(string format)
    {
        var asked = await GetAsync("credentials/nonce");
        var point = _key.ExportParameters(false).Q;
        var header = new { typ = "openid4vci-proof+jwt", alg = "ES256", jwk = new { kty = "EC", crv = "P-256", x = Base64Url.EncodeToString(point.X), y = Base64Url.EncodeToString(point.Y) } };
        // The clock of the demonstration was moved: it is now when the nonce is given.
        var claims = new { aud = asked.GetProperty("audience").GetString(), iat = asked.GetProperty("until").GetDateTimeOffset().ToUnixTimeSeconds() - 300, nonce = asked.GetProperty("nonce").GetString() };
        var signed = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(header)) + "." + Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims));
        var proof = signed + "." + Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256));
        var issued = await PostAsync("credentials", new { format, proof });
        return issued.GetProperty("credential").GetString()!;
    }

    /// <summary>The private key as a JWK, so that presentations can be made of what the demonstration leaves.</summary>
    public string KeyJson()
    {
        var key = _key.ExportParameters(true);
        return JsonSerializer.Serialize(new { kty = "EC", crv = "P-256", x = Base64Url.EncodeToString(key.Q.X), y = Base64Url.EncodeToString(key.Q.Y), d = Base64Url.EncodeToString(key.D) });
    }

    private async Task<JsonElement> JsonAsync(HttpRequestMessage request)
    {
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
        {
            throw new NotAsExpectedException($"{request.Method} {request.RequestUri}: {(int)answer.StatusCode} {text}");
        }
        using var json = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
        return json.RootElement.Clone();
    }

    public void Dispose()
    {
        _http.Dispose();
        _key.Dispose();
    }
}
