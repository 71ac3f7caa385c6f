using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Messages;
using Muqeem.SignIn.Throttling;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>What came of asking somebody on the phone.</summary>
public abstract record FederatedStart
{
    private FederatedStart() { }

    /// <summary>Asked, or nobody was there to be asked: it looks the same.</summary>
    /// <param name="Token">Of the browser that began, see <see cref="SessionCookies.SetFederated"/>; for <see cref="FederatedSignIns.ContinueAsync"/>.</param>
    /// <param name="Number">To be picked on the phone.</param>
    public sealed record Asked(string Token, int Number, Instant ExpiresAt) : FederatedStart;

    /// <summary>What was typed is no resident number.</summary>
    public sealed record Refused(Refusal Refusal) : FederatedStart;

    /// <summary>Too many requests to this number, or from this address.</summary>
    public sealed record Wait(Refusal Refusal, Instant OpensAt) : FederatedStart;

    /// <summary>The national sign-in does not answer: the other way is open.</summary>
    public sealed record Silent(Refusal Refusal, Instant RetryAt) : FederatedStart;

    public sealed record Busy(TimeSpan RetryAfter) : FederatedStart;
}

/// <summary>How a sign-in by phone stands.</summary>
public abstract record FederatedStep
{
    private FederatedStep() { }

    /// <summary>Confirmed: <see cref="SessionCookies.Set"/>.</summary>
    public sealed record In(SignedIn SignedIn) : FederatedStep;

    /// <summary>Not confirmed yet.</summary>
    /// <param name="Silent">The national sign-in does not answer at the moment.</param>
    public sealed record Waiting(int Number, Instant ExpiresAt, bool Silent) : FederatedStep;

    /// <summary>Over, or never begun here; whatever the reason.</summary>
    public sealed record Over(Refusal Refusal) : FederatedStep;
}

/// <summary>
/// Signing in by the national sign-in: the person picks the number that our page shows on the phone that was enrolled with the agency; this is both factors. The agency is asked for every resident number
/// that is typed, and again for what it does not know, so that neither the page nor its time tells who has an account or the app. Only the browser that began is signed in, once.
/// </summary>
public sealed partial class FederatedSignIns
{
    public const string NumberCode = "sign_in.app_number";
    public const string SilentCode = "sign_in.app_silent";
    public const string EndedCode = "sign_in.app_ended";

    /// <summary>Who picked the number in the last moment is signed in when the page looks again.</summary>
    private static readonly Duration Grace = Duration.FromSeconds(30);
    private readonly Db _db;
    private readonly IWriter _writer;
    private readonly BlindIndex _blind;
    private readonly AccountBook _book;
    private readonly Sessions _sessions;
    private readonly Entrance _entrance;
    private readonly Throttle _throttle;
    private readonly FederatedSignIn _agency;
    private readonly SignInPolicies _policies;
    private readonly TimeProvider _clock;
    private readonly ILogger<FederatedSignIns> _log;

    internal FederatedSignIns(Db db, IWriter writer, BlindIndex blind, AccountBook book, Sessions sessions, Throttle throttle, TextMessages messages, FederatedSignIn agency, SignInPolicies policies, TimeProvider clock, ILogger<FederatedSignIns> log)
    {
        _db = db;
        _writer = writer;
        _blind = blind;
        _book = book;
        _sessions = sessions;
        _entrance = new Entrance(db, book, sessions, messages, clock);
        _throttle = throttle;
        _agency = agency;
        _policies = policies;
        _clock = clock;
        _log = log;
    }

    /// <summary>Whether the way is offered: there is an agency to ask.</summary>
    public bool IsOffered => _agency.IsConfigured;

    /// <summary>Asks the person of a resident number on the phone.</summary>
    /// <param name="typed">The resident number, in any digits.</param>
    /// <param name="sharedPhone">Remember nothing on this device.</param>
    public async Task<FederatedStart> StartAsync(string? typed, bool sharedPhone, Visitor visitor, CancellationToken cancel = default)
    {
        if (TypedName.Read(typed) is not { NumberKind: IdentifierKinds.Resident, Text: var number })
        {
            return new FederatedStart.Refused(new Refusal(NumberCode));
        }
        var limits = _policies.Now;
        var device = await _entrance.KnownDeviceAsync(await _book.ByTypedAsync(number, cancel), visitor, cancel);
        if (OpensAt(number, visitor, device, limits) is { } opensAt)
        {
            return new FederatedStart.Wait(new Refusal(SignIns.WaitCode, ("at", opensAt)), opensAt);
        }
        var id = Guid.CreateVersion7(_clock.GetUtcNow());
        Guid transaction;
        int shown;
        switch (await _agency.RequestAsync(number, id, cancel))
        {
            case AgencyAnswer<SignInRequestOpened>.Found opened:
                (transaction, shown) = (opened.Value.Transaction, opened.Value.Number);
                break;
            case AgencyAnswer<SignInRequestOpened>.NotFound:
                // Nobody will pick it; the agency is asked about it like about any other.
                (transaction, shown) = (Guid.CreateVersion7(_clock.GetUtcNow()), RandomNumberGenerator.GetInt32(SignInRequestOpened.Least, SignInRequestOpened.Most + 1));
                break;
            case var silent:
                return new FederatedStart.Silent(new Refusal(SilentCode), silent.AskAgainAt ?? _clock.Now());
        }
        var now = _clock.Now();
        var token = Token.New(out var hash);
        var row = new FederatedRow(id, 0, hash, NumberHash(number), transaction, shown, FederatedRow.Open, sharedPhone, now, now + limits.AppLife);
        return await _writer.WriteAsync(new Change(null) { Heads = { row.Next() } }, cancel: cancel) switch
        {
            WriteOutcome.Done => new FederatedStart.Asked(token, shown, row.ExpiresAt),
            WriteOutcome.Busy busy => new FederatedStart.Busy(busy.RetryAfter),
            _ => new FederatedStart.Busy(TimeSpan.FromSeconds(2)),
        };
    }

