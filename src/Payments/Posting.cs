using Muqeem.Kernel;
using Muqeem.Platform.Writing;

namespace Muqeem.Payments;

/// <summary>Where money stands. Only <see cref="Payer"/> is a spendable head; the others are append-only entries without a running sum.</summary>
internal enum LedgerAccount
{
    /// <summary>What the payment gateway owes the treasury. Negative: an asset.</summary>
    Clearing,

    /// <summary>Paid for a bill number that is not known yet; owner is the payment.</summary>
    Unallocated,

    /// <summary>The payer's own money, free to spend or to take back; owner is the payer.</summary>
    Payer,

    /// <summary>Set aside for one bill; owner is the bill.</summary>
    Held,

    /// <summary>Earned, under a fee code.</summary>
    Revenue,

    /// <summary>Promised back and not yet paid out; owner is the refund.</summary>
    Refunds,

    /// <summary>Claims that are not collected, under a fee code; owner is the bill. Negative: an expense.</summary>
    WriteOff,
}

/// <summary>
/// One transaction of the ledger inside a change. Credits are positive, debits negative, and nothing is written unless they add up to zero.
/// An entry of a payer's balance always moves the spendable head by the same amount: the two cannot drift apart.
/// </summary>
internal sealed class Posting(Change change, TimeProvider clock, string purpose)
{
    private readonly List<(LedgerAccount Account, Guid? Owner, string Code, Money Amount)> _entries = [];

    public Posting Entry(LedgerAccount account, Guid? owner, Money amount, string code = "")
    {
        if (amount != Money.Zero)
        {
            _entries.Add((account, owner, code, amount));
        }
        return this;
    }

    public void Post()
    {
        if (_entries.Aggregate(Money.Zero, (sum, e) => sum + e.Amount) != Money.Zero)
        {
            throw new InvalidOperationException($"A ledger transaction for {purpose} does not add up to zero.");
        }
        var act = change.Act?.Id ?? throw new InvalidOperationException("Money moves only by an act.");
        var transaction = Guid.CreateVersion7(clock.GetUtcNow());
        var at = clock.Now();
        var line = 0;
        foreach (var (account, owner, code, amount) in _entries)
        {
            change.Rows.Add(PaymentsTables.Entry.Insert(transaction, ++line, account == LedgerAccount.WriteOff ? "WRITE_OFF" : account.ToString().ToUpperInvariant(), owner, code, purpose, amount.Halalas, act.Value, at));
            if (account == LedgerAccount.Payer)
            {
                MoveBalance(owner!.Value, amount);
            }
        }
    }

    /// <summary>One delta per account and change: money that comes and goes in one act is never short in between.</summary>
    private void MoveBalance(Guid payer, Money amount)
    {
        var index = change.Balances.FindIndex(b => b.Account == payer);
        var before = index < 0 ? Money.Zero : new Money(change.Balances[index].Halalas);
        if (index >= 0)
        {
            change.Balances.RemoveAt(index);
        }
        var after = before + amount;
        if (after != Money.Zero)
        {
            change.Balances.Add(new BalanceDelta(payer, after.Halalas));
        }
    }
}
