using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Messages;
using Muqeem.SignIn.Passwords;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>How somebody is reached by messages: opened, for the one who sends.</summary>
/// <param name="Number">The mobile, or the number abroad; null when there is none.</param>
public sealed record Channels(string? Number, string? Email, string Language);

/// <summary>Accounts: looked up, proofed, stopped, closed; profile, channels, password and language of the holder.</summary>
public sealed class Accounts
{
    public const string StepUp = "session.step_up";
    public const string NotActive = "account.not_active";
    public const string NotByYourself = "account.not_by_yourself";
    public const string NotRegistered = "account.not_registered";
    public const string WrongPassword = "password.wrong";
    private readonly IWriter _writer;
    private readonly AccountBook _book;
    private readonly Sessions _sessions;
    private readonly PasswordHasher _hasher;
    private readonly HolderMessages _holder;
    private readonly SignInPolicies _policies;
    private readonly TimeProvider _clock;

    internal Accounts(IWriter writer, AccountBook book, Sessions sessions, PasswordHasher hasher, HolderMessages holder, SignInPolicies policies, TimeProvider clock)
    {
        _writer = writer;
        _book = book;
        _sessions = sessions;
        _hasher = hasher;
        _holder = holder;
        _policies = policies;
        _clock = clock;
    }

    public async Task<Account?> FindAsync(AccountId id, CancellationToken cancel = default) => (await _book.ByIdAsync(id, cancel))?.ToAccount();

    /// <summary>The account of a person, if there is one.</summary>
    public async Task<Account?> OfPersonAsync(PersonId person, CancellationToken cancel = default) => (await _book.ByPersonAsync(person, cancel))?.ToAccount();

    /// <param name="access">Must name the person.</param>
    public async Task<AccountProfile?> ProfileAsync(Access access, AccountId id, CancellationToken cancel = default) =>
        await _book.ByIdAsync(id, cancel) is { } account ? await _book.ProfileAsync(access, account, cancel) : null;

    /// <summary>All channels that hold now, in full.</summary>
    /// <param name="access">Must name the person.</param>
    public async Task<IReadOnlyList<Contact>> ContactsAsync(Access access, AccountId id, bool withFormer = false, CancellationToken cancel = default)
    {
        var contacts = new List<Contact>();
        if (await _book.ByIdAsync(id, cancel) is { } account)
        {
            var now = _clock.Now();
            foreach (var row in await _book.ContactsAsync(id, cancel))
            {
                if (withFormer || row.Until is null || row.Until > now)
                {
                    contacts.Add(new(row.Id, row.KindNow, await _book.OpenValueAsync<string>(access, account.PersonId, row.Id, cancel), row.Since, row.Until));
                }
            }
        }
        return contacts;
    }

    /// <summary>Where a notice to a person is sent; null when the person has no account.</summary>
    /// <param name="access">Must name the person; purpose <see cref="Purpose.Notify"/>.</param>
    public async Task<Channels?> ChannelsAsync(Access access, PersonId person, CancellationToken cancel = default)
    {
        if (await _book.ByPersonAsync(person, cancel) is not { } account)
        {
            return null;
        }
        var contacts = await ContactsAsync(access, account.AccountId, cancel: cancel);
        return new(
            contacts.Where(one => one.Kind != ContactKind.Email).MinBy(one => one.Kind)?.Value,
            contacts.FirstOrDefault(one => one.Kind == ContactKind.Email)?.Value,
            account.Language);
    }

    /// <summary>Somebody else showed that the holder of a limited account is the person: the account becomes active. The holder signs in again and then sees the records.</summary>
    /// <param name="by">An officer, a kiosk (agency) or the employer of the record; never the holder.</param>
    /// <param name="evidence">A reference: a case, a kiosk's receipt. No personal data.</param>
    public async Task<Answer> ProofAsync(AccountId id, Proofing how, Actor by, string evidence, Guid operation, CancellationToken cancel = default)
    {
        var allowed = how switch
        {
            Proofing.Officer => by.Kind == ActorKind.Officer,
            Proofing.Kiosk => by.Kind == ActorKind.Agency,
            Proofing.Employer => by.Kind == ActorKind.Resident,
            _ => false,
        };
        if (!allowed || by == Actor.Resident(id))
        {
            return new Answer.Refused(new Refusal(NotByYourself));
        }
        return await ChangeAsync(id, "account.proof", by, how.ToString(), operation, account => account.StateNow switch
        {
            AccountState.Registered => (account with { State = nameof(AccountState.Active), Proofing = how.ToString() }, null),
            AccountState.Active => (null, null),
            _ => (null, new Refusal(NotRegistered)),
        }, SessionEnd.Proofed, "proofed", [evidence], cancel);
    }

