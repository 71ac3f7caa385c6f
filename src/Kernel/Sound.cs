using System.Text;

namespace Muqeem.Kernel;

/// <summary>What is heard of a vowel between two consonants. Nothing means: not written.</summary>
[Flags]
internal enum Vowels : byte
{
    None = 0,
    A = 1,
    I = 2,
    U = 4,

    /// <summary>An e, a letter that begins with ain or alef, a final ya: it may be any.</summary>
    Any = 8,
}

/// <summary>
/// How one part of a name sounds, whatever its script: consonants, and the vowels before, between and after them. Arabic does not write short
/// vowels and Latin has many spellings, so vowels are only compared where both sides show them; that is what keeps Hassan from Hussein and
/// Mahmoud from Mohammed.
/// </summary>
internal sealed class Sound
{
    // Consonants that have one Latin spelling are that letter. The others: X sh, C ch, x kh, G gh, g a Latin g, T' th (8), D' dh (9), d dad, z za.
    private const char Tha = '8';
    private const char Dhal = '9';

    private static readonly HashSet<(char, char)> Alike =
    [
        ('g', 'J'), ('g', 'G'), ('g', 'Q'), ('g', 'K'), ('Q', 'K'), ('x', 'K'), ('x', 'H'), ('x', 'Q'), ('G', 'K'), (Tha, 'S'), (Tha, 'T'), (Dhal, 'Z'), (Dhal, 'D'), (Dhal, Tha),
        ('d', 'D'), ('d', 'Z'), ('d', Dhal), ('z', 'Z'), ('z', 'D'), ('z', Dhal), ('z', Tha), ('z', 'd'), ('P', 'B'), ('V', 'F'), ('V', 'W'), ('C', 'X'), ('C', 'J'),
    ];

