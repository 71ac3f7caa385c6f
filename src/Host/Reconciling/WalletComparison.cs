using Muqeem.Agencies;
using Muqeem.Credentials.Wallets;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Writing;

namespace Muqeem.Host.Reconciling;

/// <summary>The ID in the national wallet app: there for whoever wants it there, and for nobody else.</summary>
internal sealed class WalletComparison(WalletApp app, NationalWallet wallet) : ComparedAgency
{
    public override string Name => WalletApp.Name;
    public override string? Topic => NationalWallet.Topic;

    /// <summary>Muqeem can be run without such an app.</summary>
    public override bool IsThere => app.IsConfigured;

    public override string? LaneOf(PersonId person) => NationalWallet.LaneOf(person);

    public override async Task<HoldingsAnswer> ChangesAsync(string after, int most, CancellationToken cancel) => HoldingsAnswer.Of(await app.ChangesAsync(after, most, cancel));

    public override async Task<HoldingsAnswer> OfAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel) => HoldingsAnswer.Of(await app.HoldingsAsync(numbers, cancel));

    public override Task<WrittenPage> WrittenSinceAsync(OurRecords ours, long from, CancellationToken cancel) => ours.WalletsAsync(from, cancel);

    /// <summary>Who never wanted it is nobody that we tell the app of.</summary>
    public override bool Concerns(ComparedPerson person) => person.Wallet is not null;

    public override IEnumerable<Disagreement> Compare(ComparedPerson person, IHolding? holding)
    {
        if (person.Wallet is not { } ours)
        {
            yield break;
        }
        var theirs = (holding as WalletHolding)?.Cards ?? [];
        if (ours.Card.Reference is { } reference)
        {
            // An offer that the app gave up is no card, and one that was given may be given up while the ID is frozen.
            var card = theirs.FirstOrDefault(c => c.Reference == reference);
            if (card is null or { State: WalletCardState.Failed } && ours.Wanted is not { Held: true })
            {
                yield return new("wallet_card", "", reference, card?.State.ToString(), Look(person, reference));
            }
            else if (card is { State: WalletCardState.TakenOut } && ours.Wanted is not null)
            {
                // Whoever takes it out there wants it there no longer. Our page says so, and offers to put it there again.
                yield return new("wallet_card_out", "", reference, card.State.ToString(), new Remedy.CatchUp(async cancel =>
                    await wallet.TakeBackAsync(Actor.Agency(WalletApp.Name), person.Person, Names.IdOf("wallet_card_out:" + reference), cancel) is WalletAnswer.Done));
            }
        }
        else if (ours is { Wanted.Held: false, Card.Unknown: false })
        {
            yield return new("wallet_card", "", null, null, Look(person, null));
        }
        // About nothing: a person has one card there, and a name that the app gave is the app's.
        if (theirs.FirstOrDefault(c => c.Reference != ours.Card.Reference && c.State is not WalletCardState.TakenOut) is { } kept)
        {
            yield return new("wallet_card_kept", "", ours.Card.Reference, $"{kept.Reference} {kept.State}", Look(person, kept.Reference));
        }
    }

    private static Remedy.TellAgain Look(ComparedPerson person, string? again) => new(clock => NationalWallet.MessageOf(person.Person, clock, again));
}
