using Muqeem.Kernel;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Privacy;

/// <summary>A clock that stands still until it is set.</summary>
internal sealed class StillClock : TimeProvider
{
    private DateTimeOffset _now = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);
    private long _timestamp;

    public override DateTimeOffset GetUtcNow() => _now;
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    public override long GetTimestamp() => _timestamp;

    public void Advance(TimeSpan by)
    {
        _now += by;
        _timestamp += by.Ticks;
    }
}

/// <summary>A new data folder that is gone when disposed.</summary>
internal sealed class FolderForTest : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), "muqeem-test-" + Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8)));

    public FolderForTest(FolderKind kind = FolderKind.Demonstration) => Data = DataFolder.Open(_path, kind, Clock);

    public StillClock Clock { get; } = new();
    public DataFolder Data { get; }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}

/// <summary>The writer's promises to keys and accesses, in memory: the first key of a person and class stays, an entry's id counts once.</summary>
internal sealed class WriterInMemory : IWriter
{
    private readonly Dictionary<(PersonId, RetentionClass), NewDataKey> _keys = [];

    public List<Change> Written { get; } = [];
    public Dictionary<Guid, AccessEntry> Accesses { get; } = [];

    /// <summary>What to answer instead of writing; null writes.</summary>
    public Func<Change, WriteOutcome?> Answer { get; set; } = _ => null;

    /// <summary>Held open until set, to look at what happens before the commit.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public async Task<WriteOutcome> WriteAsync(Change change, WriteClass @class = WriteClass.Interactive, CancellationToken cancel = default)
    {
        await Gate;
        lock (_keys)
        {
            var outcome = Answer(change) ?? new WriteOutcome.Done(change.Act?.Id);
            if (outcome is WriteOutcome.Done)
            {
                Written.Add(change);
                foreach (var key in change.Keys)
                {
                    _keys.TryAdd((key.Person, key.Class), key);
                }
                foreach (var entry in change.Accesses)
                {
                    Accesses.TryAdd(entry.Id, entry);
                }
            }
            change.Outcome = outcome;
            return outcome;
        }
    }

    public Task<IReadOnlyList<StoredDataKey>> FindAsync(IReadOnlyCollection<PersonId> persons, RetentionClass? @class, CancellationToken cancel)
    {
        lock (_keys)
        {
            return Task.FromResult<IReadOnlyList<StoredDataKey>>(
                [.. _keys.Values.Where(k => (@class is null || k.Class == @class) && persons.Contains(k.Person)).Select(k => new StoredDataKey(k.Person, k.Class, k.Wrapped, k.WrappedBy))]);
        }
    }

    public void Destroy(PersonId person, RetentionClass @class)
    {
        lock (_keys)
        {
            _keys.Remove((person, @class));
        }
    }
}

/// <summary>Sealing and opening over the writer in memory.</summary>
internal sealed class PrivacyWorld : IDisposable
{
    public PrivacyWorld()
    {
        Keys = KeyStore.Open(Folder.Data, passphrase: null, Clock);
        DataKeys = new DataKeys(Keys, Writer, Writer.FindAsync, Clock);
        Sealer = new Sealer(DataKeys);
        Door = new ReadDoor(DataKeys, Recorder, Clock);
    }

    public FolderForTest Folder { get; } = new();
    public StillClock Clock => Folder.Clock;
    public WriterInMemory Writer { get; } = new();
    public KeyStore Keys { get; }
    public DataKeys DataKeys { get; }
    public AccessRecorder Recorder => new(Writer);
    public Sealer Sealer { get; }
    public ReadDoor Door { get; }
    public Actor Officer { get; } = Actor.Officer(new AccountId(Guid.Parse("01990000-0000-7000-8000-000000000001")));

    public SealContext Context(PersonId person, RetentionClass @class = RetentionClass.Identity) =>
        new(person, @class, "person_name", Guid.CreateVersion7(Clock.GetUtcNow()));

    public Change Change() => new(new Act(ActId.New(Clock), "test.act", Officer, Guid.CreateVersion7(Clock.GetUtcNow()), new byte[32], Clock.Now()));

    public void Dispose()
    {
        DataKeys.Dispose();
        Keys.Dispose();
        Folder.Dispose();
    }
}
