using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Signatures;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Verifiers;

/// <summary>Why the register of verifiers does not do something.</summary>
public static class VerifierRefusals
{
    public const string Names = "verifier.names";
    public const string Grants = "verifier.grants";
    public const string Keys = "verifier.keys";
    public const string Budget = "verifier.budget";

    /// <summary>A key stands for one verifier, for good.</summary>
    public const string KeyTaken = "verifier.key_taken";
    public const string NoVerifier = "verifier.none";
    public const string NoKey = "verifier.no_key";
    public const string NoProposal = "verifier.no_proposal";
    public const string AnotherConfirms = "verifier.another_confirms";
    public const string Over = "verifier.over";
    public const string Expired = "verifier.proposal_expired";
    public const string Changed = "verifier.changed";
    public const string OperationReused = "verifier.operation_reused";
}

/// <summary>
/// Enters who may check IDs, and by which keys: one operator proposes, another confirms. Whoever can do both alone could let a program of his own ask about anybody, so the console of the machine only proposes.
/// </summary>
public sealed class VerifierRegistrar(Db db, VerifierBook book, Func<VerifierRules> rules, TimeProvider clock)
{
    private const string KeyClaim = "verifier.key";

    /// <summary>Characters of a name.</summary>
    public const int LongestName = 120;
    public const int MostKeys = 8;

    /// <summary>A verifier with its keys. Nothing counts until another operator confirms it.</summary>
    public async Task<BookAnswer> ProposeAsync(Actor by, Guid operation, VerifierApplication application, CancellationToken cancel = default)
    {
        var rule = rules();
        if (application.NameArabic.Trim() is not { Length: > 0 and <= LongestName } arabic || application.NameEnglish.Trim() is not { Length: > 0 and <= LongestName } english)
        {
            return Refused(VerifierRefusals.Names, ("most", LongestName));
        }
        if (application.Grants.Count == 0 || application.Grants.Any(g => !rule.Purposes.Contains(g.Purpose, StringComparer.Ordinal)))
        {
            return Refused(VerifierRefusals.Grants, ("purposes", string.Join(", ", rule.Purposes)));
        }
        var (perMinute, perDay) = (application.PerMinute ?? rule.PerMinute, application.PerDay ?? rule.PerDay);
        if (perMinute <= 0 || perDay <= 0)
        {
            return Refused(VerifierRefusals.Budget);
        }
        var proposed = new ProposedVerifier(application.Kind, arabic, english, application.Grants.ToHashSet(), perMinute, perDay);
        return await ProposeAsync(by, operation, null, proposed, application.Keys, cancel);
    }

    /// <summary>Further keys for a verifier, as when it changes its own.</summary>
    public async Task<BookAnswer> ProposeKeysAsync(Actor by, Guid operation, Guid verifier, IReadOnlyList<string> keys, CancellationToken cancel = default) =>
        book.Find(verifier) is { IsActive: true } ? await ProposeAsync(by, operation, verifier, null, keys, cancel) : Refused(VerifierRefusals.NoVerifier);

    /// <summary>The second operator's word: from now on the keys count.</summary>
    public async Task<BookAnswer> ConfirmAsync(Actor by, Guid operation, Guid id, CancellationToken cancel = default)
    {
        if (await VerifierProposal.FindAsync(db, id, cancel) is not { } proposal)
        {
            return Refused(VerifierRefusals.NoProposal);
        }
        var thumbprints = proposal.Keys.Select(k => k.Thumbprint).ToList();
        if (proposal.State == VerifierProposalState.Confirmed && proposal.DecidedBy == by)
        {
            return new BookAnswer.Done(proposal.Verifier, thumbprints, id);
        }
        if (proposal.ProposedBy == by || Over(proposal) is not null)
        {
            return Refused(Over(proposal) ?? VerifierRefusals.AnotherConfirms);
        }
        if (proposal.New is null && book.Find(proposal.Verifier) is not { IsActive: true })
        {
            return Refused(VerifierRefusals.NoVerifier);
        }
        var now = clock.Now();
        var change = new Change(book.Act(proposal.New is null ? "verifier.add_key" : "verifier.add", by, operation, proposal.Verifier, id.ToString()));
        if (proposal.New is { } v)
        {
            change.Heads.Add(CredentialsTables.RegisteredVerifier.Head(
                proposal.Verifier, 0, v.Kind.ToString().ToUpperInvariant(), v.NameArabic, v.NameEnglish, KeyLine.Active, VerifierProposal.TextOf(v.Grants), v.PerMinute, v.PerDay, now, null));
        }
        foreach (var key in proposal.Keys)
        {
            change.Claims.Add(new Claim(KeyClaim, SHA256.HashData(Encoding.ASCII.GetBytes(key.Thumbprint))));
            change.Heads.Add(CredentialsTables.VerifierKey.Head(Guid.CreateVersion7(clock.GetUtcNow()), 0, proposal.Verifier, key.Thumbprint, key.Algorithm, key.Bytes, KeyLine.Active, now, null));
        }
        change.Heads.Add((proposal with { State = VerifierProposalState.Confirmed, DecidedBy = by, DecidedAt = now }).Next());
        return await book.WriteAsync(change, proposal.Verifier, thumbprints, cancel, id);
    }

