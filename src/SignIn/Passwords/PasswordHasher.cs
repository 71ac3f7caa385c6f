using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Konscious.Security.Cryptography;

namespace Muqeem.SignIn.Passwords;

/// <summary>The cost of one password hash. New hashes use <see cref="Current"/>; older ones are renewed at the next sign-in.</summary>
internal sealed record Argon2Cost(int MemoryKiB, int Passes, int Lanes)
{
    /// <summary>OWASP's first choice for Argon2id.</summary>
    public static readonly Argon2Cost Current = new(19 * 1024, 2, 1);
}

/// <summary>Whether a password fits its hash, and whether the hash should be made anew with today's cost or pepper.</summary>
internal readonly record struct PasswordCheck(bool Fits, bool Outdated);

/// <summary>No place in the hashing queue: answer 503 and let the caller try again.</summary>
public sealed class HashingBusyException() : Exception("The password queue is full.");

/// <summary>
/// Argon2id with a salt of 16 bytes, and a pepper when the key store has one. Hashing costs 19 MiB and some 25 ms of a core each, so only as many
/// run at once as there are cores and a bounded number wait: a flood of sign-ins cannot take the memory or starve the rest.
/// </summary>
internal sealed class PasswordHasher : IDisposable
{
    private const int SaltBytes = 16;
    private const int HashBytes = 32;
    private const int Waiting = 128;
    private readonly SemaphoreSlim _cores = new(Math.Max(1, Environment.ProcessorCount));
    private readonly Func<byte[], byte[]>? _pepper;
    private readonly Argon2Cost _cost;
    private readonly Lazy<string> _nobody;
    private int _inside;

    /// <param name="pepper">A keyed hash whose key lives in the key store, or null.</param>
    /// <param name="cost">Only for tests: another cost than <see cref="Argon2Cost.Current"/>.</param>
    public PasswordHasher(Func<byte[], byte[]>? pepper = null, Argon2Cost? cost = null)
    {
        _pepper = pepper;
        _cost = cost ?? Argon2Cost.Current;
        _nobody = new(() => Format(_cost, RandomNumberGenerator.GetBytes(SaltBytes), RandomNumberGenerator.GetBytes(HashBytes), _pepper is not null));
    }

    /// <summary>A hash that nothing fits: checked when there is no such account, so that the answer takes as long.</summary>
    public string Nobody => _nobody.Value;

    /// <summary>The PHC form: <c>$argon2id$v=19$m=19456,t=2,p=1$salt$hash</c>, with <c>,keyid=p</c> when peppered.</summary>
    public async Task<string> HashAsync(string password, CancellationToken cancel)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var hash = await DeriveAsync(Encoding.UTF8.GetBytes(password), salt, _cost, _pepper is not null, cancel);
        return Format(_cost, salt, hash, _pepper is not null);
    }

    public async Task<PasswordCheck> CheckAsync(string password, string stored, CancellationToken cancel)
    {
        var (cost, salt, hash, peppered) = Parse(stored);
        var given = await DeriveAsync(Encoding.UTF8.GetBytes(password), salt, cost, peppered, cancel);
        return new(CryptographicOperations.FixedTimeEquals(given, hash), cost != _cost || peppered != (_pepper is not null));
    }

    /// <summary>One hash of a short secret under a given salt, for recovery codes.</summary>
    public Task<byte[]> DeriveAsync(string secret, byte[] salt, CancellationToken cancel) =>
        DeriveAsync(Encoding.UTF8.GetBytes(secret), salt, _cost, _pepper is not null, cancel);

    public void Dispose() => _cores.Dispose();

    private async Task<byte[]> DeriveAsync(byte[] secret, byte[] salt, Argon2Cost cost, bool peppered, CancellationToken cancel)
    {
        if (Interlocked.Increment(ref _inside) > Waiting)
        {
            Interlocked.Decrement(ref _inside);
            throw new HashingBusyException();
        }
        try
        {
            await _cores.WaitAsync(cancel);
            try
            {
                return await Task.Run(() => Derive(secret, salt, cost, peppered), cancel);
            }
            finally
            {
                _cores.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private byte[] Derive(byte[] secret, byte[] salt, Argon2Cost cost, bool peppered)
    {
        if (peppered)
        {
            secret = (_pepper ?? throw new InvalidOperationException("A stored password needs the pepper, and the key store has none."))(secret);
        }
        // The library wants at least one byte. No stored password is empty, so that an empty one fits nothing.
        using var argon = new Argon2id(secret.Length == 0 ? [0] : secret)
        {
            Salt = salt,
            MemorySize = cost.MemoryKiB,
            Iterations = cost.Passes,
            DegreeOfParallelism = cost.Lanes,
        };
        return argon.GetBytes(HashBytes);
    }

    internal static string Format(Argon2Cost cost, byte[] salt, byte[] hash, bool peppered) =>
        string.Create(CultureInfo.InvariantCulture,
            $"$argon2id$v=19$m={cost.MemoryKiB},t={cost.Passes},p={cost.Lanes}{(peppered ? ",keyid=p" : "")}${Base64Url.EncodeToString(salt)}${Base64Url.EncodeToString(hash)}");

    internal static (Argon2Cost Cost, byte[] Salt, byte[] Hash, bool Peppered) Parse(string stored)
    {
        var parts = stored.Split('$');
        if (parts.Length != 6 || parts[1] != "argon2id" || parts[2] != "v=19")
        {
            throw new FormatException("Not an Argon2id hash.");
        }
        int memory = 0, passes = 0, lanes = 0;
        var peppered = false;
        foreach (var one in parts[3].Split(','))
        {
            switch (one.Split('='))
            {
                case ["m", var m]: memory = int.Parse(m, CultureInfo.InvariantCulture); break;
                case ["t", var t]: passes = int.Parse(t, CultureInfo.InvariantCulture); break;
                case ["p", var p]: lanes = int.Parse(p, CultureInfo.InvariantCulture); break;
                case ["keyid", "p"]: peppered = true; break;
                default: throw new FormatException("Not an Argon2id hash.");
            }
        }
        return (new(memory, passes, lanes), Base64Url.DecodeFromChars(parts[4]), Base64Url.DecodeFromChars(parts[5]), peppered);
    }
}
