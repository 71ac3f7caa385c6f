using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Policies;

/// <summary>Why a rule is not changed.</summary>
public static class PolicyRefusals
{
    public const string NoCode = "policy.no_code";
    public const string NotJson = "policy.not_json";

    /// <summary>A number in the place of a truth value, or one below zero.</summary>
    public const string OtherKind = "policy.other_kind";

    /// <summary>The part that reads it could not.</summary>
    public const string NotReadable = "policy.not_readable";
    public const string Past = "policy.past";
    public const string Order = "policy.order";
    public const string Source = "policy.source";
    public const string Same = "policy.same";
    public const string NoProposal = "policy.no_proposal";
    public const string AnotherConfirms = "policy.another_confirms";
    public const string Over = "policy.over";
    public const string Expired = "policy.proposal_expired";
    public const string Changed = "policy.changed";
    public const string OperationReused = "policy.operation_reused";
}

public abstract record PolicyAnswer
{
    private PolicyAnswer() { }

    /// <param name="Version">Of the rules, when the proposal came into force.</param>
    public sealed record Done(Guid Proposal, long? Version = null) : PolicyAnswer;

    public sealed record Refused(Refusal Refusal) : PolicyAnswer;

    /// <summary>Nothing was written, or nobody knows yet: again under the same operation.</summary>
    public sealed record TryAgain(TimeSpan After) : PolicyAnswer;
}

/// <summary>
/// Changes the rules without a new release: one operator proposes what a decree says, another confirms it, and a version of all rules is published. Whoever could do both alone could lower a fee for a friend's application and
/// raise it again. Every decision names the version under which it was made, and versions stay.
/// </summary>
public sealed class PolicyDesk(Db db, IWriter writer, PolicyBook book, IEnumerable<PolicyForm> forms, TimeProvider clock)
{
    /// <summary>Characters of the source and of the note.</summary>
    public const int LongestText = 400;

    /// <summary>Characters of a value.</summary>
    public const int LongestValue = 64 * 1024;

    private readonly IReadOnlyList<PolicyForm> _forms = [.. forms];

    /// <summary>Nothing of it counts until another confirms it.</summary>
    /// <param name="seen">Digest of the code's rows that the author saw; null: those of now.</param>
    public async Task<PolicyAnswer> ProposeAsync(Actor by, Guid operation, PolicyChange change, string? seen = null, CancellationToken cancel = default)
    {
        change = change with { Code = change.Code.Trim(), Value = change.Value.Trim(), Source = change.Source.Trim(), Note = change.Note?.Trim() is { Length: > 0 } note ? note : null };
        await book.LoadAsync(cancel);
        IReadOnlyList<PolicyRow> rows = [.. book.Current.Rows];
        // The same operation is the same proposal, whatever was decided about it since.
        var id = Names.IdOf($"policy.proposal:{by.Kind}:{by.Id}:{operation}");
        var written = new Change(Act("policy.propose", by, operation, id, change.Code, Iso(change.From), change.To is { } to ? Iso(to) : "", change.Value, change.Source, change.Note ?? ""));
        if (await PolicyProposal.FindAsync(db, id, cancel) is null)
        {
            var basis = PolicyBook.DigestOf(PolicyChange.RowsOf(change.Code, rows));
            if (seen is not null && seen != basis)
            {
                return Refused(PolicyRefusals.Changed);
            }
            if (Refuse(change, rows) is { } refusal)
            {
                return new PolicyAnswer.Refused(refusal);
            }
            var now = clock.Now();
            written.Heads.Add(new PolicyProposal(id, 0, change, basis, by, now, now + Life(), PolicyProposalState.Open, null, null, null).Next());
        }
        return await WriteAsync(written, id, null, cancel);
    }

    /// <summary>The second operator's word: a version of the rules with the change in it.</summary>
    public async Task<PolicyAnswer> ConfirmAsync(Actor by, Guid operation, Guid id, CancellationToken cancel = default)
    {
        if (await PolicyProposal.FindAsync(db, id, cancel) is not { } proposal)
        {
            return Refused(PolicyRefusals.NoProposal);
        }
        if (proposal.State == PolicyProposalState.Confirmed && proposal.DecidedBy == by)
        {
            await book.LoadAsync(cancel);
            return new PolicyAnswer.Done(id, proposal.Published);
        }
        if (proposal.ProposedBy == by || Over(proposal) is not null)
        {
            return Refused(Over(proposal) ?? PolicyRefusals.AnotherConfirms);
        }
        await book.LoadAsync(cancel);
        // Of one snapshot: rows of one version under the number of a later one would take that one's change away.
        var current = book.Current;
        IReadOnlyList<PolicyRow> rows = [.. current.Rows];
        if (PolicyBook.DigestOf(PolicyChange.RowsOf(proposal.Change.Code, rows)) != proposal.Basis)
        {
            return Refused(PolicyRefusals.Changed);
        }
        if (Refuse(proposal.Change, rows) is { } refusal)
        {
            return new PolicyAnswer.Refused(refusal);
        }
        var (version, now) = (current.Version + 1, clock.Now());
        var written = new Change(Act("policy.publish", by, operation, id, version.ToString(CultureInfo.InvariantCulture)));
        PolicyBook.Publish(written, version, proposal.Change.In(rows), PolicyBook.OperatorOrigin, now);
        written.Heads.Add((proposal with { State = PolicyProposalState.Confirmed, DecidedBy = by, DecidedAt = now, Published = version }).Next());
        return await WriteAsync(written, id, version, cancel);
    }

