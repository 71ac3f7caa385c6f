using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Dapper;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;

namespace Muqeem.Sandbox.StandIns;

/// <summary>A card as the stand-in keeps it. <see cref="State"/>: OFFERED (not taken yet), HELD, FAILED, TAKEN_OUT (by the holder), REMOVED (by Muqeem).</summary>
/// <param name="Key">PKCS#8 of the wallet's own key, to which the credential is bound; it never leaves this store.</param>
public sealed record KeptCard(string Reference, string Number, string Payload, string State, string? Remark, byte[]? Key, string? Credential, long ValidUntil, long At);

/// <summary>A short notice that came for a person.</summary>
public sealed record KeptWalletNotice(string Number, string Text, string Language, long At);

/// <summary>
/// The national wallet app: takes the offer of a card by the standard (OpenID4VCI 1.0, pre-authorized code) with a key of its own, and keeps what comes. It believes nothing of the offer but where the issuer is.
/// </summary>
internal sealed class NationalWallet : BackgroundService
{
    public const string Source = "national wallet app (stand-in)";

    private const string Schema = """
        create table if not exists wallet_cards (reference text primary key, number text not null, payload text not null, state text not null, remark text, key blob, credential text, valid_until integer not null, at integer not null) without rowid;
        create index if not exists wallet_cards_number on wallet_cards (number);
        create table if not exists wallet_notices (id integer primary key, number text not null, text text not null, language text not null, at integer not null);
        """;

    private const string Select = "select reference, number, payload, state, remark, key, credential, valid_until as ValidUntil, at from wallet_cards";

