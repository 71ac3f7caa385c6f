using System.Buffers.Text;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Wallets;

/// <summary>That a holder wants the ID in the national wallet app, or no longer.</summary>
/// <param name="RowVersion">For compare-and-set; 0: nothing was ever said.</param>
public sealed record NationalConsent(PersonId Person, long RowVersion, AccountId Account, Instant? GivenAt, Instant? EndedAt)
{
    public bool IsActive => GivenAt is not null && EndedAt is null;

    internal HeadWrite Next() => CredentialsTables.WalletConsent.Head(Person.Value, RowVersion, Account.Value, GivenAt, EndedAt);
}

/// <summary>What the app was given of a person.</summary>
/// <param name="Reference">The app's name for it; null: it has none.</param>
/// <param name="Unknown">The app said that it does not know the person.</param>
public sealed record NationalCard(PersonId Person, long RowVersion, Guid? Document, string? Reference, bool Unknown)
{
    internal HeadWrite Next(Instant at) => CredentialsTables.WalletCard.Head(Person.Value, RowVersion, Document, Reference, Unknown, at);
}

/// <summary>Of which version a card is to be shown, and until when.</summary>
/// <param name="Held">Suspended or frozen now: what the app has stays, its status says how it stands; a card it does not have yet could not be fetched, and comes when the hold ends.</param>
public sealed record WantedCard(DocumentVersion Document, AccountId Account, Instant Until, bool Held);

/// <summary>
/// The ID in the national wallet app while its holder wants it. Whoever changes something leaves a message in the person's lane; when its turn comes the app is brought to how it should stand then. So told twice it is the
/// same, and what changed and changed back is not told.
/// </summary>
public sealed class NationalWallet(Db db, Documents documents, StandingOf standingOf, BlindIndex blind, IWriter writer, Func<WalletRules> rules, TimeProvider clock, string origin)
{
    /// <summary>Topic of the outbox; the payload is <see cref="WalletAppMessage"/>.</summary>
    public const string Topic = "wallet_app.settle";

    /// <summary>Topic of a short notice; the payload is the same.</summary>
    public const string NoticeTopic = "wallet_app.notice";

    private const int Attempts = 10;

    private readonly JournalFeed _feed = new(db);

    public static string LaneOf(PersonId person) => "wallet_app:" + person;

    /// <summary>Adds the message to look at the person's card.</summary>
    public static void SettleLater(Change change, PersonId person, TimeProvider clock) => change.Messages.Add(MessageOf(person, clock));

    /// <param name="again">The app's name for a card that is not there as it should be: it is taken back, and offered anew where the holder still wants it.</param>
    public static OutboxMessage MessageOf(PersonId person, TimeProvider clock, string? again = null) => Outbox.Message(clock, Topic, LaneOf(person), new WalletAppMessage(person.Value) { Again = again }) with { Person = person };

    /// <summary>The same for whoever has a card, or wants one; within the change that ends the version of the ID, or what held it.</summary>
    internal static async Task SettleAfterAsync(Db db, Change change, PersonId person, TimeProvider clock, CancellationToken cancel)
    {
        if (await db.ExistsAsync("SELECT id FROM wallet_consent WHERE id = @person", new { person = person.Value }, cancel))
        {
            SettleLater(change, person, clock);
        }
    }

    public async Task<NationalConsent> ConsentAsync(PersonId person, CancellationToken cancel = default) =>
        await db.FirstAsync<StoredConsent>("SELECT version AS row_version, account_id, given_at, ended_at FROM wallet_consent WHERE id = @person", new { person = person.Value }, cancel) is { } row
            ? new(person, row.RowVersion, new AccountId(row.AccountId), row.GivenAt, row.EndedAt)
            : new(person, 0, default, null, null);

    public async Task<NationalCard> CardAsync(PersonId person, CancellationToken cancel = default) =>
        await db.FirstAsync<StoredCard>("SELECT version AS row_version, document_id, reference, not_known FROM wallet_card WHERE id = @person", new { person = person.Value }, cancel) is { } row
            ? new(person, row.RowVersion, row.DocumentId, row.Reference, row.NotKnown)
            : new(person, 0, null, null, false);

