using System.Security.Cryptography;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Codes;
using Muqeem.SignIn.Messages;
using Muqeem.SignIn.Throttling;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>The answer of the verbs that change a channel.</summary>
public abstract record ContactAnswer
{
    private ContactAnswer() { }

    /// <summary>Codes were sent; show a field for each. The change lapses at <paramref name="Until"/>.</summary>
    /// <param name="OldTo">The masked former channel, or null when there is none to ask.</param>
    public sealed record Confirm(Guid Change, ContactKind Kind, string NewTo, bool NewConfirmed, string? OldTo, bool OldConfirmed, Instant? ResendAt, Instant Until) : ContactAnswer;

    /// <summary>The former number cannot be reached: the new one takes its place at <paramref name="At"/>, unless somebody stops it. The former was told.</summary>
    public sealed record Cooling(Guid Change, Instant At) : ContactAnswer;

    public sealed record Done : ContactAnswer;

    public sealed record Refused(IReadOnlyList<Refusal> Refusals) : ContactAnswer
    {
        public Refused(Refusal refusal) : this([refusal]) { }
    }

    /// <summary>The alien register did not answer.</summary>
    public sealed record Waiting(string Agency, Instant RetryAt) : ContactAnswer;

    public sealed record Busy(TimeSpan RetryAfter) : ContactAnswer;
}

/// <summary>
/// New mobile, e-mail or second number. For a mobile both numbers are asked, the old and the new; if the old one is lost, the holder shows again who he is (birth date and passport), and the
/// change waits a day in which whoever has the old number can stop it. The old channel is told in every case, and the other sessions end.
/// </summary>
public sealed class ContactChanges
{
    public const string Same = "contact.same";
    public const string Over = "contact.over";
    public const string NotYourself = "contact.not_yourself";
    public const string WrongKind = "contact.wrong_kind";
    public const string LastOne = "contact.last_one";
    public const string WrongStop = "contact.wrong_stop";
    private const string StopAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private readonly Db _db;
    private readonly IWriter _writer;
    private readonly BlindIndex _blind;
    private readonly ReadDoor _door;
    private readonly Persons _persons;
    private readonly AccountBook _book;
    private readonly Sessions _sessions;
    private readonly OneTimeCodes _codes;
    private readonly IdentityCheck _identity;
    private readonly Throttle _throttle;
    private readonly HolderMessages _holder;
    private readonly SignInPolicies _policies;
    private readonly TimeProvider _clock;

    internal ContactChanges(
        Db db, IWriter writer, BlindIndex blind, ReadDoor door, Persons persons, AccountBook book, Sessions sessions, OneTimeCodes codes, IdentityCheck identity, Throttle throttle,
        HolderMessages holder, SignInPolicies policies, TimeProvider clock)
    {
        _db = db;
        _writer = writer;
        _blind = blind;
        _door = door;
        _persons = persons;
        _book = book;
        _sessions = sessions;
        _codes = codes;
        _identity = identity;
        _throttle = throttle;
        _holder = holder;
        _policies = policies;
        _clock = clock;
    }

    /// <summary>A new mobile in place of the old one, or the first. Codes go to both.</summary>
    public Task<ContactAnswer> StartMobileAsync(Session session, string? mobile, Guid operation, CancellationToken cancel = default) =>
        ContactText.ReadMobile(mobile, out var kind, out var value) is { } refusal ? Task.FromResult<ContactAnswer>(new ContactAnswer.Refused(refusal))
        : kind != ContactKind.Mobile ? Task.FromResult<ContactAnswer>(new ContactAnswer.Refused(new Refusal(MobileNumber.SaudiPrefix)))
        : StartAsync(session, kind, value, operation, cancel);

    /// <summary>A second number abroad. It takes notices, and codes only when there is no Saudi mobile.</summary>
    public Task<ContactAnswer> StartForeignMobileAsync(Session session, string? mobile, Guid operation, CancellationToken cancel = default) =>
        ContactText.ReadMobile(mobile, out var kind, out var value) is { } refusal ? Task.FromResult<ContactAnswer>(new ContactAnswer.Refused(refusal))
        : kind != ContactKind.ForeignMobile ? Task.FromResult<ContactAnswer>(new ContactAnswer.Refused(new Refusal(WrongKind)))
        : StartAsync(session, kind, value, operation, cancel);

