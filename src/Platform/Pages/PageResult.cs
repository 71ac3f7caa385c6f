using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Muqeem.Platform.Pages;

/// <summary>A Razor component as the answer. It is drawn whole into memory as UTF-8 and then sent with its length, so that a fault while drawing is a clean
/// error page, a HEAD has the headers of its GET, and nothing leaves before what must be recorded first is.</summary>
public sealed class PageResult : IResult, IStatusCodeHttpResult
{
    private readonly Type _component;
    private readonly IReadOnlyDictionary<string, object?> _parameters;
    private Task? _before;
    private TimeSpan? _public;
    private TimeSpan? _retryAfter;

    private PageResult(Type component, IReadOnlyDictionary<string, object?> parameters, int status)
    {
        _component = component;
        _parameters = parameters;
        StatusCode = status;
    }

    public int? StatusCode { get; }

    /// <summary>A page without a model.</summary>
    public static PageResult Of<TPage>(int status = StatusCodes.Status200OK) where TPage : IComponent =>
        new(typeof(TPage), new Dictionary<string, object?>(StringComparer.Ordinal), status);

    /// <summary>A page drawn from its model. After a form that was not right: status 422.</summary>
    public static PageResult Of<TPage, TModel>(TModel model, int status = StatusCodes.Status200OK) where TPage : Page<TModel> =>
        new(typeof(TPage), new Dictionary<string, object?>(1, StringComparer.Ordinal) { ["Model"] = model }, status);

    /// <summary>Any component with any parameters.</summary>
    public static PageResult Of<TPage>(IReadOnlyDictionary<string, object?> parameters, int status = StatusCodes.Status200OK) where TPage : IComponent =>
        new(typeof(TPage), parameters, status);

    /// <summary>Our own page for an error: 400, 403, 404, 405, 409, 413, 429, 500, 503.</summary>
    public static PageResult Error(int status) => Of<ErrorPage, ErrorPageModel>(new ErrorPageModel(status), status);

    /// <summary>The first byte leaves only when this is done, for instance when the reading of a record has been recorded. If it fails, the page is not sent.</summary>
    public PageResult After(Task recorded)
    {
        _before = _before is null ? recorded : Task.WhenAll(_before, recorded);
        return this;
    }

    /// <summary>The same page for everybody, kept by caches that long. Without this a page is never stored.</summary>
    public PageResult Public(TimeSpan kept)
    {
        _public = kept;
        return this;
    }

    public PageResult RetryAfter(TimeSpan wait)
    {
        _retryAfter = wait;
        return this;
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        using var page = new PooledBytes(16 * 1024);
        await DrawAsync(httpContext.RequestServices, page);
        if (_before is not null)
        {
            await _before;
        }

        var response = httpContext.Response;
        response.StatusCode = StatusCode ?? StatusCodes.Status200OK;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = _public is { } kept ? $"public, max-age={(long)kept.TotalSeconds}" : "no-store";
        response.Headers.Pragma = default;
        if (_retryAfter is { } wait)
        {
            response.Headers.RetryAfter = ((long)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        RememberLanguage(httpContext);
        var options = httpContext.RequestServices.GetRequiredService<PageOptions>();
        if (options.Compress && page.Written.Length > 1000)
        {
            response.Headers.Vary = "Accept-Encoding";
            if (Compression.Offered(httpContext.Request) is { } encoding)
            {
                Pad(page);
                using var packed = Compression.Pack(page.Written, encoding);
                response.Headers.ContentEncoding = encoding;
                await SendAsync(httpContext, packed.WrittenMemory);
                return;
            }
        }
        await SendAsync(httpContext, page.WrittenMemory);
    }

    /// <summary>The page as it would be sent, uncompressed: for tests and documents.</summary>
    public async Task<string> DrawAsync(IServiceProvider services)
    {
        using var page = new PooledBytes(16 * 1024);
        await DrawAsync(services, page);
        return System.Text.Encoding.UTF8.GetString(page.Written);
    }

    private async Task DrawAsync(IServiceProvider services, PooledBytes into)
    {
        await using var renderer = new HtmlRenderer(services, services.GetRequiredService<ILoggerFactory>());
        await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var drawn = await renderer.RenderComponentAsync(_component, ParameterView.FromDictionary(AsDictionary(_parameters)));
            await using var writer = new Utf8Writer(into);
            drawn.WriteHtmlTo(writer);
        });
    }

    private static IDictionary<string, object?> AsDictionary(IReadOnlyDictionary<string, object?> parameters) =>
        parameters as IDictionary<string, object?> ?? parameters.ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);

    private static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentLength = body.Length;
        if (!HeadRequests.IsHead(context))
        {
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
        }
    }

    private static void Pad(PooledBytes page)
    {
        Span<byte> random = stackalloc byte[32];
        RandomNumberGenerator.Fill(random);
        page.Write("<!--"u8);
        page.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToHexString(random[..(1 + random[0] % 31)])));
        page.Write("-->"u8);
    }

    private static void RememberLanguage(HttpContext context)
    {
        var request = context.RequestServices.GetRequiredService<PageContext>();
        if (request.LanguageIsInPath && context.Response.StatusCode < 400
            && (!context.Request.Cookies.TryGetValue(PageContext.LanguageCookie, out var known) || known != request.Language.Code))
        {
            context.Response.Cookies.Append(PageContext.LanguageCookie, request.Language.Code, new CookieOptions
            {
                HttpOnly = true,
                IsEssential = true,
                MaxAge = TimeSpan.FromDays(365),
                Path = "/",
                SameSite = SameSiteMode.Lax,
                Secure = context.Request.IsHttps,
            });
        }
    }
}
