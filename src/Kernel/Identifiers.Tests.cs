using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Muqeem.Tests;

namespace Muqeem.Kernel;

public class ResidentNumberTests
{
    [Theory]
    [InlineData("2000000006")]
    [InlineData("2000000014")]
    [InlineData("2123456788")]
    [InlineData("2345678904")]
    [InlineData("2400000176")]
    [InlineData("2999999994")]
    [InlineData("2000001095")]
    [InlineData("2000001905")]
    public void The_worked_numbers_are_valid(string number) => Assert.Equal(number, ResidentNumber.Parse(number).Value.ToString());

    [Theory]
    [InlineData(null, ResidentNumber.Missing)]
    [InlineData(" \u200f ", ResidentNumber.Missing)]
    [InlineData("2000000000", ResidentNumber.CheckDigit)]
    [InlineData("2123456785", ResidentNumber.CheckDigit)]
    [InlineData("2123456786", ResidentNumber.CheckDigit)]
    [InlineData("1234567890", ResidentNumber.CheckDigit)]
    [InlineData("1000000008", ResidentNumber.IsCitizen)]
    [InlineData("3000000004", ResidentNumber.IsBorder)]
    [InlineData("7001234567", ResidentNumber.IsEstablishment)]
    [InlineData("9000000002", ResidentNumber.Prefix)]
    [InlineData("200000006", ResidentNumber.Length)]
    [InlineData("20000000060", ResidentNumber.Length)]
    [InlineData("20000000O6", ResidentNumber.Characters)]
    public void A_wrong_number_is_refused_for_its_own_reason(string? typed, string code) => Assert.Equal(code, ResidentNumber.Parse(typed).Refusal?.Code);

    [Fact]
    public void A_number_typed_on_an_arabic_keyboard_in_groups_is_read() =>
        Assert.Equal("2000000006", ResidentNumber.Parse("\u2067٢٠٠٠ ٠٠٠-٠٠٦\u2069").Value.ToString());

    [Fact]
    public void Numbers_from_20_belong_to_the_demonstration()
    {
        Assert.True(ResidentNumber.Parse("2000000006").Value.IsDemonstration);
        Assert.False(ResidentNumber.Parse("2123456788").Value.IsDemonstration);
    }

    [Fact]
    public void A_masked_number_shows_four_digits() => Assert.Equal("******6788", ResidentNumber.Parse("2123456788").Value.Masked());

    [Fact]
    public void Every_single_wrong_digit_is_caught()
    {
        var wrong = from counter in Gen.Choose(0, 9_999_999)
                    from place in Gen.Choose(1, 9)
                    from shift in Gen.Choose(1, 9)
                    select (Number: Valid(counter), place, shift);
        Prop.ForAll(wrong.ToArbitrary(), w =>
        {
            var digits = w.Number.ToCharArray();
            digits[w.place] = (char)('0' + ((digits[w.place] - '0' + w.shift) % 10));
            return ResidentNumber.Parse(new string(digits)).Refusal?.Code == ResidentNumber.CheckDigit;
        }).Holds();
    }

    [Fact]
    public void Swapped_neighbours_are_caught_but_for_0_and_9()
    {
        var swaps = from counter in Gen.Choose(0, 9_999_999) from place in Gen.Choose(1, 8) select (Number: Valid(counter), place);
        Prop.ForAll(swaps.ToArbitrary(), s =>
        {
            var digits = s.Number.ToCharArray();
            var (a, b) = (digits[s.place], digits[s.place + 1]);
            (digits[s.place], digits[s.place + 1]) = (b, a);
            var passes = a == b || (a, b) is ('0', '9') or ('9', '0');
            return ResidentNumber.Parse(new string(digits)).Ok == passes;
        }).Holds();
    }

