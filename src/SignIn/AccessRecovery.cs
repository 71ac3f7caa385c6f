using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Codes;
using Muqeem.SignIn.Factors;
using Muqeem.SignIn.Messages;
using Muqeem.SignIn.Passwords;
using Muqeem.SignIn.Throttling;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>Where a recovery stands: the page to show.</summary>
public abstract record RecoveryStep
{
    private RecoveryStep() { }

    public sealed record Waiting(string Agency, Instant RetryAt) : RecoveryStep;

    /// <summary>A code was sent to the account's mobile, if the details agree and there is an account. The same page and sentence whether or not.</summary>
    public sealed record EnterCode(Instant? ResendAt, Instant ExpiresAt) : RecoveryStep;

    /// <summary>The account has an authenticator: its code, or a recovery code; or it is lost as well.</summary>
    public sealed record EnterFactor(int TriesLeft) : RecoveryStep;

    /// <summary>The authenticator is lost: a day of waiting, in which the holder was told and any sign-in ends this.</summary>
    public sealed record Cooling(Instant At) : RecoveryStep;

    public sealed record ChoosePassword(int AtLeast) : RecoveryStep;
}

/// <summary>The answer of every verb of the recovery.</summary>
public abstract record RecoveryAnswer
{
    private RecoveryAnswer() { }

    public sealed record At(RecoveryStep Step, string? Token = null) : RecoveryAnswer;

    public sealed record Refused(IReadOnlyList<Refusal> Refusals, RecoveryStep? Step) : RecoveryAnswer;

    public sealed record Wait(Refusal Refusal, Instant OpensAt) : RecoveryAnswer;

    /// <summary>The password is new, all sessions have ended: sign in.</summary>
    public sealed record Done : RecoveryAnswer;

    public sealed record Gone : RecoveryAnswer;

    public sealed record Busy(TimeSpan RetryAfter) : RecoveryAnswer;
}

/// <summary>
/// A forgotten password, with or without the authenticator. It takes what opening the account took, the three details and a code to the mobile, and never skips a second factor: the authenticator or a recovery
/// code, or a day of waiting with notice on every channel. Whoever lost the mobile as well sees an officer (<see cref="ReplaceMobileAsync"/>). No question has an answer that others know.
/// </summary>
public sealed class AccessRecovery
{
    public const string WrongFactor = SignIns.WrongFactor;
    private static readonly Actor Visiting = Actor.Anonymous;
    private readonly Db _db;
    private readonly IWriter _writer;
    private readonly Sealer _sealer;
    private readonly ReadDoor _door;
    private readonly Persons _persons;
    private readonly AccountBook _book;
    private readonly Sessions _sessions;
    private readonly OneTimeCodes _codes;
    private readonly PasswordHasher _hasher;
    private readonly Throttle _throttle;
    private readonly IdentityCheck _identity;
    private readonly HolderMessages _holder;
    private readonly SignInPolicies _policies;
    private readonly TimeProvider _clock;

    internal AccessRecovery(
        Db db, IWriter writer, Sealer sealer, ReadDoor door, Persons persons, AccountBook book, Sessions sessions, OneTimeCodes codes, PasswordHasher hasher, Throttle throttle, IdentityCheck identity,
        HolderMessages holder, SignInPolicies policies, TimeProvider clock)
    {
        _db = db;
        _writer = writer;
        _sealer = sealer;
        _door = door;
        _persons = persons;
        _book = book;
        _sessions = sessions;
        _codes = codes;
        _hasher = hasher;
        _throttle = throttle;
        _identity = identity;
        _holder = holder;
        _policies = policies;
        _clock = clock;
    }

