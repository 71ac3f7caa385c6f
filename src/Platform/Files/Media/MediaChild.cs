using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;

namespace Muqeem.Platform.Files.Media;

/// <summary>A picture of our own making.</summary>
internal sealed record Picture(byte[] Jpeg, int Width, int Height);

/// <summary>
/// The parent's side: starts a short-lived child for each file, and trusts nothing that it answers. The child can read the system's libraries and this program,
/// nothing of the data folder, and write nowhere; it is ended when it takes too long.
/// </summary>
internal sealed partial class MediaChild : IDisposable
{
    private const int LongestHeader = 64 * 1024;
    private const int LargestPicture = 6 * 1024 * 1024;

    private readonly ILogger<MediaChild> _log;
    private readonly string _program;
    private readonly string[] _arguments;
    private readonly TimeSpan _longest;
    private readonly SemaphoreSlim _places = new(Math.Max(2, Environment.ProcessorCount / 2));
    private readonly BlockingCollection<Action> _starts = [];

    public MediaChild(ILogger<MediaChild> log)
        : this(log, Self().Program, Self().Arguments, TimeSpan.FromSeconds(MediaWorker.MostSeconds + 10))
    {
    }

    internal MediaChild(ILogger<MediaChild> log, string program, string[] arguments, TimeSpan longest)
    {
        _log = log;
        _program = program;
        _arguments = arguments;
        _longest = longest;
        // What the starting thread may do, the children may do at most; so it has a thread of its own.
        var ready = new TaskCompletionSource<bool>();
        new Thread(() =>
        {
            ready.SetResult(Confinement.ConfineStartingThread(Readable(program, arguments)));
            foreach (var start in _starts.GetConsumingEnumerable())
            {
                start();
            }
        })
        { IsBackground = true, Name = "media" }.Start();
        FilesHidden = ready.Task.GetAwaiter().GetResult();
        if (!FilesHidden)
        {
            NotHidden(_log);
        }
    }

    /// <summary>Whether the kernel hides this installation's files from the children (Landlock). Their other limits hold everywhere.</summary>
    public bool FilesHidden { get; }

    /// <summary>Display pictures, one a page, and the thumbnail.</summary>
    public async Task<Result<(FileShape Shape, IReadOnlyList<Picture> Pages, Picture Thumbnail)>> DeriveAsync(ReadOnlyMemory<byte> file, FileShape shape, UploadRule rule, CancellationToken cancel)
    {
        var ran = await RunAsync(new(MediaTask.Derive, shape.Kind, rule.MostPages, rule.MostPixels, "2000-01-01"), file, cancel);
        if (!ran.TryGet(out var reply, out var refusal))
        {
            return refusal;
        }
        var (answer, pictures) = reply;
        if (pictures.Count != answer.Pages + 1 || answer.Pages > rule.MostPages)
        {
            return Distrust();
        }
        var checkedPictures = new List<Picture>(pictures.Count);
        for (var i = 0; i < pictures.Count; i++)
        {
            if (Ours(pictures[i], i < answer.Pages ? MediaWorker.DisplaySide : MediaWorker.ThumbnailSide) is not { } picture)
            {
                return Distrust();
            }
            checkedPictures.Add(picture);
        }
        return (shape.Kind == FileKind.Pdf ? shape : shape with { Width = answer.Width, Height = answer.Height }, checkedPictures[..^1], checkedPictures[^1]);
    }

    /// <summary>Texts found in a picture: of QR codes, or of a machine-readable zone.</summary>
    public async Task<Result<IReadOnlyList<string>>> ReadAsync(MediaTask task, ReadOnlyMemory<byte> file, FileShape shape, UploadRule rule, string today, CancellationToken cancel)
    {
        var ran = await RunAsync(new(task, shape.Kind, int.MaxValue, rule.MostPixels, today), file, cancel);
        if (!ran.TryGet(out var reply, out var refusal))
        {
            return refusal;
        }
        return reply.Answer.Texts.Count <= 8 && reply.Answer.Texts.TrueForAll(t => t.Length <= 4296) ? reply.Answer.Texts : Distrust();
    }

    /// <summary>The files drawn and the report, as they came; null when the child ended before its answer.</summary>
    public Task<(MediaAnswer Answer, List<byte[]> Files)?> DrawAsync(ReadOnlyMemory<byte> sheet, FileKind format, int pages, CancellationToken cancel) =>
        ExchangeAsync(new(MediaTask.Draw, format, pages, 0, "2000-01-01"), sheet, cancel);

    private async Task<Result<(MediaAnswer Answer, List<byte[]> Pictures)>> RunAsync(MediaRequest request, ReadOnlyMemory<byte> file, CancellationToken cancel)
    {
        if (await ExchangeAsync(request, file, cancel) is not (var answer, var pictures))
        {
            return new Refusal(UploadRefusals.Unreadable);
        }
        return answer.Fault switch
        {
            null => (answer, pictures),
            MediaFault.Locked => new Refusal(UploadRefusals.Locked),
            MediaFault.Pages => new Refusal(UploadRefusals.TooManyPages, ("pages", answer.Pages), ("limit", request.MostPages)),
            MediaFault.Pixels => new Refusal(UploadRefusals.TooManyPixels, ("width", answer.Width), ("height", answer.Height), ("limit", request.MostPixels / 1_000_000)),
            _ => new Refusal(UploadRefusals.Damaged),
        };
    }

