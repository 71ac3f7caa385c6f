using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Verifier.Journal;
using Muqeem.Verifier.Receipts;
using Muqeem.Verifier.Trust;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>Whose receipts they are.</summary>
/// <param name="Origin">The name of the installation, an address.</param>
/// <param name="Address">Where it is reached, for a phone's camera; null where no public address is set.</param>
public sealed record ReceiptIssuer(string Origin, string? Address);

/// <summary>One line of a case's receipts.</summary>
/// <param name="Outcome"><see cref="ReceiptOutcomes"/>; texts <c>receipt.outcome.*</c>.</param>
/// <param name="Ready">Whether its act is in the journal under a signed checkpoint already: a second or two after the decision.</param>
public sealed record ReceiptLine(ActId Act, Instant At, string Outcome, bool Ready);

/// <summary>How asking for a receipt or its proof ended.</summary>
public abstract record ReceiptAnswer
{
    private ReceiptAnswer() { }

    /// <param name="File">The receipt's JSON or the proof's text.</param>
    /// <param name="Name">For the file, without what comes after the point.</param>
    public sealed record Ready(byte[] File, string Name) : ReceiptAnswer;

    /// <summary>Decided, and not in a signed checkpoint yet.</summary>
    public sealed record NotYet(TimeSpan AskAfter) : ReceiptAnswer;

    /// <summary>What the case said about the person was erased: nothing can be told of it any more.</summary>
    public sealed record Erased : ReceiptAnswer;

    /// <summary>Not there, or not theirs.</summary>
    public sealed record NotFound : ReceiptAnswer;
}

/// <summary>
/// The receipts of a case's decisions, made when they are asked for out of what the decision stored: signed, and bound to the journal's entry of the act. Before one
/// is given away it is checked by the verifiers' own library.
/// </summary>
public sealed class DecisionReceipts
{
    /// <summary>Verbs whose acts may hold a decision.</summary>
    private static readonly string[] Verbs = ["case.submit", "case.execute", "case.retry", "case.confirm", "case.contest_answer", "review.approve", "review.send"];

    /// <summary>The sequencer gathers for a fifth of a second and signs; twice that and the writing fit into it.</summary>
    private static readonly TimeSpan UntilSequenced = TimeSpan.FromSeconds(1);

    private readonly Db _db;
    private readonly ReadDoor _door;
    private readonly ServiceCatalogue _services;
    private readonly PolicyBook _policies;
    private readonly Ledger _ledger;
    private readonly ActOpenings _openings;
    private readonly PublishedJournal _journal;
    private readonly KeyStore _keys;
    private readonly DataFolder _folder;
    private readonly ReceiptWords _words;
    private readonly ReceiptIssuer _issuer;
    private readonly TimeProvider _clock;
    private readonly CaseStore _store;

    public DecisionReceipts(Db db, Sealer sealer, ReadDoor door, ServiceCatalogue services, PolicyBook policies, Ledger ledger, ActOpenings openings, PublishedJournal journal, KeyStore keys, DataFolder folder,
        TextCatalogue texts, ReceiptIssuer issuer, AgencyEvents events, PersonOfAccount personOf, TimeProvider clock)
    {
        (_db, _door, _services, _policies, _ledger, _openings, _journal, _keys, _folder, _issuer, _clock) = (db, door, services, policies, ledger, openings, journal, keys, folder, issuer, clock);
        _words = new ReceiptWords(texts);
        _store = new CaseStore(db, sealer, door, events, personOf);
    }

    /// <summary>The decisions of a case that have a receipt, oldest first; null when the case is not this account's. Opens nothing personal.</summary>
    public async Task<IReadOnlyList<ReceiptLine>?> ListAsync(AccountId account, CaseId id, CancellationToken cancel = default)
    {
        if (await HeadAsync(account, id, cancel) is not { } head)
        {
            return null;
        }
        var lines = new List<ReceiptLine>();
        foreach (var decision in await DecisionsAsync(head, cancel))
        {
            lines.Add(new(decision.Opening.Id, decision.Move.At, decision.Outcome, await _journal.HoldsAsync(decision.Opening.Id.Value, cancel)));
        }
        return lines;
    }

