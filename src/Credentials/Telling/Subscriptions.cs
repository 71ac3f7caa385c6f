using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Verifiers;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Telling;

/// <summary>How a verb about a subscription ended.</summary>
public abstract record SubscriptionAnswer
{
    private SubscriptionAnswer() { }

    public sealed record Done(Guid Subscription) : SubscriptionAnswer;

    public sealed record Refused(Refusal Refusal) : SubscriptionAnswer;

    /// <summary>There is none such, or it is somebody else's.</summary>
    public sealed record NotThere : SubscriptionAnswer;

    /// <summary>The operation id was used for something else.</summary>
    public sealed record OperationReused : SubscriptionAnswer;

    /// <summary>Nothing was written, or nobody knows yet: again under the same operation.</summary>
    public sealed record TryAgain(TimeSpan After) : SubscriptionAnswer;
}

/// <summary>A subscription as its holder reads it.</summary>
/// <param name="Verifier">Null: not known to this node yet.</param>
/// <param name="State">As of now.</param>
public sealed record HeldSubscription(Subscription Subscription, RegisteredVerifier? Verifier, SubscriptionState State);

/// <summary>
/// Consents to be told when an ID changes how it stands: asked for by a verifier to whom the holder has just shown the ID, given and taken back by the holder alone. Of each verifier, holder and purpose
/// one is open at most. A no is silent: the verifier cannot tell it from a request that nobody has read.
/// </summary>
public sealed class Subscriptions(Db db, BlindIndex blind, IWriter writer, TellHolder tell, VerifierBook book, Func<SubscriptionRules> rules, TimeProvider clock)
{
    /// <summary>Claimed with this kind: such a subscription is open already.</summary>
    public const string OpenClaim = "subscription.open";

    private const int Attempts = 10;
    private const int MostListed = 200;

    /// <summary>A verifier asks. One that is open already is answered again, whatever the holder said to it, and the holder is told once.</summary>
    /// <param name="person">Who showed the ID just now; the caller has made sure of it.</param>
    /// <param name="until">The last day of the consent that is asked for; no later than the policy allows.</param>
    public async Task<SubscriptionAnswer> AskAsync(RegisteredVerifier by, PersonId person, string purpose, LocalDate? until, CancellationToken cancel = default)
    {
        var (operation, rule) = (Guid.CreateVersion7(clock.GetUtcNow()), rules());
        for (var attempt = 1; ; attempt++)
        {
            var (now, today) = (clock.Now(), clock.Today());
            var former = await Subscription.OpenAsync(db, by.Id, person, purpose, cancel);
            if (former is not null && former.StateAt(now) != SubscriptionState.Ended)
            {
                return new SubscriptionAnswer.Done(former.Id);
            }
            var last = LocalDate.Min(until ?? LocalDate.MaxIsoValue, today.PlusDays(rule.MostDays));
            var asked = new Subscription(Guid.CreateVersion7(clock.GetUtcNow()), 0, by.Id, person, purpose, SubscriptionState.Pending, now, today.PlusDays(rule.AnswerDays).EndInRiyadh(), last.EndInRiyadh(), null, null, null, null, null, null);
            var change = new Change(ActOf("subscription.ask", by.Actor, operation, asked, rule));
            change.Heads.Add(asked.Next());
            if (former is not null)
            {
                // Its time is over; its claim passes on to this one. What was told of it is still to be told that it ended.
                change.Heads.Add(Over(former, former.State == SubscriptionState.Active ? SubscriptionEnds.Expired : SubscriptionEnds.Lapsed, now).Next());
            }
            else
            {
                change.Claims.Add(ClaimOf(asked));
            }
            await tell(change, person, "subscription_asked", ("name_ar", by.NameArabic), ("name_en", by.NameEnglish), ("purpose", purpose), ("until", asked.Until), ("by", asked.AnswerBy.DayInRiyadh().PlusDays(-1)));
            if (Final(await writer.WriteAsync(change, cancel: cancel), attempt, asked.Id) is { } answer)
            {
                return answer;
            }
        }
    }

    /// <summary>The holder consents, from now to the day that was asked for.</summary>
    public Task<SubscriptionAnswer> GrantAsync(Actor actor, PersonId person, Guid id, Guid operation, CancellationToken cancel = default) =>
        AnswerAsync("subscription.grant", actor, s => s.Person == person, id, operation, s => s.State == SubscriptionState.Active, (s, now) =>
            s.StateAt(now) != SubscriptionState.Pending ? (null, new Refusal(SubscriptionRefusals.Over))
            : book.Find(s.Verifier) is not { IsActive: true } verifier || !verifier.Grants.Contains(new Grant(VerifierOperation.Subscription, s.Purpose)) ? (null, new Refusal(SubscriptionRefusals.VerifierGone))
            : (s with { State = SubscriptionState.Active, AnsweredAt = now, LookAt = now }, null), cancel);

    /// <summary>The holder says no. Nobody is told.</summary>
    public Task<SubscriptionAnswer> DeclineAsync(Actor actor, PersonId person, Guid id, Guid operation, CancellationToken cancel = default) =>
        AnswerAsync("subscription.decline", actor, s => s.Person == person, id, operation, s => s.State == SubscriptionState.Declined, (s, now) =>
            s.StateAt(now) == SubscriptionState.Pending ? (s with { State = SubscriptionState.Declined, AnsweredAt = now }, null) : (null, new Refusal(SubscriptionRefusals.Over)), cancel);

