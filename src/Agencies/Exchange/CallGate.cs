using Microsoft.AspNetCore.Http;
using Muqeem.Kernel;
using Muqeem.Platform.Signatures;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>Who calls us, told by the signature alone.</summary>
/// <param name="Purpose">The one for which the agency may call this.</param>
public sealed record AgencyCall(string Agency, Guid RequestId, string Correlation, string Purpose, SignedMessage Message, HttpSignature Signature);

/// <summary>
/// Tells which agency calls us and whether it may: by a signature after RFC 9421 over method, host, path, query, the body's digest, the request's id and its purpose, made now. That it came only once is
/// for <see cref="Platform.Exchanges.NonceStore"/>, which can be asked only about who is known.
/// </summary>
public sealed class CallGate(AgencyKeys keys, ExchangeDesk desk, OwnAddresses addresses, TimeProvider clock)
{
    public const string Unsigned = "webhook.unsigned";
    public const string Malformed = "webhook.malformed";
    public const string UnknownKey = "webhook.key";
    public const string BadSignature = "webhook.signature";
    public const string BadDigest = "webhook.digest";
    public const string OutsideTime = "webhook.outside_time";

    /// <summary>It is signed for somebody else's address.</summary>
    public const string Misdirected = "webhook.misdirected";

    /// <summary>This agency may not call this, or not for this purpose.</summary>
    public const string NotAllowed = "webhook.not_allowed";

    /// <summary>This very call came before.</summary>
    public const string Replayed = "webhook.replayed";
    public const string TooLarge = "webhook.too_large";

    /// <param name="body">The raw bytes as they came, before any parsing.</param>
    /// <param name="operation">As the contract names it.</param>
    /// <param name="agency">Whose address was called; null: that of any who may call this.</param>
    public Result<AgencyCall> Admit(HttpRequest request, ReadOnlySpan<byte> body, string operation, string? agency = null)
    {
        if (!request.Headers.ContainsKey(HttpSignature.Header) && !request.Headers.ContainsKey(HttpSignature.InputHeader))
        {
            return new Refusal(Unsigned);
        }
        var message = SignedMessage.Of(request);
        if (HttpSignature.Of(message) is not { Created: { } created } signature || signature.Nonce.Length is < Exchange.LeastNonce or > Exchange.MostNonce || !Exchange.Covers(signature, Exchange.Covered)
            || !Guid.TryParseExact(request.Headers[Exchange.RequestIdHeader], "D", out var id) || request.Headers[Exchange.CorrelationHeader] is not [{ Length: > 0 and <= 100 } correlation]
            || request.Headers[Exchange.PurposeHeader] is not [{ } purpose])
        {
            return new Refusal(Malformed);
        }
        if (keys.Find(signature.KeyId) is not { } caller)
        {
            return new Refusal(UnknownKey);
        }
        if (!caller.Key.Made(signature))
        {
            return new Refusal(BadSignature);
        }
        if (!HttpSignature.IsDigestOf(request, body))
        {
            return new Refusal(BadDigest);
        }
        if (!Exchange.IsRecent(created, clock.Now()))
        {
            return new Refusal(OutsideTime);
        }
        if (!addresses.Are(message.Authority))
        {
            return new Refusal(Misdirected);
        }
        return (agency is null || agency == caller.Agency) && desk.TheirPurpose(caller.Agency, operation) == purpose
            ? new AgencyCall(caller.Agency, id, correlation, purpose, message, signature)
            : new Refusal(NotAllowed);
    }
}

/// <summary>Under which hosts we are called: what is signed for another is not for us. <c>Exchange:Authorities</c>; else that of <c>PublicOrigin</c> and those that are listened on.</summary>
public sealed class OwnAddresses
{
    private readonly HashSet<string> _authorities;

    /// <param name="authorities">Host, and port where it is not the scheme's own.</param>
    public OwnAddresses(IEnumerable<string> authorities) => _authorities = [.. authorities.Select(a => a.ToLowerInvariant())];

    public bool Are(string authority) => _authorities.Contains(authority);

    /// <summary>From the settings. What is listened on under every name of the machine names none.</summary>
    public static OwnAddresses From(Microsoft.Extensions.Configuration.IConfiguration configuration)
    {
        if (configuration["Exchange:Authorities"] is { Length: > 0 } said)
        {
            return new(said.Split([' ', ';', ','], StringSplitOptions.RemoveEmptyEntries));
        }
        var addresses = $"{configuration["PublicOrigin"]};{configuration["urls"]}".Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new(addresses.Select(a => Uri.TryCreate(a, UriKind.Absolute, out var address) ? address.Authority : null).OfType<string>());
    }
}
