using System.Globalization;
using System.Text.Json;
using Dapper;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Desks;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using NodaTime;

namespace Muqeem.Sandbox.StandIns;

/// <summary>How the post fares with somebody.</summary>
public enum PostHabit
{
    /// <summary>The courier is at the door in two days, and waits there for the code.</summary>
    Usual,

    /// <summary>Nobody opens, twice; then the card goes back.</summary>
    NobodyHome,

    /// <summary>It lies in a depot for nine days.</summary>
    Slow,
}

/// <summary>A shipment as the post keeps it. <see cref="State"/>: ORDERED, or a word of <see cref="ShipmentStatus"/>.</summary>
public sealed record Parcel(string Reference, string Number, string Short, string Tracking, string State, string? Reason, long Attempts, long Stopped, long At, long? NextAt)
{
    internal bool IsOver => State is nameof(ShipmentStatus.Delivered) or nameof(ShipmentStatus.Returned);
}

/// <summary>The post that carries cards: moves them by the clock, and asks Muqeem at the door whether the code is right.</summary>
internal sealed class Post
{
    public const string Source = "post (stand-in)";

    /// <summary>Before it is told by anybody, the courier tried so often.</summary>
    private const int MostAttempts = 2;

    private const string Ordered = "Ordered";

    private const string Schema = """
        create table if not exists parcels (reference text primary key, number text not null, short text not null, tracking text not null, state text not null, reason text, attempts integer not null default 0,
            stopped integer not null default 0, at integer not null, next_at integer) without rowid;
        create table if not exists parcel_events (reference text primary key, json text not null) without rowid;
        """;

    private const string Select = "select reference, number, short, tracking, state, reason, attempts, stopped, at, next_at as NextAt from parcels";

    /// <summary>People of the stories with whom it does not go as usual.</summary>
    public static readonly IReadOnlyDictionary<int, PostHabit> Habits = new Dictionary<int, PostHabit> { [26] = PostHabit.NobodyHome, [29] = PostHabit.Slow };

    private readonly Store _store;
    private readonly World _world;
    private readonly Calls _calls;
    private readonly SandboxClock _clock;
    private readonly Lock _lock = new();

    public Post(Store store, World world, Calls calls, SandboxClock clock)
    {
        (_store, _world, _calls, _clock) = (store, world, calls, clock);
        store.Write(db => db.Execute(Schema));
    }

    public Parcel Take(ShipmentOrder order, string tracking)
    {
        var now = _clock.Now();
        _store.Write(db => db.Execute("insert into parcels (reference, number, short, tracking, state, at, next_at) values (@reference, @number, @address, @tracking, @state, @at, @next) on conflict (reference) do nothing",
            new { reference = order.DocumentReference, number = order.Id, address = order.ShortAddress, tracking, state = Ordered, at = now.ToMicros(), next = (now + Duration.FromHours(1)).ToMicros() }));
        var taken = Find(order.DocumentReference)!;
        Changed(taken);
        return taken;
    }

    /// <summary>It is not handed over any more: it comes back on the next day.</summary>
    public void Stop(string reference)
    {
        if (Find(reference) is { IsOver: false } parcel)
        {
            _store.Write(db => db.Execute("update parcels set stopped = 1, next_at = @next where reference = @reference", new { reference, next = (_clock.Now() + Duration.FromHours(24)).ToMicros() }));
            Changed(parcel);
        }
    }

    /// <summary>That it was called back is gone, as if it had never come.</summary>
    public Parcel? ForgetStop(string reference)
    {
        _store.Write(db => db.Execute("update parcels set stopped = 0 where reference = @reference", new { reference }));
        if (Find(reference) is not { } parcel)
        {
            return null;
        }
        Changed(parcel);
        return parcel;
    }

    /// <summary>The order is gone, and the card with it; its list of changes says nothing of it.</summary>
    public Parcel? Lose(string reference)
    {
        var lost = Find(reference);
        _store.Write(db => db.Execute("delete from parcels where reference = @reference; delete from parcel_events where reference = @reference", new { reference }));
        return lost;
    }

