using Muqeem.Cases;
using Muqeem.Cases.Definition;

namespace Muqeem.Tests.Codebase;

/// <summary>What holds for every service, and the diagrams in their READMEs.</summary>
public class ServicesDocsTests
{
    public static readonly TheoryData<string> Keys = new(Services.Catalogue.All.Select(s => s.Key));

    private static Service Of(string key) => Services.Catalogue.All.Single(s => s.Key == key);

    [Theory]
    [MemberData(nameof(Keys))]
    public void No_state_that_waits_lacks_a_way_out_by_time_or_by_somebody(string key)
    {
        var states = Of(key).States;
        foreach (var state in states.States.Where(s => !states.IsFinal(s)))
        {
            var ways = states.Transitions.Where(t => t.From == state).ToList();
            var waitsForApplicant = Holders.Of(states, state) is Holders.Applicant or Holders.Payer or Holders.Employer or Holders.Agency;
            Assert.True(!waitsForApplicant || ways.Any(t => t is { Act: CaseActs.TimeOut, By: By.System }), $"{key}: {state} waits for ever.");
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_state_is_reached_from_the_start(string key)
    {
        var states = Of(key).States;
        var reached = new HashSet<string> { CaseStates.None };
        while (states.Transitions.Where(t => reached.Contains(t.From) && reached.Add(t.To)).ToList().Count > 0)
        {
        }
        Assert.Empty(states.States.Except(reached));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void The_README_of_a_service_shows_its_lifecycle(string key)
    {
        var service = Of(key);
        var file = Path.Combine(Repository.Root, "src", "Services", service.GetType().Name, "README.md");
        var readme = File.ReadAllText(file);
        var block = "```mermaid\n" + service.States.Diagram() + "```";
        var start = readme.IndexOf("```mermaid\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"{file} shows no lifecycle.");
        var end = readme.IndexOf("```", start + 5, StringComparison.Ordinal) + 3;
        if (Environment.GetEnvironmentVariable("MUQEEM_WRITE_DOCS") == "1")
        {
            readme = readme[..start] + block + readme[end..];
            File.WriteAllText(file, readme);
            end = start + block.Length;
        }
        Assert.Equal(block, readme[start..end]);
    }
}
