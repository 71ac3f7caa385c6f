using System.Net;
using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Sandbox;
using Muqeem.Sandbox.Population;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Agencies;

public class ContractTests(SharedSandbox shared) : IClassFixture<SharedSandbox>
{
    private readonly TestSandbox _sandbox = shared.Sandbox;

    [Fact]
    public async Task What_every_agency_says_about_the_first_people_follows_its_contract()
    {
        var (register, labour, domestic, social, abroad, medical, insurance, traffic, justice, payments, addresses) = (
            _sandbox.Client<AlienRegister>(), _sandbox.Client<LabourContracts>(), _sandbox.Client<DomesticWork>(), _sandbox.Client<SocialInsurance>(), _sandbox.Client<ForeignAffairs>(), _sandbox.Client<MedicalFitness>(), _sandbox.Client<HealthInsurance>(), _sandbox.Client<Traffic>(), _sandbox.Client<Justice>(),
            _sandbox.Client<PaymentGateway>(), _sandbox.Client<NationalAddresses>());
        for (var index = 0; index < 80; index++)
        {
            var person = _sandbox.People.At(index);
            if (person.SlowAgency is not null || person.DownAgency is not null)
            {
                continue;
            }
            var number = person.Number;
            var found = Found(await register.PersonAsync(number));
            Assert.Equal(person.Name.FullEn, found.Names.FullEn);
            Assert.Equal(person.Passports[0].Number, Found(await register.PassportsAsync(number)).Current!.Number);
            Assert.Equal(person.Number, Found(await register.PersonByPassportAsync(person.Passports[0].Issuer, person.Passports[0].Number)).Id);
            Found(await register.MovementsAsync(number));
            Found(await register.FamilyAsync(number));
            Found(await insurance.PolicyAsync(number));
            Found(await traffic.ViolationsAsync(number));
            Found(await traffic.VehiclesAsync(number));
            Assert.Equal(person.LicenceUntil is null, await traffic.LicenceAsync(number) is AgencyAnswer<DrivingLicence>.NotFound);
            Found(await justice.SuspensionsAsync(number));
            Found(await justice.MaritalEventsAsync(number));
            Found(await payments.BalancesAsync(number));
            var contributor = Found(await social.ContributorAsync(number));
            Assert.Equal((person.Category == ResidenceCategory.Establishment && person.Alive, person.RegisteredBy is null), (contributor.Active, !contributor.Active || contributor.EmployerNumber == person.EmployerNumber));
            var address = Found(await addresses.OfPersonAsync(number)).Primary!;
            Assert.Equal(address.Postal, Found(await addresses.ByShortAsync(address.Short)).Address.Postal);
            Assert.Equal(person.Fitness is null, await medical.TestAsync(person.Passports[0].Issuer, person.Passports[0].Number) is AgencyAnswer<FitnessTest>.NotFound);
            if (person.Entry is not null)
            {
                Assert.Equal(person.Movements[^1].PassportNumber, Found(await abroad.EntryVisaAsync(person.VisaNumber)).PassportNumber);
            }
            var worker = await labour.WorkerAsync(number);
            var household = await domestic.ContractAsync(number);
            Assert.Equal(person.Category == ResidenceCategory.Establishment, worker is AgencyAnswer<LabourWorker>.Found);
            Assert.Equal(person.Category == ResidenceCategory.Household, household is AgencyAnswer<HouseholdContract>.Found);
            Assert.Equal(person.Category == ResidenceCategory.Dependent, worker is AgencyAnswer<LabourWorker>.NotFound && household is AgencyAnswer<HouseholdContract>.NotFound);
            if (worker.ValueOrNull is { } at)
            {
                Assert.Equal(at.Establishment, Found(await labour.EstablishmentAsync(at.Establishment.Unified)).Establishment);
            }
            if (household.ValueOrNull is { } home)
            {
                Assert.Equal(home.Household.NameAr, Found(await domestic.HouseholdAsync(home.Household.Number)).Household.NameAr);
            }
        }
    }

