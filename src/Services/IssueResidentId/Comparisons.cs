using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Services.IssueResidentId;

/// <summary>Field by field: the passport and the applicant's words against the alien register and the labour record.</summary>
internal static class Comparisons
{
    public static IEnumerable<ComparedField> Of(Request request, FactSet facts, RuleContext context)
    {
        if (request.Mrz is null || !Mrz.Parse(request.Mrz, context.Today).TryGet(out var passport, out _))
        {
            yield break;
        }
        var person = facts.Get<PersonFact>();
        if (!person.Found)
        {
            yield break;
        }
        var recorded = BirthDate.Of(LocalDatePattern.Iso.Parse(person.BirthDate).GetValueOrThrow(), Enum.Parse<BirthPrecision>(person.BirthPrecision, ignoreCase: true), person.BirthDateHijri);
        yield return From<PersonFact>(facts, "name_latin", passport.Name?.ToString(), person.FullNameLatin, Name(passport, person));
        yield return From<PersonFact>(facts, "name_arabic", request.NameArabic, person.FullNameArabic, NameComparison.Compare(request.NameArabic, person.FullNameArabic).Class);
        yield return From<PersonFact>(facts, "birth_date", passport.Birth?.ToString(), recorded.ToString(), DateComparison.Compare(passport.Birth, recorded).Class);
        yield return From<PersonFact>(facts, "sex", SexOf(passport.Sex), person.Sex, Same(SexOf(passport.Sex), person.Sex));
        yield return From<PersonFact>(facts, "nationality", passport.Nationality, person.Nationality, Same(passport.Nationality, person.Nationality));

        var current = facts.Get<PassportsFact>().Current;
        yield return From<PassportsFact>(facts, "passport_number", passport.Number, current?.Number, NumberComparison.Compare(passport.Number, current?.Number).Class);
        yield return From<PassportsFact>(facts, "passport_expiry", Iso(passport.Expiry), Iso(current?.ExpiryDate),
            passport.Expiry is { } expiry && current is not null ? DateComparison.Compare(BirthDate.Of(expiry), BirthDate.Of(current.ExpiryDate)).Class : ComparisonClass.Missing);

        var contract = facts.Get<ContractFact>();
        yield return From<ContractFact>(facts, "employer", request.EmployerNumber, contract.EmployerNumber, NumberComparison.Compare(request.EmployerNumber, contract.EmployerNumber).Class);
        if (context.Category != Registry.Categories.Dependent)
        {
            yield return From<ContractFact>(facts, "occupation", Title(request.Occupation), Title(contract.OccupationCode), Same(request.Occupation, contract.OccupationCode));
        }
    }

    /// <summary>The zone has capitals and may cut a long name: what it could hold must agree.</summary>
    private static ComparisonClass Name(Mrz passport, PersonFact person)
    {
        var @class = NameComparison.Compare(passport.Name?.ToString(), person.FullNameLatin).Class;
        return @class == ComparisonClass.MissingPart && passport.NameMayBeCut ? ComparisonClass.EqualAfterFolding : @class;
    }

    private static ComparedField From<T>(FactSet facts, string field, string? typed, string? recorded, ComparisonClass @class) where T : class, IFact
    {
        var origin = facts.Origin<T>();
        return new(field, typed, recorded, origin.Source, origin.AsOf, @class);
    }

    private static ComparisonClass Same(string? typed, string? recorded) =>
        string.IsNullOrEmpty(typed) || string.IsNullOrEmpty(recorded) ? ComparisonClass.Missing
        : string.Equals(typed, recorded, StringComparison.OrdinalIgnoreCase) ? ComparisonClass.Equal
        : ComparisonClass.Different;

    private static string SexOf(Sex sex) => sex switch
    {
        Sex.Male => "M",
        Sex.Female => "F",
        _ => "U",
    };

    private static string? Title(string? code) => code is null ? null : Reference.Occupation(code) is { } o ? $"{o.Arabic} / {o.English}" : code;

    private static string? Iso(LocalDate? day) => day is { } d ? LocalDatePattern.Iso.Format(d) : null;
}
