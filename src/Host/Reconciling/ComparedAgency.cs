using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Platform.Writing;

namespace Muqeem.Host.Reconciling;

/// <summary>What an agency answered when it was asked for its holdings.</summary>
/// <param name="Silent">Why it did not answer; null: it did.</param>
internal sealed record HoldingsAnswer(IReadOnlyList<IHolding> Holdings, string Next, bool More, string? Silent)
{
    public static HoldingsAnswer Of<T>(AgencyAnswer<HoldingPage<T>> answer) where T : class, IHolding => answer switch
    {
        AgencyAnswer<HoldingPage<T>>.Found found => new(found.Value.Holdings, found.Value.Next, found.Value.More, null),
        AgencyAnswer<HoldingPage<T>>.Unavailable none => Nothing(none.Reason),
        AgencyAnswer<HoldingPage<T>>.Broken broken => Nothing("broken:" + broken.Field),
        _ => Nothing("not_found"),
    };

    private static HoldingsAnswer Nothing(string why) => new([], "", false, why);
}

/// <summary>What follows from something that does not agree.</summary>
internal abstract record Remedy
{
    private Remedy() { }

    /// <summary>They lack what we told: it is told again, as a new message.</summary>
    public sealed record TellAgain(Func<TimeProvider, OutboxMessage> Message) : Remedy
    {
        public TellAgain(string topic, AgencyNotice notice) : this(clock => Performer.NoticeTo(topic, notice, clock)) { }
    }

    /// <summary>We lack what they own: it is done as if their call had come. True: the records agree now.</summary>
    public sealed record CatchUp(Func<CancellationToken, Task<bool>> Do) : Remedy;

    /// <summary>Nobody can say without looking.</summary>
    public sealed record Ask : Remedy;

    public static readonly Remedy Officer = new Ask();
}

/// <summary>Something on which two records do not agree.</summary>
/// <param name="About">Number of a visa, reference of a case; empty where the person is enough.</param>
internal sealed record Disagreement(string Kind, string About, string? Ours, string? Theirs, Remedy Remedy);

/// <summary>An agency whose records are compared with ours: how it is asked, whom it concerns and what should agree.</summary>
internal abstract class ComparedAgency
{
    public abstract string Name { get; }

    /// <summary>Of the notices whose arrival is awaited before a person is compared; null: we tell it nothing.</summary>
    public abstract string? Topic { get; }

    /// <summary>Whether there is such an agency. Most cannot be done without: one of them without an address is silent, which is a fault.</summary>
    public virtual bool IsThere => true;

    /// <summary>In which a person's notices go to it; null: in none.</summary>
    public virtual string? LaneOf(PersonId person) => Topic is { } topic ? Performer.LaneOf(topic, person) : null;

    public abstract Task<HoldingsAnswer> ChangesAsync(string after, int most, CancellationToken cancel);

    public abstract Task<HoldingsAnswer> OfAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel);

    /// <summary>Whether we ever tell it of this person, or it tells us.</summary>
    public abstract bool Concerns(ComparedPerson person);

    /// <summary>Whether this person is now another agency's, to which what was told to this one is told.</summary>
    public virtual bool HandedOver(ComparedPerson person) => false;

    /// <summary>Whose records that it should hold, too, we wrote from this position of the journal on.</summary>
    public virtual Task<WrittenPage> WrittenSinceAsync(OurRecords ours, long from, CancellationToken cancel) => ours.ResidencesAsync(from, cancel);

    /// <param name="holding">Null: it knows nothing of this person.</param>
    public abstract IEnumerable<Disagreement> Compare(ComparedPerson person, IHolding? holding);
}
