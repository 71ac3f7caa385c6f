using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Kernel;

namespace Muqeem.Host.TakeOver;

/// <summary>
/// Numbers that stand at two persons of a delivery. Found before anything is written, so that it does not depend on who comes first: nobody here knows whose number it is.
/// Eight bytes of memory a number; that two different ones share them happens once in a hundred thousand deliveries of fifteen million people, and then only holds both back.
/// </summary>
internal sealed class Duplicates
{
    public static readonly IReadOnlyList<string> Fields = ["resident_number", "border_number", "passport_number"];

    public const string Serial = "serial";

    private readonly Dictionary<string, List<ulong>> _seen = [];
    private readonly HashSet<ulong> _twice = [];

    public Duplicates(Delivery delivery)
    {
        foreach (var field in Fields)
        {
            _seen[field] = new((int)Math.Min(delivery.Persons, 1 << 20));
        }
        _seen[Serial] = new((int)Math.Min(delivery.RowsOf(Shape.Documents), 1 << 20));
    }

    /// <summary>A row of persons.jsonl.</summary>
    public void Person(Row row)
    {
        foreach (var field in Fields)
        {
            if (Canonical(row, field) is { } canonical)
            {
                _seen[field].Add(HashOf(field, canonical));
            }
        }
    }

    /// <summary>A row of documents.jsonl. Another thread than that of the persons may call it.</summary>
    public void Document(Row row)
    {
        if (row.Text(Serial) is { } serial)
        {
            _seen[Serial].Add(HashOf(Serial, serial));
        }
    }

    /// <summary>All rows were seen.</summary>
    public void Close()
    {
        foreach (var hashes in _seen.Values)
        {
            hashes.Sort();
            for (var i = 1; i < hashes.Count; i++)
            {
                if (hashes[i] == hashes[i - 1])
                {
                    _twice.Add(hashes[i]);
                }
            }
        }
        _seen.Clear();
    }

    public bool Twice(string field, string canonical) => _twice.Count > 0 && _twice.Contains(HashOf(field, canonical));

    /// <summary>A person's number as it is compared; null when there is none, or none that can be read. A passport's with the state that issued it, as far as the nationality says.</summary>
    public static string? Canonical(Row person, string field) => person.Text(field) is not { } text ? null : field switch
    {
        "resident_number" => ResidentNumber.Parse(text) is { Ok: true } r ? r.Value.ToString() : null,
        "border_number" => BorderNumber.Parse(text) is { Ok: true } b ? b.Value.ToString() : null,
        _ => PassportNumber.Parse(text) is { Ok: true } p ? $"{person.Text("nationality")} {p.Value}" : null,
    };

    private static ulong HashOf(string field, string canonical)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{field}\0{canonical}"), hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}
