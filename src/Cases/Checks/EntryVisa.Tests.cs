using Muqeem.Agencies;
using Muqeem.Cases.Definition;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Policies;
using Muqeem.Registry;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Cases.Checks;

/// <summary>What follows from the visa on which somebody came.</summary>
public class EntryVisaTests
{
    private const string Employer = "7001234567";
    private static readonly LocalDate Today = new(2026, 11, 29);
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 29, 9, 0);

    private static IEnumerable<(string Code, FindingKind Kind)> Of(string category, EntryVisaType? visa, string? sponsor = Employer, int age = 30)
    {
        var policy = PolicyBook.BaselineSnapshot();
        var origin = new FactOrigin("test", "1", Now, Now);
        var facts = new FactSet()
            .Add(new PersonFact { BirthDate = LocalDatePattern.Iso.Format(Today.PlusYears(-age)) }, origin)
            .Add(new ContractFact { Found = true, Category = category, EmployerNumber = Employer }, origin)
            .Add(visa is { } came ? new EntryVisaFact { Found = true, Kind = came.ToString(), SponsorNumber = sponsor } : new EntryVisaFact(), origin);
        return Check.EntryVisa(facts, new(Now, Today, policy, Tariff.Of(policy, Today), category), policy.Get<int>("issue.visit_visa_child_under", Today)).Select(f => (f.Refusal.Code, f.Kind));
    }

    [Theory]
    [InlineData(Categories.EstablishmentWorker, EntryVisaType.Work)]
    [InlineData(Categories.HouseholdWorker, EntryVisaType.Work)]
    [InlineData(Categories.Dependent, EntryVisaType.FamilyResidence)]
    [InlineData(Categories.Dependent, null)]
    public void Nothing_stands_against_who_came_to_work_or_to_the_family_or_was_born_here(string category, EntryVisaType? visa) => Assert.Empty(Of(category, visa));

    [Theory]
    [InlineData(Categories.EstablishmentWorker, 30, FindingKind.Final)]
    [InlineData(Categories.EstablishmentWorker, 17, FindingKind.Final)]
    [InlineData(Categories.Dependent, 18, FindingKind.Final)]
    [InlineData(Categories.Dependent, 17, FindingKind.Review)]
    public void A_visit_visa_does_not_become_a_residence_and_of_a_child_an_officer_decides(string category, int age, FindingKind kind) =>
        Assert.Equal([(Check.Codes.VisitVisa, kind)], Of(category, EntryVisaType.Visit, age: age));

    [Theory]
    [InlineData(Categories.EstablishmentWorker, null, Check.Codes.NoEntryVisa)]
    [InlineData(Categories.EstablishmentWorker, EntryVisaType.FamilyResidence, Check.Codes.OtherEntryVisa)]
    [InlineData(Categories.Dependent, EntryVisaType.Work, Check.Codes.OtherEntryVisa)]
    public void What_does_not_fit_is_an_officers(string category, EntryVisaType? visa, string code) => Assert.Equal([(code, FindingKind.Review)], Of(category, visa));

    [Fact]
    public void A_visa_for_another_employer_is_an_officers_and_one_that_names_none_says_nothing()
    {
        Assert.Equal([(Check.Codes.VisaOfAnotherEmployer, FindingKind.Review)], Of(Categories.EstablishmentWorker, EntryVisaType.Work, "7007654321"));
        Assert.Empty(Of(Categories.EstablishmentWorker, EntryVisaType.Work, null));
    }
}
