using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Writing;
using Muqeem.Tests;

namespace Muqeem.Platform.Privacy;

public sealed class PrivacyOnSqliteTests() : PrivacyOnDatabaseTests(DatabaseKind.Sqlite);

public sealed class PrivacyOnPostgreSqlTests() : PrivacyOnDatabaseTests(DatabaseKind.PostgreSql);

/// <summary>Keys and accesses with the real writer.</summary>
public abstract class PrivacyOnDatabaseTests(DatabaseKind kind) : IAsyncLifetime
{
    private readonly FolderForTest _folder = new();
    private TestDatabase _database = null!;
    private KeyStore _keys = null!;

    private Actor Officer { get; } = Actor.Officer(new AccountId(Guid.Parse("01990000-0000-7000-8000-000000000001")));

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(kind, _folder.Clock);
        _keys = KeyStore.Open(_folder.Data, null, _folder.Clock);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _keys.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private (Sealer Sealer, ReadDoor Door, DataKeys Keys) Node()
    {
        var keys = PrivacySetup.KeysOf(_database.Db, _database.Writer, _keys, _folder.Clock);
        return (new Sealer(keys), new ReadDoor(keys, new AccessRecorder(_database.Writer), _folder.Clock), keys);
    }

    private Change Change() => new(new Act(ActId.New(_folder.Clock), "test.act", Officer, Guid.CreateVersion7(_folder.Clock.GetUtcNow()), new byte[32], _folder.Clock.Now()));

    [Fact]
    public async Task Nodes_that_seal_the_first_values_of_a_person_at_once_read_each_other()
    {
        var person = PersonId.New(_folder.Clock);
        var nodes = Enumerable.Range(0, 8).Select(_ => Node()).ToArray();
        var context = new SealContext(person, RetentionClass.Identity, "person_name", Guid.CreateVersion7(_folder.Clock.GetUtcNow()));
        var blobs = await Task.WhenAll(nodes.Select((n, i) => n.Sealer.SealAsync(Change(), context, $"value {i}").AsTask()));

        foreach (var node in nodes)
        {
            var access = node.Door.Enter(Officer, Purpose.DecideCase, null, "test", person);
            for (var i = 0; i < blobs.Length; i++)
            {
                Assert.Equal($"value {i}", await node.Door.OpenAsync<string>(access, context, blobs[i].Cipher));
            }
        }
        Assert.Equal(1, await _database.Db.FirstAsync<int>("SELECT count(*) FROM keys.data_key WHERE class = @class", new { @class = context.Class.ToString() }));
        Assert.All(nodes, n => n.Keys.Dispose());
    }

    [Fact]
    public async Task A_resident_sees_who_looked_newest_first_page_by_page()
    {
        var (sealer, door, _) = Node();
        var person = PersonId.New(_folder.Clock);
        var other = PersonId.New(_folder.Clock);
        var @case = CaseId.New(_folder.Clock);
        var self = Actor.Resident(AccountId.New(_folder.Clock));
        var context = new SealContext(person, RetentionClass.Identity, "person_name", person.Value);
        var blob = await sealer.SealAsync(Change(), context, "Ali");
        for (var i = 0; i < 5; i++)
        {
            _folder.Clock.Advance(TimeSpan.FromMinutes(1));
            var access = i % 2 == 0
                ? door.Enter(Officer, Purpose.DecideCase, @case, $"office.case.{i}", other, person)
                : door.Enter(self, Purpose.Self, null, $"portal.home.{i}", person);
            Assert.Equal("Ali", await door.OpenAsync<string>(access, context, blob.Cipher));
        }
        await door.Enter(Officer, Purpose.Audit, null, "office.other", other).Recorded;
        var log = new AccessLog(_database.Db);

        var first = await log.ForPersonAsync(person, take: 3);
        var second = await log.ForPersonAsync(person, first.Next, take: 3);

        Assert.Equal(["office.case.4", "portal.home.3", "office.case.2"], first.Lines.Select(l => l.Where));
        Assert.Equal(["portal.home.1", "office.case.0"], second.Lines.Select(l => l.Where));
        Assert.Null(second.Next);
        var line = first.Lines[0];
        Assert.Equal((Officer, Purpose.DecideCase, (CaseId?)@case, _folder.Clock.Now()), (line.Reader, line.Purpose, line.Case, line.At));
        // Sending an application has it compared: that is the holder's own look too.
        await door.Enter(self, Purpose.CheckRecords, @case, "case.submit", person).Recorded;
        Assert.Equal(6, (await log.ForPersonAsync(person)).Lines.Count);
        Assert.Equal(["office.case.4", "office.case.2", "office.case.0"], (await log.ForPersonAsync(person, but: self)).Lines.Select(l => l.Where));
    }

