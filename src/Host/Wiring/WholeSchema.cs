using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Credentials;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Exchanges;
using Muqeem.Platform.Files;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Policies;
using Muqeem.Registry;
using Muqeem.SignIn;

namespace Muqeem.Host.Wiring;

/// <summary>Every table of the system, for what must look at all of them. A test compares it with what the projects define.</summary>
internal static class WholeSchema
{
    public static IReadOnlyList<Table> Tables { get; } =
    [
        .. PlatformTables.All, .. JournalTables.All, .. PolicyTables.All, .. UploadTables.All, .. ExchangeTables.All, .. FeedTables.All, .. RegistryTables.All, .. PaymentsTables.All, .. CredentialsTables.All,
        .. SignInTables.All, .. CaseTables.All,
    ];
}
