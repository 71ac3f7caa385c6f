using System.Buffers.Binary;

namespace Muqeem.Host.TakeOver;

/// <summary>All rows of one person.</summary>
internal sealed record Bundle(Row Person, IReadOnlyList<Row> Residences, IReadOnlyList<Row> Documents, IReadOnlyList<Row> Cases)
{
    public IEnumerable<Row> Rows => [Person, .. Residences, .. Documents, .. Cases];

    /// <summary>The rows byte for byte, each with its file and length: what the same rows delivered again are known by.</summary>
    public byte[] Bytes()
    {
        var rows = Rows.ToList();
        var all = new byte[rows.Sum(r => 5 + r.Bytes.Length)];
        var at = 0;
        foreach (var row in rows)
        {
            all[at] = row.Shape.Number;
            BinaryPrimitives.WriteInt32BigEndian(all.AsSpan(at + 1), row.Bytes.Length);
            row.Bytes.CopyTo(all, at + 5);
            at += 5 + row.Bytes.Length;
        }
        return all;
    }

    /// <summary>
    /// The persons of a delivery with what belongs to each. All files are in the same order, so nothing but the rows of one person is held.
    /// </summary>
    /// <param name="orphan">Called for each row whose person is not in the delivery.</param>
    public static IEnumerable<Bundle> Of(Delivery delivery, Action<Row> orphan)
    {
        using var residences = new Cursor(delivery.Rows(Shape.Residences), orphan);
        using var documents = new Cursor(delivery.Rows(Shape.Documents), orphan);
        using var cases = new Cursor(delivery.Rows(Shape.Cases), orphan);
        foreach (var person in delivery.Rows(Shape.Persons))
        {
            yield return new(person, residences.Of(person.Person), documents.Of(person.Person), cases.Of(person.Person));
        }
        residences.Finish();
        documents.Finish();
        cases.Finish();
    }

    private sealed class Cursor : IDisposable
    {
        private readonly IEnumerator<Row> _rows;
        private readonly Action<Row> _orphan;
        private bool _there;

        public Cursor(IEnumerable<Row> rows, Action<Row> orphan)
        {
            (_rows, _orphan) = (rows.GetEnumerator(), orphan);
            _there = _rows.MoveNext();
        }

        public IReadOnlyList<Row> Of(string person)
        {
            List<Row>? own = null;
            while (_there && string.CompareOrdinal(_rows.Current.Person, person) is var order and <= 0)
            {
                if (order < 0)
                {
                    _orphan(_rows.Current);
                }
                else
                {
                    (own ??= []).Add(_rows.Current);
                }
                _there = _rows.MoveNext();
            }
            return (IReadOnlyList<Row>?)own ?? [];
        }

        public void Finish()
        {
            for (; _there; _there = _rows.MoveNext())
            {
                _orphan(_rows.Current);
            }
        }

        public void Dispose() => _rows.Dispose();
    }
}
