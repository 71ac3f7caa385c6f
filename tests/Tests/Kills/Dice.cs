using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Muqeem.Tests.Kills;

/// <summary>SplitMix64: a seed repeats what was rolled.</summary>
internal sealed class Dice(long seed)
{
    private ulong _state = (ulong)seed;

    /// <summary><c>MUQEEM_SEED</c> repeats a run; else another sample with each commit (<c>MUQEEM_SAMPLE</c>); else any.</summary>
    public static long Seed() =>
        Environment.GetEnvironmentVariable("MUQEEM_SEED") is { Length: > 0 } seed ? long.Parse(seed, CultureInfo.InvariantCulture)
        : Environment.GetEnvironmentVariable("MUQEEM_SAMPLE") is { Length: > 0 } sample ? BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes(sample))) & int.MaxValue
        : RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>One of so many, from zero.</summary>
    public int Roll(int sides)
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)((mixed ^ (mixed >> 31)) >> 33) % sides;
    }
}
