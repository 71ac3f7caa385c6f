using NodaTime;

namespace Muqeem.Services.ReplaceLostId;

/// <summary>Why another ID is needed; of a loss, when, where and how it came about.</summary>
public sealed record Request
{
    /// <summary>One of <see cref="Causes"/>.</summary>
    public string? Cause { get; set; }

    public LocalDate? LostOn { get; set; }

    /// <summary>One of <see cref="PartsOfDay"/>.</summary>
    public string? PartOfDay { get; set; }

    public string? Place { get; set; }
    public string? How { get; set; }

    /// <summary>The truth statement, and that the ID never counts again.</summary>
    public bool? Truth { get; set; }
}

/// <summary>Answers to why.</summary>
public static class Causes
{
    public const string Lost = "lost";
    public const string Stolen = "stolen";

    /// <summary>Nothing was lost: the authority revoked it.</summary>
    public const string Revoked = "revoked";

    public static bool IsLoss(string? cause) => cause is Lost or Stolen;
}

/// <summary>Nobody knows the minute of a loss: a quarter of the day is asked for, and its end counts.</summary>
public static class PartsOfDay
{
    public const string Night = "night";
    public const string Morning = "morning";
    public const string Afternoon = "afternoon";
    public const string Evening = "evening";

    public const int Hours = 6;

    public static readonly IReadOnlyList<string> All = [Night, Morning, Afternoon, Evening];
}
