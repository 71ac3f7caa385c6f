using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Platform.Signatures;

/// <summary>
/// The signature of a request or an answer after RFC 9421, as far as it is used between programs that agree on it: one signature, derived components and whole header fields, of components no parameter but
/// <c>req</c>. What is read strictly here is canonical already, so the line of the parameters is signed as it came.
/// </summary>
public sealed class HttpSignature
{
    public const string InputHeader = "Signature-Input";
    public const string Header = "Signature";
    public const string DigestHeader = "Content-Digest";

    /// <summary>Algorithms of the registry of RFC 9421.</summary>
    public const string P256 = "ecdsa-p256-sha256", Ed25519 = "ed25519", Hmac = "hmac-sha256";

    /// <summary>What follows the name of a component of an answer that is taken from its request (section 2.4).</summary>
    public const string OfRequest = ";req";

    private const string Label = "sig1";
    private const int Longest = 2048;
    private const int MostComponents = 16;

    private HttpSignature(IReadOnlyList<string> components, string parameters, byte[] signed, byte[] value)
    {
        Components = components;
        Parameters = parameters;
        Base = signed;
        Value = value;
    }

    /// <summary>What goes into <see cref="InputHeader"/>, of a signature made here.</summary>
    public string Input => $"{Label}={Parameters}";

    /// <summary>What goes into <see cref="Header"/>, of a signature made here.</summary>
    public string Text => $"{Label}=:{Convert.ToBase64String(Value)}:";

    private string Parameters { get; }

    /// <summary>Names of what is covered, in their order; with <see cref="OfRequest"/> where it is the request's.</summary>
    public IReadOnlyList<string> Components { get; }

    /// <summary>What was signed (section 2.5).</summary>
    public byte[] Base { get; }

    public byte[] Value { get; }

    public string KeyId { get; private set; } = "";

    /// <summary>Empty when it is not said.</summary>
    public string Algorithm { get; private set; } = "";

    /// <inheritdoc cref="Algorithm"/>
    public string Nonce { get; private set; } = "";

    /// <inheritdoc cref="Algorithm"/>
    public string Tag { get; private set; } = "";

    public Instant? Created { get; private set; }

    /// <inheritdoc cref="Of(SignedMessage)"/>
    public static HttpSignature? Of(HttpRequest request) => Of(SignedMessage.Of(request));