    [Fact]
    public async Task An_answer_says_who_says_it_since_when_and_how_long_it_holds()
    {
        var answer = Assert.IsType<AgencyAnswer<RegisteredPerson>.Found>(await _sandbox.Client<AlienRegister>().PersonAsync(_sandbox.People.At(0).Number));
        Assert.Equal("alien register (stand-in)", answer.Source);
        Assert.Equal(_sandbox.Clock.Now(), answer.AsOf);
        Assert.Equal(answer.AsOf + Duration.FromHours(24), answer.ValidUntil);
        Assert.Equal(7, answer.RequestId.Version);
    }

    [Theory]
    [InlineData("2999999994")]
    [InlineData("3999999999")]
    [InlineData("x/../y")]
    public async Task A_number_that_nobody_has_is_not_found(string number) =>
        Assert.IsType<AgencyAnswer<RegisteredPerson>.NotFound>(await _sandbox.Client<AlienRegister>().PersonAsync(number));

    [Fact]
    public async Task A_household_employer_is_found_as_a_citizen()
    {
        var employer = _sandbox.People.At(13).Household!;
        var citizen = Found(await _sandbox.Client<AlienRegister>().PersonAsync(employer.Number));
        Assert.Equal(RegisterIdType.Citizen, citizen.IdType);
        Assert.Equal(employer.Mobile, citizen.Mobile);
    }

    [Fact]
    public async Task A_portrait_comes_as_a_picture_with_its_source()
    {
        var person = Found(await _sandbox.Client<AlienRegister>().PersonAsync(_sandbox.People.At(9).Number));
        var portrait = Found(await _sandbox.Client<AlienRegister>().PortraitAsync(person.PhotoRef!));
        Assert.Equal("image/png", portrait.ContentType);
        Assert.True(portrait.Image.Length > 10_000);
        Assert.IsType<AgencyAnswer<RegisteredPortrait>.NotFound>(await _sandbox.Client<AlienRegister>().PortraitAsync("ph-nobody"));
    }

    [Fact]
    public async Task A_family_is_listed_with_its_head_first()
    {
        var wife = _sandbox.People.At(9);
        var family = Found(await _sandbox.Client<AlienRegister>().FamilyAsync(wife.Number));
        Assert.Equal(_sandbox.People.At(8).Number, family.HeadNumber);
        Assert.Equal([FamilyRelation.Head, FamilyRelation.Wife, FamilyRelation.Son, FamilyRelation.Daughter, FamilyRelation.Son], family.Members.Select(member => member.Relation));
        Assert.Equal(_sandbox.People.At(8).Number, Found(await _sandbox.Client<Justice>().MaritalEventsAsync(wife.Number)).Events.Single().SpouseId);
    }

    [Theory]
    [InlineData(null, "muqeem", "request_id.missing")]
    [InlineData("0198c0de-0000-7000-8000-000000000001", null, "consumer.missing")]
    public async Task A_caller_without_request_id_or_name_is_refused(string? id, string? consumer, string code)
    {
        using var http = _sandbox.Http;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/traffic/violations?id=" + _sandbox.People.At(0).Number);
        if (id is not null)
        {
            request.Headers.Add("X-Request-Id", id);
        }
        if (consumer is not null)
        {
            request.Headers.Add("X-Consumer", consumer);
        }
        using var answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStreamAsync());
        Assert.Equal(code, problem.RootElement.GetProperty("code").GetString());
    }

    public static TheoryData<string> Prefixes => [.. AgenciesSetup.All.Select(agency => agency.Prefix)];

    [Theory]
    [MemberData(nameof(Prefixes))]
    public async Task The_contract_that_is_written_down_is_the_one_that_is_served(string prefix)
    {
        using var http = _sandbox.Http;
        var served = await http.GetStringAsync($"/openapi/{prefix}.json");
        var folder = AgenciesSetup.All.Single(agency => agency.Prefix == prefix).Name;
        GeneratedDocs.Check($"../../src/Agencies/{folder}/openapi.json", served.ReplaceLineEndings("\n") + "\n");
        using var document = JsonDocument.Parse(served);
        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            Assert.StartsWith("/" + prefix + "/", path.Name);
            foreach (var operation in path.Value.EnumerateObject())
            {
                // Each answer carries its source and its time; pictures carry them in headers.
                if (operation.Value.GetProperty("responses").GetProperty("200").TryGetProperty("content", out var content) && content.TryGetProperty("application/json", out var json))
                {
                    var name = json.GetProperty("schema").GetProperty("$ref").GetString()!.Split('/')[^1];
                    var required = document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty(name).GetProperty("required").EnumerateArray().Select(item => item.GetString()).ToArray();
                    Assert.Contains("source", required);
                    Assert.Contains("asOf", required);
                }
            }
        }
    }

    internal static T Found<T>(AgencyAnswer<T> answer) where T : class =>
        answer is AgencyAnswer<T>.Found found ? found.Value : throw new Xunit.Sdk.XunitException($"Expected a record, got {answer}.");
}

