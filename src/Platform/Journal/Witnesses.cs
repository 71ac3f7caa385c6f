using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using Muqeem.Verifier.Journal;
using NodaTime;

namespace Muqeem.Platform.Journal;

/// <summary>Somebody outside who co-signs checkpoints (C2SP tlog-witness).</summary>
/// <param name="Url">Below it are <c>add-checkpoint</c> and the checkpoints that it remembers.</param>
public sealed record WitnessAddress(Uri Url, NoteVerifierKey Key);

/// <summary>How a witness stands, for the operators.</summary>
/// <param name="Size">What it co-signed last.</param>
/// <param name="Remark">A code of what went wrong last; null when nothing did.</param>
public sealed record WitnessStanding(string Name, long Size, Instant? CosignedAt, string? Remark);

/// <summary>
/// Shows each new checkpoint to the witnesses, beside the journal's own work: a witness that is slow, away or wrong holds nothing up. Only its proof that we signed
/// two trees that do not belong together counts against us: that is asked for, and the sequencer stops at it.
/// </summary>
public sealed partial class Witnesses(Db db, IWriter writer, Leases leases, TimeProvider clock, IHttpClientFactory http, JournalKey key, JournalOptions options, ILogger<Witnesses> log)
{
    internal const string Client = "journal.witness";

    /// <summary>A witness answers with a line, or with a checkpoint that it remembers.</summary>
    private const int LargestAnswer = 64 * 1024;

    internal static readonly Guid WitnessedId = Names.IdOf("journal.witnessed");
    private static readonly Duration LeaseLength = Duration.FromSeconds(30);

    private readonly StoredTiles _tiles = new(db);
    private readonly ConcurrentDictionary<string, long> _resting = new(StringComparer.Ordinal);

    /// <summary>Raised when a witness has shown something that the sequencer must look at before it signs again.</summary>
    public event EventHandler? Disagreed;

    private sealed record Published(int Generation, string Checkpoint, long CheckpointSize);

    private sealed record Row(Guid Id, long Version, string Name, long Size, Instant? CosignedAt, string? Remark);

    private sealed record WitnessedRow(long Version, long Size);

    public async Task<IReadOnlyList<WitnessStanding>> StandingsAsync(CancellationToken cancel = default)
    {
        var rows = (await RowsAsync(cancel)).ToDictionary(r => r.Name, StringComparer.Ordinal);
        return [.. options.Witnesses.Select(w => rows.TryGetValue(w.Key.Name, out var row) ? new WitnessStanding(row.Name, row.Size, row.CosignedAt, row.Remark) : new(w.Key.Name, 0, null, "never_asked"))];
    }

    private Task<IReadOnlyList<Row>> RowsAsync(CancellationToken cancel) =>
        db.QueryAsync<Row>("SELECT id, version, name, size, cosigned_at, remark FROM journal_witness", null, cancel);

    /// <summary>Shows the published checkpoint to all witnesses that have not signed it. Returns how many have signed it now, or null when another process does it.</summary>
    public async Task<int?> RunAsync(CancellationToken cancel = default)
    {
        var published = await db.FirstAsync<Published>("SELECT generation, checkpoint, checkpoint_size FROM journal_head WHERE id = @id AND checkpoint IS NOT NULL", new { id = Sequencer.HeadId }, cancel);
        if (options.Witnesses.Count == 0 || published is null)
        {
            return 0;
        }
        var witnessed = await db.FirstAsync<WitnessedRow>("SELECT version, size FROM journal_witnessed WHERE id = @id", new { id = WitnessedId }, cancel);
        var done = witnessed?.Size == published.CheckpointSize ? options.Witnesses.Count : 0;
        if (done > 0)
        {
            return done;
        }
        if (await leases.TakeAsync(Client, LeaseLength, cancel) is null)
        {
            return null;
        }
        var rows = (await RowsAsync(cancel)).ToDictionary(r => r.Name, StringComparer.Ordinal);
        var lines = await Task.WhenAll(options.Witnesses.Where(IsAwake).Select(w => AskAsync(w, published, rows.GetValueOrDefault(w.Key.Name), cancel)));
        var signed = lines.OfType<string>().ToList();
        if (signed.Count >= options.WitnessesNeeded)
        {
            var head = JournalTables.Witnessed.Head(WitnessedId, witnessed?.Version ?? 0, published.CheckpointSize, published.Checkpoint + string.Concat(signed));
            await writer.WriteAsync(new Change(act: null) { Heads = { head } }, cancel: cancel);
        }
        return signed.Count;
    }

    // Real time: the domain's clock may stand still or jump.
    private bool IsAwake(WitnessAddress witness) => !_resting.TryGetValue(witness.Key.Name, out var until) || Environment.TickCount64 >= until;

