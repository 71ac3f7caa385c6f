using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Muqeem.Sandbox.Population;

/// <summary>One name in both scripts.</summary>
public sealed record NamePart(string Latin, string Arabic);

/// <summary>A person's name, as registers and passports divide it.</summary>
/// <param name="En">Up to four parts: own, father's (a Filipino's mother's family), grandfather's, family; empty where there is none.</param>
/// <param name="Primary">The passport's surname field; the only name of somebody who has one name.</param>
/// <param name="Secondary">The passport's given names; may be empty.</param>
public sealed record PersonName(IReadOnlyList<string> En, IReadOnlyList<string> Ar, string Primary, string Secondary)
{
    public string FullEn => Joined(En);
    public string FullAr => Joined(Ar);

    private static string Joined(IReadOnlyList<string> parts) => string.Join(' ', parts.Where(part => part.Length > 0));
}

/// <summary>How people of each culture are called.</summary>
public static class Names
{
    private static readonly FrozenDictionary<string, NamePart[]> Lists = Load();
    private static readonly FrozenDictionary<string, string[]> Spellings = LoadSpellings();

    /// <summary>Draws a name. A child passes its father's given name and family, which it shares where its culture does so.</summary>
    public static PersonName Draw(string culture, string sex, Dice dice, NamePart? father = null, NamePart? family = null)
    {
        var m = sex == "M";
        switch (culture)
        {
            case "egypt" or "sudan" or "yemen" or "levant" or "maghreb" or "gulf":
                {
                    var own = dice.Pick(Lists[m ? "arab.m" : "arab.f"], Topic.Given);
                    var second = father ?? dice.Pick(Lists["arab.m"], Topic.Father);
                    var third = dice.Pick(Lists["arab.m"], Topic.Grandfather);
                    var last = family ?? dice.Pick(Lists[culture + ".l"], Topic.Family);
                    var parts = culture is "maghreb" || dice.Chance(0.06, Topic.HouseName)
                        ? [own, Blank, Blank, last] // many passports of the Maghreb know two parts only
                        : new[] { own, second, third, last };
                    if (dice.Chance(0.015, Topic.Honorific) && m)
                    {
                        parts[0] = new("Haj " + own.Latin, "الحاج " + own.Arabic);
                    }
                    return Make(parts, given: 3, spelling: Spelling(culture));
                }
            case "ethiopia" or "somali":
                {
                    var own = dice.Pick(Lists[$"{culture}.{sex.ToLowerInvariant()}"], Topic.Given);
                    var second = father ?? dice.Pick(Lists[culture + ".m"], Topic.Father);
                    var third = dice.Pick(Lists[culture + ".m"], Topic.Grandfather);
                    return Make([own, second, third, Blank], given: 2, spelling: 0);
                }
            case "philippines":
                {
                    // Own name, mother's family, father's family.
                    var own = dice.Pick(Lists[$"philippines.{sex.ToLowerInvariant()}"], Topic.Given);
                    var mother = dice.Pick(Lists["philippines.l"], Topic.Father);
                    var last = family ?? dice.Pick(Lists["philippines.l"], Topic.Family);
                    return Make([own, mother, Blank, last], given: 3, spelling: 0);
                }
            case "indonesia":
                {
                    var own = dice.Pick(Lists[$"indonesia.{sex.ToLowerInvariant()}"], Topic.Given);
                    if (dice.Chance(0.4, Topic.Mononym))
                    {
                        return Mononym(own);
                    }
                    var last = dice.Pick(Lists["indonesia.l"], Topic.Family);
                    var honoured = dice.Chance(0.03, Topic.Honorific) ? new NamePart((m ? "Haji " : "Hajjah ") + own.Latin, (m ? "حاجي " : "حاجة ") + own.Arabic) : own;
                    return Make([honoured, Blank, Blank, last], given: 3, spelling: 0);
                }
            case "india":
                {
                    var muslim = dice.Chance(0.45, Topic.Religion);
                    var list = muslim ? "indiamuslim" : "india";
                    var own = dice.Pick(Lists[$"{list}.{sex.ToLowerInvariant()}"], Topic.Given);
                    if (dice.Chance(0.12, Topic.Mononym))
                    {
                        return Mononym(own);
                    }
                    var last = family ?? dice.Pick(Lists[list + ".l"], Topic.Family);
                    var second = dice.Chance(0.3, Topic.Father) ? father ?? dice.Pick(Lists[list + ".m"], Topic.Father, 1) : Blank;
                    return Make([own, second, Blank, last], given: 3, spelling: 2);
                }
            case "bangladesh":
                {
                    var own = dice.Pick(Lists[$"bangladesh.{sex.ToLowerInvariant()}"], Topic.Given);
                    var last = m ? family ?? Lists["bangladesh.l"][dice.Below(19, Topic.Family)] : Lists["bangladesh.l"][19 + dice.Below(3, Topic.Family)];
                    var first = m && dice.Chance(0.45, Topic.Honorific) ? new NamePart(dice.Chance(0.6, Topic.Honorific, 1) ? "Md" : "Mohammad", "محمد") : Blank;
                    return Make(first == Blank ? [own, Blank, Blank, last] : [first, own, Blank, last], given: 3, spelling: 2);
                }
            case "pakistan":
                {
                    var own = dice.Pick(Lists[$"pakistan.{sex.ToLowerInvariant()}"], Topic.Given);
                    var last = m ? family ?? Lists["pakistan.l"][dice.Below(19, Topic.Family)] : family is null || dice.Chance(0.4, Topic.Family) ? Lists["pakistan.l"][19 + dice.Below(2, Topic.Family, 1)] : family;
                    var first = m ? dice.Chance(0.4, Topic.Honorific) ? new NamePart("Muhammad", "محمد") : dice.Chance(0.05, Topic.Honorific, 1) ? new NamePart("Syed", "سيد") : Blank : Blank;
                    return Make(first == Blank ? [own, Blank, Blank, last] : [first, own, Blank, last], given: 3, spelling: 3);
                }
            case "nepal":
                {
                    var own = dice.Pick(Lists[$"nepal.{sex.ToLowerInvariant()}"], Topic.Given);
                    var middle = dice.Chance(0.55, Topic.Father) ? m ? new NamePart("Bahadur", "بهادور") : new NamePart("Kumari", "كوماري") : Blank;
                    return Make([own, middle, Blank, family ?? dice.Pick(Lists["nepal.l"], Topic.Family)], given: 3, spelling: 0);
                }
            case "lanka":
                {
                    var own = dice.Pick(Lists[$"lanka.{sex.ToLowerInvariant()}"], Topic.Given);
                    var last = family ?? dice.Pick(Lists["lanka.l"], Topic.Family);
                    return dice.Chance(0.35, Topic.HouseName)
                        ? Make([dice.Pick(Lists["lanka.house"], Topic.HouseName, 1), own, dice.Pick(Lists["lanka.m"], Topic.Father), last], given: 3, spelling: 0)
                        : Make([own, Blank, Blank, last], given: 3, spelling: 0);
                }
            case "burma":
                {
                    var list = Lists[$"burma.{sex.ToLowerInvariant()}"];
                    var own = dice.Pick(list, Topic.Given);
                    var second = dice.Pick(list, Topic.Father);
                    if (second == own || dice.Chance(0.15, Topic.Mononym))
                    {
                        return Mononym(own);
                    }
                    // No family name: all of it is the primary field.
                    var all = Make([own, second, Blank, dice.Pick(Lists["burma.l"], Topic.Family)], given: 3, spelling: 0);
                    return all with { Primary = all.FullEn, Secondary = "" };
                }
            case "afghan" or "turkey" or "west" or "east" or "sahel" or "malay" or "eastasia" or "western":
                {
                    var own = dice.Pick(Lists[$"{culture}.{sex.ToLowerInvariant()}"], Topic.Given);
                    if (culture == "afghan" && dice.Chance(0.25, Topic.Mononym))
                    {
                        return Mononym(own);
                    }
                    return Make([own, Blank, Blank, family ?? dice.Pick(Lists[culture + ".l"], Topic.Family)], given: 3, spelling: 0);
                }
            default:
                throw new ArgumentOutOfRangeException(nameof(culture), culture, "No names for this culture.");
        }
    }