    [Fact]
    public void In_json_a_number_is_its_digits_and_a_wrong_one_does_not_load()
    {
        var number = ResidentNumber.Parse("2000000006").Value;
        Assert.Equal("\"2000000006\"", JsonSerializer.Serialize(number));
        Assert.Equal(number, JsonSerializer.Deserialize<ResidentNumber>("\"2000000006\""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ResidentNumber>("\"2000000000\""));
        Assert.Null(JsonSerializer.Deserialize<ResidentNumber?>("null"));
    }

    private static string Valid(int counter)
    {
        var payload = "2" + counter.ToString("00000000");
        return payload + Digits.LuhnDigit(payload);
    }
}

public class OtherIdentifierTests
{
    [Theory]
    [InlineData("1000000008", null)]
    [InlineData("2000000006", CitizenNumber.IsResident)]
    [InlineData("1000000000", CitizenNumber.CheckDigit)]
    [InlineData("3000000004", CitizenNumber.Prefix)]
    [InlineData("100000000", CitizenNumber.Length)]
    public void A_citizen_number_begins_with_1_and_keeps_its_check_digit(string typed, string? code) => Assert.Equal(code, CitizenNumber.Parse(typed).Refusal?.Code);

    [Theory]
    [InlineData("3000000004", null)]
    [InlineData("٤٠٠٠٠٠٠٠٠١", null)]
    [InlineData("5123456789", null)]
    [InlineData("2000000006", BorderNumber.IsResident)]
    [InlineData("2000000000", BorderNumber.Prefix)]
    [InlineData("312345678", BorderNumber.Length)]
    public void A_border_number_is_checked_for_its_form_only(string typed, string? code) => Assert.Equal(code, BorderNumber.Parse(typed).Refusal?.Code);

    [Theory]
    [InlineData("7001234567", EmployerKind.Establishment)]
    [InlineData("1000000008", EmployerKind.Citizen)]
    [InlineData("2000000006", EmployerKind.Resident)]
    public void The_first_digit_says_what_an_employer_is(string typed, EmployerKind kind) => Assert.Equal(kind, EmployerNumber.Parse(typed).Value.Kind);

    [Theory]
    [InlineData("1000000000", EmployerNumber.CheckDigit)]
    [InlineData("3000000004", EmployerNumber.Prefix)]
    [InlineData("700", EmployerNumber.Length)]
    public void An_employer_number_that_is_none_of_the_three_is_refused(string typed, string code) => Assert.Equal(code, EmployerNumber.Parse(typed).Refusal?.Code);

    [Theory]
    [InlineData("a 0123-4567", "A01234567")]
    [InlineData("Ｂ１２３", "B123")]
    [InlineData("D23145890734", "D23145890734")]
    public void A_passport_number_is_written_in_capitals_without_spaces(string typed, string expected) => Assert.Equal(expected, PassportNumber.Parse(typed).Value.ToString());

    [Theory]
    [InlineData("А1234567", PassportNumber.Characters)] // Cyrillic А
    [InlineData("A12345678901234567890", PassportNumber.Length)]
    [InlineData("", PassportNumber.Missing)]
    public void A_passport_number_no_passport_can_carry_is_refused(string typed, string code) => Assert.Equal(code, PassportNumber.Parse(typed).Refusal?.Code);

    [Theory]
    [InlineData("0512345678")]
    [InlineData("512345678")]
    [InlineData("966512345678")]
    [InlineData("00966512345678")]
    [InlineData("+966512345678")]
    [InlineData("+966 (0)51 234 5678")]
    [InlineData("٠٥١٢٣٤٥٦٧٨")]
    [InlineData("966512345678+")]
    [InlineData("051-234-5678")]
    public void Every_way_of_writing_a_saudi_mobile_gives_the_same_number(string typed)
    {
        var mobile = MobileNumber.Parse(typed).Value;
        Assert.Equal("+966512345678", mobile.ToString());
        Assert.True(mobile.IsSaudi);
        Assert.Equal("***********78", mobile.Masked());
    }

    [Theory]
    [InlineData("0112345678", MobileNumber.SaudiPrefix)]
    [InlineData("+966112345678", MobileNumber.SaudiPrefix)]
    [InlineData("05123456", MobileNumber.SaudiLength)]
    [InlineData("05123456789", MobileNumber.SaudiLength)]
    [InlineData("8801712345678", MobileNumber.CountryCode)]
    [InlineData("+1234567", MobileNumber.Length)]
    [InlineData("+1234567890123456", MobileNumber.Length)]
    [InlineData("+0123456789", MobileNumber.CountryCode)]
    [InlineData("05x2345678", MobileNumber.Characters)]
    [InlineData("+", MobileNumber.Characters)]
    [InlineData(null, MobileNumber.Missing)]
    public void A_number_that_cannot_receive_a_message_is_refused(string? typed, string code) => Assert.Equal(code, MobileNumber.Parse(typed).Refusal?.Code);

