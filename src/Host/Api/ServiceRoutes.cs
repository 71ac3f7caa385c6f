using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Texts;
using Muqeem.Services;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Host.Api;

internal sealed record ServiceJson(string Key, string Code, string Name, string? About, bool ForNewcomers, IReadOnlyList<PageJson> Pages);

internal sealed record PageJson(string Id, string Name, IReadOnlyList<FieldJson> Fields);

/// <param name="Names">The members under which answers are given: one, or three for a day.</param>
/// <param name="Options">Where the choices are known: those of a draft may depend on the person.</param>
internal sealed record FieldJson(string Name, string Kind, bool Required, int MaxLength, string Label, string? Hint, IReadOnlyList<string> Names, string? UploadKind, IReadOnlyList<OptionJson>? Options);

internal sealed record OptionJson(string Value, string Text);

internal sealed record WhatIfAskedJson(IReadOnlyDictionary<string, string>? Answers = null, DateOnly? On = null) : IHoldsMany
{
    public bool IsWhole() => Answers?.Values.All(v => v is not null) != false;
}

/// <param name="Eligible">Nothing stands against it, and every record answered.</param>
/// <param name="Waiting">Agencies that did not answer: what they know was not checked.</param>
internal sealed record WhatIfJson(string Service, bool Eligible, IReadOnlyList<RefusalJson> Findings, PriceJson Price, string? ConfirmedBy, string? PaidBy, IReadOnlyList<string> Waiting);

internal sealed record PriceJson(long TotalHalalas, IReadOnlyList<PriceLineJson> Lines);

internal sealed record PriceLineJson(string Code, string Name, int Quantity, long AmountHalalas, string Payer, DateOnly? Until);

/// <summary>What there is to ask for, with its questions; and what the rules would say today.</summary>
internal static class ServiceRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        var services = api.MapGroup("/services").WithTags("Services");
        services.MapGet("", (HttpContext http, ServiceCatalogue catalogue) => catalogue.All.Select(s => Of(Problems.Words(http), s, null, null))).AllowAnonymous()
            .WithName("Services").WithSummary("Every service with its questions.").Produces<IEnumerable<ServiceJson>>().Refuses();
        services.MapGet("/{key}", (HttpContext http, ServiceCatalogue catalogue, string key) =>
            catalogue.Find(key) is { } service ? Results.Json(Of(Problems.Words(http), service, null, null), ApiJson.Options) : Problems.NotFound(http)).AllowAnonymous()
            .WithName("Service").WithSummary("One service with its questions.").Produces<ServiceJson>().Refuses(404);
        services.MapPost("/{key}/what-if", WhatIfAsync).RequireAuthorization(Doors.Records)
            .WithName("WhatIf").WithSummary("What the rules would say, and the price. Nothing is changed and nothing is owed.").Accepts<WhatIfAskedJson>("application/json").Produces<WhatIfJson>().Refuses(400, 401, 404);
    }

    private static Task<IResult> WhatIfAsync(HttpContext http, CaseEngine engine, ServiceCatalogue catalogue, string key) => Incoming.QuestionAsync<WhatIfAskedJson>(http, async body =>
    {
        if (catalogue.Find(key) is not { } service)
        {
            return Problems.NotFound(http);
        }
        var session = http.MustBeSignedIn();
        var on = body.On is { } day ? LocalDate.FromDateOnly(day) : (LocalDate?)null;
        return Results.Json(Of(http, await engine.WhatIfAsync(session.Actor, session.Person, service, body.Answers ?? new Dictionary<string, string>(StringComparer.Ordinal), on, http.RequestAborted)), ApiJson.Options);
    });

    internal static WhatIfJson Of(HttpContext http, WhatIf result) => new(result.Service.Key, result.Waiting.Count == 0 && result.Findings.All(f => f.Kind == FindingKind.Note) && result.Quote.Refusals.Count == 0,
        [.. result.Findings.Select(f => Problems.Json(http, f)), .. result.Quote.Refusals.Select(r => Problems.Json(http, r))], Of(Problems.Words(http), result.Quote.Lines), result.ConfirmedBy, result.PaidBy, result.Waiting);

    internal static PriceJson Of(Language language, IReadOnlyList<Payments.Pricing.PriceLine> lines) => new(lines.Sum(l => l.Amount.Halalas),
        [.. lines.Select(l => new PriceLineJson(l.Code, language.Has(l.TextKey) ? language.Text(l.TextKey) : l.Code, l.Quantity, l.Amount.Halalas, Problems.Snake(l.Payer.ToString()), l.Until?.ToDateOnly()))]);

    /// <param name="context">Of a draft: its choices are then told.</param>
    internal static ServiceJson Of(Language language, Service service, FormContext? context, Answers? answers) => new(service.Key, service.Code, Word(language, $"svc.{service.Key}.name", service.Code),
        language.Has($"svc.{service.Key}.about") ? language.Text($"svc.{service.Key}.about") : null, service.ForNewcomers,
        [.. service.Form.Pages.Select(page => new PageJson(page.Id, Word(language, $"svc.{service.Key}.page.{page.Id}", page.Id),
            [.. page.Fields.Where(f => answers is null || f.Asked(answers)).Select(f => FieldOf(language, service, f, context))]))]);

    private static FieldJson FieldOf(Language language, Service service, Field field, FormContext? context)
    {
        var prefix = $"svc.{service.Key}.field.{field.Name}";
        return new(field.Name, Problems.Snake(field.Kind.ToString()), field.Required, field.MaxLength, Word(language, prefix, field.Name), field.HasHint && language.Has(prefix + ".hint") ? language.Text(prefix + ".hint") : null,
            field.Kind == FieldKind.Day ? [field.Name + ".day", field.Name + ".month", field.Name + ".year"] : [field.Name], field.UploadKind,
            field.Options is { } options && context is not null ? [.. options(context).Select(o => new OptionJson(o.Value, TextOf(language, service, o)))] : null);
    }

    private static string TextOf(Language language, Service service, Option option) =>
        option.TextKey is { } key && language.Has(key) ? language.Text(key, ("n", option.Value), ("months", option.Value))
        : option is { Arabic: { } arabic, English: { } english } ? language.Code == "ar" ? arabic : english
        : Word(language, $"svc.{service.Key}.option.{option.Value}", option.Value);

    private static string Word(Language language, string key, string otherwise) => language.Has(key) ? language.Text(key) : otherwise;
}
