using Muqeem.Platform.Policies;
using NodaTime;

namespace Muqeem.Credentials.Wallets;

/// <summary>From the policies.</summary>
/// <param name="OfferLife">How long a wallet app has to take an offer.</param>
/// <param name="Tries">Of the six digits, for one offer.</param>
/// <param name="OffersPerHour">That one person can make.</param>
/// <param name="Most">Wallet apps in which one person's ID is at a time.</param>
/// <param name="AccessLife">Of the token by which credentials are fetched.</param>
/// <param name="RefreshLife">Of the token by which the next is asked for; it has to outlive a credential.</param>
/// <param name="NationalLife">How long the national app has to take an offer.</param>
/// <param name="KeysPerDay">Keys for which one app may fetch.</param>
public sealed record WalletRules(Duration OfferLife, int Tries, int OffersPerHour, int Most, Duration AccessLife, Duration RefreshLife, int KeysPerDay, Duration NationalLife, long Version)
{
    public static WalletRules Of(PolicySnapshot policies, LocalDate on) => new(
        Duration.FromMinutes(policies.Get<int>("wallet.offer_minutes", on)),
        policies.Get<int>("wallet.code_tries", on),
        policies.Get<int>("wallet.offers_per_hour", on),
        policies.Get<int>("wallet.most", on),
        Duration.FromMinutes(policies.Get<int>("wallet.access_minutes", on)),
        Duration.FromDays(policies.Get<int>("wallet.refresh_days", on)),
        policies.Get<int>("wallet.keys_per_day", on),
        Duration.FromHours(policies.Get<int>("wallet.national_hours", on)),
        policies.Version);
}

/// <summary>Why the ID cannot be offered to a wallet app.</summary>
public static class WalletRefusals
{
    /// <summary>There is no ID in force today.</summary>
    public const string NoId = "wallet.no_id";

    /// <summary>Too many offers within an hour.</summary>
    public const string TooOften = "wallet.too_often";

    /// <summary>The ID is in as many apps as it may be: one has to be removed first.</summary>
    public const string TooMany = "wallet.too_many";
}
