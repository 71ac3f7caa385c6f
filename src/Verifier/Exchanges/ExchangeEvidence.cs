using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Verifier.Cryptography;
using Muqeem.Verifier.Encodings;

namespace Muqeem.Verifier.Exchanges;

/// <summary>One message that was proved to be what the owner of a key said.</summary>
/// <param name="KeyId">Thumbprint of the key (RFC 7638).</param>
/// <param name="SignedAt">By the signer's clock.</param>
/// <param name="Covered">What the signature covers, in its order: <c>@method</c> and <c>POST</c>; of an answer also what it takes from its request, as <c>signature;req</c>.</param>
/// <param name="Body">Null when the evidence has its digest alone.</param>
public sealed record ProvedMessage(string KeyId, DateTimeOffset SignedAt, IReadOnlyList<KeyValuePair<string, string>> Covered, byte[] Digest, byte[]? Body)
{
    /// <summary>What the signature says of this; null when it does not cover it.</summary>
    public string? this[string name] => Covered.FirstOrDefault(c => c.Key == name).Value;
}

/// <param name="Answer">Null when there was none, or none that was signed.</param>
public sealed record ProvedExchange(ProvedMessage Request, ProvedMessage? Answer);

/// <summary>
/// The evidence of an exchange between two authorities: messages with their signatures after RFC 9421. Whoever has the public keys of both can tell from it alone who said what to whom and when; that he did is
/// by his signature, not by our word.
/// </summary>
public static class ExchangeEvidence
{
    public const string Format = "muqeem-exchange-1";

    private const int Longest = 4 * 1024 * 1024;
    private const string ParametersName = "@signature-params";

    /// <summary>Every exchange of the file, each proved; refused as a whole when one is not.</summary>
    /// <param name="keys">JWK Sets or single JWKs, UTF-8: those whose word counts.</param>
    public static Checked<IReadOnlyList<ProvedExchange>> Verify(ReadOnlySpan<byte> evidence, IReadOnlyList<byte[]> keys)
    {
        if (evidence.Length > Longest || !Json.Parse(evidence).TryGet(out var file, out _) || file["format"]?.Text != Format || file["exchanges"] is not { Kind: JsonKind.Array } list || list.Items.Length == 0)
        {
            return Reason.ExchangeMalformed;
        }
        var known = new Dictionary<string, Json>(StringComparer.Ordinal);
        foreach (var set in keys)
        {
            if (!Json.Parse(set).TryGet(out var json, out _))
            {
                return Reason.ExchangeMalformed;
            }
            foreach (var key in json["keys"] is { Kind: JsonKind.Array } several ? several.Items : [json])
            {
                if (ThumbprintOf(key) is { } id)
                {
                    known[id] = key;
                }
            }
        }
        var proved = new List<ProvedExchange>();
        foreach (var exchange in list.Items)
        {
            if (exchange["request"] is not { } asked)
            {
                return Reason.ExchangeMalformed;
            }
            if (!Prove(asked, known).TryGet(out var request, out var why))
            {
                return why;
            }
            ProvedMessage? answer = null;
            if (exchange["answer"] is { } said)
            {
                if (!Prove(said, known).TryGet(out answer, out why))
                {
                    return why;
                }
                // The one field of the request's signature, whatever its label.
                if (answer["signature;req"] is not { } of || !of.EndsWith($"=:{asked["signature"]!.Text}:", StringComparison.Ordinal) || answer["@status"] is null || answer["x-request-id"] != request["x-request-id"])
                {
                    return Reason.ExchangeAnswerOther;
                }
            }
            proved.Add(new(request, answer));
        }
        return Checked.Good<IReadOnlyList<ProvedExchange>>(proved);
    }

    private static Checked<ProvedMessage> Prove(Json part, Dictionary<string, Json> keys)
    {
        if (part["base"]?.Text is not { } text || !Ascii.IsValid(text) || part["signature"]?.Text is not { } coded || BaseText.FromBase64(coded) is not { } signature
            || part["digest"]?.Text is not { } digestText || BaseText.FromBase64(digestText) is not { Length: 32 } digest || CoveredBy(text) is not { } covered)
        {
            return Reason.ExchangeMalformed;
        }
        if (!keys.TryGetValue(covered.Parameters.KeyId, out var key))
        {
            return Reason.ExchangeKeyUnknown;
        }
        if (!Made(key, covered.Parameters.Algorithm, Encoding.ASCII.GetBytes(text), signature))
        {
            return Reason.ExchangeSignatureWrong;
        }
        if (covered.Fields.FirstOrDefault(f => f.Key == "content-digest").Value != $"sha-256=:{Convert.ToBase64String(digest)}:")
        {
            return Reason.ExchangeContradicted;
        }
        byte[]? body = null;
        if (part["body"] is { } given && (given.Text is not { } bodyText || (body = BaseText.FromBase64(bodyText)) is null))
        {
            return Reason.ExchangeMalformed;
        }
        if (body is not null && !SHA256.HashData(body).AsSpan().SequenceEqual(digest))
        {
            return Reason.ExchangeBodyOther;
        }
        return new ProvedMessage(covered.Parameters.KeyId, covered.Parameters.Created, covered.Fields, digest, body);
    }

