using System.Security.Cryptography;
using System.Text;
using Muqeem.Platform.Folder;

namespace Muqeem.Platform.Keys.Pkcs11;

/// <summary>
/// Keys made inside a token: sensitive, not extractable, private. What signs, wraps or authenticates lies there for ever.
/// </summary>
/// <remarks>
/// Two purposes do not: the blind index and the order of numbers. A page that finds twenty persons computes as many indexes, and an import millions; at the time of
/// one call to a token each, the token would be the limit of the whole service, and its being away would stop even reading. Their keys are random bytes made here, lie in
/// the sealed part of the key file, which only the token's own key opens, and are in this process's memory while it runs. The price is known: whoever reads the
/// memory of the process can compute indexes, as he could by asking the process.
/// </remarks>
internal sealed class TokenVault : KeyVault
{
    /// <summary>Opens the key file. Of the store itself, so no line of the inventory.</summary>
    private const string StoreKey = "store";

    // SubjectPublicKeyInfo of a P-256 key up to the point.
    private static readonly byte[] P256Prefix =
        [0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00];

    private static readonly byte[] P256 = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];

    /// <summary>PKCS#11 names the curve by its object identifier or by the printable string <c>edwards25519</c>; libraries take one, the other, or both.</summary>
    private static readonly byte[][] Edwards25519 = [[0x06, 0x03, 0x2B, 0x65, 0x70], [0x13, 0x0C, .. "edwards25519"u8]];

    private readonly Token _token;
    private readonly byte[] _folder;

    /// <summary>Takes the token.</summary>
    public TokenVault(Token token, Guid folder)
    {
        _token = token;
        _folder = folder.ToByteArray(bigEndian: true);
    }

    public override bool InToken(KeyPurpose purpose) => purpose is not (KeyPurpose.BlindIndex or KeyPurpose.NumberPermutation);

    /// <summary>Seals the key file by a key in the token, made when there is none.</summary>
    /// <param name="mayMake">False when there is a key file: then its key must be there.</param>
    /// <exception cref="CannotStartException">The key is missing, or there is a key but no file.</exception>
    public StoreSeal Seal(bool mayMake)
    {
        if (mayMake && Content().Count > 0)
        {
            throw new CannotStartException("The token holds keys of this data folder, but keys/keystore.json is missing. Restore it: a new one would not know them.");
        }
        var found = _token.Use(s => _token.Find(s, StoreKey, IdOf(StoreKey), ObjectClass.SecretKey) is not null);
        if (!found && !mayMake)
        {
            throw new CannotStartException("The token does not hold the key that opens keys/keystore.json: it is another token, or was initialized since. Insert the right one, or restore its backup.");
        }
        if (!found)
        {
            MakeSecret(StoreKey, KeyAlgorithm.Aes256Gcm);
        }
        return new TokenSeal(new TokenHolder(_token, StoreKey, IdOf(StoreKey), KeyAlgorithm.Aes256Gcm, []));
    }

    public override StoredKey Make(StoredKey line)
    {
        if (!line.InToken)
        {
            return line with { Material = MemoryHolder.NewMaterial(line.Algorithm) };
        }
        if (line.Algorithm is KeyAlgorithm.Aes256Gcm or KeyAlgorithm.HmacSha256)
        {
            if (!_token.Use(s => _token.Find(s, line.Id, IdOf(line.Id), ObjectClass.SecretKey) is not null))
            {
                MakeSecret(line.Id, line.Algorithm);
            }
            // Not secret; a line without bytes is one whose key is still being made.
            return line with { Material = [1] };
        }
        if (!_token.Use(s => _token.Find(s, line.Id, IdOf(line.Id), ObjectClass.PrivateKey) is not null))
        {
            MakePair(line.Id, line.Algorithm);
        }
        return line with { Material = PublicKey(line) ?? throw new KeyUnavailableException($"The token made the key {line.Id} but does not show its public half.") };
    }

    public override KeyHolder Hold(StoredKey line)
    {
        if (!line.InToken)
        {
            return new MemoryHolder(line.Algorithm, line.Material);
        }
        var asymmetric = line.Algorithm is KeyAlgorithm.EcdsaP256 or KeyAlgorithm.Ed25519;
        var holder = new TokenHolder(_token, line.Id, IdOf(line.Id), line.Algorithm, asymmetric ? line.Material : []);
        var (there, stays) = _token.Use(s => _token.Find(s, line.Id, IdOf(line.Id), TokenHolder.ClassOf(line.Algorithm)) is { } handle
            ? (true, _token.ReadBool(s, handle, Attribute.Sensitive) && !_token.ReadBool(s, handle, Attribute.Extractable)) : (false, false));
        if (!there)
        {
            throw new CannotStartException($"The key {line.Id} is in the inventory but not in the token. Insert the right token, or restore its backup.");
        }
        if (!stays)
        {
            throw new CannotStartException($"The key {line.Id} could be taken out of the token: it is not sensitive, or extractable. It is not one that Muqeem made.");
        }
        if (asymmetric && (PublicKey(line) is not { } now || !now.AsSpan().SequenceEqual(line.Material)))
        {
            throw new CannotStartException($"The key {line.Id} in the token is not the one in the inventory.");
        }
        return holder;
    }

    public override void Destroy(StoredKey line)
    {
        if (line.InToken)
        {
            _token.Use(s =>
            {
                foreach (var @class in Enum.GetValues<ObjectClass>())
                {
                    using var template = new Template().Add(Attribute.Class, (ulong)@class).Add(Attribute.Label, Encoding.UTF8.GetBytes(line.Id)).Add(Attribute.Id, IdOf(line.Id));
                    foreach (var handle in _token.FindAll(s, template))
                    {
                        _token.Destroy(s, handle);
                    }
                }
                return true;
            });
            _token.Forget(line.Id);
        }
    }

    public override IReadOnlySet<string> Content() => _token.Use(s =>
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var @class in (ReadOnlySpan<ObjectClass>)[ObjectClass.PrivateKey, ObjectClass.SecretKey])
        {
            using var template = new Template().Add(Attribute.Class, (ulong)@class).Add(Attribute.Token, true);
            foreach (var handle in _token.FindAll(s, template))
            {
                // Other folders, and other programs, may keep keys in the same token.
                if (_token.Read(s, handle, Attribute.Id) is var id && id.AsSpan().StartsWith(_folder) && id.Length > _folder.Length)
                {
                    ids.Add(Encoding.UTF8.GetString(id.AsSpan(_folder.Length)));
                }
            }
        }
        ids.Remove(StoreKey);
        return ids;
    });

    public override void Dispose() => _token.Dispose();

    /// <summary>CKA_ID: the folder and the key's id, so that folders sharing a token do not meet.</summary>
    private byte[] IdOf(string id) => [.. _folder, .. Encoding.UTF8.GetBytes(id)];

    private Template Private(string id) => new Template().Add(Attribute.Token, true).Add(Attribute.Private, true).Add(Attribute.Sensitive, true).Add(Attribute.Extractable, false)
        .Add(Attribute.Label, Encoding.UTF8.GetBytes(id)).Add(Attribute.Id, IdOf(id));

    private void MakeSecret(string id, KeyAlgorithm algorithm) => Once(id, ObjectClass.SecretKey, s =>
    {
        var isAes = algorithm == KeyAlgorithm.Aes256Gcm;
        using var template = Private(id).Add(Attribute.Class, (ulong)ObjectClass.SecretKey).Add(Attribute.KeyType, (ulong)(isAes ? KeyType.Aes : KeyType.GenericSecret)).Add(Attribute.ValueLength, 32)
            .Add(Attribute.Encrypt, isAes).Add(Attribute.Decrypt, isAes).Add(Attribute.Sign, !isAes).Add(Attribute.Verify, !isAes).Add(Attribute.Wrap, false).Add(Attribute.Unwrap, false);
        _token.GenerateSecret(s, isAes ? Mechanism.AesKeyGen : Mechanism.GenericSecretKeyGen, template);
    });

    private void MakePair(string id, KeyAlgorithm algorithm) => Once(id, ObjectClass.PrivateKey, s =>
    {
        // A crash between the halves leaves a public one alone.
        using var stray = new Template().Add(Attribute.Class, (ulong)ObjectClass.PublicKey).Add(Attribute.Label, Encoding.UTF8.GetBytes(id)).Add(Attribute.Id, IdOf(id));
        foreach (var handle in _token.FindAll(s, stray))
        {
            _token.Destroy(s, handle);
        }
        var curves = algorithm == KeyAlgorithm.EcdsaP256 ? [P256] : Edwards25519;
        for (var i = 0; ; i++)
        {
            using var @public = new Template().Add(Attribute.Token, true).Add(Attribute.Private, false).Add(Attribute.Verify, true).Add(Attribute.EcParameters, curves[i])
                .Add(Attribute.Label, Encoding.UTF8.GetBytes(id)).Add(Attribute.Id, IdOf(id));
            using var @private = Private(id).Add(Attribute.Sign, true);
            try
            {
                _token.GeneratePair(s, algorithm == KeyAlgorithm.EcdsaP256 ? Mechanism.EcKeyPairGen : Mechanism.EdwardsKeyPairGen, @public, @private);
                return;
            }
            catch (CryptokiException e) when (i + 1 < curves.Length && e.Answer is Answer.AttributeValueInvalid or Answer.DomainParametersInvalid or Answer.GeneralError or Answer.FunctionFailed)
            {
                // The other name of the curve.
            }
        }
    });

    /// <summary>A repeated session must not make the key twice.</summary>
    private void Once(string id, ObjectClass @class, Action<nuint> make) => _token.Use(s =>
    {
        if (_token.Find(s, id, IdOf(id), @class) is null)
        {
            make(s);
        }
        return true;
    });

    /// <summary>As SubjectPublicKeyInfo; null when the token does not show it.</summary>
    private byte[]? PublicKey(StoredKey line) => _token.Use(s =>
    {
        if (_token.Find(s, line.Id, IdOf(line.Id), ObjectClass.PublicKey) is not { } handle)
        {
            return null;
        }
        var point = _token.Read(s, handle, Attribute.EcPoint);
        var length = line.Algorithm == KeyAlgorithm.EcdsaP256 ? 65 : 32;
        // An OCTET STRING around the point; some libraries leave it away.
        var raw = point.Length == length ? point : point.Length == length + 2 && point[0] is 0x04 && point[1] == length ? point[2..] : null;
        return raw is null || (length == 65 && raw[0] != 0x04) ? null : line.Algorithm == KeyAlgorithm.EcdsaP256 ? [.. P256Prefix, .. raw] : KeyHolder.Ed25519Info(raw);
    });
}

