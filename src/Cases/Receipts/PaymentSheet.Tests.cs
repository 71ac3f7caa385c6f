using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Drawing;
using Muqeem.Platform.Files;
using Muqeem.Platform.Texts;
using Muqeem.Services;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>The receipt on paper. With MUQEEM_CARDS_OUT the pages are also written to that folder, to be looked at.</summary>
public sealed class PaymentSheetTests
{
    private const double Hair = 0.3;

    private static readonly TextCatalogue Texts = TextCatalogue.Of(typeof(Drawings).Assembly, typeof(Bills).Assembly, typeof(Credentials.CredentialsSetup).Assembly, typeof(CaseEngine).Assembly, typeof(Catalogue).Assembly);

    private static readonly Instant PaidAt = Instant.FromUtc(2026, 3, 15, 9, 5);

    private static readonly string Code = "HTTPS://MUQEEM.EXAMPLE.ORG/V/" + new string('A', 260);

    private static PriceLine Line(string code, long halalas, params (string, object)[] facts) => new(code, 1, new Money(halalas), PayerKind.Resident, 7, facts.ToDictionary(f => f.Item1, f => f.Item2, StringComparer.Ordinal), null);

    private static PaymentReceipt Receipt(IReadOnlyList<PriceLine> lines, long back = 0, bool specimen = true)
    {
        var total = lines.Aggregate(Money.Zero, (sum, l) => sum + l.Amount);
        var paid = new Receipt("90010012345", new BillId(Guid.CreateVersion7()), new CaseId(Guid.CreateVersion7()), new Payer(PayerKind.Employer, Guid.CreateVersion7()), "residence", lines, total,
            [new(PaidAt - Duration.FromHours(5), "payment.receive", total - new Money(100)), new(PaidAt, "bill.pay_from_balance", new Money(100))], PaidAt, true, 7, new Money(back > 0 ? 10_000 : 0), new Money(back), back > 0 ? PaidAt + Duration.FromDays(3) : null);
        return new(paid, "MQ-2026-0012345", Catalogue.All.Single(s => s.Key == "renew"), "4821", specimen);
    }

    private static readonly IReadOnlyList<PriceLine> Every =
    [
        Line("IQAMA_COMMERCIAL", 65_000, ("months", 12)),
        Line("WORK_PERMIT_BASE", 10_000, ("months", 12)),
        Line("EXPAT_LEVY", 0, ("months", 12), ("remark", "exempt"), ("ground", "industrial_licence")),
        Line("LATE_RENEWAL", 100_000, ("remark", "human_decision")),
        Line("IQAMA_DOMESTIC", 60_000, ("months", 12), ("remark", "outside")),
        Line("PLATFORM_IQAMA_RENEW", 5_175, ("tax", 675), ("tax_percent", 15)),
    ];

    [Theory]
    [InlineData("plain", 0L, true, 1)]
    [InlineData("partly", 50_000L, false, 1)]
    [InlineData("back", 155_175L, true, 1)]
    [InlineData("long", 0L, true, 3)]
    public async Task Every_word_is_in_its_place_and_none_lies_on_another(string name, long back, bool specimen, int times)
    {
        var receipt = Receipt(times > 1 ? [.. Enumerable.Repeat(Every, times).SelectMany(l => l)] : [.. Every.Skip(2)], back, specimen);
        var sheet = PaymentSheet.Of(receipt, Code, Texts.In(TextCatalogue.Arabic), Texts.In(TextCatalogue.English)) with { Dpi = 100 };
        using var child = FilesForTest.Child();
        var drawn = await new Drawings(child).DrawAsync(sheet, SheetFormat.Png);
        if (Environment.GetEnvironmentVariable("MUQEEM_CARDS_OUT") is { } folder)
        {
            Directory.CreateDirectory(folder);
            for (var page = 0; page < drawn.Files.Count; page++)
            {
                await File.WriteAllBytesAsync(Path.Combine(folder, $"receipt-{name}-{page + 1}.png"), drawn.Files[page]);
            }
            await File.WriteAllBytesAsync(Path.Combine(folder, $"receipt-{name}.pdf"), (await new Drawings(child).DrawAsync(sheet, SheetFormat.Pdf)).Files[0]);
        }
        Assert.InRange(drawn.Files.Count, times > 1 ? 2 : 1, name == "plain" ? 1 : times + 1);
        // A phone reads it from the paper.
        Assert.Equal([Code], (await new PictureReader(child, new Tests.TestClock()).ReadQrAsync(drawn.Files[^1])).Value);
        var words = drawn.Words.Where(w => w.Name != "specimen").ToList();
        Assert.All(words, w => Assert.True(w.X >= 17 && w.X + w.Width <= 193 && w.Y >= 5 && w.Y + w.Height <= 297, $"{w.Name} leaves the page"));
        foreach (var page in words.GroupBy(w => w.Page))
        {
            foreach (var (one, other) in page.SelectMany((one, i) => page.Skip(i + 1).Select(other => (one, other))))
            {
                Assert.False(
                    one.X + Hair < other.X + other.Width && other.X + Hair < one.X + one.Width && one.Y + Hair < other.Y + other.Height && other.Y + Hair < one.Y + one.Height,
                    $"{one.Name} lies on {other.Name} on page {page.Key + 1} of {name}");
            }
        }
        // Arabic is closed by the right edge, English by the left one.
        Assert.All(words.Where(w => w.Name.StartsWith("ar.", StringComparison.Ordinal)), w => Assert.True(w.X > 100, w.Name));
        Assert.All(words.Where(w => w.Name.StartsWith("en.", StringComparison.Ordinal)), w => Assert.True(w.X + w.Width < 110, w.Name));
    }

    [Fact]
    public void A_tax_is_named_only_where_there_is_one()
    {
        string Words(IReadOnlyList<PriceLine> lines) => string.Join('\n', PaymentSheet.Of(Receipt(lines), Code, Texts.In(TextCatalogue.Arabic), Texts.In(TextCatalogue.English)).Pages.SelectMany(p => p.Marks).OfType<Words>().Select(w => w.Text));
        var tax = Texts.In(TextCatalogue.Arabic).Text("receipt.tax");
        Assert.Contains(tax, Words(Every), StringComparison.Ordinal);
        Assert.DoesNotContain(tax, Words([.. Every.SkipLast(1)]), StringComparison.Ordinal);
    }
}
