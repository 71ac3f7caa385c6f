namespace Muqeem.Tests;

/// <summary>The test executable; as <c>crash-child</c> it is the process that a crash test kills.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (args is ["crash-child", ..])
        {
            return await CrashChild.RunAsync(args);
        }
        return args.Any(arg => arg is "-automated" or "@@")
            ? await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args)
            : await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
    }
}
