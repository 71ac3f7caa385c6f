using Muqeem.Platform.Exchanges;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Signatures;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>What every message between us and an agency has in common, whoever calls: header fields, what signatures cover (RFC 9421), how old they may be.</summary>
public static class Exchange
{
    public const string RequestIdHeader = "X-Request-Id";
    public const string CorrelationHeader = "X-Correlation-Id";
    public const string PurposeHeader = "X-Purpose";
    public const string ConsumerHeader = "X-Consumer";

    /// <summary>What a signature says it is for: one of another application of the same key does not count here.</summary>
    public const string Tag = "muqeem-exchange";

    /// <summary>How far the sender's clock and ours may be apart, the way included.</summary>
    public static readonly Duration Tolerance = Duration.FromMinutes(5);

    public const int LeastNonce = 16, MostNonce = 64;

    /// <summary>What the signature of a request covers, at least.</summary>
    public static readonly IReadOnlyList<string> Covered = ["@method", "@authority", "@path", "@query", "content-digest", "x-request-id", "x-correlation-id", "x-purpose"];

    /// <summary>What the signature of an answer covers, at least: by the request's signature all that this covers.</summary>
    public static readonly IReadOnlyList<string> CoveredByAnswer = ["@status", "content-digest", "x-request-id", "signature;req"];

    /// <summary>Signs a request whose header fields of the exchange are set; adds digest and signature.</summary>
    /// <param name="address">Absolute.</param>
    public static (SignedMessage Message, HttpSignature Signature) Sign(HttpRequestMessage request, Uri address, ReadOnlySpan<byte> body, MessageSigner signer, Instant now)
    {
        request.Headers.TryAddWithoutValidation(HttpSignature.DigestHeader, HttpSignature.DigestOf(body));
        var message = SignedMessage.Of(request, address);
        var signature = HttpSignature.Sign(message, Covered, signer, now, MessageSigner.NewNonce(), Tag);
        request.Headers.TryAddWithoutValidation(HttpSignature.InputHeader, signature.Input);
        request.Headers.TryAddWithoutValidation(HttpSignature.Header, signature.Text);
        return (message, signature);
    }

    /// <summary>Signs our answer to a request, before its first byte is sent; its status and <see cref="RequestIdHeader"/> are set.</summary>
    public static HttpSignature Sign(Microsoft.AspNetCore.Http.HttpResponse answer, SignedMessage request, ReadOnlySpan<byte> body, MessageSigner signer, Instant now)
    {
        answer.Headers[HttpSignature.DigestHeader] = HttpSignature.DigestOf(body);
        var signature = HttpSignature.Sign(SignedMessage.Of(answer, request), CoveredByAnswer, signer, now, nonce: null, Tag);
        answer.Headers[HttpSignature.InputHeader] = signature.Input;
        answer.Headers[HttpSignature.Header] = signature.Text;
        return signature;
    }

    /// <summary>Whether a signature is for this use and covers what it must.</summary>
    public static bool Covers(HttpSignature signature, IReadOnlyList<string> covered) => signature.Tag == Tag && covered.All(c => signature.Components.Contains(c));

    public static bool IsRecent(Instant created, Instant now) => created >= now - Tolerance && created <= now + Tolerance;
}

/// <summary>One thing that may be called, and what for. What has no row is not called, and not taken.</summary>
/// <param name="Operation">As the contract names it: <c>person</c>, <c>residence_notice</c>.</param>
public sealed record ExchangeRight(string Agency, string Operation, string Purpose)
{
    /// <summary>What we may call at agencies.</summary>
    public const string OurCalls = "exchange.our_calls";

    /// <summary>What agencies may call at us.</summary>
    public const string TheirCalls = "exchange.their_calls";

    /// <summary>Who answered for these before they had a contract of their own.</summary>
    private static readonly Dictionary<string, string> Before = new(StringComparer.Ordinal)
    {
        [DomesticWork.Name] = LabourContracts.Name,
        [SocialInsurance.Name] = LabourContracts.Name,
        [ForeignAffairs.Name] = AlienRegister.Name,
    };

    /// <summary>Null: it may not be called. A list that an operator wrote before an agency was split off, and that has no row of the new one, means it where it names the former.</summary>
    public static string? PurposeOf(IReadOnlyList<ExchangeRight> rights, string agency, string operation)
    {
        if (Before.TryGetValue(agency, out var former) && rights.All(r => r.Agency != agency))
        {
            agency = former;
        }
        return rights.FirstOrDefault(r => r.Agency == agency && r.Operation == operation)?.Purpose;
    }
}

/// <summary>What the lines need of the house: who signs for us, what may be called for which purpose, and who keeps what was said.</summary>
public sealed class ExchangeDesk(MessageSigner signer, Func<PolicySnapshot> policies, TimeProvider clock, Action<ExchangeRecord> keep)
{
    public MessageSigner Signer { get; } = signer;

    /// <summary>The purpose for which we may call this; null: we may not.</summary>
    public string? OurPurpose(string agency, string operation) => PurposeOf(ExchangeRight.OurCalls, agency, operation);

    /// <summary>The purpose for which the agency may call this; null: it may not.</summary>
    public string? TheirPurpose(string agency, string operation) => PurposeOf(ExchangeRight.TheirCalls, agency, operation);

    public void Keep(ExchangeRecord exchange) => keep(exchange);

    private string? PurposeOf(string code, string agency, string operation) =>
        ExchangeRight.PurposeOf(policies().Get<IReadOnlyList<ExchangeRight>>(code, clock.Today()), agency, operation);
}
