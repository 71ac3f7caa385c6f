using System.Globalization;
using System.Text;
using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Sandbox.Population;

public class PeopleTests
{
    private static readonly People World = new("muqeem", TestSandbox.Origin);
    private static readonly Lazy<Person[]> Sample = new(() => [.. Enumerable.Range(Stories.Reserved, 40_000).Select(World.At)]);

    [Fact]
    public void Nationalities_have_the_shares_of_the_census()
    {
        var total = Places.NationalityWeights.Sum(weight => (double)weight);
        var counted = Sample.Value.CountBy(person => person.Nationality.Code).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        foreach (var row in Places.Nationalities.Where(row => row.Weight > 100_000))
        {
            // Families share a nationality, so the spread is a little wider than of single draws.
            Assert.InRange(counted[row.Code] / (double)Sample.Value.Length, (row.Weight / total) - 0.012, (row.Weight / total) + 0.012);
        }
        Assert.True(counted.Count > 70, "Rare nationalities live here too.");
    }

    [Fact]
    public void Women_children_households_and_newcomers_have_plausible_shares()
    {
        var all = (double)Sample.Value.Length;
        Assert.InRange(Sample.Value.Count(person => person.Sex == "F") / all, 0.18, 0.28);
        Assert.InRange(Sample.Value.Count(person => person.IsChild(World.Origin)) / all, 0.06, 0.14);
        Assert.InRange(Sample.Value.Count(person => person.Category == ResidenceCategory.Household) / all, 0.12, 0.26);
        Assert.InRange(Sample.Value.Count(person => person.Category == ResidenceCategory.Dependent) / all, 0.13, 0.19);
        Assert.InRange(Sample.Value.Count(person => person.ResidentNumber is null) / all, 0.2, 0.36);
        Assert.InRange(Sample.Value.Count(person => person.Mobile is null && !person.IsChild(World.Origin)) / all, 0.03, 0.1);
        Assert.InRange(Sample.Value.Count(person => person.Location == Whereabouts.Outside) / all, 0.005, 0.08);
    }

    [Fact]
    public void Regions_have_the_shares_of_the_census()
    {
        var total = Places.RegionWeights.Sum(weight => (double)weight);
        foreach (var region in Places.Regions)
        {
            var share = Sample.Value.Count(person => person.Address!.Region == region.Code) / (double)Sample.Value.Length;
            Assert.InRange(share, (region.Weight / total) - 0.015, (region.Weight / total) + 0.015);
        }
    }

    [Fact]
    public void Birth_dates_are_incomplete_and_heaped_where_registers_are()
    {
        var rural = Sample.Value.Where(person => person.Nationality.BirthOftenIncomplete && person.Category != ResidenceCategory.Dependent).ToArray();
        var others = Sample.Value.Where(person => !person.Nationality.BirthOftenIncomplete && person.Category != ResidenceCategory.Dependent).ToArray();
        Assert.InRange(rural.Count(person => person.Precision == DatePrecision.Year) / (double)rural.Length, 0.05, 0.09);
        Assert.InRange(rural.Count(person => person.Precision == DatePrecision.Month) / (double)rural.Length, 0.01, 0.03);
        Assert.InRange(rural.Count(person => person.Precision == DatePrecision.Day && person.Birth is { Month: 1, Day: 1 }) / (double)rural.Length, 0.08, 0.15);
        Assert.True(others.Count(person => person.Precision != DatePrecision.Day) / (double)others.Length < 0.01);
    }

    [Fact]
    public void The_same_seed_is_the_same_world_in_any_order_and_another_seed_another()
    {
        var again = new People("muqeem", TestSandbox.Origin);
        var other = new People("another", TestSandbox.Origin);
        var same = 0;
        for (var index = 3000; index >= 0; index -= 7)
        {
            var text = JsonSerializer.Serialize(World.At(index), Wire.Options);
            Assert.Equal(text, JsonSerializer.Serialize(again.At(index), Wire.Options));
            Assert.Equal(JsonSerializer.Serialize(World.InHandOf(World.At(index)), Wire.Options), JsonSerializer.Serialize(again.InHandOf(again.At(index)), Wire.Options));
            same += other.At(index).BorderNumber == World.At(index).BorderNumber ? 1 : 0;
        }
        Assert.Equal(0, same);
    }

