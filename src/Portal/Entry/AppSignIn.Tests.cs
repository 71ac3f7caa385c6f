using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Muqeem.Agencies;
using Muqeem.Host.Api;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Texts;
using Muqeem.Registry;
using Muqeem.SignIn;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Portal.Entry;

/// <summary>Signing in with the national app, as browsers without script and phones at the stand-in's desk meet it.</summary>
public abstract partial class AppSignInTests(SharedWorld shared)
{
    /// <summary>Well formed, and nobody's.</summary>
    private const string Nobody = "2999999994";

    private readonly WholeWorld _world = shared.World;

    [Theory]
    [InlineData("ar")]
    [InlineData("en")]
    public async Task A_resident_signs_in_by_picking_the_number_on_the_phone(string language)
    {
        var hand = await WithAccountAsync();
        using var browser = new Browser(_world, language);
        await browser.OpenAsync("inbox");
        var returnTo = Uri.EscapeDataString($"/{language}/inbox");
        Assert.Contains($"href=\"/{language}/sign-in/app?returnTo={returnTo}\"", browser.Html);
        await browser.OpenAsync($"sign-in/app?returnTo={returnTo}");
        // In the digits of the reader's own keyboard.
        await browser.PressAsync(null, ("number", string.Concat(hand.ResidentNumber!.Select(d => (char)('٠' + d - '0')))));
        Assert.Equal($"/{language}/sign-in/app/wait?returnTo={returnTo}", browser.Path);
        Assert.Matches("<meta http-equiv=\"refresh\" content=\"5\" ?/?>", browser.Html);
        Assert.DoesNotContain("<script", browser.Html);
        Assert.DoesNotContain("⟦", browser.Html);
        Assert.Equal("no-store", browser.CacheControl);
        var asked = await AskedAsync(hand.ResidentNumber!);
        Assert.Equal(("WAITING", "muqeem", 3), (asked.State, asked.Consumer, asked.Choices.Count));
        Assert.Contains(NumberOn(browser), asked.Choices);
        await browser.OpenAsync(browser.Path);
        Assert.Contains("/sign-in/app/wait", browser.Path);

        await PickAsync(asked, NumberOn(browser));
        await browser.OpenAsync(browser.Path);
        Assert.Equal($"/{language}/inbox", browser.Path);
        await browser.OpenAsync("me/sessions");
        Assert.True(browser.Shows(Words(language).Text("session.way.federated")), browser.Html);
        Assert.Equal(["federated"], await WaysAsync(hand));
        await WholeWorld.UntilAsync(async () => (await TextsAtAsync(hand.Mobile)).FirstOrDefault(t => t == Words("ar").Bare("sms.new_device_app")), "the holder is told of the new device");
    }

    [Fact]
    public async Task It_counts_as_both_factors_and_the_device_is_known_from_then_on()
    {
        var hand = await WithAccountAsync();
        using var browser = new Browser(_world, "en");
        await SignInAsync(browser, hand);
        // No password is asked for before what matters, for as long as after the other way.
        await browser.OpenAsync("me/authenticator");
        await browser.PressAsync("act=start");
        Assert.Equal((HttpStatusCode.OK, "/en/me/authenticator"), (browser.Status, browser.Path));
        Assert.Contains("otpauth:", browser.Html);
        await WholeWorld.UntilAsync(async () => (await TextsAtAsync(hand.Mobile)).FirstOrDefault(t => t == Words("ar").Bare("sms.new_device_app")), "the holder is told of the new device");
        await _world.MoveClockAsync(Duration.FromMinutes(6));
        await browser.OpenAsync("me/authenticator");
        await browser.PressAsync("act=start");
        Assert.StartsWith("/en/step-up", browser.Path);

        var devices = await DevicesAsync(hand);
        browser.ForgetSession();
        await SignInAsync(browser, hand);
        Assert.Equal(["federated", "federated"], await WaysAsync(hand));
        Assert.Equal(devices, await DevicesAsync(hand));
        using var other = new Browser(_world, "en");
        await SignInAsync(other, hand);
        Assert.Equal(devices + 1, await DevicesAsync(hand));
    }

