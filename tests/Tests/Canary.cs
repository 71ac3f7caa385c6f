using System.Text;

namespace Muqeem.Tests;

/// <summary>Somebody's data in every form in which it could stand somewhere: as bytes to be looked for.</summary>
internal sealed class Canary
{
    private readonly List<(string What, byte[] Bytes)> _forms = [];

    /// <param name="what">What the value is, for whoever reads that it was found.</param>
    public void Add(string what, string? value)
    {
        if (value is not { Length: >= 6 })
        {
            return;
        }
        var utf8 = Encoding.UTF8.GetBytes(value);
        Note(what + " in UTF-8", utf8);
        Note(what + " in UTF-16", Encoding.Unicode.GetBytes(value));
        Note(what + " in UTF-16, big-endian", Encoding.BigEndianUnicode.GetBytes(value));
        foreach (var (name, bytes) in new[] { ("UTF-8", utf8), ("UTF-16", Encoding.Unicode.GetBytes(value)) })
        {
            Note($"{what} in hexadecimal of {name}", Convert.ToHexString(bytes));
            Note($"{what} in hexadecimal of {name}", Convert.ToHexStringLower(bytes));
            // Wherever it begins within three bytes: only what no neighbour can change.
            for (var shift = 0; shift < 3; shift++)
            {
                var whole = Convert.ToBase64String([.. new byte[shift], .. bytes]);
                var (from, to) = (((shift * 8) + 5) / 6, (shift + bytes.Length) * 8 / 6);
                Note($"{what} in base64 of {name}", whole[from..to]);
                Note($"{what} in base64url of {name}", whole[from..to].Replace('+', '-').Replace('/', '_'));
            }
        }
        Note(what + " in an address", Uri.EscapeDataString(value));
        Note(what + " in an address", Uri.EscapeDataString(value).ToLowerInvariant());
        Note(what + " in JSON", string.Concat(value.Select(c => char.IsAscii(c) ? c.ToString() : $"\\u{(int)c:x4}")));
        Note(what + " in JSON", string.Concat(value.Select(c => char.IsAscii(c) ? c.ToString() : $"\\u{(int)c:X4}")));
        Note(what + " in HTML", string.Concat(value.Select(c => char.IsAscii(c) ? c.ToString() : $"&#x{(int)c:X};")));
    }

    private void Note(string what, string text) => Note(what, Encoding.ASCII.GetBytes(text));

    private void Note(string what, byte[] bytes)
    {
        if (!_forms.Exists(f => f.Bytes.AsSpan().SequenceEqual(bytes)))
        {
            _forms.Add((what, bytes));
        }
    }

    public int Forms => _forms.Count;

    /// <summary>What of it stands here.</summary>
    public IEnumerable<string> In(string where, byte[] bytes) => _forms.Where(f => bytes.AsSpan().IndexOf(f.Bytes) >= 0).Select(f => $"{where}: {f.What}");

    public IEnumerable<string> In(string where, string text) => In(where, Encoding.UTF8.GetBytes(text));

    /// <summary>Also of a file that its owner has locked.</summary>
    private static byte[] Bytes(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    /// <summary>In every file of a folder, and in the files' names.</summary>
    public IEnumerable<string> InFiles(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }))
        {
            // The lock is empty, and nobody else may open it while Muqeem runs.
            var content = Path.GetFileName(file) == "muqeem.lock" ? [] : Bytes(file);
            foreach (var found in In("the name of " + file, file).Concat(In(file, content)))
            {
                yield return found;
            }
        }
    }
}
