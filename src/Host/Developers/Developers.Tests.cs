using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Muqeem.Credentials.Verifiers;
using Muqeem.Host.Api;
using Muqeem.Kernel;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Portal;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host.Developers;

public sealed class DevelopersOnSqliteTests(VerifiersOnSqlite world) : DevelopersTests(world), IClassFixture<VerifiersOnSqlite>;

public sealed class DevelopersOnPostgreSqlTests(VerifiersOnPostgreSql world) : DevelopersTests(world), IClassFixture<VerifiersOnPostgreSql>;

/// <summary>What the developers' pages say is tried as it stands there.</summary>
public abstract partial class DevelopersTests(VerifierWorld shared)
{
    private readonly WholeWorld _world = shared.World;

    [Theory, InlineData("ar"), InlineData("en")]
    public async Task Every_address_of_the_page_answers(string language)
    {
        using var browser = new Browser(_world, language);
        await browser.OpenAsync("developers");
        Assert.Equal(HttpStatusCode.OK, browser.Status);
        Assert.DoesNotContain("⟦", browser.Html);
        var links = Link().Matches(browser.Html).Select(m => m.Groups["to"].Value).Where(l => l.StartsWith('/')).Distinct().ToList();
        Assert.Contains("/openapi/v1.json", links);
        // A checkpoint is made a moment after the first act.
        await WholeWorld.UntilAsync(async () => (await _world.Http.GetAsync("/journal/checkpoint")).IsSuccessStatusCode ? "" : null, "the journal has a checkpoint");
        foreach (var link in links)
        {
            using var answer = await _world.Http.GetAsync(link);
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.SeeOther or HttpStatusCode.Found, $"{link}: {answer.StatusCode}");
        }
        Assert.True(browser.Shows($"{_world.Address.GetLeftPart(UriPartial.Authority)}/trust/test/valid.sd-jwt"));
        using var file = await _world.Http.GetAsync("/trust/test/valid.sd-jwt");
        Assert.Equal(HttpStatusCode.OK, file.StatusCode);
    }

    [Fact]
    public async Task The_script_of_the_page_asks_and_is_answered()
    {
        var folder = Directory.CreateTempSubdirectory("muqeem-ask-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "ask.sh"), await _world.Http.GetStringAsync("/developers/ask.sh"));
            await RunAsync(folder, "openssl", "genpkey", "-algorithm", "ed25519", "-out", "key.pem");
            var key = await RunAsync(folder, "openssl", "pkey", "-in", "key.pem", "-pubout");
            var (text, holder, _, _) = await shared.IssueAsync();
            holder.Dispose();
            Task<JsonElement> AskAsync(string what) => ReadAsync(RunAsync(folder, "sh", "ask.sh", _world.Address.ToString(), "key.pem", what));

            Assert.Equal("verifier_key_unknown", (await AskAsync(text)).GetProperty("code").GetString());
            var registrar = _world.Get<VerifierRegistrar>();
            var application = new VerifierApplication(VerifierKind.Employer, "جهة عمل", "An employer", [new(VerifierOperation.Presentation, "check_identity")], [key]);
            var proposed = Assert.IsType<BookAnswer.Done>(await registrar.ProposeAsync(Actor.System("test"), Guid.CreateVersion7(), application));
            Assert.Equal("verifier_key_unknown", (await AskAsync(text)).GetProperty("code").GetString());
            Assert.IsType<BookAnswer.Done>(await registrar.ConfirmAsync(Actor.System("second"), Guid.CreateVersion7(), proposed.Proposal!.Value));

            var good = await AskAsync(text);
            Assert.True(good.GetProperty("verdict").GetString() == "valid", good.ToString());
            // A test ID is good for tests only: here it is nobody's.
            var test = await AskAsync((await _world.Http.GetStringAsync("/trust/test/valid.sd-jwt")).Trim());
            Assert.True(test.GetProperty("verdict").GetString() == "not_valid", test.ToString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_catalogue_of_errors_has_every_code_and_status_that_the_code_answers()
    {
        using var json = JsonDocument.Parse(await _world.Http.GetStringAsync("/api/v1/errors"));
        var listed = json.RootElement.GetProperty("problems").EnumerateArray().ToDictionary(
            p => p.GetProperty("code").GetString()!, p => p.GetProperty("statuses").EnumerateArray().Select(s => s.GetInt32()).ToList(), StringComparer.Ordinal);
        var texts = _world.Get<TextCatalogue>();
        foreach (var language in new[] { "ar", "en" })
        {
            var titled = texts.Raw(language).Keys.Where(k => k.StartsWith("api.problem.", StringComparison.Ordinal)).Select(k => k["api.problem.".Length..]);
            Assert.Equal(listed.Keys.Order(StringComparer.Ordinal), titled.Order(StringComparer.Ordinal));
        }
        var found = 0;
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "src", "Host", "Api"), "*.cs").Where(f => !f.EndsWith(".Tests.cs", StringComparison.Ordinal)))
        {
            foreach (Match made in Made().Matches(await File.ReadAllTextAsync(file)))
            {
                found++;
                Assert.True(listed.TryGetValue(made.Groups["code"].Value, out var statuses) && statuses.Contains(int.Parse(made.Groups["status"].Value, System.Globalization.CultureInfo.InvariantCulture)),
                    $"{Path.GetFileName(file)}: {made.Value} is not in the catalogue.");
            }
        }
        Assert.True(found > 40, $"Only {found} problems were found.");
        Assert.All(Enum.GetValues<NotAdmitted>().Where(n => n != NotAdmitted.Busy), n => Assert.Contains("verifier_" + Problems.Snake(n.ToString()), listed.Keys));
        Assert.Contains("verifier.another_confirms", json.RootElement.GetProperty("refusals").EnumerateArray().Select(r => r.GetString()));

        using var browser = new Browser(_world, "en");
        await browser.OpenAsync("developers/errors");
        Assert.Equal(HttpStatusCode.OK, browser.Status);
        Assert.All(listed.Keys, code => Assert.True(browser.Shows($">{code}<"), code));
    }

    [Fact]
    public async Task A_caller_names_its_day_and_is_told_the_version()
    {
        Assert.Equal((HttpStatusCode.OK, "2026-11-29"), await VersionAsync(null));
        Assert.Equal((HttpStatusCode.OK, "2026-11-29"), await VersionAsync("2026-11-29"));
        Assert.Equal((HttpStatusCode.OK, "2026-11-29"), await VersionAsync("2031-01-01"));
        Assert.Equal((HttpStatusCode.BadRequest, null), await VersionAsync("2026-11-28"));
        Assert.Equal((HttpStatusCode.BadRequest, null), await VersionAsync("v1"));
        Assert.Equal((HttpStatusCode.BadRequest, null), await VersionAsync(""));

        LocalDate[] served = [new(2026, 11, 29), new(2027, 6, 1), new(2028, 1, 1)];
        Assert.Equal(served[0], ApiVersions.Of(null, served));
        Assert.Equal(served[0], ApiVersions.Of("2027-05-31", served));
        Assert.Equal(served[1], ApiVersions.Of("2027-06-01", served));
        Assert.Equal(served[2], ApiVersions.Of("2030-01-01", served));
        Assert.Null(ApiVersions.Of("2026-11-28", served));
    }

    private async Task<(HttpStatusCode, string?)> VersionAsync(string? asked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/errors");
        if (asked is not null)
        {
            request.Headers.TryAddWithoutValidation(ApiVersions.Header, asked);
        }
        using var answer = await _world.Http.SendAsync(request);
        if (answer.StatusCode == HttpStatusCode.BadRequest)
        {
            Assert.Contains("\"code\":\"version\"", await answer.Content.ReadAsStringAsync());
        }
        return (answer.StatusCode, answer.Headers.TryGetValues(ApiVersions.Header, out var values) ? values.Single() : null);
    }

    private static async Task<JsonElement> ReadAsync(Task<string> text)
    {
        using var json = JsonDocument.Parse(await text);
        return json.RootElement.Clone();
    }

    private static async Task<string> RunAsync(string folder, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program}: {await errors}");
        return output;
    }

    [GeneratedRegex("href=\"(?<to>[^\"#]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"Problems\.Of\((?:http|context), StatusCodes\.Status(?<status>\d+)\w+, ""(?<code>\w+)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Made();
}