    /// <summary>The holder wants the ID there. The caller has made sure that it is the holder: password and second factor just given.</summary>
    public Task<WalletAnswer> GiveAsync(Actor actor, AccountId account, PersonId person, Guid operation, CancellationToken cancel = default) => SayAsync("wallet.consent", actor, person, operation, async consent =>
        consent.IsActive ? null
        : await WantedAsync(person, account, cancel) is null ? (null, new WalletAnswer.Refused(new Refusal(WalletRefusals.NoId)))
        : (await OpenHolds.OfAsync(db, person, cancel)).Gravest is { } held ? (null, new WalletAnswer.Refused(new Refusal(held == HoldKind.Suspended ? HoldRefusals.Suspended : HoldRefusals.Frozen)))
        : (consent with { Account = account, GivenAt = clock.Now(), EndedAt = null }, null), cancel);

    /// <summary>The holder takes it back, here or in the app: what the app holds is invalid within a second, and it is told to take the card away.</summary>
    public Task<WalletAnswer> TakeBackAsync(Actor actor, PersonId person, Guid operation, CancellationToken cancel = default) => SayAsync("wallet.consent_end", actor, person, operation, consent =>
        Task.FromResult<(NationalConsent?, WalletAnswer?)?>(consent.IsActive ? (consent with { EndedAt = clock.Now() }, null) : null), cancel);

    /// <summary>How it stands with those of these people who ever wanted it.</summary>
    public async Task<IReadOnlyDictionary<PersonId, WalletStanding>> StandingsAsync(IReadOnlyCollection<PersonId> persons, CancellationToken cancel = default)
    {
        var standings = new Dictionary<PersonId, WalletStanding>();
        foreach (var id in await db.QueryAsync<Guid>("SELECT id FROM wallet_consent WHERE id = ANY(@persons)", new { persons = persons.Select(p => p.Value).ToArray() }, cancel))
        {
            var person = new PersonId(id);
            standings.Add(person, new(await CardAsync(person, cancel), await WantedAsync(person, cancel)));
        }
        return standings;
    }

    /// <summary>Whose wish or card acts from this position of the journal on changed; bounded, so ask until it is at the end.</summary>
    public async Task<(IReadOnlyCollection<PersonId> Persons, long Next, bool AtEnd)> WrittenSinceAsync(long from, CancellationToken cancel = default)
    {
        var (consents, cards) = (await _feed.ReadAsync(CredentialsTables.WalletConsent, from, cancel), await _feed.ReadAsync(CredentialsTables.WalletCard, from, cancel));
        return ([.. consents.Heads.Union(cards.Heads).Select(p => new PersonId(p))], Math.Min(consents.Next, cards.Next), consents.AtEnd && cards.AtEnd);
    }

    /// <summary>What is to be shown now; null: nothing.</summary>
    public async Task<WantedCard?> WantedAsync(PersonId person, CancellationToken cancel = default) =>
        await ConsentAsync(person, cancel) is { IsActive: true } consent ? await WantedAsync(person, consent.Account, cancel) : null;

