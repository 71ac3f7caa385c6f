using Muqeem.Agencies;
using NodaTime;

namespace Muqeem.Sandbox.Population;

/// <summary>A person with a story: what is true of him, and what should come of it.</summary>
/// <param name="Expect">What a visitor of the demonstration will see.</param>
/// <param name="Adjust">Makes it so.</param>
internal sealed record Story(
    int Index, string Title, string Expect, string Nationality, string Sex, ResidenceCategory Category, bool Resident, Func<People, Person, Person> Adjust, int? Head = null, FamilyRelation? Relation = null,
    Discrepancy? Discrepancy = null);

/// <summary>The first people of every world. With the seed "muqeem" their numbers are those listed in people.md.</summary>
internal static class Stories
{
    /// <summary>So many places are kept for them; in those without a story live ordinary workers.</summary>
    public const int Reserved = 32;

    /// <summary>The household of the story about the quota: five more work there, whom nobody meets.</summary>
    public const int FullHousehold = 30 / People.HouseholdSpan;

    private const ResidenceCategory Establishment = ResidenceCategory.Establishment;
    private const ResidenceCategory Household = ResidenceCategory.Household;
    private const ResidenceCategory Dependent = ResidenceCategory.Dependent;

    private static readonly Story[] All =
    [
        new(0, "All records match", "Applies for the first ID; every check passes and the application goes to payment.", "BGD", "M", Establishment, false,
            (w, p) => Clean(w, p) with { Name = Name(3, "Mohammad|محمد", "Rafiqul|رفيق", "", "Islam|إسلام"), Birth = new(1991, 3, 14) }),
        new(1, "The name differs", "The passport spells the name in another way than the register: an officer compares.", "IND", "M", Establishment, false,
            (w, p) => Clean(w, p) with { Name = Name(2, "Mohammed|محمد", "Ashraf|أشرف", "", "Koya|كويا"), Birth = new(1988, 7, 2) }, Discrepancy: Discrepancy.Transliteration),
        new(2, "Not fit in the medical test", "The application for the first ID is refused, with the reason.", "NPL", "M", Establishment, false,
            (w, p) => Clean(w, p) with { Name = Name(3, "Bishnu|بيشنو", "Bahadur|بهادور", "", "Thapa|تابا"), Birth = new(1996, 11, 20), Fitness = new(false, w.Origin.PlusDays(-9), "Dammam Polyclinic") }),
        new(3, "Wanted", "Every service is refused and the person is referred to the authority.", "YEM", "M", Establishment, true,
            (w, p) => Clean(w, p) with { Name = Name(3, "Saleh|صالح", "Nasser|ناصر", "Ali|علي", "Al-Jabri|الجبري"), Birth = new(1984, 5, 9), Flags = [RegisterFlag.Wanted] }),
        new(4, "An unpaid traffic fine", "Renewal and visas wait until the fine is paid; paying it here clears the check within ten minutes.", "PAK", "M", Establishment, true,
            (w, p) => Clean(w, p) with
            {
                Name = Name(3, "Muhammad|محمد", "Imran|عمران", "", "Khattak|ختك"), Birth = new(1990, 2, 27),
                Violations = [new("00000041", People.At(w.Origin.PlusDays(-12), 61_200), "Riyadh", 50_000, ViolationStatus.Unpaid)],
            }),
        new(5, "No mobile on record", "Gets a limited account until a kiosk, the employer or an officer vouches for the telephone.", "SDN", "M", Establishment, false,
            (w, p) => Clean(w, p) with { Name = Name(3, "Eltayeb|الطيب", "Babiker|بابكر", "Osman|عثمان", "Abdelgadir|عبدالقادر"), Birth = new(1982, 9, 30), Mobile = null }),
        new(6, "A slow agency", "Labour contracts take eight seconds to answer: the case waits and goes on by itself.", "EGY", "M", Establishment, false,
            (w, p) => Clean(w, p) with { Name = Name(3, "Mohamed|محمد", "Ahmed|أحمد", "El-Sayed|السيد", "Metwally|متولي"), Birth = new(1993, 12, 5), SlowAgency = LabourContracts.Name }),
        new(7, "An agency is down", "Traffic does not answer for this person: the case names the agency and waits.", "SYR", "M", Establishment, true,
            (w, p) => Clean(w, p) with { Name = Name(3, "Mohammad|محمد", "Anwar|أنور", "Walid|وليد", "Al-Halabi|الحلبي"), Birth = new(1979, 4, 18), DownAgency = Traffic.Name }),
        new(8, "Head of a family", "Renews for himself and sees the dependents' dates and levy.", "JOR", "M", Establishment, true,
            (w, p) => Clean(w, p) with { Name = Name(3, "Samir|سمير", "Khaled|خالد", "Mahmoud|محمود", "Al-Hourani|الحوراني"), Birth = new(1978, 8, 21), Occupation = "P012", Relation = FamilyRelation.Head, Marital = MaritalStatus.Married }, Head: 8),
        new(9, "His wife", "A dependent with her own account; renewal waits for the head.", "JOR", "F", Dependent, true,
            (w, p) => Family(w, p) with { Name = Name(3, "Rania|رانيا", "Adel|عادل", "Yousef|يوسف", "Barakat|بركات"), Birth = new(1983, 1, 16), Marital = MaritalStatus.Married }, Head: 8, Relation: FamilyRelation.Wife),
        new(10, "His son of 22", "Renewal asks for proof of study.", "JOR", "M", Dependent, true,
            (w, p) => Family(w, p) with { Name = Name(3, "Omar|عمر", "Samir|سمير", "Khaled|خالد", "Al-Hourani|الحوراني"), Birth = w.Origin.PlusYears(-22).PlusDays(-100), Marital = MaritalStatus.Single }, Head: 8, Relation: FamilyRelation.Son),
        new(11, "His daughter, almost six", "Needs fingerprints in three months; nothing unrelated is blocked.", "JOR", "F", Dependent, true,
            (w, p) => Child(w, p) with { Name = Name(3, "Salma|سلمى", "Samir|سمير", "Khaled|خالد", "Al-Hourani|الحوراني"), Birth = w.Origin.PlusYears(-6).PlusMonths(3) }, Head: 8, Relation: FamilyRelation.Daughter),
        new(12, "His newborn son", "Born in the Kingdom six weeks ago, has no number yet.", "JOR", "M", Dependent, false,
            (w, p) => Child(w, p) with { Name = Name(3, "Yahya|يحيى", "Samir|سمير", "Khaled|خالد", "Al-Hourani|الحوراني"), Birth = w.Origin.PlusDays(-42), Entry = null, Movements = [], Fitness = null }, Head: 8, Relation: FamilyRelation.Son),
        new(13, "A household worker with one name", "Applies for the first ID; no surname is asked for. The household confirms in its own platform and pays.", "IDN", "F", Household, false,
            (w, p) => Clean(w, p) with { Name = Names.Mononym(new("Suhartini", "سوهارتيني")), Birth = new(1994, 6, 11), Occupation = "P069" }),
        new(14, "Entered four months ago", "The first ID is late: the employer's fine is shown before anybody pays.", "EGY", "M", Establishment, false,
            (w, p) => Clean(w, p) is var q ? q with
            {
                Name = Name(3, "Ayman|أيمن", "Mostafa|مصطفى", "Ibrahim|إبراهيم", "Shehata|شحاتة"), Birth = new(1990, 8, 1),
                Entry = q.Entry! with { At = People.At(w.Origin.PlusDays(-120), 40_000) },
                Movements = [q.Movements[0] with { At = People.At(w.Origin.PlusDays(-120), 40_000) }],
                VisaIssuedOn = w.Origin.PlusDays(-150), ContractStart = w.Origin.PlusDays(-120), Fitness = new(true, w.Origin.PlusDays(-10), "Al Olaya Medical Centre"),
            } : p),
        new(15, "The residence has expired", "Ten days late: renewal shows the fine and who must act.", "IND", "M", Establishment, true,
            (w, p) => Expiring(w, Clean(w, p), -10) with { Name = Names.Mononym(new("Murugan", "موروغان")), Birth = new(1985, 1, 1) }),
        new(16, "Services suspended by a court", "Every service is refused until the order is lifted; the order's number is shown.", "LBN", "M", Establishment, true,
            (w, p) => Clean(w, p) with
            {
                Name = Name(3, "Rami|رامي", "Nabil|نبيل", "Hassan|حسن", "Haddad|حداد"), Birth = new(1981, 3, 8),
                Suspensions = [new("4400012345", SuspensionScope.AllServices, "Enforcement Court, Riyadh", w.Origin.PlusDays(-60), null)],
            }),
        new(17, "Reported absent", "The worker sees the report and may object.", "UGA", "F", Household, true,
            (w, p) => Clean(w, p) with { Name = Name(3, "Grace|غريس", "", "", "Nakato|ناكاتو"), Birth = new(1998, 2, 14), Flags = [RegisterFlag.Absent], AbsentSince = w.Origin.PlusDays(-20) }),
        new(18, "Outside the Kingdom", "Left on a return visa; the extension is offered from abroad.", "PHL", "F", Establishment, true,
            (w, p) => Clean(w, p) is var q ? q with
            {
                Name = Name(3, "Maria Cristina|ماريا كريستينا", "Reyes|رييس", "", "Dela Peña|ديلا بينيا"), Birth = new(1989, 9, 9), Occupation = "P005",
                Movements = [new(MovementDirection.Out, "King Khalid International Airport", People.At(w.Origin.PlusDays(-25), 30_000), "100200300", q.Passports[0].Number), .. q.Movements],
            } : p),
        new(19, "The passport expires in forty days", "An exit and return visa is refused until the passport is renewed; renewing the residence is not.", "EGY", "F", Establishment, true,
            (w, p) => Clean(w, p) is var q ? q with
            {
                Name = Name(3, "Heba|هبة", "Mahmoud|محمود", "Abdullah|عبدالله", "El-Gohary|الجوهري"), Birth = new(1992, 4, 25), Occupation = "P005",
                Passports = [q.Passports[0] with { IssueDate = w.Origin.PlusDays(40).PlusYears(-7), ExpiryDate = w.Origin.PlusDays(40) }, .. q.Passports.Skip(1)],
            } : p),
        new(20, "Only the year of birth is known", "The year is compared and nothing is made up.", "AFG", "M", Establishment, true,
            (w, p) => Clean(w, p) with { Name = Name(3, "Ghulam|غلام", "", "", "Noorzai|نورزي"), Birth = new(1975, 1, 1), Precision = DatePrecision.Year }),
        new(21, "A name longer than the passport's lines", "The record keeps every letter; only print is cut.", "LKA", "M", Establishment, true,
            (w, p) => Clean(w, p) with { Name = Name(3, "Wijesinghe Arachchilage|ويجيسينغ أراتشيلاغي", "Chaminda Priyantha|تشاميندا بريانتا", "Kumara|كومارا", "Wickramasinghe Dissanayake|ويكراماسينغ ديساناياكي"), Birth = new(1980, 12, 31) }),
        new(22, "No biometrics yet", "The application asks for an enrolment appointment.", "KEN", "F", Household, false,
            (w, p) => Clean(w, p) with { Name = Name(3, "Faith|فيث", "", "", "Wanjiku|وانجيكو"), Birth = new(1999, 5, 5), Biometrics = new(false, false, null) }),
        new(23, "Health cover is missing", "Buying it here shows up only after the insurers' delay.", "BGD", "M", Establishment, false,
            (w, p) => Clean(w, p) with { Name = Name(3, "Md|محمد", "Sohel|سهيل", "", "Howlader|هاولادر"), Birth = new(1995, 8, 17), Cover = null }),
        new(24, "One person, two records", "Shares the biometric reference of the next person: a second residence is not issued.", "MMR", "M", Establishment, true,
            (w, p) => Clean(w, p) with { Name = Name(3, "Nurul|نور", "", "", "Amin|أمين"), Birth = new(1987, 1, 1), Biometrics = new(true, true, "BIO-00000000000000D2") }),
        new(25, "The same person as a newcomer", "Came again on a new visa; the register knows the fingerprints.", "MMR", "M", Establishment, false,
            (w, p) => Clean(w, p) with { Name = Name(3, "Noor|نور", "", "", "Amin|أمين"), Birth = new(1987, 1, 1), Biometrics = new(true, true, "BIO-00000000000000D2") }),
        new(26, "The old passport in hand", "The register knows the new one; the page says which number is meant.", "SDN", "M", Establishment, true,
            (w, p) => Clean(w, p) is var q ? q with
            {
                Name = Name(3, "Idris|إدريس", "Adam|آدم", "Ishag|إسحاق", "Hamid|حامد"), Birth = new(1977, 6, 6),
                Passports =
                [
                    q.Passports[0] with { IssueDate = w.Origin.PlusDays(-90), ExpiryDate = w.Origin.PlusDays(-90).PlusYears(5), Status = PassportStatus.Valid },
                    new(w.PassportNumber(26, 1, "SDN", w.DiceOf(26)), "SDN", PassportType.Ordinary, w.Origin.PlusDays(-60).PlusYears(-5), w.Origin.PlusDays(60), null, PassportStatus.Replaced),
                ],
            } : p, Discrepancy: Discrepancy.OldPassportNumber),
        new(27, "A resident whose renewal is simple", "Two weeks before the end of the term, all records in order.", "PHL", "M", Establishment, true,
            (w, p) => Expiring(w, Clean(w, p), 14) with { Name = Name(3, "Jose|خوسيه", "Santos|سانتوس", "", "De La Cruz|دي لا كروز"), Birth = new(1986, 10, 12), Occupation = "P058" }),
        new(28, "A travel ban", "Visas are refused; other services are not.", "TUR", "M", Establishment, true,
            (w, p) => Clean(w, p) with { Name = Name(3, "Mehmet|محمد", "", "", "Öztürk|أوزتورك"), Birth = new(1983, 7, 29), Flags = [RegisterFlag.TravelBan] }),
        new(29, "An owner of a vehicle", "The final exit waits until the vehicle is sold or cancelled. Social insurance names another employer: the renewal says so and goes on.", "IND", "M", Establishment, true,
            (w, p) => Clean(w, p) with { Name = Name(3, "Shaji|شاجي", "", "", "Varghese|فارغيز"), Birth = new(1976, 3, 3), Vehicles = [new("100000029", "ا ب ح 2929", "ABJ 2929", w.Origin.PlusDays(300), false)], RegisteredBy = w.EstablishmentAt(29).Unified }),
        new(30, "A household beyond its quota", "Works for a citizen with more than four workers: the levy of the extra ones is due.", "ETH", "F", Household, true,
            (w, p) => Clean(w, p) with { Name = Name(2, "Almaz|ألماظ", "Tesfaye|تسفاي", "Bekele|بيكيلي", ""), Birth = new(1997, 10, 3), Occupation = "P069" }),
        new(31, "Three problems at once", "A court's order that was lifted still stands in the register, health cover is missing, and the name is easily mistyped: all three are shown with their remedies; one is contested, two are mended.", "PAK", "M", Establishment, false,
            (w, p) => Clean(w, p) with
            {
                Name = Name(3, "Muhammad|محمد", "Bilal|بلال", "", "Qureshi|قريشي"), Birth = new(1992, 9, 18), Cover = null,
                Suspensions = [new("4400098765", SuspensionScope.AllServices, "Enforcement Court, Jeddah", w.Origin.PlusDays(-15), null)],
            }),
    ];