    /// <summary>Stops sign-in at once: the holder's own act, or an operator's.</summary>
    public Task<Answer> SuspendAsync(AccountId id, Session by, string reason, Guid operation, CancellationToken cancel = default) =>
        by.Account != id && !by.Has(OfficeRole.Operator | OfficeRole.Supervisor)
            ? Task.FromResult<Answer>(new Answer.Refused(new Refusal(OfficeAccounts.NotYours)))
            : ChangeAsync(id, "account.suspend", by.Actor, reason, operation, account => account.StateNow switch
            {
                AccountState.Suspended => (null, null),
                AccountState.Released => (null, new Refusal(NotActive)),
                _ => (account with { State = nameof(AccountState.Suspended) }, null),
            }, SessionEnd.Stopped, "account_stopped", [], cancel);

    /// <summary>Allows sign-in again; never by the holder, who cannot sign in, nor by an operator on the own account.</summary>
    public Task<Answer> ResumeAsync(AccountId id, Session by, string reason, Guid operation, CancellationToken cancel = default) =>
        by.Account == id || !by.Has(OfficeRole.Operator | OfficeRole.Supervisor)
            ? Task.FromResult<Answer>(new Answer.Refused(new Refusal(OfficeAccounts.NotYours)))
            : ChangeAsync(id, "account.resume", by.Actor, reason, operation, account => account.StateNow switch
            {
                AccountState.Suspended => (account with { State = account.Proofing == nameof(Proofing.None) ? nameof(AccountState.Registered) : nameof(AccountState.Active) }, null),
                AccountState.Active or AccountState.Registered => (null, null),
                _ => (null, new Refusal(NotActive)),
            }, null, "account_resumed", [], cancel);

    /// <summary>The residence ended: from now on the holder reads and asks money back, from anywhere.</summary>
    public Task<Answer> CloseAsync(AccountId id, Actor by, string reason, Guid operation, CancellationToken cancel = default) =>
        ChangeAsync(id, "account.close", by, reason, operation, account => account.StateNow switch
        {
            AccountState.Closed => (null, null),
            AccountState.Active => (account with { State = nameof(AccountState.Closed) }, null),
            _ => (null, new Refusal(NotActive)),
        }, SessionEnd.Stopped, "account_closed", [], cancel);

    /// <summary>A residence began again.</summary>
    public Task<Answer> ReopenAsync(AccountId id, Actor by, string reason, Guid operation, CancellationToken cancel = default) =>
        ChangeAsync(id, "account.reopen", by, reason, operation, account => account.StateNow switch
        {
            AccountState.Active => (null, null),
            AccountState.Closed => (account with { State = nameof(AccountState.Active) }, null),
            _ => (null, new Refusal(NotActive)),
        }, SessionEnd.Stopped, "account_resumed", [], cancel);

    /// <summary>
    /// Takes a limited account from somebody who held another's passport, so that the person can open one. Only while it is limited: a proofed account is stopped and corrected, never handed on.
    /// </summary>
    public Task<Answer> ReleaseAsync(AccountId id, Session by, string reason, Guid operation, CancellationToken cancel = default) =>
        !by.Has(OfficeRole.Officer | OfficeRole.Supervisor)
            ? Task.FromResult<Answer>(new Answer.Refused(new Refusal(OfficeAccounts.NotYours)))
            : ChangeAsync(id, "account.release", by.Actor, reason, operation, account => account.Proofing == nameof(Proofing.None) && account.StateNow is AccountState.Registered or AccountState.Suspended
                ? (account with { State = nameof(AccountState.Released), Password = null }, null)
                : (null, new Refusal(NotRegistered)),
            SessionEnd.Stopped, null, [], cancel, (change, account) => change.Releases.Add(_book.PersonClaim(account.PersonId)));

