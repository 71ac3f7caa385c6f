using Microsoft.AspNetCore.Components;
using Muqeem.Credentials.Issuing;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Texts;

namespace Muqeem.Portal.Showing;

/// <summary>What stands on the face of the digital ID below the names.</summary>
internal static class IdRows
{
    public static IReadOnlyList<SummaryRow> Of(Language l, DigitalId id) =>
    [
        new(l.Text("document.field.nationality"), Reference.Nationality(id.Nationality) is { } nation ? (l.Code == "ar" ? nation.CountryAr : nation.CountryEn) : id.Nationality),
        .. id.Occupation is { Length: > 0 } code ? [new SummaryRow(l.Text("document.field.occupation"), Occupation(l, id, code))] : (SummaryRow[])[],
        // As it was given: a Hijri date of birth is never turned into a Gregorian one.
        new(l.Text("document.field.birth"), id.Birth.GregorianDay is { } day ? l.Date(day) : id.Birth.Text),
        new(l.Text("document.field.until"), l.DateInBoth(id.ResidenceUntil.Gregorian)),
        new(l.Text(id.AnswerableKind == Answerable.HeadOfFamily ? "document.field.head" : "document.field.employer"), Content: Name(id.AnswerableName)),
    ];

    private static string Occupation(Language l, DigitalId id, string code) => l.Code == "ar" && id.OccupationArabic is { Length: > 0 } arabic ? arabic
        : Reference.Occupation(code) is { } o ? (l.Code == "ar" ? o.Arabic : o.English) : code;

    private static RenderFragment Name(string name) => builder =>
    {
        builder.OpenElement(0, "bdi");
        builder.AddAttribute(1, "class", "name");
        builder.AddContent(2, name);
        builder.CloseElement();
    };
}
