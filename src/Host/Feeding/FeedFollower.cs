using Muqeem.Agencies;
using Muqeem.Credentials.Telling;
using Muqeem.Host.TakeOver;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Privacy;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Host.Feeding;

/// <summary>
/// Makes events of what the journal says acts did, in its order and only of what has a place in it. It reads each place once; events and place are one commit. Persons who were taken over from another register
/// are no events: the agencies know them from there.
/// </summary>
internal sealed class FeedFollower(JournalFeed journal, ResidenceActs residences, DocumentActs documents, EventFeed feed, FeedWriter writer, Leases leases, TimeProvider clock)
{
    private const string LeaseName = "feed.follow";
    private static readonly Duration LeaseLength = Duration.FromSeconds(30);
    private static readonly IReadOnlyList<Platform.Database.Table> Tables = [.. ResidenceActs.Tables, .. DocumentActs.Tables];

    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>For tests: called before what was found is written.</summary>
    internal Action? BeforeWriting { get; set; }

    /// <summary>Reads on to the end of the journal. Returns how many events were made.</summary>
    public async Task<int> RoundAsync(CancellationToken cancel = default)
    {
        await _one.WaitAsync(cancel);
        try
        {
            var made = 0;
            for (var atEnd = false; !atEnd;)
            {
                if (await leases.TakeAsync(LeaseName, LeaseLength, cancel) is null)
                {
                    return made;
                }
                var from = (await writer.NextAsync(cancel)).Position;
                var page = await journal.ActsAsync(Tables, from, cancel);
                if (page.Next > from)
                {
                    var facts = await FactsAsync(page.Acts, cancel);
                    BeforeWriting?.Invoke();
                    await writer.AddAsync(from, page.Next, facts, cancel);
                    made += facts.Count;
                }
                atEnd = page.AtEnd;
            }
            return made;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Whoever stops lets another begin at once.</summary>
    public async Task ReleaseAsync(CancellationToken cancel)
    {
        if (await leases.TakeAsync(LeaseName, LeaseLength, cancel) is { } held)
        {
            await leases.ReleaseAsync(held);
        }
    }

    private async Task<IReadOnlyList<FeedFact>> FactsAsync(IReadOnlyList<JournaledAct> acts, CancellationToken cancel)
    {
        // What is older than an event is kept is not made into one: a register of years is read through at the first start.
        var oldest = clock.Now() - Duration.FromDays(feed.Rules.KeepDays);
        var told = acts.Where(a => a.Verb != Entering.Verb && a.At >= oldest).ToList();
        if (told.Count == 0)
        {
            return [];
        }
        var (ofResidences, ofDocuments) = (await residences.OfAsync(told, cancel), await documents.OfAsync(told, cancel));
        var over = new HashSet<Guid>(await writer.EndedAsync([.. ofResidences.Where(r => r.What == ResidenceEvent.Ended).Select(r => r.Residence).Distinct()], cancel));
        var categories = await residences.CategoriesAsync([.. ofDocuments.Select(d => d.Residence).Distinct()], cancel);
        var byAct = ofDocuments.Where(d => categories.ContainsKey(d.Residence)).ToLookup(d => d.Act.Position);
        var ended = ofResidences.Where(r => r.What != ResidenceEvent.Ended || over.Add(r.Residence)).ToLookup(r => r.Act.Position);
        return [.. told.SelectMany(act => ended[act.Position].Select(Of).Concat(byAct[act.Position].Select(d => Of(d, categories[d.Residence]))).Select((fact, n) => fact with { Ordinal = n }))];
    }

    private static FeedFact Of(ResidenceAct r) => new(r.Act.Position, 0, r.Act.Id, r.What switch
    {
        ResidenceEvent.Issued => FeedKinds.ResidenceIssued,
        ResidenceEvent.Renewed => FeedKinds.ResidenceRenewed,
        _ => FeedKinds.ResidenceEnded,
    }, r.Person.Value, r.Residence, r.Category, r.Act.At, r.From, r.Until, r.EndedOn);

    private static FeedFact Of(DocumentAct d, string category) => new(d.Act.Position, 0, d.Act.Id, d.State is null ? FeedKinds.DocumentFreeze : FeedKinds.DocumentStatus, d.Person.Value, d.Residence, category, d.Act.At,
        State: d.State, Frozen: d.Frozen, Number: d.Number);
}
