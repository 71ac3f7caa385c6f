using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Payments;

/// <summary>A real database with its writer, keys and door: what payments and credentials stand on.</summary>
internal sealed class World : IAsyncDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "muqeem-test-" + Path.GetRandomFileName());
    private readonly DataKeys _dataKeys;

    private World(TestDatabase database, TestClock clock)
    {
        Database = database;
        Clock = clock;
        Keys = KeyStore.Open(DataFolder.Open(_folder, FolderKind.Demonstration, clock), passphrase: null, clock);
        _dataKeys = PrivacySetup.KeysOf(database.Db, database.Writer, Keys, clock);
        Sealer = new Sealer(_dataKeys);
        Door = new ReadDoor(_dataKeys, PrivacySetup.RecorderOf(database.Db, database.Writer), clock);
        Blind = new BlindIndex(Keys);
        Bills = new Bills(clock);
        Ledger = new Ledger(database.Db);
        Inbox = new PaymentsInbox(Bills, Ledger, database.Writer, clock);
        Refunds = new Refunds(database.Db, Ledger, Sealer, Door, clock);
    }

    public static async Task<World> CreateAsync(DatabaseKind kind)
    {
        var clock = new TestClock();
        return new World(await TestDatabase.CreateAsync(kind, clock), clock);
    }

    public TestDatabase Database { get; }
    public TestClock Clock { get; }
    public KeyStore Keys { get; }
    public Sealer Sealer { get; }
    public ReadDoor Door { get; }
    public BlindIndex Blind { get; }
    public Bills Bills { get; }
    public Ledger Ledger { get; }
    public PaymentsInbox Inbox { get; }
    public Refunds Refunds { get; }
    public Db Db => Database.Db;

    public Change Act(string verb = "test.act") =>
        new(new Act(ActId.New(Clock), verb, Actor.System("test"), Guid.CreateVersion7(Clock.GetUtcNow()), Digest.Of("test"), Clock.Now()));

    /// <summary>As a node does that hears of an erasure.</summary>
    public void ForgetKeys(PersonId person) => _dataKeys.Forget(person, RetentionClass.Identity);

    public Task<WriteOutcome> WriteAsync(Change change) => Database.Writer.WriteAsync(change);

    public async Task DoneAsync(Change change) => Assert.IsType<WriteOutcome.Done>(await WriteAsync(change));

    public static Quote Price(int riyals) =>
        new([new PriceLine("ERV_SINGLE", 1, Money.Riyals(riyals), PayerKind.Resident, 1, new Dictionary<string, object>(StringComparer.Ordinal) { ["months"] = 1 }, null)], []);

    /// <summary>The desk of two officers. All cases are one person's, who is told nothing here.</summary>
    /// <param name="arrived">Told of cases whose bill became settled.</param>
    public BillDesk Officers(TestClock? clock = null, List<CaseId>? arrived = null, List<string>? told = null) => new(
        Db, Ledger, clock is null ? Bills : new Bills(clock), Sealer, Door, Database.Writer,
        (_, _, _, kind, _) =>
        {
            told?.Add(kind);
            return Task.CompletedTask;
        },
        (_, _) => Task.FromResult<PersonId?>(Somebody),
        (id, _) =>
        {
            arrived?.Add(id);
            return Task.CompletedTask;
        },
        () => new BillRules(Duration.FromHours(48), new HashSet<string>(StringComparer.Ordinal) { "LATE_RENEWAL" }, 1), clock ?? Clock);

    /// <summary>Whose cases they are.</summary>
    public PersonId Somebody { get; } = new(Guid.CreateVersion7());

    public Payer NewPayer() => Payer.Person(PersonId.New(Clock));

    public async Task<Bill> IssueAsync(Payer payer, int riyals, string? number = null)
    {
        var change = Act("bill.issue");
        var bill = Bills.Issue(change, CaseId.New(Clock), payer, "VISA.ERV.S", Price(riyals), Payments.Bills.ValidUntil(Clock.Today(), 30, null));
        if (number is not null)
        {
            bill = Bills.Number(change, bill, number);
        }
        await DoneAsync(change);
        return (await Ledger.BillAsync(bill.Id))!;
    }

    /// <summary>Puts money on a payer's balance the only way it can come there: paid for a bill that was given up.</summary>
    public async Task FundAsync(Payer payer, int riyals, string payment)
    {
        var bill = await IssueAsync(payer, riyals, "F" + payment);
        Assert.IsType<PaymentReception.Received>(await Inbox.ReceiveAsync(Notice(payment, "F" + payment, riyals)));
        var change = Act("bill.release");
        Bills.Release(change, (await Ledger.BillAsync(bill.Id))!);
        await DoneAsync(change);
    }

    public PaymentNotice Notice(string id, string? number, int riyals, BillId? reference = null) => new(id, number, reference, Money.Riyals(riyals), Clock.Now(), "Sadad");

    public async Task SoundAsync() => Assert.Empty(await Ledger.AuditAsync());

    public async ValueTask DisposeAsync()
    {
        _dataKeys.Dispose();
        Keys.Dispose();
        await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
