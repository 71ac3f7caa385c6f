using System.Globalization;
using System.Security.Cryptography;
using Dapper;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;
using NodaTime;

namespace Muqeem.Sandbox.StandIns;

/// <summary>What somebody does when the phone asks.</summary>
public enum PhoneHabit
{
    /// <summary>Somebody presses for the person at <c>/phone</c>.</summary>
    ByHand,
    Confirms,
    Refuses,

    /// <summary>The phone is off: nobody sees the request.</summary>
    Off,
}

/// <summary>A request as the stand-in keeps it. <see cref="State"/>: a word of <see cref="SignInRequestState"/>; what has run out is still Waiting here.</summary>
public sealed record KeptRequest(string Transaction, string Number, string Consumer, string Service, long Shown, string Choices, string State, long AskedAt, long Until, long? AnsweredAt)
{
    internal IReadOnlyList<int> Offered => [.. Choices.Split(',').Select(c => int.Parse(c, CultureInfo.InvariantCulture))];

    internal SignInRequestState Stands(Instant now) =>
        Enum.Parse<SignInRequestState>(State) is var state && state == SignInRequestState.Waiting && now >= Clock.FromMicros(Until) ? SignInRequestState.Expired : state;
}

/// <summary>The State's sign-in app and the phones it runs on: asks a person to pick one of three numbers. One request of a person is open at a time; a newer one ends it.</summary>
internal sealed class NationalApp
{
    public const string Source = "national sign-in (stand-in)";

    /// <summary>How long a request can be answered, and how long those with a habit take.</summary>
    public static readonly Duration Life = Duration.FromMinutes(2), Takes = Duration.FromSeconds(5);

    /// <summary>People of the stories who answer by themselves; everybody else is answered for at the desk, until a habit is set there.</summary>
    public static readonly IReadOnlyDictionary<int, PhoneHabit> Habits = new Dictionary<int, PhoneHabit> { [27] = PhoneHabit.Confirms, [26] = PhoneHabit.Refuses, [29] = PhoneHabit.Off };

    private const string Schema = """
        create table if not exists app_requests (seq integer primary key autoincrement, transaction_id text not null unique, number text not null, consumer text not null, service text not null, shown integer not null, choices text not null, state text not null, asked_at integer not null, until integer not null, answered_at integer);
        create index if not exists app_requests_number on app_requests (number, seq);
        create table if not exists app_habits (person integer primary key, habit text not null);
        """;

    private const string Select = "select transaction_id as \"Transaction\", number, consumer, service, shown, choices, state, asked_at as AskedAt, until, answered_at as AnsweredAt from app_requests";

    private readonly Store _store;
    private readonly World _world;
    private readonly SandboxClock _clock;

    public NationalApp(Store store, World world, SandboxClock clock)
    {
        (_store, _world, _clock) = (store, world, clock);
        store.Write(db => db.Execute(Schema));
    }

    /// <summary>Null: nobody with this number uses the app. It is for residents of fifteen and over with a mobile on record.</summary>
    public SignInRequestOpened? Ask(string number, string service, string consumer)
    {
        if (UserOf(number) is null)
        {
            return null;
        }
        var (now, until) = (_clock.Now(), _clock.Now() + Life);
        var transaction = Guid.CreateVersion7(_clock.GetUtcNow());
        var choices = new List<int>();
        while (choices.Count < 3)
        {
            var one = RandomNumberGenerator.GetInt32(SignInRequestOpened.Least, SignInRequestOpened.Most + 1);
            if (!choices.Contains(one))
            {
                choices.Add(one);
            }
        }
        var shown = choices[RandomNumberGenerator.GetInt32(choices.Count)];
        _store.Write(db =>
        {
            db.Execute("update app_requests set state = @expired, answered_at = @at where number = @number and state = @waiting",
                new { expired = nameof(SignInRequestState.Expired), waiting = nameof(SignInRequestState.Waiting), number, at = now.ToMicros() });
            db.Execute("insert into app_requests (transaction_id, number, consumer, service, shown, choices, state, asked_at, until) values (@transaction, @number, @consumer, @service, @shown, @choices, @state, @at, @until)",
                new { transaction = transaction.ToString(), number, consumer, service, shown, choices = string.Join(',', choices), state = nameof(SignInRequestState.Waiting), at = now.ToMicros(), until = until.ToMicros() });
        });
        return new(Source, now, transaction, shown, until);
    }

