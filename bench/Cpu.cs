using System.Globalization;

namespace Muqeem.Bench;

/// <summary>What processes cost, as the kernel counts it: in hundredths of a second, so slices must last.</summary>
internal static class Cpu
{
    private const double MicrosPerTick = 10_000;

    /// <summary>CPU of one living process in microseconds; its children not included.</summary>
    public static double Of(int pid) => Fields(pid) is { } f ? (f.Own) * MicrosPerTick : 0;

    /// <summary>CPU of the children of this process that have ended.</summary>
    public static double OfEndedChildren() => Fields(Environment.ProcessId)!.Value.Reaped * MicrosPerTick;

    /// <summary>A server and all its backends, those that have ended included.</summary>
    public static double OfTree(int root)
    {
        var all = Fields(root) is { } own ? own.Own + own.Reaped : 0;
        foreach (var name in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(name), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && Fields(pid) is { } f && f.Parent == root)
            {
                all += f.Own;
            }
        }
        return all * MicrosPerTick;
    }

    public static double MebibytesOf(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(new string([.. line.Where(char.IsAsciiDigit)]), CultureInfo.InvariantCulture) / 1024.0;
    }

    public static string Load() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]);

    private static (int Parent, long Own, long Reaped)? Fields(int pid)
    {
        try
        {
            // pid (name) state parent …; the name may hold anything but ends with the last bracket. utime is the 14th field.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var rest = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            long At(int n) => long.Parse(rest[n], CultureInfo.InvariantCulture);
            return ((int)At(1), At(11) + At(12), At(13) + At(14));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
