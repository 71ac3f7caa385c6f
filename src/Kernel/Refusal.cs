namespace Muqeem.Kernel;

/// <summary>One reason why the answer is no. <see cref="Code"/> is a constant beside its rule, never renamed; it is also the key of its text.</summary>
/// <param name="Code">Dotted lower-case words, e.g. <c>resident_number.check_digit</c>.</param>
/// <param name="Facts">Named values for the text: numbers, dates, names of records. Never personal data that the reader may not see.</param>
public sealed record Refusal(string Code, IReadOnlyDictionary<string, object?> Facts)
{
    private static readonly IReadOnlyDictionary<string, object?> None = new Dictionary<string, object?>(StringComparer.Ordinal);

    public Refusal(string code) : this(code, None) { }

    public Refusal(string code, params ReadOnlySpan<(string Name, object? Value)> facts) : this(code, ToDictionary(facts)) { }

    private static Dictionary<string, object?> ToDictionary(ReadOnlySpan<(string Name, object? Value)> facts)
    {
        var all = new Dictionary<string, object?>(facts.Length, StringComparer.Ordinal);
        foreach (var (name, value) in facts)
        {
            all[name] = value;
        }
        return all;
    }
}
