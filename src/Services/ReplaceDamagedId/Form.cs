using Muqeem.Cases.Definition;

namespace Muqeem.Services.ReplaceDamagedId;

internal static class Questions
{
    public static readonly Form<Request> Form = new Form<Request>()
        .Page("damage",
            Form<Request>.Text(r => r.Damage, hint: true, maxLength: 500, kind: FieldKind.LongText))
        .Page("statement",
            Form<Request>.Yes(r => r.Truth));
}
