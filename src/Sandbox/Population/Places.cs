using System.Globalization;

namespace Muqeem.Sandbox.Population;

/// <summary>A nationality with its share of residents, its languages and how its people are called.</summary>
public sealed record NationalityRow(string Code, int Weight, IReadOnlyList<string> Languages, string Culture, bool BirthOftenIncomplete);

public sealed record City(string En, string Ar);

/// <param name="Letter">First letter of the region's short addresses.</param>
public sealed record Region(string Code, char Letter, int Weight, decimal Latitude, decimal Longitude, IReadOnlyList<City> Cities);

/// <summary>Where people come from and where they live.</summary>
public static class Places
{
    public static readonly IReadOnlyList<NationalityRow> Nationalities =
    [
        .. Resource.Lines("nationalities.tsv").Select(line => line.Split('\t')).Select(f =>
            new NationalityRow(f[0], int.Parse(f[1], CultureInfo.InvariantCulture), f[2].Split(' '), f[3], f[4] == "1")),
    ];

    public static readonly IReadOnlyList<Region> Regions =
    [
        .. Resource.Lines("regions.tsv").Select(line => line.Split('\t')).Select(f => new Region(
            f[0], f[1][0], int.Parse(f[2], CultureInfo.InvariantCulture), decimal.Parse(f[3], CultureInfo.InvariantCulture), decimal.Parse(f[4], CultureInfo.InvariantCulture),
            [.. f[5..].Select(city => new City(city.Split('|')[0], city.Split('|')[1]))])),
    ];

    public static readonly int[] NationalityWeights = [.. Nationalities.Select(row => row.Weight)];
    public static readonly int[] RegionWeights = [.. Regions.Select(row => row.Weight)];

    private static readonly Dictionary<string, NationalityRow> ByCode = Nationalities.ToDictionary(row => row.Code, StringComparer.Ordinal);

    public static readonly IReadOnlyList<City> Streets =
    [
        new("King Fahd Road", "طريق الملك فهد"), new("Prince Sultan Street", "شارع الأمير سلطان"), new("Al Orouba Street", "شارع العروبة"), new("Al Imam Saud Road", "طريق الإمام سعود"),
        new("Palestine Street", "شارع فلسطين"), new("Al Sitteen Street", "شارع الستين"), new("Al Arbaeen Street", "شارع الأربعين"), new("Ibn Sina Street", "شارع ابن سينا"),
        new("Al Jamiah Street", "شارع الجامعة"), new("Al Matar Road", "طريق المطار"), new("Al Nakheel Street", "شارع النخيل"), new("Abu Bakr Al Siddiq Road", "طريق أبي بكر الصديق"),
        new("Uthman Ibn Affan Road", "طريق عثمان بن عفان"), new("Hittin Street", "شارع حطين"), new("Al Yarmouk Street", "شارع اليرموك"), new("Al Souq Street", "شارع السوق"),
        new("Khalid Ibn Al Walid Street", "شارع خالد بن الوليد"), new("Al Corniche Road", "طريق الكورنيش"), new("Al Mustashfa Street", "شارع المستشفى"), new("Wadi Hanifa Street", "شارع وادي حنيفة"),
    ];

    public static readonly IReadOnlyList<City> Districts =
    [
        new("Al Olaya", "العليا"), new("Al Malaz", "الملز"), new("An Nasim", "النسيم"), new("Al Batha", "البطحاء"), new("Al Aziziyah", "العزيزية"), new("Ar Rawdah", "الروضة"),
        new("As Salamah", "السلامة"), new("Al Faisaliyah", "الفيصلية"), new("An Nuzhah", "النزهة"), new("As Safa", "الصفا"), new("Al Khalidiyah", "الخالدية"), new("Ash Shifa", "الشفاء"),
        new("Al Manar", "المنار"), new("As Sinaiyah", "الصناعية"), new("Al Hamra", "الحمراء"), new("Al Muruj", "المروج"), new("Ar Rabwah", "الربوة"), new("Al Yasmin", "الياسمين"),
    ];

    public static NationalityRow Nationality(string code) => ByCode[code];
}
