using Muqeem.Kernel;
using Muqeem.Platform.Writing;
using Muqeem.SignIn.Book;

namespace Muqeem.SignIn.Messages;

/// <summary>Tells a holder, on every channel the account has now, that something of the account changed. Nothing of it can be switched off.</summary>
internal sealed class HolderMessages(AccountBook book, TextMessages messages, TimeProvider clock)
{
    public async Task AddAsync(Change change, AccountId id, string key, CancellationToken cancel, params (string Name, object? Value)[] facts)
    {
        if (await book.ByIdAsync(id, cancel) is not { } account)
        {
            return;
        }
        var now = clock.Now();
        foreach (var contact in await book.ContactsAsync(id, cancel))
        {
            if (contact.Until is null || contact.Until > now)
            {
                var access = book.EnterFor(account.PersonId, "sign_in.tell");
                var value = await book.OpenValueAsync<string>(access, account.PersonId, contact.Id, cancel);
                await messages.AddAsync(change, new(account.PersonId, contact.KindNow, value, account.Language), key, facts);
            }
        }
    }
}
