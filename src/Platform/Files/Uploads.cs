using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Files.Media;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Files;

/// <summary>A file that a person sent.</summary>
public sealed record SentUpload
{
    public Guid Id { get; init; }

    /// <summary>What it is evidence of.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Another person sent the same content.</summary>
    public bool Elsewhere { get; init; }
}

/// <summary>One upload.</summary>
public readonly record struct UploadId(Guid Value)
{
    public static UploadId New(TimeProvider clock) => new(Guid.CreateVersion7(clock.GetUtcNow()));
    public override string ToString() => Value.ToString();
}

/// <summary>A file that was received, checked and drawn anew, and lies in memory only. <see cref="Uploads.AddAsync"/> keeps it.</summary>
public sealed class ReceivedUpload
{
    internal ReceivedUpload(byte[] original, string name, FileShape shape, byte[] digest, IReadOnlyList<Picture> pages, Picture thumbnail)
    {
        Original = original;
        Name = name;
        Shape = shape;
        Digest = digest;
        Drawn = pages;
        Thumbnail = thumbnail;
    }

    public FileShape Shape { get; }
    public int Pages => Drawn.Count;
    public int Size => Original.Length;

    /// <summary>Blind index of the content.</summary>
    public byte[] Digest { get; }

    internal byte[] Original { get; }
    internal string Name { get; }
    internal IReadOnlyList<Picture> Drawn { get; }
    internal Picture Thumbnail { get; }
}

/// <summary>What is known of an upload without opening it.</summary>
public sealed record UploadLine(UploadId Id, PersonId Person, CaseId? Case, string Kind, FileKind Type, int Size, int Width, int Height, int Pages, Instant At);

public enum UploadPart
{
    /// <summary>A page as we drew it, at most 1,600 pixels: what is shown.</summary>
    Display,

    /// <summary>At most 320 pixels.</summary>
    Thumbnail,

    /// <summary>The bytes as they came: only for downloading.</summary>
    Original,
}

/// <summary>An opened part.</summary>
/// <param name="DownloadName">A clean name with the extension of what the file really is.</param>
public sealed record OpenedUpload(UploadLine Line, UploadPart Part, byte[] Bytes, string MediaType, string DownloadName);

/// <summary>Files that people send: received with limits, told by their content, drawn anew in a child process, kept sealed, opened through the read door.</summary>
public sealed class Uploads
{
    private const string Columns = "id, person_id, case_id, kind, type, size, width, height, pages, created_at";

    private readonly Db _db;
    private readonly Sealer _sealer;
    private readonly ReadDoor _door;
    private readonly BlindIndex _index;
    private readonly DataFolder _folder;
    private readonly MediaChild _child;
    private readonly TimeProvider _clock;

    internal Uploads(Db db, Sealer sealer, ReadDoor door, BlindIndex index, DataFolder folder, MediaChild child, TimeProvider clock)
    {
        _db = db;
        _sealer = sealer;
        _door = door;
        _index = index;
        _folder = folder;
        _child = child;
        _clock = clock;
    }

    /// <summary>Reads at most what the rule allows and one byte more, and makes the pictures that are shown. Nothing is kept yet.</summary>
    /// <param name="name">As the browser gave it; only for showing it again.</param>
    public async Task<Result<ReceivedUpload>> ReceiveAsync(Stream content, string? name, UploadRule rule, CancellationToken cancel = default)
    {
        var read = await ReadAsync(content, rule, cancel);
        if (!read.TryGet(out var original, out var refusal))
        {
            return refusal;
        }
        var sniffed = FileReading.ShapeOf(original, rule);
        if (!sniffed.TryGet(out var shape, out refusal))
        {
            return refusal;
        }
        var derived = await _child.DeriveAsync(original, shape, rule, cancel);
        if (!derived.TryGet(out var drawn, out refusal))
        {
            return refusal;
        }
        return new ReceivedUpload(original, CleanName(name, shape.Kind), drawn.Shape, _index.Of("upload_content", SHA256.HashData(original)), drawn.Pages, drawn.Thumbnail);
    }

