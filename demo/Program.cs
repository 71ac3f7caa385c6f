using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Muqeem.Demo;

// Plays the whole job of Muqeem for five people over public HTTP only. Leaves out/demo/; exits 1 when a step does not come to what it must come to.
var root = Directory.GetCurrentDirectory();
if (!File.Exists(Path.Combine(root, "Muqeem.slnx")))
{
    Console.Error.WriteLine("Run it by scripts/demo.sh, or in the folder of Muqeem.slnx.");
    return 1;
}
var output = Path.Combine(root, "out", "demo");
if (Directory.Exists(output))
{
    Directory.Delete(output, recursive: true);
}
Directory.CreateDirectory(output);
var watch = Stopwatch.StartNew();
await using var transcript = File.CreateText(Path.Combine(output, "transcript.txt"));
var result = new JsonObject();
void Say(string words)
{
    var line = string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds,7:0.0} s  {words}");
    Console.WriteLine(line);
    transcript.WriteLine(line);
    transcript.Flush();
}
double Seconds() => Math.Round(watch.Elapsed.TotalSeconds, 1);
var pictures = 0;
async Task LookAsync(Browser browser, string name)
{
    var number = ++pictures;
    string At(string language) => Path.Combine(output, string.Create(CultureInfo.InvariantCulture, $"{number:000}-{name}.{language}.png"));
    await File.WriteAllBytesAsync(At(browser.Language), await browser.PictureAsync());
    // The same page in the other language, where it is one that can be opened by its address.
    var other = browser.Language == "ar" ? "en" : "ar";
    var here = browser.Url;
    if (!here.Contains($"/{browser.Language}/", StringComparison.Ordinal) || name.StartsWith("register", StringComparison.Ordinal) || name is "id-code" or "sent" or "contest" || name.Contains("letter", StringComparison.Ordinal) || name.Contains("preview", StringComparison.Ordinal) || name.Contains("price", StringComparison.Ordinal)
        || name is "office-ask" or "office-refuse" or "office-approve")
    {
        return;
    }
    await browser.OpenAsync(new Uri(here.Replace($"/{browser.Language}/", $"/{other}/", StringComparison.Ordinal)));
    await File.WriteAllBytesAsync(At(other), await browser.PictureAsync());
    await browser.OpenAsync(new Uri(here));
}

