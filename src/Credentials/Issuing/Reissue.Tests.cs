using System.Security.Cryptography.X509Certificates;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Status;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Verifier.Status;
using NodaTime;

namespace Muqeem.Credentials.Issuing;

public sealed class ReissueOnPostgreSqlTests() : ReissueTests(DatabaseKind.PostgreSql);

public sealed class ReissueOnSqliteTests() : ReissueTests(DatabaseKind.Sqlite);

/// <summary>What outlives its signer, its days and its type: issued anew, renewed, and of another version.</summary>
public abstract class ReissueTests(DatabaseKind kind) : IAsyncLifetime
{
    private World _world = null!;
    private IssuingDesk _desk = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await World.CreateAsync(kind);
        _desk = Desk(_world.Database.Writer);
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private IssuingDesk Desk(IWriter writer) => new(_world.Db, writer, _world.Keys, _world.Sealer, _world.Door, _world.Clock);

    private Task<long> CountAsync(string sql) => _world.Db.SingleAsync<long>("SELECT count(*) FROM " + sql);

    private async Task<string> WithdrawnSignerAsync(string key)
    {
        await Assert.ThrowsAsync<ReissueRefusedException>(() => _desk.Reissue.BeginAsync(key, "test"));
        _world.Keys.Revoke(key, X509RevocationReason.KeyCompromise);
        return key;
    }

    [Fact]
    public async Task What_a_withdrawn_signer_signed_is_issued_anew_for_the_same_keys_and_each_holder_is_told_once()
    {
        var (holder, outside, frozen) = (await _desk.NewHolderAsync(), await _desk.NewHolderAsync(), await _desk.NewHolderAsync());
        var (key, other) = (IssuingDesk.NewKey(), IssuingDesk.NewKey());
        var (first, second) = (await _desk.IssuedAsync(holder, FormKind.SdJwtVc, key), await _desk.IssuedAsync(holder, FormKind.Mdoc, other));
        var gone = await _desk.IssuedAsync(outside, FormKind.SdJwtVc, IssuingDesk.NewKey());
        var cold = await _desk.IssuedAsync(frozen, FormKind.SdJwtVc, key);
        await _world.Database.ExecuteAsync($"UPDATE credential_form SET frozen_at = {_world.Clock.Now().ToMicros()} WHERE list_index = {cold.Form.Place.Index}");
        await _desk.Lists.RoundAsync();
        _desk.Residence = p => p == outside ? ResidenceStanding.Suspended : ResidenceStanding.Active;
        _world.Clock.Advance(TimeSpan.FromDays(1));
        var signer = await WithdrawnSignerAsync(first.Form.KeyId);

        await _desk.Reissue.BeginAsync(signer, "test");
        var standing = await _desk.Reissue.RunAsync(signer);

        Assert.Equal(new ReissueStanding(signer, "test", true, 3, 1, 0), standing);
        var forms = await _desk.Forms.OfAsync(holder);
        Assert.Equal(4, forms.Count);
        Assert.All(forms.Where(f => f.KeyId == signer), f => Assert.Equal("replaced", f.InvalidReason));
        Assert.All(forms.Where(f => f.KeyId != signer), f => Assert.Equal((PromiseState.Signed, CredentialStatus.Valid), (f.State, f.Status)));
        Assert.Equal("withdrawn", Assert.Single(await _desk.Forms.OfAsync(outside)).InvalidReason);
        Assert.Equal(CredentialStatus.Frozen, Assert.Single(await _desk.Forms.OfAsync(frozen), f => f.KeyId != signer).Status);
        // The holder asks as before and gets the new one, bound to the same key and with the same end; nothing more is issued.
        var fetched = await _desk.IssuedAsync(holder, FormKind.SdJwtVc, key);
        Assert.Equal(key.X, _desk.Read(fetched).HolderKey!.Value.Q.X!);
        Assert.Equal(first.Form.ExpiresAt, fetched.Form.ExpiresAt);
        Assert.Equal(4, (await _desk.Forms.OfAsync(holder)).Count);
        await _desk.Lists.RoundAsync();
        Assert.Equal((StatusList.Invalid, StatusList.Valid, StatusList.Invalid, StatusList.Invalid),
            (_desk.StatusOf(first.Form.Place), _desk.StatusOf(fetched.Form.Place), _desk.StatusOf(second.Form.Place), _desk.StatusOf(gone.Form.Place)));
        Assert.Equal(3, await CountAsync("outbox WHERE topic = 'test.told'"));
        Assert.Equal(3, await CountAsync("credential_holder WHERE replaces IS NOT NULL"));
        // Once more: nothing is left.
        Assert.True((await _desk.Reissue.BeginAsync(signer, "again")).Done);
        Assert.Equal((3, 0), (await CountAsync("outbox WHERE topic = 'test.told'"), await _desk.Reissue.GoOnAsync()));
    }

    /// <summary>Writes so many changes and then nothing more, as a process that was killed.</summary>
    private sealed class DyingWriter(IWriter writer, int lives) : IWriter
    {
        private int _left = lives;

