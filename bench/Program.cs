using System.Globalization;
using Muqeem.Agencies;
using Muqeem.Bench;
using Muqeem.Platform.Signatures;

// Whole cases over HTTP against pgbench, in alternating slices. Exit: 0 all bars hold, 2 a bar is missed, 1 an answer was wrong.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
ThreadPool.SetMinThreads(16, 16);
var sizes = Environment.GetEnvironmentVariable("BENCH") switch { "quick" => Sizes.Quick, "working" => Sizes.Working, _ => Sizes.Full };
// A million in one go, with BENCH_ONLY=import.persons: one round after the warm-up.
if (int.TryParse(Environment.GetEnvironmentVariable("BENCH_IMPORTED"), CultureInfo.InvariantCulture, out var imported))
{
    sizes = sizes with { Rounds = 1, Imported = imported };
}
var root = AppContext.BaseDirectory;
while (!File.Exists(Path.Combine(root, "Muqeem.slnx")))
{
    root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("Run it from the repository.");
}
var firstPort = int.Parse(Environment.GetEnvironmentVariable("BENCH_PORT") ?? "5740");
var scratch = Directory.CreateTempSubdirectory("muqeem-bench-").FullName;
File.SetUnixFileMode(scratch, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
var keys = AgenciesSetup.All.ToDictionary(a => a.Name, _ => MessageSigner.NewPkcs8());
var site = new Site(root, scratch, firstPort, new Uri($"http://127.0.0.1:{firstPort}"), MessageSigner.OfPkcs8(keys[PaymentGateway.Name]),
    keys.ToDictionary(k => $"Agencies:{k.Key}:Keys", k => PublicKeyText.SetOf([MessageSigner.OfPkcs8(k.Value).Key])))
{
    PrivateKeys = keys,
};
var code = 1;
try
{
    code = await new Run(site, sizes).GoAsync();
}
catch (WrongAnswerException wrong)
{
    Console.Error.WriteLine("WRONG: " + wrong.Message);
}
finally
{
    if (code == 1)
    {
        foreach (var log in Directory.GetFiles(scratch, "*.log"))
        {
            Console.Error.WriteLine($"--- {Path.GetFileName(log)}\n{string.Join('\n', File.ReadLines(log).Take(12))}");
        }
    }
    Directory.Delete(scratch, recursive: true);
}
return code;
