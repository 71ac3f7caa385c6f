using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;

namespace Muqeem.Platform.Folder;

/// <summary>What the data in a folder is: invented people, or real ones. Chosen when the folder is made, never changed.</summary>
public enum FolderKind
{
    Demonstration,
    Real,
}

/// <summary>The process must not start; the message is the sentence that the operator reads.</summary>
public sealed class CannotStartException(string sentence, Exception? cause = null) : Exception(sentence, cause);

/// <summary>The one directory that holds everything this installation keeps outside PostgreSQL. Readable by its owner only (0700).</summary>
public sealed class DataFolder
{
    private const string MarkName = "folder.json";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private DataFolder(string path, Mark mark)
    {
        Root = path;
        Id = mark.Id;
        Kind = mark.Kind;
        Created = Instant.FromUnixTimeMilliseconds(mark.CreatedMillis);
    }

    public string Root { get; }
    public Guid Id { get; }
    public FolderKind Kind { get; }
    public Instant Created { get; }
    public bool IsDemonstration => Kind == FolderKind.Demonstration;

    public string DatabaseFile => Path.Combine(Root, "muqeem.db");
    public string Uploads => Directory("uploads");
    public string Keys => Directory("keys");
    public string WebKeys => Directory("web-keys");

    /// <summary>The root of a demonstration with its key in clear. A real folder never has it.</summary>
    public string DemonstrationRoot => Directory("demo-root");

    /// <summary>The last checkpoint that was signed: it must not come from the same backup as the database that it is compared with.</summary>
    public string Journal => Directory("journal");

    /// <summary>The newest offline bundle and the roots, for verifying on this machine. Made again whenever they are asked for.</summary>
    public string Offline => Directory("offline");

    /// <summary>Short-lived files, emptied at will.</summary>
    public string Scratch => Directory("scratch");

    /// <summary>What opens the key store when no passphrase is configured. Not part of a backup: who has a backup alone reads nothing.</summary>
    public string MasterSecret => Path.Combine(Directory("secret"), "master");

    public string ClockFile => Path.Combine(Root, "clock.json");

    /// <summary>
    /// What the long-lived backup takes, relative to <see cref="Root"/>. Left out on purpose: <c>secret</c>, without which a stolen backup opens nothing,
    /// and <c>keys.db</c> with the data keys of persons, whose own backup lives briefly so that an erasure reaches it,
    /// and <c>journal</c>, which tells after a restore how far the journal had been published.
    /// </summary>
    public static IReadOnlyList<string> BackupSet { get; } = [MarkName, "muqeem.db", "uploads", "keys", "web-keys", "clock.json"];

    /// <summary>Opens the folder, or makes it as <paramref name="kind"/>. Null: it must exist already.</summary>
    /// <exception cref="CannotStartException">It is of the other kind, not a data folder, readable by others, or cannot be used.</exception>
    public static DataFolder Open(string path, FolderKind? kind, TimeProvider clock)
    {
        var root = Path.GetFullPath(path);
        try
        {
            if (File.Exists(root))
            {
                throw new CannotStartException($"{root} is a file, not a data folder.");
            }
            if (!System.IO.Directory.Exists(root))
            {
                if (kind is null)
                {
                    throw new CannotStartException($"There is no data folder at {root}. Make one by naming its kind: demonstration or real.");
                }
                System.IO.Directory.CreateDirectory(root, Private);
            }
            var markFile = Path.Combine(root, MarkName);
            if (!File.Exists(markFile))
            {
                if (System.IO.Directory.EnumerateFileSystemEntries(root).Any(e => !e.EndsWith(".new", StringComparison.Ordinal)))
                {
                    throw new CannotStartException($"{root} holds files but was not made by Muqeem ({MarkName} is missing). Name an empty or new directory.");
                }
                if (kind is null)
                {
                    throw new CannotStartException($"There is no data folder at {root}. Make one by naming its kind: demonstration or real.");
                }
                var now = clock.GetUtcNow();
                var made = new Mark(1, Guid.CreateVersion7(now), kind.Value, now.ToUnixTimeMilliseconds());
                File.SetUnixFileMode(root, Private);
                DurableFile.Write(markFile, JsonSerializer.SerializeToUtf8Bytes(made, FolderJson.Default.Mark));
                return new DataFolder(root, made);
            }

            const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
            if ((File.GetUnixFileMode(root) & others) != UnixFileMode.None)
            {
                throw new CannotStartException($"Others on this machine can reach the data folder {root}. Run: chmod 700 {root}");
            }
            var mark = JsonSerializer.Deserialize(File.ReadAllBytes(markFile), FolderJson.Default.Mark)
                ?? throw new CannotStartException($"{markFile} is empty.");
            if (mark.Format != 1)
            {
                throw new CannotStartException($"The data folder {root} has format {mark.Format}; this program knows format 1.");
            }
            if (kind is not null && kind != mark.Kind)
            {
                throw new CannotStartException($"The data folder {root} holds {Words(mark.Kind)} data and cannot be opened as {Words(kind.Value)}. Name another folder.");
            }
            return new DataFolder(root, mark);
        }
        catch (JsonException e)
        {
            throw new CannotStartException($"The mark of the data folder {root} cannot be read: {MarkName} is damaged.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CannotStartException($"The data folder {root} cannot be used: {e.Message}", e);
        }
    }

    private static string Words(FolderKind kind) => kind == FolderKind.Demonstration ? "demonstration" : "real";

    private string Directory(string name) => System.IO.Directory.CreateDirectory(Path.Combine(Root, name), Private).FullName;

    internal sealed record Mark(int Format, Guid Id, FolderKind Kind, long CreatedMillis);
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DataFolder.Mark))]
[JsonSerializable(typeof(MovableClock.State))]
internal sealed partial class FolderJson : JsonSerializerContext;
