using Muqeem.Platform.Database;
using Npgsql;
using NpgsqlTypes;

namespace Muqeem.Platform.Writing;

/// <summary>What the database says about everything that a group names: known operations, versions of heads, claims, balances, keys. One round trip, outside the transaction.</summary>
internal sealed class Seen
{
    private readonly Dictionary<Guid, (Guid Act, byte[] Digest, string? Answer)> _operations = [];
    private readonly Dictionary<(string Table, Guid Id), long> _versions = [];
    private readonly HashSet<(string Kind, string Hash)> _claims = [];
    private readonly Dictionary<Guid, long> _balances = [];
    private readonly HashSet<(Guid Person, string Class)> _keys = [];
    private readonly HashSet<Guid> _accesses = [];

    private Seen() { }

    public static async Task<Seen> LookAsync(NpgsqlConnection connection, IReadOnlyList<Prepared> changes, CancellationToken cancel)
    {
        var seen = new Seen();
        await using var batch = new NpgsqlBatch(connection);
        var readers = new List<Action<NpgsqlDataReader>>();
        seen.AskOperations(changes, batch, readers);
        seen.AskVersions(changes, batch, readers);
        seen.AskClaims(changes, batch, readers);
        seen.AskBalances(changes, batch, readers);
        seen.AskKeys(changes, batch, readers);
        seen.AskAccesses(changes, batch, readers);
        if (readers.Count == 0)
        {
            return seen;
        }
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        foreach (var read in readers)
        {
            while (await reader.ReadAsync(cancel))
            {
                read(reader);
            }
            await reader.NextResultAsync(cancel);
        }
        return seen;
    }

    /// <summary>What is certain whatever else is in the group: the operation was done before, or a head has moved on.</summary>
    public WriteOutcome? KnownOrLost(Prepared prepared)
    {
        if (prepared.Change.Act is { } act && _operations.TryGetValue(prepared.Operation, out var known))
        {
            return known.Digest.AsSpan().SequenceEqual(act.RequestDigest)
                ? new WriteOutcome.Replayed(new(known.Act), known.Answer)
                : new WriteOutcome.OperationReused();
        }
        if (prepared.AccessDigests.Length > 0 && _accesses.Contains(prepared.Change.Accesses[0].Id))
        {
            // Sent again after an answer was lost.
            return new WriteOutcome.Done(null);
        }
        foreach (var head in prepared.Heads)
        {
            if (_versions.GetValueOrDefault((head.Table.Name, head.Id)) > head.Expected)
            {
                return new WriteOutcome.Conflict(head.Table.Name, head.Id);
            }
        }
        return null;
    }

    /// <summary>Why this change cannot be written now; null when it can, and then its debits and credits are counted for those after it.</summary>
    public WriteOutcome? Refusal(Prepared prepared)
    {
        var change = prepared.Change;
        foreach (var head in prepared.Heads)
        {
            if (_versions.GetValueOrDefault((head.Table.Name, head.Id)) != head.Expected)
            {
                return new WriteOutcome.Conflict(head.Table.Name, head.Id);
            }
        }
        foreach (var claim in change.Claims)
        {
            if (_claims.Contains(Key(claim)) && !change.Releases.Exists(r => r.Kind == claim.Kind && r.Hash.AsSpan().SequenceEqual(claim.Hash)))
            {
                return new WriteOutcome.Claimed(claim.Kind);
            }
        }
        foreach (var key in change.Keys)
        {
            if (_keys.Contains((key.Person.Value, key.Class.ToString())))
            {
                return new WriteOutcome.Claimed(PlatformTables.DataKey.Name);
            }
        }
        return Spend(change);
    }

    private WriteOutcome.Insufficient? Spend(Change change)
    {
        for (var i = 0; i < change.Balances.Count; i++)
        {
            var delta = change.Balances[i];
            var left = _balances.GetValueOrDefault(delta.Account) + delta.Halalas;
            if (left < 0)
            {
                for (var j = 0; j < i; j++)
                {
                    _balances[change.Balances[j].Account] -= change.Balances[j].Halalas;
                }
                return new(delta.Account);
            }
            _balances[delta.Account] = left;
        }
        return null;
    }