    /// <summary>An e-mail address for notices.</summary>
    public Task<ContactAnswer> StartEmailAsync(Session session, string? email, Guid operation, CancellationToken cancel = default) =>
        ContactText.ReadEmail(email, out var kind, out var value) is { } refusal ? Task.FromResult<ContactAnswer>(new ContactAnswer.Refused(refusal)) : StartAsync(session, kind, value, operation, cancel);

    /// <summary>Where the holder's change stands, if one is under way.</summary>
    public async Task<ContactAnswer?> UnderWayAsync(Session session, CancellationToken cancel = default)
    {
        var row = await _db.FirstAsync<ContactChangeRow>($"SELECT {ContactChangeRow.Columns} FROM contact_change WHERE account = @account AND state IN ('OPEN', 'COOLING') AND due_at > @now ORDER BY created_at DESC",
            new { account = session.Account.Value, now = _clock.Now() }, cancel);
        return row is null ? null : await ShowAsync(session, row, cancel);
    }

    /// <summary>The code of the new channel, of the old one, or both at once.</summary>
    public async Task<ContactAnswer> ConfirmAsync(Session session, Guid change, string? newCode, string? oldCode, Guid operation, CancellationToken cancel = default)
    {
        if (!string.IsNullOrWhiteSpace(newCode) && await ConfirmOneAsync(session, change, newCode, isNew: true, cancel) is { } no)
        {
            return no;
        }
        if (!string.IsNullOrWhiteSpace(oldCode) && await ConfirmOneAsync(session, change, oldCode, isNew: false, cancel) is { } notOld)
        {
            return notOld;
        }
        for (var attempt = 0; ; attempt++)
        {
            if (await RowAsync(session, change, cancel) is not { } row)
            {
                return new ContactAnswer.Refused(new Refusal(Over));
            }
            if (row.State == ContactChangeRow.Done)
            {
                return new ContactAnswer.Done();
            }
            if (!row.NewConfirmed || (row.OldCode is not null && !row.OldConfirmed) || row.State != ContactChangeRow.Open)
            {
                return await ShowAsync(session, row, cancel);
            }
            if (await ApplyAsync(row, session.Actor, session.Id, operation, attempt, cancel) is { } answer)
            {
                return answer;
            }
        }
    }

    /// <summary>Sends the codes that are not confirmed yet once more.</summary>
    public async Task<ContactAnswer> ResendAsync(Session session, Guid change, CancellationToken cancel = default)
    {
        if (await RowAsync(session, change, cancel) is not { State: ContactChangeRow.Open } row || await _book.ByIdAsync(session.Account, cancel) is not { } account)
        {
            return new ContactAnswer.Refused(new Refusal(Over));
        }
        var access = _door.Enter(session.Actor, Purpose.Self, null, "contact.resend", session.Person);
        Refusal? refused = null;
        if (!row.NewConfirmed)
        {
            var to = new Destination(session.Person, row.KindNow, await _book.OpenValueAsync<string>(access, session.Person, row.Id, cancel), account.Language);
            (_, refused, _) = await _codes.ResendAsync(row.NewCode, CodePurpose.ContactNew, row.Id, to, cancel);
        }
        if (refused is null && row is { OldCode: { } oldCode, OldConfirmed: false } && await FormerAsync(session.Account, row.KindNow, cancel) is { } former)
        {
            var to = new Destination(session.Person, former.KindNow, await _book.OpenValueAsync<string>(access, session.Person, former.Id, cancel), account.Language);
            (_, refused, _) = await _codes.ResendAsync(oldCode, CodePurpose.ContactOld, row.Id, to, cancel);
        }
        return refused is null ? await ShowAsync(session, row, cancel) : new ContactAnswer.Refused(refused);
    }