/// <summary>A key that lies in a token.</summary>
internal sealed class TokenHolder : KeyHolder
{
    private readonly Token _token;
    private readonly string _label;
    private readonly byte[] _id;
    private readonly KeyAlgorithm _algorithm;

    public TokenHolder(Token token, string label, byte[] id, KeyAlgorithm algorithm, byte[] publicKey) : base(algorithm)
    {
        _token = token;
        _label = label;
        _id = id;
        _algorithm = algorithm;
        PublicKey = publicKey;
    }

    public static ObjectClass ClassOf(KeyAlgorithm algorithm) => algorithm is KeyAlgorithm.EcdsaP256 or KeyAlgorithm.Ed25519 ? ObjectClass.PrivateKey : ObjectClass.SecretKey;

    public override byte[] SignHash(ReadOnlySpan<byte> hash)
    {
        Must(KeyAlgorithm.EcdsaP256);
        var signature = new byte[64];
        Sign(Mechanism.Ecdsa, hash.ToArray(), signature);
        return signature;
    }

    protected override byte[] SignEd25519(ReadOnlySpan<byte> data)
    {
        var signature = new byte[64];
        Sign(Mechanism.EdDsa, data.ToArray(), signature);
        return signature;
    }

    public override void Mac(ReadOnlySpan<byte> data, Span<byte> mac)
    {
        Must(KeyAlgorithm.HmacSha256);
        var code = new byte[32];
        Sign(Mechanism.Sha256Hmac, data.ToArray(), code);
        code.CopyTo(mac);
    }

