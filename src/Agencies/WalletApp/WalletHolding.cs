namespace Muqeem.Agencies;

/// <summary>How a card stands in the app.</summary>
public enum WalletCardState
{
    /// <summary>The offer has come, and the app has not taken it yet.</summary>
    Offered,
    Held,

    /// <summary>The app gave the offer up.</summary>
    Failed,

    /// <summary>The holder took it out in the app; listed, so that it is not offered again.</summary>
    TakenOut,
}

/// <param name="Reference">The app's name for the card.</param>
public sealed record WalletHeldCard(string Reference, WalletCardState State)
{
    internal string? BrokenField() => !Shape.Text(Reference, 80) ? "reference" : Enum.IsDefined(State) ? null : "state";
}

/// <summary>What the wallet app holds of one person's ID. A card that we took back is in no list.</summary>
public sealed record WalletHolding(string Id, IReadOnlyList<WalletHeldCard> Cards) : IHolding
{
    public string? BrokenField() => Shape.Each("cards", Cards, e => e.BrokenField());
}