    /// <summary>The old number is lost. Birth date and passport are compared with the register again; then the change waits, and the old channel is told how to stop it.</summary>
    public async Task<ContactAnswer> OldIsLostAsync(
        Session session, Guid change, string? birthDay, string? birthMonth, string? birthYear, CalendarKind calendar, string? passport, Guid operation, CancellationToken cancel = default)
    {
        if (await RowAsync(session, change, cancel) is not { State: ContactChangeRow.Open, NewConfirmed: true } row)
        {
            return new ContactAnswer.Refused(new Refusal(Over));
        }
        if (_throttle.Take(new Budget("identity.again", _policies.Now.StartsPerNumber, Duration.FromHours(24)), session.Account.ToString()) is { } opensAt)
        {
            return new ContactAnswer.Refused(new Refusal(Registration.WaitCode, ("at", opensAt)));
        }
        var access = _door.Enter(session.Actor, Purpose.Self, null, "contact.old_is_lost", session.Person);
        var record = await _persons.OpenAsync(access, session.Person, cancel);
        var refusals = new List<Refusal>();
        if (IdentityCheck.Read(new(record.ResidentNumber ?? record.BorderNumber, birthDay, birthMonth, birthYear, calendar, passport), _identity.Today, refusals) is not { } details)
        {
            return new ContactAnswer.Refused(refusals);
        }
        switch (await _identity.CompareAsync(details, cancel))
        {
            case IdentityAnswer.NoAnswer silent:
                return new ContactAnswer.Waiting(silent.Agency, silent.RetryAt);
            case IdentityAnswer.Differs:
                return new ContactAnswer.Refused(new Refusal(NotYourself));
        }
        var due = _clock.Now() + _policies.Now.CoolDown;
        var stop = RandomNumberGenerator.GetString(StopAlphabet, 10);
        var write = new Change(Requests.Act(_clock, "contact.cool", session.Actor, operation, session.Person, row.Id.ToString()));
        write.Heads.Add((row with { State = ContactChangeRow.Cooling, DueAt = due, StopHash = StopHash(stop) }).Next());
        await _holder.AddAsync(write, session.Account, "contact_cooling", cancel, ("stop", $"{stop[..5]}-{stop[5..]}"), ("hours", (int)_policies.Now.CoolDown.TotalHours));
        return Final(await _writer.WriteAsync(write, cancel: cancel)) ?? new ContactAnswer.Cooling(row.Id, due);
    }

    /// <summary>Stops a change that waits: the holder, signed in.</summary>
    public async Task<ContactAnswer> StopAsync(Session session, Guid change, Guid operation, CancellationToken cancel = default) =>
        await RowAsync(session, change, cancel) is { State: ContactChangeRow.Open or ContactChangeRow.Cooling } row
            ? await StopAsync(row, session.Actor, operation, cancel)
            : new ContactAnswer.Refused(new Refusal(Over));

    /// <summary>Stops a change that waits: whoever got the alert on the old channel, with the code in it and no sign-in. All sessions end: somebody had the password.</summary>
    public async Task<ContactAnswer> StopAsync(string? stopCode, Visitor visitor, Guid operation, CancellationToken cancel = default)
    {
        if (_throttle.Take(new Budget("stop.address", 20, Duration.FromHours(1)), visitor.Address) is { } opensAt)
        {
            return new ContactAnswer.Refused(new Refusal(Registration.WaitCode, ("at", opensAt)));
        }
        var code = Digits.Compact(stopCode).ToUpperInvariant().Replace('O', '0').Replace('I', '1').Replace('L', '1');
        var row = await _db.FirstAsync<ContactChangeRow>($"SELECT {ContactChangeRow.Columns} FROM contact_change WHERE stop_hash = @hash AND state = 'COOLING'", new { hash = StopHash(code) }, cancel);
        return row is null ? new ContactAnswer.Refused(new Refusal(WrongStop)) : await StopAsync(row, Actor.Anonymous, operation, cancel);
    }

