using System.Security.Cryptography;

namespace Muqeem.Verifier.Cryptography;

public class P256KeyTests
{
    /// <summary>RFC 6979, A.2.5: the key, and its signature over "sample" with SHA-256.</summary>
    private static readonly byte[] X = Convert.FromHexString("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"), Y = Convert.FromHexString("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299");
    private static readonly byte[] R = Convert.FromHexString("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"), S = Convert.FromHexString("F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");

    /// <summary>FIPS 186-4, D.1.2.3: the order of the group, and the field's prime.</summary>
    private static readonly byte[] Order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), Prime = Convert.FromHexString("FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF");

    [Fact]
    public void The_signature_of_the_standard_counts_and_no_bit_of_it_may_change()
    {
        using var key = P256Key.Create(X, Y)!;
        byte[] signature = [.. R, .. S];
        Assert.True(key.VerifyData("sample"u8, signature));
        Assert.False(key.VerifyData("sampel"u8, signature));
        for (var bit = 0; bit < 512; bit++)
        {
            var changed = (byte[])signature.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(key.VerifyData("sample"u8, changed));
        }
        Assert.True(key.VerifyData("sample"u8, signature));
    }

    [Fact]
    public void Numbers_outside_the_group_are_no_signature()
    {
        using var key = P256Key.Create(X, Y)!;
        var (zero, most) = (new byte[32], Enumerable.Repeat((byte)0xFF, 32).ToArray());
        foreach (var bad in new[] { zero, Order, most })
        {
            Assert.False(key.VerifyData("sample"u8, [.. bad, .. S]));
            Assert.False(key.VerifyData("sample"u8, [.. R, .. bad]));
            Assert.False(key.VerifyData("sample"u8, [.. bad, .. bad]));
        }
        foreach (var length in new[] { 0, 63, 65, 72 })
        {
            Assert.False(key.VerifyData("sample"u8, new byte[length]));
        }
        Assert.False(key.VerifyHash(new byte[31], [.. R, .. S]));
    }

    [Fact]
    public void What_is_not_on_the_curve_is_no_key()
    {
        Assert.Null(P256Key.Create(X, X));
        Assert.Null(P256Key.Create(new byte[32], new byte[32]));
        Assert.Null(P256Key.Create(X, Y.AsSpan(1)));
        // The same point with a coordinate that is not below the prime would be another text of one key.
        Assert.Null(P256Key.Create(Prime, Y));
        for (var bit = 0; bit < 256; bit++)
        {
            var changed = (byte[])X.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(P256Key.Create(changed, Y));
        }
    }

    [Fact]
    public void It_says_what_the_base_library_says()
    {
        for (var i = 0; i < 200; i++)
        {
            using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var info = made.ExportSubjectPublicKeyInfo();
            using var key = P256Key.OfInfo(info)!;
            var data = BitConverter.GetBytes(i);
            var signature = made.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            Assert.True(key.VerifyData(data, signature));
            signature[i % 64]++;
            Assert.False(key.VerifyData(data, signature));
        }
    }

    [Fact]
    public void Only_the_one_encoding_of_a_public_key_is_read()
    {
        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var info = made.ExportSubjectPublicKeyInfo();
        Assert.Null(P256Key.OfInfo(info.AsSpan(1)));
        Assert.Null(P256Key.OfInfo([.. info, 0]));
        for (var i = 0; i < 27; i++)
        {
            var changed = (byte[])info.Clone();
            changed[i] ^= 1;
            Assert.Null(P256Key.OfInfo(changed));
        }
        using var longer = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Null(P256Key.OfInfo(longer.ExportSubjectPublicKeyInfo()));
    }

    [Fact]
    public void One_key_serves_many_threads()
    {
        using var key = P256Key.Create(X, Y)!;
        byte[] signature = [.. R, .. S];
        Parallel.For(0, 2000, i => Assert.Equal(i % 3 != 0, key.VerifyData(i % 3 == 0 ? "other"u8 : "sample"u8, signature)));
    }
}
