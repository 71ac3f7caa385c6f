using System.Net;
using System.Text;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using Muqeem.Verifier.Journal;

namespace Muqeem.Platform.Journal;

public sealed class JournalOverHttpOnSqliteTests(SqliteWorld shared) : JournalOverHttpTests(shared), IClassFixture<SqliteWorld>;

public sealed class JournalOverHttpOnPostgreSqlTests(PostgreSqlWorld shared) : JournalOverHttpTests(shared), IClassFixture<PostgreSqlWorld>;

/// <summary>What a stranger can read and check without any right.</summary>
public abstract class JournalOverHttpTests(SharedWorld shared)
{
    private async Task<Guid> ActAsync()
    {
        var act = new Act(ActId.New(shared.World.Clock), "test.act", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("x"), shared.World.Clock.Now());
        Assert.IsType<WriteOutcome.Done>(await shared.World.Get<IWriter>().WriteAsync(new Change(act)));
        return act.Id.Value;
    }

    private async Task<byte[]?> GetAsync(string path)
    {
        using var answer = await shared.World.Http.GetAsync("journal/" + path);
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
    }

    [Fact]
    public async Task An_act_is_soon_in_a_signed_checkpoint_and_a_stranger_can_prove_it()
    {
        var act = await ActAsync();
        var file = await WholeWorld.UntilAsync(() => GetAsync($"proof/{act}"), "the act is in a checkpoint", 20);
        var vkey = (await GetAsync("vkey"))!;
        var key = NoteVerifierKey.Parse(Encoding.UTF8.GetString(vkey).TrimEnd('\n')).Value;
        var proof = TlogProof.Parse(file).Value;
        var verified = proof.Verify(MerkleProof.HashLeaf(proof.Extra!.Value.Span), "muqeem.example/journal", key);
        Assert.True(verified.Ok, verified.Reason?.ToString());

        // From the tiles alone a monitor computes the same root.
        var note = (await GetAsync("checkpoint"))!;
        var checkpoint = Checkpoint.Open(note, "muqeem.example/journal", key).Value.Checkpoint;
        var tree = new Tree();
        for (var number = 0L; number * 256 < checkpoint.Size; number++)
        {
            var width = (int)Math.Min(256, checkpoint.Size - (number * 256));
            var bundle = (await GetAsync("tile/" + new TilePath(null, number, width)))!;
            var tile = (await GetAsync("tile/" + new TilePath(0, number, width)))!;
            Assert.Equal((width * 34, width * 32), (bundle.Length, tile.Length));
            for (var i = 0; i < width; i++)
            {
                Assert.Equal([0, 32], bundle.AsSpan(34 * i, 2).ToArray());
                var entry = bundle.AsSpan((34 * i) + 2, 32);
                Assert.Equal(MerkleProof.HashLeaf(entry), tile.AsSpan(32 * i, 32).ToArray());
                tree.Append(entry);
            }
        }
        Assert.Equal(tree.Root(), checkpoint.Root.ToArray());
    }

    [Fact]
    public async Task What_never_changes_may_be_kept_for_ever_and_the_checkpoint_may_not()
    {
        var act = await ActAsync();
        await WholeWorld.UntilAsync(() => GetAsync($"proof/{act}"), "the act is in a checkpoint", 20);
        using var checkpoint = await shared.World.Http.GetAsync("journal/checkpoint");
        Assert.Equal("text/plain; charset=utf-8", checkpoint.Content.Headers.ContentType!.ToString());
        Assert.True(checkpoint.Headers.CacheControl!.MaxAge <= TimeSpan.FromSeconds(5));
        using var tile = await shared.World.Http.GetAsync("journal/tile/0/000.p/1");
        Assert.Equal("application/octet-stream", tile.Content.Headers.ContentType!.ToString());
        Assert.Contains("immutable", tile.Headers.CacheControl!.ToString());
        Assert.True(tile.Headers.CacheControl.MaxAge >= TimeSpan.FromDays(30));
    }

    [Theory]
    [InlineData("tile/0/x999/999")]
    [InlineData("tile/0/0")]
    [InlineData("tile/entries/000.p/0")]
    [InlineData("tile/data/000")]
    [InlineData("proof/00000000-0000-0000-0000-000000000000")]
    [InlineData("proof/x")]
    public async Task What_is_not_there_is_not_found(string path) => Assert.Null(await GetAsync(path));
}
