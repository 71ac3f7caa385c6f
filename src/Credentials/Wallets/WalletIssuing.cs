using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Exchanges;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Wallets;

/// <summary>How a request for a credential ended.</summary>
public abstract record WalletIssue
{
    private WalletIssue() { }

    /// <param name="Credential">As of <see cref="FormAnswer.Issued"/>.</param>
    public sealed record Issued(byte[] Credential, IssuedForm Form) : WalletIssue;

    /// <summary>A code of <see cref="KeyProofs"/>.</summary>
    public sealed record BadProof(string Code) : WalletIssue;

    /// <summary>Not now, or never: held, not in force, without a portrait, or for too many keys.</summary>
    public sealed record Denied : WalletIssue;

    /// <summary>The app was removed, or the ID is no longer the one for which it has its token.</summary>
    public sealed record Over : WalletIssue;

    public sealed record TryAgain(TimeSpan After) : WalletIssue;
}

/// <summary>What an app may notify (OpenID4VCI 1.0, section 11).</summary>
public enum WalletEvent
{
    Accepted,
    Failure,
    Deleted,
}

/// <summary>Issues the ID to wallet apps: by the one way in which credentials are issued, with the app and its key written in the act that promises the credential.</summary>
public sealed class WalletIssuing(
    Db db, IssuedForms forms, KeyProofs proofs, NonceStore nonces, ReadDoor door, IWriter writer, TellHolder tell, Func<WalletRules> rules, TimeProvider clock)
{
    private const int Attempts = 10;

    /// <summary>The same key gets the credential that it has until it is time to renew it, so that a request whose answer was lost is simply made again.</summary>
    public async Task<WalletIssue> IssueAsync(HeldWallet wallet, FormKind kind, string proof, CancellationToken cancel = default)
    {
        if (!proofs.Read(proof, wallet.Client).TryGet(out var proved, out var no))
        {
            return new WalletIssue.BadProof(no.Code);
        }
        var mark = forms.MarkOf(proved.Key);
        var keys = await WalletKey.OfAsync(db, wallet.Id, cancel);
        if (!keys.Any(k => IsOf(k, mark, kind)) && keys.Count(k => k.AddedAt > clock.Now() - Duration.FromDays(1)) >= rules().KeysPerDay)
        {
            return new WalletIssue.Denied();
        }
        switch (await nonces.TakeAsync("wallet", proved.Nonce, cancel))
        {
            case false:
                return new WalletIssue.BadProof(KeyProofs.Stale);
            case null:
                return new WalletIssue.TryAgain(TimeSpan.FromSeconds(1));
        }
        var actor = Actor.Resident(wallet.Account);
        FormAnswer answer;
        try
        {
            answer = await forms.RequestAsync(door.Enter(actor, Purpose.Self, null, "openid.credential", wallet.Person), actor, wallet.Person, kind, proved.Key, Guid.CreateVersion7(clock.GetUtcNow()),
                (change, form, stop) => JoinAsync(change, wallet.Id, form.Document, mark, kind, stop), cancel);
        }
        catch (KeyUnavailableException)
        {
            return new WalletIssue.TryAgain(TimeSpan.FromSeconds(30));
        }
        return answer switch
        {
            FormAnswer.Issued issued => await KeyIsKnownAsync(wallet, actor, mark, issued.Form, cancel) ?? new WalletIssue.Issued(issued.Credential, issued.Form),
            FormAnswer.NotWanted or FormAnswer.NoDocument => new WalletIssue.Over(),
            FormAnswer.NotInForce or FormAnswer.Held or FormAnswer.NoPortrait => new WalletIssue.Denied(),
            FormAnswer.NotWritten { Outcome: WriteOutcome.Busy busy } => new WalletIssue.TryAgain(busy.RetryAfter),
            _ => new WalletIssue.TryAgain(TimeSpan.FromSeconds(2)),
        };
    }

    /// <summary>What the app says of a credential: false when it is none of its own. Said again it changes nothing. What nobody has counts no longer.</summary>
    /// <exception cref="NotWrittenException">Nothing was written, or nobody knows yet: ask again.</exception>
    public async Task<bool> NotifyAsync(HeldWallet wallet, Guid form, WalletEvent what, CancellationToken cancel = default)
    {
        if (!await db.ExistsAsync("SELECT h.form_id FROM credential_holder h JOIN wallet_key k ON k.holder = h.holder WHERE k.wallet_id = @wallet AND h.form_id = @form", new { wallet = wallet.Id, form }, cancel))
        {
            return false;
        }
        var word = "credential_" + what.ToString().ToLowerInvariant();
        for (var attempt = 1; ; attempt++)
        {
            if (await HeldWallet.FindAsync(db, wallet.Id, cancel) is not { IsActive: true } now)
            {
                return true;
            }
            var operation = Platform.Background.Names.IdOf($"wallet.notify:{wallet.Id}:{form}:{word}");
            var change = new Change(new Act(ActId.New(clock), "wallet.notify", Actor.Resident(wallet.Account), operation, Digest.Of("wallet.notify", form.ToString(), word), clock.Now()) { Person = wallet.Person, Reason = word, Answer = form.ToString() });
            change.Heads.Add((now with { Said = word }).Next());
            if (what != WalletEvent.Accepted)
            {
                await IssuedForms.EndOneAsync(db, change, form, "deleted", clock, cancel);
            }
            switch (await writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done or WriteOutcome.Replayed:
                    return true;
                case WriteOutcome.Conflict when attempt < Attempts:
                    continue;
                case var other:
                    throw new NotWrittenException("What a wallet app said was not written.", other);
            }
        }
    }

    /// <summary>The app gets this key and the holder is told of it, in the change that promises the credential; false when the app was removed, or the ID is another version by now.</summary>
    private async Task<bool> JoinAsync(Change change, Guid wallet, Guid document, byte[] mark, FormKind kind, CancellationToken cancel)
    {
        if (await HeldWallet.FindAsync(db, wallet, cancel) is not { IsActive: true } now || now.Document != document)
        {
            return false;
        }
        var at = clock.Now();
        change.Heads.Add((now with { FetchedAt = now.FetchedAt ?? at, RefreshedAt = at }).Next());
        change.Rows.Add(CredentialsTables.WalletKey.Put(wallet, mark, IssuedForms.WordOf(kind), at));
        // Once for each form: that it is renewed later is on the page of the apps.
        if (!(await WalletKey.OfAsync(db, wallet, cancel)).Any(k => k.Kind == kind))
        {
            await tell(change, now.Person, "wallet_added", ("form", IssuedForms.WordOf(kind)), ("way", HeldWallet.WordOf(now.Way)));
        }
        return true;
    }

    /// <summary>A key that had its credential from elsewhere is the app's from now on: taken out of the app, the credential ends. Null: it is known.</summary>
    private async Task<WalletIssue?> KeyIsKnownAsync(HeldWallet wallet, Actor actor, byte[] mark, IssuedForm form, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            if ((await WalletKey.OfAsync(db, wallet.Id, cancel)).Any(k => IsOf(k, mark, form.Kind)))
            {
                return null;
            }
            var change = new Change(new Act(ActId.New(clock), "wallet.key", actor, Guid.CreateVersion7(clock.GetUtcNow()), Digest.Of("wallet.key", form.Id.ToString()), clock.Now()) { Person = wallet.Person, Answer = wallet.Id.ToString() });
            if (!await JoinAsync(change, wallet.Id, form.Document, mark, form.Kind, cancel))
            {
                return new WalletIssue.Over();
            }
            switch (await writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done:
                    return null;
                case WriteOutcome.Conflict when attempt < Attempts:
                    continue;
                default:
                    return new WalletIssue.TryAgain(TimeSpan.FromSeconds(2));
            }
        }
    }

    private static bool IsOf(WalletKey key, byte[] mark, FormKind kind) => key.Kind == kind && key.Holder.AsSpan().SequenceEqual(mark);
}
