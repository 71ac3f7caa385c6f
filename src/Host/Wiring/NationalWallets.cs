using Muqeem.Agencies;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Wallets;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;

namespace Muqeem.Host.Wiring;

/// <summary>Brings the national wallet app to how it should stand with a person, when the message's turn comes. Each message has one request of each kind, so that it is acted on once however often it is sent.</summary>
internal sealed class NationalWallets(NationalWallet national, WalletApp app, Documents documents, Accounts accounts, TextCatalogue texts, ReadDoor door, TimeProvider clock)
{
    public static void Add(IServiceCollection services) => services.AddSingleton<NationalWallets>()
        .HandleOutbox<NationalWallets>(NationalWallet.Topic, (w, item, cancel) => w.SettleAsync(item, cancel))
        .HandleOutbox<NationalWallets>(NationalWallet.NoticeTopic, (w, item, cancel) => w.TellAsync(item, cancel));

    private Task<OutboxResult> SettleAsync(OutboxItem item, CancellationToken cancel) => ReadDoor.RunAsync<OutboxResult>(async () =>
    {
        var message = item.Read<WalletAppMessage>();
        var person = new PersonId(message.Person);
        if ((await national.ConsentAsync(person, cancel)).RowVersion == 0)
        {
            return OutboxResult.Done;
        }
        var (card, wanted) = (await national.CardAsync(person, cancel), await national.WantedAsync(person, cancel));
        if (message.Again is { } again && again != card.Reference && (await app.TakeBackAsync(again, Names.IdOf($"wallet_app.card_again:{item.Id}"), cancel)).NotNow() is { } notYet)
        {
            return notYet;
        }
        if (card.Reference is { } reference && (card.Document != wanted?.Document.Id || reference == message.Again))
        {
            if ((await app.TakeBackAsync(reference, Names.IdOf($"wallet_app.card_end:{item.Id}"), cancel)).NotNow() is { } later)
            {
                return later;
            }
            card = card with { Reference = null, Document = null };
        }
        if (wanted is { Held: false } && card.Reference is null)
        {
            var access = door.Enter(Actor.System("wallet_app"), Purpose.InformAgency, null, "wallet_app.card", person);
            if (await national.OfferAsync(access, wanted, item.Id, cancel) is not { } offer)
            {
                return new OutboxResult.Again("wallet_app.offer");
            }
            var number = (await documents.OpenAsync(access, wanted.Document, cancel)).ResidentNumber;
            var answer = await app.ShowAsync(new WalletCard(number, WalletApp.Offer, offer, wanted.Until), item.Id, cancel);
            if (answer.NotNow() is { } later)
            {
                return later;
            }
            card = card with { Reference = answer.ValueOrNull?.Reference, Document = answer.ValueOrNull is null ? null : wanted.Document.Id, Unknown = answer.ValueOrNull is null };
        }
        var change = new Change(new Act(ActId.New(clock), "wallet.card", Actor.System("wallet_app"), item.Id, Digest.Of("wallet.card"), clock.Now()) { Person = person });
        await national.SettledAsync(change, card, cancel);
        return new OutboxResult.Sent(change);
    });

    /// <summary>That there is something to read, in the words of the text message: phones are shared.</summary>
    private Task<OutboxResult> TellAsync(OutboxItem item, CancellationToken cancel) => ReadDoor.RunAsync<OutboxResult>(async () =>
    {
        var person = new PersonId(item.Read<WalletAppMessage>().Person);
        if (await national.CardAsync(person, cancel) is not { Reference: not null } || await national.WantedAsync(person, cancel) is not { } wanted)
        {
            return OutboxResult.Done;
        }
        var access = door.Enter(Actor.System("wallet_app"), Purpose.Notify, null, "wallet_app.notice", person);
        var language = (await accounts.ChannelsAsync(access, person, cancel))?.Language ?? TextCatalogue.Arabic;
        var number = (await documents.OpenAsync(access, wanted.Document, cancel)).ResidentNumber;
        return (await app.TellAsync(new WalletNotice(number, texts.In(language).Bare("sms.notice"), language), item.Id, cancel)).NotNow() ?? OutboxResult.Done;
    });
}
