using Muqeem.Platform.Pages;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Texts;

namespace Muqeem.Portal.Shared;

/// <summary>Words of the lists of data: in Arabic for Arabic readers, in English for all others.</summary>
internal static class ProfileWords
{
    /// <summary>The word of an occupation's code; what is no code is shown as it was typed.</summary>
    public static string Occupation(Language l, string code) => Reference.Occupation(code) is { } o ? (l.Code == "ar" ? o.Arabic : o.English) : code;

    public static IReadOnlyList<Choice> Occupations(Language l) => [.. Reference.Occupations.Select(o => new Choice(o.Code, l.Code == "ar" ? o.Arabic : o.English))];
}