    private async Task<string?> AskAsync(WitnessAddress witness, Published published, Row? row, CancellationToken cancel)
    {
        var old = Math.Min(row?.Size ?? 0, published.CheckpointSize);
        string? remark;
        try
        {
            for (var again = false; ; again = true)
            {
                var (line, conflict, why) = await SendAsync(witness, published, old, cancel);
                if (line is not null)
                {
                    await KeepAsync(witness, row, published.CheckpointSize, clock.Now(), null, cancel);
                    _resting.TryRemove(witness.Key.Name, out _);
                    return line;
                }
                if (conflict is { } size && size <= published.CheckpointSize && !again)
                {
                    old = size;
                    continue;
                }
                remark = why;
                if (conflict is not null || why == "refused_422")
                {
                    // It remembers something that does not go with this checkpoint. Whether that is our fault, its own memory tells.
                    Disagreed?.Invoke(this, EventArgs.Empty);
                }
                break;
            }
        }
        catch (Exception away) when (away is HttpRequestException or TaskCanceledException or IOException && !cancel.IsCancellationRequested)
        {
            remark = "away";
        }
        _resting[witness.Key.Name] = Environment.TickCount64 + (long)options.WitnessRest.TotalMilliseconds;
        if (row?.Remark != remark)
        {
            Refuses(log, witness.Key.Name, remark ?? "");
            await KeepAsync(witness, row, row?.Size ?? 0, row?.CosignedAt, remark, cancel);
        }
        return null;
    }

    private async Task<(string? Line, long? Conflict, string? Why)> SendAsync(WitnessAddress witness, Published published, long old, CancellationToken cancel)
    {
        var body = new StringBuilder().Append(CultureInfo.InvariantCulture, $"old {old}\n");
        foreach (var hash in await Tree.HashAsync(_tiles, Tree.Consistency(old, published.CheckpointSize), cancel))
        {
            body.Append(Convert.ToBase64String(hash)).Append('\n');
        }
        body.Append('\n').Append(published.Checkpoint);
        using var content = new StringContent(body.ToString(), Encoding.UTF8, new MediaTypeHeaderValue("text/plain", "utf-8"));
        using var client = http.CreateClient(Client);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(options.WitnessPatience);
        using var answer = await client.PostAsync(new Uri(witness.Url, "add-checkpoint"), content, limit.Token);
        var text = await ReadAsync(answer, limit.Token);
        switch (answer.StatusCode)
        {
            case HttpStatusCode.OK:
                // Read together with the checkpoint, as the specification has it; only the witness's own line is taken over.
                if (Note.Parse(published.Checkpoint + text).TryGet(out var note, out _) && note.Verify(witness.Key).TryGet(out var cosignatures, out _))
                {
                    var id = new byte[4];
                    System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(id, cosignatures[0].KeyId);
                    return ($"— {cosignatures[0].Name} {Convert.ToBase64String([.. id, .. cosignatures[0].Signature.Span])}\n", null, null);
                }
                return (null, null, "bad_signature");
            case HttpStatusCode.Conflict when text.EndsWith('\n') && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var size):
                return (null, size, size > published.CheckpointSize ? "remembers_more" : "conflict");
            default:
                return (null, null, string.Create(CultureInfo.InvariantCulture, $"refused_{(int)answer.StatusCode}"));
        }
    }

    /// <summary>
    /// The checkpoints of this journal that witnesses remember, with our own signature on them: the sequencer signs nothing that does not continue them. A witness that
    /// is away is passed over.
    /// </summary>
    public async Task<IReadOnlyList<string>> RememberedAsync(int generation, CancellationToken cancel = default)
    {
        var origin = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key.Origin(generation))));
        var notes = await Task.WhenAll(options.Witnesses.Select(async witness =>
        {
            try
            {
                using var client = http.CreateClient(Client);
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                limit.CancelAfter(options.WitnessPatience);
                using var answer = await client.GetAsync(new Uri(witness.Url, origin + "/checkpoint"), limit.Token);
                var note = answer.StatusCode == HttpStatusCode.OK ? await ReadAsync(answer, limit.Token) : null;
                // What we did not sign proves nothing, whoever shows it.
                return note is not null && key.Read(note) is { } checkpoint && checkpoint.Origin == key.Origin(generation) ? note : null;
            }
            catch (Exception away) when (away is HttpRequestException or TaskCanceledException or IOException && !cancel.IsCancellationRequested)
            {
                return null;
            }
        }));
        return [.. notes.OfType<string>()];
    }

    private static async Task<string> ReadAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[LargestAnswer];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        return length < buffer.Length ? Encoding.UTF8.GetString(buffer, 0, length) : throw new IOException("A witness's answer is too long.");
    }

    private async Task KeepAsync(WitnessAddress witness, Row? row, long size, Instant? at, string? remark, CancellationToken cancel)
    {
        var head = JournalTables.Witness.Head(row?.Id ?? Names.IdOf("journal.witness/" + witness.Key.Name), row?.Version ?? 0, witness.Key.Name, size, at, remark);
        await writer.WriteAsync(new Change(act: null) { Heads = { head } }, WriteClass.Bulk, cancel);
    }

    [LoggerMessage(53, LogLevel.Error, "The witness {Name} does not co-sign the journal: {Remark}")]
    private static partial void Refuses(ILogger logger, string name, string remark);
}
