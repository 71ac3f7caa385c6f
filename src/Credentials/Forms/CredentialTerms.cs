using System.Security.Cryptography;
using Muqeem.Verifier.Cryptography;
using NodaTime;

namespace Muqeem.Credentials.Forms;

/// <summary>What a credential says beside the claims: who issues it, for how long, and where its status stands.</summary>
/// <param name="Origin">Public origin without a slash at the end: <c>https://muqeem.example</c>.</param>
/// <param name="StatusUri">The status list, exactly as its token names itself.</param>
/// <param name="StatusIndex">Random, never given to another credential.</param>
/// <param name="Certificates">DER, the signer's first, never the root.</param>
public sealed record CredentialTerms(string Origin, Instant Issued, Instant Expires, string StatusUri, int StatusIndex, IReadOnlyList<byte[]> Certificates);

/// <summary>The holder's public key on P-256, to which a credential is bound.</summary>
/// <param name="X">32 bytes, big-endian.</param>
/// <param name="Y">32 bytes, big-endian.</param>
public sealed record HolderKey(byte[] X, byte[] Y);

/// <summary>A credential up to its signature. The same model, terms and seed always give the same bytes, so that what an intent promised can be signed after a crash.</summary>
/// <param name="toBeSigned">May lie in the draft.</param>
public sealed class Unsigned(ReadOnlyMemory<byte> toBeSigned, Func<byte[], byte[]> complete)
{
    private byte[]? _digest;

    /// <summary>What ES256 signs.</summary>
    public ReadOnlySpan<byte> ToBeSigned => toBeSigned.Span;

    /// <summary>The credential, from 64 bytes r‖s. Asked for last: it may be made out of <see cref="Draft"/>.</summary>
    public byte[] Complete(byte[] signature) => complete(signature);

    /// <summary>SHA-256 of what is to be signed: what the intent keeps, and what ES256 signs.</summary>
    public byte[] Digest
    {
        get
        {
            if (_digest is null)
            {
                var digest = new byte[Sha256.Length];
                Sha256.Hash(ToBeSigned, digest);
                _digest = digest;
            }
            return _digest;
        }
    }

    /// <summary>The credential with zeros for its signature, to be looked at and not changed until it is complete; null: this form makes it by <see cref="Complete"/>.</summary>
    public byte[]? Draft { get; init; }
}

/// <summary>The salts of one credential, all from one secret seed: stored is the seed and not each salt. They come in the order of the claims, so a form takes one for each claim in a fixed order.</summary>
internal sealed class Salts
{
    public const int SeedLength = 32;

    /// <summary>128 bits (RFC 9901 section 9.3; ISO/IEC 18013-5 9.1.2.5 asks for as much).</summary>
    public const int Length = 16;

    private const int Most = 128;

    /// <summary>As many as an ID needs. The beginning of a longer output is the shorter one, so how many are made at once changes none.</summary>
    private const int Usual = 32;

    private readonly byte[] _seed;
    private byte[] _all;
    private int _taken;

    public Salts(byte[] seed)
    {
        if (seed.Length != SeedLength)
        {
            throw new ArgumentException("A seed has 32 bytes.", nameof(seed));
        }
        _seed = seed;
        _all = Shake256.HashData(seed, Usual * Length);
    }

    public ReadOnlySpan<byte> Next()
    {
        if (_taken == Usual && _all.Length == Usual * Length)
        {
            _all = Shake256.HashData(_seed, Most * Length);
        }
        return _all.AsSpan(Length * _taken++, Length);
    }
}
