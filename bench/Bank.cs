using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Credentials.Verifiers;
using Muqeem.Platform.Signatures;
using Muqeem.Platform.Writing;
using Muqeem.Verifier.SdJwt;
using Npgsql;

namespace Muqeem.Bench;

/// <summary>A registered verifier's program: signs its calls, and has residents' credentials shown to it.</summary>
internal sealed class Bank(int port) : IDisposable
{
    private const string Purpose = "open_account", Audience = "https://bank.example";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly List<(string Credential, ECDsa Holder, string Uri, long Index)> _met = [];
    private string _keyId = "", _session = "";
    private byte[] _secret = [];
    private long _presented;

    public void Dispose()
    {
        _key.Dispose();
        _met.ForEach(m => m.Holder.Dispose());
    }

    /// <summary>Enters it, with budgets that nothing here reaches.</summary>
    public async Task RegisterAsync(IServiceProvider services)
    {
        var registrar = services.GetRequiredService<VerifierRegistrar>();
        var proposed = await registrar.ProposeAsync(Actor.System("bench"), Guid.CreateVersion7(), new VerifierApplication(VerifierKind.Bank, "مصرف", "A bank",
            [new(VerifierOperation.Status, Purpose), new(VerifierOperation.Presentation, Purpose)], [_key.ExportSubjectPublicKeyInfoPem()], int.MaxValue, int.MaxValue));
        var answer = await registrar.ConfirmAsync(Actor.System("bench.second"), Guid.CreateVersion7(), (proposed as BookAnswer.Done)?.Proposal ?? throw new InvalidOperationException($"{proposed}"));
        _keyId = answer is BookAnswer.Done { KeyIds: [var id] } ? id : throw new InvalidOperationException($"{answer}");
    }

