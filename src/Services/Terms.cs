using System.Globalization;
using Muqeem.Cases.Definition;

namespace Muqeem.Services;

/// <summary>The terms that a category may take: a dated row.</summary>
internal static class Terms
{
    public static IReadOnlyList<Option> Offered(FormContext context) =>
        [.. Months(context).Select(m => new Option(m.ToString(CultureInfo.InvariantCulture), "svc.term." + m.ToString(CultureInfo.InvariantCulture)))];

    public static int Parse(string? months) => int.Parse(months ?? "0", NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Before the records say which category it is, whatever is offered to any; sending checks again.</summary>
    private static IReadOnlyList<int> Months(FormContext context)
    {
        var terms = context.Policy.Get<IReadOnlyDictionary<string, IReadOnlyList<int>>>("residence.terms", context.Today);
        return terms.TryGetValue(context.Category, out var offered) ? offered : [.. terms.Values.SelectMany(t => t).Distinct().Order()];
    }
}
