using Muqeem.Tests;

namespace Muqeem.Kernel;

public class IdsTests
{
    private static string Text(ActId id) => id.ToString();

    [Fact]
    public void Ids_of_acts_rise_within_a_millisecond_and_when_the_clock_is_set_back()
    {
        var clock = new TestClock();
        clock.Set(new DateTimeOffset(2026, 11, 30, 12, 0, 0, 123, TimeSpan.Zero));
        List<ActId> ids = [.. Enumerable.Range(0, 5_000).Select(_ => ActId.New(clock))];
        clock.Advance(TimeSpan.FromHours(-3));
        ids.AddRange(Enumerable.Range(0, 100).Select(_ => ActId.New(clock)));
        clock.Advance(TimeSpan.FromDays(1));
        ids.Add(ActId.New(clock));
        Assert.Equal(ids.Select(Text).Order(StringComparer.Ordinal), ids.Select(Text));
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Equal((7, 0b10), (id.Value.Version, id.Value.Variant >> 2)));
        // The first 48 bits are milliseconds, as in any of version 7.
        Assert.Equal(new DateTimeOffset(2026, 11, 30, 12, 0, 0, 123, TimeSpan.Zero).ToUnixTimeMilliseconds(), Convert.ToInt64(Text(ids[0]).Replace("-", "", StringComparison.Ordinal)[..12], 16));
        Assert.Equal(clock.GetUtcNow().ToUnixTimeMilliseconds(), Convert.ToInt64(Text(ids[^1]).Replace("-", "", StringComparison.Ordinal)[..12], 16));
    }

    [Fact]
    public void Ids_that_are_asked_for_at_once_are_all_different_and_rise_for_each_who_asks()
    {
        var ids = Enumerable.Range(0, 8).AsParallel().WithDegreeOfParallelism(8).Select(_ => Enumerable.Range(0, 20_000).Select(_ => ActId.New(TimeProvider.System)).ToList()).ToList();
        Assert.All(ids, of => Assert.Equal(of.Select(Text).Order(StringComparer.Ordinal), of.Select(Text)));
        // Told apart by time and fraction alone.
        Assert.Equal(160_000, ids.SelectMany(of => of).Select(id => Text(id)[..18]).Distinct().Count());
    }
}
