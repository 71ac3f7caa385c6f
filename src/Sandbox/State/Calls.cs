using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Dapper;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Signatures;
using NodaTime;

namespace Muqeem.Sandbox.State;

/// <summary>One call to Muqeem that is to be made or was made.</summary>
public sealed record Call(long Id, string Topic, string WebhookId, long Forged, long DueAt, long Attempts, string State, string? Answer, long At);

/// <summary>Calls Muqeem's webhooks, signed, until they are accepted. What waits survives a restart.</summary>
public sealed partial class Calls : BackgroundService
{
    public const string Payments = "payments";
    public const string Border = "border";
    public const string Labour = "labour";
    public const string DomesticWork = "domestic-work";

    /// <summary>Begins the topics of answers to contests: each agency signs its own with its own key, at its own address.</summary>
    public const string Contests = "contests/";

    /// <summary>Begins the topics of what changed in a record of a person: each at its own address.</summary>
    public const string Records = "records/";
    public const string Passports = Records + "passports";
    public const string Deaths = Records + "deaths";
    public const string Contracts = Records + "contracts";
    public const string HouseholdContracts = Records + "household-contracts";
    public const string Orders = Records + "orders";
    public const string Policies = Records + "policies";
    public const string Shipments = Records + "shipments";
    public const string DeliveryCodes = Records + "delivery-codes";

    public static IReadOnlyList<string> Topics { get; } = [Payments, Border, Labour, DomesticWork, Passports, Deaths, Contracts, HouseholdContracts, Orders, Policies, Shipments, DeliveryCodes, .. StandIns.ContestsOf.Prefixes.Select(prefix => Contests + prefix)];

    // Between the attempts; after the last the call is given up and can be sent again by hand.
    private static readonly int[] WaitSeconds = [2, 5, 15, 60, 300, 900, 3600, 3600, 14400, 43200];

    /// <summary>What the agencies and Muqeem agreed on.</summary>
    private static readonly IReadOnlyList<ExchangeRight> Rights = PolicyBook.BaselineSnapshot().Get<IReadOnlyList<ExchangeRight>>(ExchangeRight.TheirCalls, NodaTime.LocalDate.FromDateTime(DateTime.UnixEpoch));

    private readonly Store _store;
    private readonly TimeProvider _clock;
    private readonly IHttpClientFactory _http;
    private readonly IConfiguration _configuration;
    private readonly StandInKeys _keys;
    private readonly ILogger<Calls> _log;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim _sending = new(1);

    public Calls(Store store, SandboxClock clock, IHttpClientFactory http, IConfiguration configuration, StandInKeys keys, ILogger<Calls> log)
    {
        _keys = keys;
        _store = store;
        _clock = clock;
        _http = http;
        _configuration = configuration;
        _log = log;
    }

    /// <summary>Whose call it is, and as what the contract names it.</summary>
    public static (string Agency, string Operation) Of(string topic) => topic switch
    {
        Payments => (PaymentGateway.Name, PaymentWebhook.Operation),
        Border => (AlienRegister.Name, BorderWebhook.Operation),
        Labour => (LabourContracts.Name, ConfirmationWebhook.Operation),
        DomesticWork => (Agencies.DomesticWork.Name, ConfirmationWebhook.Operation),
        Passports => (AlienRegister.Name, PassportWebhook.Operation),
        Deaths => (AlienRegister.Name, DeathWebhook.Operation),
        Contracts => (LabourContracts.Name, ContractWebhook.Operation),
        HouseholdContracts => (Agencies.DomesticWork.Name, ContractWebhook.Operation),
        Orders => (Justice.Name, OrderWebhook.Operation),
        Policies => (HealthInsurance.Name, PolicyWebhook.Operation),
        Shipments => (NationalAddresses.Name, ShipmentWebhook.Operation),
        DeliveryCodes => (NationalAddresses.Name, DeliveryCodeWebhook.Operation),
        _ => (AgenciesSetup.All.Single(a => Contests + a.Prefix == topic).Name, ContestWebhook.Operation),
    };

    public string? UrlOf(string topic) => topic.Split('/') is [var all, var one]
        ? _configuration[$"Webhooks:{all}:Url"] is { Length: > 0 } url ? $"{url}/{one}" : null
        : _configuration[$"Webhooks:{topic}:Url"];

