using System.Text;

namespace Muqeem.Cases.Definition;

/// <summary>Who may cause a transition.</summary>
public enum By
{
    Applicant,
    Officer,
    Employer,
    System,
    Border,
    Post,
}

/// <summary>From a state, by an act of somebody, to a state.</summary>
public sealed record Transition(string From, string Act, By By, string To);

/// <summary>The states of a service and the only ways between them. What is not in the table does not happen.</summary>
public sealed class Lifecycle
{
    private readonly Dictionary<(string From, string Act, By By), string> _next = [];

    public Lifecycle(params IEnumerable<Transition> transitions)
    {
        foreach (var t in transitions)
        {
            if (!_next.TryAdd((t.From, t.Act, t.By), t.To))
            {
                throw new InvalidOperationException($"{t.From} has two ways out by {t.Act} of {t.By}.");
            }
        }
        Transitions = [.. _next.Select(n => new Transition(n.Key.From, n.Key.Act, n.Key.By, n.Value))];
    }

    public IReadOnlyList<Transition> Transitions { get; }

    /// <summary>The next state, or null: not now.</summary>
    public string? Next(string from, string act, By by) => _next.GetValueOrDefault((from, act, by));

    public bool Allows(string from, string act, By by) => _next.ContainsKey((from, act, by));

    /// <summary>No way out.</summary>
    public bool IsFinal(string state) => !_next.Keys.Any(k => k.From == state);

    public IReadOnlySet<string> States => Transitions.SelectMany(t => new[] { t.From, t.To }).Where(s => s.Length > 0).ToHashSet(StringComparer.Ordinal);

    /// <summary>The table as a Mermaid state diagram, for the service's README.</summary>
    public string Diagram()
    {
        var text = new StringBuilder("stateDiagram-v2\n");
        foreach (var t in Transitions)
        {
            text.Append("    ").Append(t.From.Length == 0 ? "[*]" : t.From).Append(" --> ").Append(t.To).Append(": ").Append(t.Act).Append(" (").Append(t.By.ToString().ToLowerInvariant()).Append(")\n");
        }
        return text.ToString();
    }
}

/// <summary>The application states of <c>domain.md</c> §7 with Decision 5. A service may add its own after <see cref="Issued"/>.</summary>
public static class CaseStates
{
    public const string None = "";
    public const string Draft = "DRAFT";
    public const string WaitingForSource = "WAITING_FOR_SOURCE";
    public const string AwaitingEmployer = "AWAITING_EMPLOYER";
    public const string UnderReview = "UNDER_REVIEW";
    public const string NeedsAction = "NEEDS_ACTION";
    public const string NeedsInformation = "NEEDS_INFO";
    public const string AwaitingPayment = "AWAITING_PAYMENT";
    public const string Issued = "ISSUED";
    public const string Refused = "REFUSED";
    public const string Objection = "OBJECTION";
    public const string Withdrawn = "WITHDRAWN";
    public const string ExpiredDraft = "EXPIRED_DRAFT";
    public const string ClosedNoAnswer = "CLOSED_NO_ANSWER";
    public const string Lapsed = "LAPSED";
}

/// <summary>Acts that move cases.</summary>
public static class CaseActs
{
    public const string Start = "start";

    /// <summary>Sending is no transition: where the case goes is the assessment's word. It has effects of its own all the same, of a report for instance.</summary>
    public const string Submit = "submit";
    public const string SourceDown = "source_down";
    public const string AskEmployer = "ask_employer";
    public const string Confirm = "confirm";
    public const string Decline = "decline";
    public const string ToReview = "to_review";
    public const string NeedAction = "need_action";
    public const string RefuseByRule = "refuse_by_rule";
    public const string Ask = "ask";
    public const string Approve = "approve";
    public const string Refuse = "refuse";
    public const string Bill = "bill";
    public const string Execute = "execute";
    public const string Withdraw = "withdraw";
    public const string Object = "object";
    public const string TimeOut = "time_out";
    public const string Cancel = "cancel";

    /// <summary>An agency did not answer a contest in time: an officer is told.</summary>
    public const string Escalate = "escalate";
}

/// <summary>Transitions that services share, so that each service's table is these plus its own.</summary>
public static class SharedStates
{
    private static readonly string[] Assessed = [CaseStates.Draft, CaseStates.WaitingForSource, CaseStates.NeedsAction, CaseStates.NeedsInformation];

