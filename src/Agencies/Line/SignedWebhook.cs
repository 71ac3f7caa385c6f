using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>
/// Signed calls from an agency to us, in the form of the Standard Webhooks specification (standardwebhooks.com): headers <c>webhook-id</c>,
/// <c>webhook-timestamp</c> (Unix seconds), <c>webhook-signature</c> (<c>v1,</c> and the Base64 of HMAC-SHA256 over <c>id.timestamp.body</c>; several, separated by a space, while a key changes).
/// That the same id comes once only is for the receiver to keep, as a claim.
/// </summary>
public static class SignedWebhook
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    public const string Malformed = "webhook.malformed";
    public const string OutsideTime = "webhook.outside_time";
    public const string BadSignature = "webhook.signature";

    /// <summary>How far the sender's clock and ours may be apart, the way included.</summary>
    public static readonly Duration Tolerance = Duration.FromMinutes(5);

    /// <summary>Shorter keys are refused.</summary>
    public const int ShortestKey = 32;

    /// <summary>The id of a call whose signature and time are right.</summary>
    public static Result<string> Verify(IHeaderDictionary headers, ReadOnlySpan<byte> body, ReadOnlySpan<byte> key, Instant now)
    {
        if (key.Length < ShortestKey)
        {
            throw new ArgumentException($"A webhook key has at least {ShortestKey} bytes.", nameof(key));
        }
        if (headers[IdHeader] is not [{ Length: > 0 and <= 100 } id] || headers[TimestampHeader] is not [{ } timestamp] || headers[SignatureHeader] is not [{ } signatures]
            || id.Contains('.', StringComparison.Ordinal)
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 253_402_300_799)
        {
            return new Refusal(Malformed);
        }
        // The signature first: what is not signed is not looked at.
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Mac(id, timestamp, body, key, expected);
        var right = false;
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes + 3];
        foreach (var part in signatures.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(4))
        {
            if (part.StartsWith("v1,", StringComparison.Ordinal) && Convert.TryFromBase64Chars(part.AsSpan(3), given, out var written) && written == expected.Length)
            {
                right |= CryptographicOperations.FixedTimeEquals(given[..written], expected);
            }
        }
        if (!right)
        {
            return new Refusal(BadSignature);
        }
        var at = Instant.FromUnixTimeSeconds(seconds);
        return at < now - Tolerance || at > now + Tolerance ? new Refusal(OutsideTime) : id;
    }

    /// <summary>The id and the content of a call whose signature and time are right, and whose content the contract allows.</summary>
    /// <param name="brokenField">The first field that breaks the contract, or null.</param>
    internal static Result<(string Id, T Content)> Read<T>(IHeaderDictionary headers, ReadOnlySpan<byte> body, ReadOnlySpan<byte> key, Instant now, Func<T, string?> brokenField) where T : class
    {
        if (!Verify(headers, body, key, now).TryGet(out var id, out var refusal))
        {
            return refusal;
        }
        return Wire.ReadEvent<T>(body) is { } content && brokenField(content) is null ? (id, content) : new Refusal(Malformed);
    }

    /// <summary>The three headers that a sender adds.</summary>
    public static IReadOnlyDictionary<string, string> Sign(string id, Instant at, ReadOnlySpan<byte> body, ReadOnlySpan<byte> key)
    {
        var timestamp = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Mac(id, timestamp, body, key, mac);
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [IdHeader] = id,
            [TimestampHeader] = timestamp,
            [SignatureHeader] = "v1," + Convert.ToBase64String(mac),
        };
    }

    private static void Mac(string id, string timestamp, ReadOnlySpan<byte> body, ReadOnlySpan<byte> key, Span<byte> mac)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        hmac.AppendData(body);
        hmac.GetHashAndReset(mac);
    }
}
