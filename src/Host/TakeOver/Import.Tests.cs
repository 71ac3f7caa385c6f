using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Live;
using Muqeem.Credentials.Verifying;
using Muqeem.Host.Verbs;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Portal;
using Muqeem.Registry;
using Muqeem.Sandbox.Population;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Host.TakeOver;

public sealed class ImportOnSqliteTests(SqliteWorld world) : ImportTests(world), IClassFixture<SqliteWorld>;

public sealed class ImportOnPostgreSqlTests(PostgreSqlWorld world) : ImportTests(world), IClassFixture<PostgreSqlWorld>;

/// <summary>A register that is taken over by the verb, as an operator gives it, from files that the stand-in population delivers.</summary>
public abstract class ImportTests(SharedWorld shared)
{
    private const int EachOther = 2;
    private static readonly int Everybody = EachOther * Deliveries.Codes.Count;

    private readonly WholeWorld _world = shared.World;

    private People People => _world.SandboxApp.Services.GetRequiredService<Sandbox.State.World>().People;

    private string Folder(string name) => Path.Combine(_world.Data, "..", name);

    /// <summary>Whatever fails meanwhile, the world goes on for the other tests.</summary>
    internal static async Task WhileStoppedAsync(WholeWorld world, Func<string[], Task> work)
    {
        Exception? failure = null;
        await world.WhileStoppedAsync(async args =>
        {
            try
            {
                await work(args);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private Task<long> ActsAsync() => _world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM act WHERE verb = @verb", new { verb = Entering.Verb });

    private static async Task<IReadOnlyList<string[]>> ReportAsync(string folder) =>
        [.. (await File.ReadAllLinesAsync(Directory.GetFiles(folder, "discrepancies-*.tsv").Single())).Skip(1).Where(l => !l.StartsWith('#')).Select(l => l.Split('\t'))];

    [Fact]
    public async Task Every_good_row_is_taken_over_each_bad_one_is_named_twice_is_once_and_the_corrected_delivery_takes_just_the_rest()
    {
        var (bad, good) = (Folder("bad"), Folder("good"));
        var delivered = new Deliveries(People).Write(bad, Everybody, from: 2000, spoilEach: EachOther);
        var corrected = new Deliveries(People).Write(good, Everybody, from: 2000, spoilEach: EachOther, mend: true);
        Assert.Equal(Deliveries.Codes.Order(StringComparer.Ordinal), delivered.Spoilt.Select(s => s.Code).Append("row.orphan").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        var before = await ActsAsync();
        await WhileStoppedAsync(_world, async args =>
        {
            Assert.Equal(1, await ImportVerb.RunAsync([.. args, "--From=" + bad]));
            Assert.Equal(0, await JournalVerbs.VerifyAsync(args));
            Assert.Equal(0, await Verbs.Verbs.DoctorAsync(args));
        });
        var report = await ReportAsync(bad);
        foreach (var spoilt in delivered.Spoilt)
        {
            Assert.Contains(report, l => l[2] == spoilt.Person && l[3] == spoilt.Code && l[5] == (spoilt.Remark ? "remark" : "refused"));
        }
        Assert.Contains(report, l => l[0] == "residences.jsonl" && l[3] == "row.orphan");
        // Nobody else is refused, and who is, is named at the row that is wrong.
        var refused = delivered.Spoilt.Where(s => !s.Remark).Select(s => s.Person).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(refused.Order(StringComparer.Ordinal), report.Where(l => l[5] == "refused" && l[3] != "row.orphan").Select(l => l[2]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Equal(before + delivered.Whole, await ActsAsync());

        // What the report names is not here, and everybody else is: with number, residence and live ID.
        foreach (var line in await File.ReadAllLinesAsync(Path.Combine(good, "persons.jsonl")))
        {
            using var row = JsonDocument.Parse(line);
            var person = await _world.Get<Persons>().FindAsync(IdentifierKinds.Resident, row.RootElement.GetProperty("resident_number").GetString()!);
            Assert.Equal(refused.Contains(row.RootElement.GetProperty("person").GetString()!), person is null);
        }

        await WhileStoppedAsync(_world, async args =>
        {
            Assert.Equal(1, await ImportVerb.RunAsync([.. args, "--From=" + bad]));
            Assert.Equal(0, await ImportVerb.RunAsync([.. args, "--From=" + good]));
            Assert.Equal(0, await ImportVerb.RunAsync([.. args, "--From=" + good]));
            Assert.Equal(0, await JournalVerbs.VerifyAsync(args));
        });
        Assert.Equal(before + Everybody, await ActsAsync());
        Assert.DoesNotContain(await ReportAsync(good), l => l[5] == "refused");
        Assert.Empty(await _world.Get<Ledger>().AuditAsync());
        Assert.NotEmpty(corrected.Spoilt);
    }

    [Fact]
    public async Task A_resident_who_was_taken_over_opens_an_account_is_verified_finds_the_application_and_renews()
    {
        var folder = Folder("one");
        var hand = await _world.InHandAsync(Residents.EstablishmentWorker);
        new Deliveries(People).Write(folder, 1, only: p => p.Index == hand.Index);
        await AppendAsync(folder, Shape.Cases, JsonSerializer.Serialize(new { person = KeyOf(hand.Index), service = "ID.RENEW", since = "2026-01-15", answers = new Dictionary<string, string> { ["months"] = "12", ["unknown"] = "x" } }));
        await WhileStoppedAsync(_world, async args => Assert.Equal(0, await ImportVerb.RunAsync([.. args, "--From=" + folder, "--Reason=decree-17"])));

        using var browser = new Browser(_world, "en");
        await browser.OpenAccountAsync(_world, hand);
        var person = (await _world.Get<Persons>().FindAsync(IdentifierKinds.Resident, hand.ResidentNumber!))!.Value;
        Assert.Equal(person, await _world.Get<Persons>().FindAsync(IdentifierKinds.Border, hand.BorderNumber));

        // The card's code says what the delivery said.
        var live = (await ReadDoor.RunAsync(() => _world.Get<LiveCodes>().MakeAsync(_world.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.Self, null, "test", person), person, QrView.Valid)))!;
        Assert.IsType<Verdict.Valid>(await _world.Get<Verification>().CheckAsync(live.Text, "here", Actor.Anonymous));
        var document = (await _world.Get<Documents>().LiveAsync(person))!;
        Assert.Equal((1, "S00000008", DocumentState.Live), (document.Number, document.Serial, document.State));

        // The application that was open elsewhere is a draft here, the person's own, and goes on.
        var open = Assert.Single(await _world.Views.ListAsync(person));
        Assert.Equal(CaseStates.Draft, open.State);
        var account = new AccountId((await _world.Get<Db>().SingleAsync<Guid>("SELECT id FROM account WHERE person = @person", new { person = person.Value })));
        Assert.Null(await _world.Views.HeadAsync(new AccountId(Guid.CreateVersion7()), open.Case));
        Assert.NotNull(await _world.Views.HeadAsync(account, open.Case));
        var resident = new Resident(hand.Index, hand.ResidentNumber!, person, account, Categories.EstablishmentWorker);
        var until = (await shared.Residents.ResidenceAsync(resident)).Until;
        var sent = Residents.Done<CaseOutcome.Done>(await Residents.InRequest(() => _world.Engine.SubmitAsync(Residents.By(account), account, open.Case)));
        Assert.Equal(CaseStates.AwaitingEmployer, sent.State);
        await shared.Residents.AnswerAsync(resident, open.Case, confirmed: true, CaseStates.AwaitingPayment);
        await shared.Residents.PayAsync(resident, open.Case, CaseStates.Issued);
        Assert.Equal(until.PlusYears(1), (await shared.Residents.ResidenceAsync(resident)).Until);
        Assert.Equal("decree-17", await _world.Get<Db>().SingleAsync<string>("SELECT reason FROM act WHERE verb = @verb AND person_id = @person", new { verb = Entering.Verb, person = person.Value }));
    }

    [Fact]
    public async Task A_number_that_was_taken_over_is_never_given_out_though_its_holder_was_erased()
    {
        var folder = Folder("number");
        new Deliveries(People).Write(folder, 1, from: 60_000);
        using var row = JsonDocument.Parse((await File.ReadAllLinesAsync(Path.Combine(folder, "persons.jsonl")))[0]);
        var number = row.RootElement.GetProperty("resident_number").GetString()!;
        var persons = _world.Get<Persons>();
        Assert.False(await persons.IsTakenAsync(number));
        await WhileStoppedAsync(_world, async args => Assert.Equal(0, await ImportVerb.RunAsync([.. args, "--From=" + folder])));
        persons = _world.Get<Persons>();
        Assert.True(await persons.IsTakenAsync(number));
        var person = (await persons.FindAsync(IdentifierKinds.Resident, number))!.Value;
        var erasing = new Change(new Act(ActId.New(_world.Clock), "test.erase", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("erase"), _world.Clock.Now())) { Erasures = { new(person, RetentionClass.Identity) } };
        foreach (var source in _world.Services.GetServices<RetentionSource>())
        {
            await (source.Erase?.Invoke(erasing, person, RetentionClass.Identity, default) ?? Task.CompletedTask);
        }
        Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(erasing));
        Assert.Null(await persons.FindAsync(IdentifierKinds.Resident, number));
        Assert.True(await persons.IsTakenAsync(number));
        Assert.Equal(0, await _world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM taken_over WHERE person_id = @person", new { person = person.Value }));
    }

    [Fact]
    public async Task What_cannot_be_read_or_is_not_what_the_manifest_names_is_refused_whole_with_its_place()
    {
        var before = await ActsAsync();
        (string Says, Func<string, Task> Spoil)[] ways =
        [
            ("residences.jsonl, line 6, column 11: not JSON", f => AppendAsync(f, Shape.Residences, """{"person":]}""")),
            ("documents.jsonl, line 6: person is missing", f => AppendAsync(f, Shape.Documents, """{"residence":"1"}""")),
            ("documents.jsonl, line 6: out of order", f => AppendAsync(f, Shape.Documents, """{"person":"a"}""")),
            ("persons.jsonl, line 6: the person stands here twice", async f => await AppendAsync(f, Shape.Persons, (await File.ReadAllLinesAsync(Path.Combine(f, "persons.jsonl")))[^1])),
            ("persons.jsonl, line 6, column 65537: longer than", f => AppendAsync(f, Shape.Persons, new string('x', LineReader.Longest + 1))),
            ("persons.jsonl is not the file that the manifest names", f => AppendAsync(f, Shape.Residences, """{"person":"z"}""", Shape.Persons)),
            ("a folder takes its own kind only", async f =>
            {
                var manifest = Path.Combine(f, Delivery.ManifestName);
                await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("demonstration", "real", StringComparison.Ordinal));
            }),
        ];
        await WhileStoppedAsync(_world, async args =>
        {
            foreach (var (way, i) in ways.Select((w, i) => (w, i)))
            {
                var folder = Folder(string.Create(CultureInfo.InvariantCulture, $"refused-{i}"));
                new Deliveries(People).Write(folder, 5, from: 70_000);
                await way.Spoil(folder);
                Assert.Contains(way.Says, (await Assert.ThrowsAsync<CannotStartException>(() => ImportVerb.RunAsync([.. args, "--From=" + folder]))).Message, StringComparison.Ordinal);
            }
        });
        Assert.Equal(before, await ActsAsync());
    }

    [Fact]
    public async Task Who_is_here_already_with_other_rows_a_serial_that_is_known_and_a_number_that_was_given_out_here_are_refused()
    {
        var (first, second) = (Folder("first"), Folder("second"));
        new Deliveries(People).Write(first, 1, from: 80_000);
        new Deliveries(People).Write(second, 4, from: 80_000);
        var given = new ResidentNumbers(_world.Get<KeyStore>().Mac(KeyPurpose.NumberPermutation, "resident"u8)).Allocate(await _world.Get<Serials>().NextAsync("resident_number"), ResidentNumberBlock.Demonstration);
        var serial = "";
        await EditAsync(first, Shape.Documents, (_, row) => serial = (string)row["serial"]!);
        await EditAsync(second, Shape.Persons, (line, row) =>
        {
            row["mobile"] = line == 0 ? "+966512345678" : row["mobile"]?.DeepClone();
            row["resident_number"] = line == 2 ? given.ToString() : (string)row["resident_number"]!;
        });
        await EditAsync(second, Shape.Documents, (line, row) => row["serial"] = line == 1 ? serial : line == 0 ? "OTHERONE1" : (string)row["serial"]!);
        var before = await ActsAsync();
        await WhileStoppedAsync(_world, async args =>
        {
            Assert.Equal(0, await ImportVerb.RunAsync([.. args, "--From=" + first]));
            Assert.Equal(1, await ImportVerb.RunAsync([.. args, "--From=" + second]));
        });
        Assert.Equal([(1, "person.known"), (2, "document.serial_known"), (3, "number.given_here")],
            (await ReportAsync(second)).Where(l => l[5] == "refused").Select(l => (int.Parse(l[1], CultureInfo.InvariantCulture), l[3])));
        Assert.Equal(before + 2, await ActsAsync());
    }

    private static string KeyOf(int index) => "p" + index.ToString("D9", CultureInfo.InvariantCulture);

    /// <summary>Adds a line, and says so in the manifest.</summary>
    /// <param name="spoil">Another file, whose digest is then wrong.</param>
    private static async Task AppendAsync(string folder, Shape shape, string line, Shape? spoil = null)
    {
        await File.AppendAllTextAsync(Path.Combine(folder, shape.File), line + "\n");
        var path = Path.Combine(folder, Delivery.ManifestName);
        var manifest = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(path), TakeOverJson.Default.Manifest)!;
        var files = manifest.Files.Select(f => f.Name == shape.File ? Named(folder, shape.File) : f.Name == spoil?.File ? f with { Rows = f.Rows + 1 } : f).ToList();
        await File.WriteAllBytesAsync(path, JsonSerializer.SerializeToUtf8Bytes(manifest with { Files = files }, TakeOverJson.Default.Manifest));
    }

    /// <summary>Changes the rows of a file, and what the manifest says of it.</summary>
    private static async Task EditAsync(string folder, Shape shape, Action<int, JsonObject> edit)
    {
        var file = Path.Combine(folder, shape.File);
        var rows = (await File.ReadAllLinesAsync(file)).Select(l => JsonNode.Parse(l)!.AsObject()).ToList();
        for (var i = 0; i < rows.Count; i++)
        {
            edit(i, rows[i]);
        }
        await File.WriteAllLinesAsync(file, rows.SkipLast(1).Select(r => r.ToJsonString()));
        await AppendAsync(folder, shape, rows[^1].ToJsonString());
    }

    private static ManifestFile Named(string folder, string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(folder, name));
        return new(name, Encoding.UTF8.GetString(bytes).Count(c => c == '\n'), Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)));
    }
}