    /// <summary>Ends a channel that is not the only one that takes codes. After stepping up.</summary>
    public async Task<ContactAnswer> RemoveAsync(Session session, Guid contact, Guid operation, CancellationToken cancel = default)
    {
        for (var attempt = 0; ; attempt++)
        {
            var now = _clock.Now();
            if (!session.IsSteppedUp(now))
            {
                return new ContactAnswer.Refused(new Refusal(Accounts.StepUp));
            }
            var account = await _book.ByIdAsync(session.Account, cancel);
            var contacts = (await _book.ContactsAsync(session.Account, cancel)).Where(one => one.Until is null).ToList();
            if (account is null || contacts.Find(one => one.Id == contact) is not { } row)
            {
                return new ContactAnswer.Done();
            }
            if (row.KindNow != ContactKind.Email && AccountBook.CodeChannel(contacts.Where(one => one.Id != contact), now) is null)
            {
                return new ContactAnswer.Refused(new Refusal(LastOne));
            }
            var change = new Change(Requests.Act(_clock, "contact.remove", session.Actor, operation, session.Person, contact.ToString()));
            change.Heads.Add((account with { ChangedAt = now }).Next());
            change.Rows.Add((row with { Until = now }).Put());
            await _holder.AddAsync(change, session.Account, "contact_changed", cancel);
            var outcome = await _writer.WriteAsync(change, cancel: cancel);
            if (outcome is WriteOutcome.Conflict && attempt < 4)
            {
                continue;
            }
            return Final(outcome) ?? new ContactAnswer.Done();
        }
    }

    /// <summary>Applies the changes whose day of waiting is over. A job, every minute.</summary>
    public async Task<int> ApplyDueAsync(CancellationToken cancel = default)
    {
        var applied = 0;
        foreach (var row in await _db.QueryAsync<ContactChangeRow>($"SELECT {ContactChangeRow.Columns} FROM contact_change WHERE state = 'COOLING' AND due_at <= @now ORDER BY due_at LIMIT 200", new { now = _clock.Now() }, cancel))
        {
            // The row is the operation: however often and wherever the job runs, it happens once.
            if (await ApplyAsync(row, Actor.System("contact.cool_down"), null, row.Id, attempt: 9, cancel) is ContactAnswer.Done)
            {
                applied++;
            }
        }
        return applied;
    }

    private async Task<ContactAnswer> StartAsync(Session session, ContactKind kind, string value, Guid operation, CancellationToken cancel)
    {
        var limits = _policies.Now;
        var now = _clock.Now();
        if (!session.IsSteppedUp(now))
        {
            return new ContactAnswer.Refused(new Refusal(Accounts.StepUp));
        }
        var hash = _book.ContactHash(value);
        if (await _book.ByIdAsync(session.Account, cancel) is not { } account || (await _book.ContactsAsync(session.Account, cancel)).Any(one => one.Until is null && one.Hash.AsSpan().SequenceEqual(hash)))
        {
            return new ContactAnswer.Refused(new Refusal(Same));
        }
        if (_throttle.Take(new Budget("codes.account", limits.CodesPerAccount, Duration.FromHours(24)), session.Account.Value.ToString()) is not null)
        {
            return new ContactAnswer.Refused(new Refusal(OneTimeCodes.NoMore));
        }
        var former = await FormerAsync(session.Account, kind, cancel);
        var id = Guid.CreateVersion7(_clock.GetUtcNow());
        var change = new Change(Requests.Act(_clock, "contact.start", session.Actor, operation, session.Person, kind.ToString(), Convert.ToHexString(hash)));
        var newCode = await _codes.IssueAsync(change, CodePurpose.ContactNew, id, new(session.Person, kind, value, account.Language));
        SentCode? oldCode = null;
        // An address for notices is no key to the account: the holder has just stepped up, and the mobile is told.
        if (kind == ContactKind.Mobile && former is not null)
        {
            var access = _door.Enter(session.Actor, Purpose.Self, null, "contact.start", session.Person);
            oldCode = await _codes.IssueAsync(change, CodePurpose.ContactOld, id, new(session.Person, former.KindNow, await _book.OpenValueAsync<string>(access, session.Person, former.Id, cancel), account.Language));
        }
        foreach (var before in await _db.QueryAsync<ContactChangeRow>($"SELECT {ContactChangeRow.Columns} FROM contact_change WHERE account = @account AND state IN ('OPEN', 'COOLING')", new { account = account.Id }, cancel))
        {
            change.Heads.Add((before with { State = ContactChangeRow.Stopped }).Next());
        }
        var row = new ContactChangeRow(id, 0, account.Id, kind.ToString(), hash, oldCode?.Id, newCode.Id, false, false, null, ContactChangeRow.Open, now + limits.ContactChangeLife, now);
        change.Heads.Add(row.Next());
        await _book.AddValueAsync(change, session.Person, session.Account, id, value);
        return Final(await _writer.WriteAsync(change, cancel: cancel)) ?? await ShowAsync(session, row, cancel);
    }

