using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Background;

/// <summary>Limits of the background work. Operational, no decree's.</summary>
public sealed record BackgroundOptions
{
    public int LanesAtOnce { get; init; } = 16;

    /// <summary>After so many a message is parked: with the pauses about three days.</summary>
    public int MostAttempts { get; init; } = 80;

    public Duration LongestPause { get; init; } = Duration.FromHours(1);

    public TimeSpan LongestSending { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long it can be looked up that and when a message was sent.</summary>
    public Duration KeepSent { get; init; } = Duration.FromDays(30);

    /// <summary>A job that has not been heard of for so long is taken over.</summary>
    public Duration JobLease { get; init; } = Duration.FromMinutes(5);

    /// <summary>How long nobody notices when a bell was missed.</summary>
    public TimeSpan LookAtLeastEvery { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>Registers outbox, jobs and due work. Handlers and works are named on the singletons <see cref="Outbox"/>, <see cref="Jobs"/> and <see cref="DueWork"/>.</summary>
public static class BackgroundSetup
{
    /// <param name="run">Whether this process does the work (role worker), or only writes and looks.</param>
    public static IServiceCollection AddBackground(this IServiceCollection services, BackgroundOptions? options = null, bool run = true)
    {
        services.AddSingleton(options ?? new BackgroundOptions());
        services.AddSingleton<Leases>();
        services.AddSingleton<Outbox>();
        services.AddSingleton<Jobs>();
        services.AddSingleton<DueWork>();
        if (run)
        {
            services.AddHostedService<BackgroundWork>();
        }
        return services;
    }

    /// <summary>Names a handler of messages that needs services: <c>services.HandleOutbox&lt;Sms&gt;("sms", (sms, item, cancel) =&gt; sms.SendAsync(item, cancel))</c>.</summary>
    public static IServiceCollection HandleOutbox<T>(this IServiceCollection services, string topic, Func<T, OutboxItem, CancellationToken, Task<OutboxResult>> handler) where T : notnull =>
        services.AddSingleton(new Registration(p => p.GetRequiredService<Outbox>().Handle(topic, (item, cancel) => handler(p.GetRequiredService<T>(), item, cancel))));

    /// <summary>Names jobs or due work when the process starts.</summary>
    public static IServiceCollection AddWork(this IServiceCollection services, Action<IServiceProvider> register) => services.AddSingleton(new Registration(register));

    internal sealed record Registration(Action<IServiceProvider> Register);
}

/// <summary>The loops. They sleep until a bell rings: a commit with messages, a moved clock; or for a second.</summary>
internal sealed partial class BackgroundWork(IServiceProvider services, Outbox outbox, Jobs jobs, DueWork due, Writer writer, TimeProvider clock, BackgroundOptions options, ILogger<BackgroundWork> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var registration in services.GetServices<BackgroundSetup.Registration>())
        {
            registration.Register(services);
        }
        jobs.Daily("outbox.clean", new LocalTime(3, 10), outbox.CleanAsync);

        using var jobsBell = new WakeUp();
        using var dueBell = new WakeUp();
        EventHandler moved = (_, _) =>
        {
            outbox.Bell.Ring();
            jobsBell.Ring();
            dueBell.Ring();
        };
        EventHandler committed = (_, _) => outbox.Bell.Ring();
        var movable = clock as MovableClock;
        writer.MessagesCommitted += committed;
        if (movable is not null)
        {
            movable.Moved += moved;
        }
        try
        {
            await Task.WhenAll(
                LoopAsync("outbox", outbox.Bell, outbox.SendDueAsync, stoppingToken),
                LoopAsync("jobs", jobsBell, jobs.RunDueAsync, stoppingToken),
                LoopAsync("due work", dueBell, due.RunDueAsync, stoppingToken));
        }
        finally
        {
            writer.MessagesCommitted -= committed;
            if (movable is not null)
            {
                movable.Moved -= moved;
            }
        }
    }

    private async Task LoopAsync<T>(string name, WakeUp bell, Func<CancellationToken, Task<T>> round, CancellationToken stop)
    {
        var pause = options.LookAtLeastEvery;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await round(stop);
                pause = options.LookAtLeastEvery;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (DbException e)
            {
                DatabaseAway(log, name, e.GetType().Name);
                pause = pause * 2 < TimeSpan.FromSeconds(30) ? pause * 2 : TimeSpan.FromSeconds(30);
            }
            catch (Exception bug)
            {
                // The loop outlives its bugs; each is in the log with its place.
                LoopFailed(log, name, bug.GetType().Name, bug.StackTrace);
                pause = TimeSpan.FromSeconds(10);
            }
            try
            {
                await bell.WaitAsync(pause, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(35, LogLevel.Warning, "The {Loop} waits: the database is away ({Kind}).")]
    private static partial void DatabaseAway(ILogger logger, string loop, string kind);

    [LoggerMessage(36, LogLevel.Error, "A round of {Loop} failed: {Kind} {Stack}")]
    private static partial void LoopFailed(ILogger logger, string loop, string kind, string? stack);
}
