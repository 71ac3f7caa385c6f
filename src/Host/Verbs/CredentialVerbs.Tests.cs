using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Tests;

namespace Muqeem.Host.Verbs;

/// <summary>The verbs about credentials, as an operator gives them while the service is stopped.</summary>
public sealed class CredentialVerbsTests
{
    [Fact]
    public async Task What_a_compromised_signer_signed_is_issued_anew_by_two_verbs_and_the_holder_reads_why()
    {
        await using var residents = await Residents.StartAsync(DatabaseKind.Sqlite);
        var world = residents.World;
        var holder = await residents.SettleAsync(Residents.EstablishmentWorker, residents.Today.PlusDays(300));
        var key = IssuingDesk.NewKey();
        async Task<FormAnswer.Issued> AskAsync() => Assert.IsType<FormAnswer.Issued>(await ReadDoor.RunAsync(() => world.Get<IssuedForms>().RequestAsync(
            world.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.Self, null, "test", holder.Person), Actor.System("test"), holder.Person, FormKind.SdJwtVc, key, Guid.CreateVersion7())));
        var first = await AskAsync();
        await world.WhileStoppedAsync(async args =>
        {
            // Nothing is issued anew whose signer is good.
            Assert.Equal(1, await CredentialVerbs.ReissueAsync([.. args, "--Key=" + first.Form.KeyId]));
            Assert.Equal(0, await KeyVerbs.RunAsync(["revoke", first.Form.KeyId, .. args, "--Reason=compromise"]));
            Assert.Equal(0, await CredentialVerbs.ReissueAsync([.. args, "--Key=" + first.Form.KeyId, "--Reason=incident-7"]));
            // Given once more it does nothing.
            Assert.Equal(0, await CredentialVerbs.ReissueAsync([.. args, "--Key=" + first.Form.KeyId]));
        });
        var next = await AskAsync();
        Assert.NotEqual(first.Form.KeyId, next.Form.KeyId);
        Assert.Equal(KeyState.Active, world.Get<KeyStore>().All(KeyPurpose.DocumentSigner).Single(c => c.KeyId == next.Form.KeyId).State);
        var forms = await world.Get<IssuedForms>().OfAsync(holder.Person);
        Assert.Equal([(next.Form.Id, null), (first.Form.Id, "replaced")], forms.Select(f => (f.Id, f.InvalidReason)));
        var notices = await ReadDoor.RunAsync(() => world.Get<Notices>().ListAsync(world.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.Self, null, "test", holder.Person), holder.Person, null, 50));
        Assert.Single(notices, n => n.Kind == "credentials_replaced");
        var act = await world.Get<Db>().SingleAsync<string>("SELECT reason FROM act WHERE verb = 'credential.replace'");
        Assert.Equal("incident-7", act);
    }
}
