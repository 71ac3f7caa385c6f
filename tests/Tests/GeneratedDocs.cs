namespace Muqeem.Tests;

/// <summary>Files under docs/generated: a test fails when the committed one differs; with MUQEEM_WRITE_DOCS=1 it writes it anew.</summary>
public static class GeneratedDocs
{
    public static void Check(string name, string text)
    {
        var file = Path.Combine(Repository.Root, "docs", "generated", name);
        text = text.ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable("MUQEEM_WRITE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }
        Assert.True(File.Exists(file) && File.ReadAllText(file) == text, $"docs/generated/{name} is not what the code says. Run the tests once with MUQEEM_WRITE_DOCS=1 and commit it.");
    }
}
