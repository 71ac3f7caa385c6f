using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using NodaTime;

namespace Muqeem.Sandbox;

/// <summary>The OpenAPI documents: one per agency, committed beside the client in src/Agencies; a test compares.</summary>
internal static class Contracts
{
    public static void Describe(OpenApiOptions options, string prefix)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = description => description.GroupName == prefix;
        options.AddSchemaTransformer((schema, context, _) =>
        {
            var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
            if (type == typeof(LocalDate))
            {
                (schema.Type, schema.Format) = (JsonSchemaType.String, "date");
            }
            else if (type == typeof(Instant))
            {
                (schema.Type, schema.Format) = (JsonSchemaType.String, "date-time");
            }
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            foreach (var (name, remark) in (ReadOnlySpan<(string, string)>)[("X-Request-Id", "A UUID. The same again on a write is the same write."), ("X-Correlation-Id", "Joins the calls of one case."), ("X-Consumer", "Who asks.")])
            {
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = name,
                    In = ParameterLocation.Header,
                    Required = name != "X-Correlation-Id",
                    Description = remark,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = name == "X-Request-Id" ? "uuid" : null },
                });
            }
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new() { Title = $"Contract of the agency under /{prefix}", Version = "1", Description = "Every answer carries source and asOf. Errors are application/problem+json with code and retryable." };
            document.Servers = [];
            return Task.CompletedTask;
        });
    }
}