    /// <summary>One child, one request; null when it died, took too long or answered nonsense.</summary>
    private async Task<(MediaAnswer Answer, List<byte[]> Pictures)?> ExchangeAsync(MediaRequest request, ReadOnlyMemory<byte> file, CancellationToken cancel)
    {
        await _places.WaitAsync(cancel);
        try
        {
            using var child = await StartAsync();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(_longest);
            try
            {
                var ask = AskAsync(child, request, file, limit.Token);
                var pictures = new List<byte[]>();
                var answer = JsonSerializer.Deserialize(await Frames.ReadAsync(child.StandardOutput.BaseStream, LongestHeader, limit.Token), MediaJson.Default.MediaAnswer);
                if (answer is null || answer.Pictures is null || answer.Texts is null || answer.Pictures.Count > request.MostPages + 1L)
                {
                    Ended(_log, "answer");
                    return null;
                }
                for (var i = 0; i < answer.Pictures.Count; i++)
                {
                    pictures.Add(await Frames.ReadAsync(child.StandardOutput.BaseStream, LargestPicture, limit.Token));
                }
                await ask;
                return (answer, pictures);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                Ended(_log, "time");
                return null;
            }
            catch (Exception e) when (e is IOException or EndOfStreamException or InvalidDataException or JsonException)
            {
                // It died by one of its limits, or by the file.
                Ended(_log, e.GetType().Name);
                return null;
            }
            finally
            {
                End(child);
            }
        }
        finally
        {
            _places.Release();
        }
    }

    private static async Task AskAsync(Process child, MediaRequest request, ReadOnlyMemory<byte> file, CancellationToken cancel)
    {
        var input = child.StandardInput.BaseStream;
        await Frames.WriteAsync(input, Frames.Of(request), cancel);
        await Frames.WriteAsync(input, file, cancel);
        await input.FlushAsync(cancel);
        child.StandardInput.Close();
    }

    private Task<Process> StartAsync()
    {
        var start = new ProcessStartInfo(_program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        foreach (var argument in _arguments)
        {
            start.ArgumentList.Add(argument);
        }
        // Nothing of ours: the environment may hold passwords.
        start.Environment.Clear();
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)
            [
                ("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8"), ("HOME", "/nonexistent"), ("XDG_CACHE_HOME", "/nonexistent"),
                ("DOTNET_EnableDiagnostics", "0"), ("DOTNET_EnableWriteXorExecute", "0"), ("DOTNET_TieredPGO", "0"), ("DOTNET_GCHeapHardLimit", "0x10000000"),
                ("DOTNET_gcConcurrent", "0"), ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"), ("OMP_THREAD_LIMIT", "1"), ("MALLOC_ARENA_MAX", "2"), ("VIPS_DISC_THRESHOLD", "2g"),
                ("DOTNET_ROOT", Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? ""),
            ])
        {
            if (value.Length > 0)
            {
                start.Environment[name] = value;
            }
        }
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _starts.Add(() =>
        {
            try
            {
                var child = Process.Start(start)!;
                // What the libraries say is about the file, so it goes nowhere; it is read so that the pipe does not fill.
                child.ErrorDataReceived += static (_, _) => { };
                child.BeginErrorReadLine();
                started.SetResult(child);
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return started.Task;
    }

    private static void End(Process child)
    {
        try
        {
            child.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
        child.WaitForExit(TimeSpan.FromSeconds(5));
    }

    private Refusal Distrust()
    {
        Ended(_log, "answer");
        return new Refusal(UploadRefusals.Unreadable);
    }

    /// <summary>A plain JPEG within the size, without a second nature and without data about the picture (EXIF, XMP, comments).</summary>
    private static Picture? Ours(byte[] jpeg, int side)
    {
        var shape = FileReading.ShapeOf(jpeg);
        return shape.Ok && shape.Value is { Kind: FileKind.Jpeg, Width: > 0, Height: > 0 } s && s.Width <= side && s.Height <= side && !CarriesData(jpeg)
            ? new Picture(jpeg, s.Width, s.Height)
            : null;
    }

    private static bool CarriesData(ReadOnlySpan<byte> jpeg)
    {
        for (var at = 2; jpeg[at + 1] != 0xDA; at += 2 + ((jpeg[at + 2] << 8) | jpeg[at + 3]))
        {
            if (jpeg[at + 1] is (>= 0xE1 and <= 0xEF) or 0xFE)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>This very program, also when it runs as <c>dotnet Muqeem.Host.dll</c>.</summary>
    private static (string Program, string[] Arguments) Self()
    {
        var program = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? (program, [Assembly.GetEntryAssembly()!.Location, MediaWorker.Verb])
            : (program, [MediaWorker.Verb]);
    }

    private static IEnumerable<string> Readable(string program, string[] arguments)
    {
        yield return "/usr";
        yield return "/lib";
        yield return "/lib64";
        yield return "/bin";
        yield return "/etc/fonts";
        yield return "/etc/ld.so.cache";
        yield return "/etc/ld.so.conf";
        yield return "/etc/ld.so.conf.d";
        yield return "/etc/localtime";
        yield return "/etc/alternatives";
        yield return "/var/cache/fontconfig";
        yield return "/proc";
        yield return "/sys/fs/cgroup";
        yield return "/sys/devices/system/cpu";
        yield return "/dev/urandom";
        yield return System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory().Split("/shared/")[0];
        yield return Path.GetDirectoryName(new FileInfo(program).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? program)!;
        yield return AppContext.BaseDirectory;
        foreach (var file in arguments.Where(Path.IsPathRooted))
        {
            yield return Path.GetDirectoryName(file)!;
        }
    }

    public void Dispose()
    {
        _starts.CompleteAdding();
        _places.Dispose();
    }

    [LoggerMessage(40, LogLevel.Warning, "A file was not read or drawn: the process for pictures ended by {Reason}.")]
    private static partial void Ended(ILogger logger, string reason);

    [LoggerMessage(41, LogLevel.Warning, "This kernel has no Landlock: the process that reads pictures can see this installation's files. Its other limits hold.")]
    private static partial void NotHidden(ILogger logger);
}
