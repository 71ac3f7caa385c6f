using System.Collections.Frozen;
using Microsoft.Extensions.Configuration;
using Muqeem.Platform.Signatures;

namespace Muqeem.Agencies;

/// <summary>The public keys of the agencies, by what signatures name: <c>Agencies:&lt;Name&gt;:Keys</c>. A key is one agency's, so a signature tells who calls.</summary>
public sealed class AgencyKeys
{
    private readonly FrozenDictionary<string, (string Agency, MessageKey Key)> _keys;

    private AgencyKeys(Dictionary<string, (string, MessageKey)> keys) => _keys = keys.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Null: nobody's.</summary>
    public (string Agency, MessageKey Key)? Find(string keyId) => _keys.TryGetValue(keyId, out var found) ? found : null;

    public bool HasKeyOf(string agency) => _keys.Values.Any(k => k.Agency == agency);

    /// <exception cref="InvalidOperationException">With a sentence: a key that cannot be read, or two agencies with one.</exception>
    internal static AgencyKeys From(IConfiguration configuration)
    {
        var keys = new Dictionary<string, (string Agency, MessageKey)>(StringComparer.Ordinal);
        foreach (var (agency, _) in AgenciesSetup.All)
        {
            foreach (var key in Read(configuration, agency))
            {
                if (!keys.TryAdd(key.Thumbprint, (agency, new MessageKey(key))))
                {
                    throw new InvalidOperationException($"Agencies:{agency}:Keys has a key that is there twice, or another agency's: nobody could tell who signed.");
                }
            }
        }
        return new(keys);
    }

    /// <summary>Empty when nothing is configured.</summary>
    internal static IReadOnlyList<PublicKeyText> Read(IConfiguration configuration, string agency)
    {
        if (configuration[$"Agencies:{agency}:Keys"] is not { Length: > 0 } text)
        {
            return [];
        }
        if (text[0] != '{' && !text.Contains("-----", StringComparison.Ordinal))
        {
            text = File.Exists(text) ? File.ReadAllText(text) : throw new InvalidOperationException($"Agencies:{agency}:Keys names a file that is not there: {text}.");
        }
        return PublicKeyText.ReadAll(text) is { Count: > 0 } keys ? keys
            : throw new InvalidOperationException($"Agencies:{agency}:Keys holds something that is no public key on Ed25519 or P-256 (a JWK, a JWK Set, or PEM).");
    }
}
