using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Payments;

/// <summary>Puts a notice into the inbox of a case's person, within the change it is about. Registered by the host, because the inbox is no part of this project.</summary>
/// <param name="kind">The text is <c>notice.&lt;kind&gt;</c>.</param>
public delegate Task TellPayer(Change change, PersonId person, CaseId @case, string kind, params (string Name, object? Value)[] arguments);

/// <summary>Whose case it is; null when there is no such case.</summary>
public delegate Task<PersonId?> PersonOfCase(CaseId @case, CancellationToken cancel);

/// <summary>How a verb about a bill ended.</summary>
public abstract record BillAnswer
{
    private BillAnswer() { }

    public sealed record Done(Guid Proposal) : BillAnswer;

    public sealed record Refused(Refusal Refusal) : BillAnswer;

    public sealed record NotThere : BillAnswer;

    /// <summary>The operation id was used for something else.</summary>
    public sealed record OperationReused : BillAnswer;

    /// <summary>Nothing was written, or nobody knows yet: again under the same operation.</summary>
    public sealed record TryAgain(TimeSpan After) : BillAnswer;
}

/// <summary>
/// Writing off what is owed and giving back what was paid: one officer proposes, another decides, as with a hold of an ID (decision 11). What is confirmed is booked in the same act, and the payer is told.
/// </summary>
public sealed class BillDesk(
    Db db, Ledger ledger, Bills bills, Sealer sealer, ReadDoor door, IWriter writer, TellPayer tell, PersonOfCase personOf, MoneyArrived arrived, Func<BillRules> rules, TimeProvider clock)
{
    /// <summary>Claimed with this kind: another proposal about this bill is open.</summary>
    public const string ProposalClaim = "bill.proposal";

    /// <summary>Characters of the sentence that goes with a proposal.</summary>
    public const int LongestWords = 500;

    private const int MostListed = 200;

    /// <summary>A race is lost to another act on the same bill that went through: so many are no coincidence.</summary>
    private const int Attempts = 40;

    /// <summary>Nothing changes until another officer confirms.</summary>
    /// <param name="self">The officer's own person: nobody acts on the own bill.</param>
    /// <param name="code">Fee code of the line.</param>
    /// <param name="amount">Null: all of the line that is owed, or that was paid.</param>
    /// <param name="words">The reason in a sentence, as the payer will read it.</param>
    public async Task<BillAnswer> ProposeAsync(Actor actor, AccountId by, PersonId self, BillId bill, BillAct act, string code, Money? amount, string reason, string? words, Guid operation, CancellationToken cancel = default)
    {
        words = words?.Trim() ?? "";
        if (InputRefusal(act, reason, words, amount) is { } wrong)
        {
            return new BillAnswer.Refused(wrong);
        }
        // The same operation is the same proposal, whatever was decided about it since.
        var id = Platform.Background.Names.IdOf($"bill.proposal:{actor}:{operation}");
        for (var attempt = 1; ; attempt++)
        {
            var again = await BillProposal.FindAsync(db, id, cancel);
            if (await ledger.BillAsync(bill, cancel) is not { } found || await personOf(found.Case, cancel) is not { } person)
            {
                return new BillAnswer.NotThere();
            }
            if (person == self)
            {
                return new BillAnswer.Refused(new Refusal(BillRefusals.NotYourOwn));
            }
            var now = clock.Now();
            var former = (await BillProposal.OfAsync(db, bill, cancel)).FirstOrDefault(p => p.State == BillProposalState.Open);
            var most = MostOf(act, found, code);
            var wished = again?.Amount ?? amount ?? most;
            var rule = rules();
            if (again is null && (former?.StateAt(now) == BillProposalState.Open ? new Refusal(BillRefusals.ProposalOpen) : StateRefusal(act, found, code, wished, reason, rule)) is { } no)
            {
                return new BillAnswer.Refused(no);
            }
            var change = new Change(ActOf("bill.propose", actor, operation, person, found.Case, reason, bill.ToString(), act.ToString(), code, amount?.Halalas.ToString(System.Globalization.CultureInfo.InvariantCulture), reason, words) with { Answer = id.ToString(), Rules = RulesOf(rule) });
            if (again is null)
            {
                change.Heads.Add(new BillProposal(id, 0, bill, found.Case, person, act, code, wished, reason, by, now, now + rule.ProposalLife, BillProposalState.Open, null, null, null).Next());
                change.Rows.Add(PaymentsTables.Words.Insert(id, await sealer.SealAsync(change, WordsOf(person, id), words, cancel)));
                if (former is not null)
                {
                    // Its time is over; its claim passes on to this one.
                    change.Heads.Add((former with { State = BillProposalState.Expired }).Next());
                }
                else
                {
                    change.Claims.Add(ClaimOf(bill));
                }
            }
            if (Final(await writer.WriteAsync(change, cancel: cancel), attempt, id) is { } answer)
            {
                return answer;
            }
        }
    }

    /// <summary>The second officer's word: it is booked in this act, the payer is told, and a case whose bill is settled by it goes on.</summary>
    public async Task<BillAnswer> ConfirmAsync(Actor actor, AccountId by, PersonId self, Guid id, Guid operation, CancellationToken cancel = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await BillProposal.FindAsync(db, id, cancel) is not { } proposal || await ledger.BillAsync(proposal.Bill, cancel) is not { } bill)
            {
                return new BillAnswer.NotThere();
            }
            if (proposal.State == BillProposalState.Confirmed && proposal.DecidedBy == by)
            {
                return new BillAnswer.Done(id);
            }
            var rule = rules();
            if ((Undecidable(proposal, by, self) ?? StateRefusal(proposal.Act, bill, proposal.Code, proposal.Amount, proposal.Reason, rule)) is { } no)
            {
                // Pressed twice at once: what was read last may be the work of the other press, which the proposal then says.
                if (attempt < Attempts && (await BillProposal.FindAsync(db, id, cancel))?.RowVersion != proposal.RowVersion)
                {
                    continue;
                }
                return new BillAnswer.Refused(no);
            }
            var writeOff = proposal.Act == BillAct.WriteOff;
            var change = new Change(ActOf(writeOff ? "bill.write_off" : "bill.give_back", actor, operation, proposal.Person, proposal.Case, proposal.Reason, id.ToString()) with { Answer = id.ToString(), Rules = RulesOf(rule) });
            Decide(change, proposal, BillProposalState.Confirmed, by, null);
            var access = door.Within(change, actor, Purpose.Payment, "office.bill.decide", proposal.Person);
            var words = await WordsAsync(access, proposal, cancel);
            var after = writeOff ? bills.WriteOff(change, bill, proposal.Code, proposal.Amount) : bills.GiveBack(change, bill, proposal.Code, proposal.Amount);
            // The text chooses by the code without its act: "remitted", "order".
            await tell(change, proposal.Person, proposal.Case, writeOff ? "bill_written_off" : "money_given_back",
                ("amount", proposal.Amount), ("due", after.Due), ("reason", proposal.Reason[(proposal.Reason.IndexOf('.', StringComparison.Ordinal) + 1)..]), ("words", words));
            if (Final(await writer.WriteAsync(change, cancel: cancel), attempt, id) is not { } answer)
            {
                continue;
            }
            if (answer is BillAnswer.Done && after.State == BillState.Settled)
            {
                // The outbox's message about the bill tells the engine too, should this process end here.
                await arrived(after.Case, cancel);
            }
            return answer;
        }
    }

    /// <summary>The second officer does not confirm. Nothing changes for the payer.</summary>
    public async Task<BillAnswer> RejectAsync(Actor actor, AccountId by, PersonId self, Guid id, string reason, Guid operation, CancellationToken cancel = default) =>
        !BillReasons.Reject.Contains(reason)
            ? new BillAnswer.Refused(new Refusal(BillRefusals.ReasonMissing))
            : await EndAsync("bill.reject", actor, by, id, BillProposalState.Rejected, reason, p => Undecidable(p, by, self), operation, cancel);

    /// <summary>The officer who proposed takes it back.</summary>
    public Task<BillAnswer> WithdrawAsync(Actor actor, AccountId by, Guid id, Guid operation, CancellationToken cancel = default) =>
        EndAsync("bill.withdraw", actor, by, id, BillProposalState.Withdrawn, null, p => p.ProposedBy == by ? Over(p) : new Refusal(BillRefusals.NotWithdrawn), operation, cancel);

    /// <summary>What waits for a second officer, oldest first. Nothing personal is in it.</summary>
    public Task<IReadOnlyList<BillProposal>> WaitingAsync(CancellationToken cancel = default) => BillProposal.OpenAsync(db, clock.Now(), MostListed, cancel);

    public Task<BillProposal?> FindAsync(Guid proposal, CancellationToken cancel = default) => BillProposal.FindAsync(db, proposal, cancel);

    /// <summary>A bill with its history; null when there is none. The read is recorded.</summary>
    public async Task<BillFile?> FileAsync(Actor reader, string where, BillId id, CancellationToken cancel = default)
    {
        if (await ledger.BillAsync(id, cancel) is not { } bill || await personOf(bill.Case, cancel) is not { } person)
        {
            return null;
        }
        var proposals = await BillProposal.OfAsync(db, id, cancel);
        var access = door.Enter(reader, Purpose.Payment, bill.Case, where, person);
        var ciphers = (await db.QueryAsync<StoredWords>("SELECT w.proposal_id, w.words FROM bill_proposal_words w JOIN bill_proposal p ON p.id = w.proposal_id WHERE p.bill_id = @bill", new { bill = id.Value }, cancel))
            .ToDictionary(w => w.ProposalId, w => w.Words);
        var words = await door.OpenManyAsync<string>(access, [.. proposals.Select(p => (WordsOf(person, p.Id), ciphers[p.Id]))], cancel);
        return new(bill, person, [.. proposals.Select((p, i) => new BillProposalInWords(p, words[i]))]);
    }

    private async Task<BillAnswer> EndAsync(string verb, Actor actor, AccountId by, Guid id, BillProposalState how, string? reason, Func<BillProposal, Refusal?> against, Guid operation, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await BillProposal.FindAsync(db, id, cancel) is not { } proposal)
            {
                return new BillAnswer.NotThere();
            }
            if (proposal.State == how && proposal.DecidedBy == by)
            {
                return new BillAnswer.Done(id);
            }
            if (against(proposal) is { } no)
            {
                return new BillAnswer.Refused(no);
            }
            var change = new Change(ActOf(verb, actor, operation, proposal.Person, proposal.Case, reason, id.ToString(), reason) with { Answer = id.ToString() });
            Decide(change, proposal, how, by, reason);
            if (Final(await writer.WriteAsync(change, cancel: cancel), attempt, id) is { } answer)
            {
                return answer;
            }
        }
    }

    private void Decide(Change change, BillProposal proposal, BillProposalState how, AccountId by, string? reason)
    {
        change.Heads.Add((proposal with { State = how, DecidedBy = by, DecidedAt = clock.Now(), DecisionReason = reason }).Next());
        change.Releases.Add(ClaimOf(proposal.Bill));
    }

    /// <summary>Why this officer cannot decide it. First what holds for everybody: that it is over.</summary>
    private Refusal? Undecidable(BillProposal proposal, AccountId by, PersonId self) =>
        Over(proposal)
        ?? (proposal.ProposedBy == by ? new Refusal(BillRefusals.AnotherDecides)
        : proposal.Person == self ? new Refusal(BillRefusals.NotYourOwn)
        : null);

    private Refusal? Over(BillProposal proposal) => proposal.StateAt(clock.Now()) switch
    {
        BillProposalState.Open => null,
        BillProposalState.Expired => new Refusal(BillRefusals.ProposalExpired),
        _ => new Refusal(BillRefusals.ProposalOver),
    };

    /// <summary>What the bill says against it, as it stands.</summary>
    private static Refusal? StateRefusal(BillAct act, Bill bill, string code, Money amount, string reason, BillRules rules) =>
        act == BillAct.WriteOff && bill.Due == Money.Zero ? new Refusal(BillRefusals.NotOwed)
        : act == BillAct.GiveBack && bill.State != BillState.Consumed ? new Refusal(BillRefusals.NotSpent)
        : bill.Lines.All(l => l.Code != code) ? new Refusal(BillRefusals.LineMissing)
        : BillReasons.OnlyForFines(reason) && !rules.Fines.Contains(code) ? new Refusal(BillRefusals.OnlyFines)
        : amount <= Money.Zero || amount > MostOf(act, bill, code) ? new Refusal(act == BillAct.WriteOff ? BillRefusals.MoreThanOwed : BillRefusals.MoreThanPaid, ("most", MostOf(act, bill, code)))
        : null;

    private static Money MostOf(BillAct act, Bill bill, string code) => act == BillAct.WriteOff ? bill.OwedOf(code) : bill.KeptOf(code);

    private static Refusal? InputRefusal(BillAct act, string reason, string words, Money? amount) =>
        !BillReasons.For(act).Contains(reason) ? new Refusal(BillRefusals.ReasonMissing)
        : words.Length == 0 ? new Refusal(BillRefusals.WordsMissing)
        : words.Length > LongestWords ? new Refusal(BillRefusals.WordsTooLong, ("most", LongestWords))
        : amount <= Money.Zero ? new Refusal(Refunds.NoAmount)
        : null;

    private async Task<string> WordsAsync(Access access, BillProposal proposal, CancellationToken cancel)
    {
        var cipher = await db.FirstAsync<byte[]>("SELECT words FROM bill_proposal_words WHERE proposal_id = @id", new { id = proposal.Id }, cancel)
            ?? throw new InvalidOperationException($"Proposal {proposal.Id} has no words.");
        return await door.OpenAsync<string>(access, WordsOf(proposal.Person, proposal.Id), cipher, cancel);
    }

    private Act ActOf(string verb, Actor actor, Guid operation, PersonId person, CaseId @case, string? reason, params ReadOnlySpan<string?> request) =>
        new(ActId.New(clock), verb, actor, operation, Digest.Of([verb, .. request]), clock.Now()) { Person = person, Case = @case, Reason = reason };

    private static Claim ClaimOf(BillId bill) => new(ProposalClaim, Bills.Once(bill.ToString()));

    private static string RulesOf(BillRules rule) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"policies {rule.Version}");

    private static SealContext WordsOf(PersonId person, Guid proposal) => new(person, RetentionClass.Payment, "bill_proposal_words", proposal);

    /// <summary>The answer, or null when a race was lost that is worth another look.</summary>
    private static BillAnswer? Final(WriteOutcome outcome, int attempt, Guid proposal) => outcome switch
    {
        WriteOutcome.Done => new BillAnswer.Done(proposal),
        WriteOutcome.Replayed replayed => new BillAnswer.Done(replayed.Answer is { } answer ? Guid.Parse(answer) : proposal),
        WriteOutcome.Conflict or WriteOutcome.Claimed when attempt < Attempts => null,
        WriteOutcome.Conflict or WriteOutcome.Claimed => new BillAnswer.Refused(new Refusal(BillRefusals.Changed)),
        WriteOutcome.OperationReused => new BillAnswer.OperationReused(),
        WriteOutcome.Busy busy => new BillAnswer.TryAgain(busy.RetryAfter),
        WriteOutcome.InDoubt => new BillAnswer.TryAgain(TimeSpan.FromSeconds(2)),
        _ => throw new InvalidOperationException($"A proposal about a bill ended unexpectedly: {outcome.GetType().Name}."),
    };

    private sealed record StoredWords(Guid ProposalId, byte[] Words);
}
