using System.Net;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Files;
using Muqeem.Platform.Texts;
using Muqeem.Tests;

namespace Muqeem.Portal;

/// <summary>
/// Bad input at the pages, in both languages: the sentence stands at the field, and what was typed is still there. All of it, and where its test is:
/// <code>
/// wrong check digits ................................ What_is_mistyped… (here); kernel: IdentifiersTests, MrzTests
/// a citizen's number where a resident's is needed ... What_is_mistyped… (here)
/// a 30 February, an impossible Hijri date ........... What_is_mistyped… (here); kernel: CalendarTests
/// an MRZ whose lines disagree with the typed fields . What_is_mistyped… (here)
/// a 40 MB picture ................................... A_picture_of_forty… (here); UploadsTests counts the bytes that are read of it
/// a PDF called .jpg, a decompression bomb ........... A_file_that_is_no_picture… (here); FileReadingTests, MediaChildTests for the work it may cost
/// names in a third script ........................... A_name_in_a_third_script… (here)
/// a sign-in that ended mid-form ..................... A_sign_in_that_ended… (here); PortalTests.A_form_sent_after…, What_was_kept…
/// Back and double click ............................. Pressed_twice_at_once…, Back_after_sending… (here); PortalTests.Pressed_twice…; CaseEngineTests.Sent_twice…
/// two tabs .......................................... Of_two_tabs… (here)
/// a code typed wrong five times ..................... A_code_typed_wrong… (here); OneTimeCodesTests
/// a payment webhook forged, repeated, early ......... MoneyJourneyTests
/// a payment webhook for another bill ................ PaymentHookTests
/// an operation id used again with another body ...... BadInputAtApiTests
/// JSON too deep or too long ......................... BadInputAtApiTests
/// </code>
/// </summary>
public abstract class BadInputTests(SharedWorld shared)
{
    private readonly WholeWorld _world = shared.World;

    private static readonly string[] Languages = ["ar", "en"];

    private Language In(string language) => _world.Get<TextCatalogue>().In(language);

    /// <summary>The page was drawn again with a sentence at a field, in its language and with every word.</summary>
    private void Refused(Browser browser, string language, string field, Refusal refusal)
    {
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        Assert.Contains($"<html lang=\"{language}\"", browser.Html);
        Assert.Contains($"href=\"#f-{field}", browser.Html);
        var sentence = In(language).Refusal(refusal);
        Assert.True(browser.Shows(sentence), $"{refusal.Code}: '{sentence}' is not on the page:\n{browser.Html}");
        Assert.DoesNotContain("⟦", browser.Html);
    }

    private static Refusal RefusalOf<T>(Result<T> result) where T : notnull => result.TryGet(out var value, out var refusal) ? throw new InvalidOperationException($"{value} is right.") : refusal;

    [Fact]
    public async Task What_is_mistyped_when_an_account_is_opened_is_told_at_its_field_and_stays()
    {
        var today = _world.Clock.Today();
        const string Lines = "P<BGDRAHMAN<<MOHAMMAD<ABDUR<<<<<<<<<<<<<<<<<\nA012345678BGD9001011M3106305<<<<<<<<<<<<<<06";
        (string, string)[] good = [("number", "2000000006"), ("birth.day", "1"), ("birth.month", "1"), ("birth.year", "1990"), ("birth.calendar", "gregorian"), ("passport", Lines)];
        (string Field, (string Name, string Value)[] Typed, Refusal Refusal)[] bad =
        [
            ("number", [("number", "2123456785")], RefusalOf(ResidentNumber.Parse("2123456785"))),
            ("number", [("number", "٢١٢٣٤٥٦٧٨٥")], RefusalOf(ResidentNumber.Parse("2123456785"))),
            ("number", [("number", "1000000008")], RefusalOf(ResidentNumber.Parse("1000000008"))),
            ("birth", [("birth.day", "30"), ("birth.month", "2")], RefusalOf(BirthDate.Parse("30", "2", "1990", CalendarKind.Gregorian, today))),
            ("birth", [("birth.day", "30"), ("birth.year", "1415"), ("birth.calendar", "hijri")], RefusalOf(BirthDate.Parse("30", "1", "1415", CalendarKind.Hijri, today))),
            ("birth", [("birth.year", "1991")], new Refusal("registration.birth_contradicts")),
            ("passport", [("passport", Lines.Replace("9001011", "9001012"))], RefusalOf(Mrz.Parse(Lines.Replace("9001011", "9001012"), today))),
        ];
        foreach (var language in Languages)
        {
            foreach (var (field, typed, refusal) in bad)
            {
                using var browser = new Browser(_world, language);
                await browser.OpenAsync("register/details?have=resident");
                await browser.PressAsync(null, [.. good.Where(g => typed.All(t => t.Name != g.Item1)), .. typed]);
                Refused(browser, language, field, refusal);
                foreach (var (name, value) in typed.Where(t => t.Name != "birth.calendar"))
                {
                    Assert.Equal(value, browser.Value(name));
                }
                Assert.Equal(typed.Any(t => t.Name == "passport") ? typed[0].Value : Lines, browser.Value("passport"));
            }
        }
    }

