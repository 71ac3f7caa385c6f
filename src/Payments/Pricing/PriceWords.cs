using Muqeem.Platform.Texts;

namespace Muqeem.Payments.Pricing;

/// <summary>The sentences below a line of a price: for how long, why it costs nothing or more, and the tax in it.</summary>
public static class PriceWords
{
    public static IReadOnlyList<string> Explain(this Language l, PriceLine line)
    {
        var said = new List<string>();
        if (line.Facts.ContainsKey("months") && Math.Max(Number(line, "months"), Number(line, "included")) is > 0 and var months)
        {
            // A first block is paid whole.
            said.Add(l.Text("price.months", ("n", months)));
        }
        if (line.RemarkKey is { } key && l.Has(key))
        {
            var remark = l.Text(key, line.Facts.ToDictionary(f => f.Key, f => (object?)f.Value, StringComparer.Ordinal));
            said.Add(line.Facts.TryGetValue("ground", out var ground) && l.Has("fee.ground." + ground) ? l.Text("price.because", ("remark", remark), ("ground", l.Text("fee.ground." + ground))) : remark);
        }
        if (line.Tax > Kernel.Money.Zero)
        {
            said.Add(l.Text("price.tax", ("amount", line.Tax), ("percent", Number(line, PriceLine.TaxPercentFact))));
        }
        return said;
    }

    private static long Number(PriceLine line, string fact) => line.Facts.TryGetValue(fact, out var value) && value is long number ? number : 0;
}
