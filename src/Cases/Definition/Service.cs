using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Policies;
using NodaTime;

namespace Muqeem.Cases.Definition;

/// <summary>What pure rules may know of the world besides request and facts.</summary>
/// <param name="Today">Day in Riyadh.</param>
/// <param name="Category">Category of residence, <see cref="Registry.Categories"/>; empty while no record says it.</param>
/// <param name="Tariff">The fee table of the policy's version.</param>
public sealed record RuleContext(Instant Now, LocalDate Today, PolicySnapshot Policy, Tariff Tariff, string Category)
{
    /// <summary>Who pays this service for this category: from the dated table category × start, confirm, pay.</summary>
    public PartyRule Party(string service) => Policy.Get<PartyRules>(CasePolicies.Parties, Today).For(service, Category);
}

/// <summary>What a finding means for the case.</summary>
public enum FindingKind
{
    /// <summary>The person, or who the remedy names, can mend it: NEEDS_ACTION.</summary>
    Fixable,

    /// <summary>It will not pass: refused by rule.</summary>
    Final,

    /// <summary>An officer must look.</summary>
    Review,

    /// <summary>Nothing follows from it: it informs whoever reads the case. From a fact of <see cref="CasePolicies.Informing"/>.</summary>
    Note,
}

/// <summary>One thing that stands against it: the check, the reason, the record that said so and when it would pass.</summary>
/// <param name="Check">Id of <c>domain.md</c> §3.1, e.g. CHK-PASSPORT.</param>
/// <param name="PassesOn">The first day on which it would pass by itself, where that is known.</param>
/// <remarks>Texts: <c>refusal.&lt;code&gt;</c> and the remedy <c>remedy.&lt;code&gt;</c>.</remarks>
public sealed record Finding(string Check, Refusal Refusal, FindingKind Kind, string Source, Instant? AsOf, LocalDate? PassesOn = null);

/// <summary>Typed against recorded, for one named field.</summary>
public sealed record ComparedField(string Field, string? Typed, string? Recorded, string Source, Instant? AsOf, ComparisonClass Class)
{
    public bool Agrees => Class is ComparisonClass.Equal or ComparisonClass.EqualAfterFolding or ComparisonClass.OtherCalendar or ComparisonClass.LessPrecise;
}

/// <summary>A government service: data and pure functions. It has no database, no HTTP client and no clock.</summary>
public abstract class Service
{
    /// <summary>The code of the catalogue, e.g. <c>ID.RENEW</c>.</summary>
    public abstract string Code { get; }

    /// <summary>In addresses and text keys, e.g. <c>renew</c>.</summary>
    public abstract string Key { get; }

    /// <summary>Version of the rule code; a decree that changes logic adds a rule set chosen by date.</summary>
    public virtual string RuleSet => "1";

    /// <summary>Number of the request's shape; a changed shape needs a new number and an upcast.</summary>
    public abstract int Schema { get; }

    public abstract Lifecycle States { get; }

    public abstract Form Form { get; }

    /// <summary>Names of the facts that the rules look at.</summary>
    public abstract IReadOnlyList<string> Facts { get; }

    /// <summary>Whether an officer decides even when nothing differs; otherwise only where a comparison, finding or risk asks for it.</summary>
    public virtual bool AlwaysReviewed => false;

    /// <summary>Residents who have no residence may start it.</summary>
    public virtual bool ForNewcomers => false;

    /// <summary>The prepaid purpose of its money: residence, exit_reentry.</summary>
    public abstract string Purpose { get; }

    /// <summary>Who must confirm for this category: null, or <c>employer</c> / <c>head</c>. From the dated table category × start, confirm, pay.</summary>
    public string? ConfirmedBy(RuleContext context) => context.Party(Code).Confirm;

    public abstract JsonElement Pack(object request);

    public abstract object Unpack(JsonElement stored, int schema);

    public abstract IReadOnlyList<Finding> CheckAll(object request, FactSet facts, RuleContext context);

    public abstract IReadOnlyList<ComparedField> CompareAll(object request, FactSet facts, RuleContext context);

    public abstract Quote PriceOf(object request, FactSet facts, RuleContext context);

    public abstract IReadOnlyList<Effect> EffectsOf(string act, string state, object request, FactSet facts, RuleContext context);
}

/// <summary>A service over its request.</summary>
public abstract class Service<TRequest> : Service where TRequest : class, new()
{
    private static readonly JsonSerializerOptions Json = Platform.Privacy.StoredJson.Options;

