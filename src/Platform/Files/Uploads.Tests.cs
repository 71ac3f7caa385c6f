using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Files.Media;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Platform.Files;

public sealed class UploadsOnSqliteTests() : UploadsTests(DatabaseKind.Sqlite);

public sealed class UploadsOnPostgreSqlTests() : UploadsTests(DatabaseKind.PostgreSql);

/// <summary>Uploads with a real database, a real data folder and the real child.</summary>
public abstract class UploadsTests(DatabaseKind kind) : IAsyncLifetime
{
    private readonly FolderForTest _folder = new();
    private readonly MediaChild _child = FilesForTest.Child();
    private TestDatabase _database = null!;
    private KeyStore _keys = null!;
    private DataKeys _dataKeys = null!;
    private ReadDoor _door = null!;
    private Uploads _uploads = null!;
    private PersonId _ali;
    private PersonId _sara;

    private Actor Officer { get; } = Actor.Officer(new AccountId(Guid.Parse("01990000-0000-7000-8000-000000000001")));

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(kind, _folder.Clock);
        _keys = KeyStore.Open(_folder.Data, null, _folder.Clock);
        _dataKeys = PrivacySetup.KeysOf(_database.Db, _database.Writer, _keys, _folder.Clock);
        _door = new ReadDoor(_dataKeys, new AccessRecorder(_database.Writer), _folder.Clock);
        _uploads = new Uploads(_database.Db, new Sealer(_dataKeys), _door, new BlindIndex(_keys), _folder.Data, _child, _folder.Clock);
        _ali = PersonId.New(_folder.Clock);
        _sara = PersonId.New(_folder.Clock);
    }

    public async ValueTask DisposeAsync()
    {
        _child.Dispose();
        _dataKeys.Dispose();
        await _database.DisposeAsync();
        _keys.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private Change NewChange() => new(new Act(ActId.New(_folder.Clock), "upload.add", Officer, Guid.CreateVersion7(_folder.Clock.GetUtcNow()), new byte[32], _folder.Clock.Now()));

    private async Task<UploadLine> SendAsync(PersonId person, byte[] file, string name = "passport.jpg", CaseId? @case = null)
    {
        var received = await _uploads.ReceiveAsync(new MemoryStream(file), name, UploadRule.Document);
        var change = NewChange();
        var id = await _uploads.AddAsync(change, person, @case, "passport_page", received.Value);
        Assert.IsType<WriteOutcome.Done>(await _database.Writer.WriteAsync(change));
        return (await _uploads.FindAsync(id))!;
    }

    private Access Enter(params ReadOnlySpan<PersonId> subjects) => _door.Enter(Officer, Purpose.DecideCase, null, "office.case", subjects);

    private IEnumerable<string> Files => Directory.EnumerateFiles(_folder.Data.Uploads, "*", SearchOption.AllDirectories);

    [Fact]
    public async Task What_was_sent_is_shown_as_our_own_picture_and_downloaded_as_it_came()
    {
        var file = FilesForTest.WithPlace(FilesForTest.Jpeg(2000, 1500));
        var @case = CaseId.New(_folder.Clock);
        var line = await SendAsync(_ali, file, "جواز السفر.jpeg", @case);

        Assert.Equal((_ali, (CaseId?)@case, "passport_page", FileKind.Jpeg, file.Length, 2000, 1500, 1), (line.Person, line.Case, line.Kind, line.Type, line.Size, line.Width, line.Height, line.Pages));
        Assert.Equal([line], await _uploads.OfCaseAsync(@case));
        Assert.Equal([line], await _uploads.OfPersonAsync(_ali));

        var access = Enter(_ali);
        var original = await _uploads.OpenAsync(access, line, UploadPart.Original);
        Assert.Equal(file, original.Bytes);
        Assert.Equal(("جواز السفر.jpg", "image/jpeg"), (original.DownloadName, original.MediaType));
        var display = await _uploads.OpenAsync(access, line, UploadPart.Display);
        Assert.Equal(new FileShape(FileKind.Jpeg, 1200, 1600), FileReading.ShapeOf(display.Bytes).Value);
        Assert.Equal(-1, display.Bytes.AsSpan().IndexOf("Exif"u8));
        Assert.InRange((await _uploads.OpenAsync(access, line, UploadPart.Thumbnail)).Bytes.Length, 100, 40_000);
        await Assert.ThrowsAsync<FileNotFoundException>(() => _uploads.OpenAsync(access, line, UploadPart.Display, page: 2));
        Assert.Single((await new AccessLog(_database.Db).ForPersonAsync(_ali)).Lines);
    }

    [Fact]
    public async Task Nothing_on_the_disk_can_be_recognised_or_moved()
    {
        var file = FilesForTest.Jpeg();
        var mine = await SendAsync(_ali, file);
        var other = await SendAsync(_ali, FilesForTest.Png());
        foreach (var path in Files)
        {
            var content = await File.ReadAllBytesAsync(path);
            Assert.Equal(-1, content.AsSpan().IndexOf(file.AsSpan(200, 24)));
            Assert.Equal(-1, content.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF, 0xE0]));
        }
        Assert.Equal(6, Files.Count());
        string PathOf(UploadLine line, string part) => Files.Single(f => f.EndsWith($"{line.Id}.{part}", StringComparison.Ordinal));
        File.Copy(PathOf(other, "original"), PathOf(mine, "original"), overwrite: true);
        await Assert.ThrowsAnyAsync<System.Security.Cryptography.CryptographicException>(() => _uploads.OpenAsync(Enter(_ali), mine, UploadPart.Original));
        File.Copy(PathOf(mine, "thumbnail"), PathOf(mine, "display-1"), overwrite: true);
        await Assert.ThrowsAnyAsync<System.Security.Cryptography.CryptographicException>(() => _uploads.OpenAsync(Enter(_ali), mine, UploadPart.Display));
    }

    [Fact]
    public async Task Nobody_opens_an_upload_of_a_person_whom_the_access_does_not_name_and_an_erased_one_opens_for_nobody()
    {
        var line = await SendAsync(_ali, FilesForTest.Jpeg());
        await Assert.ThrowsAsync<AccessRefusedException>(() => _uploads.OpenAsync(Enter(_sara), line, UploadPart.Thumbnail));
        _dataKeys.Forget(_ali, RetentionClass.Document);
        if (kind == DatabaseKind.PostgreSql)
        {
            await _database.ExecuteAsync("DELETE FROM keys.data_key");
            await Assert.ThrowsAsync<ErasedException>(() => _uploads.OpenAsync(Enter(_ali), line, UploadPart.Thumbnail));
        }
        else
        {
            Assert.NotEmpty((await _uploads.OpenAsync(Enter(_ali), line, UploadPart.Thumbnail)).Bytes);
        }
    }

    [Fact]
    public async Task A_pdf_called_jpg_is_taken_as_what_it_is()
    {
        var line = await SendAsync(_ali, FilesForTest.Pdf(2), "scan.jpg");
        Assert.Equal((FileKind.Pdf, 2, 0), (line.Type, line.Pages, line.Width));
        var original = await _uploads.OpenAsync(Enter(_ali), line, UploadPart.Original);
        Assert.Equal(("scan.pdf", "application/pdf"), (original.DownloadName, original.MediaType));
        Assert.Equal(FileKind.Jpeg, FileReading.ShapeOf((await _uploads.OpenAsync(Enter(_ali), line, UploadPart.Display, page: 2)).Bytes).Value.Kind);

        var refused = await _uploads.ReceiveAsync(new MemoryStream(FilesForTest.Pdf()), "face.jpg", UploadRule.Picture);
        Assert.Equal(UploadRefusals.PictureNeeded, refused.Refusal?.Code);
    }

    [Fact]
    public async Task A_file_of_forty_megabytes_is_refused_after_eight()
    {
        await using var endless = new StreamThatCounts(40 * 1024 * 1024);
        var refused = await _uploads.ReceiveAsync(endless, "film.jpg", UploadRule.Document);
        Assert.Equal((UploadRefusals.TooLarge, 8), (refused.Refusal!.Code, refused.Refusal.Facts["limit"]));
        Assert.InRange(endless.Given, 8 * 1024 * 1024, 17 * 1024 * 1024);
        Assert.Empty(Files);
    }

    private sealed class StreamThatCounts(long length) : Stream
    {
        public long Given { get; private set; }
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var given = (int)Math.Min(count, length - Given);
            Given += given;
            return given;
        }

        public override void Flush() => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    [Fact]
    public async Task The_same_file_sent_by_another_person_is_noticed()
    {
        var file = FilesForTest.Jpeg();
        var first = await SendAsync(_ali, file);
        var again = await SendAsync(_ali, file, "copy.jpg");
        async Task<IEnumerable<(Guid, string, bool)>> SentAsync(PersonId person, params Guid[] ids) => (await _uploads.SentAsync(person, ids)).OrderBy(s => Array.IndexOf(ids, s.Id)).Select(s => (s.Id, s.Kind, s.Elsewhere));
        Assert.Equal([(first.Id.Value, "passport_page", false), (again.Id.Value, "passport_page", false)], await SentAsync(_ali, first.Id.Value, again.Id.Value));

        var received = (await _uploads.ReceiveAsync(new MemoryStream(file), "mine.jpg", UploadRule.Document)).Value;
        Assert.Equal(new[] { first, again }.OrderBy(l => l.Id.Value), (await _uploads.ElsewhereAsync(_sara, received.Digest)).OrderBy(l => l.Id.Value));
        var other = await SendAsync(_sara, file);
        Assert.Equal([(other.Id.Value, "passport_page", true)], await SentAsync(_sara, other.Id.Value));
        Assert.Equal([(first.Id.Value, "passport_page", true)], await SentAsync(_ali, first.Id.Value));
        var own = (await SendAsync(_sara, FilesForTest.Png())).Id.Value;
        Assert.Equal([(own, "passport_page", false)], await SentAsync(_sara, own));
        // Another person's, and one that nobody sent.
        Assert.Empty(await SentAsync(_sara, first.Id.Value, Guid.CreateVersion7()));
        Assert.Empty(await SentAsync(_sara));
    }

    [Fact]
    public async Task Files_without_a_row_are_removed_after_a_day_and_others_stay()
    {
        var kept = await SendAsync(_ali, FilesForTest.Jpeg());
        var removed = await SendAsync(_ali, FilesForTest.Png());
        var received = (await _uploads.ReceiveAsync(new MemoryStream(FilesForTest.Jpeg(300, 300)), "never.jpg", UploadRule.Document)).Value;
        await _uploads.AddAsync(NewChange(), _ali, null, "passport_page", received);
        var change = NewChange();
        Uploads.Remove(change, removed.Id);
        Assert.IsType<WriteOutcome.Done>(await _database.Writer.WriteAsync(change));
        Assert.Null(await _uploads.FindAsync(removed.Id));

        var jobs = new Jobs(_database.Db, _database.Writer, _folder.Clock, new BackgroundOptions(), new Leases(_database.Db, _database.Writer, _folder.Clock), NullLogger<Jobs>.Instance);
        jobs.Every("uploads.clean", Duration.FromHours(1), _uploads.CleanAsync);
        Assert.Equal(["uploads.clean"], await jobs.RunDueAsync());
        Assert.Equal(9, Files.Count());
        _folder.Clock.Advance(TimeSpan.FromHours(25));
        Assert.Equal(["uploads.clean"], await jobs.RunDueAsync());
        Assert.Equal(3, Files.Count());
        Assert.NotEmpty((await _uploads.OpenAsync(Enter(_ali), kept, UploadPart.Original)).Bytes);
    }

    [Fact]
    public async Task An_original_leaves_only_as_a_download_and_nothing_is_kept_on_the_way()
    {
        var line = await SendAsync(_ali, FilesForTest.Pdf(), "عقد العمل.pdf");
        using var host = await new HostBuilder().ConfigureWebHost(web => web.UseTestServer().Configure(app =>
        {
            app.UseRecordedReads();
            app.Run(async context =>
            {
                var part = Enum.Parse<UploadPart>(context.Request.Path.Value![1..]);
                await new UploadResult(await _uploads.OpenAsync(Enter(_ali), line, part)).ExecuteAsync(context);
            });
        })).StartAsync();
        using var client = host.GetTestClient();

        var original = await client.GetAsync("/Original");
        Assert.Equal((HttpStatusCode.OK, "application/pdf", "attachment"), (original.StatusCode, original.Content.Headers.ContentType!.MediaType, original.Content.Headers.ContentDisposition!.DispositionType));
        Assert.Equal("عقد العمل.pdf", original.Content.Headers.ContentDisposition.FileNameStar);
        var display = await client.GetAsync("/Display");
        Assert.Equal(("image/jpeg", "inline"), (display.Content.Headers.ContentType!.MediaType, display.Content.Headers.ContentDisposition!.DispositionType));
        foreach (var response in new[] { original, display })
        {
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("no-store", response.Headers.GetValues("Cache-Control").Single());
            Assert.Contains("sandbox", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        }
        await host.StopAsync();
    }
}
