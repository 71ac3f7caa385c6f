using System.Globalization;
using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Tests;

/// <summary>Somebody of the stand-ins' population who has a residence and an account.</summary>
public sealed record Resident(int Index, string Number, PersonId Person, AccountId Account, string Category);

/// <summary>A whole world with residents in it, and the steps that their cases go through: through the real engine, asked and told by the stand-ins.</summary>
public sealed class Residents : IAsyncDisposable
{
    // Stories whose records are all in order: of each category, one.
    public const int EstablishmentWorker = 8;
    public const int HouseholdWorker = 13;
    public const int Dependent = 9;

    /// <summary>Numbers for those to whom the register gives none yet.</summary>
    private static readonly Dictionary<int, string> Given = new() { [0] = "2099000008", [13] = "2099000016", [22] = "2099000024" };

    public Residents(WholeWorld world) => World = world;

    public WholeWorld World { get; }
    public LocalDate Today => World.Clock.Today();

    public static async Task<Residents> StartAsync(DatabaseKind kind) => new(await WholeWorld.StartAsync(kind));

    public ValueTask DisposeAsync() => World.DisposeAsync();

    public static Task<T> InRequest<T>(Func<Task<T>> work) => ReadDoor.RunAsync(work);

    public static T Done<T>(CaseOutcome outcome) where T : CaseOutcome => outcome is T t ? t : throw new Xunit.Sdk.XunitException($"{typeof(T).Name} was expected, not {outcome}.");

    public static Operation By(AccountId account, bool officer = false) =>
        new(officer ? Actor.Officer(account) : Actor.Resident(account), Guid.CreateVersion7(), Digest.Of("test"));

    /// <summary>Gives a person a residence whose last day is <paramref name="until"/>, in our register and in the alien register.</summary>
    /// <param name="late">How often he has renewed late before.</param>
    /// <param name="known">Who he is in our register, when he has an account already.</param>
    public async Task<Resident> SettleAsync(int index, LocalDate until, int late = 0, CalendarKind calendar = CalendarKind.Gregorian, PersonId? known = null)
    {
        var hand = await World.InHandAsync(index);
        var register = World.Get<AlienRegister>();
        var number = hand.ResidentNumber ?? Given[index];
        var (category, employer, head) = await AnswerableAsync(hand);
        var issued = until.PlusYears(-1);
        Assert.IsType<AgencyAnswer<NoticeReceipt>.Found>(await register.TellResidenceAsync(new ResidenceNotice(number, hand.BorderNumber, category switch
        {
            Categories.EstablishmentWorker => ResidenceCategory.Establishment,
            Categories.HouseholdWorker => ResidenceCategory.Household,
            _ => ResidenceCategory.Dependent,
        }, employer, head, hand.Occupation, issued, until, 1), Guid.CreateVersion7()));

        var person = known ?? await World.KnowAsync(hand with { ResidentNumber = number });
        var details = new ResidenceDetails { ResidentNumber = number, EmployerNumber = employer ?? head!, EmployerName = "صاحب العمل", Occupation = hand.Occupation };
        var at = new CaseId(Guid.CreateVersion7());
        var residences = World.Get<Residences>();
        await WriteAsync(async change =>
        {
            if (known is not null)
            {
                var record = await World.Get<Persons>().OpenAsync(World.Get<ReadDoor>().Within(change, Actor.System("test"), Purpose.Audit, "test", person), person);
                await World.Get<Persons>().UpdateAsync(change, person, record, record with { ResidentNumber = number });
            }
            var residence = await residences.IssueAsync(change, person, category, issued, until, 12, calendar.ToString(), details, at);
            await World.Get<Documents>().IssueAsync(change, new DocumentOrder(person, residence, new DocumentContent
            {
                ResidentNumber = number,
                NameArabic = hand.NameArabic ?? "",
                NameLatin = hand.NameLatin,
                Nationality = "BGD",
                Occupation = hand.Occupation,
                Birth = BirthDate.Of(new LocalDate(1990, 1, 1), BirthPrecision.Day),
                AnswerableName = details.EmployerName,
                AnswerableKind = category switch { Categories.HouseholdWorker => Answerable.Household, Categories.Dependent => Answerable.HeadOfFamily, _ => Answerable.Establishment },
            }, 5));
        });
        for (var i = 0; i < late; i++)
        {
            var residence = (await residences.OfAsync(person))!;
            await WriteAsync(change =>
            {
                residences.Renew(change, residence, until, 12, calendar.ToString(), late: true, at);
                return Task.CompletedTask;
            });
        }
        return new(index, number, person, new AccountId(Guid.CreateVersion7()), category);
    }

    private async Task<(string Category, string? Employer, string? Head)> AnswerableAsync(PersonInHand hand)
    {
        var asked = hand.ResidentNumber ?? hand.BorderNumber;
        if ((await World.Get<LabourContracts>().WorkerAsync(asked)).ValueOrNull is { } worker)
        {
            return (Categories.EstablishmentWorker, worker.Establishment.Unified, null);
        }
        return (await World.Get<DomesticWork>().ContractAsync(asked)).ValueOrNull is { } household
            ? (Categories.HouseholdWorker, household.Household.Number, null)
            : (Categories.Dependent, null, (await World.Get<AlienRegister>().FamilyAsync(asked)).ValueOrNull!.HeadNumber);
    }

    private async Task WriteAsync(Func<Change, Task> fill)
    {
        var change = new Change(new Act(ActId.New(World.Clock), "test.residence", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("residence"), World.Clock.Now()));
        await fill(change);
        Assert.IsType<WriteOutcome.Done>(await World.Get<IWriter>().WriteAsync(change));
    }

