using Muqeem.Cases.Definition;
using Muqeem.Platform.Database;
using Muqeem.SignIn;

namespace Muqeem.Office;

/// <summary>Whether somebody of the office has a reason to open a case. Asked before anything of it is opened, by pages and API alike.</summary>
public static class CaseDoor
{
    public static async Task<bool> OpensAsync(Db db, Session session, Guid id, CancellationToken cancel = default) => await LookAsync(db, id, cancel) is { } look && MayRead(session, look);

    internal static Task<CaseLook?> LookAsync(Db db, Guid id, CancellationToken cancel) =>
        db.FirstAsync<CaseLook>("SELECT reference AS Reference, state AS State, person_id AS PersonId, decided_by AS DecidedBy FROM case_head WHERE id = @id AND submission > 0", new { id }, cancel);

    /// <summary>Officers read what waits for them or what they decided themselves; nobody his own case. Supervisors and auditors read all, and every read is shown to the resident.</summary>
    internal static bool MayRead(Session session, CaseLook look) =>
        look.PersonId != session.Person.Value
        && (session.Has(OfficeRole.Supervisor | OfficeRole.Auditor) || look.State is CaseStates.UnderReview or CaseStates.Objection || look.DecidedBy == session.Account.Value);
}

/// <summary>Of a case's head: nothing that is sealed.</summary>
internal sealed record CaseLook
{
    public string Reference { get; init; } = "";
    public string State { get; init; } = "";
    public Guid PersonId { get; init; }
    public Guid? DecidedBy { get; init; }
}
