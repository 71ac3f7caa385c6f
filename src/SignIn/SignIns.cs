using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Codes;
using Muqeem.SignIn.Factors;
using Muqeem.SignIn.Messages;
using Muqeem.SignIn.Passwords;
using Muqeem.SignIn.Throttling;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>The second factor.</summary>
public enum Factor
{
    /// <summary>A code from the authenticator app.</summary>
    Authenticator,

    /// <summary>A code to the mobile. Not for the office.</summary>
    Message,

    /// <summary>One of the ten codes kept on paper.</summary>
    RecoveryCode,
}

/// <summary>What came of name and password.</summary>
public abstract record SignInStart
{
    private SignInStart() { }

    /// <summary>They fit; one more factor.</summary>
    /// <param name="Token">Keep it in <see cref="SessionCookies.SetChallenge"/>.</param>
    /// <param name="Factors">What may be used, best first.</param>
    /// <param name="SentTo">The masked mobile, when a code was sent at once because there is no other factor.</param>
    public sealed record OneMoreFactor(string Token, IReadOnlyList<Factor> Factors, string? SentTo, Instant? ResendAt, Instant ExpiresAt) : SignInStart;

    /// <summary>No; one and the same answer whatever the reason.</summary>
    public sealed record Failed(Refusal Refusal) : SignInStart;

    /// <summary>Too many failures from this address for this name; the holder elsewhere is not affected.</summary>
    public sealed record Wait(Refusal Refusal, Instant OpensAt) : SignInStart;

    public sealed record Busy(TimeSpan RetryAfter) : SignInStart;
}

/// <summary>What came of asking for a code.</summary>
public abstract record CodeSending
{
    private CodeSending() { }

    public sealed record Sent(string To, Instant? ResendAt, Instant ExpiresAt) : CodeSending;

    public sealed record Refused(Refusal Refusal) : CodeSending;

    /// <summary>The sign-in is over or was never one: start again.</summary>
    public sealed record Over : CodeSending;

    public sealed record Busy(TimeSpan RetryAfter) : CodeSending;
}

/// <summary>What came of the second factor.</summary>
public abstract record SignInEnd
{
    private SignInEnd() { }

    /// <summary>Signed in: <see cref="SessionCookies.Set"/>.</summary>
    /// <param name="RecoveryCodesLeft">When one was just used: how many remain.</param>
    public sealed record In(SignedIn SignedIn, int? RecoveryCodesLeft) : SignInEnd;

    public sealed record Refused(Refusal Refusal) : SignInEnd;

    /// <summary>The sign-in is over or was never one: start again.</summary>
    public sealed record Over(Refusal Refusal) : SignInEnd;

    public sealed record Busy(TimeSpan RetryAfter) : SignInEnd;
}

/// <summary>
/// Signing in: name and password, then a second factor; and stepping up, which is both again. Unknown names cost the same hash and get the same answer. Failures slow down the
/// address they come from and never the holder; a device that signed in before is counted apart from strangers.
/// </summary>
public sealed class SignIns
{
    public const string FailedCode = "sign_in.failed";
    public const string WaitCode = "sign_in.wait";
    public const string OverCode = "sign_in.over";
    public const string WrongFactor = "sign_in.wrong_code";
    public const string NoFactor = "sign_in.no_factor";
    private static readonly Duration Day = Duration.FromHours(24);
    private readonly Db _db;
    private readonly IWriter _writer;
    private readonly AccountBook _book;
    private readonly Sessions _sessions;
    private readonly Entrance _entrance;
    private readonly OneTimeCodes _codes;
    private readonly PasswordHasher _hasher;
    private readonly Throttle _throttle;
    private readonly TextMessages _messages;
    private readonly SignInPolicies _policies;
    private readonly TimeProvider _clock;

    internal SignIns(Db db, IWriter writer, AccountBook book, Sessions sessions, OneTimeCodes codes, PasswordHasher hasher, Throttle throttle, TextMessages messages, SignInPolicies policies, TimeProvider clock)
    {
        _db = db;
        _writer = writer;
        _book = book;
        _sessions = sessions;
        _entrance = new Entrance(db, book, sessions, messages, clock);
        _codes = codes;
        _hasher = hasher;
        _throttle = throttle;
        _messages = messages;
        _policies = policies;
        _clock = clock;
    }

