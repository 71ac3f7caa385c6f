using System.Data.Common;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Dapper;
using Microsoft.Data.Sqlite;
using Muqeem.Kernel;

namespace Muqeem.Platform.Database;

/// <summary>
/// Numbered SQL, embedded: <c>Migrations/{postgres,sqlite}/NNNN_area.sql</c>; <c>NNNN_area.keys.sql</c> is for SQLite's file of keys. Each runs once, in
/// one transaction, in the order of its number; its text never changes after that. A first line <c>-- older may run</c> says that the previous release can
/// work beside it (expand now, contract in the next release).
/// </summary>
public static partial class Migrations
{
    private const string OlderMayRun = "-- older may run";

    internal sealed record Migration(int Number, string Name, string Text, string? KeysText)
    {
        public bool Expands => Text.StartsWith(OlderMayRun, StringComparison.Ordinal);
        public string Checksum => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text + "\0" + KeysText)));
    }

    internal sealed record Applied(int Number, string Name, string Checksum, bool OlderMayRun);

    internal static IReadOnlyList<Migration> Embedded(DatabaseKind kind) => EmbeddedIn(typeof(Migrations).Assembly, kind);

    private static List<Migration> EmbeddedIn(Assembly assembly, DatabaseKind kind)
    {
        var folder = kind == DatabaseKind.PostgreSql ? "postgres" : "sqlite";
        var texts = assembly.GetManifestResourceNames()
            .Select(name => (Resource: name, Match: ResourceName().Match(name)))
            .Where(found => found.Match.Success && found.Match.Groups["dialect"].Value == folder)
            .Select(found => (Number: int.Parse(found.Match.Groups["number"].Value, CultureInfo.InvariantCulture), Name: found.Match.Groups["name"].Value,
                Keys: found.Match.Groups["keys"].Success, Text: Read(assembly, found.Resource)))
            .ToList();
        return [.. texts.Where(t => !t.Keys)
            .Select(t => new Migration(t.Number, t.Name, t.Text, texts.Where(k => k.Keys && k.Number == t.Number).Select(k => k.Text).SingleOrDefault()))
            .OrderBy(m => m.Number)];
    }

    private static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        // The checksum is of the text, whatever a checkout did to its line ends.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    [GeneratedRegex(@"Migrations\.(?<dialect>postgres|sqlite)\.(?<number>\d{4})_(?<name>\w+?)(?<keys>\.keys)?\.sql$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ResourceName();

    /// <summary>Applies what is missing. Several nodes may call it at once: one works, the others wait.</summary>
    /// <returns>The numbers that were applied now.</returns>
    /// <exception cref="DatabaseRefusedException">The database was made by a newer release, or an applied migration's text was changed.</exception>
    public static async Task<IReadOnlyList<int>> MigrateAsync(this Db db, TimeProvider clock, CancellationToken cancel = default)
    {
        if (db.Dialect.Kind == DatabaseKind.Sqlite)
        {
            await using var main = db.OpenSqlite(readOnly: false);
            await using var keys = db.OpenSqliteKeys();
            return await ApplyAsync(main, keys, Embedded(DatabaseKind.Sqlite), clock, cancel);
        }
        await using var connection = await db.OpenPostgresAloneAsync(cancel);
        await connection.ExecuteAsync("SELECT pg_advisory_lock(5070657565)");
        return await ApplyAsync(connection, null, Embedded(DatabaseKind.PostgreSql), clock, cancel);
    }

    internal static async Task<IReadOnlyList<int>> ApplyAsync(DbConnection main, DbConnection? keys, IReadOnlyList<Migration> known, TimeProvider clock, CancellationToken cancel)
    {
        await ExecuteAsync(main, null, $"""
            CREATE TABLE IF NOT EXISTS schema_version (
              number integer NOT NULL PRIMARY KEY,
              name text NOT NULL,
              checksum text NOT NULL,
              older_may_run {(keys is null ? "smallint" : "integer")} NOT NULL,
              applied_at {(keys is null ? "bigint" : "integer")} NOT NULL
            ){(keys is null ? "" : " STRICT")};
            """, cancel);
        var applied = (await main.QueryAsync<Applied>("SELECT number, name, checksum, older_may_run FROM schema_version ORDER BY number")).ToDictionary(a => a.Number);
        Check(applied.Values, known);
        var now = new List<int>();
        foreach (var migration in known.Where(m => !applied.ContainsKey(m.Number)))
        {
            if (migration.KeysText is { } keysText)
            {
                // The file of keys has no list of its own: after a crash between the two files the text meets its own tables again.
                try
                {
                    await ExecuteAsync(keys!, null, keysText.Replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", StringComparison.Ordinal), cancel);
                }
                catch (SqliteException e) when (e.Message.Contains("duplicate column name", StringComparison.Ordinal))
                {
                    // ALTER TABLE has no IF NOT EXISTS: the column is there.
                }
            }
            await using var transaction = await main.BeginTransactionAsync(cancel);
            await ExecuteAsync(main, transaction, migration.Text, cancel);
            await using var record = main.CreateCommand();
            record.Transaction = transaction;
            record.CommandText = "INSERT INTO schema_version (number, name, checksum, older_may_run, applied_at) VALUES (@number, @name, @checksum, @older, @at)";
            new Dialect.Arguments(new { number = migration.Number, name = migration.Name, checksum = migration.Checksum, older = migration.Expands, at = clock.Now() }).AddTo(record);
            await record.ExecuteNonQueryAsync(cancel);
            await transaction.CommitAsync(cancel);
            now.Add(migration.Number);
        }
        return now;
    }

    private static void Check(IEnumerable<Applied> applied, IReadOnlyList<Migration> known)
    {
        var byNumber = known.ToDictionary(m => m.Number);
        foreach (var one in applied)
        {
            if (!byNumber.TryGetValue(one.Number, out var migration))
            {
                if (!one.OlderMayRun)
                {
                    throw new DatabaseRefusedException(
                        $"The database was made by a newer release of Muqeem: it has migration {one.Number:0000}_{one.Name}, which this release does not know. Start the newer release, or restore a backup made by this one.");
                }
            }
            else if (migration.Checksum != one.Checksum)
            {
                throw new DatabaseRefusedException(
                    $"Migration {one.Number:0000}_{one.Name} was applied with another text than this release has. An applied migration is never changed; the change belongs in a new one.");
            }
        }
    }

    private static async Task ExecuteAsync(DbConnection connection, DbTransaction? transaction, string sql, CancellationToken cancel)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancel);
    }
}
