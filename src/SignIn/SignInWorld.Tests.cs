using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Factors;
using Muqeem.SignIn.Live;
using Muqeem.SignIn.Messages;
using Muqeem.SignIn.Passwords;
using Muqeem.SignIn.Throttling;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>The registers of other agencies over HTTP, with the people a test puts there. Only the wire is made up: the clients are the real ones.</summary>
internal sealed class RegistersForTest(TimeProvider clock) : HttpMessageHandler
{
    private static readonly JsonSerializerOptions Written = new(Wire.Options) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.Never };

    public Dictionary<string, (RegisteredPerson Person, RegisteredPassport[] Passports)> People { get; } = new(StringComparer.Ordinal);
    public Dictionary<string, RegisteredAddress> Addresses { get; } = new(StringComparer.Ordinal);
    public HashSet<string> Away { get; } = new(StringComparer.Ordinal);

    /// <summary>The requests at phones, as the national sign-in says they stand.</summary>
    public Dictionary<Guid, SignInRequestStanding> Phones { get; } = [];

    /// <summary>The request that was made last.</summary>
    public Guid Newest { get; private set; }
    public List<string> Asked { get; } = [];

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath.Trim('/').Split('/');
        lock (Asked)
        {
            Asked.Add(request.RequestUri.PathAndQuery);
        }
        if (Away.Contains(path[0]))
        {
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable));
        }
        object? answer = path switch
        {
            ["alien-register", "persons", var number] => People.TryGetValue(number, out var found) ? found.Person with { Id = number } : null,
            ["alien-register", "persons", var number, "passports"] => People.TryGetValue(number, out var found) ? new RegisteredPassports("alien register", clock.Now(), number, found.Passports) : null,
            ["address", "addresses"] => new RegisteredAddresses("post", clock.Now(), "2000000014", [.. Addresses.Values]),
            ["federated-sign-in", "requests"] => Opened(request),
            ["federated-sign-in", "requests", var id] => Phones.GetValueOrDefault(Guid.Parse(id)) is { } standing ? standing with { AsOf = clock.Now() } : null,
            ["address", "addresses", var code] => Addresses.TryGetValue(code, out var address) ? new AddressLookup("post", clock.Now(), address) : null,
            _ => null,
        };
        return Task.FromResult(AgencyCaller.Sign(new HttpResponseMessage(answer is null ? HttpStatusCode.NotFound : HttpStatusCode.OK), request,
            answer is null ? """{"error":"not_found"}"""u8.ToArray() : JsonSerializer.SerializeToUtf8Bytes(answer, answer.GetType(), Written), clock.Now()));
    }

    private SignInRequestOpened? Opened(HttpRequestMessage request)
    {
        if (!People.ContainsKey(JsonSerializer.Deserialize<SignInRequestOrder>(request.Content!.ReadAsStream(), Wire.Options)!.ResidentNumber))
        {
            return null;
        }
        var opened = new SignInRequestOpened("app", clock.Now(), Guid.CreateVersion7(clock.GetUtcNow()), 42, clock.Now() + Duration.FromMinutes(2));
        Newest = opened.Transaction;
        Phones[opened.Transaction] = new("app", clock.Now(), opened.Transaction, SignInRequestState.Waiting, null, null);
        return opened;
    }
}

