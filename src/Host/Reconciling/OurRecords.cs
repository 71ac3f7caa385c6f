using Muqeem.Cases;
using Muqeem.Credentials.Wallets;
using Muqeem.Kernel;
using Muqeem.Registry;

namespace Muqeem.Host.Reconciling;

/// <summary>Whose records were written, and where to read on.</summary>
/// <param name="Next">The position of the journal to ask for next.</param>
internal sealed record WrittenPage(IReadOnlyCollection<PersonId> Persons, long Next, bool AtEnd);

/// <summary>What changed with us since a position of the journal.</summary>
internal sealed class OurRecords(Residences residences, ExitVisas visas, ShipmentStore shipments, NationalWallet wallets)
{
    public async Task<WrittenPage> ResidencesAsync(long from, CancellationToken cancel)
    {
        var (ofResidences, afterResidences, residencesEnd) = await residences.WrittenSinceAsync(from, cancel);
        var (ofVisas, afterVisas, visasEnd) = await visas.WrittenSinceAsync(from, cancel);
        return new([.. ofResidences.Union(ofVisas)], Math.Min(afterResidences, afterVisas), residencesEnd && visasEnd);
    }

    public async Task<WrittenPage> ShipmentsAsync(long from, CancellationToken cancel)
    {
        var (persons, next, atEnd) = await shipments.WrittenSinceAsync(from, cancel);
        return new(persons, next, atEnd);
    }

    public async Task<WrittenPage> WalletsAsync(long from, CancellationToken cancel)
    {
        var (persons, next, atEnd) = await wallets.WrittenSinceAsync(from, cancel);
        return new(persons, next, atEnd);
    }
}
