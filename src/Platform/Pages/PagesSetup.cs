using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Platform.Culture;
using Muqeem.Platform.Texts;

namespace Muqeem.Platform.Pages;

/// <summary>Registers the pages and puts them into the pipeline.</summary>
public static class PagesSetup
{
    /// <summary>What a form with files may weigh in all.</summary>
    public const long LargestForm = 32 * 1024 * 1024;

    public static IServiceCollection AddPages(this IServiceCollection services, PageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Languages.Count == 0 || options.Languages.FirstOrDefault(code => !MuqeemCulture.TryGet(code, out _)) is not null)
        {
            throw new InvalidOperationException("Pages:Languages must name languages that the system knows, at least one.");
        }
        services.AddTexts(typeof(Muqeem.Kernel.Refusal).Assembly).AddTexts(typeof(PagesSetup).Assembly);
        services.AddSingleton(options);
        services.AddScoped<PageContext>();
        services.AddScoped(provider => provider.GetRequiredService<PageContext>().Language);
        // The framework's encoder would write every Arabic letter as a number.
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.FormFieldName = PageAntiforgery.AntiforgeryField;
            antiforgery.Cookie.Name = "form";
            antiforgery.Cookie.SameSite = SameSiteMode.Lax;
            antiforgery.Cookie.HttpOnly = true;
            antiforgery.Cookie.IsEssential = true;
            antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            antiforgery.SuppressXFrameOptionsHeader = true;
        });
        services.Configure<FormOptions>(form =>
        {
            form.ValueCountLimit = 400;
            form.KeyLengthLimit = 256;
            form.ValueLengthLimit = 128 * 1024;
            form.MultipartBodyLengthLimit = LargestForm;
        });
        return services;
    }

    /// <summary>First in the pipeline, before routing: headers, HEAD, the request's language, and our own page for every error.</summary>
    public static IApplicationBuilder UsePages(this IApplicationBuilder app) =>
        app.UseMiddleware<SecurityHeaders>().UseMiddleware<HeadRequests>().UseMiddleware<ErrorPages>();

    /// <summary>After authentication and authorization: every POST to a page must carry our token.</summary>
    public static IApplicationBuilder UsePageAntiforgery(this IApplicationBuilder app) => app.UseMiddleware<PageAntiforgery>();

    /// <summary>The group of all pages, <c>/{lang}</c>, for the offered languages only; the root, and the address of a page without its language, lead to the reader's language, and <c>/assets</c> is served.</summary>
    public static RouteGroupBuilder MapPages(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.MapGet("/assets/{file}", (RequestDelegate)PageAssets.ServeAsync).AllowAnonymous();
        endpoints.MapGet("/", (HttpContext http, PageContext page) => page.Lead(http, http.Request.QueryString.Value ?? "")).AllowAnonymous();
        var languages = string.Join('|', endpoints.ServiceProvider.GetRequiredService<PageOptions>().Languages);
        // The framework's own check is off: it answers with an empty 400 and skips endpoints that read no form. PageAntiforgery checks them all.
        var pages = endpoints.MapGroup("/{lang:regex(^(" + languages + ")$)}").WithMetadata(PageEndpoint.Mark).DisableAntiforgery().DisableValidation();
        if (endpoints.ServiceProvider.GetRequiredService<PageOptions>().Demonstration)
        {
            Gallery.Map(pages);
        }
        return pages;
    }
}
