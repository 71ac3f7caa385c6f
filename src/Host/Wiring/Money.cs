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
            Refund = async (refund, payment, iban, cancel) => Answer(await p.GetRequiredService<PaymentGateway>().RefundAsync(
                new RefundOrder(refund.Id.ToString(), "0000000000", Muqeem.Agencies.PaymentPurpose.Residence, payment.GatewayId, refund.Amount.Halalas, iban), refund.Id, cancel), r => r.RefundId),
        });
        services.AddSingleton<MoneyArrived>(p => (id, cancel) => ArrivedAsync(p, id, cancel));
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
        return services;
    }

    /// <summary>The engine goes on with a case whose bill is settled. The operation id is the bill's, so that it happens once however often it is told.</summary>
    internal static async Task<CaseOutcome> ArrivedAsync(IServiceProvider services, CaseId id, CancellationToken cancel)
    {
        var digest = Digest.Of("case.execute", id.ToString());
        var operation = new Operation(Actor.Agency(PaymentsInbox.Gateway), Names.IdOf($"paid:{id}:{Guid.CreateVersion7(services.GetRequiredService<TimeProvider>().GetUtcNow())}"), digest);
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
        var purpose = bill.Purpose == "exit_reentry" ? Muqeem.Agencies.PaymentPurpose.ExitReentry : Muqeem.Agencies.PaymentPurpose.Residence;
        var answer = await services.GetRequiredService<PaymentGateway>().CreateBillAsync(new BillOrder(bill.Id.ToString(), payer, purpose, bill.Total.Halalas, bill.ValidUntil), bill.Id.Value, cancel);
        return Answer(answer, b => b.BillNumber);
    }

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
