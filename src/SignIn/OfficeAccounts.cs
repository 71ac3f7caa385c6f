using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Factors;
using Muqeem.SignIn.Messages;
using Muqeem.SignIn.Passwords;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>Somebody who is to work in the office.</summary>
/// <param name="AccountName">What he signs in with: letters, digits, dots and hyphens.</param>
/// <param name="Email">Where the activation goes.</param>
/// <param name="Office">Code of the office.</param>
public sealed record Colleague(string? Name, string? AccountName, string? Email, OfficeRole Roles, string? Office);

/// <summary>What an invitation is about.</summary>
public enum InvitationKind
{
    New,

    /// <summary>Other roles for an account that exists.</summary>
    Roles,

    /// <summary>Password and factors are lost: a new activation.</summary>
    Reset,
}

/// <summary>A proposal, as another person sees it before approving.</summary>
public sealed record Invitation(Guid Id, InvitationKind Kind, AccountId Account, string Name, OfficeRole Roles, string Office, AccountId? ProposedBy, bool Approved, Instant ExpiresAt);

/// <summary>A line in the list of office accounts.</summary>
public sealed record OfficeLine(AccountId Account, string Name, string AccountName, AccountState State, OfficeRole Roles, string? Office);

/// <summary>The answer of the verbs about invitations.</summary>
public abstract record OfficeAnswer
{
    private OfficeAnswer() { }

    public sealed record Proposed(Guid Invitation) : OfficeAnswer;

    /// <summary>Approved; the activation was sent. <paramref name="ActivationToken"/> is only there for the very first accounts, which a terminal shows.</summary>
    public sealed record Approved(AccountId Account, string? ActivationToken) : OfficeAnswer;

    public sealed record Done : OfficeAnswer;

    public sealed record Refused(IReadOnlyList<Refusal> Refusals) : OfficeAnswer
    {
        public Refused(Refusal refusal) : this([refusal]) { }
    }

    public sealed record Busy(TimeSpan RetryAfter) : OfficeAnswer;
}

/// <summary>The page behind an activation.</summary>
public abstract record Activation
{
    private Activation() { }

    /// <summary>Choose a password, scan the secret, type its first code.</summary>
    public sealed record Open(string AccountName, string Secret, string Uri, int PasswordLength) : Activation;

    /// <summary>Active. The recovery codes are shown this once; then sign in.</summary>
    public sealed record Active(IReadOnlyList<string> RecoveryCodes) : Activation;

    public sealed record Refused(IReadOnlyList<Refusal> Refusals) : Activation;

    /// <summary>Used, withdrawn, too old, or never one.</summary>
    public sealed record Gone : Activation;

    public sealed record Busy(TimeSpan RetryAfter) : Activation;
}

/// <summary>
/// Accounts of the office. One operator proposes, another approves; nobody alone makes an account, widens roles or renews lost factors. The invited person chooses password and authenticator behind a
/// token that works once. Always two factors, never a code by message. Whoever is disabled is out at once.
/// </summary>
public sealed class OfficeAccounts
{
    public const string NotYours = "office.not_yours";
    public const string FourEyes = "office.four_eyes";
    public const string RolesClash = "office.roles";
    public const string NameForm = "office.account_name";
    public const string NameTaken = "office.name_taken";
    public const string NameMissing = "office.name";
    public const string OfficeMissing = "office.office";
    public const string Gone = "office.invitation_gone";
    public const string FirstOnly = "office.first_only";
    public const string LastOperators = "office.last_operators";
    private readonly Db _db;
    private readonly IWriter _writer;
    private readonly AccountBook _book;
    private readonly Sessions _sessions;
    private readonly PasswordHasher _hasher;
    private readonly TextMessages _messages;
    private readonly SignInPolicies _policies;
    private readonly TimeProvider _clock;

    internal OfficeAccounts(Db db, IWriter writer, AccountBook book, Sessions sessions, PasswordHasher hasher, TextMessages messages, SignInPolicies policies, TimeProvider clock)
    {
        _db = db;
        _writer = writer;
        _book = book;
        _sessions = sessions;
        _hasher = hasher;
        _messages = messages;
        _policies = policies;
        _clock = clock;
    }

