namespace Muqeem.Tests;

/// <summary>The test executable; as <c>crash-child</c> it is the process that a crash test kills, as <c>confined-child</c> one that tries what it may not, as <c>early-host</c> a Muqeem that lies, as <c>issuing-child</c> one that is killed while it issues, as <c>clock-child</c> one whose clock is wrong, as <c>undumpable-child</c> one that forbids pictures of its memory, as <c>rewrap-child</c> one that is killed while it wraps keys.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (args is ["crash-child", ..])
        {
            return await CrashChild.RunAsync(args);
        }
        if (args is ["early-host", ..])
        {
            return await Kills.EarlyHost.RunAsync(args[1..]);
        }
        if (args is ["issuing-child", ..])
        {
            return await Kills.IssuingChild.RunAsync(args[1..]);
        }
        if (args is ["clock-child", ..])
        {
            return await Kills.ClockChild.RunAsync(args[1..]);
        }
        if (args is ["rewrap-child", ..])
        {
            return await Muqeem.Platform.Privacy.RewrapChild.RunAsync(args[1..]);
        }
        if (args is ["undumpable-child", ..])
        {
            return Muqeem.Platform.Folder.UndumpableChild.Run();
        }
        if (args is ["confined-child", ..])
        {
            return Muqeem.Platform.Files.Media.ConfinedChild.Run(args[1]);
        }
        if (args is [Muqeem.Platform.Files.Media.MediaWorker.Verb])
        {
            // A Muqeem within the tests starts this very program to read and draw pictures.
            return await Muqeem.Platform.Files.Media.MediaWorker.RunAsync(Console.OpenStandardInput(), Console.OpenStandardOutput());
        }
        return args.Any(arg => arg is "-automated" or "@@")
            ? await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args)
            : await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
    }
}