    /// <summary>It is not confirmed, or taken back: who proposed it may do that too.</summary>
    public async Task<BookAnswer> RejectAsync(Actor by, Guid operation, Guid id, CancellationToken cancel = default)
    {
        if (await VerifierProposal.FindAsync(db, id, cancel) is not { } proposal)
        {
            return Refused(VerifierRefusals.NoProposal);
        }
        if (proposal.State == VerifierProposalState.Rejected && proposal.DecidedBy == by)
        {
            return new BookAnswer.Done(proposal.Verifier, [], id);
        }
        if (Over(proposal) is { } over)
        {
            return Refused(over);
        }
        var change = new Change(book.Act("verifier.reject", by, operation, proposal.Verifier, id.ToString()));
        change.Heads.Add((proposal with { State = VerifierProposalState.Rejected, DecidedBy = by, DecidedAt = clock.Now() }).Next());
        return await book.WriteAsync(change, proposal.Verifier, [], cancel, id);
    }

    /// <summary>What waits for a second operator, oldest first.</summary>
    public Task<IReadOnlyList<VerifierProposal>> WaitingAsync(CancellationToken cancel = default) => VerifierProposal.OpenAsync(db, clock.Now(), cancel);

    private async Task<BookAnswer> ProposeAsync(Actor by, Guid operation, Guid? verifier, ProposedVerifier? proposed, IReadOnlyList<string> texts, CancellationToken cancel)
    {
        // A file of several keys counts as several.
        var read = texts.Select(PublicKeyText.ReadAll).ToList();
        var keys = read.SelectMany(k => k).DistinctBy(k => k.Thumbprint).ToList();
        if (read.Any(k => k.Count == 0) || keys.Count is 0 or > MostKeys)
        {
            return Refused(VerifierRefusals.Keys, ("most", MostKeys));
        }
        if (keys.Any(k => book.Key(k.Thumbprint) is not null))
        {
            return Refused(VerifierRefusals.KeyTaken);
        }
        // The same operation is the same proposal, whatever was decided about it since.
        var id = Names.IdOf($"verifier.proposal:{by.Kind}:{by.Id}:{operation}");
        var thumbprints = keys.ConvertAll(k => k.Thumbprint);
        var of = verifier ?? id;
        var change = new Change(book.Act("verifier.propose", by, operation, of, of.ToString(), proposed?.Kind.ToString() ?? "", proposed?.NameArabic ?? "", proposed?.NameEnglish ?? "",
            proposed is null ? "" : VerifierProposal.TextOf(proposed.Grants), string.Create(CultureInfo.InvariantCulture, $"{proposed?.PerMinute}/{proposed?.PerDay}"), string.Join(' ', thumbprints)));
        if (await VerifierProposal.FindAsync(db, id, cancel) is null)
        {
            var now = clock.Now();
            change.Heads.Add(new VerifierProposal(id, 0, of, proposed, keys, by, now, now + rules().ProposalLife, VerifierProposalState.Open, null, null).Next());
        }
        return await book.WriteAsync(change, of, thumbprints, cancel, id);
    }

    private string? Over(VerifierProposal proposal) =>
        proposal.State != VerifierProposalState.Open ? VerifierRefusals.Over
        : !proposal.IsOpenAt(clock.Now()) ? VerifierRefusals.Expired
        : null;

    private static BookAnswer.Refused Refused(string code, params ReadOnlySpan<(string Name, object? Value)> facts) => new(new Refusal(code, facts));
}
