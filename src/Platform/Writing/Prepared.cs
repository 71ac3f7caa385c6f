using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;

namespace Muqeem.Platform.Writing;

/// <summary>
/// A change made ready in its caller's task, so that the writer's loop only moves arrays: values in their stored form, the leaf hashed, the keys of
/// everything that no two changes of a group may share.
/// </summary>
internal sealed class Prepared
{
    private static readonly Dictionary<string, uint> NoCodes = new(StringComparer.Ordinal);
    private static volatile Dictionary<string, uint> _codes = NoCodes;

    private int _state;

    private Prepared(Change change, WriteClass @class)
    {
        Change = change;
        Class = @class;
    }

    public Change Change { get; }
    public WriteClass Class { get; }

    /// <summary>Empty when there is no act.</summary>
    public Guid Operation { get; private set; }

    /// <summary>The act as it is stored and hashed; null when there is none.</summary>
    public object?[]? ActRow { get; private set; }

    /// <summary>Null when there is no act; the accesses of a change without an act share one leaf per group.</summary>
    public Leaf? Leaf { get; private set; }

    public List<StoredHead> Heads { get; } = [];
    public List<StoredRow> Rows { get; } = [];
    public List<Touch> Touches { get; } = [];

    /// <summary>One digest per access, for the leaf of the batch; empty when there is an act.</summary>
    public byte[][] AccessDigests { get; private set; } = [];

    /// <summary>Roughly what it weighs in a group.</summary>
    public int Bytes { get; private set; }

    /// <summary>How it ended, once decided; answered only after the commit.</summary>
    public WriteOutcome? Outcome { get; set; }
    public Exception? Failure { get; set; }

    /// <summary>Its part of the group is durable; nothing looks at it again.</summary>
    public bool Committed { get; set; }

    public TaskCompletionSource<WriteOutcome> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool Waiting => Volatile.Read(ref _state) == (int)State.Waiting;

    /// <summary>The writer is about to send it. False when the caller has gone meanwhile.</summary>
    public bool TrySend() => Move(State.Waiting, State.Sent) || Volatile.Read(ref _state) == (int)State.Sent;

    /// <summary>What was sent is surely not committed. False when the caller has been told to ask again: then nobody writes it but the caller.</summary>
    public bool TryTakeBack() => Move(State.Sent, State.Waiting) || Waiting;

    /// <summary>The caller leaves before anything was sent.</summary>
    public bool TryAbandon() => Move(State.Waiting, State.Abandoned);

    /// <summary>The caller leaves not knowing.</summary>
    public bool TryAbandonSent() => Move(State.Sent, State.Abandoned);

    private bool Move(State from, State to) => Interlocked.CompareExchange(ref _state, (int)to, (int)from) == (int)from;

    private enum State
    {
        Waiting,
        Sent,
        Abandoned,
    }

    /// <summary>Checks a change and makes it ready. What is wrong here is a bug of the caller, hence an exception.</summary>
    public static Prepared From(Change change, WriteClass @class)
    {
        var prepared = new Prepared(change, @class);
        prepared.Check();
        var salt = RandomNumberGenerator.GetBytes(Leaf.SaltLength);
        var manifest = change.Act is null ? null : new Leaf.ManifestBuilder(salt);
        prepared.StoreHeads(manifest);
        prepared.StoreRows(manifest);
        prepared.StoreTheRest(manifest);
        prepared.Bytes += 32 * change.Sequenced.Count;
        prepared.Bytes += change.Messages.Sum(m => m.Payload.Length + (m.Secret?.Cipher.Length ?? 0)) + 256;
        if (change.Act is { } act)
        {
            prepared.Operation = Digest.OperationKey(act);
            prepared.Touches.Add(new("operation", ToKey(prepared.Operation)));
            var bytes = manifest!.ToArray();
            prepared.ActRow = OwnRows.Act(act, prepared.Operation);
            prepared.Leaf = new(act.Id.Value, Leaf.ActKind, Leaf.HashOf(salt, prepared.ActRow, bytes), salt, bytes);
        }
        else if (change.Accesses.Count > 0)
        {
            prepared.AccessDigests = [.. change.Accesses.Select(Leaf.AccessDigest)];
            prepared.Touches.AddRange(change.Accesses.Select(a => new Touch("access", ToKey(a.Id))));
        }
        return prepared;
    }

