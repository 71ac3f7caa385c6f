namespace Muqeem.Kernel;

/// <summary>Compares names in Latin or Arabic letters, or one with the other. The class helps a person to look; identity never hangs on a name alone.</summary>
public static class NameComparison
{
    // Below this, one letter is too much of the name to be a slip.
    private const int ShortestSlip = 5;

    public static Comparison Compare(LatinName? typed, LatinName? recorded) => Compare(typed?.ToString(), recorded?.ToString());

    public static Comparison Compare(ArabicName? typed, ArabicName? recorded) => Compare(typed?.ToString(), recorded?.ToString());

    public static Comparison Compare(LatinName? typed, ArabicName? recorded) => Compare(typed?.ToString(), recorded?.ToString());

    public static Comparison Compare(ArabicName? typed, LatinName? recorded) => Compare(typed?.ToString(), recorded?.ToString());

    /// <summary>Compares two whole names, each in either script.</summary>
    public static Comparison Compare(string? typed, string? recorded) => Comparison.Of(Class(typed, recorded), typed, recorded);

    private static ComparisonClass Class(string? typed, string? recorded)
    {
        var (a, b) = (NameUnits.Of(typed), NameUnits.Of(recorded));
        if (a.Units.Count == 0 || b.Units.Count == 0)
        {
            return ComparisonClass.Missing;
        }
        if (string.Equals(NameFolding.Tidy(typed), NameFolding.Tidy(recorded), StringComparison.Ordinal))
        {
            return ComparisonClass.Equal;
        }
        if (a.IsArabic == b.IsArabic && string.Equals(a.Folded, b.Folded, StringComparison.Ordinal))
        {
            return ComparisonClass.EqualAfterFolding;
        }

        var arabic = a.IsArabic && b.IsArabic;
        var crossing = a.IsArabic != b.IsArabic;
        var (soundsA, soundsB) = (a.Sounds(crossing), b.Sounds(crossing));
        if (soundsA.Count == soundsB.Count && soundsA.Zip(soundsB).All(p => p.First.IsLike(p.Second, arabic)))
        {
            return ComparisonClass.Transliteration;
        }
        if (Heard.Whole(soundsA).IsLike(Heard.Whole(soundsB), arabic))
        {
            // The same, split into words otherwise: Noor Uddin, Nooruddin.
            return ComparisonClass.Transliteration;
        }
        var (fewer, more) = soundsA.Count <= soundsB.Count ? (soundsA, soundsB) : (soundsB, soundsA);
        if (EachHasItsOwn(fewer, more, arabic))
        {
            return fewer.Count == more.Count ? ComparisonClass.OtherOrder : ComparisonClass.MissingPart;
        }
        return a.IsArabic == b.IsArabic && Math.Min(a.Folded.Length, b.Folded.Length) >= ShortestSlip && NumberComparison.OneApart(a.Folded, b.Folded)
            ? ComparisonClass.OneDigit
            : ComparisonClass.Different;
    }

    /// <summary>Whether every sound of one name finds a sound of its own in the other (bipartite matching by augmenting paths).</summary>
    private static bool EachHasItsOwn(List<Heard> fewer, List<Heard> more, bool arabic)
    {
        var takenBy = new int[more.Count];
        Array.Fill(takenBy, -1);
        for (var i = 0; i < fewer.Count; i++)
        {
            if (!Place(i, new bool[more.Count]))
            {
                return false;
            }
        }
        return true;

        bool Place(int part, bool[] tried)
        {
            for (var j = 0; j < more.Count; j++)
            {
                if (tried[j] || !fewer[part].IsLike(more[j], arabic))
                {
                    continue;
                }
                tried[j] = true;
                if (takenBy[j] < 0 || Place(takenBy[j], tried))
                {
                    takenBy[j] = part;
                    return true;
                }
            }
            return false;
        }
    }
}

/// <summary>Whether a name in Arabic letters and one in Latin letters can be the same name.</summary>
public static class Transliteration
{
    /// <summary>Part by part in the same order, whatever the spelling.</summary>
    public static bool SoundsAlike(ArabicName arabic, LatinName latin) =>
        NameComparison.Compare(arabic, latin).Class is ComparisonClass.Transliteration;

