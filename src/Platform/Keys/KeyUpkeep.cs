using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Folder;

namespace Muqeem.Platform.Keys;

/// <summary>
/// Each minute, and whenever a demonstration's clock is moved: takes over what a verb changed in the store, keeps the demonstration's chain alive, and shows the
/// alarms in <c>/metrics</c>.
/// </summary>
internal sealed partial class KeyUpkeep : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly KeyStore _keys;
    private readonly DataFolder _folder;
    private readonly MovableClock _clock;
    private readonly ILogger<KeyUpkeep> _logger;
    private HashSet<(string, string?)> _told = [];

    public KeyUpkeep(KeyStore keys, DataFolder folder, MovableClock clock, ILogger<KeyUpkeep> logger)
    {
        _keys = keys;
        _folder = folder;
        _clock = clock;
        _logger = logger;
        _clock.Moved += OnMoved;
        Meter.CreateObservableGauge("muqeem.keys.alarms", () => KeyAlarms.All.Select(code => new Measurement<int>(_keys.Alarms().Count(a => a.Code == code), new KeyValuePair<string, object?>("code", code))),
            "{alarm}", "Alarms about keys, by code");
        Meter.CreateObservableGauge("muqeem.keys.signing_days_left", DaysLeft, "d", "Until the last certified signer of a purpose stops signing");
    }

    public override void Dispose()
    {
        _clock.Moved -= OnMoved;
        Meter.Dispose();
        base.Dispose();
    }

    internal Meter Meter { get; } = new("Muqeem.Keys");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var timer = new PeriodicTimer(Pause);
            do
            {
                Look();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private void OnMoved(object? sender, EventArgs e) => Look();

    private void Look()
    {
        try
        {
            _keys.Refresh();
            if (_folder.IsDemonstration)
            {
                _keys.KeepDemonstration();
            }
            var alarms = _keys.Alarms();
            foreach (var alarm in alarms.Where(a => !_told.Contains((a.Code, a.KeyId ?? a.Purpose))))
            {
                Due(_logger, alarm.Sentence);
            }
            _told = [.. alarms.Select(a => (a.Code, a.KeyId ?? a.Purpose))];
        }
        catch (Exception e) when (e is CannotStartException or KeyUnavailableException or IOException or System.Security.Cryptography.CryptographicException)
        {
            // The store goes on with what it has; the next minute looks again.
            Failed(_logger, e.Message);
        }
    }

    private IEnumerable<Measurement<double>> DaysLeft()
    {
        var now = _clock.Now();
        foreach (var purpose in Enum.GetValues<KeyPurpose>().Where(p => p.IsCertified()))
        {
            var until = _keys.All(purpose).Where(c => c.State is KeyState.Active or KeyState.Planned).Select(c => c.SignsUntil).DefaultIfEmpty(now).Max();
            yield return new Measurement<double>(Math.Round((until - now).TotalDays, 2), new KeyValuePair<string, object?>("purpose", purpose.Word()));
        }
    }

    [LoggerMessage(70, LogLevel.Warning, "Keys: {Sentence}")]
    private static partial void Due(ILogger logger, string sentence);

    [LoggerMessage(71, LogLevel.Error, "The key store could not be looked after: {Why}")]
    private static partial void Failed(ILogger logger, string why);
}
