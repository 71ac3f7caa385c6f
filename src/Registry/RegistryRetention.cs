using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Registry;

/// <summary>What the register says of how long a person's data is kept.</summary>
internal static class RegistryRetention
{
    private sealed record Known(Guid Id, Instant CreatedAt);

    private sealed record Stay(Guid PersonId, LocalDate? EndedDay, string? EndReason);

    private sealed record Told(Guid PersonId, Instant At);

    private sealed record Number(string Kind, byte[] Blind);

    public static RetentionSource Of(Db db) => new("register", (persons, notes, cancel) => LookAsync(db, persons, notes, cancel), (change, person, @class, cancel) => EraseAsync(db, change, person, @class, cancel));

    private static async Task LookAsync(Db db, IReadOnlyCollection<PersonId> persons, RetentionNotes notes, CancellationToken cancel)
    {
        var ids = persons.Select(p => p.Value).ToArray();
        foreach (var known in await db.QueryAsync<Known>("SELECT id, created_at FROM person WHERE id = ANY(@ids)", new { ids }, cancel))
        {
            notes.Happened(new PersonId(known.Id), "known", known.CreatedAt);
        }
        // One that has run out and was never ended still has consequences: fines, a return.
        foreach (var stay in await db.QueryAsync<Stay>("SELECT person_id, ended_day, end_reason FROM residence WHERE person_id = ANY(@ids)", new { ids }, cancel))
        {
            var person = new PersonId(stay.PersonId);
            if (stay.EndReason is null || stay.EndedDay is not { } day)
            {
                notes.Keep(person, "residence");
            }
            else
            {
                notes.Happened(person, "residence_ended", day.StartInRiyadh());
            }
        }
        foreach (var person in await db.QueryAsync<Guid>("SELECT DISTINCT person_id FROM fine WHERE person_id = ANY(@ids) AND state = 'OPEN'", new { ids }, cancel))
        {
            notes.Keep(new PersonId(person), "fine");
        }
        foreach (var told in await db.QueryAsync<Told>("SELECT person_id, max(at) AS at FROM notice WHERE person_id = ANY(@ids) GROUP BY person_id", new { ids }, cancel))
        {
            notes.Happened(new PersonId(told.PersonId), "told", told.At);
        }
    }

    /// <summary>With who the person is goes what finds the person: whoever comes back is somebody new.</summary>
    private static async Task EraseAsync(Db db, Change change, PersonId person, RetentionClass @class, CancellationToken cancel)
    {
        if (@class != RetentionClass.Identity)
        {
            return;
        }
        if (await db.ExistsAsync("SELECT 1 FROM taken_over WHERE person_id = @person", new { person = person.Value }, cancel))
        {
            change.Rows.Add(RegistryTables.TakenOver.Delete(person.Value));
        }
        foreach (var number in await db.QueryAsync<Number>("SELECT kind, blind FROM person_identifier WHERE person_id = @person", new { person = person.Value }, cancel))
        {
            change.Rows.Add(RegistryTables.Identifier.Delete(number.Kind, number.Blind));
            change.Releases.Add(new Claim("identifier." + number.Kind, number.Blind));
        }
    }
}
