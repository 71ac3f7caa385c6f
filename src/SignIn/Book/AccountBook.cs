using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.SignIn.Book;

/// <summary>Reads the rows of accounts, and opens their sealed values through the door.</summary>
internal sealed class AccountBook(Db db, Sealer sealer, ReadDoor door, BlindIndex blind, Persons persons)
{
    public const string NameKind = "name";
    private static readonly Actor Machine = Actor.System("sign-in");

    public Task<AccountRow?> ByIdAsync(AccountId id, CancellationToken cancel) =>
        db.FirstAsync<AccountRow>($"SELECT {AccountRow.Columns} FROM account a WHERE a.id = @id", new { id = id.Value }, cancel);

    /// <summary>The account that a person has now; one that was released does not count.</summary>
    public Task<AccountRow?> ByPersonAsync(PersonId person, CancellationToken cancel) =>
        db.FirstAsync<AccountRow>($"SELECT {AccountRow.Columns} FROM account a WHERE a.person = @person AND a.state <> 'Released'", new { person = person.Value }, cancel);

    /// <summary>Who is meant by what was typed at sign-in: an account's name, a resident number or a border number. All look-ups are made whatever was typed.</summary>
    public async Task<AccountRow?> ByTypedAsync(string? typed, CancellationToken cancel)
    {
        var name = TypedName.Read(typed);
        var byName = await db.FirstAsync<AccountRow>(
            $"SELECT {AccountRow.Columns} FROM account_identifier i JOIN account a ON a.id = i.account WHERE i.kind = @kind AND i.hash = @hash AND a.state <> 'Released'",
            new { kind = NameKind, hash = NameHash(name.Text) }, cancel);
        var person = await persons.FindAsync(name.NumberKind ?? IdentifierKinds.Resident, name.Text, cancel);
        var byNumber = await ByPersonAsync(person ?? default, cancel);
        return name.NumberKind is null ? byName : byNumber;
    }

    public byte[] NameHash(string canonical) => blind.Of("account.name", canonical);

    public byte[] ContactHash(string value) => blind.Of("account.contact", value);

    public Claim PersonClaim(PersonId person) => new("account.person", blind.Of("account.person", person.ToString()));

    public Claim NameClaim(string canonical) => new("account.name", NameHash(canonical));

    public Task<IReadOnlyList<ContactRow>> ContactsAsync(AccountId account, CancellationToken cancel) =>
        db.QueryAsync<ContactRow>($"SELECT {ContactRow.Columns} FROM account_contact WHERE account = @account ORDER BY since, id", new { account = account.Value }, cancel);

    public Task<AuthenticatorRow?> AuthenticatorAsync(AccountId account, CancellationToken cancel) =>
        db.FirstAsync<AuthenticatorRow>($"SELECT {AuthenticatorRow.Columns} FROM authenticator WHERE account = @account AND state = 'ACTIVE' ORDER BY created_at DESC", new { account = account.Value }, cancel);

    public Task<RecoverySetRow?> RecoverySetAsync(AccountId account, CancellationToken cancel) =>
        db.FirstAsync<RecoverySetRow>($"SELECT {RecoverySetRow.Columns} FROM recovery_set WHERE account = @account AND state = 'ACTIVE' ORDER BY created_at DESC", new { account = account.Value }, cancel);

    public Task<IReadOnlyList<SessionRow>> OpenSessionsAsync(AccountId account, Instant now, CancellationToken cancel) =>
        db.QueryAsync<SessionRow>($"SELECT {SessionRow.Columns} FROM session s WHERE s.account = @account AND s.ended_at IS NULL AND s.expires_at > @now ORDER BY s.created_at",
            new { account = account.Value, now }, cancel);

    /// <summary>The channel that takes codes: the mobile, or else the second number abroad.</summary>
    public static ContactRow? CodeChannel(IEnumerable<ContactRow> contacts, Instant now) =>
        contacts.Where(one => one.Until is null || one.Until > now).Where(one => one.KindNow is ContactKind.Mobile or ContactKind.ForeignMobile).MinBy(one => one.KindNow);

    public async Task AddValueAsync<T>(Change change, PersonId person, AccountId account, Guid row, T value)
    {
        var sealedValue = await sealer.SealAsync(change, ValueContext(person, row), value);
        change.Rows.Add(SignInTables.Value.Insert(row, account, sealedValue));
    }

    public async Task<T> OpenValueAsync<T>(Access access, PersonId person, Guid row, CancellationToken cancel)
    {
        var cipher = await db.FirstAsync<byte[]>("SELECT value FROM account_value WHERE id = @row", new { row }, cancel)
            ?? throw new InvalidOperationException("A row of an account has lost its sealed value.");
        return await door.OpenAsync<T>(access, ValueContext(person, row), cipher, cancel);
    }

    /// <summary>An access of the sign-in itself, for what it must open to check a factor or to send a code.</summary>
    public Access EnterFor(PersonId person, string where) => door.Enter(Machine, Purpose.SignIn, null, where, person);

    public async Task<AccountProfile?> ProfileAsync(Access access, AccountRow account, CancellationToken cancel)
    {
        var cipher = await db.FirstAsync<byte[]>("SELECT profile FROM account_profile WHERE account = @account", new { account = account.Id }, cancel);
        return cipher is null ? null : await door.OpenAsync<AccountProfile>(access, ProfileContext(account.PersonId, account.Id), cipher, cancel);
    }

    public async Task PutProfileAsync(Change change, PersonId person, AccountId account, AccountProfile profile, Instant now) =>
        change.Rows.Add(SignInTables.Profile.Put(account, await sealer.SealAsync(change, ProfileContext(person, account.Value), profile), now));

    private static SealContext ValueContext(PersonId person, Guid row) => new(person, RetentionClass.Account, "account_value", row);

    private static SealContext ProfileContext(PersonId person, Guid account) => new(person, RetentionClass.Account, "account_profile", account);
}

/// <summary>What was typed to say who one is, in its canonical form.</summary>
/// <param name="NumberKind">One of <see cref="IdentifierKinds"/>, or null for an account's name.</param>
internal readonly record struct TypedName(string Text, string? NumberKind)
{
    private const int Longest = 64;

    public static TypedName Read(string? typed)
    {
        if (ResidentNumber.Parse(typed) is { Ok: true } resident)
        {
            return new(resident.Value.ToString(), IdentifierKinds.Resident);
        }
        if (BorderNumber.Parse(typed) is { Ok: true } border)
        {
            return new(border.Value.ToString(), IdentifierKinds.Border);
        }
        var text = Digits.Normalise(typed).ToLowerInvariant();
        return new(text.Length > Longest ? text[..Longest] : text, null);
    }
}
