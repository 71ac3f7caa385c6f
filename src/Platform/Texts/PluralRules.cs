namespace Muqeem.Platform.Texts;

/// <summary>The grammatical numbers of CLDR.</summary>
internal enum PluralCategory
{
    Zero,
    One,
    Two,
    Few,
    Many,
    Other,
}

/// <summary>What CLDR's rules look at: <see cref="N"/> the absolute value, <see cref="I"/> its whole part, <see cref="V"/> how many decimals are shown, <see cref="F"/> those decimals as a number.</summary>
internal readonly record struct PluralOperands(decimal N, decimal I, int V, long F)
{
    /// <summary>A decimal keeps the digits it is shown with: 1.0 is not 1 in English.</summary>
    public static PluralOperands Of(decimal value)
    {
        var n = Math.Abs(value);
        var i = decimal.Truncate(n);
        var v = n.Scale;
        var f = (n - i) * (decimal)Math.Pow(10, v);
        return new(n, i, v, (long)f);
    }
}

/// <summary>Which form of a counted word a language uses.</summary>
internal static partial class PluralRules
{
    public static PluralCategory Of(string language, decimal value) => CardinalOf(language, PluralOperands.Of(value));

    public static IReadOnlyList<PluralCategory> Categories(string language) => CategoriesOf(language);

    /// <summary>CLDR's ranges hold whole numbers only.</summary>
    private static bool Within(decimal value, int low, int high) => value >= low && value <= high && decimal.Truncate(value) == value;
}