var texts = new Texts(root);
try
{
    await using var muqeem = await Installation.StartAsync(root, Path.Combine(output, "run"), seed: 20);
    Say($"Muqeem and the stand-in agencies run on an empty folder, ready after {muqeem.ReadyAfter.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
    result["secondsToReady"] = Math.Round(muqeem.ReadyAfter.TotalSeconds, 1);
    var office = await muqeem.OfficeAsync();
    Say($"20 residents and {office.Count} office accounts are seeded");
    await using var chromium = await Chromium.StartAsync();
    async Task<Resident> PersonAsync(int index, string language, bool look = false) =>
        new(muqeem, await chromium.PersonAsync(muqeem.Muqeem, language, texts), await muqeem.HandAsync(index), look ? LookAsync : null);
    async Task<Officer> ColleagueAsync(string account, string language, bool look = true)
    {
        var colleague = new Officer(muqeem, await chromium.PersonAsync(muqeem.Muqeem, language, texts, 1280), account, office[account], look ? LookAsync : null);
        await colleague.SignInAsync();
        return colleague;
    }
    async Task<string> ReviewedAsync(Resident person, string expected, string otherwise = "")
    {
        var words = await person.StateAsync();
        return words == texts.Of(person.Browser.Language, "case.state." + expected) ? expected
            : otherwise.Length > 0 && words == texts.Of(person.Browser.Language, "case.state." + otherwise) ? otherwise
            : throw new NotAsExpectedException($"The application shows “{words}”, not {expected}:\n{await person.Browser.TextAsync()}");
    }

    async Task MustSeeAllAsync(Browser browser, params string[] keys)
    {
        foreach (var key in keys)
        {
            await browser.MustSeeAsync(key);
        }
    }

    // 1. All records match.
    var began = Seconds();
    var first = await PersonAsync(0, "ar", look: true);
    await first.OpenAccountAsync();
    Say("Person 0 opened an account: border number, birth date, passport, code, profile, password, recovery codes");
    var accountAt = Seconds();
    await first.ApplyForFirstIdAsync();
    Say($"Person 0 applied for the first ID: {first.Reference}");
    var sampled = await ReviewedAsync(first, "AWAITING_PAYMENT", "UNDER_REVIEW") == "UNDER_REVIEW";
    if (sampled)
    {
        await using var sampler = (await ColleagueAsync("officer.one", "ar", look: false)).Browser;
        var officer = new Officer(muqeem, sampler, "officer.one", office["officer.one"]);
        await officer.TakeNextAsync();
        await officer.ApproveAsync("approve.records_agree");
        Say("The application was drawn by the random sample: an officer looked and approved");
    }
    await first.PayAsync(texts);
    await first.UntilAsync("ISSUED", texts);
    var issuedAt = Seconds();
    Say(string.Create(CultureInfo.InvariantCulture, $"Paid at the bank; the ID is issued, {issuedAt - began:0.0} s after the first page"));
    var number = await first.ResidentNumberAsync();
    var live = await first.LiveTextAsync();
    Say($"The digital ID shows resident number {number}; a camera reads its live code ({live.Length} characters)");
    var verifier = await chromium.PersonAsync(muqeem.Muqeem, "ar", texts);
    await verifier.OpenAsync("verify");
    await LookAsync(verifier, "verify");
    await verifier.FillAsync("shown", live);
    await verifier.PressAsync();
    await verifier.MustSeeAsync("verify.result.valid");
    await File.WriteAllBytesAsync(Path.Combine(output, "verified.ar.png"), await verifier.PictureAsync());
    var code = await first.ShortCodeAsync();
    await using (var telephone = await chromium.PersonAsync(muqeem.Muqeem, "en", texts))
    {
        await telephone.OpenAsync("verify");
        await telephone.FillAsync("shown", code);
        await telephone.PressAsync();
        await telephone.MustSeeAsync("verify.result.valid");
        await File.WriteAllBytesAsync(Path.Combine(output, "verified.en.png"), await telephone.PictureAsync());
    }
    Say($"Anybody can check it: the live code and the code that is read out ({code}) are both valid");
    // An ID that will be revoked. Played before the clock is moved, so that the files are of today for whoever checks them.
    var late = await PersonAsync(14, "ar");
    await late.OpenAccountAsync();
    await late.ApplyForFirstIdAsync();
    if (await ReviewedAsync(late, "AWAITING_PAYMENT", "UNDER_REVIEW") == "UNDER_REVIEW")
    {
        await using var sampler = (await ColleagueAsync("officer.one", "ar", look: false)).Browser;
        var officer = new Officer(muqeem, sampler, "officer.one", office["officer.one"]);
        await officer.TakeNextAsync();
        await officer.ApproveAsync("approve.records_agree");
    }
    await LookAsync(late.Browser, "application-late");
    await late.PayAsync(texts);
    await late.UntilAsync("ISSUED", texts);
    var lateNumber = await late.ResidentNumberAsync();

    // What the ID leaves for others to check, and what becomes of it when it is held.
    await first.Browser.OpenAsync("id/card");
    await first.Browser.PressAsync("/id/card");
    await LookAsync(first.Browser, "id-card");
    using var phone = await Wallet.SignInAsync(muqeem, number, first.Hand.Mobile);
    var evidence = new Evidence(first, phone);
    await evidence.FetchAsync(first.Application);
    await evidence.WriteAsync(output);
    Say("The person's telephone has the ID as SD-JWT and mdoc; the card is drawn; the decision has its receipt. Files for independent verifiers are in out/demo");
    async Task MustBeAsync(Evidence of, string verdict)
    {
        var said = await of.VerdictAsync();
        if (said != verdict)
        {
            throw new NotAsExpectedException($"A verifier is told “{said}” and not “{verdict}”.");
        }
    }
    await MustBeAsync(evidence, "valid");
    await first.Browser.OpenAsync("id/freeze");
    await LookAsync(first.Browser, "id-freeze");
    await evidence.ChangeAsync(() => phone.PostAsync("id/freeze"));
    await evidence.WriteAsync(Path.Combine(output, "frozen"));
    await MustBeAsync(evidence, "document_frozen");
    await first.Browser.OpenAsync("id");
    await LookAsync(first.Browser, "id-frozen");
    await first.Browser.OpenAsync("home");
    await LookAsync(first.Browser, "home-frozen");
    await evidence.ChangeAsync(() => phone.PostAsync("id/unfreeze"));
    Say("The person froze the ID and unfroze it: in between a verifier was told so");
    using var desk1 = await Wallet.SignInAsync(muqeem, "officer.one", office["officer.one"].Password, office["officer.one"].Secret);
    using var desk2 = await Wallet.SignInAsync(muqeem, "officer.two", office["officer.two"].Password, office["officer.two"].Secret);
    async Task TwoOfficersAsync(string whose, string act, string reason, string words)
    {
        var file = await desk1.PostAsync("office/ids/find", new { residentNumber = whose });
        var proposal = await desk1.PostAsync($"office/ids/{file.GetProperty("id").GetString()}/proposals", new { act, reason, words });
        await desk2.PostAsync($"office/proposals/{proposal.GetProperty("proposal").GetString()}/confirm");
    }
    await evidence.ChangeAsync(() => TwoOfficersAsync(number, "suspend", "suspend.used_by_another", "استعمل شخص آخر هذه الهوية، ونراجع ذلك الآن."));
    await evidence.WriteAsync(Path.Combine(output, "suspended"));
    await MustBeAsync(evidence, "document_suspended");
    await first.Browser.OpenAsync("id");
    await LookAsync(first.Browser, "id-suspended");
    await first.Browser.OpenAsync("home");
    await LookAsync(first.Browser, "home-suspended");
    await evidence.ChangeAsync(() => TwoOfficersAsync(number, "lift", "lift.cleared", "راجعنا الأمر وتبين أن هويتك سليمة."));
    await MustBeAsync(evidence, "valid");
    Say("officer.one proposed to suspend the ID and officer.two confirmed it; the two lifted the suspension again: valid");
    await first.Browser.OpenAsync("home");
    await LookAsync(first.Browser, "home-issued");
    await first.Browser.OpenAsync("accesses");
    await LookAsync(first.Browser, "accesses");
    await first.Browser.OpenAsync("inbox");
    await LookAsync(first.Browser, "inbox");
    result["secondsToAccount"] = Math.Round(accountAt - began, 1);
    result["secondsToFirstId"] = Math.Round(issuedAt - began, 1);
    result["first"] = new JsonObject { ["reference"] = first.Reference, ["residentNumber"] = number, ["state"] = "ISSUED", ["drawnForReview"] = sampled, ["passportReadFromPicture"] = first.PassportWasRead, ["liveCode"] = "valid", ["shortCode"] = "valid", ["frozen"] = "document_frozen", ["suspended"] = "document_suspended", ["afterwards"] = "valid" };

    // The other ID is revoked by two officers.
    using var latePhone = await Wallet.SignInAsync(muqeem, lateNumber, late.Hand.Mobile);
    var revoked = new Evidence(late, latePhone);
    await revoked.FetchAsync(late.Application);
    await revoked.ChangeAsync(() => TwoOfficersAsync(lateNumber, "revoke", "revoke.issued_in_error", "صدرت هذه الهوية خطأً."));
    await revoked.WriteAsync(Path.Combine(output, "revoked"));
    await MustBeAsync(revoked, "document_revoked");
    await late.Browser.OpenAsync("inbox");
    await LookAsync(late.Browser, "inbox-revoked");
    await late.Browser.OpenAsync("id");
    await LookAsync(late.Browser, "id-revoked");
    await late.Browser.OpenAsync("home");
    await LookAsync(late.Browser, "home-revoked");
    Say($"Person 14, who came four months ago, got the ID {lateNumber} with the employer's fine paid; two officers revoked it, and the person was told why and how to object");
    result["revoked"] = new JsonObject { ["reference"] = late.Reference, ["residentNumber"] = lateNumber, ["verdict"] = "document_revoked" };

    // 2. The name differs: an officer asks, the person answers.
    var second = await PersonAsync(1, "ar");
    await second.OpenAccountAsync();
    await second.ApplyForFirstIdAsync();
    _ = await ReviewedAsync(second, "UNDER_REVIEW");
    Say($"Person 1 applied ({second.Reference}); the name in the passport differs from the register: under review");
    var one = await ColleagueAsync("officer.one", "ar");
    await one.TakeNextAsync();
    await one.Browser.MustSeeAsync("office.compare.title");
    await one.LetterAsync("ask", "ask.differs_from_record", "nameArabic");
    Say("officer.one took the case, saw both names side by side and asked for the name");
    var keeper = await ColleagueAsync("operator.one", "en", look: false);
    await keeper.MoveClockAsync("minutes", 2);
    await second.UntilAsync("NEEDS_INFO", texts);
    await LookAsync(second.Browser, "application-asked");
    Say("Two minutes later the question can no longer be taken back: the person was asked");
    await second.Browser.FollowAsync("/page/name");
    await second.Browser.PressAsync();
    await second.SendAsync(looks: false);
    _ = await ReviewedAsync(second, "UNDER_REVIEW");
    Say("The person confirmed the name and sent it again");
    await one.TakeNextAsync();
    await one.ApproveAsync("approve.same_person_other_spelling");
    await second.PayAsync(texts);
    await second.UntilAsync("ISSUED", texts);
    var secondNumber = await second.ResidentNumberAsync();
    Say($"officer.one approved, the bill was paid: issued, resident number {secondNumber}");
    result["second"] = new JsonObject { ["reference"] = second.Reference, ["residentNumber"] = secondNumber, ["state"] = "ISSUED" };

    // 3. Not fit: refused, objected to, decided by another officer.
    var third = await PersonAsync(2, "en");
    await third.OpenAccountAsync();
    await third.ApplyForFirstIdAsync();
    _ = await ReviewedAsync(third, "UNDER_REVIEW");
    Say($"Person 2 applied ({third.Reference}); the medical test says not fit: under review");
    await one.TakeNextAsync();
    await one.LetterAsync("refuse", "refuse.conditions_not_met");
    await keeper.MoveClockAsync("minutes", 2);
    await third.UntilAsync("REFUSED", texts);
    await LookAsync(third.Browser, "application-refused");
    Say("officer.one refused, with the reason; after two minutes the letter went out");
    await third.Browser.OpenAsync(third.Application + "/object");
    await LookAsync(third.Browser, "objection");
    await third.Browser.FillAsync("text", "The test was of another person with my name. The centre has corrected it.");
    await third.Browser.PressAsync("/object");
    _ = await ReviewedAsync(third, "OBJECTION");
    await LookAsync(third.Browser, "application-objection");
    var two = await ColleagueAsync("officer.two", "en");
    await two.Browser.OpenAsync("office/ids");
    await LookAsync(two.Browser, "office-ids");
    await two.TakeNextAsync();
    await two.LetterAsync("refuse", "refuse.objection_not_upheld");
    await keeper.MoveClockAsync("minutes", 2);
    await third.UntilAsync("REFUSED", texts);
    Say("The person objected; officer.two, who had not decided before, did not uphold the objection: refused");
    result["third"] = new JsonObject { ["reference"] = third.Reference, ["state"] = "REFUSED", ["objection"] = "not upheld" };

    // 4. Three problems at once: two are mended, and the record that is wrong is contested.
    var fourth = await PersonAsync(31, "ar");
    await fourth.OpenAccountAsync();
    await fourth.ApplyForFirstIdAsync(nameArabic: fourth.Hand.NameArabic.Split(' ')[0]);
    _ = await ReviewedAsync(fourth, "NEEDS_ACTION");
    await MustSeeAllAsync(fourth.Browser, "refusal.check.suspended", "remedy.check.suspended", "refusal.check.not_insured", "remedy.check.not_insured", "case.field.name_arabic", "portal.contest.link");
    await LookAsync(fourth.Browser, "application-three-problems");
    Say($"Person 31 applied ({fourth.Reference}) and sees three problems at once, each with its record and its remedy: a court's order, no health cover, and a name typed in part");
    await fourth.ContestAsync("finding:check.suspended", "رفعت المحكمة هذا الأمر قبل شهر. رقم الأمر 4400098765.", fourth.Hand.PassportPicture, LookAsync);
    await LookAsync(fourth.Browser, "application-contested");
    Say("The order was lifted long ago: the person contested the record, with a paper; the courts have it, and ten days to answer");
    await muqeem.ActAsync(31, "insure");
    await keeper.MoveClockAsync("minutes", 65);
    await fourth.SignInAsync(fourth.Hand.BorderNumber);
    await fourth.CorrectAsync("name", () => fourth.Browser.FillAsync("nameArabic", fourth.Hand.NameArabic));
    await fourth.SendAsync(looks: false);
    _ = await ReviewedAsync(fourth, "NEEDS_ACTION");
    await fourth.Browser.MustSeeAsync("portal.contest.with_agencies");
    await LookAsync(fourth.Browser, "application-with-the-courts");
    Say("The person bought health cover and mended the name; an hour later, when the insurers' register shows the cover, only the courts' answer is missing");
    await using (var clerk = await chromium.PersonAsync(muqeem.Agencies, "en", texts, 1280))
    {
        await clerk.OpenAsync(new Uri(muqeem.Agencies, "contests").ToString());
        await File.WriteAllBytesAsync(Path.Combine(output, "contest-at-the-courts.en.png"), await clerk.PictureAsync());
        await clerk.PressAsync("corrected=true");
    }
    var contestSampled = false;
    await Installation.UntilAsync(async () =>
    {
        var now = await fourth.StateAsync();
        contestSampled = now == texts.Of("ar", "case.state.UNDER_REVIEW");
        return contestSampled || now == texts.Of("ar", "case.state.AWAITING_PAYMENT");
    }, "the corrected record moves the case", 60);
    await LookAsync(fourth.Browser, "application-corrected");
    if (contestSampled)
    {
        await using var sampler = (await ColleagueAsync("officer.one", "ar", look: false)).Browser;
        var officer = new Officer(muqeem, sampler, "officer.one", office["officer.one"]);
        await officer.TakeNextAsync();
        await officer.ApproveAsync("approve.records_agree");
    }
    await fourth.PayAsync(texts);
    await fourth.UntilAsync("ISSUED", texts);
    var fourthNumber = await fourth.ResidentNumberAsync();
    Say($"The courts corrected their record; the case went on by itself, the bill was paid: issued, resident number {fourthNumber}");
    result["fourth"] = new JsonObject
    {
        ["reference"] = fourth.Reference,
        ["residentNumber"] = fourthNumber,
        ["state"] = "ISSUED",
        ["problems"] = new JsonArray("check.suspended", "check.not_insured", "name_arabic"),
        ["mended"] = new JsonArray("check.not_insured", "name_arabic"),
        ["contested"] = new JsonObject { ["about"] = "check.suspended", ["record"] = "justice", ["answer"] = "corrected" },
        ["drawnForReview"] = contestSampled,
    };
    // An hour is longer than a desk may stand idle.
    await keeper.SignInAsync();

    // A decree: delivery costs more from tomorrow. Two operators say so, and today's price stays today's.
    await keeper.Browser.OpenAsync("office/policies/change?code=fees%2FID_DELIVERY");
    await keeper.Browser.FillAsync("part.2", "25");
    await keeper.Browser.FillAsync("source", "قرار رقم 14 لعام 1448 (نموذج)");
    await File.WriteAllBytesAsync(Path.Combine(output, "office-rule-change.en.png"), await keeper.Browser.PictureAsync());
    await keeper.Browser.PressAsync("/office/policies/change");
    await keeper.Browser.MustSeeAsync("office.policies.waiting");
    var other = await ColleagueAsync("operator.two", "ar", look: false);
    await other.Browser.OpenAsync("office/policies");
    await LookAsync(other.Browser, "office-rules-waiting");
    var proposed = await other.Browser.Page.Locator("button[name=act][value^='confirm:']").First.GetAttributeAsync("value");
    await other.Browser.PressAsync("act=" + proposed);
    await other.Browser.OpenAsync("office/policies?filter=ID_DELIVERY");
    await LookAsync(other.Browser, "office-rules");
    Say("operator.one proposed what a decree says, that delivery costs 25 from tomorrow; operator.two put it in force, with the decree beside it");

    // 5. The card by post: two days later the courier is at the door, and asks for the code.
    await fourth.StartAsync("deliver-card");
    await fourth.SendAsync();
    await fourth.PayAsync(texts);
    await fourth.UntilAsync("ORDERED", texts);
    await LookAsync(fourth.Browser, "delivery-ordered");
    Say($"Person 31 asked for the card by post ({fourth.Reference}) and paid; the post has the order");
    await keeper.MoveClockAsync("days", 2);
    await fourth.SignInAsync(fourthNumber);
    await fourth.UntilAsync("AT_DOOR", texts);
    await LookAsync(fourth.Browser, "delivery-at-the-door");
    await one.SignInAsync();
    await one.Browser.OpenAsync("office/deliveries");
    await LookAsync(one.Browser, "office-deliveries");
    var parcel = fourth.Application.Split('/')[1];
    await muqeem.PostAsync($"post/{parcel}/code", ("code", await fourth.Browser.TextOfAsync("#delivery-code")));
    await fourth.UntilAsync("DELIVERED", texts);
    await LookAsync(fourth.Browser, "delivery-delivered");
    foreach (var page in new[] { "inbox", "id/wallet", "me/sessions" })
    {
        await fourth.Browser.OpenAsync(page);
        await LookAsync(fourth.Browser, page.Replace('/', '-'));
    }
    Say("Two days later the courier was at the door; the code that the page shows was right, and the card was handed over");
    result["delivery"] = new JsonObject { ["reference"] = fourth.Reference, ["state"] = "DELIVERED" };
    await keeper.SignInAsync();

    // 6. A year on: renewal, then a journey.
    await keeper.MoveClockAsync("days", 335);
    foreach (var act in new[] { "insure", "test" })
    {
        await muqeem.ActAsync(0, act);
    }
    Say("The clock moved on by 335 days; person 0 bought health cover for the next years");
    await first.SignInAsync(number);
    await LookAsync(first.Browser, "home-before-renewal");
    await first.StartAsync("renew", () => first.Browser.ChooseAsync("months", "12"));
    await first.SendAsync();
    Say($"Person 0 asked for renewal: {first.Reference}");
    async Task ConfirmAsync(Resident person)
    {
        await person.UntilAsync("AWAITING_EMPLOYER", texts);
        var employer = await chromium.PersonAsync(muqeem.Agencies, "en", texts, 1280);
        await employer.OpenAsync(new Uri(muqeem.Agencies, "employer").ToString());
        await employer.PressAsync("confirmed=true");
        await employer.DisposeAsync();
    }
    await ConfirmAsync(first);
    await first.PayAsync(texts);
    await first.UntilAsync("ISSUED", texts);
    Say("The employer confirmed, the bill was paid: renewed");
    result["renewal"] = new JsonObject { ["reference"] = first.Reference, ["state"] = "ISSUED" };

    await first.StartAsync("exit-reentry", async () =>
    {
        await first.Browser.ChooseAsync("kind", "single");
        await first.Browser.FillDayAsync("leaveOn", Resident.Day(muqeem.Now, 10));
        await first.Browser.FillDayAsync("returnOn", Resident.Day(muqeem.Now, 40));
    });
    await first.SendAsync();
    var visaReference = first.Reference;
    await ConfirmAsync(first);
    await first.PayAsync(texts);
    await first.UntilAsync("ISSUED", texts);
    await first.Browser.OpenAsync("travel");
    await LookAsync(first.Browser, "travel");
    var visa = await first.Browser.TextOfAsync("main dd bdi");
    Say($"The exit and re-entry visa {visa} is issued ({visaReference})");
    var journey = new JsonArray("ISSUED");
    await muqeem.PostAsync("border/crossings", ("number", number), ("direction", "Out"), ("visa", visa));
    await first.UntilAsync("OUT", texts);
    journey.Add("OUT");
    await first.Browser.OpenAsync("travel");
    await LookAsync(first.Browser, "travel-out");
    await muqeem.PostAsync("border/crossings", ("number", number), ("direction", "In"), ("visa", visa));
    await first.UntilAsync("RETURNED", texts);
    journey.Add("RETURNED");
    Say("The border recorded the exit and the entry; the page showed both");
    result["visa"] = new JsonObject { ["reference"] = visaReference, ["number"] = visa, ["states"] = journey };
    var everyone = new[] { first.Browser, late.Browser, second.Browser, third.Browser, fourth.Browser, one.Browser, two.Browser, keeper.Browser, verifier };
    result["pages"] = everyone.Sum(b => b.Visited.Count);
    result["screenshots"] = pictures;
    var complaints = everyone.SelectMany(b => b.Complaints).Distinct(StringComparer.Ordinal).ToList();
    result["complaintsOfTheBrowser"] = new JsonArray([.. complaints.Select(c => JsonValue.Create(c))]);
    foreach (var complaint in complaints)
    {
        Say("Browser: " + complaint);
    }
    result["passed"] = true;
    Say(string.Create(CultureInfo.InvariantCulture, $"All came to what it must come to: {everyone.Sum(b => b.Visited.Count)} pages without script"));
    return 0;
}
catch (Exception e) when (e is NotAsExpectedException or Microsoft.Playwright.PlaywrightException or HttpRequestException or TimeoutException)
{
    Say("FAILED: " + e.Message);
    Say(e.StackTrace ?? "");
    result["passed"] = false;
    result["failure"] = e.Message;
    return 1;
}
finally
{
    result["secondsInAll"] = Seconds();
    await File.WriteAllTextAsync(Path.Combine(output, "result.json"), result.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");
}