/// <summary>One process that serves: its own cache and counts, on a database that others share.</summary>
internal sealed class NodeForTest
{
    public NodeForTest(SignInWorld world)
    {
        var (db, writer, clock) = (world.Database.Db, world.Database.Writer, world.Clock);
        var persons = new Persons(db, world.Sealer, world.Door, world.Blind, clock);
        Policies = new SignInPolicies(() => world.Limits);
        Book = new AccountBook(db, world.Sealer, world.Door, world.Blind, persons);
        Cache = new SessionCache(clock) { Alone = db.Dialect.Kind == DatabaseKind.Sqlite && !world.Several };
        Throttle = new Throttle(world.Blind, db, writer, clock, NullLogger<Throttle>.Instance);
        Messages = new TextMessages(world.Sealer, world.Texts, clock);
        var holder = new HolderMessages(Book, Messages, clock);
        HolderNotices = new HolderNotices(Book, world.Sealer, world.Door, world.Texts, clock);
        var identity = new IdentityCheck(new AlienRegister(world.Line(AlienRegister.Name, "alien-register")), clock);
        var labour = new LabourContracts(world.Line(LabourContracts.Name, "labour"));
        var domestic = new DomesticWork(world.Line(DomesticWork.Name, "domestic-work"));
        var addresses = new NationalAddresses(world.Line(NationalAddresses.Name, "address"));
        Codes = new OneTimeCodes(db, writer, world.Blind, Messages, Policies, clock);
        Sessions = new Sessions(db, writer, Book, Cache, Policies, clock);
        SignIns = new SignIns(db, writer, Book, Sessions, Codes, world.Hasher, Throttle, Messages, Policies, clock);
        Federated = new FederatedSignIns(db, writer, world.Blind, Book, Sessions, Throttle, Messages, new FederatedSignIn(world.Line(FederatedSignIn.Name, "federated-sign-in")), Policies, clock, NullLogger<FederatedSignIns>.Instance);
        Registration = new Registration(db, writer, world.Sealer, world.Door, persons, Book, Sessions, Codes, world.Hasher, Throttle, identity, labour, domestic, addresses, Policies, clock);
        Recovery = new AccessRecovery(db, writer, world.Sealer, world.Door, persons, Book, Sessions, Codes, world.Hasher, Throttle, identity, holder, Policies, clock);
        Accounts = new Accounts(writer, Book, Sessions, world.Hasher, holder, Policies, clock);
        Authenticator = new Authenticator(db, writer, Book, Sessions, holder, clock);
        RecoveryCodes = new RecoveryCodes(writer, Book, world.Hasher, holder, clock);
        Contacts = new ContactChanges(db, writer, world.Blind, world.Door, persons, Book, Sessions, Codes, identity, Throttle, holder, Policies, clock);
        Addresses = new AddressChanges(db, writer, Book, addresses, holder, clock);
        Office = new OfficeAccounts(db, writer, Book, Sessions, world.Hasher, Messages, Policies, clock);
        Cleaning = new Cleaning(db, writer, clock);
    }

    public SignInPolicies Policies { get; }
    public AccountBook Book { get; }
    public SessionCache Cache { get; }
    public Throttle Throttle { get; }
    public TextMessages Messages { get; }
    public HolderNotices HolderNotices { get; }
    public OneTimeCodes Codes { get; }
    public Sessions Sessions { get; }
    public SignIns SignIns { get; }
    public FederatedSignIns Federated { get; }
    public Registration Registration { get; }
    public AccessRecovery Recovery { get; }
    public Accounts Accounts { get; }
    public Authenticator Authenticator { get; }
    public RecoveryCodes RecoveryCodes { get; }
    public ContactChanges Contacts { get; }
    public AddressChanges Addresses { get; }
    public OfficeAccounts Office { get; }
    public Cleaning Cleaning { get; }
}

/// <summary>A resident with an account, and what is needed to sign in.</summary>
internal sealed record HolderForTest(SignedIn SignedIn, string Number, string Password, byte[]? Secret, IReadOnlyList<string> RecoveryCodes)
{
    public Session Session => SignedIn.Session;
}

/// <summary>Everything of signing in, on a real database, with the registers' wire and a clock that is set.</summary>
internal sealed partial class SignInWorld : IAsyncDisposable
{
    public const string Password = "three green goats in a boat";
    private readonly FolderForTest _folder;
    private readonly KeyStore _keys;
    private readonly DataKeys _dataKeys;
    private readonly List<AgencyLine> _lines = [];
    private readonly HashSet<Guid> _delivered = [];
    private int _next;

    private SignInWorld(TestDatabase database, FolderForTest folder)
    {
        Database = database;
        _folder = folder;
        _keys = KeyStore.Open(folder.Data, null, folder.Clock);
        _dataKeys = PrivacySetup.KeysOf(database.Db, database.Writer, _keys, folder.Clock);
        Sealer = new Sealer(_dataKeys);
        Door = new ReadDoor(_dataKeys, PrivacySetup.RecorderOf(database.Db, database.Writer), folder.Clock);
        Blind = new BlindIndex(_keys);
        Hasher = new PasswordHasher(SignInSetup.Pepper(_keys), new Argon2Cost(64, 1, 1));
        Texts = TextCatalogue.Of(typeof(Refusal).Assembly, typeof(TextCatalogue).Assembly, typeof(SignInSetup).Assembly);
        Registers = new RegistersForTest(folder.Clock);
    }