    /// <summary>The signature base read back (RFC 9421 section 2.5); null when its lines are not those that its last one names.</summary>
    private static (List<KeyValuePair<string, string>> Fields, (string KeyId, string Algorithm, DateTimeOffset Created) Parameters)? CoveredBy(string text)
    {
        var lines = text.Split('\n');
        var fields = new List<KeyValuePair<string, string>>();
        foreach (var line in lines)
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon < 0 || NameOf(line[..colon]) is not { } name)
            {
                return null;
            }
            fields.Add(new(name, line[(colon + 2)..]));
        }
        var (last, parameters) = fields[^1];
        fields.RemoveAt(fields.Count - 1);
        var list = $"({string.Join(' ', fields.Select(f => f.Key.EndsWith(";req", StringComparison.Ordinal) ? $"\"{f.Key[..^4]}\";req" : $"\"{f.Key}\""))})";
        if (last != ParametersName || fields.Exists(f => f.Key == ParametersName) || fields.DistinctBy(f => f.Key).Count() != fields.Count || !parameters.StartsWith(list, StringComparison.Ordinal))
        {
            return null;
        }
        // Each once and in one form: what is inside of a text cannot pass for another parameter.
        var said = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var parameter in parameters[list.Length..].Split(';').Skip(1))
        {
            var equals = parameter.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || parameter[..equals] is not ("created" or "keyid" or "nonce" or "alg" or "tag") || !said.TryAdd(parameter[..equals], parameter[(equals + 1)..]))
            {
                return null;
            }
        }
        string? Text(string name) => said.TryGetValue(name, out var quoted) ? quoted.Length >= 2 && quoted[0] == '"' && quoted[^1] == '"' && !quoted.AsSpan(1, quoted.Length - 2).ContainsAny('"', '\\') ? quoted[1..^1] : null : "";
        return Text("keyid") is { Length: > 0 } keyId && Text("alg") is { } algorithm && Text("nonce") is not null && Text("tag") is not null
            && said.TryGetValue("created", out var digits) && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 253_402_300_799
            ? (fields, (keyId, algorithm, DateTimeOffset.FromUnixTimeSeconds(seconds))) : null;
    }

    /// <summary><c>"name"</c> or <c>"name";req</c>, without its quotes.</summary>
    private static string? NameOf(string text)
    {
        var req = text.EndsWith(";req", StringComparison.Ordinal);
        var quoted = req ? text[..^4] : text;
        return quoted.Length > 2 && quoted[0] == '"' && quoted[^1] == '"' && !quoted.AsSpan(1, quoted.Length - 2).Contains('"') ? quoted[1..^1] + (req ? ";req" : "") : null;
    }

    private static bool Made(Json key, string algorithm, byte[] data, byte[] signature)
    {
        if (key["crv"]?.Text == "Ed25519")
        {
            return algorithm is "" or "ed25519" && BaseText.FromBase64Url(key["x"]!.Text) is { } raw && Ed25519.Verify(raw, data, signature);
        }
        if (algorithm is not ("" or "ecdsa-p256-sha256") || BaseText.FromBase64Url(key["x"]!.Text) is not { } x || BaseText.FromBase64Url(key["y"]!.Text) is not { } y)
        {
            return false;
        }
        using var p256 = P256Key.Create(x, y);
        return p256?.VerifyData(data, signature) == true;
    }

    /// <summary>RFC 7638; null when it is no public key on Ed25519 or P-256.</summary>
    private static string? ThumbprintOf(Json key)
    {
        var canonical = (key["kty"]?.Text, key["crv"]?.Text, key["x"]?.Text, key["y"]?.Text) switch
        {
            ("OKP", "Ed25519", { Length: 43 } x, null) => $$"""{"crv":"Ed25519","kty":"OKP","x":"{{x}}"}""",
            ("EC", "P-256", { Length: 43 } x, { Length: 43 } y) => $$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}""",
            _ => null,
        };
        return canonical is null ? null : Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(canonical)));
    }
}
