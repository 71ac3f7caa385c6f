using System.Runtime.InteropServices;

namespace Muqeem.Platform.Folder;

/// <summary>
/// A picture of the memory of a process that serves people holds what they were just shown, in clear: managed text cannot be wiped, only forgotten. So no such picture is ever written: none by the kernel when
/// the process dies, none by another process of the same user, none by the runtime.
/// </summary>
public static partial class CoreDumps
{
    private const int PrGetDumpable = 3;
    private const int PrSetDumpable = 4;
    private const int RlimitCore = 4;

    /// <summary>Variables by which the runtime is told to write its own.</summary>
    private static readonly string[] Switches = ["DOTNET_DbgEnableMiniDump", "COMPlus_DbgEnableMiniDump"];

    /// <summary>Before anything else a process does; its children decide for themselves.</summary>
    /// <exception cref="CannotStartException">The kernel does not do it, or the runtime was told to write dumps.</exception>
    public static void Forbid()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        if (Array.Find(Switches, s => Environment.GetEnvironmentVariable(s) is { Length: > 0 } value && value != "0") is { } asked)
        {
            throw new CannotStartException($"{asked} is set: a dump of this process would hold personal data in clear. Take it out of the environment.");
        }
        if (SetNoLimit() != 0 || Prctl(PrSetDumpable, 0, 0, 0, 0) != 0)
        {
            throw new CannotStartException("Core dumps cannot be forbidden on this machine: the kernel refused. A dump would hold personal data in clear.");
        }
    }

    /// <summary>Whether this process may be dumped, as the kernel says it.</summary>
    internal static bool MayBeDumped => Prctl(PrGetDumpable, 0, 0, 0, 0) != 0 || GetLimit(RlimitCore, out var limit) != 0 || limit.Hard != 0;

    private static int SetNoLimit()
    {
        var none = default(ResourceLimit);
        return SetLimit(RlimitCore, ref none);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nuint two, nuint three, nuint four, nuint five);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, ref ResourceLimit limit);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out ResourceLimit limit);
}
