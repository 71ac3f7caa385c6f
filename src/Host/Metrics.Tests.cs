using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Muqeem.Host;

public sealed class MetricsTests
{
    private const string Key = "a-key-of-at-least-thirty-two-characters";

    [Theory]
    [InlineData("127.0.0.1", null, null, null, true)]
    [InlineData("::1", null, null, null, true)]
    [InlineData("::ffff:127.0.0.1", null, null, null, true)]
    [InlineData("10.1.2.3", null, null, null, false)]
    // Through a proxy on the same machine: whoever asked came from elsewhere.
    [InlineData("127.0.0.1", null, "X-Forwarded-For", "198.51.100.7", false)]
    [InlineData("127.0.0.1", null, "Forwarded", "for=198.51.100.7", false)]
    [InlineData("10.1.2.3", Key, "Authorization", "Bearer " + Key, true)]
    [InlineData("10.1.2.3", Key, "Authorization", "Bearer " + Key + "x", false)]
    [InlineData("127.0.0.1", Key, null, null, false)]
    public async Task What_is_measured_is_told_to_this_machine_or_for_the_key(string from, string? key, string? header, string? value, bool told)
    {
        using var host = await new HostBuilder().ConfigureWebHost(web => web.UseTestServer()
            .ConfigureAppConfiguration(c => c.AddInMemoryCollection([new(Metrics.KeySetting, key)]))
            .ConfigureServices(s => s.AddSingleton<Metrics>().AddRouting())
            .Configure(app => app
                .Use((context, next) =>
                {
                    context.Connection.RemoteIpAddress = IPAddress.Parse(from);
                    return next(context);
                })
                .UseRouting().UseEndpoints(e => e.MapGet(Metrics.Path, Metrics.Answer)))).StartAsync();
        using var client = host.GetTestClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, Metrics.Path);
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }
        using var answer = await client.SendAsync(request);
        Assert.Equal(told ? HttpStatusCode.OK : HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(told ? "text/plain" : null, answer.Content.Headers.ContentType?.MediaType);
    }
}
