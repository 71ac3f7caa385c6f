using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Database;

namespace Muqeem.Tests.Kills;

public sealed class ClockOnSqliteTests() : ClockTests(DatabaseKind.Sqlite);

public sealed class ClockOnPostgreSqlTests() : ClockTests(DatabaseKind.PostgreSql);

/// <summary>A machine whose clock was set wrong, and a key store that does not open: nothing is signed, with a sentence, and what was acknowledged before is there.</summary>
public abstract class ClockTests(DatabaseKind kind) : IAsyncLifetime
{
    private const string FakeTime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    private const long Seed = 4471;

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "muqeem-clock-" + Path.GetRandomFileName());
    private DatabaseOptions _options = null!;
    private PersonId _person;
    private string _given = "";

    public async ValueTask InitializeAsync()
    {
        _options = await TestDatabase.EmptyAsync(kind);
        await using var node = new IssuingNode(_options, _folder, TimeProvider.System);
        await node.Db.MigrateAsync(node.Clock);
        _person = await node.Desk.NewHolderAsync();
        _given = Hash(await node.Desk.IssuedAsync(_person, FormKind.SdJwtVc, IssuingChild.KeyOf(Seed, 0, 0), IssuingChild.Operation(Seed, 0, 0)));
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        if (_options.PostgreSql is null)
        {
            Directory.Delete(_options.Data, recursive: true);
        }
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private static string Hash(FormAnswer.Issued issued) => Convert.ToHexString(SHA256.HashData(issued.Credential));

    /// <summary>What a process says that starts now.</summary>
    /// <param name="by">How wrong its clock is, as the library has it; null: not at all.</param>
    private async Task<Dictionary<string, string>> SaysAsync(int number, string? by)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Muqeem.Tests"),
            ["clock-child", _folder, _options.PostgreSql ?? _options.Data, _person.ToString(), Seed.ToString(CultureInfo.InvariantCulture), "0", number.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (by is not null)
        {
            start.Environment["LD_PRELOAD"] = FakeTime;
            start.Environment["FAKETIME"] = by;
            start.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        }
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync();
        var lines = (await child.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await child.WaitForExitAsync();
        Assert.True(lines.Length > 0, await errors);
        return lines.Select(l => l.Split(' ', 2)).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
    }

    private async Task<long> FormsAsync()
    {
        await using var db = Db.Open(_options with { MigrateAtStart = false });
        return await db.SingleAsync<long>("SELECT count(*) FROM credential_form");
    }

    [Fact]
    public async Task A_clock_that_was_set_back_before_the_signers_days_signs_nothing_and_loses_nothing()
    {
        Assert.SkipUnless(File.Exists(FakeTime), "libfaketime is not installed: scripts/install.sh test installs it.");
        var wrong = await SaysAsync(1, "-30d");
        Assert.NotEqual(TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), wrong["day"]);
        Assert.Equal(_given, wrong["again"]);
        Assert.StartsWith("refused: No document-signer may sign today", wrong["new"]);
        Assert.StartsWith("refused: No status-list may sign today", wrong["lists"]);
        // Not even promised.
        Assert.Equal(1, await FormsAsync());
        // Put right, everything goes on, and what was asked for meanwhile is given.
        var right = await SaysAsync(1, null);
        Assert.Equal(_given, right["again"]);
        Assert.Matches("^[0-9A-F]{64}$", right["new"]);
        Assert.Equal("1", right["lists"]);
        Assert.Equal(2, await FormsAsync());
    }

    [Fact]
    public async Task A_key_store_that_does_not_open_is_a_start_that_is_refused_and_afterwards_everything_is_there()
    {
        var (secret, away) = (Path.Combine(_folder, "secret", "master"), Path.Combine(_folder, "away"));
        File.Move(secret, away);
        var refused = await SaysAsync(1, null);
        Assert.Contains("that opens the key store is missing", refused["cannot"]);
        Assert.Equal(1, await FormsAsync());
        File.Move(away, secret);
        var again = await SaysAsync(1, null);
        Assert.Equal(_given, again["again"]);
        Assert.Matches("^[0-9A-F]{64}$", again["new"]);
    }
}
