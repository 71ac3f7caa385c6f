using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using NodaTime;

namespace Muqeem.Payments.Pricing;

/// <summary>How many foreign workers and citizens an establishment has: more foreigners than citizens pay the higher levy.</summary>
public sealed record EstablishmentBalance(int Expatriates, int Citizens);

/// <summary>
/// Prices lines from the dated fee table. Pure: the same request, day and version give the same line for ever.
/// A fee is resolved by the day of the chargeable event, which the caller gives.
/// </summary>
public sealed class Tariff
{
    public const string NotInForce = "fee.not_in_force";
    public const string TermNotOffered = "fee.term_not_offered";

    private const string Levy = "EXPAT_LEVY";
    private static readonly IReadOnlyDictionary<string, object> NoFacts = new Dictionary<string, object>(StringComparer.Ordinal);

    private static readonly ConditionalWeakTable<PolicyRow, ConcurrentDictionary<(long Version, bool Platform), Tariff>> Read = new();

    private readonly Dictionary<string, List<FeeRow>> _rows;
    private readonly List<FeeRow> _exemptionsFromLevy;
    private readonly bool _platformFees;

    /// <param name="version">Version of the table, frozen on each line.</param>
    /// <param name="rows">Two rows of one code may not be in force on one day.</param>
    /// <param name="platformFees">Whether the business channel charges the platform's own fees.</param>
    public Tariff(long version, IReadOnlyList<FeeRow> rows, bool platformFees = false)
    {
        Version = version;
        _platformFees = platformFees;
        _rows = rows.GroupBy(r => r.Code, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.OrderBy(r => r.From ?? LocalDate.MinIsoValue).ToList(), StringComparer.Ordinal);
        _exemptionsFromLevy = [.. rows.Where(r => string.Equals(r.Exempts, Levy, StringComparison.Ordinal)).OrderBy(r => r.Code, StringComparer.Ordinal)];
        foreach (var (code, dated) in _rows)
        {
            for (var i = 1; i < dated.Count; i++)
            {
                if (dated[i - 1].To is not { } end || dated[i].From is not { } start || end > start)
                {
                    throw new ArgumentException($"Two rows of {code} are in force on one day.", nameof(rows));
                }
            }
        }
    }

    public long Version { get; }

    /// <summary>The fee table of a set of policies; the version on each line is theirs. Read once per set.</summary>
    /// <param name="on">The day on which the price is made.</param>
    public static Tariff Of(PolicySnapshot policies, LocalDate on)
    {
        var fees = policies.RowOn(PolicyBook.Fees, on);
        var platformFees = policies.Get<bool>("payment.platform_fees", on);
        return Read.GetValue(fees, static _ => new()).GetOrAdd((policies.Version, platformFees), static (key, row) => new Tariff(key.Version, FeeRow.Parse(row.Value), key.Platform), fees);
    }

    /// <summary>Whether a fee table can be used.</summary>
    /// <exception cref="ArgumentException">Two rows of a code are in force on one day, or an amount is below zero.</exception>
    /// <exception cref="System.Text.Json.JsonException">It is none.</exception>
    public static void MustRead(string table)
    {
        var rows = FeeRow.Parse(table);
        _ = new Tariff(0, rows);
        foreach (var row in rows)
        {
            IEnumerable<decimal?> amounts = [row.Amount, row.Base, row.ExtraPerMonth, .. (row.Amounts?.Values ?? []).Concat(row.ByMonths?.Values ?? []).Concat(row.ByOrdinal?.Values ?? []).Cast<decimal?>()];
            if (amounts.Any(a => a < 0 || a * 100 % 1 is not (null or 0)) || row.AllowedMonths?.Any(m => m < 1) == true || row.BaseMonths < 1 || row.Multiplier < 1 || row.GraceDays < 0)
            {
                throw new ArgumentException($"An amount of {row.Code} is below zero or less than a halala, or a count is none.", nameof(table));
            }
            // Of what this project found some lines have no figure; what somebody decides has one.
            if (row is { Evidence: PolicyChange.Evidence, Amount: null, Amounts: null, ByMonths: null, ByOrdinal: null, Base: null, Multiplier: null, Exempts: null, FreeQuota: null })
            {
                throw new ArgumentException($"{row.Code} says no amount.", nameof(table));
            }
            // A whole year is read from the table by months: an amount for a year beside it that says something else would stand on the list of prices and be charged to nobody.
            if (row is { Evidence: PolicyChange.Evidence, Per: "year", Amount: { } perYear } && row.ByMonths?.TryGetValue(12, out var twelve) == true && twelve != perYear)
            {
                throw new ArgumentException($"{row.Code} says two amounts for a year: {perYear.ToString(CultureInfo.InvariantCulture)}, and {twelve.ToString(CultureInfo.InvariantCulture)} for twelve months.", nameof(table));
            }
        }
    }

