using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;

namespace Muqeem.Registry;

/// <summary>Who is here already under a number, and with which rows of a delivery the person came.</summary>
/// <param name="Content">Null: not taken over, but registered here.</param>
public sealed record KnownPerson(PersonId Person, byte[]? Content);

/// <summary>The notes of what was taken over from another register.</summary>
public sealed class TakeOvers(Db db, BlindIndex blind)
{
    /// <summary>Held by a taken-over resident number for good: an erasure gives the person's own claim back, and this one not.</summary>
    public const string NumberClaim = "taken_over.resident";

    /// <summary>The keyed digest by which a person's rows are known again.</summary>
    public byte[] ContentOf(ReadOnlySpan<byte> rows) => blind.Of("taken_over", rows);

    public void Note(Change change, PersonId person, string? residentNumber, byte[] delivery, long line, byte[] content, IEnumerable<string> remarks)
    {
        change.Rows.Add(RegistryTables.TakenOver.Insert(person.Value, delivery, line, content, string.Join(' ', remarks.Distinct(StringComparer.Ordinal))));
        if (residentNumber is not null)
        {
            change.Claims.Add(new Claim(NumberClaim, blind.Of("identifier." + IdentifierKinds.Resident, residentNumber)));
        }
    }

    /// <summary>Whether anybody is in the register at all.</summary>
    public Task<bool> AnybodyAsync(CancellationToken cancel = default) => db.ExistsAsync("SELECT 1 FROM person_identifier", null, cancel);

    /// <summary>Of these numbers of one kind, those whose holders are here.</summary>
    public async Task<IReadOnlyDictionary<string, KnownPerson>> KnownAsync(string kind, IReadOnlyCollection<string> numbers, CancellationToken cancel = default)
    {
        if (numbers.Count == 0)
        {
            return new Dictionary<string, KnownPerson>(StringComparer.Ordinal);
        }
        var byBlind = numbers.Distinct(StringComparer.Ordinal).ToDictionary(n => Convert.ToHexString(blind.Of("identifier." + kind, n)), StringComparer.Ordinal);
        var rows = await db.QueryAsync<Row>("""
            SELECT i.blind AS Blind, i.person_id AS PersonId, t.content AS Content
            FROM person_identifier i LEFT JOIN taken_over t ON t.person_id = i.person_id WHERE i.kind = @kind AND i.blind = ANY(@blinds)
            """, new { kind, blinds = byBlind.Keys.Select(b => Convert.FromHexString(b)).ToArray() }, cancel);
        return rows.ToDictionary(r => byBlind[Convert.ToHexString(r.Blind)], r => new KnownPerson(new PersonId(r.PersonId), r.Content), StringComparer.Ordinal);
    }

    private sealed record Row
    {
        public byte[] Blind { get; init; } = [];
        public Guid PersonId { get; init; }
        public byte[]? Content { get; init; }
    }
}