    /// <summary>The receipt of one decision. The read is recorded.</summary>
    /// <exception cref="KeyUnavailableException">No signer of receipts is certified for today.</exception>
    public async Task<ReceiptAnswer> ReceiptAsync(Actor reader, AccountId account, CaseId id, ActId act, CancellationToken cancel = default)
    {
        if (await FindAsync(account, id, act, cancel) is not var (head, decision))
        {
            return new ReceiptAnswer.NotFound();
        }
        if (await _journal.ProofAsync(act.Value, cancel) is not { } proof)
        {
            return new ReceiptAnswer.NotYet(UntilSequenced);
        }
        var access = _door.Enter(reader, Purpose.Self, id, "case.receipt", head.Person);
        try
        {
            var file = Sign(await StateAsync(access, head, decision, cancel));
            await CheckAsync(file, proof, cancel);
            return new ReceiptAnswer.Ready(file, NameOf(head, decision));
        }
        catch (ErasedException)
        {
            return new ReceiptAnswer.Erased();
        }
    }

    /// <summary>The proof that goes with it; nothing personal is in it.</summary>
    public async Task<ReceiptAnswer> ProofAsync(AccountId account, CaseId id, ActId act, CancellationToken cancel = default) =>
        await FindAsync(account, id, act, cancel) is not var (head, decision) ? new ReceiptAnswer.NotFound()
        : await _journal.ProofAsync(act.Value, cancel) is { } proof ? new ReceiptAnswer.Ready(Encoding.UTF8.GetBytes(proof), NameOf(head, decision))
        : new ReceiptAnswer.NotYet(UntilSequenced);

    private static string NameOf(CaseHead head, Decision decision) => $"{head.Reference}-{decision.Outcome}-{decision.Opening.Id.Value.ToString("N")[^6..]}";

    private Task<CaseHead?> HeadAsync(AccountId account, CaseId id, CancellationToken cancel) => _store.OwnAsync(account, id, cancel);

    private async Task<(CaseHead Head, Decision Decision)?> FindAsync(AccountId account, CaseId id, ActId act, CancellationToken cancel) =>
        await HeadAsync(account, id, cancel) is { } head && (await DecisionsAsync(head, cancel)).FirstOrDefault(d => d.Opening.Id == act) is { } decision ? (head, decision) : null;

    /// <summary>An act that decided, with the events that it wrote.</summary>
    /// <param name="Move">The event that moved the case.</param>
    /// <param name="Decider">The event that says why; null when nothing stood against it and nobody looked.</param>
    /// <param name="Assessed">The assessment on which it rests.</param>
    private sealed record Decision(ActOpening Opening, IReadOnlyList<ReceiptRows.Event> Events, ReceiptRows.Event Move, ReceiptRows.Event? Decider, string Outcome, string By, ReceiptRows.Assessed Assessed);

    private async Task<IReadOnlyList<Decision>> DecisionsAsync(CaseHead head, CancellationToken cancel)
    {
        var events = await ReceiptRows.EventsAsync(_db, head.Case, cancel);
        if (!events.Any(e => e.Act is CaseActs.Refuse or CaseActs.RefuseByRule or CaseActs.Decline or CaseActs.Approve or CaseActs.Bill or CaseActs.Execute))
        {
            return [];
        }
        var openings = await _openings.OfCaseAsync(head.Case, Verbs, cancel);
        var assessments = await ReceiptRows.AssessmentsAsync(_db, head.Case, cancel);
        return [.. openings.Select(o => Of(head, events, assessments, o)).OfType<Decision>()];
    }

    private static Decision? Of(CaseHead head, IReadOnlyList<ReceiptRows.Event> all, IReadOnlyList<ReceiptRows.Assessed> assessments, ActOpening opening)
    {
        var written = opening.Wrote(CaseTables.Event.Name).Select(k => (Guid)k[0]!).ToHashSet();
        var events = all.Where(e => written.Contains(e.Id)).ToList();
        ReceiptRows.Event? Find(string act) => events.Find(e => e.Act == act);
        var approved = Find(CaseActs.Approve);
        var (outcome, by, decider) = Find(CaseActs.Refuse) is { } refused ? (ReceiptOutcomes.Refused, "officer", refused)
            : Find(CaseActs.RefuseByRule) is { } ruled ? (ReceiptOutcomes.Refused, "rules", ruled)
            : Find(CaseActs.Decline) is { } declined ? (ReceiptOutcomes.Declined, "employer", declined)
            : Find(CaseActs.Execute) is not null ? (ReceiptOutcomes.Granted, approved is null ? "rules" : "officer", approved)
            : Find(CaseActs.Bill) is not null ? (ReceiptOutcomes.Approved, approved is null ? "rules" : "officer", approved)
            : (ReceiptOutcomes.Cleared, "officer", approved);
        var move = events.Find(e => e.FromState != e.ToState);
        var assessed = move is null ? null : assessments.LastOrDefault(a => a.At <= move.At);
        // An act of a release before this one names other rules than it was decided under: of it there is no receipt.
        return move is not null && assessed is not null && (decider is not null || outcome != ReceiptOutcomes.Cleared) && opening.Rules is { } rules && rules.StartsWith(head.Service + "/", StringComparison.Ordinal)
            && (assessed.At < move.At || assessed.Rules == rules)
                ? new Decision(opening, events, move, decider, outcome, by, assessed) : null;
    }

