using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Muqeem.Agencies;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.SignIn;
using Muqeem.SignIn.Factors;
using NodaTime;

namespace Muqeem.Host.Verbs;

/// <summary>
/// Fills a demonstration: office accounts, and residents of the stand-ins' population with the residences that the alien register says they have. Everything by acts, so it can be watched and verified
/// like anything else. Only in a demonstration folder, and only once.
/// </summary>
internal sealed partial class Seeding(IServiceProvider services, IConfiguration configuration, DataFolder folder, ILogger<Seeding> log) : BackgroundService
{
    /// <summary>The password of every seeded account; written in the README, good for nothing but demonstrations.</summary>
    public const string Password = "palm-lantern-7-harbour";

    private static readonly (string Account, string Name, OfficeRole Roles)[] Colleagues =
    [
        ("operator.one", "Demonstration Operator One", OfficeRole.Operator),
        ("operator.two", "Demonstration Operator Two", OfficeRole.Operator),
        ("officer.one", "Demonstration Officer One", OfficeRole.Officer),
        ("officer.two", "Demonstration Officer Two", OfficeRole.Officer),
        ("supervisor", "Demonstration Supervisor", OfficeRole.Supervisor),
        ("auditor", "Demonstration Auditor", OfficeRole.Auditor),
    ];

    private static readonly Visitor Terminal = new("terminal", null, "seed", "en");

