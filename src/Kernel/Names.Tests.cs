using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Muqeem.Tests;

namespace Muqeem.Kernel;

public class NameTests
{
    [Fact]
    public void An_arabic_name_has_four_parts_and_any_may_be_empty()
    {
        var name = ArabicName.Parse("محمد", "", "", " القحطاني ").Value;
        Assert.Equal(("محمد القحطاني", "محمد القحطاني", "م ا"), (name.ToString(), name.Short, name.Initials));
        Assert.Equal("سوهارتو", ArabicName.Parse("سوهارتو", null, null, null).Value.ToString());
        Assert.Equal(name, JsonSerializer.Deserialize<ArabicName>(JsonSerializer.Serialize(name)));
    }

    [Theory]
    [InlineData("عبد الله محمد بن علي آل سعود", "عبد الله|محمد|بن علي|آل سعود")]
    [InlineData("نور الدين أحمد", "نور الدين|||أحمد")]
    [InlineData("سالم أحمد الزهراني", "سالم|أحمد||الزهراني")]
    public void What_belongs_together_in_an_arabic_name_stays_together(string full, string expected)
    {
        var name = ArabicName.Parse(full).Value;
        Assert.Equal(expected, string.Join('|', name.First, name.Father, name.Grandfather, name.Family));
    }

    [Theory]
    [InlineData("Mohammed", ArabicName.LatinLetters)]
    [InlineData("मोहम्मद", ArabicName.OtherScript)]
    [InlineData("محمد2", ArabicName.Characters)]
    [InlineData("محمد؟", ArabicName.Characters)]
    [InlineData(" - ", ArabicName.Missing)]
    [InlineData("", ArabicName.Missing)]
    public void An_arabic_name_in_other_letters_is_refused(string first, string code) => Assert.Equal(code, ArabicName.Parse(first, null, null, null).Refusal?.Code);

    [Theory]
    [InlineData("محمد", LatinName.ArabicLetters)]
    [InlineData("Мохаммед", LatinName.OtherScript)]
    [InlineData("মোহাম্মদ", LatinName.OtherScript)]
    [InlineData("R2D2", LatinName.Characters)]
    [InlineData("FNU Ramesh", LatinName.Placeholder)]
    [InlineData("-", LatinName.Missing)]
    public void A_latin_name_in_other_letters_is_refused(string full, string code) => Assert.Equal(code, LatinName.Parse(full).Refusal?.Code);

    [Theory]
    [InlineData("SUHARTINI")]
    [InlineData("Md. Abdur Rahman")]
    [InlineData("Ma'moun O’Neill-Çelik")]
    [InlineData("Ñusta Đặng Łukasz")]
    [InlineData("Na")]
    public void A_latin_name_is_kept_as_the_passport_has_it_and_needs_no_surname(string full)
    {
        var name = LatinName.Parse(full).Value;
        Assert.Equal((full, 0), (name.ToString(), name.SurnameParts));
        Assert.Equal(name, JsonSerializer.Deserialize<LatinName>(JsonSerializer.Serialize(name)));
    }

    [Fact]
    public void The_fourth_part_of_a_source_is_the_surname()
    {
        var name = LatinName.FromParts("Maria", "Clara", "Santos", "Dela Cruz").Value;
        Assert.Equal(("Maria Clara Santos", "Dela Cruz", "dela cruz maria clara santos"), (name.Given, name.Surname, name.SortKey));
        Assert.Equal(("MC", "Maria C*** S*** D*** C***"), (name.Initials, name.Masked()));
        Assert.Equal("RAMESH", LatinName.FromParts("RAMESH", null, "", null).Value.ToString());
    }

    [Fact]
    public void Invisible_marks_and_old_presentation_forms_do_not_enter_the_record() =>
        Assert.Equal("محمد علي", ArabicName.Parse("\u200f\uFEE3\uFEA4\uFEE4\uFEAA\u202c  علي").Value.ToString());

    [Theory]
    [InlineData("أَحْمَد ـــ إبراهيم", "احمد ابراهيم")]
    [InlineData("فاطمة هدى عائشة", "فاطمه هدي عايشه")]
    [InlineData("کریم", "كريم")]
    [InlineData("مؤمن رءوف", "مومن روف")]
    public void Arabic_folding(string name, string folded) => Assert.Equal(folded, NameFolding.Arabic(name));

