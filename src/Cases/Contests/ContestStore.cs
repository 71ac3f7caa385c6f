using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;

namespace Muqeem.Cases;

internal sealed partial class CaseStore
{
    private const string Contests = """
        SELECT id AS Id, case_id AS CaseId, about AS About, source AS Source, state AS State, opened_at AS OpenedAt, due_at AS DueAt, late_at AS LateAt, answered_at AS AnsweredAt,
               evidence AS Evidence, content AS Content
        FROM case_contest
        """;

    /// <summary>In the order in which they were opened.</summary>
    public async Task<IReadOnlyList<StoredContest>> ContestsAsync(CaseId id, CancellationToken cancel) =>
        await db.QueryAsync<StoredContest>(Contests + " WHERE case_id = @id ORDER BY id", new { id = id.Value }, cancel);

    public async Task<StoredContest?> ContestAsync(Guid id, CancellationToken cancel) =>
        await db.FirstAsync<StoredContest>(Contests + " WHERE id = @id", new { id }, cancel);

    public async Task<IReadOnlyList<Contest>> OpenedAsync(Access access, CaseHead head, IReadOnlyList<StoredContest> rows)
    {
        var opened = new List<Contest>(rows.Count);
        foreach (var row in rows)
        {
            opened.Add(await OpenedAsync(access, head, row));
        }
        return opened;
    }

    public async Task<Contest> OpenedAsync(Access access, CaseHead head, StoredContest row) =>
        new(row.Id, row.About, row.Source, row.State, row.OpenedAt, row.DueAt, row.LateAt, row.AnsweredAt, row.Evidence, (await OpenNoteAsync<ContestContent>(access, head, "case_contest", row.Content))!);

    public async Task PutContestAsync(Change change, CaseHead head, StoredContest row, ContestContent content) => change.Rows.Add(CaseTables.Contest.Put(
        row.Id, row.CaseId, row.About, row.Source, row.State, row.OpenedAt, row.DueAt, row.LateAt, row.AnsweredAt, row.Evidence, await SealNoteAsync(change, head, "case_contest", content)));
}
