using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Factors;
using Muqeem.SignIn.Messages;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>What came of asking for a new authenticator.</summary>
public abstract record AuthenticatorStart
{
    private AuthenticatorStart() { }

    /// <param name="Id">For <see cref="Authenticator.ConfirmAsync"/>.</param>
    /// <param name="Secret">As people type it.</param>
    /// <param name="Uri">For the QR code.</param>
    public sealed record Scan(Guid Id, string Secret, string Uri) : AuthenticatorStart;

    public sealed record Refused(Refusal Refusal) : AuthenticatorStart;

    public sealed record Busy(TimeSpan RetryAfter) : AuthenticatorStart;
}

/// <summary>The authenticator app of an account: added, replaced, removed. All of it after stepping up; the other sessions end, and the holder is told.</summary>
public sealed class Authenticator
{
    public const string Issuer = "Muqeem";
    public const string Wrong = Registration.AuthenticatorWrong;
    public const string Only = "authenticator.only_factor";
    internal const string Pending = "PENDING";
    private readonly Db _db;
    private readonly IWriter _writer;
    private readonly AccountBook _book;
    private readonly Sessions _sessions;
    private readonly HolderMessages _holder;
    private readonly TimeProvider _clock;

    internal Authenticator(Db db, IWriter writer, AccountBook book, Sessions sessions, HolderMessages holder, TimeProvider clock)
    {
        _db = db;
        _writer = writer;
        _book = book;
        _sessions = sessions;
        _holder = holder;
        _clock = clock;
    }

    /// <summary>Whether the account has one.</summary>
    public async Task<bool> HasAsync(Session session, CancellationToken cancel = default) => await _book.AuthenticatorAsync(session.Account, cancel) is not null;

    /// <summary>Makes a new secret; the former works until the first code of the new one was given.</summary>
    public async Task<AuthenticatorStart> StartAsync(Session session, Guid operation, CancellationToken cancel = default)
    {
        var now = _clock.Now();
        if (!session.IsSteppedUp(now))
        {
            return new AuthenticatorStart.Refused(new Refusal(Accounts.StepUp));
        }
        var secret = Totp.NewSecret();
        var row = new AuthenticatorRow(Guid.CreateVersion7(_clock.GetUtcNow()), 0, session.Account.Value, Pending, 0, now);
        var change = new Change(Requests.Act(_clock, "authenticator.start", session.Actor, operation, session.Person));
        change.Heads.Add(row.Next());
        await _book.AddValueAsync(change, session.Person, session.Account, row.Id, secret);
        return await _writer.WriteAsync(change, cancel: cancel) switch
        {
            WriteOutcome.Done => new AuthenticatorStart.Scan(row.Id, Totp.Spell(secret), Totp.Uri(secret, Issuer, Label(session.Account.ToString()))),
            WriteOutcome.Busy busy => new AuthenticatorStart.Busy(busy.RetryAfter),
            WriteOutcome.InDoubt => new AuthenticatorStart.Busy(TimeSpan.FromSeconds(2)),
            _ => new AuthenticatorStart.Refused(new Refusal(Requests.OperationReused)),
        };
    }

    /// <summary>The first code of the new app: from now on it is the one.</summary>
    public async Task<Answer> ConfirmAsync(Session session, Guid id, string? typed, Guid operation, CancellationToken cancel = default)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (!session.IsSteppedUp(_clock.Now()))
            {
                return new Answer.Refused(new Refusal(Accounts.StepUp));
            }
            var row = await _db.FirstAsync<AuthenticatorRow>($"SELECT {AuthenticatorRow.Columns} FROM authenticator WHERE id = @id AND account = @account", new { id, account = session.Account.Value }, cancel);
            if (row is null || row.State == AuthenticatorRow.Removed)
            {
                return new Answer.Refused(new Refusal(Requests.Changed));
            }
            if (row.State == AuthenticatorRow.Active)
            {
                return new Answer.Done();
            }
            var access = _book.EnterFor(session.Person, "authenticator.confirm");
            var secret = await _book.OpenValueAsync<byte[]>(access, session.Person, row.Id, cancel);
            if (Totp.Match(secret, Digits.Compact(typed), _clock.Now(), row.LastStep) is not { } step)
            {
                return new Answer.Refused(new Refusal(Wrong));
            }
            var change = new Change(Requests.Act(_clock, "authenticator.confirm", session.Actor, operation, session.Person, id.ToString()));
            change.Heads.Add((row with { State = AuthenticatorRow.Active, LastStep = step }).Next());
            if (await _book.AuthenticatorAsync(session.Account, cancel) is { } former)
            {
                change.Heads.Add((former with { State = AuthenticatorRow.Removed }).Next());
            }
            if (await FinishAsync(change, session, "authenticator_added", attempt, cancel) is { } answer)
            {
                return answer;
            }
        }
    }

    /// <summary>Goes back to codes by message. Not for the office, and not without a number that takes codes.</summary>
    public async Task<Answer> RemoveAsync(Session session, Guid operation, CancellationToken cancel = default)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (!session.IsSteppedUp(_clock.Now()))
            {
                return new Answer.Refused(new Refusal(Accounts.StepUp));
            }
            if (session.IsOffice || AccountBook.CodeChannel(await _book.ContactsAsync(session.Account, cancel), _clock.Now()) is null)
            {
                return new Answer.Refused(new Refusal(Only));
            }
            if (await _book.AuthenticatorAsync(session.Account, cancel) is not { } row)
            {
                return new Answer.Done();
            }
            var change = new Change(Requests.Act(_clock, "authenticator.remove", session.Actor, operation, session.Person));
            change.Heads.Add((row with { State = AuthenticatorRow.Removed }).Next());
            if (await FinishAsync(change, session, "authenticator_removed", attempt, cancel) is { } answer)
            {
                return answer;
            }
        }
    }

    private async Task<Answer?> FinishAsync(Change change, Session session, string key, int attempt, CancellationToken cancel)
    {
        var ended = await _sessions.EndInAsync(change, session.Account, SessionEnd.Changed, session.Id, cancel);
        await _holder.AddAsync(change, session.Account, key, cancel);
        var outcome = await _writer.WriteAsync(change, cancel: cancel);
        if (outcome is WriteOutcome.Done)
        {
            _sessions.Ended(ended);
        }
        return Requests.Final(outcome, attempt);
    }

    /// <summary>The last four letters tell two accounts in one app apart, and give nothing away to who sees the app's list.</summary>
    internal static string Label(string number) => number.Length <= 4 ? number : "•" + number[^4..];
}