    private void Check()
    {
        foreach (var table in Change.Rows.Select(r => r.Table).Concat(Change.Heads.Select(h => h.Table)))
        {
            if (table.Kind == TableKind.Writer)
            {
                throw new InvalidOperationException($"Rows of {table.Name} are written by the writer itself, from the parts of a change.");
            }
            if (table.Kind == TableKind.Act && Change.Act is null)
            {
                throw new InvalidOperationException($"A row of {table.Name} needs an act.");
            }
        }
        if (Change.Act is null && (Change.Balances.Count > 0 || Change.Messages.Count > 0 || Change.Erasures.Count > 0))
        {
            throw new InvalidOperationException("Money, messages and erasures need an act.");
        }
        if (Change.Act is null && (Change.Claims.Count > 0 || Change.Releases.Count > 0))
        {
            throw new InvalidOperationException("A claim needs an act.");
        }
        if (Change.Sequenced.Count > 0 && Change.Heads.Count == 0)
        {
            throw new InvalidOperationException("Positions in the journal are given under a head: whoever is no longer the sequencer loses the race.");
        }
        if (Change.Act is { RequestDigest.Length: not 32 })
        {
            throw new InvalidOperationException("The digest of a request is SHA-256; see Digest.Of.");
        }
        CheckTexts();
        foreach (var row in Change.Rows)
        {
            if (row.Table.IsHead && (row.Mode != RowMode.Delete || row.Table.Kind == TableKind.Act))
            {
                throw new InvalidOperationException($"{row.Table.Name} is a head: it is written by Head, and an act never deletes it.");
            }
        }
    }

    private void CheckTexts()
    {
        if (Change.Act is { } act)
        {
            foreach (var text in (ReadOnlySpan<string?>)[act.Verb, act.Actor.Id, act.OnBehalfOf?.Id, act.Reason, act.Rules, act.Answer])
            {
                Storage.Storable(text, "an act");
            }
        }
        foreach (var message in Change.Messages)
        {
            Storage.Storable(message.Topic, "a topic");
            Storage.Storable(message.Lane, "a lane");
            Storage.Storable(message.Payload, "a message");
        }
        foreach (var access in Change.Accesses)
        {
            Storage.Storable(access.Where, "an access");
            Storage.Storable(access.Reader.Id, "an access");
        }
        foreach (var claim in Change.Claims.Concat(Change.Releases))
        {
            Storage.Storable(claim.Kind, "a claim");
        }
    }

    private void StoreHeads(Leaf.ManifestBuilder? manifest)
    {
        foreach (var head in Change.Heads)
        {
            var values = new object?[head.Rest.Length + 2];
            values[0] = head.Id;
            values[1] = head.ExpectedVersion + 1;
            for (var i = 0; i < head.Rest.Length; i++)
            {
                values[i + 2] = Storage.Neutral(head.Table, head.Table.Columns[i + 2], head.Rest[i]);
            }
            Heads.Add(new(head.Table, head.Id, head.ExpectedVersion, values));
            var touch = new Touch(head.Table.Name, ToKey(head.Id));
            if (Touches.Contains(touch))
            {
                throw new InvalidOperationException($"A head of {head.Table.Name} is named twice in one change.");
            }
            Touches.Add(touch);
            Weigh(values);
            manifest?.Add(head.Table.Name, Code(head.Table.Name), Leaf.Mode.Head, values.AsSpan(0, 2), values);
        }
    }

