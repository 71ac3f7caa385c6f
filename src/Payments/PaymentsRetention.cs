using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using NodaTime;

namespace Muqeem.Payments;

/// <summary>What a person's money says of how long the data is kept: a debt and money of the person's keep it.</summary>
internal static class PaymentsRetention
{
    private sealed record Moved(Guid PayerId, Instant At);

    public static RetentionSource Of(Db db) => new("payments", async (persons, notes, cancel) =>
    {
        var arguments = new { ids = persons.Select(p => p.Value).ToArray() };
        foreach (var moved in await db.QueryAsync<Moved>("SELECT payer_id, max(coalesce(closed_at, issued_at)) AS at FROM bill WHERE payer_id = ANY(@ids) GROUP BY payer_id", arguments, cancel))
        {
            notes.Happened(new PersonId(moved.PayerId), "money_moved", moved.At);
        }
        foreach (var moved in await db.QueryAsync<Moved>("SELECT payer_id, max(coalesce(closed_at, requested_at)) AS at FROM refund WHERE payer_id = ANY(@ids) GROUP BY payer_id", arguments, cancel))
        {
            notes.Happened(new PersonId(moved.PayerId), "money_moved", moved.At);
        }
        foreach (var (why, sql) in new[]
        {
            ("bill", "SELECT DISTINCT payer_id FROM bill WHERE payer_id = ANY(@ids) AND state IN ('OPEN', 'SETTLED')"),
            ("refund", "SELECT DISTINCT payer_id FROM refund WHERE payer_id = ANY(@ids) AND state = 'REQUESTED'"),
            ("balance", "SELECT account FROM balance WHERE account = ANY(@ids) AND halalas > 0"),
        })
        {
            foreach (var person in await db.QueryAsync<Guid>(sql, arguments, cancel))
            {
                notes.Keep(new PersonId(person), why);
            }
        }
    });
}