    private async Task<JsonObject> StateAsync(Access access, CaseHead head, Decision decision, CancellationToken cancel)
    {
        var service = _services.ByCode(head.Service);
        var (opening, move) = (decision.Opening, decision.Move);
        var result = await ReceiptRows.ResultAsync(_db, head.Case, decision.Assessed.Attempt, cancel);
        var assessment = await _door.OpenAsync<StoredAssessment>(access, CaseStore.Seal(head, "case_assessment"), result, cancel);
        var (letter, salted) = await LetterAsync(access, head, decision, cancel);
        var (facts, factRows) = await FactsAsync(access, head, decision, cancel);
        var compared = (await ReceiptRows.ComparedAsync(_db, head.Case, cancel)).Select(c => c.OpenedIn(opening)).OfType<byte[]>();
        var (deadlines, payment) = await DeadlinesAsync(head, service, decision, cancel);
        var at = opening.Rules!.LastIndexOf('@');
        return new JsonObject
        {
            ["receipt"] = Verifier.Receipts.Receipt.Form,
            ["issuer"] = _issuer.Origin,
            ["specimen"] = _folder.IsDemonstration,
            ["signed_at"] = ReceiptWords.Time(_clock.Now()),
            ["case"] = new JsonObject { ["id"] = head.Id.ToString(), ["reference"] = head.Reference },
            ["service"] = new JsonObject { ["code"] = service.Code, ["name"] = _words.In($"svc.{service.Key}.name") },
            ["decision"] = new JsonObject
            {
                ["act"] = opening.Id.Value.ToString(),
                ["verb"] = opening.Verb,
                ["at"] = ReceiptWords.Time(move.At),
                ["outcome"] = decision.Outcome,
                ["outcome_text"] = _words.In("receipt.outcome." + decision.Outcome),
                ["from"] = move.FromState,
                ["to"] = move.ToState,
                ["objection"] = move.FromState == CaseStates.Objection,
                ["by"] = decision.By,
                ["by_text"] = _words.In("receipt.by." + decision.By),
                ["reasons"] = _words.Reasons(decision.Decider?.Act, decision.Decider?.Reason, assessment),
            }.With("letter", letter),
            ["rules"] = new JsonObject { ["rule_set"] = opening.Rules[..at], ["policy"] = opening.Rules[(at + 1)..] },
            ["facts"] = facts,
            ["comparisons"] = new JsonArray([.. assessment.Comparisons.Select(ReceiptWords.Comparison)]),
            ["deadlines"] = deadlines,
            ["documents"] = new JsonArray([.. opening.Wrote("document").Where(k => k is [Guid, 1L]).Select(k => (JsonNode)((Guid)k[0]!).ToString())]),
            ["journal"] = new JsonObject
            {
                ["entry"] = Convert.ToBase64String(opening.Entry),
                ["salt"] = Convert.ToBase64String(opening.Salt),
                ["act"] = Convert.ToBase64String(opening.Act),
                ["manifest"] = Convert.ToBase64String(opening.Manifest),
                ["rows"] = new JsonArray([.. decision.Events.Select(e => e.OpenedIn(opening)).Concat(factRows).Concat(compared).Append(payment).OfType<byte[]>().Select(r => (JsonNode)Convert.ToBase64String(r))]),
            }.With("letter", salted is null ? null : Convert.ToBase64String(salted)),
        };
    }

    private async Task<(JsonObject? Letter, byte[]? Salted)> LetterAsync(Access access, CaseHead head, Decision decision, CancellationToken cancel)
    {
        if (decision.Events.FirstOrDefault(e => e.Note is not null) is not { Note: { } cipher })
        {
            return default;
        }
        var salted = await _door.OpenCommittedAsync(access, CaseStore.Seal(head, CaseTables.Event.Name), cipher, cancel);
        var content = await _door.OpenAsync<DecisionContent>(access, CaseStore.Seal(head, CaseTables.Event.Name), cipher, cancel);
        return (new JsonObject { ["text"] = content.Text, ["items"] = new JsonArray([.. content.Items.Select(i => (JsonNode)i)]) }, salted);
    }

