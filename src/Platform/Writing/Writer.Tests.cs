using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Tests;

namespace Muqeem.Platform.Writing;

public class WriterOnSqliteTests : WriterTests
{
    protected override DatabaseKind Kind => DatabaseKind.Sqlite;
}

public class WriterOnPostgreSqlTests : WriterTests
{
    protected override DatabaseKind Kind => DatabaseKind.PostgreSql;
}

/// <summary>What the writer promises, the same on both databases.</summary>
public abstract class WriterTests : IAsyncLifetime
{
    private static readonly Table Thing = new("thing", TableKind.Act, 1, "A head for these tests.",
        new("id", ColumnType.Uuid), new("version", ColumnType.Long), new("word", ColumnType.Text), new("size", ColumnType.Int, Nullable: true));

    private static readonly Table Part = new("part", TableKind.Act, 1, "Rows for these tests.",
        new("id", ColumnType.Uuid), new("thing_id", ColumnType.Uuid), new("blob", ColumnType.Bytes, Nullable: true), new("day", ColumnType.Day, Nullable: true),
        new("flag", ColumnType.Bool), new("owner", ColumnType.Uuid, Nullable: true), new("at", ColumnType.Instant, Nullable: true));

    private static readonly Table Counter = new("counter", TableKind.Bookkeeping, 1, "Bookkeeping for these tests.",
        new("name", ColumnType.Text), new("value", ColumnType.Long));

    private readonly TestClock _clock = new();
    private TestDatabase _database = null!;

    protected abstract DatabaseKind Kind { get; }

    private Writer Writer => _database.Writer;
    private Db Db => _database.Db;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(Kind, _clock);
        var (uuid, big, blob) = Kind == DatabaseKind.Sqlite ? ("text", "integer", "blob") : ("uuid", "bigint", "bytea");
        await _database.ExecuteAsync($"""
            CREATE TABLE thing (id {uuid} NOT NULL PRIMARY KEY, version {big} NOT NULL, word text NOT NULL CHECK (word <> 'forbidden'), size integer);
            CREATE TABLE part (id {uuid} NOT NULL PRIMARY KEY, thing_id {uuid} NOT NULL REFERENCES thing (id) DEFERRABLE INITIALLY DEFERRED,
              blob {blob}, day text, flag integer NOT NULL, owner {uuid}, at {big});
            CREATE TABLE counter (name text NOT NULL PRIMARY KEY, value {big} NOT NULL);
            """);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private Guid NewId() => Guid.CreateVersion7(_clock.GetUtcNow());

    private Act NewAct(Guid? operation = null, string request = "request", string? answer = null, string actor = "tester") =>
        new(ActId.New(_clock), "test.write", Actor.System(actor), operation ?? NewId(), Digest.Of(request), _clock.Now()) { Answer = answer };

    private Change NewChange(Guid? operation = null, string request = "request", string? answer = null) => new(NewAct(operation, request, answer));

