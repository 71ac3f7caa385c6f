using System.Diagnostics;
using Muqeem.Bench;

namespace Muqeem.Tests.Kills;

/// <summary>Muqeem as a process of its own that is killed and started again; what it says is kept over all its lives.</summary>
internal sealed class MuqeemProcess(Product product, bool early) : IAsyncDisposable
{
    // Built beside this: bin/Release/net10.0.
    private static readonly string Honest = Path.Combine(Repository.Root, "src", "Host", Path.GetRelativePath(Path.Combine(Repository.Root, "tests", "Tests"), AppContext.BaseDirectory), "Muqeem.Host");
    private static readonly string Early = Path.Combine(AppContext.BaseDirectory, "Muqeem.Tests");

    private readonly List<string> _said = [];
    private Process? _process;

    /// <summary>It ended without being killed.</summary>
    public bool HasEnded => _process is { HasExited: true };

    /// <summary>Lines of its log.</summary>
    public IReadOnlyList<string> Said
    {
        get
        {
            lock (_said)
            {
                return [.. _said];
            }
        }
    }

    public void Start()
    {
        var start = new ProcessStartInfo(early ? Early : Honest, [early ? "early-host" : "serve"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in product.Settings)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }
        // Whoever is killed leaves the runtime's sockets for debuggers behind.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        _process?.Dispose();
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Hear;
        _process.ErrorDataReceived += Hear;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Returns its exit code: 137, unless it had ended before.</summary>
    public async Task<int> KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>As an operator stops it; returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        await PostgresServer.RunAsync("kill", "-TERM", _process!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }
        _process?.Dispose();
    }

    private void Hear(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is { Length: > 0 } text)
        {
            lock (_said)
            {
                _said.Add(text);
            }
        }
    }
}
