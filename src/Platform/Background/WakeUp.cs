namespace Muqeem.Platform.Background;

/// <summary>A bell for one loop: rung any number of times before it listens, it wakes once.</summary>
internal sealed class WakeUp : IDisposable
{
    // Waiting is real time, whatever day the domain's clock shows.
    private readonly SemaphoreSlim _bell = new(0, 1);

    public void Ring()
    {
        try
        {
            if (_bell.CurrentCount == 0)
            {
                _bell.Release();
            }
        }
        catch (SemaphoreFullException)
        {
            // Rung by another at the same moment.
        }
        catch (ObjectDisposedException)
        {
            // The loop has ended.
        }
    }

    /// <summary>Until it rings, at the longest <paramref name="longest"/>.</summary>
    public Task WaitAsync(TimeSpan longest, CancellationToken cancel) => _bell.WaitAsync(longest, cancel);

    public void Dispose() => _bell.Dispose();
}
