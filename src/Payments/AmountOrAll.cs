using Muqeem.Kernel;

namespace Muqeem.Payments;

/// <summary>An amount that may be left out of a form: then it is all that there is.</summary>
public sealed record AmountOrAll(Money? Value)
{
    public static Result<AmountOrAll> Parse(string? typed) =>
        string.IsNullOrWhiteSpace(typed) ? new AmountOrAll(Value: null) : Money.Parse(typed).TryGet(out var amount, out var refusal) ? new AmountOrAll(amount) : refusal;
}
