using System.Globalization;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Pages;
using Muqeem.Sandbox.Pictures;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.StandIns;
using Muqeem.Sandbox.State;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Sandbox.Desks;

/// <summary>A person with what he has in hand, and what the registers know.</summary>
public sealed record PersonView(InHand InHand, string NameEn, string NameAr, LocalDate Birth, string Nationality, string Sex, ResidenceCategory Category, string OccupationCode, string? EmployerNumber, int? Head, string? Expect);

/// <summary>People as one would meet them: what they hold, how they look, and what they may do elsewhere (buy insurance, pay a fine, renew a passport).</summary>
internal static class PeopleDesk
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/people", List).WithName("people").WithGroupName("desk");
        app.MapGet("/people/{index:int}", One).WithGroupName("desk");
        app.MapGet("/people/{index:int}/portrait.png", (int index, Album album) => index < People.Size ? Results.Bytes(album.Portrait(index), "image/png") : Results.NotFound()).WithGroupName("desk");
        app.MapGet("/people/{index:int}/passport.jpg", (int index, Album album) => index < People.Size ? Results.Bytes(album.Passport(index), "image/jpeg") : Results.NotFound()).WithGroupName("desk");
        app.MapPost("/people/{index:int}/acts/{act}", Act).DisableAntiforgery().WithGroupName("desk");
        app.MapGet("/find", (string number, World world) => (world.ByNumber(number.Trim()) ?? world.People.ByMobile(number.Trim())) is { } person
            ? Results.Redirect($"/people/{person.Index.ToString(CultureInfo.InvariantCulture)}")
            : Results.NotFound()).WithGroupName("desk");
    }

    // The filter is words with AND: newcomer resident establishment household dependent head child woman man nomobile discrepancy story, a nationality code, or a class of discrepancy.
    private static IResult List(HttpRequest request, World world, int from = 0, int count = 20, string? filter = null)
    {
        count = Math.Clamp(count, 1, 500);
        var words = (filter ?? "").Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
        var found = new List<PersonView>();
        var index = Math.Max(0, from);

        // A rare filter must not walk through five million people; "next" goes on from there.
        for (var looked = 0; found.Count < count && index < People.Size && looked < 50_000 && (index < Stories.Reserved || !words.Contains("story", StringComparer.OrdinalIgnoreCase)); index++, looked++)
        {
            if (words.Length == 0 || Matches(world, index, words))
            {
                found.Add(View(world, world.At(index)!));
            }
        }
        if (!Page.WantsPage(request))
        {
            return Results.Json(new { next = index < People.Size ? index : (int?)null, people = found }, Wire.Options);
        }
        return Page.Show("People", Html.Of($"""
            <p>What each holds in hand and would type. Five million are there; the first are <a href="/people?filter=story">people with a story</a>.</p>
            <form method="get"><label>From <input name="from" type="number" min="0" value="{from}"></label><label>Filter <input name="filter" value="{filter}" placeholder="newcomer household PHL nomobile"></label><label>Count <input name="count" type="number" min="1" max="500" value="{count}"></label><button>Show</button></form>
            <form method="get" action="/find"><label>Number or mobile <input name="number" dir="ltr" required></label><button class="quiet">Find</button></form>
            <div class="cards">{Html.Each(found, CardOf)}</div>
            <p><a href="/people?from={index}&amp;count={count}&amp;filter={filter}">More</a></p>
            """));
    }

    private static Html CardOf(PersonView view) => Html.Of($"""
        <article class="card"><a href="/people/{view.InHand.Index}"><img src="/{view.InHand.Portrait}" alt="" width="86" height="110" loading="lazy"></a>
        <strong>{view.NameEn}</strong><br><span lang="ar" dir="rtl">{view.NameAr}</span><br>
        {Html.When(view.InHand.Story is not null, () => Html.Of($"<span class=\"tag\">{view.InHand.Story}</span><br>"))}
        {Html.When(view.InHand.Discrepancy is not null, () => Html.Of($"<span class=\"tag\">{view.InHand.Discrepancy}</span><br>"))}
        <span class="soft">{view.Nationality} · {view.Sex} · {Iso(view.Birth)}<br>{view.Category} · {view.OccupationCode}<br>{(view.InHand.ResidentNumber is null ? "border " : "resident ")}<bdi class="n">{view.InHand.ResidentNumber ?? view.InHand.BorderNumber}</bdi><br><bdi class="n">{view.InHand.Typed.Mobile}</bdi></span></article>
        """);

    private static IResult One(int index, HttpRequest request, World world, Inbox inbox, Bank bank)
    {
        if (world.At(index) is not { } person)
        {
            return Results.NotFound();
        }
        var view = View(world, person);
        if (!Page.WantsPage(request))
        {
            return Results.Json(view, Wire.Options);
        }
        var hand = view.InHand;
        return Page.Show(person.Name.FullEn, Html.Of($"""
            <p><span lang="ar" dir="rtl">{person.Name.FullAr}</span> {Html.When(person.Story is not null, () => Html.Of($"<span class=\"tag\">{person.Story}</span> {view.Expect}"))} {Html.When(hand.Discrepancy is not null, () => Html.Of($"<span class=\"tag\">discrepancy: {hand.Discrepancy}</span>"))}</p>
            <h2>In hand</h2>
            <p><img class="wide" src="/{hand.PassportImage}" alt="Drawn passport page: {hand.Passport.Primary}, {hand.Passport.Secondary}, number {hand.Passport.Number}" width="1250" height="880"></p>
            <p><img src="/{hand.Portrait}" alt="Drawn portrait" width="180" height="230"></p>
            <p><code class="pre">{hand.Passport.Mrz[0]}<br>{hand.Passport.Mrz[1]}</code></p>
            <div class="scroll"><table><tr><th>Would type</th><th></th></tr>
            {Row("Name", hand.Typed.NameEn)}{Row("Name, Arabic", hand.Typed.NameAr)}{Row("Birth", $"{hand.Typed.Birth} ({hand.Typed.BirthCalendar})")}{Row("Passport", hand.Typed.PassportNumber)}{Row("Nationality", hand.Typed.Nationality)}{Row("Occupation", hand.Typed.OccupationCode)}
            {Row("Employer", hand.Typed.EmployerNumber)}{Row("Short address", hand.Typed.ShortAddress)}{Row("City", $"{hand.Typed.CityEn}, {hand.Typed.Region}")}{Row("Mobile", hand.Typed.Mobile)}{Row("E-mail", hand.Typed.Email)}{Row("Language", hand.Typed.Language)}</table></div>
            <h2>In the registers</h2>
            <div class="scroll"><table><tr><th>Register</th><th>Says</th></tr>
            {Row("Numbers", $"resident {person.ResidentNumber ?? "none"} · border {person.BorderNumber} · visa {(person.Entry is null ? "none" : person.VisaNumber)}")}
            {Row("Person", $"{person.Name.FullEn} · {person.Name.FullAr} · {Iso(person.Birth)} ({person.Precision}) · {person.Sex} · {person.Nationality.Code} · {person.Marital} · {(person.Alive ? "alive" : "dead")} · {person.Location}")}
            {Row("Passports", string.Join("; ", person.Passports.Select(passport => $"{passport.Number} until {Iso(passport.ExpiryDate)} {passport.Status}")))}
            {Row("Movements", string.Join("; ", person.Movements.Select(movement => $"{movement.Direction} {Iso(movement.At.DayInRiyadh())} {movement.Port}")))}
            {Row("Biometrics", $"fingerprint {person.Biometrics.Fingerprint}, face {person.Biometrics.Face}, {person.Biometrics.Reference}")}
            {Row("Flags", string.Join(", ", person.Flags))}{Row("Mobile on record", person.Mobile ?? "none")}
            {Row("Residence", person.Residence is { } residence ? $"{residence.Number} {residence.Category} {residence.Status} until {Iso(residence.ExpiresOn)}, version {residence.Version}" : "none")}
            {Row("Work", $"{person.Category} · {person.Occupation} · {person.EmployerNumber} · {(person.Establishment is { } establishment ? world.People.EstablishmentAt(establishment).NameEn : person.Household?.Name.FullEn)}")}
            {Row("Contract ends", person.ContractEnd is { } contractEnd ? Iso(contractEnd) : null)}
            {Row("Absent since", person.AbsentSince is { } since ? Iso(since) : null)}
            {Row("Medical test", person.Fitness is { } test ? $"{(test.Fit ? "fit" : "unfit")} {Iso(test.TestedOn)} {test.Facility}" : "none")}
            {Row("Health cover", person.Cover is { } cover ? $"{cover.Insurer} {cover.Number} {Iso(cover.From)} to {Iso(cover.To)}" : "none")}
            {Row("Traffic", string.Join("; ", person.Violations.Select(violation => $"{violation.Number} {violation.AmountHalalas / 100} SAR {violation.Status}")))}{Row("Vehicles", string.Join("; ", person.Vehicles.Select(vehicle => vehicle.PlateEn)))}
            {Row("Suspensions", string.Join("; ", person.Suspensions.Select(order => $"{order.OrderNumber} {order.Court} {(order.LiftedOn is null ? "in force" : "lifted")}")))}
            {Row("Address", person.Address is { } address ? $"{address.Short} · {address.Building} {address.StreetEn}, {address.DistrictEn}, {address.CityEn} {address.Postal}-{address.Secondary}" : "none registered")}
            {Row("Slow or down", string.Join(", ", new[] { person.SlowAgency, person.DownAgency }.Where(agency => agency is not null)))}
            </table></div>
            {Html.When(person.Head is not null, () => Html.Of($"<h2>Family</h2><div class=\"cards\">{Html.Each(world.People.FamilyOf(person.Head!.Value).Select(member => View(world, world.At(member.Index)!)), CardOf)}</div>"))}
            <h2>What this person may do elsewhere</h2>
            {Button(index, "insure", "Buy health cover for two years")} {Button(index, "test", "Pass the medical test")} {Button(index, "fail-test", "Fail the medical test")} {Button(index, "pay-fines", "Pay traffic fines")} {Button(index, "fine", "Get a traffic fine")}
            {Button(index, "enrol", "Have fingerprints and face taken")} {Button(index, "mobile", "Have the mobile registered")} {Button(index, "clear", "Have all flags cleared")}
            {Button(index, "unregister", "Be taken off social insurance")} {Button(index, "register", "Be registered by the employer")}
            {Button(index, "sell", "Sell the vehicles")} {Button(index, "exit", "Leave the Kingdom")} {Button(index, "enter", "Enter the Kingdom")} {Button(index, "new-contract", "Sign a new contract")}
            {Button(index, "visit-visa", "Have come on a visit visa")} {Button(index, "family-visa", "Have come on a visa to join the family")} {Button(index, "own-visa", "Have come on the visa that the residence asks for")}
            {Button(index, "no-address", "Have no National Address")} {Button(index, "address", "Register the National Address")}
            <h2>Of what the agencies tell Muqeem</h2>
            {Told(index, "passport", "Get a new passport")} {Told(index, "end-contract", "The contract ends today")} {Told(index, "give-notice", "The contract will end in thirty days")} {Told(index, "lapse", "Lose the health cover")}
            {Told(index, "suspend", "A court suspends the services")} {Told(index, "ban", "A court bans from travelling")} {Told(index, "lift", "The courts lift their orders")} {Told(index, "die", "Die")} {Told(index, "live", "The death was somebody else's")}
            <h2>What goes wrong between the agencies</h2>
            <p class="soft">Muqeem is not told of any of it; it finds out when it compares in the night.</p>
            {Button(index, "forget-residence", "The alien register loses the notice of the residence")} {Button(index, "forget-visas", "It loses the notices of visas")} {Button(index, "alter-residence", "Somebody changes its row of the residence")}
            {Button(index, "forget-labour", "The labour platform loses our notices")} {Button(index, "forget-domestic", "The platform of households loses them")} {Button(index, "forget-insurance", "The insurers lose our notices")} {Button(index, "forget-social", "Social insurance loses them")}
            <h2>Bills</h2>{Html.When(bank.Newest(10, person.Number).Count == 0, () => Html.Of($"<p class=\"soft\">None.</p>"))}{Html.Each(bank.Newest(10, person.Number), BankDesk.BillOf)}
            <h2>Messages</h2>{Html.Each(inbox.Newest(person.Mobile ?? hand.Typed.Mobile, null, 5), InboxDesk.MessageOf)}
            """));
    }

    private static async Task<IResult> Act(int index, string act, HttpRequest request, World world, Knobs knobs, SandboxClock clock, Crossings crossings, Holdings holdings, RecordChanges records)
    {
        if (world.At(index) is not { } person)
        {
            return Results.NotFound();
        }
        var today = clock.Today();
        var how = await Telling.OfAsync(request);
        switch (act)
        {
            case "insure":
                world.Set(index, FactKind.Cover, new Cover("Najd Cooperative Insurance", "88-" + People.Digits(index, 7), "C", today, today.PlusYears(2)), Seen(HealthInsurance.Name));
                break;
            case "test" or "fail-test":
                world.Set(index, FactKind.Fitness, new Fitness(act == "test", today, "Al Olaya Medical Centre"), Seen(MedicalFitness.Name));
                break;
            case "pay-fines":
                world.Set(index, FactKind.Violations, person.Violations.Select(violation => violation with { Status = ViolationStatus.Paid }).ToArray(), Seen(Traffic.Name));
                break;
            case "fine":
                world.Set(index, FactKind.Violations, (TrafficViolation[])[new($"{People.Digits(index, 7)}{person.Violations.Count + 4}", clock.Now(), "Riyadh", 30_000, ViolationStatus.Unpaid), .. person.Violations], Seen(Traffic.Name));
                break;
            case "enrol":
                world.Set(index, FactKind.Biometrics, new RegisteredBiometrics(true, true, person.Biometrics.Reference ?? "BIO-" + world.People.DiceOf(index).Bits(Topic.Biometrics, 2).ToString("X16", CultureInfo.InvariantCulture)));
                break;
            case "passport":
                records.Passport(person, how);
                break;
            case "mobile":
                world.Set(index, FactKind.Mobile, world.People.MobileOf(index));
                break;
            case "no-mobile":
                world.Set(index, FactKind.Mobile, "");
                break;
            case "no-address":
                world.Set<RegisteredAddress?>(index, FactKind.Address, null);
                break;
            case "address":
                world.Forget(index, FactKind.Address);
                break;
            case "lift":
                records.LiftOrders(person, how);
                break;
            case "suspend" or "ban":
                records.Order(person, act == "ban" ? SuspensionScope.Travel : SuspensionScope.AllServices, how);
                break;
            case "lapse":
                records.CoverLapses(person, how);
                break;
            case "end-contract" or "give-notice" when person.Category != ResidenceCategory.Dependent:
                records.ContractEnds(person, act == "end-contract" ? 0 : 30, how);
                break;
            case "new-contract":
                records.NewContract(person);
                break;
            case "visit-visa" or "family-visa" or "own-visa":
                world.Set<EntryVisaType?>(index, FactKind.EntryVisa, act switch { "visit-visa" => EntryVisaType.Visit, "family-visa" => EntryVisaType.FamilyResidence, _ => null });
                break;
            case "unregister" or "register":
                world.Set(index, FactKind.Registration, act == "register" ? null : "");
                break;
            case "clear":
                world.Set(index, FactKind.Flags, Array.Empty<RegisterFlag>());
                world.Set<LocalDate?>(index, FactKind.Absence, null);
                break;
            case "want":
                world.Set(index, FactKind.Flags, (RegisterFlag[])[.. person.Flags.Append(RegisterFlag.Wanted).Distinct()]);
                break;
            case "sell":
                world.Set(index, FactKind.Vehicles, Array.Empty<OwnedVehicle>());
                break;
            case "die":
                records.Death(person, how);
                break;
            case "live":
                records.DeathTakenBack(person, how);
                break;
            case "forget-residence":
                world.Forget(index, FactKind.Residence);
                break;
            case "alter-residence" when person.Residence is { } residence:
                world.Set(index, FactKind.Residence, residence with { ExpiresOn = residence.ExpiresOn.PlusDays(30) });
                break;
            case "forget-visas":
                holdings.ForgetVisas(person);
                break;
            case "forget-labour" or "forget-domestic" or "forget-insurance" or "forget-social":
                holdings.ForgetNotices(person, act switch { "forget-labour" => LabourContracts.Name, "forget-domestic" => DomesticWork.Name, "forget-social" => SocialInsurance.Name, _ => HealthInsurance.Name });
                break;
            case "exit" or "enter":
                crossings.Record(person, act == "exit" ? MovementDirection.Out : MovementDirection.In, null, null, twice: false, forged: false, quiet: false);
                break;
            default:
                return Results.NotFound();
        }
        return Page.Done(request, $"/people/{index.ToString(CultureInfo.InvariantCulture)}", View(world, world.At(index)!));

        Instant? Seen(string agency) => knobs.Of(agency, person).LagMinutes is > 0 and var lag ? clock.Now() + Duration.FromMinutes(lag) : null;
    }

    /// <summary>The first people as JSON, one a line.</summary>
    internal static async Task PrintAsync(World world, int people, TextWriter to)
    {
        for (var index = 0; index < Math.Min(people, People.Size); index++)
        {
            if (world.At(index) is { } person)
            {
                await to.WriteLineAsync(System.Text.Json.JsonSerializer.Serialize(View(world, person), Wire.Options));
            }
        }
    }

    internal static PersonView View(World world, Person person) => new(
        world.People.InHandOf(person), person.Name.FullEn, person.Name.FullAr, person.Birth, person.Nationality.Code, person.Sex, person.Category, person.Occupation, person.EmployerNumber, person.Head, Stories.Of(person.Index)?.Expect);

    private static bool Matches(World world, int index, string[] words)
    {
        var person = world.At(index)!;
        return words.All(word => word.ToLowerInvariant() switch
        {
            "newcomer" => person.ResidentNumber is null,
            "resident" => person.ResidentNumber is not null,
            "establishment" => person.Category == ResidenceCategory.Establishment,
            "household" => person.Category == ResidenceCategory.Household,
            "dependent" => person.Category == ResidenceCategory.Dependent,
            "head" => person.Head == index,
            "child" => person.IsChild(world.People.Origin),
            "woman" => person.Sex == "F",
            "man" => person.Sex == "M",
            "nomobile" => person.Mobile is null,
            "discrepancy" => world.People.DiscrepancyOf(person) is not null,
            "clean" => world.People.DiscrepancyOf(person) is null,
            "story" => person.Story is not null,
            _ => person.Nationality.Code.Equals(word, StringComparison.OrdinalIgnoreCase) || world.People.DiscrepancyOf(person)?.ToString().Equals(word, StringComparison.OrdinalIgnoreCase) == true,
        });
    }

    private static Html Row(string name, string? value) => Html.Of($"<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>");

    private static Html Button(int index, string act, string label) => Html.Of($"<form method=\"post\" action=\"/people/{index}/acts/{act}\"><button class=\"quiet\">{label}</button></form>");

    private static Html Told(int index, string act, string label) => Html.Of($"""
        <form method="post" action="/people/{index}/acts/{act}"><button class="quiet">{label}</button> <label>Twice <input type="checkbox" name="twice" value="true"></label><label>Not told <input type="checkbox" name="quiet" value="true"></label><label>Minutes late <input name="late" type="number" min="0" value="0"></label></form>
        """);

    private static string Iso(LocalDate day) => LocalDatePattern.Iso.Format(day);
}
