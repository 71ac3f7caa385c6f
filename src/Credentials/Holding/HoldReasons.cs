using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using NodaTime;

namespace Muqeem.Credentials.Holding;

/// <summary>
/// The coded reasons for holding, releasing and revoking an ID: what is counted, audited and compared; the sentence beside it is the officer's own. Never renamed.
/// Texts: <c>id.reason.&lt;code&gt;</c>, as officer and holder read it.
/// </summary>
public static class HoldReasons
{
    /// <summary>Why a freeze began or ended: the holder wished it.</summary>
    public const string Holder = "holder";

    /// <summary>Why a hold ended with the ID itself.</summary>
    public const string Revoked = "revoked";

    public static readonly IReadOnlyList<string> Suspend = ["suspend.identity_in_doubt", "suspend.used_by_another", "suspend.record_in_review", "suspend.order"];

    public static readonly IReadOnlyList<string> Lift = ["lift.cleared", "lift.settled", "lift.order_ended", "lift.our_mistake"];

    public static readonly IReadOnlyList<string> Revoke = ["revoke.untrue_statement", "revoke.issued_in_error", "revoke.misused", "revoke.order"];

    /// <summary>Why the second officer does not confirm.</summary>
    public static readonly IReadOnlyList<string> Reject = ["reject.not_founded", "reject.too_severe", "reject.other_person", "reject.more_needed"];

    /// <summary>Why a suspension stands against an objection.</summary>
    public static readonly IReadOnlyList<string> Uphold = ["uphold.reason_stands", "uphold.not_shown", "uphold.review_goes_on", "uphold.order_in_force"];

    public static IReadOnlyList<string> For(ProposedAct act) => act switch
    {
        ProposedAct.Suspend => Suspend,
        ProposedAct.Lift => Lift,
        _ => Revoke,
    };
}

/// <summary>Why the ID cannot be held, released, shown or revoked now.</summary>
public static class HoldRefusals
{
    /// <summary>There is no ID in force.</summary>
    public const string NoDocument = "id.no_document";
    public const string Frozen = "id.frozen";
    public const string Suspended = "id.suspended";
    public const string AlreadySuspended = "id.already_suspended";
    public const string NotSuspended = "id.not_suspended";

    /// <summary>About each ID one proposal is open at a time.</summary>
    public const string ProposalOpen = "id.proposal_open";
    public const string ProposalOver = "id.proposal_over";
    public const string ProposalExpired = "id.proposal_expired";

    /// <summary>Who proposed never decides, in whatever session.</summary>
    public const string AnotherDecides = "id.another_decides";
    public const string NotWithdrawn = "id.not_withdrawn";
    public const string NotYourOwn = "id.not_your_own";
    public const string ReasonMissing = "id.reason_missing";
    public const string WordsMissing = "id.words_missing";
    public const string WordsTooLong = "id.words_too_long";
    public const string Changed = "id.changed";

    /// <summary>The holder says nothing against the suspension.</summary>
    public const string ObjectionMissing = "id.objection_missing";

    /// <summary>The ID is not suspended, or the time to object is over.</summary>
    public const string NothingToObject = "id.nothing_to_object";

    /// <summary>To each suspension one objection.</summary>
    public const string ObjectedAlready = "id.objected_already";
    public const string ObjectionOver = "id.objection_over";

    /// <summary>Who proposed or confirmed a suspension does not judge an objection to it.</summary>
    public const string HadPart = "id.had_part";
}

/// <summary>From the policies.</summary>
/// <param name="ProposalLife">After which a proposal that nobody decided counts no longer.</param>
/// <param name="ObjectionDays">How long the holder may object to a suspension or revocation.</param>
/// <param name="AnswerDays">Within which an objection is to be decided.</param>
public sealed record HoldRules(Duration ProposalLife, int ObjectionDays, int AnswerDays, long Version)
{
    public static HoldRules Of(PolicySnapshot policies, LocalDate on) =>
        new(Duration.FromHours(policies.Get<int>("document.proposal_hours", on)), policies.Get<int>("document.objection_days", on), policies.Get<int>("document.objection_answer_days", on), policies.Version);
}
