using System.Text.Json;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Policies;
using NodaTime;

namespace Muqeem.Payments;

public class PaymentsTextsTests
{
    [Theory]
    [InlineData("ar")]
    [InlineData("en")]
    public void Every_fee_remark_ground_and_movement_has_its_words(string language)
    {
        using var stream = typeof(Tariff).Assembly.GetManifestResourceStream($"texts/texts.{language}.json")!;
        var texts = JsonSerializer.Deserialize<Dictionary<string, string>>(stream)!;
        var rows = Tariff.Of(PolicyBook.BaselineSnapshot(), new LocalDate(2026, 11, 22)).Rows.ToList();
        var keys = rows.Where(r => r.Exempts is null && r.Multiplier is null).Select(r => "fee." + r.Code.ToLowerInvariant())
            .Concat(rows.SelectMany(r => r.Grounds ?? []).Select(g => "fee.ground." + g))
            .Concat(((string[])["exempt", "outside", "grace", "not_due", "human_decision"]).Select(r => "fee.remark." + r))
            .Concat(Enum.GetNames<BillState>().Select(s => "bill.state." + s.ToLowerInvariant()))
            .Concat(Enum.GetNames<RefundState>().Select(s => "refund.state." + s.ToLowerInvariant()))
            .Concat(((string[])["payment.receive", "payment.allocate", "bill.pay_from_balance", "bill.release", "bill.consume", "bill.write_off", "bill.give_back", "refund.request", "refund.failed", "refund.paid"]).Select(p => "ledger." + p))
            .Concat(BillReasons.WriteOff.Concat(BillReasons.GiveBack).Concat(BillReasons.Reject).Select(r => "bill.reason." + r))
            .Concat(typeof(BillRefusals).GetFields().Select(f => "refusal." + f.GetRawConstantValue()))
            .Concat(Enum.GetNames<PayerKind>().Select(k => "bill.payer." + JsonNamingPolicy.SnakeCaseLower.ConvertName(k)))
            .Concat(((string[])[Tariff.NotInForce, Tariff.TermNotOffered, Refunds.Insufficient, Refunds.NoAmount]).Select(c => "refusal." + c));
        Assert.All(keys.Distinct(StringComparer.Ordinal), key => Assert.True(texts.ContainsKey(key), key));
    }
}