    /// <summary>Checks name and password.</summary>
    /// <param name="name">Resident number, border number or the account's name, as typed.</param>
    /// <param name="sharedPhone">Remember nothing on this device.</param>
    public async Task<SignInStart> StartAsync(string? name, string? password, bool sharedPhone, Visitor visitor, CancellationToken cancel = default)
    {
        var typed = TypedName.Read(name).Text;
        var limits = _policies.Now;
        var account = await _book.ByTypedAsync(name, cancel);
        var device = await _entrance.KnownDeviceAsync(account, visitor, cancel);
        if (DelayUntil(typed, visitor, device, limits) is { } opensAt)
        {
            return Waiting(opensAt);
        }
        PasswordCheck check;
        try
        {
            check = await _hasher.CheckAsync(Short(password), account?.Password ?? _hasher.Nobody, cancel);
        }
        catch (HashingBusyException)
        {
            return new SignInStart.Busy(TimeSpan.FromSeconds(3));
        }
        if (account is null || !check.Fits || !account.MaySignIn)
        {
            await FailedAsync(account, typed, visitor, device, limits, cancel);
            return new SignInStart.Failed(new Refusal(FailedCode));
        }
        if (check.Outdated)
        {
            await RehashAsync(account, Short(password), cancel);
        }
        return await ChallengeAsync(account, null, sharedPhone, limits, cancel);
    }

    /// <summary>Asks a signed-in holder for the password again; then <see cref="CompleteAsync"/> gives the session a new token.</summary>
    public async Task<SignInStart> StepUpAsync(Session session, string? password, Visitor visitor, CancellationToken cancel = default)
    {
        var limits = _policies.Now;
        var subject = "session " + session.Account;
        if (DelayUntil(subject, visitor, null, limits) is { } opensAt)
        {
            return Waiting(opensAt);
        }
        var account = await _book.ByIdAsync(session.Account, cancel);
        PasswordCheck check;
        try
        {
            check = await _hasher.CheckAsync(Short(password), account?.Password ?? _hasher.Nobody, cancel);
        }
        catch (HashingBusyException)
        {
            return new SignInStart.Busy(TimeSpan.FromSeconds(3));
        }
        if (account is null || !check.Fits || !account.MaySignIn)
        {
            await FailedAsync(account, subject, visitor, null, limits, cancel);
            return new SignInStart.Failed(new Refusal(FailedCode));
        }
        return await ChallengeAsync(account, session.Id, session.SharedPhone, limits, cancel);
    }

    /// <summary>Sends a code to the mobile, the first or another.</summary>
    public async Task<CodeSending> SendCodeAsync(string? token, CancellationToken cancel = default)
    {
        if (await OpenAsync(token, cancel) is not var (challenge, account))
        {
            return new CodeSending.Over();
        }
        var purpose = PurposeOf(challenge);
        if (account.IsOffice || await _entrance.DestinationAsync(account, cancel) is not { } to)
        {
            return new CodeSending.Refused(new Refusal(NoFactor));
        }
        if (challenge.Code is { } code)
        {
            var (sent, refusal, busy) = await _codes.ResendAsync(code, purpose, challenge.Id, to, cancel);
            return sent is not null ? new CodeSending.Sent(Masked(to), sent.ResendAt, sent.ExpiresAt) : refusal is not null ? new CodeSending.Refused(refusal) : new CodeSending.Busy(busy!.Value);
        }
        if (_throttle.Take(CodesBudget(_policies.Now), account.Id.ToString()) is not null)
        {
            return new CodeSending.Refused(new Refusal(OneTimeCodes.NoMore));
        }
        var change = new Change(Requests.Own(_clock, "code.send", account.PersonId, challenge.Id.ToString()));
        var first = await _codes.IssueAsync(change, purpose, challenge.Id, to);
        change.Heads.Add((challenge with { Code = first.Id }).Next());
        return await _writer.WriteAsync(change, cancel: cancel) switch
        {
            WriteOutcome.Done => new CodeSending.Sent(Masked(to), first.ResendAt, first.ExpiresAt),
            WriteOutcome.Conflict => new CodeSending.Refused(new Refusal(OneTimeCodes.TooSoon, ("at", first.ResendAt), ("seconds", (int)_policies.Now.CodeResend.TotalSeconds))),
            WriteOutcome.Busy busy => new CodeSending.Busy(busy.RetryAfter),
            _ => new CodeSending.Busy(TimeSpan.FromSeconds(2)),
        };
    }

