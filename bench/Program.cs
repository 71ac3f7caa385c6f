using System.Globalization;
using System.Security.Cryptography;
using Muqeem.Agencies;
using Muqeem.Bench;

// Whole cases over HTTP against pgbench, in alternating slices. Exit: 0 all bars hold, 2 a bar is missed, 1 an answer was wrong.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
ThreadPool.SetMinThreads(16, 16);
var sizes = Environment.GetEnvironmentVariable("BENCH") switch { "quick" => Sizes.Quick, "working" => Sizes.Working, _ => Sizes.Full };
var root = AppContext.BaseDirectory;
while (!File.Exists(Path.Combine(root, "Muqeem.slnx")))
{
    root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("Run it from the repository.");
}
var firstPort = int.Parse(Environment.GetEnvironmentVariable("BENCH_PORT") ?? "5740");
var scratch = Directory.CreateTempSubdirectory("muqeem-bench-").FullName;
File.SetUnixFileMode(scratch, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
string[] names = [PaymentGateway.Name, AlienRegister.Name, LabourContracts.Name];
var keys = names.ToDictionary(n => n, _ => RandomNumberGenerator.GetBytes(32));
var site = new Site(root, scratch, firstPort, new Uri($"http://127.0.0.1:{firstPort}"), keys[PaymentGateway.Name], keys.ToDictionary(k => $"Agencies:{k.Key}:WebhookKey", k => Convert.ToBase64String(k.Value)));
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
