using Muqeem.Verifier.Encodings;

namespace Muqeem.Verifier.Receipts;

/// <summary>Why it was decided so.</summary>
/// <param name="Code">Never renamed.</param>
/// <param name="Words">The sentence by language; empty where the code has none.</param>
/// <param name="Remedy">What may be done, by language.</param>
/// <param name="Source">The record that says so, for a reason of the rules.</param>
public sealed record ReceiptReason(string Code, IReadOnlyDictionary<string, string> Words, IReadOnlyDictionary<string, string>? Remedy, string? Check, string? Source, DateTimeOffset? AsOf, string? PassesOn);

/// <summary>A fact on which it was decided.</summary>
/// <param name="Value">What of it the person may see; JSON null where nothing.</param>
public sealed record ReceiptFact(string Name, string Source, string RequestId, DateTimeOffset FetchedAt, DateTimeOffset AsOf, DateTimeOffset ValidUntil, Json Value);

/// <summary>What the person wrote against what a record says.</summary>
public sealed record ReceiptComparison(string Field, string? Typed, string? Recorded, string Source, DateTimeOffset? AsOf, string Class, bool Agrees);

/// <param name="Kind"><c>objection</c> or <c>payment</c>.</param>
/// <param name="Days">From the decision on, where the deadline is counted so.</param>
public sealed record ReceiptDeadline(string Kind, DateTimeOffset Until, int? Days);

/// <param name="Items">The answers that it is about.</param>
public sealed record ReceiptLetter(string Text, IReadOnlyList<string> Items);

/// <summary>The receipt of a decision, as it is written. It counts only when <see cref="ReceiptVerifier"/> found it good.</summary>
public sealed class Receipt
{
    public const string Form = "muqeem-receipt/1";

    /// <summary>In bytes.</summary>
    public const int Longest = 256 * 1024;

    private Receipt(Json text, string signature, ReceiptOpening opening)
    {
        Text = text;
        Signature = signature;
        Opening = opening;
    }

    /// <summary>All of it.</summary>
    public Json Text { get; }
    public string Issuer { get; private init; } = "";

    /// <summary>Made by a demonstration: it decides nothing.</summary>
    public bool IsSpecimen { get; private init; }
    public DateTimeOffset SignedAt { get; private init; }
    public Guid Case { get; private init; }

    /// <summary>What people say on the phone.</summary>
    public string Reference { get; private init; } = "";
    public string Service { get; private init; } = "";
    public Guid Act { get; private init; }
    public string Verb { get; private init; } = "";
    public DateTimeOffset At { get; private init; }

    /// <summary><see cref="ReceiptOutcomes"/>.</summary>
    public string Outcome { get; private init; } = "";
    public IReadOnlyDictionary<string, string> OutcomeWords { get; private init; } = new Dictionary<string, string>();
    public string From { get; private init; } = "";
    public string To { get; private init; } = "";

    /// <summary>Whether an objection was decided.</summary>
    public bool OnObjection { get; private init; }

    /// <summary>A role and never a name: <c>officer</c>, <c>rules</c>, <c>employer</c>.</summary>
    public string By { get; private init; } = "";
    public IReadOnlyList<ReceiptReason> Reasons { get; private init; } = [];
    public ReceiptLetter? Letter { get; private init; }
    public string RuleSet { get; private init; } = "";
    public string Policy { get; private init; } = "";
    public IReadOnlyList<ReceiptFact> Facts { get; private init; } = [];
    public IReadOnlyList<ReceiptComparison> Comparisons { get; private init; } = [];
    public IReadOnlyList<ReceiptDeadline> Deadlines { get; private init; } = [];

    /// <summary>Versions of the ID that the act made.</summary>
    public IReadOnlyList<Guid> Documents { get; private init; } = [];

    /// <summary>A JWS without its payload, which is the canonical form of all else.</summary>
    internal string Signature { get; }
    internal ReceiptOpening Opening { get; }