    public FeeRow? RowOn(string code, LocalDate on) =>
        _rows.TryGetValue(code, out var dated) ? dated.Find(r => r.InForce(on)) : null;

    /// <summary>Every row, for the public price list.</summary>
    public IEnumerable<FeeRow> Rows => _rows.Values.SelectMany(r => r);

    /// <summary>The first day after <paramref name="on"/> on which a row of this code begins or ends.</summary>
    public LocalDate? NextChange(string code, LocalDate on) =>
        _rows.TryGetValue(code, out var dated)
            ? dated.SelectMany(r => new[] { r.From, r.To }).Where(d => d > on).Min()
            : null;

    /// <summary>A fee for a term in months: by table, by year pro rata (a half riyal is rounded up), or by month.</summary>
    /// <param name="outside">Whether the person is outside the Kingdom: some permit fees are then multiplied.</param>
    public Result<PriceLine> ForTerm(string code, int months, LocalDate on, PayerKind? payer = null, bool outside = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(months, 1);
        if (RowOn(code, on) is not { } row)
        {
            return Missing(code, on);
        }
        if (row.AllowedMonths is { } allowed && !allowed.Contains(months))
        {
            return new Refusal(TermNotOffered, ("months", months), ("offered", string.Join(", ", allowed)));
        }
        var riyals = row switch
        {
            { ByMonths: { } table } => TableTerm(table, months),
            { Per: "year", Amount: { } perYear } => HalfRiyalUp(perYear * months / 12),
            { Per: "month", Amount: { } perMonth } => perMonth * months,
            _ => null,
        };
        if (riyals is not { } amount)
        {
            return row.ByMonths is null
                ? Missing(code, on)
                : new Refusal(TermNotOffered, ("months", months), ("offered", string.Join(", ", row.ByMonths.Keys.Order())));
        }
        var facts = new Dictionary<string, object>(StringComparer.Ordinal) { ["months"] = months };
        var until = NextChange(code, on);
        var multipliers = _rows.Values.Where(dated => dated[0].AppliesTo?.Contains(code, StringComparer.Ordinal) == true);
        foreach (var dated in outside ? multipliers : [])
        {
            until = Earlier(until, NextChange(dated[0].Code, on));
            if (dated.Find(r => r.InForce(on)) is { Multiplier: { } factor })
            {
                amount *= factor;
                facts["remark"] = "outside";
                facts["factor"] = factor;
            }
        }
        return Line(row, months, amount, payer, facts, until);
    }

    /// <summary>A fee with a first block of months (exit and re-entry): months beyond the block are added one by one.</summary>
    public Result<PriceLine> ForStay(string code, int months, LocalDate on, PayerKind? payer = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(months, 1);
        if (RowOn(code, on) is not { Base: { } first, BaseMonths: { } included, ExtraPerMonth: { } extra } row)
        {
            return Missing(code, on);
        }
        var more = Math.Max(0, months - included);
        return Line(row, months, first + (extra * more), payer, Facts(("months", months), ("included", included), ("extra", more)), NextChange(code, on));
    }

