using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Muqeem.Platform.Signatures;

/// <summary>A request or an answer as a signature sees it (RFC 9421 section 2), whichever side has it in hand.</summary>
public sealed class SignedMessage
{
    private readonly Func<string, string?> _field;
    private readonly string _method = "", _scheme = "", _authority = "", _path = "", _query = "";
    private readonly int _status;

    private SignedMessage(Func<string, string?> field, string method, string scheme, string authority, string path, string query)
    {
        _field = field;
        (_method, _scheme, _authority, _path, _query) = (method, scheme, authority.ToLowerInvariant(), path.Length > 0 ? path : "/", query);
    }

    private SignedMessage(Func<string, string?> field, int status, SignedMessage request)
    {
        _field = field;
        (_status, Request) = (status, request);
    }

    /// <summary>What an answer answers; null for a request.</summary>
    public SignedMessage? Request { get; }

    /// <summary>In small letters, without the scheme's own port.</summary>
    public string Authority => _authority;

    public string Path => _path;

    /// <summary>With its question mark; empty when there is none.</summary>
    public string Query => _query;

    /// <summary>A request that came. Path and query are as they stood in its first line, so that no decoding changes what was signed.</summary>
    public static SignedMessage Of(HttpRequest request)
    {
        var authority = request.Host.Port is { } port && port == (request.IsHttps ? 443 : 80) ? request.Host.Host : request.Host.Value ?? "";
        var raw = request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget;
        var path = raw is ['/', ..] ? raw[..(raw.IndexOf('?', StringComparison.Ordinal) is var mark and >= 0 ? mark : raw.Length)] : (request.PathBase + request.Path).ToUriComponent();
        return new(name => request.Headers.TryGetValue(name, out var lines) ? Joined(lines) : null, request.Method, request.Scheme, authority, path, request.QueryString.Value ?? "");
    }

    /// <summary>Our answer, whose header fields are set already.</summary>
    public static SignedMessage Of(HttpResponse answer, SignedMessage request) =>
        new(name => answer.Headers.TryGetValue(name, out var lines) ? Joined(lines) : null, answer.StatusCode, request);

    /// <summary>A request that we send.</summary>
    /// <param name="address">Absolute.</param>
    public static SignedMessage Of(HttpRequestMessage request, Uri address) =>
        new(name => request.Headers.NonValidated.TryGetValues(name, out var values) || request.Content?.Headers.NonValidated.TryGetValues(name, out values) == true ? Joined(values.ToArray()) : null,
            request.Method.Method, address.Scheme, address.Authority, address.AbsolutePath, address.Query);

    /// <summary>The answer to a request of ours.</summary>
    public static SignedMessage Of(HttpResponseMessage answer, SignedMessage request) =>
        new(name => answer.Headers.NonValidated.TryGetValues(name, out var values) || answer.Content.Headers.NonValidated.TryGetValues(name, out values) ? Joined(values.ToArray()) : null,
            (int)answer.StatusCode, request);

    /// <summary>A header field as a signature covers it: its lines joined; null when there is none.</summary>
    public string? Field(string name) => _field(name);

    /// <summary>A component of either kind; null when the message has no such thing.</summary>
    internal string? Component(string name)
    {
        if (name[0] != '@')
        {
            return _field(name);
        }
        if (Request is not null)
        {
            return name == "@status" ? _status.ToString(System.Globalization.CultureInfo.InvariantCulture) : null;
        }
        return name switch
        {
            "@method" => _method,
            "@scheme" => _scheme,
            "@authority" => _authority,
            "@path" => _path,
            "@query" => _query.Length > 0 ? _query : "?",
            "@request-target" => _path + _query,
            "@target-uri" => _scheme + "://" + _authority + _path + _query,
            _ => null,
        };
    }

    private static string? Joined(StringValues lines) => lines.Count switch
    {
        0 => null,
        1 => lines[0]!.Trim(' ', '\t'),
        _ => string.Join(", ", lines.Select(l => l!.Trim(' ', '\t'))),
    };
}