    /// <summary>An operator proposes a colleague. Another operator must approve.</summary>
    public async Task<OfficeAnswer> ProposeAsync(Session by, Colleague colleague, Guid operation, CancellationToken cancel = default)
    {
        if (Ready(by) is { } no)
        {
            return no;
        }
        var refusals = new List<Refusal>();
        return Check(colleague, refusals) is { } details
            ? await WriteNewAsync(details, colleague.Roles, by.Account, by.Actor, operation, approved: false, cancel)
            : new OfficeAnswer.Refused(refusals);
    }

    /// <summary>Other roles or another office for an account that exists. Another operator must approve.</summary>
    public Task<OfficeAnswer> ProposeRolesAsync(Session by, AccountId account, OfficeRole roles, string office, Guid operation, CancellationToken cancel = default) =>
        !OfficeRoles.GoTogether(roles) ? Task.FromResult<OfficeAnswer>(new OfficeAnswer.Refused(new Refusal(RolesClash))) : ProposeForAsync(by, InvitationKind.Roles, account, roles, office, operation, cancel);

    /// <summary>A colleague has lost password or authenticator. Another operator must approve; nobody but the colleague learns or chooses the new ones.</summary>
    public Task<OfficeAnswer> ProposeResetAsync(Session by, AccountId account, Guid operation, CancellationToken cancel = default) =>
        ProposeForAsync(by, InvitationKind.Reset, account, null, null, operation, cancel);

    /// <summary>The second person's approval: neither the proposer nor the one it is about.</summary>
    public async Task<OfficeAnswer> ApproveAsync(Session by, Guid invitation, Guid operation, CancellationToken cancel = default)
    {
        if (Ready(by) is { } no)
        {
            return no;
        }
        var row = await RowAsync(invitation, cancel);
        if (row is null || row.State != InvitationRow.Proposed || _clock.Now() >= row.ExpiresAt)
        {
            return new OfficeAnswer.Refused(new Refusal(Gone));
        }
        if (row.ProposedBy == by.Account.Value || row.Account == by.Account.Value)
        {
            return new OfficeAnswer.Refused(new Refusal(FourEyes));
        }
        return await ApproveAsync(row, by.Account, by.Actor, operation, cancel);
    }

    /// <summary>Takes a proposal back, or says no to it.</summary>
    public async Task<OfficeAnswer> WithdrawAsync(Session by, Guid invitation, Guid operation, CancellationToken cancel = default)
    {
        if (Ready(by) is { } no)
        {
            return no;
        }
        var row = await RowAsync(invitation, cancel);
        if (row is null || row.State is InvitationRow.Activated or InvitationRow.Withdrawn)
        {
            return new OfficeAnswer.Refused(new Refusal(Gone));
        }
        var change = new Change(Requests.Act(_clock, "office.withdraw", by.Actor, operation, null, invitation.ToString()));
        change.Heads.Add((row with { State = InvitationRow.Withdrawn, Token = null }).Next());
        return Final(await _writer.WriteAsync(change, cancel: cancel)) ?? new OfficeAnswer.Done();
    }

    /// <summary>
    /// The first two operators, from the terminal of the machine: as long as there are fewer than two who can sign in, and no longer. The activation token is for the terminal's user.
    /// </summary>
    public async Task<OfficeAnswer> AppointFirstAsync(Colleague colleague, CancellationToken cancel = default)
    {
        var refusals = new List<Refusal>();
        if (colleague.Roles != OfficeRole.Operator || await OperatorsAsync(cancel) >= 2)
        {
            return new OfficeAnswer.Refused(new Refusal(FirstOnly));
        }
        if (Check(colleague, refusals) is not { } details)
        {
            return new OfficeAnswer.Refused(refusals);
        }
        return await WriteNewAsync(details, colleague.Roles, null, Actor.System("office.first"), Guid.CreateVersion7(_clock.GetUtcNow()), approved: true, cancel);
    }

    /// <summary>The page behind an activation token.</summary>
    public async Task<Activation> OpenAsync(string? token, CancellationToken cancel = default)
    {
        if (await ByTokenAsync(token, cancel) is not var (_, account, authenticator))
        {
            return new Activation.Gone();
        }
        var access = _book.EnterFor(account.PersonId, "office.activate");
        var details = await _book.OpenValueAsync<OfficeDetails>(access, account.PersonId, account.Id, cancel);
        var secret = await _book.OpenValueAsync<byte[]>(access, account.PersonId, authenticator.Id, cancel);
        return new Activation.Open(details.AccountName, Totp.Spell(secret), Totp.Uri(secret, Authenticator.Issuer, details.AccountName), _policies.Now.PasswordLength);
    }

