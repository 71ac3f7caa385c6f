using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Privacy;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Registry;

public enum ResidenceEvent
{
    Issued,
    Renewed,
    Ended,
}

/// <summary>What an act did to a residence.</summary>
/// <param name="From">First day of the term that it granted; null when it ended the residence.</param>
/// <param name="Until">The residence's last valid day, as of the act.</param>
public sealed record ResidenceAct(JournaledAct Act, ResidenceEvent What, Guid Residence, PersonId Person, string Category, LocalDate? From, LocalDate? Until, LocalDate? EndedOn);

/// <summary>Tells from the journal what acts did to residences. Terms are never changed, and what a residence's row was is proved by the digest that the act left: so it is what the act did, and not what has become of it.</summary>
public sealed class ResidenceActs(Db db, ReadDoor door)
{
    /// <summary>Acts that wrote none of these did nothing to a residence.</summary>
    public static IReadOnlyList<Table> Tables { get; } = [RegistryTables.Residence];

    /// <summary>In the order of the acts. That a residence has ended is told by every act that left it ended: the first of them ended it.</summary>
    public async Task<IReadOnlyList<ResidenceAct>> OfAsync(IReadOnlyList<JournaledAct> acts, CancellationToken cancel = default)
    {
        var heads = acts.SelectMany(a => a.Heads(RegistryTables.Residence), (act, head) => (Act: act, head.Id, head.Version)).ToList();
        if (heads.Count == 0)
        {
            return [];
        }
        var rows = (await db.QueryAsync<Row>("""
            SELECT id, version AS row_version, person_id, category, from_day, until_day, calendar, months, issued_day, ended_day, end_reason, late_renewals FROM residence WHERE id = ANY(@ids)
            """, new { ids = heads.Select(h => h.Id).Distinct().ToList() }, cancel)).ToDictionary(r => r.Id);
        var terms = (await db.QueryAsync<Granted>("SELECT id, residence_id, from_day, until_day FROM residence_term WHERE id = ANY(@ids)",
            new { ids = acts.SelectMany(a => a.Inserted(RegistryTables.Term)).Distinct().ToList() }, cancel)).ToDictionary(t => t.Id);
        var done = new List<ResidenceAct>();
        foreach (var (act, id, version) in heads)
        {
            if (!rows.TryGetValue(id, out var row))
            {
                continue;
            }
            foreach (var term in act.Inserted(RegistryTables.Term).Select(t => terms.GetValueOrDefault(t)).OfType<Granted>().Where(t => t.ResidenceId == id).OrderBy(t => t.FromDay))
            {
                done.Add(new(act, version == 1 ? ResidenceEvent.Issued : ResidenceEvent.Renewed, id, new PersonId(row.PersonId), row.Category, term.FromDay, term.UntilDay, null));
            }
            if (row.EndReason is not null && act.Wrote(RegistryTables.Residence, row.At(version)))
            {
                done.Add(new(act, ResidenceEvent.Ended, id, new PersonId(row.PersonId), row.Category, null, Day(row.UntilDay), Day(row.EndedDay!)));
            }
        }
        return done;
    }

    /// <summary>The category of each residence.</summary>
    public async Task<IReadOnlyDictionary<Guid, string>> CategoriesAsync(IReadOnlyCollection<Guid> residences, CancellationToken cancel = default) => residences.Count == 0
        ? new Dictionary<Guid, string>()
        : (await db.QueryAsync<Kind>("SELECT id, category FROM residence WHERE id = ANY(@ids)", new { ids = residences.ToList() }, cancel)).ToDictionary(k => k.Id, k => k.Category);

    /// <summary>The resident number of each residence; one whose person was erased is not in it.</summary>
    /// <param name="access">Names the persons.</param>
    public async Task<IReadOnlyDictionary<Guid, string>> NumbersAsync(Access access, IReadOnlyCollection<Guid> residences, CancellationToken cancel = default)
    {
        var rows = await db.QueryAsync<Sealed>("SELECT r.id, r.person_id, d.details FROM residence r JOIN residence_details d ON d.residence_id = r.id WHERE r.id = ANY(@ids)", new { ids = residences.ToList() }, cancel);
        var opened = await door.OpenManyAsync<ResidenceDetails>(access, [.. rows.Select(r => (Residences.Context(new PersonId(r.PersonId), r.Id), r.Details))], cancel);
        return rows.Zip(opened).Where(r => r.Second is not null).ToDictionary(r => r.First.Id, r => r.Second!.ResidentNumber);
    }

    private static LocalDate Day(string stored) => LocalDatePattern.Iso.Parse(stored).GetValueOrThrow();

    /// <summary>As it is stored, for its digest.</summary>
    private sealed record Row(
        Guid Id, long RowVersion, Guid PersonId, string Category, string FromDay, string UntilDay, string Calendar, int Months, string IssuedDay, string? EndedDay, string? EndReason, int LateRenewals)
    {
        public IReadOnlyList<object?> At(long version) => [Id, version, PersonId, Category, FromDay, UntilDay, Calendar, Months, IssuedDay, EndedDay, EndReason, LateRenewals];
    }

    private sealed record Granted(Guid Id, Guid ResidenceId, LocalDate FromDay, LocalDate UntilDay);

    private sealed record Kind(Guid Id, string Category);

    private sealed record Sealed(Guid Id, Guid PersonId, byte[] Details);
}
