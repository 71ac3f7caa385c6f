using System.Data;
using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Muqeem.Cases.Definition;
using Muqeem.Host.Verbs;
using Muqeem.Host.Wiring;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Tests;
using Muqeem.Tests.Kills;
using Npgsql;

namespace Muqeem.Platform.Journal;

public sealed class VerificationOnSqliteTests(ITestOutputHelper output, LivedInSqlite world) : VerificationTests(output, world), IClassFixture<LivedInSqlite>;

public sealed class VerificationOnPostgreSqlTests(ITestOutputHelper output, LivedInPostgreSql world) : VerificationTests(output, world), IClassFixture<LivedInPostgreSql>;

public sealed class LivedInSqlite() : LivedInWorld(DatabaseKind.Sqlite);

public sealed class LivedInPostgreSql() : LivedInWorld(DatabaseKind.PostgreSql);

/// <summary>
/// A world after some days: office accounts, a residence, a visa that was applied for, confirmed and paid, an application for the first ID that waits for an officer, somebody who was erased. Then
/// everything stands still.
/// </summary>
public abstract class LivedInWorld(DatabaseKind kind) : SeededWorld(kind)
{
    public Guid Forgotten { get; private set; }

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var resident = await Residents.SettleAsync(Tests.Residents.EstablishmentWorker, Residents.Today.PlusDays(400));
        var (visa, _) = await Residents.SendAsync(resident, "exit-reentry",
            [("kind", VisaKinds.Single), .. Tests.Residents.Day("leaveOn", Residents.Today.PlusDays(10)), .. Tests.Residents.Day("returnOn", Residents.Today.PlusDays(30))]);
        await Residents.AnswerAsync(resident, visa, confirmed: true, CaseStates.AwaitingPayment);
        await Residents.PayAsync(resident, visa, CaseStates.Issued);
        await World.ApplyAsync(await World.NewcomerAsync());
        var forgotten = await World.KnowAsync(await World.NewcomerAsync());
        Forgotten = forgotten.Value;
        var erasing = new Change(new Act(ActId.New(World.Clock), "test.erase", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("erase"), World.Clock.Now()))
        {
            Erasures = { new(forgotten, RetentionClass.Identity), new(forgotten, RetentionClass.Payment) },
        };
        Assert.IsType<WriteOutcome.Done>(await World.Get<IWriter>().WriteAsync(erasing));
        await WholeWorld.UntilAsync(async () => (await World.Get<Sequencer>().StandingAsync()) is { Waiting: 0, Size: > 0 } s && s.Size == s.CheckpointSize ? "" : null, "everything is in the journal");
        await World.App.StopAsync();
    }
}

/// <summary>The journal against everything that somebody with the database in his hands can do to a row.</summary>
public abstract class VerificationTests(ITestOutputHelper output, LivedInWorld lived)
{
    /// <summary>What the verification says that it cannot find: see its documentation.</summary>
    private static readonly HashSet<string> Unfindable = new(StringComparer.Ordinal) { "erasure.key_mark", "journal_head.version", "keys.data_key.origin" };

    private static bool Long => Environment.GetEnvironmentVariable("MUQEEM_LONG") == "1";

    private Db Db => lived.World.Get<Db>();

    private Verification Verification => JournalVerbs.VerificationOf(lived.World.Services);