    public TestDatabase Database { get; }
    public StillClock Clock => _folder.Clock;
    public Sealer Sealer { get; }
    public ReadDoor Door { get; }
    public BlindIndex Blind { get; }
    public PasswordHasher Hasher { get; }
    public TextCatalogue Texts { get; }
    public RegistersForTest Registers { get; }
    public SignInLimits Limits { get; set; } = new();
    public bool Several { get; set; }
    public NodeForTest Node { get; private set; } = null!;
    public List<OutgoingText> Inbox { get; } = [];
    public Visitor Here { get; } = new("203.0.113.7", null, "Firefox, Android", "en");
    public Visitor Stranger { get; } = new("198.51.100.9", null, "curl", "en");

    public static async Task<SignInWorld> MakeAsync(DatabaseKind kind)
    {
        var folder = new FolderForTest();
        var world = new SignInWorld(await TestDatabase.CreateAsync(kind, folder.Clock), folder);
        world.Node = new NodeForTest(world);
        return world;
    }

    public Guid Operation() => Guid.CreateVersion7(Clock.GetUtcNow());

    public AgencyLine Line(string name, string prefix)
    {
        var settings = new AgencyLineSettings { Url = new Uri($"http://localhost/{prefix}/"), Retries = 0, FailureCalls = 1000 };
#pragma warning disable RS0030 // The wire itself is the test's.
        var http = new HttpClient(Registers, disposeHandler: false);
#pragma warning restore RS0030
        var line = new AgencyLine(name, settings, () => http, AgencyCaller.Desk(AgencyCaller.NewSigner(), Clock), AgencyCaller.Keys, Clock, NullLogger.Instance);
        _lines.Add(line);
        return line;
    }

    /// <summary>Somebody in the alien register, with a passport and, unless told otherwise, a mobile.</summary>
    public (string Number, RegistrationStart Typed, string? Mobile) Newcomer(string? mobile = "auto", LocalDate? birth = null, DatePrecision precision = DatePrecision.Day)
    {
        var index = Interlocked.Increment(ref _next);
        var number = ResidentNumber.FromPayload($"2{index:00000000}").ToString();
        var day = birth ?? new LocalDate(1990, 1, 1).PlusDays(index);
        var passport = $"A{index:00000000}";
        var phone = mobile == "auto" ? $"+9665{index:00000000}" : mobile;
        var names = new RegisteredNames(["محمد", "عبد", "الرحمن", "ربيع"], ["MOHAMMAD", "ABDUR", "RAHMAN", "RABI"], "محمد عبد الرحمن ربيع", "MOHAMMAD ABDUR RAHMAN RABI");
        var person = new RegisteredPerson("alien register", Clock.Now(), number, RegisterIdType.Resident, number, null, names, "M", new(day, precision, null), "BGD", null, MaritalStatus.Single, null, true, Whereabouts.Inside,
            new(true, true, $"bio-{index}"), [], phone, null, null);
        Registers.People[number] = (person, [new(passport, "BGD", PassportType.Ordinary, new(2022, 1, 1), new(2032, 1, 1), "DHAKA", PassportStatus.Valid)]);
        return (number, new(number, $"{day.Day}", $"{day.Month}", $"{day.Year}", CalendarKind.Gregorian, passport), phone);
    }

    /// <summary>Goes through the whole registration.</summary>
    public async Task<HolderForTest> HolderAsync(bool withAuthenticator = false, string? mobile = "auto", Visitor? visitor = null)
    {
        var (number, typed, phone) = Newcomer(mobile);
        var registration = Node.Registration;
        var started = Assert.IsType<RegistrationAnswer.At>(await registration.StartAsync(typed, visitor ?? Here));
        var token = started.Token!;
        if (phone is null)
        {
            Assert.IsType<RegistrationStep.GiveContact>(started.Step);
            Assert.IsType<RegistrationStep.ConfirmContact>(Assert.IsType<RegistrationAnswer.At>(await registration.GiveContactAsync(token, $"05{_next:00000000}", null, Operation())).Step);
        }
        Assert.IsType<RegistrationStep.ConfirmProfile>(Assert.IsType<RegistrationAnswer.At>(await registration.ConfirmCodeAsync(token, await LastCodeAsync(), Operation())).Step);
        Assert.IsType<RegistrationStep.ChoosePassword>(Assert.IsType<RegistrationAnswer.At>(await registration.ProfileAsync(token, new(phone is null ? "Mohammad" : null, null, "Mason", "Jeddah"), Operation())).Step);
        var app = Assert.IsType<RegistrationStep.AddAuthenticator>(Assert.IsType<RegistrationAnswer.At>(await registration.PasswordAsync(token, Password, Operation())).Step);
        var secret = Totp.Unspell(app.Secret);
        var code = withAuthenticator ? Totp.Code(secret, Totp.StepAt(Clock.Now())) : null;
        var codes = Assert.IsType<RegistrationStep.KeepRecoveryCodes>(Assert.IsType<RegistrationAnswer.At>(await registration.AuthenticatorAsync(token, code, Operation())).Step).Codes;
        var opened = Assert.IsType<RegistrationAnswer.Opened>(await registration.FinishAsync(token, sharedPhone: false, visitor ?? Here, Operation()));
        await InboxAsync();
        return new(opened.SignedIn, number, Password, withAuthenticator ? secret : null, codes);
    }

