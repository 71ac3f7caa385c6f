namespace Muqeem.SignIn;

/// <summary>Where a page may send people back to after signing in: a path of this site, nothing else.</summary>
public static class LocalUrl
{
    private const int Longest = 2000;

    /// <summary>The address when it is a path of this site (with query, without host, scheme, backslash, control characters or fragments that a browser reads otherwise), or else null.</summary>
    public static string? Safe(string? address)
    {
        if (string.IsNullOrEmpty(address) || address.Length > Longest || address[0] != '/')
        {
            return null;
        }
        // Browsers read "//host", "/\host" and, after dropping tabs and line ends, "/\t/host" as another site.
        if (address.Length > 1 && address[1] is '/' or '\\')
        {
            return null;
        }
        foreach (var letter in address)
        {
            if (letter is '\\' || char.IsControl(letter) || char.IsWhiteSpace(letter) || letter is >= '\u200b' and <= '\u200f' or >= '\u2028' and <= '\u202e' or '\ufeff')
            {
                return null;
            }
        }
        // "/.//host" and "/x/..//host" become "//host" when the dots are resolved.
        var path = address.AsSpan();
        var end = path.IndexOfAny('?', '#');
        path = end < 0 ? path : path[..end];
        if (path.Contains("//", StringComparison.Ordinal) || path.Contains("/.", StringComparison.Ordinal))
        {
            return null;
        }
        if (!path.Contains('%'))
        {
            return address;
        }
        // One level of percent-encoding is looked through: a proxy may undo it before the browser sees the redirect.
        var decoded = Uri.UnescapeDataString(path.ToString());
        return decoded.Contains('%') || Safe(decoded) is null ? null : address;
    }

    /// <summary>The safe address, or this one.</summary>
    public static string SafeOr(string? address, string otherwise) => Safe(address) ?? otherwise;
}