    /// <summary>A transaction of somebody who may do everything; nothing of it stays.</summary>
    private async Task<T> BehindTheBackAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work)
    {
        if (Db.Dialect.Kind == DatabaseKind.Sqlite)
        {
            await using var sqlite = Db.OpenSqlite(readOnly: false);
            await RunAsync(sqlite, null, $"PRAGMA foreign_keys = OFF; ATTACH DATABASE '{Db.KeysFile}' AS keys");
            await using var changing = sqlite.BeginTransaction();
            var result = await work(sqlite, changing);
            await changing.RollbackAsync();
            return result;
        }
        await using var postgres = new NpgsqlConnection(Db.Options.PostgreSql);
        await postgres.OpenAsync();
        await using var transaction = await postgres.BeginTransactionAsync();
        await RunAsync(postgres, transaction, "SET LOCAL session_replication_role = replica");
        var answer = await work(postgres, transaction);
        await transaction.RollbackAsync();
        return answer;
    }

    private static async Task<int> RunAsync(DbConnection connection, DbTransaction? transaction, string sql, params object?[] values)
    {
        await using var command = Command(connection, transaction, sql, values);
        return await command.ExecuteNonQueryAsync();
    }

    private static DbCommand Command(DbConnection connection, DbTransaction? transaction, string sql, params object?[] values)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = $"p{i}";
            parameter.Value = values[i] ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }
        return command;
    }

    private async Task<(List<Finding> Findings, VerificationReport Report)> VerifyAsync(DbConnection connection, DbTransaction transaction, int? parts = null)
    {
        var findings = new List<Finding>();
        var report = await Verification.RunAsync(new Db.Snapshot(Db, connection, transaction), findings.Add, null, null, parts, TestContext.Current.CancellationToken);
        return (findings, report);
    }

    [Fact]
    public void The_list_of_all_tables_has_all_of_them() =>
        Assert.Equal(SchemaTests.Names(), WholeSchema.Tables.Select(t => t.Name).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Untouched_nothing_is_found_and_everything_was_looked_at()
    {
        var findings = new List<Finding>();
        var report = await Verification.RunAsync(Db, findings.Add, cancel: TestContext.Current.CancellationToken);
        Assert.Empty(findings);
        Assert.Equal(await Db.SingleAsync<long>("SELECT count(*) FROM act"), report.Acts);
        Assert.Equal(await Db.SingleAsync<long>("SELECT count(*) FROM leaf"), report.Entries);
        Assert.True(report.Rows > 300, $"{report.Rows} rows");
        // The record of the person who was erased.
        Assert.True(report.Excused >= 1, "Somebody was erased.");
    }

    [Fact]
    public async Task Cut_into_parts_the_work_comes_to_the_same_end()
    {
        var (findings, _) = await BehindTheBackAsync(async (connection, transaction) =>
        {
            await RunAsync(connection, transaction, "UPDATE case_head SET state = 'REJECTED'");
            return await VerifyAsync(connection, transaction, parts: 5);
        });
        Assert.NotEmpty(findings);
        Assert.All(findings, f => Assert.Equal(("case_head", "was changed"), (f.Table, f.What)));
        Assert.Equal(await Db.SingleAsync<long>("SELECT count(*) FROM case_head"), findings.Count);
    }

    [Fact]
    public async Task Each_of_many_single_changes_past_the_writer_is_found_and_the_row_named()
    {
        var seed = Dice.Seed();
        var wanted = Long ? 1000 : 60;
        output.WriteLine($"MUQEEM_SEED={seed}, {wanted} mutations");
        var dice = new Dice(seed);
        var done = 0;
        var refused = 0;
        var touched = new SortedSet<string>(StringComparer.Ordinal);
        var tables = new List<(Table Table, long Rows)>();
        foreach (var table in WholeSchema.Tables.Where(t => t.Kind == TableKind.Act || t.Name is "act" or "leaf" or "claim" or "balance" or "outbox" or "access_entry" or "access_subject" or "erasure" or "keys.data_key" or "journal_head" or "journal_tile"))
        {
            if (await Db.SingleAsync<long>($"SELECT count(*) FROM {table.Name}") is > 0 and var rows)
            {
                tables.Add((table, rows));
            }
        }
        Assert.True(tables.Count > 25, $"Only {tables.Count} tables have rows.");
        while (done < wanted)
        {
            var (table, rows) = tables[dice.Roll(tables.Count)];
            Assert.True(refused < 20 * wanted, "The database refuses too much.");
            var mutation = await BehindTheBackAsync(async (connection, transaction) =>
            {
                try
                {
                    if (await MutateAsync(connection, transaction, table, dice.Roll((int)rows), dice, lived.Forgotten.ToString("D")) is not { } change)
                    {
                        return null;
                    }
                    var (findings, _) = await VerifyAsync(connection, transaction);
                    Assert.True(findings.Exists(f => change.Names.Exists(name => f.Key.Contains(name, StringComparison.Ordinal) || f.What.Contains(name, StringComparison.Ordinal))),
                        $"seed {seed}, mutation {done}: {change.What} was not named. Found: {string.Join("; ", findings.Take(5))}");
                    return change.What;
                }
                catch (DbException e) when (e is SqliteException { SqliteErrorCode: 19 } or PostgresException { SqlState: "23505" or "23502" or "23514" or "23503" or "22P02" })
                {
                    return null; // the database itself refuses it
                }
            });
            if (mutation is null)
            {
                refused++;
                continue;
            }
            done++;
            touched.Add(table.Name);
        }
        output.WriteLine($"{done} changes in {touched.Count} tables found, {refused} refused by the database: {string.Join(' ', touched)}");
    }

    private sealed record Mutation(string What, List<string> Names);

    /// <summary>Changes one column of a row, deletes it, or adds another like it. Null: that would change nothing, or is what cannot be found.</summary>
    private static async Task<Mutation?> MutateAsync(DbConnection connection, DbTransaction transaction, Table table, int at, Dice dice, string forgotten)
    {
        var columns = table.Columns;
        var keys = columns.Take(table.KeyLength).ToList();
        var raw = new object?[columns.Count];
        await using (var find = Command(connection, transaction, $"SELECT {string.Join(", ", columns.Select(c => c.Name))} FROM {table.Name} ORDER BY {string.Join(", ", keys.Select(c => c.Name))} LIMIT 1 OFFSET {at}"))
        await using (var reader = await find.ExecuteReaderAsync())
        {
            Assert.True(await reader.ReadAsync());
            for (var i = 0; i < raw.Length; i++)
            {
                raw[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
            }
        }
        var where = string.Join(" AND ", keys.Select((c, i) => $"{c.Name} = @p{i}"));
        var old = raw[..keys.Count];
        List<string> names = [NameOf(table, raw)];
        switch (dice.Roll(10))
        {
            case 0 or 1 when table.Name is not "keys.data_key":
                await RunAsync(connection, transaction, $"DELETE FROM {table.Name} WHERE {where}", old);
                if (table.Name == "leaf")
                {
                    names.Add("position"); // the row is gone, its position is named, and its act
                }
                return new($"{table.Name} {names[0]} deleted", names);
            case 2 when table.Name is not ("journal_head" or "journal_tile"):
                var copy = (object?[])raw.Clone();
                var changed = dice.Roll(keys.Count);
                copy[changed] = Other(columns[changed], copy[changed], dice, connection is SqliteConnection);
                names = [NameOf(table, copy)];
                await RunAsync(connection, transaction, $"INSERT INTO {table.Name} ({string.Join(", ", columns.Select(c => c.Name))}) VALUES ({string.Join(", ", columns.Select((_, i) => $"@p{i}"))})", copy);
                return new($"{table.Name} {names[0]} added", names);
            default:
                var column = dice.Roll(columns.Count);
                if (Unfindable.Contains($"{table.Name}.{columns[column].Name}") || (columns[column].Type == ColumnType.Sealed && names[0] == forgotten))
                {
                    return null; // noise instead of noise, once the key is destroyed
                }
                var value = columns[column].Nullable && raw[column] is not null && dice.Roll(3) == 0 ? null : Other(columns[column], raw[column], dice, connection is SqliteConnection);
                var after = (object?[])raw.Clone();
                after[column] = value;
                names.Add(NameOf(table, after));
                var set = $"UPDATE {table.Name} SET {columns[column].Name} = @p{keys.Count} WHERE {where}";
                Assert.Equal(1, await RunAsync(connection, transaction, set, [.. old, value]));
                return new($"{table.Name}.{columns[column].Name} of {names[0]}", names);
        }
    }

    /// <summary>How a finding names the row. A subject of an access is named by the access.</summary>
    private static string NameOf(Table table, object?[] raw) =>
        Verification.KeyText(table.Name == "access_subject" ? [Neutral(raw[1])] : raw.Take(table.KeyLength).Select(Neutral));

    private static object? Neutral(object? raw) => raw switch
    {
        string text when Guid.TryParseExact(text, "D", out var id) => id,
        _ => raw,
    };

    private static object Other(Column column, object? value, Dice dice, bool sqlite)
    {
        var random = Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddSeconds(dice.Roll(int.MaxValue)));
        switch (column.Type)
        {
            case ColumnType.Uuid:
                // SQLite keeps ids as text.
                return value is string || (value is null && sqlite) ? random.ToString("D") : random;
            case ColumnType.Text:
                return value is string text ? text + (char)('a' + dice.Roll(26)) : "x";
            case ColumnType.Day:
                return value is "2031-01-01" ? "2031-01-02" : "2031-01-01";
            case ColumnType.Bytes or ColumnType.Sealed:
                if (value is not byte[] { Length: > 0 } bytes)
                {
                    return new byte[] { 7 };
                }
                var flipped = (byte[])bytes.Clone();
                flipped[dice.Roll(flipped.Length)] ^= (byte)(1 << dice.Roll(8));
                return flipped;
            case ColumnType.Bool:
                return value switch { short flag => (object)(short)(1 - flag), long flag => 1 - flag, _ => 1L };
            case ColumnType.Int:
                return value switch { int number => (object)(number + 1 + dice.Roll(3)), long number => number + 1 + dice.Roll(3), _ => 1 };
            default:
                return value is long amount ? amount + 1 + dice.Roll(1000) : 1L;
        }
    }

    [Fact]
    public async Task What_is_nobodys_business_or_changes_nothing_is_not_reported()
    {
        var findings = await BehindTheBackAsync(async (connection, transaction) =>
        {
            foreach (var harmless in (string[])
                ["UPDATE lease SET until_at = until_at + 1", "UPDATE job SET attempts = attempts + 1", "UPDATE delivery SET state = 'parked'", "DELETE FROM throttle_count", "DELETE FROM writer_mark",
                "UPDATE person SET sex = sex, version = version", "UPDATE case_head SET state = state", "UPDATE leaf SET kind = kind", "DELETE FROM one_time_code"])
            {
                await RunAsync(connection, transaction, harmless);
            }
            return (await VerifyAsync(connection, transaction)).Findings;
        });
        Assert.Empty(findings);
        await TestDatabase.ExecuteAsync(Db.Options, "VACUUM");
        await Verification.RunAsync(Db, findings.Add, cancel: TestContext.Current.CancellationToken);
        Assert.Empty(findings);
    }

    [Fact]
    public async Task Who_cannot_be_opened_any_more_is_excused_by_the_tombstone_alone()
    {
        var (findings, _) = await BehindTheBackAsync(async (connection, transaction) =>
        {
            await RunAsync(connection, transaction, "DELETE FROM erasure");
            return await VerifyAsync(connection, transaction);
        });
        Assert.Contains(findings, f => f.Table == "person" && f.Key == lived.Forgotten.ToString("D") && f.What.Contains("no erasure says so", StringComparison.Ordinal));
        Assert.Equal(2, findings.Count(f => f.Table == "erasure" && f.What.StartsWith("is missing", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Leaves_that_changed_places_are_both_named()
    {
        var (one, other) = (await Db.SingleAsync<Guid>("SELECT id FROM leaf WHERE position = 3"), await Db.SingleAsync<Guid>("SELECT id FROM leaf WHERE position = 11"));
        var (findings, _) = await BehindTheBackAsync(async (connection, transaction) =>
        {
            await RunAsync(connection, transaction, $"UPDATE leaf SET position = 1000000 WHERE id = '{one}'");
            await RunAsync(connection, transaction, $"UPDATE leaf SET position = 3 WHERE id = '{other}'");
            await RunAsync(connection, transaction, $"UPDATE leaf SET position = 11 WHERE id = '{one}'");
            return await VerifyAsync(connection, transaction);
        });
        Assert.Contains(findings, f => f.Table == "journal_head");
        if (await Db.SingleAsync<long>("SELECT count(*) FROM journal_tile") > 0)
        {
            Assert.Contains(findings, f => f.Table == "leaf" && f.Key == one.ToString("D"));
            Assert.Contains(findings, f => f.Table == "leaf" && f.Key == other.ToString("D"));
        }
    }

    [Fact]
    public async Task A_row_put_back_to_an_earlier_state_is_found()
    {
        // The case's head as its first act wrote it: everything in it was once true.
        var id = await Db.SingleAsync<Guid>("SELECT id FROM case_head WHERE version > 3 ORDER BY id LIMIT 1");
        var (findings, _) = await BehindTheBackAsync(async (connection, transaction) =>
        {
            await RunAsync(connection, transaction, $"UPDATE case_head SET version = version - 1 WHERE id = '{id}'");
            return await VerifyAsync(connection, transaction);
        });
        var finding = Assert.Single(findings);
        Assert.Equal(("case_head", id.ToString("D")), (finding.Table, finding.Key));
        Assert.Contains("is at version", finding.What);
    }

    [Fact]
    public async Task A_whole_act_rewritten_to_match_still_contradicts_the_checkpoint()
    {
        // Row, manifest and leaf all agree with each other again: only the tree knows.
        var act = await Db.SingleAsync<Guid>("SELECT id FROM leaf WHERE position >= 5 AND kind = 'act' ORDER BY position LIMIT 1");
        var (findings, _) = await BehindTheBackAsync(async (connection, transaction) =>
        {
            var snapshot = new Db.Snapshot(Db, connection, transaction);
            await RunAsync(connection, transaction, $"UPDATE act SET reason = 'another' WHERE id = '{act}'");
            object?[]? row = null;
            await foreach (var chunk in snapshot.ChunksAsync($"SELECT {string.Join(", ", PlatformTables.Act.Columns.Select(c => c.Name))} FROM act WHERE id = '{act}'", [.. PlatformTables.Act.Columns.Select(c => c.Type)]))
            {
                row = chunk[0];
            }
            var leaf = (await snapshot.FirstAsync<StoredLeaf>("SELECT salt, manifest FROM leaf WHERE id = @act", new { act }))!;
            await RunAsync(connection, transaction, $"UPDATE leaf SET hash = @p0 WHERE id = '{act}'", Leaf.HashOf(leaf.Salt, row!, leaf.Manifest));
            return await VerifyAsync(connection, transaction);
        });
        Assert.DoesNotContain(findings, f => f.Table == "act");
        Assert.Contains(findings, f => f.Table == "journal_head");
    }

    private sealed record StoredLeaf(byte[] Salt, byte[] Manifest);

    [Fact]
    public async Task History_rewritten_with_the_key_itself_is_found_by_a_checkpoint_that_somebody_kept()
    {
        var note = (await lived.World.Get<PublishedJournal>().CheckpointAsync())!;
        var kept = lived.World.Get<JournalKey>().Read(note)!;
        var findings = new List<Finding>();
        await Verification.RunAsync(Db, findings.Add, kept, cancel: TestContext.Current.CancellationToken);
        Assert.Empty(findings);

        var key = lived.World.Get<JournalKey>();
        var other = key.Read(key.Sign(key.Origin(1), kept.Size, new byte[32]))!;
        await Verification.RunAsync(Db, findings.Add, other, cancel: TestContext.Current.CancellationToken);
        Assert.Contains("history was rewritten", Assert.Single(findings).What);

        findings.Clear();
        var longer = key.Read(key.Sign(key.Origin(1), kept.Size + 1, new byte[32]))!;
        await Verification.RunAsync(Db, findings.Add, longer, cancel: TestContext.Current.CancellationToken);
        Assert.Single(findings);
    }
}
