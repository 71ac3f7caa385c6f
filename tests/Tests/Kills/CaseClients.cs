using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Muqeem.Bench;
using Muqeem.Cases.Definition;

namespace Muqeem.Tests.Kills;

/// <summary>A case that a client drives, and what of it was answered.</summary>
internal sealed class DrivenCase(Applicant applicant)
{
    public Applicant Applicant { get; } = applicant;

    /// <summary>The operations that were acknowledged, by the verb of their act. A payment is known by its number at the gateway.</summary>
    public Dictionary<string, Guid> Acknowledged { get; } = [];

    public Guid Bill { get; set; }
    public long Halalas { get; set; }
    public bool Paid { get; set; }

    /// <summary>The case's own page, and the holder's, said that the ID is there.</summary>
    public bool Issued { get; set; }

    /// <summary>Why the client could not go on.</summary>
    public string? GaveUp { get; set; }
}

/// <summary>
/// Clients that drive whole cases over HTTP as a careful agent does: a step whose answer is lost, or that cannot be taken now, is sent again with the same operation id until it is answered.
/// </summary>
internal sealed partial class CaseClients(Product product)
{
    private const int MostRefusals = 40;
    private const int MostPolls = 1200;
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestOutage = TimeSpan.FromMinutes(2);

    private readonly ConcurrentBag<DrivenCase> _cases = [];
    private int _acknowledged;
    private int _lost;
    private int _later;
    private int _faults;
    private int _refused;
    private int _again;
    private int _skipped;

    public IReadOnlyCollection<DrivenCase> Cases => _cases;

    /// <summary>Steps that were answered as done.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Answers that did not come: the connection broke on the way.</summary>
    public int Lost => _lost;

    /// <summary>503: to be sent again.</summary>
    public int Later => _later;

    /// <summary>500: never right.</summary>
    public int Faults => _faults;

    /// <summary>Refusals of a step whose step before was acknowledged: never right.</summary>
    public int Refused => _refused;

    /// <summary>Steps sent again although they had been answered.</summary>
    public int Again => _again;

    /// <summary>Drafts that something stood against.</summary>
    public int Skipped => _skipped;

    /// <summary>No new case is begun; those in hand are driven to their end.</summary>
    public bool Closing { get; set; }

    /// <summary>One client: case after case.</summary>
    public async Task RunAsync()
    {
        using var line = new Line(product.Port);
        while (!Closing && product.Waiting.TryDequeue(out var applicant))
        {
            var driven = new DrivenCase(applicant);
            _cases.Add(driven);
            await DriveAsync(line, driven);
        }
    }

    private async Task DriveAsync(Line line, DrivenCase c)
    {
        var a = c.Applicant;
        if (await StepAsync(line, c, "case.prepare", "POST", $"/api/v1/cases/{a.Case}/prepare", a.Token, null) is not { } prepared)
        {
            return;
        }
        if (!prepared.Contains("\"eligible\":true", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _skipped);
            return;
        }
        // The payer is the employer: the price is told before, the bill is his.
        c.Halalas = long.Parse(Total().Match(prepared).Groups[1].Value, CultureInfo.InvariantCulture);
        if (await StepAsync(line, c, "case.submit", "POST", $"/api/v1/cases/{a.Case}/submit", a.Token, null) is not { } submitted || !await StandsAsync(line, c, submitted, CaseStates.UnderReview))
        {
            return;
        }
        if (await StepAsync(line, c, "review.approve", "POST", $"/api/v1/office/cases/{a.Case}/approve", a.Officer, """{"reason":"approve.explained"}""") is not { } approved
            || !await StandsAsync(line, c, approved, CaseStates.AwaitingPayment) || !await ReadBillAsync(line, c) || !await PayAsync(line, c) || !await StandsAsync(line, c, "", CaseStates.Issued))
        {
            return;
        }
        var (status, text) = await AskAsync(line, () => Caller.Request("GET", "/api/v1/id", a.Token, null, null));
        if (status != 200 || !text.Contains("residentNumber", StringComparison.Ordinal))
        {
            c.GaveUp = $"the ID: {status} {text}";
            return;
        }
        c.Issued = true;
        Interlocked.Increment(ref _acknowledged);
    }

    /// <summary>A step with an operation id; null when it is refused for good. Every eighth is sent once more after it was answered: nothing may come of that.</summary>
    private async Task<string?> StepAsync(Line line, DrivenCase c, string verb, string method, string path, string token, string? json)
    {
        var operation = Guid.CreateVersion7();
        var request = Caller.Request(method, path, token, operation, json);
        for (var refusals = 0; ; refusals++)
        {
            var (status, text) = await AskAsync(line, () => request);
            if (status == 200)
            {
                c.Acknowledged[verb] = operation;
                if (Interlocked.Increment(ref _acknowledged) % 8 == 0)
                {
                    Interlocked.Increment(ref _again);
                    if (await AskAsync(line, () => request) is (not 200, _))
                    {
                        Interlocked.Increment(ref _refused);
                    }
                }
                return text;
            }
            Interlocked.Increment(ref _refused);
            if (refusals == MostRefusals)
            {
                c.GaveUp = $"{verb}: {status} {text}";
                return null;
            }
            await Task.Delay(50);
        }
    }

