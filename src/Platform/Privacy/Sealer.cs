using System.Security.Cryptography;
using System.Text.Json;
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
        return await SealAsync(context, json, cancel);
    }

    /// <summary>Seals bytes as they are; the array is zeroed.</summary>
    internal async ValueTask<SealedBytes> SealAsync(SealContext context, byte[] plain, CancellationToken cancel)
    {
        var salted = new byte[Blob.SaltLength + plain.Length];
        RandomNumberGenerator.Fill(salted.AsSpan(0, Blob.SaltLength));
        plain.CopyTo(salted, Blob.SaltLength);
        CryptographicOperations.ZeroMemory(plain);
        var blob = Blob.Sized(salted.Length);
        while (true)
        {
            var key = await _keys.ForSealingAsync(context.Person, context.Class, cancel);
            if (Blob.TrySeal(key, context, salted, blob))
            {
                var commitment = SHA256.HashData(salted);
                CryptographicOperations.ZeroMemory(salted);
                return new SealedBytes(blob, commitment);
            }
        }
    }
}