    /// <summary>Looks whether the number was picked, and then signs in. That it was refused or another was picked looks like waiting: who only typed a number is not told that there is somebody.</summary>
    public async Task<FederatedStep> ContinueAsync(string? token, Visitor visitor, CancellationToken cancel = default)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await OpenAsync(token, cancel) is not { } row)
            {
                return new FederatedStep.Over(new Refusal(EndedCode));
            }
            var asks = new Budget("app.asks", _policies.Now.AppAsks, Duration.FromMinutes(10));
            var answer = _throttle.Take(asks, row.Id.ToString()) is null ? await _agency.StandingAsync(row.TransactionId, cancel) : null;
            if (answer?.ValueOrNull is { State: SignInRequestState.Completed } standing && Fits(row, standing)
                && await _book.ByTypedAsync(standing.ResidentNumber, cancel) is { IsOffice: false, MaySignIn: true } account)
            {
                var change = new Change(Requests.Act(_clock, "session.start", account.Actor, row.Id, account.PersonId, row.Id.ToString()) with { Reason = SignInWays.Federated });
                change.Heads.Add((row with { State = FederatedRow.Done }).Next());
                var device = await _entrance.KnownDeviceAsync(account, visitor, cancel);
                var (starting, deviceToken) = await _entrance.OpenAsync(change, account, visitor, row.Shared, device, SignInWays.Federated, "new_device_app", cancel);
                switch (await _writer.WriteAsync(change, cancel: cancel))
                {
                    case WriteOutcome.Done:
                        return new FederatedStep.In(_sessions.Started(starting, deviceToken));
                    case WriteOutcome.Conflict when attempt < 8:
                        continue;
                    case WriteOutcome.Busy or WriteOutcome.InDoubt:
                        // The page looks again in a moment anyway.
                        return new FederatedStep.Waiting(row.Shown, row.ExpiresAt, Silent: false);
                    default:
                        // Looked at twice at once: the first has the session, and only it.
                        return new FederatedStep.Over(new Refusal(EndedCode));
                }
            }
            return _clock.Now() >= row.ExpiresAt
                ? new FederatedStep.Over(new Refusal(EndedCode))
                : new FederatedStep.Waiting(row.Shown, row.ExpiresAt, answer?.AskAgainAt is not null);
        }
    }

    private async Task<FederatedRow?> OpenAsync(string? token, CancellationToken cancel)
    {
        if (Token.Hash(token) is not { } hash)
        {
            return null;
        }
        var row = await _db.FirstAsync<FederatedRow>($"SELECT {FederatedRow.Columns} FROM federated_request WHERE token = @hash", new { hash }, cancel);
        return row is { State: FederatedRow.Open } && _clock.Now() < row.ExpiresAt + Grace ? row : null;
    }

    // The signature binds the answer to our question; that it speaks of the person who was meant is looked at here.
    private bool Fits(FederatedRow row, SignInRequestStanding standing)
    {
        if (standing.Transaction == row.TransactionId && standing.ConfirmedAt >= row.BeganAt - Exchange.Tolerance && NumberHash(standing.ResidentNumber!).AsSpan().SequenceEqual(row.NumberHash))
        {
            return true;
        }
        Misfit(_log, FederatedSignIn.Name, row.Id);
        return false;
    }

    // A flood is stopped wherever it comes from. The holder, on a device that signed in before, is counted apart and still gets in.
    private Instant? OpensAt(string number, Visitor visitor, string? device, SignInLimits limits)
    {
        var perNumber = new Budget("app.number", limits.AppRequestsPerNumber, Duration.FromMinutes(15));
        return device is not null
            ? _throttle.Take(perNumber, $"{number}|device {device}")
            : _throttle.Take(new Budget("app.address", limits.AppRequestsPerAddress, Duration.FromMinutes(10)), visitor.Address) ?? _throttle.Take(perNumber, number);
    }

    private byte[] NumberHash(string number) => _blind.Of("sign_in.app", number);

    [LoggerMessage(3, LogLevel.Error, "{Agency} says that request {Request} was confirmed, but by somebody else or before it was made. Nobody was signed in.")]
    private static partial void Misfit(ILogger log, string agency, Guid request);
}
