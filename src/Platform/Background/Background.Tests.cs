using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Platform.Background;

public sealed class BackgroundOnSqliteTests() : BackgroundTests(DatabaseKind.Sqlite);

public sealed class BackgroundOnPostgreSqlTests() : BackgroundTests(DatabaseKind.PostgreSql);

/// <summary>Outbox, jobs and due work on the real database.</summary>
public abstract class BackgroundTests(DatabaseKind kind) : IAsyncLifetime
{
    private static readonly Table Deadline = new("test_deadline", TableKind.Act, 1, "Due rows for these tests.",
        new("id", ColumnType.Uuid), new("version", ColumnType.Long), new("due_at", ColumnType.Instant, Nullable: true), new("times", ColumnType.Int));

    private readonly TestClock _clock = new();
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(kind, _clock);
        var (uuid, big) = kind == DatabaseKind.Sqlite ? ("text", "integer") : ("uuid", "bigint");
        await _database.ExecuteAsync($"CREATE TABLE test_deadline (id {uuid} NOT NULL PRIMARY KEY, version {big} NOT NULL, due_at {big}, times integer NOT NULL)");
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private Leases NewLeases() => new(_database.Db, _database.Writer, _clock);

    private Outbox NewOutbox(Leases? leases = null, BackgroundOptions? options = null) =>
        new(_database.Db, _database.Writer, leases ?? NewLeases(), _clock, options ?? new BackgroundOptions(), NullLogger<Outbox>.Instance);

    private Jobs NewJobs(Leases? leases = null) =>
        new(_database.Db, _database.Writer, _clock, new BackgroundOptions(), leases ?? NewLeases(), NullLogger<Jobs>.Instance);

    private DueWork NewDueWork(Leases? leases = null) => new(_database.Writer, leases ?? NewLeases(), _clock, NullLogger<DueWork>.Instance);

    private Change NewChange(Guid? operation = null, string verb = "test.act", string actor = "test") =>
        new(new Act(ActId.New(_clock), verb, Actor.System(actor), operation ?? Guid.CreateVersion7(_clock.GetUtcNow()), new byte[32], _clock.Now()));

    private async Task<Guid[]> PostAsync(params (string Topic, string Lane, string Text)[] messages)
    {
        var change = NewChange();
        change.Messages.AddRange(messages.Select(m => Outbox.Message(_clock, m.Topic, m.Lane, m.Text)));
        Assert.IsType<WriteOutcome.Done>(await _database.Writer.WriteAsync(change));
        return [.. change.Messages.Select(m => m.Id)];
    }