    /// <summary>
    /// Seals the files into the data folder and adds the row to the change. If the change is not written, a job removes the files after a day.
    /// </summary>
    /// <param name="kind">What it is evidence of, e.g. <c>passport_page</c>: a word of the form, not personal.</param>
    /// <exception cref="NotWrittenException">A new key could not be stored: 503.</exception>
    public async Task<UploadId> AddAsync(Change change, PersonId person, CaseId? @case, string kind, ReceivedUpload received, CancellationToken cancel = default)
    {
        var id = UploadId.New(_clock);
        await WriteAsync(person, id, UploadPart.Original, 0, received.Original, cancel);
        await WriteAsync(person, id, UploadPart.Thumbnail, 0, received.Thumbnail.Jpeg, cancel);
        for (var page = 1; page <= received.Drawn.Count; page++)
        {
            await WriteAsync(person, id, UploadPart.Display, page, received.Drawn[page - 1].Jpeg, cancel);
        }
        var name = await _sealer.SealAsync(change, NameContext(person, id), received.Name, cancel);
        change.Rows.Add(UploadTables.Upload.Insert(id.Value, person.Value, @case?.Value, kind, received.Digest, received.Shape.Kind.Word(), received.Size,
            received.Shape.Width, received.Shape.Height, received.Pages, _clock.Now(), name));
        return id;
    }

    /// <summary>Adds to an act that an upload is removed; its files go with the next cleaning.</summary>
    public static void Remove(Change change, UploadId id) => change.Rows.Add(UploadTables.Upload.Delete(id.Value));

    public async Task<UploadLine?> FindAsync(UploadId id, CancellationToken cancel = default) =>
        (await _db.FirstAsync<Row>($"SELECT {Columns} FROM upload WHERE id = @id", new { id = id.Value }, cancel))?.ToLine();

    public async Task<IReadOnlyList<UploadLine>> OfCaseAsync(CaseId @case, CancellationToken cancel = default) =>
        [.. (await _db.QueryAsync<Row>($"SELECT {Columns} FROM upload WHERE case_id = @id ORDER BY id", new { id = @case.Value }, cancel)).Select(r => r.ToLine())];

    public async Task<IReadOnlyList<UploadLine>> OfPersonAsync(PersonId person, CancellationToken cancel = default) =>
        [.. (await _db.QueryAsync<Row>($"SELECT {Columns} FROM upload WHERE person_id = @id ORDER BY id", new { id = person.Value }, cancel)).Select(r => r.ToLine())];

    /// <summary>The original name. The access must name the person.</summary>
    public async Task<string> NameAsync(Access access, UploadLine line, CancellationToken cancel = default)
    {
        var name = await _db.SingleAsync<byte[]>("SELECT name FROM upload WHERE id = @id", new { id = line.Id.Value }, cancel);
        return await _door.OpenAsync<string>(access, NameContext(line.Person, line.Id), name, cancel);
    }

    /// <summary>Opens a part.</summary>
    /// <param name="page">From 1; for <see cref="UploadPart.Display"/> only.</param>
    /// <exception cref="AccessRefusedException">The access does not name the person.</exception>
    /// <exception cref="ErasedException">The person's documents were erased.</exception>
    /// <exception cref="FileNotFoundException">There is no such page, or the file is gone.</exception>
    public async Task<OpenedUpload> OpenAsync(Access access, UploadLine line, UploadPart part, int page = 1, CancellationToken cancel = default)
    {
        page = part == UploadPart.Display ? page : 0;
        var content = await File.ReadAllBytesAsync(PathOf(line.Id, part, page), cancel);
        var key = await _door.OpenSaltedAsync(access, FileContext(line.Person, line.Id, part, page), SealedFile.KeyOf(content), cancel);
        try
        {
            var bytes = SealedFile.Open(content, key.AsSpan(Blob.SaltLength));
            var name = part == UploadPart.Original ? await NameAsync(access, line, cancel) : $"{line.Kind}.jpg";
            return new OpenedUpload(line, part, bytes, part == UploadPart.Original ? line.Type.MediaType() : "image/jpeg", name);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Where else the same content was sent, by other persons: a sign that papers were borrowed.</summary>
    public async Task<IReadOnlyList<UploadLine>> ElsewhereAsync(PersonId person, byte[] digest, CancellationToken cancel = default) =>
        [.. (await _db.QueryAsync<Row>($"SELECT {Columns} FROM upload WHERE digest = @digest AND person_id <> @person ORDER BY id LIMIT 20", new { digest, person = person.Value }, cancel))
            .Select(r => r.ToLine())];

    /// <summary>Of these files, those that the person sent. What is made up or another person's is left out.</summary>
    public async Task<IReadOnlyList<SentUpload>> SentAsync(PersonId person, IReadOnlyList<Guid> uploads, CancellationToken cancel = default) =>
        uploads.Count == 0 ? [] : await _db.QueryAsync<SentUpload>(
            """
            SELECT mine.id AS Id, mine.kind AS Kind, EXISTS (SELECT 1 FROM upload other WHERE other.digest = mine.digest AND other.person_id <> @person) AS Elsewhere
            FROM upload mine WHERE mine.id = ANY(@uploads) AND mine.person_id = @person
            """,
            new { person = person.Value, uploads = uploads.ToArray() }, cancel);

    /// <summary>Removes files whose row was never written or is removed, a day after they were made.</summary>
    internal async Task CleanAsync(JobRun run, CancellationToken cancel)
    {
        var before = (_clock.Now() - Duration.FromDays(1)).ToUnixTimeMilliseconds();
        foreach (var directory in Directory.EnumerateDirectories(_folder.Uploads))
        {
            var found = Directory.EnumerateFiles(directory)
                .Select(f => (File: f, Id: Guid.TryParse(Path.GetFileName(f).Split('.')[0], out var id) ? id : Guid.Empty))
                .Where(f => f.Id != Guid.Empty && MillisOf(f.Id) < before)
                .ToLookup(f => f.Id, f => f.File);
            foreach (var ids in found.Select(f => f.Key).Chunk(500))
            {
                var kept = (await _db.QueryAsync<Guid>("SELECT id FROM upload WHERE id = ANY(@ids)", new { ids }, cancel)).ToHashSet();
                foreach (var file in ids.Where(id => !kept.Contains(id)).SelectMany(id => found[id]))
                {
                    File.Delete(file);
                }
            }
            await run.GoOnAsync(cancel);
        }
    }

    private static long MillisOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return (long)(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
    }

    private static async Task<Result<byte[]>> ReadAsync(Stream content, UploadRule rule, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
        var length = 0;
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    Return(buffer);
                    buffer = larger;
                }
                var read = await content.ReadAsync(buffer.AsMemory(length), cancel);
                if (read == 0)
                {
                    return buffer[..length];
                }
                length += read;
                if (length > rule.MostBytes)
                {
                    // The rest is not read at all.
                    return rule.TooLarge();
                }
            }
        }
        finally
        {
            Return(buffer);
        }

