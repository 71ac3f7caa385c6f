using System.Globalization;
using System.Text;

namespace Muqeem.Platform.Texts;

/// <summary>One text in one language, read from the subset of ICU MessageFormat that this project uses: <c>{name}</c>, <c>{n, number}</c>,
/// <c>{n, plural, =0 {…} one {…} other {…}}</c> with <c>#</c>, <c>{g, select, … other {…}}</c> and slots <c>&lt;link&gt;…&lt;/link&gt;</c> that the page fills. No HTML.
/// An apostrophe quotes only before <c>{ } # &lt; '</c>.</summary>
internal sealed class Message
{
    private Message(IReadOnlyList<Part> parts) => Parts = parts;

    public IReadOnlyList<Part> Parts { get; }

    public abstract record Part;
    public sealed record Literal(string Text) : Part;
    public sealed record Argument(string Name, bool Grouped) : Part;
    public sealed record Plural(string Name, decimal Offset, IReadOnlyDictionary<decimal, IReadOnlyList<Part>> Exact, IReadOnlyDictionary<PluralCategory, IReadOnlyList<Part>> Forms) : Part;
    public sealed record Select(string Name, IReadOnlyDictionary<string, IReadOnlyList<Part>> Cases) : Part;
    public sealed record Slot(string Name, IReadOnlyList<Part> Inside) : Part;

    /// <summary>The counted number itself, inside a plural.</summary>
    public sealed record Count : Part;

    public static Message From(IReadOnlyList<Part> parts) => new(parts);

    /// <summary>Throws <see cref="FormatException"/> with the place when the text is malformed.</summary>
    public static Message Parse(string text)
    {
        var reader = new Reader(text);
        var parts = reader.Parts(inPlural: false, slot: null);
        return reader.AtEnd ? new Message(parts) : throw reader.Wrong("a '}' that closes nothing");
    }

    /// <summary>All parts, at any depth.</summary>
    public IEnumerable<Part> All() => Walk(Parts);

    private static IEnumerable<Part> Walk(IReadOnlyList<Part> parts)
    {
        foreach (var part in parts)
        {
            yield return part;
            IEnumerable<IReadOnlyList<Part>> inner = part switch
            {
                Plural plural => plural.Exact.Values.Concat(plural.Forms.Values),
                Select select => select.Cases.Values,
                Slot slot => [slot.Inside],
                _ => [],
            };
            foreach (var deeper in inner.SelectMany(Walk))
            {
                yield return deeper;
            }
        }
    }

    private sealed class Reader(string text)
    {
        private int _at;

        public bool AtEnd => _at >= text.Length;

        public FormatException Wrong(string what) => new($"{what}, at {_at} of «{text}»");

        public List<Part> Parts(bool inPlural, string? slot)
        {
            var parts = new List<Part>();
            var literal = new StringBuilder();
            while (!AtEnd && text[_at] != '}')
            {
                var c = text[_at];
                if (c == '\'' && _at + 1 < text.Length && text[_at + 1] is '{' or '}' or '#' or '<' or '\'')
                {
                    Quoted(literal);
                }
                else if (c == '{')
                {
                    Flush();
                    parts.Add(Braced());
                }
                else if (c == '#' && inPlural)
                {
                    Flush();
                    _at++;
                    parts.Add(new Count());
                }
                else if (c == '<' && _at + 1 < text.Length && text[_at + 1] == '/')
                {
                    _at += 2;
                    var name = Name();
                    Expect('>');
                    if (name != slot)
                    {
                        throw Wrong($"</{name}> closes {slot ?? "nothing"}");
                    }
                    Flush();
                    return parts;
                }
                else if (c == '<' && _at + 1 < text.Length && char.IsAsciiLetterLower(text[_at + 1]))
                {
                    Flush();
                    _at++;
                    var name = Name();
                    Expect('>');
                    parts.Add(new Slot(name, Parts(inPlural, name)));
                }
                else
                {
                    literal.Append(c);
                    _at++;
                }
            }
            if (slot is not null)
            {
                throw Wrong($"<{slot}> is not closed");
            }
            Flush();
            return parts;

            void Flush()
            {
                if (literal.Length > 0)
                {
                    parts.Add(new Literal(literal.ToString()));
                    literal.Clear();
                }
            }
        }

