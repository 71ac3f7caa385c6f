using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Payments.Pricing;

/// <summary>Whose money a line is: it decides who may pay it and who is shown it.</summary>
public enum PayerKind
{
    Resident,
    HeadOfFamily,
    Employer,
    NewEmployer,
    Citizen,
}

/// <summary>What a row is: a fee of the state, a fine, or the platform's own charge (business channel, off unless switched on).</summary>
public enum FeeKind
{
    Government,
    Fine,
    Platform,
}

/// <summary>One dated row of the fee table, amounts in riyals as the decree prints them. <see cref="To"/> is exclusive; null is open.</summary>
public sealed record FeeRow
{
    public required string Code { get; init; }
    public FeeKind Kind { get; init; }

    /// <summary>What <see cref="Amount"/> is for: <c>year</c>, <c>month</c>, <c>dependent_month</c>, <c>request</c>, <c>once</c>, <c>visa</c>, <c>child</c>, <c>extension</c>.</summary>
    public string? Per { get; init; }

    public decimal? Amount { get; init; }

    /// <summary>Amount by a named condition, e.g. <c>expats_gt_saudis</c>.</summary>
    public IReadOnlyDictionary<string, decimal>? Amounts { get; init; }

    /// <summary>Amount by whole term in months. A term beyond the table is full years and a rest.</summary>
    public IReadOnlyDictionary<int, decimal>? ByMonths { get; init; }

    public IReadOnlyList<int>? AllowedMonths { get; init; }

    /// <summary>Amount by how many times it happened; beyond the table the last amount stays.</summary>
    public IReadOnlyDictionary<int, decimal>? ByOrdinal { get; init; }

    /// <summary>A fee with a first block: <see cref="Base"/> buys <see cref="BaseMonths"/>, each further month costs <see cref="ExtraPerMonth"/>.</summary>
    public decimal? Base { get; init; }
    public int? BaseMonths { get; init; }
    public decimal? ExtraPerMonth { get; init; }

    /// <summary>The row multiplies the rows in <see cref="AppliesTo"/> (renewal from outside).</summary>
    public int? Multiplier { get; init; }
    public IReadOnlyList<string>? AppliesTo { get; init; }

    /// <summary>The row lifts another fee on any of <see cref="Grounds"/>.</summary>
    public string? Exempts { get; init; }
    public IReadOnlyList<string>? Grounds { get; init; }

    /// <summary>How many household workers are free, by the employer's status.</summary>
    public IReadOnlyDictionary<string, int>? FreeQuota { get; init; }

    /// <summary><c>new_workers_only</c> or <c>all_workers</c>.</summary>
    public string? Scope { get; init; }

    /// <summary>Charged only while at most this much of the residence is left.</summary>
    public int? MaxRemainingMonths { get; init; }

    /// <summary>Days after the due day that cost nothing.</summary>
    public int? GraceDays { get; init; }

    /// <summary>From this occurrence on a person decides on further measures; never automatic.</summary>
    public int? HumanDecisionFromOrdinal { get; init; }

    /// <summary>The amount has this much value added tax in it; null: none is charged.</summary>
    public int? TaxPercent { get; init; }

    public PayerKind? Payer { get; init; }
    public LocalDate? From { get; init; }
    public LocalDate? To { get; init; }
    public string? Evidence { get; init; }
    public string? Source { get; init; }

    public bool InForce(LocalDate on) => (From is not { } from || from <= on) && (To is not { } to || on < to);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower), new DayConverter() },
    };

    /// <summary>An array of rows in snake case; an unknown member is an error, so that a mistyped condition never silently falls away.</summary>
    public static IReadOnlyList<FeeRow> Parse(string json) =>
        JsonSerializer.Deserialize<List<FeeRow>>(json, Json) ?? throw new JsonException("The fee table is empty.");

    /// <inheritdoc cref="Parse(string)"/>
    public static IReadOnlyList<FeeRow> Parse(Stream json) =>
        JsonSerializer.Deserialize<List<FeeRow>>(json, Json) ?? throw new JsonException("The fee table is empty.");

    private sealed class DayConverter : JsonConverter<LocalDate>
    {
        public override LocalDate Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            NodaTime.Text.LocalDatePattern.Iso.Parse(reader.GetString() ?? "").Value;

        public override void Write(Utf8JsonWriter writer, LocalDate value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture));
    }
}
