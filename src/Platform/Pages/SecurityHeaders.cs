using Microsoft.AspNetCore.Http;

namespace Muqeem.Platform.Pages;

/// <summary>The headers that every answer carries, whoever writes it.</summary>
internal sealed class SecurityHeaders(RequestDelegate next, PageOptions options)
{
    // No inline script or style anywhere; nothing from another origin. data: and blob: are pictures that the browser itself shrank before sending.
    private readonly string _policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; "
        + "connect-src 'self'; manifest-src 'self'; worker-src 'self'; media-src 'self' blob:; base-uri 'none'; frame-ancestors 'none'; "
        + $"form-action {string.Join(' ', options.FormDestinations.Prepend("'self'"))}";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = _policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // Not no-referrer: with it browsers send "Origin: null", and we could not tell our own forms from others'.
        headers["Referrer-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "accelerometer=(), autoplay=(), camera=(self), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), "
            + "payment=(), publickey-credentials-create=(self), publickey-credentials-get=(self), usb=()";
        if (context.Request.IsHttps)
        {
            headers.StrictTransportSecurity = "max-age=63072000; includeSubDomains";
        }
        return next(context);
    }
}
