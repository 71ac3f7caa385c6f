using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;

namespace Muqeem.SignIn.Messages;

/// <summary>Where a message goes.</summary>
/// <param name="Holder">When set: to the mobile of this account, which is opened only when the message leaves; <paramref name="Value"/> is empty, and <paramref name="Person"/> seals the text until then.</param>
internal sealed record Destination(PersonId Person, ContactKind Kind, string Value, string Language, AccountId? Holder = null);

/// <summary>What the outbox carries, sealed, to whoever delivers: a short message, or an e-mail when there is a subject.</summary>
internal sealed record OutgoingText(string To, string Text, string Language, string? Subject);

/// <summary>Names the kind of message without anything personal.</summary>
internal sealed record OutgoingKind(string Key);

/// <summary>
/// Writes messages into a change: they leave after it has committed. A short message holds no detail of anybody's case: who reads over a shoulder, or has
/// the telephone, learns that there is something to look at. Texts: <c>sms.*</c>, <c>email.*</c>.
/// </summary>
internal sealed class TextMessages(Sealer sealer, TextCatalogue texts, TimeProvider clock)
{
    public const string SmsTopic = "sms";
    public const string EmailTopic = "email";

    /// <param name="key">The text is <c>sms.key</c> for numbers, <c>email.key</c> with <c>email.key.subject</c> for e-mail.</param>
    public async Task AddAsync(Change change, Destination to, string key, params (string Name, object? Value)[] facts)
    {
        var language = texts.In(to.Language);
        var (topic, text, subject) = to.Kind == ContactKind.Email
            ? (EmailTopic, language.Bare("email." + key, facts), language.Bare($"email.{key}.subject"))
            : (SmsTopic, language.Bare("sms." + key, facts), null);
        change.Messages.Add(to.Holder is { } holder
            ? await Outbox.MessageAsync(sealer, clock, change, HolderNotices.Topic, $"{HolderNotices.Topic}:{holder}", new HolderNotices.Told(holder.Value, key), to.Person, new OutgoingText("", text, to.Language, null))
            : await Outbox.MessageAsync(sealer, clock, change, topic, $"{topic}:{to.Person}", new OutgoingKind(key), to.Person, new OutgoingText(to.Value, text, to.Language, subject)));
    }
}
