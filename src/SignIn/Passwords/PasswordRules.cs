using System.Globalization;
using System.Reflection;
using System.Text;
using Muqeem.Kernel;

namespace Muqeem.SignIn.Passwords;

/// <summary>
/// What a password must be: long enough, and not one of those that are tried first. No rule about kinds of letters, no expiry; every character counts as typed.
/// A list of some hundred stems with the habits people dress them in (capitals, digits at the ends, $ for s, repeating) covers what lists of leaked passwords hold.
/// </summary>
internal static class PasswordRules
{
    public const string TooShort = "password.too_short";
    public const string TooLong = "password.too_long";
    public const string TooCommon = "password.too_common";
    public const string AboutYou = "password.about_you";

    /// <summary>Longer ones are refused in words, not cut.</summary>
    public const int Longest = 256;

    private static readonly HashSet<string> Stems = LoadStems();
    private static readonly HashSet<string> Pairs = new((
        "th he in er an re on at en nd ti es or te ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly " +
        "nc et ut ss so rs un lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts mo ow pa im mi ai sh ir su id os iv ia am fi ci vi pl ig tu ev ld ry mp fe bl ab gh ty op wo sa ay ex ke fr oo av ag if ap gr od bo sp " +
        "rd do uc bu ei ov by rm ep tt oc fa ef cu rn sc gi da yo cr cl du ga qu ue ff ba ey ls va um pp ua up lu go ht ru ug ds lt pi rc rr eg au ck ew mu br bi pt ak pu ui rg ib tl ny ki rk ys ob mm fu ph og ms ye ud " +
        "mb ip ub oi rl gu dr hr cc tw ft wn nu af hu nn eo vo rv nf xp gn sm fl iz ok nl my gl aw ju oa eq sy sl ps jo lf nv je nk kn gs dy hy ze ks xt bs ik dd pm xi kh dh aj iy uz zi ez za az xa ka sk ja ku ko " +
        "ال لا ها هم من ين ان ون ات ما مر مح حم مد عب بد دا له لل را ري رح حي يا يم بن نا اب بو سا سل عل عا عم اح اس اي با تا جا جد حا حب خا دي ذا رب رو زي سي شا صا طا غا فا في قا كا كر لي مي ني هي وا وي يب ير يس يه").Split(' '),
        StringComparer.Ordinal);
    private const string LatinKeys = "qwertyuiop[]asdfghjkl;'zxcvnm,./`";
    private const string ArabicKeys = "ضصثقفغعهخحجدشسيبلاتنمكطئءؤرىةوزظذ";
    private static readonly string[] Rows =
    [
        "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qazwsxedcrfvtgbyhnujmikolp", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "azertyuiop", "qsdfghjklm", "147258369", "159753", "11223344556677889900", "0102030405060708091011121314151617181920",
        "abcdefghijklmnopqrstuvwxyz", "ضصثقفغعهخحجد", "شسيبلاتنمكط", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    ];

    /// <summary>All that speaks against the password.</summary>
    /// <param name="about">What is known of the holder and would be guessed first: numbers, names, birth date, mobile.</param>
    public static IReadOnlyList<Refusal> Check(string password, int atLeast, params ReadOnlySpan<string?> about)
    {
        var length = password.EnumerateRunes().Count();
        if (length < atLeast)
        {
            return [new Refusal(TooShort, ("length", atLeast))];
        }
        if (length > Longest)
        {
            return [new Refusal(TooLong, ("length", Longest))];
        }
        var plain = Plain(password);
        foreach (var one in about)
        {
            if (IsAbout(plain, one))
            {
                return [new Refusal(AboutYou)];
            }
        }
        return IsCommon(plain) ? [new Refusal(TooCommon)] : [];
    }

