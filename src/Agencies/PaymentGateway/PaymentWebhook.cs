using Microsoft.AspNetCore.Http;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>A payment that the gateway told us of, with the id under which it may be told again.</summary>
public sealed record PaymentCall(string WebhookId, PaymentReceived Payment);

/// <summary>Reads the gateway's calls. The key is <c>Agencies:PaymentGateway:WebhookKey</c>, Base64.</summary>
public static class PaymentWebhook
{
    /// <param name="body">The raw bytes as they came, before any parsing.</param>
    /// <returns>Refusals: <see cref="SignedWebhook.Malformed"/>, <see cref="SignedWebhook.BadSignature"/>, <see cref="SignedWebhook.OutsideTime"/>.</returns>
    public static Result<PaymentCall> Verify(IHeaderDictionary headers, ReadOnlySpan<byte> body, ReadOnlySpan<byte> key, Instant now) =>
        SignedWebhook.Read<PaymentReceived>(headers, body, key, now, c => c.BrokenField()).TryGet(out var call, out var refusal) ? new PaymentCall(call.Id, call.Content) : refusal;
}
