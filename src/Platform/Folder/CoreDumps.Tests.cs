using System.Diagnostics;
using Muqeem.Platform.Files.Media;
using Muqeem.Tests;

namespace Muqeem.Platform.Folder;

/// <summary>Processes of their own, because what they forbid themselves they cannot allow again.</summary>
public sealed class CoreDumpsTests
{
    private static Process Start(string program, string argument, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, [argument]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }

    private static string Host => Path.Combine(Repository.Root, "src", "Host", Path.GetRelativePath(Path.Combine(Repository.Root, "tests", "Tests"), AppContext.BaseDirectory), "Muqeem.Host");

    [Fact]
    public async Task A_process_that_forbids_it_is_dumped_by_nobody()
    {
        using var child = Start(Path.Combine(AppContext.BaseDirectory, "Muqeem.Tests"), "undumpable-child");
        Assert.Equal("before: True, after: False", await child.StandardOutput.ReadToEndAsync());
        await child.WaitForExitAsync();
        Assert.Equal(0, child.ExitCode);
    }

    [Fact]
    public async Task Muqeem_itself_forbids_it_before_it_does_anything()
    {
        // The verb that waits for a picture on its input.
        using var muqeem = Start(Host, MediaWorker.Verb);
        var limits = await WholeWorld.UntilAsync(async () => (await File.ReadAllLinesAsync($"/proc/{muqeem.Id}/limits")).FirstOrDefault(l => l.StartsWith("Max core file size", StringComparison.Ordinal)) is { } line
            && line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [.., "0", "0", "bytes"] ? line : null, "the limit of core files is nought");
        Assert.NotNull(limits);
        muqeem.StandardInput.Close();
        await muqeem.WaitForExitAsync();
    }

    [Fact]
    public async Task Muqeem_does_not_start_where_the_runtime_would_write_dumps()
    {
        using var muqeem = Start(Host, "help", ("DOTNET_DbgEnableMiniDump", "1"));
        Assert.Contains("DOTNET_DbgEnableMiniDump is set: a dump of this process would hold personal data in clear.", await muqeem.StandardError.ReadToEndAsync());
        await muqeem.WaitForExitAsync();
        Assert.Equal(1, muqeem.ExitCode);
    }
}

/// <summary>Says what the kernel says of it before and after.</summary>
internal static class UndumpableChild
{
    public static int Run()
    {
        var before = CoreDumps.MayBeDumped;
        CoreDumps.Forbid();
        Console.Write($"before: {before}, after: {CoreDumps.MayBeDumped}");
        return 0;
    }
}
