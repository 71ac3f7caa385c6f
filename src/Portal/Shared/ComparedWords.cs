using Muqeem.Cases.Definition;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Texts;
using NodaTime.Text;

namespace Muqeem.Portal.Shared;

/// <summary>A compared field as its person reads it: what was said, what the record says, which record, since when, and how they agree.</summary>
internal static class ComparedWords
{
    public static IReadOnlyList<SummaryRow> Rows(Language l, ComparedField field) =>
    [
        new(l.Text("portal.track.you_said"), Shown(l, field.Field, field.Typed)),
        new(l.Text("portal.track.record_says"), Shown(l, field.Field, field.Recorded)),
        new(l.Text("portal.track.which_record"), l.Text("source." + field.Source)),
        new(l.Text("portal.track.since"), field.AsOf is { } at ? l.DateAndTime(at) : null),
        new(l.Text("portal.track.result"), l.Word("sys.comparison_class", field.Class)),
    ];

    private static string? Shown(Language l, string field, string? value) => value is null ? null
        : LocalDatePattern.Iso.Parse(value) is { Success: true, Value: var day } ? l.Date(day)
        : field == "nationality" && Reference.Nationality(value) is { } nation ? (l.Code == "ar" ? nation.CountryAr : nation.CountryEn)
        : field == "sex" && l.Has("portal.sex." + value) ? l.Text("portal.sex." + value)
        : value;
}
