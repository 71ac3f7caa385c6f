using NodaTime;

namespace Muqeem.Services.ExitReentryVisa;

/// <summary>The journey: how often, from when, until when.</summary>
public sealed record Request
{
    /// <summary>single or multiple.</summary>
    public string? Kind { get; set; }

    /// <summary>The planned day of leaving.</summary>
    public LocalDate? LeaveOn { get; set; }

    /// <summary>The planned day of coming back; of the last journey for several.</summary>
    public LocalDate? ReturnOn { get; set; }
}
