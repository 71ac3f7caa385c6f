using System.Diagnostics.CodeAnalysis;

namespace Muqeem.Kernel;

/// <summary>A value, or the <see cref="Muqeem.Kernel.Refusal"/> that says why there is none. A "no" is a value; a bug is an exception.</summary>
public readonly record struct Result<T> where T : notnull
{
    private readonly T? _value;

    private Result(T? value, Refusal? refusal)
    {
        _value = value;
        Refusal = refusal;
    }

    public Refusal? Refusal { get; }

    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool Ok => Refusal is null;

    /// <summary>The value. Throws when there is none: ask <see cref="Ok"/> first.</summary>
    public T Value => Refusal is null ? _value! : throw new InvalidOperationException($"There is no value: {Refusal.Code}.");

    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Refusal? refusal)
    {
        value = _value;
        refusal = Refusal;
        return Refusal is null;
    }

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Refusal refusal) => new(default, refusal);
}
