using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Wallets;

/// <summary>How an offer reached the app.</summary>
public enum WalletWay
{
    /// <summary>By the picture on the holder's page: any app, with six digits that are not in the picture.</summary>
    Code,

    /// <summary>On the signed line to the national wallet app.</summary>
    National,
}

/// <summary>A wallet app that holds the ID, or may fetch it.</summary>
/// <param name="RowVersion">For compare-and-set.</param>
/// <param name="Document">The version of the ID with which the app's right to fetch ends.</param>
/// <param name="Client">As the app calls itself.</param>
/// <param name="Said">The app's last notification.</param>
public sealed record HeldWallet(
    Guid Id, long RowVersion, PersonId Person, AccountId Account, Guid Document, WalletWay Way, string? Client, Instant AddedAt, Instant? FetchedAt, Instant? RefreshedAt, string? Said, Instant? EndedAt)
{
    private const string Columns = "SELECT id, version AS row_version, person_id, account_id, document_id, way, client, added_at, fetched_at, refreshed_at, said, ended_at FROM wallet ";

    /// <summary>Not removed. Whether the ID still counts is another question.</summary>
    public bool IsActive => EndedAt is null;

    internal HeadWrite Next() => CredentialsTables.Wallet.Head(
        Id, RowVersion, Person.Value, Account.Value, Document, WordOf(Way), Client, IsActive ? "ACTIVE" : "ENDED", AddedAt, FetchedAt, RefreshedAt, Said, EndedAt);

    internal static string WordOf(WalletWay way) => way == WalletWay.National ? "national" : "code";

    internal static WalletWay WayOf(string word) => word == "national" ? WalletWay.National : WalletWay.Code;

    internal static async Task<HeldWallet?> FindAsync(Db db, Guid id, CancellationToken cancel) => (await db.FirstAsync<Stored>(Columns + "WHERE id = @id", new { id }, cancel))?.Read();

    /// <summary>Whose token this is; null: nobody's, or it is over.</summary>
    internal static async Task<HeldWallet?> OfTokenAsync(Db db, byte[] hash, string kind, Instant now, CancellationToken cancel) =>
        (await db.FirstAsync<Stored>(Columns + "WHERE state = 'ACTIVE' AND id IN (SELECT wallet_id FROM wallet_token WHERE hash = @hash AND kind = @kind AND expires_at > @now)", new { hash, kind, now }, cancel))?.Read();

    /// <summary>All of a person, newest first.</summary>
    internal static async Task<IReadOnlyList<HeldWallet>> OfAsync(Db db, PersonId person, CancellationToken cancel) =>
        [.. (await db.QueryAsync<Stored>(Columns + "WHERE person_id = @person ORDER BY id DESC", new { person = person.Value }, cancel)).Select(r => r.Read())];

    private sealed record Stored(
        Guid Id, long RowVersion, Guid PersonId, Guid AccountId, Guid DocumentId, string Way, string? Client, Instant AddedAt, Instant? FetchedAt, Instant? RefreshedAt, string? Said, Instant? EndedAt)
    {
        public HeldWallet Read() => new(Id, RowVersion, new PersonId(PersonId), new AccountId(AccountId), DocumentId, WayOf(Way), Client, AddedAt, FetchedAt, RefreshedAt, Said, EndedAt);
    }
}

/// <summary>A key of an app, and what it is for.</summary>
internal sealed record WalletKey(byte[] Holder, FormKind Kind, Instant AddedAt)
{
    public static async Task<IReadOnlyList<WalletKey>> OfAsync(Db db, Guid wallet, CancellationToken cancel) =>
        [.. (await db.QueryAsync<Stored>("SELECT holder, kind, added_at FROM wallet_key WHERE wallet_id = @wallet", new { wallet }, cancel))
            .Select(k => new WalletKey(k.Holder, IssuedForms.KindOf(k.Kind), k.AddedAt))];

    private sealed record Stored(byte[] Holder, string Kind, Instant AddedAt);
}