    public override void Encrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, Span<byte> cipher, Span<byte> tag, ReadOnlySpan<byte> associated)
    {
        Must(KeyAlgorithm.Aes256Gcm);
        var (iv, content, aad) = (nonce.ToArray(), plain.ToArray(), associated.ToArray());
        try
        {
            var result = _token.Use(s => _token.Gcm(s, Handle(s), encrypt: true, iv, content, aad));
            result.AsSpan(0, plain.Length).CopyTo(cipher);
            result.AsSpan(plain.Length).CopyTo(tag);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    public override void Decrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> tag, Span<byte> plain, ReadOnlySpan<byte> associated)
    {
        Must(KeyAlgorithm.Aes256Gcm);
        var (iv, content, aad) = (nonce.ToArray(), (byte[])[.. cipher, .. tag], associated.ToArray());
        byte[] result;
        try
        {
            // Libraries do not agree on what a wrong tag is called.
            result = _token.Use(s => _token.Gcm(s, Handle(s), encrypt: false, iv, content, aad),
                a => a is Answer.EncryptedDataInvalid or Answer.EncryptedDataLengthRange or Answer.GeneralError or Answer.FunctionFailed);
        }
        catch (CryptokiException e)
        {
            throw new AuthenticationTagMismatchException($"The token does not open this: {e.Message}", e);
        }
        result.CopyTo(plain);
        CryptographicOperations.ZeroMemory(result);
    }

    private void Sign(Mechanism mechanism, byte[] data, byte[] signature) => _token.Use(s =>
    {
        _token.Sign(s, Handle(s), mechanism, data, signature);
        return true;
    });

    private nuint Handle(nuint session) => _token.Find(session, _label, _id, ClassOf(_algorithm)) ?? throw new KeyUnavailableException($"The key {_label} is not in the token any more.");
}