    private async Task<(JsonArray Facts, IReadOnlyList<byte[]> Rows)> FactsAsync(Access access, CaseHead head, Decision decision, CancellationToken cancel)
    {
        var (facts, rows) = (new JsonArray(), new List<byte[]>());
        foreach (var fact in await ReceiptRows.FactsAsync(_db, head.Case, decision.Assessed.At, cancel))
        {
            var value = await _door.OpenAsync(access, CaseStore.Seal(head, $"{CaseTables.Fact.Name}/{fact.Name}"), fact.Value!, StoredFacts.TypeOf(fact.Name, fact.Schema), cancel);
            facts.Add(new JsonObject
            {
                ["name"] = fact.Name,
                ["source"] = fact.Source,
                ["source_text"] = _words.In("source." + fact.Source),
                ["request_id"] = fact.RequestId,
                ["fetched_at"] = ReceiptWords.Time(fact.FetchedAt),
                ["as_of"] = ReceiptWords.Time(fact.AsOf),
                ["valid_until"] = ReceiptWords.Time(fact.ValidUntil),
                ["value"] = ReceiptFacts.Shown(value),
            });
            if (fact.OpenedIn(decision.Opening) is { } row)
            {
                rows.Add(row);
            }
        }
        return (facts, rows);
    }

    /// <summary>Until when to pay, with the row that says so; until when to object, counted from the decision by the rule of its day.</summary>
    private async Task<(JsonArray Deadlines, byte[]? Row)> DeadlinesAsync(CaseHead head, Service service, Decision decision, CancellationToken cancel)
    {
        var deadlines = new JsonArray();
        if (service.States.Allows(decision.Move.ToState, CaseActs.Object, By.Applicant))
        {
            var days = _policies.Current.Get<int>(CasePolicies.ObjectionDays, decision.Move.At.DayInRiyadh());
            deadlines.Add(new JsonObject { ["kind"] = ReceiptDeadlines.Objection, ["days"] = days, ["until"] = ReceiptWords.Time(decision.Move.At + Duration.FromDays(days)) });
        }
        if (decision.Outcome != ReceiptOutcomes.Approved)
        {
            return (deadlines, null);
        }
        foreach (var key in decision.Opening.Wrote("bill").Where(k => k is [Guid, 1L]))
        {
            var bill = await _ledger.BillAsync(new BillId((Guid)key[0]!), cancel) ?? throw new InvalidOperationException("The bill of a decision is not there.");
            var until = bill.ValidUntil.EndInRiyadh();
            if (decision.Opening.Open(CaseTables.Deadline, head.Id, Deadlines.State, until, decision.Opening.Rules) is { } row)
            {
                deadlines.Add(new JsonObject { ["kind"] = ReceiptDeadlines.Payment, ["until"] = ReceiptWords.Time(until) });
                return (deadlines, row);
            }
        }
        throw new InvalidOperationException("A decision that is to be paid has no last day.");
    }

    /// <summary>A JWS whose payload is the canonical form of the receipt, so that it stays readable and may be laid out anew.</summary>
    private byte[] Sign(JsonObject receipt)
    {
        var payload = Verifier.Encodings.Json.Parse(JsonSerializer.SerializeToUtf8Bytes(receipt)).Value;
        var signed = Verifier.Encodings.CanonicalJson.Of(payload) ?? throw new InvalidOperationException("A receipt holds a number that is not whole.");
        var by = _keys.Current(KeyPurpose.Receipt);
        var header = Base64Url($$"""{"alg":"ES256","typ":"{{ReceiptVerifier.Type}}","x5c":["{{Convert.ToBase64String(by.Certificate)}}"]}""");
        var signature = _keys.Sign(by, Encoding.ASCII.GetBytes($"{header}.{System.Buffers.Text.Base64Url.EncodeToString(signed)}"));
        receipt["signature"] = $"{header}..{System.Buffers.Text.Base64Url.EncodeToString(signature)}";
        return JsonSerializer.SerializeToUtf8Bytes(receipt, ReceiptWords.Readable);
    }

    private static string Base64Url(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    /// <summary>What a verifier would not take is not given away.</summary>
    private async Task CheckAsync(byte[] file, string proof, CancellationToken cancel)
    {
        var trust = TrustAnchors.Create(_keys.Roots.Select(r => (ReadOnlyMemory<byte>)r.Certificate)).Value;
        var journal = (await _journal.VerifierKeysAsync(cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(v => NoteVerifierKey.Parse(v).Value).ToList();
        var options = new ReceiptOptions { Purposes = new SignerPurposes { Receipt = _keys.UsageOf(KeyPurpose.Receipt) } };
        if (!ReceiptVerifier.Verify(file, Encoding.UTF8.GetBytes(proof), trust, journal, _clock.GetUtcNow(), options).TryGet(out _, out var reason))
        {
            throw new InvalidOperationException($"A receipt was made that does not verify: {Verifier.Reasons.Code(reason)}.");
        }
    }
}
