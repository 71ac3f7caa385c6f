using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime.Text;

namespace Muqeem.Tests.Kills;

/// <summary>What a run did and found; written beside the tests' logs.</summary>
internal sealed record IssuingReport(string Run, string Database, long Seed, int Kills, int Credentials, int Signatures, int Lists, int Rotations, int Completed, int Voided, int Entries, double Seconds);

/// <summary>
/// Kills the issuing child again and again at moments that a seed chooses, and looks each time with nobody running: every signature that was made has its promise, every promise ends, everything given
/// away is in the register and in the journal, and the key file is whole.
/// </summary>
internal sealed class IssuingRun(DatabaseOptions options, string folder, bool early, long seed)
{
    private const int Workers = 5;

    /// <summary>Longer than any lease, and than a promise is left to whoever made it.</summary>
    private const int Later = 61;

    /// <summary>Replaying everything takes longer the more there is: at these kills and at the last.</summary>
    private const int VerifyEach = 10;

    private sealed record Given(int Worker, int Number, Guid Form, string Hash, string Signature);

    private sealed record Form(Guid Id, string State, byte[] Digest, byte[]? Signature, string KeyId, string? InvalidReason);

    private sealed record Token(byte[] JwtDigest, byte[] CwtDigest, string KeyId, Guid? Void);

    private readonly Dice _dice = new(seed);
    private readonly HashSet<string> _signed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _served = new(StringComparer.Ordinal);
    private readonly Dictionary<(int, int), string> _given = [];
    private readonly HashSet<(int, int)> _voided = [];
    private readonly List<Given> _toCheck = [];
    private readonly HashSet<Guid> _verified = [];
    private readonly int[] _next = new int[Workers];
    private readonly List<PersonId> _persons = [];
    private int _later;
    private int _rotations;
    private int _completed;
    private int _entries;

    public List<string> Wrong { get; } = [];

    public async Task<IssuingReport> RunAsync(int kills)
    {
        var from = Stopwatch.GetTimestamp();
        await PrepareAsync();
        for (var kill = 1; kill <= kills && Wrong.Count == 0; kill++)
        {
            await OneKillAsync();
            _later += Later;
            await CheckAsync(verify: kill % VerifyEach == 0 || kill == kills);
        }
        return new("issuing", options.PostgreSql is null ? "sqlite" : "postgresql", seed, kills, _given.Count, _signed.Count, _served.Count, _rotations, _completed, _voided.Count, _entries, Math.Round(Stopwatch.GetElapsedTime(from).TotalSeconds, 1));
    }

    private async Task PrepareAsync()
    {
        await using var node = new IssuingNode(options, folder, new LaterClock(TimeSpan.Zero));
        await node.Db.MigrateAsync(node.Clock);
        await NewHoldersAsync(node);
    }

    private async Task NewHoldersAsync(IssuingNode node)
    {
        _persons.Clear();
        for (var worker = 0; worker < Workers; worker++)
        {
            _persons.Add(await node.Desk.NewHolderAsync());
        }
    }

