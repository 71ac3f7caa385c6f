using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Muqeem.Platform.Folder;
using NodaTime;

namespace Muqeem.Platform.Keys;

/// <summary>The root of a demonstration: <c>demo-root/</c> in the data folder, its key in clear and its name saying so, so that nobody takes it for a real one.</summary>
internal static class DemonstrationRoot
{
    private const string Warning = """
        DEMONSTRATION. The key in this directory is not protected: whoever reads it can make signers of specimen documents that look like this installation's.
        A real installation's root is made by "muqeem keys ceremony" on a machine without network and never lies in a data folder.
        نموذج: المفتاح في هذا المجلد غير محمي، ولا يُستعمل لوثائق حقيقية.
        """;

    /// <summary>The root that the store trusts last, when its key is here; otherwise a new one.</summary>
    public static RootAuthority OpenOrMake(DataFolder folder, byte[]? trusted, RootNames names, Instant now, bool renew)
    {
        if (!folder.IsDemonstration)
        {
            throw new InvalidOperationException("Only a demonstration has its root at hand.");
        }
        var key = Path.Combine(folder.DemonstrationRoot, "root.key");
        if (!renew && trusted is not null && File.Exists(key))
        {
            var ecdsa = ECDsa.Create();
            try
            {
                ecdsa.ImportFromPem(File.ReadAllText(key));
                return new RootAuthority(X509CertificateLoader.LoadCertificate(trusted), ecdsa);
            }
            catch (Exception e) when (e is CertificateRefusedException or CryptographicException or ArgumentException)
            {
                // Another folder's key, or half a restored backup: specimens get a new root rather than no signer.
                ecdsa.Dispose();
            }
        }
        var root = RootAuthority.Make(names, now, RootAuthority.LongestYears);
        DurableFile.Write(Path.Combine(folder.DemonstrationRoot, "READ-ME.txt"), Encoding.UTF8.GetBytes(Warning));
        DurableFile.Write(key, Encoding.UTF8.GetBytes(root.ExportDemonstrationKey()));
        DurableFile.Write(Path.Combine(folder.DemonstrationRoot, "root.cer"), root.Certificate.RawData);
        return root;
    }
}
