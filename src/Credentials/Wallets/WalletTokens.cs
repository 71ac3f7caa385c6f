using System.Security.Cryptography;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Wallets;

/// <summary>An offer as it is served to whoever has its address.</summary>
public sealed record ServedOffer(string Code, IReadOnlyList<FormKind> Forms, bool AsksTxCode);

/// <summary>How a request for a token ended.</summary>
public abstract record TokenAnswer
{
    private TokenAnswer() { }

    /// <param name="Access">For <see cref="WalletIssuing"/>.</param>
    /// <param name="Refresh">Takes the place of the one before it.</param>
    public sealed record Granted(string Access, Duration Life, string Refresh) : TokenAnswer;

    /// <summary>No such code, or it is over, or the six digits are wrong: which of these is not said.</summary>
    public sealed record Invalid : TokenAnswer;

    /// <summary>The six digits are missing, or were sent where none are asked for.</summary>
    public sealed record Malformed : TokenAnswer;

    public sealed record TryAgain(TimeSpan After) : TokenAnswer;
}

/// <summary>The codes and tokens of wallet apps (OAuth 2.0, OpenID4VCI 1.0 sections 4 and 6): random, kept as hashes, short-lived but for the one that renews.</summary>
public sealed class WalletTokens(Db db, Documents documents, StandingOf standingOf, BlindIndex blind, IWriter writer, Func<WalletRules> rules, TimeProvider clock)
{
    internal const string AccessKind = "ACCESS", RefreshKind = "REFRESH";

    private const int Attempts = 10;
    private const int ForgottenAtOnce = 500;

    /// <summary>The offer at an address; null when there is none that can still be taken.</summary>
    public async Task<ServedOffer?> OfferAsync(string secret, CancellationToken cancel = default) =>
        WalletSecret.Hash(secret) is not null && await WalletOffer.OfSecretAsync(db, secret, cancel) is { } offer && offer.IsOpen(clock.Now())
            ? new(WalletOffer.CodeOf(secret), offer.Forms, offer.TxCode is not null)
            : null;