    /// <summary>A name from its parts as registers write them, e.g. of a person in the script.</summary>
    /// <param name="given">How many of the parts are given names in the passport.</param>
    public static PersonName Make(IReadOnlyList<NamePart> parts, int given, int spelling)
    {
        var en = parts.Select(part => Latin(part.Latin, spelling)).ToArray();
        var ar = parts.Select(part => part.Arabic).ToArray();
        var secondary = string.Join(' ', en.Take(given).Where(part => part.Length > 0));
        var primary = string.Join(' ', en.Skip(given).Where(part => part.Length > 0));
        return primary.Length == 0 ? new(en, ar, secondary, "") : new(en, ar, primary, secondary);
    }

    public static PersonName Mononym(NamePart only) => new([Latin(only.Latin, 0)], [only.Arabic], Latin(only.Latin, 0), "");

    /// <summary>Another usual spelling of the first word that has one, or null.</summary>
    public static string? OtherSpelling(string full, Dice dice)
    {
        var words = full.Split(' ');
        for (var i = 0; i < words.Length; i++)
        {
            if (Spellings.TryGetValue(words[i], out var group))
            {
                var others = group.Where(other => other != words[i]).ToArray();
                words[i] = dice.Pick(others, Topic.DiscrepancyDetail);
                return string.Join(' ', words);
            }
        }
        return null;
    }

