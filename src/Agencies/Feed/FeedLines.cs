using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>The lines to the addresses at which agencies are sent events. Lines of their own: a receiver that fails says nothing about the agency's answers, and must not stop questions.</summary>
public sealed class FeedLines : IDisposable
{
    private readonly Dictionary<string, AgencyLine> _lines;

    internal FeedLines(IEnumerable<AgencyLine> lines) => _lines = lines.ToDictionary(l => l.Name, StringComparer.Ordinal);

    public IReadOnlyList<string> Agencies => [.. _lines.Keys.Order(StringComparer.Ordinal)];

    public bool Has(string agency) => _lines.ContainsKey(agency);

    public Uri AddressOf(string agency) => _lines[agency].Settings.Url!;

    /// <summary>Null: it was taken, and the agency's signed word says so. Else a code of why not.</summary>
    internal async Task<string?> SendAsync(string agency, FeedPage page, Guid requestId, CancellationToken cancel) =>
        await _lines[agency].SendAsync<NoticeReceipt>(FeedPage.Delivery, HttpMethod.Post, "", page, requestId, cancel) switch
        {
            AgencyAnswer<NoticeReceipt>.Found => null,
            AgencyAnswer<NoticeReceipt>.NotFound => "not_found",
            AgencyAnswer<NoticeReceipt>.Unavailable none => none.Reason,
            AgencyAnswer<NoticeReceipt>.Broken broken => $"broken:{broken.Field}:{broken.Breach}",
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    public void Dispose()
    {
        foreach (var line in _lines.Values)
        {
            line.Dispose();
        }
    }
}

/// <summary>Registers the feed. After AddAgencies; the host also registers <see cref="FeedNumbers"/>.</summary>
public static class FeedSetup
{
    /// <summary>The setting with an agency's address, like <c>Agencies:LabourContracts:Feed</c>; without it the agency only fetches.</summary>
    public static string SettingOf(string agency) => $"Agencies:{agency}:Feed";

    public static IServiceCollection AddFeed(this IServiceCollection services, IConfiguration configuration)
    {
        var addresses = AgenciesSetup.All.Select(a => (a.Name, Settings: SettingsFrom(configuration, a.Name, a.Prefix))).Where(a => a.Settings is not null).ToList();
        foreach (var (name, settings) in addresses)
        {
            services.AddHttpClient($"feed:{name}", http =>
            {
                http.Timeout = Timeout.InfiniteTimeSpan; // the line keeps the time
                http.MaxResponseContentBufferSize = 64 * 1024;
            }).ConfigurePrimaryHttpMessageHandler(() => AgenciesSetup.Handler(settings!)).RemoveAllLoggers();
        }
        services.AddSingleton(p => new FeedLines(addresses.Select(a => new AgencyLine(
            a.Name, a.Settings!, () => p.GetRequiredService<IHttpClientFactory>().CreateClient($"feed:{a.Name}"), p.GetRequiredService<ExchangeDesk>(), p.GetRequiredService<AgencyKeys>(), p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<AgencyLine>>()))));
        services.AddSingleton(p => new EventFeed(p.GetRequiredService<Db>(), () => p.GetRequiredService<PolicyBook>().CurrentOrBaseline, p.GetRequiredService<FeedNumbers>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<FeedWriter>().AddSingleton<FeedSteering>().AddSingleton<FeedSender>();
        services.AddWork(p => p.GetRequiredService<Jobs>().Every("feed.forget", Duration.FromHours(1), async (run, cancel) =>
        {
            while (await p.GetRequiredService<FeedWriter>().ForgetAsync(cancel) > 0)
            {
                await run.GoOnAsync(cancel);
            }
        }));
        return services;
    }

    /// <summary>Null: the agency is not called.</summary>
    /// <exception cref="InvalidOperationException">With a sentence: an address that cannot be used, or an agency whose receipts nobody could tell from forged ones.</exception>
    private static AgencyLineSettings? SettingsFrom(IConfiguration configuration, string name, string prefix)
    {
        if (configuration[SettingOf(name)] is not { Length: > 0 } text)
        {
            return null;
        }
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && !(address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)))
        {
            throw new InvalidOperationException($"{SettingOf(name)} is not an https address: resident numbers would cross the network in the clear.");
        }
        if (AgencyKeys.Read(configuration, name).Count == 0)
        {
            throw new InvalidOperationException($"{SettingOf(name)} needs Agencies:{name}:Keys: without the agency's public keys nobody could tell its receipts from forged ones.");
        }
        var standIn = Uri.TryCreate(configuration["Agencies:Sandbox"], UriKind.Absolute, out var sandbox) && sandbox.Authority == address.Authority;
        // The sender has its own pauses.
        return AgencyLineSettings.From(configuration, name, prefix) with { Url = address, StandIn = standIn, FailureCalls = int.MaxValue, Concurrent = 4 };
    }
}