    /// <summary>Starts a case, answers everything and sends it.</summary>
    public async Task<(CaseId Case, string State)> SendAsync(Resident resident, string service, params (string Name, string Value)[] answers)
    {
        var started = Done<CaseOutcome.Done>(await InRequest(() => World.Engine.StartAsync(By(resident.Account), resident.Account, resident.Person, service, new Dictionary<string, string>())));
        foreach (var page in Services.Catalogue.All.Single(s => s.Key == service).Form.Pages)
        {
            Done<CaseOutcome.Done>(await InRequest(() => World.Engine.SaveAsync(By(resident.Account), resident.Account, started.Case, page.Id, answers.ToDictionary(a => a.Name, a => a.Value))));
        }
        return (started.Case, Done<CaseOutcome.Done>(await InRequest(() => World.Engine.SubmitAsync(By(resident.Account), resident.Account, started.Case))).State);
    }

    public Task<WhatIf> WhatIfAsync(Resident resident, string service, params (string Name, string Value)[] answers) =>
        InRequest(() => World.Engine.WhatIfAsync(Actor.Resident(resident.Account), resident.Person, Services.Catalogue.All.Single(s => s.Key == service), answers.ToDictionary(a => a.Name, a => a.Value)));

    public async Task<TrackView> TrackAsync(Resident resident, CaseId id) =>
        (await InRequest(() => World.Views.TrackAsync(Actor.Resident(resident.Account), resident.Account, id)))!;

    public async Task<string> StateAsync(Resident resident, CaseId id) => (await TrackAsync(resident, id)).Head.State;

    public Task BecomesAsync(Resident resident, CaseId id, string state) =>
        WholeWorld.UntilAsync(async () => await StateAsync(resident, id) is var now && now == state ? now : null, $"the case became {state}");

    /// <summary>The employer or head answers at the labour platform, which tells Muqeem by a signed call.</summary>
    public async Task AnswerAsync(Resident resident, CaseId id, bool confirmed, string then)
    {
        await SayAsync(id, confirmed);
        await BecomesAsync(resident, id, then);
    }

    /// <summary>The same, whatever comes of it.</summary>
    public async Task SayAsync(CaseId id, bool confirmed)
    {
        // The newest question about the case.
        var reference = await WholeWorld.UntilAsync(async () =>
        {
            using var asked = await DeskAsync("employer");
            return asked.RootElement.EnumerateArray().Select(q => q.GetProperty("reference").GetString()!).FirstOrDefault(r => r.StartsWith(id.ToString(), StringComparison.Ordinal));
        }, "the employer is asked");
        await World.AtDeskAsync("employer/answers", ("reference", reference), ("confirmed", confirmed ? "true" : "false"));
    }

    /// <summary>What a desk of the stand-ins shows, as JSON.</summary>
    public async Task<JsonDocument> DeskAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("application/json");
        using var answer = await World.Sandbox.SendAsync(request);
        return JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
    }

    /// <summary>Waits until the alien register was told.</summary>
    /// <param name="about">The number that the notice is about.</param>
    public Task ToldAsync(string verb, string about) => WholeWorld.UntilAsync(async () =>
    {
        using var told = await DeskAsync("notices");
        return told.RootElement.EnumerateArray().Any(n => n.GetProperty("verb").GetString() == verb && n.ToString().Contains(about, StringComparison.Ordinal)) ? "" : null;
    }, $"the register was told of {verb}");

    /// <summary>Pays the case's bill at the bank, which tells Muqeem by a signed call.</summary>
    /// <returns>What was paid.</returns>
    public async Task<Money> PayAsync(Resident resident, CaseId id, string then)
    {
        var bill = await WholeWorld.UntilAsync(async () => (await TrackAsync(resident, id)).Bill is { Number: not null } b ? b : null, "the bill got its number");
        await World.AtDeskAsync($"bank/bills/{bill.Number}/pay");
        await BecomesAsync(resident, id, then);
        return bill.Total;
    }

    public async Task<ExitVisa> VisaAsync(CaseId id) => (await World.Get<ExitVisas>().OfCaseAsync(id))!;

    public async Task<Residence> ResidenceAsync(Resident resident) => (await World.Get<Residences>().OfAsync(resident.Person))!;

    public async Task<Standing> StandingAsync(Resident resident) => (await ResidenceAsync(resident)).StandingAt(World.Clock.Now());

    /// <summary>The border records a crossing on a visa and tells Muqeem.</summary>
    public async Task CrossAsync(Resident resident, CaseId id, bool leaves, string then)
    {
        await World.AtDeskAsync("border/crossings", ("number", resident.Number), ("direction", leaves ? "Out" : "In"), ("visa", (await VisaAsync(id)).Number));
        await BecomesAsync(resident, id, then);
    }

    /// <summary>Moves both clocks to the morning of a day, and waits until all that was due by then has been played.</summary>
    public async Task MoveToAsync(LocalDate day)
    {
        await World.MoveClockAsync(day.At(new LocalTime(8, 0)).WithOffset(Clock.Riyadh).ToInstant() - World.Clock.Now());
        await WholeWorld.UntilAsync(async () => await InRequest(() => World.Engine.PlayDueAsync(1000)) is var (_, next) && (next is null || next > World.Clock.Now()) ? "" : null, "all that was due is played");
    }

    public static (string, string)[] Day(string field, LocalDate day) =>
    [
        (field + ".day", day.Day.ToString(CultureInfo.InvariantCulture)), (field + ".month", day.Month.ToString(CultureInfo.InvariantCulture)), (field + ".year", day.Year.ToString(CultureInfo.InvariantCulture)),
    ];
}
