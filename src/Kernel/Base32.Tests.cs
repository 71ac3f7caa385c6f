namespace Muqeem.Kernel;

public class Base32Tests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void The_vectors_of_RFC_4648_hold(string text, string encoded)
    {
        Assert.Equal(encoded, Base32.Encode(System.Text.Encoding.ASCII.GetBytes(text)));
        Assert.True(Base32.TryDecode(encoded, out var bytes));
        Assert.Equal(text, System.Text.Encoding.ASCII.GetString(bytes));
    }

    [Theory]
    [InlineData("MZ")]
    [InlineData("M")]
    [InlineData("MZXW6YTBO1")]
    [InlineData("MZXW6YTBOI=")]
    public void A_text_that_no_bytes_encode_to_is_refused(string text) => Assert.False(Base32.TryDecode(text, out _));
}
