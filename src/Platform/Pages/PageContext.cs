using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Platform.Culture;
using Muqeem.Platform.Texts;

namespace Muqeem.Platform.Pages;

/// <summary>What components may know of the request that they are drawn for. Scoped; set by <c>UsePages</c>.</summary>
public sealed class PageContext(TextCatalogue catalogue, PageOptions options)
{
    private HttpContext? _http;
    private Language? _language;
    private AntiforgeryTokenSet? _token;

    public HttpContext Http => _http ?? throw new InvalidOperationException("There is no request: UsePages comes first in the pipeline.");

    /// <summary>The language of the request; the first of the configured ones outside of requests.</summary>
    public Language Language => _language ?? catalogue.In(options.Languages[0]);

    /// <summary>Whether the language stands in the address, so that it was chosen.</summary>
    public bool LanguageIsInPath { get; private set; }

    /// <summary>The address of this page in another language, with its query. Relative to the host.</summary>
    public string PathIn(MuqeemCulture culture)
    {
        var path = Http.Request.Path.Value ?? "/";
        var rest = LanguageIsInPath ? path[(Language.Code.Length + 1)..] : "";
        return $"{Http.Request.PathBase}/{culture.Code}{rest}{(HttpMethods.IsGet(Http.Request.Method) ? Http.Request.QueryString.Value : "")}";
    }

    /// <summary>The field and token that prove a form to be ours; made once a request, because making it costs as much as drawing half a page.</summary>
    internal AntiforgeryTokenSet Token => _token ??= Http.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(Http);

    internal void Begin(HttpContext http)
    {
        _http = http;
        var path = http.Request.Path.Value ?? "/";
        var end = path.IndexOf('/', 1) is var slash and > 0 ? slash : path.Length;
        var first = path.Length > 1 ? path[1..end] : "";
        LanguageIsInPath = options.Languages.Contains(first);
        _language = catalogue.In(LanguageIsInPath ? first : Preferred(http));
    }

    /// <summary>Leads to the same address in the reader's language.</summary>
    /// <param name="rest">Path and query after the language; empty or from the first slash on.</param>
    internal void Lead(HttpContext http, string rest)
    {
        http.Response.Headers.Vary = "Accept-Language, Cookie";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Redirect($"{http.Request.PathBase}/{Preferred(http)}{rest}");
    }

    /// <summary>What the reader chose before, or else what the browser asks for, or else the first.</summary>
    internal string Preferred(HttpContext http)
    {
        if (http.Request.Cookies.TryGetValue(LanguageCookie, out var chosen) && options.Languages.Contains(chosen))
        {
            return chosen;
        }
        var best = options.Languages[0];
        var weight = 0.0;
        foreach (var asked in http.Request.GetTypedHeaders().AcceptLanguage)
        {
            var code = Offered(asked.Value.Value);
            if (code is not null && (asked.Quality ?? 1) > weight)
            {
                (best, weight) = (code, asked.Quality ?? 1);
            }
        }
        return best;
    }

    internal const string LanguageCookie = "lang";

    /// <summary><c>en-GB</c> is <c>en</c>, and <c>tl</c> is what older phones call <c>fil</c>.</summary>
    private string? Offered(string? tag)
    {
        var primary = tag?.Split('-')[0].ToLowerInvariant() switch { "tl" => "fil", "in" => "id", var code => code };
        return primary is not null && options.Languages.Contains(primary) ? primary : null;
    }
}
