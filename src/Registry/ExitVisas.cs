using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Registry;

/// <summary>Exit/re-entry visas and the fines for not using them.</summary>
public sealed class ExitVisas(Db db, TimeProvider clock)
{
    private readonly JournalFeed _feed = new(db);

    private const string Columns = """
        SELECT id AS Id, version AS Version, person_id AS PersonId, residence_id AS ResidenceId, case_id AS CaseId, number AS Number, kind AS Kind, state AS State, issued_day AS IssuedDay,
               leave_before AS LeaveBefore, stay AS Stay, months AS Months, return_before AS ReturnBefore, exited_day AS ExitedDay, trips AS Trips
        FROM exit_visa
        """;

    private const string OfPerson = Columns + " WHERE person_id = @person ORDER BY id";

    public async Task<IReadOnlyList<ExitVisa>> OfAsync(PersonId person, CancellationToken cancel = default) =>
        [.. (await db.QueryOfAsync<StoredVisa>(RegistryTables.Visa, person.Value, OfPerson, new { person = person.Value }, cancel)).Select(v => v.ToVisa())];

    public async Task<ExitVisa?> OfCaseAsync(CaseId @case, CancellationToken cancel = default) =>
        (await db.FirstAsync<StoredVisa>(Columns + " WHERE case_id = @id", new { id = @case.Value }, cancel))?.ToVisa();

    public async Task<ExitVisa?> ByNumberAsync(string number, CancellationToken cancel = default) =>
        (await db.FirstAsync<StoredVisa>(Columns + " WHERE id = (SELECT visa_id FROM exit_visa_number WHERE number = @number)", new { number }, cancel))?.ToVisa();

    /// <summary>Whose visa acts from this position of the journal on wrote, and where to read on.</summary>
    public async Task<(IReadOnlyCollection<PersonId> Persons, long Next, bool AtEnd)> WrittenSinceAsync(long from, CancellationToken cancel = default)
    {
        var page = await _feed.ReadAsync(RegistryTables.Visa, from, cancel);
        var persons = page.Heads.Count == 0 ? (IReadOnlyList<Guid>)[] : await db.QueryAsync<Guid>("SELECT DISTINCT person_id FROM exit_visa WHERE id = ANY(@ids)", new { ids = page.Heads.ToList() }, cancel);
        return ([.. persons.Select(p => new PersonId(p))], page.Next, page.AtEnd);
    }

    /// <summary>Issues a visa. At most one open visa a person: a claim that is released when it closes.</summary>
    public Guid Issue(Change change, PersonId person, Guid residence, CaseId @case, string number, string kind, LocalDate day, LocalDate leaveBefore, string stay, int months, LocalDate? returnBefore)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        change.Heads.Add(RegistryTables.Visa.Head(id, 0, person.Value, residence, @case.Value, number, kind, VisaStates.Issued, day, leaveBefore, stay, months, returnBefore, null, 0));
        change.Rows.Add(RegistryTables.VisaNumber.Insert(number, id));
        change.Claims.Add(OpenClaim(person));
        return id;
    }

    /// <summary>Writes the visa's next state; closing states give the claim back.</summary>
    public void Put(Change change, ExitVisa before, ExitVisa after)
    {
        change.Heads.Add(RegistryTables.Visa.Head(before.Id, before.Version, after.Person.Value, after.Residence, after.Case.Value, after.Number, after.Kind, after.State, after.IssuedDay,
            after.LeaveBefore, after.Stay, after.Months, after.ReturnBefore, after.ExitedDay, after.Trips));
        if (before.Open && !after.Open)
        {
            change.Releases.Add(OpenClaim(before.Person));
        }
    }

    public async Task<IReadOnlyList<Fine>> FinesAsync(PersonId person, CancellationToken cancel = default) =>
        [.. (await db.QueryOfAsync<StoredFine>(RegistryTables.Fine, person.Value, """
            SELECT id AS Id, version AS Version, person_id AS PersonId, code AS Code, ordinal AS Ordinal, day AS Day, amount AS Amount, state AS State, source_id AS SourceId
            FROM fine WHERE person_id = @person ORDER BY id
            """, new { person = person.Value }, cancel)).Select(f => f.ToFine())];

    /// <param name="paid">With the price of a service: it is kept for the ordinals alone.</param>
    public Guid Charge(Change change, PersonId person, string code, int ordinal, LocalDate day, Money amount, Guid source, bool paid = false)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        change.Heads.Add(RegistryTables.Fine.Head(id, 0, person.Value, code, ordinal, day, amount, paid ? "PAID" : "OPEN", source));
        return id;
    }

    /// <param name="waived">All of it was written off, and no money came.</param>
    public void Settle(Change change, Fine fine, bool waived) =>
        change.Heads.Add(RegistryTables.Fine.Head(fine.Id, fine.Version, fine.Person.Value, fine.Code, fine.Ordinal, fine.Day, fine.Amount, waived ? "WAIVED" : "PAID", fine.Source));

    private static Claim OpenClaim(PersonId person) => new("open_exit_visa", person.Value.ToByteArray());

    private sealed record StoredVisa
    {
        public Guid Id { get; init; }
        public long Version { get; init; }
        public Guid PersonId { get; init; }
        public Guid ResidenceId { get; init; }
        public Guid CaseId { get; init; }
        public string Number { get; init; } = "";
        public string Kind { get; init; } = "";
        public string State { get; init; } = "";
        public LocalDate IssuedDay { get; init; }
        public LocalDate LeaveBefore { get; init; }
        public string Stay { get; init; } = "";
        public int Months { get; init; }
        public LocalDate? ReturnBefore { get; init; }
        public LocalDate? ExitedDay { get; init; }
        public int Trips { get; init; }

        public ExitVisa ToVisa() => new(Id, Version, new PersonId(PersonId), ResidenceId, new CaseId(CaseId), Number, Kind, State, IssuedDay, LeaveBefore, Stay, Months, ReturnBefore, ExitedDay, Trips);
    }

    private sealed record StoredFine
    {
        public Guid Id { get; init; }
        public long Version { get; init; }
        public Guid PersonId { get; init; }
        public string Code { get; init; } = "";
        public int Ordinal { get; init; }
        public LocalDate Day { get; init; }
        public long Amount { get; init; }
        public string State { get; init; } = "";
        public Guid SourceId { get; init; }

        public Fine ToFine() => new(Id, Version, new PersonId(PersonId), Code, Ordinal, Day, new Money(Amount), State, SourceId);
    }
}