    /// <summary>Password, and the first code of the authenticator: the account is active.</summary>
    public async Task<Activation> ActivateAsync(string? token, string? password, string? code, Guid operation, CancellationToken cancel = default)
    {
        if (await ByTokenAsync(token, cancel) is not var (row, account, authenticator))
        {
            return new Activation.Gone();
        }
        var access = _book.EnterFor(account.PersonId, "office.activate");
        var details = await _book.OpenValueAsync<OfficeDetails>(access, account.PersonId, account.Id, cancel);
        var secret = await _book.OpenValueAsync<byte[]>(access, account.PersonId, authenticator.Id, cancel);
        var refusals = PasswordRules.Check(password ?? "", _policies.Now.PasswordLength, details.Name, details.AccountName, details.Email).ToList();
        var step = Totp.Match(secret, Digits.Compact(code), _clock.Now(), authenticator.LastStep);
        if (step is null)
        {
            refusals.Add(new Refusal(Registration.AuthenticatorWrong));
        }
        if (refusals.Count > 0)
        {
            return new Activation.Refused(refusals);
        }
        var now = _clock.Now();
        var codes = RecoveryCodeSet.New();
        var change = new Change(Requests.Act(_clock, "office.activate", Actor.Officer(account.AccountId), operation, account.PersonId, row.Id.ToString()));
        try
        {
            var hash = await _hasher.HashAsync(password!, cancel);
            var (salt, hashes) = await RecoveryCodeSet.HashAsync(codes, _hasher, cancel);
            change.Heads.Add((account with { Password = hash, State = nameof(AccountState.Active), ChangedAt = now }).Next());
            if (await _book.RecoverySetAsync(account.AccountId, cancel) is { } former)
            {
                change.Heads.Add((former with { State = RecoverySetRow.Replaced }).Next());
            }
            change.Heads.Add(new RecoverySetRow(Guid.CreateVersion7(_clock.GetUtcNow()), 0, account.Id, salt, hashes, 0, RecoverySetRow.Active, now).Next());
        }
        catch (HashingBusyException)
        {
            return new Activation.Busy(TimeSpan.FromSeconds(3));
        }
        if (await _book.AuthenticatorAsync(account.AccountId, cancel) is { } old)
        {
            change.Heads.Add((old with { State = AuthenticatorRow.Removed }).Next());
        }
        change.Heads.Add((authenticator with { State = AuthenticatorRow.Active, LastStep = step!.Value }).Next());
        change.Heads.Add((row with { State = InvitationRow.Activated, Token = null }).Next());
        return await _writer.WriteAsync(change, cancel: cancel) switch
        {
            WriteOutcome.Done => new Activation.Active(codes),
            WriteOutcome.Busy busy => new Activation.Busy(busy.RetryAfter),
            WriteOutcome.InDoubt => new Activation.Busy(TimeSpan.FromSeconds(2)),
            _ => new Activation.Gone(),
        };
    }

    /// <summary>Out at once: all sessions end with the account. The last two operators cannot be disabled, or nobody could appoint others.</summary>
    public async Task<OfficeAnswer> DisableAsync(Session by, AccountId id, string reason, Guid operation, CancellationToken cancel = default)
    {
        if (!by.Has(OfficeRole.Operator))
        {
            return new OfficeAnswer.Refused(new Refusal(NotYours));
        }
        for (var attempt = 0; ; attempt++)
        {
            if (await OfficeAsync(id, cancel) is not { } account)
            {
                return new OfficeAnswer.Refused(new Refusal(NotYours));
            }
            if (account.StateNow == AccountState.Suspended)
            {
                return new OfficeAnswer.Done();
            }
            if (account.RolesNow.HasFlag(OfficeRole.Operator) && account.MaySignIn && await OperatorsAsync(cancel) <= 2)
            {
                return new OfficeAnswer.Refused(new Refusal(LastOperators));
            }
            var change = new Change(Requests.Act(_clock, "office.disable", by.Actor, operation, account.PersonId, id.ToString(), reason) with { Reason = reason });
            change.Heads.Add((account with { State = nameof(AccountState.Suspended), ChangedAt = _clock.Now() }).Next());
            var ended = await _sessions.EndInAsync(change, id, SessionEnd.Stopped, null, cancel);
            var outcome = await _writer.WriteAsync(change, cancel: cancel);
            if (outcome is WriteOutcome.Conflict && attempt < 4)
            {
                continue;
            }
            if (outcome is WriteOutcome.Done)
            {
                _sessions.Ended(ended);
            }
            return Final(outcome) ?? new OfficeAnswer.Done();
        }
    }