    /// <summary>A fee per piece.</summary>
    public Result<PriceLine> ForRequest(string code, LocalDate on, PayerKind? payer = null, int quantity = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quantity, 1);
        return RowOn(code, on) is { Amount: { } amount } row
            ? Line(row, quantity, amount * quantity, payer, NoFacts, NextChange(code, on))
            : Missing(code, on);
    }

    /// <summary>A fee that is charged only while little of the residence is left (replacement of the card); otherwise the line is zero and says so.</summary>
    public Result<PriceLine> ForReplacement(string code, int remainingMonths, LocalDate on, PayerKind? payer = null)
    {
        if (RowOn(code, on) is not { Amount: { } amount } row)
        {
            return Missing(code, on);
        }
        var due = row.MaxRemainingMonths is not { } most || remainingMonths <= most;
        return Line(row, 1, due ? amount : 0, payer, due ? Facts(("remaining", remainingMonths)) : Facts(("remaining", remainingMonths), ("remark", "not_due")), NextChange(code, on));
    }

    /// <summary>A fee or fine that grows with the number of times; beyond the table the last amount stays.</summary>
    /// <param name="daysLate">Days after the due day, for fines with days of grace; null where lateness plays no part.</param>
    public Result<PriceLine> ByOrdinal(string code, int ordinal, LocalDate on, PayerKind? payer = null, int? daysLate = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ordinal, 1);
        if (RowOn(code, on) is not { ByOrdinal: { Count: > 0 } table } row)
        {
            return Missing(code, on);
        }
        if (daysLate is { } late && late <= (row.GraceDays ?? 0))
        {
            return Line(row, 1, 0, payer, Facts(("days", late), ("remark", "grace")), NextChange(code, on));
        }
        var amount = table[table.Keys.Where(k => k <= ordinal).Max()];
        var facts = Facts(("ordinal", ordinal));
        if (daysLate is { } days)
        {
            facts["days"] = days;
        }
        if (row.HumanDecisionFromOrdinal <= ordinal)
        {
            facts["remark"] = "human_decision";
        }
        return Line(row, 1, amount, payer, facts, NextChange(code, on));
    }

    /// <summary>The monthly levy on an establishment's foreign worker.</summary>
    /// <param name="grounds">Grounds of exemption that records confirm, e.g. <c>industrial_licence</c>; an exempt line is zero and names its ground.</param>
    public Result<PriceLine> ForeignWorkerLevy(int months, EstablishmentBalance balance, IReadOnlyCollection<string> grounds, LocalDate on, PayerKind? payer = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(months, 1);
        if (RowOn(Levy, on) is not { Amounts: { } rates } row)
        {
            return Missing(Levy, on);
        }
        var until = NextChange(Levy, on);
        foreach (var exemption in _exemptionsFromLevy)
        {
            until = Earlier(until, NextChange(exemption.Code, on));
            if (exemption.InForce(on) && exemption.Grounds?.FirstOrDefault(grounds.Contains) is { } ground)
            {
                return Line(row, months, 0, payer, Facts(("months", months), ("remark", "exempt"), ("ground", ground), ("exemption", exemption.Code)), until);
            }
        }
        var rate = rates[balance.Expatriates > balance.Citizens ? "expats_gt_saudis" : "expats_le_saudis"];
        return Line(row, months, rate * months, payer, Facts(("months", months), ("expatriates", balance.Expatriates), ("citizens", balance.Citizens)), until);
    }

    /// <summary>The levy on dependents, for the months of each.</summary>
    public Result<PriceLine> DependentLevy(IReadOnlyList<int> monthsOfEach, LocalDate on, PayerKind? payer = null)
    {
        const string code = "DEPENDENT_LEVY";
        ArgumentOutOfRangeException.ThrowIfZero(monthsOfEach.Count);
        if (RowOn(code, on) is not { Amount: { } amount } row)
        {
            return Missing(code, on);
        }
        var months = monthsOfEach.Sum();
        return Line(row, months, amount * months, payer, Facts(("dependents", monthsOfEach.Count), ("months", months)), NextChange(code, on));
    }

    /// <summary>The levy on household workers beyond the employer's free number.</summary>
    /// <param name="workerOrdinal">This worker's place among the household's workers, from 1.</param>
    /// <param name="employerStatus"><c>citizen</c>, <c>premium_resident</c> or <c>resident</c>.</param>
    public Result<PriceLine>? HouseholdExtraLevy(int workerOrdinal, string employerStatus, bool newWorker, int months, LocalDate on, PayerKind? payer = null)
    {
        const string code = "DOMESTIC_EXTRA_LEVY";
        if (RowOn(code, on) is not { Amount: { } perYear, FreeQuota: { } quota } row)
        {
            return null;
        }
        if (!quota.TryGetValue(employerStatus, out var free))
        {
            throw new ArgumentException($"No quota for {employerStatus}.", nameof(employerStatus));
        }
        var spared = workerOrdinal <= free || (string.Equals(row.Scope, "new_workers_only", StringComparison.Ordinal) && !newWorker);
        return spared ? (Result<PriceLine>?)null : Line(row, months, HalfRiyalUp(perYear * months / 12), payer, Facts(("months", months), ("free", free), ("worker", workerOrdinal)), NextChange(code, on));
    }

    /// <summary>The platform's own fee for the business channel; null while such fees are switched off.</summary>
    public Result<PriceLine>? PlatformFee(string code, LocalDate on, PayerKind? payer = null) =>
        _platformFees ? ForRequest(code, on, payer) : (Result<PriceLine>?)null;

    private PriceLine Line(FeeRow row, int quantity, decimal riyals, PayerKind? payer, IReadOnlyDictionary<string, object> facts, LocalDate? until)
    {
        var amount = Money.Riyals(riyals);
        if (row.TaxPercent is { } percent)
        {
            facts = new Dictionary<string, object>(facts, StringComparer.Ordinal)
            {
                [PriceLine.TaxPercentFact] = percent,
                [PriceLine.TaxFact] = (long)Math.Round(amount.Halalas * (decimal)percent / (100 + percent), MidpointRounding.AwayFromZero),
            };
        }
        return new(row.Code, quantity, amount, payer ?? row.Payer ?? PayerKind.Resident, Version, facts, until);
    }

    private static Refusal Missing(string code, LocalDate on) =>
        new(NotInForce, ("fee", code), ("on", on));

    private static decimal? TableTerm(IReadOnlyDictionary<int, decimal> table, int months)
    {
        if (table.TryGetValue(months, out var exact))
        {
            return exact;
        }
        // Two years are two times one year: the table stops at twelve months.
        var rest = months % 12;
        return table.TryGetValue(12, out var year) && (rest == 0 || table.ContainsKey(rest))
            ? (year * (months / 12)) + (rest == 0 ? 0 : table[rest])
            : null;
    }

    /// <summary>To whole riyals; a half goes up (162.50 becomes 163).</summary>
    private static decimal HalfRiyalUp(decimal riyals) => Math.Round(riyals, 0, MidpointRounding.AwayFromZero);

    private static LocalDate? Earlier(LocalDate? a, LocalDate? b) => a is null ? b : b is null ? a : LocalDate.Min(a.Value, b.Value);

    private static Dictionary<string, object> Facts(params ReadOnlySpan<(string Name, object Value)> facts)
    {
        var all = new Dictionary<string, object>(facts.Length, StringComparer.Ordinal);
        foreach (var (name, value) in facts)
        {
            all[name] = value;
        }
        return all;
    }
}
