namespace Muqeem.Sandbox.Population;

/// <summary>What establishments do and whom they employ. Codes are those of the occupations list.</summary>
internal sealed record Sector(string NameEn, string NameAr, int Weight, bool EmploysWomen, bool Industrial, IReadOnlyList<string> Occupations);

internal static class Sectors
{
    private static readonly Sector[] All =
    [
        new("Contracting", "للمقاولات", 30, false, false, List("P064*6 P046*2 P047 P048 P049 P050 P051 P052 P053 P027 P012 P061 P062 P030")),
        new("Maintenance and Cleaning", "للصيانة والنظافة", 12, true, false, List("P065*7 P053 P052 P048 P041*2")),
        new("Trading", "للتجارة", 16, true, false, List("P035*5 P036 P033 P034 P025 P021")),
        new("Restaurants", "للمطاعم", 10, false, false, List("P037*3 P039*3 P066*2 P038 P026 P056 P057")),
        new("Medical", "الطبية", 6, true, false, List("P005*6 P001 P002 P003 P004 P006 P007 P008 P042")),
        new("Schools", "للتعليم", 3, true, false, List("P010 P011*2 P009 P031")),
        new("Transport", "للنقل", 8, false, false, List("P060*4 P059 P058*2 P067 P063 P054")),
        new("Technology", "للتقنية", 3, true, false, List("P018 P019*2 P020 P015 P014 P021 P032")),
        new("Farms", "الزراعية", 5, false, false, List("P045*5 P043 P044*2")),
        new("Factory", "الصناعية", 6, false, true, List("P029*2 P013 P016 P063 P033 P067*2 P055 P028")),
        new("Services", "للخدمات", 5, true, false, List("P040*2 P055*2 P031 P032*2 P022 P023 P024")),
    ];

    public static readonly int[] Weights = [.. All.Select(sector => sector.Weight)];

    public static readonly IReadOnlyList<string> DomesticMen = List("P068*6 P073 P074 P044");
    public static readonly IReadOnlyList<string> DomesticWomen = List("P069*8 P071*2 P070 P072 P074");

    public static readonly IReadOnlyList<City> Words =
    [
        new("Al Noor", "النور"), new("Al Amal", "الأمل"), new("Najd", "نجد"), new("Al Wafa", "الوفاء"), new("Tihama", "تهامة"), new("Al Rawabi", "الروابي"), new("Al Safa", "الصفا"), new("Al Jazeera", "الجزيرة"),
        new("Wadi Al Qura", "وادي القرى"), new("Al Bayan", "البيان"), new("Hijaz", "الحجاز"), new("Al Majd", "المجد"), new("Al Ruwad", "الرواد"), new("Al Yamama", "اليمامة"), new("Al Fajr", "الفجر"), new("Asir", "عسير"),
        new("Al Waha", "الواحة"), new("Al Itqan", "الإتقان"), new("Shumookh", "شموخ"), new("Al Dana", "الدانة"), new("Al Qimma", "القمة"), new("Al Khaleej", "الخليج"), new("Al Thiqa", "الثقة"), new("Durrat", "الدرة"),
    ];

    public static Sector At(int index) => All[index];

    /// <summary>The share of women among those who came to work.</summary>
    public static double Women(string nationality) => nationality switch
    {
        "PHL" => 0.42,
        "IDN" => 0.6,
        "ETH" => 0.55,
        "KEN" or "UGA" => 0.6,
        "LKA" => 0.35,
        "EGY" or "JOR" => 0.08,
        "IND" => 0.07,
        "BGD" => 0.05,
        "PAK" or "YEM" or "AFG" => 0.02,
        "NPL" => 0.05,
        _ => 0.08,
    };

    /// <summary>The share of household workers among those who came to work.</summary>
    public static double InHouseholds(string nationality, string sex) => (nationality, sex) switch
    {
        ("PHL", "F") => 0.55,
        ("IDN", "F") => 0.93,
        ("ETH", "F") => 0.92,
        ("KEN" or "UGA", "F") => 0.9,
        ("BGD", "F") => 0.85,
        ("LKA", "F") => 0.8,
        ("IND" or "NPL" or "MMR", "F") => 0.35,
        (_, "F") => 0.06,
        ("IND", _) => 0.26,
        ("BGD", _) => 0.22,
        ("PAK" or "SDN", _) => 0.18,
        ("IDN", _) => 0.4,
        ("ETH" or "KEN" or "UGA", _) => 0.3,
        ("LKA", _) => 0.3,
        ("PHL", _) => 0.12,
        ("YEM" or "NPL", _) => 0.1,
        ("EGY", _) => 0.04,
        _ => 0.05,
    };

    /// <summary>Monthly, in halalas.</summary>
    public static long Wage(string occupation, Dice dice)
    {
        var number = int.Parse(occupation.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
        var (least, most) = number switch { 24 => (15_000, 40_000), <= 26 => (4_000, 18_000), <= 36 => (2_500, 7_000), <= 63 => (1_500, 4_000), _ => (1_000, 2_000) };
        return dice.Between(least / 50, most / 50, Topic.Salary) * 50L * 100;
    }

    private static IReadOnlyList<string> List(string text) =>
    [
        .. text.Split(' ').SelectMany(item => Enumerable.Repeat(item[..4], item.Length > 4 ? int.Parse(item.AsSpan(5), System.Globalization.CultureInfo.InvariantCulture) : 1)),
    ];
}