/// <summary>The content of the key file under a key of its own each time, and that key under the token's: whatever the length, the token sees 32 bytes.</summary>
internal sealed class TokenSeal(TokenHolder key) : StoreSeal
{
    private const int WrappedLength = KeyHolder.NonceLength + 32 + KeyHolder.TagLength;

    public override SecretKind Kind => SecretKind.Token;

    public override byte[] Salt { get; } = [];

    public override byte[] Seal(ReadOnlySpan<byte> plain, byte[] associated)
    {
        var once = RandomNumberGenerator.GetBytes(32);
        try
        {
            var wrapped = new byte[WrappedLength];
            RandomNumberGenerator.Fill(wrapped.AsSpan(0, KeyHolder.NonceLength));
            key.Encrypt(wrapped.AsSpan(0, KeyHolder.NonceLength), once, wrapped.AsSpan(KeyHolder.NonceLength, 32), wrapped.AsSpan(^KeyHolder.TagLength..), associated);
            return [.. wrapped, .. Seal(once, plain, associated)];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(once);
        }
    }

    public override byte[] Open(ReadOnlySpan<byte> content, byte[] associated)
    {
        if (content.Length < WrappedLength)
        {
            throw new CryptographicException("The sealed part is too short.");
        }
        var once = new byte[32];
        try
        {
            key.Decrypt(content[..KeyHolder.NonceLength], content[KeyHolder.NonceLength..(WrappedLength - KeyHolder.TagLength)], content[(WrappedLength - KeyHolder.TagLength)..WrappedLength], once, associated);
            return Open(once, content[WrappedLength..], associated);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(once);
        }
    }
}
