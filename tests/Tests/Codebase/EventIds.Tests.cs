using System.Globalization;
using System.Text.RegularExpressions;

namespace Muqeem.Tests.Codebase;

/// <summary>An operator's alarm names an event by its number: within a project each is of one event.</summary>
public partial class EventIdsTests
{
    [Fact]
    public void No_event_id_is_used_twice_within_a_project()
    {
        var source = Path.Combine(Repository.Root, "src");
        var used = Directory.GetFiles(source, "*.cs", SearchOption.AllDirectories)
            .Select(file => (Project: Path.GetRelativePath(source, file).Split(Path.DirectorySeparatorChar)[0], File: Path.GetFileName(file), Text: File.ReadAllText(file)))
            .SelectMany(f => Numbered().Matches(f.Text).Select(m => (f.Project, f.File, Id: int.Parse(m.Groups["id"].Value, CultureInfo.InvariantCulture)))).ToList();
        Assert.True(used.Count > 30 && used.Select(u => u.Project).Distinct().Count() > 3, "The event ids are not found as they are written.");
        Assert.Empty(used.GroupBy(u => (u.Project, u.Id)).Where(g => g.Count() > 1).Select(g => $"{g.Key.Project} {g.Key.Id}: {string.Join(", ", g.Select(u => u.File))}"));
    }

    [GeneratedRegex(@"\[LoggerMessage\((?:\s*(?<id>\d+)\s*,|[^\]]*?\bEventId\s*=\s*(?<id>\d+))", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Numbered();
}
