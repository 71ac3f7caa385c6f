using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>What the alien register says to number, birth date and passport together.</summary>
internal abstract record IdentityAnswer
{
    private IdentityAnswer() { }

    /// <summary>All three are those of one living person.</summary>
    public sealed record Agrees(PersonRecord Person) : IdentityAnswer;

    /// <summary>Not all three; which of them is nobody's business.</summary>
    public sealed record Differs : IdentityAnswer;

    public sealed record NoAnswer(string Agency, Instant RetryAt) : IdentityAnswer;
}

/// <summary>The details with which somebody says who he is, read and in canonical form.</summary>
/// <param name="NumberKind">One of <see cref="IdentifierKinds"/>.</param>
internal sealed record Details(string NumberKind, string Number, BirthDate Birth, string Passport, string? PassportIssuer);

/// <summary>Compares what somebody typed with the alien register. Person and passports are always both asked for, so that the answer takes as long whatever is wrong.</summary>
internal sealed class IdentityCheck(AlienRegister register, TimeProvider clock)
{
    public const string NumberForm = "registration.number";
    public const string BirthContradicts = "registration.birth_contradicts";

    /// <summary>Reads the fields; refusals speak of their form only.</summary>
    public static Details? Read(RegistrationStart typed, LocalDate today, List<Refusal> refusals)
    {
        string? kind = null, number = null;
        var digits = Digits.Compact(typed.Number);
        if (digits is ['2', ..])
        {
            if (ResidentNumber.Parse(typed.Number).TryGet(out var resident, out var refusal))
            {
                (kind, number) = (IdentifierKinds.Resident, resident.ToString());
            }
            else
            {
                refusals.Add(refusal);
            }
        }
        else if (digits is ['3' or '4' or '5', ..])
        {
            if (BorderNumber.Parse(typed.Number).TryGet(out var border, out var refusal))
            {
                (kind, number) = (IdentifierKinds.Border, border.ToString());
            }
            else
            {
                refusals.Add(refusal);
            }
        }
        else
        {
            refusals.Add(digits.Length > 0 && ResidentNumber.Parse(typed.Number) is { Ok: false } other ? other.Refusal : new Refusal(NumberForm));
        }
        if (!BirthDate.Parse(typed.BirthDay, typed.BirthMonth, typed.BirthYear, typed.BirthCalendar, today, BirthPrecision.Year).TryGet(out var birth, out var birthRefusal))
        {
            refusals.Add(birthRefusal);
        }
        var passport = PassportTyped.Read(typed.Passport, today, refusals);
        if (passport?.Birth is { } printed && birth is not null && DateComparison.Compare(birth, printed).Class is not (ComparisonClass.Equal or ComparisonClass.OtherCalendar or ComparisonClass.LessPrecise))
        {
            // Two things the visitor typed contradict each other; no record was asked.
            refusals.Add(new Refusal(BirthContradicts));
        }
        return refusals.Count > 0 ? null : new Details(kind!, number!, birth!, passport!.Number, passport.Issuer);
    }

    public async Task<IdentityAnswer> CompareAsync(Details details, CancellationToken cancel)
    {
        var asked = register.PersonAsync(details.Number, cancel);
        var askedPassports = register.PassportsAsync(details.Number, cancel);
        var person = await asked;
        var passports = await askedPassports;
        // Whichever is silent, the same answer: even that a person was found would be one.
        if ((person.AskAgainAt ?? passports.AskAgainAt) is { } again)
        {
            return new IdentityAnswer.NoAnswer(AlienRegister.Name, again);
        }
        var found = person.ValueOrNull;
        var known = passports.ValueOrNull?.Passports ?? [];
        var agrees = found is { Alive: true, IdType: not RegisterIdType.Citizen }
            && BirthAgrees(details.Birth, found.Birth)
            && known.Any(one => PassportAgrees(details, one));
        if (!agrees)
        {
            return new IdentityAnswer.Differs();
        }
        var passport = known.First(one => PassportAgrees(details, one));
        return new IdentityAnswer.Agrees(RecordOf((AgencyAnswer<RegisteredPerson>.Found)person) with { PassportNumber = passport.Number });
    }

