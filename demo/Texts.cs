using System.Text.Json;

namespace Muqeem.Demo;

/// <summary>The product's own texts, read from the repository: what a page must say in either language.</summary>
public sealed class Texts
{
    private readonly Dictionary<string, Dictionary<string, string>> _of = new(StringComparer.Ordinal);

    public Texts(string root)
    {
        foreach (var language in new[] { "ar", "en" })
        {
            var all = _of[language] = new(StringComparer.Ordinal);
            foreach (var file in Directory.EnumerateFiles(Path.Combine(root, "src"), $"texts.{language}.json", SearchOption.AllDirectories).Where(f => !f.Contains("/bin/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal)))
            {
                foreach (var (key, text) in JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file))!)
                {
                    all[key] = text;
                }
            }
        }
    }

    public string Of(string language, string key) => _of[language].TryGetValue(key, out var text) ? text : throw new InvalidOperationException($"There is no text {key} in {language}.");
}
