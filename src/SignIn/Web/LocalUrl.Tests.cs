namespace Muqeem.SignIn.Web;

public class LocalUrlTests
{
    [Theory]
    [InlineData("/ar/apply/step-3")]
    [InlineData("/en/cases/018f?tab=history&page=2")]
    [InlineData("/")]
    [InlineData("/ar/visas?from=2027-03-01#fees")]
    [InlineData("/ar/%D8%AA%D8%AC%D8%AF%D9%8A%D8%AF")]
    [InlineData("/ar/pay?next=https://example.org/")]
    public void A_path_of_this_site_is_kept(string address) => Assert.Equal(address, LocalUrl.Safe(address));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ar/apply")]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example")]
    [InlineData("///evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("\\\\evil.example")]
    [InlineData("/\t/evil.example")]
    [InlineData("/\n/evil.example")]
    [InlineData("/ar\r\nLocation: https://evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData(" /ar")]
    [InlineData("/ /evil.example")]
    [InlineData("/.//evil.example")]
    [InlineData("/ar/..//evil.example")]
    [InlineData("/%2f/evil.example")]
    [InlineData("/%2Fevil.example")]
    [InlineData("/%5cevil.example")]
    [InlineData("/%09/evil.example")]
    [InlineData("/%252f/evil.example")]
    [InlineData("/ar/%2e%2e//evil.example")]
    [InlineData("/\u202eevil")]
    [InlineData("http:/evil.example")]
    [InlineData("/ar//evil.example")]
    public void Anything_a_browser_might_read_as_another_place_is_dropped(string? address)
    {
        Assert.Null(LocalUrl.Safe(address));
        Assert.Equal("/ar/", LocalUrl.SafeOr(address, "/ar/"));
    }
}
