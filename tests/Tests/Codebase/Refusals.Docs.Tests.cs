using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Muqeem.Tests.Codebase;

/// <summary>Refusal codes are public words: listed in docs/generated, never removed, with a text in every language.</summary>
public partial class RefusalsDocsTests
{
    private static readonly string[] Assemblies =
        ["Kernel", "Platform", "Registry", "Payments", "Credentials", "Agencies", "Cases", "SignIn", "Services", "Portal", "Office"];

    /// <summary>Constants of the code whose text is <c>refusal.&lt;code&gt;</c>: what the text files name, found in the code as string constants.</summary>
    private static SortedSet<string> Codes()
    {
        var codes = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var name in Assemblies)
        {
            foreach (var type in Assembly.Load("Muqeem." + name).GetTypes())
            {
                foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly).Where(f => f is { IsLiteral: true } && f.FieldType == typeof(string)))
                {
                    if (field.GetRawConstantValue() is string code && Texts("en").ContainsKey("refusal." + code))
                    {
                        codes.Add(code);
                    }
                }
            }
        }
        return codes;
    }

    internal static Dictionary<string, string> Texts(string language)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "src"), $"texts.{language}.json", SearchOption.AllDirectories).Where(f => !Built().IsMatch(f)))
        {
            foreach (var (key, text) in JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file))!)
            {
                Assert.True(all.TryAdd(key, text), $"{key} is defined twice: the second is in {Path.GetRelativePath(Repository.Root, file)}.");
            }
        }
        return all;
    }

    [GeneratedRegex(@"/(bin|obj)/")]
    private static partial Regex Built();

    [Fact]
    public void The_list_of_refusals_is_complete_and_no_code_has_gone()
    {
        var file = Path.Combine(Repository.Root, "docs", "generated", "refusals.md");
        var codes = Codes();
        Assert.True(codes.Count > 60, "The search for codes finds too few.");
        var english = Texts("en");
        var arabic = Texts("ar");
        var page = "# Refusals\n\nWritten by a test. A code is never renamed or removed.\n\n| code | English | Arabic |\n|---|---|---|\n"
            + string.Concat(codes.Select(c => $"| `{c}` | {Cell(english["refusal." + c])} | {Cell(arabic["refusal." + c])} |\n"));
        if (Environment.GetEnvironmentVariable("MUQEEM_WRITE_DOCS") == "1")
        {
            File.WriteAllText(file, page);
        }
        var committed = File.ReadAllText(file);
        foreach (Match listed in ListedCode().Matches(committed))
        {
            Assert.True(codes.Contains(listed.Groups[1].Value), $"The refusal {listed.Groups[1].Value} was removed or renamed.");
        }
        Assert.Equal(page, committed);
    }

    [GeneratedRegex(@"^\| `([^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex ListedCode();

    [Fact]
    public void Every_check_of_eligibility_says_what_stands_against_it_and_what_to_do_in_both_languages()
    {
        var checks = Codes().Where(c => c.StartsWith("check.", StringComparison.Ordinal) || c.StartsWith("issue.", StringComparison.Ordinal) || c.StartsWith("renew.", StringComparison.Ordinal)
            || c.StartsWith("exit_reentry.", StringComparison.Ordinal) || c.StartsWith("replace", StringComparison.Ordinal)).ToList();
        Assert.True(checks.Count >= 30);
        foreach (var language in new[] { "ar", "en" })
        {
            var texts = Texts(language);
            Assert.All(checks, c => Assert.True(texts.ContainsKey("remedy." + c), $"{language}: no remedy for {c}."));
        }
        var declared = typeof(Cases.Checks.Check.Codes).GetFields().Select(f => (string)f.GetRawConstantValue()!).ToList();
        Assert.All(declared, c => Assert.Contains(c, checks));
    }

    [Fact]
    public void Every_state_holder_and_act_of_every_service_has_its_word()
    {
        foreach (var language in new[] { "ar", "en" })
        {
            var texts = Texts(language);
            foreach (var service in Services.Catalogue.All)
            {
                Assert.True(texts.ContainsKey($"svc.{service.Key}.name"));
                Assert.All(service.States.States, s => Assert.True(texts.ContainsKey("case.state." + s), $"{language}: {s}"));
                Assert.All(service.States.Transitions, t => Assert.True(texts.ContainsKey("case.act." + t.Act), $"{language}: {t.Act}"));
                Assert.All(service.Form.Pages, p => Assert.True(texts.ContainsKey($"svc.{service.Key}.page.{p.Id}.title"), $"{language}: page {p.Id}"));
                Assert.All(service.Form.Fields, f => Assert.True(texts.ContainsKey($"svc.{service.Key}.field.{f.Name}") && (!f.HasHint || texts.ContainsKey($"svc.{service.Key}.field.{f.Name}.hint")), $"{language}: {f.Name}"));
                Assert.All(service.States.Transitions, t => Assert.True(texts.ContainsKey("case.holder." + Cases.Holders.Of(service.States, t.To)), t.To));
            }
        }
    }

    private static string Cell(string text) => text.Replace("|", "\\|").Replace("\n", " ");
}
