using System.Globalization;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Host.Verbs;

public sealed class BooksVerbsOnSqliteTests() : BooksVerbsTests(DatabaseKind.Sqlite);

public sealed class BooksVerbsOnPostgreSqlTests() : BooksVerbsTests(DatabaseKind.PostgreSql);

/// <summary>The verbs about the books, as an operator gives them.</summary>
public abstract class BooksVerbsTests(DatabaseKind kind)
{
    private const string Gateway = Agencies.PaymentGateway.Name;

    private static async Task<(int Code, string Said, string Faults)> RunAsync(Func<string[], TextWriter, TextWriter, Task<int>> verb, params string[] args)
    {
        await using var output = new StringWriter();
        await using var errors = new StringWriter();
        var code = await verb(args, output, errors);
        return (code, output.ToString(), errors.ToString());
    }

    private static string Iso(LocalDate day) => LocalDatePattern.Iso.Format(day);

    /// <summary>One bill paid and spent, and money that waits for a bill, all of it unknown to the gateway: planted differences.</summary>
    private static async Task PlantAsync(WholeWorld world)
    {
        var (bills, ledger, inbox) = (world.Get<Bills>(), world.Get<Ledger>(), world.Get<PaymentsInbox>());
        async Task WriteAsync(Action<Change> fill)
        {
            var change = new Change(new Act(ActId.New(world.Clock), "test.books", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("books"), world.Clock.Now()));
            fill(change);
            Assert.IsType<WriteOutcome.Done>(await world.Get<IWriter>().WriteAsync(change));
        }
        Bill? bill = null;
        await WriteAsync(change => bill = bills.Number(change, bills.Issue(change, CaseId.New(world.Clock), Payer.Person(PersonId.New(world.Clock)), "residence", Payments.World.Price(500), world.Clock.Today().PlusDays(30)), "55500001"));
        await inbox.ReceiveAsync(new PaymentNotice("P-PLANTED", "55500001", null, Kernel.Money.Riyals(500), world.Clock.Now(), "SADAD"));
        await inbox.ReceiveAsync(new PaymentNotice("P-WAITING", "55500002", null, Kernel.Money.Riyals(40), world.Clock.Now(), "SADAD"));
        var settled = await WholeWorld.UntilAsync(async () => await ledger.BillAsync(bill!.Id) is { State: BillState.Settled } paid ? paid : null, "the bill is paid");
        await WriteAsync(change => bills.Consume(change, settled));
    }

    [Fact]
    public async Task A_silent_gateway_is_said_with_since_when_and_what_to_do_then_the_day_closes_its_differences_are_named_and_the_export_balances()
    {
        await using var world = await WholeWorld.StartAsync(kind);
        var day = world.Clock.Today();
        await PlantAsync(world);
        // Away before the night comes: the jobs that would close the day ask in vain too.
        await world.AtDeskAsync("knobs", ("agency", Gateway), ("down", "true"));
        await world.MoveClockAsync(Duration.FromDays(1));
        var csv = Path.Combine(world.Data, "ledger.csv");
        await world.WhileStoppedAsync(async args =>
        {
            var silent = await RunAsync(BooksVerbs.CloseAsync, args);
            Assert.Equal((1, ""), (silent.Code, silent.Said));
            foreach (var word in new[] { Iso(day) + " stays open", "since: ", "missing: its list", "who acts: the operator", "muqeem books close" })
            {
                Assert.Contains(word, silent.Faults, StringComparison.Ordinal);
            }
            Assert.Equal(1, (await RunAsync(BooksVerbs.CloseAsync, [.. args, "--Day=" + Iso(day.PlusDays(1))])).Code);
            var open = await RunAsync(BooksVerbs.ExportAsync, [.. args, "--From=" + Iso(day), "--To=" + Iso(day), "--File=" + csv]);
            Assert.Equal((1, false), (open.Code, File.Exists(csv)));
            Assert.Contains($"{Iso(day)} is not closed", open.Faults, StringComparison.Ordinal);
        });
        var known = (await world.Get<Closings>().OpenAsync())!;
        Assert.Equal(day, known.Day);
        Assert.True(known.SilentSince <= known.AskedAt);

        await world.WhileStoppedAsync(async args =>
        {
            // Not before: a Muqeem that runs closes the day as soon as the gateway answers.
            await world.AtDeskAsync("knobs", ("agency", Gateway), ("reset", "true"));
            var closed = await RunAsync(BooksVerbs.CloseAsync, args);
            Assert.True(closed.Code == 0, closed.Faults);
            Assert.Contains("NOT_LISTED P-PLANTED: nothing in the list, 500.00 booked", closed.Said, StringComparison.Ordinal);
            Assert.Contains("UNALLOCATED P-WAITING: nothing in the list, 40.00 booked", closed.Said, StringComparison.Ordinal);
            Assert.Contains($"The books are closed up to {Iso(day)}.", closed.Said, StringComparison.Ordinal);
            var exported = await RunAsync(BooksVerbs.ExportAsync, [.. args, "--From=" + Iso(day), "--To=" + Iso(day), "--File=" + csv]);
            Assert.True(exported.Code == 0, exported.Faults);
        });
        Assert.Null(await world.Get<Closings>().OpenAsync());
        var rows = (await File.ReadAllTextAsync(csv)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(r => r.Split(',')).ToList();
        Assert.Contains(rows, r => r is [_, "REVENUE", "ERV_SINGLE", "0.00", "500.00", "SAR", "1", _]);
        Assert.Equal(rows.Sum(r => decimal.Parse(r[3], CultureInfo.InvariantCulture)), rows.Sum(r => decimal.Parse(r[4], CultureInfo.InvariantCulture)));
        Assert.False(File.Exists(csv + ".part"));
    }
}