    /// <summary>Whoever gave the offer may be restarting.</summary>
    private const int Tries = 5;

    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);

    private readonly Store _store;
    private readonly World _world;
    private readonly NationalApp _phones;
    private readonly SandboxClock _clock;
    private readonly IHttpClientFactory _http;
    private readonly Channel<string> _offered = Channel.CreateUnbounded<string>();

    public NationalWallet(Store store, World world, NationalApp phones, SandboxClock clock, IHttpClientFactory http)
    {
        (_store, _world, _phones, _clock, _http) = (store, world, phones, clock, http);
        store.Write(db => db.Execute(Schema));
    }

    /// <summary>Null: nobody with this number uses the app. It runs on the phones on which the national sign-in does.</summary>
    public WalletCardReceipt? Take(WalletCard card)
    {
        if (_phones.UserOf(card.Id) is null)
        {
            return null;
        }
        var reference = Guid.CreateVersion7(_clock.GetUtcNow()).ToString("N");
        _store.Write(db => db.Execute("insert into wallet_cards (reference, number, payload, state, valid_until, at) values (@reference, @number, @payload, 'OFFERED', @until, @at)",
            new { reference, number = card.Id, payload = card.Payload, until = card.ValidUntil.ToMicros(), at = _clock.Now().ToMicros() }));
        Changed(card.Id);
        _offered.Writer.TryWrite(reference);
        return new(Source, _clock.Now(), reference);
    }

    /// <summary>Takes the card away, with key and credential. Null: there is none.</summary>
    public WalletCardReceipt? Remove(string reference) => Becomes(reference, "REMOVED") ? new(Source, _clock.Now(), reference) : null;

    /// <summary>The holder takes the card out in the app.</summary>
    public bool TakeOut(string reference) => Becomes(reference, "TAKEN_OUT");

    /// <summary>The app gave the offer up.</summary>
    public bool GiveUp(string reference) => Becomes(reference, "FAILED");

    /// <summary>The phone is lost with all that is on it, and the app has nothing of this card any more.</summary>
    public bool Lose(string reference)
    {
        var lost = Find(reference);
        _store.Write(db => db.Execute("delete from wallet_cards where reference = @reference", new { reference }));
        Changed(lost?.Number);
        return lost is not null;
    }

    /// <summary>The app has the card again that it took away.</summary>
    public bool BringBack(string reference) => Becomes(reference, "HELD", from: "REMOVED");

    /// <summary>What the app has of a person's cards.</summary>
    public WalletHolding Held(Person person, string id) => new(id, [.. _store.Read(db => db.Query<(string Reference, string State)>(
        "select reference, state from wallet_cards where number in (@id, @number) and state <> 'REMOVED' order by at, reference", new { id, number = person.Number }).AsList()).Select(c => new WalletHeldCard(c.Reference, c.State switch
        {
            "OFFERED" => WalletCardState.Offered,
            "HELD" => WalletCardState.Held,
            "FAILED" => WalletCardState.Failed,
            _ => WalletCardState.TakenOut,
        }))]);

    private KeptCard? Find(string reference) => _store.Read(db => db.QueryFirstOrDefault<KeptCard>(Select + " where reference = @reference", new { reference }));

    private bool Becomes(string reference, string state, string? from = null)
    {
        var done = _store.Write(db => db.Execute("update wallet_cards set state = @state, key = null, credential = null where reference = @reference and case when @from is null then state <> 'REMOVED' else state = @from end",
            new { reference, state, from })) == 1;
        if (done)
        {
            Changed(Find(reference)!.Number);
        }
        return done;
    }

    private void Changed(string? number)
    {
        if (number is not null && _world.ByNumber(number) is { } person)
        {
            _world.Touch(WalletApp.Name, person.Index);
        }
    }

    public NoticeReceipt? Tell(WalletNotice notice, string requestId)
    {
        if (_phones.UserOf(notice.Id) is null)
        {
            return null;
        }
        _store.Write(db => db.Execute("insert into wallet_notices (number, text, language, at) values (@number, @text, @language, @at)", new { number = notice.Id, text = notice.Text, language = notice.Language, at = _clock.Now().ToMicros() }));
        return new(Source, _clock.Now(), "notices/" + requestId, NoticeState.Recorded);
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<KeptCard> Cards(string? number) => _store.Read(db => db.Query<KeptCard>(Select + " where @number is null or number = @number order by at desc, reference desc limit 100", new { number }).AsList());

    public IReadOnlyList<KeptWalletNotice> Told(string? number) =>
        _store.Read(db => db.Query<KeptWalletNotice>("select number, text, language, at from wallet_notices where @number is null or number = @number order by id desc limit 100", new { number }).AsList());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var left in Cards(null).Where(c => c.State == "OFFERED"))
        {
            _offered.Writer.TryWrite(left.Reference);
        }
        await foreach (var reference in _offered.Reader.ReadAllAsync(stoppingToken))
        {
            var remark = "";
            for (var attempt = 0; attempt < Tries && remark is not null; attempt++)
            {
                if (attempt > 0)
                {
                    await Task.Delay(BetweenTries, stoppingToken);
                }
                try
                {
                    remark = await FetchAsync(reference, stoppingToken);
                }
                catch (Exception fault) when (fault is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException or UriFormatException or FormatException)
                {
                    remark = fault.Message;
                }
            }
            if (remark is not null)
            {
                _store.Write(db => db.Execute("update wallet_cards set state = 'FAILED', remark = @remark where reference = @reference and state = 'OFFERED'", new { reference, remark }));
                Changed(Find(reference)?.Number);
            }
        }
    }

    /// <summary>Null: done, or there is nothing to do any more; else what went wrong.</summary>
    private async Task<string?> FetchAsync(string reference, CancellationToken cancel)
    {
        if (Find(reference) is not { State: "OFFERED" } card)
        {
            return null;
        }
        using var http = _http.CreateClient(nameof(NationalWallet));
        const string At = "credential_offer_uri=";
        var offer = await JsonAsync(await http.GetAsync(Uri.UnescapeDataString(card.Payload[(card.Payload.IndexOf(At, StringComparison.Ordinal) + At.Length)..]), cancel), cancel);
        var origin = offer.GetProperty("credential_issuer").GetString()!;
        var issuer = await JsonAsync(await http.GetAsync(origin + "/.well-known/openid-credential-issuer", cancel), cancel);
        var server = await JsonAsync(await http.GetAsync(origin + "/.well-known/oauth-authorization-server", cancel), cancel);
        if (issuer.GetProperty("credential_issuer").GetString() != origin || server.GetProperty("issuer").GetString() != origin)
        {
            return "The issuer has another name for itself.";
        }
        const string Grant = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
        using var form = new FormUrlEncodedContent([new("grant_type", Grant), new("pre-authorized_code", offer.GetProperty("grants").GetProperty(Grant).GetProperty("pre-authorized_code").GetString())]);
        var token = (await JsonAsync(await http.PostAsync(server.GetProperty("token_endpoint").GetString(), form, cancel), cancel)).GetProperty("access_token").GetString();
        var nonce = (await JsonAsync(await http.PostAsync(issuer.GetProperty("nonce_endpoint").GetString(), null, cancel), cancel)).GetProperty("c_nonce").GetString()!;
        var configuration = offer.GetProperty("credential_configuration_ids").EnumerateArray().Select(i => i.GetString()!)
            .First(i => issuer.GetProperty("credential_configurations_supported").GetProperty(i).GetProperty("format").GetString() == "dc+sd-jwt");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var answer = await JsonAsync(await PostAsync(http, issuer.GetProperty("credential_endpoint").GetString()!, token, new { credential_configuration_id = configuration, proofs = new { jwt = new[] { Proof(key, origin, nonce) } } }, cancel), cancel);
        var credential = answer.GetProperty("credentials")[0].GetProperty("credential").GetString();
        var kept = _store.Write(db => db.Execute("update wallet_cards set state = 'HELD', key = @key, credential = @credential where reference = @reference and state = 'OFFERED'", new { key = key.ExportPkcs8PrivateKey(), credential, reference })) == 1;
        Changed(card.Number);
        using var told = await PostAsync(http, issuer.GetProperty("notification_endpoint").GetString()!, token, new { notification_id = answer.GetProperty("notification_id").GetString(), @event = kept ? "credential_accepted" : "credential_deleted" }, cancel);
        return null;
    }

    private string Proof(ECDsa key, string audience, string nonce)
    {
        var q = key.ExportParameters(false).Q;
        var header = new { typ = "openid4vci-proof+jwt", alg = "ES256", jwk = new { kty = "EC", crv = "P-256", x = Base64Url.EncodeToString(q.X), y = Base64Url.EncodeToString(q.Y) } };
        var signed = $"{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(header))}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new { aud = audience, iat = _clock.Now().ToUnixTimeSeconds(), nonce }))}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient http, string address, string? token, object body, CancellationToken cancel) => http.SendAsync(new HttpRequestMessage(HttpMethod.Post, address)
    {
        Content = JsonContent.Create(body),
        Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
    }, cancel);

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync(cancel);
            return answer.IsSuccessStatusCode ? JsonSerializer.Deserialize<JsonElement>(text) : throw new HttpRequestException($"{answer.RequestMessage?.RequestUri?.AbsolutePath.Split('/')[^1]}: {(int)answer.StatusCode} {text}");
        }
    }
}

