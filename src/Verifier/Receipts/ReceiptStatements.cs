using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Muqeem.Verifier.Encodings;

namespace Muqeem.Verifier.Receipts;

/// <summary>What a receipt states against the rows that the journal's entry stands for. The columns are those of the tables act, case_event, case_fact, case_comparison and deadline.</summary>
internal static class ReceiptStatements
{
    public const string FactTable = "case_fact";
    private const string EventTable = "case_event";
    private const string ComparisonTable = "case_comparison";
    private const string DeadlineTable = "deadline";
    private const string DocumentTable = "document";
    private const int SaltLength = 16;
    private const long DayMicros = 24L * 60 * 60 * 1_000_000;

    /// <summary>Null: nothing is stated otherwise than it was written.</summary>
    public static Reason? Check(Receipt receipt, OpenedAct act)
    {
        if (act.Rows.Any(r => r.Table is not (EventTable or FactTable or ComparisonTable or DeadlineTable)))
        {
            return Reason.ReceiptRowForeign;
        }
        // All rows that the act wrote of these are there: what was decided cannot be told by half.
        foreach (var table in (string[])[EventTable, FactTable, ComparisonTable])
        {
            if (act.Of(table).Count != act.Wrote(table))
            {
                return Reason.ReceiptRowMissing;
            }
        }
        return CheckAct(receipt, act) ?? CheckDecision(receipt, act.Of(EventTable)) ?? CheckFacts(receipt, act.Of(FactTable)) ?? CheckComparisons(receipt, act.Of(ComparisonTable))
            ?? CheckDeadlines(receipt, act) ?? CheckDocuments(receipt, act);
    }

    private static Reason? CheckAct(Receipt receipt, OpenedAct act)
    {
        var rules = string.Create(CultureInfo.InvariantCulture, $"{receipt.RuleSet}@{receipt.Policy}");
        var same = Is(act.Column(0), receipt.Act) && Is(act.Column(3), receipt.Verb) && Is(act.Column(10), receipt.Case) && Is(act.Column(12), rules) && Is(act.Column(13), $"{receipt.Case} {receipt.Reference}")
            && receipt.RuleSet.LastIndexOf('/') is > 0 and var slash && receipt.RuleSet[..slash] == receipt.Service;
        return same ? null : Reason.ReceiptActContradicted;
    }

    private static Reason? CheckDecision(Receipt receipt, IReadOnlyList<OpenedRow> events)
    {
        OpenedRow? Find(string name) => events.FirstOrDefault(e => Is(e[3], name));
        var (refused, approved) = (Find("refuse"), Find("approve"));
        var decider = refused ?? Find("refuse_by_rule") ?? Find("decline") ?? approved;
        var (outcome, by) = refused is not null ? (ReceiptOutcomes.Refused, "officer")
            : Find("refuse_by_rule") is not null ? (ReceiptOutcomes.Refused, "rules")
            : Find("decline") is not null ? (ReceiptOutcomes.Declined, "employer")
            : Find("execute") is not null ? (ReceiptOutcomes.Granted, approved is null ? "rules" : "officer")
            : Find("bill") is not null ? (ReceiptOutcomes.Approved, approved is null ? "rules" : "officer")
            : (approved is null ? "" : ReceiptOutcomes.Cleared, "officer");
        var moves = events.Where(e => !Equals(e[4], e[5])).ToList();
        var same = moves is [var move] && events.All(e => Is(e[1], receipt.Case) && Is(e[2], Micros(receipt.At))) && receipt.Outcome == outcome && receipt.By == by
            && (by != "officer" || Is(decider?[6], "Officer"))
            && Is(move[4], receipt.From) && Is(move[5], receipt.To) && receipt.OnObjection == (receipt.From == "OBJECTION")
            && (decider?[8] is string reason ? receipt.Reasons is [var first, ..] && first.Code == reason : receipt.Reasons.Count == 0);
        return same ? CheckLetter(receipt, events) : Reason.ReceiptDecisionContradicted;
    }

