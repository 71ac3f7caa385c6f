using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.SignIn.Factors;

/// <summary>Time-based one-time passwords of RFC 6238 with HMAC-SHA-1, 30 seconds a step: what every authenticator app speaks.</summary>
internal static class Totp
{
    public const int StepSeconds = 30;
    public const int Digits = 6;
    private const int SecretBytes = 20;

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretBytes);

    public static long StepAt(Instant at) => Math.DivRem(at.ToUnixTimeSeconds(), StepSeconds, out _);

    public static string Code(ReadOnlySpan<byte> secret, long step, int digits = Digits)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 6238's HMAC-SHA-1 is what the apps implement; the weakness of SHA-1 (collisions) does not touch HMAC.
        HMACSHA1.HashData(secret, counter, mac);
#pragma warning restore CA5350
        var offset = mac[^1] & 0xf;
        var number = BinaryPrimitives.ReadInt32BigEndian(mac[offset..]) & 0x7fffffff;
        return (number % (int)Math.Pow(10, digits)).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
    }

    /// <summary>The step whose code this is, or null. Looks one step back and one ahead for clocks that are off, and never at a step that was used or came before a used one.</summary>
    public static long? Match(ReadOnlySpan<byte> secret, string typed, Instant now, long lastStep)
    {
        if (typed.Length != Digits)
        {
            return null;
        }
        Span<byte> given = stackalloc byte[Digits * 4];
        given = given[..Encoding.UTF8.GetBytes(typed, given)];
        Span<byte> wanted = stackalloc byte[Digits];
        long? match = null;
        var current = StepAt(now);
        for (var step = current - 1; step <= current + 1; step++)
        {
            Encoding.ASCII.GetBytes(Code(secret, step), wanted);
            if (CryptographicOperations.FixedTimeEquals(given, wanted) && step > lastStep && match is null)
            {
                match = step;
            }
        }
        return match;
    }

    /// <summary>The secret as people type it: base 32 in groups of four.</summary>
    public static string Spell(ReadOnlySpan<byte> secret)
    {
        var letters = Base32.Encode(secret);
        var text = new StringBuilder(letters.Length * 5 / 4);
        for (var i = 0; i < letters.Length; i++)
        {
            if (i > 0 && i % 4 == 0)
            {
                text.Append(' ');
            }
            text.Append(letters[i]);
        }
        return text.ToString();
    }

    /// <summary>The secret that <see cref="Spell"/> spelled.</summary>
    public static byte[] Unspell(string spelled) =>
        Base32.TryDecode(spelled.Replace(" ", "", StringComparison.Ordinal), out var secret) ? secret : throw new FormatException("This is not a secret in base 32.");

    /// <summary>The address that authenticator apps read from a QR code.</summary>
    public static string Uri(ReadOnlySpan<byte> secret, string issuer, string label) =>
        string.Create(CultureInfo.InvariantCulture,
            $"otpauth://totp/{System.Uri.EscapeDataString(issuer)}:{System.Uri.EscapeDataString(label)}?secret={Base32.Encode(secret)}&issuer={System.Uri.EscapeDataString(issuer)}&algorithm=SHA1&digits={Digits}&period={StepSeconds}");
}
