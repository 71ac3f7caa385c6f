using System.Globalization;
using System.Text.RegularExpressions;

namespace Muqeem.Demo;

/// <summary>A resident with a telephone: what a person of the population does on the residents' pages, as a person does it.</summary>
/// <param name="look">Called on pages worth a picture, with a name.</param>
public sealed class Resident(Installation muqeem, Browser browser, Hand hand, Func<Browser, string, Task>? look = null)
{
    public const string Password = "seven-dates-by-the-sea-41";

    /// <summary>The address of the newest application, after the language.</summary>
    public string Application { get; private set; } = "";

    public string Reference { get; private set; } = "";
    public Browser Browser => browser;
    public Hand Hand => hand;

    private Task LookAsync(string name) => look?.Invoke(browser, name) ?? Task.CompletedTask;

    /// <summary>From the first page to the home of the new account.</summary>
    public async Task OpenAccountAsync()
    {
        await browser.OpenAsync("");
        await LookAsync("welcome");
        await browser.OpenAsync("register");
        await LookAsync("register");
        await browser.ChooseAsync("have", "border");
        await browser.PressAsync();
        await browser.MustBeAtAsync("/register/details");
        await LookAsync("register-details");
        var birth = hand.Birth.Split('-');
        await browser.FillAsync("number", hand.BorderNumber);
        await browser.ChooseAsync("birth.calendar", hand.BirthCalendar.ToLowerInvariant());
        await browser.FillAsync("birth.day", birth[2]);
        await browser.FillAsync("birth.month", birth[1]);
        await browser.FillAsync("birth.year", birth[0]);
        await browser.FillAsync("passport", hand.Mrz);
        var before = await muqeem.NewestMessageAsync(hand.Mobile);
        await browser.PressAsync();
        await browser.MustBeAtAsync("/register/step");
        await browser.MustSeeAsync("portal.code.title");
        await LookAsync("register-code");
        await browser.FillAsync("code", await muqeem.CodeAsync(hand.Mobile, before));
        await browser.PressAsync("act=code");
        await browser.MustSeeAsync("portal.join.profile");
        await LookAsync("register-profile");
        if (await browser.AsksAsync("name"))
        {
            await browser.FillAsync("name", hand.NameLatin);
        }
        // What the records know is only confirmed.
        await browser.PressAsync("act=profile");
        if (browser.Status == 422)
        {
            await browser.ChooseAsync("occupation", hand.Occupation);
            await browser.FillAsync("place", hand.City);
            await browser.PressAsync("act=profile");
        }
        await browser.MustSeeAsync("portal.password.choose");
        await LookAsync("register-password");
        await browser.FillAsync("password", Password);
        await browser.PressAsync("act=password");
        await browser.MustSeeAsync("portal.authenticator.title");
        await LookAsync("register-authenticator");
        await browser.PressAsync("act=skip");
        await browser.MustSeeAsync("portal.recovery.title");
        await LookAsync("register-recovery-codes");
        await browser.PressAsync("act=finish");
        await browser.MustBeAtAsync("/home$");
        await LookAsync("home-new");
    }

    /// <summary>Password, then a code from a message.</summary>
    /// <param name="number">Border or resident number.</param>
    public async Task SignInAsync(string number)
    {
        await browser.OpenAsync("sign-in");
        await browser.FillAsync("number", number);
        await browser.FillAsync("password", Password);
        var before = await muqeem.NewestMessageAsync(hand.Mobile);
        await browser.PressAsync();
        await browser.MustBeAtAsync("/sign-in/code");
        if (!await browser.AsksAsync("code"))
        {
            await browser.PressAsync("send=yes");
        }
        await browser.FillAsync("code", await muqeem.CodeAsync(hand.Mobile, before));
        await browser.PressAsync();
        await browser.MustBeAtAsync("/home$");
    }

    /// <summary>The whole first application: look ahead, every task, check, send. Returns the state's key that the application's page shows then.</summary>
    /// <param name="nameArabic">What is typed as the name in Arabic, when it is not the one in hand.</param>
    public async Task ApplyForFirstIdAsync(string? nameArabic = null)
    {
        await StartAsync("issue");
        await LookAsync("tasks");
        await PassportAsync();
        await TaskAsync("name", () => browser.FillAsync("nameArabic", nameArabic ?? hand.NameArabic));
        await TaskAsync("photo", () => browser.UploadAsync("photo", hand.Portrait));
        await TaskAsync("work", async () =>
        {
            await browser.ChooseAsync("occupation", hand.Occupation);
            await browser.FillAsync("employerNumber", hand.Employer);
        });
        await TaskAsync("address", () => browser.FillAsync("shortAddress", hand.ShortAddress));
        await TaskAsync("term", () => browser.ChooseAsync("months", "12"));
        await browser.OpenAsync(Application + "/tasks");
        await LookAsync("tasks-done");
        await SendAsync();
    }