    /// <summary>Eligibility: all reasons at once.</summary>
    protected abstract IEnumerable<Finding> Check(TRequest request, FactSet facts, RuleContext context);

    /// <summary>Field by field: what was said against what the records say.</summary>
    protected virtual IEnumerable<ComparedField> Compare(TRequest request, FactSet facts, RuleContext context) => [];

    protected abstract Quote Price(TRequest request, FactSet facts, RuleContext context);

    /// <summary>What entering a state by an act causes.</summary>
    protected abstract IEnumerable<Effect> Effects(string act, string state, TRequest request, FactSet facts, RuleContext context);

    /// <summary>Brings a stored request of a past schema to today's shape.</summary>
    protected virtual JsonElement Upcast(JsonElement stored, int schema) =>
        throw new InvalidOperationException($"{Code} has no upcast from schema {schema}.");

    public override JsonElement Pack(object request) => JsonSerializer.SerializeToElement((TRequest)request, Json);

    public override object Unpack(JsonElement stored, int schema) =>
        (schema == Schema ? stored : Upcast(stored, schema)).Deserialize<TRequest>(Json) ?? throw new InvalidOperationException($"{Code}: an empty request is stored.");

    public override IReadOnlyList<Finding> CheckAll(object request, FactSet facts, RuleContext context) => [.. Check((TRequest)request, facts, context)];

    public override IReadOnlyList<ComparedField> CompareAll(object request, FactSet facts, RuleContext context) => [.. Compare((TRequest)request, facts, context)];

    public override Quote PriceOf(object request, FactSet facts, RuleContext context) => Price((TRequest)request, facts, context);

    public override IReadOnlyList<Effect> EffectsOf(string act, string state, object request, FactSet facts, RuleContext context) => [.. Effects(act, state, (TRequest)request, facts, context)];
}

/// <summary>The dated table: category × service → who starts, confirms and pays.</summary>
public sealed record PartyRules(IReadOnlyList<PartyRule> Rows)
{
    public PartyRule For(string service, string category) =>
        Rows.FirstOrDefault(r => r.Service == service && r.Category == category)
        ?? Rows.FirstOrDefault(r => r.Service == "*" && r.Category == category)
        ?? throw new InvalidOperationException($"No row says who starts, confirms and pays {service} for {category}.");
}

/// <param name="Start">resident, employer, head.</param>
/// <param name="Pay">employer, head, resident.</param>
/// <param name="Confirm">null, employer, head.</param>
public sealed record PartyRule(string Service, string Category, IReadOnlyList<string> Start, string Pay, string? Confirm = null)
{
    public PayerKind Payer => Pay switch
    {
        "employer" => PayerKind.Employer,
        "head" => PayerKind.HeadOfFamily,
        "resident" => PayerKind.Resident,
        _ => throw new InvalidOperationException($"'{Pay}' pays nothing."),
    };
}

/// <summary>The dated table of facts that are asked for besides those that decide: while an agency does not answer a case goes on without them, and what they say stands against nobody.</summary>
public sealed record InformingTable(IReadOnlyList<InformingRow> Rows)
{
    public IEnumerable<string> Of(string service) => Rows.Where(r => r.Service == service).Select(r => r.Fact);
}

/// <param name="Service">Code of the catalogue.</param>
/// <param name="Fact">Name of the fact.</param>
public sealed record InformingRow(string Service, string Fact);

/// <summary>Codes of the dated policies that the engine itself reads.</summary>
public static class CasePolicies
{
    public const string Parties = "case.parties";
    public const string DraftIdleDays = "case.draft_idle_days";
    public const string NeedsActionDays = "case.needs_action_days";
    public const string NeedsInformationDays = "case.needs_info_days";
    public const string PaymentDays = "case.payment_days";
    public const string EmployerDays = "case.employer_days";
    public const string ObjectionDays = "case.objection_days";
    public const string ReviewWorkingDays = "case.review_working_days";
    public const string LockMinutes = "case.lock_minutes";
    public const string UndoSeconds = "case.undo_seconds";
    public const string SourceDays = "case.source_days";

    /// <summary>How long an agency has to answer a contest.</summary>
    public const string ContestDays = "case.contest_days";

    /// <summary>How often the same thing may be contested within a case.</summary>
    public const string ContestsEach = "case.contests_each";
    /// <summary>Service, fact and how old what was kept may be while the agency does not answer.</summary>
    public const string Degraded = "case.degraded";

    /// <summary>Service and fact: what is asked for besides what decides, and only informs.</summary>
    public const string Informing = "case.informing";
    public const string Risk = "case.risk";
}
