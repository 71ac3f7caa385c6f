namespace Muqeem.Platform.Database;

/// <summary>One process per data folder: SQLite's single writer lives in this process, a second one would break its promises. Held until disposed; the system releases it when the process dies.</summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    public static FolderLock Take(string folder)
    {
        Directory.CreateDirectory(folder);
        try
        {
            return new(new FileStream(Path.Combine(folder, "muqeem.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException)
        {
            throw new DatabaseRefusedException($"The data folder {Path.GetFullPath(folder)} cannot be written by this user.");
        }
        catch (IOException) when (File.Exists(Path.Combine(folder, "muqeem.lock")))
        {
            throw new DatabaseRefusedException(
                $"The data folder {Path.GetFullPath(folder)} is in use by another Muqeem process. With SQLite all roles run in one process; stop the other one, or use PostgreSQL.");
        }
    }

    public void Dispose() => _file.Dispose();
}
