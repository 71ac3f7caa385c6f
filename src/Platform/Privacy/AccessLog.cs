using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Privacy;

/// <summary>One line of "who looked at my data". <see cref="Reader"/> is for finding the office's name; an officer's id is not shown to residents.</summary>
public sealed record AccessLine(Guid Id, Instant At, Actor Reader, Purpose Purpose, CaseId? Case, string Where);

/// <param name="Next">Cursor of the next, older page; null at the end.</param>
public sealed record AccessPage(IReadOnlyList<AccessLine> Lines, Guid? Next);

/// <summary>Who looked at whose data, newest first.</summary>
public sealed class AccessLog(Db db)
{
    /// <param name="before">The cursor of the page before; null from the newest.</param>
    /// <param name="but">The person's own account, to leave out what he read about himself or had compared by sending; null shows that too.</param>
    public async Task<AccessPage> ForPersonAsync(PersonId person, Guid? before = null, int take = 50, Actor? but = null, CancellationToken cancel = default)
    {
        take = Math.Clamp(take, 1, 200);
        // Ids are UUIDv7, so the key of (person, access) is in the order of time: a page is one short range of it.
        var rows = await db.QueryAsync<Row>(
            $"""
             SELECT e.id, e.at, e.reader_kind, e.reader_id, e.purpose, e.case_id, e.place
             FROM access_subject s JOIN access_entry e ON e.id = s.access_id
             WHERE s.person_id = @person {(before is null ? "" : "AND s.access_id < @before")} {(but is null ? "" : "AND e.purpose <> @self AND NOT (e.reader_kind = @kind AND e.reader_id = @reader)")}
             ORDER BY s.access_id DESC LIMIT @limit
             """,
            new { person = person.Value, before = before ?? Guid.Empty, self = nameof(Purpose.Self), kind = but?.Kind.ToString() ?? "", reader = but?.Id ?? "", limit = take + 1 }, cancel);
        var lines = rows.Take(take)
            .Select(r => new AccessLine(r.Id, r.At, new Actor(Enum.Parse<ActorKind>(r.ReaderKind), r.ReaderId), Enum.Parse<Purpose>(r.Purpose),
                r.CaseId is { } id ? new CaseId(id) : null, r.Place))
            .ToList();
        return new AccessPage(lines, rows.Count > take ? lines[^1].Id : null);
    }

    private sealed record Row(Guid Id, Instant At, string ReaderKind, string ReaderId, string Purpose, Guid? CaseId, string Place);
}
