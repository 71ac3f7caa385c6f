using System.Reflection;
using System.Text;
using Muqeem.Platform.Writing;
using Muqeem.Tests;

namespace Muqeem.Platform.Database;

/// <summary>The tables in code and the tables in both databases are the same ones.</summary>
public class SchemaTests
{
    private static readonly Lazy<IReadOnlyList<(string Area, Table Table)>> Defined = new(() =>
    [
        .. Directory.GetFiles(AppContext.BaseDirectory, "Muqeem.*.dll").Select(Path.GetFileNameWithoutExtension)
            .Where(name => name is not ("Muqeem.Tests" or "Muqeem.Bench"))
            .Order(StringComparer.Ordinal)
            .SelectMany(name => Assembly.Load(name!).GetTypes())
            .Where(type => type.Name.EndsWith("Tables", StringComparison.Ordinal) && type.IsAbstract && type.IsSealed)
            .Select(type => (Type: type, All: type.GetField("All", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)?.GetValue(null)
                ?? type.GetProperty("All", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)?.GetValue(null)))
            .SelectMany(found => ((IEnumerable<Table>)found.All!).Select(table => (found.Type.Name[..^"Tables".Length], table))),
    ]);

    /// <summary>The names of all tables that the projects define, in order.</summary>
    internal static IEnumerable<string> Names() => Defined.Value.Select(t => t.Table.Name).Order(StringComparer.Ordinal);

    private sealed record StoredColumn(string TableName, string ColumnName, string DataType, bool Nullable, int KeyPosition);

