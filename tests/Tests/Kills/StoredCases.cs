using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Tests.Kills;

/// <summary>With nobody serving: whether the database holds what was acknowledged, whole and once.</summary>
internal static class StoredCases
{
    private sealed record CaseRow(Guid Id, string State, Guid AccountId, Guid PersonId, Guid? DecidedBy);

    private sealed record ActRow(Guid CaseId, string Verb, Guid Operation);

    private sealed record EventRow(Guid CaseId, string Act);

    private sealed record Counted(Guid Id, long Number);

    private sealed record PaymentRow(string GatewayId, Guid BillId, long Amount);

    /// <summary>The acts of a case that went its whole way, each once.</summary>
    private static readonly string[] WholeWay = ["case.start", "case.prepare", "case.submit", "review.approve", "payment.receive", "case.execute"];

    /// <summary>What may be among them: the bill's number came; a source that was down was asked again.</summary>
    private const string Number = "bill.number";
    private const string Retry = "case.retry";

    public static async Task<IReadOnlyList<string>> CheckAsync(DatabaseOptions options, IReadOnlyList<DrivenCase> driven)
    {
        await using var db = Db.Open(options with { MigrateAtStart = false });
        var wrong = new List<string>();
        await AcknowledgedAsync(db, driven, wrong);
        await OnceAsync(db, driven, wrong);
        await BooksAsync(db, wrong);
        return wrong;
    }

    /// <summary>Each acknowledged step is there under its own operation, and each case that was begun came to its end.</summary>
    private static async Task AcknowledgedAsync(Db db, IReadOnlyList<DrivenCase> driven, List<string> wrong)
    {
        var heads = (await db.QueryAsync<CaseRow>("SELECT id, state, account_id, person_id, decided_by FROM case_head")).ToDictionary(h => h.Id);
        var operations = (await db.QueryAsync<Guid>("SELECT operation FROM act")).ToHashSet();
        var payments = (await db.QueryAsync<PaymentRow>("SELECT gateway_id, bill_id, amount FROM payment WHERE bill_id IS NOT NULL")).ToLookup(p => p.GatewayId);
        var lost = new List<string>();
        foreach (var c in driven)
        {
            var head = heads[c.Applicant.Case];
            foreach (var (verb, operation) in c.Acknowledged)
            {
                var actor = verb == "review.approve" ? head.DecidedBy is { } officer ? Actor.Officer(new AccountId(officer)) : null : Actor.Resident(new AccountId(head.AccountId));
                var act = actor is null ? null : new Act(default, verb, actor, operation, [], default(Instant));
                if (act is null || !operations.Contains(Digest.OperationKey(act)))
                {
                    lost.Add($"{verb} of {head.Id}");
                }
            }
            if (c.Paid && payments[$"bench-{c.Bill:N}"].Count(p => p.BillId == c.Bill && p.Amount == c.Halalas) != 1)
            {
                lost.Add($"payment of {head.Id}");
            }
            if (c.Issued && head.State != CaseStates.Issued)
            {
                lost.Add($"issue of {head.Id}");
            }
        }
        if (lost.Count > 0)
        {
            wrong.Add($"{lost.Count} steps were acknowledged but not stored: {string.Join(", ", lost.Take(5))}");
        }
        wrong.AddRange(driven.Where(c => c.GaveUp is not null).Select(c => $"case {c.Applicant.Case} is stuck in {heads[c.Applicant.Case].State}: {c.GaveUp}").Take(5));
        var heard = driven.Where(c => c.Issued).Select(c => c.Applicant.Case).ToHashSet();
        var others = heads.Values.Where(h => h.State == CaseStates.Issued && !heard.Contains(h.Id)).Select(h => h.Id).ToList();
        if (others.Count > 0)
        {
            wrong.Add($"{others.Count} cases are issued whose issue nobody heard of, e.g. {others[0]}");
        }
    }

