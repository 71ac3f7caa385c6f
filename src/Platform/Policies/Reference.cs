using System.Text.Json;

namespace Muqeem.Platform.Policies;

/// <summary>A nationality or special document holder. <see cref="Code"/> is the ICAO code of the travel document, without fillers.</summary>
public sealed record Nationality(string Code, string Alpha2, string Kind, string CountryEn, string CountryAr, string English, string Arabic, string ArabicFeminine, IReadOnlyList<string> Languages, int Weight);

public sealed record Occupation(string Code, string English, string Arabic, string Isco, string Group);

public sealed record Region(string Code, string English, string Arabic, string CapitalEn, string CapitalAr, int Population);

public sealed record City(string Region, string English, string Arabic, bool Capital);

/// <summary>Reference lists in both languages. They decide no money and no right, so they come with the release.</summary>
public static class Reference
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static IReadOnlyList<Nationality> Nationalities { get; } = Read<Nationality>("nationalities.json");
    public static IReadOnlyList<Occupation> Occupations { get; } = Read<Occupation>("occupations.json");
    public static IReadOnlyList<Region> Regions { get; } = Read<Region>("regions.json");
    public static IReadOnlyList<City> Cities { get; } = Read<City>("cities.json");

    private static readonly Dictionary<string, Nationality> ByNationality = Nationalities.ToDictionary(n => n.Code, StringComparer.OrdinalIgnoreCase);
    private static readonly Dictionary<string, Occupation> ByOccupation = Occupations.ToDictionary(o => o.Code, StringComparer.OrdinalIgnoreCase);

    /// <summary>By the code of a travel document. Germany's is D; records that follow ISO say DEU.</summary>
    public static Nationality? Nationality(string code) => ByNationality.GetValueOrDefault(code.TrimEnd('<') is "DEU" ? "D" : code.TrimEnd('<'));

    public static Occupation? Occupation(string code) => ByOccupation.GetValueOrDefault(code);

    /// <summary>A data file of the release.</summary>
    public static string Data(string name)
    {
        using var stream = typeof(Reference).Assembly.GetManifestResourceStream("Muqeem.Platform.data." + name) ?? throw new InvalidOperationException($"No data file {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static List<T> Read<T>(string name) => JsonSerializer.Deserialize<List<T>>(Data(name), Json) ?? [];
}