    /// <summary>A person as the alien register has him: what our own registry keeps, with where it is from. Passports are a record of their own.</summary>
    public static PersonRecord RecordOf(AgencyAnswer<RegisteredPerson>.Found answer)
    {
        var found = answer.Value;
        return new()
        {
            ResidentNumber = found.ResidentNumber,
            BorderNumber = found.BorderNumber,
            NamesArabic = found.Names.Ar,
            NamesLatin = found.Names.En,
            FullNameArabic = found.Names.FullAr,
            FullNameLatin = found.Names.FullEn,
            Sex = found.Sex,
            BirthDate = NodaTime.Text.LocalDatePattern.Iso.Format(found.Birth.Date),
            BirthPrecision = found.Birth.Precision.ToString().ToUpperInvariant(),
            BirthDateHijri = found.Birth.Hijri,
            Nationality = found.Nationality,
            PhotoReference = found.PhotoRef,
            Mobile = found.Mobile,
            Source = answer.Source,
            AsOf = answer.AsOf,
        };
    }

    /// <summary>Whether the person is of age on a day; with an unknown day or month, when the most favourable reading is.</summary>
    public static bool IsAdult(PersonRecord person, int adultAge, LocalDate today)
    {
        var date = NodaTime.Text.LocalDatePattern.Iso.Parse(person.BirthDate).Value;
        return BirthDate.Of(date, Enum.Parse<BirthPrecision>(person.BirthPrecision, ignoreCase: true)).AgeOn(today).Most >= adultAge;
    }

    public LocalDate Today => clock.Today();

    // The typed date must know at least as much as the record; a year alone is no proof when the record has the day.
    private static bool BirthAgrees(BirthDate typed, RegisteredBirth recorded)
    {
        var record = BirthDate.Of(recorded.Date, Enum.Parse<BirthPrecision>(recorded.Precision.ToString()), recorded.Hijri);
        return typed.Precision >= record.Precision
            && DateComparison.Compare(typed, record).Class is ComparisonClass.Equal or ComparisonClass.OtherCalendar or ComparisonClass.LessPrecise;
    }

    private static bool PassportAgrees(Details typed, RegisteredPassport recorded) =>
        recorded.Status != PassportStatus.Lost
        && string.Equals(typed.Passport, recorded.Number, StringComparison.Ordinal)
        && (typed.PassportIssuer is null || string.Equals(typed.PassportIssuer, recorded.Issuer, StringComparison.Ordinal));
}

/// <summary>A passport as typed: its number, or the lines at the foot of its page, of which the second alone will do.</summary>
internal sealed record PassportTyped(string Number, string? Issuer, BirthDate? Birth)
{
    private const int LineLength = 44;

    // Stands in for the first line: only its form matters, nothing of it is used.
    private static readonly string AnyFirstLine = "P<UTOUNKNOWN".PadRight(LineLength, '<');

    public static PassportTyped? Read(string? typed, LocalDate today, List<Refusal> refusals)
    {
        var text = Digits.Normalise(typed);
        if (!text.Contains('<', StringComparison.Ordinal) && text.Length < LineLength)
        {
            if (PassportNumber.Parse(typed).TryGet(out var number, out var refusal))
            {
                return new(number.ToString(), null, null);
            }
            refusals.Add(refusal);
            return null;
        }
        var secondOnly = text.Length == LineLength;
        if (!Mrz.Parse(secondOnly ? AnyFirstLine + "\n" + text : typed, today).TryGet(out var document, out var fault))
        {
            refusals.Add(fault);
            return null;
        }
        return new(document.Number, secondOnly ? null : document.Issuer, document.Birth);
    }
}