    [Theory]
    [InlineData("+8801712345678", "+8801712345678")]
    [InlineData("0063 917 123 4567", "+639171234567")]
    public void A_foreign_mobile_needs_its_country_code(string typed, string expected)
    {
        var mobile = MobileNumber.Parse(typed).Value;
        Assert.Equal(expected, mobile.ToString());
        Assert.False(mobile.IsSaudi);
    }

    [Theory]
    [InlineData("rrrd٢٩٢٩", null)]
    [InlineData("RRRD 2929", null)]
    [InlineData("RRR2929", ShortAddress.Form)]
    [InlineData("2929RRRD", ShortAddress.Form)]
    [InlineData("", ShortAddress.Missing)]
    public void A_short_address_is_four_letters_and_four_digits(string typed, string? code) => Assert.Equal(code, ShortAddress.Parse(typed).Refusal?.Code);

    [Fact]
    public void A_whole_address_is_read_and_the_short_one_must_name_the_same_building()
    {
        var typed = new NationalAddressText { Short = "RRRD2929", Building = "٢٩٢٩", Street = " King  Fahd ", Secondary = "8118", District = "Olaya", City = "Riyadh", PostalCode = "12333" };
        var address = NationalAddress.Parse(typed, out var refusals);
        Assert.Empty(refusals);
        Assert.Equal("2929 King Fahd, Olaya, Riyadh 12333-8118", address!.ToString());
        Assert.Equal(address, JsonSerializer.Deserialize<NationalAddress>(JsonSerializer.Serialize(address)));

        Assert.Null(NationalAddress.Parse(typed with { Building = "2930" }, out refusals));
        Assert.Equal(NationalAddress.ShortDisagrees, Assert.Single(refusals).Code);
    }

    [Fact]
    public void All_faults_of_an_address_are_told_at_once()
    {
        Assert.Null(NationalAddress.Parse(new NationalAddressText { Building = "12", PostalCode = "x", Unit = "?" }, out var refusals));
        Assert.Equal(
            "address.building address.secondary address.postal_code address.street address.district address.city address.unit",
            string.Join(' ', refusals.Select(r => r.Code)));
    }

    [Theory]
    [InlineData("SA03 8000 0000 6080 1016 7519", null)]
    [InlineData("sa٠٣٨٠٠٠٠٠٠٠٦٠٨٠١٠١٦٧٥١٩", null)]
    [InlineData("GB82WEST12345698765432", null)] // the example of the IBAN registry
    [InlineData("DE89370400440532013000", null)]
    [InlineData("SA0380000000608010167518", Iban.CheckDigits)]
    [InlineData("SA038000000060801016751", Iban.Length)]
    [InlineData("SAXX80000000608010167519", Iban.Characters)]
    [InlineData("", Iban.Missing)]
    public void An_iban_must_be_1_mod_97(string typed, string? code) => Assert.Equal(code, Iban.Parse(typed).Refusal?.Code);

    [Fact]
    public void An_iban_is_shown_in_groups_of_four() => Assert.Equal("SA03 8000 0000 6080 1016 7519", Iban.Parse("SA0380000000608010167519").Value.Grouped());
}

public class ReferenceNumberTests
{
    private static readonly Gen<ReferenceNumber> Any =
        from high in Gen.Choose(0, int.MaxValue) from low in Gen.Choose(0, int.MaxValue) select ReferenceNumber.From(BitConverter.GetBytes(((ulong)high << 33) ^ (ulong)low));

    [Fact]
    public void A_reference_reads_back_as_people_write_it() =>
        Prop.ForAll(Any.ToArbitrary(), reference =>
            ReferenceNumber.Parse(reference.Grouped().ToLowerInvariant().Replace('0', 'o')).Value == reference).Holds();