    private static readonly Dictionary<int, Story> ByIndex = All.ToDictionary(story => story.Index);

    public static IReadOnlyList<Story> List => All;

    public static Story? Of(int index) => index < Reserved && ByIndex.TryGetValue(index, out var story) ? story : null;

    // Nothing stands against the person, and every record is there and in order.
    private static Person Clean(People world, Person person)
    {
        var entered = world.Origin.PlusDays(-20);
        var employer = person.Establishment is { } drawn ? Enumerable.Range(drawn, 100).First(i => !world.EstablishmentAt(i).Suspended) : (int?)null;
        var newcomer = person.ResidentNumber is null;
        var entry = newcomer ? person.Entry! with { At = People.At(entered, 40_000) } : person.Entry!;
        var passport = person.Passports[0] with { IssueDate = world.Origin.PlusYears(-2).PlusDays(-person.Index), ExpiryDate = world.Origin.PlusYears(3).PlusDays(-person.Index), Status = PassportStatus.Valid };
        return Expiring(world, person with
        {
            Establishment = employer,
            EmployerNumber = employer is { } at ? world.EstablishmentNumberOf(at) : person.EmployerNumber,
            Precision = DatePrecision.Day,
            Alive = true,
            Flags = [],
            Violations = [],
            Vehicles = [],
            Suspensions = [],
            AbsentSince = null,
            Marital = MaritalStatus.Single,
            Mobile = world.MobileOf(person.Index),
            Language = person.Nationality.Languages[0],
            Biometrics = person.Biometrics with { Fingerprint = true, Face = true },
            Passports = newcomer ? [passport] : [passport, .. person.Passports.Skip(1).Where(old => old.ExpiryDate < world.Origin)],
            Entry = entry,
            VisaIssuedOn = newcomer ? entered.PlusDays(-30) : person.VisaIssuedOn,
            ContractStart = newcomer ? entered : person.ContractStart,
            Movements = newcomer
                ? [new(MovementDirection.In, entry.Port, entry.At, entry.VisaNumber, passport.Number)]
                : person.Movements[0].Direction == MovementDirection.Out ? [.. person.Movements.Skip(1)] : person.Movements,
            Fitness = new(true, newcomer ? world.Origin.PlusDays(-10) : person.Entry!.At.InUtc().Date.PlusDays(5), "Al Olaya Medical Centre"),
            Cover = new("Rawabi Health Cover", "29-" + People.Digits(1_000_000 + person.Index, 7), "C", newcomer ? entered : world.Origin.PlusDays(-30), world.Origin.PlusDays(1000)),
        }, 60);
    }

