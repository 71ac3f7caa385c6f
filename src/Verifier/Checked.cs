using System.Diagnostics.CodeAnalysis;

namespace Muqeem.Verifier;

public static class Checked
{
    /// <summary>For an interface, from which C# converts nothing by itself.</summary>
    public static Checked<T> Good<T>(T value) where T : class => new(value, default);
}

/// <summary>What was read and found good, or the one reason why it was refused. Nothing in this library refuses by an exception.</summary>
public readonly struct Checked<T> where T : class
{
    private readonly T? _value;
    private readonly Reason _reason;

    internal Checked(T? value, Reason reason)
    {
        _value = value;
        _reason = reason;
    }

    public bool Ok => _value is not null;

    /// <summary>Throws when there is none: ask <see cref="Ok"/> first.</summary>
    public T Value => _value ?? throw new InvalidOperationException($"There is no value: {_reason.Code()}.");

    /// <summary>Null when there is a value.</summary>
    public Reason? Reason => _value is null ? _reason : null;

    /// <param name="reason">Without meaning when there is a value.</param>
    public bool TryGet([NotNullWhen(true)] out T? value, out Reason reason)
    {
        value = _value;
        reason = _reason;
        return value is not null;
    }

    public static implicit operator Checked<T>(T value) => new(value, default);

    public static implicit operator Checked<T>(Reason reason) => new(null, reason);
}
