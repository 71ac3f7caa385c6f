using System.Text;

namespace Muqeem.Platform.Files.Media;

/// <summary>
/// From letters as a reader saw them to lines as a document has them: fillers that were taken for letters, digits for letters where only a letter can stand.
/// Every guess has to pass the check digits afterwards; what does not, the person types.
/// </summary>
internal static class MrzText
{
    /// <summary>Texts of two lines of 44 or three of 30, most likely first.</summary>
    public static IEnumerable<string> Candidates(string read)
    {
        var lines = read.Split('\n').Select(Clean).Where(l => l.Length >= 26).ToList();
        for (var i = lines.Count - 2; i >= 0; i--)
        {
            if (IsNear(lines[i], 44) && IsNear(lines[i + 1], 44))
            {
                foreach (var passport in Passport(lines[i], lines[i + 1]))
                {
                    yield return passport;
                }
            }
        }
        for (var i = lines.Count - 3; i >= 0; i--)
        {
            if (IsNear(lines[i], 30) && IsNear(lines[i + 1], 30) && IsNear(lines[i + 2], 30))
            {
                foreach (var card in Card(lines[i], lines[i + 1], lines[i + 2]))
                {
                    yield return card;
                }
            }
        }
    }

    private static bool IsNear(string line, int length) => Math.Abs(line.Length - length) <= 5;

    private static string Clean(string line)
    {
        var clean = new StringBuilder(line.Length);
        foreach (var c in line.ToUpperInvariant())
        {
            if (c is (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '<')
            {
                clean.Append(c);
            }
            else if (c is '«' or '‹' or '(' or '{' or '[')
            {
                clean.Append(c == '«' ? "<<" : "<");
            }
        }
        return clean.ToString();
    }

    private static IEnumerable<string> Passport(string first, string second)
    {
        var names = Letters(Names(first, 5, 44), 0, 44);
        foreach (var line in Fixed(second, 44, fillersFrom: 28))
        {
            var fields = Digits(Letters(Digits(Digits(Digits(line, 9, 10), 13, 20), 21, 28), 10, 13), 43, 44);
            if (fields[42] != '<')
            {
                fields = Digits(fields, 42, 43);
            }
            foreach (var number in Numbers(fields, 0))
            {
                yield return names + "\n" + number;
            }
        }
    }

    private static IEnumerable<string> Card(string first, string second, string third)
    {
        var names = Letters(Names(third, 0, 30), 0, 30);
        foreach (var line in Fixed(second, 30, fillersFrom: 18))
        {
            var dates = Digits(Letters(Digits(Digits(line, 0, 7), 8, 15), 15, 18), 29, 30);
            foreach (var number in Fixed(first, 30, fillersFrom: 15))
            {
                foreach (var variant in Numbers(Digits(number, 14, 15), 5))
                {
                    yield return variant + "\n" + dates + "\n" + names;
                }
            }
        }
    }

    /// <summary>Names end in fillers, which are easily taken for K, C, L, S, E or X when they stand in a row.</summary>
    private static string Names(string line, int from, int length)
    {
        var end = line.IndexOf("<<", Math.Min(from, line.Length), StringComparison.Ordinal);
        var tail = end < 0 ? -1 : line.IndexOf("<<", end + 2, StringComparison.Ordinal);
        if (tail >= 0 && line[tail..].All(c => c is '<' or 'K' or 'C' or 'L' or 'S' or 'E' or 'X' or '4' or 'G'))
        {
            line = line[..tail];
        }
        return line.Length >= length ? line[..length] : line.PadRight(length, '<');
    }

    /// <summary>The line with exactly so many places: what is too much or too little is in the row of fillers, whose number is hard to see.</summary>
    private static IEnumerable<string> Fixed(string line, int length, int fillersFrom)
    {
        if (line.Length == length)
        {
            yield return line;
            yield break;
        }
        var run = line.IndexOf("<<", Math.Min(fillersFrom, line.Length), StringComparison.Ordinal);
        if (run < 0)
        {
            yield break;
        }
        if (line.Length < length)
        {
            yield return line.Insert(run, new string('<', length - line.Length));
        }
        else
        {
            var fillers = 0;
            while (run + fillers < line.Length && line[run + fillers] == '<')
            {
                fillers++;
            }
            if (line.Length - length < fillers)
            {
                yield return line.Remove(run, line.Length - length);
            }
        }
    }

    private static string Digits(string line, int from, int to) => Map(line, from, to, static c => c switch
    {
        'O' or 'Q' or 'D' or 'U' => '0',
        'I' or 'L' => '1',
        'Z' => '2',
        'A' => '4',
        'S' => '5',
        'G' => '6',
        'T' => '7',
        'B' => '8',
        _ => c,
    });

    private static string Letters(string line, int from, int to) => Map(line, from, to, static c => c switch
    {
        '0' => 'O',
        '1' => 'I',
        '2' => 'Z',
        '5' => 'S',
        '6' => 'G',
        '8' => 'B',
        _ => c,
    });

    private static string Map(string line, int from, int to, Func<char, char> map) =>
        string.Create(line.Length, (line, from, to, map), static (chars, s) =>
        {
            for (var i = 0; i < chars.Length; i++)
            {
                chars[i] = i >= s.from && i < s.to ? s.map(s.line[i]) : s.line[i];
            }
        });

    /// <summary>The document's number as read, and with one of the letters that look like digits exchanged; more guesses would pass a check digit by chance.</summary>
    private static IEnumerable<string> Numbers(string line, int at)
    {
        yield return line;
        for (var i = at; i < at + 9; i++)
        {
            const string letters = "OIZSBG";
            const string digits = "012586";
            var letter = letters.IndexOf(line[i], StringComparison.Ordinal);
            var digit = digits.IndexOf(line[i], StringComparison.Ordinal);
            if (letter >= 0 || digit >= 0)
            {
                yield return line[..i] + (letter >= 0 ? digits[letter] : letters[digit]) + line[(i + 1)..];
            }
        }
    }
}