    /// <summary>All parts of the shorter are in the longer one, in any order: what an officer should still look at.</summary>
    public static bool MayBe(ArabicName arabic, LatinName latin) =>
        NameComparison.Compare(arabic, latin).Class is ComparisonClass.Transliteration or ComparisonClass.OtherOrder or ComparisonClass.MissingPart;
}

/// <summary>One value to look a name up by; the blind index keys it with <see cref="Kind"/>.</summary>
/// <param name="Kind"><c>name-ar</c>, <c>name-latin</c>, or <c>name-sound</c>, which is the same for both scripts.</param>
public readonly record struct NameToken(string Kind, string Value);

/// <summary>The keys under which a name is found: each part folded, and each part's sound.</summary>
public static class NameSearch
{
    public const string ArabicKind = "name-ar";
    public const string LatinKind = "name-latin";
    public const string SoundKind = "name-sound";

    public static IReadOnlyList<NameToken> Tokens(ArabicName name) => Tokens(name.ToString());

    public static IReadOnlyList<NameToken> Tokens(LatinName name) => Tokens(name.ToString());

    /// <summary>The tokens of what an officer types: one script at a time.</summary>
    public static IReadOnlyList<NameToken> Tokens(string? typed)
    {
        var name = NameUnits.Of(typed);
        var tokens = new List<NameToken>();
        foreach (var unit in name.Units)
        {
            Add(new NameToken(name.IsArabic ? ArabicKind : LatinKind, unit.Replace(" ", "", StringComparison.Ordinal)));
        }
        foreach (var sound in name.Sounds(crossing: true).SelectMany(h => h.Ways))
        {
            // A lone vowel or consonant finds everybody.
            if (sound.Key() is { Length: > 1 } key)
            {
                Add(new NameToken(SoundKind, key));
            }
        }
        return tokens;

        void Add(NameToken token)
        {
            if (!tokens.Contains(token))
            {
                tokens.Add(token);
            }
        }
    }
}

/// <summary>A folded name cut into what is one name each: "abdul rahman", "nur al din" are one; articles and "son of" are none.</summary>
internal sealed class NameUnits
{
    private static readonly HashSet<string> LatinParticles = new(StringComparer.Ordinal) { "al", "el", "ul", "ud", "ur", "us", "uz", "bin", "ibn", "bint", "binti", "ben" };
    private static readonly HashSet<string> ArabicParticles = new(StringComparer.Ordinal) { "ال", "بن", "ابن", "بنت" };
    private static readonly HashSet<string> LatinDin = new(StringComparer.Ordinal) { "din", "deen", "dine", "uddin", "eddin", "eddine", "addin", "aldin", "aldeen", "uddeen" };

    private NameUnits(List<string> units, string folded, bool isArabic) => (Units, Folded, IsArabic) = (units, folded, isArabic);

    public List<string> Units { get; }

    /// <summary>All letters, without spaces.</summary>
    public string Folded { get; }

    public bool IsArabic { get; }

    public static NameUnits Of(string? name)
    {
        var isArabic = IsMostlyArabic(name);
        var folded = isArabic ? NameFolding.Arabic(name) : NameFolding.Latin(name);
        var words = folded.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var units = isArabic ? OfArabic(words) : OfLatin(words);
        if (units.Count == 0)
        {
            units = [.. words];
        }
        return new NameUnits(units, folded.Replace(" ", "", StringComparison.Ordinal), isArabic);
    }

    /// <param name="crossing">It is compared with a name in the other script.</param>
    public List<Heard> Sounds(bool crossing) => [.. Units.Select(u => HeardOf(u, crossing)).Where(h => !h.Ways[0].Silent)];

    private Heard HeardOf(string unit, bool crossing) =>
        IsArabic ? new([Sound.OfArabic(unit, useKnown: crossing)])
        // Before a vowel, "al" may be the article (Alotaibi) or part of the name (Alexander).
        : unit.Length >= 6 && unit is ['a' or 'e', 'l', 'a' or 'e' or 'i' or 'o' or 'u', ..] ? new([Sound.OfLatin(unit), Sound.OfLatin(unit[2..])])
        : new([Sound.OfLatin(unit)]);