    [Fact]
    public async Task Messages_of_one_lane_are_sent_in_the_order_they_were_written()
    {
        var outbox = NewOutbox();
        var sent = new ConcurrentQueue<string>();
        outbox.Handle("sms", (item, _) =>
        {
            sent.Enqueue(item.Read<string>());
            return Task.FromResult(OutboxResult.Done);
        });
        await PostAsync([.. Enumerable.Range(0, 40).Select(i => ("sms", "sms:ali", $"{i}"))]);

        Assert.Equal(40, await outbox.SendDueAsync());
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i}"), sent);
        Assert.Equal(0, await outbox.SendDueAsync());
    }

    [Fact]
    public async Task A_message_that_fails_holds_up_its_lane_and_no_other_and_comes_again_later_and_later()
    {
        var outbox = NewOutbox();
        var sent = new ConcurrentQueue<string>();
        var works = false;
        outbox.Handle("sms", (item, _) =>
        {
            if (item.Lane == "a" && !works)
            {
                return Task.FromResult<OutboxResult>(new OutboxResult.Again("sms.gateway_down"));
            }
            sent.Enqueue(item.Read<string>());
            return Task.FromResult(OutboxResult.Done);
        });
        await PostAsync(("sms", "a", "a1"), ("sms", "a", "a2"), ("sms", "b", "b1"));

        await outbox.SendDueAsync();
        Assert.Equal(["b1"], sent);
        Assert.Equal(new OutboxState(2, _clock.Now(), 0), await outbox.StateAsync());

        works = true;
        Assert.Equal(0, await outbox.SendDueAsync());
        _clock.Advance(TimeSpan.FromSeconds(1.3));
        await outbox.SendDueAsync();
        Assert.Equal(["b1", "a1", "a2"], sent);
    }

    [Fact]
    public void The_pauses_double_up_to_the_longest_and_are_never_all_the_same()
    {
        var outbox = NewOutbox();
        Assert.InRange(outbox.Pause(1).TotalSeconds, 0.8, 1.2);
        Assert.InRange(outbox.Pause(6).TotalSeconds, 25.6, 38.4);
        Assert.InRange(outbox.Pause(1000).TotalSeconds, 2880, 4320);
        Assert.True(Enumerable.Range(0, 20).Select(_ => outbox.Pause(5)).Distinct().Count() > 1);
    }

    [Fact]
    public async Task A_slow_lane_does_not_keep_the_others_waiting()
    {
        var outbox = NewOutbox();
        var release = new TaskCompletionSource();
        var others = new TaskCompletionSource();
        var sent = 0;
        outbox.Handle("sms", async (item, cancel) =>
        {
            if (item.Lane == "slow")
            {
                await release.Task.WaitAsync(cancel);
            }
            else if (Interlocked.Increment(ref sent) == 60)
            {
                others.SetResult();
            }
            return OutboxResult.Done;
        });
        await PostAsync([("sms", "slow", "x"), .. Enumerable.Range(0, 60).Select(i => ("sms", $"lane {i % 20}", $"{i}"))]);

        var sending = outbox.SendDueAsync();
        await others.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.False(sending.IsCompleted);
        release.SetResult();
        Assert.Equal(61, await sending);
    }

    [Fact]
    public async Task What_the_receiver_refuses_is_parked_seen_and_can_be_tried_again()
    {
        var outbox = NewOutbox();
        var refuses = true;
        var sent = new List<string>();
        outbox.Handle("notice", (item, _) =>
        {
            if (refuses && item.Read<string>() == "bad")
            {
                return Task.FromResult<OutboxResult>(new OutboxResult.Never("notice.refused_by_register"));
            }
            sent.Add(item.Read<string>());
            return Task.FromResult(OutboxResult.Done);
        });
        await PostAsync(("notice", "person", "bad"), ("notice", "person", "next"));
        await outbox.SendDueAsync();

        Assert.Equal(["next"], sent);
        var parked = Assert.Single(await outbox.ParkedAsync());
        Assert.Equal(("notice", "person", 1, "notice.refused_by_register"), (parked.Topic, parked.Lane, parked.Attempts, parked.Code));
        Assert.Equal(1, (await outbox.StateAsync()).Parked);

        refuses = false;
        var change = NewChange();
        Assert.True(await outbox.TryAgainAsync(change, parked.Id));
        Assert.IsType<WriteOutcome.Done>(await _database.Writer.WriteAsync(change));
        await outbox.SendDueAsync();
        Assert.Equal(["next", "bad"], sent);
        Assert.False(await outbox.TryAgainAsync(NewChange(), parked.Id));
    }

    [Fact]
    public async Task After_so_many_attempts_a_message_is_given_up_but_not_lost()
    {
        var outbox = NewOutbox(options: new BackgroundOptions { MostAttempts = 3 });
        outbox.Handle("sms", (_, _) => throw new FormatException("secret text"));
        await PostAsync(("sms", "a", "x"));
        for (var i = 0; i < 5; i++)
        {
            await outbox.SendDueAsync();
            _clock.Advance(TimeSpan.FromHours(2));
        }
        var parked = Assert.Single(await outbox.ParkedAsync());
        Assert.Equal((3, "outbox.failed.FormatException"), (parked.Attempts, parked.Code));
    }

    [Fact]
    public async Task A_topic_without_a_handler_waits_for_one()
    {
        await PostAsync(("future", "a", "x"));
        Assert.Equal(1, await NewOutbox().SendDueAsync());
        Assert.Equal("outbox.no_handler", await _database.Db.SingleAsync<string>("SELECT remark FROM delivery"));
    }

    [Fact]
    public async Task What_was_sent_but_not_noted_comes_again_with_the_same_id()
    {
        var (id, seen) = ((await PostAsync(("sms", "a", "x")))[0], new ConcurrentBag<(Guid, int)>());
        var writer = new WriterThatForgets(_database.Writer);
        var leases = NewLeases();
        var outbox = new Outbox(_database.Db, writer, leases, _clock, new BackgroundOptions(), NullLogger<Outbox>.Instance);
        outbox.Handle("sms", (item, _) =>
        {
            seen.Add((item.Id, item.Attempt));
            return Task.FromResult(OutboxResult.Done);
        });
        writer.Forgets = true;
        await outbox.SendDueAsync();
        writer.Forgets = false;
        await outbox.SendDueAsync();
        Assert.Equal([(id, 1), (id, 1)], seen);
        Assert.Equal("sent", await _database.Db.SingleAsync<string>("SELECT state FROM delivery"));
    }

    /// <summary>A writer whose database is away for everything that notes a delivery.</summary>
    private sealed class WriterThatForgets(IWriter writer) : IWriter
    {
        public bool Forgets { get; set; }

        public Task<WriteOutcome> WriteAsync(Change change, WriteClass @class = WriteClass.Interactive, CancellationToken cancel = default) =>
            Forgets && change.Heads.Exists(h => h.Table == PlatformTables.Delivery)
                ? Task.FromResult<WriteOutcome>(new WriteOutcome.Busy(TimeSpan.FromSeconds(1)))
                : writer.WriteAsync(change, @class, cancel);
    }

    [Fact]
    public async Task What_a_handler_records_is_committed_together_with_the_end_of_its_message()
    {
        var deadline = Guid.CreateVersion7(_clock.GetUtcNow());
        var outbox = NewOutbox();
        outbox.Handle("register", (item, _) =>
        {
            var change = NewChange(item.Id, "register.told", "outbox");
            change.Heads.Add(Deadline.Head(deadline, 0, _clock.Now(), 1));
            return Task.FromResult<OutboxResult>(new OutboxResult.Sent(change));
        });
        await PostAsync(("register", "a", "x"));
        await outbox.SendDueAsync();
        Assert.Equal("sent", await _database.Db.SingleAsync<string>("SELECT state FROM delivery"));
        Assert.Equal(1, await _database.Db.SingleAsync<int>("SELECT times FROM test_deadline"));
    }

    [Fact]
    public async Task A_handlers_act_that_is_refused_leaves_the_message_waiting()
    {
        var outbox = NewOutbox();
        outbox.Handle("register", (item, _) =>
        {
            var change = NewChange(item.Id);
            change.Heads.Add(Deadline.Head(item.Id, 7, null, 1));
            return Task.FromResult<OutboxResult>(new OutboxResult.Sent(change));
        });
        await PostAsync(("register", "a", "x"));
        await outbox.SendDueAsync();
        Assert.Equal("outbox.refused.Conflict", await _database.Db.SingleAsync<string>("SELECT remark FROM delivery WHERE state = 'waiting'"));
    }

    [Fact]
    public async Task Only_one_of_two_processes_sends_until_its_lease_ends()
    {
        var first = NewLeases();
        var second = NewLeases();
        Assert.NotNull(await first.TakeAsync("outbox", Duration.FromSeconds(30)));
        Assert.Null(await second.TakeAsync("outbox", Duration.FromSeconds(30)));
        var sent = 0;
        var outbox = NewOutbox(second);
        outbox.Handle("sms", (_, _) => Task.FromResult(Interlocked.Increment(ref sent) > 0 ? OutboxResult.Done : null!));
        await PostAsync(("sms", "a", "x"));
        Assert.Equal(0, await outbox.SendDueAsync());

        _clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(1, await outbox.SendDueAsync());
        Assert.Null(await first.TakeAsync("outbox", Duration.FromSeconds(30)));
    }

    [Fact]
    public async Task A_lease_that_was_given_back_is_free_and_its_fence_has_grown()
    {
        var first = NewLeases();
        var second = NewLeases();
        var held = await first.TakeAsync("sequencer", Duration.FromSeconds(30));
        Assert.Equal(held, await first.TakeAsync("sequencer", Duration.FromSeconds(30)));
        await first.ReleaseAsync(held!);
        Assert.True((await second.TakeAsync("sequencer", Duration.FromSeconds(30)))!.Fence > held!.Fence);
    }

    [Fact]
    public async Task Of_many_processes_that_take_a_lease_at_once_one_gets_it()
    {
        var taken = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => NewLeases().TakeAsync("one", Duration.FromSeconds(30))));
        Assert.Single(taken, l => l is not null);
    }

    [Fact]
    public async Task A_daily_job_runs_once_a_day_at_its_time_in_Riyadh()
    {
        var jobs = NewJobs();
        var runs = new List<Instant>();
        jobs.Daily("notices", new LocalTime(13, 0), (run, _) =>
        {
            runs.Add(run.Due);
            return Task.CompletedTask;
        });
        Assert.Empty(await jobs.RunDueAsync()); // noon
        _clock.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal(["notices"], await jobs.RunDueAsync());
        Assert.Empty(await jobs.RunDueAsync());
        _clock.Advance(TimeSpan.FromHours(24));
        Assert.Equal(["notices"], await jobs.RunDueAsync());
        Assert.Equal([Instant.FromUtc(2026, 3, 15, 10, 0), Instant.FromUtc(2026, 3, 16, 10, 0)], runs);
    }

    [Fact]
    public async Task A_job_that_fails_comes_again_soon_and_says_why()
    {
        var jobs = NewJobs();
        var fails = true;
        jobs.Every("feed", Duration.FromDays(1), (_, _) => fails ? throw new FormatException("personal") : Task.CompletedTask);
        Assert.Empty(await jobs.RunDueAsync());
        var state = Assert.Single(await jobs.StatesAsync());
        Assert.Equal(("waiting", 1, "job.failed.FormatException", _clock.Now() + Duration.FromSeconds(30)), (state.State, state.Attempts, state.Remark, state.DueAt));
        fails = false;
        _clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(["feed"], await jobs.RunDueAsync());
        Assert.Null(Assert.Single(await jobs.StatesAsync()).Remark);
    }

    [Fact]
    public async Task A_job_whose_process_died_is_taken_over_and_the_late_one_changes_nothing()
    {
        var started = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        var late = NewJobs();
        Exception? stopped = null;
        late.Every("bill", Duration.FromDays(1), async (run, cancel) =>
        {
            started.SetResult();
            await goOn.Task;
            stopped = await Record.ExceptionAsync(() => run.GoOnAsync(cancel));
            throw stopped!;
        });
        var running = late.RunDueAsync();
        await started.Task;

        var other = NewJobs();
        var runs = 0;
        other.Every("bill", Duration.FromDays(1), (_, _) => Task.FromResult(runs++));
        Assert.Empty(await other.RunDueAsync());
        _clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(["bill"], await other.RunDueAsync());
        goOn.SetResult();
        Assert.Empty(await running);
        Assert.IsType<JobTakenException>(stopped);
        Assert.Equal(1, runs);
        Assert.Null(Assert.Single(await other.StatesAsync()).Remark);
    }

    [Fact]
    public async Task Sent_messages_are_forgotten_after_their_time_and_waiting_ones_never()
    {
        var outbox = NewOutbox();
        outbox.Handle("sms", (item, _) => Task.FromResult(item.Lane == "b" ? new OutboxResult.Again("later", Duration.FromDays(400)) : OutboxResult.Done));
        await PostAsync(("sms", "a", "x"), ("sms", "b", "y"));
        await outbox.SendDueAsync();
        var jobs = NewJobs();
        jobs.Every("outbox.clean", Duration.FromHours(1), outbox.CleanAsync);
        await jobs.RunDueAsync();
        Assert.Equal(2, await CountAsync("delivery"));
        _clock.Advance(TimeSpan.FromDays(31));
        Assert.Equal(["outbox.clean"], await jobs.RunDueAsync());
        Assert.Equal((1, 2), (await CountAsync("delivery"), await CountAsync("outbox")));
    }

    private Task<int> CountAsync(string table) => _database.Db.SingleAsync<int>($"SELECT count(*) FROM {table}");

    private async Task<Guid> AddDeadlineAsync(Instant due)
    {
        var id = Guid.CreateVersion7(_clock.GetUtcNow());
        var change = NewChange();
        change.Heads.Add(Deadline.Head(id, 0, due, 0));
        Assert.IsType<WriteOutcome.Done>(await _database.Writer.WriteAsync(change));
        return id;
    }

    private Task<IReadOnlyList<DueRow>> FindAsync(Instant now, DueRow? after, int take, CancellationToken cancel) =>
        _database.Db.QueryAsync<DueRow>(
            "SELECT id AS key, due_at AS due FROM test_deadline WHERE due_at <= @now AND (due_at > @last OR (due_at = @last AND id > @key)) ORDER BY due_at, id LIMIT @take",
            new { now, last = after?.Due ?? Clock.FromMicros(0), key = after?.Key ?? Guid.Empty, take }, cancel);

    private async Task<Change?> ActAsync(DueRow row, Guid operation, Instant? next)
    {
        var head = await _database.Db.FirstAsync<DeadlineRow>("SELECT version, due_at, times FROM test_deadline WHERE id = @key", new { key = row.Key });
        if (head!.DueAt != row.Due)
        {
            return null;
        }
        var change = NewChange(operation, "deadline.pass", "deadlines");
        change.Heads.Add(Deadline.Head(row.Key, head.Version, next, head.Times + 1));
        return change;
    }

    private sealed record DeadlineRow(long Version, Instant? DueAt, int Times);

    [Fact]
    public async Task What_is_due_happens_in_the_order_of_the_dates_and_once()
    {
        var now = _clock.Now();
        foreach (var minutes in new[] { 5, 1, 3, 2, 4, 90 })
        {
            await AddDeadlineAsync(now + Duration.FromMinutes(minutes));
        }
        var done = new List<Instant>();
        var work = NewDueWork();
        work.Add("deadlines", FindAsync, (row, operation, _) =>
        {
            done.Add(row.Due);
            return ActAsync(row, operation, null);
        });
        Assert.Equal(0, await work.RunDueAsync());
        _clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(5, await work.RunDueAsync());
        Assert.Equal(0, await work.RunDueAsync());
        Assert.Equal(Enumerable.Range(1, 5).Select(m => now + Duration.FromMinutes(m)), done);
    }

    [Fact]
    public async Task Two_processes_at_once_do_what_is_due_once()
    {
        for (var i = 0; i < 30; i++)
        {
            await AddDeadlineAsync(_clock.Now());
        }
        // Without the lease, as after a network split: the operation id and the head's version still hold.
        var works = Enumerable.Range(0, 3).Select(i =>
        {
            var work = NewDueWork();
            work.Add($"deadlines", FindAsync, (row, operation, _) => ActAsync(row, operation, null));
            return work;
        }).ToArray();
        await Task.WhenAll(works.Select(w => w.RunDueAsync()));
        Assert.Equal(30, await _database.Db.SingleAsync<int>("SELECT count(*) FROM test_deadline WHERE times = 1 AND due_at IS NULL"));
    }

    [Fact]
    public async Task The_same_row_and_due_time_is_one_operation_however_often_it_is_tried()
    {
        var id = await AddDeadlineAsync(_clock.Now());
        var row = new DueRow(id, _clock.Now());
        var operation = Names.OperationOf("deadlines", row.Key, row.Due);
        Assert.Equal(8, operation.Version);
        Assert.NotEqual(operation, Names.OperationOf("deadlines", row.Key, row.Due + Duration.FromTicks(10)));
        Assert.NotEqual(operation, Names.OperationOf("reminders", row.Key, row.Due));
        var change = await ActAsync(row, operation, null);
        var again = await ActAsync(row, operation, null);
        Assert.IsType<WriteOutcome.Done>(await _database.Writer.WriteAsync(change!));
        Assert.IsType<WriteOutcome.Replayed>(await _database.Writer.WriteAsync(again!));
    }

    [Fact]
    public async Task A_row_that_fails_does_not_hold_up_the_others_and_is_tried_again_later()
    {
        var bad = await AddDeadlineAsync(_clock.Now());
        await AddDeadlineAsync(_clock.Now() + Duration.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(2));
        var tries = 0;
        var work = NewDueWork();
        work.Add("deadlines", FindAsync, (row, operation, _) =>
        {
            if (row.Key == bad && ++tries < 2)
            {
                throw new FormatException("bug");
            }
            return ActAsync(row, operation, null);
        });
        Assert.Equal(1, await work.RunDueAsync());
        Assert.Equal(0, await work.RunDueAsync());
        Assert.Equal(1, tries);
        _clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(1, await work.RunDueAsync());
    }

    [Fact]
    public async Task Work_that_finds_its_own_rows_is_played_in_one_process_until_nothing_is_left_and_outlives_its_bugs()
    {
        var (first, second) = (NewDueWork(), NewDueWork());
        var left = 3;
        var others = 0;
        first.Add("engine", _ => Task.FromResult(left > 0 ? left-- : 0));
        second.Add("engine", _ => Task.FromResult(others++ * 0));
        Assert.Equal(6, await first.RunDueAsync());
        Assert.Equal(0, await second.RunDueAsync());
        Assert.Equal(0, others);
        Assert.Equal(1, await _database.Db.SingleAsync<long>("SELECT version FROM lease WHERE name = 'due:engine'"));

        var broken = NewDueWork(NewLeases());
        broken.Add("broken", _ => throw new FormatException());
        Assert.Equal(0, await broken.RunDueAsync());
        _clock.Advance(TimeSpan.FromSeconds(61));
        await second.RunDueAsync();
        Assert.Equal(1, others);
    }

    [Fact]
    public async Task Message_ids_grow_within_a_process_even_when_the_clock_stands_still()
    {
        var ids = Enumerable.Range(0, 20_000).Select(_ => MessageId.New(_clock)).ToList();
        Assert.Equal(ids, ids.Order());
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(ids.Take(100), id => Assert.Equal(7, id.Version));
        var parallel = new ConcurrentBag<Guid>();
        await Parallel.ForAsync(0, 4, (_, _) =>
        {
            for (var i = 0; i < 5000; i++)
            {
                parallel.Add(MessageId.New(_clock));
            }
            return ValueTask.CompletedTask;
        });
        Assert.Equal(20_000, parallel.Distinct().Count());
    }
}

