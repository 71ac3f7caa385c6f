using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;

namespace Muqeem.Payments;

public sealed class OneBalanceOnSqliteTests() : OneBalanceTests(DatabaseKind.Sqlite);

public sealed class OneBalanceOnPostgreSqlTests() : OneBalanceTests(DatabaseKind.PostgreSql);

/// <summary>Sixty-four callers at one payer's money at once.</summary>
public abstract class OneBalanceTests(DatabaseKind kind)
{
    private const int Callers = 64;
    private const int Price = 7;
    /// <summary>Of each wish to have money back: the caller's own part.</summary>
    private static int Part(int caller) => 1 + (caller % 9);

    /// <summary>What two officers give back of a bill that was spent.</summary>
    private const int Given = 2;
    private const int More = 3;

    private static readonly Iban Account = Iban.Parse("SA0380000000608010167519").Value;

    [Fact]
    public async Task Paying_spending_giving_back_and_adding_at_once_sixty_four_callers_never_overspend_a_balance()
    {
        await using var world = await World.CreateAsync(kind);
        var payer = world.NewPayer();
        for (var i = 0; i < 5; i++)
        {
            await world.FundAsync(payer, 20, "P" + i);
        }
        var bills = new List<Bill>();
        for (var i = 0; i < Callers / 2; i++)
        {
            bills.Add(await world.IssueAsync(payer, Price));
        }
        int spent = 0, cancelled = 0, back = 0, backSum = 0, given = 0, more = 0, refused = 0;
        var officers = world.Officers();

        async Task PayAsync(Bill bill, bool spend)
        {
            if (!await TryAsync(change => Task.FromResult<object?>(world.Bills.PayFromBalance(change, bill))))
            {
                Interlocked.Increment(ref refused);
                return;
            }
            var settled = (await world.Ledger.BillAsync(bill.Id))!;
            Assert.True(await TryAsync(change => Task.FromResult<object?>(spend ? world.Bills.Consume(change, settled) : world.Bills.Release(change, settled))));
            if (spend && bill.Id.Value.GetHashCode() % 2 == 0)
            {
                await GiveBackAsync(bill);
            }
            Interlocked.Increment(ref spend ? ref spent : ref cancelled);
        }

        // A part of what was spent, while all others are at the balance that it comes to.
        async Task GiveBackAsync(Bill bill)
        {
            var (one, other) = (new AccountId(Guid.CreateVersion7()), new AccountId(Guid.CreateVersion7()));
            var id = Assert.IsType<BillAnswer.Done>(await officers.ProposeAsync(Actor.Officer(one), one, default, bill.Id, BillAct.GiveBack, "ERV_SINGLE", Money.Riyals(Given), "give_back.not_carried_out", "words", Guid.CreateVersion7())).Proposal;
            var confirmed = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => officers.ConfirmAsync(Actor.Officer(other), other, default, id, Guid.CreateVersion7()))));
            Assert.All(confirmed, c => Assert.IsType<BillAnswer.Done>(c));
            Interlocked.Increment(ref given);
        }

        async Task TakeBackAsync(int i)
        {
            var done = await TryAsync(async change => (await world.Refunds.RequestAsync(change, payer, Money.Riyals(Part(i)), Account)).Ok ? change : null);
            Interlocked.Increment(ref done ? ref back : ref refused);
            Interlocked.Add(ref backSum, done ? Part(i) : 0);
        }

        async Task AddAsync(int i)
        {
            while (await world.Inbox.ReceiveAsync(world.Notice("M" + i, "FP0", More)) is PaymentReception.Busy)
            {
            }
            Interlocked.Increment(ref more);
        }

        // False: the money is not there. A lost race is tried again, as a caller would.
        async Task<bool> TryAsync(Func<Change, Task<object?>> verb)
        {
            while (true)
            {
                var change = world.Act();
                if (await verb(change) is null)
                {
                    return false;
                }
                switch (await world.WriteAsync(change))
                {
                    case WriteOutcome.Done:
                        return true;
                    case WriteOutcome.Insufficient:
                        return false;
                }
            }
        }

        var all = Task.WhenAll(Enumerable.Range(0, Callers).Select(i => Task.Run(() => (i % 4) switch
        {
            0 or 1 => PayAsync(bills[(i / 4 * 2) + (i % 4)], spend: i % 4 == 0),
            2 => TakeBackAsync(i),
            _ => AddAsync(i),
        })));
        var looks = 0;
        while (!all.IsCompleted)
        {
            Assert.True(await world.Ledger.BalanceOfAsync(payer.Id) >= Money.Zero);
            Assert.Empty(await world.Ledger.AuditAsync());
            looks++;
        }
        await all;

        Assert.True(looks > 0);
        Assert.Equal((Callers, Callers / 4), (spent + cancelled + back + more + refused, more));
        // All wishes together were more than there was.
        Assert.True(refused > 0);
        Assert.Equal(100 + (more * More) + (given * Given), (int)((await world.Ledger.BalanceOfAsync(payer.Id)).Halalas / 100) + (spent * Price) + backSum);
        Assert.Equal(spent, await world.Db.SingleAsync<long>("SELECT count(*) FROM bill WHERE state = 'CONSUMED'"));
        Assert.Equal(cancelled + 5, await world.Db.SingleAsync<long>("SELECT count(*) FROM bill WHERE state = 'CANCELLED'"));
        Assert.Equal(backSum * 100, (await world.Refunds.OfAsync(payer.Id)).Sum(r => r.Amount.Halalas));
        await world.SoundAsync();
    }
}
