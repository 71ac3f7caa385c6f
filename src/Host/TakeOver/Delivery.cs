using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Muqeem.Platform.Folder;

namespace Muqeem.Host.TakeOver;

/// <summary>A folder with what another register delivers: its manifest and its files.</summary>
internal sealed class Delivery
{
    public const string ManifestName = "manifest.json";
    public const string Format = "muqeem-take-over/1";

    private const int LargestManifest = 64 * 1024;

    private readonly Dictionary<string, ManifestFile> _files;

    private Delivery(string folder, byte[] digest, Manifest manifest)
    {
        (Folder, Digest, Manifest) = (folder, digest, manifest);
        _files = manifest.Files.ToDictionary(f => f.Name, StringComparer.Ordinal);
    }

    public string Folder { get; }

    /// <summary>SHA-256 of the manifest: by it the delivery is told from every other.</summary>
    public byte[] Digest { get; }
    public Manifest Manifest { get; }
    public string Name => Convert.ToHexStringLower(Digest);
    public long Persons => RowsOf(Shape.Persons);

    public long RowsOf(Shape shape) => _files.TryGetValue(shape.File, out var file) ? file.Rows : 0;

    /// <summary>Opens a folder for a register of a kind.</summary>
    /// <exception cref="CannotStartException">It is no delivery, or of the other kind.</exception>
    public static Delivery Open(string folder, FolderKind kind)
    {
        var path = Path.Combine(folder, ManifestName);
        if (!File.Exists(path) || new FileInfo(path).Length > LargestManifest)
        {
            throw new CannotStartException($"{path} is missing or larger than {LargestManifest} bytes: a delivery has a manifest.");
        }
        var bytes = File.ReadAllBytes(path);
        Manifest manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(bytes, TakeOverJson.Default.Manifest) ?? throw new JsonException("null");
            if (manifest.Files.Any(f => f is null))
            {
                throw new JsonException("null");
            }
        }
        catch (JsonException e)
        {
            throw new CannotStartException(string.Create(CultureInfo.InvariantCulture, $"{path} cannot be read, line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}: see docs/handbook/take-over.md."), e);
        }
        if (manifest.Format != Format)
        {
            throw new CannotStartException($"{path} has the format '{manifest.Format}'; this program knows {Format}.");
        }
        if (manifest.Source.Length is 0 or > 200 || manifest.Source.Any(char.IsControl))
        {
            throw new CannotStartException($"{path} names no source of at most 200 characters: of which register the delivery is, and of when.");
        }
        if (!string.Equals(manifest.Kind, kind.ToString(), StringComparison.OrdinalIgnoreCase))
        {
            throw new CannotStartException($"The delivery holds {manifest.Kind} people and the data folder is {kind.ToString().ToLowerInvariant()}: a folder takes its own kind only.");
        }
        if (manifest.Files.GroupBy(f => f.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1 || !Shape.All.Any(s => s.File == g.Key)) is { } wrong)
        {
            throw new CannotStartException($"{path} names a file that there is not, or one twice: {wrong.Key}. There are {string.Join(", ", Shape.All.Select(s => s.File))}.");
        }
        if (!manifest.Files.Any(f => f.Name == Shape.Persons.File))
        {
            throw new CannotStartException($"{path} does not name {Shape.Persons.File}: without persons there is nothing to take over.");
        }
        if (manifest.Files.FirstOrDefault(f => f.Rows < 0 || f.Sha256.Length != 64 || !f.Sha256.All(char.IsAsciiHexDigit)) is { } bad)
        {
            throw new CannotStartException($"{path} says of {bad.Name} no rows or no SHA-256 in 64 hexadecimal digits.");
        }
        return new(folder, SHA256.HashData(bytes), manifest);
    }

    /// <summary>Reads a file to its end, while <paramref name="row"/> looks at each; then compares what the manifest says of it.</summary>
    /// <exception cref="CannotStartException">The file is not the one that the manifest names.</exception>
    /// <exception cref="UnreadableException">A line cannot be read, or is out of order.</exception>
    public void Inspect(Shape shape, Action<Row> row)
    {
        if (!_files.TryGetValue(shape.File, out var named))
        {
            return;
        }
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string? last = null;
        long rows = 0;
        foreach (var one in Rows(shape, hash))
        {
            var order = string.CompareOrdinal(last, one.Person);
            if (last is not null && (order > 0 || (order == 0 && shape == Shape.Persons)))
            {
                throw new UnreadableException(shape.File, one.Line, null, order == 0 ? "the person stands here twice" : "out of order: rows are sorted by person, byte by byte");
            }
            last = one.Person;
            rows++;
            row(one);
        }
        if (!string.Equals(Convert.ToHexString(hash.GetHashAndReset()), named.Sha256, StringComparison.OrdinalIgnoreCase) || rows != named.Rows)
        {
            throw new CannotStartException(string.Create(CultureInfo.InvariantCulture, $"{shape.File} is not the file that the manifest names: {rows} rows for {named.Rows}, or another SHA-256. Fetch the delivery anew."));
        }
    }

    /// <summary>The rows of a file; none when the manifest does not name it.</summary>
    public IEnumerable<Row> Rows(Shape shape, IncrementalHash? hash = null)
    {
        if (!_files.ContainsKey(shape.File))
        {
            yield break;
        }
        var path = Path.Combine(Folder, shape.File);
        if (!File.Exists(path))
        {
            throw new CannotStartException($"{path} is missing, and the manifest names it.");
        }
        using var lines = new LineReader(shape.File, new FileStream(path, new FileStreamOptions { Options = FileOptions.SequentialScan, BufferSize = 0 }), hash);
        while (lines.Next() is { } line)
        {
            yield return Row.Read(shape, lines.Number, line);
        }
    }
}

/// <param name="Source">Of which register, and of when, for whoever finds it later.</param>
/// <param name="Kind">demonstration or real.</param>
internal sealed record Manifest([property: JsonRequired] string Format, [property: JsonRequired] string Source, [property: JsonRequired] string Kind, [property: JsonRequired] IReadOnlyList<ManifestFile> Files);

internal sealed record ManifestFile([property: JsonRequired] string Name, [property: JsonRequired] long Rows, [property: JsonRequired] string Sha256);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class TakeOverJson : JsonSerializerContext;
