using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Muqeem.Demo;

/// <summary>Muqeem and the stand-in agencies as two processes on an empty folder: what <c>make run</c> starts, on free ports and with keys of its own.</summary>
public sealed class Installation : IAsyncDisposable
{
    private readonly List<Process> _processes = [];
    private readonly HttpClient _http;
    private TimeSpan _moved;

    private Installation(string folder, int port, int agenciesPort)
    {
        Folder = folder;
        Muqeem = new Uri($"http://localhost:{port}");
        Agencies = new Uri($"http://localhost:{agenciesPort}");
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(30) };
    }

    public string Folder { get; }
    public Uri Muqeem { get; }
    public Uri Agencies { get; }

    /// <summary>How long both took until Muqeem said that it is ready.</summary>
    public TimeSpan ReadyAfter { get; private set; }

    /// <summary>The time as Muqeem has it.</summary>
    public DateTimeOffset Now => TimeProvider.System.GetUtcNow() + _moved;

    /// <param name="root">The repository.</param>
    /// <param name="folder">Deleted first.</param>
    /// <param name="seed">Residents from the stand-ins' population.</param>
    public static async Task<Installation> StartAsync(string root, string folder, int seed, string configuration = "Release")
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var it = new Installation(folder, FreePort(), FreePort());
        try
        {
            await it.StartAsync(root, seed, configuration);
            return it;
        }
        catch
        {
            await it.DisposeAsync();
            throw;
        }
    }

    private async Task StartAsync(string root, int seed, string configuration)
    {
        var watch = Stopwatch.StartNew();
        string At(string project) => Path.Combine(root, "src", project, "bin", configuration, "net10.0", $"Muqeem.{project}.dll");
        Start("sandbox.log", [],
            At("Sandbox"), "--urls", Origin(Agencies), "--data", Path.Combine(Folder, "sandbox"),
            "--Muqeem:Keys", new Uri(Muqeem, "trust/exchange.json").ToString(),
            "--Webhooks:payments:Url", new Uri(Muqeem, "hooks/payments").ToString(), "--Webhooks:border:Url", new Uri(Muqeem, "hooks/border").ToString(),
            "--Webhooks:labour:Url", new Uri(Muqeem, "hooks/labour").ToString(), "--Webhooks:domestic-work:Url", new Uri(Muqeem, "hooks/domestic-work").ToString(),
            "--Webhooks:contests:Url", new Uri(Muqeem, "hooks/contests").ToString(), "--Webhooks:records:Url", new Uri(Muqeem, "hooks").ToString());
        // Each of the two must know the other's keys: the stand-ins ask for Muqeem's when they need them.
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        await UntilAsync(async () =>
        {
            try
            {
                foreach (var (name, value) in (await _http.GetFromJsonAsync<Dictionary<string, string>>(new Uri(Agencies, "keys")))!)
                {
                    keys[name.Replace(":", "__", StringComparison.Ordinal)] = value;
                }
                return true;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "the stand-ins are there", 120);
        Start("muqeem.log", new(keys, StringComparer.Ordinal)
        {
            ["Data"] = Path.Combine(Folder, "data"),
            ["Kind"] = "demonstration",
            // The name that is kept for examples: what credentials and codes say is then the same wherever the demonstration is played.
            ["PublicOrigin"] = "https://muqeem.example",
            ["Seed"] = seed.ToString(CultureInfo.InvariantCulture),
            ["Agencies__Sandbox"] = Origin(Agencies),
            ["Portal__PayPage"] = $"{Origin(Agencies)}/bank?number={{number}}",
        }, At("Host"), "serve", "--urls", Origin(Muqeem));
        await UntilAsync(async () =>
        {
            try
            {
                using var answer = await _http.GetAsync(new Uri(Muqeem, "readyz"));
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "Muqeem is ready", 120);
        ReadyAfter = watch.Elapsed;
    }

    private void Start(string log, Dictionary<string, string> settings, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }
        var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        var file = TextWriter.Synchronized(File.CreateText(Path.Combine(Folder, log)));
        void Write(object _, DataReceivedEventArgs line)
        {
            if (line.Data is null)
            {
                return;
            }
            file.WriteLine(line.Data);
            file.Flush();
        }
        process.OutputDataReceived += Write;
        process.ErrorDataReceived += Write;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
    }

    /// <summary>The office accounts that were seeded: name, password, secret of the authenticator.</summary>
    public async Task<IReadOnlyDictionary<string, (string Password, string Secret)>> OfficeAsync()
    {
        var list = Path.Combine(Folder, "data", "accounts.txt");
        await UntilAsync(() => Task.FromResult(File.Exists(list) && File.ReadAllText(list).EndsWith('\n')), "the office accounts are there", 180);
        return (await File.ReadAllLinesAsync(list)).Select(l => l.Split('\t')).ToDictionary(l => l[0], l => (l[2], l[3]), StringComparer.Ordinal);
    }

    /// <summary>What a person of the stand-ins' population holds in hand and would type.</summary>
    public async Task<Hand> HandAsync(int index)
    {
        using var json = await DeskAsync($"people/{index}");
        var hand = json.RootElement.GetProperty("inHand");
        var typed = hand.GetProperty("typed");
        string Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return new(Text(hand, "borderNumber"), string.Join('\n', hand.GetProperty("passport").GetProperty("mrz").EnumerateArray().Select(l => l.GetString())), Text(typed, "birth"), Text(typed, "birthCalendar"),
            Text(typed, "nameEn"), Text(typed, "nameAr"), Text(typed, "occupationCode"), Text(typed, "employerNumber"), Text(typed, "shortAddress"), Text(typed, "cityAr"), Text(typed, "mobile"),
            await FileAsync($"people/{index}/passport.jpg"), await FileAsync($"people/{index}/portrait.png"));
    }

    /// <summary>What a person can do at an agency: buy health cover, pass the medical test, get a new passport.</summary>
    public Task ActAsync(int index, string act) => PostAsync($"people/{index}/acts/{act}");

    /// <summary>A form sent at a desk of the stand-ins.</summary>
    public async Task PostAsync(string desk, params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        using var answer = await _http.PostAsync(new Uri(Agencies, desk), content);
        if ((int)answer.StatusCode >= 400)
        {
            throw new NotAsExpectedException($"{desk}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }

    /// <summary>The number of the newest message to a telephone; what comes next is newer.</summary>
    public async Task<long> NewestMessageAsync(string mobile)
    {
        using var json = await DeskAsync($"inbox?to={Uri.EscapeDataString(mobile)}&count=1");
        return json.RootElement.GetArrayLength() == 0 ? 0 : json.RootElement[0].GetProperty("id").GetInt64();
    }

    /// <summary>The code in a message that came after another one.</summary>
    public async Task<string> CodeAsync(string mobile, long after)
    {
        var code = "";
        await UntilAsync(async () =>
        {
            using var json = await DeskAsync($"inbox?to={Uri.EscapeDataString(mobile)}&count=1&after={after}");
            if (json.RootElement.GetArrayLength() > 0)
            {
                code = System.Text.RegularExpressions.Regex.Match(json.RootElement[0].GetProperty("text").GetString()!, "[0-9]{6}").Value;
            }
            return code.Length > 0;
        }, $"a code came to {mobile}", 60);
        return code;
    }

    /// <summary>The clock was moved on at Muqeem: the stand-ins' desks follow, and so do authenticator apps.</summary>
    public async Task ClockMovedAsync(TimeSpan by)
    {
        _moved += by;
        await PostAsync("clock", ("now", Now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fff", CultureInfo.InvariantCulture) + "Z"));
    }

    private async Task<JsonDocument> DeskAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Agencies, path));
        request.Headers.Accept.ParseAdd("application/json");
        using var answer = await _http.SendAsync(request);
        return JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
    }

    private async Task<string> FileAsync(string path)
    {
        var file = Path.Combine(Folder, path.Replace('/', '-'));
        await File.WriteAllBytesAsync(file, await _http.GetByteArrayAsync(new Uri(Agencies, path)));
        return file;
    }

    /// <summary>Waits by looking, ten times a second.</summary>
    public static async Task UntilAsync(Func<Task<bool>> look, string what, int seconds)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed.TotalSeconds < seconds; await Task.Delay(100))
        {
            if (await look())
            {
                return;
            }
        }
        throw new NotAsExpectedException($"It did not happen in {seconds} s: {what}.");
    }

    private static string Origin(Uri address) => address.GetLeftPart(UriPartial.Authority);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
        _http.Dispose();
    }
}

/// <param name="Birth">ISO, in <paramref name="BirthCalendar"/>.</param>
/// <param name="PassportPicture">A file.</param>
/// <param name="Portrait">A file.</param>
public sealed record Hand(
    string BorderNumber, string Mrz, string Birth, string BirthCalendar, string NameLatin, string NameArabic, string Occupation, string Employer, string ShortAddress, string City, string Mobile, string PassportPicture,
    string Portrait);

/// <summary>A step did not come to what it must come to.</summary>
public sealed class NotAsExpectedException : Exception
{
    public NotAsExpectedException() { }

    public NotAsExpectedException(string message) : base(message) { }

    public NotAsExpectedException(string message, Exception inner) : base(message, inner) { }
}
