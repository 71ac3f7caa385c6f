using System.Security.Cryptography;
using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Privacy;

/// <summary>Seals personal data for storing. Opening is <see cref="ReadDoor"/>'s alone.</summary>
public sealed class Sealer
{
    private readonly DataKeys _keys;

    internal Sealer(DataKeys keys) => _keys = keys;

    /// <summary>
    /// Seals <paramref name="value"/> as JSON under the data key of (person, class), bound to its table and row. The person's first value of a class
    /// makes the key, durable before this returns. The commitment is SHA-256 over salt ‖ JSON, the salt 16 random bytes inside the seal.
    /// </summary>
    /// <param name="change">The change that stores the blob.</param>
    /// <exception cref="NotWrittenException">A new key could not be stored: 503.</exception>
    public async ValueTask<SealedBytes> SealAsync<T>(Change change, SealContext context, T value, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        var json = JsonSerializer.SerializeToUtf8Bytes(value, StoredJson.Options);
        if (change.Fresh?.TryGetValue((context.Person, context.Class), out var fresh) != true)
        {
            return await SealAsync(context, json, cancel);
        }
        var salted = Salted(json);
        var blob = Blob.Sized(salted.Length);
        return Blob.TrySeal(fresh!, context, salted, blob) ? Sealed(blob, salted) : throw new InvalidOperationException("The keys of this change were let go before all was sealed.");
    }

    /// <summary>
    /// Makes the keys of a person who is new in this change: they become durable with it, and what is sealed for it costs no write of its own before. For whoever enters many; classes that
    /// are left out get their key when they are first needed, as always. Dispose when everything is sealed.
    /// </summary>
    public IDisposable MakeKeys(Change change, PersonId person, params ReadOnlySpan<RetentionClass> classes)
    {
        ArgumentNullException.ThrowIfNull(change);
        var made = change.Fresh ??= [];
        foreach (var @class in classes)
        {
            made.Add((person, @class), _keys.Make(change, person, @class));
        }
        return new Made(change);
    }

    /// <summary>Seals bytes as they are; the array is zeroed.</summary>
    internal async ValueTask<SealedBytes> SealAsync(SealContext context, byte[] plain, CancellationToken cancel)
    {
        var salted = Salted(plain);
        var blob = Blob.Sized(salted.Length);
        while (true)
        {
            var key = await _keys.ForSealingAsync(context.Person, context.Class, cancel);
            if (Blob.TrySeal(key, context, salted, blob))
            {
                return Sealed(blob, salted);
            }
        }
    }

    private static byte[] Salted(byte[] plain)
    {
        var salted = new byte[Blob.SaltLength + plain.Length];
        RandomNumberGenerator.Fill(salted.AsSpan(0, Blob.SaltLength));
        plain.CopyTo(salted, Blob.SaltLength);
        CryptographicOperations.ZeroMemory(plain);
        return salted;
    }

    private static SealedBytes Sealed(byte[] blob, byte[] salted)
    {
        var commitment = SHA256.HashData(salted);
        CryptographicOperations.ZeroMemory(salted);
        return new SealedBytes(blob, commitment);
    }

    private sealed class Made(Change change) : IDisposable
    {
        public void Dispose()
        {
            foreach (var key in change.Fresh!.Values)
            {
                key.Dispose();
            }
        }
    }
}
