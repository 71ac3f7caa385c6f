using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Muqeem.Platform.Database;

namespace Muqeem.Platform.Writing;

/// <summary>The changes that wait, bounded per class, and who of them goes into the next group. One taker, any number of callers.</summary>
internal sealed class GroupQueue
{
    /// <summary>Bytes in one group, beyond its first change: what one transaction holds in memory here and in the server.</summary>
    internal const int LargestBytes = 8 << 20;

    private readonly int _largest;
    private readonly Channel<Prepared> _interactive;
    private readonly Channel<Prepared> _bulk;
    private readonly SemaphoreSlim _arrived = new(0, 1);
    private readonly List<Prepared> _held = [];
    private volatile bool _closed;

    public GroupQueue(DatabaseOptions options)
    {
        _largest = options.LargestGroup;
        var bounds = new BoundedChannelOptions(options.QueueLimit) { SingleReader = true };
        _interactive = Channel.CreateBounded<Prepared>(bounds);
        _bulk = Channel.CreateBounded<Prepared>(bounds);
    }

    public int Count => _interactive.Reader.Count + _bulk.Reader.Count;

    /// <summary>False when there is no room, or when no more is taken.</summary>
    public bool TryAdd(Prepared change)
    {
        if (_closed || !(change.Class == WriteClass.Bulk ? _bulk : _interactive).Writer.TryWrite(change))
        {
            return false;
        }
        Wake();
        return true;
    }

    /// <summary>Comes first in the next group.</summary>
    public void Hold(Prepared change) => _held.Add(change);

    /// <summary>
    /// The next group: what was held back, then what waits, in order. Bulk gets a quarter of the group, and at least one place. Callers who left are passed over.
    /// </summary>
    public void Take(List<Prepared> group)
    {
        group.Clear();
        group.AddRange(_held.Where(h => h.Waiting));
        _held.Clear();
        // What is held back takes nobody's place, unless it grows beyond measure.
        var end = group.Count + Math.Min(_largest, (4 * _largest) - group.Count);
        var bulk = group.Count(g => g.Class == WriteClass.Bulk);
        var bytes = group.Sum(g => (long)g.Bytes);
        // A quarter is kept free while bulk waits.
        var interactiveEnd = _bulk.Reader.TryPeek(out _) ? end - (_largest / 4) : end;
        while (group.Count < interactiveEnd && TryTake(_interactive.Reader, bytes, out var next))
        {
            Add(group, next, ref bytes);
        }
        var interactive = group.Count - bulk;
        var share = interactive == 0 ? _largest / 4 : Math.Max(1, interactive / 3);
        while (bulk < share && group.Count < end && TryTake(_bulk.Reader, bytes, out var next))
        {
            bulk += Add(group, next, ref bytes) ? 1 : 0;
        }
    }

    private static bool TryTake(ChannelReader<Prepared> reader, long bytes, [NotNullWhen(true)] out Prepared? next)
    {
        next = null;
        return reader.TryPeek(out var waiting) && (bytes == 0 || bytes + waiting.Bytes <= LargestBytes) && reader.TryRead(out next);
    }

    private static bool Add(List<Prepared> group, Prepared next, ref long bytes)
    {
        if (!next.Waiting)
        {
            return false;
        }
        group.Add(next);
        bytes += next.Bytes;
        return true;
    }

    /// <summary>Waits until so many are there, or so long.</summary>
    public async Task GatherAsync(int wanted, TimeSpan atMost, CancellationToken cancel)
    {
        if (Count + _held.Count >= wanted || atMost < TimeSpan.FromMilliseconds(1))
        {
            return;
        }
        await Task.Delay(atMost, cancel);
    }

    /// <summary>Waits until there may be something to take, or so long. False when there never will be.</summary>
    public async Task<bool> WaitAsync(TimeSpan atMost, CancellationToken cancel)
    {
        if (_closed && _held.Count == 0 && !_interactive.Reader.TryPeek(out _) && !_bulk.Reader.TryPeek(out _))
        {
            return false;
        }
        if (_held.Count == 0)
        {
            await _arrived.WaitAsync(atMost, cancel);
        }
        return true;
    }

    /// <summary>No more is added; what waits is still taken.</summary>
    public void Close()
    {
        _closed = true;
        Wake();
    }

    private void Wake()
    {
        if (_arrived.CurrentCount == 0)
        {
            try
            {
                _arrived.Release();
            }
            catch (SemaphoreFullException)
            {
                // Somebody else woke the taker at the same moment.
            }
        }
    }
}