    /// <summary>
    /// The offer that goes to the app with a message: the same for the same message, however often it is sent. There are no six digits: nobody can photograph what travels on a signed line, and the person
    /// was asked before it was sent.
    /// </summary>
    /// <param name="access">Names the person.</param>
    /// <returns>Null: it could not be written now.</returns>
    public async Task<string?> OfferAsync(Access access, WantedCard wanted, Guid message, CancellationToken cancel = default)
    {
        var (person, name) = (wanted.Document.Person, message.ToString());
        var secret = Base64Url.EncodeToString([.. blind.Of("wallet_app_offer_1", name), .. blind.Of("wallet_app_offer_2", name)]);
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var (now, life) = (clock.Now(), rules().NationalLife);
            var known = await WalletOffer.OfSecretAsync(db, secret, cancel);
            if (known is not null && (known.State != WalletOffer.Open || known.ExpiresAt > now + (life / 2)))
            {
                return HolderWallets.LinkOf(origin, secret);
            }
            var offer = known is not null ? known with { ExpiresAt = now + life } : new WalletOffer(Guid.CreateVersion7(clock.GetUtcNow()), 0, person, wanted.Account, wanted.Document.Id, WalletWay.National,
                HolderWallets.FormsOf(await documents.OpenAsync(access, wanted.Document, cancel)), WalletSecret.Hash(WalletOffer.CodeOf(secret))!, null, 0, WalletOffer.Open, now, now + life);
            // Bookkeeping: the act is the consent, and wallet.add when the app takes it.
            if (await writer.WriteAsync(new Change(null) { Heads = { offer.Next() } }, cancel: cancel) is not (WriteOutcome.Done or WriteOutcome.Conflict))
            {
                return null;
            }
        }
        return null;
    }

    /// <summary>Adds to the message's end what the app has now, and ends what it had of other versions.</summary>
    public async Task SettledAsync(Change change, NationalCard card, CancellationToken cancel = default)
    {
        change.Heads.Add(card.Next(clock.Now()));
        foreach (var wallet in (await HeldWallet.OfAsync(db, card.Person, cancel)).Where(w => w.IsActive && w.Way == WalletWay.National && w.Document != card.Document))
        {
            await EndAsync(change, wallet, cancel);
        }
    }

    private async Task<WantedCard?> WantedAsync(PersonId person, AccountId account, CancellationToken cancel) =>
        await documents.LiveAsync(person, cancel) is { } live && live.LiveOn(clock.Today()) && await standingOf(person, cancel) is { Residence: not (ResidenceStanding.Ended or ResidenceStanding.Revoked) } standing
            ? new(live, account, Instant.Min(live.ExpiresDay.EndInRiyadh(), standing.Until.EndInRiyadh()), (await OpenHolds.OfAsync(db, person, cancel)).Gravest is not null)
            : null;

    /// <param name="next">Null: it stands so already; else what it becomes, or the answer why not.</param>
    private async Task<WalletAnswer> SayAsync(string verb, Actor actor, PersonId person, Guid operation, Func<NationalConsent, Task<(NationalConsent? Next, WalletAnswer? No)?>> next, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await next(await ConsentAsync(person, cancel)) is not { } said)
            {
                return new WalletAnswer.Done();
            }
            if (said.Next is not { } consent)
            {
                return said.No!;
            }
            var change = new Change(new Act(ActId.New(clock), verb, actor, operation, Digest.Of(verb), clock.Now()) { Person = person });
            change.Heads.Add(consent.Next());
            SettleLater(change, person, clock);
            if (!consent.IsActive)
            {
                foreach (var wallet in (await HeldWallet.OfAsync(db, person, cancel)).Where(w => w.IsActive && w.Way == WalletWay.National))
                {
                    await EndAsync(change, wallet, cancel);
                }
                foreach (var open in (await WalletOffer.OpenAsync(db, person, cancel)).Where(o => o.Way == WalletWay.National))
                {
                    change.Heads.Add((open with { State = WalletOffer.Over }).Next());
                }
            }
            switch (await writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done or WriteOutcome.Replayed:
                    return new WalletAnswer.Done();
                case WriteOutcome.Conflict when attempt < Attempts:
                    continue;
                case WriteOutcome.Busy busy:
                    return new WalletAnswer.TryAgain(busy.RetryAfter);
                default:
                    return new WalletAnswer.TryAgain(TimeSpan.FromSeconds(2));
            }
        }
    }

    private async Task EndAsync(Change change, HeldWallet wallet, CancellationToken cancel)
    {
        change.Heads.Add((wallet with { EndedAt = clock.Now() }).Next());
        await IssuedForms.EndOfKeysAsync(db, change, [.. (await WalletKey.OfAsync(db, wallet.Id, cancel)).Select(k => k.Holder)], "removed", clock, cancel);
    }

    private sealed record StoredConsent(long RowVersion, Guid AccountId, Instant? GivenAt, Instant? EndedAt);

    private sealed record StoredCard(long RowVersion, Guid? DocumentId, string? Reference, bool NotKnown);
}

/// <summary>Payload of <see cref="NationalWallet.Topic"/>.</summary>
public sealed record WalletAppMessage(Guid Person)
{
    /// <summary>The app's name for a card that is taken back in any case; null: none.</summary>
    public string? Again { get; init; }
}

/// <summary>What the app was given of a person, and what is to be shown there now.</summary>
/// <param name="Wanted">Null: nothing.</param>
public sealed record WalletStanding(NationalCard Card, WantedCard? Wanted);
