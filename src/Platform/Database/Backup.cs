using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using Muqeem.Kernel;
using NodaTime;
using NodaTime.Text;
using Npgsql;

namespace Muqeem.Platform.Database;

/// <summary>
/// What is backed up apart: the data, and the data keys that open it. A backup of the keys is kept briefly, so that an erased person's key is soon
/// gone from every copy; a backup of the data may be kept for years.
/// </summary>
public enum BackupPart
{
    Data,
    Keys,
}

/// <summary>What a backup folder holds; written last, so that a folder without it is not a backup.</summary>
public sealed record BackupManifest(int Format, string Kind, string Part, string MadeAt, IReadOnlyList<int> Migrations, string File, long Length, string Sha256);

/// <summary>
/// Copies of the database that are consistent, checked and durable when the call returns, taken beside the running system. For one that can be restored take the data
/// first and the keys after it: then every row has its key, unless its person was erased.
/// </summary>
public static class Backup
{
    private const string ManifestName = "manifest.json";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Makes a backup of one part in a new or empty folder.</summary>
    /// <exception cref="DatabaseRefusedException">The folder is not empty, there is no database, or PostgreSQL's programs failed.</exception>
    public static async Task<BackupManifest> MakeAsync(DatabaseOptions options, BackupPart part, string folder, TimeProvider clock, CancellationToken cancel = default)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new DatabaseRefusedException($"A backup goes into a new or empty folder; {Path.GetFullPath(folder)} holds something.");
        }
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var (name, migrations) = options.PostgreSql is null
            ? await CopySqliteAsync(options, part, folder)
            : await DumpAsync(options.PostgreSql, part, folder, cancel);
        var file = Path.Combine(folder, name);
        MakeDurable(file);
        var manifest = new BackupManifest(1, KindOf(options), part.ToString(), InstantPattern.General.Format(clock.Now()), migrations, name, new FileInfo(file).Length, await HashAsync(file, cancel));
        var written = Path.Combine(folder, ManifestName);
        await File.WriteAllBytesAsync(written, JsonSerializer.SerializeToUtf8Bytes(manifest, Json), cancel);
        MakeDurable(written);
        return manifest;
    }

    /// <summary>Reads a backup's manifest and compares the file with it.</summary>
    /// <exception cref="DatabaseRefusedException">It is not a backup, is incomplete, or was changed.</exception>
    public static async Task<BackupManifest> VerifyAsync(string folder, CancellationToken cancel = default)
    {
        var path = Path.Combine(folder, ManifestName);
        if (!File.Exists(path))
        {
            throw new DatabaseRefusedException($"{Path.GetFullPath(folder)} is not a finished backup: it has no {ManifestName}.");
        }
        BackupManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<BackupManifest>(await File.ReadAllBytesAsync(path, cancel), Json);
        }
        catch (JsonException)
        {
            manifest = null;
        }
        if (manifest is not { Format: 1, File: { } name } || name != Path.GetFileName(name))
        {
            throw new DatabaseRefusedException($"The {ManifestName} in {Path.GetFullPath(folder)} cannot be read by this release.");
        }
        var file = Path.Combine(folder, manifest.File);
        if (!File.Exists(file) || new FileInfo(file).Length != manifest.Length || await HashAsync(file, cancel) != manifest.Sha256)
        {
            throw new DatabaseRefusedException($"The backup in {Path.GetFullPath(folder)} is damaged: {manifest.File} is not the file that was written.");
        }
        return manifest;
    }

    /// <summary>Restores data and keys into an empty place: a folder without a database, or an empty database.</summary>
    /// <exception cref="DatabaseRefusedException">The target is not empty, or a backup is damaged or of another kind.</exception>
    public static async Task RestoreAsync(DatabaseOptions options, string data, string keys, CancellationToken cancel = default)
    {
        var both = new[] { await VerifyAsync(data, cancel), await VerifyAsync(keys, cancel) };
        foreach (var (manifest, part) in both.Zip([BackupPart.Data, BackupPart.Keys]))
        {
            if (manifest.Kind != KindOf(options) || manifest.Part != part.ToString())
            {
                throw new DatabaseRefusedException($"A backup of {manifest.Part} from {manifest.Kind} cannot be restored as {part} of {KindOf(options)}.");
            }
        }
        if (options.PostgreSql is { } connection)
        {
            await RestorePostgresAsync(connection, [Path.Combine(data, both[0].File), Path.Combine(keys, both[1].File)], cancel);
        }
        else
        {
            RestoreSqlite(options, Path.Combine(data, both[0].File), Path.Combine(keys, both[1].File));
        }
    }

    private static string KindOf(DatabaseOptions options) => (options.PostgreSql is null ? DatabaseKind.Sqlite : DatabaseKind.PostgreSql).ToString();

    private static async Task<(string File, IReadOnlyList<int> Migrations)> CopySqliteAsync(DatabaseOptions options, BackupPart part, string folder)
    {
        var name = part == BackupPart.Data ? "muqeem.db" : "keys.db";
        var source = Path.Combine(options.Data, name);
        var target = Path.Combine(folder, name);
        if (!File.Exists(source))
        {
            throw new DatabaseRefusedException($"There is no database at {Path.GetFullPath(source)}.");
        }
        // Reads only; the writer goes on meanwhile. One snapshot, compacted.
        await using (var connection = new SqliteConnection($"Data Source={source};Mode=ReadOnly;Pooling=false;Default Timeout=60"))
        {
            await connection.OpenAsync();
            await connection.ExecuteAsync("VACUUM INTO @target", new { target });
        }
        await using var copy = new SqliteConnection($"Data Source={target};Mode=ReadOnly;Pooling=false");
        await copy.OpenAsync();
        if (await copy.ExecuteScalarAsync<string>("PRAGMA integrity_check") is not "ok")
        {
            throw new DatabaseRefusedException($"The copy of {name} is not sound, so the database itself may be damaged. Keep the older backups.");
        }
        return (name, part == BackupPart.Data ? await MigrationsAsync(copy) : []);
    }

    private static void RestoreSqlite(DatabaseOptions options, string data, string keys)
    {
        using var folder = FolderLock.Take(options.Data);
        foreach (var name in (string[])["muqeem.db", "muqeem.db-wal", "keys.db", "keys.db-wal"])
        {
            if (File.Exists(Path.Combine(options.Data, name)))
            {
                throw new DatabaseRefusedException($"There is a database in {Path.GetFullPath(options.Data)} already; a restore never writes over one. Move it away first.");
            }
        }
        // The data takes its name last: a restore cut short leaves no database that could be mistaken for one.
        foreach (var (from, to) in ((string, string)[])[(keys, "keys.db"), (data, "muqeem.db")])
        {
            var target = Path.Combine(options.Data, to);
            File.Copy(from, target + ".restoring", overwrite: true);
            MakeDurable(target + ".restoring");
            File.Move(target + ".restoring", target);
            MakeDurable(target);
        }
    }

    private static async Task<(string File, IReadOnlyList<int> Migrations)> DumpAsync(string connection, BackupPart part, string folder, CancellationToken cancel)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection) { Pooling = false };
        IReadOnlyList<int> migrations;
        await using (var open = new NpgsqlConnection(settings.ConnectionString))
        {
            await open.OpenAsync(cancel);
            if (await open.ExecuteScalarAsync<string?>("SELECT to_regclass('schema_version')::text") is null)
            {
                throw new DatabaseRefusedException("There is nothing to back up: the database has not been migrated.");
            }
            migrations = part == BackupPart.Data ? await MigrationsAsync(open) : [];
        }
        var name = part == BackupPart.Data ? "muqeem.dump" : "keys.dump";
        await RunAsync("pg_dump", settings,
            ["--format=custom", "--no-owner", "--no-privileges", part == BackupPart.Data ? "--exclude-schema=keys" : "--schema=keys", "--file=" + Path.Combine(folder, name)], cancel);
        return (name, migrations);
    }

    private static async Task RestorePostgresAsync(string connection, string[] dumps, CancellationToken cancel)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection) { Pooling = false };
        await using (var open = new NpgsqlConnection(settings.ConnectionString))
        {
            await open.OpenAsync(cancel);
            if (await open.ExecuteScalarAsync<long>("SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace NOT IN "
                + "(SELECT oid FROM pg_namespace WHERE nspname IN ('pg_catalog', 'information_schema', 'pg_toast'))") > 0)
            {
                throw new DatabaseRefusedException($"The database {settings.Database} has tables already; a restore never writes over any. Create an empty database for it.");
            }
        }
        foreach (var dump in dumps)
        {
            await RunAsync("pg_restore", settings, ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--dbname=" + settings.Database, dump], cancel);
        }
        // The keys' backup may be older than an erasure that the data knows of. SQLite's writer does the same whenever it opens its files.
        await using var restored = new NpgsqlConnection(settings.ConnectionString);
        await restored.OpenAsync(cancel);
        // A backup of an earlier release has no origins.
        var mark = await restored.ExecuteScalarAsync<long>("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'keys' AND table_name = 'data_key' AND column_name = 'origin'") > 0
            ? "COALESCE(k.origin, sha256(k.wrapped))" : "sha256(k.wrapped)";
        await restored.ExecuteAsync($"DELETE FROM keys.data_key k USING erasure e WHERE e.person_id = k.person_id AND e.class = k.class AND e.key_mark = {mark}");
    }

    private static async Task<IReadOnlyList<int>> MigrationsAsync(DbConnection connection) =>
        [.. (await connection.QueryAsync<long>("SELECT number FROM schema_version ORDER BY number")).Select(number => (int)number)];

    /// <summary>Runs one of PostgreSQL's programs. The password goes by the environment, which other users cannot read.</summary>
    private static async Task RunAsync(string program, NpgsqlConnectionStringBuilder settings, string[] arguments, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(PostgresPrograms.Find(program), arguments) { RedirectStandardError = true, UseShellExecute = false };
        foreach (var (name, value) in ((string, string?)[])
            [("PGHOST", settings.Host), ("PGPORT", settings.Port.ToString(CultureInfo.InvariantCulture)), ("PGUSER", settings.Username), ("PGPASSWORD", settings.Password), ("PGDATABASE", settings.Database),
            ("PGSSLMODE", settings.SslMode switch { SslMode.Disable => "disable", SslMode.Allow => "allow", SslMode.Require => "require", SslMode.VerifyCA => "verify-ca", SslMode.VerifyFull => "verify-full", _ => "prefer" }),
            ("PGSSLROOTCERT", settings.RootCertificate)])
        {
            if (value is not null)
            {
                start.Environment[name] = value;
            }
        }
        using var process = Process.Start(start) ?? throw new DatabaseRefusedException($"{program} did not start.");
        try
        {
            var errors = await process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            if (process.ExitCode != 0)
            {
                // Only the first line: what follows may quote rows.
                throw new DatabaseRefusedException($"{program} ended with {process.ExitCode}: {errors.Split('\n')[0]}");
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static async Task<string> HashAsync(string file, CancellationToken cancel)
    {
        await using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel));
    }

    private static void MakeDurable(string file)
    {
        using (var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite))
        {
            stream.Flush(flushToDisk: true);
        }
        Folder.DurableFile.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
    }
}
