using System.Globalization;
using System.Text;
using Muqeem.Verifier.Journal;

namespace Muqeem.Witness;

/// <summary>The process must not start; the message is the sentence that the operator reads.</summary>
public sealed class CannotWitnessException(string sentence) : Exception(sentence);

/// <summary>
/// Composes the witness: C2SP tlog-witness over HTTP. Settings: <c>Data</c> (its folder), <c>Name</c> (of its key, an address without scheme), <c>Logs</c> (a file
/// with the vkeys of the journals that it watches, one a line).
/// </summary>
public static class WitnessHost
{
    /// <summary>A note with its proof is some kilobytes; 63 hashes and a note of the longest kind fit.</summary>
    private const long LargestRequest = Note.LongestNote + 4096;

    public static WebApplication Build(string[] args, TimeProvider? clock = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = ["--hostBuilder:reloadConfigOnChange=false", .. args], ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestRequest;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        string Setting(string name, string what) => builder.Configuration[name] is { Length: > 0 } value ? value : throw new CannotWitnessException($"--{name} is missing: {what}.");
        var cosigner = Cosigner.Open(Setting("Data", "the folder of the witness's key and memory"), Setting("Name", "the name of its key, like witness.example/w1"),
            ReadLogs(Setting("Logs", "a file with the vkeys of the journals that it watches")), clock ?? TimeProvider.System);
        // By a factory: what is made outside would not be disposed.
        builder.Services.AddSingleton(_ => cosigner);
        var app = builder.Build();
        app.Services.GetRequiredService<Cosigner>();
        app.MapPost("/add-checkpoint", AddAsync);
        app.MapGet("/{origin:length(64)}/checkpoint", (string origin, Cosigner witness) =>
            witness.Remembered(origin) is { } note ? Results.Text(note, "text/plain; charset=utf-8", Encoding.UTF8) : Results.NotFound());
        app.MapGet("/vkey", (Cosigner witness) => Results.Text(witness.VerifierKey + "\n"));
        return app;
    }

    private static async Task<IResult> AddAsync(HttpContext http, Cosigner witness)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        return await witness.AddAsync(body.ToArray(), http.RequestAborted) switch
        {
            Answer.Cosigned cosigned => Results.Text(cosigned.Line, "text/plain; charset=utf-8", Encoding.UTF8),
            Answer.Conflict conflict => new Text(409, conflict.Size.ToString(CultureInfo.InvariantCulture) + "\n", "text/x.tlog.size"),
            Answer.Refused refused => new Text(refused.Status, refused.Why + "\n", "text/plain; charset=utf-8"),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static List<NoteVerifierKey> ReadLogs(string file)
    {
        if (!File.Exists(file))
        {
            throw new CannotWitnessException($"There is no file {file}.");
        }
        var logs = new List<NoteVerifierKey>();
        foreach (var line in File.ReadAllLines(file).Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith('#')))
        {
            if (!NoteVerifierKey.Parse(line).TryGet(out var key, out var reason) || key.Type != NoteSignatureType.Ed25519)
            {
                throw new CannotWitnessException($"{file} holds a line that is not the vkey of a journal ({reason}): {line}");
            }
            logs.Add(key);
        }
        return logs.Count > 0 ? logs : throw new CannotWitnessException($"{file} names no journal.");
    }

    /// <summary>An answer whose type is exactly what the specification says, without a charset.</summary>
    private sealed class Text(int status, string text, string type) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = type;
            return httpContext.Response.WriteAsync(text, httpContext.RequestAborted);
        }
    }
}