public sealed class BackgroundServiceTests
{
    [Fact]
    public async Task A_running_process_sends_at_once_and_does_at_once_what_a_moved_clock_makes_due()
    {
        using var folder = new FolderForTest();
        var clock = new MovableClock(folder.Data, TimeProvider.System);
        using var keys = KeyStore.Open(folder.Data, null, clock);
        var sent = new TaskCompletionSource<string>();
        var ran = new TaskCompletionSource<Instant>();
        var host = new HostBuilder().ConfigureServices(services =>
        {
            services.AddLogging();
            services.AddDatabase(new DatabaseOptions { Data = folder.Data.Root });
            services.AddPrivacy(folder.Data, clock, keys);
            // Looking is switched off: only the bells wake it.
            services.AddBackground(new BackgroundOptions { LookAtLeastEvery = TimeSpan.FromMinutes(10) });
            services.AddSingleton(sent);
            services.HandleOutbox<TaskCompletionSource<string>>("sms", async (done, item, cancel) =>
            {
                await Task.Yield();
                done.SetResult(item.Read<string>());
                return OutboxResult.Done;
            });
            services.AddWork(p => p.GetRequiredService<Jobs>().Daily("notices", new LocalTime(0, 0), (run, _) =>
            {
                ran.TrySetResult(run.Due);
                return Task.CompletedTask;
            }));
        }).Build();
        await host.StartAsync();
        try
        {
            var writer = host.Services.GetRequiredService<IWriter>();
            var change = new Change(new Act(ActId.New(clock), "test.act", Actor.System("test"), Guid.CreateVersion7(clock.GetUtcNow()), new byte[32], clock.Now()));
            change.Messages.Add(Outbox.Message(clock, "sms", "a", "hello"));
            Assert.IsType<WriteOutcome.Done>(await writer.WriteAsync(change));
            Assert.Equal("hello", await sent.Task.WaitAsync(TimeSpan.FromSeconds(20)));

            // The job's row exists once the first round is over; then two days pass in a moment.
            var jobs = host.Services.GetRequiredService<Jobs>();
            for (var i = 0; i < 2000 && (await jobs.StatesAsync()).Count < 2; i++)
            {
                await Task.Delay(5);
            }
            Assert.False(ran.Task.IsCompleted);
            Assert.True(clock.MoveBy(Duration.FromDays(2)).Ok);
            Assert.True(await ran.Task.WaitAsync(TimeSpan.FromSeconds(20)) < clock.Now());
        }
        finally
        {
            await host.StopAsync();
            host.Dispose();
        }
    }
}
