using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Muqeem.Platform.Database;

/// <summary>Which database, and the limits of its writer. With <see cref="PostgreSql"/> set it is PostgreSQL, otherwise SQLite in <see cref="Data"/>.</summary>
public sealed record DatabaseOptions
{
    /// <summary>The data folder. SQLite keeps <c>muqeem.db</c> and <c>keys.db</c> in it.</summary>
    public string Data { get; init; } = "var";

    /// <summary>A connection string of PostgreSQL, to the primary itself: a transaction pooler breaks the writer's session.</summary>
    public string? PostgreSql { get; init; }

    public bool MigrateAtStart { get; init; } = true;

    /// <summary>Changes in one transaction, at most.</summary>
    public int LargestGroup { get; init; } = 256;

    /// <summary>Changes that may wait, per class; the next one is told to come back.</summary>
    public int QueueLimit { get; init; } = 4096;

    /// <summary>How long a caller waits while the database is away before being told to come back.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>From configuration: <c>Data</c>, <c>PostgreSql</c>, <c>MigrateAtStart</c>, <c>QueueLimit</c>, <c>LargestGroup</c>.</summary>
    public static DatabaseOptions From(IConfiguration configuration)
    {
        var defaults = new DatabaseOptions();
        return defaults with
        {
            Data = configuration["Data"] ?? defaults.Data,
            PostgreSql = string.IsNullOrWhiteSpace(configuration["PostgreSql"]) ? null : configuration["PostgreSql"],
            MigrateAtStart = configuration["MigrateAtStart"] is not { } text || bool.Parse(text),
            LargestGroup = configuration["LargestGroup"] is { } largest ? Math.Max(1, int.Parse(largest, CultureInfo.InvariantCulture)) : defaults.LargestGroup,
            QueueLimit = configuration["QueueLimit"] is { } limit ? int.Parse(limit, CultureInfo.InvariantCulture) : defaults.QueueLimit,
        };
    }
}
