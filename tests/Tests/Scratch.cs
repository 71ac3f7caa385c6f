namespace Muqeem.Tests;

/// <summary>
/// Where the databases of tests lie that pull no plug: in memory, where there is enough of it. Each has hundreds of files and lives for seconds, and looking for inodes that were not just given back took a disk's file system a tenth of
/// the whole run's processor time. Those that kill a PostgreSQL stay on the disk.
/// </summary>
public static class Scratch
{
    private const string Memory = "/dev/shm";

    /// <summary>A container's is often 64 MB.</summary>
    private const long Enough = 8L << 30;

    public static string Root { get; } = Find();

    private static string Find()
    {
        if (!Directory.Exists(Memory))
        {
            return Path.GetTempPath();
        }
        // Of runs that were killed: nothing of this lives for hours, and memory is not emptied by a restart of the tests.
        foreach (var left in ((string[])["muqeem-world-*", "muqeem-test-*"]).SelectMany(name => Directory.GetDirectories(Memory, name)).Where(d => Directory.GetLastWriteTimeUtc(d) < TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-6)))
        {
            try
            {
                Directory.Delete(left, recursive: true);
            }
            catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
            {
                // Another user's, or another run sweeps it at the same moment.
            }
        }
        return new DriveInfo(Memory).AvailableFreeSpace >= Enough ? Memory : Path.GetTempPath();
    }
}