    // Unvowelled in Arabic and common: without the vowels two of them would sound like others.
    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["محمد"] = "muhammad",
        ["احمد"] = "ahmad",
        ["محمود"] = "mahmud",
        ["حسن"] = "hasan",
        ["حسين"] = "husain",
        ["عمر"] = "umar",
        ["عمرو"] = "amr",
        ["عثمان"] = "uthman",
        ["علي"] = "ali",
        ["حمد"] = "hamad",
        ["سعد"] = "saad",
        ["سعود"] = "saud",
        ["فهد"] = "fahd",
        ["نصر"] = "nasr",
        ["بدر"] = "badr",
        ["بكر"] = "bakr",
        ["جعفر"] = "jafar",
        ["يوسف"] = "yusuf",
        ["يونس"] = "yunus",
        ["مصطفي"] = "mustafa",
        ["مرتضي"] = "murtada",
        ["زينب"] = "zainab",
        ["مريم"] = "maryam",
        ["حمزه"] = "hamza",
        ["طلحه"] = "talha",
        ["طه"] = "taha",
        ["يس"] = "yasin",
        ["رحمن"] = "rahman",
        ["اسحق"] = "ishaq",
        ["سليمن"] = "sulaiman",
        ["الياس"] = "ilyas",
        ["الهام"] = "ilham",
        ["الفت"] = "ulfat",
        ["البرت"] = "albirt",
        ["خلف"] = "khalaf",
        ["هند"] = "hind",
        ["نور"] = "nur",
        ["سيد"] = "saiyid",
        ["منير"] = "munir",
        ["كريم"] = "karim",
        ["كرم"] = "karam",
        ["شريف"] = "sharif",
        ["صلاح"] = "salah",
        ["صالح"] = "salih",
        ["فرح"] = "farah",
        ["فرج"] = "faraj",
        ["مراد"] = "murad",
        ["رشيد"] = "rashid",
        ["راشد"] = "rashid",
        ["سمر"] = "samar",
        ["سمير"] = "samir",
        ["امل"] = "amal",
        ["امال"] = "amal",
        ["جمال"] = "jamal",
        ["جميل"] = "jamil",
        ["وليد"] = "walid",
        ["خديجه"] = "khadija",
        ["رقيه"] = "ruqaya",
        ["طارق"] = "tariq",
        ["انس"] = "anas",
        ["قيس"] = "qais",
    };

    private static readonly HashSet<string> ShortMuhammad = new(StringComparer.Ordinal) { "md", "mhd", "mohd", "muhd", "mohmd", "muhmd", "mohamd" };

    private readonly char[] _consonants;
    private readonly Vowels[] _vowels;

    private Sound(List<char> consonants, List<Vowels> vowels) => (_consonants, _vowels) = ([.. consonants], [.. vowels]);

    public bool Silent => _consonants.Length == 0 && _vowels[0] == Vowels.None;

    /// <summary>Of one unit folded by <see cref="NameFolding.Latin"/>.</summary>
    public static Sound OfLatin(string unit)
    {
        var word = unit.Replace(" ", "", StringComparison.Ordinal);
        return Latin(ShortMuhammad.Contains(word) ? "muhammad" : word);
    }

    /// <summary>Of one unit folded by <see cref="NameFolding.Arabic"/>.</summary>
    /// <param name="useKnown">Take the vowels of common names from what everybody knows: for comparison with Latin.</param>
    public static Sound OfArabic(string unit, bool useKnown = true)
    {
        var word = unit.Replace(" ", "", StringComparison.Ordinal);
        return useKnown && Known.TryGetValue(word, out var latin) ? Latin(latin) : Arabic(word);
    }

    /// <summary>Whether both may be spellings of one name.</summary>
    /// <param name="longVowelsWritten">Both are Arabic: what has a waw or ya in one must have it in the other.</param>
    public bool IsLike(Sound other, bool longVowelsWritten = false)
    {
        if (_consonants.Length != other._consonants.Length)
        {
            return false;
        }
        for (var i = 0; i < _consonants.Length; i++)
        {
            if (!SameConsonant(_consonants[i], other._consonants[i], last: i == _consonants.Length - 1))
            {
                return false;
            }
        }
        for (var i = 0; i < _vowels.Length; i++)
        {
            if (!Compatible(_vowels[i], other._vowels[i], longVowelsWritten))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>One key for all its spellings: consonants only, look-alikes merged, doubles once. For search; coarser than <see cref="IsLike"/>.</summary>
    public string Key()
    {
        var key = new StringBuilder();
        if (_vowels[0] != Vowels.None)
        {
            key.Append('A');
        }
        for (var i = 0; i < _consonants.Length; i++)
        {
            var c = _consonants[i] switch
            {
                'g' or 'G' => 'J',
                'Q' or 'x' => 'K',
                Tha => 'S',
                Dhal or 'z' => 'Z',
                'd' => 'D',
                'P' => 'B',
                'V' => 'W',
                'C' => 'X',
                'T' when i == _consonants.Length - 1 => 'D',
                var same => same,
            };
            if (key.Length == 0 || key[^1] != c)
            {
                key.Append(c);
            }
        }
        return key.ToString();
    }

    /// <summary>Several parts said as one word.</summary>
    public static Sound Join(IReadOnlyList<Sound> parts)
    {
        var into = new Collector();
        foreach (var part in parts)
        {
            into.Vowel(part._vowels[0]);
            for (var i = 0; i < part._consonants.Length; i++)
            {
                into.Consonant(part._consonants[i], merge: i == 0);
                into.Vowel(part._vowels[i + 1]);
            }
        }
        return into.Done();
    }

    private static bool SameConsonant(char a, char b, bool last) =>
        a == b || Alike.Contains((a, b)) || Alike.Contains((b, a)) || (last && (a, b) is ('T', 'D') or ('D', 'T'));

    private static bool Compatible(Vowels a, Vowels b, bool longVowelsWritten)
    {
        if (longVowelsWritten && !(a | b).HasFlag(Vowels.Any))
        {
            return (a & ~Vowels.A) == (b & ~Vowels.A);
        }
        return a == Vowels.None || b == Vowels.None || (a | b).HasFlag(Vowels.Any) || (a & b) == a || (a & b) == b;
    }

    private static Sound Latin(string word)
    {
        var into = new Collector();
        for (var i = 0; i < word.Length; i++)
        {
            var rest = word.AsSpan(i);
            var (sound, length) = rest switch
            {
                ['s', 'c', 'h', ..] => ('X', 3),
                ['t', 'c', 'h', ..] => ('C', 3),
                ['s', 'h', ..] => ('X', 2),
                ['c', 'h', ..] => ('C', 2),
                ['k', 'h', ..] => ('x', 2),
                ['g', 'h', ..] => ('G', 2),
                ['t', 'h', ..] => (Tha, 2),
                ['d', 'h', ..] => (Dhal, 2),
                ['p', 'h', ..] => ('F', 2),
                ['b', 'h', ..] => ('B', 2),
                ['j', 'h', ..] or ['z', 'h', ..] or ['d', 'j', ..] => ('J', 2),
                ['c', 'k', ..] => ('K', 2),
                ['q', 'u', 'i' or 'e' or 'a', ..] => ('K', 2),
                ['c', 'e' or 'i' or 'y', ..] => ('S', 1),
                ['c', ..] => ('K', 1),
                ['g', ..] => ('g', 1),
                ['h'] => ('\0', 1),
                ['w' or 'v', ..] or ['y', ..] when i > 0 => ('\0', 1),
                ['y', 'a' or 'e' or 'i' or 'o' or 'u' or 'h', ..] => ('Y', 1),
                [var c, ..] => (IsLatinVowel(c) || !char.IsAsciiLetter(c) ? '\0' : char.ToUpperInvariant(c), 1),
                _ => ('\0', 1),
            };
            if (sound == 'X' && length == 1)
            {
                into.Consonant('K');
                into.Consonant('S');
            }
            else if (sound != '\0')
            {
                into.Consonant(sound);
            }
            else
            {
                into.Vowel(rest switch
                {
                    ['a', ..] => Vowels.A,
                    ['e', 'e', ..] => Vowels.I,
                    ['e', ..] => Vowels.Any,
                    ['i' or 'y', ..] => Vowels.I,
                    ['o' or 'u' or 'w' or 'v', ..] => Vowels.U,
                    _ => Vowels.None,
                });
            }
            i += length - 1;
        }
        return into.Done(settleE: true);
    }

    private static bool IsLatinVowel(char c) => c is 'a' or 'e' or 'i' or 'o' or 'u' or 'y';

    private static Sound Arabic(string word)
    {
        var into = new Collector();
        for (var i = 0; i < word.Length; i++)
        {
            var (first, last) = (i == 0, i == word.Length - 1);
            switch (word[i])
            {
                case 'ا' or 'ع' when first:
                    into.Vowel(Vowels.Any);
                    break;
                case 'ا':
                    into.Vowel(Vowels.A);
                    break;
                case 'و' when !first:
                    into.Vowel(Vowels.U);
                    break;
                case 'ي' when last:
                    into.Vowel(Vowels.Any); // ya and alef maksura are folded into one
                    break;
                case 'ي' when !first:
                    into.Vowel(Vowels.I);
                    break;
                case 'ه' or 'ح' when last:
                    break;
                default:
                    if (ArabicConsonant(word[i]) is var c and not '\0')
                    {
                        into.Consonant(c, merge: false);
                    }
                    break;
            }
        }
        return into.Done();
    }

    private static char ArabicConsonant(char letter) => letter switch
    {
        'ب' => 'B',
        'پ' => 'P',
        'ت' or 'ط' or 'ٹ' => 'T',
        'ث' => Tha,
        'ج' or 'ژ' => 'J',
        'چ' => 'C',
        'ح' or 'ه' => 'H',
        'خ' => 'x',
        'د' or 'ڈ' => 'D',
        'ذ' => Dhal,
        'ر' or 'ڑ' => 'R',
        'ز' => 'Z',
        'س' or 'ص' => 'S',
        'ش' => 'X',
        'ض' => 'd',
        'ظ' => 'z',
        'غ' => 'G',
        'ف' => 'F',
        'ڤ' => 'V',
        'ق' => 'Q',
        'ك' => 'K',
        'گ' => 'g',
        'ل' => 'L',
        'م' => 'M',
        'ن' or 'ں' => 'N',
        'و' => 'W',
        'ي' => 'Y',
        _ => '\0',
    };

    private sealed class Collector
    {
        private readonly List<char> _consonants = [];
        private readonly List<Vowels> _vowels = [Vowels.None];

        /// <summary>Doubled letters are one; in Arabic they are two, since a doubled sound is written once.</summary>
        public void Consonant(char c, bool merge = true)
        {
            if (merge && _vowels[^1] == Vowels.None && _consonants.Count > 0 && _consonants[^1] == c)
            {
                return;
            }
            _consonants.Add(c);
            _vowels.Add(Vowels.None);
        }

        public void Vowel(Vowels vowel) => _vowels[^1] |= vowel;

        /// <param name="settleE">An e alone may be any vowel; beside others it only colours them (ae is ai).</param>
        public Sound Done(bool settleE = false)
        {
            for (var i = 0; settleE && i < _vowels.Count; i++)
            {
                if (_vowels[i].HasFlag(Vowels.Any) && _vowels[i] != Vowels.Any)
                {
                    _vowels[i] &= ~Vowels.Any;
                    _vowels[i] |= _vowels[i] == Vowels.A ? Vowels.I : Vowels.None;
                }
            }
            return new(_consonants, _vowels);
        }
    }
}