    [Fact]
    public async Task A_read_that_rides_in_an_act_is_committed_with_it_and_refers_to_it()
    {
        var (sealer, door, _) = Node();
        var person = PersonId.New(_folder.Clock);
        var context = new SealContext(person, RetentionClass.Case, "case_request", person.Value);
        var blob = await sealer.SealAsync(Change(), context, "request");
        var change = Change();
        await ReadDoor.RunAsync(async () =>
        {
            var access = door.Within(change, Officer, Purpose.DecideCase, "case.decide", person);
            await door.OpenAsync<string>(access, context, blob.Cipher);
            Assert.IsType<WriteOutcome.Done>(await _database.Writer.WriteAsync(change));
            return true;
        });
        Assert.IsType<WriteOutcome.Done>(change.Outcome);
        Assert.Equal(change.Act!.Id.Value, await _database.Db.SingleAsync<Guid>("SELECT leaf_id FROM access_entry"));
    }

    [Fact]
    public async Task An_entry_asked_for_again_is_there_once()
    {
        var recorder = new AccessRecorder(_database.Writer);
        var person = PersonId.New(_folder.Clock);
        var entry = new AccessEntry(Guid.CreateVersion7(_folder.Clock.GetUtcNow()), _folder.Clock.Now(), Officer, Purpose.Audit, null, "test", [person]);
        await recorder.RecordAsync(entry);
        await recorder.RecordAsync(entry);
        Assert.Single((await new AccessLog(_database.Db).ForPersonAsync(person)).Lines);
    }

    [Fact]
    public async Task A_tombstone_in_place_of_a_key_opens_nothing_and_lets_nothing_new_be_sealed()
    {
        var (sealer, door, keys) = Node();
        var person = PersonId.New(_folder.Clock);
        var context = new SealContext(person, RetentionClass.Identity, "person_name", person.Value);
        var blob = await sealer.SealAsync(Change(), context, "Ali");
        const string erase = "UPDATE {0}data_key SET wrapped = {1}, wrapped_by = 'erased'";
        if (kind == DatabaseKind.PostgreSql)
        {
            await _database.ExecuteAsync(string.Format(erase, "keys.", "''::bytea"));
        }
        else
        {
            await using var file = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(_database.Options.Data, "keys.db")};Pooling=false;Default Timeout=10");
            await file.OpenAsync();
            await using var command = file.CreateCommand();
            command.CommandText = string.Format(erase, "", "x''");
            await command.ExecuteNonQueryAsync();
        }
        keys.Forget(person, RetentionClass.Identity);

        var access = door.Enter(Officer, Purpose.DecideCase, null, "test", person);
        await Assert.ThrowsAsync<ErasedException>(async () => await door.OpenAsync<string>(access, context, blob.Cipher));
        Assert.Equal([null], await door.OpenManyAsync<string>(access, [(context, blob.Cipher)]));
        await Assert.ThrowsAsync<ErasedException>(async () => await sealer.SealAsync(Change(), context, "Ali again"));
        Assert.NotEmpty((await sealer.SealAsync(Change(), context with { Class = RetentionClass.Payment }, "a bill")).Cipher);
    }

    [Fact]
    public async Task Without_the_writer_nothing_opens()
    {
        var (sealer, door, _) = Node();
        var person = PersonId.New(_folder.Clock);
        var context = new SealContext(person, RetentionClass.Identity, "person_name", person.Value);
        var blob = await sealer.SealAsync(Change(), context, "Ali");
        await _database.Writer.StopAsync();
        await Assert.ThrowsAsync<AccessNotRecordedException>(async () =>
            await door.OpenAsync<string>(door.Enter(Officer, Purpose.DecideCase, null, "test", person), context, blob.Cipher));
    }
}
