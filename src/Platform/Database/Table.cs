using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Platform.Database;

/// <summary>How a column is stored in both databases. Dates are ISO text, instants are UTC microseconds, booleans are 0 or 1.</summary>
public enum ColumnType
{
    Uuid,
    Text,
    Int,
    Long,
    Bytes,
    Bool,
    Day,
    Instant,

    /// <summary>Personal data: a <see cref="Privacy.SealedBytes"/>; stored as bytes, committed to the journal by its plaintext.</summary>
    Sealed,
}

/// <summary>One column. <paramref name="Remark"/> goes into the generated data dictionary.</summary>
public sealed record Column(string Name, ColumnType Type, bool Nullable = false, string Remark = "")
{
    /// <summary>Of a sealed column: to what its values are bound. Every sealed column of a table that the journal commits to has one.</summary>
    public SealBinding? Binding { get; init; }
}

/// <summary>
/// How the <see cref="Privacy.SealContext"/> of a sealed column's values is found from the row, so that the journal's verification can recompute their commitments.
/// </summary>
/// <param name="Row">The column with the id to which the value is bound.</param>
/// <param name="Person">The column with the person: of this table, or of <paramref name="Through"/>.</param>
/// <param name="Through">The table whose row names the person, found by its first column.</param>
/// <param name="By">The column of this table that names that row.</param>
/// <param name="Suffix">A column whose value is part of the context's table name, after a slash.</param>
public sealed record SealBinding(Privacy.RetentionClass Class, string Row, string Person, string? Through = null, string? By = null, string? Suffix = null);

/// <summary>Whether rows of a table may only be written by an act, or are bookkeeping that needs none (attempts, leases, counters).</summary>
public enum TableKind
{
    Act,
    Bookkeeping,

    /// <summary>Written by the writer itself from the parts of a change (acts, claims, balances, messages, accesses); a change that names such a row is refused.</summary>
    Writer,
}

/// <summary>
/// A table that the writer may write. The first <see cref="KeyLength"/> columns are the primary key.
/// A head table has the key <c>id uuid</c> and, as its second column, <c>version bigint</c>: its rows are changed by compare-and-set only.
/// </summary>
public sealed class Table(string name, TableKind kind, int keyLength, string remark, params Column[] columns)
{
    public string Name { get; } = name;
    public TableKind Kind { get; } = kind;
    public int KeyLength { get; } = keyLength;
    public string Remark { get; } = remark;
    public IReadOnlyList<Column> Columns { get; } = columns;

    /// <summary>Whether anything read of it is kept in memory, see <see cref="Recollection"/>; then the writer tells what it wrote.</summary>
    internal volatile bool IsRecalled;

    /// <summary>Positions of the columns that may name a subject.</summary>
    internal IReadOnlyList<int> SubjectColumns { get; } = [.. Enumerable.Range(0, columns.Length).Where(i => columns[i].Type == ColumnType.Uuid)];

    public bool IsHead => Columns.Count > 1 && KeyLength == 1 && Columns[1].Name == "version";

    /// <summary>A new row; all columns in order. A duplicate key is a bug unless a claim guards it.</summary>
    public Row Insert(params object?[] values) => new(this, RowMode.Insert, Checked(values, Columns.Count));

    /// <summary>Inserts or replaces the row with this key; all columns in order. Only for rows that a head of the same change guards, and bookkeeping.</summary>
    public Row Put(params object?[] values) => new(this, RowMode.Put, Checked(values, Columns.Count));

    /// <summary>Deletes the row with this key.</summary>
    public Row Delete(params object?[] key) => new(this, RowMode.Delete, Checked(key, KeyLength));

    /// <summary>A head at its next version: <paramref name="rest"/> are the columns after id and version. Expected version 0 means: it must not exist yet.</summary>
    public HeadWrite Head(Guid id, long expectedVersion, params object?[] rest) =>
        IsHead ? new(this, id, expectedVersion, Checked(rest, Columns.Count - 2)) : throw new InvalidOperationException($"{Name} is not a head table.");

    private object?[] Checked(object?[] values, int count) =>
        values.Length == count ? values : throw new ArgumentException($"{Name} takes {count} values, not {values.Length}.", nameof(values));
}

public enum RowMode
{
    Insert,
    Put,
    Delete,
}

/// <summary>Values may be <see cref="Guid"/>, the typed ids, string, int, long, bool, byte[], <see cref="LocalDate"/>, <see cref="Instant"/>, <see cref="Money"/>, <see cref="Privacy.SealedBytes"/> or null.</summary>
public sealed record Row(Table Table, RowMode Mode, object?[] Values);

/// <summary>A compare-and-set of one head.</summary>
public sealed record HeadWrite(Table Table, Guid Id, long ExpectedVersion, object?[] Rest);