    private static Person Expiring(People world, Person person, int days) => person.Residence is not { } residence ? person : person with
    {
        Residence = residence with
        {
            ExpiresOn = world.Origin.PlusDays(days),
            IssuedOn = world.Origin.PlusDays(days).PlusYears(-1),
            Status = days < 0 ? ResidenceStatus.Expired : ResidenceStatus.Active,
        },
    };

    private static Person Family(People world, Person person) => Clean(world, person with { Entry = person.Entry ?? new(person.VisaNumber, People.At(world.Origin.PlusYears(-3), 50_000), "King Khalid International Airport"), Movements = person.Movements.Count > 0 ? person.Movements : [new(MovementDirection.In, "King Khalid International Airport", People.At(world.Origin.PlusYears(-3), 50_000), person.VisaNumber, person.Passports[0].Number)] });

    private static Person Child(People world, Person person) =>
        Family(world, person) with { Mobile = null, Email = null, LicenceUntil = null, Marital = MaritalStatus.Single, Biometrics = new(false, true, person.Biometrics.Reference) };

    // "Latin|Arabic" per part, empty for none.
    private static PersonName Name(int given, params ReadOnlySpan<string> parts)
    {
        var all = new NamePart[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            var bar = parts[i].IndexOf('|', StringComparison.Ordinal);
            all[i] = bar < 0 ? new("", "") : new(parts[i][..bar], parts[i][(bar + 1)..]);
        }
        return Names.Make(all, given, -1);
    }
}