    /// <summary>Null when there is none that can be read, or more than one.</summary>
    public static HttpSignature? Of(SignedMessage message)
    {
        if (message.Field(InputHeader) is not { Length: <= Longest } input || message.Field(Header) is not { Length: <= Longest } given)
        {
            return null;
        }
        var equals = input.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || !IsKey(input.AsSpan(0, equals)) || ValueOf(given, input.AsSpan(0, equals)) is not { } value)
        {
            return null;
        }
        var parameters = input[(equals + 1)..];
        if (!ReadList(parameters, message.Request is not null, out var components, out var rest) || BaseOf(message, components, parameters) is not { } bytes)
        {
            return null;
        }
        var signature = new HttpSignature(components, parameters, bytes, value);
        return signature.ReadParameters(rest) ? signature : null;
    }

    /// <summary>Signs a message whose fields are set already.</summary>
    /// <param name="nonce">Null: none.</param>
    /// <exception cref="InvalidOperationException">The message has not what is to be covered.</exception>
    public static HttpSignature Sign(SignedMessage message, IReadOnlyList<string> components, MessageSigner signer, Instant created, string? nonce, string tag)
    {
        while (true)
        {
            var key = signer.Key;
            var seconds = created.ToUnixTimeSeconds();
            var parameters = new StringBuilder(256).Append('(');
            for (var i = 0; i < components.Count; i++)
            {
                AppendName(parameters.Append(i > 0 ? " " : ""), components[i]);
            }
            parameters.Append(CultureInfo.InvariantCulture, $");created={seconds};keyid=\"{key.Thumbprint}\"");
            if (nonce is not null)
            {
                parameters.Append(";nonce=\"").Append(nonce).Append('"');
            }
            var line = parameters.Append(";alg=\"").Append(key.Algorithm).Append("\";tag=\"").Append(tag).Append('"').ToString();
            var bytes = BaseOf(message, components, line) ?? throw new InvalidOperationException("The message has not what its signature must cover.");
            if (signer.Sign(key, bytes) is { } value)
            {
                return new(components, line, bytes, value) { KeyId = key.Thumbprint, Algorithm = key.Algorithm, Nonce = nonce ?? "", Tag = tag, Created = Instant.FromUnixTimeSeconds(seconds) };
            }
        }
    }

    /// <summary>The signature base (section 2.5); null when something is not there, or holds a character that is no ASCII: then it is in no field that can be signed here.</summary>
    private static byte[]? BaseOf(SignedMessage message, IReadOnlyList<string> components, string parameters)
    {
        var signed = new StringBuilder(256 + parameters.Length);
        foreach (var name in components)
        {
            var content = name.EndsWith(OfRequest, StringComparison.Ordinal) ? message.Request?.Component(name[..^OfRequest.Length]) : message.Component(name);
            if (content is null)
            {
                return null;
            }
            AppendName(signed, name).Append(": ").Append(content).Append('\n');
        }
        signed.Append("\"@signature-params\": ").Append(parameters);
        var bytes = new byte[signed.Length];
        var at = 0;
        foreach (var chunk in signed.GetChunks())
        {
            if (!Ascii.IsValid(chunk.Span))
            {
                return null;
            }
            at += Encoding.ASCII.GetBytes(chunk.Span, bytes.AsSpan(at));
        }
        return bytes;
    }

    /// <summary><c>"name"</c>, or <c>"name";req</c>.</summary>
    private static StringBuilder AppendName(StringBuilder to, string name) => name.EndsWith(OfRequest, StringComparison.Ordinal)
        ? to.Append('"').Append(name.AsSpan(0, name.Length - OfRequest.Length)).Append('"').Append(OfRequest)
        : to.Append('"').Append(name).Append('"');

    /// <summary>Whether this key on P-256 made it.</summary>
    public bool IsBy(Verifier.Cryptography.P256Key key) => key.VerifyData(Base, Value);

    /// <summary>Whether this Ed25519 key, 32 bytes, made it.</summary>
    public bool IsByEd25519(ReadOnlySpan<byte> key) => Verifier.Cryptography.Ed25519.Verify(key, Base, Value);

    /// <summary>Whether it is the HMAC-SHA256 under this secret.</summary>
    public bool IsMacOf(ReadOnlySpan<byte> secret)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, Base, mac);
        return CryptographicOperations.FixedTimeEquals(mac, Value);
    }

    /// <summary>Whether the message's <c>Content-Digest</c> (RFC 9530) is that of the body. Only SHA-256 is looked at, and it must be there once.</summary>
    public static bool IsDigestOf(HttpRequest request, ReadOnlySpan<byte> body) => IsDigestOf(request.Headers[DigestHeader] is [{ } one] ? one : null, body);

    /// <inheritdoc cref="IsDigestOf(HttpRequest, ReadOnlySpan{byte})"/>
    public static bool IsDigestOf(string? header, ReadOnlySpan<byte> body)
    {
        if (header is not { Length: <= Longest })
        {
            return false;
        }
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, digest);
        var (found, right) = (0, false);
        foreach (var range in header.AsSpan().Split(','))
        {
            var member = header.AsSpan(range).Trim(' ');
            if (member.StartsWith("sha-256=", StringComparison.Ordinal))
            {
                found++;
                right = Binary(member[8..]) is { } bytes && bytes.AsSpan().SequenceEqual(digest);
            }
        }
        return found == 1 && right;
    }

    /// <summary>The value of the header for a body.</summary>
    public static string DigestOf(ReadOnlySpan<byte> body) => "sha-256=:" + Convert.ToBase64String(SHA256.HashData(body)) + ":";

    /// <summary><c>("a" "b")</c>, each name once, in small letters.</summary>
    /// <param name="answer">Then a name may be followed by <see cref="OfRequest"/>.</param>
    private static bool ReadList(ReadOnlySpan<char> text, bool answer, out List<string> components, out ReadOnlySpan<char> rest)
    {
        components = [];
        rest = default;
        if (text.Length < 2 || text[0] != '(')
        {
            return false;
        }
        text = text[1..];
        while (text.Length > 0 && text[0] == '"')
        {
            var end = text[1..].IndexOf('"');
            if (end <= 0 || components.Count == MostComponents)
            {
                return false;
            }
            var name = text.Slice(1, end).ToString();
            text = text[(end + 2)..];
            if (!IsName(name))
            {
                return false;
            }
            if (answer && text.StartsWith(OfRequest))
            {
                name += OfRequest;
                text = text[OfRequest.Length..];
            }
            if (components.Contains(name, StringComparer.Ordinal))
            {
                return false;
            }
            components.Add(name);
            if (text.Length < 2 || (text[0] == ' ') != (text[1] == '"'))
            {
                break;
            }
            text = text[0] == ' ' ? text[1..] : text;
        }
        if (text.Length == 0 || text[0] != ')')
        {
            return false;
        }
        rest = text[1..];
        return true;
    }

    private bool ReadParameters(ReadOnlySpan<char> text)
    {
        var seen = 0;
        while (text.Length > 0)
        {
            var equals = text.IndexOf('=');
            if (text[0] != ';' || equals < 2)
            {
                return false;
            }
            var name = text[1..equals];
            text = text[(equals + 1)..];
            var flag = name switch { "created" => 1, "keyid" => 2, "nonce" => 4, "alg" => 8, "tag" => 16, _ => 0 };
            if (flag == 0 || (seen & flag) != 0)
            {
                // expires is left out on purpose: how long a signature counts is for whoever receives it.
                return false;
            }
            seen |= flag;
            if (flag == 1)
            {
                var end = text.IndexOf(';') is var i and >= 0 ? i : text.Length;
                if (end is 0 or > 12 || !long.TryParse(text[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 253_402_300_799 || (end > 1 && text[0] == '0'))
                {
                    return false;
                }
                Created = Instant.FromUnixTimeSeconds(seconds);
                text = text[end..];
                continue;
            }
            if (text.Length < 2 || text[0] != '"' || text[1..].IndexOf('"') is var close && close < 0)
            {
                return false;
            }
            var value = text.Slice(1, close);
            // An escape would be a second way to write the same.
            if (value.ContainsAnyExceptInRange(' ', '~') || value.Contains('\\'))
            {
                return false;
            }
            text = text[(close + 2)..];
            switch (flag)
            {
                case 2:
                    KeyId = value.ToString();
                    break;
                case 4:
                    Nonce = value.ToString();
                    break;
                case 8:
                    Algorithm = value.ToString();
                    break;
                default:
                    Tag = value.ToString();
                    break;
            }
        }
        return true;
    }

    /// <summary>The bytes of the one member of a dictionary, which must be of this name.</summary>
    private static byte[]? ValueOf(string header, ReadOnlySpan<char> label) =>
        header.AsSpan().StartsWith(label, StringComparison.Ordinal) && header.Length > label.Length && header[label.Length] == '=' ? Binary(header.AsSpan(label.Length + 1)) : null;

    /// <summary><c>:base64:</c>.</summary>
    private static byte[]? Binary(ReadOnlySpan<char> text)
    {
        if (text.Length < 2 || text[0] != ':' || text[^1] != ':')
        {
            return null;
        }
        text = text[1..^1];
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        return text.Length % 4 == 0 && !text.ContainsAny(' ', '\t') && Convert.TryFromBase64Chars(text, bytes, out var length) ? bytes[..length] : null;
    }

    private static bool IsKey(ReadOnlySpan<char> label) => label.Length <= 64 && (char.IsAsciiLetterLower(label[0]) || label[0] == '*') && !label.ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789_-.*");

    private static bool IsName(string name) => name.AsSpan(name[0] == '@' ? 1 : 0) is { Length: > 0 } rest && !rest.ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-_");
}