    /// <summary>The picture is enough: its two lines are read from it, and the person compares them.</summary>
    private async Task PassportAsync()
    {
        await browser.OpenAsync(Application + "/page/passport");
        await LookAsync("task-passport");
        await browser.UploadAsync("passportPage", hand.PassportPicture);
        await browser.PressAsync();
        PassportWasRead = browser.Url.Contains("read=", StringComparison.OrdinalIgnoreCase);
        if (PassportWasRead)
        {
            await LookAsync("task-passport-read");
        }
        await TaskAsync("passport", async () => await browser.FillAsync("mrz", hand.Mrz), open: !PassportWasRead);
    }

    /// <summary>Whether the passport's lines came from its picture.</summary>
    public bool PassportWasRead { get; private set; }

    /// <summary>From the look ahead to the task list, with what is chosen there already.</summary>
    public async Task StartAsync(string service, Func<Task>? choose = null)
    {
        await browser.OpenAsync("services/" + service);
        await LookAsync("preflight-" + service);
        if (choose is not null)
        {
            await choose();
            await browser.PressAsync("show=yes");
            await LookAsync("preflight-price-" + service);
        }
        await browser.PressAsync("start=yes");
        await browser.MustBeAtAsync("/applications/[0-9a-f-]{36}");
        Application = Regex.Match(browser.Url, "applications/[0-9a-f-]{36}").Value;
    }

    private async Task TaskAsync(string page, Func<Task> answer, bool open = true)
    {
        if (open)
        {
            await browser.OpenAsync($"{Application}/page/{page}");
            await LookAsync("task-" + page);
            await answer();
        }
        await browser.PressAsync();
        if (browser.Status == 422 || browser.Url.EndsWith("/page/" + page, StringComparison.Ordinal))
        {
            throw new NotAsExpectedException($"The answers to “{page}” were not taken:\n{await browser.TextAsync()}");
        }
    }

    /// <summary>Answers a page of the application anew.</summary>
    public Task CorrectAsync(string page, Func<Task> answer) => TaskAsync(page, answer);

    /// <summary>Says that a record is wrong, with a paper that proves it.</summary>
    public async Task ContestAsync(string about, string words, string paper, Func<Browser, string, Task> look)
    {
        await browser.OpenAsync(Application);
        await browser.FollowAsync("contest?about=" + Uri.EscapeDataString(about));
        await browser.FillAsync("words", words);
        await browser.UploadAsync("evidence", paper);
        await look(browser, "contest");
        await browser.PressAsync("/contest");
        await browser.MustBeAtAsync(Application + "$");
        await browser.MustSeeAsync("source.justice");
    }

    /// <summary>Checks the answers and sends.</summary>
    public async Task SendAsync(bool looks = true)
    {
        await browser.OpenAsync(Application + "/answers");
        if (looks)
        {
            await LookAsync("answers");
        }
        if (await browser.AsksAsync("truth"))
        {
            await browser.ChooseAsync("truth", "yes");
        }
        await browser.PressAsync("/answers");
        if (looks && browser.Url.EndsWith("/sent", StringComparison.Ordinal))
        {
            await LookAsync("sent");
        }
        await browser.OpenAsync(Application);
        Reference = Regex.Match(await browser.TextOfAsync(".caption"), "[0-9B-Z]{8}").Value;
    }

    /// <summary>The state that the application's page shows.</summary>
    public async Task<string> StateAsync()
    {
        await browser.OpenAsync(Application);
        return await browser.TextOfAsync("main .tag");
    }

    /// <summary>Looks at the application's page until it shows a state.</summary>
    /// <param name="state">The code: ISSUED.</param>
    public async Task UntilAsync(string state, Texts texts, int seconds = 60)
    {
        var words = texts.Of(browser.Language, "case.state." + state);
        var seen = "";
        try
        {
            await Installation.UntilAsync(async () => (seen = await StateAsync()) == words, state, seconds);
        }
        catch (NotAsExpectedException e)
        {
            throw new NotAsExpectedException($"The application shows “{seen}”, not “{words}” ({state}):\n{await browser.TextAsync()}", e);
        }
        await LookAsync("application-" + state.ToLowerInvariant());
    }

    /// <summary>Follows the bill to the bank and pays there.</summary>
    public async Task PayAsync(Texts texts)
    {
        await UntilAsync("AWAITING_PAYMENT", texts);
        await Installation.UntilAsync(async () =>
        {
            await browser.OpenAsync(Application + "/pay");
            return await browser.Page.Locator("bdi.number").CountAsync() > 0;
        }, "the bill got its number", 20);
        await LookAsync("bill");
        var number = await browser.TextOfAsync("bdi.number");
        await browser.FollowAsync("/bank");
        await LookAsync("bank");
        await browser.PressAsync($"/bank/bills/{number}/pay");
    }

