using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Wallets;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;

namespace Muqeem.Host.Reconciling;

/// <summary>What we hold of a person that another agency should hold too, or owns.</summary>
/// <param name="IdVersion">Of the ID in force; null when none is.</param>
/// <param name="Heard">What agencies told us of their records.</param>
/// <param name="Shipments">Of cards, also those that are over.</param>
/// <param name="Wallet">How it stands with the ID in the national wallet app; null: it was never wanted there.</param>
internal sealed record ComparedPerson(
    PersonId Person, PersonRecord Record, bool Alive, Residence? Residence, ResidenceDetails? Details, IReadOnlyList<ExitVisa> Visas, int? IdVersion, HeardEvents Heard, IReadOnlyList<ShipmentStanding> Shipments,
    WalletStanding? Wallet)
{
    /// <summary>By which the agencies know the person.</summary>
    public string? Number => Details?.ResidentNumber ?? Record.ResidentNumber ?? Record.BorderNumber;

    public bool IsWorker => Residence is { Category: not Categories.Dependent };
}

/// <summary>Opens our side of a comparison. One entry of the record of reads for a whole page of people.</summary>
internal sealed class ComparedPersons(Persons persons, Residences residences, ExitVisas visas, Documents documents, AgencyEvents events, ShipmentStore shipments, NationalWallet wallets, TakeOvers known, ReadDoor door)
{
    public const string Where = "reconcile.compare";

    public async Task<IReadOnlyList<ComparedPerson>> OpenAsync(IReadOnlyCollection<PersonId> wanted, CancellationToken cancel)
    {
        if (wanted.Count == 0)
        {
            return [];
        }
        var access = door.Enter(Actor.System("reconcile"), Purpose.CheckRecords, null, Where, [.. wanted]);
        var dead = await persons.DeadAsync(wanted, cancel);
        var sent = (await shipments.OfPersonsAsync(wanted, cancel)).ToLookup(s => s.Person);
        var shown = await wallets.StandingsAsync(wanted, cancel);
        var opened = new List<ComparedPerson>(wanted.Count);
        foreach (var person in wanted)
        {
            try
            {
                var residence = await residences.OfAsync(person, cancel);
                opened.Add(new(person, await persons.OpenAsync(access, person, cancel), !dead.Contains(person), residence, residence is null ? null : await residences.DetailsAsync(access, residence),
                    await visas.OfAsync(person, cancel), (await documents.LiveAsync(person, cancel))?.Number, await events.OfAsync(person, cancel), [.. sent[person]], shown.GetValueOrDefault(person)));
            }
            catch (ErasedException)
            {
                // Nothing is left to compare.
            }
        }
        return opened;
    }

    /// <summary>Whom of these an agency means, by the numbers it knows them by. Who is nobody of ours is left out: a register holds everybody, and we do not.</summary>
    public async Task<IReadOnlyDictionary<string, PersonId>> OfAsync(IEnumerable<IHolding> holdings, CancellationToken cancel)
    {
        var ids = holdings.Select(h => h.Id).Distinct(StringComparer.Ordinal).ToList();
        var residents = await known.KnownAsync(IdentifierKinds.Resident, ids, cancel);
        var border = await known.KnownAsync(IdentifierKinds.Border, [.. ids.Where(id => !residents.ContainsKey(id))], cancel);
        return residents.Concat(border).ToDictionary(k => k.Key, k => k.Value.Person, StringComparer.Ordinal);
    }
}
