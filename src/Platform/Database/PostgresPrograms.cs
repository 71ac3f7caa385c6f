using System.Globalization;

namespace Muqeem.Platform.Database;

/// <summary>Where PostgreSQL's own programs are.</summary>
public static class PostgresPrograms
{
    // Debian keeps each version's programs apart.
    private const string Debian = "/usr/lib/postgresql";

    /// <summary>The path of a program: the newest version's, which can read what all older servers hold; otherwise the one in PATH.</summary>
    /// <exception cref="DatabaseRefusedException">It is not installed.</exception>
    public static string Find(string program)
    {
        var versions = Directory.Exists(Debian)
            ? Directory.GetDirectories(Debian)
                .OrderByDescending(d => decimal.TryParse(Path.GetFileName(d), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var version) ? version : 0)
                .Select(d => Path.Combine(d, "bin"))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Where(folder => folder.Length > 0);
        return versions.Concat(path).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists)
            ?? throw new DatabaseRefusedException($"{program} is not installed; it comes with PostgreSQL's programs (Debian: postgresql-client, and postgresql for the server).");
    }
}
