using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using Muqeem.Verifier.Status;
using NodaTime;
using Npgsql;

namespace Muqeem.Credentials.Status;

public sealed class StatusListsOnPostgreSqlTests() : StatusListsTests(DatabaseKind.PostgreSql)
{
    [Fact]
    public async Task A_commit_that_hangs_for_a_minute_is_in_the_list_once_it_is_there()
    {
        var (late, soon) = (await IssuedAsync(), await IssuedAsync());
        await Desk.Lists.RoundAsync();
        var other = Writer.Start(World.Db, World.Clock);
        await using (other)
        await using (var holding = new NpgsqlConnection(World.Db.Options.PostgreSql))
        {
            // The transaction of the act waits for this lock.
            await holding.OpenAsync();
            await using var transaction = await holding.BeginTransactionAsync();
            await new NpgsqlCommand("LOCK TABLE credential_form IN EXCLUSIVE MODE", holding, transaction).ExecuteNonQueryAsync();
            var hangs = other.WriteAsync(await RevocationAsync(late));
            World.Clock.Advance(TimeSpan.FromSeconds(60));
            await Desk.Lists.RoundAsync();
            Assert.False(hangs.IsCompleted);
            await transaction.RollbackAsync();
            Assert.IsType<WriteOutcome.Done>(await hangs);
        }
        await World.DoneAsync(await RevocationAsync(soon));
        await SequenceAsync();
        await Desk.Lists.RoundAsync();
        Assert.Equal((StatusList.Invalid, StatusList.Invalid), (Desk.StatusOf(late.Form.Place), Desk.StatusOf(soon.Form.Place)));
    }
}

public sealed class StatusListsOnSqliteTests() : StatusListsTests(DatabaseKind.Sqlite);

