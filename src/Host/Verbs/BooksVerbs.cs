using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Folder;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Host.Verbs;

/// <summary>The verbs about the closed books. On PostgreSQL they work beside a running service.</summary>
internal static class BooksVerbs
{
    /// <summary>Closes days, names what did not agree with the gateway's list, and says why one stays open.</summary>
    public static async Task<int> CloseAsync(string[] args, TextWriter? output = null, TextWriter? errors = null)
    {
        (output, errors) = (output ?? Console.Out, errors ?? Console.Error);
        await using var app = MuqeemHost.Build(args);
        await MuqeemHost.PrepareAsync(app);
        var closings = app.Services.GetRequiredService<Closings>();
        var through = DayIn(app.Configuration, "Day") ?? app.Services.GetRequiredService<TimeProvider>().Today().PlusDays(-1);
        var answer = await closings.CloseAsync(through);
        (IReadOnlyList<Closing> Made, string? Fault) said = answer switch
        {
            ClosingAnswer.Done done => (done.Made, null),
            ClosingAnswer.NotOver => ([], $"{Iso(through)} is not over in Riyadh."),
            ClosingAnswer.GatewaySilent silent => (silent.Made, $"""
                {Iso(silent.Day)} stays open, and the days after it: the payment gateway cannot say what it took on that day.
                  since: {Time(silent.Since)}, when it was first asked in vain
                  missing: its list of the payments of {Iso(silent.Day)}; what it told us is booked, and nothing is lost
                  who acts: the operator, who asks the gateway's provider for the list
                  then: the days close by themselves in the next night or morning, or with: muqeem books close
                """),
            ClosingAnswer.Later later => (later.Made, "The database is busy. Try again."),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        foreach (var closing in said.Made)
        {
            await output.WriteLineAsync($"{Iso(closing.Day)}: {closing.Entries} entries, {closing.Booked} booked, {closing.Listed} in the gateway's list, {closing.Differences} differences");
            foreach (var difference in (await closings.OfAsync(closing.Day))!.Differences)
            {
                await output.WriteLineAsync($"  {difference.Kind} {difference.Payment}: {Riyals(difference.Listed)} in the list, {Riyals(difference.Booked)} booked");
            }
        }
        if (said.Fault is { } fault)
        {
            await errors.WriteLineAsync("muqeem: " + fault);
            return 1;
        }
        await output.WriteLineAsync($"The books are closed up to {Iso(through)}.");
        return 0;
    }

    public static async Task<int> ExportAsync(string[] args, TextWriter? output = null, TextWriter? errors = null)
    {
        (output, errors) = (output ?? Console.Out, errors ?? Console.Error);
        await using var app = MuqeemHost.Build(args);
        var (from, to) = (DayIn(app.Configuration, "From") ?? throw new CannotStartException("--From=DAY is missing."), DayIn(app.Configuration, "To") ?? throw new CannotStartException("--To=DAY is missing."));
        var file = app.Configuration["File"] is { Length: > 0 } name ? name : throw new CannotStartException("--File=FILE is missing.");
        if (to < from)
        {
            throw new CannotStartException("--To is before --From.");
        }
        await MuqeemHost.PrepareAsync(app);
        var (csv, open) = await app.Services.GetRequiredService<Closings>().ExportAsync(from, to);
        if (csv is null)
        {
            await errors.WriteLineAsync($"muqeem: {Iso(open!.Value)} is not closed: muqeem books close --Day={Iso(to)}");
            return 1;
        }
        // Whole or not at all: a half file would balance as well.
        await File.WriteAllTextAsync(file + ".part", csv);
        File.Move(file + ".part", file, overwrite: true);
        await output.WriteLineAsync($"{file}: {Iso(from)} to {Iso(to)}, {csv.Count(c => c == '\n') - 1} lines");
        return 0;
    }

    private static LocalDate? DayIn(IConfiguration configuration, string name) => configuration[name] is not { Length: > 0 } text ? null
        : LocalDatePattern.Iso.Parse(text).TryGetValue(default, out var day) ? day : throw new CannotStartException($"--{name} is a day like 2027-01-31, not '{text}'.");

    private static string Riyals(long? halalas) => halalas is { } amount ? new Kernel.Money(amount).ToString() : "nothing";

    private static string Time(Instant at) => InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd HH:mm 'UTC'").Format(at);

    private static string Iso(LocalDate day) => LocalDatePattern.Iso.Format(day);
}
