using Muqeem.Agencies;
using Muqeem.Credentials.Wallets;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.SignIn;

namespace Muqeem.Host.Wiring;

/// <summary>Tells people that a notice is in their inbox. The message says nothing of its content: phones are shared.</summary>
internal sealed class NoticeMessages(Persons persons, Accounts accounts, Messaging messaging, NationalWallet wallet, TextCatalogue texts, ReadDoor door, TimeProvider clock)
{
    public static void Add(IServiceCollection services) =>
        services.AddSingleton<NoticeMessages>().HandleOutbox<NoticeMessages>(Notices.Topic, (m, item, cancel) => m.SendAsync(item, cancel));

    private Task<OutboxResult> SendAsync(OutboxItem item, CancellationToken cancel) => ReadDoor.RunAsync(async () =>
    {
        var notice = item.Read<NoticeMessage>();
        var person = new PersonId(notice.Person);
        // The telephone of somebody who died is the family's now: what is written there in the name of the dead tells them nothing that they can act on.
        if ((await persons.DeadAsync([person], cancel)).Count > 0)
        {
            return OutboxResult.Done;
        }
        var access = door.Enter(Actor.System("notices"), Purpose.Notify, null, "notice.send", person);
        if (await accounts.ChannelsAsync(access, person, cancel) is not { Number: { } number } channels)
        {
            return await AlsoThereAsync(person, item.Id, cancel);
        }
        var text = SmsText.Parse(texts.In(channels.Language).Bare("sms.notice")).Value;
        return await messaging.SendSmsAsync(notice.Notice, number, text, channels.Language, cancel) switch
        {
            AgencyAnswer<MessageReceipt>.Found => await AlsoThereAsync(person, item.Id, cancel),
            AgencyAnswer<MessageReceipt>.NotFound => new OutboxResult.Never("messaging.not_found"),
            AgencyAnswer<MessageReceipt>.Unavailable none => (OutboxResult)new OutboxResult.Again("messaging." + none.Reason),
            _ => new OutboxResult.Again("messaging.broken"),
        };
    });

    /// <summary>Also in the national wallet app, for whoever has the ID there; in a lane of its own, so that one that is away holds up nothing.</summary>
    private async Task<OutboxResult> AlsoThereAsync(PersonId person, Guid message, CancellationToken cancel)
    {
        if (!(await wallet.ConsentAsync(person, cancel)).IsActive)
        {
            return OutboxResult.Done;
        }
        var change = new Change(new Act(ActId.New(clock), "notice.forward", Actor.System("notices"), message, Digest.Of("notice.forward"), clock.Now()) { Person = person });
        change.Messages.Add(Outbox.Message(clock, NationalWallet.NoticeTopic, NationalWallet.LaneOf(person), new WalletAppMessage(person.Value)) with { Person = person });
        return new OutboxResult.Sent(change);
    }
}
