using System.Globalization;
using Microsoft.Extensions.Configuration;
using Muqeem.Platform.Folder;

namespace Muqeem.Platform.Keys;

/// <summary>A PKCS#11 token; the configuration's section <c>Keys:Pkcs11</c>.</summary>
/// <param name="Module">Path of the vendor's library.</param>
/// <param name="Label">The token's label: slots may be numbered anew.</param>
public sealed record TokenSettings(string Module, string Label, string Pin)
{
    /// <summary>Sessions kept open at most; who finds none free waits.</summary>
    public int Sessions { get; init; } = 8;

    /// <summary>Null when no token is configured.</summary>
    /// <exception cref="CannotStartException">Configured by half, or the PIN's file cannot be read.</exception>
    public static TokenSettings? From(IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        var (module, label) = (section["Module"], section["Token"]);
        if (string.IsNullOrEmpty(module) && string.IsNullOrEmpty(label))
        {
            return null;
        }
        if (string.IsNullOrEmpty(module) || string.IsNullOrEmpty(label))
        {
            throw new CannotStartException("Keys:Pkcs11 needs both: Module, the path of the token's library, and Token, its label.");
        }
        var pin = section["Pin"];
        if (section["PinFile"] is { Length: > 0 } file)
        {
            try
            {
                pin = File.ReadAllText(file).TrimEnd('\r', '\n');
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CannotStartException($"Keys:Pkcs11:PinFile: {file} cannot be read: {e.Message}", e);
            }
        }
        if (string.IsNullOrEmpty(pin))
        {
            throw new CannotStartException("Keys:Pkcs11 needs the user's PIN: set Keys:Pkcs11:PinFile to a file that only this user reads, or Keys:Pkcs11:Pin.");
        }
        var sessions = 8;
        if (section["Sessions"] is { Length: > 0 } text && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out sessions) || sessions is < 1 or > 256))
        {
            throw new CannotStartException("Keys:Pkcs11:Sessions is a number from 1 to 256.");
        }
        return new TokenSettings(module, label, pin) { Sessions = sessions };
    }

    /// <summary>Without the PIN.</summary>
    public override string ToString() => $"{Module}, token {Label}";
}
