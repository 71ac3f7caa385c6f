using System.Numerics;
using Muqeem.Kernel;
using Muqeem.Platform.Writing;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Factors;
using Muqeem.SignIn.Messages;
using Muqeem.SignIn.Passwords;

namespace Muqeem.SignIn;

/// <summary>What came of asking for new recovery codes.</summary>
public abstract record RecoveryCodesAnswer
{
    private RecoveryCodesAnswer() { }

    /// <summary>Shown this once.</summary>
    public sealed record Fresh(IReadOnlyList<string> Codes) : RecoveryCodesAnswer;

    public sealed record Refused(Refusal Refusal) : RecoveryCodesAnswer;

    public sealed record Busy(TimeSpan RetryAfter) : RecoveryCodesAnswer;
}

/// <summary>Ten codes on paper, each good once, for when telephone and app are away.</summary>
public sealed class RecoveryCodes
{
    private readonly IWriter _writer;
    private readonly AccountBook _book;
    private readonly PasswordHasher _hasher;
    private readonly HolderMessages _holder;
    private readonly TimeProvider _clock;

    internal RecoveryCodes(IWriter writer, AccountBook book, PasswordHasher hasher, HolderMessages holder, TimeProvider clock)
    {
        _writer = writer;
        _book = book;
        _hasher = hasher;
        _holder = holder;
        _clock = clock;
    }

    /// <summary>How many are not used yet.</summary>
    public async Task<int> LeftAsync(Session session, CancellationToken cancel = default) =>
        await _book.RecoverySetAsync(session.Account, cancel) is { } set ? RecoveryCodeSet.Codes - BitOperations.PopCount((uint)set.Used) : 0;

    /// <summary>Ten new ones; the old ones are void.</summary>
    public async Task<RecoveryCodesAnswer> RenewAsync(Session session, Guid operation, CancellationToken cancel = default)
    {
        if (!session.IsSteppedUp(_clock.Now()))
        {
            return new RecoveryCodesAnswer.Refused(new Refusal(Accounts.StepUp));
        }
        var codes = RecoveryCodeSet.New();
        byte[] salt, hashes;
        try
        {
            (salt, hashes) = await RecoveryCodeSet.HashAsync(codes, _hasher, cancel);
        }
        catch (HashingBusyException)
        {
            return new RecoveryCodesAnswer.Busy(TimeSpan.FromSeconds(3));
        }
        var change = new Change(Requests.Act(_clock, "recovery_codes.renew", session.Actor, operation, session.Person));
        if (await _book.RecoverySetAsync(session.Account, cancel) is { } former)
        {
            change.Heads.Add((former with { State = RecoverySetRow.Replaced }).Next());
        }
        change.Heads.Add(new RecoverySetRow(Guid.CreateVersion7(_clock.GetUtcNow()), 0, session.Account.Value, salt, hashes, 0, RecoverySetRow.Active, _clock.Now()).Next());
        await _holder.AddAsync(change, session.Account, "recovery_codes_renewed", cancel);
        return await _writer.WriteAsync(change, cancel: cancel) switch
        {
            WriteOutcome.Done => new RecoveryCodesAnswer.Fresh(codes),
            WriteOutcome.Busy busy => new RecoveryCodesAnswer.Busy(busy.RetryAfter),
            WriteOutcome.InDoubt => new RecoveryCodesAnswer.Busy(TimeSpan.FromSeconds(2)),
            // Pressed twice: those of the first are the ones, and are on its page.
            _ => new RecoveryCodesAnswer.Refused(new Refusal(Requests.Changed)),
        };
    }
}
