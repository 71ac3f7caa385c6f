using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Messages;

namespace Muqeem.SignIn;

/// <summary>What every way of signing in ends with: the session, the device that is known from then on, and the word to the holder when it was not.</summary>
internal sealed class Entrance(Db db, AccountBook book, Sessions sessions, TextMessages messages, TimeProvider clock)
{
    /// <summary>The device's token when this account signed in with it before.</summary>
    public async Task<string?> KnownDeviceAsync(AccountRow? account, Visitor visitor, CancellationToken cancel)
    {
        var known = await db.ExistsAsync("SELECT 1 FROM known_device WHERE account = @account AND token = @token",
            new { account = account?.Id ?? Guid.Empty, token = Token.Hash(visitor.Device) ?? [] }, cancel);
        return known ? visitor.Device : null;
    }

    /// <summary>Where codes and words about signing in go; null: nowhere.</summary>
    public async Task<Destination?> DestinationAsync(AccountRow account, CancellationToken cancel)
    {
        if (AccountBook.CodeChannel(await book.ContactsAsync(account.AccountId, cancel), clock.Now()) is not { } channel)
        {
            return null;
        }
        var access = book.EnterFor(account.PersonId, "sign_in.code");
        return new(account.PersonId, channel.KindNow, await book.OpenValueAsync<string>(access, account.PersonId, channel.Id, cancel), account.Language);
    }

    /// <summary>Adds the session of who has just shown to be the holder; <see cref="Sessions.Started"/> after the change has committed.</summary>
    /// <param name="device">From <see cref="KnownDeviceAsync"/>.</param>
    /// <param name="way">One of <see cref="SignInWays"/>, or null.</param>
    /// <param name="news">The text that tells of a device that was not known.</param>
    public async Task<(Starting Starting, string? DeviceToken)> OpenAsync(Change change, AccountRow account, Visitor visitor, bool shared, string? device, string? way, string news, CancellationToken cancel)
    {
        var now = clock.Now();
        var starting = await sessions.StartAsync(change, account, visitor, shared, accountIsNew: false, cancel, way);
        if (shared)
        {
            return (starting, null);
        }
        if (device is not null)
        {
            change.Rows.Add(SignInTables.Device.Put(account.Id, Token.Hash(device)!, now));
            return (starting, null);
        }
        var token = Token.New(out var hash);
        change.Rows.Add(SignInTables.Device.Put(account.Id, hash, now));
        if (!account.IsOffice && await DestinationAsync(account, cancel) is { } to)
        {
            await messages.AddAsync(change, to, news);
        }
        return (starting, token);
    }
}
