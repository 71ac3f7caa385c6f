using System.Text.Json;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Platform.Folder;

/// <summary>
/// The clock of a process. In a demonstration folder it can be moved forward, and stays moved; elsewhere it is the machine's.
/// It never goes back, not even when the machine's clock does. Timers and elapsed times are not moved: who waits for a date listens to <see cref="Moved"/>.
/// </summary>
public sealed class MovableClock : TimeProvider
{
    /// <summary>Nobody can plan further: the Umm al-Qura calendar ends in 2077.</summary>
    private static readonly DateTimeOffset End = new(2077, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DataFolder _folder;
    private readonly TimeProvider _machine;
    private readonly Lock _moving = new();
    private long _offsetTicks;
    private long _lastTicks;

    public MovableClock(DataFolder folder, TimeProvider machine)
    {
        _folder = folder;
        _machine = machine;
        if (folder.IsDemonstration && File.Exists(folder.ClockFile))
        {
            try
            {
                _offsetTicks = JsonSerializer.Deserialize(File.ReadAllBytes(folder.ClockFile), FolderJson.Default.State)?.OffsetTicks ?? 0;
            }
            catch (JsonException e)
            {
                throw new CannotStartException($"The clock file {folder.ClockFile} is damaged.", e);
            }
        }
    }

    /// <summary>Raised after each move, on the mover's thread. Whoever does work at due dates looks again.</summary>
    public event EventHandler? Moved;

    public bool CanMove => _folder.IsDemonstration;

    /// <summary>How far ahead of the machine's clock; shown on each page when not zero.</summary>
    public Duration Offset => Duration.FromTicks(Interlocked.Read(ref _offsetTicks));

    public override DateTimeOffset GetUtcNow()
    {
        var now = _machine.GetUtcNow().UtcTicks + Interlocked.Read(ref _offsetTicks);
        var last = Interlocked.Read(ref _lastTicks);
        while (now > last)
        {
            var seen = Interlocked.CompareExchange(ref _lastTicks, now, last);
            if (seen == last)
            {
                return new DateTimeOffset(now, TimeSpan.Zero);
            }
            last = seen;
        }
        return new DateTimeOffset(last, TimeSpan.Zero);
    }

    public override TimeZoneInfo LocalTimeZone => _machine.LocalTimeZone;
    public override long TimestampFrequency => _machine.TimestampFrequency;
    public override long GetTimestamp() => _machine.GetTimestamp();
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => _machine.CreateTimer(callback, state, dueTime, period);

    /// <summary>Moves the clock to <paramref name="to"/> and keeps it there across restarts. Refused outside a demonstration, backwards, and after 2076.</summary>
    public Result<Instant> MoveTo(Instant to)
    {
        lock (_moving)
        {
            if (!CanMove)
            {
                return new Refusal(ClockRefusals.NotDemonstration);
            }
            var now = GetUtcNow();
            var target = to.ToDateTimeOffset();
            if (target < now)
            {
                return new Refusal(ClockRefusals.Backwards, ("now", this.Today()));
            }
            if (target >= End)
            {
                return new Refusal(ClockRefusals.TooFar, ("latest", End.Year - 1));
            }
            var offset = Interlocked.Read(ref _offsetTicks) + (target - now).Ticks;
            DurableFile.Write(_folder.ClockFile, JsonSerializer.SerializeToUtf8Bytes(new State(offset), FolderJson.Default.State));
            Interlocked.Exchange(ref _offsetTicks, offset);
        }
        Moved?.Invoke(this, EventArgs.Empty);
        return to;
    }

    public Result<Instant> MoveBy(Duration duration) => MoveTo(this.Now() + duration);

    internal sealed record State(long OffsetTicks);
}

public static class ClockRefusals
{
    public const string NotDemonstration = "clock.not_demonstration";
    public const string Backwards = "clock.backwards";
    public const string TooFar = "clock.too_far";
}