    /// <summary>It is not confirmed, or taken back: who proposed it may do that too.</summary>
    public async Task<PolicyAnswer> RejectAsync(Actor by, Guid operation, Guid id, CancellationToken cancel = default)
    {
        if (await PolicyProposal.FindAsync(db, id, cancel) is not { } proposal)
        {
            return Refused(PolicyRefusals.NoProposal);
        }
        if (proposal.State == PolicyProposalState.Rejected && proposal.DecidedBy == by)
        {
            return new PolicyAnswer.Done(id);
        }
        if (Over(proposal) is { } over)
        {
            return Refused(over);
        }
        var written = new Change(Act("policy.reject", by, operation, id));
        written.Heads.Add((proposal with { State = PolicyProposalState.Rejected, DecidedBy = by, DecidedAt = clock.Now() }).Next());
        return await WriteAsync(written, id, null, cancel);
    }

    /// <summary>What waits for a second operator, oldest first.</summary>
    public Task<IReadOnlyList<PolicyProposal>> WaitingAsync(CancellationToken cancel = default) => PolicyProposal.OpenAsync(db, clock.Now(), cancel);

    private Refusal? Refuse(PolicyChange change, IReadOnlyList<PolicyRow> rows)
    {
        var before = PolicyChange.RowsOf(change.Code, rows);
        if (before.Count == 0 || change.Code == PolicyBook.Fees)
        {
            return new(PolicyRefusals.NoCode);
        }
        if (change.From < clock.Today())
        {
            return new(PolicyRefusals.Past, ("day", clock.Today()));
        }
        if (change.To <= change.From)
        {
            return new(PolicyRefusals.Order);
        }
        if (change.Source.Length is 0 or > LongestText || change.Note?.Length > LongestText)
        {
            return new(PolicyRefusals.Source, ("most", LongestText));
        }
        IReadOnlyList<PolicyRow> after;
        bool same;
        try
        {
            after = change.Value.Length > LongestValue ? throw new JsonException("Too long.") : change.In(rows);
            same = before.Any(r => r.InForce(change.From) && r.To == change.To && Alike(r.Value, change.Value));
        }
        // The other one: half a surrogate pair, written with an escape, is JSON and no text.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new(PolicyRefusals.NotJson);
        }
        if (same)
        {
            return new(PolicyRefusals.Same);
        }
        return PolicyForm.Check(change.IsFee ? PolicyBook.Fees : change.Code, after, rows, _forms);
    }

    private static bool Alike(string one, string other) => JsonNode.DeepEquals(PolicyPart.Read(one), PolicyPart.Read(other));

    private Duration Life() => Duration.FromHours(book.Current.Get<int>("policy.proposal_hours", clock.Today()));

    private string? Over(PolicyProposal proposal) =>
        proposal.State != PolicyProposalState.Open ? PolicyRefusals.Over
        : !proposal.IsOpenAt(clock.Now()) ? PolicyRefusals.Expired
        : null;

    private Act Act(string verb, Actor by, Guid operation, Guid proposal, params ReadOnlySpan<string> parts) =>
        new(ActId.New(clock), verb, by, operation, Digest.Of((string?[])[verb, proposal.ToString(), .. parts]), clock.Now()) { Answer = proposal.ToString() };

    private async Task<PolicyAnswer> WriteAsync(Change change, Guid proposal, long? version, CancellationToken cancel)
    {
        switch (await writer.WriteAsync(change, cancel: cancel))
        {
            case WriteOutcome.Done or WriteOutcome.Replayed:
                await book.LoadAsync(cancel);
                return new PolicyAnswer.Done(proposal, version);
            // Another change was published in the same moment: this one was laid over rules that are no longer the newest.
            case WriteOutcome.Conflict or WriteOutcome.Claimed:
                return Refused(PolicyRefusals.Changed);
            case WriteOutcome.OperationReused:
                return Refused(PolicyRefusals.OperationReused);
            case WriteOutcome.Busy busy:
                return new PolicyAnswer.TryAgain(busy.RetryAfter);
            case WriteOutcome.InDoubt:
                return new PolicyAnswer.TryAgain(TimeSpan.FromSeconds(2));
            case var other:
                throw new InvalidOperationException($"A change of the rules ended unexpectedly: {other.GetType().Name}.");
        }
    }

    private static PolicyAnswer.Refused Refused(string code) => new(new Refusal(code));

    private static string Iso(LocalDate day) => NodaTime.Text.LocalDatePattern.Iso.Format(day);
}