    /// <summary>A new password; the former is asked for, and the other sessions end.</summary>
    public async Task<Answer> ChangePasswordAsync(Session session, string? former, string? password, Guid operation, CancellationToken cancel = default)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (!session.IsSteppedUp(_clock.Now()))
            {
                return new Answer.Refused(new Refusal(StepUp));
            }
            var account = await _book.ByIdAsync(session.Account, cancel);
            if (account?.Password is not { } stored)
            {
                return new Answer.Refused(new Refusal(NotActive));
            }
            string hash;
            try
            {
                if (former is null || former.Length > PasswordRules.Longest || !(await _hasher.CheckAsync(former, stored, cancel)).Fits)
                {
                    return new Answer.Refused(new Refusal(WrongPassword));
                }
                var access = _book.EnterFor(session.Person, "account.password");
                var profile = await _book.ProfileAsync(access, account, cancel);
                var refusals = PasswordRules.Check(password ?? "", _policies.Now.PasswordLength, profile?.Name.Value, profile?.NameArabic?.Value);
                if (refusals.Count > 0)
                {
                    return new Answer.Refused(refusals);
                }
                hash = await _hasher.HashAsync(password!, cancel);
            }
            catch (HashingBusyException)
            {
                return new Answer.Busy(TimeSpan.FromSeconds(3));
            }
            var change = new Change(Requests.Act(_clock, "account.password", session.Actor, operation, session.Person));
            change.Heads.Add((account with { Password = hash, ChangedAt = _clock.Now() }).Next());
            var ended = await _sessions.EndInAsync(change, session.Account, SessionEnd.Changed, session.Id, cancel);
            await _holder.AddAsync(change, session.Account, "password_changed", cancel);
            var outcome = await _writer.WriteAsync(change, cancel: cancel);
            if (outcome is WriteOutcome.Done)
            {
                _sessions.Ended(ended);
            }
            if (Requests.Final(outcome, attempt) is { } answer)
            {
                return answer;
            }
        }
    }

    /// <summary>The language of messages and letters.</summary>
    public Task<Answer> SetLanguageAsync(Session session, string language, Guid operation, CancellationToken cancel = default) =>
        ChangeAsync(session.Account, "account.language", session.Actor, language, operation,
            account => account.Language == language ? (null, null) : (account with { Language = language }, null), null, null, [], cancel);

    private async Task<Answer> ChangeAsync(
        AccountId id, string verb, Actor by, string reason, Guid operation, Func<AccountRow, (AccountRow? Next, Refusal? No)> decide, string? endSessions, string? tell, string?[] more, CancellationToken cancel,
        Action<Change, AccountRow>? also = null)
    {
        for (var attempt = 0; ; attempt++)
        {
            var account = await _book.ByIdAsync(id, cancel) ?? throw new InvalidOperationException($"There is no account {id}.");
            var (next, no) = decide(account);
            if (no is not null)
            {
                return new Answer.Refused(no);
            }
            if (next is null)
            {
                return new Answer.Done();
            }
            var change = new Change(Requests.Act(_clock, verb, by, operation, account.PersonId, [id.ToString(), reason, .. more]) with { Reason = reason });
            change.Heads.Add((next with { ChangedAt = _clock.Now() }).Next());
            var ended = endSessions is null ? [] : await _sessions.EndInAsync(change, id, endSessions, null, cancel);
            if (tell is not null && !account.IsOffice)
            {
                await _holder.AddAsync(change, id, tell, cancel);
            }
            also?.Invoke(change, account);
            var outcome = await _writer.WriteAsync(change, cancel: cancel);
            if (outcome is WriteOutcome.Done)
            {
                _sessions.Ended(ended);
            }
            if (Requests.Final(outcome, attempt) is { } answer)
            {
                return answer;
            }
        }
    }
}
