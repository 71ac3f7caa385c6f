namespace Muqeem.Services.RenewResidentId;

/// <summary>For how long.</summary>
public sealed record Request
{
    /// <summary>Months of the new term, one of those offered to the category.</summary>
    public string? Months { get; set; }
}
