using System.Text.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Muqeem.Platform.Texts;

namespace Muqeem.Host.Api;

/// <summary>The same verbs as JSON, under <c>/api/v1</c>.</summary>
public static class ApiSetup
{
    internal const string Root = "/api/v1";

    public static IServiceCollection AddApi(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddTexts(typeof(ApiSetup).Assembly);
        services.AddSingleton(new ApiLimits(configuration));
        services.ConfigureHttpJsonOptions(json => ApiJson.Apply(json.SerializerOptions));
        services.AddOpenApi("v1", Describe);
        services.AddOpenApi(FeedRoutes.Document, FeedRoutes.Describe);
        return services;
    }

    /// <summary>Right after the pages' own middleware and outside of everything that reads: sizes, and a problem for every error.</summary>
    public static IApplicationBuilder UseApi(this IApplicationBuilder app) => app.UseMiddleware<ApiEdge>();

    public static void MapApi(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup(Root).DisableAntiforgery().DisableValidation().AddEndpointFilter<ApiLimits.Filter>();
        SessionRoutes.Map(api);
        ServiceRoutes.Map(api);
        CaseRoutes.Map(api);
        ReceiptRoutes.Map(api);
        HolderRoutes.Map(api);
        MoneyRoutes.Map(api);
        VerifyRoutes.Map(api);
        CredentialRoutes.Map(api);
        CardRoutes.Map(api);
        ReviewRoutes.Map(api);
        VerifierRoutes.Map(endpoints.MapGroup(Root + "/verifier").DisableAntiforgery().DisableValidation());
        IdRoutes.Map(api);
        BillRoutes.Map(api);
        ErrorRoutes.Map(api);
        SubscriptionRoutes.Map(api);
        endpoints.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
    }

    private static void Describe(OpenApiOptions options)
    {
        options.ShouldInclude = description => description.RelativePath?.StartsWith("api/v1", StringComparison.Ordinal) == true;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Muqeem",
                Version = "v1",
                Description = "Resident IDs, exit and re-entry visas, and what belongs to them. Amounts are whole halalas; days are days in Riyadh; instants are UTC. "
                    + "Every POST that changes something carries an Operation-Id (a UUID of the caller's): sent again with the same body it is answered again and done once. "
                    + "Errors are problems after RFC 9457 with a code that never changes; GET /api/v1/errors lists them. "
                    + "Muqeem-Version names the day on which the caller was written, and every answer names the version by which it was made; without it the oldest version that is served counts.",
            };
            document.Servers?.Clear();
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                ["session"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The token of a session, from POST /api/v1/sessions." },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            if (metadata.OfType<Microsoft.AspNetCore.Authorization.IAllowAnonymous>().FirstOrDefault() is null)
            {
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("session", context.Document)] = [] }];
            }
            if (metadata.OfType<ChangesSomething>().Any())
            {
                operation.Parameters ??= [];
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = Incoming.OperationHeader,
                    In = ParameterLocation.Header,
                    Required = true,
                    Description = "A UUID of the caller's own. The same again with the same body is done once.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uuid" },
                });
            }
            return Task.CompletedTask;
        });
    }
}

/// <summary>Marks an endpoint that needs an operation id.</summary>
internal sealed class ChangesSomething
{
    public static readonly ChangesSomething Mark = new();
}

/// <summary>How JSON is read and written here: strict on the way in.</summary>
internal static class ApiJson
{
    public const int Depth = 16;

    public static readonly JsonSerializerOptions Options = Apply(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>For what comes in: a member that must be there is there and is not null.</summary>
    public static readonly JsonSerializerOptions Reading = new(Options) { RespectNullableAnnotations = true };

    public static JsonSerializerOptions Apply(JsonSerializerOptions options)
    {
        options.MaxDepth = Depth;
        options.AllowDuplicateProperties = false;
        options.UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow;
        options.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict;
        options.PropertyNameCaseInsensitive = false;
        options.RespectRequiredConstructorParameters = true;
        options.DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull;
        options.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        return options;
    }
}