    internal static bool IsCommon(string plain)
    {
        if (plain.Distinct().Count() < 5 || IsSaudiMobile(plain))
        {
            return true;
        }
        if (IsInterleaved(plain))
        {
            return true;
        }
        if (Mirrored(plain) is { } unit && unit.Length < plain.Length)
        {
            return IsCommon(unit) || unit.Length < 7;
        }
        // What remains after taking known pieces away must be worth something: each stem, walk, year or repeated letter counts as one guess.
        return Worth(plain) < Enough || Worth(Undressed(plain)) < Enough || Worth(OnArabicKeys(plain)) < Enough;
    }

    // About ten random digits, or six random letters, or one and a half ordinary words that are in no list.
    private const double Enough = 4.5;

    // A digit is worth less than a letter, and a letter that usually follows the one before it hardly anything: "strawberry" needs no list.
    private static double Letter(string plain, int at) =>
        char.IsAsciiDigit(plain[at]) ? 0.45 : at > 0 && Pairs.GetAlternateLookup<ReadOnlySpan<char>>().Contains(plain.AsSpan(at - 1, 2)) ? 0.3 : 0.8;

    /// <summary>How much a guesser must get right: the cheapest way to put the text together from stems, walks, dates and repeats (one each) and single letters.</summary>
    private static double Worth(string plain)
    {
        var stems = Stems.GetAlternateLookup<ReadOnlySpan<char>>();
        var best = new double[plain.Length + 1];
        for (var end = 1; end <= plain.Length; end++)
        {
            best[end] = best[end - 1] + Letter(plain, end - 1);
            for (var start = Math.Max(0, end - 20); start <= end - 3; start++)
            {
                var piece = plain.AsSpan(start, end - start);
                if (stems.Contains(piece) || IsWalk(piece) || IsRepeat(piece) || IsDigits(piece) && IsYearOrDate(piece))
                {
                    best[end] = Math.Min(best[end], best[start] + 1);
                }
            }
        }
        return best[^1];
    }

    // "1a2s3d4f5g": two walks shuffled into each other.
    private static bool IsInterleaved(string plain)
    {
        for (var length = plain.Length; length >= 8 && length >= plain.Length - 3; length--)
        {
            var first = new string([.. plain.Take(length).Where((_, at) => at % 2 == 0)]);
            var second = new string([.. plain.Take(length).Where((_, at) => at % 2 == 1)]);
            if ((IsWalk(first) || IsRepeat(first)) && (IsWalk(second) || IsRepeat(second)))
            {
                return true;
            }
        }
        return false;
    }

    private static bool IsSaudiMobile(string plain) =>
        plain.TrimStart('+', '0') is ['5', ..] or ['9', '6', '6', '5', ..] && IsDigits(plain.TrimStart('+')) && plain.Length is >= 9 and <= 14;

    private static bool IsDigits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') < 0;