    private static bool IsMostlyArabic(string? name)
    {
        var (arabic, latin) = (0, 0);
        foreach (var rune in (name ?? "").EnumerateRunes())
        {
            var kind = NameFolding.KindOf(rune);
            arabic += kind == LetterKind.Arabic ? 1 : 0;
            latin += kind == LetterKind.Latin ? 1 : 0;
        }
        return arabic > latin;
    }

    private static List<string> OfLatin(string[] words)
    {
        var units = new List<string>();
        for (var i = 0; i < words.Length; i++)
        {
            var word = words[i];
            var more = i + 1 < words.Length;
            if (LatinParticles.Contains(word) && words.Length > 1)
            {
                continue;
            }
            if (LatinDin.Contains(word) && units.Count > 0)
            {
                units[^1] += "din";
            }
            else if (ServantOf(word) is { } name)
            {
                // Abdul Rahman, Abd al-Rahman, Abdur Rahman, Abdulrahman: "abd" and one of the names of God.
                while (name.Length == 0 && i + 1 < words.Length)
                {
                    i++;
                    name = LatinParticles.Contains(words[i]) ? "" : WithoutArticle(words[i]);
                }
                units.Add("abd" + name);
            }
            else if (word is "abu" or "abou" or "abo" && more)
            {
                units.Add("abu" + words[++i]);
            }
            else
            {
                units.Add(WithoutArticle(word));
            }
        }
        return units;
    }

    /// <summary>What follows "abd" and its article in a word that begins so; empty when the next word holds it; null for other words.</summary>
    private static string? ServantOf(string word)
    {
        if (!word.StartsWith("abd", StringComparison.Ordinal))
        {
            return null;
        }
        var rest = word[3..];
        if (rest.Length == 0)
        {
            return "";
        }
        if (rest[0] is not ('u' or 'a' or 'e' or 'o') || rest.Length < 2)
        {
            return null;
        }
        // The article's l, or the sun letter it became: abdul-, abdur-, abdus-.
        var name = rest[2..];
        return name.Length == 0 ? (rest[1] is 'l' or 'r' or 's' or 'n' or 't' or 'z' or 'd' ? "" : null)
            : rest[1] == 'l' && name.Length >= 2 ? name
            : name[0] == rest[1] ? name
            : null;
    }

    private static string WithoutArticle(string word) =>
        word.Length >= 6 && word[0] is 'a' or 'e' && word[1] == 'l' && word[2] is not ('a' or 'e' or 'i' or 'o' or 'u' or 'l' or 'y') ? word[2..] : word;

    private static List<string> OfArabic(string[] words)
    {
        var units = new List<string>();
        for (var i = 0; i < words.Length; i++)
        {
            var word = words[i];
            var more = i + 1 < words.Length;
            if (ArabicParticles.Contains(word) && words.Length > 1)
            {
                continue;
            }
            if (word is "الدين" && units.Count > 0)
            {
                units[^1] += "دين";
            }
            else if (word is "عبد" && more)
            {
                units.Add("عبد" + WithoutArabicArticle(words[++i]));
            }
            else if (word.StartsWith("عبدال", StringComparison.Ordinal) && word.Length >= 7)
            {
                units.Add("عبد" + word[5..]);
            }
            else if (word is "ابو" or "ابي" or "ابا" && more)
            {
                units.Add("ابو" + words[++i]);
            }
            else
            {
                units.Add(WithoutArabicArticle(word));
            }
        }
        return units;
    }

    private static string WithoutArabicArticle(string word) =>
        word.StartsWith("ال", StringComparison.Ordinal) && word.Length >= 4 && word is not ("الياس" or "الهام" or "الفت" or "البرت") ? word[2..] : word;
}

/// <summary>One part of a name as it may be heard: one way, or two when its beginning may be an article.</summary>
internal readonly record struct Heard(IReadOnlyList<Sound> Ways)
{
    public static Sound Whole(List<Heard> parts) => Sound.Join([.. parts.Select(p => p.Ways[0])]);

    public bool IsLike(Heard other, bool arabic)
    {
        foreach (var way in Ways)
        {
            foreach (var theirs in other.Ways)
            {
                if (way.IsLike(theirs, arabic))
                {
                    return true;
                }
            }
        }
        return false;
    }
}
