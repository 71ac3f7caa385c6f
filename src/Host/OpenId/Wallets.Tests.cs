using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Wallets;
using Muqeem.Host.Api;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host.OpenId;

public sealed class WalletsOnSqliteTests(WalletsOnSqlite world) : WalletsTests(world), IClassFixture<WalletsOnSqlite>
{
    /// <summary>A client that nobody here wrote walks the whole way, and two implementations of each format check what came.</summary>
    [Fact]
    public async Task A_wallet_on_a_library_of_others_fetches_the_ID_in_both_forms_and_others_verify_it()
    {
        var checks = Path.Combine(Repository.Root, "tests", "Independent");
        Assert.SkipUnless(Directory.Exists(Path.Combine(checks, "node_modules", "@openid4vc", "openid4vci")), "The independent libraries are not installed: scripts/install.sh test installs them where Node 20 is.");
        var (person, holder) = await Shared.HolderAsync(Residents.HouseholdWorker);
        using var owned = holder;
        await Shared.ReplaceAsync(person, withPhoto: true);
        var (link, txCode) = await TestWallet.MakeAsync(holder);
        var folder = Directory.CreateTempSubdirectory("muqeem-wallet-");
        try
        {
            async Task SaysAsync(string expected, params string[] arguments)
            {
                using var node = Process.Start(new ProcessStartInfo("node", arguments)
                {
                    WorkingDirectory = checks,
                    UseShellExecute = false,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    Environment = { ["MUQEEM_NOW"] = $"{Shared.World.Clock.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}" },
                })!;
                var said = await node.StandardOutput.ReadToEndAsync() + await node.StandardError.ReadToEndAsync();
                await node.WaitForExitAsync();
                Assert.True(node.ExitCode == 0 && said.Contains(expected, StringComparison.Ordinal), said);
            }
            await SaysAsync("2 credentials", "wallet.mjs", link, txCode, folder.FullName);
            await SaysAsync("16 checks, 0 failed", "check.mjs", folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        await holder.OpenAsync("id/wallet");
        Assert.True(holder.Shows("Digital credential and mobile document") && holder.Shows("Holds your ID"), holder.Html);
    }
}

public sealed class WalletsOnPostgreSqlTests(WalletsOnPostgreSql world) : WalletsTests(world), IClassFixture<WalletsOnPostgreSql>;

/// <summary>The ID in wallet apps, over HTTP: the holder with a browser, the app with the standard's requests.</summary>
public abstract partial class WalletsTests(WalletWorld shared)
{
    protected WalletWorld Shared => shared;

    private readonly WholeWorld _world = shared.World;

    private static ApiAnswer Is(HttpStatusCode status, string? error, ApiAnswer answer)
    {
        Assert.True(answer.Status == status, $"{(int)answer.Status}: {answer.Text}");
        Assert.Equal(error, answer.Json.ValueKind == JsonValueKind.Object && answer.Json.TryGetProperty("error", out var said) ? said.GetString() : null);
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        return answer;
    }

    private static ApiAnswer Ok(ApiAnswer answer) => Is(HttpStatusCode.OK, null, answer);

    private static void Refused(string error, ApiAnswer answer) => Is(HttpStatusCode.BadRequest, error, answer);

    private static void NoToken(string? error, ApiAnswer answer)
    {
        Is(HttpStatusCode.Unauthorized, error, answer);
        Assert.Equal(error is null ? "Bearer" : $"Bearer error=\"{error}\"", answer.Header("WWW-Authenticate"));
    }

    private static string CredentialOf(ApiAnswer answer) => Assert.Single(Ok(answer)["credentials"].EnumerateArray()).GetProperty("credential").GetString()!;

    private static (string Uri, long Index) PlaceOf(string credential)
    {
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(credential.Split('.')[1]));
        var place = claims.RootElement.GetProperty("status").GetProperty("status_list");
        return (place.GetProperty("uri").GetString()!, place.GetProperty("idx").GetInt64());
    }

    private Task StatusAsync(string credential, string status) => WholeWorld.UntilAsync(async () =>
    {
        var (uri, index) = PlaceOf(credential);
        return await shared.Bank.PostAsync("status", new { purpose = "keep_account", uri, index }) is { Status: HttpStatusCode.OK } answer && answer["status"].GetString() == status ? answer : null;
    }, $"the status is {status}", 30);

    private async Task<List<string>> NoticesAsync(PersonId person) => [.. (await ReadDoor.RunAsync(() => _world.Get<Notices>().ListAsync(
        _world.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.Self, null, "test", person), person, null, 50))).Select(n => n.Kind).Where(k => k == "wallet_added")];

