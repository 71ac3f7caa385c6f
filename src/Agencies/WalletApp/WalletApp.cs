using NodaTime;

namespace Muqeem.Agencies;

/// <summary>A card that the national wallet app is to show.</summary>
/// <param name="Id">Resident number.</param>
/// <param name="Type">What the payload is: <see cref="WalletApp.Offer"/>.</param>
/// <param name="Payload">A credential offer after OpenID for Verifiable Credential Issuance 1.0: the app takes it with a key of its own. It counts once.</param>
/// <param name="ValidUntil">After which the card is shown as over, whatever was fetched.</param>
public sealed record WalletCard(string Id, string Type, string Payload, Instant ValidUntil);

/// <param name="Reference">The app's name for the card.</param>
public sealed record WalletCardReceipt(string Source, Instant AsOf, string Reference) : IAgencyRecord
{
    public string? BrokenField() => Shape.Text(Reference, 80) ? null : "reference";
}

/// <summary>A short word to the person, as the app shows it.</summary>
/// <param name="Id">Resident number.</param>
/// <param name="Language">BCP 47, of the text.</param>
public sealed record WalletNotice(string Id, string Text, string Language);

/// <summary>The national wallet app: shows the ID on the person's phone while the person wants it, and short notices.</summary>
public sealed class WalletApp(AgencyLine line)
{
    public const string Name = "WalletApp";

    /// <summary>The one type of payload.</summary>
    public const string Offer = "openid_credential_offer";

    /// <summary>Whether there is an app to tell.</summary>
    public bool IsConfigured => line.Settings.Url is not null;

    /// <summary>Not found: nobody with this number uses the app.</summary>
    public Task<AgencyAnswer<WalletCardReceipt>> ShowAsync(WalletCard card, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<WalletCardReceipt>("card", HttpMethod.Post, "cards", card, requestId, cancel);

    /// <summary>Not found: the app has no such card, or no longer.</summary>
    public Task<AgencyAnswer<WalletCardReceipt>> TakeBackAsync(string reference, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<WalletCardReceipt>("card_end", HttpMethod.Delete, $"cards/{Uri.EscapeDataString(reference)}", new object(), requestId, cancel);

    public Task<AgencyAnswer<NoticeReceipt>> TellAsync(WalletNotice notice, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<NoticeReceipt>("notice", HttpMethod.Post, "notices", notice, requestId, cancel);

    /// <summary>In whose app something of our cards changed since a cursor, in that order.</summary>
    public Task<AgencyAnswer<HoldingPage<WalletHolding>>> ChangesAsync(string after, int most, CancellationToken cancel = default) => HoldingPages.ChangesAsync<WalletHolding>(line, after, most, cancel);

    /// <summary>The cards of some people, by resident number.</summary>
    public Task<AgencyAnswer<HoldingPage<WalletHolding>>> HoldingsAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel = default) => HoldingPages.OfAsync<WalletHolding>(line, numbers, cancel);
}
