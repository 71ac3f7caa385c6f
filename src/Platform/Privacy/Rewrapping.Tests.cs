using System.Diagnostics;
using System.Security.Cryptography;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Writing;
using Muqeem.Tests;

namespace Muqeem.Platform.Privacy;

public sealed class RewrappingOnSqliteTests() : RewrappingTests(DatabaseKind.Sqlite);

public sealed class RewrappingOnPostgreSqlTests() : RewrappingTests(DatabaseKind.PostgreSql);

/// <summary>A new key-encryption key, on the real databases.</summary>
public abstract class RewrappingTests(DatabaseKind kind) : IAsyncLifetime
{
    private readonly FolderForTest _folder = new();
    private readonly string _backups = Path.Combine(Path.GetTempPath(), "muqeem-rewrap-" + Path.GetRandomFileName());
    private DatabaseOptions _options = null!;
    private KeyStore _keys = null!;

    public async ValueTask InitializeAsync()
    {
        _options = await TestDatabase.EmptyAsync(kind);
        _keys = KeyStore.Open(_folder.Data, passphrase: null, _folder.Clock);
        await using var db = Db.Open(_options);
        await db.MigrateAsync(_folder.Clock);
    }

    public ValueTask DisposeAsync()
    {
        _keys.Dispose();
        _folder.Dispose();
        foreach (var folder in (string[])[_backups, _options.PostgreSql is null ? _options.Data : _backups])
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private Change Change() => new(new Act(ActId.New(_folder.Clock), "test.act", Actor.System("test"), Guid.CreateVersion7(_folder.Clock.GetUtcNow()), new byte[32], _folder.Clock.Now()));

    [Fact]
    public async Task A_rotation_that_is_killed_goes_on_and_every_data_key_stays_the_same()
    {
        const int Persons = 250;
        var secrets = new Dictionary<(Guid, string), (byte[] Secret, byte[] Wrapped)>();
        await using (var db = Db.Open(_options))
        await using (var writer = Writer.Start(db, _folder.Clock))
        {
            await Task.WhenAll(Enumerable.Range(0, Persons).Select(async _ =>
            {
                var (person, change) = (PersonId.New(_folder.Clock), new Change(act: null));
                foreach (var @class in Enum.GetValues<RetentionClass>())
                {
                    var secret = RandomNumberGenerator.GetBytes(32);
                    var (wrapped, by) = _keys.Wrap(KeyPurpose.DataKeys, secret, DataKeys.Associated(person, @class));
                    change.Keys.Add(new NewDataKey(person, @class, wrapped, by));
                    lock (secrets)
                    {
                        secrets[(person.Value, @class.ToString())] = (secret, wrapped);
                    }
                }
                Assert.IsType<WriteOutcome.Done>(await writer.WriteAsync(change));
            }));
        }
        var former = _keys.ActiveKey(KeyPurpose.DataKeys);
        _keys.Rotate(KeyPurpose.DataKeys);

        // Once killed between two batches, once anywhere in the next.
        await KilledAsync(letGoOn: false);
        await using (var db = Db.Open(_options))
        {
            Assert.Equal(secrets.Count - 500, await new Rewrapping(db, _keys).WaitingAsync());
        }
        await KilledAsync(letGoOn: true);

        await using (var db = Db.Open(_options))
        {
            var rewrapping = new Rewrapping(db, _keys);
            var left = await rewrapping.WaitingAsync();
            Assert.InRange(left, 0, secrets.Count - 1000);
            Assert.Equal(left, await rewrapping.RunAsync());
            Assert.Equal((0, 0, 0), (await rewrapping.WaitingAsync(), await rewrapping.WrappedByAsync(former), await rewrapping.RunAsync()));
            _keys.Destroy(former);
            var rows = await db.QueryAsync<(Guid Person, string Class, byte[] Wrapped, string By, byte[] Origin)>("SELECT person_id, class, wrapped, wrapped_by, origin FROM keys.data_key");
            Assert.Equal(secrets.Count, rows.Count);
            foreach (var (person, @class, wrapped, by, origin) in rows)
            {
                var (secret, first) = secrets[(person, @class)];
                Assert.Equal(secret, _keys.Unwrap(KeyPurpose.DataKeys, by, wrapped, DataKeys.Associated(new PersonId(person), Enum.Parse<RetentionClass>(@class))));
                Assert.Equal(SHA256.HashData(first), origin);
            }
        }
    }

    [Fact]
    public async Task People_read_and_write_while_their_keys_are_wrapped_anew()
    {
        await using var db = Db.Open(_options);
        await using var writer = Writer.Start(db, _folder.Clock);
        (Sealer Sealer, ReadDoor Door) Node()
        {
            var keys = PrivacySetup.KeysOf(db, writer, _keys, _folder.Clock);
            return (new Sealer(keys), new ReadDoor(keys, new AccessRecorder(writer), _folder.Clock));
        }
        var sealing = Node();
        var opened = 0;
        using var over = new CancellationTokenSource();
        var people = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested || Volatile.Read(ref opened) < 20)
            {
                var person = PersonId.New(_folder.Clock);
                var context = new SealContext(person, RetentionClass.Identity, "person_name", person.Value);
                var blob = await sealing.Sealer.SealAsync(Change(), context, "Ali");
                // Another node has nothing in memory: it reads the row, whichever key it is under by now.
                var door = Node().Door;
                Assert.Equal("Ali", await door.OpenAsync<string>(door.Enter(Actor.System("test"), Purpose.Audit, null, "test", person), context, blob.Cipher));
                Interlocked.Increment(ref opened);
            }
        })).ToArray();
        var rewrapping = new Rewrapping(db, _keys);
        for (var i = 0; i < 5; i++)
        {
            _keys.Rotate(KeyPurpose.DataKeys);
            await rewrapping.RunAsync();
        }
        await over.CancelAsync();
        await Task.WhenAll(people);
        await rewrapping.RunAsync();
        Assert.Equal(0, await rewrapping.WaitingAsync());
        Assert.True(opened >= 20);
    }

    [Fact]
    public async Task A_key_that_was_wrapped_anew_and_then_erased_does_not_come_back_with_an_older_backup()
    {
        await using var db = Db.Open(_options);
        await using var writer = Writer.Start(db, _folder.Clock);
        var (erased, kept) = (PersonId.New(_folder.Clock), PersonId.New(_folder.Clock));
        foreach (var person in (PersonId[])[erased, kept])
        {
            var (wrapped, by) = _keys.Wrap(KeyPurpose.DataKeys, new byte[32], DataKeys.Associated(person, RetentionClass.Case));
            var change = Change();
            change.Keys.Add(new NewDataKey(person, RetentionClass.Case, wrapped, by));
            Assert.IsType<WriteOutcome.Done>(await writer.WriteAsync(change));
        }
        await Backup.MakeAsync(_options, BackupPart.Keys, Path.Combine(_backups, "before"), _folder.Clock);
        for (var i = 0; i < 2; i++)
        {
            _keys.Rotate(KeyPurpose.DataKeys);
            Assert.Equal(2, await new Rewrapping(db, _keys).RunAsync());
        }
        await Backup.MakeAsync(_options, BackupPart.Keys, Path.Combine(_backups, "between"), _folder.Clock);
        var erasing = Change();
        erasing.Erasures.Add(new KeyErasure(erased, RetentionClass.Case));
        Assert.IsType<WriteOutcome.Done>(await writer.WriteAsync(erasing));
        Assert.Equal([kept.Value], await db.QueryAsync<Guid>("SELECT person_id FROM keys.data_key"));
        await Backup.MakeAsync(_options, BackupPart.Data, Path.Combine(_backups, "data"), _folder.Clock);

        foreach (var part in (string[])["before", "between"])
        {
            var target = kind == DatabaseKind.Sqlite ? new DatabaseOptions { Data = Path.Combine(_backups, "target-" + part) } : await TestDatabase.EmptyAsync(kind);
            await Backup.RestoreAsync(target, Path.Combine(_backups, "data"), Path.Combine(_backups, part));
            await using var restored = Db.Open(target);
            await using var again = Writer.Start(restored, _folder.Clock);
            Assert.IsType<WriteOutcome.Done>(await again.WriteAsync(Change()));
            Assert.Equal([kept.Value], await restored.QueryAsync<Guid>("SELECT person_id FROM keys.data_key"));
        }
    }

    /// <summary>Another process rotates and is killed after its first batch.</summary>
    private async Task KilledAsync(bool letGoOn)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Muqeem.Tests"), ["rewrap-child", _folder.Data.Root, _options.PostgreSql ?? _options.Data])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        Assert.Equal("500", await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)));
        if (letGoOn)
        {
            await process.StandardInput.WriteLineAsync("go on");
            await process.StandardInput.FlushAsync();
        }
        process.Kill();
        await process.WaitForExitAsync();
    }
}

/// <summary>A process that wraps data keys anew, says how far it is after each batch, and waits to be told to go on.</summary>
internal static class RewrapChild
{
    public static async Task<int> RunAsync(string[] args)
    {
        var folder = DataFolder.Open(args[0], null, TimeProvider.System);
        using var keys = KeyStore.Open(folder, passphrase: null, new MovableClock(folder, TimeProvider.System));
        await using var db = Db.Open(args[1].Contains('=', StringComparison.Ordinal) ? new DatabaseOptions { PostgreSql = args[1] } : new DatabaseOptions { Data = args[1] });
        await new Rewrapping(db, keys).RunAsync(done =>
        {
            Console.WriteLine(done);
            Console.Out.Flush();
            Console.In.ReadLine();
        });
        return 0;
    }
}
