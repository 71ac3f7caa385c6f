using Muqeem.Host.Api;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Texts;

namespace Muqeem.Host.Developers;

/// <summary>For whoever writes a program against this system: from here to a first signed call in ten minutes.</summary>
internal static class DeveloperPages
{
    public const string Sample = "/developers/ask.sh";

    private static readonly string Script = new StreamReader(typeof(DeveloperPages).Assembly.GetManifestResourceStream("Muqeem.Host.Developers.ask.sh")!).ReadToEnd();

    public static void Map(IEndpointRouteBuilder root, IEndpointRouteBuilder pages)
    {
        root.MapGet(Sample, () => Results.Text(Script, "text/x-shellscript; charset=utf-8")).AllowAnonymous();
        pages.MapGet("/developers", (HttpContext http) => PageResult.Of<DevelopersPage, DevelopersModel>(new($"{http.Request.Scheme}://{http.Request.Host}", Script))).AllowAnonymous();
        pages.MapGet("/developers/errors", (Language language, TextCatalogue texts) =>
            PageResult.Of<ErrorsPage, ErrorsModel>(new(ErrorRoutes.Known(language), [.. ErrorRoutes.Refusals(texts).Select(code => (code, texts.Raw(language.Code)["refusal." + code]))]))).AllowAnonymous();
    }
}

/// <param name="Address">As the reader reached us.</param>
public sealed record DevelopersModel(string Address, string Script);

public sealed record ErrorsModel(IReadOnlyList<KnownProblemJson> Problems, IReadOnlyList<(string Code, string Text)> Refusals);
