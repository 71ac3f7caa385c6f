using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Policies;

namespace Muqeem.Services.IssueResidentId;

/// <summary>One topic a page; each is a task of the list.</summary>
internal static class Questions
{
    public const string NoOccupation = "none";

    private static readonly IReadOnlyList<Option> Occupations =
        [new(NoOccupation, "svc.issue.occupation.none"), .. Reference.Occupations.Select(o => new Option(o.Code, Arabic: o.Arabic, English: o.English))];

    public static readonly Form<Request> Form = new Form<Request>()
        .Page("passport",
            Form<Request>.Upload(r => r.PassportPage, "passport_page"),
            Form<Request>.Text(r => r.Mrz, ParseMrz, hint: true, ltr: true, maxLength: 200, kind: FieldKind.LongText))
        .Page("name",
            Form<Request>.Text(r => r.NameArabic, (raw, _) => Text(ArabicName.Parse(raw)), hint: true, maxLength: 160))
        .Page("photo",
            Form<Request>.Upload(r => r.Photo, "face_photo"))
        .Page("work",
            Form<Request>.Choice(r => r.Occupation, _ => Occupations, hint: true),
            Form<Request>.Text(r => r.EmployerNumber, (raw, _) => Text(EmployerNumber.Parse(raw)), hint: true, ltr: true, numeric: true, maxLength: 40))
        .Page("address",
            Form<Request>.Text(r => r.ShortAddress, (raw, _) => Text(ShortAddress.Parse(raw)), hint: true, ltr: true, maxLength: 40))
        .Page("term",
            Form<Request>.Choice(r => r.Months, Terms.Offered, hint: true))
        .Page("statement",
            Form<Request>.Yes(r => r.Truth));

    private static Result<string> ParseMrz(string raw, FormContext context) =>
        Mrz.Parse(raw, context.Today).TryGet(out var mrz, out var refusal) ? string.Join('\n', mrz.Lines()) : refusal;

    private static Result<string> Text<T>(Result<T> parsed) where T : notnull =>
        parsed.TryGet(out var value, out var refusal) ? value.ToString()! : refusal;
}
