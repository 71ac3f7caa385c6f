namespace Muqeem.SignIn.Passwords;

public class PasswordRulesTests
{
    [Theory]
    [InlineData("correct horse staple")]
    [InlineData("جدي يزرع نخلا في بستان")]
    [InlineData("kx7vb qm2tr")]
    [InlineData("tjhqwzmvkd")]
    [InlineData("my goat eats 4 figs")]
    [InlineData("मेरा गाँव पहाड़ पर है")]
    [InlineData("        naïve gnu in a boat")]
    [InlineData("Bahay-kubo, kahit munti")]
    public void A_phrase_of_ones_own_in_any_script_is_taken(string password) =>
        Assert.Empty(PasswordRules.Check(password, 10, "2000000006", "Mohammad Rahman", "1990-01-01"));

    [Theory]
    [InlineData("")]
    [InlineData("kx7vbqm2t")]
    [InlineData("جبل الطور")]
    [InlineData("😀😁😂🤣😃😄😅😆😉")]
    public void Fewer_than_ten_characters_are_too_short_in_any_script(string password)
    {
        var refusal = Assert.Single(PasswordRules.Check(password, 10));
        Assert.Equal(PasswordRules.TooShort, refusal.Code);
        Assert.Equal(10, refusal.Facts["length"]);
    }

    [Fact]
    public void Sixty_four_characters_and_more_are_taken_and_too_many_are_refused_in_words()
    {
        var phrase = string.Join(' ', Enumerable.Range(0, 30).Select(i => $"figs{i * 37 % 91}"));
        Assert.Empty(PasswordRules.Check(phrase[..64], 10));
        Assert.Empty(PasswordRules.Check(phrase[..200], 10));
        Assert.Equal(PasswordRules.TooLong, Assert.Single(PasswordRules.Check(new string('x', 257), 10)).Code);
    }

    [Theory]
    [InlineData("password123")]
    [InlineData("P@$$w0rd2026")]
    [InlineData("Passw0rd!!!")]
    [InlineData("1234567890")]
    [InlineData("0987654321")]
    [InlineData("١٢٣٤٥٦٧٨٩٠")]
    [InlineData("qwertyuiop")]
    [InlineData("1q2w3e4r5t")]
    [InlineData("qwerty123456")]
    [InlineData("Welcome@2026")]
    [InlineData("iloveyou123")]
    [InlineData("Saudi@1234")]
    [InlineData("Riyadh2030!")]
    [InlineData("Muqeem12345")]
    [InlineData("allahuakbar")]
    [InlineData("AllahAkbar786")]
    [InlineData("Mohammed@123")]
    [InlineData("khalid1990")]
    [InlineData("alhilal1957")]
    [InlineData("كلمةالسر123")]
    [InlineData("الحمدلله١٢٣")]
    [InlineData("abcabcabcabc")]
    [InlineData("aaaaaaaaaaaa")]
    [InlineData("asdfghjkl;'")]
    [InlineData("0551234567")]
    [InlineData("0559182736")]
    [InlineData("+966559182736")]
    [InlineData("01011990abc")]
    [InlineData("sunshine2024")]
    [InlineData("football1994")]
    [InlineData("princess2000")]
    [InlineData("letmein1234")]
    [InlineData("changeme123")]
    [InlineData("Admin@12345")]
    [InlineData("dragon monkey")]
    [InlineData("11223344556677")]
    [InlineData("Liverpool1892")]
    [InlineData("1qaz2wsx3edc")]
    [InlineData("zaq12wsxcde3")]
    [InlineData("ضصثقفغعهخح")]
    [InlineData("strawberry")]
    [InlineData("terminator")]
    [InlineData("hgpl]ggi786")]
    [InlineData("1a2s3d4f5g")]
    [InlineData("q1w2e3r4t5y6")]
    [InlineData("hgsghl ugd;l")]
    public void What_a_guesser_tries_first_is_refused(string password) =>
        Assert.Equal(PasswordRules.TooCommon, Assert.Single(PasswordRules.Check(password, 10)).Code);

    [Theory]
    [InlineData("2123456788", "2123456788")]
    [InlineData("x2123456788", "2123456788")]
    [InlineData("mxzt3456788", "2123456788")]
    [InlineData("suhartini77", "SUHARTINI")]
    [InlineData("Suhartini@kx", "SUHARTINI")]
    [InlineData("+966 55 918 2736", "+966559182736")]
    [InlineData("سوهارتيني٧٧٧", "سوهارتيني")]
    public void What_is_known_about_the_holder_is_refused(string password, string known) =>
        Assert.NotEmpty(PasswordRules.Check(password, 10, known));

    [Fact]
    public void A_long_phrase_may_hold_a_name() =>
        Assert.Empty(PasswordRules.Check("suhartini sells five blue lamps", 10, "SUHARTINI"));
}