    /// <summary>Redeems a pre-authorized code, once. A try of the digits is counted before they are looked at, so that many at once are no more than many.</summary>
    /// <param name="client">As the app calls itself; it need not.</param>
    public async Task<TokenAnswer> RedeemAsync(string code, string? txCode, string? client, CancellationToken cancel = default)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var (now, rule) = (clock.Now(), rules());
            if (await WalletOffer.OfCodeAsync(db, code, cancel) is not { } offer || !offer.IsOpen(now))
            {
                return new TokenAnswer.Invalid();
            }
            if ((txCode is null) != (offer.TxCode is null))
            {
                return new TokenAnswer.Malformed();
            }
            if (offer.TxCode is { } mark)
            {
                if (offer.Tries >= rule.Tries)
                {
                    return new TokenAnswer.Invalid();
                }
                var tried = offer with { Tries = offer.Tries + 1 };
                switch (await writer.WriteAsync(new Change(null) { Heads = { tried.Next() } }, cancel: cancel))
                {
                    case WriteOutcome.Done:
                        break;
                    case WriteOutcome.Conflict:
                        continue;
                    case var other:
                        return Later(other);
                }
                offer = tried with { RowVersion = offer.RowVersion + 1 };
                if (!CryptographicOperations.FixedTimeEquals(mark, MarkOf(blind, offer.Id, txCode!)))
                {
                    return new TokenAnswer.Invalid();
                }
            }
            if (!await IsInForceAsync(offer.Person, offer.Document, cancel))
            {
                return new TokenAnswer.Invalid();
            }
            var wallet = new HeldWallet(Guid.CreateVersion7(clock.GetUtcNow()), 0, offer.Person, offer.Account, offer.Document, offer.Way, client, now, null, null, null, null);
            var change = new Change(ActOf("wallet.add", wallet, offer.Id, rule));
            change.Heads.Add((offer with { State = WalletOffer.Used }).Next());
            change.Heads.Add(wallet.Next());
            var granted = Grant(change, wallet, rule, now);
            switch (await writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done:
                    return granted;
                case WriteOutcome.Conflict:
                    continue;
                // Once: the same offer is the same operation.
                case WriteOutcome.Replayed:
                    return new TokenAnswer.Invalid();
                case var other:
                    return Later(other);
            }
        }
        return new TokenAnswer.TryAgain(TimeSpan.FromSeconds(1));
    }

    /// <summary>
    /// The next tokens of an app, as long as it was not removed, the version of the ID is the one that it was given, and the residence has not ended. The token that was shown counts until its successor is
    /// used: an answer that was lost on the way does not cost the holder the app.
    /// </summary>
    public async Task<TokenAnswer> RefreshAsync(string token, CancellationToken cancel = default)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var (now, rule) = (clock.Now(), rules());
            if (WalletSecret.Hash(token) is not { } hash || await HeldWallet.OfTokenAsync(db, hash, RefreshKind, now, cancel) is not { } wallet || !await IsInForceAsync(wallet.Person, wallet.Document, cancel))
            {
                return new TokenAnswer.Invalid();
            }
            var change = new Change(ActOf("wallet.refresh", wallet, Guid.CreateVersion7(clock.GetUtcNow()), rule));
            change.Heads.Add(wallet.Next());
            // What came before the one that was shown, and what came after it and never arrived.
            foreach (var other in await db.QueryAsync<byte[]>(
                "SELECT hash FROM wallet_token WHERE wallet_id = @wallet AND kind = 'REFRESH' AND hash <> @hash", new { wallet = wallet.Id, hash }, cancel))
            {
                change.Rows.Add(CredentialsTables.WalletToken.Delete(other));
            }
            var granted = Grant(change, wallet, rule, now);
            switch (await writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done:
                    return granted;
                case WriteOutcome.Conflict:
                    continue;
                case var other:
                    return Later(other);
            }
        }
        return new TokenAnswer.TryAgain(TimeSpan.FromSeconds(1));
    }

    /// <summary>Whose access token this is; null: nobody's, or it is over, or the ID is no longer the one for which it was given.</summary>
    public async Task<HeldWallet?> OfAccessAsync(string token, CancellationToken cancel = default) =>
        WalletSecret.Hash(token) is { } hash && await HeldWallet.OfTokenAsync(db, hash, AccessKind, clock.Now(), cancel) is { } wallet && await IsInForceAsync(wallet.Person, wallet.Document, cancel) ? wallet : null;

    /// <summary>Deletes what is over. Returns how many.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancel = default)
    {
        var now = clock.Now();
        // A day longer than they can be taken: the offers of the last hour are counted.
        var offers = await db.QueryAsync<Guid>("SELECT id FROM wallet_offer WHERE expires_at < @before ORDER BY expires_at LIMIT @most", new { before = now - Duration.FromDays(1), most = ForgottenAtOnce }, cancel);
        var tokens = await db.QueryAsync<byte[]>("SELECT hash FROM wallet_token WHERE expires_at < @now ORDER BY expires_at LIMIT @most", new { now, most = ForgottenAtOnce }, cancel);
        var change = new Change(null);
        change.Rows.AddRange(offers.Select(id => CredentialsTables.WalletOffer.Delete(id)));
        change.Rows.AddRange(tokens.Select(hash => CredentialsTables.WalletToken.Delete(hash)));
        return change.Rows.Count > 0 && await writer.WriteAsync(change, WriteClass.Bulk, cancel) is not WriteOutcome.Done and var outcome
            ? throw new NotWrittenException("Offers and tokens that are over were not deleted.", outcome)
            : change.Rows.Count;
    }

    /// <summary>By which the six digits are known again; bound to their offer, under a key of ours, because there are only a million.</summary>
    internal static byte[] MarkOf(BlindIndex blind, Guid offer, string txCode) => blind.Of("wallet_tx_code", $"{offer}:{txCode}");

    private static TokenAnswer.Granted Grant(Change change, HeldWallet wallet, WalletRules rule, Instant now)
    {
        var (access, refresh) = (WalletSecret.New(), WalletSecret.New());
        change.Rows.Add(CredentialsTables.WalletToken.Insert(WalletSecret.Hash(access), wallet.Id, AccessKind, now + rule.AccessLife));
        change.Rows.Add(CredentialsTables.WalletToken.Insert(WalletSecret.Hash(refresh), wallet.Id, RefreshKind, now + rule.RefreshLife));
        return new(access, rule.AccessLife, refresh);
    }

    /// <summary>The version of the ID is the live one, and the residence has not ended for good. One that expired can be renewed, and a held one released.</summary>
    private async Task<bool> IsInForceAsync(PersonId person, Guid document, CancellationToken cancel) =>
        await documents.LiveAsync(person, cancel) is { } live && live.Id == document && live.LiveOn(clock.Today())
        && await standingOf(person, cancel) is { Residence: not (ResidenceStanding.Ended or ResidenceStanding.Revoked) };

    private Act ActOf(string verb, HeldWallet wallet, Guid operation, WalletRules rule) => new(ActId.New(clock), verb, Actor.Resident(wallet.Account), operation, Digest.Of(verb, wallet.Document.ToString()), clock.Now())
    {
        Person = wallet.Person,
        Reason = HeldWallet.WordOf(wallet.Way),
        Answer = wallet.Id.ToString(),
        Rules = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"policies {rule.Version}"),
    };

    private static TokenAnswer Later(WriteOutcome outcome) => new TokenAnswer.TryAgain(outcome is WriteOutcome.Busy busy ? busy.RetryAfter : TimeSpan.FromSeconds(2));
}
