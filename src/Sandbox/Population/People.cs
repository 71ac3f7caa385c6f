using System.Globalization;
using Muqeem.Agencies;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Sandbox.Population;

/// <summary>
/// Five million people that cost nothing: each is computed when asked for, and found by any of his numbers, because every number is a permutation of the index.
/// Blocks of sixteen: a head of family at the first place with his dependents after him, then single workers of establishments and households.
/// </summary>
public sealed class People
{
    /// <summary>Residents get 200… to 204…; 205… to 209… are left for those to whom Muqeem gives numbers.</summary>
    public const int Size = 5_000_000;
    public const int Block = 16;
    public const int Establishments = 90_000;

    /// <summary>So many consecutive people may work in one household.</summary>
    public const int HouseholdSpan = 6;

    private static readonly string[] Insurers = ["Najd Cooperative Insurance", "Rawabi Health Cover", "Tihama Insurance", "Wadi Takaful"];
    private static readonly string[] Facilities = ["Al Olaya Medical Centre", "Jeddah Fitness Clinic", "Dammam Polyclinic", "Madinah Health Centre No. 4", "Khamis Mushait Clinic"];
    private static readonly string[] Ports = ["King Khalid International Airport", "King Abdulaziz International Airport", "King Fahd International Airport", "Prince Mohammad bin Abdulaziz Airport", "King Fahd Causeway", "Al Batha", "Al Wadiah"];

    private readonly ulong _seed;
    private readonly NumberPermutation _residents;
    private readonly NumberPermutation _borders;
    private readonly NumberPermutation _visas;
    private readonly NumberPermutation _passports;
    private readonly NumberPermutation _mobiles;
    private readonly NumberPermutation _establishments;
    private readonly NumberPermutation _citizens;
    private readonly NumberPermutation _addresses;

    /// <param name="seed">Another seed is another world.</param>
    /// <param name="origin">The day on which the world began: terms and expiries lie around it.</param>
    public People(string seed, LocalDate origin)
    {
        Seed = seed;
        Origin = origin;
        _seed = Dice.SeedOf(seed);
        _residents = new(Dice.KeyOf(seed, "residents"), Size, 1);
        _borders = new(Dice.KeyOf(seed, "borders"), 1_000_000_000, 2);
        _visas = new(Dice.KeyOf(seed, "visas"), 1_000_000_000, 3);
        _passports = new(Dice.KeyOf(seed, "passports"), 10_000_000, 4);
        _mobiles = new(Dice.KeyOf(seed, "mobiles"), 100_000_000, 5);
        _establishments = new(Dice.KeyOf(seed, "establishments"), 1_000_000_000, 6);
        _citizens = new(Dice.KeyOf(seed, "citizens"), 10_000_000, 7);
        _addresses = new(Dice.KeyOf(seed, "addresses"), 26 * 26 * 26 * 9000L, 8);
    }

    public string Seed { get; }

    public LocalDate Origin { get; }

