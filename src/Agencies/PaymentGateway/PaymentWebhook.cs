using Muqeem.Kernel;

namespace Muqeem.Agencies;

/// <summary>The gateway's calls.</summary>
public static class PaymentWebhook
{
    public const string Operation = "payment";

    /// <param name="body">Of a call that was admitted.</param>
    public static Result<PaymentReceived> Read(ReadOnlySpan<byte> body) => Wire.ReadEvent<PaymentReceived>(body, c => c.BrokenField());
}
