using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Muqeem.Platform.Files;

/// <summary>Answers with an opened upload: our own picture to be shown, the original only to be downloaded. Never kept by anybody on the way.</summary>
public sealed class UploadResult(OpenedUpload upload) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = upload.MediaType;
        response.ContentLength = upload.Bytes.Length;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";
        // Even if a browser could be made to show it, it may run and fetch nothing.
        response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        var disposition = new ContentDispositionHeaderValue(upload.Part == UploadPart.Original ? "attachment" : "inline");
        if (upload.Part == UploadPart.Original)
        {
            disposition.SetHttpFileName(upload.DownloadName);
        }
        response.Headers.ContentDisposition = disposition.ToString();
        await response.Body.WriteAsync(upload.Bytes, httpContext.RequestAborted);
    }
}