    [Theory]
    [InlineData("Müller-Lüdenscheidt", "muller ludenscheidt")]
    [InlineData("O'Neill", "oneill")]
    [InlineData("Đặng Thị", "dang thi")]
    [InlineData("Ørsted Straße", "orsted strasse")]
    [InlineData("Md.  ABDUL", "md abdul")]
    public void Latin_folding(string name, string folded) => Assert.Equal(folded, NameFolding.Latin(name));

    [Fact]
    public void Folding_twice_is_folding_once() =>
        Prop.ForAll<string?>(text =>
            NameFolding.Arabic(NameFolding.Arabic(text)) == NameFolding.Arabic(text)
            && NameFolding.Latin(NameFolding.Latin(text)) == NameFolding.Latin(text)).Holds();
}

public class NameComparisonTests
{
    [Theory]
    [InlineData("MOHAMMAD ABDUR RAHMAN", "MOHAMMAD ABDUR RAHMAN", ComparisonClass.Equal)]
    [InlineData("Mohammad Abdur Rahman", "MOHAMMAD ABDUR RAHMAN", ComparisonClass.EqualAfterFolding)]
    [InlineData("Jose Dela Cruz", "JOSÉ DELACRUZ", ComparisonClass.EqualAfterFolding)]
    [InlineData("Md. Abdur Rahman", "MOHAMMAD ABDUR RAHMAN", ComparisonClass.Transliteration)]
    [InlineData("Muhammad Abdul Rehman", "MOHAMMED ABDURRAHMAN", ComparisonClass.Transliteration)]
    [InlineData("Mohd Asif", "MUHAMMAD AASEEF", ComparisonClass.Transliteration)]
    [InlineData("Yousuf Al-Otaibi", "YUSEF ALOTAIBI", ComparisonClass.Transliteration)]
    [InlineData("Osman Gamal", "OTHMAN JAMAL", ComparisonClass.Transliteration)]
    [InlineData("Noor Uddin", "NOORUDDIN", ComparisonClass.EqualAfterFolding)]
    [InlineData("Nur al-Din Khalid", "NOORUDDIN KHALED", ComparisonClass.Transliteration)]
    [InlineData("Dawood Nawaz", "DAUD NAVAZ", ComparisonClass.Transliteration)]
    [InlineData("Rahman Mohammad", "MOHAMMAD RAHMAN", ComparisonClass.OtherOrder)]
    [InlineData("Santos Maria Clara", "MARIA CLARA SANTOS", ComparisonClass.OtherOrder)]
    [InlineData("Maria Santos", "MARIA CLARA SANTOS", ComparisonClass.MissingPart)]
    [InlineData("Mohammed Ali Khan", "MUHAMMAD KHAN", ComparisonClass.MissingPart)]
    [InlineData("Ramesh Kumar", "RAMESH KUMAN", ComparisonClass.OneDigit)]
    [InlineData("Hassan Ali", "HUSSEIN ALI", ComparisonClass.Different)]
    [InlineData("Mahmoud Ali", "MOHAMMED ALI", ComparisonClass.Different)]
    [InlineData("Karim Jamil", "KARIM JAMAL", ComparisonClass.OneDigit)]
    [InlineData("Ali", "OLA", ComparisonClass.Different)]
    [InlineData("John Smith", "MARIA SANTOS", ComparisonClass.Different)]
    [InlineData("", "MARIA", ComparisonClass.Missing)]
    public void Two_latin_names(string typed, string recorded, ComparisonClass expected) => Assert.Equal(expected, NameComparison.Compare(typed, recorded).Class);

