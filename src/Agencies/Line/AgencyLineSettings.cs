using Microsoft.Extensions.Configuration;

namespace Muqeem.Agencies;

/// <summary>How one agency is called. Read from <c>Agencies:&lt;Name&gt;</c>; the defaults suit an agency on the government network.</summary>
public sealed record AgencyLineSettings
{
    /// <summary>Null: not configured; the agency then counts as unavailable.</summary>
    public Uri? Url { get; init; }

    /// <summary>The agency is a stand-in, which follows our clock. A real agency is never told what time we think it is.</summary>
    public bool StandIn { get; init; }

    /// <summary>Our name at the agency, sent as <c>X-Consumer</c>.</summary>
    public string Consumer { get; init; } = "muqeem";

    /// <summary>One attempt.</summary>
    public TimeSpan Attempt { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>All attempts of one question together.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Further attempts after the first, for questions (GET) only.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>Before the first further attempt; doubled each time, with jitter.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>Questions under way at once.</summary>
    public int Concurrent { get; init; } = 64;

    /// <summary>Questions that may wait for a place.</summary>
    public int Waiting { get; init; } = 256;

    /// <summary>The agency is left alone when this share of the calls within <see cref="Sampling"/> failed...</summary>
    public double FailureShare { get; init; } = 0.5;

    /// <summary>...of at least so many calls...</summary>
    public int FailureCalls { get; init; } = 10;

    public TimeSpan Sampling { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>...for so long.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>When to ask again, if the agency does not say.</summary>
    public TimeSpan AskAgain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>An agency that lately takes longer to answer is called slow.</summary>
    public TimeSpan Slow { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>PEM files of the client certificate for mutual TLS.</summary>
    public string? Certificate { get; init; }
    public string? CertificateKey { get; init; }

    /// <summary>How long a fact may be relied on, by the contract's name of the fact; overrides the contract's default.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Validity { get; init; } = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);

    /// <summary>Nobody waits long for what only informs.</summary>
    private static AgencyLineSettings DefaultsOf(string name) => name == SocialInsurance.Name
        ? new() { Attempt = TimeSpan.FromSeconds(1), Limit = TimeSpan.FromSeconds(1), Retries = 0 }
        : new();

    /// <summary>Throws with a sentence when the configuration is unusable or unsafe. <c>Agencies:Sandbox</c> names one stand-in for all agencies.</summary>
    internal static AgencyLineSettings From(IConfiguration configuration, string name, string prefix)
    {
        var section = configuration.GetSection($"Agencies:{name}");
        var text = section["Url"];
        var standIn = false;
        if (string.IsNullOrEmpty(text) && configuration["Agencies:Sandbox"] is { Length: > 0 } sandbox)
        {
            text = sandbox.TrimEnd('/') + "/" + prefix;
            standIn = true;
        }
        Uri? url = null;
        if (!string.IsNullOrEmpty(text))
        {
            if (!Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out url) || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp))
            {
                throw new InvalidOperationException($"Agencies:{name}:Url is not an http(s) address.");
            }
            if (url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback)
            {
                throw new InvalidOperationException($"Agencies:{name}:Url must be https: personal data would cross the network in the clear.");
            }
        }
        var defaults = DefaultsOf(name);
        var settings = new AgencyLineSettings
        {
            Url = url,
            StandIn = standIn,
            Consumer = configuration["Agencies:Consumer"] ?? defaults.Consumer,
            Attempt = section.GetValue("Attempt", defaults.Attempt),
            Limit = section.GetValue("Limit", defaults.Limit),
            Retries = section.GetValue("Retries", defaults.Retries),
            RetryDelay = section.GetValue("RetryDelay", defaults.RetryDelay),
            Concurrent = section.GetValue("Concurrent", defaults.Concurrent),
            Waiting = section.GetValue("Waiting", defaults.Waiting),
            FailureShare = section.GetValue("FailureShare", defaults.FailureShare),
            FailureCalls = section.GetValue("FailureCalls", defaults.FailureCalls),
            Sampling = section.GetValue("Sampling", defaults.Sampling),
            Rest = section.GetValue("Rest", defaults.Rest),
            AskAgain = section.GetValue("AskAgain", defaults.AskAgain),
            Slow = section.GetValue("Slow", defaults.Slow),
            Certificate = section["Certificate"],
            CertificateKey = section["CertificateKey"],
            Validity = section.GetSection("Validity").Get<Dictionary<string, TimeSpan>>() ?? [],
        };
        if (settings.Attempt <= TimeSpan.Zero || settings.Limit < settings.Attempt || settings.Retries < 0 || settings.Concurrent < 1 || settings.Waiting < 0)
        {
            throw new InvalidOperationException($"Agencies:{name}: Attempt must be positive and within Limit, Retries and Waiting not negative, Concurrent at least 1.");
        }
        return settings;
    }
}
