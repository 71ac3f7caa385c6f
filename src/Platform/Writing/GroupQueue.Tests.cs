using Muqeem.Platform.Database;

namespace Muqeem.Platform.Writing;

public class GroupQueueTests
{
    private static Prepared Change(WriteClass @class)
    {
        var change = new Change(null);
        change.Rows.Add(PlatformTables.Job.Delete(Guid.Empty));
        return Prepared.From(change, @class);
    }

    private static GroupQueue Queue(int interactive, int bulk)
    {
        var queue = new GroupQueue(new DatabaseOptions { LargestGroup = 64 });
        for (var i = 0; i < Math.Max(interactive, bulk); i++)
        {
            Assert.True(i >= interactive || queue.TryAdd(Change(WriteClass.Interactive)));
            Assert.True(i >= bulk || queue.TryAdd(Change(WriteClass.Bulk)));
        }
        return queue;
    }

    [Theory]
    [InlineData(200, 200, 48, 16)]
    [InlineData(12, 200, 12, 4)]
    [InlineData(1, 200, 1, 1)]
    [InlineData(0, 200, 0, 16)]
    [InlineData(200, 0, 64, 0)]
    public void Bulk_gets_a_quarter_of_a_group_and_is_never_shut_out(int interactive, int bulk, int taken, int takenBulk)
    {
        var group = new List<Prepared>();
        Queue(interactive, bulk).Take(group);

        Assert.Equal(taken, group.Count(g => g.Class == WriteClass.Interactive));
        Assert.Equal(takenBulk, group.Count(g => g.Class == WriteClass.Bulk));
    }

    [Fact]
    public void A_group_does_not_grow_beyond_its_bytes_but_a_large_change_goes_alone()
    {
        var queue = Queue(0, 0);
        foreach (var size in (int[])[5 << 20, 2 << 20, 2 << 20, 20 << 20, 1])
        {
            var change = new Change(null);
            change.Rows.Add(PlatformTables.Job.Delete(Guid.Empty));
            change.Heads.Add(PlatformTables.Serial.Head(Guid.Empty, 0, new string('x', size), 1L));
            queue.TryAdd(Prepared.From(change, WriteClass.Interactive));
        }
        var sizes = new List<int>();
        var group = new List<Prepared>();
        for (queue.Take(group); group.Count > 0; queue.Take(group))
        {
            sizes.Add(group.Count);
        }
        Assert.Equal([2, 1, 1, 1], sizes);
    }

    [Fact]
    public void What_was_held_back_comes_first_and_takes_nobodys_place()
    {
        var queue = Queue(100, 0);
        var held = Change(WriteClass.Interactive);
        queue.Hold(held);
        var group = new List<Prepared>();
        queue.Take(group);

        Assert.Same(held, group[0]);
        Assert.Equal(65, group.Count);
    }

    [Fact]
    public void Who_has_left_is_passed_over()
    {
        var queue = Queue(0, 0);
        var left = Change(WriteClass.Interactive);
        queue.TryAdd(left);
        Assert.True(left.TryAbandon());
        var group = new List<Prepared>();
        queue.Take(group);

        Assert.Empty(group);
    }

    [Fact]
    public async Task A_closed_queue_takes_no_more_and_ends_when_it_is_empty()
    {
        var queue = Queue(1, 0);
        queue.Close();

        Assert.False(queue.TryAdd(Change(WriteClass.Interactive)));
        Assert.True(await queue.WaitAsync(Timeout.InfiniteTimeSpan, CancellationToken.None));
        queue.Take([]);
        Assert.False(await queue.WaitAsync(Timeout.InfiniteTimeSpan, CancellationToken.None));
    }
}
