using System.Net;
using System.Text.RegularExpressions;
using Muqeem.Tests;

namespace Muqeem.Portal;

/// <summary>The pages as a browser without script meets them, over HTTP.</summary>
public abstract partial class PortalTests(SharedWorld shared)
{
    private readonly WholeWorld _world = shared.World;

    [Theory]
    [InlineData("ar", "rtl")]
    [InlineData("en", "ltr")]
    public async Task Everybody_may_read_the_public_pages_in_both_languages_and_no_word_is_missing(string language, string direction)
    {
        using var browser = new Browser(_world, language);
        foreach (var path in new[] { "", "prices", "help", "accessibility", "privacy", "verify", "sign-in", "register", "register/details?have=resident", "register/details?have=border", "register/details?have=visa", "recover", "recover/done", "stop" })
        {
            await browser.OpenAsync(path);
            Assert.True(browser.Status == HttpStatusCode.OK, $"{path}: {browser.Status}");
            Assert.Contains($"<html lang=\"{language}\" dir=\"{direction}\">", browser.Html);
            Whole(browser);
        }
    }

    [Fact]
    public async Task A_page_of_the_account_leads_to_sign_in_and_back()
    {
        using var browser = new Browser(_world);
        await browser.OpenAsync("inbox");
        Assert.Equal("/ar/sign-in?returnTo=%2Far%2Finbox", browser.Path);
        using var open = new Browser(_world);
        var hand = await open.OpenAccountAsync(_world);
        await browser.SignInAsync(_world, hand);
        Assert.Equal("/ar/inbox", browser.Path);
    }

    [Fact]
    public async Task A_number_that_nobody_has_and_a_number_of_somebody_else_get_the_same_page()
    {
        var (first, second) = (await _world.InHandAsync(1), await _world.InHandAsync(2));
        var answers = new List<string>();
        // The real number with another's birth date and passport, and a well-formed number that does not exist.
        foreach (var hand in new[] { second with { BorderNumber = first.BorderNumber }, second with { BorderNumber = "3999999992" } })
        {
            using var browser = new Browser(_world);
            await browser.OpenAsync("register/details?have=border");
            await browser.PressAsync(null, Journeys.Details(hand));
            answers.Add(Varying().Replace(browser.Html, ""));
        }
        Assert.Equal(answers[0], answers[1]);
        // No mobile number, whole or masked. (The address of a style sheet may have any two digits in it.)
        Assert.DoesNotMatch(MobileNumber(), answers[0]);
    }