    private static string Proof(ECDsa key, JsonElement nonce)
    {
        var q = key.ExportParameters(false).Q;
        var header = $$$"""{"typ":"openid4vci-proof+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"{{{Base64Url.EncodeToString(q.X)}}}","y":"{{{Base64Url.EncodeToString(q.Y)}}}"}}""";
        var claims = $$"""{"aud":"{{nonce.GetProperty("audience").GetString()}}","iat":{{nonce.GetProperty("until").GetDateTimeOffset().ToUnixTimeSeconds() - 300}},"nonce":"{{nonce.GetProperty("nonce").GetString()}}"}""";
        var signed = $"{Base64Url.EncodeToString(Encoding.ASCII.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.ASCII.GetBytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    /// <summary>Each resident gets a credential for a key of his own; then a session is opened.</summary>
    public async Task MeetAsync(IReadOnlyList<Applicant> applicants)
    {
        using var caller = new Caller(port);
        foreach (var applicant in applicants)
        {
            var holder = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            if (await caller.SendAsync(Caller.Request("GET", "/api/v1/credentials/nonce", applicant.Token, null, null)) != 200)
            {
                throw new WrongAnswerException("nonce: " + caller.Text);
            }
            var status = await caller.SendAsync(Caller.Request("POST", "/api/v1/credentials", applicant.Token, Guid.CreateVersion7(), $$"""{"format":"dc+sd-jwt","proof":"{{Proof(holder, Answer(caller))}}"}"""));
            if (status != 200)
            {
                throw new WrongAnswerException($"credentials: {status} {caller.Text}");
            }
            var credential = Answer(caller).GetProperty("credential").GetString()!;
            var list = JsonDocument.Parse(Base64Url.DecodeFromChars(credential.Split('.')[1])).RootElement.GetProperty("status").GetProperty("status_list");
            _met.Add((credential, holder, list.GetProperty("uri").GetString()!, list.GetProperty("idx").GetInt64()));
        }
        if (await caller.SendAsync(Signed("/api/v1/verifier/session", "{}", own: true)) != 200)
        {
            throw new WrongAnswerException("session: " + caller.Text);
        }
        var session = Answer(caller);
        (_session, _secret) = (session.GetProperty("keyId").GetString()!, Base64Url.DecodeFromChars(session.GetProperty("secret").GetString()!));
        // A place that was just given is known within a second.
        for (var tries = 0; await AskAsync(caller, Status(_met[^1].Uri, _met[^1].Index)) is not "valid"; tries++)
        {
            if (tries == 50)
            {
                throw new WrongAnswerException("status: " + caller.Text);
            }
            await Task.Delay(100);
        }
    }

    /// <summary>So many requests of a kind, signed now, and what each answer says.</summary>
    public async Task<(IReadOnlyList<byte[]> Requests, byte[] Says)> PrepareAsync(string id, int count)
    {
        var requests = new byte[count][];
        await Task.Run(() => Parallel.For(0, count, i =>
        {
            var met = _met[i % _met.Count];
            requests[i] = id == Figure.VerifyStatus ? Signed("/api/v1/verifier/status", Status(met.Uri, met.Index)) : Presentation(met.Credential, met.Holder, out _);
        }));
        if (id == Figure.VerifyPresentation)
        {
            _presented += count;
        }
        return (requests, id == Figure.VerifyStatus ? "\"status\":\"valid\""u8.ToArray() : "\"verdict\":\"valid\""u8.ToArray());
    }

    /// <summary>What is damaged, another's, sent twice or not signed is refused.</summary>
    public async Task CheckRefusalsAsync()
    {
        using var caller = new Caller(port);
        async Task MustAsync(byte[] request, int status, string says)
        {
            var answered = await caller.SendAsync(request);
            if (answered != status || !caller.Text.Contains(says, StringComparison.Ordinal))
            {
                throw new WrongAnswerException($"verify: {says} was due, and it was {answered} {caller.Text}");
            }
        }
        var (credential, holder, uri, index) = _met[0];
        await MustAsync(Signed("/api/v1/verifier/status", Status(uri + "x", index)), 200, "\"status\":\"unknown\"");
        await MustAsync(Caller.Request("POST", "/api/v1/verifier/status", null, null, Status(uri, index)), 401, "verifier_unsigned");
        var once = Signed("/api/v1/verifier/status", Status(uri, index));
        await MustAsync(once, 200, "\"status\":\"valid\"");
        await MustAsync(once, 401, "verifier_replayed");
        await MustAsync(Presentation(credential, _met[1].Holder, out _), 200, "\"reason\":\"not_holder\"");
        _ = Presentation(credential, holder, out var text);
        var middle = text.IndexOf('.', StringComparison.Ordinal) + 20;
        await MustAsync(Signed("/api/v1/verifier/presentation", Body(text[..middle] + (text[middle] == 'A' ? 'B' : 'A') + text[(middle + 1)..], Nonce())), 200, "\"verdict\":\"not_valid\"");
        await MustAsync(Signed("/api/v1/verifier/presentation", Body(text, "another")), 200, "\"reason\":\"not_holder\"");
    }

    /// <summary>Whether each check that was answered stands in the record, for the resident.</summary>
    public async Task CheckRecordedAsync(PostgresCluster cluster)
    {
        await using var connection = new NpgsqlConnection(cluster.ConnectionString("muqeem") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT count(*) FROM access_entry e JOIN access_subject s ON s.access_id = e.id WHERE e.reader_kind = 'Verifier'", connection);
        var recorded = (long)(await command.ExecuteScalarAsync())!;
        if (recorded != _presented)
        {
            throw new WrongAnswerException($"verify.presentation: {_presented} checks were answered, and {recorded} are recorded for residents.");
        }
    }

    private static JsonElement Answer(Caller caller)
    {
        var body = caller.Body;
        if (body[0] != '{')
        {
            // Chunked: each piece after its length in hexadecimal and a line's end.
            var whole = new List<byte>();
            for (int line; (line = body.IndexOf("\r\n"u8)) > 0 && int.Parse(body[..line], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) is > 0 and var length; body = body[(line + 2 + length + 2)..])
            {
                whole.AddRange(body.Slice(line + 2, length));
            }
            body = whole.ToArray();
        }
        using var json = JsonDocument.Parse(body.ToArray());
        return json.RootElement.Clone();
    }

    private async Task<string?> AskAsync(Caller caller, string body) => await caller.SendAsync(Signed("/api/v1/verifier/status", body)) == 200 ? Answer(caller).GetProperty("status").GetString() : null;

    private static string Status(string uri, long index) => string.Create(CultureInfo.InvariantCulture, $$"""{"purpose":"{{Purpose}}","uri":"{{uri}}","index":{{index}}}""");

    private static string Body(string presentation, string nonce) => $$"""{"purpose":"{{Purpose}}","presentation":"{{presentation}}","audience":"{{Audience}}","nonce":"{{nonce}}"}""";

    private static string Nonce() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    /// <summary>Number and name are shown, and that the key is the holder's.</summary>
    private byte[] Presentation(string credential, ECDsa holder, out string text)
    {
        var nonce = Nonce();
        var shown = SdJwtVerifier.Present(credential, p => p is "/name" or "/personal_administrative_number").Value;
        var signed = Base64Url.EncodeToString("""{"alg":"ES256","typ":"kb+jwt"}"""u8) + "." + Base64Url.EncodeToString(Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $$"""{"aud":"{{Audience}}","nonce":"{{nonce}}","iat":{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}},"sd_hash":"{{SdJwtVerifier.HashOf(shown)}}"}""")));
        byte[] proof;
        lock (holder)
        {
            proof = holder.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        text = $"{shown}{signed}.{Base64Url.EncodeToString(proof)}";
        return Signed("/api/v1/verifier/presentation", Body(text, nonce));
    }

    /// <summary>RFC 9421, as a program of another house would write it.</summary>
    private byte[] Signed(string path, string json, bool own = false)
    {
        var body = Encoding.UTF8.GetBytes(json);
        var digest = "sha-256=:" + Convert.ToBase64String(SHA256.HashData(body)) + ":";
        var parameters = string.Create(CultureInfo.InvariantCulture,
            $"(\"@method\" \"@authority\" \"@path\" \"content-digest\");created={TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()};keyid=\"{(own ? _keyId : _session)}\";nonce=\"{Nonce()}\";tag=\"{VerifierGate.Tag}\"");
        var signed = Encoding.ASCII.GetBytes($"\"@method\": POST\n\"@authority\": localhost\n\"@path\": {path}\n\"content-digest\": {digest}\n\"@signature-params\": {parameters}");
        var signature = own ? _key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation) : HMACSHA256.HashData(_secret, signed);
        return [.. Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n{HttpSignature.DigestHeader}: {digest}\r\n"
            + $"{HttpSignature.InputHeader}: sig={parameters}\r\n{HttpSignature.Header}: sig=:{Convert.ToBase64String(signature)}:\r\n\r\n"), .. body];
    }
}
