using System.Data;
using System.Globalization;
using System.Reflection;
using Dapper;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Platform.Database;

/// <summary>
/// How Dapper makes records of rows. SQLite says 64-bit for every number and nothing at all for an expression that is null in the first row, so
/// each type is read by its own handler and a record is matched by the names of its columns, never by what the driver says their types are.
/// </summary>
internal static class RowReading
{
    private static readonly Lock Gate = new();
    private static bool _ready;

    /// <summary>Idempotent; Dapper's settings are per process.</summary>
    public static void Prepare()
    {
        lock (Gate)
        {
            if (_ready)
            {
                return;
            }
            DefaultTypeMap.MatchNamesWithUnderscores = true;
            SqlMapper.TypeMapProvider = type => new Shape(type);
            Register(Storage.ReadGuid);
            Register(stored => Convert.ToInt32(stored, CultureInfo.InvariantCulture));
            Register(stored => Convert.ToInt64(stored, CultureInfo.InvariantCulture));
            Register(stored => Convert.ToInt64(stored, CultureInfo.InvariantCulture) != 0);
            Register(Storage.ReadDay);
            Register(stored => Clock.FromMicros(Convert.ToInt64(stored, CultureInfo.InvariantCulture)));
            Register(stored => new Money(Convert.ToInt64(stored, CultureInfo.InvariantCulture)));
            Register(stored => (string)stored);
            Register(stored => (byte[])stored);
            System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(Storage).TypeHandle);
            _ready = true;
        }
    }

    public static void Register<T>(Func<object, T> read)
    {
        var type = typeof(T);
        SqlMapper.RemoveTypeMap(type);
        if (type.IsValueType)
        {
            SqlMapper.RemoveTypeMap(typeof(Nullable<>).MakeGenericType(type));
        }
        SqlMapper.AddTypeHandler(type, new Handler<T>(read));
    }

    private sealed class Handler<T>(Func<object, T> read) : SqlMapper.ITypeHandler
    {
        public object? Parse(Type destinationType, object value) => value is null or DBNull ? null : read(value);

        // Db binds parameters itself, see Arguments.
        public void SetValue(IDbDataParameter parameter, object value) => parameter.Value = Storage.Neutral(value) ?? DBNull.Value;
    }

    private sealed class Shape(Type type) : SqlMapper.ITypeMap
    {
        private readonly DefaultTypeMap _usual = new(type);

        public ConstructorInfo? FindConstructor(string[] names, Type[] types)
        {
            var constructors = type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance);
            foreach (var constructor in constructors)
            {
                var parameters = constructor.GetParameters();
                if (parameters.Length == names.Length && parameters.Select((p, i) => Same(p.Name!, names[i])).All(same => same))
                {
                    return constructor;
                }
            }
            return constructors.FirstOrDefault(c => c.GetParameters().Length == 0)
                ?? throw new InvalidOperationException($"{type.Name} has no constructor with the columns, in this order: {string.Join(", ", names)}.");
        }

        public ConstructorInfo? FindExplicitConstructor() => null;

        public SqlMapper.IMemberMap? GetConstructorParameter(ConstructorInfo constructor, string columnName) =>
            new Parameter(columnName, constructor.GetParameters().Single(p => Same(p.Name!, columnName)));

        public SqlMapper.IMemberMap? GetMember(string columnName) => _usual.GetMember(columnName);

        private static bool Same(string parameter, string column) =>
            parameter.Replace("_", "", StringComparison.Ordinal).Equals(column.Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
    }

    private sealed class Parameter(string column, ParameterInfo parameter) : SqlMapper.IMemberMap
    {
        public string ColumnName => column;
        public Type MemberType => parameter.ParameterType;
        public PropertyInfo? Property => null;
        public FieldInfo? Field => null;
        ParameterInfo? SqlMapper.IMemberMap.Parameter => parameter;
    }
}
