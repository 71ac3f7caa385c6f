using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Wallets;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Holding;

/// <summary>Puts a notice into the holder's inbox, within the change it is about. Registered by the host, because the inbox is no part of this project.</summary>
/// <param name="kind">The text is <c>notice.&lt;kind&gt;</c>.</param>
public delegate Task TellHolder(Change change, PersonId person, string kind, params (string Name, object? Value)[] arguments);

/// <summary>How a verb about a hold ended.</summary>
public abstract record HoldAnswer
{
    private HoldAnswer() { }

    /// <param name="Proposal">The proposal or the objection it was about, where there is one.</param>
    public sealed record Done(Guid? Proposal = null) : HoldAnswer;

    public sealed record Refused(Refusal Refusal) : HoldAnswer;

    public sealed record NotThere : HoldAnswer;

    /// <summary>The operation id was used for something else.</summary>
    public sealed record OperationReused : HoldAnswer;

    /// <summary>Nothing was written, or nobody knows yet: again under the same operation.</summary>
    public sealed record TryAgain(TimeSpan After) : HoldAnswer;
}

/// <summary>
/// Times in which an ID does not count. The holder freezes and unfreezes alone; the authority suspends, lifts and revokes with two officers (<see cref="ProposeAsync"/>, <see cref="ConfirmAsync"/>).
/// A hold is the person's, so it outlasts the version on which it began. Whatever it changes moves the document's head too: no credential can be promised beside it.
/// </summary>
public sealed partial class Holds(
    Db db, Documents documents, Sealer sealer, ReadDoor door, BlindIndex blind, IWriter writer, TellHolder tell, Func<HoldRules> rules, TimeProvider clock)
{
    /// <summary>Claimed with this kind: a hold of that kind is open already.</summary>
    public const string HoldClaim = "document.hold";

    /// <summary>A race is lost to another act on the same ID that went through: so many are no coincidence. Many, because a freeze must not be kept off by somebody who asks for credentials all the while.</summary>
    private const int Attempts = 40;

    /// <summary>What holds a person's ID now.</summary>
    public ValueTask<OpenHolds> OpenAsync(PersonId person, CancellationToken cancel = default) => OpenHolds.OfAsync(db, person, cancel);

    /// <summary>For which coded reason the person's last ID was revoked; null when none was.</summary>
    public async Task<string?> RevokedForAsync(PersonId person, CancellationToken cancel = default) =>
        (await Proposal.OfAsync(db, person, cancel)).FirstOrDefault(p => p is { Act: ProposedAct.Revoke, State: ProposalState.Confirmed })?.Reason;

    /// <summary>The holder freezes the ID, at once. Frozen already is done already.</summary>
    public async Task<HoldAnswer> FreezeAsync(Actor actor, AccountId by, PersonId person, Guid operation, CancellationToken cancel = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await documents.LiveAsync(person, cancel) is not { } live)
            {
                return new HoldAnswer.NotThere();
            }
            var open = await OpenAsync(person, cancel);
            if (open.Freeze is not null)
            {
                return new HoldAnswer.Done();
            }
            var change = new Change(ActOf("document.freeze", actor, operation, person, HoldReasons.Holder));
            await BeginAsync(change, live, open, HoldKind.Frozen, HoldReasons.Holder, by, null, cancel);
            await tell(change, person, "id_frozen");
            if (Final(await writer.WriteAsync(change, cancel: cancel), attempt, null) is { } answer)
            {
                return answer;
            }
        }
    }

    /// <summary>The holder ends the freeze. The caller has made sure that it is the holder: password and second factor just given.</summary>
    public async Task<HoldAnswer> UnfreezeAsync(Actor actor, AccountId by, PersonId person, Guid operation, CancellationToken cancel = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var open = await OpenAsync(person, cancel);
            if (open.Freeze is not { } freeze)
            {
                return new HoldAnswer.Done();
            }
            var change = new Change(ActOf("document.unfreeze", actor, operation, person, HoldReasons.Holder));
            await EndAsync(change, open, freeze, HoldReasons.Holder, by, null, cancel);
            await tell(change, person, "id_unfrozen");
            if (Final(await writer.WriteAsync(change, cancel: cancel), attempt, null) is { } answer)
            {
                return answer;
            }
        }
    }

    private async Task BeginAsync(Change change, DocumentVersion live, OpenHolds open, HoldKind kind, string reason, AccountId by, Guid? proposal, CancellationToken cancel)
    {
        var hold = new DocumentHold(Guid.CreateVersion7(clock.GetUtcNow()), 0, live.Person, live.Id, kind, reason, clock.Now(), by, proposal, null, null, null, null);
        change.Claims.Add(ClaimOf(live.Person, kind));
        change.Heads.Add(hold.Next());
        Documents.Touch(change, live);
        await MarkAsync(change, live.Person, kind == HoldKind.Suspended ? open with { Suspension = hold } : open with { Freeze = hold }, cancel);
    }

    private async Task EndAsync(Change change, OpenHolds open, DocumentHold hold, string reason, AccountId by, Guid? proposal, CancellationToken cancel)
    {
        Close(change, hold, reason, by, proposal);
        if (await documents.LiveAsync(hold.Person, cancel) is { } live)
        {
            Documents.Touch(change, live);
        }
        await MarkAsync(change, hold.Person, hold.Kind == HoldKind.Suspended ? open with { Suspension = null } : open with { Freeze = null }, cancel);
        // A version that came meanwhile could not be fetched.
        await NationalWallet.SettleAfterAsync(db, change, hold.Person, clock, cancel);
    }

    private void Close(Change change, DocumentHold hold, string reason, AccountId by, Guid? proposal)
    {
        change.Heads.Add((hold with { EndedAt = clock.Now(), EndedBy = by, EndReason = reason, EndProposal = proposal }).Next());
        change.Releases.Add(ClaimOf(hold.Person, hold.Kind));
    }

    private Task MarkAsync(Change change, PersonId person, OpenHolds open, CancellationToken cancel) =>
        IssuedForms.MarkAsync(db, change, person, open.Suspension?.BegunAt, open.Freeze?.BegunAt, clock, cancel);

    private Claim ClaimOf(PersonId person, HoldKind kind) => new(HoldClaim, blind.Of("document_hold", $"{kind}:{person}"));

    private Act ActOf(string verb, Actor actor, Guid operation, PersonId person, string? reason, params ReadOnlySpan<string?> request) =>
        new(ActId.New(clock), verb, actor, operation, Digest.Of([verb, .. request]), clock.Now()) { Person = person, Reason = reason };

    /// <summary>The answer, or null when a race was lost that is worth another look.</summary>
    private static HoldAnswer? Final(WriteOutcome outcome, int attempt, Guid? proposal) => outcome switch
    {
        WriteOutcome.Done => new HoldAnswer.Done(proposal),
        WriteOutcome.Replayed replayed => new HoldAnswer.Done(replayed.Answer is { } answer ? Guid.Parse(answer) : proposal),
        WriteOutcome.Conflict or WriteOutcome.Claimed when attempt < Attempts => null,
        WriteOutcome.Conflict or WriteOutcome.Claimed => new HoldAnswer.Refused(new Refusal(HoldRefusals.Changed)),
        WriteOutcome.OperationReused => new HoldAnswer.OperationReused(),
        WriteOutcome.Busy busy => new HoldAnswer.TryAgain(busy.RetryAfter),
        WriteOutcome.InDoubt => new HoldAnswer.TryAgain(TimeSpan.FromSeconds(2)),
        _ => throw new InvalidOperationException($"A hold ended unexpectedly: {outcome.GetType().Name}."),
    };
}
