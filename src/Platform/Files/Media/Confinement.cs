using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Muqeem.Platform.Files.Media;

/// <summary>
/// What a process that decodes strangers' files may still do: nearly nothing. Decoders of pictures are the largest attack surface there is; a fault in one
/// must not reach the network, other programs, or the files of this installation.
/// </summary>
internal static partial class Confinement
{
    private const int PrSetDumpable = 4;
    private const int PrSetSecureBits = 28;
    private const int PrSetNoNewPrivileges = 38;
    private const int NoRoot = 1;
    private const int NoRootLocked = 2;
    private const int RlimitCpu = 0;
    private const int RlimitFileSize = 1;
    private const int RlimitData = 2;
    private const int RlimitCore = 4;
    private const int NewNetwork = 0x40000000;

    /// <summary>
    /// For the thread that starts children, in the parent: the children inherit that they may read the system's libraries and fonts and this program, and may
    /// write nowhere. Returns false where the kernel has no Landlock; then only <see cref="EnterChild"/> protects.
    /// </summary>
    public static bool ConfineStartingThread(IEnumerable<string> readable)
    {
        if (Prctl(PrSetNoNewPrivileges, 1, 0, 0, 0) != 0)
        {
            return false;
        }
        // Only where it is permitted (root); elsewhere the filter of the child alone forbids sockets.
        _ = Unshare(NewNetwork);
        // Should this installation run as root against all advice: the child has none of root's powers, which would go round what follows.
        _ = Prctl(PrSetSecureBits, NoRoot | NoRootLocked, 0, 0, 0);
        var version = Syscall(LandlockCreateRuleset, 0, 0, 1);
        if (version < 1)
        {
            return false;
        }
        // Version 1: 13 rights on files; later ones add link, truncate, device control. What the kernel does not know must not be asked for.
        ulong handled = version switch { 1 => 0x1FFF, 2 => 0x3FFF, 3 or 4 => 0x7FFF, _ => 0xFFFF };
        unsafe
        {
            var attribute = handled;
            var ruleset = (int)Syscall(LandlockCreateRuleset, (nint)(&attribute), sizeof(ulong), 0);
            if (ruleset < 0)
            {
                return false;
            }
            const ulong execute = 1, readFile = 4, readDirectory = 8, writeFile = 2;
            var whole = true;
            foreach (var path in readable)
            {
                whole &= Allow(ruleset, path, Directory.Exists(path) ? execute | readFile | readDirectory : execute | readFile) || !Path.Exists(path);
            }
            whole &= Allow(ruleset, "/dev/null", readFile | writeFile);
            var restricted = whole && Syscall(LandlockRestrictSelf, ruleset, 0, 0) == 0;
            _ = Close(ruleset);
            return restricted;
        }
    }

    /// <summary>For the child itself, after its libraries are loaded and before it reads a byte of input.</summary>
    /// <param name="seconds">Of computing.</param>
    /// <param name="bytes">Of memory that can be written.</param>
    /// <exception cref="InvalidOperationException">It could not be confined: it must not go on.</exception>
    public static void EnterChild(int seconds, long bytes)
    {
        // No core file: it would hold the picture. Nothing written to disk.
        Limit(RlimitCore, 0);
        Limit(RlimitFileSize, 0);
        Limit(RlimitCpu, seconds);
        Limit(RlimitData, bytes);
        Must(Prctl(PrSetDumpable, 0, 0, 0, 0) == 0, "dumpable");
        Must(Prctl(PrSetNoNewPrivileges, 1, 0, 0, 0) == 0, "privileges");
        ApplyFilter();
    }

    private static bool Allow(int ruleset, string path, ulong rights)
    {
        const int openPath = 0x200000, closeOnExec = 0x80000;
        var handle = Open(path, openPath | closeOnExec);
        if (handle < 0)
        {
            return false;
        }
        // struct landlock_path_beneath_attr, packed: u64 allowed_access, s32 parent_fd.
        Span<byte> rule = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(rule, rights);
        BinaryPrimitives.WriteInt32LittleEndian(rule[8..], handle);
        bool allowed;
        unsafe
        {
            fixed (byte* pointer = rule)
            {
                allowed = Syscall(LandlockAddRule, ruleset, 1, (nint)pointer, 0) == 0;
            }
        }
        _ = Close(handle);
        return allowed;
    }

