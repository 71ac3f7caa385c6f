using System.Diagnostics;
using System.Text;
using Muqeem.Platform.Database;
using Muqeem.Tests;
using Muqeem.Verifier.Journal;

namespace Muqeem.Platform.Journal;

/// <summary>
/// What the journal publishes, verified by a program that shares no code with it: <c>tests/Independent/journal.go</c> on Go's own log library, from Debian's packages.
/// </summary>
public sealed class IndependentTests
{
    private const string Library = "/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog";

    [Fact]
    public async Task A_stranger_s_program_accepts_what_we_publish_and_refuses_what_was_forged()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/go") && Directory.Exists(Library), "golang-go and golang-golang-x-mod-dev are not installed; scripts/install.sh test installs them.");
        await using var world = await JournalWorld.StartAsync(DatabaseKind.Sqlite);
        var folder = Directory.CreateTempSubdirectory("muqeem-journal-").FullName;
        try
        {
            string In(string name) => Path.Combine(folder, name);
            await ProcessAsync("/usr/bin/go", folder, "build", "-o", In("journal"), Path.Combine(Repository.Root, "tests/Independent/journal.go"));
            async Task<bool> AcceptsAsync(params string[] args) => await TryAsync(In("journal"), folder, args) == 0;

            var act = (await world.ActAsync(520))[100];
            await world.NewSequencer().RunAsync();
            File.WriteAllText(In("vkey"), await world.Published.VerifierKeysAsync());
            File.WriteAllText(In("older"), await world.Published.CheckpointAsync());
            await world.ActAsync(330);
            world.Clock.Advance(TimeSpan.FromSeconds(11));
            await world.NewSequencer().RunAsync();
            var note = (await world.Published.CheckpointAsync())!;
            File.WriteAllText(In("newer"), note);
            foreach (var path in (string[])["0/000", "0/001", "0/002", "0/003.p/82", "1/000.p/3", "0/002.p/8", "1/000.p/2"])
            {
                Directory.CreateDirectory(Path.GetDirectoryName(In("tiles/" + path))!);
                // A partial tile and the full one have names of their own.
                File.WriteAllBytes(In("tiles/" + path), (await world.Published.TileAsync(path))!);
            }
            var proof = (await world.Published.ProofAsync(act))!;
            File.WriteAllText(In("proof"), proof);
            var entry = Convert.ToHexStringLower((await world.LeavesAsync()).Single(l => l.Id == act).Hash);

            Assert.True(await AcceptsAsync("checkpoint", In("vkey"), In("newer")));
            Assert.True(await AcceptsAsync("proof", In("vkey"), In("proof"), entry));
            Assert.True(await AcceptsAsync("consistency", In("vkey"), In("older"), In("newer"), In("tiles")));
            Assert.True(await AcceptsAsync("consistency", In("vkey"), In("newer"), In("newer"), In("tiles")));

            // Another entry, a path that was changed, a checkpoint that was changed, a key that is another's.
            Assert.False(await AcceptsAsync("proof", In("vkey"), In("proof"), entry[..^1] + (entry[^1] == '0' ? '1' : '0')));
            var index = TlogProof.Parse(Encoding.UTF8.GetBytes(proof)).Value.Index;
            File.WriteAllText(In("bent"), proof.Replace($"\nindex {index}\n", $"\nindex {index ^ 1}\n", StringComparison.Ordinal));
            Assert.False(await AcceptsAsync("proof", In("vkey"), In("bent"), entry));
            File.WriteAllText(In("edited"), note.Replace("\n850\n", "\n851\n", StringComparison.Ordinal));
            Assert.NotEqual(note, File.ReadAllText(In("edited")));
            Assert.False(await AcceptsAsync("checkpoint", In("vkey"), In("edited")));
            await using var other = await JournalWorld.StartAsync(DatabaseKind.Sqlite);
            File.WriteAllText(In("another"), await other.Published.VerifierKeysAsync());
            Assert.False(await AcceptsAsync("checkpoint", In("another"), In("newer")));

            // A tree that forks, signed with the right key: the stranger cannot be led from one to the other.
            File.WriteAllText(In("forked"), world.Key.Sign(world.Options.Origin, 520, new byte[32]));
            Assert.True(await AcceptsAsync("checkpoint", In("vkey"), In("forked")));
            Assert.False(await AcceptsAsync("consistency", In("vkey"), In("forked"), In("newer"), In("tiles")));
            // And a tile that was changed is no way either.
            var tile = File.ReadAllBytes(In("tiles/0/002"));
            tile[40] ^= 1;
            File.WriteAllBytes(In("tiles/0/002"), tile);
            Assert.False(await AcceptsAsync("consistency", In("vkey"), In("older"), In("newer"), In("tiles")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task ProcessAsync(string program, string folder, params string[] args) => Assert.Equal(0, await TryAsync(program, folder, args));

    private static async Task<int> TryAsync(string program, string folder, params string[] args)
    {
        var start = new ProcessStartInfo(program, args) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = folder };
        foreach (var (name, value) in ((string, string)[])[("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode"), ("GOCACHE", Path.Combine(Path.GetTempPath(), "muqeem-go-cache")), ("GOFLAGS", ""), ("HOME", folder), ("GOTOOLCHAIN", "local"), ("CGO_ENABLED", "0")])
        {
            start.Environment[name] = value;
        }
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var said = await errors;
        Assert.True(process.ExitCode is 0 or 1, said);
        Assert.True(process.ExitCode == 0 || program != "/usr/bin/go", said);
        return process.ExitCode;
    }
}