    [Fact]
    public async Task On_a_shared_phone_nothing_is_remembered()
    {
        var hand = await WithAccountAsync();
        var devices = await DevicesAsync(hand);
        using var browser = new Browser(_world, "en");
        await browser.OpenAsync("sign-in/app");
        await browser.PressAsync(null, ("number", hand.ResidentNumber!), ("shared", "yes"));
        await PickAsync(await AskedAsync(hand.ResidentNumber!), NumberOn(browser));
        await browser.OpenAsync(browser.Path);
        Assert.Equal("/en/home", browser.Path);
        Assert.Equal(devices, await DevicesAsync(hand));
    }

    [Fact]
    public async Task Nobody_can_tell_who_has_an_account_or_the_app_or_what_was_done_on_the_phone()
    {
        var (holder, refuser, mistaken, stranger, stopped) = (await WithAccountAsync(), await WithAccountAsync(), await WithAccountAsync(), await ResidentAsync(), await WithAccountAsync(stop: true));
        // What is done on the phone: nothing, refused, a wrong number, the right number without an account, and with one that was stopped; and a number that nobody has.
        (string Number, Func<Phone, int, int?>? Does)[] all =
        [
            (holder.ResidentNumber!, null), (refuser.ResidentNumber!, (_, _) => null), (mistaken.ResidentNumber!, (phone, shown) => phone.Choices.First(c => c != shown)), (stranger.ResidentNumber!, (_, shown) => shown),
            (stopped.ResidentNumber!, (_, shown) => shown), (Nobody, null),
        ];
        var (began, during, after) = (new List<string>(), new List<string>(), new List<string>());
        var browsers = new List<Browser>();
        try
        {
            foreach (var (number, does) in all)
            {
                var browser = new Browser(_world, "en");
                browsers.Add(browser);
                await BeginAsync(browser, number);
                began.Add(Same(browser));
                if (does is not null)
                {
                    var phone = await AskedAsync(number);
                    await PickAsync(phone, does(phone, NumberOn(browser)));
                }
                await browser.OpenAsync(browser.Path);
                during.Add(Same(browser));
            }
            Assert.Equal(("COMPLETED", "COMPLETED"), ((await AskedAsync(stranger.ResidentNumber!)).State, (await AskedAsync(stopped.ResidentNumber!)).State));
            Assert.Equal(("REJECTED", "REJECTED"), ((await AskedAsync(refuser.ResidentNumber!)).State, (await AskedAsync(mistaken.ResidentNumber!)).State));
            await _world.MoveClockAsync(Duration.FromSeconds(125));
            foreach (var browser in browsers)
            {
                await browser.OpenAsync(browser.Path);
                after.Add(Same(browser));
            }
        }
        finally
        {
            browsers.ForEach(b => b.Dispose());
        }
        Assert.Single(began.Distinct(StringComparer.Ordinal));
        Assert.StartsWith("200 /en/sign-in/app/wait ", began[0]);
        Assert.Single(during.Distinct(StringComparer.Ordinal));
        Assert.StartsWith("200 /en/sign-in/app/wait ", during[0]);
        Assert.Single(after.Distinct(StringComparer.Ordinal));
        Assert.StartsWith("200 /en/sign-in/app?over=true ", after[0]);
        Assert.Contains(Words("en").Text("refusal." + FederatedSignIns.EndedCode), WebUtility.HtmlDecode(after[0]));
        foreach (var hand in new[] { holder, refuser, mistaken, stopped })
        {
            Assert.DoesNotContain("federated", await WaysAsync(hand));
        }
    }

    [Fact]
    public async Task Another_browser_that_opens_the_address_gets_nothing()
    {
        var hand = await WithAccountAsync();
        using var browser = new Browser(_world);
        await BeginAsync(browser, hand.ResidentNumber!);
        await PickAsync(await AskedAsync(hand.ResidentNumber!), NumberOn(browser));
        using var other = new Browser(_world);
        await other.OpenAsync(browser.Path);
        Assert.Equal("/ar/sign-in/app?over=true", other.Path);
        other.Take("muqeem-app", new string('A', 43));
        await other.OpenAsync(browser.Path);
        Assert.Equal("/ar/sign-in/app?over=true", other.Path);
        Assert.DoesNotContain("federated", await WaysAsync(hand));
        await browser.OpenAsync(browser.Path);
        Assert.Equal("/ar/home", browser.Path);
        await other.OpenAsync("/ar/sign-in/app/wait");
        await other.OpenAsync("home");
        Assert.Contains("/sign-in", other.Path);
    }