    /// <summary>Begins. Keep the token in <see cref="SessionCookies.SetRegistration"/>.</summary>
    public async Task<RecoveryAnswer> StartAsync(RegistrationStart typed, Visitor visitor, CancellationToken cancel = default)
    {
        var refusals = new List<Refusal>();
        if (IdentityCheck.Read(typed, _identity.Today, refusals) is not { } details)
        {
            return new RecoveryAnswer.Refused(refusals, null);
        }
        var limits = _policies.Now;
        var opensAt = _throttle.Take(new Budget("starts.all", limits.StartsInAll, Duration.FromHours(1)), "all")
            ?? _throttle.Take(new Budget("starts.address", limits.StartsPerAddress, Duration.FromHours(1)), visitor.Address)
            ?? _throttle.Take(new Budget("starts.number", limits.StartsPerNumber, Duration.FromHours(24)), $"{details.Number}|{visitor.Address}");
        if (opensAt is { } later)
        {
            return new RecoveryAnswer.Wait(new Refusal(Registration.WaitCode, ("at", later)), later);
        }
        var token = Token.New(out var hash);
        var row = new PendingRow(Guid.CreateVersion7(_clock.GetUtcNow()), 0, hash, [], _clock.Now() + limits.RegistrationLife);
        return await CompareAsync(new(row, new RecoveryState { Language = visitor.Language, Details = details }), token, cancel);
    }

    public async Task<RecoveryAnswer> ResumeAsync(string? token, CancellationToken cancel = default) =>
        await OpenAsync(token, cancel) is { } under ? new RecoveryAnswer.At(await StepAsync(under, cancel)) : new RecoveryAnswer.Gone();

    /// <summary>Asks the agency again.</summary>
    public async Task<RecoveryAnswer> RetryAsync(string? token, CancellationToken cancel = default) =>
        await OpenAsync(token, cancel) is not { } under ? new RecoveryAnswer.Gone()
        : under.State.Step == RecoveryAt.Waiting ? await CompareAsync(under, null, cancel)
        : new RecoveryAnswer.At(await StepAsync(under, cancel));

    public async Task<RecoveryAnswer> ResendAsync(string? token, CancellationToken cancel = default)
    {
        if (await OpenAsync(token, cancel) is not { } under)
        {
            return new RecoveryAnswer.Gone();
        }
        if (under.State.Step != RecoveryAt.Code)
        {
            return new RecoveryAnswer.At(await StepAsync(under, cancel));
        }
        var (_, refusal, busy) = await _codes.ResendAsync(under.State.Code!.Value, CodePurpose.Recover, under.Row.Id, To(under), cancel);
        return busy is { } wait ? new RecoveryAnswer.Busy(wait)
            : refusal is not null ? new RecoveryAnswer.Refused([refusal], await StepAsync(under, cancel))
            : new RecoveryAnswer.At(await StepAsync(under, cancel));
    }

    /// <summary>The code from the mobile.</summary>
    public async Task<RecoveryAnswer> ConfirmCodeAsync(string? token, string? typed, Guid operation, CancellationToken cancel = default)
    {
        if (await OpenAsync(token, cancel) is not { } under)
        {
            return new RecoveryAnswer.Gone();
        }
        if (under.State.Step != RecoveryAt.Code)
        {
            return new RecoveryAnswer.At(await StepAsync(under, cancel));
        }
        var next = under.State;
        var use = await _codes.UseAsync(under.State.Code!.Value, CodePurpose.Recover, under.Row.Id, typed, async () =>
        {
            var hasApp = await _book.AuthenticatorAsync(new(under.State.Account!.Value), cancel) is not null;
            next = under.State with { Step = hasApp ? RecoveryAt.Factor : RecoveryAt.Password };
            return await ChangeAsync("recovery.confirm", operation, under.Row, next);
        }, cancel);
        return use switch
        {
            CodeUse.Refused refused => new RecoveryAnswer.Refused([refused.Refusal], await StepAsync(under, cancel)),
            CodeUse.Busy busy => new RecoveryAnswer.Busy(busy.RetryAfter),
            CodeUse.Fitted fitted => await AfterAsync(fitted.Outcome, new(under.Row, next), cancel),
            _ => throw new InvalidOperationException("An unknown use of a code."),
        };
    }