    /// <summary>Checks the second factor and signs in, or gives the stepped-up session its new token.</summary>
    public async Task<SignInEnd> CompleteAsync(string? token, Factor factor, string? typed, Visitor visitor, CancellationToken cancel = default)
    {
        if (await OpenAsync(token, cancel) is not var (challenge, account))
        {
            return new SignInEnd.Over(new Refusal(OverCode));
        }
        var limits = _policies.Now;
        var device = await _entrance.KnownDeviceAsync(account, visitor, cancel);
        var budget = new Budget("factor", limits.FactorFailures, Day);
        if (device is null && _throttle.Look(budget, account.Id.ToString()).Count >= limits.FactorFailures)
        {
            // The password is known to whoever tries; a device of the holder's is counted apart and still gets in.
            _throttle.Refuse(budget);
            return new SignInEnd.Over(new Refusal(OverCode));
        }
        try
        {
            return factor switch
            {
                Factor.Message => await ByMessageAsync(challenge, account, typed, visitor, device, budget, cancel),
                Factor.Authenticator => await ByAuthenticatorAsync(challenge, account, typed, visitor, device, budget, limits, cancel),
                Factor.RecoveryCode => await ByRecoveryCodeAsync(challenge, account, typed, visitor, device, budget, limits, cancel),
                _ => throw new ArgumentOutOfRangeException(nameof(factor)),
            };
        }
        catch (HashingBusyException)
        {
            return new SignInEnd.Busy(TimeSpan.FromSeconds(3));
        }
    }

    private async Task<SignInEnd> ByMessageAsync(ChallengeRow challenge, AccountRow account, string? typed, Visitor visitor, string? device, Budget budget, CancellationToken cancel)
    {
        if (account.IsOffice || challenge.Code is not { } code)
        {
            return new SignInEnd.Refused(new Refusal(NoFactor));
        }
        for (var attempt = 0; ; attempt++)
        {
            Opening? opening = null;
            var use = await _codes.UseAsync(code, PurposeOf(challenge), challenge.Id, typed, async () =>
            {
                opening = await OpeningAsync(challenge, account, visitor, device, cancel);
                return opening.Change;
            }, cancel);
            switch (use)
            {
                case CodeUse.Refused refused:
                    if (refused.Refusal.Code is OneTimeCodes.Wrong or OneTimeCodes.Voided)
                    {
                        _throttle.Add(budget, account.Id.ToString());
                    }
                    return new SignInEnd.Refused(refused.Refusal);
                case CodeUse.Busy busy:
                    return new SignInEnd.Busy(busy.RetryAfter);
                case CodeUse.Fitted fitted:
                    if (Ended(fitted.Outcome, opening!, null, attempt) is { } end)
                    {
                        return end;
                    }
                    break;
            }
            if (await OpenAsync(challenge, cancel) is not var (again, now))
            {
                return new SignInEnd.Over(new Refusal(OverCode));
            }
            (challenge, account) = (again, now);
        }
    }