    private static (string, string) Key(Claim claim) => (claim.Kind, Convert.ToHexString(claim.Hash));

    private void AskOperations(IReadOnlyList<Prepared> changes, NpgsqlBatch batch, List<Action<NpgsqlDataReader>> readers)
    {
        var operations = changes.Where(c => c.Leaf is not null).Select(c => c.Operation).ToArray();
        if (operations.Length > 0)
        {
            batch.BatchCommands.Add(Ask("SELECT operation, id, digest, answer FROM act WHERE operation = ANY($1)", (operations, NpgsqlDbType.Uuid)));
            readers.Add(r => _operations[r.GetGuid(0)] = (r.GetGuid(1), r.GetFieldValue<byte[]>(2), r.IsDBNull(3) ? null : r.GetString(3)));
        }
    }

    private void AskVersions(IReadOnlyList<Prepared> changes, NpgsqlBatch batch, List<Action<NpgsqlDataReader>> readers)
    {
        foreach (var table in changes.SelectMany(c => c.Heads).GroupBy(h => h.Table.Name, StringComparer.Ordinal))
        {
            batch.BatchCommands.Add(Ask($"SELECT id, version FROM {table.Key} WHERE id = ANY($1)", (table.Select(h => h.Id).Distinct().ToArray(), NpgsqlDbType.Uuid)));
            readers.Add(r => _versions[(table.Key, r.GetGuid(0))] = r.GetInt64(1));
        }
    }

    private void AskClaims(IReadOnlyList<Prepared> changes, NpgsqlBatch batch, List<Action<NpgsqlDataReader>> readers)
    {
        var claims = changes.SelectMany(c => c.Change.Claims).ToList();
        if (claims.Count > 0)
        {
            batch.BatchCommands.Add(Ask("SELECT c.kind, c.hash FROM unnest($1, $2) AS d(kind, hash) JOIN claim c ON c.kind = d.kind AND c.hash = d.hash",
                (claims.Select(c => c.Kind).ToArray(), NpgsqlDbType.Text), (claims.Select(c => c.Hash).ToArray(), NpgsqlDbType.Bytea)));
            readers.Add(r => _claims.Add((r.GetString(0), Convert.ToHexString(r.GetFieldValue<byte[]>(1)))));
        }
    }

    private void AskBalances(IReadOnlyList<Prepared> changes, NpgsqlBatch batch, List<Action<NpgsqlDataReader>> readers)
    {
        var accounts = changes.SelectMany(c => c.Change.Balances).Select(b => b.Account).Distinct().ToArray();
        if (accounts.Length > 0)
        {
            batch.BatchCommands.Add(Ask("SELECT account, halalas FROM balance WHERE account = ANY($1)", (accounts, NpgsqlDbType.Uuid)));
            readers.Add(r => _balances[r.GetGuid(0)] = r.GetInt64(1));
        }
    }

    private void AskKeys(IReadOnlyList<Prepared> changes, NpgsqlBatch batch, List<Action<NpgsqlDataReader>> readers)
    {
        var people = changes.SelectMany(c => c.Change.Keys).Select(k => k.Person.Value).Distinct().ToArray();
        if (people.Length > 0)
        {
            batch.BatchCommands.Add(Ask("SELECT person_id, class FROM keys.data_key WHERE person_id = ANY($1)", (people, NpgsqlDbType.Uuid)));
            readers.Add(r => _keys.Add((r.GetGuid(0), r.GetString(1))));
        }
    }

    private void AskAccesses(IReadOnlyList<Prepared> changes, NpgsqlBatch batch, List<Action<NpgsqlDataReader>> readers)
    {
        var accesses = changes.Where(c => c.AccessDigests.Length > 0).Select(c => c.Change.Accesses[0].Id).ToArray();
        if (accesses.Length > 0)
        {
            batch.BatchCommands.Add(Ask("SELECT id FROM access_entry WHERE id = ANY($1)", (accesses, NpgsqlDbType.Uuid)));
            readers.Add(r => _accesses.Add(r.GetGuid(0)));
        }
    }

    private static NpgsqlBatchCommand Ask(string sql, params ReadOnlySpan<(Array Values, NpgsqlDbType Type)> arrays)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var (values, type) in arrays)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });
        }
        return command;
    }
}