    [Fact]
    public void A_wrong_character_is_caught_wherever_it_is()
    {
        const string alphabet = "023456789BCDFGHJKMNPQRSTVWXYZ";
        foreach (var reference in Gen.Sample(Any, 20))
        {
            for (var place = 0; place < 8; place++)
            {
                foreach (var other in alphabet.Where(c => c != reference.ToString()[place]))
                {
                    var typed = reference.ToString().ToCharArray();
                    typed[place] = other;
                    Assert.Equal(ReferenceNumber.Check, ReferenceNumber.Parse(new string(typed)).Refusal?.Code);
                }
            }
        }
    }

    [Fact]
    public void Two_swapped_characters_are_caught_wherever_they_are()
    {
        var swaps = from reference in Any from a in Gen.Choose(0, 7) from b in Gen.Choose(0, 7) select (reference, a, b);
        Prop.ForAll(swaps.ToArbitrary(), s =>
        {
            var typed = s.reference.ToString().ToCharArray();
            (typed[s.a], typed[s.b]) = (typed[s.b], typed[s.a]);
            return ReferenceNumber.Parse(new string(typed)).Ok == (typed[s.a] == typed[s.b]);
        }).Holds();
    }

    [Theory]
    [InlineData("KAMP-R2XD", ReferenceNumber.Characters)]
    [InlineData("K7MP", ReferenceNumber.Length)]
    [InlineData("", ReferenceNumber.Missing)]
    public void What_no_reference_can_be_is_refused(string typed, string code) => Assert.Equal(code, ReferenceNumber.Parse(typed).Refusal?.Code);
}

public class NumberPermutationTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly ResidentNumbers Numbers = new(Key);

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(99)]
    [InlineData(10_007)]
    public void Every_number_comes_exactly_once(int size)
    {
        var permutation = new NumberPermutation(Key, size, 0);
        var outputs = Enumerable.Range(0, size).Select(i => permutation.Forward(i)).ToHashSet();
        Assert.Equal(size, outputs.Count);
        Assert.All(outputs, o => Assert.InRange(o, 0, size - 1));
    }

    [Fact]
    public void A_million_demonstration_numbers_are_all_different()
    {
        var given = new HashSet<ResidentNumber>();
        for (var counter = 0; counter < 1_000_000; counter++)
        {
            Assert.True(given.Add(Numbers.Allocate(counter, ResidentNumberBlock.Demonstration)));
        }
    }

    [Fact]
    public void Every_number_given_is_valid_in_its_block_and_leads_back_to_its_counter()
    {
        foreach (var block in Enum.GetValues<ResidentNumberBlock>())
        {
            Prop.ForAll(Gen.Choose(0, (int)ResidentNumbers.Capacity(block) - 1).ToArbitrary(), counter =>
            {
                var number = Numbers.Allocate(counter, block);
                return ResidentNumber.Parse(number.ToString()).Value == number
                    && number.IsDemonstration == (block == ResidentNumberBlock.Demonstration)
                    && Numbers.CounterOf(number) == counter;
            }).Holds();
        }
    }

    [Fact]
    public void The_next_number_does_not_follow_from_the_last()
    {
        // Differences of neighbours: all different, and spread over the whole block.
        var payloads = Enumerable.Range(0, 2_000).Select(c => long.Parse(Numbers.Allocate(c, ResidentNumberBlock.Real).ToString()[1..9])).ToArray();
        var steps = payloads.Zip(payloads.Skip(1), (a, b) => b - a).ToArray();
        Assert.True(steps.Distinct().Count() > 1_990);
        Assert.InRange(steps.Count(s => s > 0), 900, 1_100);
        for (var first = 1; first <= 9; first++)
        {
            Assert.InRange(payloads.Count(p => p / 10_000_000 == first), 160, 290);
        }
    }

    [Fact]
    public void Another_key_gives_other_numbers()
    {
        var other = new ResidentNumbers([.. Key.Reverse()]);
        var same = Enumerable.Range(0, 1_000).Count(c => other.Allocate(c, ResidentNumberBlock.Real) == Numbers.Allocate(c, ResidentNumberBlock.Real));
        Assert.Equal(0, same);
    }

    [Fact]
    public void A_block_that_is_used_up_says_so() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Numbers.Allocate(ResidentNumbers.Capacity(ResidentNumberBlock.Demonstration), ResidentNumberBlock.Demonstration));
}