        // It held somebody's passport.
        static void Return(byte[] used) => ArrayPool<byte>.Shared.Return(used, clearArray: true);
    }

    private async Task WriteAsync(PersonId person, UploadId id, UploadPart part, int page, byte[] plain, CancellationToken cancel)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        var sealedKey = await _sealer.SealAsync(FileContext(person, id, part, page), [.. key], cancel);
        try
        {
            SealedFile.Write(PathOf(id, part, page), sealedKey.Cipher, key, plain);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private string PathOf(UploadId id, UploadPart part, int page)
    {
        // By the last byte, which is random: the first ones are the time.
        var name = id.Value.ToString("N");
        return Path.Combine(_folder.Uploads, name[^2..], $"{id.Value}.{PartName(part, page)}");
    }

    private static string PartName(UploadPart part, int page) => part switch
    {
        UploadPart.Original => "original",
        UploadPart.Thumbnail => "thumbnail",
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"display-{page}"),
    };

    private static SealContext FileContext(PersonId person, UploadId id, UploadPart part, int page) => new(person, RetentionClass.Document, "upload." + PartName(part, page), id.Value);

    private static SealContext NameContext(PersonId person, UploadId id) => new(person, RetentionClass.Document, "upload", id.Value);

    /// <summary>The last part of a path, without what cannot be seen or turns the reading direction, with the extension of what the file is.</summary>
    internal static string CleanName(string? name, FileKind kind)
    {
        var last = (name ?? "").Split('/', '\\')[^1];
        var clean = new StringBuilder();
        foreach (var rune in last.EnumerateRunes())
        {
            if (clean.Length < 100 && !Rune.IsControl(rune) && rune.Value != 0xFFFD && Rune.GetUnicodeCategory(rune) is not (System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.OtherNotAssigned)
                && rune.Value is not ('"' or ':' or '*' or '?' or '<' or '>' or '|'))
            {
                clean.Append(rune);
            }
        }
        var stem = clean.ToString();
        var dot = stem.LastIndexOf('.');
        stem = (dot >= 0 ? stem[..dot] : stem).Trim(' ', '.');
        return (stem.Length == 0 ? "file" : stem) + "." + kind.Extension();
    }

    private sealed record Row(Guid Id, Guid PersonId, Guid? CaseId, string Kind, string Type, int Size, int Width, int Height, int Pages, Instant CreatedAt)
    {
        public UploadLine ToLine() => new(new UploadId(Id), new PersonId(PersonId), CaseId is { } id ? new CaseId(id) : null, Kind, FileKinds.FromWord(Type), Size, Width, Height, Pages, CreatedAt);
    }
}