    private async Task<ContactAnswer?> ConfirmOneAsync(Session session, Guid id, string typed, bool isNew, CancellationToken cancel)
    {
        for (var attempt = 0; ; attempt++)
        {
            var found = await RowAsync(session, id, cancel);
            if (found is { State: ContactChangeRow.Done })
            {
                // Sent twice: it is done.
                return null;
            }
            if (found is not { State: ContactChangeRow.Open } row || _clock.Now() >= row.DueAt)
            {
                return new ContactAnswer.Refused(new Refusal(Over));
            }
            if ((isNew ? row.NewConfirmed : row.OldConfirmed) || (!isNew && row.OldCode is null))
            {
                return null;
            }
            var use = await _codes.UseAsync(isNew ? row.NewCode : row.OldCode!.Value, isNew ? CodePurpose.ContactNew : CodePurpose.ContactOld, row.Id, typed, () =>
            {
                var change = new Change(Requests.Act(_clock, isNew ? "contact.confirm_new" : "contact.confirm_old", session.Actor, row.Id, session.Person, row.Id.ToString()));
                change.Heads.Add((isNew ? row with { NewConfirmed = true } : row with { OldConfirmed = true }).Next());
                return Task.FromResult(change);
            }, cancel);
            switch (use)
            {
                case CodeUse.Refused refused:
                    return new ContactAnswer.Refused(refused.Refusal);
                case CodeUse.Busy busy:
                    return new ContactAnswer.Busy(busy.RetryAfter);
                case CodeUse.Fitted { Outcome: WriteOutcome.Done or WriteOutcome.Replayed }:
                    return null;
                case CodeUse.Fitted { Outcome: WriteOutcome.Conflict } when attempt < 4:
                    continue;
                case CodeUse.Fitted fitted:
                    return Final(fitted.Outcome) ?? new ContactAnswer.Refused(new Refusal(Over));
            }
        }
    }

    // The account's version guards its channels.
    private async Task<ContactAnswer?> ApplyAsync(ContactChangeRow row, Actor by, SessionId? keep, Guid operation, int attempt, CancellationToken cancel)
    {
        var now = _clock.Now();
        if (await _book.ByIdAsync(new(row.Account), cancel) is not { } account)
        {
            return new ContactAnswer.Refused(new Refusal(Over));
        }
        var change = new Change(Requests.Act(_clock, "contact.change", by, operation, account.PersonId, row.Id.ToString()));
        change.Heads.Add((account with { ChangedAt = now }).Next());
        change.Heads.Add((row with { State = ContactChangeRow.Done, StopHash = null }).Next());
        var access = _book.EnterFor(account.PersonId, "contact.change");
        // Before the channels change: the old one is told.
        await _holder.AddAsync(change, account.AccountId, "contact_changed", cancel);
        foreach (var former in (await _book.ContactsAsync(account.AccountId, cancel)).Where(one => one.Until is null && one.KindNow == row.KindNow))
        {
            change.Rows.Add((former with { Until = now }).Put());
        }
        var contact = new ContactRow(Guid.CreateVersion7(_clock.GetUtcNow()), account.Id, row.Kind, row.Hash, ProfileSources.Typed, now, null);
        change.Rows.Add(contact.Put());
        await _book.AddValueAsync(change, account.PersonId, account.AccountId, contact.Id, await _book.OpenValueAsync<string>(access, account.PersonId, row.Id, cancel));
        var ended = row.KindNow == ContactKind.Email ? [] : await _sessions.EndInAsync(change, account.AccountId, SessionEnd.Changed, keep, cancel);
        var outcome = await _writer.WriteAsync(change, cancel: cancel);
        if (outcome is WriteOutcome.Conflict && attempt < 4)
        {
            return null;
        }
        if (outcome is WriteOutcome.Done)
        {
            _sessions.Ended(ended);
        }
        return Final(outcome) ?? new ContactAnswer.Done();
    }