    private static Reason? CheckLetter(Receipt receipt, IReadOnlyList<OpenedRow> events)
    {
        if (events.Select(e => e[9]).OfType<SealedCommitment>().FirstOrDefault() is not { } commitment)
        {
            return receipt.Letter is null && receipt.Opening.Letter is null ? null : Reason.ReceiptLetterContradicted;
        }
        if (receipt.Letter is not { } letter || receipt.Opening.Letter is not { Length: > SaltLength } opened || !SHA256.HashData(opened).AsSpan().SequenceEqual(commitment.Hash)
            || !Json.Parse(opened.AsSpan(SaltLength)).TryGet(out var written, out _) || written["text"]?.Text != letter.Text || written["items"] is not { Kind: JsonKind.Array } items)
        {
            return Reason.ReceiptLetterContradicted;
        }
        var same = items.Items.Length == letter.Items.Count;
        for (var i = 0; same && i < letter.Items.Count; i++)
        {
            same = items.Items[i].Text == letter.Items[i];
        }
        return same ? null : Reason.ReceiptLetterContradicted;
    }

    private static Reason? CheckFacts(Receipt receipt, IReadOnlyList<OpenedRow> rows)
    {
        if (receipt.Facts.DistinctBy(f => f.Name).Count() != receipt.Facts.Count)
        {
            return Reason.ReceiptFactContradicted;
        }
        foreach (var row in rows)
        {
            var same = receipt.Facts.FirstOrDefault(f => Is(row[1], f.Name)) is { } fact && Is(row[0], receipt.Case) && Is(row[3], "found") && Is(row[4], fact.Source) && Is(row[5], fact.RequestId)
                && Is(row[6], Micros(fact.FetchedAt)) && Is(row[7], Micros(fact.AsOf)) && Is(row[8], Micros(fact.ValidUntil));
            if (!same)
            {
                return Reason.ReceiptFactContradicted;
            }
        }
        return null;
    }

    private static Reason? CheckComparisons(Receipt receipt, IReadOnlyList<OpenedRow> rows)
    {
        if (receipt.Comparisons.DistinctBy(c => c.Field).Count() != receipt.Comparisons.Count || (rows.Count > 0 && rows.Count != receipt.Comparisons.Count))
        {
            return Reason.ReceiptComparisonContradicted;
        }
        foreach (var row in rows)
        {
            var same = receipt.Comparisons.FirstOrDefault(c => Is(row[2], c.Field)) is { } stated && Is(row[0], receipt.Case) && row[3] is string name && JsonNamingPolicy.SnakeCaseLower.ConvertName(name) == stated.Class
                && Is(row[4], stated.Source) && (stated.AsOf is { } asOf ? Is(row[5], Micros(asOf)) : row[5] is null);
            if (!same)
            {
                return Reason.ReceiptComparisonContradicted;
            }
        }
        return null;
    }

    /// <summary>Until when to pay is a row of the act; until when to object is counted from the decision.</summary>
    private static Reason? CheckDeadlines(Receipt receipt, OpenedAct act)
    {
        var rows = act.Of(DeadlineTable);
        var payments = receipt.Deadlines.Where(d => d.Kind == ReceiptDeadlines.Payment).ToList();
        var objections = receipt.Deadlines.Where(d => d.Kind == ReceiptDeadlines.Objection).ToList();
        var same = receipt.Outcome == ReceiptOutcomes.Approved
            ? rows is [var row] && payments is [var payment] && Is(row[0], receipt.Case) && Is(row[1], "state") && Is(row[2], Micros(payment.Until))
            : rows.Count == 0 && payments.Count == 0;
        same &= objections.Count == 0 || (objections is [{ Days: { } days } objection] && receipt.Outcome is ReceiptOutcomes.Refused or ReceiptOutcomes.Declined && Micros(objection.Until) == Micros(receipt.At) + (days * DayMicros));
        return same ? null : Reason.ReceiptDeadlineContradicted;
    }

    private static Reason? CheckDocuments(Receipt receipt, OpenedAct act) =>
        receipt.Documents.Order().SequenceEqual(act.Made(DocumentTable).Order()) ? null : Reason.ReceiptDocumentContradicted;

    private static bool Is(object? column, string text) => column is string value && value == text;

    private static bool Is(object? column, Guid id) => column is Guid value && value == id;

    private static bool Is(object? column, long number) => column is long value && value == number;

    private static long Micros(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