    private async Task<SignInEnd> ByAuthenticatorAsync(
        ChallengeRow challenge, AccountRow account, string? typed, Visitor visitor, string? device, Budget budget, SignInLimits limits, CancellationToken cancel)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await _book.AuthenticatorAsync(account.AccountId, cancel) is not { } authenticator)
            {
                return new SignInEnd.Refused(new Refusal(NoFactor));
            }
            var access = _book.EnterFor(account.PersonId, "sign_in.authenticator");
            var secret = await _book.OpenValueAsync<byte[]>(access, account.PersonId, authenticator.Id, cancel);
            if (Totp.Match(secret, Digits.Compact(typed), _clock.Now(), authenticator.LastStep) is not { } step)
            {
                if (await WrongAsync(challenge, account, budget, limits, cancel) is { } end)
                {
                    return end;
                }
            }
            else
            {
                var opening = await OpeningAsync(challenge, account, visitor, device, cancel);
                opening.Change.Heads.Add((authenticator with { LastStep = step }).Next());
                if (Ended(await _writer.WriteAsync(opening.Change, cancel: cancel), opening, null, attempt) is { } end)
                {
                    return end;
                }
            }
            if (await OpenAsync(challenge, cancel) is not var (again, now))
            {
                return new SignInEnd.Over(new Refusal(OverCode));
            }
            (challenge, account) = (again, now);
        }
    }

    private async Task<SignInEnd> ByRecoveryCodeAsync(
        ChallengeRow challenge, AccountRow account, string? typed, Visitor visitor, string? device, Budget budget, SignInLimits limits, CancellationToken cancel)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await _book.RecoverySetAsync(account.AccountId, cancel) is not { } set)
            {
                return new SignInEnd.Refused(new Refusal(NoFactor));
            }
            if (await RecoveryCodeSet.MatchAsync(typed, set.Salt, set.Hashes, _hasher, cancel) is not { } which || (set.Used & (1 << which)) != 0)
            {
                if (await WrongAsync(challenge, account, budget, limits, cancel) is { } end)
                {
                    return end;
                }
            }
            else
            {
                var opening = await OpeningAsync(challenge, account, visitor, device, cancel);
                var used = set with { Used = set.Used | (1 << which) };
                opening.Change.Heads.Add(used.Next());
                var left = RecoveryCodeSet.Codes - System.Numerics.BitOperations.PopCount((uint)used.Used);
                if (!account.IsOffice && await _entrance.DestinationAsync(account, cancel) is { } to)
                {
                    await _messages.AddAsync(opening.Change, to, "recovery_code_used");
                }
                if (Ended(await _writer.WriteAsync(opening.Change, cancel: cancel), opening, left, attempt) is { } end)
                {
                    return end;
                }
            }
            if (await OpenAsync(challenge, cancel) is not var (again, now))
            {
                return new SignInEnd.Over(new Refusal(OverCode));
            }
            (challenge, account) = (again, now);
        }
    }

    // Counts a wrong factor on the sign-in's own row, so that parallel guesses count one by one. Null: lost the race, look again.
    private async Task<SignInEnd?> WrongAsync(ChallengeRow challenge, AccountRow account, Budget budget, SignInLimits limits, CancellationToken cancel)
    {
        var tries = challenge.Tries + 1;
        var over = tries >= limits.ChallengeTries;
        var outcome = await _writer.WriteAsync(new Change(null) { Heads = { (challenge with { Tries = tries, State = over ? ChallengeRow.Void : ChallengeRow.Open }).Next() } }, cancel: cancel);
        switch (outcome)
        {
            case WriteOutcome.Done:
                var failures = _throttle.Add(budget, account.Id.ToString());
                if (over && failures <= limits.FactorFailures)
                {
                    await TellAsync(account, "password_known", cancel);
                }
                return over ? new SignInEnd.Over(new Refusal(OverCode)) : new SignInEnd.Refused(new Refusal(WrongFactor, ("left", limits.ChallengeTries - tries)));
            case WriteOutcome.Conflict:
                return null;
            case WriteOutcome.Busy busy:
                return new SignInEnd.Busy(busy.RetryAfter);
            default:
                return new SignInEnd.Busy(TimeSpan.FromSeconds(2));
        }
    }

    // The change that signs in: the sign-in's row closes in it, so that it happens once whatever is sent how often.
    private async Task<Opening> OpeningAsync(ChallengeRow challenge, AccountRow account, Visitor visitor, string? device, CancellationToken cancel)
    {
        var now = _clock.Now();
        var stepUp = challenge.Session is not null;
        var change = new Change(Requests.Act(_clock, stepUp ? "session.step_up" : "session.start", account.Actor, challenge.Id, account.PersonId, challenge.Id.ToString()));
        change.Heads.Add((challenge with { State = ChallengeRow.Done }).Next());
        Starting starting;
        string? deviceToken = null;
        if (stepUp)
        {
            var row = await _sessions.RowAsync(new(challenge.Session!.Value), cancel);
            if (row is null || row.EndedAt is not null || now >= row.ExpiresAt)
            {
                return new(change, null, null);
            }
            starting = _sessions.Renew(change, row, account);
        }
        else
        {
            (starting, deviceToken) = await _entrance.OpenAsync(change, account, visitor, challenge.Shared, device, null, "new_device", cancel);
        }
        return new(change, starting, deviceToken);
    }

    private SignInEnd? Ended(WriteOutcome outcome, Opening opening, int? codesLeft, int attempt)
    {
        if (opening.Starting is null)
        {
            return new SignInEnd.Over(new Refusal(OverCode));
        }
        return outcome switch
        {
            WriteOutcome.Done => new SignInEnd.In(_sessions.Started(opening.Starting, opening.DeviceToken), codesLeft),
            WriteOutcome.Conflict when attempt < 8 => null,
            // Sent twice: the first has the session, and only it.
            WriteOutcome.Conflict or WriteOutcome.Replayed or WriteOutcome.OperationReused => new SignInEnd.Over(new Refusal(OverCode)),
            WriteOutcome.Busy busy => new SignInEnd.Busy(busy.RetryAfter),
            WriteOutcome.InDoubt => new SignInEnd.Busy(TimeSpan.FromSeconds(2)),
            _ => throw new InvalidOperationException($"A sign-in ended unexpectedly: {outcome.GetType().Name}."),
        };
    }

    private async Task<SignInStart> ChallengeAsync(AccountRow account, SessionId? session, bool shared, SignInLimits limits, CancellationToken cancel)
    {
        var now = _clock.Now();
        var token = Token.New(out var hash);
        var challenge = new ChallengeRow(Guid.CreateVersion7(_clock.GetUtcNow()), 0, hash, account.Id, session?.Value, null, 0, ChallengeRow.Open, shared, now + limits.ChallengeLife);
        var factors = new List<Factor>();
        if (await _book.AuthenticatorAsync(account.AccountId, cancel) is not null)
        {
            factors.Add(Factor.Authenticator);
        }
        var to = account.IsOffice ? null : await _entrance.DestinationAsync(account, cancel);
        if (to is not null)
        {
            factors.Add(Factor.Message);
        }
        if (await _book.RecoverySetAsync(account.AccountId, cancel) is { } set && set.Used != (1 << RecoveryCodeSet.Codes) - 1)
        {
            factors.Add(Factor.RecoveryCode);
        }
        SentCode? sent = null;
        var send = factors is [Factor.Message, ..] && to is not null && _throttle.Take(CodesBudget(limits), account.Id.ToString()) is null;
        var change = new Change(send ? Requests.Own(_clock, "code.send", account.PersonId, challenge.Id.ToString()) : null);
        if (send)
        {
            sent = await _codes.IssueAsync(change, session is null ? CodePurpose.SignIn : CodePurpose.StepUp, challenge.Id, to);
            challenge = challenge with { Code = sent.Id };
        }
        change.Heads.Add(challenge.Next());
        return await _writer.WriteAsync(change, cancel: cancel) switch
        {
            WriteOutcome.Done => new SignInStart.OneMoreFactor(token, factors, sent is null ? null : Masked(to!), sent?.ResendAt, challenge.ExpiresAt),
            WriteOutcome.Busy busy => new SignInStart.Busy(busy.RetryAfter),
            _ => new SignInStart.Busy(TimeSpan.FromSeconds(2)),
        };
    }

    private async Task<(ChallengeRow Challenge, AccountRow Account)?> OpenAsync(string? token, CancellationToken cancel)
    {
        if (Token.Hash(token) is not { } hash)
        {
            return null;
        }
        var challenge = await _db.FirstAsync<ChallengeRow>($"SELECT {ChallengeRow.Columns} FROM sign_in_challenge WHERE token = @hash", new { hash }, cancel);
        return await StillOpenAsync(challenge, cancel);
    }

    private async Task<(ChallengeRow Challenge, AccountRow Account)?> OpenAsync(ChallengeRow before, CancellationToken cancel) =>
        await StillOpenAsync(await _db.FirstAsync<ChallengeRow>($"SELECT {ChallengeRow.Columns} FROM sign_in_challenge WHERE id = @id", new { id = before.Id }, cancel), cancel);

    private async Task<(ChallengeRow Challenge, AccountRow Account)?> StillOpenAsync(ChallengeRow? challenge, CancellationToken cancel)
    {
        if (challenge is null || challenge.State != ChallengeRow.Open || _clock.Now() >= challenge.ExpiresAt)
        {
            return null;
        }
        var account = await _book.ByIdAsync(new(challenge.Account), cancel);
        return account is { MaySignIn: true } ? (challenge, account) : null;
    }

    private Instant? DelayUntil(string typed, Visitor visitor, string? device, SignInLimits limits)
    {
        var address = new Budget("failures.address", limits.FailuresPerAddress, Duration.FromMinutes(10));
        var now = _clock.Now();
        if (device is null && _throttle.Look(address, visitor.Address) is var all && all.Count >= limits.FailuresPerAddress)
        {
            _throttle.Refuse(address);
            return Instant.Max(all.Last + limits.FirstDelay, now + Duration.FromSeconds(1));
        }
        var own = OwnBudget(limits);
        var (count, last) = _throttle.Look(own, Subject(typed, visitor, device));
        if (count < limits.FreeFailures)
        {
            return null;
        }
        // 15 s, 30 s, 1 min, … 15 min, for this name from this address only.
        var delay = Duration.Min(limits.LongestDelay, limits.FirstDelay * Math.Pow(2, Math.Min(20, count - limits.FreeFailures)));
        if (last + delay <= now)
        {
            return null;
        }
        _throttle.Refuse(own);
        return last + delay;
    }

    private async Task FailedAsync(AccountRow? account, string typed, Visitor visitor, string? device, SignInLimits limits, CancellationToken cancel)
    {
        _throttle.Add(OwnBudget(limits), Subject(typed, visitor, device));
        _throttle.Add(new Budget("failures.address", limits.FailuresPerAddress, Duration.FromMinutes(10)), visitor.Address);
        if (_throttle.Add(new Budget("failures.name", limits.FailuresToTell, Day), typed) == limits.FailuresToTell && account is not null)
        {
            await TellAsync(account, "many_failures", cancel);
        }
    }

    private async Task TellAsync(AccountRow account, string key, CancellationToken cancel)
    {
        if (account.IsOffice || await _entrance.DestinationAsync(account, cancel) is not { } to)
        {
            return;
        }
        var change = new Change(Requests.Own(_clock, "sign_in.warn", account.PersonId, key) with { Reason = key });
        await _messages.AddAsync(change, to, key);
        await _writer.WriteAsync(change, cancel: cancel);
    }

    // The password is right, only its hash is of another time. A lost race is no harm: next time.
    private async Task RehashAsync(AccountRow account, string password, CancellationToken cancel)
    {
        var change = new Change(Requests.Own(_clock, "account.rehash", account.PersonId, account.Id.ToString()));
        change.Heads.Add((account with { Password = await _hasher.HashAsync(password, cancel) }).Next());
        await _writer.WriteAsync(change, cancel: cancel);
    }

    private static CodePurpose PurposeOf(ChallengeRow challenge) => challenge.Session is null ? CodePurpose.SignIn : CodePurpose.StepUp;

    private static Budget OwnBudget(SignInLimits limits) => new("failures.own", limits.FreeFailures, Day);

    private static Budget CodesBudget(SignInLimits limits) => new("codes.account", limits.CodesPerAccount, Day);

    private static string Subject(string typed, Visitor visitor, string? device) => device is null ? $"{typed}|{visitor.Address}" : $"{typed}|device {device}";

    private static SignInStart.Wait Waiting(Instant opensAt) => new(new Refusal(WaitCode, ("at", opensAt)), opensAt);

    private static string Masked(Destination to) => MobileNumber.Parse(to.Value) is { Ok: true } mobile ? mobile.Value.Masked() : "";

    // Longer than any password can be: it fits nothing and costs no more.
    private static string Short(string? password) => password is null ? "" : password.Length > PasswordRules.Longest * 4 ? "" : password;

    private sealed record Opening(Change Change, Starting? Starting, string? DeviceToken);
}