    /// <summary>Signs in with password and whichever second factor the holder has.</summary>
    public async Task<SignedIn> SignInAsync(HolderForTest holder, Visitor? visitor = null, bool shared = false)
    {
        var more = Assert.IsType<SignInStart.OneMoreFactor>(await Node.SignIns.StartAsync(holder.Number, holder.Password, shared, visitor ?? Here));
        return Assert.IsType<SignInEnd.In>(await FactorAsync(holder, more, visitor)).SignedIn;
    }

    public async Task<SignInEnd> FactorAsync(HolderForTest holder, SignInStart.OneMoreFactor more, Visitor? visitor = null)
    {
        if (holder.Secret is { } secret)
        {
            Clock.Advance(TimeSpan.FromSeconds(30));
            return await Node.SignIns.CompleteAsync(more.Token, Factor.Authenticator, Totp.Code(secret, Totp.StepAt(Clock.Now())), visitor ?? Here);
        }
        return await Node.SignIns.CompleteAsync(more.Token, Factor.Message, await LastCodeAsync(), visitor ?? Here);
    }

    public async Task<Session> StepUpAsync(HolderForTest holder, SignedIn signedIn)
    {
        var more = Assert.IsType<SignInStart.OneMoreFactor>(await Node.SignIns.StepUpAsync(signedIn.Session, holder.Password, Here));
        return Assert.IsType<SignInEnd.In>(await FactorAsync(holder, more)).SignedIn.Session;
    }

    /// <summary>What left through the outbox since the last look; what is written late is written now.</summary>
    public async Task<IReadOnlyList<OutgoingText>> InboxAsync()
    {
        var news = new List<OutgoingText>();
        for (var again = true; again;)
        {
            again = false;
            foreach (var row in await Database.Db.QueryAsync<OutboxRow>("SELECT id, topic, lane, payload, secret, person_id, at FROM outbox ORDER BY id"))
            {
                if (!_delivered.Add(row.Id))
                {
                    continue;
                }
                var item = new OutboxItem(row.Id, row.Topic, row.Lane, row.Payload, row.Secret, row.PersonId is { } person ? new PersonId(person) : null, row.At, 1);
                if (row.Topic == HolderNotices.Topic)
                {
                    var sent = Assert.IsType<OutboxResult.Sent>(await Node.HolderNotices.HandleAsync(item, default));
                    if (sent.Change is { } change)
                    {
                        Assert.IsType<WriteOutcome.Done>(await Database.Writer.WriteAsync(change));
                        again = true;
                    }
                }
                else
                {
                    news.Add(await item.OpenSecretAsync<OutgoingText>(Door, Actor.System("outbox"), Purpose.Notify, default));
                }
            }
        }
        Inbox.AddRange(news);
        return news;
    }

    public async Task<string> LastCodeAsync(string? to = null)
    {
        await InboxAsync();
        return CodeIn(Inbox.Last(message => SixDigits().IsMatch(message.Text) && (to is null || message.To == to)).Text);
    }

    public static string CodeIn(string text) => SixDigits().Match(text).Value;

    public static string Other(string code) => ((int.Parse(code) + 1) % 1_000_000).ToString("D6");

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        _lines.ForEach(line => line.Dispose());
        Registers.Dispose();
        Hasher.Dispose();
        _dataKeys.Dispose();
        _keys.Dispose();
        _folder.Dispose();
    }

    [GeneratedRegex("(?<![0-9])[0-9]{6}(?![0-9])", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SixDigits();

    private sealed record OutboxRow(Guid Id, string Topic, string Lane, string Payload, byte[]? Secret, Guid? PersonId, Instant At);
}
