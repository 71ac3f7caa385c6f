using System.Globalization;
using System.Threading.RateLimiting;
using Muqeem.SignIn;

namespace Muqeem.Host.Api;

/// <summary>
/// How much one account and one address may ask. Buckets that fill again by the second: a pause earns a burst, and nobody is locked out. Per process; what guards passwords and codes is
/// counted elsewhere, in the database.
/// </summary>
internal sealed class ApiLimits : IDisposable
{
    private readonly PartitionedRateLimiter<string> _accounts;
    private readonly PartitionedRateLimiter<string> _addresses;
    private readonly int _perAccount;
    private readonly int _perAddress;

    public ApiLimits(IConfiguration configuration)
    {
        _perAccount = configuration.GetValue("Api:AccountPerMinute", 240);
        _perAddress = configuration.GetValue("Api:AddressPerMinute", 1200);
        _accounts = Buckets(_perAccount);
        _addresses = Buckets(_perAddress);
    }

    public void Dispose()
    {
        _accounts.Dispose();
        _addresses.Dispose();
    }

    private static PartitionedRateLimiter<string> Buckets(int perMinute) => PartitionedRateLimiter.Create<string, string>(key => RateLimitPartition.GetTokenBucketLimiter(key, _ => new TokenBucketRateLimiterOptions
    {
        TokenLimit = perMinute,
        TokensPerPeriod = Math.Max(1, perMinute / 60),
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
        AutoReplenishment = true,
    }), StringComparer.Ordinal);

    private bool Take(PartitionedRateLimiter<string> limiter, string key, int limit, HttpContext http)
    {
        using var lease = limiter.AttemptAcquire(key);
        var left = lease.IsAcquired ? limiter.GetStatistics(key)?.CurrentAvailablePermits ?? 0 : 0;
        var perSecond = Math.Max(1, limit / 60);
        var reset = (limit - left + perSecond - 1) / perSecond;
        var headers = http.Response.Headers;
        // The tighter of the two is told.
        if (!headers.TryGetValue("RateLimit-Remaining", out var before) || left < long.Parse(before.ToString(), CultureInfo.InvariantCulture))
        {
            headers["RateLimit-Limit"] = limit.ToString(CultureInfo.InvariantCulture);
            headers["RateLimit-Remaining"] = left.ToString(CultureInfo.InvariantCulture);
            headers["RateLimit-Reset"] = reset.ToString(CultureInfo.InvariantCulture);
        }
        if (!lease.IsAcquired)
        {
            headers.RetryAfter = Problems.Seconds(lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1));
        }
        return lease.IsAcquired;
    }

    /// <summary>Counts a request of somebody who is not signed in; false when the address has asked too much.</summary>
    internal bool Allows(HttpContext http) => Take(_addresses, Visitor.Of(http, "").Address, _perAddress, http);

    /// <summary>Whether an address may still try what it has failed at: for callers who are known only after some work.</summary>
    internal bool MayTry(HttpContext http) => _addresses.GetStatistics(Visitor.Of(http, "").Address) is not { CurrentAvailablePermits: 0 };

    /// <summary>Counts a failure against the address.</summary>
    internal void Failed(HttpContext http) => Take(_addresses, Visitor.Of(http, "").Address, _perAddress, http);

    /// <summary>On every route of the API, after authentication.</summary>
    internal sealed class Filter(ApiLimits limits) : IEndpointFilter
    {
        public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
        {
            var http = context.HttpContext;
            var allowed = limits.Allows(http)
                && (http.SignedIn() is not { } session || limits.Take(limits._accounts, session.Account.ToString(), limits._perAccount, http));
            if (!allowed)
            {
                return Problems.Of(http, StatusCodes.Status429TooManyRequests, "too_many");
            }
            // A cookie comes along whatever page sends the request; a token does not. Changing anything needs the token.
            if (http.SignedIn() is not null && !http.CameByBearer() && !HttpMethods.IsGet(http.Request.Method))
            {
                return Problems.Of(http, StatusCodes.Status401Unauthorized, "bearer_needed");
            }
            return await next(context);
        }
    }
}