    /// <param name="twice">Two calls with the same id.</param>
    /// <param name="forged">Signed with a key that nobody has.</param>
    /// <param name="late">It is made so much later.</param>
    public void Add<T>(string topic, string webhookId, T content, bool twice = false, bool forged = false, Duration late = default)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(content, Wire.Options);
        var now = _clock.Now().ToMicros();
        var due = (_clock.Now() + late).ToMicros();
        _store.Write(db =>
        {
            for (var n = 0; n < (twice ? 2 : 1); n++)
            {
                db.Execute(
                    "insert into calls (topic, webhook_id, body, forged, due_at, attempts, state, at) values (@topic, @webhookId, @body, @forged, @due, 0, 'WAITING', @now)",
                    new { topic, webhookId, body, forged, due, now });
            }
        });
        _wake.Writer.TryWrite(true);
    }

    public void Again(long id)
    {
        _store.Write(db => db.Execute("update calls set state = 'WAITING', due_at = @now, attempts = 0 where id = @id", new { id, now = _clock.Now().ToMicros() }));
        _wake.Writer.TryWrite(true);
    }

    public IReadOnlyList<Call> Newest(int count) => _store.Read(db => db.Query<Call>(
        "select id, topic, webhook_id as WebhookId, forged, due_at as DueAt, attempts, state, answer, at from calls order by id desc limit @count", new { count }).AsList());

    /// <summary>Makes all calls that are due, in order. Returns how many were made.</summary>
    public async Task<int> SendDueAsync(CancellationToken cancel)
    {
        await _sending.WaitAsync(cancel);
        try
        {
            var made = 0;
            foreach (var (id, topic, webhookId, body, forged, attempts) in _store.Read(db => db.Query<(long, string, string, byte[], long, long)>(
                "select id, topic, webhook_id, body, forged, attempts from calls where state = 'WAITING' and due_at <= @now order by id limit 200", new { now = _clock.Now().ToMicros() }).AsList()))
            {
                if (UrlOf(topic) is not { Length: > 0 } url)
                {
                    Ended(id, "WAITING", "no address configured", attempts, _clock.Now() + Duration.FromSeconds(60));
                    continue;
                }
                made++;
                var answer = await SendAsync(url, topic, webhookId, body, forged != 0, cancel);
                var accepted = answer.Length == 3 && answer[0] == '2';
                var final = accepted || (answer.Length == 3 && answer[0] == '4' && answer is not ("408" or "429")) || attempts + 1 > WaitSeconds.Length;
                Ended(
                    id, accepted ? "ACCEPTED" : final ? "REFUSED" : "WAITING", answer, attempts + 1,
                    final ? _clock.Now() : _clock.Now() + Duration.FromSeconds(WaitSeconds[attempts]));
            }
            return made;
        }
        finally
        {
            _sending.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SendDueAsync(stoppingToken);
                using var turn = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                turn.CancelAfter(TimeSpan.FromSeconds(1));
                await _wake.Reader.ReadAsync(turn.Token);
            }
            catch (OperationCanceledException)
            {
                // A second has passed, or we are stopping.
            }
        }
    }

    public override void Dispose()
    {
        _sending.Dispose();
        base.Dispose();
    }

    /// <summary>Asks Muqeem, and waits for what it says. Null: it did not answer, or refused.</summary>
    public async Task<T?> AskAsync<T>(string topic, string webhookId, object content, CancellationToken cancel) where T : class
    {
        if (UrlOf(topic) is not { Length: > 0 } url)
        {
            return null;
        }
        using var request = Signed(url, topic, webhookId, JsonSerializer.SerializeToUtf8Bytes(content, Wire.Options), forged: false);
        try
        {
            using var http = _http.CreateClient(nameof(Calls));
            using var response = await http.SendAsync(request, cancel);
            return response.IsSuccessStatusCode ? JsonSerializer.Deserialize<T>(await response.Content.ReadAsByteArrayAsync(cancel), Wire.Options) : null;
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            NotReached(_log, topic);
            return null;
        }
    }

    private HttpRequestMessage Signed(string url, string topic, string webhookId, byte[] body, bool forged)
    {
        var (agency, operation) = Of(topic);
        var signer = forged ? MessageSigner.OfPkcs8(MessageSigner.NewPkcs8()) : _keys.Of(agency);
        var address = new Uri(url);
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        // The same call again, by whatever attempt, is the same request.
        var id = Platform.Background.Names.IdOf($"{topic}:{webhookId}");
        request.Headers.Add(Exchange.RequestIdHeader, id.ToString());
        request.Headers.Add(Exchange.CorrelationHeader, id.ToString("N"));
        request.Headers.Add(Exchange.PurposeHeader, Rights.Single(r => r.Agency == agency && r.Operation == operation).Purpose);
        Exchange.Sign(request, address, body, signer, _clock.Now());
        return request;
    }

    private async Task<string> SendAsync(string url, string topic, string webhookId, byte[] body, bool forged, CancellationToken cancel)
    {
        using var request = Signed(url, topic, webhookId, body, forged);
        try
        {
            using var http = _http.CreateClient(nameof(Calls));
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            return ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            NotReached(_log, topic);
            return "not reached";
        }
    }

    private void Ended(long id, string state, string answer, long attempts, Instant due) => _store.Write(db => db.Execute(
        "update calls set state = @state, answer = @answer, attempts = @attempts, due_at = @due where id = @id", new { id, state, answer, attempts, due = due.ToMicros() }));

    [LoggerMessage(Level = LogLevel.Information, Message = "Muqeem's webhook for {Topic} could not be reached; it is tried again later.")]
    private static partial void NotReached(ILogger log, string topic);
}
