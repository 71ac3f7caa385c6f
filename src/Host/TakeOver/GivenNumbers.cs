using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;

namespace Muqeem.Host.TakeOver;

/// <summary>Which resident numbers Muqeem gave out itself: the permutation that made them is undone, and the serial compared.</summary>
internal sealed class GivenNumbers
{
    // Of the demonstration's numbers, those below are the stand-ins' (see ResidentNumbers).
    private const string FirstOfDemonstration = "205";

    private readonly ResidentNumbers _numbers;
    private readonly long _next;

    private GivenNumbers(ResidentNumbers numbers, long next) => (_numbers, _next) = (numbers, next);

    public static async Task<GivenNumbers> ReadAsync(Db db, KeyStore keys, CancellationToken cancel) => new(
        new ResidentNumbers(keys.Mac(KeyPurpose.NumberPermutation, "resident"u8)),
        await db.FirstAsync<long?>("SELECT next_value FROM serial WHERE name = 'resident_number'", null, cancel) ?? 0);

    public bool Has(ResidentNumber number) =>
        _next > 0 && (!number.IsDemonstration || string.CompareOrdinal(number.ToString(), FirstOfDemonstration) >= 0) && _numbers.CounterOf(number) < _next;
}
