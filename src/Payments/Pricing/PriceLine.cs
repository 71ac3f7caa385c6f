using System.Text.Json;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Payments.Pricing;

/// <summary>One line of a price. An exempt or not yet charged line stays, with amount zero and the fact that says why.</summary>
/// <param name="Code">The row of the fee table, e.g. <c>IQAMA_COMMERCIAL</c>; revenue is booked under it.</param>
/// <param name="Quantity">Months, dependent-months or pieces: see the text of the line.</param>
/// <param name="PolicyVersion">The version of the fee table it was priced under.</param>
/// <param name="Facts">What the explanation needs: strings and whole numbers (<see cref="long"/>). Nothing personal.</param>
/// <param name="Until">The first day on which another row would apply, as known today; null when none is known.</param>
public sealed record PriceLine(string Code, int Quantity, Money Amount, PayerKind Payer, long PolicyVersion, IReadOnlyDictionary<string, object> Facts, LocalDate? Until)
{
    /// <summary>Every whole number is a <see cref="long"/>: a line just priced and the same line read back from its bill are alike.</summary>
    public IReadOnlyDictionary<string, object> Facts { get; } = Facts.ToDictionary(
        fact => fact.Key,
        fact => fact.Value switch
        {
            int number => (long)number,
            long or string => fact.Value,
            var other => throw new ArgumentException($"Fact {fact.Key} of {Code} is a {other.GetType().Name}; strings and whole numbers only."),
        },
        StringComparer.Ordinal);

    /// <summary>Of a billed line: what is not asked for any more.</summary>
    public Money WrittenOff { get; init; }

    /// <summary>Of a billed line: what was spent and is the payer's again.</summary>
    public Money GivenBack { get; init; }

    internal const string TaxFact = "tax", TaxPercentFact = "tax_percent";

    /// <summary>The value added tax within <see cref="Amount"/>; zero on what the state charges.</summary>
    public Money Tax => Facts.TryGetValue(TaxFact, out var tax) && tax is long halalas ? new Money(halalas) : Money.Zero;

    /// <summary>Key of the name shown for the line.</summary>
    public string TextKey => "fee." + Code.ToLowerInvariant();

    /// <summary>Why a line costs nothing or more than the plain rate: key of a sentence, or null.</summary>
    public string? RemarkKey => Facts.TryGetValue("remark", out var remark) ? "fee.remark." + remark : null;

    /// <summary>Frozen form, kept on the bill.</summary>
    public static string ToJson(IReadOnlyList<PriceLine> lines)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var line in lines)
            {
                json.WriteStartObject();
                json.WriteString("code", line.Code);
                json.WriteNumber("quantity", line.Quantity);
                json.WriteNumber("halalas", line.Amount.Halalas);
                json.WriteString("payer", line.Payer.ToString());
                json.WriteNumber("policy", line.PolicyVersion);
                if (line.Until is { } until)
                {
                    json.WriteString("until", NodaTime.Text.LocalDatePattern.Iso.Format(until));
                }
                if (line.WrittenOff > Money.Zero)
                {
                    json.WriteNumber("written_off", line.WrittenOff.Halalas);
                }
                if (line.GivenBack > Money.Zero)
                {
                    json.WriteNumber("given_back", line.GivenBack.Halalas);
                }
                json.WriteStartObject("facts");
                foreach (var (name, value) in line.Facts.OrderBy(f => f.Key, StringComparer.Ordinal))
                {
                    switch (value)
                    {
                        case string text: json.WriteString(name, text); break;
                        case long number: json.WriteNumber(name, number); break;
                    }
                }
                json.WriteEndObject();
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    public static IReadOnlyList<PriceLine> FromJson(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(line => new PriceLine(
            line.GetProperty("code").GetString()!,
            line.GetProperty("quantity").GetInt32(),
            new Money(line.GetProperty("halalas").GetInt64()),
            Enum.Parse<PayerKind>(line.GetProperty("payer").GetString()!),
            line.GetProperty("policy").GetInt64(),
            line.GetProperty("facts").EnumerateObject().ToDictionary(
                f => f.Name,
                f => f.Value.ValueKind == JsonValueKind.String ? (object)f.Value.GetString()! : f.Value.GetInt64(),
                StringComparer.Ordinal),
            line.TryGetProperty("until", out var until) ? NodaTime.Text.LocalDatePattern.Iso.Parse(until.GetString()!).Value : null)
        {
            WrittenOff = line.TryGetProperty("written_off", out var off) ? new Money(off.GetInt64()) : Money.Zero,
            GivenBack = line.TryGetProperty("given_back", out var back) ? new Money(back.GetInt64()) : Money.Zero,
        })];
    }
}

/// <summary>The price of one request: every line, and every reason why a line has no price.</summary>
public sealed record Quote(IReadOnlyList<PriceLine> Lines, IReadOnlyList<Refusal> Refusals)
{
    public static readonly Quote Free = new([], []);

    /// <summary>Null parts are lines that do not apply (a platform fee that is switched off).</summary>
    public static Quote Of(params IEnumerable<Result<PriceLine>?> parts)
    {
        var lines = new List<PriceLine>();
        var refusals = new List<Refusal>();
        foreach (var part in parts)
        {
            if (part is not { } known)
            {
                continue;
            }
            if (known.TryGet(out var line, out var refusal))
            {
                lines.Add(line);
            }
            else
            {
                refusals.Add(refusal);
            }
        }
        return new(lines, refusals);
    }

    public Quote And(Quote other) => new([.. Lines, .. other.Lines], [.. Refusals, .. other.Refusals]);

    public Money Total => Lines.Aggregate(Money.Zero, (sum, line) => sum + line.Amount);

    /// <summary>The first day on which this price would be another one because the table changes; null when no change is known.</summary>
    public LocalDate? ChangesOn => Lines.Min(line => line.Until);

    /// <summary>The lines of one payer: each payer gets a bill.</summary>
    public Quote Of(PayerKind payer) => new([.. Lines.Where(line => line.Payer == payer)], Refusals);
}