    /// <summary>The resident number on the digital ID.</summary>
    public async Task<string> ResidentNumberAsync()
    {
        await browser.OpenAsync("id");
        await LookAsync("id");
        await browser.OpenAsync("id");
        var digits = Regex.Match(Regex.Replace(await browser.TextAsync(), @"[\s\u2066-\u2069\u00a0]", ""), "(?<![0-9])2[0-9]{9}(?![0-9])").Value;
        return digits.Length == 10 ? digits : throw new NotAsExpectedException($"There is no resident number on {browser.Url}:\n{await browser.TextAsync()}");
    }

    /// <summary>What a phone's camera reads on the digital ID.</summary>
    public async Task<string> LiveTextAsync() => await Camera.ReadAsync(await browser.PictureAsync("svg.qr"), muqeem.Folder);

    /// <summary>The code to read out.</summary>
    public async Task<string> ShortCodeAsync()
    {
        await browser.OpenAsync("id/code");
        await browser.PressAsync("/id/code");
        await LookAsync("id-code");
        return await browser.TextOfAsync(".panel .number strong");
    }

    /// <summary>The first ten letters of a day, from boxes or text: for travel dates.</summary>
    public static DateOnly Day(DateTimeOffset at, int later) => DateOnly.FromDateTime(at.ToOffset(TimeSpan.FromHours(3)).DateTime).AddDays(later);

    internal static string Iso(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

/// <summary>An officer at a desk.</summary>
public sealed class Officer(Installation muqeem, Browser browser, string account, (string Password, string Secret) secret, Func<Browser, string, Task>? look = null)
{
    public Browser Browser => browser;

    private Task LookAsync(string name) => look?.Invoke(browser, name) ?? Task.CompletedTask;

    public async Task SignInAsync()
    {
        await browser.OpenAsync("office/sign-in");
        await LookAsync("office-sign-in");
        await browser.FillAsync("name", account);
        await browser.FillAsync("password", secret.Password);
        await browser.PressAsync();
        await browser.FillAsync("code", AuthenticatorApp.Code(secret.Secret, muqeem.Now));
        await browser.PressAsync("/office/sign-in/code");
        if (browser.Status == 422)
        {
            // A code is taken once, and this one was the seeding's: the app's next.
            await browser.FillAsync("code", AuthenticatorApp.Code(secret.Secret, muqeem.Now.AddSeconds(30)));
            await browser.PressAsync("/office/sign-in/code");
        }
        await browser.MustBeAtAsync("/office/?$");
        await LookAsync("office-" + account.Replace('.', '-'));
    }

    /// <summary>Takes the oldest case of the queue.</summary>
    public async Task TakeNextAsync()
    {
        await browser.OpenAsync("office/queue");
        await LookAsync("office-queue");
        await browser.PressAsync("/office/queue/next");
        await browser.MustBeAtAsync("/office/cases/");
        await LookAsync("office-case");
    }

    public string Case => new Uri(browser.Url).AbsolutePath[(browser.Language.Length + 2)..];

    public async Task ApproveAsync(string reason)
    {
        var @case = Case;
        await browser.FollowAsync("/approve");
        await LookAsync("office-approve");
        await browser.ChooseAsync("reason", reason);
        await browser.PressAsync();
        await browser.MustBeAtAsync(@case);
        if (browser.Status != 200)
        {
            throw new NotAsExpectedException($"The approval was answered {browser.Status}:\n{await browser.TextAsync()}");
        }
    }

    /// <summary>Asks or refuses: reason, letter, look, send.</summary>
    public async Task LetterAsync(string act, string reason, params string[] items)
    {
        var @case = Case;
        await browser.FollowAsync("/" + act);
        foreach (var item in items)
        {
            await browser.ChooseAsync("items", item);
        }
        await browser.ChooseAsync("reason", reason);
        await LookAsync("office-" + act);
        await browser.PressAsync();
        await LookAsync("office-letter-" + act);
        await browser.PressAsync("step=preview");
        await LookAsync("office-preview-" + act);
        await browser.PressAsync("step=send");
        await browser.MustBeAtAsync(@case);
        await browser.MustSeeAsync("office.pending." + act);
    }

    /// <summary>An operator moves the demonstration's clock.</summary>
    public async Task MoveClockAsync(string unit, int by)
    {
        await browser.OpenAsync("office/clock");
        await LookAsync("office-clock");
        await browser.FillAsync(unit, by.ToString(CultureInfo.InvariantCulture));
        await browser.PressAsync("/office/clock");
        if (browser.Status == 422)
        {
            throw new NotAsExpectedException($"The clock was not moved:\n{await browser.TextAsync()}");
        }
        await muqeem.ClockMovedAsync(unit == "days" ? TimeSpan.FromDays(by) : TimeSpan.FromMinutes(by));
    }
}
