namespace Muqeem.Sandbox.State;

/// <summary>The stand-ins' clock: real time, moved. It follows Muqeem's demonstration clock, which comes with each request, and can be moved by <c>POST /clock</c>.</summary>
public sealed class SandboxClock(TimeProvider real) : TimeProvider
{
    private long _offset;

    public TimeSpan Offset
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _offset));
        set => Interlocked.Exchange(ref _offset, value.Ticks);
    }

    public override DateTimeOffset GetUtcNow() => real.GetUtcNow() + Offset;

    /// <summary>From now on it is this time, and time goes on.</summary>
    public void MoveTo(DateTimeOffset now) => Offset = now - real.GetUtcNow();

    public override long GetTimestamp() => real.GetTimestamp();
    public override long TimestampFrequency => real.TimestampFrequency;
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => real.CreateTimer(callback, state, dueTime, period);
}
