using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Holding;

/// <summary>The authority's part: one officer proposes, another decides.</summary>
public sealed partial class Holds
{
    /// <summary>Claimed with this kind: another proposal about this ID is open.</summary>
    public const string ProposalClaim = "document.proposal";

    internal const string SuspendVerb = "document.suspend", LiftVerb = "document.lift", RevokeVerb = "document.revoke";

    /// <summary>Characters of the sentence that goes with a proposal.</summary>
    public const int LongestWords = 500;

    private const int MostListed = 200;

    /// <summary>Proposes to suspend, lift or revoke. Nothing changes until another officer confirms.</summary>
    /// <param name="self">The officer's own person: nobody acts on the own ID.</param>
    /// <param name="words">The reason in a sentence, as the holder will read it.</param>
    public async Task<HoldAnswer> ProposeAsync(Actor actor, AccountId by, PersonId self, PersonId person, ProposedAct act, string reason, string? words, Guid operation, CancellationToken cancel = default)
    {
        words = words?.Trim() ?? "";
        if (InputRefusal(act, reason, words) is { } wrong)
        {
            return new HoldAnswer.Refused(wrong);
        }
        if (person == self)
        {
            return new HoldAnswer.Refused(new Refusal(HoldRefusals.NotYourOwn));
        }
        // The same operation is the same proposal, whatever was decided about it since.
        var id = Platform.Background.Names.IdOf($"document.proposal:{actor}:{operation}");
        var again = false;
        for (var attempt = 1; ; attempt++)
        {
            var now = clock.Now();
            var open = await OpenAsync(person, cancel);
            var versions = await documents.OfAsync(person, cancel);
            var before = await Proposal.OfAsync(db, person, cancel);
            var former = before.FirstOrDefault(p => p.State == ProposalState.Open);
            // Sent twice at once, the other may be through by now.
            again = again || before.Any(p => p.Id == id);
            if (versions.Count == 0)
            {
                return new HoldAnswer.NotThere();
            }
            if (!again && (former?.StateAt(now) == ProposalState.Open ? new Refusal(HoldRefusals.ProposalOpen) : StateRefusal(act, versions, open, open.Suspension?.Id)) is { } no)
            {
                return new HoldAnswer.Refused(no);
            }
            var rule = rules();
            var change = new Change(ActOf("document.propose", actor, operation, person, reason, versions[0].Person.ToString(), act.ToString(), reason, words) with { Answer = id.ToString(), Rules = RulesOf(rule) });
            if (!again)
            {
                var proposal = new Proposal(id, 0, person, versions[0].Id, act, act == ProposedAct.Lift ? open.Suspension!.Id : null, reason, by, now, now + rule.ProposalLife, ProposalState.Open, null, null, null);
                change.Heads.Add(proposal.Next());
                change.Rows.Add(CredentialsTables.Words.Insert(id, await sealer.SealAsync(change, WordsOf(person, id), words, cancel)));
                if (former is not null)
                {
                    // Its time is over; its claim passes on to this one.
                    change.Heads.Add((former with { State = ProposalState.Expired }).Next());
                }
                else
                {
                    change.Claims.Add(ProposalOf(person));
                }
            }
            if (Final(await writer.WriteAsync(change, cancel: cancel), attempt, id) is { } answer)
            {
                return answer;
            }
        }
    }