    [Fact]
    public void Every_list_of_tables_names_all_that_its_class_defines()
    {
        Assert.Contains(Defined.Value, t => t.Table == PlatformTables.Act);
        foreach (var area in Defined.Value.GroupBy(t => t.Area, StringComparer.Ordinal))
        {
            var type = Directory.GetFiles(AppContext.BaseDirectory, "Muqeem.*.dll").Select(f => Assembly.Load(Path.GetFileNameWithoutExtension(f)!))
                .SelectMany(a => a.GetTypes()).Single(t => t.Name == area.Key + "Tables" && t.IsAbstract && t.IsSealed);
            var fields = type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Select(f => f.GetValue(null)).OfType<Table>();
            Assert.Equal(fields.Select(t => t.Name).Order(StringComparer.Ordinal), area.Select(t => t.Table.Name).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void No_two_tables_share_a_name_or_a_code_in_the_journal()
    {
        var names = Defined.Value.Select(t => t.Table.Name).ToList();
        Assert.Equal(names.Count, names.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(names.Count, names.Select(Leaf.TableCode).Distinct().Count());
    }

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task Every_table_of_the_database_is_defined_once_with_the_same_columns(DatabaseKind kind)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var stored = (await database.Db.QueryAsync<StoredColumn>(kind == DatabaseKind.PostgreSql ? PostgreSqlColumns : SqliteColumns))
            .GroupBy(c => c.TableName, StringComparer.Ordinal).ToDictionary(t => t.Key, t => t.ToList(), StringComparer.Ordinal);

        Assert.Equal(Defined.Value.Select(t => t.Table.Name).Order(StringComparer.Ordinal), stored.Keys.Order(StringComparer.Ordinal));
        foreach (var (_, table) in Defined.Value)
        {
            Assert.Equal(
                table.Columns.Select((c, i) => $"{table.Name}.{c.Name} {(c.Nullable ? "null" : "not null")} key {(i < table.KeyLength ? i + 1 : 0)}"),
                stored[table.Name].Select(c => $"{table.Name}.{c.ColumnName} {(c.Nullable ? "null" : "not null")} key {c.KeyPosition}"));
            foreach (var (column, found) in table.Columns.Zip(stored[table.Name]))
            {
                Assert.True(database.Db.Dialect.StoredAs(column.Type).Contains(found.DataType, StringComparer.OrdinalIgnoreCase),
                    $"{table.Name}.{column.Name} is {column.Type} in code and {found.DataType} in {kind}.");
            }
        }
    }

    [Fact]
    public async Task Heads_leave_room_on_their_pages_and_cipher_text_is_not_compressed()
    {
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.PostgreSql);
        var fillfactors = (await database.Db.QueryAsync<(string, string)>(
            "SELECT relname, coalesce(array_to_string(reloptions, ','), '') FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"))
            .ToDictionary(t => t.Item1, t => t.Item2, StringComparer.Ordinal);
        Assert.All(Defined.Value.Where(t => t.Table.IsHead), head => Assert.Matches("fillfactor=[1-9][05]$", fillfactors[head.Table.Name]));

        var external = (await database.Db.QueryAsync<string>(
            "SELECT attrelid::regclass || '.' || attname FROM pg_attribute WHERE attnum > 0 AND attstorage = 'e'")).ToHashSet(StringComparer.Ordinal);
        Assert.All(Defined.Value.SelectMany(t => t.Table.Columns.Where(c => c.Type == ColumnType.Sealed).Select(c => $"{t.Table.Name}.{c.Name}")), name => Assert.Contains(name, external));
    }

    private const string PostgreSqlColumns = """
        SELECT CASE WHEN c.table_schema = 'keys' THEN 'keys.' ELSE '' END || c.table_name AS table_name, c.column_name::text, c.data_type::text,
               CASE WHEN c.is_nullable = 'YES' THEN 1 ELSE 0 END AS nullable, coalesce(k.ordinal_position, 0) AS key_position
        FROM information_schema.columns c
        LEFT JOIN (SELECT u.table_schema, u.table_name, u.column_name, u.ordinal_position
                   FROM information_schema.key_column_usage u
                   JOIN information_schema.table_constraints t ON t.constraint_schema = u.constraint_schema AND t.constraint_name = u.constraint_name AND t.table_name = u.table_name
                   WHERE t.constraint_type = 'PRIMARY KEY') k
          ON k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.column_name = c.column_name
        WHERE c.table_schema IN ('public', 'keys')
        ORDER BY 1, c.ordinal_position
        """;

    private const string SqliteColumns = """
        SELECT CASE WHEN t.schema = 'keys' THEN 'keys.' ELSE '' END || t.name AS table_name, c.name AS column_name, c.type AS data_type, 1 - c."notnull" AS nullable, c.pk AS key_position
        FROM pragma_table_list t JOIN pragma_table_info(t.name, t.schema) c
        WHERE t.name NOT LIKE 'sqlite_%' AND t.type = 'table'
        ORDER BY 1, c.cid
        """;

    [Fact]
    public void The_data_dictionary_is_what_the_code_says()
    {
        var text = new StringBuilder("""
            # Data dictionary

            Written by a test from the table definitions in the code; `MUQEEM_WRITE_DOCS=1` writes it anew.
            *Act* tables are written only with a recorded act, *bookkeeping* tables need none, *writer* tables are written by the writer from the parts of a change.
            **Sealed** columns hold personal data, encrypted under a key of the person. Instants are UTC microseconds, days are ISO text, amounts are halalas.

            """);
        foreach (var area in Defined.Value.GroupBy(t => t.Area, StringComparer.Ordinal).OrderBy(a => a.Key, StringComparer.Ordinal))
        {
            text.Append("\n## ").Append(area.Key).Append('\n');
            foreach (var (_, table) in area.OrderBy(t => t.Table.Name, StringComparer.Ordinal))
            {
                text.Append("\n### `").Append(table.Name).Append("`\n\n")
                    .Append(table.Remark).Append(' ').Append(table.Kind switch { TableKind.Act => "*Act*", TableKind.Bookkeeping => "*Bookkeeping*", _ => "*Writer*" })
                    .Append(table.IsHead ? ", head with version.\n" : ".\n")
                    .Append("\n| column | type | remark |\n|---|---|---|\n");
                foreach (var (column, i) in table.Columns.Select((c, i) => (c, i)))
                {
                    text.Append("| `").Append(column.Name).Append("` | ").Append(column.Type == ColumnType.Sealed ? "**Sealed**" : column.Type.ToString())
                        .Append(column.Nullable ? ", may be absent" : "").Append(" | ").Append(i < table.KeyLength ? "key" : "")
                        .Append(i < table.KeyLength && column.Remark.Length > 0 ? "; " : "").Append(column.Remark).Append(" |\n");
                }
            }
        }
        GeneratedDocs.Check("data-dictionary.md", text.ToString());
    }
}
