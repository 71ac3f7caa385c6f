using System.Buffers.Text;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Wallets;
using Muqeem.Host.Api;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Portal;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host.OpenId;

/// <summary>Muqeem under its own address, as wallet apps know it, with a portrait for every document that has a photo.</summary>
public abstract class WalletWorld(DatabaseKind kind) : VerifierWorld(kind)
{
    private readonly Dictionary<int, PersonId> _settled = [];

    protected override IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>(StringComparer.Ordinal) { ["PublicOrigin"] = WholeWorld.AtMuqeem };

    protected override Action<IServiceCollection> More => services => services.AddSingleton<PortraitOf>((_, _, _, _) => Task.FromResult<byte[]?>([0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3, 0xFF, 0xD9]));

    internal string Origin => World.Address.ToString().TrimEnd('/');

    /// <summary>One of the stories' residents, with the session of a new account.</summary>
    internal async Task<(PersonId Person, Browser Browser)> HolderAsync(int index = Residents.EstablishmentWorker)
    {
        var person = index == Residents.EstablishmentWorker ? Person
            : _settled.TryGetValue(index, out var known) ? known
            : _settled[index] = (await Residents.SettleAsync(index, Residents.Today.PlusYears(1))).Person;
        var browser = new Browser(World, "en");
        browser.TakeSession(await TokenAsync(person));
        return (person, browser);
    }

    /// <summary>The next version of the ID, as a correction makes it.</summary>
    internal async Task ReplaceAsync(PersonId person, bool withPhoto = false)
    {
        var change = new Change(new Act(ActId.New(World.Clock), "test.replace", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("replace"), World.Clock.Now()));
        await ReadDoor.RunAsync(async () =>
        {
            var documents = World.Get<Documents>();
            var live = (await documents.LiveAsync(person))!;
            var content = await documents.OpenAsync(World.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.IssueDocument, null, "test", person), live);
            await documents.ReplaceAsync(change, live, new DocumentOrder(person, live.Residence, withPhoto ? content with { Photo = Guid.CreateVersion7() } : content, 5));
            Assert.IsType<WriteOutcome.Done>(await World.Get<IWriter>().WriteAsync(change));
            return true;
        });
    }
}

public sealed class WalletsOnSqlite() : WalletWorld(DatabaseKind.Sqlite);

public sealed class WalletsOnPostgreSql() : WalletWorld(DatabaseKind.PostgreSql);

/// <summary>A wallet app of another maker, with as little in it as the standard asks for.</summary>
internal sealed partial class TestWallet(WholeWorld world) : IDisposable
{
    private readonly HttpClient _http = new(SharedWorld.Caller()) { BaseAddress = world.Address };