    /// <summary>A citizen's name, for household employers.</summary>
    public static PersonName Citizen(string sex, Dice dice) => Draw("gulf", sex, dice);

    private static readonly NamePart Blank = new("", "");

    private static int Spelling(string culture) => culture switch { "egypt" or "sudan" or "maghreb" => 1, "levant" => 2, _ => 0 };

    // Passports print capitals. Countries have their own habit for the commonest name of all.
    private static string Latin(string name, int spelling)
    {
        var upper = name.ToUpperInvariant();
        if (spelling < 0 || upper.Length == 0)
        {
            return upper;
        }
        string[] forms = ["MOHAMMED", "MOHAMED", "MOHAMMAD", "MUHAMMAD"];
        return string.Join(' ', upper.Split(' ').Select(word => word == "MOHAMMED" ? forms[spelling] : word));
    }

    private static FrozenDictionary<string, NamePart[]> Load()
    {
        var lists = new Dictionary<string, NamePart[]>(StringComparer.Ordinal);
        foreach (var line in Resource.Lines("names.txt"))
        {
            var parts = new List<NamePart>();
            var latin = new StringBuilder();
            foreach (var word in line.Split(' ')[1..])
            {
                var bar = word.IndexOf('|', StringComparison.Ordinal);
                if (bar >= 0)
                {
                    latin.Append(word.AsSpan(0, bar));
                    parts.Add(new(latin.ToString(), word[(bar + 1)..].Replace('_', ' ')));
                    latin.Clear();
                }
                else if (word.Any(c => CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.OtherLetter))
                {
                    parts[^1] = parts[^1] with { Arabic = parts[^1].Arabic + " " + word };
                }
                else
                {
                    latin.Append(word).Append(' ');
                }
            }
            lists.Add(line.Split(' ')[0], [.. parts]);
        }
        return lists.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static FrozenDictionary<string, string[]> LoadSpellings()
    {
        var all = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var line in Resource.Lines("spellings.txt"))
        {
            var group = line.Split(' ');
            foreach (var spelling in group)
            {
                all.TryAdd(spelling, group);
            }
        }
        return all.ToFrozenDictionary(StringComparer.Ordinal);
    }
}

/// <summary>Lists that are built into the program.</summary>
internal static class Resource
{
    /// <summary>The lines that are not comments.</summary>
    public static IEnumerable<string> Lines(string name)
    {
        using var stream = typeof(Resource).Assembly.GetManifestResourceStream("Muqeem.Sandbox." + name) ?? throw new InvalidOperationException($"{name} is not built in.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                yield return line;
            }
        }
    }
}
