using NodaTime;

namespace Muqeem.Platform.Signatures;

public sealed class ReplayGuardTests
{
    private static readonly Duration While = Duration.FromSeconds(60);
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 28, 9, 0);

    [Fact]
    public void A_call_counts_once_for_as_long_as_it_could_be_sent_again()
    {
        // Seen at any second of a generation, it is known for the whole while after.
        foreach (var seen in (int[])[0, 1, 30, 59, 60, 61, 119, 120, 121])
        {
            var guard = new ReplayGuard();
            Assert.True(guard.Take("key", "first", Start, While));
            var at = Start + Duration.FromSeconds(seen);
            Assert.True(guard.Take("key", "nonce", at, While));
            for (var later = 0; later <= 60; later++)
            {
                Assert.True(guard.Take("key", $"other {later}", at + Duration.FromSeconds(later), While));
                Assert.False(guard.Take("key", "nonce", at + Duration.FromSeconds(later), While), $"seen at {seen}, sent again {later} s later");
            }
        }
    }

    [Fact]
    public void What_others_sent_is_no_replay_and_what_is_long_over_is_forgotten()
    {
        var guard = new ReplayGuard();
        Assert.True(guard.Take("a", "bc", Start, While));
        Assert.True(guard.Take("ab", "c", Start, While));
        Assert.True(guard.Take("b", "bc", Start, While));
        Assert.False(guard.Take("a", "bc", Start, While));
        Assert.True(guard.Take("a", "bc", Start + (While * 2), While));
    }
}