    /// <summary>
    /// A filter of system calls over all threads: no sockets, no programs, no further processes, no files for writing, no reaching into other processes.
    /// They fail with EPERM; an unknown architecture ends the process.
    /// </summary>
    private static void ApplyFilter()
    {
        var x64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        var calls = x64 ? Forbidden.X64 : Forbidden.Arm64;
        const ushort load = 0x20, equal = 0x15, greaterOrEqual = 0x35, anyBit = 0x45, answer = 0x06;
        const uint allow = 0x7FFF0000, kill = 0x80000000, refuse = 0x00050000 | 1, noSuchCall = 0x00050000 | 38;
        const uint callAt = 0, architectureAt = 4, firstArgumentAt = 16, thirdArgumentAt = 32;
        var program = new List<(ushort Code, byte True, byte False, uint Value)>
        {
            (load, 0, 0, architectureAt),
            (equal, 1, 0, x64 ? 0xC000003E : 0xC00000B7),
            (answer, 0, 0, kill),
            (load, 0, 0, callAt),
        };
        if (x64)
        {
            // The x32 calls share the architecture and would go round the list.
            program.Add((greaterOrEqual, 0, 1, 0x40000000));
            program.Add((answer, 0, 0, kill));
        }
        foreach (var call in calls)
        {
            program.Add((equal, 0, 1, call));
            program.Add((answer, 0, 0, refuse));
        }
        // clone3 hides its flags in memory where a filter cannot look: the C library falls back to clone, of which only threads are allowed.
        program.Add((equal, 0, 1, 435));
        program.Add((answer, 0, 0, noSuchCall));
        program.Add((equal, 0, 4, x64 ? 56u : 220u));
        program.Add((load, 0, 0, firstArgumentAt));
        program.Add((anyBit, 1, 0, 0x00010000)); // CLONE_THREAD
        program.Add((answer, 0, 0, refuse));
        program.Add((answer, 0, 0, allow));
        // openat: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC and O_TMPFILE's own bit are refused; open is in the list, the C library does not use it.
        program.Add((equal, 0, 4, x64 ? 257u : 56u));
        program.Add((load, 0, 0, thirdArgumentAt));
        program.Add((anyBit, 0, 1, 0x1 | 0x2 | 0x40 | 0x200 | 0x400000));
        program.Add((answer, 0, 0, refuse));
        program.Add((answer, 0, 0, allow));
        program.Add((answer, 0, 0, allow));

        var bytes = new byte[program.Count * 8];
        for (var i = 0; i < program.Count; i++)
        {
            var (code, yes, no, value) = program[i];
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * 8), code);
            bytes[(i * 8) + 2] = yes;
            bytes[(i * 8) + 3] = no;
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan((i * 8) + 4), value);
        }
        unsafe
        {
            fixed (byte* code = bytes)
            {
                var filter = new FilterProgram { Length = (ushort)program.Count, Code = code };
                const int setFilter = 1, allThreads = 1;
                Must(Syscall(x64 ? 317 : 277, setFilter, allThreads, (nint)(&filter)) == 0, "system calls");
            }
        }
    }

    /// <summary>Numbers of system calls, by the kernel's tables.</summary>
    private static class Forbidden
    {
        // open, creat, socket, connect, accept, sendto, recvfrom, sendmsg, recvmsg, bind, listen, socketpair, fork, vfork, execve, kill, ptrace, rename, mkdir,
        // rmdir, link, unlink, symlink, chmod, fchmod, chown, fchown, lchown, truncate, mknod, setuid..setgid, pivot_root, chroot, mount, umount2, swapon, reboot,
        // init_module, delete_module, add_key, request_key, keyctl, mkdirat, mknodat, fchownat, unlinkat, renameat, linkat, symlinkat, fchmodat, unshare,
        // accept4, perf_event_open, recvmmsg, open_by_handle_at, setns, sendmmsg, process_vm_readv, process_vm_writev, finit_module, renameat2, bpf, execveat,
        // userfaultfd, pidfd_send_signal, io_uring_setup, pidfd_open, openat2, pidfd_getfd, fchmodat2
        public static readonly uint[] X64 =
        [
            2, 85, 41, 42, 43, 44, 45, 46, 47, 49, 50, 53, 57, 58, 59, 62, 101, 82, 83, 84, 86, 87, 88, 90, 91, 92, 93, 94, 76, 133, 105, 106, 155, 161, 165, 166, 167, 169,
            175, 176, 248, 249, 250, 258, 259, 260, 263, 264, 265, 266, 268, 272, 288, 298, 299, 304, 308, 307, 310, 311, 313, 316, 321, 322, 323, 424, 425, 434, 437, 438, 452,
        ];

        // The same by the generic table; what it does not have (open, fork, …) cannot be called.
        public static readonly uint[] Arm64 =
        [
            198, 199, 200, 201, 202, 203, 206, 207, 211, 212, 221, 129, 117, 33, 34, 35, 36, 37, 38, 45, 52, 53, 54, 55, 144, 146, 41, 51, 40, 39, 224, 142, 105, 106,
            217, 218, 219, 97, 242, 241, 243, 265, 268, 269, 270, 271, 273, 276, 280, 281, 282, 424, 425, 434, 437, 438, 452,
        ];
    }

    private static void Limit(int resource, long value)
    {
        var limit = new ResourceLimit { Soft = (ulong)value, Hard = (ulong)value };
        Must(SetLimit(resource, ref limit) == 0, "limits");
    }

    private static void Must(bool done, string what)
    {
        if (!done)
        {
            throw new InvalidOperationException($"The process cannot be confined ({what}, error {Marshal.GetLastPInvokeError()}).");
        }
    }

    private const long LandlockCreateRuleset = 444;
    private const long LandlockAddRule = 445;
    private const long LandlockRestrictSelf = 446;

    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct FilterProgram
    {
        public ushort Length;
        public byte* Code;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nint two, nint three, nint four, nint five);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, ref ResourceLimit limit);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall(long number, nint one, nint two, nint three);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall(long number, nint one, nint two, nint three, nint four);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