    /// <summary>The holder takes the consent back: from this act on nothing more is told but that it ended.</summary>
    public Task<SubscriptionAnswer> WithdrawAsync(Actor actor, PersonId person, Guid id, Guid operation, CancellationToken cancel = default) =>
        AnswerAsync("subscription.withdraw", actor, s => s.Person == person, id, operation, s => s.State == SubscriptionState.Ended && s.AnsweredAt is not null, (s, now) =>
            s.State == SubscriptionState.Active ? (Over(s, SubscriptionEnds.Holder, now), null) : (null, new Refusal(SubscriptionRefusals.Over)), cancel);

    /// <summary>The verifier needs it no more, whatever the holder said to it.</summary>
    public Task<SubscriptionAnswer> StopAsync(RegisteredVerifier by, Guid id, CancellationToken cancel = default) =>
        AnswerAsync("subscription.stop", by.Actor, s => s.Verifier == by.Id, id, Guid.CreateVersion7(clock.GetUtcNow()), s => s.State == SubscriptionState.Ended, (s, now) => (Over(s, SubscriptionEnds.Done, now), null), cancel);

    /// <summary>A holder's, newest first.</summary>
    public async Task<IReadOnlyList<HeldSubscription>> OfAsync(PersonId person, CancellationToken cancel = default)
    {
        var now = clock.Now();
        return [.. (await Subscription.OfAsync(db, person, MostListed, cancel)).Select(s => new HeldSubscription(s, book.Find(s.Verifier), s.StateAt(now)))];
    }

    /// <summary>One of a holder's own; null: there is none such.</summary>
    public async Task<HeldSubscription?> FindAsync(PersonId person, Guid id, CancellationToken cancel = default) =>
        await Subscription.FindAsync(db, id, cancel) is { } found && found.Person == person ? new HeldSubscription(found, book.Find(found.Verifier), found.StateAt(clock.Now())) : null;

    /// <summary>How one of a verifier's own stands, as it may know it: a no looks like no answer. Null: it has none such.</summary>
    public async Task<SubscriptionState?> StateAsync(RegisteredVerifier by, Guid id, CancellationToken cancel = default)
    {
        if (await Subscription.FindAsync(db, id, cancel) is not { } found || found.Verifier != by.Id)
        {
            return null;
        }
        var state = found.StateAt(clock.Now());
        return state == SubscriptionState.Declined ? SubscriptionState.Pending : state;
    }

    /// <summary>Ended, and to be looked at once more when there is somebody to be told so.</summary>
    internal static Subscription Over(Subscription s, string reason, Instant now) => s with { State = SubscriptionState.Ended, EndedAt = now, EndReason = reason, LookAt = s.Word is null ? null : now };

    internal Claim ClaimOf(Subscription s) => new(OpenClaim, blind.Of("subscription_open", $"{s.Verifier}:{s.Person}:{s.Purpose}"));

    private async Task<SubscriptionAnswer> AnswerAsync(
        string verb, Actor actor, Func<Subscription, bool> isTheirs, Guid id, Guid operation, Func<Subscription, bool> isDone, Func<Subscription, Instant, (Subscription? Next, Refusal? No)> answer, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await Subscription.FindAsync(db, id, cancel) is not { } found || !isTheirs(found))
            {
                return new SubscriptionAnswer.NotThere();
            }
            if (isDone(found))
            {
                return new SubscriptionAnswer.Done(id);
            }
            var (next, no) = answer(found, clock.Now());
            if (next is null)
            {
                return new SubscriptionAnswer.Refused(no!);
            }
            var change = new Change(ActOf(verb, actor, operation, found, rules()));
            change.Heads.Add(next.Next());
            if (next.State == SubscriptionState.Ended)
            {
                change.Releases.Add(ClaimOf(next));
            }
            if (Final(await writer.WriteAsync(change, cancel: cancel), attempt, id) is { } final)
            {
                return final;
            }
        }
    }

    private Act ActOf(string verb, Actor actor, Guid operation, Subscription s, SubscriptionRules rule) => new(ActId.New(clock), verb, actor, operation, Digest.Of((string?[])[verb, s.Id.ToString()]), clock.Now())
    {
        Person = s.Person,
        Reason = s.Purpose,
        Answer = s.Id.ToString(),
        Rules = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"policies {rule.Version}"),
    };

    /// <summary>The answer, or null when a race was lost that is worth another look.</summary>
    private static SubscriptionAnswer? Final(WriteOutcome outcome, int attempt, Guid id) => outcome switch
    {
        WriteOutcome.Done => new SubscriptionAnswer.Done(id),
        WriteOutcome.Replayed replayed => new SubscriptionAnswer.Done(replayed.Answer is { } answer ? Guid.Parse(answer) : id),
        WriteOutcome.Conflict or WriteOutcome.Claimed when attempt < Attempts => null,
        WriteOutcome.Conflict or WriteOutcome.Claimed => new SubscriptionAnswer.TryAgain(TimeSpan.FromSeconds(1)),
        WriteOutcome.OperationReused => new SubscriptionAnswer.OperationReused(),
        WriteOutcome.Busy busy => new SubscriptionAnswer.TryAgain(busy.RetryAfter),
        WriteOutcome.InDoubt => new SubscriptionAnswer.TryAgain(TimeSpan.FromSeconds(2)),
        _ => throw new InvalidOperationException($"A subscription ended unexpectedly: {outcome.GetType().Name}."),
    };
}
