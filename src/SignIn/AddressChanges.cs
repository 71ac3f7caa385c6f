using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Messages;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>An address of the holder, now or before.</summary>
public sealed record AddressLine(RegisteredAddress Address, Instant Since, Instant? Until);

/// <summary>The answer of the verbs about addresses.</summary>
public abstract record AddressAnswer
{
    private AddressAnswer() { }

    /// <summary>Show it and ask whether it is the one.</summary>
    public sealed record Found(RegisteredAddress Address) : AddressAnswer;

    public sealed record Done : AddressAnswer;

    public sealed record Refused(Refusal Refusal) : AddressAnswer;

    public sealed record Waiting(string Agency, Instant RetryAt) : AddressAnswer;

    public sealed record Busy(TimeSpan RetryAfter) : AddressAnswer;
}

/// <summary>The holder's National Address: looked up by its short form, confirmed, kept with its history.</summary>
public sealed class AddressChanges
{
    public const string Unknown = "address.unknown";
    private readonly Db _db;
    private readonly IWriter _writer;
    private readonly AccountBook _book;
    private readonly NationalAddresses _addresses;
    private readonly HolderMessages _holder;
    private readonly TimeProvider _clock;

    internal AddressChanges(Db db, IWriter writer, AccountBook book, NationalAddresses addresses, HolderMessages holder, TimeProvider clock)
    {
        _db = db;
        _writer = writer;
        _book = book;
        _addresses = addresses;
        _holder = holder;
        _clock = clock;
    }

    /// <param name="shortAddress">Four letters and four digits.</param>
    public async Task<AddressAnswer> FindAsync(string? shortAddress, CancellationToken cancel = default)
    {
        if (!ShortAddress.Parse(shortAddress).TryGet(out var parsed, out var refusal))
        {
            return new AddressAnswer.Refused(refusal);
        }
        return await _addresses.ByShortAsync(parsed.ToString(), cancel) switch
        {
            AgencyAnswer<AddressLookup>.Found found => new AddressAnswer.Found(found.Value.Address),
            AgencyAnswer<AddressLookup>.NotFound => new AddressAnswer.Refused(new Refusal(Unknown, ("short", parsed.ToString()))),
            var silent => new AddressAnswer.Waiting(NationalAddresses.Name, silent.AskAgainAt ?? _clock.Now()),
        };
    }

    /// <summary>The address of a short form becomes the holder's; the former stays in the history. Looked up again: what is stored is what the register says.</summary>
    public async Task<AddressAnswer> ChangeAsync(Session session, string? shortAddress, Guid operation, CancellationToken cancel = default)
    {
        var answer = await FindAsync(shortAddress, cancel);
        if (answer is not AddressAnswer.Found found)
        {
            return answer;
        }
        for (var attempt = 0; ; attempt++)
        {
            var now = _clock.Now();
            var account = await _book.ByIdAsync(session.Account, cancel) ?? throw new InvalidOperationException("A session has no account.");
            var change = new Change(Requests.Act(_clock, "address.change", session.Actor, operation, session.Person));
            change.Heads.Add((account with { ChangedAt = now }).Next());
            foreach (var former in (await RowsAsync(session.Account, cancel)).Where(row => row.Until is null))
            {
                change.Rows.Add(SignInTables.Address.Put(former.Id, former.Account, former.Source, former.Since, now));
            }
            var id = Guid.CreateVersion7(_clock.GetUtcNow());
            change.Rows.Add(SignInTables.Address.Put(id, account.Id, ProfileSources.Address, now, null));
            await _book.AddValueAsync(change, session.Person, session.Account, id, found.Address);
            await _holder.AddAsync(change, session.Account, "address_changed", cancel);
            switch (Requests.Final(await _writer.WriteAsync(change, cancel: cancel), attempt))
            {
                case null:
                    continue;
                case Answer.Refused refused:
                    return new AddressAnswer.Refused(refused.Refusals[0]);
                case Answer.Busy busy:
                    return new AddressAnswer.Busy(busy.RetryAfter);
                default:
                    return new AddressAnswer.Done();
            }
        }
    }

    /// <summary>The address now and the former ones, newest first.</summary>
    /// <param name="access">Must name the person.</param>
    public async Task<IReadOnlyList<AddressLine>> ListAsync(Access access, AccountId id, CancellationToken cancel = default)
    {
        var lines = new List<AddressLine>();
        if (await _book.ByIdAsync(id, cancel) is { } account)
        {
            foreach (var row in await RowsAsync(id, cancel))
            {
                lines.Add(new(await _book.OpenValueAsync<RegisteredAddress>(access, account.PersonId, row.Id, cancel), row.Since, row.Until));
            }
        }
        return lines;
    }

    private Task<IReadOnlyList<AddressRow>> RowsAsync(AccountId account, CancellationToken cancel) =>
        _db.QueryAsync<AddressRow>("SELECT id, account, source, since, until FROM account_address WHERE account = @account ORDER BY since DESC, id DESC", new { account = account.Value }, cancel);

    private sealed record AddressRow(Guid Id, Guid Account, string Source, Instant Since, Instant? Until);
}