/// <summary>The lists at their size, their age and their end.</summary>
public abstract class StatusListsTests(DatabaseKind kind) : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "muqeem-status-" + Path.GetRandomFileName());
    private Sequencer _sequencer = null!;

    private protected World World { get; private set; } = null!;
    private protected IssuingDesk Desk { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        World = await World.CreateAsync(kind);
        Desk = DeskOf(World.Database.Writer);
        var options = new JournalOptions();
        _sequencer = new Sequencer(World.Db, World.Database.Writer, new Leases(World.Db, World.Database.Writer, World.Clock), new JournalKey(World.Keys, options),
            new LastCheckpoint(DataFolder.Open(_folder, FolderKind.Demonstration, World.Clock)), null, options, NullLogger<Sequencer>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private IssuingDesk DeskOf(IWriter writer) => new(World.Db, writer, World.Keys, World.Sealer, World.Door, World.Clock);

    private protected async Task<FormAnswer.Issued> IssuedAsync() => await Desk.IssuedAsync(await Desk.NewHolderAsync(), FormKind.SdJwtVc, IssuingDesk.NewKey());

    private protected async Task<Change> RevocationAsync(FormAnswer.Issued of)
    {
        var change = World.Act("document.end");
        await Desk.Documents.EndAsync(change, (await Desk.Documents.LiveAsync(of.Form.Person))!, DocumentState.Revoked);
        return change;
    }

    private protected async Task SequenceAsync() => Assert.NotNull(await _sequencer.RunAsync());

    [Fact]
    public async Task An_act_that_is_committed_long_after_it_was_made_is_in_the_list()
    {
        var (late, soon) = (await IssuedAsync(), await IssuedAsync());
        var other = Desk.NewLists();
        await Desk.Lists.RoundAsync();
        await other.RoundAsync();
        var waiting = await RevocationAsync(late);
        World.Clock.Advance(TimeSpan.FromSeconds(60));
        await World.DoneAsync(await RevocationAsync(soon));
        await Desk.Lists.RoundAsync();
        Assert.Equal((StatusList.Valid, StatusList.Invalid), (Desk.StatusOf(late.Form.Place), Desk.StatusOf(soon.Form.Place)));
        await World.DoneAsync(waiting);
        await SequenceAsync();
        await Desk.Lists.RoundAsync();
        Assert.Equal(StatusList.Invalid, Desk.StatusOf(late.Form.Place));
        // A node that signs next knows it too.
        World.Clock.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal(1, await other.RoundAsync());
        Assert.Equal(StatusList.Invalid, Desk.StatusOf(late.Form.Place, other));
    }

    [Fact]
    public async Task A_list_of_many_pages_is_loaded_whole()
    {
        const int Entries = (2 * StatusLists.Page) + 7;
        var issued = await IssuedAsync();
        var (uuid, blob) = kind == DatabaseKind.PostgreSql ? ("(lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid", "'\\x00'::bytea") : ("printf('%08x-0000-7000-8000-000000000000', n)", "x'00'");
        var until = issued.Form.ExpiresAt.ToMicros();
        // Every place but that of the credential, every third invalid.
        await World.Database.ExecuteAsync($"""
            WITH RECURSIVE one(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM one WHERE n < {Entries - 1})
            INSERT INTO credential_form (id, version, person_id, document_id, kind, list, list_index, key_id, digest, state, issued_at, expires_at, invalid_reason, changed_at)
            SELECT {uuid}, 1, {uuid}, {uuid}, 'sd-jwt-vc', '{issued.Form.Place.List}', n, 'none', {blob}, 'VOIDED', 0, {until}, CASE WHEN n % 3 = 0 THEN 'voided' END, 0 FROM one WHERE n <> {issued.Form.Place.Index}
            """);
        var fresh = Desk.NewLists();
        Assert.Equal(1, await fresh.RoundAsync());
        foreach (var index in (int[])[0, 1, StatusLists.Page - 1, StatusLists.Page, (2 * StatusLists.Page) + 1, Entries - 1])
        {
            Assert.Equal(index % 3 == 0 ? StatusList.Invalid : StatusList.Valid, Desk.StatusOf(issued.Form.Place with { Index = index }, fresh));
        }
        Assert.Equal(StatusList.Valid, Desk.StatusOf(issued.Form.Place, fresh));
    }

    [Fact]
    public async Task A_list_in_which_all_has_expired_is_signed_no_more_and_dropped_with_its_last_token()
    {
        var issued = await IssuedAsync();
        var end = StatusLists.EndOf(issued.Form.Place.List);
        World.Clock.Set((end - Duration.FromMinutes(10)).ToDateTimeOffset());
        Assert.Equal(1, await Desk.Lists.RoundAsync());
        World.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal((0, 0), (await Desk.Lists.RoundAsync(), Desk.Lists.Held));
        // Its last token is true as long as it counts.
        Assert.NotNull(Desk.Lists.Token(issued.Form.Place.List));
        World.Clock.Advance(TimeSpan.FromHours(26));
        Assert.Equal((0, 0), (await Desk.Lists.RoundAsync(), Desk.Lists.Tokens.Count));
        Assert.False(await World.Db.ExistsAsync("SELECT 1 FROM status_list"));
        Assert.Equal((0, 0), (await Desk.NewLists().RoundAsync(), Desk.Lists.Held));
    }

    [Fact]
    public async Task What_a_withdrawn_signer_signed_is_signed_anew_at_once()
    {
        var issued = await IssuedAsync();
        Assert.Equal((1, 0), (await Desk.Lists.RoundAsync(), await Desk.Lists.RoundAsync()));
        var signer = await World.Db.SingleAsync<string>("SELECT key_id FROM status_list");
        World.Keys.Revoke(signer, System.Security.Cryptography.X509Certificates.X509RevocationReason.KeyCompromise);
        World.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((1, 0), (await Desk.Lists.RoundAsync(), await Desk.Lists.RoundAsync()));
        Assert.NotEqual(signer, await World.Db.SingleAsync<string>("SELECT key_id FROM status_list"));
        Assert.Equal(StatusList.Valid, Desk.StatusOf(issued.Form.Place));
    }

    /// <summary>Loses the list that was announced and signed.</summary>
    private sealed class LosingWriter(IWriter writer) : IWriter
    {
        public Task<WriteOutcome> WriteAsync(Change change, WriteClass @class = WriteClass.Interactive, CancellationToken cancel = default) =>
            change.Rows.Exists(r => r.Table == CredentialsTables.StatusList) ? Task.FromResult<WriteOutcome>(new WriteOutcome.InDoubt()) : writer.WriteAsync(change, @class, cancel);
    }

    private sealed record Announced(Guid Id, Guid? Void);

    [Fact]
    public async Task A_list_that_was_announced_and_never_stored_is_given_up_by_whoever_signs_the_next()
    {
        var issued = await IssuedAsync();
        await Assert.ThrowsAsync<NotWrittenException>(() => DeskOf(new LosingWriter(World.Database.Writer)).Lists.RoundAsync());
        World.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal((1, 0), (await Desk.Lists.RoundAsync(), await Desk.Lists.RoundAsync()));
        var announced = await World.Db.QueryAsync<Announced>("SELECT t.id AS id, v.token_id AS void FROM status_token t LEFT JOIN status_token_void v ON v.token_id = t.id ORDER BY t.id");
        Assert.Equal([(true, announced[0].Id), (false, announced[1].Id)], announced.Select(a => (a.Void == a.Id, a.Id)));
        Assert.False(await World.Db.ExistsAsync("SELECT 1 FROM status_announced"));
        Assert.Equal(StatusList.Valid, Desk.StatusOf(issued.Form.Place));
    }
}