    private async Task<ContactAnswer> StopAsync(ContactChangeRow row, Actor by, Guid operation, CancellationToken cancel)
    {
        var account = await _book.ByIdAsync(new(row.Account), cancel) ?? throw new InvalidOperationException("A change of a channel has no account.");
        var change = new Change(Requests.Act(_clock, "contact.stop", by, operation, account.PersonId, row.Id.ToString()));
        change.Heads.Add((row with { State = ContactChangeRow.Stopped, StopHash = null }).Next());
        var ended = by.Kind == ActorKind.Anonymous ? await _sessions.EndInAsync(change, account.AccountId, SessionEnd.Stopped, null, cancel) : [];
        await _holder.AddAsync(change, account.AccountId, "contact_stopped", cancel);
        var outcome = await _writer.WriteAsync(change, cancel: cancel);
        if (outcome is WriteOutcome.Done)
        {
            _sessions.Ended(ended);
        }
        return Final(outcome) ?? new ContactAnswer.Done();
    }

    private async Task<ContactAnswer> ShowAsync(Session session, ContactChangeRow row, CancellationToken cancel)
    {
        if (row.State == ContactChangeRow.Cooling)
        {
            return new ContactAnswer.Cooling(row.Id, row.DueAt);
        }
        var access = _door.Enter(session.Actor, Purpose.Self, null, "contact.show", session.Person);
        var value = await _book.OpenValueAsync<string>(access, session.Person, row.Id, cancel);
        string? old = null;
        if (row.OldCode is not null && await FormerAsync(session.Account, row.KindNow, cancel) is { } former)
        {
            old = Masked(former.KindNow, await _book.OpenValueAsync<string>(access, session.Person, former.Id, cancel));
        }
        var code = await _codes.LookAsync(row.NewCode, cancel);
        return new ContactAnswer.Confirm(row.Id, row.KindNow, Masked(row.KindNow, value), row.NewConfirmed, old, row.OldConfirmed, code?.ResendAt, row.DueAt);
    }

    // For a mobile: what takes codes now, even a number abroad; for the others: the one of the same kind.
    private async Task<ContactRow?> FormerAsync(AccountId account, ContactKind kind, CancellationToken cancel)
    {
        var contacts = (await _book.ContactsAsync(account, cancel)).Where(one => one.Until is null).ToList();
        return kind == ContactKind.Mobile ? AccountBook.CodeChannel(contacts, _clock.Now()) : contacts.Find(one => one.KindNow == kind);
    }

    private Task<ContactChangeRow?> RowAsync(Session session, Guid id, CancellationToken cancel) =>
        _db.FirstAsync<ContactChangeRow>($"SELECT {ContactChangeRow.Columns} FROM contact_change WHERE id = @id AND account = @account", new { id, account = session.Account.Value }, cancel);

    private byte[] StopHash(string code) => _blind.Of("contact.stop", code);

    private static string Masked(ContactKind kind, string value) => kind == ContactKind.Email ? value : MobileNumber.Parse(value) is { Ok: true } mobile ? mobile.Value.Masked() : "";

    private static ContactAnswer? Final(WriteOutcome outcome) => Requests.Final(outcome, attempt: 9) switch
    {
        Answer.Refused refused => new ContactAnswer.Refused(refused.Refusals),
        Answer.Busy busy => new ContactAnswer.Busy(busy.RetryAfter),
        _ => null,
    };
}