    public SignInRequestStanding? StandingOf(Guid transaction)
    {
        Settle();
        if (Find(transaction) is not { } request)
        {
            return null;
        }
        var state = request.Stands(_clock.Now());
        var confirmed = state == SignInRequestState.Completed;
        return new(Source, _clock.Now(), transaction, state, confirmed ? request.Number : null, confirmed ? Clock.FromMicros(request.AnsweredAt!.Value) : null);
    }

    /// <summary>The person picks a number, or refuses (null). Anything but the number that is shown elsewhere is a refusal.</summary>
    /// <returns>Null: there is no such request, or it can no longer be answered.</returns>
    public KeptRequest? Answer(Guid transaction, int? picked)
    {
        Settle();
        return Find(transaction) is { } request && request.Stands(_clock.Now()) == SignInRequestState.Waiting && HabitOf(request.Number) != PhoneHabit.Off
            ? Close(request, picked == request.Shown, _clock.Now())
            : null;
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<KeptRequest> Newest(string? number, int count)
    {
        Settle();
        return _store.Read(db => db.Query<KeptRequest>(Select + " where @number is null or number = @number order by seq desc limit @count", new { number, count }).AsList());
    }

    /// <summary>Null: has no app.</summary>
    public Person? UserOf(string number) =>
        number is ['2', ..] && _world.ByNumber(number) is { Alive: true, Mobile: not null } person && person.ResidentNumber == number && !person.IsChild(_clock.Today()) ? person : null;

    public PhoneHabit HabitOf(string number) => UserOf(number) is not { } person ? PhoneHabit.ByHand
        : _store.Read(db => db.QueryFirstOrDefault<string>("select habit from app_habits where person = @person", new { person = person.Index })) is { } set ? Enum.Parse<PhoneHabit>(set)
        : Habits.GetValueOrDefault(person.Index);

    public void SetHabit(Person person, PhoneHabit habit) => _store.Write(db => db.Execute(
        "insert into app_habits (person, habit) values (@person, @habit) on conflict (person) do update set habit = excluded.habit", new { person = person.Index, habit = habit.ToString() }));

    /// <summary>Those with a habit have answered when their time has come; nobody waits for it, whoever looks makes it so.</summary>
    private void Settle()
    {
        var now = _clock.Now();
        foreach (var request in _store.Read(db => db.Query<KeptRequest>(Select + " where state = @waiting and until > @now order by seq", new { waiting = nameof(SignInRequestState.Waiting), now = now.ToMicros() }).AsList()))
        {
            var at = Clock.FromMicros(request.AskedAt) + Takes;
            if (at <= now && HabitOf(request.Number) is var habit and (PhoneHabit.Confirms or PhoneHabit.Refuses))
            {
                Close(request, habit == PhoneHabit.Confirms, at);
            }
        }
    }

    private KeptRequest? Close(KeptRequest request, bool confirmed, Instant at)
    {
        var state = confirmed ? nameof(SignInRequestState.Completed) : nameof(SignInRequestState.Rejected);
        return _store.Write(db => db.Execute("update app_requests set state = @state, answered_at = @at where transaction_id = @id and state = @waiting",
            new { state, at = at.ToMicros(), id = request.Transaction, waiting = nameof(SignInRequestState.Waiting) })) == 1 ? Find(Guid.Parse(request.Transaction)) : null;
    }

    private KeptRequest? Find(Guid transaction) => _store.Read(db => db.QueryFirstOrDefault<KeptRequest>(Select + " where transaction_id = @id", new { id = transaction.ToString() }));
}

/// <summary>The contract of the national sign-in.</summary>
internal static class NationalAppOf
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/federated-sign-in").WithGroupName("federated-sign-in").WithTags("national sign-in");
        group.MapPost("/requests", (SignInRequestOrder order, HttpRequest request, NationalApp phones) =>
            !ResidentNumber.Parse(order.ResidentNumber).Ok ? Answer.Invalid("residentNumber")
            : order.Service != FederatedSignIn.Service ? Answer.Invalid("service")
            : Answer.Found(phones.Ask(order.ResidentNumber, order.Service, request.Headers[Exchange.ConsumerHeader].ToString())))
            .WithName("askOnPhone").WithSummary("Asks a person to pick a number on the phone. It ends an earlier request of the same person that is still open. 404: nobody with this number uses the app.")
            .Produces<SignInRequestOpened>().ProducesProblem(404).ProducesProblem(422).ProducesProblem(503);
        group.MapGet("/requests/{transaction:guid}", (Guid transaction, NationalApp phones) => Answer.Found(phones.StandingOf(transaction)))
            .WithName("requestStanding").WithSummary("How a request stands. There is no call back: who asked looks again.").Produces<SignInRequestStanding>().ProducesProblem(404).ProducesProblem(503);
    }
}
