using System.Diagnostics;
using Muqeem.Bench;

namespace Muqeem.Tests.Kills;

/// <summary>Whom to kill how often.</summary>
internal sealed record KillPlan(int Muqeem, int Postgres, int Both)
{
    /// <summary>Drafts that are surely enough: a kill waits for fewer steps than these have.</summary>
    public int Drafts() => 40 + (16 * (Muqeem + Postgres + Both));
}

/// <summary>What a run did and found; written beside the tests' logs.</summary>
internal sealed record KillReport(string Database, long Seed, KillPlan Kills, int KilledWhileStarting, int Starts, int Cases, int AcknowledgedSteps, int LostAnswers, int ToldToComeBack, int Faults, int Refused, int SentAgain, int Skipped, double Seconds);

/// <summary>Whole cases by several clients while Muqeem, its PostgreSQL or both are killed and started again, at moments that a seed chooses.</summary>
internal sealed class KillRun(Product product, PostgresServer? server, bool early, long seed)
{
    private enum Victim
    {
        Muqeem,
        Postgres,
        Both,
    }

    private const int Clients = 8;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    private readonly Dice _dice = new(seed);
    private readonly MuqeemProcess _muqeem = new(product, early);
    private readonly CaseClients _clients = new(product);
    private int _starts;
    private int _whileStarting;
    private int _kills;
    private int _heardAtStart;
    private int _heardAtKill;
    private bool _postgresWasAway;

    /// <summary>What must not have happened; empty when all is well.</summary>
    public List<string> Wrong { get; } = [];

    public async Task<KillReport> RunAsync(KillPlan plan)
    {
        var from = Stopwatch.GetTimestamp();
        await using (_muqeem)
        {
            Start();
            var clients = Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(_clients.RunAsync)));
            foreach (var victim in Order(plan))
            {
                await MomentAsync(clients);
                await KillAsync(victim);
            }
            // After the last start, some load once more; then what is in hand comes to its end.
            await UntilAsync(() => _clients.Acknowledged >= _heardAtKill + 10, clients);
            _clients.Closing = true;
            await UntilAsync(() => clients.IsCompleted, clients);
            await clients;
            if (await _muqeem.StopAsync() is not 0 and var code)
            {
                Wrong.Add($"Muqeem ended with {code} when it was told to stop");
            }
        }
        Wrong.AddRange(_muqeem.Said.Where(l => l.Contains("This is a bug", StringComparison.Ordinal)).Distinct());
        Wrong.AddRange(await StoredCases.CheckAsync(product.Options, [.. _clients.Cases]));
        if (_clients.Faults > 0)
        {
            Wrong.Add($"{_clients.Faults} answers were 500");
        }
        if (_clients.Refused > 0)
        {
            Wrong.Add($"{_clients.Refused} steps were refused although what they follow was acknowledged");
        }
        return new(server is null ? "sqlite" : "postgresql", seed, plan, _whileStarting, _starts, _clients.Cases.Count(c => c.Issued), _clients.Acknowledged, _clients.Lost, _clients.Later, _clients.Faults,
            _clients.Refused, _clients.Again, _clients.Skipped, Math.Round(Stopwatch.GetElapsedTime(from).TotalSeconds, 1));
    }

    public IReadOnlyList<string> Said => _muqeem.Said;

    private List<Victim> Order(KillPlan plan)
    {
        List<Victim> order = [.. Enumerable.Repeat(Victim.Muqeem, plan.Muqeem), .. Enumerable.Repeat(Victim.Postgres, plan.Postgres), .. Enumerable.Repeat(Victim.Both, plan.Both)];
        for (var i = order.Count - 1; i > 0; i--)
        {
            var other = _dice.Roll(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }
        return order;
    }

    /// <summary>Every sixth time while it may still be starting, but for the first two; else after a number of acknowledgements and a little time.</summary>
    private async Task MomentAsync(Task clients)
    {
        if (_kills++ >= 2 && _dice.Roll(6) == 0)
        {
            await SpinAsync(_dice.Roll(1_500_000));
            _whileStarting += _clients.Acknowledged == _heardAtKill ? 1 : 0;
            return;
        }
        var until = _heardAtKill + 5 + _dice.Roll(60);
        var micros = _dice.Roll(20_000);
        await UntilAsync(() => _clients.Acknowledged >= until, clients);
        await SpinAsync(micros);
    }

    private async Task KillAsync(Victim victim)
    {
        if (victim == Victim.Muqeem)
        {
            await KillMuqeemAsync();
        }
        else
        {
            _postgresWasAway = true;
            await Task.WhenAll(server!.KillAsync(), victim == Victim.Both ? KillMuqeemAsync() : Task.CompletedTask);
            await SpinAsync(_dice.Roll(300_000));
            await server.StartAsync();
        }
        _heardAtKill = _clients.Acknowledged;
        if (victim != Victim.Postgres)
        {
            Start();
        }
    }

    private async Task KillMuqeemAsync()
    {
        if (await _muqeem.KillAsync() is not 137 and var code && MayNotEnd)
        {
            Wrong.Add($"Muqeem had ended with {code} before it was killed");
        }
    }

    private void Start()
    {
        _heardAtStart = _clients.Acknowledged;
        _starts++;
        _muqeem.Start();
    }

    /// <summary>It may end by itself only when it cannot start because its database is away: then a supervisor starts it again.</summary>
    private bool MayNotEnd => !_postgresWasAway || _clients.Acknowledged > _heardAtStart;

    private static async Task SpinAsync(int micros)
    {
        var from = Stopwatch.GetTimestamp();
        if (micros > 30_000)
        {
            await Task.Delay((micros / 1000) - 15);
        }
        while (Stopwatch.GetElapsedTime(from).TotalMicroseconds < micros)
        {
            Thread.SpinWait(50);
        }
    }

    /// <summary>Waits, and does what a supervisor does.</summary>
    private async Task UntilAsync(Func<bool> reached, Task clients)
    {
        for (var from = Stopwatch.GetTimestamp(); !reached();)
        {
            if (clients.IsFaulted)
            {
                await clients;
            }
            if (_muqeem.HasEnded)
            {
                if (MayNotEnd)
                {
                    throw new InvalidOperationException("Muqeem ended by itself.");
                }
                Start();
            }
            if (Stopwatch.GetElapsedTime(from) > LongestWait || (clients.IsCompleted && !reached()))
            {
                throw new TimeoutException($"No more is acknowledged than {_clients.Acknowledged} steps; {product.Waiting.Count} drafts are left.");
            }
            await Task.Delay(1);
        }
    }
}
