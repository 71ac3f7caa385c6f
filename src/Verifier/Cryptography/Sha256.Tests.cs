using System.Security.Cryptography;

namespace Muqeem.Verifier.Cryptography;

public class Sha256Tests
{
    [Fact]
    public void It_is_what_the_base_library_says_at_every_length()
    {
        var data = RandomNumberGenerator.GetBytes(70_000);
        var hash = new byte[Sha256.Length];
        foreach (var length in Enumerable.Range(0, 600).Append(data.Length))
        {
            Sha256.Hash(data.AsSpan(0, length), hash);
            Assert.Equal(SHA256.HashData(data.AsSpan(0, length)), hash);
        }
        Assert.Throws<ArgumentException>(() => Sha256.Hash(data, new byte[31]));
    }
}
