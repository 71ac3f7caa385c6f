using Muqeem.Platform.Texts;

namespace Muqeem.Host.Api;

/// <param name="Code">Never renamed.</param>
/// <param name="Title">In the language that was asked for.</param>
/// <param name="Again">The same request may be sent again after Retry-After.</param>
public sealed record KnownProblemJson(string Code, IReadOnlyList<int> Statuses, string Title, bool Again);

/// <param name="Refusals">Codes of single reasons within a problem; each comes with its sentence and its facts.</param>
public sealed record ErrorCatalogueJson(IReadOnlyList<KnownProblemJson> Problems, IReadOnlyList<string> Refusals);

/// <summary>What can go wrong, for whoever writes a program against the API.</summary>
internal static class ErrorRoutes
{
    private const string RefusalPrefix = "refusal.";

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/errors", (HttpContext http, TextCatalogue texts) => Results.Json(new ErrorCatalogueJson(Known(Problems.Words(http)), Refusals(texts)), ApiJson.Options)).AllowAnonymous()
            .WithTags("Errors").WithName("Errors").WithSummary("Every problem and every refusal that the API answers.").Produces<ErrorCatalogueJson>().Refuses();

    public static IReadOnlyList<KnownProblemJson> Known(Language language) => [.. ProblemCatalogue.All.Select(p => new KnownProblemJson(p.Code, p.Statuses, language.Text("api.problem." + p.Code), p.Again))];

    public static IReadOnlyList<string> Refusals(TextCatalogue texts) =>
        [.. texts.Raw(TextCatalogue.English).Keys.Where(k => k.StartsWith(RefusalPrefix, StringComparison.Ordinal)).Select(k => k[RefusalPrefix.Length..]).Order(StringComparer.Ordinal)];
}
