using System.Globalization;
using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using Npgsql;

namespace Muqeem.Platform.Database;

/// <summary>
/// What PostgreSQL does with a pile that was not there when it last looked a table over: to the planner nothing waits, and a plan that compares all that waits
/// with all that waits costs nothing. Counted, not timed.
/// </summary>
public sealed class PlansTests : IAsyncLifetime
{
    private const int Pile = 400;

    private readonly TestClock _clock = new();
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(DatabaseKind.PostgreSql, _clock);
        await WriteAsync();
        await _database.ExecuteAsync("UPDATE delivery SET state = 'sent'");
        await _database.ExecuteAsync("UPDATE leaf SET position = place.position FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS position FROM leaf) AS place WHERE place.id = leaf.id");
        await _database.ExecuteAsync("INSERT INTO leaf SELECT gen_random_uuid(), 'act', '', '', '', 1000 + n FROM generate_series(1, 20000) AS n");
        await _database.ExecuteAsync("VACUUM ANALYZE");
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task The_outbox_looks_at_each_message_that_is_due_and_its_lane_and_no_others()
    {
        await WriteAsync();
        var plan = await PlanAsync(
            Outbox.DueSql.Replace("@now", "$1::bigint", StringComparison.Ordinal).Replace("@page", "$2::bigint", StringComparison.Ordinal), $"{_clock.Now().ToMicros()}, {Pile}");

        Assert.InRange(ThrownAway(plan), 0, Pile);
    }

    [Fact]
    public async Task The_sequencer_finds_each_leaf_by_its_name()
    {
        await WriteAsync();
        var leaves = (await _database.Db.QueryAsync<Guid>("SELECT id FROM leaf WHERE position IS NULL", null)).ToArray();
        Assert.Equal(Pile, leaves.Length);
        var plan = await PlanAsync(new ArrayStatement(PostgresStore.LeafPosition, StatementKind.Place).Command.CommandText,
            $"'{{{string.Join(',', leaves)}}}', '{{{string.Join(',', Enumerable.Range(Pile, Pile))}}}', {Pile}");

        Assert.Equal(["leaf_pkey"], Nodes(plan).Select(node => node.TryGetProperty("Index Name", out var name) ? name.GetString() : null).OfType<string>());
        Assert.InRange(ThrownAway(plan), 0, Pile);
    }

    private async Task WriteAsync()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, Pile).Select(i =>
        {
            var change = new Change(new Act(ActId.New(_clock), "test.act", Actor.System("test"), Guid.CreateVersion7(_clock.GetUtcNow()), Digest.Of(i.ToString(CultureInfo.InvariantCulture)), _clock.Now()));
            change.Messages.Add(Outbox.Message(_clock, "test", i.ToString(CultureInfo.InvariantCulture), "…"));
            return _database.Writer.WriteAsync(change);
        }));
        Assert.All(outcomes, outcome => Assert.IsType<WriteOutcome.Done>(outcome));
    }

    /// <summary>What was done for the statement, by the plan that a prepared one is given. What it did is undone.</summary>
    private async Task<JsonElement> PlanAsync(string sql, FormattableString values)
    {
        await using var connection = new NpgsqlConnection(_database.Options.PostgreSql);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(
            $"SET LOCAL plan_cache_mode = force_generic_plan; PREPARE asked AS {sql}; EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked({values.ToString(CultureInfo.InvariantCulture)})", connection);
        using var plan = JsonDocument.Parse((string)(await command.ExecuteScalarAsync())!);
        return plan.RootElement[0].GetProperty("Plan").Clone();
    }

    /// <summary>How many rows were read only to be left.</summary>
    private static long ThrownAway(JsonElement plan) => Nodes(plan).Sum(node =>
        node.GetProperty("Actual Loops").GetInt64() * new[] { "Rows Removed by Filter", "Rows Removed by Join Filter" }.Sum(name => node.TryGetProperty(name, out var rows) ? rows.GetInt64() : 0));

    private static IEnumerable<JsonElement> Nodes(JsonElement node) => [node, .. node.TryGetProperty("Plans", out var below) ? below.EnumerateArray().SelectMany(Nodes) : []];
}