    private static bool IsRepeat(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(text[0]) < 0;

    private static bool IsYearOrDate(ReadOnlySpan<char> digits) =>
        digits.Length switch
        {
            4 => int.Parse(digits, CultureInfo.InvariantCulture) is (>= 1900 and <= 2099) or (>= 1350 and <= 1499),
            6 or 8 => HoldsDate(digits),
            _ => false,
        };

    private static bool HoldsDate(ReadOnlySpan<char> digits)
    {
        ReadOnlySpan<string> shapes = digits.Length == 6 ? ["ddMMyy", "yyMMdd", "MMddyy"] : ["ddMMyyyy", "yyyyMMdd", "MMddyyyy"];
        foreach (var shape in shapes)
        {
            if (DateOnly.TryParseExact(digits, shape, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 1900 and <= 2099)
            {
                return true;
            }
        }
        return false;
    }

    private static bool IsWalk(ReadOnlySpan<char> text)
    {
        Span<char> back = stackalloc char[text.Length];
        text.CopyTo(back);
        back.Reverse();
        foreach (var row in Rows)
        {
            if (row.AsSpan().IndexOf(text) >= 0 || row.AsSpan().IndexOf(back) >= 0)
            {
                return true;
            }
        }
        return false;
    }

    // The shortest unit of which the whole is a repetition: "abcabcabc" is "abc".
    private static string? Mirrored(string plain)
    {
        for (var unit = 1; unit <= plain.Length / 2; unit++)
        {
            if (plain.Length % unit == 0 && string.Concat(Enumerable.Repeat(plain[..unit], plain.Length / unit)) == plain)
            {
                return plain[..unit];
            }
        }
        return null;
    }

    private static bool IsAbout(string plain, string? about)
    {
        if (string.IsNullOrWhiteSpace(about))
        {
            return false;
        }
        var known = new string([.. Plain(about).Where(char.IsLetterOrDigit)]);
        var bare = new string([.. plain.Where(char.IsLetterOrDigit)]);
        if (known.Length < 4 || bare.Length == 0)
        {
            return false;
        }
        if (known.Length >= 7 && known.All(char.IsAsciiDigit) && bare.Contains(known[^7..], StringComparison.Ordinal))
        {
            return true;
        }
        // A name or number with little around it.
        return bare.Replace(known, "", StringComparison.Ordinal) is var rest && rest.Length < bare.Length && (rest.Length < 5 || IsDigits(rest) && rest.Length < 7 || Worth(rest) < 3);
    }

    /// <summary>Small letters, Latin digits, Arabic letters without their variants and marks.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var letter in text.Normalize(NormalizationForm.FormKD).ToLowerInvariant())
        {
            var category = char.GetUnicodeCategory(letter);
            if (category is UnicodeCategory.NonSpacingMark or UnicodeCategory.Format || letter is 'ـ')
            {
                continue;
            }
            plain.Append(category is UnicodeCategory.DecimalDigitNumber ? (char)('0' + (int)char.GetNumericValue(letter)) : letter switch
            {
                'أ' or 'إ' or 'آ' or 'ٱ' => 'ا',
                'ى' or 'ی' => 'ي',
                'ة' => 'ه',
                'ک' => 'ك',
                _ => letter,
            });
        }
        return plain.ToString();
    }

    // "P@$$w0rd" is "password", "3" is "e": the first substitutions any guesser makes. Separators fall away.
    private static string Undressed(string plain)
    {
        var bare = new StringBuilder(plain.Length);
        for (var i = 0; i < plain.Length; i++)
        {
            var letter = plain[i];
            var amongLetters = i > 0 && char.IsLetter(plain[i - 1]) || i + 1 < plain.Length && char.IsLetter(plain[i + 1]);
            var undressed = letter switch
            {
                '@' => 'a',
                '$' => 's',
                '!' or '|' when amongLetters && i + 1 < plain.Length => 'i',
                '0' when amongLetters => 'o',
                '1' when amongLetters && i + 1 < plain.Length && char.IsLetter(plain[i + 1]) => 'i',
                '3' when amongLetters && i + 1 < plain.Length && char.IsLetter(plain[i + 1]) => 'e',
                '4' when amongLetters && i + 1 < plain.Length && char.IsLetter(plain[i + 1]) => 'a',
                '5' when amongLetters && i + 1 < plain.Length && char.IsLetter(plain[i + 1]) => 's',
                '7' when amongLetters && i + 1 < plain.Length && char.IsLetter(plain[i + 1]) => 't',
                _ => letter,
            };
            if (char.IsLetterOrDigit(undressed))
            {
                bare.Append(undressed);
            }
        }
        return bare.ToString();
    }

    // An Arabic phrase typed with the keyboard left on English.
    private static string OnArabicKeys(string plain) =>
        Plain(string.Concat(plain.Replace("b", "لا", StringComparison.Ordinal).Select(letter => LatinKeys.IndexOf(letter, StringComparison.Ordinal) is >= 0 and var key ? ArabicKeys[key] : letter)));

    private static HashSet<string> LoadStems()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Muqeem.SignIn.Passwords.common-stems.txt")
            ?? throw new InvalidOperationException("The list of common stems is not embedded.");
        using var reader = new StreamReader(stream);
        var stems = new HashSet<string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }
            foreach (var stem in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                stems.Add(Plain(stem));
            }
        }
        return stems;
    }
}