    private async Task<Guid> AddThingAsync(string word = "new")
    {
        var id = NewId();
        var change = NewChange();
        change.Heads.Add(Thing.Head(id, 0, word, null));
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(change));
        return id;
    }

    private async Task FillAsync(Guid account, long halalas)
    {
        var change = NewChange();
        change.Balances.Add(new(account, halalas));
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(change));
    }

    private async Task<long> CountAsync(string table) => await Db.FirstAsync<long>($"SELECT count(*) FROM {table}");

    [Fact]
    public async Task A_change_is_there_with_everything_it_says()
    {
        var id = NewId();
        var person = PersonId.New(_clock);
        var change = new Change(NewAct(answer: "case 1") with { Person = person, OnBehalfOf = Actor.Agency("moi"), Reason = "renewal", Rules = "r1" });
        change.Heads.Add(Thing.Head(id, 0, "new", 7));
        change.Rows.Add(Part.Insert(NewId(), id, new byte[] { 1, 2 }, _clock.Today(), true, person, _clock.Now()));
        change.Rows.Add(Part.Insert(NewId(), id, null, null, false, null, null));
        change.Claims.Add(new("number", [1, 2, 3]));
        change.Messages.Add(new(NewId(), "sms", "sms:1", "{}", new SealedBytes([9], [8]), person));
        change.Accesses.Add(new(NewId(), _clock.Now(), Actor.System("tester"), Purpose.DecideCase, null, "test", [person]));
        change.Keys.Add(new(person, RetentionClass.Identity, [5, 5], "kek1"));
        change.Balances.Add(new(id, 500));

        var done = Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(change));

        Assert.Equal(change.Act!.Id, done.Act);
        var part = Assert.Single(await Db.QueryAsync<PartRow>("SELECT thing_id, blob, day, flag, owner, at FROM part WHERE flag = 1"));
        Assert.Equal(new PartRow(id, part.Blob, _clock.Today(), true, person, _clock.Now()), part);
        Assert.Equal([1, 2], part.Blob!);
        var empty = Assert.Single(await Db.QueryAsync<PartRow>("SELECT thing_id, blob, day, flag, owner, at FROM part WHERE flag = @flag", new { flag = false }));
        Assert.Equal(new PartRow(id, null, null, false, null, null), empty);
        Assert.Equal(("new", 7, 1L), await Db.FirstAsync<(string, int, long)>("SELECT word, size, version FROM thing WHERE id = @id", new { id }));
        Assert.Equal(500, await Db.FirstAsync<long>("SELECT halalas FROM balance WHERE account = @id", new { id }));
        Assert.Equal([5, 5], (await Db.FirstAsync<byte[]>("SELECT wrapped FROM keys.data_key WHERE person_id = @person AND class = 'Identity'", new { person }))!);
        Assert.Equal(("sms:1", "waiting"), await Db.FirstAsync<(string, string)>("SELECT lane, state FROM delivery"));
        Assert.Equal([9], (await Db.FirstAsync<byte[]>("SELECT secret FROM outbox WHERE act_id = @act", new { act = change.Act.Id }))!);
        Assert.Equal(change.Act.Id.Value, await Db.FirstAsync<Guid>(
            "SELECT e.leaf_id FROM access_entry e JOIN access_subject s ON s.access_id = e.id WHERE s.person_id = @person", new { person }));
        Assert.Equal("System:tester Agency:moi", await Db.FirstAsync<string>(
            "SELECT actor_kind || ':' || actor_id || ' ' || behalf_kind || ':' || behalf_id FROM act WHERE id = @id", new { id = change.Act.Id }));
    }

    private sealed record PartRow(Guid ThingId, byte[]? Blob, NodaTime.LocalDate? Day, bool Flag, PersonId? Owner, NodaTime.Instant? At);

    [Fact]
    public async Task Of_64_callers_who_change_one_head_one_wins_each_version()
    {
        var id = await AddThingAsync();
        var wins = new long[65];

        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                var version = await Db.FirstAsync<long>("SELECT version FROM thing WHERE id = @id", new { id });
                var change = NewChange();
                change.Heads.Add(Thing.Head(id, version, "changed", (int)version));
                var outcome = await Writer.WriteAsync(change);
                if (outcome is WriteOutcome.Done)
                {
                    Interlocked.Increment(ref wins[version]);
                    return;
                }
                Assert.Equal(new WriteOutcome.Conflict("thing", id), outcome);
            }
        })));

        Assert.All(wins.Skip(1), won => Assert.Equal(1, won));
        Assert.Equal(65, await Db.FirstAsync<long>("SELECT version FROM thing WHERE id = @id", new { id }));
        Assert.Equal(65, await CountAsync("act"));
        Assert.Equal(65, await CountAsync("leaf"));
    }

    [Fact]
    public async Task In_a_group_each_no_is_its_own_and_all_the_innocent_are_written()
    {
        var (poor, taken, head) = (NewId(), new byte[] { 7, 7 }, await AddThingAsync());
        await FillAsync(poor, 100);
        var first = NewChange();
        first.Claims.Add(new("passport", taken));
        await Writer.WriteAsync(first);
        var before = NewChange(answer: "the answer");
        await Writer.WriteAsync(before);

        var innocent = Enumerable.Range(0, 40).Select(i =>
        {
            var change = NewChange();
            var thing = NewId();
            change.Heads.Add(Thing.Head(thing, 0, "innocent", i));
            change.Rows.Add(Part.Insert(NewId(), thing, null, null, true, null, null));
            return change;
        }).ToList();
        var conflict = NewChange();
        conflict.Heads.Add(Thing.Head(head, 5, "late", null));
        var again = NewChange();
        again.Heads.Add(Thing.Head(head, 0, "again", null));
        var claimed = NewChange();
        claimed.Claims.Add(new("passport", taken));
        claimed.Heads.Add(Thing.Head(NewId(), 0, "claimed", null));
        var insufficient = NewChange();
        insufficient.Balances.Add(new(poor, -101));
        insufficient.Heads.Add(Thing.Head(NewId(), 0, "poor", null));
        var reused = NewChange(before.Act!.OperationId, "another request");
        var replayed = NewChange(before.Act.OperationId);
        var forbidden = NewChange();
        forbidden.Heads.Add(Thing.Head(NewId(), 0, "forbidden", null));
        var orphan = NewChange();
        orphan.Rows.Add(Part.Insert(NewId(), NewId(), null, null, true, null, null));
        var twice = NewChange();
        twice.Rows.Add(Part.Insert(innocent[0].Rows[0].Values[0], head, null, null, true, null, null));
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(innocent[0]));

        Task<WriteOutcome> Send(Change change) => Task.Run(() => Writer.WriteAsync(change));
        var half = innocent.Skip(1).Take(20).Select(Send).ToList();
        Task<WriteOutcome>[] noes = [Send(conflict), Send(again), Send(claimed), Send(insufficient), Send(reused), Send(replayed)];
        Task<WriteOutcome>[] surprises = [Send(forbidden), Send(orphan), Send(twice)];
        var rest = innocent.Skip(21).Select(Send).ToList();

        Assert.All(await Task.WhenAll(half.Concat(rest)), outcome => Assert.IsType<WriteOutcome.Done>(outcome));
        Assert.Equal(
            [new WriteOutcome.Conflict("thing", head), new WriteOutcome.Conflict("thing", head), new WriteOutcome.Claimed("passport"), new WriteOutcome.Insufficient(poor),
                new WriteOutcome.OperationReused(), new WriteOutcome.Replayed(before.Act.Id, "the answer")],
            await Task.WhenAll(noes));
        foreach (var surprise in surprises)
        {
            await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => surprise);
        }
        Assert.Equal(40, await CountAsync("thing WHERE word = 'innocent'"));
        Assert.Equal(0, await CountAsync("thing WHERE word IN ('late', 'again', 'claimed', 'poor', 'forbidden')"));
        Assert.Equal(40, await CountAsync("part"));
        Assert.Equal(await CountAsync("act"), await CountAsync("leaf"));
        Assert.Equal(4 + 40, await CountAsync("act"));
    }

    [Fact]
    public async Task A_surprise_is_reported_without_the_values_that_caused_it()
    {
        var log = new Lines();
        await Writer.DisposeAsync();
        await using var writer = Writer.Start(Db, _clock, log);
        var first = NewChange();
        var (thing, part) = (NewId(), NewId());
        first.Heads.Add(Thing.Head(thing, 0, "Fatimah", null));
        first.Rows.Add(Part.Insert(part, thing, "Fatimah"u8.ToArray(), null, true, null, null));
        await writer.WriteAsync(first);
        var twice = NewChange();
        twice.Heads.Add(Thing.Head(NewId(), 0, "Fatimah", null));
        twice.Rows.Add(Part.Insert(part, thing, "Fatimah"u8.ToArray(), null, true, null, null));

        var surprise = await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => writer.WriteAsync(twice));

        var line = Assert.Single(log.Written);
        foreach (var value in (string[])["Fatimah", thing.ToString(), part.ToString()])
        {
            Assert.DoesNotContain(value, line, StringComparison.Ordinal);
            Assert.DoesNotContain(value, surprise.ToString(), StringComparison.Ordinal);
        }
    }

    private sealed class Lines : Microsoft.Extensions.Logging.ILogger<Writer>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception) + exception);
    }

    [Fact]
    public async Task One_operation_sent_many_times_at_once_happens_once_and_again_after_a_restart_not_at_all()
    {
        var operation = NewId();
        Change Make()
        {
            var change = NewChange(operation, answer: "case 9");
            change.Heads.Add(Thing.Head(NewId(), 0, "once", null));
            return change;
        }
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 33).Select(_ => Task.Run(() => Writer.WriteAsync(Make()))));

        var done = Assert.IsType<WriteOutcome.Done>(Assert.Single(outcomes, o => o is WriteOutcome.Done));
        Assert.Equal(32, outcomes.Count(o => o is WriteOutcome.Replayed replayed && replayed.Act == done.Act && replayed.Answer == "case 9"));

        await _database.RestartAsync();

        Assert.Equal(new WriteOutcome.Replayed(done.Act!.Value, "case 9"), await Writer.WriteAsync(Make()));
        Assert.IsType<WriteOutcome.OperationReused>(await Writer.WriteAsync(NewChange(operation, "other")));
        Assert.Equal(1, await CountAsync("thing"));
    }

    [Fact]
    public async Task The_same_operation_id_of_another_actor_is_another_operation()
    {
        var operation = NewId();
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(new Change(NewAct(operation, actor: "one"))));
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(new Change(NewAct(operation, actor: "two"))));
    }

    [Fact]
    public async Task No_64_debits_at_once_spend_more_than_there_is()
    {
        var account = NewId();
        await FillAsync(account, 1000);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() =>
        {
            var change = NewChange();
            change.Balances.Add(new(account, -30));
            return Writer.WriteAsync(change);
        })));

        Assert.Equal(33, outcomes.Count(o => o is WriteOutcome.Done));
        Assert.Equal(31, outcomes.Count(o => o == new WriteOutcome.Insufficient(account)));
        Assert.Equal(10, await Db.FirstAsync<long>("SELECT halalas FROM balance WHERE account = @account", new { account }));
    }

    [Fact]
    public async Task Debits_and_credits_of_one_account_count_in_the_order_they_came()
    {
        var account = NewId();
        var change = NewChange();
        change.Balances.Add(new(account, -1));
        change.Balances.Add(new(account, 5));
        Assert.Equal(new WriteOutcome.Insufficient(account), await Writer.WriteAsync(change));

        var other = NewChange();
        other.Balances.Add(new(account, 5));
        other.Balances.Add(new(account, -4));
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(other));
        Assert.Equal(1, await Db.FirstAsync<long>("SELECT halalas FROM balance WHERE account = @account", new { account }));
    }

    [Fact]
    public async Task A_claim_is_won_once_and_can_be_given_back_and_taken_in_one_change()
    {
        byte[] hash = [1, 1];
        Change Claiming(bool release)
        {
            var change = NewChange();
            change.Claims.Add(new("live", hash));
            if (release)
            {
                change.Releases.Add(new("live", hash));
            }
            return change;
        }
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => Writer.WriteAsync(Claiming(release: false)))));
        Assert.Single(outcomes, o => o is WriteOutcome.Done);
        Assert.Equal(19, outcomes.Count(o => o == new WriteOutcome.Claimed("live")));

        var superseding = Claiming(release: true);
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(superseding));
        Assert.Equal(superseding.Act!.Id.Value, await Db.FirstAsync<Guid>("SELECT act_id FROM claim"));
    }

    [Fact]
    public async Task A_data_key_for_one_person_and_class_is_made_once()
    {
        var person = PersonId.New(_clock);
        Change Making(byte wrapped)
        {
            var change = NewChange();
            change.Keys.Add(new(person, RetentionClass.Case, [wrapped], "kek1"));
            return change;
        }
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => Writer.WriteAsync(Making((byte)i)))));

        Assert.Single(outcomes, o => o is WriteOutcome.Done);
        Assert.Equal(7, outcomes.Count(o => o == new WriteOutcome.Claimed("keys.data_key")));
        Assert.Equal(1, await CountAsync("keys.data_key"));
    }

    [Fact]
    public async Task An_erasure_destroys_the_key_leaves_a_tombstone_and_survives_a_lost_answer()
    {
        var (erased, other) = (PersonId.New(_clock), PersonId.New(_clock));
        var making = NewChange();
        making.Keys.Add(new(erased, RetentionClass.Case, [1], "kek"));
        making.Keys.Add(new(erased, RetentionClass.Identity, [2], "kek"));
        making.Keys.Add(new(other, RetentionClass.Case, [3], "kek"));
        await Writer.WriteAsync(making);
        AfterCommit(() =>
        {
            AfterCommit(null);
            throw Kind == DatabaseKind.Sqlite ? new IOException("lost") : new LostAnswerException();
        });

        var erasing = NewChange();
        erasing.Erasures.Add(new(erased, RetentionClass.Case));
        erasing.Erasures.Add(new(other, RetentionClass.Message));
        Assert.Equal(new WriteOutcome.Done(erasing.Act!.Id), await Writer.WriteAsync(erasing));

        Assert.Equal([2, 3], (await Db.QueryAsync<byte[]>("SELECT wrapped FROM keys.data_key ORDER BY wrapped")).Select(w => (int)w[0]));
        Assert.Equal(System.Security.Cryptography.SHA256.HashData([1]), await Db.FirstAsync<byte[]>("SELECT key_mark FROM erasure WHERE person_id = @erased AND class = 'Case'", new { erased }));
        Assert.Null(await Db.FirstAsync<byte[]>("SELECT key_mark FROM erasure WHERE person_id = @other AND class = 'Message'", new { other }));

        var again = NewChange();
        again.Keys.Add(new(erased, RetentionClass.Case, [4], "kek"));
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(again));
        await _database.RestartAsync();
        await Writer.WriteAsync(NewChange());
        Assert.Equal([2, 3, 4], (await Db.QueryAsync<byte[]>("SELECT wrapped FROM keys.data_key ORDER BY wrapped")).Select(w => (int)w[0]));
    }

    [Fact]
    public async Task Rows_that_an_act_must_record_are_refused_without_one()
    {
        var row = new Change(null);
        row.Rows.Add(Part.Insert(NewId(), NewId(), null, null, true, null, null));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Writer.WriteAsync(row));

        var money = new Change(null);
        money.Balances.Add(new(NewId(), 5));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Writer.WriteAsync(money));

        var own = NewChange();
        own.Rows.Add(PlatformTables.Balance.Insert(NewId(), 5L));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Writer.WriteAsync(own));

        var misfit = NewChange();
        misfit.Rows.Add(Part.Insert("not an id", NewId(), null, null, true, null, null));
        await Assert.ThrowsAsync<ArgumentException>(() => Writer.WriteAsync(misfit));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0xD83D)]
    [InlineData(0xDE00)]
    public async Task Text_that_no_database_can_hold_is_refused_before_it_meets_others(int character)
    {
        // By number: an attribute is stored as UTF-8 and cannot hold it either.
        var text = $"before {(char)character} after";
        var change = NewChange();
        change.Heads.Add(Thing.Head(NewId(), 0, text, null));
        await Assert.ThrowsAsync<ArgumentException>(() => Writer.WriteAsync(change));
        await Assert.ThrowsAsync<ArgumentException>(() => Writer.WriteAsync(NewChange(answer: text)));

        var whole = NewChange();
        whole.Heads.Add(Thing.Head(NewId(), 0, "whole \U0001F600 pair \U0001F600\U0001F600", null));
        Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(whole));
    }

    [Fact]
    public async Task Bookkeeping_put_at_once_by_many_ends_with_one_row()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() =>
        {
            var change = new Change(null);
            change.Rows.Add(Counter.Put("signin", (long)i));
            return Writer.WriteAsync(change);
        })));
        Assert.All(outcomes, o => Assert.Equal(new WriteOutcome.Done(null), o));
        Assert.Equal(1, await CountAsync("counter"));

        var delete = new Change(null);
        delete.Rows.Add(Counter.Delete("signin"));
        await Writer.WriteAsync(delete);
        Assert.Equal(0, await CountAsync("counter"));
    }

    [Fact]
    public async Task Accesses_without_an_act_share_a_leaf_per_group_that_can_be_rebuilt_from_their_rows()
    {
        var person = PersonId.New(_clock);
        var entries = Enumerable.Range(0, 30).Select(i => new AccessEntry(NewId(), _clock.Now(), Actor.System("reader"), Purpose.CheckRecords, null, $"page {i}", [person])).ToList();
        await Task.WhenAll(entries.Select(entry => Task.Run(async () =>
        {
            var change = new Change(null);
            change.Accesses.Add(entry);
            Assert.IsType<WriteOutcome.Done>(await Writer.WriteAsync(change));
        })));

        var leaves = await Db.QueryAsync<LeafRow>("SELECT id, hash, salt FROM leaf WHERE kind = 'accesses'");
        Assert.InRange(leaves.Count, 1, 30);
        foreach (var leaf in leaves)
        {
            var ids = await Db.QueryAsync<Guid>("SELECT id FROM access_entry WHERE leaf_id = @Id ORDER BY id", new { leaf.Id });
            Assert.Equal(leaf.Hash, Leaf.HashOf(leaf.Salt, ids.Select(id => Leaf.AccessDigest(entries.Single(e => e.Id == id)))));
        }
        Assert.Equal(30, await CountAsync("access_subject"));
    }

    private sealed record LeafRow(Guid Id, byte[] Hash, byte[] Salt);

    [Fact]
    public async Task The_leaf_of_an_act_names_what_it_wrote_and_tells_a_changed_row()
    {
        var thing = NewId();
        var change = NewChange();
        change.Heads.Add(Thing.Head(thing, 0, "true", 3));
        await Writer.WriteAsync(change);

        var leaf = await Db.FirstAsync<FullLeafRow>("SELECT hash, salt, manifest FROM leaf WHERE id = @id", new { id = change.Act!.Id });
        Assert.Equal(leaf!.Hash, Leaf.HashOf(leaf.Salt, OwnRows.Act(change.Act, Digest.OperationKey(change.Act)), leaf.Manifest));
        var entry = Assert.Single(Leaf.Read(leaf.Manifest));
        Assert.Equal((Leaf.TableCode("thing"), Leaf.Mode.Head), (entry.Table, entry.Mode));
        Assert.Equal(Leaf.KeyBytes(thing, 1L), entry.Key);
        Assert.Equal(Leaf.RowDigest(leaf.Salt, "thing", [thing, 1L, "true", 3]), entry.Digest);
        Assert.NotEqual(Leaf.RowDigest(leaf.Salt, "thing", [thing, 1L, "false", 3]), entry.Digest);
    }

    private sealed record FullLeafRow(byte[] Hash, byte[] Salt, byte[] Manifest);

    [Fact]
    public async Task Serial_numbers_never_come_twice_not_even_after_a_restart()
    {
        var seen = new HashSet<long>();
        for (var round = 0; round < 2; round++)
        {
            var numbers = await Task.WhenAll(Enumerable.Range(0, 600).Select(_ => _database.Serials.NextAsync("resident").AsTask()));
            Assert.All(numbers, number => Assert.True(seen.Add(number)));
            await _database.RestartAsync();
        }
        Assert.Equal(1, await _database.Serials.NextAsync("another"));
    }

    [Fact]
    public async Task An_access_sent_again_is_recorded_once()
    {
        var entry = new AccessEntry(NewId(), _clock.Now(), Actor.System("reader"), Purpose.Notify, null, "job", [PersonId.New(_clock)]);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(() => Writer.WriteAsync(new Change(null) { Accesses = { entry } }))));

        Assert.All(outcomes, o => Assert.Equal(new WriteOutcome.Done(null), o));
        Assert.Equal(1, await CountAsync("access_entry"));
        Assert.Equal(1, await CountAsync("leaf"));
    }

    /// <summary>Stops the writer after the next commit, before its answers, until released.</summary>
    private (Task Stopped, Action Release) Stop()
    {
        var stopped = new TaskCompletionSource();
        var release = new ManualResetEventSlim();
        AfterCommit(() =>
        {
            AfterCommit(null);
            stopped.SetResult();
            release.Wait();
        });
        return (stopped.Task, release.Set);
    }

    private void AfterCommit(Action? hook)
    {
        if (Writer.Store is SqliteStore sqlite)
        {
            sqlite.AfterCommit = hook;
        }
        else
        {
            ((PostgresStore)Writer.Store).AfterCommit = hook;
        }
    }

    [Fact]
    public async Task A_lost_answer_to_a_commit_is_found_again_and_nothing_is_written_twice()
    {
        var account = NewId();
        await FillAsync(account, 0);
        var lost = 0;
        AfterCommit(() =>
        {
            if (Interlocked.Increment(ref lost) % 3 == 0)
            {
                throw Kind == DatabaseKind.Sqlite ? new IOException("lost") : new LostAnswerException();
            }
        });
        var counting = new Change(null);
        counting.Rows.Add(Counter.Insert("once", 1L));
        var bookkeeping = Writer.WriteAsync(counting);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var all = new List<WriteOutcome>();
            for (var i = 0; i < 20; i++)
            {
                var change = NewChange();
                change.Balances.Add(new(account, 1));
                change.Heads.Add(Thing.Head(NewId(), 0, "found", null));
                all.Add(await Writer.WriteAsync(change));
            }
            return all;
        })));

        Assert.True(lost > 3);
        Assert.Equal(new WriteOutcome.Done(null), await bookkeeping);
        Assert.All(outcomes.SelectMany(o => o), outcome => Assert.IsType<WriteOutcome.Done>(outcome));
        Assert.Equal(160, await CountAsync("thing"));
        Assert.Equal(160, await Db.FirstAsync<long>("SELECT halalas FROM balance WHERE account = @account", new { account }));
        Assert.Equal(161, await CountAsync("act"));
        Assert.Equal(161, await CountAsync("leaf"));
    }

    [Fact]
    public async Task A_full_queue_says_come_back_and_a_cancelled_wait_writes_nothing()
    {
        await _database.DisposeAsync();
        _database = await TestDatabase.CreateAsync(Kind, _clock, options => options with { QueueLimit = 4 });
        var (stopped, release) = Stop();
        var first = Writer.WriteAsync(NewChange());
        await stopped;
        using var cancel = new CancellationTokenSource();
        var cancelled = Writer.WriteAsync(NewChange(), cancel: cancel.Token);
        var queued = Enumerable.Range(0, 3).Select(_ => Writer.WriteAsync(NewChange())).ToList();

        Assert.IsType<WriteOutcome.Busy>(await Writer.WriteAsync(NewChange()));
        Assert.False(queued[0].IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        release();

        Assert.All(await Task.WhenAll([first, .. queued]), outcome => Assert.IsType<WriteOutcome.Done>(outcome));
        Assert.Equal(4, await CountAsync("act"));
    }

    [Fact]
    public async Task Who_waits_too_long_is_told_whether_it_may_have_been_written()
    {
        await _database.DisposeAsync();
        _database = await TestDatabase.CreateAsync(Kind, _clock, options => options with { GiveUpAfter = TimeSpan.FromMilliseconds(300) });
        var (stopped, release) = Stop();
        var sent = NewChange(answer: "found later");
        var first = Writer.WriteAsync(sent);
        await stopped;
        var waiting = Writer.WriteAsync(NewChange());

        Assert.IsType<WriteOutcome.InDoubt>(await first);
        Assert.IsType<WriteOutcome.Busy>(await waiting);
        release();

        WriteOutcome again;
        do
        {
            again = await Writer.WriteAsync(new Change(sent.Act));
        }
        while (again is WriteOutcome.Busy);
        Assert.Equal(new WriteOutcome.Replayed(sent.Act!.Id, "found later"), again);
        Assert.Equal(1, await CountAsync("act"));
    }

    [Fact]
    public async Task Stopping_finishes_what_is_queued_and_takes_no_more()
    {
        var writes = Enumerable.Range(0, 200).Select(_ =>
        {
            var change = NewChange();
            change.Heads.Add(Thing.Head(NewId(), 0, "queued", null));
            return Writer.WriteAsync(change);
        }).ToList();
        await Writer.StopAsync();

        Assert.All(await Task.WhenAll(writes), outcome => Assert.IsType<WriteOutcome.Done>(outcome));
        Assert.IsType<WriteOutcome.Busy>(await Writer.WriteAsync(NewChange()));
        Assert.Equal(200, await CountAsync("thing"));
    }
}
