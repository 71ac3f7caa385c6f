namespace Muqeem.Services.ReplaceDamagedId;

/// <summary>What is wrong with the card.</summary>
public sealed record Request
{
    public string? Damage { get; set; }

    /// <summary>That the damaged card is handed in.</summary>
    public bool? Truth { get; set; }
}
