using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Credentials.Issuing;
using Muqeem.Host.Wiring;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;

namespace Muqeem.Tests.Kills;

/// <summary>The machine's clock, or another, and so much more: each start is later than the leases of whoever was killed.</summary>
internal sealed class LaterClock(TimeSpan by, TimeProvider? than = null) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => (than ?? System).GetUtcNow() + by;
}

/// <summary>A process that issues, over the real folder, key store, database and journal.</summary>
internal sealed class IssuingNode : IAsyncDisposable
{
    private readonly DataFolder _folder;
    private readonly Writer _writer;
    private readonly DataKeys _dataKeys;
    private readonly JournalKey _journalKey;

    /// <param name="wrap">Puts something between the issuing and the writer.</param>
    public IssuingNode(DatabaseOptions options, string folder, TimeProvider clock, Func<IWriter, IWriter>? wrap = null)
    {
        var journal = new JournalOptions();
        _folder = DataFolder.Open(folder, FolderKind.Demonstration, clock);
        Clock = clock;
        Keys = KeyStore.Open(_folder, passphrase: null, clock);
        Db = Db.Open(options);
        _writer = Writer.Start(Db, clock);
        _dataKeys = PrivacySetup.KeysOf(Db, _writer, Keys, clock);
        Desk = new IssuingDesk(Db, wrap?.Invoke(_writer) ?? _writer, Keys, new Sealer(_dataKeys), new ReadDoor(_dataKeys, PrivacySetup.RecorderOf(Db, _writer), clock), clock);
        _journalKey = new JournalKey(Keys, journal);
        Sequencer = new Sequencer(Db, _writer, new Leases(Db, _writer, clock), _journalKey, new LastCheckpoint(_folder), null, journal, NullLogger<Sequencer>.Instance);
    }

    public TimeProvider Clock { get; }
    public Db Db { get; }
    public KeyStore Keys { get; }
    public IssuingDesk Desk { get; }
    public Sequencer Sequencer { get; }

    /// <summary>Another look at the same key store, as a verb has it beside the service.</summary>
    public KeyStore OpenKeys() => KeyStore.Open(_folder, passphrase: null, Clock);

    public Task<WriteOutcome> WriteAsync(Change change) => _writer.WriteAsync(change);

    public string KeyFile => Path.Combine(_folder.Keys, "keystore.json");

    public async Task<IReadOnlyList<Finding>> VerifyAsync()
    {
        var findings = new List<Finding>();
        await new Verification(Keys, _journalKey, _folder, WholeSchema.Tables).RunAsync(Db, findings.Add);
        return findings;
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _dataKeys.Dispose();
        await Db.DisposeAsync();
        Keys.Dispose();
    }
}