    /// <summary>A code of the authenticator, or one of the recovery codes.</summary>
    public async Task<RecoveryAnswer> ConfirmFactorAsync(string? token, Factor factor, string? typed, Guid operation, CancellationToken cancel = default)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await OpenAsync(token, cancel) is not { } under)
            {
                return new RecoveryAnswer.Gone();
            }
            if (under.State.Step != RecoveryAt.Factor || await _book.ByIdAsync(new(under.State.Account!.Value), cancel) is not { } account)
            {
                return new RecoveryAnswer.At(await StepAsync(under, cancel));
            }
            HeadWrite? used = null;
            if (factor == Factor.Authenticator && await _book.AuthenticatorAsync(account.AccountId, cancel) is { } app)
            {
                var secret = await _book.OpenValueAsync<byte[]>(_book.EnterFor(account.PersonId, "recovery.factor"), account.PersonId, app.Id, cancel);
                used = Totp.Match(secret, Digits.Compact(typed), _clock.Now(), app.LastStep) is { } step ? (app with { LastStep = step }).Next() : null;
            }
            else if (factor == Factor.RecoveryCode && await _book.RecoverySetAsync(account.AccountId, cancel) is { } set)
            {
                try
                {
                    used = await RecoveryCodeSet.MatchAsync(typed, set.Salt, set.Hashes, _hasher, cancel) is { } which && (set.Used & (1 << which)) == 0 ? (set with { Used = set.Used | (1 << which) }).Next() : null;
                }
                catch (HashingBusyException)
                {
                    return new RecoveryAnswer.Busy(TimeSpan.FromSeconds(3));
                }
            }
            // A wrong one is counted in the row itself: guesses sent at once count one by one.
            var next = used is not null ? under.State with { Step = RecoveryAt.Password } : under.State with { FactorTries = under.State.FactorTries + 1 };
            var over = used is null && next.FactorTries >= _policies.Now.ChallengeTries;
            var change = await ChangeAsync("recovery.factor", used is null ? Guid.CreateVersion7(_clock.GetUtcNow()) : operation, under.Row, over ? next with { Step = RecoveryAt.Done } : next);
            if (used is not null)
            {
                change.Heads.Add(used);
            }
            var outcome = await _writer.WriteAsync(change, cancel: cancel);
            if (outcome is WriteOutcome.Conflict && attempt < 40)
            {
                continue;
            }
            if (used is not null || outcome is not WriteOutcome.Done)
            {
                return await AfterAsync(outcome, new(under.Row, next), cancel);
            }
            return over ? new RecoveryAnswer.Gone() : new RecoveryAnswer.Refused([new Refusal(WrongFactor, ("left", _policies.Now.ChallengeTries - next.FactorTries))], await StepAsync(new(under.Row, next), cancel));
        }
    }

    /// <summary>The authenticator and the recovery codes are lost as well: wait a day.</summary>
    public async Task<RecoveryAnswer> FactorIsLostAsync(string? token, Guid operation, CancellationToken cancel = default)
    {
        if (await OpenAsync(token, cancel) is not { } under)
        {
            return new RecoveryAnswer.Gone();
        }
        if (under.State.Step != RecoveryAt.Factor)
        {
            return new RecoveryAnswer.At(await StepAsync(under, cancel));
        }
        var now = _clock.Now();
        var limits = _policies.Now;
        var next = under.State with { Step = RecoveryAt.Cooling, CoolingSince = now, DueAt = now + limits.CoolDown };
        var row = under.Row with { ExpiresAt = now + limits.CoolDown + limits.RegistrationLife };
        var change = await ChangeAsync("recovery.cool", operation, row, next);
        await _holder.AddAsync(change, new(under.State.Account!.Value), "recovery_cooling", cancel, ("hours", (int)limits.CoolDown.TotalHours));
        return await AfterAsync(await _writer.WriteAsync(change, cancel: cancel), new(row, next), cancel);
    }

    /// <summary>The new password. All sessions end; every channel is told.</summary>
    public async Task<RecoveryAnswer> PasswordAsync(string? token, string? password, Guid operation, CancellationToken cancel = default)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await OpenAsync(token, cancel) is not { } under)
            {
                return new RecoveryAnswer.Gone();
            }
            var state = under.State;
            var now = _clock.Now();
            var waited = state.Step == RecoveryAt.Cooling && now >= state.DueAt;
            if (state.Step != RecoveryAt.Password && !waited)
            {
                return new RecoveryAnswer.At(await StepAsync(under, cancel));
            }
            if (await _book.ByIdAsync(new(state.Account!.Value), cancel) is not { MaySignIn: true } account)
            {
                return new RecoveryAnswer.Gone();
            }
            if (waited && await _db.ExistsAsync("SELECT 1 FROM session WHERE account = @account AND created_at > @since", new { account = account.Id, since = state.CoolingSince!.Value }, cancel))
            {
                // Somebody signed in with both factors meanwhile: they were not lost.
                return new RecoveryAnswer.Gone();
            }
            var access = _book.EnterFor(account.PersonId, "recovery.password");
            var profile = await _book.ProfileAsync(access, account, cancel);
            var refusals = PasswordRules.Check(password ?? "", _policies.Now.PasswordLength, state.Details!.Number, state.Details.Passport, state.Details.Birth.Text, profile?.Name.Value, profile?.NameArabic?.Value);
            if (refusals.Count > 0)
            {
                return new RecoveryAnswer.Refused(refusals, new RecoveryStep.ChoosePassword(_policies.Now.PasswordLength));
            }
            Change change;
            try
            {
                change = new Change(Requests.Act(_clock, "recovery.password", account.Actor, operation, account.PersonId, under.Row.Id.ToString()));
                change.Heads.Add((account with { Password = await _hasher.HashAsync(password!, cancel), ChangedAt = now }).Next());
            }
            catch (HashingBusyException)
            {
                return new RecoveryAnswer.Busy(TimeSpan.FromSeconds(3));
            }
            if (waited && await _book.AuthenticatorAsync(account.AccountId, cancel) is { } app)
            {
                change.Heads.Add((app with { State = AuthenticatorRow.Removed }).Next());
            }
            await PutAsync(change, under.Row, new RecoveryState { Language = state.Language, Step = RecoveryAt.Done });
            var ended = await _sessions.EndInAsync(change, account.AccountId, SessionEnd.Changed, null, cancel);
            await _holder.AddAsync(change, account.AccountId, "password_changed", cancel);
            var outcome = await _writer.WriteAsync(change, cancel: cancel);
            switch (outcome)
            {
                case WriteOutcome.Done:
                    _sessions.Ended(ended);
                    return new RecoveryAnswer.Done();
                case WriteOutcome.Replayed:
                    return new RecoveryAnswer.Done();
                case WriteOutcome.Conflict when attempt < 4:
                    continue;
                case WriteOutcome.Busy busy:
                    return new RecoveryAnswer.Busy(busy.RetryAfter);
                default:
                    return new RecoveryAnswer.Busy(TimeSpan.FromSeconds(2));
            }
        }
    }

    /// <summary>
    /// An officer has seen the person and the passport: this mobile is the holder's from now on. The authenticator goes, all sessions end, and the holder then chooses a password by the usual way with a code to
    /// the new mobile. The officer learns and chooses no secret.
    /// </summary>
    /// <param name="evidence">A reference, e.g. of the case. No personal data.</param>
    public async Task<Answer> ReplaceMobileAsync(Session officer, AccountId id, string? mobile, string evidence, Guid operation, CancellationToken cancel = default)
    {
        if (!officer.Has(OfficeRole.Officer | OfficeRole.Supervisor) || !officer.IsSteppedUp(_clock.Now()))
        {
            return new Answer.Refused(new Refusal(officer.Has(OfficeRole.Officer | OfficeRole.Supervisor) ? Accounts.StepUp : OfficeAccounts.NotYours));
        }
        if (ContactText.ReadMobile(mobile, out var kind, out var value) is { } refusal)
        {
            return new Answer.Refused(refusal);
        }
        for (var attempt = 0; ; attempt++)
        {
            var now = _clock.Now();
            if (await _book.ByIdAsync(id, cancel) is not { IsOffice: false } account || account.StateNow == AccountState.Released)
            {
                return new Answer.Refused(new Refusal(Accounts.NotActive));
            }
            var change = new Change(Requests.Act(_clock, "account.replace_mobile", officer.Actor, operation, account.PersonId, id.ToString(), evidence) with { Reason = evidence });
            change.Heads.Add((account with { ChangedAt = now }).Next());
            await _holder.AddAsync(change, id, "contact_changed", cancel);
            foreach (var former in (await _book.ContactsAsync(id, cancel)).Where(one => one.Until is null && one.KindNow != ContactKind.Email))
            {
                change.Rows.Add((former with { Until = now }).Put());
            }
            var contact = new ContactRow(Guid.CreateVersion7(_clock.GetUtcNow()), account.Id, kind.ToString(), _book.ContactHash(value), ProfileSources.Typed, now, null);
            change.Rows.Add(contact.Put());
            await _book.AddValueAsync(change, account.PersonId, id, contact.Id, value);
            if (await _book.AuthenticatorAsync(id, cancel) is { } app)
            {
                change.Heads.Add((app with { State = AuthenticatorRow.Removed }).Next());
            }
            var ended = await _sessions.EndInAsync(change, id, SessionEnd.Changed, null, cancel);
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

    private async Task<RecoveryAnswer> CompareAsync(Under under, string? token, CancellationToken cancel)
    {
        var (row, state) = under;
        var answer = await _identity.CompareAsync(state.Details!, cancel);
        var agreed = answer as IdentityAnswer.Agrees;
        var byResident = await _persons.FindAsync(IdentifierKinds.Resident, agreed?.Person.ResidentNumber ?? state.Details!.Number, cancel);
        var byBorder = await _persons.FindAsync(IdentifierKinds.Border, agreed?.Person.BorderNumber ?? state.Details!.Number, cancel);
        var account = await _book.ByPersonAsync(byResident ?? byBorder ?? default, cancel);
        var change = new Change(Requests.Own(_clock, "recovery.compare", null, row.Id.ToString()));
        if (answer is IdentityAnswer.NoAnswer silent)
        {
            state = state with { Step = RecoveryAt.Waiting, WaitingFor = silent.Agency, RetryAt = silent.RetryAt };
        }
        else
        {
            var open = agreed is not null && account is { MaySignIn: true, IsOffice: false }
                && _throttle.Take(new Budget("codes.account", _policies.Now.CodesPerAccount, Duration.FromHours(24)), account.Id.ToString()) is null;
            state = state with { Step = RecoveryAt.Code, Account = open ? account!.Id : null, AccountLanguage = open ? account!.Language : null };
            state = state with { Code = (await _codes.IssueAsync(change, CodePurpose.Recover, row.Id, To(new(row, state)))).Id };
        }
        await PutAsync(change, row, state);
        return await _writer.WriteAsync(change, cancel: cancel) switch
        {
            WriteOutcome.Done => new RecoveryAnswer.At(await StepAsync(new(row, state), cancel), token),
            WriteOutcome.Busy busy => new RecoveryAnswer.Busy(busy.RetryAfter),
            _ => new RecoveryAnswer.Busy(TimeSpan.FromSeconds(2)),
        };
    }

    // The number is opened after the answer has left; see HolderNotices.
    private static Destination? To(Under under) => under.State.Account is { } account
        ? new(new PersonId(under.Row.Id), ContactKind.Mobile, "", under.State.AccountLanguage!, new AccountId(account))
        : null;

    private async Task<RecoveryStep> StepAsync(Under under, CancellationToken cancel)
    {
        var state = under.State;
        switch (state.Step)
        {
            case RecoveryAt.Waiting:
                return new RecoveryStep.Waiting(state.WaitingFor!, state.RetryAt!.Value);
            case RecoveryAt.Code:
                var code = await _codes.LookAsync(state.Code!.Value, cancel);
                return new RecoveryStep.EnterCode(code?.ResendAt, code?.ExpiresAt ?? _clock.Now());
            case RecoveryAt.Factor:
                return new RecoveryStep.EnterFactor(_policies.Now.ChallengeTries - state.FactorTries);
            case RecoveryAt.Cooling when _clock.Now() < state.DueAt:
                return new RecoveryStep.Cooling(state.DueAt!.Value);
            case RecoveryAt.Cooling or RecoveryAt.Password:
                return new RecoveryStep.ChoosePassword(_policies.Now.PasswordLength);
            default:
                throw new InvalidOperationException("A finished recovery has no page.");
        }
    }

    private async Task<RecoveryAnswer> AfterAsync(WriteOutcome outcome, Under next, CancellationToken cancel)
    {
        switch (outcome)
        {
            case WriteOutcome.Done:
                return new RecoveryAnswer.At(await StepAsync(next, cancel));
            case WriteOutcome.Replayed or WriteOutcome.Conflict or WriteOutcome.OperationReused:
                var row = await _db.FirstAsync<PendingRow>($"SELECT {PendingRow.Columns} FROM pending_registration WHERE id = @id", new { id = next.Row.Id }, cancel);
                return await OpenAsync(row, cancel) is { } now ? new RecoveryAnswer.At(await StepAsync(now, cancel)) : new RecoveryAnswer.Gone();
            case WriteOutcome.Busy busy:
                return new RecoveryAnswer.Busy(busy.RetryAfter);
            default:
                return new RecoveryAnswer.Busy(TimeSpan.FromSeconds(2));
        }
    }

    private async Task<Change> ChangeAsync(string verb, Guid operation, PendingRow row, RecoveryState next)
    {
        var change = new Change(Requests.Act(_clock, verb, Visiting, operation, null, row.Id.ToString()));
        await PutAsync(change, row, next);
        return change;
    }

    private async Task PutAsync(Change change, PendingRow row, RecoveryState state) =>
        change.Heads.Add(SignInTables.Pending.Head(row.Id, row.Version, row.Token, await _sealer.SealAsync(change, PendingRow.Context(row.Id), state), row.ExpiresAt));

    private async Task<Under?> OpenAsync(string? token, CancellationToken cancel) =>
        Token.Hash(token) is { } hash ? await OpenAsync(await _db.FirstAsync<PendingRow>($"SELECT {PendingRow.Columns} FROM pending_registration WHERE token = @hash", new { hash }, cancel), cancel) : null;

    private async Task<Under?> OpenAsync(PendingRow? row, CancellationToken cancel)
    {
        if (row is null || _clock.Now() >= row.ExpiresAt)
        {
            return null;
        }
        var access = _door.Enter(Visiting, Purpose.Self, null, "recovery", new PersonId(row.Id));
        var json = await _door.OpenAsync<JsonElement>(access, PendingRow.Context(row.Id), row.State, cancel);
        if (!json.TryGetProperty("kind", out var kind) || kind.GetString() != RecoveryState.Mark)
        {
            return null;
        }
        var state = json.Deserialize<RecoveryState>(StoredJson.Options)!;
        return state.Step == RecoveryAt.Done ? null : new Under(row, state);
    }

    private sealed record Under(PendingRow Row, RecoveryState State);
}
