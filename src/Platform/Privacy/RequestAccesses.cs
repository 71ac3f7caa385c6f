using Muqeem.Kernel;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Privacy;

/// <summary>The accesses of one request (or of one piece of background work), until all of them are durable and the answer may leave.</summary>
internal sealed class RequestAccesses
{
    private static readonly AsyncLocal<RequestAccesses?> Flowing = new();

    private readonly List<Access> _all = [];
    private bool _closed;

    public static RequestAccesses? Current
    {
        get => Flowing.Value;
        set => Flowing.Value = value;
    }

    /// <summary>False once the answer has begun to leave: what is opened later waits for its entry on the spot.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_all)
            {
                return !_closed;
            }
        }
    }

    public Access? Join(Actor reader, Purpose purpose, CaseId? @case, string where, ReadOnlySpan<PersonId> subjects)
    {
        lock (_all)
        {
            foreach (var access in _all)
            {
                if (access.TryJoin(reader, purpose, @case, where, subjects))
                {
                    return access;
                }
            }
            return null;
        }
    }

    public Access Add(Access access)
    {
        lock (_all)
        {
            if (!_closed)
            {
                _all.Add(access);
            }
            return access;
        }
    }

    public bool Holds(Access access)
    {
        lock (_all)
        {
            return !_closed && _all.Contains(access);
        }
    }

    /// <summary>Waits until every entry is durable, then closes.</summary>
    /// <exception cref="AccessNotRecordedException">One cannot be: nothing may be shown.</exception>
    public async Task SettleAsync()
    {
        while (true)
        {
            List<Task> waiting;
            lock (_all)
            {
                waiting = [.. _all.Where(a => !a.IsSettled).Select(a => a.Recorded)];
                if (waiting.Count == 0)
                {
                    _closed = true;
                    return;
                }
            }
            await Task.WhenAll(waiting);
        }
    }
}
