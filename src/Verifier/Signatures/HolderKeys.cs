using System.Security.Cryptography;
using Muqeem.Verifier.Cryptography;
using Muqeem.Verifier.Encodings;

namespace Muqeem.Verifier.Signatures;

/// <summary>Public P-256 keys as credentials name them: a JWK in <c>cnf</c>, a COSE_Key in a mobile document.</summary>
internal static class HolderKeys
{
    /// <summary>Null when it is no public key on P-256.</summary>
    public static ECParameters? FromJwk(Json? jwk)
    {
        if (jwk is not { Kind: JsonKind.Object } || jwk["kty"]?.IsText("EC") != true || jwk["crv"]?.IsText("P-256") != true || jwk["d"] is not null)
        {
            return null;
        }
        return BaseText.FromBase64Url(jwk["x"]?.Text) is { Length: 32 } x && BaseText.FromBase64Url(jwk["y"]?.Text) is { Length: 32 } y ? Point(x, y) : null;
    }

    /// <summary>RFC 9053, 7.1.1: {1: 2, -1: 1, -2: x, -3: y}. Null when it is no public key on P-256.</summary>
    public static ECParameters? FromCose(Cbor? key)
    {
        if (key is not { Kind: CborKind.Map } || Integer(key[1]) != 2 || Integer(key[-1]) != 1 || key[-4] is not null)
        {
            return null;
        }
        return key[-2]?.Bytes is { Length: 32 } x && key[-3]?.Bytes is { Length: 32 } y ? Point(x.ToArray(), y.ToArray()) : null;
    }

    private static long? Integer(Cbor? item) => item is not null && item.TryInteger(out var value) ? value : null;

    /// <summary>Null when the point is not on the curve.</summary>
    private static ECParameters? Point(byte[] x, byte[] y)
    {
        using var key = P256Key.Create(x, y);
        return key is null ? null : new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } };
    }
}
