using System.Globalization;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Exchanges;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Writing;
using NodaTime.Text;

namespace Muqeem.Host.Verbs;

/// <summary><c>muqeem feed …</c>: the events that agencies are sent. On PostgreSQL it works beside a running service.</summary>
internal static class FeedVerbs
{
    public const string Usage = """
        muqeem feed: the events that agencies are sent.

          list                                           every agency that is sent events: where, how far, since when it fails and why
          test    --Agency=NAME                          sends an event that tells nothing, signed like all, and says how that ended; exits 1 when it was not taken
          replay  --Agency=NAME --From=CURSOR --Reason=CODE   moves the agency's cursor back: from there on everything is sent again. Nothing else changes
          resume  --Agency=NAME --Reason=CODE            an agency that failed for long is sent events again

        A reason is a word or number by which the decision is found again; it goes into the journal. The agency itself may do the last three by a signed call (handbook: event-feed.md).
        """;

    private static readonly string[] Verbs = ["list", "test", "replay", "resume"];

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var verb, .. var rest] || !Verbs.Contains(verb))
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }
        await using var app = MuqeemHost.Build(rest);
        await MuqeemHost.PrepareAsync(app);
        var (services, configuration) = (app.Services, app.Configuration);
        if (verb == "list")
        {
            return await ListAsync(services);
        }
        var agency = AgencyIn(configuration, services.GetRequiredService<FeedLines>());
        if (verb == "test")
        {
            return await TestAsync(services, agency);
        }
        var (steering, by, operation) = (services.GetRequiredService<FeedSteering>(), Actor.System("operator"), Guid.CreateVersion7(services.GetRequiredService<TimeProvider>().GetUtcNow()));
        var steered = verb == "replay"
            ? await steering.ReplayAsync(agency, FeedCursor.Parse(Needed(configuration, "From")) ?? throw new CannotStartException("--From=CURSOR is a cursor as the feed gives it, like 1-1234-0."), by, operation, Needed(configuration, "Reason"))
            : await steering.ResumeAsync(agency, by, operation, Needed(configuration, "Reason"));
        switch (steered)
        {
            case FeedSteered.Done { Consumer: var c }:
                Console.WriteLine($"{agency}: sent from {c.Cursor} on{(c.IsStopped ? "; it is stopped, and nothing is sent before muqeem feed resume" : "")}");
                return 0;
            case FeedSteered.Refused { Refusal: var no }:
                await Console.Error.WriteLineAsync($"muqeem: {SentenceOf(no, agency)}");
                return 1;
            default:
                await Console.Error.WriteLineAsync("muqeem: nothing was written, because the database is busy. Try again.");
                return 1;
        }
    }

    private static async Task<int> ListAsync(IServiceProvider services)
    {
        var (lines, rows) = (services.GetRequiredService<FeedLines>(), (await services.GetRequiredService<FeedSteering>().AllAsync()).ToDictionary(c => c.Agency, StringComparer.Ordinal));
        Console.WriteLine($"the feed ends at {await services.GetRequiredService<EventFeed>().EndAsync()}");
        foreach (var agency in lines.Agencies.Union(rows.Keys, StringComparer.Ordinal))
        {
            var address = lines.Has(agency) ? lines.AddressOf(agency).ToString() : $"not called any more ({FeedSetup.SettingOf(agency)} is not set)";
            Console.WriteLine(!rows.TryGetValue(agency, out var c) ? $"{agency}  {address}  not sent anything yet" : string.Create(CultureInfo.InvariantCulture,
                $"{agency}  {address}  {(c.IsStopped ? "STOPPED" : "sending")} at {c.Cursor}, last taken {(c.DeliveredAt is { } at ? InstantPattern.General.Format(at) : "never")}{(c.FailingSince is { } since ? $", failing since {InstantPattern.General.Format(since)} after {c.Attempts} attempts: {WordsOf(c.Reason)}" : "")}"));
        }
        return 0;
    }

    private static async Task<int> TestAsync(IServiceProvider services, string agency)
    {
        // What was said is kept by a program that writes behind: it is started for this and ends with all written.
        var keeper = services.GetRequiredService<ExchangeKeeper>();
        await keeper.StartAsync(default);
        string? reason;
        try
        {
            reason = await services.GetRequiredService<FeedSender>().TestAsync(agency);
        }
        finally
        {
            await keeper.StopAsync(default);
        }
        var address = services.GetRequiredService<FeedLines>().AddressOf(agency);
        Console.WriteLine(reason is null ? $"{agency}: taken. {address} answered with a receipt that the agency signed." : $"{agency}: NOT taken. {address}: {WordsOf(reason)}");
        return reason is null ? 0 : 1;
    }

    /// <summary>A reason in a sentence that says what to do.</summary>
    internal static string WordsOf(string? reason) => reason?.Split(':') switch
    {
        null => "no reason is known",
        [AgencyReason.Unreachable] => "nobody answers there, or the line is broken (unreachable). Check the address, the name and the firewall.",
        [AgencyReason.Timeout] => "no answer came in time (timeout). The receiver must keep the events and answer; what follows from them it can do later.",
        [AgencyReason.Failing] => "the receiver says that it cannot take them now, 5xx (failing).",
        [AgencyReason.Throttled] => "the receiver wants fewer calls, 429 (throttled).",
        [AgencyReason.Crowded] => "too many calls to it are under way (crowded).",
        [AgencyReason.NotAllowed] => "the policy exchange.our_calls has no row for the agency and the operation events (not_allowed).",
        ["not_found"] => "the receiver says that there is nothing at this address, 404 (not_found).",
        ["broken", "signature", var what] => $"the receipt is not the agency's own signed word ({what}). Check its key in Agencies:NAME:Keys, and what stands between.",
        ["broken", "status", var what] => $"the receiver refused the call: {what}. Check that it has our keys (/trust/exchange.json) and the right time.",
        ["broken", var field, var breach] => $"the receipt does not follow the contract: {field}, {breach}.",
        [FeedRefusals.CursorGone] => "what it was not sent is no longer kept. Agree with the agency how it gets the state, then replay from a cursor that is kept.",
        _ => reason,
    };

    private static string SentenceOf(Refusal refusal, string agency) => refusal.Code switch
    {
        FeedRefusals.NoAddress => $"{agency} was not sent anything yet. Serve with {FeedSetup.SettingOf(agency)} first.",
        FeedRefusals.ReplayForward => "the cursor lies after what was sent: a replay only moves back, because what is passed over would be lost.",
        FeedRefusals.CursorGone => "what came after this cursor is no longer kept, or the journal was given up since.",
        FeedRefusals.Cursor => "no such cursor was ever given.",
        FeedRefusals.Reason => "--Reason=CODE is a word or number, like ticket-4711.",
        _ => refusal.Code,
    };

    private static string AgencyIn(IConfiguration configuration, FeedLines lines)
    {
        var wanted = Needed(configuration, "Agency");
        return lines.Agencies.FirstOrDefault(a => a.Equals(wanted, StringComparison.OrdinalIgnoreCase))
            ?? throw new CannotStartException(lines.Agencies.Count == 0 ? "No agency is sent events: none has an address (Agencies:NAME:Feed)." : $"'{wanted}' is not sent events. There are {string.Join(", ", lines.Agencies)}.");
    }

    private static string Needed(IConfiguration configuration, string name) => configuration[name] is { Length: > 0 } value ? value : throw new CannotStartException($"--{name}=… is missing.");
}
