using System.Text.RegularExpressions;
using Muqeem.Tests;

namespace Muqeem.Verifier;

/// <summary>The reasons are public words: each explained, each given by the library and asked for by a test, none ever removed.</summary>
public partial class ReasonDocsTests
{
    private const string Page = "verifier-reasons.md";

    private static readonly string Folder = Path.Combine(Repository.Root, "src", "Verifier");

    private static List<(Reason Reason, string Text)> Explained()
    {
        var source = File.ReadAllText(Path.Combine(Folder, "Reason.cs"));
        return [.. Member().Matches(source).Select(m => (Enum.Parse<Reason>(m.Groups["name"].Value), m.Groups["text"].Value.Replace("<c>", "`").Replace("</c>", "`")))];
    }

    [GeneratedRegex(@"/// <summary>(?<text>.+)</summary>\n    (?<name>\w+),", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Member();

    [GeneratedRegex(@"^\| `(?<code>[^`]+)` \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Listed();

    [GeneratedRegex(@"\bReason\.(?<name>\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Used();

    [Fact]
    public void Each_reason_is_listed_with_what_it_means_and_none_has_gone()
    {
        var explained = Explained();
        Assert.Equal(Enum.GetValues<Reason>(), explained.Select(e => e.Reason));
        var codes = explained.Select(e => e.Reason.Code()).ToHashSet();
        var file = Path.Combine(Repository.Root, "docs", "generated", Page);
        if (File.Exists(file))
        {
            Assert.All(Listed().Matches(File.ReadAllText(file)), m => Assert.True(codes.Contains(m.Groups["code"].Value), $"The reason {m.Groups["code"].Value} was removed or renamed."));
        }
        static string Reads(Reason reason) => IdVerifier.Refuse(reason) switch
        {
            Verdict.NotValid no => $"not valid: {Words(no.Why.ToString())}",
            Verdict.CannotSay unknown => $"cannot say: {Words(unknown.Why.ToString())}",
            _ => throw new InvalidOperationException(),
        };
        GeneratedDocs.Check(Page, "# Why the verifier refuses\n\nWritten by a test. A code is never renamed or removed. The last column is how it reads to who looks at an ID; parts of a bundle and the journal are read before that.\n\n"
            + "| code | meaning | verdict |\n|---|---|---|\n" + string.Concat(explained.Select(e => $"| `{e.Reason.Code()}` | {e.Text} | {Reads(e.Reason)} |\n")));
    }

    private static string Words(string name) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(name).Replace('_', ' ');

    [Fact]
    public void Each_reason_is_given_somewhere_and_asked_for_by_a_test()
    {
        var (given, asked) = (new HashSet<string>(), new HashSet<string>());
        foreach (var file in Directory.GetFiles(Folder, "*.cs", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) is not ("Reason.cs" or "Reason.Docs.Tests.cs") && !f.Contains("/obj/")))
        {
            var into = file.EndsWith(".Tests.cs", StringComparison.Ordinal) ? asked : given;
            into.UnionWith(Used().Matches(File.ReadAllText(file)).Select(m => m.Groups["name"].Value));
        }
        Assert.Empty(Enum.GetNames<Reason>().Except(given));
        Assert.Empty(Enum.GetNames<Reason>().Except(asked));
    }
}