    public Person At(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Size);
        var story = Stories.Of(index);
        var person = Build(index, story);
        if (story is null)
        {
            return person;
        }
        person = story.Adjust(this, person) with { Story = story.Title };
        return person.Residence is { } residence ? person with { Residence = residence with { OccupationCode = person.Occupation, EmployerNumber = person.EmployerNumber } } : person;
    }

    /// <summary>The person with this resident or border number, as the world began; null when there is none.</summary>
    public Person? ByNumber(string number) => number switch
    {
        _ when number.Length != 10 || !number.All(char.IsAsciiDigit) => null,
        ['2', '0', ..] when Body(number, 2, 7) is < Size and var payload && At((int)_residents.Back(payload)) is var person && person.ResidentNumber == number => person,
        ['3', ..] when _borders.Back(Body(number, 1, 9)) is < Size and var index => At((int)index),
        _ => null,
    };

    /// <summary>The person who has or had this passport.</summary>
    public Person? ByPassport(string issuer, string number)
    {
        var digits = number.TrimEnd([.. Enumerable.Range('A', 26).Select(c => (char)c)]);
        if (digits.Length < 7 || !digits[^7..].All(char.IsAsciiDigit))
        {
            return null;
        }
        var person = At((int)(_passports.Back(Body(digits, digits.Length - 7, 7)) % Size));
        return person.Passports.Any(passport => passport.Number == number && passport.Issuer == issuer) ? person : null;
    }

    public Person? ByVisa(string number) =>
        number.Length == 10 && number.All(char.IsAsciiDigit) && number[0] == '6' && _visas.Back(Body(number, 1, 9)) is < Size and var index ? At((int)index) : null;

    public Person? ByMobile(string mobile) =>
        mobile.Length == 13 && mobile.StartsWith("+9665", StringComparison.Ordinal) && mobile.AsSpan(5).ToString().All(char.IsAsciiDigit)
        && _mobiles.Back(Body(mobile, 5, 8)) is < Size and var index && At((int)index) is var person && person.Mobile == mobile ? person : null;

    /// <summary>Somebody who lives at this short address.</summary>
    public Person? ByShortAddress(string text)
    {
        if (text.Length != 8 || !text.AsSpan(0, 4).ToString().All(char.IsAsciiLetterUpper) || !text.AsSpan(4).ToString().All(char.IsAsciiDigit) || Body(text, 4, 4) < 1000)
        {
            return null;
        }
        var letters = ((text[1] - 'A') * 676) + ((text[2] - 'A') * 26) + (text[3] - 'A');
        return _addresses.Back((letters * 9000L) + Body(text, 4, 4) - 1000) is < Size and var index && At((int)index) is var person && person.Address?.Short == text ? person : null;
    }

    public Agencies.Establishment? EstablishmentBy(string unified) =>
        unified.Length == 10 && unified[0] == '7' && unified.All(char.IsAsciiDigit) && _establishments.Back(Body(unified, 1, 9)) is < Establishments and var index ? EstablishmentAt((int)index) : null;

    public Agencies.Establishment EstablishmentAt(int index)
    {
        var dice = Dice.Of(_seed ^ 0xE57A_B115_4000_0001UL, index);
        var sector = Sectors.At(dice.Weighted(Sectors.Weights, Topic.EstablishmentSector));
        var word = dice.Pick(Sectors.Words, Topic.EstablishmentName);
        var company = dice.Chance(0.35, Topic.EstablishmentName, 1);
        // Low indices are drawn far more often (see Worker), so they are the large employers.
        var foreigners = (int)Math.Max(1, 1200 * Math.Pow(index + 1, -0.5) * (0.6 + dice.Unit(Topic.EstablishmentSize)));
        var band = dice.Weighted([10, 30, 35, 21, 4], Topic.EstablishmentBand);
        var share = band switch { 0 => 0.6, 1 => 0.42, 2 => 0.3, 3 => 0.18, _ => 0.04 };
        return new(
            EstablishmentNumberOf(index),
            $"{(company ? "شركة" : "مؤسسة")} {word.Ar} {sector.NameAr}",
            $"{word.En} {sector.NameEn} {(company ? "Co." : "Est.")}",
            band switch { 0 => "PLATINUM", 1 => "GREEN_HIGH", 2 => "GREEN_MEDIUM", 3 => "GREEN_LOW", _ => "RED" },
            (int)(foreigners * share / (1 - share)),
            foreigners,
            sector.Industrial && dice.Chance(0.9, Topic.EstablishmentBand, 1),
            dice.Chance(0.006, Topic.EstablishmentBand, 2));
    }

    public string EstablishmentNumberOf(int index) => "7" + Digits(_establishments.Forward(index), 9);

    /// <summary>The household that this citizen or resident keeps; null when nobody works there.</summary>
    public Employer? HouseholdBy(string number)
    {
        if (number.Length != 10 || !number.All(char.IsAsciiDigit))
        {
            return null;
        }
        if (number[0] == '1' && number[1] == '0')
        {
            var household = _citizens.Back(Body(number, 2, 7));
            return household < (Size / HouseholdSpan) + 1 ? WorkersOf((int)household).FirstOrDefault(worker => worker.Household?.Number == number)?.Household : null;
        }
        return ByNumber(number) is { } resident
            ? Enumerable.Range(resident.Index / Block * Block, Block).Where(i => i < Size).Select(At).FirstOrDefault(worker => worker.Household?.Number == number)?.Household
            : null;
    }

    /// <summary>A citizen who keeps a household.</summary>
    public Employer? CitizenBy(string number) => number is ['1', ..] ? HouseholdBy(number) : null;

    /// <summary>A reference to a portrait, from which nothing can be read.</summary>
    public string PhotoOf(int index) => "ph-" + Digits(_passports.Forward(index), 7);

    public Person? ByPhoto(string reference) =>
        reference.Length == 10 && reference.StartsWith("ph-", StringComparison.Ordinal) && reference.AsSpan(3).ToString().All(char.IsAsciiDigit) && _passports.Back(Body(reference, 3, 7)) is < Size and var index ? At((int)index) : null;

    /// <summary>Everybody in the family of this head, the head first.</summary>
    public IReadOnlyList<Person> FamilyOf(int head) =>
        [.. Enumerable.Range(head, Math.Min(Block, Size - head)).Select(At).Where(person => person.Index == head || person.Head == head)];

    private Person Build(int index, Story? story)
    {
        var dice = Dice.Of(_seed, index);
        var first = index / Block * Block;
        var slot = index - first;
        var scripted = index < Stories.Reserved;
        var dependents = scripted ? 0 : Dependents(first);
        int? head = story?.Head ?? (slot > 0 && slot <= dependents ? first : null);
        var isHead = story?.Head == index || (!scripted && slot == 0 && dependents > 0);
        if (head is { } of && of != index)
        {
            return Dependent(index, of, slot, dice, story);
        }

        var nationality = story?.Nationality is { } code ? Places.Nationality(code) : Places.Nationalities[dice.Weighted(Places.NationalityWeights, Topic.Nationality)];
        var sex = story?.Sex ?? (isHead ? dice.Chance(0.96, Topic.Sex) ? "M" : "F" : dice.Chance(Sectors.Women(nationality.Code), Topic.Sex) ? "F" : "M");
        var category = story?.Category ?? (!isHead && dice.Chance(Sectors.InHouseholds(nationality.Code, sex), Topic.Kind) ? ResidenceCategory.Household : ResidenceCategory.Establishment);
        var resident = story?.Resident ?? (isHead || dice.Chance(0.66, Topic.Resident));
        var age = (isHead ? 29 : 21) + (int)(34 * (dice.Unit(Topic.Age) + dice.Unit(Topic.Age, 1)) / 2);
        var (birth, precision) = BirthOf(dice, Origin.PlusYears(-age), nationality);
        var name = Names.Draw(nationality.Culture, sex, dice);
        var worker = category == ResidenceCategory.Household ? Domestic(index, sex, dice) : Establishment(sex, dice);
        return Common(index, dice, nationality, sex, name, birth, precision, category, worker.Occupation, resident, worker.EmployerNumber, null, index) with
        {
            Establishment = worker.Establishment,
            Household = worker.Household,
            Head = isHead ? index : null,
            Relation = isHead ? FamilyRelation.Head : null,
            Marital = isHead ? MaritalStatus.Married : age < 27 || dice.Chance(0.2, Topic.Marital) ? MaritalStatus.Single : dice.Chance(0.04, Topic.Marital, 1) ? MaritalStatus.Divorced : MaritalStatus.Married,
            WageHalalas = Sectors.Wage(worker.Occupation, dice),
        };
    }

    private Person Dependent(int index, int headIndex, int slot, Dice dice, Story? story)
    {
        var head = At(headIndex);
        var dependents = story is null ? Dependents(headIndex) : 0;
        var headDice = Dice.Of(_seed, headIndex);
        var muslim = head.Nationality.Culture is not ("western" or "eastasia" or "philippines" or "nepal");
        var relation = story?.Relation
            ?? (slot == 1 && dice.Chance(0.93, Topic.SpouseKind) ? head.Sex == "M" ? FamilyRelation.Wife : FamilyRelation.Husband
                : slot == 2 && muslim && head.Sex == "M" && headDice.Chance(0.015, Topic.SecondWife) ? FamilyRelation.Wife
                : slot == dependents && dependents > 1 && headDice.Chance(0.08, Topic.Parent) ? dice.Chance(0.7, Topic.Sex) ? FamilyRelation.Mother : FamilyRelation.Father
                : dice.Chance(0.51, Topic.Sex) ? FamilyRelation.Son : FamilyRelation.Daughter);
        var sex = relation is FamilyRelation.Wife or FamilyRelation.Daughter or FamilyRelation.Mother ? "F" : "M";
        var child = relation is FamilyRelation.Son or FamilyRelation.Daughter;
        var headAge = Period.Between(head.Birth, Origin, PeriodUnits.Years).Years;
        var nationality = !child && dice.Chance(0.03, Topic.Nationality, 1) ? Places.Nationalities[dice.Weighted(Places.NationalityWeights, Topic.Nationality)] : head.Nationality;
        LocalDate birth;
        var precision = DatePrecision.Day;
        if (child)
        {
            // Days, not years: some were born last week. Those with a residence are at least two months old.
            var oldest = Math.Max(1, Math.Min(24, headAge - 20)) * 365;
            birth = Origin.PlusDays(-dice.Between(20, oldest, Topic.ChildAge));
        }
        else
        {
            (birth, precision) = BirthOf(dice, Origin.PlusYears(-(relation is FamilyRelation.Mother or FamilyRelation.Father ? headAge + 21 + dice.Below(12, Topic.Age) : Math.Max(19, headAge - dice.Below(10, Topic.Age)))), nationality);
        }
        var age = Period.Between(birth, Origin, PeriodUnits.Days).Days;
        var resident = story?.Resident ?? (head.ResidentNumber is not null && age > 60 && dice.Chance(0.9, Topic.Resident));
        var fatherPart = child && head.Sex == "M" && head.Name.En.Count == 4 ? new NamePart(head.Name.En[0], head.Name.Ar[0]) : null;
        var familyPart = child && head.Name.En.Count == 4 && head.Name.En[3].Length > 0 ? new NamePart(head.Name.En[3], head.Name.Ar[3]) : null;
        var name = Names.Draw(nationality.Culture, sex, dice, fatherPart, familyPart);
        var bornHere = child && dice.Chance(0.55, Topic.Entry, 1);
        var person = Common(index, dice, nationality, sex, name, birth, precision, ResidenceCategory.Dependent, "P075", resident, null, head, headIndex);
        return person with
        {
            Head = headIndex,
            Relation = relation,
            Marital = child ? MaritalStatus.Single : relation is FamilyRelation.Mother or FamilyRelation.Father ? dice.Chance(0.5, Topic.Marital) ? MaritalStatus.Widowed : MaritalStatus.Married : MaritalStatus.Married,
            Mobile = birth.PlusYears(18) > Origin ? null : person.Mobile,
            Email = birth.PlusYears(18) > Origin ? null : person.Email,
            Biometrics = birth.PlusYears(6) > Origin ? person.Biometrics with { Fingerprint = false } : person.Biometrics,
            Entry = bornHere ? null : person.Entry,
            Movements = bornHere ? [] : person.Movements,
            WageHalalas = 0,
        };
    }

    private Person Common(
        int index, Dice dice, NationalityRow nationality, string sex, PersonName name, LocalDate birth, DatePrecision precision, ResidenceCategory category, string occupation, bool resident,
        string? employer, Person? head, int addressOf)
    {
        var residentNumber = resident ? ResidentNumberOf(index) : null;
        var visa = "6" + Digits(_visas.Forward(index), 9);
        var border = "3" + Digits(_borders.Forward(index), 9);
        var adult = birth.PlusYears(18) <= Origin;

        // Newcomers are within their first three months, a few later; residents came years ago, children not before their birth.
        var enteredOn = resident
            ? LocalDate.Max(birth.PlusDays(30), Origin.PlusDays(-dice.Between(400, 4200, Topic.Entry)))
            : LocalDate.Max(birth, Origin.PlusDays(-(dice.Chance(0.03, Topic.Entry, 2) ? dice.Between(91, 160, Topic.Entry) : dice.Between(3, 85, Topic.Entry))));
        var entry = new RegisteredEntry(visa, At(enteredOn, dice.Below(86_400, Topic.Entry, 3)), dice.Pick(Ports, Topic.Port));
        var passports = PassportsOf(index, nationality, birth, resident, dice);

        RegisteredResidence? residence = null;
        if (residentNumber is not null)
        {
            var expires = dice.Chance(0.04, Topic.Residence) ? Origin.PlusDays(-dice.Between(1, 45, Topic.Residence, 1)) : Origin.PlusDays(dice.Between(1, 400, Topic.Residence, 2));
            if (head?.Residence is { } heads)
            {
                expires = heads.ExpiresOn; // a dependent's term ends with the head's
            }
            var issued = LocalDate.Min(LocalDate.Max(enteredOn, expires.PlusYears(-1)), expires.PlusDays(-1));
            residence = new(
                residentNumber, category, employer, head?.Number, occupation, issued, expires, 1 + dice.Below(4, Topic.Version),
                expires < Origin ? ResidenceStatus.Expired : ResidenceStatus.Active);
        }

        var cover = !dice.Chance(category switch { ResidenceCategory.Establishment => 0.93, ResidenceCategory.Household => 0.8, _ => 0.91 }, Topic.Insurance)
            ? null
            : new Cover(
                dice.Pick(Insurers, Topic.Insurance, 1), $"{dice.Between(10, 99, Topic.Insurance, 2)}-{Digits(dice.Below(10_000_000, Topic.Insurance, 3), 7)}", dice.Pick(["C", "C", "C", "B", "B", "A", "VIP"], Topic.Insurance, 4),
                LocalDate.Max(enteredOn, Origin.PlusDays(-dice.Between(0, 60, Topic.Insurance, 5))),
                // Most have cover beyond the next renewal; some only until the present term ends.
                dice.Chance(0.86, Topic.InsuranceTo) ? Origin.PlusDays(dice.Between(800, 1100, Topic.InsuranceTo, 1)) : (residence?.ExpiresOn ?? Origin).PlusDays(dice.Between(30, 120, Topic.InsuranceTo, 2)));
        var fitness = resident
            ? new Fitness(true, enteredOn.PlusDays(5), dice.Pick(Facilities, Topic.Medical, 1))
            : dice.Unit(Topic.Medical) switch
            {
                < 0.10 => null,
                < 0.12 => new Fitness(false, LocalDate.Min(Origin, enteredOn.PlusDays(2)), dice.Pick(Facilities, Topic.Medical, 1)),
                _ => new Fitness(true, LocalDate.Min(Origin, enteredOn.PlusDays(2)), dice.Pick(Facilities, Topic.Medical, 1)),
            };

        List<RegisterFlag> flags = [];
        if (dice.Chance(0.002, Topic.Flags))
        {
            flags.Add(RegisterFlag.Wanted);
        }
        if (dice.Chance(0.003, Topic.Flags, 1))
        {
            flags.Add(RegisterFlag.TravelBan);
        }
        var absent = category != ResidenceCategory.Dependent && resident && dice.Chance(0.008, Topic.Flags, 2);
        if (absent)
        {
            flags.Add(RegisterFlag.Absent);
        }
        var suspended = adult && dice.Chance(0.005, Topic.Suspension);
        var language = dice.Weighted([70, 17, 8, 3, 1, 1], Topic.Language);
        return new Person
        {
            Index = index,
            Nationality = nationality,
            Sex = sex,
            Name = name,
            Birth = birth,
            Precision = precision,
            Category = category,
            Occupation = occupation,
            ResidentNumber = residentNumber,
            BorderNumber = border,
            VisaNumber = visa,
            VisaIssuedOn = enteredOn.PlusDays(-dice.Between(10, 80, Topic.Entry, 4)),
            Passports = passports,
            Mobile = dice.Chance(resident ? 0.95 : 0.88, Topic.Mobile) ? MobileOf(index) : null,
            Email = dice.Chance(0.4, Topic.Email) ? $"p{index.ToString(CultureInfo.InvariantCulture)}@people.example" : null,
            Language = nationality.Languages[Math.Min(language, nationality.Languages.Count - 1)],
            Marital = MaritalStatus.Unknown,
            Alive = !dice.Chance(0.0005, Topic.Alive),
            Flags = flags,
            Biometrics = new(resident || dice.Chance(0.97, Topic.Biometrics), resident || dice.Chance(0.98, Topic.Biometrics, 1), "BIO-" + dice.Bits(Topic.Biometrics, 2).ToString("X16", CultureInfo.InvariantCulture)),
            Entry = entry,
            Residence = residence,
            Movements = MovementsOf(dice, entry, passports, resident, enteredOn),
            Fitness = fitness,
            Cover = cover,
            Violations = adult && sex == "M" && dice.Chance(0.12, Topic.Violations) ? ViolationsOf(index, dice) : [],
            Vehicles = adult && resident && dice.Chance(0.13, Topic.Vehicle) ? VehiclesOf(dice) : [],
            LicenceUntil = adult && resident && sex == "M" && dice.Chance(0.4, Topic.Licence) ? Origin.PlusDays(dice.Between(-200, 3000, Topic.Licence, 1)) : null,
            Suspensions = suspended ? [new(Digits(dice.Below(100_000_000, Topic.Suspension, 1), 10), SuspensionScope.AllServices, "Enforcement Court, Riyadh", Origin.PlusDays(-dice.Between(5, 300, Topic.Suspension, 2)), null)] : [],
            Address = AddressOf(addressOf, Dice.Of(_seed, addressOf)),
            WageHalalas = 0,
            ContractStart = enteredOn,
            AbsentSince = absent ? Origin.PlusDays(-dice.Between(3, 50, Topic.Flags, 3)) : null,
            EmployerNumber = employer,
        };
    }

    // How many of the places after the first are this head's dependents.
    private int Dependents(int first)
    {
        ReadOnlySpan<int> weights = [25, 8, 15, 17, 17, 10, 5, 3];
        return Math.Min(Dice.Of(_seed, first).Weighted(weights, Topic.FamilySize), Math.Max(0, Size - first - 1));
    }

    private (LocalDate Birth, DatePrecision Precision) BirthOf(Dice dice, LocalDate latest, NationalityRow nationality)
    {
        var day = latest.PlusDays(-dice.Below(365, Topic.BirthDay));
        var (year, month, heap) = nationality.BirthOftenIncomplete ? (0.07, 0.02, 0.12) : (0.002, 0.001, 0.01);
        return dice.Unit(Topic.BirthPrecision) is var unknown && unknown < year ? (new(day.Year, 1, 1), DatePrecision.Year)
            : unknown < year + month ? (new(day.Year, day.Month, 1), DatePrecision.Month)
            : dice.Chance(heap, Topic.BirthHeap) ? (new(day.Year, 1, 1), DatePrecision.Day)
            : (day, DatePrecision.Day);
    }

    private IReadOnlyList<RegisteredPassport> PassportsOf(int index, NationalityRow nationality, LocalDate birth, bool resident, Dice dice)
    {
        var child = birth.PlusYears(15) > Origin;
        var years = child || nationality.Culture is "pakistan" or "ethiopia" or "sudan" or "levant" or "yemen" ? 5 : 10;
        var left = resident
            ? dice.Chance(0.015, Topic.PassportIssue) ? -dice.Between(2, 120, Topic.PassportIssue, 1) : dice.Between(20, (years * 365) - 40, Topic.PassportIssue, 2)
            : dice.Between(240, (years * 365) - 120, Topic.PassportIssue, 2);
        var expiry = Origin.PlusDays(left);
        var issue = LocalDate.Max(birth.PlusDays(8), expiry.PlusYears(-years));
        var all = new List<RegisteredPassport>
        {
            new(PassportNumber(index, 0, nationality.Code, dice), nationality.Code, PassportType.Ordinary, issue, expiry, null, expiry < Origin ? PassportStatus.Expired : PassportStatus.Valid),
        };
        if (!child && birth.PlusYears(16 + years) < issue && dice.Chance(0.6, Topic.PassportOld))
        {
            var until = issue.PlusDays(dice.Between(10, 200, Topic.PassportOld, 1));
            all.Add(new(PassportNumber(index, 1, nationality.Code, dice), nationality.Code, PassportType.Ordinary, until.PlusYears(-years), until, null, PassportStatus.Replaced));
        }
        return all;
    }

    /// <param name="generation">0 for the present passport, 1 for the one before.</param>
    internal string PassportNumber(int index, int generation, string nationality, Dice dice)
    {
        var body = Digits(_passports.Forward(index + ((long)generation * Size)), 7);
        var digit = (char)('1' + dice.Below(9, Topic.Passport, generation));
        var letter = (char)('A' + dice.Below(26, Topic.Passport, generation + 10));
        return nationality switch
        {
            "BGD" or "EGY" => $"A{digit}{body}",
            "IND" or "IDN" or "JOR" => $"{letter}{body}",
            "PAK" => $"{(char)('A' + dice.Below(26, Topic.Passport, generation + 20))}{letter}{body}",
            "YEM" => $"{digit}{body}",
            "SDN" => $"P{digit}{body}",
            "PHL" => $"P{body}{letter}",
            "SYR" => $"N{digit}{body}",
            "ETH" or "ERI" => $"EP{body}",
            "MMR" => $"M{letter}{body}",
            "LKA" => $"N{body}",
            "NPL" => $"{digit}{body}",
            "GBR" or "USA" => $"5{digit}{body}",
            _ => $"{letter}{digit}{body}",
        };
    }

    private IReadOnlyList<RegisteredMovement> MovementsOf(Dice dice, RegisteredEntry entry, IReadOnlyList<RegisteredPassport> passports, bool resident, LocalDate enteredOn)
    {
        var all = new List<RegisteredMovement>();
        string PassportOn(LocalDate day) => passports.FirstOrDefault(passport => passport.IssueDate <= day)?.Number ?? passports[^1].Number;
        if (resident)
        {
            var day = enteredOn.PlusDays(dice.Between(250, 500, Topic.Movement));
            for (var n = 0; n < 8 && day < Origin.PlusDays(-3); n++)
            {
                var visa = Digits(100_000_000L + dice.Below(899_999_999, Topic.Movement, 10 + n), 9);
                var back = day.PlusDays(dice.Between(20, 60, Topic.Movement, 20 + n));
                all.Add(new(MovementDirection.Out, dice.Pick(Ports, Topic.Port, 1 + n), At(day, dice.Below(86_400, Topic.Movement, 30 + n)), visa, PassportOn(day)));
                if (back >= Origin)
                {
                    break; // still outside
                }
                all.Add(new(MovementDirection.In, dice.Pick(Ports, Topic.Port, 11 + n), At(back, dice.Below(86_400, Topic.Movement, 40 + n)), visa, PassportOn(back)));
                day = back.PlusDays(dice.Between(300, 700, Topic.Movement, 50 + n));
            }
        }
        all.Reverse();
        all.Add(new(MovementDirection.In, entry.Port, entry.At, entry.VisaNumber, PassportOn(enteredOn)));
        return all;
    }

    private IReadOnlyList<TrafficViolation> ViolationsOf(int index, Dice dice)
    {
        var all = new List<TrafficViolation>();
        for (var n = 0; n < dice.Between(1, 3, Topic.Violations, 1); n++)
        {
            all.Add(new(
                $"{Digits(index, 7)}{n + 1}", At(Origin.PlusDays(-dice.Between(1, 400, Topic.Violations, 10 + n)), dice.Below(86_400, Topic.Violations, 20 + n)),
                dice.Pick(dice.Pick(Places.Regions, Topic.Violations, 50 + n).Cities, Topic.Violations, 30 + n).En, dice.Pick([10_000L, 15_000L, 30_000L, 50_000L, 90_000L], Topic.Violations, 40 + n),
                dice.Chance(0.4, Topic.Violations, 60 + n) ? ViolationStatus.Unpaid : ViolationStatus.Paid));
        }
        return [.. all.OrderByDescending(violation => violation.At)];
    }

    private IReadOnlyList<OwnedVehicle> VehiclesOf(Dice dice)
    {
        // The letters of plates in both scripts, pair by pair.
        const string latin = "ABJDRSXTEGKLZNHUV";
        const string arabic = "ابحدرسصطعقكلمنهوى";
        var picks = Enumerable.Range(0, 3).Select(n => dice.Below(latin.Length, Topic.Vehicle, 10 + n)).ToArray();
        var digits = Digits(dice.Between(1000, 9999, Topic.Vehicle, 2), 4);
        return [new(
            Digits(100_000_000L + dice.Below(899_999_999, Topic.Vehicle, 1), 9), string.Join(' ', picks.Select(p => arabic[p])) + " " + digits, string.Concat(picks.Select(p => latin[p])) + " " + digits,
            Origin.PlusDays(dice.Between(-30, 1000, Topic.Vehicle, 3)), false)];
    }

    private RegisteredAddress AddressOf(int index, Dice dice)
    {
        var region = Places.Regions[dice.Weighted(Places.RegionWeights, Topic.Region)];
        var city = region.Cities[Math.Min(dice.Chance(0.55, Topic.City) ? 0 : dice.Below(region.Cities.Count, Topic.City, 1), region.Cities.Count - 1)];
        var place = _addresses.Forward(index);
        var letters = (int)(place / 9000);
        var building = Digits(1000 + (place % 9000), 4);
        var street = dice.Pick(Places.Streets, Topic.Street);
        var district = dice.Pick(Places.Districts, Topic.Street, 1);
        return new(
            $"{region.Letter}{(char)('A' + (letters / 676))}{(char)('A' + (letters / 26 % 26))}{(char)('A' + (letters % 26))}{building}", building, street.Ar, street.En,
            Digits(dice.Between(2000, 9999, Topic.Street, 2), 4), district.Ar, district.En, city.Ar, city.En, region.Code, Digits(dice.Between(11_000, 66_999, Topic.Street, 3), 5),
            dice.Chance(0.7, Topic.Unit) ? dice.Between(1, 40, Topic.Unit, 1).ToString(CultureInfo.InvariantCulture) : null,
            decimal.Round(region.Latitude + ((decimal)dice.Unit(Topic.Street, 4) * 0.4m) - 0.2m, 5), decimal.Round(region.Longitude + ((decimal)dice.Unit(Topic.Street, 5) * 0.4m) - 0.2m, 5), true);
    }

    private Work Establishment(string sex, Dice dice)
    {
        for (var n = 0; ; n++)
        {
            var establishment = (int)(Establishments * Math.Pow(dice.Unit(Topic.Establishment, n), 2.2));
            var sector = Sectors.At(Dice.Of(_seed ^ 0xE57A_B115_4000_0001UL, establishment).Weighted(Sectors.Weights, Topic.EstablishmentSector));
            if (sex == "M" || sector.EmploysWomen || n > 20)
            {
                return new(dice.Pick(sector.Occupations, Topic.Occupation), EstablishmentNumberOf(establishment), establishment, null);
            }
        }
    }

    private Work Domestic(int index, string sex, Dice dice)
    {
        var household = HouseholdOf(index);
        return new(dice.Pick(sex == "F" ? Sectors.DomesticWomen : Sectors.DomesticMen, Topic.Occupation), household.Number, null, household);
    }

    private Employer HouseholdOf(int index)
    {
        var first = index / Block * Block;
        if (WorksForResident(index) && At(first) is { ResidentNumber: { } number } head)
        {
            var workers = Enumerable.Range(first, Block).Count(i => i < Size && IsHouseholdWorker(i) && WorksForResident(i));
            return new(number, HouseholdEmployerKind.Resident, head.Name, head.Mobile ?? "+966500000000", workers);
        }
        var household = index / HouseholdSpan;
        var citizen = Dice.Of(_seed ^ 0xC171_2E00_0000_0001UL, household);
        var count = Enumerable.Range(household * HouseholdSpan, HouseholdSpan).Count(i => i < Size && IsHouseholdWorker(i) && !WorksForResident(i)) + (household == Stories.FullHousehold ? 5 : 0);
        return new(CitizenNumberOf(household), citizen.Chance(0.01, Topic.Kind) ? HouseholdEmployerKind.PremiumResident : HouseholdEmployerKind.Citizen, Names.Citizen(citizen.Chance(0.85, Topic.Sex) ? "M" : "F", citizen), "+9665" + Digits(_mobiles.Forward(Size + household), 8), count);
    }

    // The resident is the head of family of the same block: heads with dependents always have a residence.
    private bool WorksForResident(int index) =>
        index >= Stories.Reserved && Dice.Of(_seed, index).Chance(0.12, Topic.HouseholdEmployer) && Dependents(index / Block * Block) > 0;

    private IEnumerable<Person> WorkersOf(int household) =>
        Enumerable.Range(household * HouseholdSpan, HouseholdSpan).Where(i => i < Size && IsHouseholdWorker(i)).Select(At);

    // As Build decides, without building.
    private bool IsHouseholdWorker(int index)
    {
        if (Stories.Of(index) is { } story)
        {
            return story.Category == ResidenceCategory.Household;
        }
        var first = index / Block * Block;
        var dependents = index < Stories.Reserved ? 0 : Dependents(first);
        if (index - first <= dependents && dependents > 0)
        {
            return false;
        }
        var dice = Dice.Of(_seed, index);
        var nationality = Places.Nationalities[dice.Weighted(Places.NationalityWeights, Topic.Nationality)].Code;
        var sex = dice.Chance(Sectors.Women(nationality), Topic.Sex) ? "F" : "M";
        return dice.Chance(Sectors.InHouseholds(nationality, sex), Topic.Kind);
    }

    internal Dice DiceOf(int index) => Dice.Of(_seed, index);

    internal string MobileOf(int index) => "+9665" + Digits(_mobiles.Forward(index), 8);

    internal string ResidentNumberOf(int index) => WithCheckDigit("20" + Digits(_residents.Forward(index), 7));

    internal string CitizenNumberOf(int household) => WithCheckDigit("10" + Digits(_citizens.Forward(household), 7));

    // Luhn, as resident and citizen numbers have it.
    private static string WithCheckDigit(string nine)
    {
        var sum = 0;
        for (var i = 0; i < nine.Length; i++)
        {
            var digit = nine[i] - '0';
            sum += i % 2 == 0 ? digit > 4 ? (2 * digit) - 9 : 2 * digit : digit;
        }
        return nine + (char)('0' + ((10 - (sum % 10)) % 10));
    }

    internal static Instant At(LocalDate day, int secondOfDay) => day.StartInRiyadh() + Duration.FromSeconds(secondOfDay);

    private static long Body(string number, int from, int length) => long.Parse(number.AsSpan(from, length), NumberStyles.None, CultureInfo.InvariantCulture);

    internal static string Digits(long number, int width) => number.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0');

    private sealed record Work(string Occupation, string EmployerNumber, int? Establishment, Employer? Household);
}
