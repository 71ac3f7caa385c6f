using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Cases.Definition;
using Muqeem.Platform.Policies;
using NodaTime;

namespace Muqeem.Bench;

/// <summary>An answer that is wrong: the run fails, whatever its speed.</summary>
internal sealed class WrongAnswerException(string what) : Exception(what);

/// <summary>What one slice of whole cases did.</summary>
/// <param name="Steps">Milliseconds of each request, by step.</param>
/// <param name="CpuMicros">Product and database, a case, while the slice ran.</param>
internal sealed record CaseSlice(double PerSecond, double CpuMicros, double HostCpuMicros, double[][] Steps, int Retries);

/// <summary>Whole cases by a number of callers.</summary>
internal static class Load
{
    public static readonly string[] Steps = ["submit", "approve", "pay and issue", "read the ID"];

    /// <summary>Fetches the facts of the next drafts ahead, by the product's own verb.</summary>
    public static async Task<List<Applicant>> PrepareAsync(Product product, int count)
    {
        var ready = new ConcurrentBag<Applicant>();
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            using var caller = new Caller(product.Port);
            while (ready.Count < count && product.Waiting.TryDequeue(out var applicant))
            {
                var status = await caller.SendAsync(applicant.Prepare);
                // A stand-in that answered too late on a busy machine stands against nobody.
                for (var again = 0; again < 5 && status == 200 && caller.Says("\"waiting\":[\""u8); again++)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1));
                    status = await caller.SendAsync(applicant.Prepare);
                }
                if (status == 200 && caller.Says("\"eligible\":true"u8))
                {
                    ready.Add(applicant);
                }
                else if (status is not (200 or 429 or 503))
                {
                    throw new WrongAnswerException($"prepare: {status} {caller.Text}");
                }
                else
                {
                    Skipped.Add($"{status} {caller.Text}");
                }
            }
        }));
        return ready.Count >= count ? [.. ready] : throw new WrongAnswerException($"{product.Name}: {ready.Count} of {count} drafts could be prepared; {Skipped.Count} could not, e.g. {Skipped.FirstOrDefault()}");
    }

    /// <summary>Drafts that something stood against.</summary>
    public static ConcurrentBag<string> Skipped { get; } = [];

    public static List<Applicant> Take(Product product, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => product.Waiting.TryDequeue(out var applicant) ? applicant : throw new WrongAnswerException("There are no more drafts."))];

    public static async Task<CaseSlice> RunAsync(Product product, PostgresCluster? cluster, IReadOnlyList<Applicant> applicants, int callers, Acknowledged acknowledged)
    {
        var queue = new ConcurrentQueue<Applicant>(applicants);
        var times = Enumerable.Range(0, Steps.Length).Select(_ => new ConcurrentBag<double>()).ToArray();
        var retries = 0;
        double CpuNow() => cluster is null ? 0 : Cpu.OfTree(cluster.Pid);
        var (host, database) = (Cpu.Of(product.Pid), CpuNow());
        var from = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            using var caller = new Caller(product.Port);
            while (queue.TryDequeue(out var a))
            {
                await StepAsync(0, a.Submit, CaseStates.UnderReview);
                await StepAsync(1, a.Approve, CaseStates.AwaitingPayment);
                var (bill, halalas) = await product.BillAsync(a.Case);
                await StepAsync(2, Payment(product, a, bill, halalas), null);
                acknowledged.Issued(a.Case);
                await StepAsync(3, a.Id, "residentNumber");
            }

            async Task StepAsync(int step, byte[] request, string? says)
            {
                for (var attempt = 0; ; attempt++)
                {
                    var start = Stopwatch.GetTimestamp();
                    var status = await caller.SendAsync(request);
                    if (status is 503 or 429 && attempt < 100)
                    {
                        Interlocked.Increment(ref retries);
                        await Task.Delay(100);
                        continue;
                    }
                    if (status != 200 || (says is not null && !caller.Text.Contains(says, StringComparison.Ordinal)))
                    {
                        throw new WrongAnswerException($"{Steps[step]}: {status} {caller.Text}");
                    }
                    times[step].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                    return;
                }
            }
        })));
        var seconds = Stopwatch.GetElapsedTime(from).TotalSeconds;
        var (hostCpu, databaseCpu) = (Cpu.Of(product.Pid) - host, CpuNow() - database);
        return new(applicants.Count / seconds, (hostCpu + databaseCpu) / applicants.Count, hostCpu / applicants.Count, [.. times.Select(t => t.ToArray())], retries);
    }

    private static readonly string Purpose = PolicyBook.BaselineSnapshot().Get<IReadOnlyList<ExchangeRight>>(ExchangeRight.TheirCalls, new LocalDate(2026, 1, 1)).Single(r => r.Operation == PaymentWebhook.Operation).Purpose;

    /// <summary>The gateway's call: money for a bill that it names by our reference.</summary>
    public static byte[] Payment(Product product, Applicant applicant, Guid bill, long halalas)
    {
        var now = SystemClock.Instance.GetCurrentInstant();
        var paid = new PaymentReceived("bench-" + bill.ToString("N"), null, bill.ToString(), applicant.Number, PaymentPurpose.Residence, halalas, PaymentChannel.Sadad, now);
        var body = JsonSerializer.SerializeToUtf8Bytes(paid, Wire.Options);
        var (address, id) = (new Uri($"http://127.0.0.1:{product.Port}/hooks/payments"), Guid.CreateVersion7());
        using var call = new HttpRequestMessage(HttpMethod.Post, address);
        call.Headers.Add(Exchange.RequestIdHeader, id.ToString());
        call.Headers.Add(Exchange.CorrelationHeader, id.ToString("N"));
        call.Headers.Add(Exchange.PurposeHeader, Purpose);
        Exchange.Sign(call, address, body, product.PaymentSigner, now);
        var head = "POST /hooks/payments HTTP/1.1\r\nHost: " + address.Authority + "\r\nContent-Type: application/json\r\nContent-Length: " + body.Length + "\r\n";
        foreach (var (name, values) in call.Headers.NonValidated)
        {
            head += name + ": " + values + "\r\n";
        }
        return [.. System.Text.Encoding.ASCII.GetBytes(head + "\r\n"), .. body];
    }
}

/// <summary>Every issue that the product acknowledged.</summary>
internal sealed class Acknowledged
{
    private readonly ConcurrentDictionary<Guid, bool> _cases = new();

    public ICollection<Guid> Cases => _cases.Keys;

    public void Issued(Guid @case)
    {
        if (!_cases.TryAdd(@case, true))
        {
            throw new WrongAnswerException($"Case {@case} was issued twice.");
        }
    }
}
