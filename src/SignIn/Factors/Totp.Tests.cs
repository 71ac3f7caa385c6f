using Muqeem.SignIn.Factors;
using NodaTime;

namespace Muqeem.SignIn.Factors;

public class TotpTests
{
    private static readonly byte[] Secret = "12345678901234567890"u8.ToArray();

    [Theory]
    [InlineData(59L, "94287082")]
    [InlineData(1111111109L, "07081804")]
    [InlineData(1111111111L, "14050471")]
    [InlineData(1234567890L, "89005924")]
    [InlineData(2000000000L, "69279037")]
    [InlineData(20000000000L, "65353130")]
    public void The_codes_of_RFC_6238_appendix_B_are_made(long seconds, string code) =>
        Assert.Equal(code, Totp.Code(Secret, Totp.StepAt(Instant.FromUnixTimeSeconds(seconds)), digits: 8));

    [Fact]
    public void A_code_is_accepted_one_step_early_or_late_and_no_further()
    {
        var now = Instant.FromUnixTimeSeconds(1_800_000_000);
        var step = Totp.StepAt(now);
        Assert.Equal(step, Totp.Match(Secret, Totp.Code(Secret, step), now, lastStep: 0));
        Assert.Equal(step - 1, Totp.Match(Secret, Totp.Code(Secret, step - 1), now, lastStep: 0));
        Assert.Equal(step + 1, Totp.Match(Secret, Totp.Code(Secret, step + 1), now, lastStep: 0));
        Assert.Null(Totp.Match(Secret, Totp.Code(Secret, step - 2), now, lastStep: 0));
        Assert.Null(Totp.Match(Secret, Totp.Code(Secret, step + 2), now, lastStep: 0));
    }

    [Fact]
    public void A_code_of_a_used_step_or_an_earlier_one_is_not_accepted_again()
    {
        var now = Instant.FromUnixTimeSeconds(1_800_000_000);
        var step = Totp.StepAt(now);
        Assert.Null(Totp.Match(Secret, Totp.Code(Secret, step), now, lastStep: step));
        Assert.Null(Totp.Match(Secret, Totp.Code(Secret, step - 1), now, lastStep: step));
        Assert.Equal(step + 1, Totp.Match(Secret, Totp.Code(Secret, step + 1), now, lastStep: step));
    }

    [Theory]
    [InlineData("")]
    [InlineData("12345")]
    [InlineData("1234567")]
    [InlineData("١٢٣٤٥٦")]
    [InlineData("😀😀😀")]
    public void Anything_but_six_digits_is_not_a_code(string typed) =>
        Assert.Null(Totp.Match(Secret, typed, Instant.FromUnixTimeSeconds(59), lastStep: 0));

    [Fact]
    public void The_address_for_the_app_names_issuer_and_parameters() =>
        Assert.Equal("otpauth://totp/Muqeem%20ID:2%E2%80%A24567?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Muqeem%20ID&algorithm=SHA1&digits=6&period=30",
            Totp.Uri(Secret, "Muqeem ID", "2•4567"));
}