/// <summary>The contract of the national wallet app.</summary>
internal static class NationalWalletOf
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/wallet-app").WithGroupName("wallet-app").WithTags("national wallet app");
        group.MapPost("/cards", (WalletCard card, NationalWallet wallet) =>
            !ResidentNumber.Parse(card.Id).Ok ? Answer.Invalid("id")
            : card.Type != WalletApp.Offer ? Answer.Invalid("type")
            : !card.Payload.StartsWith("openid-credential-offer://", StringComparison.Ordinal) ? Answer.Invalid("payload")
            : Answer.Found(wallet.Take(card)))
            .WithName("showCard").WithSummary("Shows a card on the person's phone. The payload is a credential offer, which the app takes by itself. 404: nobody with this number uses the app.")
            .Produces<WalletCardReceipt>().ProducesProblem(404).ProducesProblem(422).ProducesProblem(503);
        group.MapDelete("/cards/{reference}", (string reference, NationalWallet wallet) => Answer.Found(wallet.Remove(reference)))
            .WithName("takeCardBack").WithSummary("Takes a card away, with what was fetched for it.").Produces<WalletCardReceipt>().ProducesProblem(404).ProducesProblem(503);
        group.MapPost("/notices", (WalletNotice notice, HttpRequest request, NationalWallet wallet) =>
            !ResidentNumber.Parse(notice.Id).Ok ? Answer.Invalid("id")
            : notice.Text.Length is 0 or > 500 ? Answer.Invalid("text")
            : Answer.Found(wallet.Tell(notice, request.Headers[Exchange.RequestIdHeader].ToString())))
            .WithName("tellInWallet").WithSummary("A short word to the person.").Produces<NoticeReceipt>().ProducesProblem(404).ProducesProblem(422).ProducesProblem(503);
    }
}
