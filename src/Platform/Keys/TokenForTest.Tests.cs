using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Muqeem.Platform.Keys;

/// <summary>One SoftHSM token for the whole process: its library reads its configuration once. Folders share it, as they may share a real one.</summary>
internal static partial class TokenForTest
{
    /// <summary>Tests that take sessions away run alone among those with a token.</summary>
    public const string Collection = "token";

    public const string Label = "muqeem test";
    private const string Pin = "4711-4711";

    private static readonly Lazy<TokenSettings> Made = new(Make);

    public static TokenSettings Settings => Made.Value;

    private static TokenSettings Make()
    {
        var module = new[] { "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm.so" }.FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("SoftHSM is missing. Run: scripts/install.sh test");
        var folder = Path.Combine(Path.GetTempPath(), "muqeem-token-" + Convert.ToHexString(RandomNumberGenerator.GetBytes(8)));
        Directory.CreateDirectory(Path.Combine(folder, "tokens"));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var configuration = Path.Combine(folder, "softhsm2.conf");
        File.WriteAllText(configuration, $"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n");
        var start = new ProcessStartInfo("softhsm2-util", ["--init-token", "--free", "--label", Label, "--so-pin", "so-4711-4711", "--pin", Pin]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["SOFTHSM2_CONF"] = configuration;
        using (var process = Process.Start(start)!)
        {
            var said = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException("The token could not be made: " + said);
            }
        }
        // The runtime's own variables are a copy that a library does not see.
        if (SetEnvironment("SOFTHSM2_CONF", configuration, 1) != 0)
        {
            throw new InvalidOperationException("The environment could not be set.");
        }
        return new TokenSettings(module, Label, Pin) { Sessions = 4 };
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
