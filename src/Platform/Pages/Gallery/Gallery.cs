using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Kernel;

namespace Muqeem.Platform.Pages;

/// <summary>What the gallery shows: the form as it is, or as it looks after a bad POST.</summary>
public sealed record GalleryModel(FormState Form, bool Wide);

/// <summary>The pages that show the design system to whoever builds with it. Demonstrations only.</summary>
internal static class Gallery
{
    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/gallery", (bool? errors, bool? wide) => PageResult.Of<GalleryPage, GalleryModel>(new(errors is true ? WithErrors(FormState.Empty()) : FormState.Empty(), wide is true))).AllowAnonymous();
        pages.MapPost("/gallery", async (HttpContext http) =>
        {
            var form = await FormState.ReadAsync(http);
            return form.Redraw
                ? PageResult.Of<GalleryPage, GalleryModel>(new(form, false))
                : PageResult.Of<GalleryPage, GalleryModel>(new(WithErrors(form), false), StatusCodes.Status422UnprocessableEntity);
        }).AllowAnonymous();
        pages.MapGet("/gallery/{status:int:range(400,599)}", (int status) => PageResult.Error(status)).AllowAnonymous();
    }

    private static FormState WithErrors(FormState form)
    {
        form.Refuse("number", new Refusal("resident_number.check_digit"));
        form.Refuse("photo", "sys.error.required_file");
        form.Refuse("expiry", "sys.error.required");
        form.Refuse("family", "sys.error.required_choice");
        form.Refuse("truth", "sys.error.required");
        return form;
    }
}
