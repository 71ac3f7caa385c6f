using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Journal;

namespace Muqeem.Credentials.Telling;

/// <summary>How an ID stands after an act, by the authority's word or by the holder's: never both in one.</summary>
/// <param name="Number">Of the version.</param>
/// <param name="State">One of <see cref="StatusWords"/> (valid, suspended, revoked) or <see cref="DocumentActs.Superseded"/>; null: the act was the holder's freeze, or its end.</param>
/// <param name="Frozen">Only of the holder's act.</param>
public sealed record DocumentAct(JournaledAct Act, Guid Document, Guid Residence, PersonId Person, int Number, string? State, bool? Frozen);

/// <summary>
/// Tells from the journal what acts did to IDs. A version ends once and a hold begins and ends once, so the version of a row says what the act did to it. A freeze is kept apart: it says nothing against the
/// holder, and must not be taken for a suspension.
/// </summary>
public sealed class DocumentActs(Db db)
{
    /// <summary>Acts that wrote none of these did nothing to an ID.</summary>
    public static IReadOnlyList<Table> Tables { get; } = [CredentialsTables.Document, CredentialsTables.Hold];

    /// <summary>Another version took its place.</summary>
    public const string Superseded = "superseded";

    /// <summary>In the order of the acts; of one act, what ended before what began.</summary>
    public async Task<IReadOnlyList<DocumentAct>> OfAsync(IReadOnlyList<JournaledAct> acts, CancellationToken cancel = default)
    {
        var written = acts.Select(a => (Act: a, Documents: a.Heads(CredentialsTables.Document), Holds: a.Heads(CredentialsTables.Hold))).Where(w => w.Documents.Count > 0).ToList();
        if (written.Count == 0)
        {
            return [];
        }
        var documents = (await db.QueryAsync<Row>("SELECT id, version AS row_version, person_id, residence_id, number, state FROM document WHERE id = ANY(@ids)",
            new { ids = written.SelectMany(w => w.Documents, (_, d) => d.Id).Distinct().ToList() }, cancel)).ToDictionary(d => d.Id);
        var holds = (await db.QueryAsync<Held>("SELECT id, person_id, kind FROM document_hold WHERE id = ANY(@ids)", new { ids = written.SelectMany(w => w.Holds, (_, h) => h.Id).Distinct().ToList() }, cancel)).ToDictionary(h => h.Id);
        var done = new List<DocumentAct>();
        foreach (var (act, heads, held) in written)
        {
            foreach (var (row, version) in heads.Where(h => documents.ContainsKey(h.Id)).Select(h => (Row: documents[h.Id], h.Version)).OrderBy(h => h.Row.Number))
            {
                if (version == 1)
                {
                    // A suspension is the person's and outlasts the version on which it began.
                    done.Add(row.After(act, row.Number > 1 && await SuspendedAsync(row.PersonId, act.Position, cancel) ? StatusWords.Suspended : StatusWords.Valid));
                }
                else if (row.RowVersion == version && row.Read != DocumentState.Live)
                {
                    done.Add(row.After(act, row.Read == DocumentState.Superseded ? Superseded : StatusWords.Revoked));
                }
                else
                {
                    foreach (var (hold, began) in held.Where(h => holds.TryGetValue(h.Id, out var found) && found.PersonId == row.PersonId).Select(h => (holds[h.Id], h.Version == 1)))
                    {
                        done.Add(hold.Read == HoldKind.Frozen ? row.After(act, null, began) : row.After(act, began ? StatusWords.Suspended : StatusWords.Valid));
                    }
                }
            }
        }
        return done;
    }

    /// <summary>Whether the authority's word held the ID at a place of the journal, by what two officers had done before it.</summary>
    private async Task<bool> SuspendedAsync(Guid person, long position, CancellationToken cancel) => await db.FirstAsync<string>($"""
        SELECT a.verb FROM act a JOIN leaf l ON l.id = a.id WHERE a.person_id = @person AND a.verb IN ('{Holds.SuspendVerb}', '{Holds.LiftVerb}', '{Holds.RevokeVerb}') AND l.position < @position ORDER BY l.position DESC LIMIT 1
        """, new { person, position }, cancel) == Holds.SuspendVerb;

    private sealed record Row(Guid Id, long RowVersion, Guid PersonId, Guid ResidenceId, int Number, string State)
    {
        public DocumentState Read => Enum.Parse<DocumentState>(State, ignoreCase: true);

        public DocumentAct After(JournaledAct act, string? state, bool? frozen = null) => new(act, Id, ResidenceId, new PersonId(PersonId), Number, state, frozen);
    }

    private sealed record Held(Guid Id, Guid PersonId, string Kind)
    {
        public HoldKind Read => Enum.Parse<HoldKind>(Kind, ignoreCase: true);
    }
}
