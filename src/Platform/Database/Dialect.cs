using System.Collections;
using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace Muqeem.Platform.Database;

/// <summary>The two databases.</summary>
public enum DatabaseKind
{
    Sqlite,
    PostgreSql,
}

/// <summary>
/// Everything in which the two databases differ for a reader: the form of parameters and of lists. SQL is written once, in PostgreSQL's
/// words: <c>= ANY(@ids)</c> with any collection. Rows to be changed are never locked by readers: the writer compares and sets.
/// </summary>
public sealed partial class Dialect
{
    public static readonly Dialect Sqlite = new(DatabaseKind.Sqlite);
    public static readonly Dialect PostgreSql = new(DatabaseKind.PostgreSql);

    private readonly ConcurrentDictionary<(string Sql, Type? Arguments), string> _translated = new();

    private Dialect(DatabaseKind kind) => Kind = kind;

    public DatabaseKind Kind { get; }

    /// <summary>How a column type is called in this database's catalogue.</summary>
    internal IReadOnlyList<string> StoredAs(ColumnType type) => Kind == DatabaseKind.PostgreSql
        ? type switch
        {
            ColumnType.Uuid => ["uuid"],
            ColumnType.Text or ColumnType.Day => ["text"],
            ColumnType.Int => ["integer"],
            ColumnType.Bool => ["smallint", "integer"],
            ColumnType.Long or ColumnType.Instant => ["bigint"],
            ColumnType.Bytes or ColumnType.Sealed => ["bytea"],
            _ => throw new ArgumentOutOfRangeException(nameof(type)),
        }
        : type switch
        {
            ColumnType.Uuid or ColumnType.Text or ColumnType.Day => ["TEXT"],
            ColumnType.Int or ColumnType.Bool or ColumnType.Long or ColumnType.Instant => ["INTEGER"],
            ColumnType.Bytes or ColumnType.Sealed => ["BLOB"],
            _ => throw new ArgumentOutOfRangeException(nameof(type)),
        };

    /// <summary>SQL as this database wants it, for arguments of a type.</summary>
    internal string Translate(string sql, object? arguments) => _translated.GetOrAdd((sql, arguments?.GetType()), static (key, self) => self.Translate(key.Sql, key.Arguments), this);

    private string Translate(string sql, Type? arguments)
    {
        var common = InList().Replace(sql, "= ANY(@${name})");
        if (Kind == DatabaseKind.PostgreSql)
        {
            return common;
        }
        return AnyOf().Replace(common, match =>
        {
            var name = match.Groups["name"].Value;
            var element = Arguments.PropertiesOf(arguments ?? typeof(object)).FirstOrDefault(p => p.Name == name)?.Element;
            return element == typeof(byte[])
                ? $"IN (SELECT unhex(value) FROM json_each(@{name}))"
                : $"IN (SELECT value FROM json_each(@{name}))";
        });
    }

    [GeneratedRegex(@"(?i:\bIN)\s+@(?<name>\w+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InList();

    [GeneratedRegex(@"=\s*(?i:ANY)\s*\(\s*@(?<name>\w+)\s*\)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AnyOf();

    /// <summary>The parameters of one query, taken from the properties of an object.</summary>
    internal sealed class Arguments(object? values) : SqlMapper.IDynamicParameters
    {
        private static readonly ConcurrentDictionary<Type, Property[]> Known = new();

        public sealed record Property(string Name, Type Declared, Type? Element, Func<object, object?> Get);

        public static Property[] PropertiesOf(Type type) => Known.GetOrAdd(type, static t => [.. t.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanRead && p.GetIndexParameters().Length == 0)
            .Select(p => new Property(p.Name, p.PropertyType, ElementOf(p.PropertyType), p.GetValue))]);

        public void AddParameters(IDbCommand command, SqlMapper.Identity identity) => AddTo((DbCommand)command);

        public void AddTo(DbCommand command)
        {
            if (values is null)
            {
                return;
            }
            foreach (var property in PropertiesOf(values.GetType()))
            {
                command.Parameters.Add(command is NpgsqlCommand
                    ? PostgreSqlParameter(property, property.Get(values))
                    : SqliteParameter(property, property.Get(values)));
            }
        }

        private static Type? ElementOf(Type type) => type == typeof(string) || type == typeof(byte[]) ? null
            : type.GetInterfaces().Append(type).FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];

        private static NpgsqlParameter PostgreSqlParameter(Property property, object? value)
        {
            if (property.Element is { } element)
            {
                var neutral = Storage.NeutralType(element);
                var items = ((IEnumerable)(value ?? Array.Empty<object>())).Cast<object?>().Select(Storage.Neutral).ToList();
                var array = Array.CreateInstance(neutral, items.Count);
                for (var i = 0; i < items.Count; i++)
                {
                    array.SetValue(items[i], i);
                }
                return new() { ParameterName = property.Name, NpgsqlDbType = NpgsqlDbType.Array | PostgreSqlType(neutral), Value = array };
            }
            var one = Storage.Neutral(value);
            var type = one?.GetType() ?? Storage.NeutralType(property.Declared);
            return type == typeof(object)
                ? new() { ParameterName = property.Name, Value = DBNull.Value }
                : new() { ParameterName = property.Name, NpgsqlDbType = PostgreSqlType(type), Value = one ?? DBNull.Value };
        }

        private static SqliteParameter SqliteParameter(Property property, object? value)
        {
            if (property.Element is not null)
            {
                return new(property.Name, Json((IEnumerable)(value ?? Array.Empty<object>())));
            }
            return new(property.Name, ForSqlite(Storage.Neutral(value)) ?? DBNull.Value);
        }

        private static string Json(IEnumerable items)
        {
            var json = new StringBuilder("[");
            foreach (var item in items)
            {
                json.Append(json.Length > 1 ? "," : "").Append(Storage.Neutral(item) switch
                {
                    null => "null",
                    long number => number.ToString(CultureInfo.InvariantCulture),
                    int number => number.ToString(CultureInfo.InvariantCulture),
                    Guid id => $"\"{id:D}\"",
                    byte[] bytes => $"\"{Convert.ToHexString(bytes)}\"",
                    string text => System.Text.Json.JsonSerializer.Serialize(text),
                    _ => throw new ArgumentException("A list of these cannot be a parameter."),
                });
            }
            return json.Append(']').ToString();
        }
    }

    /// <summary>SQLite has no uuid: ids are lower-case text.</summary>
    internal static object? ForSqlite(object? neutral) => neutral switch
    {
        Guid id => id.ToString("D"),
        Privacy.SealedBytes blob => blob.Cipher,
        _ => neutral,
    };

    internal static NpgsqlDbType PostgreSqlType(Type neutral) =>
        neutral == typeof(Guid) ? NpgsqlDbType.Uuid
        : neutral == typeof(string) ? NpgsqlDbType.Text
        : neutral == typeof(long) ? NpgsqlDbType.Bigint
        : neutral == typeof(int) ? NpgsqlDbType.Integer
        : neutral == typeof(byte[]) ? NpgsqlDbType.Bytea
        : throw new ArgumentException($"{neutral.Name} has no type in PostgreSQL.");
}
