using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Verifier.Cryptography;
using Muqeem.Verifier.Journal;

namespace Muqeem.Witness;

/// <summary>How a witness answers a checkpoint.</summary>
public abstract record Answer
{
    private Answer() { }

    /// <summary>It continues the last one and is remembered.</summary>
    public sealed record Cosigned(string Line) : Answer;

    /// <summary>The witness remembers another size than the one that the proof starts from.</summary>
    public sealed record Conflict(long Size) : Answer;

    public sealed record Refused(int Status, string Why) : Answer;
}

/// <summary>
/// Remembers the last checkpoint of each journal and signs only what continues it. What it signs is durable before it is answered, and per journal one request at a
/// time is looked at: it can never sign two trees that do not belong together, not even over a crash.
/// </summary>
public sealed class Cosigner : IDisposable
{
    private const int MostProof = 63;

    private readonly Memory _memory;
    private readonly byte[] _seed;
    private readonly NoteVerifierKey _key;
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, NoteVerifierKey[]> _logs;
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _one = new(StringComparer.Ordinal);

    private Cosigner(Memory memory, byte[] seed, NoteVerifierKey key, IEnumerable<NoteVerifierKey> logs, TimeProvider clock)
    {
        (_memory, _seed, _key, _clock) = (memory, seed, key, clock);
        _logs = logs.GroupBy(l => l.Name, StringComparer.Ordinal).ToDictionary(l => l.Key, l => l.ToArray(), StringComparer.Ordinal);
    }

    /// <summary>Opens the folder; on first run makes the key.</summary>
    /// <exception cref="CannotWitnessException">The folder is in use or damaged, or the name cannot be a key's.</exception>
    public static Cosigner Open(string folder, string name, IReadOnlyList<NoteVerifierKey> logs, TimeProvider clock)
    {
        var memory = Memory.Open(folder);
        try
        {
            var seed = memory.Key();
            return new Cosigner(memory, seed, NoteVerifierKey.Create(name, NoteSignatureType.Cosignature, Ed25519.PublicKey(seed)), logs, clock);
        }
        catch (ArgumentException)
        {
            memory.Dispose();
            throw new CannotWitnessException($"'{name}' cannot be the name of a key: an address without scheme, spaces and '+'.");
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    public string VerifierKey => _key.ToString();

    /// <summary>The last checkpoint of a journal with its signature and ours; null when there is none.</summary>
    /// <param name="origin">SHA-256 of the journal's name, in lower-case hexadecimal.</param>
    public string? Remembered(string origin) => _logs.Keys.FirstOrDefault(name => Memory.NameOf(name) == origin) is { } known ? _memory.Read(known) : null;

    /// <param name="request">The old size, the proof, an empty line and the checkpoint (C2SP tlog-witness, add-checkpoint).</param>
    public async Task<Answer> AddAsync(byte[] request, CancellationToken cancel = default)
    {
        if (!TryRead(request, out var old, out var proof, out var bytes) || !Note.Parse(bytes).TryGet(out var note, out _))
        {
            return new Answer.Refused(400, "The request cannot be read.");
        }
        var origin = note.Text.Split('\n', 2)[0];
        if (!_logs.TryGetValue(origin, out var keys))
        {
            return new Answer.Refused(404, "This witness does not watch this journal.");
        }
        if (!note.Verify(keys).TryGet(out var signatures, out _))
        {
            return new Answer.Refused(403, "The journal's key did not sign this.");
        }
        if (!Checkpoint.Parse(note.Text).TryGet(out var checkpoint, out _))
        {
            // Of the empty tree there is one root only; anything else is not a checkpoint at all.
            return note.Text.Split('\n') is [_, "0", ..] ? new Answer.Refused(422, "The empty tree has another root.") : new Answer.Refused(400, "The note is not a checkpoint.");
        }
        if (old > checkpoint.Size)
        {
            return new Answer.Refused(400, "The old size is larger than the checkpoint's.");
        }
        var one = _one.GetOrAdd(origin, static _ => new SemaphoreSlim(1));
        await one.WaitAsync(cancel);
        try
        {
            return Decide(origin, old, proof, note, checkpoint, signatures);
        }
        finally
        {
            one.Release();
        }
    }

    private Answer Decide(string origin, long old, IReadOnlyList<byte[]> proof, Note note, Checkpoint checkpoint, IReadOnlyList<NoteSignature> signatures)
    {
        var remembered = _memory.Read(origin) is { } before ? Parse(before) : null;
        if (old != (remembered?.Size ?? 0))
        {
            return new Answer.Conflict(remembered?.Size ?? 0);
        }
        var root = remembered is null ? SHA256.HashData([]) : remembered.Root.ToArray();
        // From the empty tree everything follows, without a proof.
        if (!MerkleProof.Extends(old, root, checkpoint.Size, checkpoint.Root, proof))
        {
            return new Answer.Refused(422, "The proof does not show that the checkpoint continues the last one.");
        }
        var time = _clock.GetUtcNow().ToUnixTimeSeconds();
        var bytes = new byte[12 + Ed25519.SignatureLength];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, _key.KeyId);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(4), time);
        Ed25519.Sign(_seed, NoteVerifierKey.CosignedMessage(time, note.Text)).CopyTo(bytes, 12);
        var line = $"— {_key.Name} {Convert.ToBase64String(bytes)}\n";
        var kept = new StringBuilder(note.Text).Append('\n');
        foreach (var signature in signatures)
        {
            var id = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(id, signature.KeyId);
            kept.Append("— ").Append(signature.Name).Append(' ').Append(Convert.ToBase64String([.. id, .. signature.Signature.Span])).Append('\n');
        }
        _memory.Remember(origin, kept.Append(line).ToString());
        return new Answer.Cosigned(line);
    }

    private static Checkpoint Parse(string note) =>
        Note.Parse(note).TryGet(out var parsed, out _) && Checkpoint.Parse(parsed.Text).TryGet(out var checkpoint, out _)
            ? checkpoint
            : throw new CannotWitnessException("What this witness remembers of a journal cannot be read any more. It must not sign for it.");

    private static bool TryRead(ReadOnlySpan<byte> request, out long old, out IReadOnlyList<byte[]> proof, out ReadOnlySpan<byte> note)
    {
        old = 0;
        proof = [];
        note = default;
        var end = request.IndexOf("\n\n"u8);
        if (end < 0 || !Ascii.IsValid(request[..end]))
        {
            return false;
        }
        note = request[(end + 2)..];
        var lines = Encoding.ASCII.GetString(request[..end]).Split('\n');
        if (lines.Length - 1 > MostProof || !lines[0].StartsWith("old ", StringComparison.Ordinal) || !long.TryParse(lines[0].AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out old)
            || old.ToString(CultureInfo.InvariantCulture) != lines[0][4..])
        {
            return false;
        }
        var hashes = new List<byte[]>();
        foreach (var line in lines.AsSpan(1))
        {
            var hash = new byte[33];
            if (line.Length != 44 || !Convert.TryFromBase64String(line, hash, out var length) || length != 32 || Convert.ToBase64String(hash, 0, 32) != line)
            {
                return false;
            }
            hashes.Add(hash[..32]);
        }
        proof = hashes;
        return true;
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_seed);
        _memory.Dispose();
        foreach (var one in _one.Values)
        {
            one.Dispose();
        }
    }
}