public class NoticeTests
{
    [Fact]
    public async Task A_new_residence_is_known_by_its_number_from_then_on()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var register = sandbox.Client<AlienRegister>();
        var newcomer = sandbox.People.At(0);
        var notice = Notice(newcomer, "2050000005");
        var id = sandbox.NewId();
        var receipt = ContractTests.Found(await register.TellResidenceAsync(notice, id));
        var person = ContractTests.Found(await register.PersonAsync("2050000005"));
        Assert.Equal(newcomer.BorderNumber, person.BorderNumber);
        Assert.Equal(notice.ExpiresOn, person.Residence!.ExpiresOn);

        // The same notice again is the same; another one under its id is refused.
        Assert.Equal(receipt.Reference, ContractTests.Found(await register.TellResidenceAsync(notice, id)).Reference);
        var reused = Assert.IsType<AgencyAnswer<NoticeReceipt>.Broken>(await register.TellResidenceAsync(notice with { Version = 2 }, id));
        Assert.Equal(("status", "409 request_id.reused"), (reused.Field, reused.Breach));

        // Two numbers for one person are refused.
        var second = Assert.IsType<AgencyAnswer<NoticeReceipt>.Broken>(await register.TellResidenceAsync(Notice(newcomer, "2050000013"), sandbox.NewId()));
        Assert.Equal("409 person.has_number", second.Breach);