    /// <summary>What is held of the cards of one person, the oldest first.</summary>
    public PostHolding Held(Person person, string id)
    {
        var parcels = _store.Read(db => db.Query<(string Reference, long Stopped, string? Json)>(
            "select p.reference, p.stopped, e.json from parcels p left join parcel_events e on e.reference = p.reference where p.number in (@id, @number) order by p.reference", new { id, number = person.Number }).AsList());
        return new(id, [.. parcels.Select(p => new HeldShipment(p.Reference, p.Stopped == 1, p.Json is null ? null : JsonSerializer.Deserialize<ShipmentEvent>(p.Json, Wire.Options)))]);
    }

    private void Changed(Parcel parcel)
    {
        if (_world.ByNumber(parcel.Number) is { } person)
        {
            _world.Touch(NationalAddresses.Name, person.Index);
        }
    }

    public Parcel? Find(string reference) => _store.Read(db => db.QueryFirstOrDefault<Parcel>(Select + " where reference = @reference", new { reference }));

    public IReadOnlyList<Parcel> Newest(int count)
    {
        Settle();
        return _store.Read(db => db.Query<Parcel>(Select + " order by at desc, reference desc limit @count", new { count }).AsList());
    }

    /// <summary>Each goes on as far as its time has come, one step after the other: a clock that was moved by a week leaves none out.</summary>
    public void Settle()
    {
        lock (_lock)
        {
            while (_store.Read(db => db.QueryFirstOrDefault<Parcel>(Select + " where next_at <= @now order by next_at limit 1", new { now = _clock.Now().ToMicros() })) is { } due)
            {
                Step(due, Clock.FromMicros(due.NextAt!.Value));
            }
        }
    }

    /// <summary>Somebody moves it by hand.</summary>
    public Parcel? Move(string reference, ShipmentStatus status, AttemptReason? reason, bool? oldCard, Telling how)
    {
        if (Find(reference) is not { } parcel)
        {
            return null;
        }
        lock (_lock)
        {
            Become(parcel, status, _clock.Now(), reason ?? (status == ShipmentStatus.Attempted ? AttemptReason.NobodyHome : null), oldCard, how);
        }
        return Find(reference);
    }

    /// <summary>The courier types the code that he was told. Null: there is no such shipment, or Muqeem did not answer.</summary>
    public async Task<DeliveryCodeVerdict?> TryCodeAsync(string reference, string code, bool oldCard, CancellationToken cancel)
    {
        Settle();
        if (Find(reference) is not { IsOver: false } parcel)
        {
            return null;
        }
        var told = new DeliveryCodeTold("PC-" + Guid.CreateVersion7(_clock.GetUtcNow()).ToString("N"), reference, code);
        if (await _calls.AskAsync<DeliveryCodeVerdict>(Calls.DeliveryCodes, told.EventId, told, cancel) is not { } verdict)
        {
            return null;
        }
        if (verdict.HandOver)
        {
            Become(parcel, ShipmentStatus.Delivered, _clock.Now(), null, oldCard, new Telling(false, false, false, Duration.Zero));
        }
        return verdict;
    }

    private void Step(Parcel parcel, Instant at)
    {
        var habit = _world.ByNumber(parcel.Number) is { } person ? Habits.GetValueOrDefault(person.Index) : PostHabit.Usual;
        var next = parcel switch
        {
            { Stopped: 1 } => ShipmentStatus.Returned,
            { State: Ordered } => ShipmentStatus.Accepted,
            { State: nameof(ShipmentStatus.Accepted) } => ShipmentStatus.InTransit,
            { State: nameof(ShipmentStatus.InTransit) } => ShipmentStatus.OutForDelivery,
            { State: nameof(ShipmentStatus.OutForDelivery) } => ShipmentStatus.Attempted,
            { Attempts: < MostAttempts } => ShipmentStatus.OutForDelivery,
            _ => ShipmentStatus.Returned,
        };
        Become(parcel, next, at, next == ShipmentStatus.Attempted ? habit == PostHabit.NobodyHome ? AttemptReason.NobodyHome : AttemptReason.NoCode : null, null, new Telling(false, false, false, Duration.Zero));
    }

