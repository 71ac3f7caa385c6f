using Muqeem.Platform.Policies;
using NodaTime;

namespace Muqeem.Payments;

/// <summary>
/// The coded reasons for writing off and giving back: what is counted, audited and compared; the sentence beside it is the officer's own. Never renamed.
/// Texts: <c>bill.reason.&lt;code&gt;</c>, as officer and payer read it.
/// </summary>
public static class BillReasons
{
    public static readonly IReadOnlyList<string> WriteOff = ["write_off.remitted", "write_off.charged_in_error", .. Uncollectable];

    public static readonly IReadOnlyList<string> GiveBack = ["give_back.not_carried_out", "give_back.charged_too_much", "give_back.order"];

    /// <summary>Why the second officer does not confirm.</summary>
    public static readonly IReadOnlyList<string> Reject = ["reject.not_founded", "reject.amount_wrong", "reject.more_needed"];

    /// <summary>Nobody is there to pay. They are for fines alone: a service of which nobody pays the fee lapses by itself.</summary>
    private static string[] Uncollectable => ["write_off.left", "write_off.died"];

    public static IReadOnlyList<string> For(BillAct act) => act == BillAct.WriteOff ? WriteOff : GiveBack;

    internal static bool OnlyForFines(string reason) => Uncollectable.Contains(reason);
}

/// <summary>Why nothing can be written off or given back now.</summary>
public static class BillRefusals
{
    /// <summary>About each bill one proposal is open at a time.</summary>
    public const string ProposalOpen = "bill.proposal_open";
    public const string ProposalOver = "bill.proposal_over";
    public const string ProposalExpired = "bill.proposal_expired";

    /// <summary>Who proposed never decides, in whatever session.</summary>
    public const string AnotherDecides = "bill.another_decides";
    public const string NotWithdrawn = "bill.not_withdrawn";
    public const string NotYourOwn = "bill.not_your_own";
    public const string ReasonMissing = "bill.reason_missing";
    public const string WordsMissing = "bill.words_missing";
    public const string WordsTooLong = "bill.words_too_long";
    public const string LineMissing = "bill.line_missing";

    /// <summary>Nothing of the bill is owed: it was paid, or is closed.</summary>
    public const string NotOwed = "bill.not_owed";

    /// <summary>Of this line less is owed.</summary>
    public const string MoreThanOwed = "bill.more_than_owed";

    /// <summary>Only what was spent is given back; before that the money is the payer's anyway when the application ends.</summary>
    public const string NotSpent = "bill.not_spent";

    /// <summary>Of this line less was paid, or some of it went back already.</summary>
    public const string MoreThanPaid = "bill.more_than_paid";
    public const string OnlyFines = "bill.only_fines";
    public const string Changed = "bill.changed";
}

/// <summary>From the policies.</summary>
/// <param name="ProposalLife">After which a proposal that nobody decided counts no longer.</param>
/// <param name="Fines">The fee codes that are fines.</param>
public sealed record BillRules(Duration ProposalLife, IReadOnlySet<string> Fines, long Version)
{
    public static BillRules Of(PolicySnapshot policies, LocalDate on) => new(
        Duration.FromHours(policies.Get<int>("bill.proposal_hours", on)),
        Pricing.Tariff.Of(policies, on).Rows.Where(r => r.Kind == Pricing.FeeKind.Fine).Select(r => r.Code).ToHashSet(StringComparer.Ordinal), policies.Version);
}