    /// <summary>The second officer's word: what was proposed happens in this act, and the holder is told why, what it means and what to do.</summary>
    public async Task<HoldAnswer> ConfirmAsync(Actor actor, AccountId by, PersonId self, Guid id, Guid operation, CancellationToken cancel = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await Proposal.FindAsync(db, id, cancel) is not { } proposal)
            {
                return new HoldAnswer.NotThere();
            }
            if (proposal.State == ProposalState.Confirmed && proposal.DecidedBy == by)
            {
                return new HoldAnswer.Done(id);
            }
            var open = await OpenAsync(proposal.Person, cancel);
            var versions = await documents.OfAsync(proposal.Person, cancel);
            if ((Undecidable(proposal, by, self) ?? StateRefusal(proposal.Act, versions, open, proposal.Hold)) is { } no)
            {
                // Pressed twice at once: what was read last may be the work of the other press, which the proposal then says.
                if (attempt < Attempts && (await Proposal.FindAsync(db, id, cancel))?.RowVersion != proposal.RowVersion)
                {
                    continue;
                }
                return new HoldAnswer.Refused(no);
            }
            var rule = rules();
            var change = new Change(ActOf(VerbOf(proposal.Act), actor, operation, proposal.Person, proposal.Reason, id.ToString()) with { Answer = id.ToString(), Rules = RulesOf(rule) });
            Decide(change, proposal, ProposalState.Confirmed, by, null);
            var access = door.Within(change, actor, Purpose.DecideDocument, "office.id.decide", proposal.Person);
            // The text chooses by the code without its act: "order", "cleared".
            (string, object?)[] told = [("reason", proposal.Reason[(proposal.Reason.IndexOf('.', StringComparison.Ordinal) + 1)..]), ("words", await WordsAsync(access, proposal, cancel)), ("until", clock.Today().PlusDays(rule.ObjectionDays))];
            switch (proposal.Act)
            {
                case ProposedAct.Suspend:
                    await BeginAsync(change, versions.First(v => v.State == DocumentState.Live), open, HoldKind.Suspended, proposal.Reason, by, id, cancel);
                    await tell(change, proposal.Person, "id_suspended", told);
                    break;
                case ProposedAct.Lift:
                    await EndAsync(change, open, open.Suspension!, proposal.Reason, by, id, cancel);
                    await AnswerObjectionAsync(change, proposal.Person, open.Suspension!.Id, ObjectionState.Granted, by, cancel);
                    await tell(change, proposal.Person, open.Freeze is null ? "id_suspension_lifted" : "id_suspension_lifted_frozen", told);
                    break;
                case ProposedAct.Revoke:
                    await RevokeAsync(change, versions.First(v => v.State == DocumentState.Live), open, by, id, cancel);
                    await tell(change, proposal.Person, "id_revoked", told);
                    break;
            }
            if (Final(await writer.WriteAsync(change, cancel: cancel), attempt, id) is { } answer)
            {
                return answer;
            }
        }
    }

    /// <summary>The second officer does not confirm. Nothing changes for the holder.</summary>
    public async Task<HoldAnswer> RejectAsync(Actor actor, AccountId by, PersonId self, Guid id, string reason, Guid operation, CancellationToken cancel = default) =>
        !HoldReasons.Reject.Contains(reason)
            ? new HoldAnswer.Refused(new Refusal(HoldRefusals.ReasonMissing))
            : await EndAsync("document.reject", actor, by, id, ProposalState.Rejected, reason, p => Undecidable(p, by, self), operation, cancel);

    /// <summary>The officer who proposed takes it back.</summary>
    public Task<HoldAnswer> WithdrawAsync(Actor actor, AccountId by, Guid id, Guid operation, CancellationToken cancel = default) =>
        EndAsync("document.withdraw", actor, by, id, ProposalState.Withdrawn, null, p => p.ProposedBy == by ? Over(p) : new Refusal(HoldRefusals.NotWithdrawn), operation, cancel);

    /// <summary>What waits for a second officer, oldest first. Nothing personal is in it.</summary>
    public Task<IReadOnlyList<Proposal>> WaitingAsync(CancellationToken cancel = default) => Proposal.OpenAsync(db, clock.Now(), MostListed, cancel);

    public Task<Proposal?> FindAsync(Guid proposal, CancellationToken cancel = default) => Proposal.FindAsync(db, proposal, cancel);

    /// <summary>A person's ID with its history; null when there never was one.</summary>
    /// <param name="access">Names the person.</param>
    public async Task<IdFile?> FileAsync(Access access, PersonId person, CancellationToken cancel = default)
    {
        var versions = await documents.OfAsync(person, cancel);
        if (versions.Count == 0)
        {
            return null;
        }
        var proposals = await Proposal.OfAsync(db, person, cancel);
        var ciphers = (await db.QueryAsync<StoredWords>("SELECT w.proposal_id, w.words FROM document_proposal_words w JOIN document_proposal p ON p.id = w.proposal_id WHERE p.person_id = @person", new { person = person.Value }, cancel))
            .ToDictionary(w => w.ProposalId, w => w.Words);
        var words = await door.OpenManyAsync<string>(access, [.. proposals.Select(p => (WordsOf(person, p.Id), ciphers[p.Id]))], cancel);
        return new(person, versions, await documents.OpenAsync(access, versions[0], cancel), await OpenAsync(person, cancel), await OpenHolds.AllAsync(db, person, cancel),
            [.. proposals.Select((p, i) => new ProposalInWords(p, words[i]))], await ObjectionsOfAsync(access, person, cancel));
    }

    private async Task<HoldAnswer> EndAsync(string verb, Actor actor, AccountId by, Guid id, ProposalState how, string? reason, Func<Proposal, Refusal?> against, Guid operation, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await Proposal.FindAsync(db, id, cancel) is not { } proposal)
            {
                return new HoldAnswer.NotThere();
            }
            if (proposal.State == how && proposal.DecidedBy == by)
            {
                return new HoldAnswer.Done(id);
            }
            if (against(proposal) is { } no)
            {
                return new HoldAnswer.Refused(no);
            }
            var change = new Change(ActOf(verb, actor, operation, proposal.Person, reason, id.ToString(), reason) with { Answer = id.ToString() });
            Decide(change, proposal, how, by, reason);
            if (Final(await writer.WriteAsync(change, cancel: cancel), attempt, id) is { } answer)
            {
                return answer;
            }
        }
    }

    private void Decide(Change change, Proposal proposal, ProposalState how, AccountId by, string? reason)
    {
        change.Heads.Add((proposal with { State = how, DecidedBy = by, DecidedAt = clock.Now(), DecisionReason = reason }).Next());
        change.Releases.Add(ProposalOf(proposal.Person));
    }

    /// <summary>The document and all its forms end in this act; what held them ends with them.</summary>
    private async Task RevokeAsync(Change change, DocumentVersion live, OpenHolds open, AccountId by, Guid proposal, CancellationToken cancel)
    {
        await documents.EndAsync(change, live, DocumentState.Revoked, cancel);
        foreach (var hold in new[] { open.Suspension, open.Freeze }.OfType<DocumentHold>())
        {
            Close(change, hold, HoldReasons.Revoked, by, hold.Kind == HoldKind.Suspended ? proposal : null);
            await AnswerObjectionAsync(change, hold.Person, hold.Id, ObjectionState.Closed, by, cancel);
        }
    }

    /// <summary>Why this officer cannot decide it. First what holds for everybody: that it is over.</summary>
    private Refusal? Undecidable(Proposal proposal, AccountId by, PersonId self) =>
        Over(proposal)
        ?? (proposal.ProposedBy == by ? new Refusal(HoldRefusals.AnotherDecides)
        : proposal.Person == self ? new Refusal(HoldRefusals.NotYourOwn)
        : null);

    private Refusal? Over(Proposal proposal) => proposal.StateAt(clock.Now()) switch
    {
        ProposalState.Open => null,
        ProposalState.Expired => new Refusal(HoldRefusals.ProposalExpired),
        _ => new Refusal(HoldRefusals.ProposalOver),
    };

    /// <summary>What the state of the ID says against an act.</summary>
    /// <param name="hold">Of a lift: the suspension it is about.</param>
    private static Refusal? StateRefusal(ProposedAct act, IReadOnlyList<DocumentVersion> versions, OpenHolds open, Guid? hold) => act switch
    {
        ProposedAct.Lift => open.Suspension is { } suspension && suspension.Id == hold ? null : new Refusal(HoldRefusals.NotSuspended),
        _ when !versions.Any(v => v.State == DocumentState.Live) => new Refusal(HoldRefusals.NoDocument),
        ProposedAct.Suspend when open.Suspension is not null => new Refusal(HoldRefusals.AlreadySuspended),
        _ => null,
    };

    private static Refusal? InputRefusal(ProposedAct act, string reason, string words) =>
        !HoldReasons.For(act).Contains(reason) ? new Refusal(HoldRefusals.ReasonMissing)
        : WordsRefusal(words, LongestWords);

    private static Refusal? WordsRefusal(string words, int most, string missing = HoldRefusals.WordsMissing) =>
        words.Length == 0 ? new Refusal(missing)
        : words.Length > most ? new Refusal(HoldRefusals.WordsTooLong, ("most", most))
        : null;

    private async Task<string> WordsAsync(Access access, Proposal proposal, CancellationToken cancel)
    {
        var cipher = await db.FirstAsync<byte[]>("SELECT words FROM document_proposal_words WHERE proposal_id = @id", new { id = proposal.Id }, cancel)
            ?? throw new InvalidOperationException($"Proposal {proposal.Id} has no words.");
        return await door.OpenAsync<string>(access, WordsOf(proposal.Person, proposal.Id), cipher, cancel);
    }

    private Claim ProposalOf(PersonId person) => new(ProposalClaim, blind.Of("document_proposal", person.ToString()));

    private static string VerbOf(ProposedAct act) => act switch
    {
        ProposedAct.Suspend => SuspendVerb,
        ProposedAct.Lift => LiftVerb,
        _ => RevokeVerb,
    };

    private static string RulesOf(HoldRules rule) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"policies {rule.Version}");

    private static SealContext WordsOf(PersonId person, Guid proposal) => new(person, RetentionClass.Case, "document_proposal_words", proposal);

    private sealed record StoredWords(Guid ProposalId, byte[] Words);
}
