using System.Security.Cryptography;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Wallets;

/// <summary>What the holder shows the app. Neither part is stored: shown once, in the answer.</summary>
/// <param name="Link">With the scheme of the standard; the text of the picture too.</param>
/// <param name="TxCode">Six digits that the app asks for; they are not in the link.</param>
public sealed record MadeOffer(Guid Id, string Link, string TxCode, Instant Until);

/// <summary>How a verb of the holder ended.</summary>
public abstract record WalletAnswer
{
    private WalletAnswer() { }

    public sealed record Offered(MadeOffer Offer) : WalletAnswer;

    public sealed record Done : WalletAnswer;

    public sealed record Refused(Refusal Refusal) : WalletAnswer;

    /// <summary>There is none such, or it is somebody else's.</summary>
    public sealed record NotThere : WalletAnswer;

    public sealed record TryAgain(TimeSpan After) : WalletAnswer;
}

/// <summary>An app as its holder reads it.</summary>
/// <param name="Counts">Whether what it holds can count: not removed, and of the version of the ID that is in force.</param>
public sealed record WalletLine(HeldWallet Wallet, IReadOnlyList<FormKind> Forms, bool Counts);

/// <summary>The ID in wallet apps, as the holder rules over it: offered, listed, taken out again.</summary>
public sealed class HolderWallets(
    Db db, Documents documents, StandingOf standingOf, BlindIndex blind, IWriter writer, Func<WalletRules> rules, TimeProvider clock, string origin)
{
    private const int Attempts = 10;

    /// <summary>Makes an offer; one that was open is over. The caller has made sure that it is the holder: password and second factor just given.</summary>
    /// <param name="access">Names the person: which forms are possible depends on the document.</param>
    public async Task<WalletAnswer> OfferAsync(Access access, Actor actor, AccountId account, PersonId person, CancellationToken cancel = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (now, rule) = (clock.Now(), rules());
            if (await documents.LiveAsync(person, cancel) is not { } document || !document.LiveOn(clock.Today()) || await standingOf(person, cancel) is not { Residence: ResidenceStanding.Active })
            {
                return new WalletAnswer.Refused(new Refusal(WalletRefusals.NoId));
            }
            if ((await OpenHolds.OfAsync(db, person, cancel)).Gravest is { } held)
            {
                return new WalletAnswer.Refused(new Refusal(held == HoldKind.Suspended ? HoldRefusals.Suspended : HoldRefusals.Frozen));
            }
            if (await db.SingleAsync<long>("SELECT count(*) FROM wallet_offer WHERE person_id = @person AND way = 'code' AND made_at > @since", new { person = person.Value, since = now - Duration.FromHours(1) }, cancel) >= rule.OffersPerHour)
            {
                return new WalletAnswer.Refused(new Refusal(WalletRefusals.TooOften));
            }
            if ((await HeldWallet.OfAsync(db, person, cancel)).Count(w => w.IsActive && w.Document == document.Id) >= rule.Most)
            {
                return new WalletAnswer.Refused(new Refusal(WalletRefusals.TooMany));
            }
            var possible = FormsOf(await documents.OpenAsync(access, document, cancel));
            var (id, secret) = (Guid.CreateVersion7(clock.GetUtcNow()), WalletSecret.New());
            var txCode = RandomNumberGenerator.GetString("0123456789", WalletOffer.TxCodeLength);
            var offer = new WalletOffer(id, 0, person, account, document.Id, WalletWay.Code, possible, WalletSecret.Hash(WalletOffer.CodeOf(secret))!, WalletTokens.MarkOf(blind, id, txCode), 0, WalletOffer.Open, now, now + rule.OfferLife);
            var change = new Change(new Act(ActId.New(clock), "wallet.offer", actor, id, Digest.Of("wallet.offer"), now) { Person = person, Answer = id.ToString() });
            change.Heads.Add(offer.Next());
            foreach (var former in (await WalletOffer.OpenAsync(db, person, cancel)).Where(o => o.Way == WalletWay.Code))
            {
                change.Heads.Add((former with { State = WalletOffer.Over }).Next());
            }
            switch (await writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done:
                    return new WalletAnswer.Offered(new(id, LinkOf(origin, secret), txCode, offer.ExpiresAt));
                case WriteOutcome.Conflict when attempt < Attempts:
                    continue; // the app took the former one just now
                case WriteOutcome.Busy busy:
                    return new WalletAnswer.TryAgain(busy.RetryAfter);
                default:
                    return new WalletAnswer.TryAgain(TimeSpan.FromSeconds(2));
            }
        }
    }

    /// <summary>An mdoc demands a portrait: what could only be refused is not offered.</summary>
    internal static IReadOnlyList<FormKind> FormsOf(DocumentContent content) => content.Photo is null ? [FormKind.SdJwtVc] : [FormKind.SdJwtVc, FormKind.Mdoc];

    internal static string LinkOf(string origin, string secret) => "openid-credential-offer://?credential_offer_uri=" + Uri.EscapeDataString($"{origin}{WalletPaths.Offers}/{secret}");

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<WalletLine>> OfAsync(PersonId person, CancellationToken cancel = default)
    {
        var live = await documents.LiveAsync(person, cancel);
        var lines = new List<WalletLine>();
        foreach (var wallet in await HeldWallet.OfAsync(db, person, cancel))
        {
            lines.Add(new(wallet, [.. (await WalletKey.OfAsync(db, wallet.Id, cancel)).Select(k => k.Kind).Distinct().Order()], wallet.IsActive && wallet.Document == live?.Id));
        }
        return lines;
    }

    /// <summary>Takes the ID out of an app: what it holds is invalid in the status list within a second, and it fetches nothing more.</summary>
    public async Task<WalletAnswer> RemoveAsync(Actor actor, PersonId person, Guid id, Guid operation, CancellationToken cancel = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            // Out of the national app it is taken by taking the consent back.
            if (await HeldWallet.FindAsync(db, id, cancel) is not { Way: WalletWay.Code } wallet || wallet.Person != person)
            {
                return new WalletAnswer.NotThere();
            }
            if (!wallet.IsActive)
            {
                return new WalletAnswer.Done();
            }
            var change = new Change(new Act(ActId.New(clock), "wallet.remove", actor, operation, Digest.Of("wallet.remove", id.ToString()), clock.Now()) { Person = person, Answer = id.ToString() });
            change.Heads.Add((wallet with { EndedAt = clock.Now() }).Next());
            await IssuedForms.EndOfKeysAsync(db, change, [.. (await WalletKey.OfAsync(db, id, cancel)).Select(k => k.Holder)], "removed", clock, cancel);
            switch (await writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done or WriteOutcome.Replayed:
                    return new WalletAnswer.Done();
                case WriteOutcome.Conflict when attempt < Attempts:
                    continue; // it fetched just now: what it fetched ends too
                case WriteOutcome.Busy busy:
                    return new WalletAnswer.TryAgain(busy.RetryAfter);
                default:
                    return new WalletAnswer.TryAgain(TimeSpan.FromSeconds(2));
            }
        }
    }
}