    /// <summary>Takes out what another test has left.</summary>
    private async Task EmptyAsync(PersonId person)
    {
        foreach (var line in (await _world.Get<HolderWallets>().OfAsync(person)).Where(l => l.Wallet.IsActive))
        {
            Assert.IsType<WalletAnswer.Done>(await _world.Get<HolderWallets>().RemoveAsync(Actor.System("test"), person, line.Wallet.Id, Guid.CreateVersion7()));
        }
    }

    private Task<IReadOnlyList<string>> VerbsAsync(PersonId person) => _world.Get<Db>().QueryAsync<string>("SELECT verb FROM act WHERE person_id = @person ORDER BY at, id", new { person = person.Value });

    [Fact]
    public async Task An_app_takes_the_offer_fetches_the_ID_renews_it_and_holds_nothing_once_the_holder_removes_it()
    {
        var (person, holder) = await shared.HolderAsync();
        using var owned = holder;
        using var wallet = new TestWallet(_world);
        await EmptyAsync(person);
        var told = (await NoticesAsync(person)).Count;

        var issuer = await wallet.GetAsync(WalletPaths.Issuer);
        Assert.Equal((shared.Origin, shared.Origin + WalletPaths.Credential), (issuer["credential_issuer"].GetString(), issuer["credential_endpoint"].GetString()));
        Assert.False(issuer.Json.TryGetProperty("batch_credential_issuance", out _));
        Assert.Equal(-7, issuer["credential_configurations_supported"].GetProperty(WalletMetadata.MdocId).GetProperty("credential_signing_alg_values_supported")[0].GetInt32());
        var server = await wallet.GetAsync(WalletPaths.Server);
        Assert.Equal((shared.Origin, true), (server["issuer"].GetString(), server["pre-authorized_grant_anonymous_access_supported"].GetBoolean()));

        var (link, txCode) = await TestWallet.MakeAsync(holder);
        var offer = await wallet.OfferAsync(link);
        // This document has no photo: an mdoc could only be refused.
        Assert.Equal([WalletMetadata.SdJwtId], offer["credential_configuration_ids"].EnumerateArray().Select(i => i.GetString()));
        Assert.Equal(6, offer["grants"].GetProperty(WalletMetadata.PreAuthorized).GetProperty("tx_code").GetProperty("length").GetInt32());
        await wallet.TakeAsync(link, txCode);
        Is(HttpStatusCode.NotFound, "invalid_request", await wallet.OfferAsync(link));

        var first = await wallet.FetchAsync();
        var credential = CredentialOf(first);
        await StatusAsync(credential, "valid");
        var seen = await shared.Bank.PostAsync("presentation", new { purpose = "open_account", presentation = shared.Bank.Present(credential, wallet.Key, "w-1"), audience = VerifierProgram.Audience, nonce = "w-1" });
        Assert.Equal("valid", seen["verdict"].GetString());
        // The answer was lost: the same key gets the same, over a nonce that is another.
        Assert.Equal(credential, CredentialOf(await wallet.FetchAsync()));
        Assert.Equal(told + 1, (await NoticesAsync(person)).Count);
        var id = first["notification_id"].GetString()!;
        Assert.Equal(HttpStatusCode.NoContent, (await wallet.SayAsync(id, "credential_accepted")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await wallet.SayAsync(id, "credential_accepted")).Status);
        Refused("invalid_notification_id", await wallet.SayAsync(Guid.CreateVersion7().ToString(), "credential_accepted"));
        Refused("invalid_notification_request", await wallet.SayAsync(id, "credential_eaten"));

        // Two months later its token renews, and the same key gets the next, at another place of the list.
        await _world.MoveClockAsync(Duration.FromDays(61));
        NoToken("invalid_token", await wallet.FetchAsync());
        var former = wallet.Refresh!;
        await wallet.RefreshAsync();
        // The answer was lost on the way: the token counts until its successor is used, then no more.
        await wallet.RefreshAsync(former);
        await wallet.RefreshAsync();
        Refused("invalid_grant", await wallet.TokenAsync(("grant_type", "refresh_token"), ("refresh_token", former)));
        var renewed = CredentialOf(await wallet.FetchAsync());
        Assert.NotEqual(PlaceOf(credential), PlaceOf(renewed));
        await StatusAsync(renewed, "valid");
        Assert.Equal(told + 1, (await NoticesAsync(person)).Count);

        // What the app says it has lost counts no more.
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var lost = await wallet.FetchAsync(key: other);
        Assert.Equal(HttpStatusCode.NoContent, (await wallet.SayAsync(Ok(lost)["notification_id"].GetString()!, "credential_deleted")).Status);
        await StatusAsync(CredentialOf(lost), "invalid");

        holder.TakeSession(await shared.TokenAsync(person));
        await holder.OpenAsync("id/wallet");
        var mine = Assert.Single((await _world.Get<HolderWallets>().OfAsync(person)), w => w.Wallet.IsActive);
        var (theirs, stranger) = await shared.HolderAsync(Residents.Dependent);
        using (stranger)
        {
            await EmptyAsync(theirs);
            await stranger.OpenAsync("id/wallet");
            Assert.True(stranger.Shows("No app holds your ID."), stranger.Html);
            var (action, fields) = stranger.Drawn();
            await stranger.PostAsync(action, [.. fields, KeyValuePair.Create("remove", mine.Wallet.Id.ToString())]);
            Assert.Equal(HttpStatusCode.NotFound, stranger.Status);
        }
        await holder.PressInAsync("remove-" + mine.Wallet.Id, "remove=" + mine.Wallet.Id);
        Assert.True(holder.Shows("No app holds your ID."), holder.Html);
        await StatusAsync(renewed, "invalid");
        await StatusAsync(credential, "invalid");
        NoToken("invalid_token", await wallet.FetchAsync());
        Refused("invalid_grant", await wallet.TokenAsync(("grant_type", "refresh_token"), ("refresh_token", wallet.Refresh)));

        var verbs = await VerbsAsync(person);
        Assert.All(new[] { "wallet.offer", "wallet.add", "credential.request", "credential.sign", "wallet.notify", "wallet.refresh", "wallet.remove" }, verb => Assert.Contains(verb, verbs));
        // The nightly work may have been there before.
        await _world.Get<WalletTokens>().ForgetAsync();
        Assert.False(await _world.Get<Db>().ExistsAsync("SELECT id FROM wallet_offer WHERE expires_at < @day", new { day = _world.Clock.Now() - Duration.FromDays(1) }));
        Assert.False(await _world.Get<Db>().ExistsAsync("SELECT hash FROM wallet_token WHERE expires_at < @day", new { day = _world.Clock.Now() - Duration.FromDays(1) }));
    }