    /// <summary>A case that is issued has each act, document, residence, term, bill and payment once.</summary>
    private static async Task OnceAsync(Db db, IReadOnlyList<DrivenCase> driven, List<string> wrong)
    {
        var acts = (await db.QueryAsync<ActRow>("SELECT case_id, verb, operation FROM act WHERE case_id IS NOT NULL")).ToLookup(a => a.CaseId, a => a.Verb);
        var events = (await db.QueryAsync<EventRow>("SELECT case_id, act FROM case_event")).ToLookup(e => e.CaseId, e => e.Act);
        foreach (var c in driven)
        {
            var id = c.Applicant.Case;
            var verbs = acts[id].Where(v => v != Retry).ToList();
            if (verbs.Distinct().Count() != verbs.Count || verbs.Except([.. WholeWay, Number]).Any() || (c.Issued && WholeWay.Except(verbs).Any()))
            {
                wrong.Add($"case {id} has the acts {string.Join(", ", verbs)}");
            }
            if (events[id].Where(e => e != CaseActs.SourceDown).GroupBy(e => e).FirstOrDefault(g => g.Count() > 1) is { } twice)
            {
                wrong.Add($"case {id} has the event {twice.Key} {twice.Count()} times");
            }
        }
        foreach (var (what, sql) in new[]
        {
            ("documents", "SELECT h.id AS id, (SELECT count(*) FROM document d WHERE d.person_id = h.person_id AND d.state = 'LIVE' AND d.number = 1) AS number FROM case_head h WHERE h.state = 'ISSUED'"),
            ("documents of any kind", "SELECT person_id AS id, count(*) AS number FROM document GROUP BY person_id"),
            ("residences", "SELECT h.id AS id, (SELECT count(*) FROM residence r WHERE r.person_id = h.person_id) AS number FROM case_head h WHERE h.state = 'ISSUED'"),
            ("terms", "SELECT h.id AS id, count(t.id) AS number FROM case_head h LEFT JOIN residence_term t ON t.case_id = h.id WHERE h.state = 'ISSUED' GROUP BY h.id"),
            ("bills", "SELECT case_id AS id, count(*) AS number FROM bill GROUP BY case_id"),
            ("bills used up", "SELECT h.id AS id, count(b.id) AS number FROM case_head h LEFT JOIN bill b ON b.id = h.bill_id AND b.state = 'CONSUMED' AND b.received = b.total WHERE h.state = 'ISSUED' GROUP BY h.id"),
            ("payments", "SELECT b.id AS id, count(p.id) AS number FROM bill b LEFT JOIN payment p ON p.bill_id = b.id AND p.amount = b.total WHERE b.state = 'CONSUMED' GROUP BY b.id"),
            ("resident numbers", "SELECT person_id AS id, count(*) AS number FROM person_identifier WHERE kind = 'resident' GROUP BY person_id"),
            ("operations", "SELECT operation AS id, count(*) AS number FROM act GROUP BY operation"),
        })
        {
            if ((await db.QueryAsync<Counted>(sql)).FirstOrDefault(c => c.Number != 1) is { } other)
            {
                wrong.Add($"{other.Id} has {other.Number} {what}");
            }
        }
    }

    private static async Task BooksAsync(Db db, List<string> wrong)
    {
        async Task SameAsync(string what, string one, string other)
        {
            var (a, b) = (await db.SingleAsync<long>(one), await db.SingleAsync<long>(other));
            if (a != b)
            {
                wrong.Add($"{what}: {a} and {b}");
            }
        }
        await SameAsync("acts and their leaves", "SELECT count(*) FROM act", "SELECT count(*) FROM act a JOIN leaf l ON l.id = a.id");
        await SameAsync("acts and leaves of acts", "SELECT count(*) FROM act", "SELECT count(*) FROM leaf WHERE kind = 'act'");
        await SameAsync("messages and deliveries", "SELECT count(*) FROM outbox", "SELECT count(*) FROM delivery d JOIN outbox o ON o.id = d.id");
        await SameAsync("issued cases and live documents", "SELECT count(*) FROM case_head WHERE state = 'ISSUED'", "SELECT count(*) FROM document WHERE state = 'LIVE'");
        await SameAsync("messages given up and none", "SELECT count(*) FROM delivery WHERE state = 'parked'", "SELECT 0");
        await SameAsync("the ledger and zero", "SELECT CAST(coalesce(sum(halalas), 0) AS bigint) FROM ledger_entry", "SELECT 0");
        if (await new Ledger(db).AuditAsync() is { Count: > 0 } faults)
        {
            wrong.Add($"the ledger has {faults.Count} faults, e.g. {faults[0]}");
        }
    }
}
