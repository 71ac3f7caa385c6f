using System.Collections.Concurrent;
using System.Text.Json;
using Dapper;
using Muqeem.Agencies;
using Muqeem.Sandbox.Population;

namespace Muqeem.Sandbox.State;

/// <summary>What somebody between the agency and us does to its answers.</summary>
public enum Forgery
{
    /// <summary>The signature is taken away.</summary>
    Unsigned,

    /// <summary>One bit of the body is another.</summary>
    Body,

    /// <summary>One bit of the signature is another.</summary>
    Signature,

    /// <summary>Signed by a key that is nobody's.</summary>
    Key,

    /// <summary>The answer, rightly signed, to an earlier request.</summary>
    Earlier,
}

/// <summary>How badly an agency behaves: for everybody, or for one person.</summary>
/// <param name="LatencyMs">Before each answer.</param>
/// <param name="ErrorShare">0 to 1: so many answers are 500. Which ones is always the same sequence.</param>
/// <param name="Down">Nothing but 503.</param>
/// <param name="RetryAfterSeconds">Said with a 503.</param>
/// <param name="BreakField">This field is missing in answers (<c>birth.date</c>); <c>$</c>: the answer is no JSON.</param>
/// <param name="LagMinutes">What changes is seen so much later.</param>
/// <param name="CallEarly">A new bill is paid, and told, before its answer is sent.</param>
/// <param name="Forge">What is wrong with the signature of its answers.</param>
/// <param name="Contests">How contests are answered, at once and by itself; null: somebody answers them at <c>/contests</c>.</param>
public sealed record Knob(
    int LatencyMs = 0, double ErrorShare = 0, bool Down = false, int? RetryAfterSeconds = null, string? BreakField = null, int LagMinutes = 0, bool CallEarly = false, ContestState? Contests = null, Forgery? Forge = null)
{
    public static readonly Knob None = new();
}

/// <summary>All knobs. Turned at <c>/knobs</c>; kept over a restart.</summary>
public sealed class Knobs
{
    /// <summary>The slow agency of the stories: longer than a client waits.</summary>
    public const int SlowMs = 8000;

    /// <summary>As the insurers' register lags in life; other agencies show changes at once.</summary>
    public const int InsuranceLagMinutes = 20;

    private const int Everybody = -1;

    private readonly ConcurrentDictionary<(string Agency, int Person), Knob> _all = new();
    private readonly Store _store;
    private long _calls;

    public Knobs(Store store)
    {
        _store = store;
        foreach (var (agency, person, json) in store.Read(db => db.Query<(string, long, string)>("select agency, person, json from knobs").AsList()))
        {
            _all[(agency, (int)person)] = JsonSerializer.Deserialize<Knob>(json, Wire.Options)!;
        }
    }

    public IReadOnlyList<(string Agency, int? Person, Knob Knob)> All =>
        [.. _all.OrderBy(knob => knob.Key.Agency, StringComparer.Ordinal).ThenBy(knob => knob.Key.Person).Select(knob => (knob.Key.Agency, knob.Key.Person == Everybody ? null : (int?)knob.Key.Person, knob.Value))];

    public Knob Of(string agency) => _all.TryGetValue((agency, Everybody), out var knob) ? knob : Default(agency);

    /// <summary>What holds for a request about this person: the person's own knob, his story, or the agency's.</summary>
    public Knob Of(string agency, Person? person)
    {
        var all = Of(agency);
        if (person is null)
        {
            return all;
        }
        if (_all.TryGetValue((agency, person.Index), out var own))
        {
            return own;
        }
        return person.SlowAgency == agency ? all with { LatencyMs = Math.Max(all.LatencyMs, SlowMs) }
            : person.DownAgency == agency ? all with { Down = true }
            : all;
    }

    public void Set(string agency, int? person, Knob? knob)
    {
        var key = (agency, person ?? Everybody);
        if (knob is null)
        {
            _all.TryRemove(key, out _);
            _store.Write(db => db.Execute("delete from knobs where agency = @agency and person = @person", new { agency, person = person ?? Everybody }));
            return;
        }
        _all[key] = knob;
        _store.Write(db => db.Execute(
            "insert into knobs (agency, person, json) values (@agency, @person, @json) on conflict (agency, person) do update set json = excluded.json",
            new { agency, person = person ?? Everybody, json = JsonSerializer.Serialize(knob, Wire.Options) }));
    }

    /// <summary>Whether this call is one of the share that fails: evenly spread, without chance.</summary>
    public bool Fails(double share)
    {
        if (share <= 0)
        {
            return false;
        }
        var n = Interlocked.Increment(ref _calls);
        return Math.Floor(n * share) > Math.Floor((n - 1) * share);
    }

    private static Knob Default(string agency) => agency == HealthInsurance.Name ? Knob.None with { LagMinutes = InsuranceLagMinutes } : Knob.None;
}