        ContractTests.Found(await register.TellResidenceChangeAsync("2050000005", new(new(2028, 1, 1), null, 2, null, null, "renewed"), sandbox.NewId()));
        Assert.Equal((new LocalDate(2028, 1, 1), 2), ContractTests.Found(await register.PersonAsync("2050000005")).Residence is { } later ? (later.ExpiresOn, later.Version) : default);
        using var http = sandbox.Http;
        var notices = await http.GetStringAsync("/notices");
        Assert.Equal(2, notices.Split("\"subject\":\"2050000005\"").Length - 1);
    }

    [Fact]
    public async Task Visas_transfers_shipments_and_other_notices_are_taken_and_shown()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var resident = sandbox.People.At(27);
        var number = resident.ResidentNumber!;
        ContractTests.Found(await sandbox.Client<AlienRegister>().TellVisaAsync(new("4000000001", number, ExitVisaType.ExitReentrySingle, new(2026, 3, 15), new(2026, 6, 15), null, 60), sandbox.NewId()));
        ContractTests.Found(await sandbox.Client<AlienRegister>().TellVisaChangeAsync("4000000001", new(ExitVisaStatus.Cancelled, null, "holder"), sandbox.NewId()));
        Assert.Equal(TransferState.PendingWorker, ContractTests.Found(await sandbox.Client<LabourContracts>().TransferAsync(new(number, resident.EmployerNumber!, "7000000001", "C1"), sandbox.NewId())).State);
        Assert.True(ContractTests.Found(await sandbox.Client<LabourContracts>().ChangeOccupationAsync(new(number, "P012"), sandbox.NewId())).NeedsAccreditation);
        Assert.False(ContractTests.Found(await sandbox.Client<LabourContracts>().ChangeOccupationAsync(new(number, "P058"), sandbox.NewId())).NeedsAccreditation);
        Assert.Equal(sandbox.Clock.Today().PlusDays(10), ContractTests.Found(await sandbox.Client<LabourContracts>().ObjectAsync(new("V1", "leave not agreed"), sandbox.NewId())).DecisionDue);
        ContractTests.Found(await sandbox.Client<LabourContracts>().TellResidenceAsync(new(number, null, ResidenceStatus.Active, new(2027, 1, 1)), sandbox.NewId()));
        ContractTests.Found(await sandbox.Client<DomesticWork>().TellResidenceAsync(new(sandbox.People.At(30).ResidentNumber!, ResidenceStatus.Active, new(2027, 1, 1)), sandbox.NewId()));
        ContractTests.Found(await sandbox.Client<HealthInsurance>().TellEndAsync(number, new(2026, 4, 1), sandbox.NewId()));
        Assert.StartsWith("SP", ContractTests.Found(await sandbox.Client<NationalAddresses>().ShipAsync(new(number, "doc-1", resident.Address!.Short), sandbox.NewId())).TrackingNumber);
        using var http = sandbox.Http;
        using var notices = JsonDocument.Parse(await http.GetStringAsync("/notices"));
        Assert.Equal(["shipment", "end", "residence", "residence", "objection", "occupation", "occupation", "transfer", "visa-change", "visa"], notices.RootElement.EnumerateArray().Select(notice => notice.GetProperty("verb").GetString()));
    }

    [Fact]
    public async Task A_message_is_delivered_once_and_read_newest_first()
    {
        await using var sandbox = await TestSandbox.StartAsync();
        var messaging = sandbox.Client<Messaging>();
        var first = sandbox.NewId();
        var text = SmsText.Parse("رمز التحقق 123456").Value;
        Assert.Equal(MessageState.Accepted, ContractTests.Found(await messaging.SendSmsAsync(first, "+966500000001", text, "ar")).State);
        ContractTests.Found(await messaging.SendSmsAsync(first, "+966500000001", text, "ar"));
        ContractTests.Found(await messaging.SendSmsAsync(sandbox.NewId(), "+966500000001", SmsText.Parse("Second").Value, "en"));
        ContractTests.Found(await messaging.SendSmsAsync(sandbox.NewId(), "+966500000002", SmsText.Parse("<script>alert(1)</script>").Value, "en"));
        ContractTests.Found(await messaging.SendEmailAsync(new(sandbox.NewId(), "p@people.example", "Subject", "Text", "<b>Text</b>", "en")));
        Assert.Equal(MessageState.Undeliverable, ContractTests.Found(await messaging.SendSmsAsync(sandbox.NewId(), "nobody", text, "ar")).State);

        using var http = sandbox.Http;
        using var inbox = JsonDocument.Parse(await http.GetStringAsync("/inbox?to=%2B966500000001"));
        Assert.Equal(["Second", "رمز التحقق 123456"], inbox.RootElement.EnumerateArray().Select(message => message.GetProperty("text").GetString()));
        using var found = JsonDocument.Parse(await http.GetStringAsync("/inbox?q=" + Uri.EscapeDataString("التحقق")));
        Assert.Single(found.RootElement.EnumerateArray());

        http.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        var page = await http.GetStringAsync("/inbox");
        Assert.Contains("dir=\"rtl\"", page);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", page);
        Assert.DoesNotContain("<script", page);
    }

    private static ResidenceNotice Notice(Person person, string number) =>
        new(number, person.BorderNumber, ResidenceCategory.Establishment, person.EmployerNumber, null, person.Occupation, new(2026, 3, 15), new(2027, 3, 15), 1);
}
