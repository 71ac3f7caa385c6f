using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;

namespace Muqeem.Payments;

/// <summary>How asking for money back ended.</summary>
public abstract record RefundAnswer
{
    private RefundAnswer() { }

    /// <summary>It left the balance and is on its way; or this very request was done before.</summary>
    public sealed record Done : RefundAnswer;

    public sealed record Refused(Refusal Why) : RefundAnswer;

    /// <summary>The operation id was used for something else.</summary>
    public sealed record Reused : RefundAnswer;

    /// <summary>Not done, or not known to be: the same again, with the same operation id.</summary>
    public sealed record Later(TimeSpan After) : RefundAnswer;
}

/// <summary>Takes a payer's request to have money back: page and programming interface ask here.</summary>
public sealed class RefundDesk(Refunds refunds, Ledger ledger, IWriter writer, Db db)
{
    public const string Verb = "refund.request";

    private const int Attempts = 8;

    /// <param name="act">Its person is the payer, who asks for the own money only.</param>
    /// <param name="amount">Null: all that is there.</param>
    public async Task<RefundAnswer> AskAsync(Act act, Money? amount, Iban iban, CancellationToken cancel = default)
    {
        var person = act.Person ?? throw new ArgumentException("Whose money?", nameof(act));
        var asked = act with { Answer = act.OperationId.ToString() };
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var change = new Change(asked);
            if ((await refunds.RequestAsync(change, Payer.Person(person), amount ?? await ledger.BalanceOfAsync(person.Value, cancel), iban, cancel)).Refusal is { } refusal)
            {
                // Asked again, the money of the first time is gone from the balance: that is no refusal.
                return await db.FirstAsync<Before>("SELECT digest FROM act WHERE person_id = @person AND verb = @verb AND answer = @answer",
                    new { person = person.Value, verb = Verb, answer = asked.Answer }, cancel) is not { } before ? new RefundAnswer.Refused(refusal)
                    : before.Digest.AsSpan().SequenceEqual(act.RequestDigest) ? new RefundAnswer.Done() : new RefundAnswer.Reused();
            }
            switch (await writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done or WriteOutcome.Replayed:
                    return new RefundAnswer.Done();
                case WriteOutcome.OperationReused:
                    return new RefundAnswer.Reused();
                case WriteOutcome.Busy busy:
                    return new RefundAnswer.Later(busy.RetryAfter);
                case WriteOutcome.InDoubt:
                    return new RefundAnswer.Later(TimeSpan.FromSeconds(2));
            }
            // Others spend or pay at the same moment: look again.
        }
        return new RefundAnswer.Later(TimeSpan.FromSeconds(1));
    }

    private sealed record Before(byte[] Digest);
}