    [Fact]
    public async Task What_was_typed_stays_when_it_is_wrong_and_the_error_says_what_to_do()
    {
        using var browser = new Browser(_world, "en");
        await browser.OpenAccountAsync(_world);
        await StartAsync(browser);
        await browser.OpenAsync(browser.Path.Replace("tasks", "page/work"));
        await browser.PressAsync(null, ("employerNumber", "12 34"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        Assert.Equal("12 34", browser.Value("employerNumber"));
        Assert.Contains("href=\"#f-employerNumber\"", browser.Html);
        // The draft has it too: another phone shows the same.
        await browser.OpenAsync(browser.Path);
        Assert.Equal("12 34", browser.Value("employerNumber"));
    }

    [Fact]
    public async Task A_form_that_is_put_right_after_an_error_is_saved()
    {
        using var browser = new Browser(_world);
        var hand = await browser.OpenAccountAsync(_world);
        await StartAsync(browser);
        await browser.OpenAsync(browser.Path.Replace("tasks", "page/work"));
        await browser.PressAsync(null, ("employerNumber", "1"), ("occupation", hand.Occupation));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        await browser.PressAsync(null, ("employerNumber", hand.EmployerNumber!), ("occupation", hand.Occupation));
        Assert.Equal(HttpStatusCode.OK, browser.Status);
        Assert.DoesNotContain("page/work", browser.Path);
    }

    [Fact]
    public async Task Pressed_twice_an_application_is_started_once()
    {
        using var browser = new Browser(_world);
        var hand = await browser.OpenAccountAsync(_world);
        await StartAsync(browser);
        var first = browser.Path;
        await browser.SendAgainAsync();
        Assert.Equal(first, browser.Path);
        var person = await _world.Get<Registry.Persons>().FindAsync(Registry.IdentifierKinds.Border, hand.BorderNumber);
        Assert.Single(await _world.Views.ListAsync(person!.Value));
    }

    [Fact]
    public async Task A_second_application_while_one_is_open_is_answered_with_how_it_is_now()
    {
        using var browser = new Browser(_world);
        await browser.OpenAccountAsync(_world);
        await browser.OpenAsync("services/issue");
        var drawn = browser.Drawn();
        await browser.PressAsync("start=yes");
        await browser.OpenAsync("services/issue");
        // The button is gone; a page that was drawn before still has it.
        Assert.DoesNotContain("name=\"start\"", browser.Html);
        await browser.PostAsync(drawn.Action, drawn.Fields.Where(f => f.Key != "operation").Append(KeyValuePair.Create("start", "yes")).Append(KeyValuePair.Create("operation", Guid.CreateVersion7().ToString())));
        Assert.Equal(HttpStatusCode.Conflict, browser.Status);
        Whole(browser);
    }

    [Fact]
    public async Task Somebody_elses_application_is_not_there()
    {
        using var owner = new Browser(_world);
        await owner.OpenAccountAsync(_world);
        await StartAsync(owner);
        using var other = new Browser(_world);
        await other.OpenAccountAsync(_world);
        foreach (var path in new[] { owner.Path, owner.Path.Replace("/tasks", ""), owner.Path.Replace("tasks", "answers"), owner.Path.Replace("tasks", "page/work"), owner.Path.Replace("tasks", "pay"), owner.Path.Replace("tasks", "withdraw"), owner.Path.Replace("tasks", "sent"), owner.Path.Replace("tasks", "picture/photo") })
        {
            await other.OpenAsync(path);
            Assert.True(other.Status == HttpStatusCode.NotFound, $"{path}: {other.Status}");
        }
    }

    [Fact]
    public async Task A_form_sent_after_the_sign_in_ended_is_filled_in_again_after_signing_in()
    {
        using var browser = new Browser(_world);
        var hand = await browser.OpenAccountAsync(_world);
        await StartAsync(browser);
        var page = browser.Path.Replace("tasks", "page/name");
        await browser.OpenAsync(page);
        browser.ForgetSession();
        await browser.PressAsync(null, ("nameArabic", "محمد رفيق الإسلام"));
        Assert.Contains("/sign-in", browser.Path);
        await browser.SignInAsync(_world, hand);
        Assert.Equal(page, browser.Path);
        Assert.Equal("محمد رفيق الإسلام", browser.Value("nameArabic"));
        // Filled in, not saved: that is the reader's own press.
        await browser.OpenAsync(page);
        Assert.NotEqual("محمد رفيق الإسلام", browser.Value("nameArabic"));
    }

    [Fact]
    public async Task What_was_kept_is_not_shown_to_whoever_signs_in_next_on_the_same_phone()
    {
        using var browser = new Browser(_world);
        await browser.OpenAccountAsync(_world);
        await StartAsync(browser);
        await browser.OpenAsync(browser.Path.Replace("tasks", "page/name"));
        browser.ForgetSession();
        await browser.PressAsync(null, ("nameArabic", "محمد رفيق الإسلام"));
        using var elsewhere = new Browser(_world);
        var other = await elsewhere.OpenAccountAsync(_world);
        await browser.SignInAsync(_world, other);
        Assert.Equal(HttpStatusCode.NotFound, browser.Status);
        Assert.False(browser.Shows("محمد رفيق الإسلام"));
    }

    [Fact]
    public async Task Pages_of_an_account_are_stored_nowhere_and_every_word_of_them_is_there()
    {
        using var browser = new Browser(_world, "en");
        await browser.OpenAccountAsync(_world);
        await StartAsync(browser);
        var application = browser.Path.Replace("/tasks", "");
        var pages = new List<string> { "home", "id", "id/hidden", "id/code", "id/card", "inbox", "accesses", "applications", "travel", "services/issue", "services/renew", "services/exit-reentry", "me", "me/mobile", "me/abroad", "me/email",
            "me/address", "me/password", "me/authenticator", "me/recovery-codes", "me/sessions", "me/close", "me/money", "step-up", application + "/tasks", application + "/answers", application + "/withdraw" };
        pages.AddRange(Services.Catalogue.All.Single(s => s.Key == "issue").Form.Pages.Select(p => $"{application}/page/{p.Id}"));
        foreach (var path in pages)
        {
            await browser.OpenAsync(path);
            Assert.True(browser.Status == HttpStatusCode.OK, $"{path}: {browser.Status}");
            Assert.Equal("no-store", browser.CacheControl);
            Whole(browser);
        }
    }

    [Fact]
    public async Task Changing_the_language_in_a_form_keeps_what_was_typed()
    {
        using var browser = new Browser(_world);
        await browser.OpenAccountAsync(_world);
        await StartAsync(browser);
        await browser.OpenAsync(browser.Path.Replace("tasks", "page/work"));
        var (action, fields) = browser.Drawn();
        await browser.PostAsync(action.Replace("/ar/", "/en/"), fields.Where(f => f.Key != "employerNumber").Append(KeyValuePair.Create("employerNumber", "700")).Append(KeyValuePair.Create("redraw", "1")));
        Assert.Equal(HttpStatusCode.OK, browser.Status);
        Assert.Contains("lang=\"en\"", browser.Html);
        Assert.Equal("700", browser.Value("employerNumber"));
    }

    [Fact]
    public async Task A_withdrawn_application_is_closed_and_another_can_be_started()
    {
        using var browser = new Browser(_world);
        await browser.OpenAccountAsync(_world);
        await StartAsync(browser);
        var application = browser.Path.Replace("/tasks", "");
        await browser.OpenAsync(application + "/withdraw");
        await browser.PressAsync();
        Assert.Equal(application, browser.Path);
        Assert.True(browser.Shows("سُحب"), browser.Html);
        await StartAsync(browser);
        Assert.NotEqual(application + "/tasks", browser.Path);
    }

    [Fact]
    public async Task A_code_that_is_none_of_ours_is_not_valid_and_says_so()
    {
        using var browser = new Browser(_world, "en");
        await browser.OpenAsync("verify");
        await browser.PressAsync(null, ("shown", "7K3M-Q2XD"));
        Assert.Equal("Not valid", browser.Heading);
        await browser.OpenAsync("/v/" + new string('A', 157));
        Assert.Equal("Not valid", browser.Heading);
        Assert.StartsWith("/ar/v/", browser.Path.Replace("/en/", "/ar/"));
        await browser.OpenAsync("verify");
        await browser.PressAsync(null, ("shown", " "));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
    }

    [Fact]
    public async Task After_too_many_wrong_codes_the_answer_is_that_nothing_can_be_said()
    {
        using var browser = new Browser(_world, "en");
        for (var i = 0; i < 6; i++)
        {
            await browser.OpenAsync("verify");
            await browser.PressAsync(null, ("shown", $"7K3M-Q2X{i}"));
        }
        Assert.Equal("Cannot say", browser.Heading);
    }

    [Fact]
    public async Task Signed_out_nothing_of_the_account_can_be_opened()
    {
        using var browser = new Browser(_world);
        await browser.OpenAccountAsync(_world);
        Assert.Contains("action=\"/ar/sign-out\"", browser.Html);
        await browser.PostAsync("/ar/sign-out", [KeyValuePair.Create("token", browser.Value("token")!)]);
        await browser.OpenAsync("me");
        Assert.Contains("/sign-in", browser.Path);
    }

    [Fact]
    public async Task A_post_without_our_token_does_nothing()
    {
        using var browser = new Browser(_world);
        var hand = await browser.OpenAccountAsync(_world);
        await browser.PostAsync("/ar/services/issue", [KeyValuePair.Create("start", "yes")]);
        Assert.Equal(HttpStatusCode.BadRequest, browser.Status);
        var person = await _world.Get<Registry.Persons>().FindAsync(Registry.IdentifierKinds.Border, hand.BorderNumber);
        Assert.Empty(await _world.Views.ListAsync(person!.Value));
    }

    [Fact]
    public async Task The_holder_changes_the_mobile_by_codes_from_both_numbers()
    {
        using var browser = new Browser(_world, "en");
        var hand = await browser.OpenAccountAsync(_world);
        const string Next = "+966599000111";
        var before = await _world.CodesForAsync(hand.Mobile);
        await browser.OpenAsync("me/mobile");
        await browser.PressAsync(null, ("mobile", "0599000111"));
        Assert.EndsWith("/me/change", browser.Path);
        await browser.PressAsync("act=confirm", ("newCode", await _world.CodeForAsync(Next)), ("oldCode", await _world.CodeForAsync(hand.Mobile, before)));
        Assert.EndsWith("/me", browser.Path);
        Assert.True(browser.Shows(Next));
    }

    private static async Task StartAsync(Browser browser)
    {
        await browser.OpenAsync("services/issue");
        await browser.PressAsync("start=yes", ("months", "12"));
        Assert.EndsWith("/tasks", browser.Path);
    }

    /// <summary>No text is missing, no script but a named file of ours that may fail to come, and the page has one first heading.</summary>
    private static void Whole(Browser browser)
    {
        Assert.DoesNotContain("⟦", browser.Html);
        Assert.DoesNotContain("<script", Island().Replace(browser.Html, ""));
        Assert.True(FirstHeading().Count(browser.Html) == 1, $"{browser.Path} has {FirstHeading().Count(browser.Html)} first headings.");
    }

    [GeneratedRegex("<script src=\"/assets/[a-z]+\\.[0-9a-f]+\\.js\" defer></script>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Island();

    [GeneratedRegex("<h1[ >]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FirstHeading();

    // Tokens, operation ids, times and the padding differ from page to page.
    [GeneratedRegex("value=\"[^\"]{30,}\"|\\d\\d:\\d\\d(:\\d\\d)?|<!--[0-9A-F]+-->", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Varying();

    [GeneratedRegex(@"(?<![0-9A-Za-z])(05|9665)\d|\*\*\d\d", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MobileNumber();
}

public sealed class PortalOnSqliteTests(SqliteWorld world) : PortalTests(world), IClassFixture<SqliteWorld>;

public sealed class PortalOnPostgreSqlTests(PostgreSqlWorld world) : PortalTests(world), IClassFixture<PostgreSqlWorld>;