    public ECDsa Key { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string? Access { get; set; }

    public string? Refresh { get; private set; }

    /// <summary>What the holder's page shows: the text of the picture, and the digits beside it.</summary>
    public static async Task<(string Link, string TxCode)> MakeAsync(Browser holder)
    {
        await holder.OpenAsync("id/wallet");
        await holder.PressAsync();
        var link = System.Net.WebUtility.HtmlDecode(Link().Match(holder.Html).Groups["link"].Value);
        Assert.True(link.Length > 0, holder.Html);
        var code = Digits().Match(holder.Html).Groups["code"].Value;
        Assert.DoesNotContain(code, link);
        return (link, code);
    }

    [GeneratedRegex("<a href=\"(?<link>openid-credential-offer://[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex("<strong dir=\"ltr\">(?<code>[0-9]{6})</strong>", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Digits();

    public Task<ApiAnswer> OfferAsync(string link) => GetAsync(new Uri(Uri.UnescapeDataString(link.Split("credential_offer_uri=")[1])).AbsolutePath);

    public Task<ApiAnswer> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    public Task<ApiAnswer> TokenAsync(params (string Name, string? Value)[] form) => SendAsync(new HttpRequestMessage(HttpMethod.Post, WalletPaths.Token)
    {
        Content = new FormUrlEncodedContent(form.Where(f => f.Value is not null).Select(f => KeyValuePair.Create(f.Name, f.Value!))),
    });

    public Task<ApiAnswer> RedeemAsync(string code, string? txCode) => TokenAsync(("grant_type", WalletMetadata.PreAuthorized), ("pre-authorized_code", code), ("tx_code", txCode));

    /// <summary>Takes an offer as far as the tokens.</summary>
    public async Task<ApiAnswer> TakeAsync(string link, string? txCode)
    {
        var offer = await OfferAsync(link);
        Assert.True(offer.Status == System.Net.HttpStatusCode.OK, offer.Text);
        return Keep(await RedeemAsync(offer["grants"].GetProperty(WalletMetadata.PreAuthorized).GetProperty("pre-authorized_code").GetString()!, txCode));
    }

    public async Task<ApiAnswer> RefreshAsync(string? token = null) => Keep(await TokenAsync(("grant_type", "refresh_token"), ("refresh_token", token ?? Refresh)));

    private ApiAnswer Keep(ApiAnswer tokens)
    {
        Assert.True(tokens.Status == System.Net.HttpStatusCode.OK, tokens.Text);
        Assert.Equal(("Bearer", "no-store"), (tokens["token_type"].GetString(), tokens.Header("Cache-Control")));
        (Access, Refresh) = (tokens["access_token"].GetString(), tokens["refresh_token"].GetString());
        return tokens;
    }

    public async Task<string> NonceAsync() => (await SendAsync(new HttpRequestMessage(HttpMethod.Post, WalletPaths.Nonce)))["c_nonce"].GetString()!;

    public async Task<string> ProofAsync(Action<JsonObject, JsonObject>? spoil = null, ECDsa? key = null)
    {
        var signer = key ?? Key;
        var q = signer.ExportParameters(false).Q;
        var header = new JsonObject
        {
            ["typ"] = "openid4vci-proof+jwt",
            ["alg"] = "ES256",
            ["jwk"] = new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(q.X), ["y"] = Base64Url.EncodeToString(q.Y) },
        };
        var claims = new JsonObject { ["aud"] = world.Address.ToString().TrimEnd('/'), ["iat"] = world.Clock.Now().ToUnixTimeSeconds(), ["nonce"] = await NonceAsync() };
        spoil?.Invoke(header, claims);
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString()))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{signed}.{Base64Url.EncodeToString(signer.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    public async Task<ApiAnswer> FetchAsync(string configuration = WalletMetadata.SdJwtId, Action<JsonObject, JsonObject>? spoil = null, ECDsa? key = null) =>
        await AskAsync(new { credential_configuration_id = configuration, proofs = new { jwt = new[] { await ProofAsync(spoil, key) } } });

    /// <summary>A request for a credential, whatever stands in it.</summary>
    public Task<ApiAnswer> AskAsync(object body, string? authorization = null) => PostAsync(WalletPaths.Credential, JsonContent.Create(body), authorization);

    public Task<ApiAnswer> SayAsync(string id, string what) => PostAsync(WalletPaths.Notification, JsonContent.Create(new { notification_id = id, @event = what }), null);

    public Task<ApiAnswer> PostAsync(string path, HttpContent body, string? authorization)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body };
        if ((authorization ?? (Access is null ? null : "Bearer " + Access)) is { Length: > 0 } header)
        {
            request.Headers.TryAddWithoutValidation("Authorization", header);
        }
        return SendAsync(request);
    }

    private async Task<ApiAnswer> SendAsync(HttpRequestMessage request)
    {
        using var sent = request;
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        using var json = text.Length > 0 && text[0] is '{' or '[' ? JsonDocument.Parse(text) : null;
        return new(answer.StatusCode, json?.RootElement.Clone() ?? default, answer.Headers, answer.Content.Headers, text);
    }

    public void Dispose()
    {
        _http.Dispose();
        Key.Dispose();
    }
}
