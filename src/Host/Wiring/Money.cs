using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;
using Bill = Muqeem.Payments.Bill;

namespace Muqeem.Host.Wiring;

/// <summary>Ties bills to the payment gateway and settled bills to the engine.</summary>
internal static class Money
{
    public static IServiceCollection AddMoney(this IServiceCollection services)
    {
        services.AddSingleton(p => new GatewayCalls
        {
            CreateBill = (bill, cancel) => CreateAsync(p, bill, cancel),
            CancelBill = async (bill, cancel) => Answer(await p.GetRequiredService<PaymentGateway>().CancelBillAsync(bill.Number!, Names.IdOf("cancel:" + bill.Id), cancel), b => b.BillNumber),
            Refund = (refund, payment, iban, cancel) => RefundAsync(p, refund, payment, iban, cancel),
            PaymentsOf = async (day, cancel) => await p.GetRequiredService<PaymentGateway>().PaymentsAsync(day, cancel) is AgencyAnswer<PaymentsOfDay>.Found found
                ? [.. found.Value.Payments.Select(NoticeOf)]
                : null,
        });
        services.AddSingleton<MoneyArrived>(p => (id, cancel) => ArrivedAsync(p, id, cancel));
        services.AddSingleton<TellPayer>(p => (change, person, id, kind, arguments) => p.GetRequiredService<Notices>().AddAsync(change, person, kind, id, arguments));
        services.AddSingleton<PersonOfCase>(p => async (id, cancel) =>
            await p.GetRequiredService<Platform.Database.Db>().FirstAsync<Guid?>("SELECT person_id FROM case_head WHERE id = @id", new { id = id.Value }, cancel) is { } person ? new PersonId(person) : null);
        services.HandleOutbox<GatewayDesk>(PaymentTopics.Bill, async (desk, item, cancel) => Result(await desk.BillAsync(item.Payload, cancel)));
        services.HandleOutbox<GatewayDesk>(PaymentTopics.BillWithdrawn, async (desk, item, cancel) => Result(await desk.WithdrawAsync(item.Payload, cancel)));
        services.HandleOutbox<GatewayDesk>(PaymentTopics.Refund, async (desk, item, cancel) => Result(await desk.RefundAsync(item.Payload, cancel)));
        services.AddWork(p => p.GetRequiredService<Jobs>().Every("payments.sweep", Duration.FromMinutes(5), async (_, cancel) =>
        {
            foreach (var id in await p.GetRequiredService<PaymentsInbox>().SweepAsync(cancel))
            {
                await ArrivedAsync(p, id, cancel);
            }
        }));
        // A call can be lost: the gateway's list of the day is the second way to hear of money.
        services.AddWork(p => p.GetRequiredService<Jobs>().Every("payments.reconcile", Duration.FromMinutes(15), async (_, cancel) =>
        {
            var today = p.GetRequiredService<TimeProvider>().Today();
            await p.GetRequiredService<GatewayDesk>().ReconcileAsync(today.PlusDays(-1), cancel);
            await p.GetRequiredService<GatewayDesk>().ReconcileAsync(today, cancel);
        }));
        services.AddWork(p => p.GetRequiredService<Jobs>().Daily("payments.audit", new LocalTime(2, 40), (_, cancel) => p.GetRequiredService<LedgerWatch>().RunAsync(cancel)));
        // Yesterday's books, when its late calls are in; once more in the morning, should the gateway have been away.
        foreach (var (name, at) in new[] { ("payments.close", new LocalTime(3, 10)), ("payments.close_again", new LocalTime(8, 10)) })
        {
            services.AddWork(p => p.GetRequiredService<Jobs>().Daily(name, at, (_, cancel) =>
                p.GetRequiredService<Closings>().CloseAsync(p.GetRequiredService<TimeProvider>().Today().PlusDays(-1), cancel)));
        }
        return services;
    }

    /// <summary>The gateway's word for a payment in ours.</summary>
    internal static PaymentNotice NoticeOf(PaymentReceived told) => new(
        told.PaymentId, told.BillNumber, Guid.TryParse(told.Reference, out var reference) ? new BillId(reference) : null,
        new Kernel.Money(told.AmountHalalas), told.At, told.Channel.ToString().ToUpperInvariant());

