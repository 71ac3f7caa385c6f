using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Npgsql;
using NpgsqlTypes;

namespace Muqeem.Platform.Writing;

/// <summary>One column of the rows that a statement writes, as an array parameter that is filled anew for each group and keeps its memory.</summary>
internal abstract class ColumnArray
{
    public abstract NpgsqlParameter Parameter { get; }

    /// <summary>The array's type in SQL.</summary>
    public abstract string SqlType { get; }

    public abstract void Add(object? value);

    public abstract void Clear();

    public static ColumnArray For(ColumnType type, bool nullable) => type switch
    {
        ColumnType.Uuid when nullable => new Of<Guid?>(NpgsqlDbType.Uuid, "uuid[]", value => (Guid?)value),
        ColumnType.Uuid => new Of<Guid>(NpgsqlDbType.Uuid, "uuid[]", value => (Guid)value!),
        ColumnType.Text or ColumnType.Day => new Of<string?>(NpgsqlDbType.Text, "text[]", value => (string?)value),
        ColumnType.Int or ColumnType.Bool when nullable => new Of<int?>(NpgsqlDbType.Integer, "integer[]", value => (int?)value),
        ColumnType.Int or ColumnType.Bool => new Of<int>(NpgsqlDbType.Integer, "integer[]", value => (int)value!),
        ColumnType.Long or ColumnType.Instant when nullable => new Of<long?>(NpgsqlDbType.Bigint, "bigint[]", value => (long?)value),
        ColumnType.Long or ColumnType.Instant => new Of<long>(NpgsqlDbType.Bigint, "bigint[]", value => (long)value!),
        ColumnType.Bytes or ColumnType.Sealed => new Of<byte[]?>(NpgsqlDbType.Bytea, "bytea[]", value => value is SealedBytes blob ? blob.Cipher : (byte[]?)value),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    private sealed class Of<T> : ColumnArray
    {
        private readonly List<T> _values = [];
        private readonly Func<object?, T> _take;

        public Of(NpgsqlDbType type, string sqlType, Func<object?, T> take)
        {
            _take = take;
            SqlType = sqlType;
            Parameter = new NpgsqlParameter<List<T>> { NpgsqlDbType = NpgsqlDbType.Array | type, TypedValue = _values };
        }

        public override NpgsqlParameter Parameter { get; }
        public override string SqlType { get; }
        public override void Add(object? value) => _values.Add(_take(value));
        public override void Clear() => _values.Clear();
    }
}

/// <summary>How the rows of one statement meet the table.</summary>
internal enum StatementKind
{
    Insert,

    /// <summary>Insert; a row that is there already is a lost race.</summary>
    InsertNew,
    Put,
    Delete,

    /// <summary>Compare and set of heads; one that is not at its version is a lost race.</summary>
    Update,

    /// <summary>Gives leaves their positions in the journal; one that has a position already is a lost race.</summary>
    Place,

    /// <summary>Adds deltas to balances; one that would go below zero is a lost race.</summary>
    Debit,
    Credit,

    /// <summary>Destroys data keys and writes their tombstones.</summary>
    Erase,
}

/// <summary>One statement over arrays, prepared once per session: all rows of a group that meet one table in one way.</summary>
internal sealed class ArrayStatement
{
    private readonly ColumnArray[] _columns;
    private readonly NpgsqlParameter<long>? _expected;

    public ArrayStatement(Table table, StatementKind kind, params string[] unique)
    {
        var taken = kind == StatementKind.Delete ? table.Columns.Take(table.KeyLength).ToList() : [.. table.Columns];
        _columns = [.. taken.Select(c => ColumnArray.For(c.Type, c.Nullable))];
        Command = new NpgsqlBatchCommand(Text(table, kind, unique, taken));
        foreach (var column in _columns)
        {
            Command.Parameters.Add(column.Parameter);
        }
        if (kind is StatementKind.InsertNew or StatementKind.Update or StatementKind.Place or StatementKind.Debit)
        {
            _expected = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
            Command.Parameters.Add(_expected);
        }
    }

    public NpgsqlBatchCommand Command { get; }

    public int Count { get; private set; }

    public void Clear()
    {
        Count = 0;
        foreach (var column in _columns)
        {
            column.Clear();
        }
    }

    public void Add(params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < _columns.Length; i++)
        {
            _columns[i].Add(values[i]);
        }
        Count++;
        _expected?.TypedValue = Count;
    }

    private string Text(Table table, StatementKind kind, string[] unique, List<Column> taken)
    {
        var rows = $"unnest({string.Join(", ", _columns.Select((c, i) => $"${i + 1}::{c.SqlType}"))})";
        var names = string.Join(", ", taken.Select(c => c.Name));
        var key = string.Join(", ", table.Columns.Take(table.KeyLength).Select(c => c.Name));
        var rest = table.Columns.Skip(table.KeyLength).ToList();
        var insert = $"INSERT INTO {table.Name} ({names}) SELECT * FROM {rows}";
        var expected = $"SELECT muqeem_expect(count(*), ${_columns.Length + 1}, '{table.Name}') FROM written";
        var match = string.Join(" AND ", table.Columns.Take(table.KeyLength).Select(c => $"t.{c.Name} = d.{c.Name}"));
        return kind switch
        {
            StatementKind.Insert => insert,
            StatementKind.InsertNew => $"WITH written AS ({insert} ON CONFLICT ({string.Join(", ", unique)}) DO NOTHING RETURNING 1) {expected}",
            StatementKind.Put when rest.Count == 0 => $"{insert} ON CONFLICT ({key}) DO NOTHING",
            StatementKind.Put => $"{insert} ON CONFLICT ({key}) DO UPDATE SET {string.Join(", ", rest.Select(c => $"{c.Name} = excluded.{c.Name}"))}",
            StatementKind.Delete => $"DELETE FROM {table.Name} t USING {rows} AS d({names}) WHERE {match}",
            StatementKind.Update => $"WITH written AS (UPDATE {table.Name} t SET {string.Join(", ", rest.Select(c => $"{c.Name} = d.{c.Name}"))} FROM {rows} AS d({names}) "
                + $"WHERE t.id = d.id AND t.version = d.version - 1 RETURNING 1) {expected}",
            // Said so that the index on what has no place yet cannot serve it: the planner takes that for nearly empty and would compare each leaf with each.
            StatementKind.Place => $"WITH written AS (UPDATE leaf t SET position = d.position FROM {rows} AS d({names}) WHERE t.id = d.id AND coalesce(t.position, -1) = -1 RETURNING 1) {expected}",
            StatementKind.Debit => $"WITH written AS (UPDATE balance t SET halalas = t.halalas + d.halalas FROM {rows} AS d({names}) "
                + $"WHERE t.account = d.account AND t.halalas + d.halalas >= 0 RETURNING 1) {expected}",
            StatementKind.Erase => $"WITH d AS (SELECT * FROM {rows} AS d({names})), gone AS (DELETE FROM keys.data_key k USING d WHERE k.person_id = d.person_id AND k.class = d.class "
                + "RETURNING k.person_id, k.class, COALESCE(k.origin, sha256(k.wrapped)) AS mark) INSERT INTO erasure (person_id, class, act_id, at, key_mark) "
                + "SELECT d.person_id, d.class, d.act_id, d.at, g.mark FROM d LEFT JOIN gone g ON g.person_id = d.person_id AND g.class = d.class",
            StatementKind.Credit => $"{insert} ON CONFLICT (account) DO UPDATE SET halalas = balance.halalas + excluded.halalas",
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }
}
