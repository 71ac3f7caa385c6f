using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>What a person's cases say of how long the data is kept.</summary>
internal static class CasesRetention
{
    private sealed record Stand(Guid PersonId, string Holder, Instant StateSince);

    public static RetentionSource Of(Db db) => new("cases", async (persons, notes, cancel) =>
    {
        foreach (var stand in await db.QueryAsync<Stand>(
            "SELECT person_id, holder, max(state_since) AS state_since FROM case_head WHERE person_id = ANY(@ids) GROUP BY person_id, holder", new { ids = persons.Select(p => p.Value).ToArray() }, cancel))
        {
            var person = new PersonId(stand.PersonId);
            if (stand.Holder != Holders.None)
            {
                notes.Keep(person, "case");
            }
            notes.Happened(person, "case_closed", stand.StateSince);
        }
    });
}
