using System.Collections.Concurrent;
using System.Globalization;
using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Platform.Database;

/// <summary>
/// How values of the domain are stored. In between stand six neutral types that both databases and the journal share:
/// <see cref="Guid"/>, string, long, int, byte[] and <see cref="SealedBytes"/>.
/// </summary>
public static class Storage
{
    private static readonly ConcurrentDictionary<Type, Func<object, Guid>> Ids = new();

    static Storage()
    {
        RegisterId<PersonId>(id => id.Value, value => new(value));
        RegisterId<ActId>(id => id.Value, value => new(value));
        RegisterId<CaseId>(id => id.Value, value => new(value));
        RegisterId<AccountId>(id => id.Value, value => new(value));
    }

    /// <summary>Makes a typed id of another project storable and readable. Call it once, before the first query.</summary>
    public static void RegisterId<T>(Func<T, Guid> value, Func<Guid, T> make) where T : struct
    {
        Ids[typeof(T)] = boxed => value((T)boxed);
        RowReading.Register(stored => make(ReadGuid(stored)));
    }

    /// <summary>The neutral form of a value.</summary>
    internal static object? Neutral(object? value) => value switch
    {
        null => null,
        Guid or string or long or int or byte[] or SealedBytes => value,
        bool flag => flag ? 1 : 0,
        short small => (int)small,
        LocalDate day => LocalDatePattern.Iso.Format(day),
        Instant instant => instant.ToMicros(),
        Money money => money.Halalas,
        DBNull => null,
        Enum => Enum.GetUnderlyingType(value.GetType()) == typeof(long)
            ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : Convert.ToInt32(value, CultureInfo.InvariantCulture),
        _ => Ids.TryGetValue(value.GetType(), out var id)
            ? id(value)
            : throw new ArgumentException($"{value.GetType().Name} cannot be stored. A typed id needs Storage.RegisterId."),
    };

    /// <summary>The neutral form of a value for a column; a value that does not fit its column is a bug of the caller.</summary>
    internal static object? Neutral(Table table, Column column, object? value)
    {
        var neutral = value is Enum && column.Type == ColumnType.Text ? value.ToString() : Neutral(value);
        if (neutral is int number && column.Type is ColumnType.Long or ColumnType.Instant)
        {
            neutral = (long)(int)neutral!;
        }
        if (neutral is long wide && column.Type is ColumnType.Int)
        {
            neutral = checked((int)wide);
        }
        var fits = (neutral, column.Type) switch
        {
            (null, _) => column.Nullable,
            (Guid, ColumnType.Uuid) => true,
            (string, ColumnType.Text or ColumnType.Day) => true,
            (int, ColumnType.Int) => true,
            (int flag, ColumnType.Bool) => flag is 0 or 1,
            (long, ColumnType.Long or ColumnType.Instant) => true,
            (byte[], ColumnType.Bytes) => true,
            (SealedBytes, ColumnType.Sealed) => true,
            _ => false,
        };
        if (neutral is string text)
        {
            Storable(text, column.Name);
        }
        // The value itself stays out of the message: it may be personal.
        return fits ? neutral : throw new ArgumentException($"{table.Name}.{column.Name} is {column.Type}; it cannot hold {value?.GetType().Name ?? "nothing"}.");
    }

    /// <summary>
    /// A text that both databases and the journal can hold: no zero character, no half of a surrogate pair. Anybody can type those into a form; they are caught
    /// where the change is made, before they could spoil a group.
    /// </summary>
    internal static string? Storable(string? text, string where)
    {
        if (text is null || (!text.Contains('\0', StringComparison.Ordinal) && WellFormed(text)))
        {
            return text;
        }
        throw new ArgumentException($"The text for {where} holds a character that cannot be stored.");
    }

    private static bool WellFormed(string text)
    {
        for (var i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[++i])))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The neutral type of a declared type, for parameters that are null.</summary>
    internal static Type NeutralType(Type declared)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        return type == typeof(Guid) || Ids.ContainsKey(type) ? typeof(Guid)
            : type == typeof(string) || type == typeof(LocalDate) ? typeof(string)
            : type == typeof(long) || type == typeof(Instant) || type == typeof(Money) ? typeof(long)
            : type == typeof(int) || type == typeof(short) || type == typeof(bool) || type.IsEnum ? typeof(int)
            : type == typeof(byte[]) ? typeof(byte[])
            : typeof(object);
    }

    /// <summary>Stands for a stored value that its column cannot hold: somebody wrote it past the writer.</summary>
    internal static readonly object Unreadable = new();

    /// <summary>The neutral form of a stored value.</summary>
    internal static object ReadNeutral(ColumnType type, object stored)
    {
        try
        {
            return type switch
            {
                ColumnType.Uuid when stored is Guid => stored,
                // One form only: no reader finds a row whose id is written in another.
                ColumnType.Uuid => Guid.TryParseExact((string)stored, "D", out var id) && id.ToString("D") == (string)stored ? id : Unreadable,
                ColumnType.Text or ColumnType.Day => (string)stored,
                ColumnType.Int or ColumnType.Bool => Convert.ToInt32(stored, CultureInfo.InvariantCulture),
                ColumnType.Long or ColumnType.Instant => Convert.ToInt64(stored, CultureInfo.InvariantCulture),
                _ => (byte[])stored,
            };
        }
        catch (Exception wrong) when (wrong is InvalidCastException or OverflowException or FormatException)
        {
            return Unreadable;
        }
    }

    internal static Guid ReadGuid(object stored) => stored is Guid id ? id : Guid.ParseExact((string)stored, "D");

    internal static LocalDate ReadDay(object stored) => LocalDatePattern.Iso.Parse((string)stored).GetValueOrThrow();
}
