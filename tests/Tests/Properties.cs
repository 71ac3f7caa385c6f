using FsCheck;
using FsCheck.Fluent;
using Muqeem.Tests.Kills;

namespace Muqeem.Tests;

/// <summary>Properties are tried on another sample with each commit, and on the same one whenever that commit is tested again: what is green stays green.</summary>
internal static class Properties
{
    private static readonly ulong Seed = (ulong)Dice.Seed();

    /// <summary>A hundred tries. What fails names its seed; <c>MUQEEM_SEED</c> repeats it.</summary>
    public static void Holds(this Property property) => Check.One(Config.QuickThrowOnFailure.WithReplay(Seed, (Seed << 1) | 1), property);
}
