using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Wallets;

/// <summary>
/// One offer of the ID to one wallet app. Its address holds 256 random bits, from which the pre-authorized code is made: so the offer can be served from its address, and neither is stored.
/// </summary>
internal sealed record WalletOffer(
    Guid Id, long RowVersion, PersonId Person, AccountId Account, Guid Document, WalletWay Way, IReadOnlyList<FormKind> Forms, byte[] Code, byte[]? TxCode, int Tries, string State, Instant MadeAt, Instant ExpiresAt)
{
    public const string Open = "OPEN", Used = "USED", Over = "OVER";

    /// <summary>Digits of the code that is not in the picture.</summary>
    public const int TxCodeLength = 6;

    private const string Columns = "SELECT id, version AS row_version, person_id, account_id, document_id, way, forms, code, tx_code, tries, state, made_at, expires_at FROM wallet_offer ";

    public bool IsOpen(Instant now) => State == Open && now < ExpiresAt;

    public HeadWrite Next() => CredentialsTables.WalletOffer.Head(
        Id, RowVersion, Person.Value, Account.Value, Document, HeldWallet.WordOf(Way), string.Join(' ', Forms.Select(IssuedForms.WordOf)), Code, TxCode, Tries, State, MadeAt, ExpiresAt);

    /// <summary>The pre-authorized code of an offer's address.</summary>
    public static string CodeOf(string secret) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes("muqeem wallet offer\0" + secret)));

    public static Task<WalletOffer?> OfSecretAsync(Db db, string secret, CancellationToken cancel) => OfCodeAsync(db, CodeOf(secret), cancel);

    public static async Task<WalletOffer?> OfCodeAsync(Db db, string code, CancellationToken cancel) =>
        WalletSecret.Hash(code) is { } hash ? (await db.FirstAsync<Stored>(Columns + "WHERE code = @hash", new { hash }, cancel))?.Read() : null;

    public static async Task<IReadOnlyList<WalletOffer>> OpenAsync(Db db, PersonId person, CancellationToken cancel) =>
        [.. (await db.QueryAsync<Stored>(Columns + "WHERE person_id = @person AND state = 'OPEN'", new { person = person.Value }, cancel)).Select(r => r.Read())];

    private sealed record Stored(
        Guid Id, long RowVersion, Guid PersonId, Guid AccountId, Guid DocumentId, string Way, string Forms, byte[] Code, byte[]? TxCode, int Tries, string State, Instant MadeAt, Instant ExpiresAt)
    {
        public WalletOffer Read() => new(Id, RowVersion, new PersonId(PersonId), new AccountId(AccountId), DocumentId, HeldWallet.WayOf(Way),
            [.. Forms.Split(' ').Select(IssuedForms.KindOf)], Code, TxCode, Tries, State, MadeAt, ExpiresAt);
    }
}

/// <summary>What is given to an app and kept as its SHA-256: 256 random bits, 43 letters of base64url.</summary>
internal static class WalletSecret
{
    private const int Length = 43;

    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Null when this cannot be one of ours.</summary>
    public static byte[]? Hash(string? secret) => secret is { Length: Length } && Base64Url.IsValid(secret) ? SHA256.HashData(Encoding.ASCII.GetBytes(secret)) : null;
}
