using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Muqeem.Kernel;

public partial class KernelTextsTests
{
    private static readonly string[] Codes =
    [
        .. typeof(Refusal).Assembly.GetTypes()
            .SelectMany(t => t.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static))
            .Where(f => f.IsLiteral && f.FieldType == typeof(string))
            .Select(f => (string)f.GetRawConstantValue()!)
            .Where(value => Code().IsMatch(value)),
    ];

    [Theory]
    [InlineData("ar")]
    [InlineData("en")]
    public void Every_refusal_of_the_kernel_has_a_text_and_every_text_a_refusal(string language)
    {
        using var stream = typeof(Refusal).Assembly.GetManifestResourceStream($"texts/texts.{language}.json")!;
        var texts = JsonSerializer.Deserialize<Dictionary<string, string>>(stream)!;
        var refusals = texts.Keys.Where(k => k.StartsWith("refusal.", StringComparison.Ordinal)).Select(k => k["refusal.".Length..]).ToArray();
        Assert.True(Codes.Length > 40);
        Assert.Equal("", string.Join(' ', Codes.Except(refusals, StringComparer.Ordinal)));
        Assert.Equal("", string.Join(' ', refusals.Except(Codes, StringComparer.Ordinal)));
        Assert.DoesNotContain(texts.Values, string.IsNullOrWhiteSpace);
    }

    [GeneratedRegex("^[a-z_]+(\\.[a-z_0-9]+)+$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();
}
