using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Muqeem.Platform.Pages;

public class ErrorPagesTests
{
    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(408)]
    [InlineData(409)]
    [InlineData(413)]
    [InlineData(418)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Every_error_has_a_page_in_both_languages_with_a_humans_number(int status)
    {
        await using var site = await PageSite.OpenAsync();
        foreach (var language in (string[])["ar", "en"])
        {
            var (answered, html) = await site.GetAsync($"/{language}/gallery/{status}");
            Assert.Equal(status, answered);
            Assert.Contains($"<html lang=\"{language}\"", html, StringComparison.Ordinal);
            Assert.Contains("href=\"tel:&#x2B;966110000000\"", html, StringComparison.Ordinal);
            Assert.Contains("<h1>", html, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_fault_shows_an_incident_and_nothing_of_itself()
    {
        await using var site = await PageSite.OpenAsync(pages => pages.MapGet("/fault", IResult () => throw new InvalidOperationException("secret words")));
        var (status, html) = await site.GetAsync("/en/fault");
        Assert.Equal(500, status);
        Assert.DoesNotContain("secret", html, StringComparison.Ordinal);
        Assert.Matches("<strong><bdi>[2-9A-HJ-NP-Z]{8}</bdi></strong>", html);
    }

    [Fact]
    public async Task A_fault_while_drawing_is_a_whole_error_page_and_no_half_page()
    {
        await using var site = await PageSite.OpenAsync(pages => pages.MapGet("/broken", () => PageResult.Of<Foreign>(new Dictionary<string, object?>(StringComparer.Ordinal) { ["Lang"] = "xx" })));
        var (status, html) = await site.GetAsync("/en/broken");
        Assert.Equal(500, status);
        Assert.StartsWith("<!DOCTYPE html>", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_address_is_answered_in_its_language_or_the_browsers()
    {
        await using var site = await PageSite.OpenAsync();
        Assert.Contains("lang=\"en\"", (await site.GetAsync("/en/nowhere")).Html, StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nowhere");
        request.Headers.Add("Accept", "text/html");
        request.Headers.Add("Accept-Language", "fr, en-GB;q=0.5, ar;q=0.4");
        using var answer = await site.Browser.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("<html lang=\"en\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/check", "/en/check")]
    [InlineData("/check/deep?code=7K2M%20&x=1", "/en/check/deep?code=7K2M%20&x=1")]
    [InlineData("/checks", null)]
    [InlineData("/fr/check", null)]
    [InlineData("//evil.example/check", null)]
    public async Task The_address_of_a_page_without_its_language_leads_to_the_readers(string path, string? to)
    {
        await using var site = await PageSite.OpenAsync(pages => pages.MapGet("/check/{rest?}", () => PageResult.Error(418)));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("https://localhost" + path));
        request.Headers.Add("Accept", "text/html");
        request.Headers.Add("Accept-Language", "en");
        using var answer = await site.Browser.SendAsync(request);
        Assert.Equal(to is null ? HttpStatusCode.NotFound : HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal(to, answer.Headers.Location?.ToString());
        using var post = await site.Browser.PostAsync(new Uri(path.TrimStart('/'), UriKind.Relative), null);
        Assert.True((int)post.StatusCode >= 400, $"{post.StatusCode}");
    }

    [Fact]
    public async Task A_method_that_a_page_does_not_know_is_a_page_and_names_the_others()
    {
        await using var site = await PageSite.OpenAsync(pages => pages.MapGet("/only", () => PageResult.Error(404)));
        using var answer = await site.Browser.DeleteAsync(new Uri("/en/only", UriKind.Relative));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Contains("This page does not work like that", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(["GET"], answer.Content.Headers.Allow);
    }

    [Fact]
    public async Task An_APIs_fault_is_not_made_into_a_page()
    {
        await using var site = await PageSite.OpenAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/fault");
        request.Headers.Add("Accept", "application/json");
        await Assert.ThrowsAsync<InvalidOperationException>(() => site.Browser.SendAsync(request));
    }
}
