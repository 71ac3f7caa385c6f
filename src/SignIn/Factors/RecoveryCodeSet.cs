using System.Security.Cryptography;
using Muqeem.Kernel;
using Muqeem.SignIn.Passwords;

namespace Muqeem.SignIn.Factors;

/// <summary>
/// Ten codes of twelve letters (60 bits) each, without letters that look alike. They are hashed like passwords, all under one salt, so that checking one typed code costs one hash.
/// </summary>
internal static class RecoveryCodeSet
{
    public const int Codes = 10;
    public const int HashBytes = 32;
    private const int Letters = 12;
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary><c>7K3M-Q8WZ-1HTC</c></summary>
    public static IReadOnlyList<string> New()
    {
        var codes = new string[Codes];
        for (var i = 0; i < Codes; i++)
        {
            var letters = RandomNumberGenerator.GetString(Alphabet, Letters);
            codes[i] = $"{letters[..4]}-{letters[4..8]}-{letters[8..]}";
        }
        return codes;
    }

    public static async Task<(byte[] Salt, byte[] Hashes)> HashAsync(IReadOnlyList<string> codes, PasswordHasher hasher, CancellationToken cancel)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var hashes = new byte[codes.Count * HashBytes];
        for (var i = 0; i < codes.Count; i++)
        {
            (await hasher.DeriveAsync(Read(codes[i]) ?? throw new ArgumentException("Not a recovery code.", nameof(codes)), salt, cancel)).CopyTo(hashes, i * HashBytes);
        }
        return (salt, hashes);
    }

    /// <summary>Which of the set a typed code is, or null. Always costs one hash.</summary>
    public static async Task<int?> MatchAsync(string? typed, byte[] salt, byte[] hashes, PasswordHasher hasher, CancellationToken cancel)
    {
        var code = Read(typed);
        var hash = await hasher.DeriveAsync(code ?? "-", salt, cancel);
        int? found = null;
        for (var i = 0; i < hashes.Length / HashBytes; i++)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, hashes.AsSpan(i * HashBytes, HashBytes)))
            {
                found = i;
            }
        }
        return code is null ? null : found;
    }

    /// <summary>The bare letters; forgives small letters, spaces, dashes, O for 0, I and L for 1, U for V.</summary>
    internal static string? Read(string? typed)
    {
        var text = Digits.Compact(typed).ToUpperInvariant().Replace('O', '0').Replace('I', '1').Replace('L', '1').Replace('U', 'V');
        return text.Length == Letters && text.All(letter => Alphabet.Contains(letter, StringComparison.Ordinal)) ? text : null;
    }
}