    /// <summary>Lets a disabled colleague in again: a reset, approved by another, whose activation opens the account.</summary>
    public Task<OfficeAnswer> ProposeReturnAsync(Session by, AccountId account, Guid operation, CancellationToken cancel = default) => ProposeResetAsync(by, account, operation, cancel);

    /// <summary>What waits for a second person.</summary>
    /// <param name="access">Must name the persons of the office: get them from <see cref="PersonsAsync"/>.</param>
    public async Task<IReadOnlyList<Invitation>> InvitationsAsync(Access access, CancellationToken cancel = default)
    {
        var open = new List<Invitation>();
        foreach (var row in await _db.QueryAsync<InvitationRow>($"SELECT {InvitationRow.Columns} FROM office_invitation WHERE state IN ('PROPOSED', 'APPROVED') AND expires_at > @now ORDER BY created_at", new { now = _clock.Now() }, cancel))
        {
            var account = await _book.ByIdAsync(new(row.Account), cancel) ?? throw new InvalidOperationException("An invitation has no account.");
            var details = await _book.OpenValueAsync<OfficeDetails>(access, account.PersonId, account.Id, cancel);
            open.Add(new(row.Id, Enum.Parse<InvitationKind>(row.Kind), account.AccountId, details.Name, OfficeRoles.Parse(row.Roles), row.Office, row.ProposedBy is { } proposer ? new AccountId(proposer) : null, row.State == InvitationRow.Approved, row.ExpiresAt));
        }
        return open;
    }

    /// <summary>All office accounts.</summary>
    /// <param name="access">Must name their persons: get them from <see cref="PersonsAsync"/>.</param>
    public async Task<IReadOnlyList<OfficeLine>> ListAsync(Access access, CancellationToken cancel = default)
    {
        var lines = new List<OfficeLine>();
        foreach (var row in await _db.QueryAsync<AccountRow>($"SELECT {AccountRow.Columns} FROM account a WHERE a.kind = 'Office' ORDER BY a.created_at", null, cancel))
        {
            var details = await _book.OpenValueAsync<OfficeDetails>(access, row.PersonId, row.Id, cancel);
            lines.Add(new(row.AccountId, details.Name, details.AccountName, row.StateNow, row.RolesNow, row.Office));
        }
        return lines;
    }

    /// <summary>The display name of somebody in the office, for the pages of the office.</summary>
    /// <param name="access">Must name the person.</param>
    public async Task<string?> NameAsync(Access access, AccountId id, CancellationToken cancel = default) =>
        await OfficeAsync(id, cancel) is { } account ? (await _book.OpenValueAsync<OfficeDetails>(access, account.PersonId, account.Id, cancel)).Name : null;

    /// <summary>Whose names the lists open.</summary>
    public async Task<IReadOnlyList<PersonId>> PersonsAsync(CancellationToken cancel = default) =>
        [.. (await _db.QueryAsync<AccountRow>($"SELECT {AccountRow.Columns} FROM account a WHERE a.kind = 'Office'", null, cancel)).Select(row => row.PersonId)];

    private OfficeAnswer? Ready(Session by) =>
        !by.Has(OfficeRole.Operator) ? new OfficeAnswer.Refused(new Refusal(NotYours))
        : !by.IsSteppedUp(_clock.Now()) ? new OfficeAnswer.Refused(new Refusal(Accounts.StepUp))
        : null;

