using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Tests;

namespace Muqeem.Platform.Database;

public sealed class BackupTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "muqeem-backup-" + Path.GetRandomFileName());

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private string Part(string name) => Path.Combine(_folder, name);

    private async Task<DatabaseOptions> TargetAsync(DatabaseKind kind) =>
        kind == DatabaseKind.Sqlite ? new DatabaseOptions { Data = Part("target") } : await TestDatabase.EmptyAsync(kind);

    private async Task WriteAsync(Writer writer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var person = PersonId.New(_clock);
            var change = new Change(new Act(ActId.New(_clock), "test", Actor.System("tester"), Guid.CreateVersion7(_clock.GetUtcNow()), Digest.Of("r"), _clock.Now()));
            change.Keys.Add(new(person, RetentionClass.Case, [1, 2, 3], "kek"));
            change.Balances.Add(new(person.Value, 7));
            Assert.IsType<WriteOutcome.Done>(await writer.WriteAsync(change));
        }
    }

    private static async Task<(long Acts, long Leaves, long Keys, long Money)> CountAsync(Db db) => (
        await db.FirstAsync<long>("SELECT count(*) FROM act"), await db.FirstAsync<long>("SELECT count(*) FROM leaf"),
        await db.FirstAsync<long>("SELECT count(*) FROM keys.data_key"), await db.FirstAsync<long>("SELECT CAST(sum(halalas) AS bigint) FROM balance"));

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task A_backup_taken_while_others_write_is_restored_whole_and_goes_on(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind, _clock);
        await WriteAsync(database.Writer, 20);
        using var over = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                await WriteAsync(database.Writer, 1);
            }
        });
        var manifest = await Backup.MakeAsync(database.Options, BackupPart.Data, Part("data"), _clock);
        await Backup.MakeAsync(database.Options, BackupPart.Keys, Part("keys"), _clock);
        await over.CancelAsync();
        await writing;
        Assert.Contains(1, manifest.Migrations);

        var target = await TargetAsync(kind);
        await Backup.RestoreAsync(target, Part("data"), Part("keys"));
        await using var restored = Db.Open(target);
        Assert.Empty(await restored.MigrateAsync(_clock));
        var counts = await CountAsync(restored);

        Assert.InRange(counts.Acts, 20, (await CountAsync(database.Db)).Acts);
        Assert.Equal(counts.Acts, counts.Leaves);
        Assert.Equal(7 * counts.Acts, counts.Money);
        Assert.Empty(await restored.QueryAsync<Guid>("SELECT b.account FROM balance b LEFT JOIN keys.data_key k ON k.person_id = b.account WHERE k.person_id IS NULL"));
        await using (var writer = Writer.Start(restored, _clock))
        {
            await WriteAsync(writer, 1);
        }
        Assert.Equal(counts.Acts + 1, (await CountAsync(restored)).Acts);
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task A_key_erased_after_the_keys_were_backed_up_does_not_come_back(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind, _clock);
        await WriteAsync(database.Writer, 2);
        await Backup.MakeAsync(database.Options, BackupPart.Keys, Part("keys"), _clock);
        var erased = new PersonId(await database.Db.FirstAsync<Guid>("SELECT account FROM balance ORDER BY account"));
        var erasing = new Change(new Act(ActId.New(_clock), "erase", Actor.System("tester"), Guid.CreateVersion7(_clock.GetUtcNow()), Digest.Of("r"), _clock.Now()));
        erasing.Erasures.Add(new(erased, RetentionClass.Case));
        Assert.IsType<WriteOutcome.Done>(await database.Writer.WriteAsync(erasing));
        await Backup.MakeAsync(database.Options, BackupPart.Data, Part("data"), _clock);

        var target = await TargetAsync(kind);
        await Backup.RestoreAsync(target, Part("data"), Part("keys"));
        await using var restored = Db.Open(target);
        await using var writer = Writer.Start(restored, _clock);
        await WriteAsync(writer, 1);

        Assert.False(await restored.ExistsAsync("SELECT 1 FROM keys.data_key WHERE person_id = @erased", new { erased }));
        Assert.Equal(2, (await CountAsync(restored)).Keys);
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task A_restore_never_writes_over_a_database_and_takes_no_part_for_the_other(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind, _clock);
        await WriteAsync(database.Writer, 1);
        await Backup.MakeAsync(database.Options, BackupPart.Data, Part("data"), _clock);
        await Backup.MakeAsync(database.Options, BackupPart.Keys, Part("keys"), _clock);
        await using (var other = await TestDatabase.CreateAsync(kind, _clock))
        {
            await other.Db.DisposeAsync();
            var refused = await Assert.ThrowsAsync<DatabaseRefusedException>(() => Backup.RestoreAsync(other.Options, Part("data"), Part("keys")));
            Assert.Contains("never writes over", refused.Message);
        }

        var target = await TargetAsync(kind);
        await Assert.ThrowsAsync<DatabaseRefusedException>(() => Backup.RestoreAsync(target, Part("keys"), Part("data")));
        await Assert.ThrowsAsync<DatabaseRefusedException>(() => Backup.MakeAsync(database.Options, BackupPart.Data, Part("data"), _clock));
    }

    [Fact]
    public async Task A_backup_that_was_changed_or_never_finished_is_refused()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite, _clock);
        await WriteAsync(database.Writer, 1);
        var manifest = await Backup.MakeAsync(database.Options, BackupPart.Data, Part("data"), _clock);
        Assert.Equal(manifest.Sha256, (await Backup.VerifyAsync(Part("data"))).Sha256);

        await using (var file = new FileStream(Path.Combine(Part("data"), manifest.File), FileMode.Open))
        {
            file.Position = 5000;
            file.WriteByte(0xEE);
        }
        Assert.Contains("damaged", (await Assert.ThrowsAsync<DatabaseRefusedException>(() => Backup.VerifyAsync(Part("data")))).Message);
        File.Delete(Path.Combine(Part("data"), "manifest.json"));
        Assert.Contains("not a finished backup", (await Assert.ThrowsAsync<DatabaseRefusedException>(() => Backup.VerifyAsync(Part("data")))).Message);
    }
}
