using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Journal;
using Muqeem.Tests;
using Muqeem.Verifier.Journal;

namespace Muqeem.Witness;

/// <summary>A witness on a port of its own, with a folder that outlives it.</summary>
internal sealed class RunningWitness : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningWitness(WebApplication app) => _app = app;

    public NoteVerifierKey Key => NoteVerifierKey.Parse(_app.Services.GetRequiredService<Cosigner>().VerifierKey).Value;

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/");

    public WitnessAddress Configured => new(Address, Key);

    public static async Task<RunningWitness> StartAsync(string folder, string logs, string name = "witness.example/w1")
    {
        File.WriteAllText(Path.Combine(folder, "logs"), "# what this witness watches\n" + logs);
        var app = WitnessHost.Build(["--urls=http://127.0.0.1:0", $"--Data={Path.Combine(folder, name.Replace('/', '-'))}", $"--Name={name}", $"--Logs={Path.Combine(folder, "logs")}"]);
        await app.StartAsync();
        return new(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

/// <summary>The journal and its witness over HTTP, each by its own code: what the one signs the other has proved.</summary>
public sealed class WitnessTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("muqeem-witness-").FullName;
    private readonly ServiceProvider _services = new ServiceCollection().AddHttpClient().BuildServiceProvider();
    private JournalWorld _world = null!;
    private RunningWitness _witness = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await JournalWorld.StartAsync(DatabaseKind.Sqlite);
        _witness = await RunningWitness.StartAsync(_folder, await _world.Published.VerifierKeysAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _witness.DisposeAsync();
        await _world.DisposeAsync();
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Witnesses NewWitnesses(int needed, params WitnessAddress[] witnesses) => new(_world.Database.Db, _world.Database.Writer, new Leases(_world.Database.Db, _world.Database.Writer, _world.Clock),
        _world.Clock, _services.GetRequiredService<IHttpClientFactory>(), _world.Key,
        _world.Options with { Witnesses = witnesses, WitnessesNeeded = needed, WitnessRest = TimeSpan.Zero, WitnessPatience = TimeSpan.FromSeconds(20) }, NullLogger<Witnesses>.Instance);

    private Sequencer NewSequencer(Witnesses? witnesses = null) =>
        new(_world.Database.Db, _world.Database.Writer, new Leases(_world.Database.Db, _world.Database.Writer, _world.Clock), _world.Key, _world.Last, witnesses, _world.Options, NullLogger<Sequencer>.Instance);

    private async Task GrowAsync(int acts)
    {
        await _world.ActAsync(acts);
        _world.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.NotNull(await NewSequencer().RunAsync());
    }

    private async Task<(int Status, string Body, string? Type)> AddAsync(string request)
    {
        using var client = _services.GetRequiredService<IHttpClientFactory>().CreateClient();
        using var answer = await client.PostAsync(new Uri(_witness.Address, "add-checkpoint"), new ByteArrayContent(Encoding.UTF8.GetBytes(request)));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Content.Headers.ContentType?.ToString());
    }

    private async Task<string> RequestAsync(long old, long size, string? note = null) =>
        $"old {old}\n{string.Concat((await Tree.HashAsync(new StoredTiles(_world.Database.Db), Tree.Consistency(old, size))).Select(h => Convert.ToBase64String(h) + "\n"))}\n{note ?? await _world.Published.CheckpointAsync()}";

    [Fact]
    public async Task Each_checkpoint_that_continues_the_last_is_cosigned_and_shown_with_the_line()
    {
        var witnesses = NewWitnesses(1, _witness.Configured);
        foreach (var (acts, size) in ((int, long)[])[(3, 3), (300, 303), (1, 304)])
        {
            await GrowAsync(acts);
            Assert.Equal(1, await witnesses.RunAsync());
            var note = (await _world.Published.CheckpointAsync())!;
            var shown = Checkpoint.Open(Encoding.UTF8.GetBytes(note), _world.Options.Origin, _world.Key.Verifiers(_world.Options.Origin)[0], [_witness.Key], quorum: 1);
            Assert.True(shown.Ok, shown.Reason?.ToString());
            Assert.Equal(size, shown.Value.Checkpoint.Size);
        }
        // Signed already: nobody is asked again.
        Assert.Equal(1, await witnesses.RunAsync());
        Assert.Equal((304L, (string?)null), ((await witnesses.StandingsAsync())[0].Size, (await witnesses.StandingsAsync())[0].Remark));

        // A proof carries the lines, and one for a newer leaf does as soon as it can.
        var act = (await _world.LeavesAsync())[100].Id;
        await GrowAsync(1);
        var file = (await _world.Published.ProofAsync(act))!;
        var proof = TlogProof.Parse(Encoding.UTF8.GetBytes(file)).Value;
        Assert.True(proof.Verify(MerkleProof.HashLeaf(proof.Extra!.Value.Span), _world.Options.Origin, _world.Key.Verifiers(_world.Options.Origin)[0], [_witness.Key], quorum: 1).Ok);
    }

    [Fact]
    public async Task A_witness_that_lost_touch_or_is_away_is_caught_up_with_and_holds_nothing_up()
    {
        await GrowAsync(5);
        // It has signed something of which this database knows nothing: a first answer that was lost.
        Assert.Equal(200, (await AddAsync(await RequestAsync(0, 5))).Status);
        await GrowAsync(20);
        var away = new WitnessAddress(new Uri("http://127.0.0.1:9/"), NoteVerifierKey.Create("away.example", NoteSignatureType.Cosignature, new byte[32]));
        var witnesses = NewWitnesses(1, away, _witness.Configured);
        Assert.Equal(1, await witnesses.RunAsync());
        Assert.Equal((string?[])["away", null], (await witnesses.StandingsAsync()).Select(s => s.Remark));
        Assert.Contains("witness.example/w1", await _world.Published.CheckpointAsync());
        // Not enough of them: the checkpoint stands alone, and stands.
        await GrowAsync(1);
        Assert.Equal(1, await NewWitnesses(2, away, _witness.Configured).RunAsync());
        Assert.DoesNotContain("witness.example/w1", await _world.Published.CheckpointAsync());
    }

    [Fact]
    public async Task The_witness_signs_no_tree_that_does_not_continue_the_last_not_even_after_a_restart()
    {
        await GrowAsync(10);
        var older = (await _world.Published.CheckpointAsync())!;
        Assert.Equal(200, (await AddAsync(await RequestAsync(0, 10))).Status);
        await GrowAsync(10);
        var good = await RequestAsync(10, 20);

        var before = _witness.Key;
        await _witness.DisposeAsync();
        _witness = await RunningWitness.StartAsync(_folder, await _world.Published.VerifierKeysAsync());
        Assert.Equal(before.ToString(), _witness.Key.ToString());

        // Another tree of the same journal, signed by its very key.
        var forked = _world.Key.Sign(_world.Options.Origin, 20, SHA256.HashData([1]));
        Assert.Equal(422, (await AddAsync(await RequestAsync(10, 20, forked))).Status);
        Assert.Equal(422, (await AddAsync($"old 10\n\n{await _world.Published.CheckpointAsync()}")).Status);
        // From another size than it remembers: it says which.
        Assert.Equal((409, "10\n", "text/x.tlog.size"), await AddAsync(await RequestAsync(0, 20)));
        Assert.Equal((409, "10\n", "text/x.tlog.size"), await AddAsync(await RequestAsync(5, 20)));
        Assert.Equal(200, (await AddAsync(good)).Status);
        // Back to the smaller tree: never.
        Assert.Equal(409, (await AddAsync($"old 10\n\n{older}")).Status);
        Assert.Equal(400, (await AddAsync($"old 20\n\n{older}")).Status);
        // The same again is signed again; another root of the same size is not.
        Assert.Equal(200, (await AddAsync(await RequestAsync(20, 20))).Status);
        Assert.Equal(422, (await AddAsync($"old 20\n\n{forked}")).Status);

        using var client = _services.GetRequiredService<IHttpClientFactory>().CreateClient();
        var remembered = await client.GetByteArrayAsync(new Uri(_witness.Address, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_world.Options.Origin))) + "/checkpoint"));
        Assert.Equal(20, Checkpoint.Open(remembered, _world.Options.Origin, _world.Key.Verifiers(_world.Options.Origin)[0], [_witness.Key], quorum: 1).Value.Checkpoint.Size);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(_witness.Address, new string('0', 64) + "/checkpoint"))).StatusCode);
    }

    [Fact]
    public async Task Of_racing_requests_from_one_size_one_is_signed()
    {
        await GrowAsync(10);
        var requests = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            requests.Add($"old 0\n\n{_world.Key.Sign(_world.Options.Origin, 10 + i, SHA256.HashData([(byte)i]))}");
        }
        var answers = await Task.WhenAll(requests.Select(AddAsync));
        Assert.Single(answers, a => a.Status == 200);
        Assert.Equal(7, answers.Count(a => a.Status == 409));
    }

    [Fact]
    public async Task What_is_not_a_request_or_not_signed_gets_the_status_that_the_specification_says()
    {
        await GrowAsync(2);
        var note = (await _world.Published.CheckpointAsync())!;
        foreach (var (status, request) in ((int, string)[])
        [
            (400, ""), (400, "old 0\n"), (400, $"old 00\n\n{note}"), (400, $"old -1\n\n{note}"), (400, $"old 0 \n\n{note}"), (400, $"new 0\n\n{note}"), (400, $"old 0\nx\n\n{note}"), (400, "old 0\n\nno note"),
            (400, $"old 0\n{string.Concat(Enumerable.Repeat(Convert.ToBase64String(new byte[32]) + "\n", 64))}\n{note}"),
            (404, $"old 0\n\n{note.Replace(_world.Options.Origin, "other.example/journal", StringComparison.Ordinal)}"),
            (403, $"old 0\n\n{note.Replace("\n2\n", "\n3\n", StringComparison.Ordinal)}"),
            (422, $"old 0\n{Convert.ToBase64String(new byte[32])}\n\n{note}"),
            (200, $"old 0\n\n{note}"),
        ])
        {
            Assert.Equal((status, request), ((await AddAsync(request)).Status, request));
        }
    }

    [Fact]
    public async Task A_witness_that_remembers_more_than_we_hold_stops_the_signing_and_a_liar_does_not()
    {
        await GrowAsync(10);
        var witnesses = NewWitnesses(1, _witness.Configured);
        await witnesses.RunAsync();

        // A restored database without the file beside it: only the witness remembers.
        await using var restored = await JournalWorld.StartAsync(DatabaseKind.Sqlite, _world.Folder);
        File.Delete(restored.Last.Path);
        await restored.ActAsync(4);
        var asking = new Sequencer(restored.Database.Db, restored.Database.Writer, new Leases(restored.Database.Db, restored.Database.Writer, restored.Clock), restored.Key, restored.Last, witnesses, restored.Options, NullLogger<Sequencer>.Instance);
        Assert.Null(await asking.RunAsync());
        Assert.Contains("the memory of a witness", asking.Stopped);
        Assert.Null(await restored.Published.CheckpointAsync());

        // Whoever shows what our key never signed is not believed, and cannot stop anything.
        await using var liarsWorld = await JournalWorld.StartAsync(DatabaseKind.Sqlite);
        var liarsFolder = Directory.CreateDirectory(Path.Combine(_folder, "liar")).FullName;
        await using var liar = await RunningWitness.StartAsync(liarsFolder, await liarsWorld.Published.VerifierKeysAsync());
        using var client = _services.GetRequiredService<IHttpClientFactory>().CreateClient();
        var lie = liarsWorld.Key.Sign(_world.Options.Origin, 5000, SHA256.HashData([9]));
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync(new Uri(liar.Address, "add-checkpoint"), new ByteArrayContent(Encoding.UTF8.GetBytes($"old 0\n\n{lie}")))).StatusCode);
        var withLiar = NewWitnesses(1, liar.Configured);
        await GrowAsync(1);
        await withLiar.RunAsync();
        var sequencer = NewSequencer(withLiar);
        sequencer.LookAgain();
        _world.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(11, await sequencer.RunAsync());
        Assert.Null(sequencer.Stopped);
        Assert.NotNull((await withLiar.StandingsAsync())[0].Remark);
    }

    [Fact]
    public void A_second_witness_in_the_same_folder_is_refused_with_a_sentence()
    {
        var refused = Assert.Throws<CannotWitnessException>(() => WitnessHost.Build([$"--Data={Path.Combine(_folder, "witness.example-w1")}", "--Name=witness.example/w1", $"--Logs={Path.Combine(_folder, "logs")}"]));
        Assert.Contains("another witness", refused.Message);
        Assert.Contains("--Name", Assert.Throws<CannotWitnessException>(() => WitnessHost.Build([$"--Data={_folder}"])).Message);
    }
}