    private async Task OneKillAsync()
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Muqeem.Tests"),
            ["issuing-child", folder, options.PostgreSql ?? options.Data, _later.ToString(CultureInfo.InvariantCulture), early ? "early" : "honest", seed.ToString(CultureInfo.InvariantCulture),
                .. _persons.Select((p, i) => string.Create(CultureInfo.InvariantCulture, $"{p}:{_next[i]}"))])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync();
        // Every eighth time while it may still be starting; else after some lines and a little time, so that every step is met.
        if (_dice.Roll(8) == 0)
        {
            await Task.Delay(_dice.Roll(900));
        }
        else
        {
            await ReadAsync(child, 20 + _dice.Roll(160));
            var pause = Stopwatch.StartNew();
            var micros = _dice.Roll(20_000);
            while (pause.Elapsed.TotalMicroseconds < micros)
            {
                Thread.SpinWait(50);
            }
        }
        child.Kill();
        await ReadAsync(child, int.MaxValue);
        await child.WaitForExitAsync();
        if (child.ExitCode != 137)
        {
            Wrong.Add($"the child ended with {child.ExitCode}: {await errors}");
        }
    }

    private async Task ReadAsync(Process child, int most)
    {
        for (var i = 0; i < most && await child.StandardOutput.ReadLineAsync() is { } line; i++)
        {
            var parts = line.Split(' ');
            switch (parts[0])
            {
                // The checkpoints of the journal sign what is stored already.
                case "signs" when !parts[1].StartsWith("journal-", StringComparison.Ordinal):
                    _signed.Add(parts[2]);
                    break;
                case "served":
                    _served.Add(parts[2]);
                    break;
                case "rotated":
                    _rotations++;
                    break;
                case "voided":
                    var gone = (int.Parse(parts[1], CultureInfo.InvariantCulture), int.Parse(parts[2], CultureInfo.InvariantCulture));
                    _voided.Add(gone);
                    _next[gone.Item1] = gone.Item2;
                    break;
                case "issued":
                    var given = new Given(int.Parse(parts[1], CultureInfo.InvariantCulture), int.Parse(parts[2], CultureInfo.InvariantCulture), Guid.Parse(parts[3]), parts[4], parts[5]);
                    _given[(given.Worker, given.Number)] = given.Hash;
                    _toCheck.Add(given);
                    _next[given.Worker] = given.Number;
                    break;
            }
        }
    }

    /// <summary>As the next start does it, and then with everything standing still.</summary>
    private async Task CheckAsync(bool verify)
    {
        await using var node = new IssuingNode(options, folder, new LaterClock(TimeSpan.FromSeconds(_later)));
        CheckKeyFile(node);
        var promised = (await node.Db.QueryAsync<Form>("SELECT id, state, digest, signature, key_id, invalid_reason FROM credential_form WHERE state = 'INTENDED'")).ToDictionary(f => f.Id);
        while (await ReadDoor.RunAsync(() => node.Desk.Forms.CompleteAsync()) is > 0 and var ended)
        {
            _completed += ended;
        }
        await node.Desk.Lists.RoundAsync();
        await AskAgainAsync(node);
        await node.Sequencer.RunAsync();
        var forms = (await node.Db.QueryAsync<Form>("SELECT id, state, digest, signature, key_id, invalid_reason FROM credential_form")).ToDictionary(f => f.Id);
        var tokens = await node.Db.QueryAsync<Token>("SELECT t.jwt_digest, t.cwt_digest, t.key_id, v.token_id AS void FROM status_token t LEFT JOIN status_token_void v ON v.token_id = t.id");
        CheckForms(node, forms, promised);
        CheckSignatures(forms, tokens);
        CheckGiven(forms, tokens);
        await CheckJournalAsync(node, verify);
        await EndHoldersAsync(node);
        _later++;
    }

    /// <summary>Whoever lost an answer asks again: for the last that was given away, and for the one that was on its way.</summary>
    private async Task AskAgainAsync(IssuingNode node)
    {
        for (var worker = 0; worker < Workers; worker++)
        {
            foreach (var number in (int[])[_next[worker], _next[worker] + 1])
            {
                switch (await node.Desk.AskAsync(_persons[worker], IssuingChild.KindOf(number), IssuingChild.KeyOf(seed, worker, number), IssuingChild.Operation(seed, worker, number)))
                {
                    case FormAnswer.Issued issued:
                        _toCheck.Add(new(worker, number, issued.Form.Id, Convert.ToHexString(SHA256.HashData(issued.Credential)), Convert.ToHexString(issued.Form.Signature!)));
                        break;
                    case FormAnswer.Voided:
                        _voided.Add((worker, number));
                        break;
                    case var other:
                        Wrong.Add($"credential {worker}/{number} cannot be asked for again: {other}");
                        break;
                }
            }
            _next[worker] += 2;
        }
    }

    /// <summary>The next have a holder of their own each, so that a re-issue concerns what is new.</summary>
    private async Task EndHoldersAsync(IssuingNode node)
    {
        foreach (var person in _persons)
        {
            var change = new Change(new Act(ActId.New(node.Clock), "document.end", Actor.System("test"), Guid.CreateVersion7(node.Clock.GetUtcNow()), Digest.Of("test"), node.Clock.Now()));
            await node.Desk.Documents.EndAsync(change, (await node.Desk.Documents.LiveAsync(person))!, DocumentState.Revoked);
            if (await node.WriteAsync(change) is not WriteOutcome.Done and var outcome)
            {
                Wrong.Add($"a document could not be ended: {outcome}");
            }
        }
        await NewHoldersAsync(node);
    }

    private void CheckKeyFile(IssuingNode node)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(node.KeyFile));
        static string? Day(NodaTime.Instant? at) => at is { } instant ? InstantPattern.ExtendedIso.Format(instant) : null;
        string? Text(JsonElement line, string name) => line.TryGetProperty(name, out var value) ? value.GetString() : null;
        var readable = document.RootElement.GetProperty("inventory").EnumerateArray()
            .Select(l => (Text(l, "id"), Text(l, "created"), Text(l, "signsFrom"), Text(l, "signsUntil"), Text(l, "revoked"), Text(l, "destroyed"))).OrderBy(l => l.Item1, StringComparer.Ordinal);
        var sealedOnes = node.Keys.Inventory.Select(k => ((string?)k.Id, Day(k.Created), Day(k.SignsFrom), Day(k.SignsUntil), Day(k.Revoked), Day(k.Destroyed))).OrderBy(l => l.Item1, StringComparer.Ordinal);
        if (!readable.SequenceEqual(sealedOnes))
        {
            Wrong.Add("the readable inventory of the key file is not the sealed one");
        }
        Wrong.AddRange(node.Keys.Discrepancies());
    }

    /// <summary>Each promise ended over the bytes that were promised, and each signature is one of its key over them.</summary>
    private void CheckForms(IssuingNode node, Dictionary<Guid, Form> forms, Dictionary<Guid, Form> promised)
    {
        var signers = node.Keys.All(KeyPurpose.DocumentSigner).ToDictionary(c => c.KeyId, c => X509CertificateLoader.LoadCertificate(c.Certificate).GetECDsaPublicKey()!, StringComparer.Ordinal);
        foreach (var form in forms.Values.Where(f => _verified.Add(f.Id)))
        {
            if (form.State == "INTENDED" || (form.State == "SIGNED") != form.Signature is not null || (form.State == "VOIDED" && form.InvalidReason is null))
            {
                Wrong.Add($"form {form.Id} is {form.State} with{(form.Signature is null ? "out" : "")} a signature");
            }
            if (promised.TryGetValue(form.Id, out var before) && !before.Digest.AsSpan().SequenceEqual(form.Digest))
            {
                Wrong.Add($"form {form.Id} was promised over other bytes");
            }
            if (!signers.TryGetValue(form.KeyId, out var signer) || (form.Signature is { } signature && !signer.VerifyHash(form.Digest, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)))
            {
                Wrong.Add($"form {form.Id} has a signature that is not of {form.KeyId} over what was promised");
            }
        }
    }

    private void CheckSignatures(Dictionary<Guid, Form> forms, IReadOnlyList<Token> tokens)
    {
        var promised = forms.Values.Select(f => f.Digest).Concat(tokens.SelectMany(t => (byte[][])[t.JwtDigest, t.CwtDigest])).Select(Convert.ToHexString).ToHashSet(StringComparer.Ordinal);
        if (_signed.Count(s => !promised.Contains(s)) is > 0 and var unexplained)
        {
            Wrong.Add($"{unexplained} signatures were made that no promise explains");
        }
        // A stored signature was made while somebody listened, or by the check itself.
        var kept = tokens.Where(t => t.Void is null).Select(t => Convert.ToHexString(t.JwtDigest)).ToHashSet(StringComparer.Ordinal);
        if (_served.Count(s => !kept.Contains(s)) is > 0 and var given)
        {
            Wrong.Add($"{given} status lists were served that are not in the register, or were given up");
        }
    }

    private void CheckGiven(Dictionary<Guid, Form> forms, IReadOnlyList<Token> tokens)
    {
        foreach (var given in _toCheck)
        {
            if (!forms.TryGetValue(given.Form, out var form) || form.Signature is not { } signature || Convert.ToHexString(signature) != given.Signature)
            {
                Wrong.Add($"credential {given.Worker}/{given.Number} was given away and is not in the register with that signature");
            }
            if (_voided.Contains((given.Worker, given.Number)))
            {
                Wrong.Add($"credential {given.Worker}/{given.Number} was given away and then said to be voided");
            }
        }
        // Asked again under the same operation it is the same, unless its signer was withdrawn and another took its place.
        foreach (var twice in _toCheck.GroupBy(g => g.Form).Where(g => g.Select(x => x.Hash).Distinct().Count() > 1))
        {
            Wrong.Add($"credential {twice.Key} was given away in two forms");
        }
        if (tokens.Count == 0 && _served.Count > 0)
        {
            Wrong.Add("no status list is in the register");
        }
    }

    private async Task CheckJournalAsync(IssuingNode node, bool verify)
    {
        var open = await node.Db.SingleAsync<long>("SELECT count(*) FROM status_announced");
        var acts = await node.Db.SingleAsync<long>("SELECT count(*) FROM act");
        var entered = await node.Db.SingleAsync<long>("SELECT count(*) FROM act a JOIN leaf l ON l.id = a.id WHERE l.position IS NOT NULL");
        var standing = await node.Sequencer.StandingAsync();
        if (open != 0 || acts != entered || standing.Waiting != 0 || standing.Size != standing.CheckpointSize)
        {
            Wrong.Add($"{open} lists are announced and not ended; of {acts} acts {entered} are in the journal, which is {standing.Size} long and signed to {standing.CheckpointSize}");
        }
        _entries = (int)standing.Size;
        if (node.Sequencer.Stopped is { } sentence)
        {
            Wrong.Add(sentence);
        }
        var wrapped = await node.Db.QueryAsync<string>("SELECT DISTINCT wrapped_by FROM keys.data_key");
        Wrong.AddRange(wrapped.Except(node.Keys.Inventory.Select(k => k.Id), StringComparer.Ordinal).Select(k => $"data keys are wrapped by {k}, which is in no inventory"));
        if (verify)
        {
            Wrong.AddRange((await node.VerifyAsync()).Take(10).Select(f => f.ToString()));
        }
    }
}
