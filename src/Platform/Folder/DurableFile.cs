using System.Runtime.InteropServices;

namespace Muqeem.Platform.Folder;

/// <summary>Writes whole files so that after a power cut either the old or the new content is there, never half of one.</summary>
internal static partial class DurableFile
{
    private const int ReadDirectory = 0x10000; // O_RDONLY | O_DIRECTORY

    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var unfinished = path + ".new";
        using (var file = new FileStream(unfinished, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, path, overwrite: true);
        SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Makes renames and new names in a directory durable; .NET offers this for files only.</summary>
    public static void SyncDirectory(string path)
    {
        var handle = Open(path, ReadDirectory);
        if (handle < 0)
        {
            throw new IOException($"The directory {path} cannot be opened (error {Marshal.GetLastPInvokeError()}).");
        }
        var failed = Fsync(handle) != 0;
        var error = Marshal.GetLastPInvokeError();
        _ = Close(handle);
        if (failed)
        {
            throw new IOException($"The directory {path} cannot be made durable (error {error}).");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