    [Fact]
    public void Every_number_is_valid_and_belongs_to_one_person()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var person in Sample.Value)
        {
            Assert.True(BorderNumber.Parse(person.BorderNumber).Ok && seen.Add(person.BorderNumber));
            Assert.True(VisaNumber.Parse(person.VisaNumber).Ok && seen.Add(person.VisaNumber));
            if (person.ResidentNumber is { } number)
            {
                Assert.True(ResidentNumber.Parse(number) is { Ok: true, Value.IsDemonstration: true } && seen.Add(number));
                Assert.InRange(number[2], '0', '4');
            }
            foreach (var passport in person.Passports)
            {
                Assert.True(PassportNumber.Parse(passport.Number).Ok && passport.Number.Length <= 9 && seen.Add($"{passport.Issuer}/{passport.Number}"));
            }
            if (person.Mobile is { } mobile)
            {
                Assert.True(MobileNumber.Parse(mobile) is { Ok: true, Value.IsSaudi: true } && seen.Add(mobile));
            }
            if (person.EmployerNumber is { } employer)
            {
                Assert.True(EmployerNumber.Parse(employer).Ok, employer);
            }
            Assert.Equal(person.Category == ResidenceCategory.Dependent, person.EmployerNumber is null);
            Assert.True(ShortAddress.Parse(person.Address!.Short).Ok);
        }
    }

    [Fact]
    public void A_person_is_found_by_any_of_his_numbers_without_a_table()
    {
        foreach (var person in Sample.Value.Take(3000).Append(World.At(People.Size - 1)))
        {
            Assert.Equal(person.Index, World.ByNumber(person.BorderNumber)!.Index);
            Assert.Equal(person.ResidentNumber is null ? null : person.Index, person.ResidentNumber is { } number ? World.ByNumber(number)?.Index : null);
            Assert.All(person.Passports, passport => Assert.Equal(person.Index, World.ByPassport(passport.Issuer, passport.Number)!.Index));
            Assert.Null(World.ByPassport("ZZZ", person.Passports[0].Number));
            Assert.Equal(person.Index, World.ByVisa(person.VisaNumber)!.Index);
            Assert.Equal(person.Mobile is null ? null : person.Index, person.Mobile is { } mobile ? World.ByMobile(mobile)?.Index : null);
            Assert.Equal(person.Index, World.ByPhoto(World.PhotoOf(person.Index))!.Index);
            Assert.Equal(person.Address!.Short, World.ByShortAddress(person.Address.Short)!.Address!.Short);
            if (person.Establishment is { } establishment)
            {
                Assert.Equal(World.EstablishmentAt(establishment), World.EstablishmentBy(person.EmployerNumber!));
            }
            if (person.Household is { } household)
            {
                Assert.Equal(household.Name.FullEn, World.HouseholdBy(person.EmployerNumber!)!.Name.FullEn);
            }
        }
        // A newcomer's place among the resident numbers is nobody's.
        var newcomer = Sample.Value.First(person => person.ResidentNumber is null);
        Assert.Null(World.ByNumber(World.ResidentNumberOf(newcomer.Index)));
    }

    [Fact]
    public void A_household_employs_as_many_as_name_it()
    {
        foreach (var group in Sample.Value.Where(person => person.Household is not null && person.Index is > 100 and < 39_000).GroupBy(person => person.Household!.Number, StringComparer.Ordinal))
        {
            Assert.All(group, worker => Assert.Equal(group.Count(), worker.Household!.Workers));
        }
    }

    [Fact]
    public void Families_hang_together()
    {
        var heads = Sample.Value.Where(person => person.Head == person.Index).ToArray();
        Assert.True(heads.Length > 1500);
        foreach (var head in heads)
        {
            Assert.NotNull(head.ResidentNumber);
            var family = World.FamilyOf(head.Index);
            Assert.True(family.Count > 1);
            foreach (var member in family.Skip(1))
            {
                Assert.Equal((head.Index, ResidenceCategory.Dependent), (member.Head, member.Category));
                Assert.Equal(head.Address!.Short, member.Address!.Short);
                if (member.Residence is { } residence)
                {
                    Assert.Equal((head.ResidentNumber, head.Residence!.ExpiresOn), (residence.HeadNumber, residence.ExpiresOn));
                }
                if (member.Relation is FamilyRelation.Son or FamilyRelation.Daughter)
                {
                    Assert.True(member.Birth >= head.Birth.PlusYears(18), "A child is younger than its parent.");
                    Assert.Equal(MaritalStatus.Single, member.Marital);
                }
                if (member.Birth.PlusYears(18) > World.Origin)
                {
                    Assert.True(member is { Mobile: null, Vehicles: [], Violations: [] }, "Children have no telephone, vehicle or fine of their own.");
                }
            }
            Assert.InRange(family.Count(member => member.Relation is FamilyRelation.Wife or FamilyRelation.Husband), 0, 2);
        }
    }

    [Fact]
    public void Names_are_formed_as_in_each_country()
    {
        var byCode = Sample.Value.Where(person => person.Nationality.Code is "EGY" or "IDN" or "PHL" or "MMR" or "LKA" or "ETH" or "BGD").ToLookup(person => person.Nationality.Code, StringComparer.Ordinal);
        Assert.InRange(byCode["EGY"].Count(person => person.Name.Ar.Count(part => part.Length > 0) == 4) / (double)byCode["EGY"].Count(), 0.85, 1);
        Assert.InRange(byCode["IDN"].Count(person => person.Name.En.Count == 1) / (double)byCode["IDN"].Count(), 0.25, 0.55);
        Assert.All(byCode["PHL"].Where(person => person.Name.En.Count == 4), person => Assert.NotEqual("", person.Name.En[1]));
        Assert.All(byCode["MMR"], person => Assert.Equal("", person.Name.Secondary));
        Assert.Contains(byCode["LKA"], person => person.Name.FullEn.Length > 39);
        Assert.All(byCode["ETH"].Where(person => person.Name.En.Count == 4), person => Assert.Equal(person.Name.En[2], person.Name.Primary));
        Assert.Contains(byCode["BGD"], person => person.Name.En[0] == "MD");
        foreach (var person in Sample.Value)
        {
            Assert.Equal(person.Name.En.Count, person.Name.Ar.Count);
            Assert.DoesNotContain(person.Name.Ar, part => part.Any(char.IsAsciiLetter));
            Assert.DoesNotContain(person.Name.En, part => part.Any(c => c is >= '؀' and <= 'ۿ'));
            Assert.All(person.Name.En.Zip(person.Name.Ar), pair => Assert.Equal(pair.First.Length == 0, pair.Second.Length == 0));
            Assert.True(LatinName.Parse(person.Name.FullEn).Ok, person.Name.FullEn);
            Assert.True(ArabicName.Parse(person.Name.FullAr).Ok, person.Name.FullAr);
        }
    }

    [Fact]
    public void The_lines_of_every_passport_are_read_by_the_kernel()
    {
        foreach (var person in Sample.Value.Take(8000))
        {
            var page = World.InHandOf(person).Passport;
            Assert.All(page.Mrz, line => Assert.Equal(44, line.Length));
            var reading = Mrz.Read(string.Join('\n', page.Mrz), World.Origin);
            Assert.True(reading.Ok, $"{string.Join('\n', page.Mrz)}: {string.Join(' ', reading.Faults)}");
            var document = reading.Document!;
            Assert.Equal((page.Number, page.Nationality, page.Issuer), (document.Number, document.Nationality, document.Issuer));
            Assert.Equal(page.Sex, document.Sex switch { Sex.Male => "M", Sex.Female => "F", _ => "U" });
            Assert.Equal(page.Expires, document.Expiry);
            Assert.Equal(page.BirthPrecision.ToString(), document.Birth!.Precision.ToString());
        }
    }

    [Fact]
    public void Five_in_a_hundred_hold_or_type_something_else_in_each_of_twelve_ways()
    {
        var classes = Sample.Value.Select(World.DiscrepancyOf).OfType<Discrepancy>().CountBy(discrepancy => discrepancy).ToDictionary();
        Assert.InRange(classes.Values.Sum() / (double)Sample.Value.Length, 0.045, 0.055);
        Assert.Equal(12, Enum.GetValues<Discrepancy>().Length);
        Assert.All(Enum.GetValues<Discrepancy>(), discrepancy => Assert.True(classes.GetValueOrDefault(discrepancy) >= 15, $"{discrepancy}: {classes.GetValueOrDefault(discrepancy)}"));
        Assert.True(classes[Discrepancy.Transliteration] > classes[Discrepancy.Sex]);
    }

    [Fact]
    public void A_discrepancy_changes_what_it_says_and_nothing_else()
    {
        foreach (var person in Sample.Value.Take(20_000))
        {
            var hand = World.InHandOf(person);
            var (typed, page) = (hand.Typed, hand.Passport);
            var passport = person.Passports[0];
            var differs = new List<string>();
            void Check(bool same, string what)
            {
                if (!same)
                {
                    differs.Add(what);
                }
            }
            Check(page.Primary == person.Name.Primary && page.Secondary == person.Name.Secondary, "page name");
            Check(page.Number == passport.Number, "page number");
            Check(typed.PassportNumber == page.Number, "typed number");
            Check(page.Expires == passport.ExpiryDate, "expiry");
            Check(page.Sex == person.Sex && typed.Sex == person.Sex, "sex");
            Check(page.Nationality == person.Nationality.Code, "nationality");
            Check(typed.BirthCalendar == "GREGORIAN", "calendar");
            Check(typed.Birth == Hands.Iso(person.Birth), "birth");
            Check(typed.OccupationCode == person.Occupation, "occupation");
            Check(typed.EmployerNumber == person.EmployerNumber, "employer");
            string[] expected = hand.Discrepancy switch
            {
                null => [],
                Discrepancy.Transliteration or Discrepancy.NameOrder or Discrepancy.MissingPart => ["page name"],
                Discrepancy.OneDigit => ["typed number"],
                Discrepancy.OtherCalendar => ["calendar", "birth"],
                Discrepancy.SwappedDayAndMonth => ["birth"],
                Discrepancy.ExpiredPassport => ["expiry"],
                Discrepancy.OldPassportNumber => ["page number", "expiry"],
                Discrepancy.Occupation => ["occupation"],
                Discrepancy.Employer => ["employer"],
                Discrepancy.Sex => ["sex"],
                Discrepancy.NationalityCode => ["nationality"],
                _ => throw new InvalidOperationException(),
            };
            Assert.Equal(expected, differs);
            switch (hand.Discrepancy)
            {
                case Discrepancy.OneDigit:
                    Assert.Equal(1, typed.PassportNumber.Zip(page.Number).Count(pair => pair.First != pair.Second));
                    break;
                case Discrepancy.ExpiredPassport:
                    Assert.True(page.Expires < World.Origin);
                    break;
                case Discrepancy.OldPassportNumber:
                    Assert.Contains(person.Passports, old => old.Number == page.Number && old.Status == PassportStatus.Replaced);
                    break;
                case Discrepancy.OtherCalendar:
                    Assert.Equal(person.Birth, BirthDate.Read(typed.Birth, CalendarKind.Hijri, World.Origin).Value.Earliest);
                    break;
                default:
                    break;
            }
        }
    }

    [Fact]
    public void The_kernel_sees_most_discrepancies_for_what_they_are()
    {
        var seen = new Dictionary<Discrepancy, List<ComparisonClass>>();
        foreach (var person in Sample.Value)
        {
            var hand = World.InHandOf(person);
            ComparisonClass? found = hand.Discrepancy switch
            {
                Discrepancy.Transliteration or Discrepancy.NameOrder or Discrepancy.MissingPart => NameComparison.Compare(hand.Typed.NameEn, person.Name.FullEn).Class,
                Discrepancy.OneDigit => NumberComparison.Compare(hand.Typed.PassportNumber, person.Passports[0].Number).Class,
                Discrepancy.SwappedDayAndMonth => DateComparison.Compare(BirthDate.Read(hand.Typed.Birth, CalendarKind.Gregorian, World.Origin).Value, BirthDate.Of(person.Birth)).Class,
                Discrepancy.OtherCalendar => DateComparison.Compare(BirthDate.Read(hand.Typed.Birth, CalendarKind.Hijri, World.Origin).Value, BirthDate.Of(person.Birth)).Class,
                _ => null,
            };
            if (found is { } what)
            {
                (seen.TryGetValue(hand.Discrepancy!.Value, out var list) ? list : seen[hand.Discrepancy.Value] = []).Add(what);
            }
        }
        (Discrepancy, double Least, ComparisonClass[] As)[] expected =
        [
            (Discrepancy.Transliteration, 0.9, [ComparisonClass.Transliteration, ComparisonClass.EqualAfterFolding]), (Discrepancy.NameOrder, 0.95, [ComparisonClass.OtherOrder]), (Discrepancy.MissingPart, 0.95, [ComparisonClass.MissingPart]),
            (Discrepancy.OneDigit, 1, [ComparisonClass.OneDigit]), (Discrepancy.SwappedDayAndMonth, 1, [ComparisonClass.SwappedDayMonth]), (Discrepancy.OtherCalendar, 1, [ComparisonClass.OtherCalendar]),
        ];
        foreach (var (discrepancy, least, classes) in expected)
        {
            var share = seen[discrepancy].Count(classes.Contains) / (double)seen[discrepancy].Count;
            Assert.True(share >= least, $"{discrepancy}: {share:P1}; {string.Join(' ', seen[discrepancy].CountBy(what => what))}");
        }
    }

    [Fact]
    public void Every_record_follows_its_contract()
    {
        var clock = new SandboxClock(new TestClock());
        using var store = new Store(":memory:");
        var world = new World(store, clock, "muqeem", TestSandbox.Origin);
        foreach (var person in Sample.Value.Take(6000))
        {
            Assert.Null(StandIns.Registers.Of(world, person, person.Number, clock).BrokenField());
            Assert.Null(new RegisteredPassports("s", clock.Now(), person.Number, person.Passports).BrokenField());
            Assert.Null(new RegisteredMovements("s", clock.Now(), person.Number, person.Movements).BrokenField());
            Assert.Null(new RegisteredAddresses("s", clock.Now(), person.Number, [person.Address!]).BrokenField());
            Assert.True(person.Movements.Zip(person.Movements.Skip(1)).All(pair => pair.First.At > pair.Second.At && pair.First.Direction != pair.Second.Direction), "Newest first, in and out by turns.");
            Assert.True(person.Movements.All(movement => movement.At < Instant.FromUtc(2026, 3, 1, 21, 0)), "Nobody has crossed yet who will cross later.");
        }
    }

    [Fact]
    public void The_people_with_a_story_are_written_down()
    {
        var text = new StringBuilder("""
            # People with a story

            Written by a test from the code; `MUQEEM_WRITE_DOCS=1` writes it anew. The numbers are those of the seed `muqeem`, which is used unless another is given; dates count from the day on which the world began.
            A newcomer signs in with the border number, a resident with the resident number. What each holds in hand is at `/people/<no.>`, messages to the mobile are at `/inbox`.

            | no. | story | what comes of it | number | birth | passport | mobile |
            |---|---|---|---|---|---|---|

            """);
        var world = new People("muqeem", TestSandbox.Origin);
        foreach (var story in Stories.List)
        {
            var person = world.At(story.Index);
            var birth = story.Index is 10 or 11 or 12 ? "from the origin" : Hands.Iso(person.Birth);
            text.Append(CultureInfo.InvariantCulture, $"| {story.Index} | {story.Title} | {story.Expect} | {(person.ResidentNumber is null ? "border " : "resident ")}`{person.Number}` | {birth} | `{world.InHandOf(person).Typed.PassportNumber}` ({person.Nationality.Code}) | {(person.Mobile is null ? "none on record" : $"`{person.Mobile}`")} |\n");
        }
        text.Append("""

            ## Who answers the national sign-in app

            At `/phone` somebody presses for everybody else, and habits can be set.

            | no. | number | when the phone asks |
            |---|---|---|

            """);
        foreach (var (index, habit) in StandIns.NationalApp.Habits.OrderBy(h => h.Key))
        {
            var takes = StandIns.NationalApp.Takes.TotalSeconds;
            var does = habit switch
            {
                StandIns.PhoneHabit.Confirms => string.Create(CultureInfo.InvariantCulture, $"confirms by himself after {takes} seconds"),
                StandIns.PhoneHabit.Refuses => string.Create(CultureInfo.InvariantCulture, $"refuses by himself after {takes} seconds"),
                _ => "the phone is off: the request runs out",
            };
            text.Append(CultureInfo.InvariantCulture, $"| {index} | `{world.At(index).ResidentNumber}` | {does} |\n");
        }
        text.Append("""

            ## To whom the post brings cards

            To everybody else the courier comes after two days, and waits at the door for the code.

            | no. | number | what happens |
            |---|---|---|

            """);
        foreach (var (index, habit) in StandIns.Post.Habits.OrderBy(h => h.Key))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {index} | `{world.At(index).ResidentNumber}` | {(habit == StandIns.PostHabit.NobodyHome ? "nobody opens, twice; then the card goes back" : "the card lies in a depot for nine days")} |\n");
        }
        GeneratedDocs.Check("../../src/Sandbox/people.md", text.ToString());
    }

    [Fact]
    public void Every_story_is_true_of_its_person()
    {
        Person Of(int index) => World.At(index);
        Assert.Null(Of(0).ResidentNumber);
        Assert.Null(World.DiscrepancyOf(Of(0)));
        Assert.True(Of(0) is { Fitness.Fit: true, Flags: [], Violations: [], Suspensions: [], Mobile: not null } && Of(0).Cover!.To > World.Origin.PlusYears(2));
        Assert.NotEqual(Of(1).Name.Secondary, World.InHandOf(Of(1)).Passport.Secondary);
        Assert.False(Of(2).Fitness!.Fit);
        Assert.Contains(RegisterFlag.Wanted, Of(3).Flags);
        Assert.Equal(ViolationStatus.Unpaid, Of(4).Violations.Single().Status);
        Assert.Null(Of(5).Mobile);
        Assert.Equal([8, 9, 10, 11, 12], World.FamilyOf(8).Select(person => person.Index));
        Assert.Equal(22, Period.Between(Of(10).Birth, World.Origin, PeriodUnits.Years).Years);
        Assert.Equal(5, Period.Between(Of(11).Birth, World.Origin, PeriodUnits.Years).Years);
        Assert.True(Of(12) is { ResidentNumber: null, Entry: null });
        Assert.Equal(["SUHARTINI"], Of(13).Name.En);
        Assert.True(Of(13).Household is { Kind: HouseholdEmployerKind.Citizen or HouseholdEmployerKind.PremiumResident });
        Assert.True(World.HouseholdBy(Of(30).EmployerNumber!)!.Workers > 5);
        Assert.Equal(120, Period.Between(Of(14).Entry!.At.DayInRiyadh(), World.Origin, PeriodUnits.Days).Days);
        Assert.Equal((ResidenceStatus.Expired, World.Origin.PlusDays(-10)), (Of(15).Residence!.Status, Of(15).Residence!.ExpiresOn));
        Assert.Single(Of(16).Suspensions);
        Assert.Contains(RegisterFlag.Absent, Of(17).Flags);
        Assert.Equal(Whereabouts.Outside, Of(18).Location);
        Assert.Equal(World.Origin.PlusDays(40), Of(19).Passports[0].ExpiryDate);
        Assert.Equal(DatePrecision.Year, Of(20).Precision);
        Assert.True(Of(21).Name.FullEn.Length > 60);
        Assert.False(Of(22).Biometrics.Fingerprint);
        Assert.Null(Of(23).Cover);
        Assert.Equal(Of(24).Biometrics.Reference, Of(25).Biometrics.Reference);
        Assert.Equal(Of(26).Passports[1].Number, World.InHandOf(Of(26)).Passport.Number);
        Assert.Equal(World.Origin.PlusDays(14), Of(27).Residence!.ExpiresOn);
        Assert.All(Stories.List.Select(story => Of(story.Index)).Where(person => person.Residence is not null), person =>
            Assert.Equal((person.ResidentNumber, person.EmployerNumber, person.Occupation, person.Category), (person.Residence!.Number, person.Residence.EmployerNumber, person.Residence.OccupationCode, person.Residence.Category)));
        Assert.All(Stories.List.Select(story => Of(story.Index)).Where(person => person.Establishment is not null), person => Assert.False(World.EstablishmentBy(person.EmployerNumber!)!.Suspended));
        Assert.All(Stories.List, story => Assert.Equal(World.At(story.Index).Number, World.ByNumber(World.At(story.Index).Number)!.Number));
    }

    [Theory]
    [InlineData("ISLAM", "MOHAMMAD RAFIQUL", "ISLAM<<MOHAMMAD<RAFIQUL<<<<<<<<<<<<<<<<")]
    [InlineData("SUHARTINI", "", "SUHARTINI<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<")]
    [InlineData("O'CONNOR", "ANNA-MARIA", "OCONNOR<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<<")]
    [InlineData("DELA PEÑA", "ÖZLEM", "DELA<PENA<<OEZLEM<<<<<<<<<<<<<<<<<<<<<<")]
    [InlineData("WICKRAMASINGHE DISSANAYAKE", "WIJESINGHE ARACHCHILAGE", "WICKRAMASINGHE<DISSANAYAKE<<WIJESINGHE<")]
    public void Names_are_written_into_the_lines_as_icao_says(string primary, string secondary, string expected) =>
        Assert.Equal(expected, MachineReadable.Name(primary, secondary));
}
