using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Platform.Database;

namespace Muqeem.Tests.Codebase;

/// <summary>Every route says who may enter: a policy, or that it is for everybody.</summary>
public sealed class RoutesTests : IAsyncLifetime
{
    /// <summary>What anybody may reach, by the beginning of its pattern. A new public route is a decision: it is added here by hand.</summary>
    private static readonly string[] PublicRoots =
    [
        "/", "/assets/", "/healthz", "/readyz", "/metrics", "/hooks/", "/exchange/events", "/journal/", "/openapi/", "/v/", "/.well-known/", "/status/", "/vct/", "/trust/",
        "/{lang", "/api/v1/sessions", "/api/v1/services", "/api/v1/verify", "/api/v1/verifier/", "/api/v1/live-codes/keys", "/api/v1/errors", "/developers/", "/openid/",
    ];

    private WholeWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await WholeWorld.StartAsync(DatabaseKind.Sqlite);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private List<RouteEndpoint> Routes() => [.. _world.Get<IEnumerable<EndpointDataSource>>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()];

    [Fact]
    public void Every_route_names_its_policy_or_is_for_everybody()
    {
        var routes = Routes();
        Assert.True(routes.Count > 60, $"Only {routes.Count} routes were found.");
        var bare = routes.Where(r => r.Metadata.GetMetadata<IAllowAnonymous>() is null && !r.Metadata.GetOrderedMetadata<IAuthorizeData>().Any(a => !string.IsNullOrEmpty(a.Policy)))
            .Select(r => $"{string.Join(',', r.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [])} {r.RoutePattern.RawText}");
        Assert.Empty(bare);
    }

    [Fact]
    public void What_is_for_everybody_is_on_the_list()
    {
        var open = Routes().Where(r => r.Metadata.GetMetadata<IAllowAnonymous>() is not null).Select(r => "/" + r.RoutePattern.RawText!.TrimStart('/'));
        Assert.Empty(open.Where(pattern => !PublicRoots.Any(root => root == "/" ? pattern == "/" : pattern.StartsWith(root, StringComparison.Ordinal))).Distinct());
    }

    [Fact]
    public void No_page_of_the_office_is_for_everybody_but_its_sign_in()
    {
        var open = Routes().Where(r => r.Metadata.GetMetadata<IAllowAnonymous>() is not null && r.RoutePattern.RawText!.Contains("/office", StringComparison.Ordinal))
            .Select(r => r.RoutePattern.RawText!).Distinct();
        Assert.All(open, pattern => Assert.True(pattern.Contains("sign-in") || pattern.Contains("activat") || pattern.Contains("colleagues/join"), pattern));
    }
}
