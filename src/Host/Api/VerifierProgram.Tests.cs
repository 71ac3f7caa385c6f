using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Muqeem.Credentials.Verifiers;
using Muqeem.Kernel;
using Muqeem.Platform.Signatures;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using Muqeem.Verifier.Cryptography;
using Muqeem.Verifier.SdJwt;

namespace Muqeem.Host.Api;

/// <summary>A registered verifier's program, which signs its calls itself. Every part of a signature can be made wrong.</summary>
internal sealed class VerifierProgram : IDisposable
{
    public const string Audience = "https://bank.example";

    private readonly WholeWorld _world;
    private readonly HttpClient _http;
    private readonly byte[] _seed = RandomNumberGenerator.GetBytes(32);

    private VerifierProgram(WholeWorld world) => (_world, _http) = (world, new HttpClient(SharedWorld.Caller()) { BaseAddress = world.Address });

    public ECDsa Key { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    public Guid Id { get; private set; }
    public string KeyId { get; private set; } = "";

    /// <summary>Of the Ed25519 key.</summary>
    public string OtherKeyId { get; private set; } = "";

    /// <summary>The secret under which it signs from now on, with the name of its session.</summary>
    public (string KeyId, byte[] Secret)? Session { get; set; }

    public static async Task<VerifierProgram> RegisterAsync(WholeWorld world, IReadOnlyList<Grant> grants, int? perMinute = null, int? perDay = null)
    {
        var program = new VerifierProgram(world);
        var ed25519 = $$"""{"kty":"OKP","crv":"Ed25519","x":"{{Base64Url.EncodeToString(Ed25519.PublicKey(program._seed))}}"}""";
        var proposed = Assert.IsType<BookAnswer.Done>(await world.Get<VerifierRegistrar>().ProposeAsync(Actor.System("test"), Guid.CreateVersion7(),
            new VerifierApplication(VerifierKind.Bank, "مصرف الاختبار", "The Test Bank", grants, [program.Key.ExportSubjectPublicKeyInfoPem(), ed25519], perMinute, perDay)));
        var done = Assert.IsType<BookAnswer.Done>(await world.Get<VerifierRegistrar>().ConfirmAsync(Actor.System("second"), Guid.CreateVersion7(), proposed.Proposal!.Value));
        (program.Id, program.KeyId, program.OtherKeyId) = (done.Verifier, done.KeyIds[0], done.KeyIds[1]);
        return program;
    }

    public Task<ApiAnswer> PostAsync(string path, object body, Signing? with = null) => SendAsync(Request(path, body, with));

    /// <param name="query">With its question mark; it is signed too.</param>
    public Task<ApiAnswer> GetAsync(string path, string query = "", Signing? with = null) => SendAsync(Request(path, null, with, query));

    public async Task<ApiAnswer> SendAsync(HttpRequestMessage request)
    {
        using var sent = request;
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        using var json = JsonDocument.Parse(text);
        return new(answer.StatusCode, json.RootElement.Clone(), answer.Headers, answer.Content.Headers, text);
    }

    /// <summary>A signed request, which can be sent once; a copy of it is the same again.</summary>
    /// <param name="body">Null: it only reads.</param>
    public HttpRequestMessage Request(string path, object? body, Signing? with = null, string query = "")
    {
        with ??= query.Length > 0 ? new Signing { Covered = ["@method", "@authority", "@path", "@query", "content-digest"] } : new Signing();
        path = "/api/v1/verifier/" + path;
        var bytes = body is null ? [] : JsonSerializer.SerializeToUtf8Bytes(body);
        var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path + query);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(with.Body ?? bytes);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
        request.Headers.AcceptLanguage.ParseAdd("en");
        if (with.None)
        {
            return request;
        }
        var digest = HttpSignature.DigestOf(bytes);
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["@method"] = request.Method.Method, ["@query"] = query, ["@authority"] = with.Authority ?? _world.Address.Authority, ["@path"] = path, ["content-digest"] = digest };
        var parameters = new StringBuilder("(" + string.Join(' ', with.Covered.Select(c => $"\"{c}\"")) + ")");
        parameters.Append(CultureInfo.InvariantCulture, $";created={(_world.Clock.GetUtcNow() + with.Later).ToUnixTimeSeconds()}");
        parameters.Append(CultureInfo.InvariantCulture, $";keyid=\"{with.KeyId ?? Session?.KeyId ?? KeyId}\";nonce=\"{with.Nonce ?? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16))}\"");
        if (with.Algorithm is { } algorithm)
        {
            parameters.Append(CultureInfo.InvariantCulture, $";alg=\"{algorithm}\"");
        }
        parameters.Append(CultureInfo.InvariantCulture, $";tag=\"{with.Tag}\"");
        var signed = Encoding.ASCII.GetBytes(string.Concat(with.Covered.Select(c => $"\"{c}\": {values[c]}\n")) + $"\"@signature-params\": {parameters}");
        var signature = with.Key is { } key ? key.SignData(signed, HashAlgorithmName.SHA256)
            : (with.KeyId ?? Session?.KeyId) == OtherKeyId ? Ed25519.Sign(_seed, signed)
            : Session is { } session && with.KeyId is null ? HMACSHA256.HashData(session.Secret, signed)
            : Key.SignData(signed, HashAlgorithmName.SHA256);
        request.Headers.TryAddWithoutValidation(HttpSignature.DigestHeader, digest);
        request.Headers.TryAddWithoutValidation(HttpSignature.InputHeader, "sig1=" + parameters);
        request.Headers.TryAddWithoutValidation(HttpSignature.Header, $"sig1=:{Convert.ToBase64String(signature)}:");
        return request;
    }

    /// <summary>Some claims of a credential, with the proof of who has its key.</summary>
    public string Present(string credential, ECDsa holder, string nonce, string audience = Audience)
    {
        var shown = SdJwtVerifier.Present(credential, p => p is "/name" or "/nationality_icao").Value;
        static string Coded(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
        var signed = Coded("""{"alg":"ES256","typ":"kb+jwt"}""") + "." + Coded(string.Create(CultureInfo.InvariantCulture, $$"""{"aud":"{{audience}}","nonce":"{{nonce}}","iat":{{_world.Clock.GetUtcNow().ToUnixTimeSeconds()}},"sd_hash":"{{SdJwtVerifier.HashOf(shown)}}"}"""));
        return $"{shown}{signed}.{Base64Url.EncodeToString(holder.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    public void Dispose()
    {
        _http.Dispose();
        Key.Dispose();
    }

    /// <summary>How a request is signed, and what of it is wrong.</summary>
    /// <param name="Body">What is sent instead of what was signed.</param>
    internal sealed record Signing(bool None = false, string? KeyId = null, ECDsa? Key = null, string? Nonce = null, string? Algorithm = null, string Tag = VerifierGate.Tag, string? Authority = null, byte[]? Body = null)
    {
        public TimeSpan Later { get; init; }
        public string[] Covered { get; init; } = ["@method", "@authority", "@path", "content-digest"];
    }
}