        private void Quoted(StringBuilder literal)
        {
            _at++;
            if (text[_at] == '\'')
            {
                literal.Append('\'');
                _at++;
                return;
            }
            while (true)
            {
                if (AtEnd)
                {
                    throw Wrong("a quotation that is not closed");
                }
                var c = text[_at++];
                if (c != '\'')
                {
                    literal.Append(c);
                }
                else if (!AtEnd && text[_at] == '\'')
                {
                    literal.Append('\'');
                    _at++;
                }
                else
                {
                    return;
                }
            }
        }

        private Part Braced()
        {
            Expect('{');
            var name = Name();
            if (Skip('}'))
            {
                return new Argument(name, Grouped: false);
            }
            Expect(',');
            var kind = Name();
            switch (kind)
            {
                case "number":
                    Expect('}');
                    return new Argument(name, Grouped: true);
                case "plural":
                    Expect(',');
                    return PluralCases(name);
                case "select":
                    Expect(',');
                    return SelectCases(name);
                default:
                    throw Wrong($"'{kind}' is none of number, plural, select");
            }
        }

        private Plural PluralCases(string name)
        {
            var offset = 0m;
            var exact = new Dictionary<decimal, IReadOnlyList<Part>>();
            var forms = new Dictionary<PluralCategory, IReadOnlyList<Part>>();
            while (!Skip('}'))
            {
                if (Skip('='))
                {
                    if (!exact.TryAdd(Number(), Case(inPlural: true)))
                    {
                        throw Wrong("the same number twice");
                    }
                    continue;
                }
                var word = Name();
                if (word == "offset")
                {
                    Expect(':');
                    offset = Number();
                }
                else if (!Enum.TryParse<PluralCategory>(word, ignoreCase: true, out var form))
                {
                    throw Wrong($"'{word}' is no plural category");
                }
                else if (!forms.TryAdd(form, Case(inPlural: true)))
                {
                    throw Wrong($"'{word}' twice");
                }
            }
            return forms.ContainsKey(PluralCategory.Other) ? new(name, offset, exact, forms) : throw Wrong("a plural without 'other'");
        }

        private Select SelectCases(string name)
        {
            var cases = new Dictionary<string, IReadOnlyList<Part>>(StringComparer.Ordinal);
            while (!Skip('}'))
            {
                var word = Name();
                if (!cases.TryAdd(word, Case(inPlural: false)))
                {
                    throw Wrong($"'{word}' twice");
                }
            }
            return cases.ContainsKey("other") ? new(name, cases) : throw Wrong("a select without 'other'");
        }

        private List<Part> Case(bool inPlural)
        {
            Expect('{');
            var parts = Parts(inPlural, slot: null);
            Expect('}', exactly: true);
            return parts;
        }

        private decimal Number()
        {
            Spaces();
            var start = _at;
            while (!AtEnd && char.IsAsciiDigit(text[_at]))
            {
                _at++;
            }
            return _at > start ? decimal.Parse(text.AsSpan(start, _at - start), CultureInfo.InvariantCulture) : throw Wrong("a number is missing");
        }

        private string Name()
        {
            Spaces();
            var start = _at;
            while (!AtEnd && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '_' or '-'))
            {
                _at++;
            }
            return _at > start ? text[start.._at] : throw Wrong("a name is missing");
        }

        private bool Skip(char c)
        {
            Spaces();
            if (AtEnd || text[_at] != c)
            {
                return false;
            }
            _at++;
            return true;
        }

        private void Expect(char c, bool exactly = false)
        {
            if (!exactly)
            {
                Spaces();
            }
            if (AtEnd || text[_at] != c)
            {
                throw Wrong($"'{c}' is missing");
            }
            _at++;
        }

        private void Spaces()
        {
            while (!AtEnd && char.IsWhiteSpace(text[_at]))
            {
                _at++;
            }
        }
    }
}