    /// <summary>
    /// The engine goes on with a case whose bill is settled. The case's state and head version make it happen once however often it is told; the operation id is new each time,
    /// because a case that waited for a source when the money came must go on at the next telling and not get its first answer again.
    /// </summary>
    internal static async Task<CaseOutcome> ArrivedAsync(IServiceProvider services, CaseId id, CancellationToken cancel)
    {
        var digest = Digest.Of("case.execute", id.ToString());
        var operation = new Operation(Actor.Agency(PaymentsInbox.Gateway), Guid.CreateVersion7(services.GetRequiredService<TimeProvider>().GetUtcNow()), digest);
        var engine = services.GetRequiredService<CaseEngine>();
        for (var attempt = 0; ; attempt++)
        {
            // Two tellings race for the case's head: the loser looks again and finds it done.
            var outcome = await engine.PaidAsync(operation, id, cancel);
            if (outcome is not CaseOutcome.Conflict || attempt == 4)
            {
                return outcome;
            }
        }
    }

    private static async Task<GatewayAnswer> CreateAsync(IServiceProvider services, Bill bill, CancellationToken cancel)
    {
        var payer = await PayerNumberAsync(services, bill, cancel);
        var answer = await services.GetRequiredService<PaymentGateway>().CreateBillAsync(new BillOrder(bill.Id.ToString(), payer, PurposeOf(bill), bill.Total.Halalas, bill.ValidUntil), bill.Id.Value, cancel);
        return Answer(answer, b => b.BillNumber);
    }

    /// <summary>Gives a payment back under the number it was paid by: the gateway's own bill says which, because the person may have another number by now.</summary>
    private static async Task<GatewayAnswer> RefundAsync(IServiceProvider services, Refund refund, Payment payment, string iban, CancellationToken cancel)
    {
        var gateway = services.GetRequiredService<PaymentGateway>();
        var bill = await services.GetRequiredService<Ledger>().BillAsync(payment.Bill!.Value, cancel) ?? throw new InvalidOperationException($"Payment {payment.Id} has no bill.");
        string payer;
        if (bill.Number is { } number)
        {
            var known = await gateway.BillAsync(number, cancel);
            if (known is not AgencyAnswer<Muqeem.Agencies.Bill>.Found found)
            {
                return Answer(known, b => b.BillNumber);
            }
            payer = found.Value.Payer;
        }
        else
        {
            payer = await PayerNumberAsync(services, bill, cancel);
        }
        var answer = await gateway.RefundAsync(new RefundOrder(refund.Id.ToString(), payer, PurposeOf(bill), payment.GatewayId, refund.Amount.Halalas, iban), refund.Id, cancel);
        return answer is AgencyAnswer<RefundReceipt>.Found receipt
            ? receipt.Value.State switch
            {
                Muqeem.Agencies.RefundState.Paid => new GatewayAnswer.Done(receipt.Value.RefundId),
                Muqeem.Agencies.RefundState.Declined => new GatewayAnswer.Declined("declined"),
                // On its way: the same reference asked again tells how it ended.
                _ => new GatewayAnswer.Later("accepted"),
            }
            : Answer(answer, r => r.RefundId);
    }

    private static string PurposeOf(Bill bill) => bill.Purpose == "exit_reentry" ? Muqeem.Agencies.PaymentPurpose.ExitReentry : Muqeem.Agencies.PaymentPurpose.Residence;

    /// <summary>The number under which the gateway knows the person: bills of employers are found by their worker's number too.</summary>
    private static async Task<string> PayerNumberAsync(IServiceProvider services, Bill bill, CancellationToken cancel)
    {
        var db = services.GetRequiredService<Platform.Database.Db>();
        var person = new PersonId(await db.SingleAsync<Guid>("SELECT person_id FROM case_head WHERE id = @id", new { id = bill.Case.Value }, cancel));
        return await ReadDoor.RunAsync(async () =>
        {
            var access = services.GetRequiredService<ReadDoor>().Enter(Actor.System("payments"), Purpose.Payment, bill.Case, "payment.bill", person);
            var record = await services.GetRequiredService<Persons>().OpenAsync(access, person, cancel);
            return record.ResidentNumber ?? record.BorderNumber!;
        });
    }

    private static GatewayAnswer Answer<T>(AgencyAnswer<T> answer, Func<T, string> number) where T : class => answer switch
    {
        AgencyAnswer<T>.Found found => new GatewayAnswer.Done(number(found.Value)),
        AgencyAnswer<T>.NotFound => new GatewayAnswer.Declined("not_found"),
        AgencyAnswer<T>.Unavailable none => new GatewayAnswer.Later(none.Reason),
        AgencyAnswer<T>.Broken broken => new GatewayAnswer.Later("broken:" + broken.Field),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    internal static OutboxResult Result(bool done) => done ? OutboxResult.Done : new OutboxResult.Again("not_now");
}