    public static Checked<Receipt> Parse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > Longest)
        {
            return Reason.ReceiptMalformed;
        }
        if (!Json.Parse(utf8).TryGet(out var json, out var reason))
        {
            return reason;
        }
        var all = new JsonMembers(json);
        all.Require(all.Text("receipt") == Form);
        var about = new JsonMembers(all.Find("case"));
        var service = new JsonMembers(all.Find("service"));
        var decision = new JsonMembers(all.Find("decision"));
        var rules = new JsonMembers(all.Find("rules"));
        var journal = new JsonMembers(all.Find("journal"));
        var opening = new ReceiptOpening(journal.Bytes("entry"), journal.Bytes("salt"), journal.Bytes("act"), journal.Bytes("manifest"),
            journal.List("rows", row => row.Text is { } text ? BaseText.FromBase64(text) : null), journal.BytesIfAny("letter"));
        var receipt = new Receipt(json, all.Text("signature"), opening)
        {
            Issuer = all.Text("issuer"),
            IsSpecimen = all.Truth("specimen"),
            SignedAt = ReceiptForms.Moment(all.Time("signed_at")),
            Case = about.Id("id"),
            Reference = about.Text("reference"),
            Service = service.Text("code"),
            Act = decision.Id("act"),
            Verb = decision.Text("verb"),
            At = ReceiptForms.Moment(decision.Time("at")),
            Outcome = decision.Text("outcome"),
            OutcomeWords = decision.Words("outcome_text"),
            From = decision.Text("from"),
            To = decision.Text("to"),
            OnObjection = decision.Truth("objection"),
            By = decision.Text("by"),
            Reasons = decision.List("reasons", ReadReason),
            Letter = ReadLetter(decision),
            RuleSet = rules.Text("rule_set"),
            Policy = rules.Text("policy"),
            Facts = all.List("facts", ReadFact),
            Comparisons = all.List("comparisons", ReadComparison),
            Deadlines = all.List("deadlines", ReadDeadline),
            Documents = [.. all.List("documents", d => d.Text is { } text && ReceiptForms.Id(text) is { } id ? (object)id : null).Cast<Guid>()],
        };
        service.Words("name");
        decision.Words("by_text");
        return all.IsWhole && about.IsWhole && service.IsWhole && decision.IsWhole && rules.IsWhole && journal.IsWhole ? receipt : Reason.ReceiptMalformed;
    }

    private static ReceiptReason? ReadReason(Json item)
    {
        var members = new JsonMembers(item);
        var reason = new ReceiptReason(members.Text("code"), members.WordsIfAny("text") ?? new Dictionary<string, string>(), members.WordsIfAny("remedy"), members.TextIfAny("check"), members.TextIfAny("source"),
            Moment(members.TimeIfAny("as_of")), members.TextIfAny("passes_on"));
        return members.IsWhole ? reason : null;
    }

    private static ReceiptLetter? ReadLetter(JsonMembers decision)
    {
        if (decision.Find("letter") is not { } letter)
        {
            return null;
        }
        var members = new JsonMembers(letter);
        var read = new ReceiptLetter(members.Text("text"), members.List("items", i => i.Text));
        decision.Require(members.IsWhole);
        return read;
    }

    private static ReceiptFact? ReadFact(Json item)
    {
        var members = new JsonMembers(item);
        members.Words("source_text");
        var (name, value) = (members.Text("name"), members.Find("value"));
        members.Require(value is { Kind: JsonKind.Object or JsonKind.Null });
        var fact = new ReceiptFact(name, members.Text("source"), members.Text("request_id"), ReceiptForms.Moment(members.Time("fetched_at")), ReceiptForms.Moment(members.Time("as_of")),
            ReceiptForms.Moment(members.Time("valid_until")), value ?? item);
        return members.IsWhole ? fact : null;
    }

    private static ReceiptComparison? ReadComparison(Json item)
    {
        var members = new JsonMembers(item);
        var comparison = new ReceiptComparison(members.Text("field"), members.TextIfAny("typed"), members.TextIfAny("recorded"), members.Text("source"), Moment(members.TimeIfAny("as_of")), members.Text("class"), members.Truth("agrees"));
        return members.IsWhole ? comparison : null;
    }

    private static ReceiptDeadline? ReadDeadline(Json item)
    {
        var members = new JsonMembers(item);
        var kind = members.Text("kind");
        members.Require(kind is ReceiptDeadlines.Objection or ReceiptDeadlines.Payment);
        var deadline = new ReceiptDeadline(kind, ReceiptForms.Moment(members.Time("until")), kind == ReceiptDeadlines.Objection ? members.Count("days") : null);
        return members.IsWhole ? deadline : null;
    }

    private static DateTimeOffset? Moment(long? micros) => micros is { } time ? ReceiptForms.Moment(time) : null;
}

/// <summary>How a decision ended.</summary>
public static class ReceiptOutcomes
{
    public const string Refused = "refused";

    /// <summary>The employer or head of family did not confirm.</summary>
    public const string Declined = "declined";

    /// <summary>It will be carried out when it is paid.</summary>
    public const string Approved = "approved";

    /// <summary>It was carried out: the ID was issued, the term extended, the visa given.</summary>
    public const string Granted = "granted";

    /// <summary>An officer accepted what differed, and something else is still open.</summary>
    public const string Cleared = "cleared";
}

public static class ReceiptDeadlines
{
    public const string Objection = "objection";
    public const string Payment = "payment";
}
