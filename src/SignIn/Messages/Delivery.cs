using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.SignIn.Messages;

/// <summary>Hands messages to the gateway. The outbox entry's id is the gateway's message id: sent again, it is delivered once. A code that has gone stale is not sent.</summary>
internal sealed class Delivery(Messaging gateway, ReadDoor door, SignInPolicies policies, TimeProvider clock)
{
    private static readonly Actor Machine = Actor.System("outbox");

    public async Task<OutboxResult> HandleAsync(OutboxItem item, CancellationToken cancel)
    {
        if (item.Read<OutgoingKind>().Key == "code" && clock.Now() - item.At > policies.Now.CodeLife)
        {
            // The gateway was away for too long; the code does not fit any more and would only confuse.
            return new OutboxResult.Sent();
        }
        var text = await item.OpenSecretAsync<OutgoingText>(door, Machine, Purpose.Notify, cancel);
        AgencyAnswer<MessageReceipt> answer;
        if (text.Subject is { } subject)
        {
            answer = await gateway.SendEmailAsync(new(item.Id, text.To, subject, text.Text, null, text.Language), cancel);
        }
        else if (SmsText.Parse(text.Text) is { Ok: true } sms)
        {
            answer = await gateway.SendSmsAsync(item.Id, text.To, sms.Value, text.Language, cancel);
        }
        else
        {
            return new OutboxResult.Never("sms.too_long");
        }
        return answer switch
        {
            AgencyAnswer<MessageReceipt>.Found { Value.State: MessageState.Undeliverable } => new OutboxResult.Never("messaging.undeliverable"),
            AgencyAnswer<MessageReceipt>.Found => OutboxResult.Done,
            AgencyAnswer<MessageReceipt>.NotFound => new OutboxResult.Never("messaging.refused"),
            _ => new OutboxResult.Again("messaging.away", answer.AskAgainAt is { } at && at > clock.Now() ? Duration.Min(at - clock.Now(), Duration.FromMinutes(1)) : null),
        };
    }
}
