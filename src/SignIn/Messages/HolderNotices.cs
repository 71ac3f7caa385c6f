using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.SignIn.Book;

namespace Muqeem.SignIn.Messages;

/// <summary>
/// Messages to a holder whose number is opened only after the answer has left: a visitor must not be able to tell from the time it takes that there is a holder. The outbox carries the
/// account and the text; when its turn comes, the message itself is written.
/// </summary>
internal sealed class HolderNotices(AccountBook book, Sealer sealer, ReadDoor door, TextCatalogue texts, TimeProvider clock)
{
    public const string Topic = "sign-in.tell";
    private static readonly Actor Machine = Actor.System("outbox");

    /// <summary>A text without facts, by its key.</summary>
    public static void Ask(Change change, AccountRow account, string key, TimeProvider clock) =>
        change.Messages.Add(Outbox.Message(clock, Topic, $"{Topic}:{account.AccountId}", new Told(account.Id, key)));

    /// <summary>Writes the message with the end of this one, in one commit.</summary>
    public async Task<OutboxResult> HandleAsync(OutboxItem item, CancellationToken cancel)
    {
        var told = item.Read<Told>();
        var account = await book.ByIdAsync(new(told.Account), cancel);
        if (account is null || AccountBook.CodeChannel(await book.ContactsAsync(account.AccountId, cancel), clock.Now()) is not { } channel)
        {
            return OutboxResult.Done;
        }
        var text = item.Secret is null ? texts.In(account.Language).Bare("sms." + told.Key) : (await item.OpenSecretAsync<OutgoingText>(door, Machine, Purpose.Notify, cancel)).Text;
        var number = await book.OpenValueAsync<string>(book.EnterFor(account.PersonId, "sign_in.tell"), account.PersonId, channel.Id, cancel);
        var change = new Change(Requests.Act(clock, "sign_in.tell", Machine, item.Id, account.PersonId, told.Key) with { Reason = told.Key });
        change.Messages.Add(await Outbox.MessageAsync(
            sealer, clock, change, TextMessages.SmsTopic, $"{TextMessages.SmsTopic}:{account.PersonId}", new OutgoingKind(told.Key), account.PersonId, new OutgoingText(number, text, account.Language, null)));
        return new OutboxResult.Sent(change);
    }

    internal sealed record Told(Guid Account, string Key);
}
