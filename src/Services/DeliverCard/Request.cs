namespace Muqeem.Services.DeliverCard;

/// <summary>Where the card goes.</summary>
public sealed record Request
{
    /// <summary>One of the person's own National Addresses, in its short form; null: the primary one.</summary>
    public string? Address { get; set; }
}
