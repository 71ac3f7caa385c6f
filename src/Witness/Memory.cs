using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Muqeem.Witness;

/// <summary>The witness's folder: its key, and per journal the last checkpoint that it signed. Writes are durable when they return, and whole or not at all.</summary>
internal sealed partial class Memory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int ReadDirectory = 0x10000; // O_RDONLY | O_DIRECTORY

    private readonly string _folder;
    private readonly FileStream _lock;

    private Memory(string folder, FileStream @lock) => (_folder, _lock) = (folder, @lock);

    public static Memory Open(string folder)
    {
        try
        {
            var root = Directory.CreateDirectory(Path.GetFullPath(folder), OwnerOnly | UnixFileMode.UserExecute).FullName;
            return new Memory(root, new FileStream(Path.Combine(root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CannotWitnessException($"The folder {folder} cannot be used, or another witness uses it: {e.Message}");
        }
    }

    /// <summary>The 32 bytes of the private key; made when there is none.</summary>
    public byte[] Key()
    {
        var file = Path.Combine(_folder, "key");
        if (!File.Exists(file))
        {
            if (Directory.EnumerateFiles(_folder, "*.checkpoint").Any())
            {
                throw new CannotWitnessException($"{_folder} remembers checkpoints, but its key is gone. A witness with another key is another witness: use a new folder and name.");
            }
            Write(file, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        }
        if ((File.GetUnixFileMode(file) & ~OwnerOnly) != UnixFileMode.None)
        {
            throw new CannotWitnessException($"Others on this machine can read the key. Run: chmod 600 {file}");
        }
        try
        {
            var seed = Convert.FromHexString(File.ReadAllText(file).Trim());
            return seed.Length == 32 ? seed : throw new FormatException();
        }
        catch (FormatException)
        {
            throw new CannotWitnessException($"{file} does not hold a key: 64 hexadecimal digits.");
        }
    }

    public static string NameOf(string origin) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(origin)));

    public string? Read(string origin) => File.Exists(FileOf(origin)) ? File.ReadAllText(FileOf(origin), Encoding.UTF8) : null;

    public void Remember(string origin, string note) => Write(FileOf(origin), note);

    private string FileOf(string origin) => Path.Combine(_folder, NameOf(origin) + ".checkpoint");

    private void Write(string file, string text)
    {
        using (var stream = new FileStream(file + ".new", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        File.Move(file + ".new", file, overwrite: true);
        var directory = OpenFile(_folder, ReadDirectory);
        if (directory < 0)
        {
            throw new IOException($"The folder {_folder} cannot be opened (error {Marshal.GetLastPInvokeError()}).");
        }
        var failed = Fsync(directory) != 0;
        _ = Close(directory);
        if (failed)
        {
            throw new IOException($"The folder {_folder} cannot be made durable.");
        }
    }

    public void Dispose() => _lock.Dispose();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
