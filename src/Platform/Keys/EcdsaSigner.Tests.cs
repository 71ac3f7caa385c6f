using System.Security.Cryptography;

namespace Muqeem.Platform.Keys;

public sealed class EcdsaSignerTests
{
    [Fact]
    public void Every_signature_has_64_bytes_and_verifies_whatever_its_numbers_begin_with()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = new EcdsaSigner(key.ExportPkcs8PrivateKey());
        // Of so many some begin with zeros, and half with a bit that DER puts a zero before.
        for (var i = 0; i < 700; i++)
        {
            var hash = SHA256.HashData(BitConverter.GetBytes(i));
            var signature = signer.SignHash(hash);
            Assert.Equal(64, signature.Length);
            Assert.True(key.VerifyHash(hash, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        }
    }

    [Fact]
    public void What_is_no_key_is_refused_and_what_was_disposed_signs_nothing()
    {
        Assert.Throws<CryptographicException>(() => new EcdsaSigner([1, 2, 3]));
        Assert.Throws<CryptographicException>(() => new EcdsaSigner([]));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signer = new EcdsaSigner(key.ExportPkcs8PrivateKey());
        signer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => signer.SignHash(new byte[32]));
    }
}
