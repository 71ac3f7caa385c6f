using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Platform.Signatures;
using Muqeem.Sandbox;
using Muqeem.Sandbox.Population;
using Muqeem.Tests;

namespace Muqeem.Agencies;

/// <summary>
/// The contract of each agency, by our own client: of the stand-in, or, where <c>MUQEEM_CONTRACT</c> names a file, of the agencies themselves. The file is a JSON of settings: <c>Agencies</c> as Muqeem has them,
/// <c>Exchange:Key</c> (the Base64 of the PKCS#8 that the agencies know us by) and <c>Contract:&lt;agency&gt;:&lt;fact&gt;</c>, whom the agency's test system knows; <c>nobody</c> is one whom it does not.
/// An agency without a line there is skipped.
/// </summary>
public class ContractOfEachTests(SharedSandbox shared) : IClassFixture<SharedSandbox>
{
    private static readonly IConfiguration? Real = Environment.GetEnvironmentVariable("MUQEEM_CONTRACT") is { Length: > 0 } file ? new ConfigurationBuilder().AddJsonFile(Path.GetFullPath(file)).Build() : null;

    private static readonly Lazy<IServiceProvider> RealClients = new(() => new ServiceCollection()
        .AddSingleton(AgencyCaller.Desk(MessageSigner.OfPkcs8(Convert.FromBase64String(Real!["Exchange:Key"] ?? throw new InvalidOperationException("Exchange:Key is missing in the file that MUQEEM_CONTRACT names."))), TimeProvider.System))
        .AddLogging().AddAgencies(Real!).BuildServiceProvider());

    /// <param name="Known">Of the stand-ins' people, one of whom the agency has such a record.</param>
    private sealed record Question(string Agency, string Fact, Func<IServiceProvider, string, Task<string>> Ask, Func<People, string> Known);

    private static readonly Question[] All =
    [
        new(AlienRegister.Name, "person", (p, id) => Of(p.GetRequiredService<AlienRegister>().PersonAsync(id)), p => p.At(27).Number),
        new(AlienRegister.Name, "passports", (p, id) => Of(p.GetRequiredService<AlienRegister>().PassportsAsync(id)), p => p.At(27).Number),
        new(AlienRegister.Name, "movements", (p, id) => Of(p.GetRequiredService<AlienRegister>().MovementsAsync(id)), p => p.At(27).Number),
        new(AlienRegister.Name, "family", (p, id) => Of(p.GetRequiredService<AlienRegister>().FamilyAsync(id)), p => p.At(9).Number),
        new(LabourContracts.Name, "worker", (p, id) => Of(p.GetRequiredService<LabourContracts>().WorkerAsync(id)), p => p.At(27).Number),
        new(LabourContracts.Name, "establishment", (p, id) => Of(p.GetRequiredService<LabourContracts>().EstablishmentAsync(id)), p => p.At(27).EmployerNumber!),
        new(DomesticWork.Name, "household_contract", (p, id) => Of(p.GetRequiredService<DomesticWork>().ContractAsync(id)), p => p.At(13).Number),
        new(DomesticWork.Name, "household", (p, id) => Of(p.GetRequiredService<DomesticWork>().HouseholdAsync(id)), p => p.At(13).EmployerNumber!),
        new(SocialInsurance.Name, "contributor", (p, id) => Of(p.GetRequiredService<SocialInsurance>().ContributorAsync(id)), p => p.At(27).Number),
        new(ForeignAffairs.Name, "entry_visa", (p, id) => Of(p.GetRequiredService<ForeignAffairs>().EntryVisaAsync(id)), p => p.At(0).VisaNumber),
        new(MedicalFitness.Name, "test", (p, id) => Of(p.GetRequiredService<MedicalFitness>().TestAsync(id.Split('/')[0], id.Split('/')[^1])), p => $"{p.At(0).Passports[0].Issuer}/{p.At(0).Passports[0].Number}"),
        new(HealthInsurance.Name, "policy", (p, id) => Of(p.GetRequiredService<HealthInsurance>().PolicyAsync(id)), p => p.At(27).Number),
        new(Traffic.Name, "violations", (p, id) => Of(p.GetRequiredService<Traffic>().ViolationsAsync(id)), p => p.At(27).Number),
        new(Traffic.Name, "vehicles", (p, id) => Of(p.GetRequiredService<Traffic>().VehiclesAsync(id)), p => p.At(29).Number),
        new(Justice.Name, "suspensions", (p, id) => Of(p.GetRequiredService<Justice>().SuspensionsAsync(id)), p => p.At(16).Number),
        new(NationalAddresses.Name, "addresses", (p, id) => Of(p.GetRequiredService<NationalAddresses>().OfPersonAsync(id)), p => p.At(27).Number),
    ];

    public static TheoryData<string, string> Questions
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var question in All)
            {
                all.Add(question.Agency, question.Fact);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task It_answers_as_its_contract_says_of_whom_it_knows_and_of_whom_it_does_not(string agency, string fact)
    {
        var question = All.Single(q => q.Agency == agency && q.Fact == fact);
        var (clients, known, nobody) = (shared.Sandbox.Clients, question.Known(shared.Sandbox.People), "2999999994");
        if (Real is not null)
        {
            if (Real[$"Contract:{agency}:{fact}"] is not { Length: > 0 } theirs)
            {
                Assert.Skip($"MUQEEM_CONTRACT says nobody whom {agency} knows as {fact}.");
                return;
            }
            (clients, known, nobody) = (RealClients.Value, theirs, Real[$"Contract:{agency}:nobody"] ?? nobody);
        }
        Assert.Equal("found", await question.Ask(clients, known));
        Assert.Equal("not found", await question.Ask(clients, agency == MedicalFitness.Name ? "IND/" + nobody : nobody));
    }

    [Fact]
    public void Every_agency_that_is_asked_about_people_is_here() =>
        Assert.Empty(AgenciesSetup.All.Select(a => a.Name).Except([PaymentGateway.Name, Messaging.Name, FederatedSignIn.Name, WalletApp.Name], StringComparer.Ordinal).Except(All.Select(q => q.Agency), StringComparer.Ordinal));

    private static async Task<string> Of<T>(Task<AgencyAnswer<T>> asked) where T : class => await asked switch
    {
        AgencyAnswer<T>.Found { Source.Length: > 0 } found when found.ValidUntil > found.AsOf => "found",
        AgencyAnswer<T>.NotFound => "not found",
        var other => other.ToString(),
    };
}