    private static OfficeDetails? Check(Colleague colleague, List<Refusal> refusals)
    {
        var name = Digits.NormaliseWords(colleague.Name);
        var accountName = Digits.Normalise(colleague.AccountName).ToLowerInvariant();
        var office = Digits.NormaliseWords(colleague.Office);
        if (name.Length is 0 or > 120)
        {
            refusals.Add(new Refusal(NameMissing));
        }
        // A letter first: a name can never be taken for a resident's number.
        if (accountName.Length is < 3 or > 40 || !char.IsAsciiLetterLower(accountName[0]) || !accountName.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '.' or '-'))
        {
            refusals.Add(new Refusal(NameForm));
        }
        if (ContactText.ReadEmail(colleague.Email, out _, out var email) is { } noEmail)
        {
            refusals.Add(noEmail);
        }
        if (office.Length is 0 or > 40)
        {
            refusals.Add(new Refusal(OfficeMissing));
        }
        if (!OfficeRoles.GoTogether(colleague.Roles))
        {
            refusals.Add(new Refusal(RolesClash));
        }
        return refusals.Count > 0 ? null : new OfficeDetails(name, accountName, email, office);
    }

    private async Task<OfficeAnswer> WriteNewAsync(OfficeDetails details, OfficeRole roles, AccountId? proposer, Actor by, Guid operation, bool approved, CancellationToken cancel)
    {
        var now = _clock.Now();
        var person = PersonId.New(_clock);
        var account = new AccountRow(AccountId.New(_clock).Value, 0, person.Value, nameof(AccountKind.Office), nameof(AccountState.Active), nameof(Proofing.Office), OfficeRoles.Write(roles), details.Office, "ar", null, now, now);
        var change = new Change(Requests.Act(_clock, approved ? "office.appoint_first" : "office.propose", by, operation, person, details.AccountName, OfficeRoles.Write(roles), details.Office));
        change.Heads.Add(account.Next());
        change.Claims.Add(_book.NameClaim(details.AccountName));
        change.Rows.Add(SignInTables.Identifier.Insert(AccountBook.NameKind, _book.NameHash(details.AccountName), account.Id));
        await _book.AddValueAsync(change, person, account.AccountId, account.Id, details);
        var row = new InvitationRow(Guid.CreateVersion7(_clock.GetUtcNow()), 0, nameof(InvitationKind.New), account.Id, account.Roles, details.Office, proposer?.Value, null, null, InvitationRow.Proposed, now + _policies.Now.InvitationLife, now);
        string? token = null;
        if (approved)
        {
            token = Token.New(out var hash);
            row = row with { State = InvitationRow.Approved, Token = hash };
            await AddAuthenticatorAsync(change, account);
        }
        change.Heads.Add(row.Next());
        return await _writer.WriteAsync(change, cancel: cancel) switch
        {
            WriteOutcome.Done => approved ? new OfficeAnswer.Approved(account.AccountId, token) : new OfficeAnswer.Proposed(row.Id),
            WriteOutcome.Claimed => new OfficeAnswer.Refused(new Refusal(NameTaken)),
            var other => Final(other) ?? new OfficeAnswer.Done(),
        };
    }

    private async Task<OfficeAnswer> ProposeForAsync(Session by, InvitationKind kind, AccountId id, OfficeRole? roles, string? office, Guid operation, CancellationToken cancel)
    {
        if (Ready(by) is { } no)
        {
            return no;
        }
        if (await OfficeAsync(id, cancel) is not { } account || id == by.Account)
        {
            return new OfficeAnswer.Refused(new Refusal(FourEyes));
        }
        var now = _clock.Now();
        var row = new InvitationRow(Guid.CreateVersion7(_clock.GetUtcNow()), 0, kind.ToString(), account.Id, roles is { } wanted ? OfficeRoles.Write(wanted) : account.Roles, office ?? account.Office ?? "", by.Account.Value, null, null,
            InvitationRow.Proposed, now + _policies.Now.InvitationLife, now);
        var change = new Change(Requests.Act(_clock, "office.propose", by.Actor, operation, account.PersonId, id.ToString(), kind.ToString(), row.Roles, row.Office));
        change.Heads.Add(row.Next());
        return Final(await _writer.WriteAsync(change, cancel: cancel)) ?? new OfficeAnswer.Proposed(row.Id);
    }

    private async Task<OfficeAnswer> ApproveAsync(InvitationRow row, AccountId approver, Actor by, Guid operation, CancellationToken cancel)
    {
        var now = _clock.Now();
        var account = await _book.ByIdAsync(new(row.Account), cancel) ?? throw new InvalidOperationException("An invitation has no account.");
        var change = new Change(Requests.Act(_clock, "office.approve", by, operation, account.PersonId, row.Id.ToString()));
        IReadOnlyList<Guid> ended = [];
        if (row.Kind == nameof(InvitationKind.Roles))
        {
            // With other roles everything is asked anew: the sessions end.
            change.Heads.Add((account with { Roles = row.Roles, Office = row.Office, ChangedAt = now }).Next());
            ended = await _sessions.EndInAsync(change, account.AccountId, SessionEnd.Changed, null, cancel);
            change.Heads.Add((row with { State = InvitationRow.Activated, ApprovedBy = approver.Value }).Next());
        }
        else
        {
            var token = Token.New(out var hash);
            if (row.Kind == nameof(InvitationKind.Reset))
            {
                // What was lost is no factor any more, from now on.
                change.Heads.Add((account with { Password = null, ChangedAt = now }).Next());
                ended = await _sessions.EndInAsync(change, account.AccountId, SessionEnd.Changed, null, cancel);
            }
            await AddAuthenticatorAsync(change, account);
            change.Heads.Add((row with { State = InvitationRow.Approved, ApprovedBy = approver.Value, Token = hash, ExpiresAt = now + _policies.Now.InvitationLife }).Next());
            var access = _book.EnterFor(account.PersonId, "office.approve");
            var details = await _book.OpenValueAsync<OfficeDetails>(access, account.PersonId, account.Id, cancel);
            await _messages.AddAsync(change, new(account.PersonId, ContactKind.Email, details.Email, account.Language), "office_activation", ("token", token), ("hours", (int)_policies.Now.InvitationLife.TotalHours));
        }
        var outcome = await _writer.WriteAsync(change, cancel: cancel);
        if (outcome is WriteOutcome.Done)
        {
            _sessions.Ended(ended);
        }
        return Final(outcome) ?? new OfficeAnswer.Approved(account.AccountId, null);
    }

    private async Task AddAuthenticatorAsync(Change change, AccountRow account)
    {
        var authenticator = new AuthenticatorRow(Guid.CreateVersion7(_clock.GetUtcNow()), 0, account.Id, Authenticator.Pending, 0, _clock.Now());
        change.Heads.Add(authenticator.Next());
        await _book.AddValueAsync(change, account.PersonId, account.AccountId, authenticator.Id, Totp.NewSecret());
    }

    private async Task<(InvitationRow Row, AccountRow Account, AuthenticatorRow Authenticator)?> ByTokenAsync(string? token, CancellationToken cancel)
    {
        if (Token.Hash(token) is not { } hash
            || await _db.FirstAsync<InvitationRow>($"SELECT {InvitationRow.Columns} FROM office_invitation WHERE token = @hash", new { hash }, cancel) is not { State: InvitationRow.Approved } row
            || _clock.Now() >= row.ExpiresAt
            || await _book.ByIdAsync(new(row.Account), cancel) is not { } account
            || await _db.FirstAsync<AuthenticatorRow>($"SELECT {AuthenticatorRow.Columns} FROM authenticator WHERE account = @account AND state = 'PENDING' ORDER BY created_at DESC, id DESC", new { account = row.Account }, cancel) is not { } authenticator)
        {
            return null;
        }
        return (row, account, authenticator);
    }

    private Task<InvitationRow?> RowAsync(Guid id, CancellationToken cancel) => _db.FirstAsync<InvitationRow>($"SELECT {InvitationRow.Columns} FROM office_invitation WHERE id = @id", new { id }, cancel);

    private async Task<AccountRow?> OfficeAsync(AccountId id, CancellationToken cancel) => await _book.ByIdAsync(id, cancel) is { IsOffice: true } account ? account : null;

    private async Task<int> OperatorsAsync(CancellationToken cancel) =>
        (await _db.QueryAsync<AccountRow>($"SELECT {AccountRow.Columns} FROM account a WHERE a.kind = 'Office' AND a.state = 'Active' AND a.password IS NOT NULL", null, cancel)).Count(row => row.RolesNow.HasFlag(OfficeRole.Operator));

    private static OfficeAnswer? Final(WriteOutcome outcome) => Requests.Final(outcome, attempt: 9) switch
    {
        Answer.Refused refused => new OfficeAnswer.Refused(refused.Refusals),
        Answer.Busy busy => new OfficeAnswer.Busy(busy.RetryAfter),
        _ => null,
    };

    /// <summary>Sealed under the account's id.</summary>
    private sealed record OfficeDetails(string Name, string AccountName, string Email, string Office);
}