        public Task<WriteOutcome> WriteAsync(Change change, WriteClass @class = WriteClass.Interactive, CancellationToken cancel = default) =>
            Interlocked.Decrement(ref _left) >= 0 ? writer.WriteAsync(change, @class, cancel) : Task.FromResult<WriteOutcome>(new WriteOutcome.InDoubt());
    }

    [Fact]
    public async Task A_re_issue_that_dies_anywhere_is_gone_on_with_and_nobody_is_dealt_with_twice()
    {
        const int Holders = Reissue.PersonsAtOnce + 6;
        var holders = await Task.WhenAll(Enumerable.Range(0, Holders).Select(_ => _desk.NewHolderAsync()));
        var issued = await Task.WhenAll(holders.Select(h => _desk.IssuedAsync(h, FormKind.SdJwtVc, IssuingDesk.NewKey())));
        var signer = await WithdrawnSignerAsync(issued[0].Form.KeyId);
        var deaths = 0;
        for (var done = false; !done; deaths++)
        {
            Assert.True(deaths < 20);
            var desk = Desk(new DyingWriter(_world.Database.Writer, 23));
            try
            {
                await desk.Reissue.BeginAsync(signer, "test");
                done = (await desk.Reissue.RunAsync(signer)).Done;
            }
            catch (NotWrittenException)
            {
                // Dead.
            }
        }
        Assert.True(deaths > 2);
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        while (await ReadDoor.RunAsync(() => _desk.Forms.CompleteAsync()) > 0)
        {
        }
        foreach (var holder in holders)
        {
            var forms = await _desk.Forms.OfAsync(holder);
            Assert.Equal(["replaced"], forms.Where(f => f.KeyId == signer).Select(f => f.InvalidReason));
            Assert.Equal(PromiseState.Signed, Assert.Single(forms, f => f.KeyId != signer).State);
        }
        Assert.Equal(Holders, await CountAsync("outbox WHERE topic = 'test.told'"));
    }

    [Fact]
    public async Task A_key_gets_its_next_credential_in_the_last_third_and_before_that_the_one_it_has()
    {
        var (holder, key) = (await _desk.NewHolderAsync(), IssuingDesk.NewKey());
        var first = await _desk.IssuedAsync(holder, FormKind.SdJwtVc, key);
        _world.Clock.Advance(TimeSpan.FromDays(59));
        Assert.Equal(first.Credential, (await _desk.IssuedAsync(holder, FormKind.SdJwtVc, key)).Credential);
        Assert.Single(await _desk.Forms.OfAsync(holder));
        _world.Clock.Advance(TimeSpan.FromDays(1));
        var next = await _desk.IssuedAsync(holder, FormKind.SdJwtVc, key);
        Assert.Equal(first.Form.ExpiresAt + Duration.FromDays(60), next.Form.ExpiresAt);
        Assert.NotEqual(first.Form.Place, next.Form.Place);
        Assert.Equal(next.Credential, (await _desk.IssuedAsync(holder, FormKind.SdJwtVc, key)).Credential);
        await _desk.Lists.RoundAsync();
        // The former counts to its end: whoever was shown it is not told otherwise.
        Assert.Equal((StatusList.Valid, StatusList.Valid), (_desk.StatusOf(first.Form.Place), _desk.StatusOf(next.Form.Place)));
        Assert.Equal(2, (await _desk.Forms.OfAsync(holder)).Count);
    }

    [Fact]
    public async Task A_credential_says_under_which_version_of_its_type_it_was_issued_and_every_version_stays_as_it_was()
    {
        var (holder, key, operation) = (await _desk.NewHolderAsync(), IssuingDesk.NewKey(), Guid.CreateVersion7(_world.Clock.GetUtcNow()));
        var before = await _desk.IssuedAsync(holder, FormKind.SdJwtVc, key, operation);
        var (ages, served) = (_desk.Rules.Ages, (await _desk.Types.FindAsync(1))!.Json);
        _desk.Rules = _desk.Rules with { Ages = [18, 21] };

        var after = _desk.Read(await _desk.IssuedAsync(holder, FormKind.SdJwtVc, IssuingDesk.NewKey()));

        Assert.Equal((SdJwtForm.TypeOf(IssuingDesk.Origin), SdJwtForm.TypeOf(IssuingDesk.Origin, 2)), (_desk.Read(before).Type, after.Type));
        Assert.Equal((await _desk.Types.FindAsync(2))!.Integrity, after.Claims["vct#integrity"]?.Text);
        Assert.Equal(before.Credential, (await _desk.IssuedAsync(holder, FormKind.SdJwtVc, key, operation)).Credential);
        // A node that starts now, and a policy that comes back.
        var other = _desk.NewTypes();
        Assert.Equal(2, (await other.CurrentAsync()).Version);
        Assert.Equal(served, (await other.FindAsync(1))!.Json);
        _desk.Rules = _desk.Rules with { Ages = ages };
        Assert.Equal(1, (await other.CurrentAsync()).Version);
        Assert.Null(await other.FindAsync(3));
        Assert.Equal(2, await CountAsync("credential_type"));
    }
}
