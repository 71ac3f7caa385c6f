using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Muqeem.Platform.Exchanges;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Signatures;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>How a call is signed, and what of it is wrong.</summary>
/// <param name="Signer">Instead of the agency's own.</param>
/// <param name="Address">For which it is signed, instead of the one it is sent to.</param>
/// <param name="After">What is sent instead of what was signed.</param>
internal sealed record CallSigning(MessageSigner? Signer = null, Uri? Address = null, Func<byte[], byte[]>? After = null, string? Purpose = null, string? Nonce = null, string Tag = Exchange.Tag)
{
    public Duration Old { get; init; }
    public IReadOnlyList<string> Covered { get; init; } = Exchange.Covered;
    public Guid Id { get; init; } = Guid.CreateVersion7();
    public HttpMethod Method { get; init; } = HttpMethod.Post;
}

/// <summary>What agencies that a test plays itself send us.</summary>
internal static class AgencyCaller
{
    private static readonly Dictionary<string, MessageSigner> Signers = AgenciesSetup.All.ToDictionary(a => a.Name, _ => NewSigner(), StringComparer.Ordinal);

    /// <summary>By which our side believes them.</summary>
    public static readonly IReadOnlyDictionary<string, string?> Settings = Signers.ToDictionary(s => $"Agencies:{s.Key}:Keys", s => (string?)PublicKeyText.SetOf([s.Value.Key]), StringComparer.Ordinal);

    public static AgencyKeys Keys { get; } = AgencyKeys.From(new ConfigurationBuilder().AddInMemoryCollection(Settings).Build());

    /// <summary>The agency that is asked at an address of the stand-ins.</summary>
    public static MessageSigner At(Uri address) => Signers[AgenciesSetup.All.Single(a => address.AbsolutePath.StartsWith($"/{a.Prefix}/", StringComparison.Ordinal)).Name];

    /// <summary>Signs an answer to a request of ours.</summary>
    public static HttpResponseMessage Sign(HttpResponseMessage answer, HttpRequestMessage request, byte[] body, Instant now)
    {
        answer.Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json", "utf-8") } };
        answer.Headers.Add(Exchange.RequestIdHeader, request.Headers.GetValues(Exchange.RequestIdHeader));
        answer.Headers.Add(HttpSignature.DigestHeader, HttpSignature.DigestOf(body));
        var signature = HttpSignature.Sign(SignedMessage.Of(answer, SignedMessage.Of(request, request.RequestUri!)), Exchange.CoveredByAnswer, At(request.RequestUri!), now, nonce: null, Exchange.Tag);
        answer.Headers.Add(HttpSignature.InputHeader, signature.Input);
        answer.Headers.Add(HttpSignature.Header, signature.Text);
        return answer;
    }

    public static readonly PolicySnapshot Policies = PolicyBook.BaselineSnapshot();

    /// <summary>As our side of the exchange is, with a key of its own and nothing kept but in the list.</summary>
    public static ExchangeDesk Desk(MessageSigner signer, TimeProvider clock, Action<ExchangeRecord>? keep = null) => new(signer, () => Policies, clock, keep ?? (_ => { }));

    public static MessageSigner NewSigner() => MessageSigner.OfSeed(RandomNumberGenerator.GetBytes(32));

    public static HttpRequestMessage Call(Uri address, byte[] body, string agency, string operation, MessageSigner signer, Instant now, CallSigning? with = null)
    {
        with ??= new CallSigning();
        var request = new HttpRequestMessage(with.Method, address) { Content = with.Method == HttpMethod.Get ? null : new ByteArrayContent(with.After?.Invoke(body) ?? body) };
        var right = Policies.Get<IReadOnlyList<ExchangeRight>>(ExchangeRight.TheirCalls, new LocalDate(2026, 1, 1)).FirstOrDefault(r => r.Agency == agency && r.Operation == operation);
        request.Headers.TryAddWithoutValidation(Exchange.RequestIdHeader, with.Id.ToString());
        request.Headers.TryAddWithoutValidation(Exchange.CorrelationHeader, with.Id.ToString("N"));
        request.Headers.TryAddWithoutValidation(Exchange.PurposeHeader, with.Purpose ?? right?.Purpose ?? "none");
        request.Headers.TryAddWithoutValidation(HttpSignature.DigestHeader, HttpSignature.DigestOf(body));
        var signature = HttpSignature.Sign(SignedMessage.Of(request, with.Address ?? address), with.Covered, with.Signer ?? signer, now - with.Old, with.Nonce ?? MessageSigner.NewNonce(), with.Tag);
        request.Headers.TryAddWithoutValidation(HttpSignature.InputHeader, signature.Input);
        request.Headers.TryAddWithoutValidation(HttpSignature.Header, signature.Text);
        return request;
    }
}
