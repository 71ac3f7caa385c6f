using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using Muqeem.Verifier.Encodings;

namespace Muqeem.Verifier.Signatures;

/// <summary>Public P-256 keys as credentials name them: a JWK in <c>cnf</c>, a COSE_Key in a mobile document.</summary>
internal static class HolderKeys
{
    /// <summary>FIPS 186-4, D.1.2.3: the field, and the constant of y² = x³ − 3x + b.</summary>
    private static readonly BigInteger P = BigInteger.Parse("0ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    private static readonly BigInteger B = BigInteger.Parse("05ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>Null when it is no public key on P-256.</summary>
    public static ECParameters? FromJwk(Json? jwk)
    {
        if (jwk is not { Kind: JsonKind.Object } || jwk["kty"]?.Text != "EC" || jwk["crv"]?.Text != "P-256" || jwk["d"] is not null)
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

    /// <summary>
    /// Null when the point is not on the curve. Every point on P-256 is in its group, so the equation is the whole check; importing the key would cost
    /// more than a signature, and most credentials are looked at without a proof by their holder.
    /// </summary>
    private static ECParameters? Point(byte[] x, byte[] y)
    {
        var (a, b) = (new BigInteger(x, true, true), new BigInteger(y, true, true));
        return a < P && b < P && (b * b - (a * a - 3) * a - B) % P == 0 ? new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } } : null;
    }
}
