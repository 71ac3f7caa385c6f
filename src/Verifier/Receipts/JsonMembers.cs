using System.Globalization;
using Muqeem.Verifier.Encodings;

namespace Muqeem.Verifier.Receipts;

/// <summary>Reads an object of which every member must be asked for: a receipt says nothing that its reader passes over.</summary>
internal sealed class JsonMembers(Json? value)
{
    private bool _bad = value is not { Kind: JsonKind.Object };
    private int _taken;

    /// <summary>All that was asked for was there in its form, and nothing else is. Asked last.</summary>
    public bool IsWhole => !_bad && _taken == value!.Members.Length;

    public Json? Find(string name)
    {
        var member = _bad ? null : value![name];
        _taken += member is null ? 0 : 1;
        return member;
    }

    public string Text(string name)
    {
        var text = Find(name)?.Text;
        _bad |= text is null;
        return text ?? "";
    }

    /// <summary>Null when the member is not there; there it is a text.</summary>
    public string? TextIfAny(string name)
    {
        var member = Find(name);
        _bad |= member is { Text: null };
        return member?.Text;
    }

    public bool Truth(string name)
    {
        var member = Find(name);
        _bad |= member is not { Kind: JsonKind.True or JsonKind.False };
        return member is { Kind: JsonKind.True };
    }

    public Guid Id(string name)
    {
        var id = ReceiptForms.Id(Text(name));
        _bad |= id is null;
        return id ?? default;
    }

    /// <summary>In microseconds since 1970.</summary>
    public long Time(string name)
    {
        var time = ReceiptForms.Time(Text(name));
        _bad |= time is null;
        return time ?? 0;
    }

    public long? TimeIfAny(string name)
    {
        if (TextIfAny(name) is not { } text)
        {
            return null;
        }
        var time = ReceiptForms.Time(text);
        _bad |= time is null;
        return time;
    }

    public int Count(string name)
    {
        var ok = Find(name) is { } member && member.TryInteger(out var number) && number is >= 0 and <= 100_000 ? (int)number : -1;
        _bad |= ok < 0;
        return ok;
    }

    public byte[] Bytes(string name)
    {
        var bytes = BaseText.FromBase64(Text(name));
        _bad |= bytes is null;
        return bytes ?? [];
    }

    public byte[]? BytesIfAny(string name)
    {
        if (TextIfAny(name) is not { } text)
        {
            return null;
        }
        var bytes = BaseText.FromBase64(text);
        _bad |= bytes is null;
        return bytes;
    }

    /// <summary>The sentence by language.</summary>
    public IReadOnlyDictionary<string, string> Words(string name)
    {
        var words = WordsIfAny(name);
        _bad |= words is null;
        return words ?? new Dictionary<string, string>();
    }

    public IReadOnlyDictionary<string, string>? WordsIfAny(string name)
    {
        if (Find(name) is not { } member)
        {
            return null;
        }
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (language, sentence) in member.Members)
        {
            _bad |= sentence.Text is null || language.Length is 0 or > 12;
            words[language] = sentence.Text ?? "";
        }
        _bad |= words.Count == 0;
        return words;
    }

    /// <summary>An array, each item read by <paramref name="read"/>, which says null to one that is none.</summary>
    public IReadOnlyList<T> List<T>(string name, Func<Json, T?> read) where T : class
    {
        if (Find(name) is not { Kind: JsonKind.Array } array)
        {
            _bad = true;
            return [];
        }
        var list = new List<T>(array.Items.Length);
        foreach (var item in array.Items)
        {
            if (read(item) is { } one)
            {
                list.Add(one);
            }
            else
            {
                _bad = true;
            }
        }
        return list;
    }

    public void Require(bool condition) => _bad |= !condition;
}

/// <summary>How ids and times are written in a receipt: each in one form only.</summary>
internal static class ReceiptForms
{
    private const string Pattern = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public static Guid? Id(string text) => Guid.TryParseExact(text, "D", out var id) && id.ToString("D") == text ? id : null;

    /// <summary>Microseconds since 1970; null when it is none in UTC with six digits after the point.</summary>
    public static long? Time(string text) =>
        DateTime.TryParseExact(text, Pattern, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var time)
            ? (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond : null;

    public static DateTimeOffset Moment(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);
}