    /// <summary>The gateway tells of the payment, signed anew each time, until it is heard.</summary>
    private async Task<bool> PayAsync(Line line, DrivenCase c)
    {
        byte[] Telling() => Load.Payment(product, c.Applicant, c.Bill, c.Halalas);
        var (status, text) = await AskAsync(line, Telling);
        if (status != 200)
        {
            Interlocked.Increment(ref _refused);
            c.GaveUp = $"payment: {status} {text}";
            return false;
        }
        c.Paid = true;
        if (Interlocked.Increment(ref _acknowledged) % 8 == 0)
        {
            Interlocked.Increment(ref _again);
            if (await AskAsync(line, Telling) is (not 200, _))
            {
                Interlocked.Increment(ref _refused);
            }
        }
        return true;
    }

    /// <summary>Whether the case comes to a state: the answer says so, or its page does, asked a bounded number of times.</summary>
    private async Task<bool> StandsAsync(Line line, DrivenCase c, string answer, string state)
    {
        var says = $"\"state\":\"{state}\"";
        var page = Caller.Request("GET", $"/api/v1/cases/{c.Applicant.Case}", c.Applicant.Token, null, null);
        var status = 200;
        for (var polls = 0; !answer.Contains(says, StringComparison.Ordinal); polls++)
        {
            // What came last is looked at before anything is given up: a case that waited for a source has arrived by then.
            if (polls > MostPolls || status != 200 || (polls > MostRefusals && !Moving().IsMatch(answer)))
            {
                c.GaveUp = $"not {state}: {status} {answer}";
                return false;
            }
            if (polls > 0)
            {
                await Task.Delay(50);
            }
            (status, answer) = await AskAsync(line, () => page);
        }
        return true;
    }

    /// <summary>The case's page names its bill.</summary>
    private async Task<bool> ReadBillAsync(Line line, DrivenCase c)
    {
        var page = Caller.Request("GET", $"/api/v1/cases/{c.Applicant.Case}", c.Applicant.Token, null, null);
        for (var polls = 0; polls < MostRefusals; polls++)
        {
            var (_, text) = await AskAsync(line, () => page);
            if (BillOfCase().Match(text) is { Success: true } found)
            {
                c.Bill = Guid.Parse(found.Groups[1].Value);
                return true;
            }
            await Task.Delay(50);
        }
        c.GaveUp = "no bill";
        return false;
    }

    /// <summary>Asks until there is an answer that is one.</summary>
    private async Task<(int Status, string Text)> AskAsync(Line line, Func<byte[]> request)
    {
        var last = "";
        for (var from = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(from) < LongestOutage;)
        {
            try
            {
                var status = await line.Caller.SendAsync(request()).AsTask().WaitAsync(LongestAnswer);
                last = line.Caller.Text.ReplaceLineEndings(" ");
                if (status is 503 or 429)
                {
                    Interlocked.Increment(ref _later);
                }
                else if (status >= 500)
                {
                    Interlocked.Increment(ref _faults);
                }
                else
                {
                    return (status, last);
                }
            }
            catch (SocketException nobody) when (nobody.SocketErrorCode == SocketError.ConnectionRefused)
            {
                last = nobody.Message;
                line.Renew();
            }
            catch (Exception e) when (e is IOException or SocketException or TimeoutException)
            {
                // Whether it was done nobody knows; the same operation id asks.
                Interlocked.Increment(ref _lost);
                last = e.Message;
                line.Renew();
            }
            await Task.Delay(50);
        }
        throw new TimeoutException($"Muqeem did not answer for {LongestOutage.TotalSeconds} s: {last}");
    }

    /// <summary>A source did not answer: the engine asks it again by itself.</summary>
    [GeneratedRegex("\"state\":\"WAITING_FOR_SOURCE\"")]
    private static partial Regex Moving();

    [GeneratedRegex("\"bill\":\"([0-9a-f-]{36})\"")]
    private static partial Regex BillOfCase();

    [GeneratedRegex("\"totalHalalas\":([0-9]+)")]
    private static partial Regex Total();

    private sealed class Line(int port) : IDisposable
    {
        public Caller Caller { get; private set; } = new(port);

        public void Renew()
        {
            Caller.Dispose();
            Caller = new(port);
        }

        public void Dispose() => Caller.Dispose();
    }
}
