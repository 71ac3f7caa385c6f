using System.Globalization;

namespace Muqeem.Kernel;

/// <summary>An amount of Saudi riyals in whole halalas (1 SAR = 100). Arithmetic is checked.</summary>
public readonly record struct Money(long Halalas) : IComparable<Money>
{
    public static readonly Money Zero = new(0);

    /// <summary>A hundred thousand million riyals: no single amount is larger, so that sums of as many as a database holds of one payer do not overflow.</summary>
    public static readonly Money Largest = new(10_000_000_000_000);

    public static Money Riyals(decimal riyals)
    {
        var halalas = riyals * 100;
        if (halalas != decimal.Truncate(halalas))
        {
            throw new ArgumentOutOfRangeException(nameof(riyals), "An amount below a halala.");
        }
        return new(checked((long)halalas));
    }

    /// <summary>Refusal: what was typed is no amount.</summary>
    public const string Shape = "money.shape";

    /// <summary>Riyals as people type them, digits of any script, with at most two decimals: <c>1,234.50</c>. Above zero, and not more than <see cref="Largest"/>.</summary>
    public static Result<Money> Parse(string? text)
    {
        var typed = Digits.Normalise(text).Replace(",", "", StringComparison.Ordinal).Replace("٬", "", StringComparison.Ordinal).Replace('٫', '.');
        return decimal.TryParse(typed, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var riyals) && riyals > 0 && riyals <= Largest.Halalas / 100m && riyals * 100 == decimal.Truncate(riyals * 100)
            ? Riyals(riyals)
            : new Refusal(Shape);
    }

    public static Money operator +(Money a, Money b) => new(checked(a.Halalas + b.Halalas));
    public static Money operator -(Money a, Money b) => new(checked(a.Halalas - b.Halalas));
    public static Money operator -(Money a) => new(checked(-a.Halalas));
    public static Money operator *(Money a, int n) => new(checked(a.Halalas * n));
    public static bool operator <(Money a, Money b) => a.Halalas < b.Halalas;
    public static bool operator >(Money a, Money b) => a.Halalas > b.Halalas;
    public static bool operator <=(Money a, Money b) => a.Halalas <= b.Halalas;
    public static bool operator >=(Money a, Money b) => a.Halalas >= b.Halalas;

    public int CompareTo(Money other) => Halalas.CompareTo(other.Halalas);

    /// <summary>Riyals with two decimals, invariant: <c>1234.50</c>.</summary>
    public override string ToString() => (Halalas / 100m).ToString("0.00", CultureInfo.InvariantCulture);
}
