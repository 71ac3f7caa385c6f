using Dapper;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.State;

namespace Muqeem.Sandbox.StandIns;

/// <summary>A message that Muqeem sent.</summary>
public sealed record Received(long Id, string MessageId, string Channel, string Address, string Subject, string Body, string? Html, string Language, long Parts, long At);

/// <summary>The gateway for messages, and the telephones and mailboxes at its other end.</summary>
internal sealed class Inbox(Store store, SandboxClock clock)
{
    private const string Source = "message gateway (stand-in)";

    public MessageReceipt Take(Guid messageId, string channel, string address, string subject, string body, string? html, string language, int parts)
    {
        var added = store.Write(db => db.Execute(
            "insert into messages (message_id, channel, address, subject, body, html, language, parts, at) values (@id, @channel, @address, @subject, @body, @html, @language, @parts, @at) on conflict (message_id) do nothing",
            new { id = messageId.ToString(), channel, address, subject, body, html, language, parts, at = clock.Now().ToMicros() })) == 1;
        return new(Source, clock.Now(), messageId, added ? MessageState.Accepted : MessageState.Duplicate, parts);
    }

    public MessageReceipt Undeliverable(Guid messageId) => new(Source, clock.Now(), messageId, MessageState.Undeliverable, 0);

    /// <summary>Newest first.</summary>
    /// <param name="to">A telephone or e-mail address.</param>
    /// <param name="search">Words in subject or text.</param>
    public IReadOnlyList<Received> Newest(string? to, string? search, int count, long after = 0) => store.Read(db => db.Query<Received>(
        """
        select id, message_id as MessageId, channel, address, subject, body, html, language, parts, at from messages
        where id > @after and (@to is null or address = @to) and (@search is null or instr(lower(subject || ' ' || body || ' ' || address), lower(@search)) > 0)
        order by id desc limit @count
        """, new { to = string.IsNullOrWhiteSpace(to) ? null : to.Trim(), search = string.IsNullOrWhiteSpace(search) ? null : search.Trim(), count, after }).AsList());
}

/// <summary>The gateway's side towards Muqeem.</summary>
internal static class MessagingOf
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/messaging").WithGroupName("messaging").WithTags("messaging");
        group.MapPost("/sms", (SmsMessage message, Inbox inbox) => SmsText.Parse(message.Text) is not { Ok: true, Value: var text } ? Answer.Invalid("text")
            : !MobileNumber.Parse(message.To).Ok ? Answer.Json(inbox.Undeliverable(message.MessageId))
            : Answer.Json(inbox.Take(message.MessageId, "SMS", message.To, "", text.Value, null, message.Language, text.Parts)))
            .WithName("sendSms").WithSummary("A short message, once per message id.").Produces<MessageReceipt>().ProducesProblem(422).ProducesProblem(503);
        group.MapPost("/emails", (EmailMessage message, Inbox inbox) => !message.To.Contains('@', StringComparison.Ordinal)
            ? Answer.Json(inbox.Undeliverable(message.MessageId))
            : Answer.Json(inbox.Take(message.MessageId, "EMAIL", message.To, message.Subject, message.Text, message.Html, message.Language, 1)))
            .WithName("sendEmail").WithSummary("An e-mail, once per message id.").Produces<MessageReceipt>().ProducesProblem(422).ProducesProblem(503);
    }
}