    public static int People(IConfiguration configuration) =>
        int.TryParse(configuration["Seed"], NumberStyles.None, CultureInfo.InvariantCulture, out var people) ? people : 0;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await RunAsync(People(configuration), stoppingToken);
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException or InvalidOperationException && !stoppingToken.IsCancellationRequested)
        {
            SeedingFailed(log, e.GetType().Name, e.Message);
        }
    }

    /// <summary>Returns the accounts as lines of text: account, role, authenticator secret.</summary>
    public async Task RunAsync(int people, CancellationToken cancel)
    {
        if (!folder.IsDemonstration)
        {
            throw new CannotStartException("Only a demonstration folder is filled with people.");
        }
        var (list, all) = (Path.Combine(folder.Root, "accounts.txt"), Path.Combine(folder.Root, "seeded"));
        if (people == 0 || File.Exists(all))
        {
            return;
        }
        using var sandbox = services.GetRequiredService<IHttpClientFactory>().CreateClient("seeding");
        sandbox.BaseAddress = new Uri(configuration["Agencies:Sandbox"]!.TrimEnd('/') + "/");
        sandbox.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));

        // The accounts first, and kept when the people are interrupted: whoever tries the demonstration signs in while they arrive. A start after that goes on with the people it lacks.
        if (!File.Exists(list))
        {
            await File.WriteAllLinesAsync(list + ".part", await ReadDoor.RunAsync(() => OfficeAsync(sandbox, cancel)), cancel);
            File.Move(list + ".part", list);
        }
        var residents = await ResidentsAsync(sandbox, people, cancel);
        await File.WriteAllTextAsync(all, $"{residents}\n", cancel);
        Seeded(log, residents, Colleagues.Length);
    }

    private async Task<List<string>> OfficeAsync(HttpClient sandbox, CancellationToken cancel)
    {
        var office = services.GetRequiredService<OfficeAccounts>();
        var clock = services.GetRequiredService<TimeProvider>();
        var lines = new List<string>();
        var operators = new List<Session>();
        foreach (var (account, name, roles) in Colleagues)
        {
            var colleague = new Colleague(name, account, $"{account}@office.example", roles, "Riyadh");
            string? token;
            AccountId id;
            if (operators.Count < 2)
            {
                if (await office.AppointFirstAsync(colleague, cancel) is not OfficeAnswer.Approved { ActivationToken: { } first } approved)
                {
                    throw new InvalidOperationException($"{account} could not be appointed: an earlier start was stopped between the office accounts. Delete {folder.Root} and start again.");
                }
                (token, id) = (first, approved.Account);
            }
            else
            {
                var proposed = await office.ProposeAsync(operators[0], colleague, Guid.CreateVersion7(clock.GetUtcNow()), cancel) as OfficeAnswer.Proposed
                    ?? throw new InvalidOperationException($"{account} could not be proposed.");
                var done = await office.ApproveAsync(operators[1], proposed.Invitation, Guid.CreateVersion7(clock.GetUtcNow()), cancel) as OfficeAnswer.Approved
                    ?? throw new InvalidOperationException($"{account} could not be approved.");
                (token, id) = (done.ActivationToken ?? await TokenInMailAsync(sandbox, colleague.Email!, cancel), done.Account);
            }
            var open = await office.OpenAsync(token, cancel) as Activation.Open ?? throw new InvalidOperationException($"{account} cannot be activated.");
            var code = Totp.Code(Totp.Unspell(open.Secret), Totp.StepAt(clock.Now()));
            if (await office.ActivateAsync(token, Password, code, Guid.CreateVersion7(clock.GetUtcNow()), cancel) is not Activation.Active)
            {
                throw new InvalidOperationException($"{account} was not activated.");
            }
            if (roles == OfficeRole.Operator)
            {
                var now = clock.Now();
                operators.Add(new Session(new SessionId(Guid.CreateVersion7(clock.GetUtcNow())), id, new PersonId(id.Value), AccountKind.Office, AccountState.Active, roles, "Riyadh", SessionLevel.Full,
                    now + Duration.FromMinutes(10), false, "en", now, now + Duration.FromMinutes(10)));
            }
            lines.Add($"{account}\t{roles}\t{Password}\t{open.Secret.Replace(" ", "", StringComparison.Ordinal)}");
        }
        return lines;
    }

    private static async Task<string> TokenInMailAsync(HttpClient sandbox, string address, CancellationToken cancel)
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            using var json = JsonDocument.Parse(await sandbox.GetStringAsync($"inbox?to={Uri.EscapeDataString(address)}&count=1", cancel));
            if (json.RootElement.GetArrayLength() > 0 && LongWord().Match(json.RootElement[0].GetProperty("text").GetString() ?? "") is { Success: true } found)
            {
                return found.Value;
            }
            await Task.Delay(50, cancel);
        }
        throw new TimeoutException($"No activation arrived at {address}.");
    }

    [GeneratedRegex("[A-Za-z0-9_-]{30,}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LongWord();

    private async Task<int> ResidentsAsync(HttpClient sandbox, int people, CancellationToken cancel)
    {
        var numbers = new List<string>();
        for (var from = 0; numbers.Count < people && from is not -1;)
        {
            using var json = JsonDocument.Parse(await sandbox.GetStringAsync($"people?from={from}&count={Math.Min(500, people)}&filter=resident", cancel));
            foreach (var person in json.RootElement.GetProperty("people").EnumerateArray())
            {
                if (person.GetProperty("inHand").TryGetProperty("residentNumber", out var number) && number.GetString() is { } text)
                {
                    numbers.Add(text);
                }
            }
            from = json.RootElement.TryGetProperty("next", out var next) && next.ValueKind == JsonValueKind.Number ? next.GetInt32() : -1;
        }
        var added = 0;
        await Parallel.ForEachAsync(numbers.Take(people), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancel }, async (number, stop) =>
        {
            if (await ReadDoor.RunAsync(() => ResidentAsync(number, stop)))
            {
                Interlocked.Increment(ref added);
            }
        });
        return added;
    }

    /// <summary>One resident as the register has him: person, residence, document.</summary>
    private async Task<bool> ResidentAsync(string number, CancellationToken cancel)
    {
        var clock = services.GetRequiredService<TimeProvider>();
        var persons = services.GetRequiredService<Persons>();
        if (await persons.FindAsync(IdentifierKinds.Resident, number, cancel) is not null
            || await services.GetRequiredService<AlienRegister>().PersonAsync(number, cancel) is not AgencyAnswer<RegisteredPerson>.Found { Value: { Residence: { } known } p } found)
        {
            return false;
        }
        var operation = Platform.Background.Names.IdOf("seed:" + number);
        var change = new Change(new Act(ActId.New(clock), "seed.resident", Actor.System("seed"), operation, Digest.Of("seed.resident", operation.ToString()), clock.Now()) { Reason = "demonstration" });
        var record = IdentityCheck.RecordOf(found);
        var person = await persons.AddAsync(change, record);
        var category = known.Category switch
        {
            ResidenceCategory.Establishment => Categories.EstablishmentWorker,
            ResidenceCategory.Household => Categories.HouseholdWorker,
            _ => Categories.Dependent,
        };
        var occupation = Reference.Occupation(known.OccupationCode);
        var details = new ResidenceDetails
        {
            ResidentNumber = number,
            EmployerNumber = known.EmployerNumber ?? known.HeadNumber ?? "",
            EmployerName = await AnswerableAsync(known, cancel),
            Occupation = known.OccupationCode,
            OccupationArabic = occupation?.Arabic,
        };
        var residence = await services.GetRequiredService<Residences>().IssueAsync(change, person, category, known.IssuedOn, known.ExpiresOn, 12, nameof(CalendarKind.Gregorian), details, new CaseId(operation));
        await services.GetRequiredService<Documents>().IssueAsync(change, new DocumentOrder(person, residence, new DocumentContent
        {
            ResidentNumber = number,
            NameArabic = p.Names.FullAr,
            NameLatin = p.Names.FullEn,
            FamilyName = record.FamilyName,
            GivenNames = record.GivenNames,
            Sex = record.SexAsDocumented,
            Nationality = p.Nationality,
            Occupation = known.OccupationCode,
            OccupationArabic = occupation?.Arabic,
            Birth = BirthDate.Of(p.Birth.Date, Enum.Parse<BirthPrecision>(p.Birth.Precision.ToString()), p.Birth.Hijri),
            AnswerableName = details.EmployerName,
            AnswerableKind = known.Category switch { ResidenceCategory.Household => Answerable.Household, ResidenceCategory.Dependent => Answerable.HeadOfFamily, _ => Answerable.Establishment },
        }, services.GetRequiredService<PolicyBook>().Current.Get<int>("document.years", clock.Today())), cancel);
        return await services.GetRequiredService<IWriter>().WriteAsync(change, WriteClass.Bulk, cancel) is WriteOutcome.Done;
    }

    private async Task<string> AnswerableAsync(RegisteredResidence known, CancellationToken cancel) => known switch
    {
        { EmployerNumber: { } employer } when employer.StartsWith('7') =>
            (await services.GetRequiredService<LabourContracts>().EstablishmentAsync(employer, cancel)).ValueOrNull?.Establishment.NameAr ?? employer,
        { EmployerNumber: { } employer } => (await services.GetRequiredService<DomesticWork>().HouseholdAsync(employer, cancel)).ValueOrNull?.Household.NameAr ?? employer,
        { HeadNumber: { } head } => (await services.GetRequiredService<AlienRegister>().PersonAsync(head, cancel)).ValueOrNull?.Names.FullAr ?? head,
        _ => "",
    };

    [LoggerMessage(60, LogLevel.Information, "Seeded {Residents} residents and {Colleagues} office accounts; the accounts are in accounts.txt of the data folder.")]
    private static partial void Seeded(ILogger logger, int residents, int colleagues);

    [LoggerMessage(61, LogLevel.Error, "Seeding stopped: {Kind}: {What}")]
    private static partial void SeedingFailed(ILogger logger, string kind, string what);
}