    /// <summary>A signed-in person with a started application.</summary>
    private async Task<(Browser Browser, string Application)> StartedAsync(int index)
    {
        var browser = new Browser(_world);
        await browser.OpenAccountAsync(_world, await _world.InHandAsync(index));
        await browser.OpenAsync("services/issue");
        await browser.PressAsync("start=yes", ("months", "12"));
        Assert.EndsWith("/tasks", browser.Path);
        return (browser, browser.Path.Replace("/tasks", ""));
    }

    [Fact]
    public async Task A_name_in_a_third_script_is_refused_with_what_to_do_and_stays_as_typed()
    {
        var (browser, application) = await StartedAsync(2);
        using var _ = browser;
        foreach (var language in Languages)
        {
            foreach (var name in (string[])["Рафик Ислам", "মোহাম্মদ", "محمد Rafiq"])
            {
                await browser.OpenAsync(application.Replace("/ar/", $"/{language}/") + "/page/name");
                await browser.PressAsync(null, ("nameArabic", name));
                Refused(browser, language, "nameArabic", RefusalOf(ArabicName.Parse(name)));
                Assert.Equal(name, browser.Value("nameArabic"));
            }
        }
    }

    [Fact]
    public async Task A_file_that_is_no_picture_or_unfolds_into_too_much_is_refused_at_its_field_and_the_rest_is_kept()
    {
        var (browser, application) = await StartedAsync(13);
        using var _ = browser;
        var hand = await _world.InHandAsync(13);
        var bomb = FilesForTest.PngOfZeros(20_000, 20_000, whole: false);
        // Its header is enough: nothing of it is unfolded, whatever its size would be.
        Assert.True(bomb.Length < 10_000);
        (byte[] Bytes, Refusal Refusal)[] bad =
        [
            (FilesForTest.Pdf(), RefusalOf(FileReading.ShapeOf(FilesForTest.Pdf(), UploadRule.Picture))),
            (bomb, RefusalOf(FileReading.ShapeOf(bomb, UploadRule.Picture))),
            (FilesForTest.Zip(), RefusalOf(FileReading.ShapeOf(FilesForTest.Zip(), UploadRule.Picture))),
        ];
        Assert.Equal([UploadRefusals.PictureNeeded, UploadRefusals.TooManyPixels, UploadRefusals.Type], bad.Select(b => b.Refusal.Code));
        foreach (var language in Languages)
        {
            foreach (var (bytes, refusal) in bad)
            {
                await browser.OpenAsync(application.Replace("/ar/", $"/{language}/") + "/page/passport");
                await browser.UploadAsync([("passportPage", "passport.jpg", bytes, "image/jpeg")], ("mrz", hand.Mrz));
                Refused(browser, language, "passportPage", refusal);
                Assert.Equal(hand.Mrz, browser.Value("mrz")!.ReplaceLineEndings("\n"));
            }
        }
        // What was typed beside the refused file was saved.
        await browser.OpenAsync(application + "/page/passport");
        Assert.Equal(hand.Mrz, browser.Value("mrz")!.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task A_picture_of_forty_megabytes_gets_a_page_that_says_so_and_nothing_is_lost()
    {
        var (browser, application) = await StartedAsync(14);
        using var _ = browser;
        var hand = await _world.InHandAsync(14);
        await browser.OpenAsync(application + "/page/name");
        await browser.PressAsync(null, ("nameArabic", hand.NameArabic!));
        var large = new byte[40 * 1024 * 1024];
        FilesForTest.Jpeg().CopyTo(large, 0);
        foreach (var language in Languages)
        {
            await browser.OpenAsync(application.Replace("/ar/", $"/{language}/") + "/page/photo");
            await browser.UploadAsync([("photo", "photo.jpg", large, "image/jpeg")]);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, browser.Status);
            Assert.Contains($"<html lang=\"{language}\"", browser.Html);
            Assert.True(browser.Shows(In(language).Text("sys.error.page.413.title")), browser.Html);
            Assert.True(browser.Shows(In(language).Text("sys.error.page.413.body")), browser.Html);
        }
        await browser.OpenAsync(application + "/page/name");
        Assert.Equal(hand.NameArabic, browser.Value("nameArabic"));
    }

    [Fact]
    public async Task A_sign_in_that_ended_mid_form_gives_back_what_was_typed()
    {
        var (browser, application) = await StartedAsync(38);
        using var _ = browser;
        var hand = await _world.InHandAsync(38);
        foreach (var language in Languages)
        {
            var page = application.Replace("/ar/", $"/{language}/") + "/page/address";
            await browser.OpenAsync(page);
            browser.ForgetSession();
            await browser.PressAsync(null, ("shortAddress", $"RRRD29 {language}"));
            Assert.StartsWith($"/{language}/sign-in", browser.Path);
            await browser.SignInAsync(_world, hand);
            Assert.Equal(page, browser.Path);
            Assert.Equal($"RRRD29 {language}", browser.Value("shortAddress"));
        }
    }

    [Fact]
    public async Task A_code_typed_wrong_five_times_is_void_and_the_right_one_too()
    {
        foreach (var (language, index) in Languages.Zip((int[])[23, 25]))
        {
            using var browser = new Browser(_world, language);
            var hand = await _world.InHandAsync(index);
            await browser.OpenAsync("register/details?have=border");
            await browser.PressAsync(null, Journeys.Details(hand));
            var right = await _world.CodeForAsync(hand.Mobile);
            for (var attempt = 1; attempt <= 5; attempt++)
            {
                await browser.PressAsync("act=code", ("code", right == "000000" ? "111111" : "000000"));
                Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
                Assert.Contains($"<html lang=\"{language}\"", browser.Html);
                Assert.Contains("href=\"#f-code", browser.Html);
                Assert.DoesNotContain("⟦", browser.Html);
            }
            Assert.True(browser.Shows(In(language).Refusal(new Refusal("code.voided"))), browser.Html);
            await browser.PressAsync("act=code", ("code", right));
            Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
            Assert.EndsWith("/register/step", browser.Path);
        }
    }

    [Fact]
    public async Task Pressed_twice_at_once_it_is_done_once()
    {
        using var browser = new Browser(_world);
        var hand = await browser.OpenAccountAsync(_world, await _world.InHandAsync(22));
        await browser.OpenAsync("services/issue");
        var (action, fields) = browser.Drawn();
        var both = await browser.PostAtOnceAsync(action, [.. fields, KeyValuePair.Create("start", "yes")], 2);
        Assert.All(both, status => Assert.True((int)status < 500, status.ToString()));
        var person = (await _world.Get<Registry.Persons>().FindAsync(Registry.IdentifierKinds.Border, hand.BorderNumber))!.Value;
        Assert.Single(await _world.Views.ListAsync(person));
    }

    /// <summary>Fills in everything and comes to the answers.</summary>
    private async Task<(Browser Browser, string Application, CaseId Case)> CompleteAsync(int index)
    {
        var (browser, application) = await StartedAsync(index);
        var hand = await _world.InHandAsync(index);
        var id = new CaseId(Guid.Parse(application.Split('/')[^1]));
        var account = new AccountId(await _world.Get<Db>().SingleAsync<Guid>("SELECT account_id FROM case_head WHERE id = @id", new { id = id.Value }));
        var person = new PersonId(await _world.Get<Db>().SingleAsync<Guid>("SELECT person_id FROM case_head WHERE id = @id", new { id = id.Value }));
        var answers = new Dictionary<string, string>
        {
            ["passportPage"] = await _world.SendFileAsync(person, "passport_page"),
            ["photo"] = await _world.SendFileAsync(person, "face_photo"),
            ["mrz"] = hand.Mrz,
            ["nameArabic"] = hand.NameArabic!,
            ["occupation"] = hand.Occupation,
            ["employerNumber"] = hand.EmployerNumber!,
            ["shortAddress"] = hand.ShortAddress!,
            ["months"] = "12",
        };
        foreach (var page in Services.Catalogue.All.Single(s => s.Key == "issue").Form.Pages.Where(p => p.Id != "statement"))
        {
            Assert.IsType<CaseOutcome.Done>(await Residents.InRequest(() => _world.Engine.SaveAsync(Residents.By(account), account, id, page.Id, answers)));
        }
        await browser.OpenAsync(application + "/answers");
        return (browser, application, id);
    }

    [Fact]
    public async Task Back_after_sending_and_sent_again_shows_how_it_stands_and_sends_nothing_twice()
    {
        var (browser, application, id) = await CompleteAsync(0);
        using var _ = browser;
        await browser.PressAsync(null, ("truth", "yes"));
        Assert.Equal(application + "/sent", browser.Path);
        await browser.SendAgainAsync();
        Assert.Equal(HttpStatusCode.OK, browser.Status);
        Assert.StartsWith(application, browser.Path);

        // The page before, opened again, leads to how it stands.
        await browser.OpenAsync(application + "/answers");
        Assert.Equal(application, browser.Path);
        Assert.Equal(1, await _world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM case_event WHERE case_id = @id AND act = 'submit'", new { id = id.Value }));
    }

    [Fact]
    public async Task Of_two_tabs_the_older_one_is_told_how_it_stands()
    {
        var (browser, application, id) = await CompleteAsync(1);
        using var _ = browser;
        var answers = browser.Drawn();
        await browser.OpenAsync(application + "/page/work");
        var question = browser.Drawn();

        // The newer tab withdraws.
        await browser.OpenAsync(application + "/withdraw");
        await browser.PressAsync();
        Assert.Equal(application, browser.Path);

        foreach (var (action, fields) in new[] { answers, question })
        {
            foreach (var language in Languages)
            {
                var sent = fields.Where(f => f.Key is not ("truth" or "operation")).Append(KeyValuePair.Create("truth", "yes")).Append(KeyValuePair.Create("operation", Guid.CreateVersion7().ToString()));
                await browser.PostAsync(action.Replace("/ar/", $"/{language}/"), sent);
                Assert.Equal(HttpStatusCode.Conflict, browser.Status);
                Assert.Contains($"<html lang=\"{language}\"", browser.Html);
                Assert.Contains($"/{language}/applications/{id}", browser.Html);
                Assert.DoesNotContain("⟦", browser.Html);
            }
        }
        Assert.Equal(CaseStates.Withdrawn, await _world.Get<Db>().SingleAsync<string>("SELECT state FROM case_head WHERE id = @id", new { id = id.Value }));
    }
}

public sealed class BadInputOnSqliteTests(SqliteWorld shared) : BadInputTests(shared), IClassFixture<SqliteWorld>;

public sealed class BadInputOnPostgreSqlTests(PostgreSqlWorld shared) : BadInputTests(shared), IClassFixture<PostgreSqlWorld>;