    [Fact]
    public async Task A_code_counts_once_within_minutes_and_six_digits_are_not_guessed()
    {
        var (person, holder) = await shared.HolderAsync(Residents.Dependent);
        using var owned = holder;
        using var wallet = new TestWallet(_world);
        var (link, txCode) = await TestWallet.MakeAsync(holder);
        var code = (await wallet.OfferAsync(link))["grants"].GetProperty(WalletMetadata.PreAuthorized).GetProperty("pre-authorized_code").GetString()!;
        string Wrong(int i) => ((int.Parse(txCode, System.Globalization.CultureInfo.InvariantCulture) + i) % 1_000_000).ToString("000000", System.Globalization.CultureInfo.InvariantCulture);

        Refused("invalid_request", await wallet.TokenAsync());
        Refused("invalid_request", await wallet.TokenAsync(("grant_type", WalletMetadata.PreAuthorized), ("pre-authorized_code", code), ("pre-authorized_code", code), ("tx_code", txCode)));
        Refused("unsupported_grant_type", await wallet.TokenAsync(("grant_type", "authorization_code"), ("code", code)));
        Refused("invalid_request", await wallet.TokenAsync(("grant_type", "refresh_token")));
        Refused("invalid_grant", await wallet.TokenAsync(("grant_type", "refresh_token"), ("refresh_token", code)));
        Refused("invalid_request", await wallet.RedeemAsync(code, null));
        Refused("invalid_grant", await wallet.RedeemAsync(Base64Url.EncodeToString(new byte[32]), txCode));
        Refused("invalid_grant", await wallet.RedeemAsync("x", txCode));
        Is(HttpStatusCode.NotFound, "invalid_request", await wallet.GetAsync(WalletPaths.Offers + "/" + code));
        // Many at once are counted like many after another: with five tries gone, the right digits come too late.
        var guesses = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => wallet.RedeemAsync(code, Wrong(i))));
        Assert.All(guesses, g => Refused("invalid_grant", g));
        Refused("invalid_grant", await wallet.RedeemAsync(code, txCode));
        Assert.Equal(5, await _world.Get<Db>().SingleAsync<int>("SELECT tries FROM wallet_offer WHERE person_id = @person AND state = 'OPEN'", new { person = person.Value }));

        // Another takes its place; one that was used, replaced or is over counts no more.
        var (second, _) = await TestWallet.MakeAsync(holder);
        Is(HttpStatusCode.NotFound, "invalid_request", await wallet.OfferAsync(link));
        var (third, thirdCode) = await TestWallet.MakeAsync(holder);
        Is(HttpStatusCode.NotFound, "invalid_request", await wallet.OfferAsync(second));
        var thirdOffer = (await wallet.OfferAsync(third))["grants"].GetProperty(WalletMetadata.PreAuthorized).GetProperty("pre-authorized_code").GetString()!;
        var taken = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => wallet.RedeemAsync(thirdOffer, thirdCode)));
        Assert.Equal(1, taken.Count(t => t.Status == HttpStatusCode.OK));
        Assert.All(taken.Where(t => t.Status != HttpStatusCode.OK), t => Refused("invalid_grant", t));
        Refused("invalid_grant", await wallet.RedeemAsync(thirdOffer, thirdCode));

        var (late, lateCode) = await TestWallet.MakeAsync(holder);
        var lateOffer = (await wallet.OfferAsync(late))["grants"].GetProperty(WalletMetadata.PreAuthorized).GetProperty("pre-authorized_code").GetString()!;
        // So that the session is still there, and the second factor is not fresh any more.
        await _world.MoveClockAsync(Duration.FromMinutes(6));
        await holder.OpenAsync("id/wallet");
        await holder.PressAsync();
        Assert.StartsWith("/en/step-up", holder.Path);
        await _world.MoveClockAsync(Duration.FromMinutes(5));
        Is(HttpStatusCode.NotFound, "invalid_request", await wallet.OfferAsync(late));
        Refused("invalid_grant", await wallet.RedeemAsync(lateOffer, lateCode));

        // Ten within an hour.
        holder.TakeSession(await shared.TokenAsync(person));
        for (var i = 4; i < 10; i++)
        {
            await TestWallet.MakeAsync(holder);
        }
        await holder.PressAsync();
        Assert.Equal(HttpStatusCode.Conflict, holder.Status);
        Assert.True(holder.Shows("many pictures"), holder.Html);
    }

    [Fact]
    public async Task A_request_that_is_not_as_the_standard_says_gets_nothing_and_the_code_that_says_why()
    {
        await _world.MoveClockAsync(Duration.FromHours(1));
        var (_, holder) = await shared.HolderAsync();
        using var owned = holder;
        using var wallet = new TestWallet(_world);
        NoToken(null, await wallet.FetchAsync());
        NoToken(null, await wallet.AskAsync(new { }, "Basic eDp5"));
        NoToken("invalid_token", await wallet.AskAsync(new { }, "Bearer " + Base64Url.EncodeToString(new byte[32])));
        NoToken("invalid_token", await wallet.AskAsync(new { }, "Bearer " + await shared.TokenAsync(shared.Person)));
        var (link, txCode) = await TestWallet.MakeAsync(holder);
        await wallet.TakeAsync(link, txCode);
        NoToken("invalid_token", await wallet.AskAsync(new { }, "Bearer " + wallet.Refresh));
        // A token of an app signs nobody in.
        using var api = new ApiCaller(_world) { Token = wallet.Access };
        Assert.Equal(HttpStatusCode.Unauthorized, (await api.GetAsync("id")).Status);

        const string Id = WalletMetadata.SdJwtId;
        var proof = await wallet.ProofAsync();
        Refused("invalid_credential_request", await wallet.PostAsync(WalletPaths.Credential, new StringContent("{", Encoding.UTF8, "application/json"), null));
        Refused("invalid_credential_request", await wallet.AskAsync(new { proofs = new { jwt = new[] { proof } } }));
        Refused("invalid_credential_request", await wallet.AskAsync(new { format = "dc+sd-jwt", proof = new { proof_type = "jwt", jwt = proof } }));
        Refused("invalid_credential_request", await wallet.AskAsync(new { credential_configuration_id = Id, credential_identifier = "x", proofs = new { jwt = new[] { proof } } }));
        Refused("unknown_credential_identifier", await wallet.AskAsync(new { credential_identifier = "x", proofs = new { jwt = new[] { proof } } }));
        Refused("unknown_credential_configuration", await wallet.AskAsync(new { credential_configuration_id = "passport", proofs = new { jwt = new[] { proof } } }));
        Refused("invalid_encryption_parameters", await wallet.AskAsync(new { credential_configuration_id = Id, proofs = new { jwt = new[] { proof } }, credential_response_encryption = new { enc = "A128GCM" } }));
        Refused("invalid_proof", await wallet.AskAsync(new { credential_configuration_id = Id }));
        Refused("invalid_proof", await wallet.AskAsync(new { credential_configuration_id = Id, proofs = new { jwt = Array.Empty<string>() } }));
        Refused("invalid_proof", await wallet.AskAsync(new { credential_configuration_id = Id, proofs = new { jwt = new[] { proof }, attestation = new[] { proof } } }));
        Refused("invalid_credential_request", await wallet.AskAsync(new { credential_configuration_id = Id, proofs = new { jwt = new[] { proof, await wallet.ProofAsync() } } }));
        Refused("invalid_proof", await wallet.FetchAsync(spoil: (_, claims) => claims["aud"] = "https://another.example"));
        Refused("invalid_proof", await wallet.FetchAsync(spoil: (_, claims) => claims["iss"] = "an app"));
        Refused("invalid_proof", await wallet.FetchAsync(spoil: (_, claims) => claims["iat"] = _world.Clock.Now().ToUnixTimeSeconds() - 3600));
        Refused("invalid_proof", await wallet.FetchAsync(spoil: (_, claims) => claims.Remove("nonce")));
        Refused("invalid_proof", await wallet.FetchAsync(spoil: (header, _) => header["alg"] = "none"));
        Refused("invalid_proof", await wallet.FetchAsync(spoil: (header, _) => header["typ"] = "JWT"));
        Refused("invalid_proof", await wallet.FetchAsync(spoil: (header, _) => header["kid"] = "did:example:1"));
        Refused("invalid_proof", await wallet.FetchAsync(spoil: (header, _) => header["jwk"]!["d"] = header["jwk"]!["x"]!.GetValue<string>()));
        Refused("invalid_nonce", await wallet.FetchAsync(spoil: (_, claims) => claims["nonce"] = Base64Url.EncodeToString(new byte[40])));
        // One for an account of the API is not one for an app.
        var theirs = _world.Get<KeyProofs>().NonceFor(new AccountId(Guid.CreateVersion7())).Nonce;
        Refused("invalid_nonce", await wallet.FetchAsync(spoil: (_, claims) => claims["nonce"] = theirs));
        // The form is one that this document cannot have.
        Refused("credential_request_denied", await wallet.FetchAsync(WalletMetadata.MdocId));

        // Nothing of all this spent the nonce; once it was good for a credential, it is.
        Ok(await wallet.AskAsync(new { credential_configuration_id = Id, proofs = new { jwt = new[] { proof } } }));
        Refused("invalid_nonce", await wallet.AskAsync(new { credential_configuration_id = Id, proofs = new { jwt = new[] { proof } } }));
        var old = await wallet.ProofAsync();
        await _world.MoveClockAsync(Duration.FromSeconds(330));
        await wallet.RefreshAsync();
        Refused("invalid_nonce", await wallet.AskAsync(new { credential_configuration_id = Id, proofs = new { jwt = new[] { old } } }));

        // So many keys a day, and no more.
        using var keys = new DisposableKeys();
        for (var i = 1; i < 6; i++)
        {
            Ok(await wallet.FetchAsync(key: keys.Next()));
        }
        Refused("credential_request_denied", await wallet.FetchAsync(key: keys.Next()));
        Ok(await wallet.FetchAsync());
    }

    [Fact]
    public async Task Of_a_held_ID_nothing_is_given_and_with_the_next_version_an_app_has_to_be_asked_again()
    {
        await _world.MoveClockAsync(Duration.FromHours(1));
        var (person, holder) = await shared.HolderAsync();
        using var owned = holder;
        using var wallet = new TestWallet(_world);
        var (link, txCode) = await TestWallet.MakeAsync(holder);
        using var api = new ApiCaller(_world) { Token = await shared.TokenAsync(person) };
        Assert.Equal(HttpStatusCode.OK, (await api.PostAsync("id/freeze")).Status);
        await holder.OpenAsync("id/wallet");
        await holder.PressAsync();
        Assert.Equal(HttpStatusCode.Conflict, holder.Status);
        await wallet.TakeAsync(link, txCode);
        Refused("credential_request_denied", await wallet.FetchAsync());
        Assert.Equal(HttpStatusCode.OK, (await api.PostAsync("id/unfreeze")).Status);
        var credential = CredentialOf(await wallet.FetchAsync());
        await StatusAsync(credential, "valid");

        // Between token and credential another version takes the place of the one that was offered.
        await shared.ReplaceAsync(person);
        NoToken("invalid_token", await wallet.FetchAsync());
        Refused("invalid_grant", await wallet.TokenAsync(("grant_type", "refresh_token"), ("refresh_token", wallet.Refresh)));
        await StatusAsync(credential, "invalid");
        await holder.OpenAsync("id/wallet");
        Assert.True(holder.Shows("What it holds no longer counts"), holder.Html);
        // The same between offer and token.
        var (stale, staleCode) = await TestWallet.MakeAsync(holder);
        var offer = await wallet.OfferAsync(stale);
        await shared.ReplaceAsync(person);
        Refused("invalid_grant", await wallet.RedeemAsync(offer["grants"].GetProperty(WalletMetadata.PreAuthorized).GetProperty("pre-authorized_code").GetString()!, staleCode));

        // Whoever takes it out while it fetches keeps nothing that counts.
        var (again, againCode) = await TestWallet.MakeAsync(holder);
        await wallet.TakeAsync(again, againCode);
        var fetching = wallet.FetchAsync();
        var mine = (await _world.Get<HolderWallets>().OfAsync(person)).First(w => w.Counts);
        var removing = _world.Get<HolderWallets>().RemoveAsync(Actor.System("test"), person, mine.Wallet.Id, Guid.CreateVersion7());
        Assert.IsType<WalletAnswer.Done>(await removing);
        if (await fetching is { Status: HttpStatusCode.OK } came)
        {
            await StatusAsync(CredentialOf(came), "invalid");
        }
        NoToken("invalid_token", await wallet.FetchAsync());
    }

    private sealed class DisposableKeys : IDisposable
    {
        private readonly List<ECDsa> _all = [];

        public ECDsa Next()
        {
            _all.Add(ECDsa.Create(ECCurve.NamedCurves.nistP256));
            return _all[^1];
        }

        public void Dispose() => _all.ForEach(k => k.Dispose());
    }
}
