using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Holding;

/// <summary>
/// The holder's word against a suspension. It is granted by lifting the suspension, which takes two officers whoever they are; that the suspension stands is said by one who had no part in it.
/// </summary>
public sealed partial class Holds
{
    /// <summary>Claimed for good with this kind: to this suspension there was an objection.</summary>
    public const string ObjectionClaim = "document.objection";

    /// <summary>Characters of what the holder says.</summary>
    public const int LongestObjection = 2000;

    /// <summary>Why the holder cannot object now; null: he can.</summary>
    public async Task<Refusal?> AgainstObjectingAsync(PersonId person, CancellationToken cancel = default) =>
        Unobjectionable(await OpenAsync(person, cancel), await Objection.OfAsync(db, person, cancel), rules());

    /// <summary>The last day on which the holder may object; null when there is nothing to object to, it was done, or the time is over.</summary>
    public async Task<LocalDate?> ObjectUntilAsync(PersonId person, CancellationToken cancel = default) =>
        await AgainstObjectingAsync(person, cancel) is null && await OpenAsync(person, cancel) is { Suspension: { } suspension } ? LastDay(suspension, rules()) : null;

    /// <summary>The day by which an objection of today is decided.</summary>
    public LocalDate AnsweredBy => clock.Today().PlusDays(rules().AnswerDays);

    /// <summary>The holder objects to the suspension of the ID, once, within the time for it.</summary>
    /// <param name="words">Why the suspension is wrong.</param>
    public async Task<HoldAnswer> ObjectAsync(Actor actor, AccountId by, PersonId person, string? words, ObjectionEvidence? evidence, Guid operation, CancellationToken cancel = default)
    {
        words = words?.Trim() ?? "";
        if (WordsRefusal(words, LongestObjection, HoldRefusals.ObjectionMissing) is { } wrong)
        {
            return new HoldAnswer.Refused(wrong);
        }
        // The same operation is the same objection, whatever was decided about it since.
        var id = Platform.Background.Names.IdOf($"document.objection:{actor}:{operation}");
        var again = false;
        for (var attempt = 1; ; attempt++)
        {
            var (rule, open) = (rules(), await OpenAsync(person, cancel));
            var before = await Objection.OfAsync(db, person, cancel);
            // Sent twice at once, the other may be through by now.
            again = again || before.Any(o => o.Id == id);
            if (!again && Unobjectionable(open, before, rule) is { } no)
            {
                return new HoldAnswer.Refused(no);
            }
            var change = new Change(ActOf("document.object", actor, operation, person, null, words, evidence is null ? null : Convert.ToHexStringLower(evidence.Digest)) with { Answer = id.ToString(), Rules = RulesOf(rule) });
            if (!again)
            {
                var suspension = open.Suspension!;
                var now = clock.Now();
                var paper = evidence is null ? (Guid?)null : (await evidence.Add(change, cancel)).Value;
                // Moved with it: a lift at the same moment either sees the objection or comes first.
                change.Heads.Add(suspension.Next());
                change.Heads.Add(new Objection(id, 0, person, suspension.Id, ObjectionState.Open, now, by, now + Duration.FromDays(rule.AnswerDays), paper, null, null, null).Next());
                change.Claims.Add(new Claim(ObjectionClaim, blind.Of("document_objection", suspension.Id.ToString())));
                await PutContentAsync(change, person, id, new ObjectionContent(words), cancel);
            }
            if (Final(await writer.WriteAsync(change, cancel: cancel), attempt, id) is { } answer)
            {
                return answer;
            }
        }
    }

    /// <summary>The suspension stands. Said by an officer who neither proposed nor confirmed it, with a reason and a sentence that the holder reads.</summary>
    public async Task<HoldAnswer> UpholdAsync(Actor actor, AccountId by, PersonId self, Guid id, string reason, string? words, Guid operation, CancellationToken cancel = default)
    {
        words = words?.Trim() ?? "";
        if (!HoldReasons.Uphold.Contains(reason))
        {
            return new HoldAnswer.Refused(new Refusal(HoldRefusals.ReasonMissing));
        }
        if (WordsRefusal(words, LongestWords) is { } wrong)
        {
            return new HoldAnswer.Refused(wrong);
        }
        for (var attempt = 1; ; attempt++)
        {
            if (await Objection.FindAsync(db, id, cancel) is not { } objection)
            {
                return new HoldAnswer.NotThere();
            }
            var change = new Change(ActOf("document.uphold", actor, operation, objection.Person, reason, id.ToString(), reason, words) with { Answer = id.ToString() });
            if (objection.State != ObjectionState.Upheld || objection.DecidedBy != by)
            {
                if (await UndecidableAsync(objection, by, self, cancel) is { } no)
                {
                    return new HoldAnswer.Refused(no);
                }
                var access = door.Within(change, actor, Purpose.DecideDocument, "office.id.decide", objection.Person);
                change.Heads.Add((objection with { State = ObjectionState.Upheld, DecidedAt = clock.Now(), DecidedBy = by, DecisionReason = reason }).Next());
                await PutContentAsync(change, objection.Person, id, await ContentAsync(access, objection, cancel) with { Answer = words }, cancel);
                await tell(change, objection.Person, "id_objection_upheld", ("reason", reason[(reason.IndexOf('.', StringComparison.Ordinal) + 1)..]), ("words", words));
            }
            if (Final(await writer.WriteAsync(change, cancel: cancel), attempt, id) is { } answer)
            {
                return answer;
            }
        }
    }