    [Theory]
    [InlineData("أحمد إبراهيم", "احمد ابراهيم", ComparisonClass.EqualAfterFolding)]
    [InlineData("عبد الله فاطمة", "عبدالله فاطمه", ComparisonClass.EqualAfterFolding)]
    [InlineData("عبد الرحمن إسحق", "عبدالرحمان إسحاق", ComparisonClass.Transliteration)]
    [InlineData("سالم الزهراني", "سالم زهراني", ComparisonClass.Transliteration)]
    [InlineData("محمد علي", "محمود علي", ComparisonClass.OneDigit)]
    [InlineData("حسن علي", "حسين علي", ComparisonClass.OneDigit)]
    [InlineData("علي محمد", "محمد علي", ComparisonClass.OtherOrder)]
    [InlineData("محمد علي خان", "محمد خان", ComparisonClass.MissingPart)]
    [InlineData("خالد سعيد", "منصور فهد", ComparisonClass.Different)]
    public void Two_arabic_names(string typed, string recorded, ComparisonClass expected) => Assert.Equal(expected, NameComparison.Compare(typed, recorded).Class);

    [Theory]
    [InlineData("محمد عبد الرحمن", "Mohammad Abdur Rahman")]
    [InlineData("محمد عبدالرحمن", "Md Abdul Rehman")]
    [InlineData("آصف علي", "Aseef Ali")]
    [InlineData("عثمان جمال", "Osman Gamal")]
    [InlineData("مصطفى يحيى", "Moustapha Yahya")]
    [InlineData("نور الدين خالد", "Nureddine Khaled")]
    [InlineData("فاطمة الزهراء", "Fatimah Al Zahra")]
    [InlineData("سوهارتيني", "SUHARTINI")]
    [InlineData("ماريا سانتوس", "Maria Santos")]
    [InlineData("راميش كومار", "Ramesh Kumar")]
    [InlineData("ذاكر حسين", "Zakir Hossain")]
    [InlineData("رمضان غلام", "Ramzan Gulam")]
    [InlineData("عبدالله الأحمد", "Abdulla Alahmad")]
    [InlineData("إلياس قاسم", "Elias Kasem")]
    public void One_name_in_two_scripts_sounds_alike(string arabic, string latin) =>
        Assert.True(Transliteration.SoundsAlike(ArabicName.Parse(arabic).Value, LatinName.Parse(latin).Value));

    [Theory]
    [InlineData("محمود علي", "Mohammed Ali")]
    [InlineData("حسن", "Hussein")]
    [InlineData("خالد", "Walid")]
    [InlineData("سعود", "Saeed")]
    public void Two_names_in_two_scripts_do_not(string arabic, string latin) =>
        Assert.False(Transliteration.MayBe(ArabicName.Parse(arabic).Value, LatinName.Parse(latin).Value));

    [Fact]
    public void A_longer_record_in_the_other_script_may_be_the_same_person() =>
        Assert.True(Transliteration.MayBe(ArabicName.Parse("محمد أحمد علي الزهراني").Value, LatinName.Parse("Mohammed Alzahrani").Value));

    [Theory]
    [InlineData("Mohammed Al-Zahrani", "محمد الزهراني")]
    [InlineData("Abdul Rahman", "عبد الرحمن")]
    [InlineData("Khalid", "خالد")]
    [InlineData("Fatima", "فاطمة")]
    [InlineData("Othman", "عثمان")]
    public void A_name_is_found_by_its_sound_from_either_script(string latin, string arabic) =>
        Assert.Equal(Sounds(NameSearch.Tokens(latin)), Sounds(NameSearch.Tokens(arabic)));

    [Fact]
    public void A_name_is_found_by_each_of_its_parts() =>
        Assert.Equal(
            [new("name-latin", "mohammad"), new("name-latin", "abdrahman"), new("name-sound", "MHMD"), new("name-sound", "ABDRHMN")],
            NameSearch.Tokens(LatinName.Parse("Mohammad Abdur Rahman").Value));

    [Fact]
    public void No_text_however_odd_breaks_the_comparison() =>
        Prop.ForAll<string?, string?>((a, b) => Enum.IsDefined(NameComparison.Compare(a, b).Class)
            && (NameComparison.Compare(a, a).Class is ComparisonClass.Equal or ComparisonClass.Missing)).Holds();

    private static string Sounds(IReadOnlyList<NameToken> tokens) => string.Join(' ', tokens.Where(t => t.Kind == NameSearch.SoundKind).Select(t => t.Value));
}