    /// <summary>Drafts, checks, payment and execution: what every case has.</summary>
    public static IEnumerable<Transition> Application()
    {
        yield return new(CaseStates.None, CaseActs.Start, By.Applicant, CaseStates.Draft);
        yield return new(CaseStates.Draft, CaseActs.TimeOut, By.System, CaseStates.ExpiredDraft);
        yield return new(CaseStates.Draft, CaseActs.Withdraw, By.Applicant, CaseStates.Withdrawn);

        // What the checks say after sending, after an answer, and when a source is back.
        foreach (var from in (IEnumerable<string>)[CaseStates.Draft, CaseStates.WaitingForSource, CaseStates.NeedsAction, CaseStates.AwaitingPayment])
        {
            foreach (var way in WaysOfAssessment(from))
            {
                yield return way;
            }
        }
        yield return new(CaseStates.NeedsAction, CaseActs.TimeOut, By.System, CaseStates.ClosedNoAnswer);
        yield return new(CaseStates.AwaitingPayment, CaseActs.TimeOut, By.System, CaseStates.Lapsed);
        yield return new(CaseStates.WaitingForSource, CaseActs.TimeOut, By.System, CaseStates.Lapsed);
    }

    /// <summary>Where an assessment may lead from a state, and that it can be withdrawn until it is carried out.</summary>
    private static IEnumerable<Transition> WaysOfAssessment(string from)
    {
        yield return new(from, CaseActs.SourceDown, By.System, CaseStates.WaitingForSource);
        yield return new(from, CaseActs.NeedAction, By.System, CaseStates.NeedsAction);
        yield return new(from, CaseActs.RefuseByRule, By.System, CaseStates.Refused);
        yield return new(from, CaseActs.Bill, By.System, CaseStates.AwaitingPayment);
        yield return new(from, CaseActs.Execute, By.System, CaseStates.Issued);
        if (from != CaseStates.Draft)
        {
            yield return new(from, CaseActs.Withdraw, By.Applicant, CaseStates.Withdrawn);
        }
    }

    /// <summary>An officer's review with questions, refusal and objection.</summary>
    public static IEnumerable<Transition> Review()
    {
        foreach (var from in (IEnumerable<string>)[.. Assessed, CaseStates.AwaitingPayment])
        {
            yield return new(from, CaseActs.ToReview, By.System, CaseStates.UnderReview);
        }
        foreach (var from in (IEnumerable<string>)[CaseStates.UnderReview, CaseStates.NeedsInformation, CaseStates.Objection])
        {
            foreach (var way in WaysOfAssessment(from))
            {
                yield return way;
            }
        }
        yield return new(CaseStates.UnderReview, CaseActs.Ask, By.Officer, CaseStates.NeedsInformation);
        yield return new(CaseStates.UnderReview, CaseActs.Refuse, By.Officer, CaseStates.Refused);
        yield return new(CaseStates.UnderReview, CaseActs.Approve, By.Officer, CaseStates.AwaitingPayment);
        yield return new(CaseStates.NeedsInformation, CaseActs.TimeOut, By.System, CaseStates.ClosedNoAnswer);
        yield return new(CaseStates.Refused, CaseActs.Object, By.Applicant, CaseStates.Objection);
        yield return new(CaseStates.Objection, CaseActs.Ask, By.Officer, CaseStates.NeedsInformation);
        yield return new(CaseStates.Objection, CaseActs.Refuse, By.Officer, CaseStates.Refused);
        yield return new(CaseStates.Objection, CaseActs.Approve, By.Officer, CaseStates.AwaitingPayment);

        // A contested record: nobody answered in time, or it was corrected, which takes back what a rule refused because of it.
        yield return new(CaseStates.NeedsAction, CaseActs.Escalate, By.System, CaseStates.UnderReview);
        yield return new(CaseStates.Refused, CaseActs.Escalate, By.System, CaseStates.UnderReview);
        yield return new(CaseStates.Refused, CaseActs.ToReview, By.System, CaseStates.UnderReview);
        foreach (var way in WaysOfAssessment(CaseStates.Refused).Where(w => w.By == By.System && w.To != CaseStates.Refused))
        {
            yield return way;
        }
    }

    /// <summary>Confirmation by the employer or head of family where the category's table asks for it.</summary>
    public static IEnumerable<Transition> Employer()
    {
        foreach (var from in (IEnumerable<string>)[.. Assessed, CaseStates.UnderReview, CaseStates.Refused])
        {
            yield return new(from, CaseActs.AskEmployer, By.System, CaseStates.AwaitingEmployer);
        }
        foreach (var way in WaysOfAssessment(CaseStates.AwaitingEmployer))
        {
            yield return way;
        }
        yield return new(CaseStates.AwaitingEmployer, CaseActs.ToReview, By.System, CaseStates.UnderReview);
        yield return new(CaseStates.AwaitingEmployer, CaseActs.Decline, By.Employer, CaseStates.Refused);
        yield return new(CaseStates.AwaitingEmployer, CaseActs.TimeOut, By.System, CaseStates.ClosedNoAnswer);
    }
}