    private void Become(Parcel parcel, ShipmentStatus status, Instant at, AttemptReason? reason, bool? oldCard, Telling how)
    {
        var attempts = parcel.Attempts + (status == ShipmentStatus.Attempted ? 1 : 0);
        var slow = _world.ByNumber(parcel.Number) is { } person && Habits.GetValueOrDefault(person.Index) == PostHabit.Slow;
        Duration? pause = status switch
        {
            ShipmentStatus.Accepted => Duration.FromHours(20),
            ShipmentStatus.InTransit => slow ? Duration.FromDays(9) : Duration.FromHours(24),
            ShipmentStatus.OutForDelivery => Duration.FromHours(8),
            ShipmentStatus.Attempted => Duration.FromHours(attempts < MostAttempts ? 18 : 48),
            _ => null,
        };
        var next = at + pause;
        var id = string.Create(CultureInfo.InvariantCulture, $"SX-{parcel.Tracking}-{status}-{at.ToUnixTimeMilliseconds()}");
        var told = new ShipmentEvent(id, parcel.Reference, parcel.Tracking, status, at, reason, status == ShipmentStatus.Attempted && attempts < MostAttempts ? next!.Value.DayInRiyadh() : null,
            status == ShipmentStatus.Delivered ? oldCard : null);
        if (!how.Forged)
        {
            _store.Write(db =>
            {
                db.Execute("update parcels set state = @state, reason = @reason, attempts = @attempts, at = @at, next_at = @next where reference = @reference",
                    new { reference = parcel.Reference, state = status.ToString(), reason = reason?.ToString(), attempts, at = at.ToMicros(), next = next?.ToMicros() });
                db.Execute("insert into parcel_events (reference, json) values (@reference, @json) on conflict (reference) do update set json = excluded.json",
                    new { reference = parcel.Reference, json = JsonSerializer.Serialize(told, Wire.Options) });
            });
            Changed(parcel);
        }
        if (!how.Quiet)
        {
            _calls.Add(Calls.Shipments, id, told, how.Twice, how.Forged, how.Late);
        }
    }
}

/// <summary>Nobody has to look for the parcels to move.</summary>
internal sealed class PostRounds(Post post) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            post.Settle();
            await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

/// <summary>The post's part of the contract of the National Address.</summary>
internal static class PostOf
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/shipments", (ShipmentOrder order, HttpContext context, World world, Notices notices, Post post, SandboxClock clock) =>
        {
            if (world.ByNumber(order.Id) is null)
            {
                return Answer.Problem(422, "person.unknown", "The number belongs to nobody on record.");
            }
            notices.Take(context, NationalAddresses.Name, "shipment", order.Id, order);
            return Answer.Json(new ShipmentReceipt(Post.Source, clock.Now(), post.Take(order, "SP" + context.Request.Headers["X-Request-Id"].ToString()[^12..].ToUpperInvariant()).Tracking));
        }).Says<ShipmentReceipt>("ship", "A card is sent. The same reference again is the same shipment.");
        group.MapPost("/shipments/cancellations", (ShipmentStop stop, HttpContext context, Notices notices, Post post, SandboxClock clock) =>
        {
            notices.Take(context, NationalAddresses.Name, "shipment-cancel", stop.DocumentReference, stop);
            post.Stop(stop.DocumentReference);
            return Answer.Json(new ShipmentStopped(Post.Source, clock.Now(), stop.DocumentReference));
        }).Says<ShipmentStopped>("stopShipment", "A card is not to be handed over; it comes back. It holds for one that was not ordered, too.");
    }
}
