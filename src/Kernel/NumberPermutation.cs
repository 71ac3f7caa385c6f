using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Muqeem.Kernel;

/// <summary>
/// A keyed permutation of 0…size-1: consecutive inputs give outputs without a pattern, and no two the same.
/// A balanced Feistel network over pairs of residues mod m, m = ⌈√size⌉, walking on when it leaves the range (at most a few in a thousand do).
/// A half has few values, so the round functions (AES under the key) are tables computed once: one number costs 12 look-ups.
/// </summary>
public sealed class NumberPermutation
{
    // FF1 (NIST SP 800-38G) takes 10 rounds; two more for a domain this small. The tables make them cheap.
    private const int Rounds = 12;

    private readonly long _size;
    private readonly int _half;
    private readonly int[][] _rounds;

    /// <param name="key">32 bytes that nobody else uses.</param>
    /// <param name="size">How many numbers are permuted: 2 to 10¹⁰.</param>
    /// <param name="tweak">Permutations of one key with different tweaks are unrelated.</param>
    public NumberPermutation(ReadOnlySpan<byte> key, long size, byte tweak)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 10_000_000_000);
        if (key.Length != 32)
        {
            throw new ArgumentException("The key of a permutation has 32 bytes.", nameof(key));
        }
        _size = size;
        _half = (int)Math.Ceiling(Math.Sqrt(size));
        _rounds = RoundTables(key, tweak, _half);
    }

    public long Size => _size;

    /// <summary>The number at this place. Throws outside 0…size-1.</summary>
    public long Forward(long number)
    {
        CheckRange(number);
        do
        {
            var (left, right) = ((int)(number / _half), (int)(number % _half));
            foreach (var round in _rounds)
            {
                (left, right) = (right, (left + round[right]) % _half);
            }
            number = ((long)left * _half) + right;
        }
        while (number >= _size);
        return number;
    }

    /// <summary>The place of this number: the inverse of <see cref="Forward"/>.</summary>
    public long Back(long number)
    {
        CheckRange(number);
        do
        {
            var (left, right) = ((int)(number / _half), (int)(number % _half));
            for (var i = Rounds - 1; i >= 0; i--)
            {
                (left, right) = ((right - _rounds[i][left] + _half) % _half, left);
            }
            number = ((long)left * _half) + right;
        }
        while (number >= _size);
        return number;
    }

    private void CheckRange(long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, _size);
    }

    private static int[][] RoundTables(ReadOnlySpan<byte> key, byte tweak, int half)
    {
        using var aes = Aes.Create();
        aes.SetKey(key);
        var blocks = new byte[half * 16];
        var tables = new int[Rounds][];
        for (var round = 0; round < Rounds; round++)
        {
            for (var value = 0; value < half; value++)
            {
                var block = blocks.AsSpan(value * 16, 16);
                block.Clear();
                block[0] = tweak;
                block[1] = (byte)round;
                BinaryPrimitives.WriteInt32BigEndian(block[4..], half);
                BinaryPrimitives.WriteInt32BigEndian(block[12..], value);
            }
            // Single blocks under one key, all different: exactly the pseudo-random function that a round needs.
            aes.EncryptEcb(blocks, blocks, PaddingMode.None);
            var table = tables[round] = new int[half];
            for (var value = 0; value < half; value++)
            {
                table[value] = (int)(BinaryPrimitives.ReadUInt64BigEndian(blocks.AsSpan(value * 16, 8)) % (uint)half);
            }
        }
        return tables;
    }
}

/// <summary>Which numbers may be given out: the demonstration's 20…, or the real 21… to 29….</summary>
public enum ResidentNumberBlock
{
    Demonstration,
    Real,
}

/// <summary>Gives out resident numbers: a serial counter through a keyed permutation, so that nobody can guess the next from the last, and none is given twice. Safe for many threads.</summary>
public sealed class ResidentNumbers
{
    // Of the demonstration's 20…, numbers from 205… on are given out: 200… to 204… are those of people who came before Muqeem, in the stand-ins' register.
    private const long DemonstrationStart = 5_000_000;
    private const long DemonstrationSize = 5_000_000;
    private const long RealStart = 10_000_000;
    private const long RealSize = 90_000_000;

    private readonly NumberPermutation _demonstration;
    private readonly NumberPermutation _real;

    /// <param name="key">32 bytes used for nothing else. With another key the same counter gives another number: it must never change once numbers were given out.</param>
    public ResidentNumbers(ReadOnlySpan<byte> key)
    {
        _demonstration = new(key, DemonstrationSize, (byte)ResidentNumberBlock.Demonstration);
        _real = new(key, RealSize, (byte)ResidentNumberBlock.Real);
    }

    /// <summary>How many numbers a block has.</summary>
    public static long Capacity(ResidentNumberBlock block) => block == ResidentNumberBlock.Demonstration ? DemonstrationSize : RealSize;

    /// <summary>The number for this counter, 0 to <see cref="Capacity"/> - 1; throws beyond: the block is used up.</summary>
    public ResidentNumber Allocate(long counter, ResidentNumberBlock block)
    {
        // The eight digits between the leading 2 and the check digit: 05 to 09 and six digits for the demonstration, 1-9 and seven digits for real numbers.
        var payload = block == ResidentNumberBlock.Demonstration ? _demonstration.Forward(counter) + DemonstrationStart : _real.Forward(counter) + RealStart;
        Span<char> digits = stackalloc char[9];
        digits[0] = '2';
        payload.TryFormat(digits[1..], out _, "00000000", CultureInfo.InvariantCulture);
        return ResidentNumber.FromPayload(digits);
    }

    /// <summary>The counter that gave this number: the inverse of <see cref="Allocate"/>.</summary>
    public long CounterOf(ResidentNumber number)
    {
        var payload = long.Parse(number.ToString().AsSpan(1, 8), NumberStyles.None, CultureInfo.InvariantCulture);
        return number.IsDemonstration ? _demonstration.Back(payload - DemonstrationStart) : _real.Back(payload - RealStart);
    }
}
