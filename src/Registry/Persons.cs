using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;

namespace Muqeem.Registry;

/// <summary>The kinds of number by which a person is found.</summary>
public static class IdentifierKinds
{
    public const string Resident = "resident";
    public const string Border = "border";
    public const string Passport = "passport";
}

/// <summary>Who people are. Every method that writes adds to the caller's change; nothing here commits.</summary>
public sealed class Persons(Db db, Sealer sealer, ReadDoor door, BlindIndex blind, TimeProvider clock)
{
    /// <summary>Finds a person by a canonical number without opening anything personal.</summary>
    public async Task<PersonId?> FindAsync(string identifierKind, string canonical, CancellationToken cancel = default)
    {
        var found = await db.FirstAsync<Guid?>("SELECT person_id FROM person_identifier WHERE kind = @kind AND blind = @blind",
            new { kind = identifierKind, blind = Blind(identifierKind, canonical) }, cancel);
        return found is { } id ? new PersonId(id) : null;
    }

    /// <summary>Adds a person. Each number is claimed: two changes that add the same person cannot both commit (<see cref="WriteOutcome.Claimed"/>).</summary>
    public async Task<PersonId> AddAsync(Change change, PersonRecord record)
    {
        var id = PersonId.New(clock);
        await AddAsync(change, id, record);
        return id;
    }

    /// <summary>The same under an id that the caller made.</summary>
    public async Task AddAsync(Change change, PersonId id, PersonRecord record)
    {
        await PutAsync(change, id, 0, record, clock.Now(), alive: true);
        AddIdentifiers(change, id, null, record);
        AgencyEvents.RememberNone(change, id);
    }

    /// <summary>Whether a resident number is somebody's here, or was taken over with a register: such a number is never given out, also when its holder was erased since.</summary>
    public Task<bool> IsTakenAsync(string residentNumber, CancellationToken cancel = default) => db.ExistsAsync("SELECT 1 FROM claim WHERE kind = ANY(@kinds) AND hash = @hash",
        new { kinds = new[] { "identifier." + IdentifierKinds.Resident, TakeOvers.NumberClaim }, hash = Blind(IdentifierKinds.Resident, residentNumber) }, cancel);

    /// <summary>Brings the record up to date with what the register says now; new numbers are added, old ones stay findable.</summary>
    public async Task UpdateAsync(Change change, PersonId id, PersonRecord before, PersonRecord record, bool alive = true)
    {
        var head = await db.FirstOfAsync<StoredPerson>(RegistryTables.Person, id.Value, SelectById, new { id = id.Value })
            ?? throw new InvalidOperationException($"There is no person {id}.");
        await PutAsync(change, id, head.Version, record, Clock.FromMicros(head.CreatedAt), alive);
        AddIdentifiers(change, id, before, record);
    }

    /// <summary>Of these people, those who are known to have died.</summary>
    public async Task<IReadOnlySet<PersonId>> DeadAsync(IReadOnlyCollection<PersonId> persons, CancellationToken cancel = default) =>
        (await db.QueryAsync<Guid>("SELECT id FROM person WHERE id = ANY(@ids) AND alive = 0", new { ids = persons.Select(p => p.Value).ToArray() }, cancel)).Select(id => new PersonId(id)).ToHashSet();

    /// <summary>Opens the record; the access must name the person.</summary>
    public async Task<PersonRecord> OpenAsync(Access access, PersonId id, CancellationToken cancel = default)
    {
        var row = await db.FirstOfAsync<StoredPerson>(RegistryTables.Person, id.Value, SelectById, new { id = id.Value }, cancel)
            ?? throw new InvalidOperationException($"There is no person {id}.");
        return await door.OpenAsync<PersonRecord>(access, Context(id), row.Record, cancel);
    }

    private async Task PutAsync(Change change, PersonId id, long version, PersonRecord record, NodaTime.Instant created, bool alive)
    {
        var sealedRecord = await sealer.SealAsync(change, Context(id), record);
        change.Heads.Add(RegistryTables.Person.Head(id.Value, version, record.Nationality, record.Sex, alive, created, clock.Now(), sealedRecord));
        change.Remember(RegistryTables.Person, id.Value, SelectById, new StoredPerson(version + 1, created.ToMicros(), sealedRecord.Cipher));
    }

    private void AddIdentifiers(Change change, PersonId id, PersonRecord? before, PersonRecord record)
    {
        Add(IdentifierKinds.Resident, before?.ResidentNumber, record.ResidentNumber);
        Add(IdentifierKinds.Border, before?.BorderNumber, record.BorderNumber);

        void Add(string kind, string? old, string? number)
        {
            if (number is null || number == old)
            {
                return;
            }
            var hash = Blind(kind, number);
            change.Claims.Add(new Claim("identifier." + kind, hash));
            change.Rows.Add(RegistryTables.Identifier.Insert(kind, hash, id.Value, clock.Now()));
        }
    }

    private byte[] Blind(string kind, string canonical) => blind.Of("identifier." + kind, canonical);

    private static SealContext Context(PersonId id) => new(id, RetentionClass.Identity, "person", id.Value);

    private const string SelectById = "SELECT version, created_at AS CreatedAt, record FROM person WHERE id = @id";

    private sealed record StoredPerson(long Version, long CreatedAt, byte[] Record);
}
