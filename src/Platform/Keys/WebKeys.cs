using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Muqeem.Platform.Folder;

namespace Muqeem.Platform.Keys;

/// <summary>The web framework's own keys (cookies, antiforgery): kept in the data folder, wrapped by the key store, so that they survive a restart and do not lie in clear.</summary>
internal static class WebKeys
{
    public static IServiceCollection AddWebKeys(this IServiceCollection services, DataFolder folder)
    {
        services.AddDataProtection()
            .SetApplicationName($"muqeem/{folder.Id}")
            .PersistKeysToFileSystem(new DirectoryInfo(folder.WebKeys));
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider =>
            new ConfigureOptions<KeyManagementOptions>(o => o.XmlEncryptor = new WebKeyWrap(provider.GetRequiredService<KeyStore>())));
        return services;
    }
}

internal sealed class WebKeyWrap(KeyStore keys) : IXmlEncryptor
{
    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var (wrapped, keyId) = keys.Wrap(KeyPurpose.WebProtection, Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting)), Associated);
        return new EncryptedXmlInfo(new XElement("wrapped", new XAttribute("by", keyId), Convert.ToBase64String(wrapped)), typeof(WebKeyUnwrap));
    }

    internal static ReadOnlySpan<byte> Associated => "muqeem/web-key"u8;
}

/// <summary>Made by the framework from its type's name, which is stored beside each key.</summary>
internal sealed class WebKeyUnwrap(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement)
    {
        var by = encryptedElement.Attribute("by")?.Value ?? throw new FormatException("A web key does not name the key that wrapped it.");
        var plain = services.GetRequiredService<KeyStore>().Unwrap(KeyPurpose.WebProtection, by, Convert.FromBase64String(encryptedElement.Value), WebKeyWrap.Associated);
        return XElement.Parse(Encoding.UTF8.GetString(plain));
    }
}