    private void StoreRows(Leaf.ManifestBuilder? manifest)
    {
        foreach (var row in Change.Rows)
        {
            var values = new object?[row.Values.Length];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = Storage.Neutral(row.Table, row.Table.Columns[i], row.Values[i]);
            }
            var key = values.AsSpan(0, row.Table.KeyLength);
            Weigh(values);
            Rows.Add(new(row.Table, row.Mode, values, ToKey(key)));
            // Rows inserted by an act have keys of their own; only what can meet another change is watched.
            if (row.Mode != RowMode.Insert || row.Table.Kind == TableKind.Bookkeeping)
            {
                Touches.Add(new(row.Table.Name, ToKey(key), Shared: row.Mode == RowMode.Put && row.Table.Kind == TableKind.Bookkeeping));
            }
            manifest?.Add(row.Table.Name, Code(row.Table.Name), (Leaf.Mode)row.Mode, key, values);
        }
    }

    private void Weigh(object?[] values)
    {
        foreach (var value in values)
        {
            Bytes += value switch { string text => text.Length, byte[] bytes => bytes.Length, SealedBytes blob => blob.Cipher.Length, _ => 8 };
        }
    }

    private void StoreTheRest(Leaf.ManifestBuilder? manifest)
    {
        foreach (var claim in Change.Releases)
        {
            Touches.Add(new("claim:" + claim.Kind, ToKey(claim.Hash)));
            manifest?.Add("claim", Code("claim"), Leaf.Mode.Release, [claim.Kind, claim.Hash], [claim.Kind, claim.Hash]);
        }
        foreach (var claim in Change.Claims)
        {
            Touches.Add(new("claim:" + claim.Kind, ToKey(claim.Hash)));
            manifest?.Add("claim", Code("claim"), Leaf.Mode.Claim, [claim.Kind, claim.Hash], [claim.Kind, claim.Hash]);
        }
        foreach (var key in Change.Keys)
        {
            Touches.Add(new("key", ToKey([key.Person.Value, key.Class.ToString()])));
            manifest?.Add("keys.data_key", Code("keys.data_key"), Leaf.Mode.Key, [key.Person.Value, key.Class.ToString()], [key.Person.Value, key.Class.ToString()]);
        }
        foreach (var erasure in Change.Erasures)
        {
            Touches.Add(new("key", ToKey([erasure.Person.Value, erasure.Class.ToString()])));
            manifest?.Add("erasure", Code("erasure"), Leaf.Mode.Erasure, [erasure.Person.Value, erasure.Class.ToString()], [erasure.Person.Value, erasure.Class.ToString()]);
        }
        if (manifest is null)
        {
            return;
        }
        foreach (var balance in Change.Balances)
        {
            manifest.Add("balance", Code("balance"), Leaf.Mode.Balance, [balance.Account, balance.Halalas], [balance.Account, balance.Halalas]);
        }
        foreach (var message in Change.Messages)
        {
            manifest.Add("outbox", Code("outbox"), Leaf.Mode.Message, [message.Id],
                [message.Id, Change.Act!.Id.Value, message.Topic, message.Lane, message.Payload, message.Secret, message.Person?.Value, Change.Act.At.ToMicros()]);
        }
        foreach (var access in Change.Accesses)
        {
            manifest.Add("access_entry", Code("access_entry"), Leaf.Mode.Access, [access.Id], [Leaf.AccessDigest(access)]);
        }
    }

    private static uint Code(string table)
    {
        if (_codes.TryGetValue(table, out var code))
        {
            return code;
        }
        code = Leaf.TableCode(table);
        _codes = new(_codes, StringComparer.Ordinal) { [table] = code };
        return code;
    }

    private static UInt128 ToKey(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    // Two that share 128 bits would only wait for each other.
    private static UInt128 ToKey(byte[] hash)
    {
        Span<byte> bytes = stackalloc byte[32];
        bytes.Clear();
        if (hash.Length <= 16)
        {
            hash.CopyTo(bytes);
        }
        else
        {
            SHA256.HashData(hash, bytes);
        }
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static UInt128 ToKey(ReadOnlySpan<object?> key)
    {
        if (key.Length == 1 && key[0] is Guid id)
        {
            return ToKey(id);
        }
        Span<byte> bytes = stackalloc byte[32];
        SHA256.HashData(Leaf.KeyBytes(key), bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}

/// <summary>Something that two changes of one group may not both touch, unless both only share it (bookkeeping that is put: the last wins).</summary>
internal readonly record struct Touch(string Space, UInt128 Key, bool Shared = false)
{
    public bool Equals(Touch other) => Key == other.Key && Space == other.Space;
    public override int GetHashCode() => Key.GetHashCode();
}

/// <summary>A head in its stored form: id, new version, the rest.</summary>
internal sealed record StoredHead(Table Table, Guid Id, long Expected, object?[] Values);

/// <summary>A row in its stored form.</summary>
internal sealed record StoredRow(Table Table, RowMode Mode, object?[] Values, UInt128 Key);
