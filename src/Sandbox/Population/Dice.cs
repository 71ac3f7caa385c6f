using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Muqeem.Sandbox.Population;

/// <summary>Chance that is always the same: what is drawn depends on the seed, on whom it is about and on the topic, never on what was drawn before.</summary>
public readonly struct Dice(ulong state)
{
    private readonly ulong _state = state;

    public static Dice Of(ulong seed, long index) => new(Mix(seed + (0x9E3779B97F4A7C15UL * (ulong)(index + 1))));

    /// <summary>0 up to, not including, 1.</summary>
    public double Unit(Topic topic, int nth = 0) => (Bits(topic, nth) >> 11) * (1.0 / (1UL << 53));

    public int Below(int bound, Topic topic, int nth = 0) => (int)(Unit(topic, nth) * bound);

    /// <summary>Both ends included.</summary>
    public int Between(int least, int most, Topic topic, int nth = 0) => least + Below(most - least + 1, topic, nth);

    public bool Chance(double share, Topic topic, int nth = 0) => Unit(topic, nth) < share;

    public T Pick<T>(IReadOnlyList<T> all, Topic topic, int nth = 0) => all[Below(all.Count, topic, nth)];

    /// <summary>An index, with the given weights.</summary>
    public int Weighted(ReadOnlySpan<int> weights, Topic topic, int nth = 0)
    {
        var total = 0;
        foreach (var weight in weights)
        {
            total += weight;
        }
        var at = Unit(topic, nth) * total;
        for (var i = 0; i < weights.Length; i++)
        {
            at -= weights[i];
            if (at < 0)
            {
                return i;
            }
        }
        return weights.Length - 1;
    }

    public ulong Bits(Topic topic, int nth = 0) => Mix(_state ^ Mix(((ulong)topic << 32) + (uint)nth + 1));

    // The finaliser of SplitMix64.
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    public static ulong SeedOf(string seed) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(seed)));

    /// <summary>A key for a permutation of numbers.</summary>
    public static byte[] KeyOf(string seed, string use) => SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{use}"));
}

/// <summary>What a draw is about. The order is part of the world: only add at the end.</summary>
public enum Topic
{
    FamilySize, SecondWife, Parent, SpouseKind, Nationality, Sex, Kind, Resident, Age, BirthDay, BirthPrecision, BirthHeap, Given, Father, Grandfather, Family, Mononym, Honorific, HouseName, Religion,
    Language, Region, City, Address, Unit, Mobile, Email, Passport, PassportIssue, PassportOld, Occupation, Establishment, HouseholdEmployer, Salary, ContractStart, Residence, Version, Entry, Movement, Outside,
    Alive, Flags, Biometrics, Medical, Insurance, InsuranceTo, Violations, Vehicle, Licence, Suspension, Marital, Discrepancy, DiscrepancyClass, DiscrepancyDetail, Look, EstablishmentSector, EstablishmentName,
    EstablishmentSize, EstablishmentBand, CitizenName, Street, ChildAge, Prepaid, Port,
}