    [Fact]
    public async Task Asked_many_times_at_once_one_confirmation_opens_one_session()
    {
        var hand = await WithAccountAsync();
        using var program = new ApiCaller(_world);
        var asked = await program.PostAsync("sessions/app", new { number = hand.ResidentNumber });
        Assert.True(asked.Status == HttpStatusCode.Accepted, asked.Text);
        var challenge = asked["challenge"].GetString();
        var waiting = await program.PostAsync("sessions/app/state", new { challenge });
        Assert.Equal((HttpStatusCode.OK, "waiting", false), (waiting.Status, waiting["state"].GetString(), waiting["silent"].GetBoolean()));
        await PickAsync(await AskedAsync(hand.ResidentNumber!), asked["number"].GetInt32());
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => program.PostAsync("sessions/app/state", new { challenge })));
        var entered = Assert.Single(answers, a => a.Status == HttpStatusCode.Created);
        Assert.All(answers.Where(a => a != entered), a => Assert.Equal((HttpStatusCode.Unauthorized, "sign_in_failed", FederatedSignIns.EndedCode), (a.Status, a.Code, a.Refusals.Single())));
        Assert.Equal(["federated"], await WaysAsync(hand));
        program.Token = entered["token"].GetString();
        Assert.Equal("full", (await program.GetAsync("sessions/current"))["level"].GetString());
        using var later = new ApiCaller(_world);
        Assert.Equal(HttpStatusCode.Unauthorized, (await later.PostAsync("sessions/app/state", new { challenge })).Status);
    }

    [Fact]
    public async Task Nobodys_phone_is_flooded_whoever_begins_and_a_known_device_still_gets_in()
    {
        var hand = await WithAccountAsync();
        using var known = new Browser(_world);
        await SignInAsync(known, hand);
        known.ForgetSession();
        await AtTheBeginningOfAQuarterAsync();
        foreach (var number in new[] { hand.ResidentNumber!, Nobody })
        {
            for (var i = 0; i < 3; i++)
            {
                using var browser = new Browser(_world, "en");
                await BeginAsync(browser, number);
                Assert.Contains("/sign-in/app/wait", browser.Path);
            }
            using var fourth = new Browser(_world, "en");
            await BeginAsync(fourth, number);
            Assert.Equal((HttpStatusCode.TooManyRequests, "/en/sign-in/app"), (fourth.Status, fourth.Path));
            using var program = new ApiCaller(_world);
            var refused = await program.PostAsync("sessions/app", new { number });
            Assert.Equal((HttpStatusCode.TooManyRequests, SignIns.WaitCode), (refused.Status, refused.Refusals.Single()));
            Assert.NotEmpty(refused.Header("Retry-After"));
        }
        // One for the sign-in before, three for the strangers; and each ended the one before it.
        var requests = await PhonesAsync(hand.ResidentNumber!);
        Assert.Equal(["WAITING", "EXPIRED", "EXPIRED", "COMPLETED"], requests.Select(r => r.State));
        await SignInAsync(known, hand);
        await _world.MoveClockAsync(Duration.FromMinutes(31));
        using var later = new Browser(_world, "en");
        await BeginAsync(later, hand.ResidentNumber!);
        Assert.Contains("/sign-in/app/wait", later.Path);
    }

    [Fact]
    public async Task While_the_agency_is_down_the_page_says_so_and_the_other_way_stays()
    {
        var hand = await WithAccountAsync();
        using var waiting = new Browser(_world, "en");
        await BeginAsync(waiting, hand.ResidentNumber!);
        using var browser = new Browser(_world, "en");
        await _world.AtDeskAsync("knobs", ("agency", FederatedSignIn.Name), ("down", "true"));
        try
        {
            await browser.OpenAsync("sign-in/app");
            await browser.PressAsync(null, ("number", hand.ResidentNumber!));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, browser.Status);
            Assert.True(browser.Shows(Words("en").Text("refusal." + FederatedSignIns.SilentCode)), browser.Html);
            Assert.Equal(hand.ResidentNumber, browser.Value("number"));
            Assert.Contains("href=\"/en/sign-in\"", browser.Html);
            using var program = new ApiCaller(_world);
            var silent = await program.PostAsync("sessions/app", new { number = hand.ResidentNumber });
            Assert.Equal((HttpStatusCode.ServiceUnavailable, FederatedSignIns.SilentCode), (silent.Status, silent.Refusals.Single()));
            await waiting.OpenAsync(waiting.Path);
            Assert.Contains("/sign-in/app/wait", waiting.Path);
            Assert.True(waiting.Shows(Words("en").Text("portal.app.wait.silent")), waiting.Html);
            await browser.OpenAsync("sign-in");
            await browser.SignInAsync(_world, hand with { BorderNumber = hand.ResidentNumber! });
            Assert.Equal("/en/home", browser.Path);
        }
        finally
        {
            await _world.AtDeskAsync("knobs", ("agency", FederatedSignIn.Name), ("reset", "true"));
        }
        // What was begun before goes on when it is back: after a moment of rest, which concerns all who come after.
        await WholeWorld.UntilAsync(async () => await _world.Get<FederatedSignIn>().StandingAsync(Guid.CreateVersion7()) is AgencyAnswer<SignInRequestStanding>.Unavailable ? null : "", "the national sign-in answers again");
        await PickAsync(await AskedAsync(hand.ResidentNumber!), NumberOn(waiting));
        await waiting.OpenAsync(waiting.Path);
        Assert.Equal("/en/home", waiting.Path);
    }

    [Fact]
    public async Task A_restart_in_the_middle_changes_nothing()
    {
        var hand = await WithAccountAsync();
        using var browser = new Browser(_world);
        await BeginAsync(browser, hand.ResidentNumber!);
        var number = NumberOn(browser);
        await _world.RestartAsync();
        await browser.OpenAsync(browser.Path);
        Assert.Equal(number, NumberOn(browser));
        await PickAsync(await AskedAsync(hand.ResidentNumber!), number);
        await browser.OpenAsync(browser.Path);
        Assert.Equal("/ar/home", browser.Path);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2999999995")]
    [InlineData("1000000008")]
    [InlineData("3242948409")]
    [InlineData("operator.one")]
    [InlineData("<script>")]
    public async Task What_is_no_resident_number_asks_nobody(string typed)
    {
        var before = (await PhonesAsync(null)).Count;
        using var browser = new Browser(_world, "en");
        await browser.OpenAsync("sign-in/app");
        await browser.PressAsync(null, ("number", typed));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, browser.Status);
        Assert.True(browser.Shows(Words("en").Text("refusal." + FederatedSignIns.NumberCode)), browser.Html);
        Assert.Equal(typed, browser.Value("number") ?? "");
        using var program = new ApiCaller(_world);
        var refused = await program.PostAsync("sessions/app", new { number = typed });
        Assert.Equal((HttpStatusCode.BadRequest, "number:" + FederatedSignIns.NumberCode), (refused.Status, refused.Refusals.Single()));
        Assert.Equal(before, (await PhonesAsync(null)).Count);
    }

    private async Task BeginAsync(Browser browser, string number)
    {
        await browser.OpenAsync("sign-in/app");
        await browser.PressAsync(null, ("number", number));
    }

    private async Task SignInAsync(Browser browser, PersonInHand hand)
    {
        await BeginAsync(browser, hand.ResidentNumber!);
        await PickAsync(await AskedAsync(hand.ResidentNumber!), NumberOn(browser));
        await browser.OpenAsync(browser.Path);
        Assert.EndsWith("/home", browser.Path);
    }

    private static int NumberOn(Browser browser) => int.Parse(Shown().Match(browser.Html) is { Success: true } m ? m.Groups["number"].Value : throw new Xunit.Sdk.XunitException($"{browser.Status} {browser.Path} shows no number:\n{browser.Html}"));

    /// <summary>The newest request at somebody's phone.</summary>
    private async Task<Phone> AskedAsync(string number) => (await PhonesAsync(number))[0];

    private async Task<IReadOnlyList<Phone>> PhonesAsync(string? number)
    {
        using var json = await shared.Residents.DeskAsync("phone" + (number is null ? "" : "?number=" + number));
        return [.. json.RootElement.EnumerateArray().Select(r => new Phone(r.GetProperty("transaction").GetString()!, r.GetProperty("consumer").GetString()!, r.GetProperty("state").GetString()!,
            [.. r.GetProperty("choices").EnumerateArray().Select(c => c.GetInt32())]))];
    }

    private Task PickAsync(Phone phone, int? picked) => _world.AtDeskAsync("phone/answers", ("transaction", phone.Transaction), ("picked", picked?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? ""));

    /// <summary>A resident whom no other test has met.</summary>
    private async Task<PersonInHand> ResidentAsync()
    {
        while (true)
        {
            using var json = await shared.Residents.DeskAsync($"people?from={Interlocked.Add(ref _next, 40) - 40}&count=1&filter={Uri.EscapeDataString("resident establishment clean")}");
            var index = json.RootElement.GetProperty("people")[0].GetProperty("inHand").GetProperty("index").GetInt32();
            using var silent = await shared.Residents.DeskAsync($"people?from={index}&count=1&filter=nomobile");
            if (silent.RootElement.GetProperty("people")[0].GetProperty("inHand").GetProperty("index").GetInt32() != index)
            {
                return await _world.InHandAsync(index);
            }
        }
    }

    private async Task<PersonInHand> WithAccountAsync(bool stop = false)
    {
        var hand = await ResidentAsync();
        using var browser = new Browser(_world);
        await browser.OpenAccountAsync(_world, hand with { BorderNumber = hand.ResidentNumber! });
        if (stop)
        {
            await browser.OpenAsync("me/close");
            await browser.PressAsync();
            Assert.Equal("/ar", browser.Path);
        }
        return hand;
    }

    private async Task<PersonId> PersonAsync(PersonInHand hand) => (await _world.Get<Persons>().FindAsync(IdentifierKinds.Resident, hand.ResidentNumber!))!.Value;

    /// <summary>The recorded ways of the sign-ins of a person's account.</summary>
    private async Task<IReadOnlyList<string>> WaysAsync(PersonInHand hand)
    {
        var person = (await PersonAsync(hand)).Value;
        var sessions = await _world.Get<Db>().QueryAsync<string>("SELECT way FROM session WHERE person = @person AND way IS NOT NULL", new { person });
        Assert.Equal(sessions, await _world.Get<Db>().QueryAsync<string>("SELECT reason FROM act WHERE verb = 'session.start' AND person_id = @person AND reason IS NOT NULL", new { person }));
        return sessions;
    }

    private async Task<long> DevicesAsync(PersonInHand hand) =>
        await _world.Get<Db>().FirstAsync<long>("SELECT COUNT(*) FROM known_device WHERE account = (SELECT id FROM account WHERE person = @person)", new { person = (await PersonAsync(hand)).Value });

    private async Task<IReadOnlyList<string>> TextsAtAsync(string mobile)
    {
        using var json = await shared.Residents.DeskAsync("inbox?to=" + Uri.EscapeDataString(mobile));
        return [.. json.RootElement.EnumerateArray().Select(m => m.GetProperty("text").GetString()!)];
    }

    /// <summary>Counts weigh by quarters of an hour: what is counted in this test stays in one.</summary>
    private async Task AtTheBeginningOfAQuarterAsync()
    {
        var into = Duration.FromTicks(_world.Clock.Now().ToUnixTimeTicks() % Duration.FromMinutes(15).BclCompatibleTicks);
        await _world.MoveClockAsync(Duration.FromMinutes(30) - into + Duration.FromSeconds(1));
    }

    private Language Words(string language) => _world.Get<TextCatalogue>().In(language);

    private static string Same(Browser browser) => $"{(int)browser.Status} {browser.Path} {Varying().Replace(browser.Html, "")}";

    private static int _next = 40_000;

    private sealed record Phone(string Transaction, string Consumer, string State, IReadOnlyList<int> Choices);

    [GeneratedRegex("class=\"matching\"><strong dir=\"ltr\">(?<number>[1-9][0-9])</strong>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Shown();

    // Tokens, times, the number itself and the padding differ from page to page.
    [GeneratedRegex("<p class=\"demo moved\">.*?</p>|value=\"[^\"]{30,}\"|\\d\\d:\\d\\d(:\\d\\d)?|<!--[0-9A-F]+-->|(?<=class=\"matching\"><strong dir=\"ltr\">)[1-9][0-9]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Varying();
}

public sealed class AppSignInOnSqliteTests(SqliteWorld world) : AppSignInTests(world), IClassFixture<SqliteWorld>;

public sealed class AppSignInOnPostgreSqlTests(PostgreSqlWorld world) : AppSignInTests(world), IClassFixture<PostgreSqlWorld>;