    /// <summary>What waits for an officer, the oldest first. Nothing personal is in it.</summary>
    public Task<IReadOnlyList<WaitingObjection>> ObjectionsAsync(CancellationToken cancel = default) => Objection.OpenAsync(db, MostListed, cancel);

    public Task<Objection?> ObjectionAsync(Guid id, CancellationToken cancel = default) => Objection.FindAsync(db, id, cancel);

    /// <summary>The holder's objection to the suspension that is open now; null when there is none.</summary>
    /// <param name="access">Names the person.</param>
    public async Task<ObjectionInWords?> OwnObjectionAsync(Access access, PersonId person, CancellationToken cancel = default)
    {
        var suspension = (await OpenAsync(person, cancel)).Suspension?.Id;
        return suspension is not null && (await Objection.OfAsync(db, person, cancel)).FirstOrDefault(o => o.Hold == suspension) is { } objection
            ? new(objection, await ContentAsync(access, objection, cancel))
            : null;
    }

    private async Task<IReadOnlyList<ObjectionInWords>> ObjectionsOfAsync(Access access, PersonId person, CancellationToken cancel)
    {
        var objections = await Objection.OfAsync(db, person, cancel);
        if (objections.Count == 0)
        {
            return [];
        }
        var ciphers = (await db.QueryAsync<StoredContent>("SELECT c.objection_id, c.content FROM document_objection_content c JOIN document_objection o ON o.id = c.objection_id WHERE o.person_id = @person", new { person = person.Value }, cancel))
            .ToDictionary(c => c.ObjectionId, c => c.Content);
        var contents = await door.OpenManyAsync<ObjectionContent>(access, [.. objections.Select(o => (ContentOf(person, o.Id), ciphers[o.Id]))], cancel);
        return [.. objections.Select((o, i) => new ObjectionInWords(o, contents[i]))];
    }

    /// <summary>A suspension ends within the change: what was said against it is answered by that.</summary>
    private async Task AnswerObjectionAsync(Change change, PersonId person, Guid suspension, ObjectionState how, AccountId by, CancellationToken cancel)
    {
        if ((await Objection.OfAsync(db, person, cancel)).FirstOrDefault(o => o.Hold == suspension && o.State == ObjectionState.Open) is { } objection)
        {
            change.Heads.Add((objection with { State = how, DecidedAt = clock.Now(), DecidedBy = by }).Next());
        }
    }

    private Refusal? Unobjectionable(OpenHolds open, IReadOnlyList<Objection> before, HoldRules rule) =>
        open.Suspension is not { } suspension || clock.Today() > LastDay(suspension, rule) ? new Refusal(HoldRefusals.NothingToObject)
        : before.Any(o => o.Hold == suspension.Id) ? new Refusal(HoldRefusals.ObjectedAlready)
        : null;

    private static LocalDate LastDay(DocumentHold suspension, HoldRules rule) => suspension.BegunAt.DayInRiyadh().PlusDays(rule.ObjectionDays);

    private async Task<Refusal?> UndecidableAsync(Objection objection, AccountId by, PersonId self, CancellationToken cancel)
    {
        if (objection.State != ObjectionState.Open)
        {
            return new Refusal(HoldRefusals.ObjectionOver);
        }
        if (objection.Person == self)
        {
            return new Refusal(HoldRefusals.NotYourOwn);
        }
        var suspension = (await OpenAsync(objection.Person, cancel)).Suspension;
        return suspension?.Id != objection.Hold ? new Refusal(HoldRefusals.ObjectionOver)
            : suspension.BegunBy == by || (await Proposal.FindAsync(db, suspension.Proposal!.Value, cancel))?.ProposedBy == by ? new Refusal(HoldRefusals.HadPart)
            : null;
    }

    private async Task<ObjectionContent> ContentAsync(Access access, Objection objection, CancellationToken cancel)
    {
        var cipher = await db.FirstAsync<byte[]>("SELECT content FROM document_objection_content WHERE objection_id = @id", new { id = objection.Id }, cancel)
            ?? throw new InvalidOperationException($"Objection {objection.Id} has no words.");
        return await door.OpenAsync<ObjectionContent>(access, ContentOf(objection.Person, objection.Id), cipher, cancel);
    }

    private async Task PutContentAsync(Change change, PersonId person, Guid id, ObjectionContent content, CancellationToken cancel) =>
        change.Rows.Add(CredentialsTables.ObjectionWords.Put(id, await sealer.SealAsync(change, ContentOf(person, id), content, cancel)));

    private static SealContext ContentOf(PersonId person, Guid id) => new(person, RetentionClass.Case, "document_objection_content", id);

    private sealed record StoredContent(Guid ObjectionId, byte[] Content);
}
