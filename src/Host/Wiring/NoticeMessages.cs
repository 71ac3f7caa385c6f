using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.SignIn;

namespace Muqeem.Host.Wiring;

/// <summary>Tells people that a notice is in their inbox. The message says nothing of its content: phones are shared.</summary>
internal sealed class NoticeMessages(Accounts accounts, Messaging messaging, TextCatalogue texts, ReadDoor door)
{
    public static void Add(IServiceCollection services) =>
        services.AddSingleton<NoticeMessages>().HandleOutbox<NoticeMessages>(Notices.Topic, (m, item, cancel) => m.SendAsync(item, cancel));

    private Task<OutboxResult> SendAsync(OutboxItem item, CancellationToken cancel) => ReadDoor.RunAsync(async () =>
    {
        var notice = item.Read<NoticeMessage>();
        var person = new PersonId(notice.Person);
        var access = door.Enter(Actor.System("notices"), Purpose.Notify, null, "notice.send", person);
        if (await accounts.ChannelsAsync(access, person, cancel) is not { Number: { } number } channels)
        {
            return OutboxResult.Done;
        }
        var text = SmsText.Parse(texts.In(channels.Language).Bare("sms.notice")).Value;
        return await messaging.SendSmsAsync(notice.Notice, number, text, channels.Language, cancel) switch
        {
            AgencyAnswer<MessageReceipt>.Found => OutboxResult.Done,
            AgencyAnswer<MessageReceipt>.NotFound => new OutboxResult.Never("messaging.not_found"),
            AgencyAnswer<MessageReceipt>.Unavailable none => (OutboxResult)new OutboxResult.Again("messaging." + none.Reason),
            _ => new OutboxResult.Again("messaging.broken"),
        };
    });
}
