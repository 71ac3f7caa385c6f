using System.Security.Cryptography;
using Muqeem.Platform.Signatures;
using NodaTime;

namespace Muqeem.Platform.Exchanges;

public enum ExchangeDirection
{
    /// <summary>We asked or told.</summary>
    Out,

    /// <summary>We were called.</summary>
    In,
}

/// <summary>One message as its sender signed it.</summary>
/// <param name="Digest">SHA-256 of the body.</param>
/// <param name="Body">Null when it is too large to be kept.</param>
public sealed record SignedPart(HttpSignature Signature, byte[] Digest, byte[]? Body)
{
    /// <summary>A larger body is not kept.</summary>
    public const int LargestBody = 64 * 1024;

    public static SignedPart Of(HttpSignature signature, byte[] body) => new(signature, SHA256.HashData(body), body.Length <= LargestBody ? body : null);
}

/// <summary>A message and its answer, each as its sender signed it: what proves later who said what.</summary>
/// <param name="Operation">As the contract names it.</param>
/// <param name="Outcome">A code: <c>answered</c>, or why the message or its answer did not count.</param>
/// <param name="Status">HTTP status of the answer; null when there is none.</param>
/// <param name="Request">Null when it was not signed in a way that can be read.</param>
/// <param name="Answer">Likewise.</param>
public sealed record ExchangeRecord(
    Guid RequestId, string Correlation, string Agency, ExchangeDirection Direction, string Operation, string Purpose, Instant At, string Outcome, int? Status, SignedPart? Request, SignedPart? Answer)
{
    public const string Answered = "answered";
}
