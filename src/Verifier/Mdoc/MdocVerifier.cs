using System.Globalization;
using System.Security.Cryptography;
using Muqeem.Verifier.Cryptography;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Signatures;
using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.Mdoc;

/// <summary>Verifies mobile documents of ISO/IEC 18013-5: what an issuer hands over, and what a device presents.</summary>
public static class MdocVerifier
{
    /// <summary>In bytes: several portraits fit.</summary>
    public const int Longest = 512 * 1024;
    private const int MostDocuments = 8;
    private const int LeastRandom = 16;

    /// <summary>The certificate under which <see cref="Inspect"/> looked last. Its key verifies nothing.</summary>
    private static volatile Signer? _lookedAt;

    /// <summary>An IssuerSigned structure, as OpenID4VCI hands it over. Nobody proves to hold it.</summary>
    /// <param name="bytes">Must not change afterwards: the elements keep it.</param>
    public static Checked<MdocCredential> VerifyIssuerSigned(ReadOnlyMemory<byte> bytes, TrustAnchors trust, DateTimeOffset now, MdocOptions options)
    {
        if (bytes.Length > Longest)
        {
            return Reason.MdocTooLarge;
        }
        if (!Cbor.Parse(bytes, options.Rules).TryGet(out var issuerSigned, out var reason))
        {
            return reason;
        }
        return VerifyIssuerSigned(issuerSigned, trust, now, options);
    }

    /// <summary>
    /// A document that nobody has signed yet: everything but the signature and the chain to a root, against our own stricter rules of CBOR. For an issuer who looks at what it is about to sign with
    /// other eyes than those that wrote it.
    /// </summary>
    public static Checked<MdocCredential> Inspect(ReadOnlyMemory<byte> bytes, DateTimeOffset now)
    {
        var options = new MdocOptions { Rules = CborRules.Ours };
        if (bytes.Length > Longest)
        {
            return Reason.MdocTooLarge;
        }
        if (!Cbor.Parse(bytes, options.Rules).TryGet(out var issuerSigned, out var reason))
        {
            return reason;
        }
        if (!HasOnly(issuerSigned, "nameSpaces", "issuerAuth") || issuerSigned["issuerAuth"] is not { Kind: CborKind.Array } issuerAuth)
        {
            return Reason.MdocMalformed;
        }
        if (!CoseMessage.Parse(issuerAuth, options.Rules).TryGet(out var message, out reason) || !CoseMessage.Chain(message.Unprotected[33]).TryGet(out var chain, out reason))
        {
            return reason;
        }
        // An issuer looks at one after the other under the same certificate.
        var signer = _lookedAt;
        if (signer is null || !signer.Certificate.Der.Span.SequenceEqual(chain[0].Span))
        {
            if (!Certificate.Parse(chain[0].Span).TryGet(out var certificate, out reason))
            {
                return reason;
            }
            _lookedAt = signer = new Signer(certificate, null, null);
        }
        return Open(message, issuerSigned, signer, now, options);
    }

    /// <summary>A DeviceResponse: each document, and that the device which presents it is the one that it was issued to.</summary>
    /// <param name="bytes">Must not change afterwards: the elements keep it.</param>
    public static Checked<IReadOnlyList<MdocCredential>> VerifyResponse(ReadOnlyMemory<byte> bytes, MdocSession session, TrustAnchors trust, DateTimeOffset now, MdocOptions options)
    {
        if (bytes.Length > Longest)
        {
            return Reason.MdocTooLarge;
        }
        if (!Cbor.Parse(bytes, options.Rules).TryGet(out var response, out var reason))
        {
            return reason;
        }
        return VerifyResponse(response, session, trust, now, options);
    }

    internal static Checked<IReadOnlyList<MdocCredential>> VerifyResponse(Cbor response, MdocSession session, TrustAnchors trust, DateTimeOffset now, MdocOptions options)
    {
        if (response["version"]?.Text is not { } version || version != "1.0" || !HasOnly(response, "version", "documents", "documentErrors", "status") || response["status"] is not { } status || !status.TryInteger(out var code))
        {
            return Reason.MdocMalformed;
        }
        if (code != 0 || response["documents"] is not { Kind: CborKind.Array } documents || documents.Items.Length == 0)
        {
            return Reason.MdocNothingPresented;
        }
        if (documents.Items.Length > MostDocuments)
        {
            return Reason.MdocTooLarge;
        }
        var all = new List<MdocCredential>();
        foreach (var document in documents.Items)
        {
            if (!HasOnly(document, "docType", "issuerSigned", "deviceSigned", "errors") || document["issuerSigned"] is not { } issuerSigned || document["deviceSigned"] is not { } deviceSigned)
            {
                return Reason.MdocMalformed;
            }
            if (!VerifyIssuerSigned(issuerSigned, trust, now, options).TryGet(out var credential, out var reason))
            {
                return reason;
            }
            if (document["docType"]?.Text != credential.DocumentType)
            {
                return Reason.MdocDocumentType;
            }
            if (DeviceProof.Check(deviceSigned, credential, session, options) is { } unbound)
            {
                return unbound;
            }
            all.Add(credential with { IsBound = true });
        }
        return Checked.Good<IReadOnlyList<MdocCredential>>(all);
    }

    internal static Checked<MdocCredential> VerifyIssuerSigned(Cbor issuerSigned, TrustAnchors trust, DateTimeOffset now, MdocOptions options)
    {
        if (!HasOnly(issuerSigned, "nameSpaces", "issuerAuth") || issuerSigned["issuerAuth"] is not { Kind: CborKind.Array } issuerAuth)
        {
            return Reason.MdocMalformed;
        }
        if (!CoseMessage.Parse(issuerAuth, options.Rules).TryGet(out var message, out var reason))
        {
            return reason;
        }
        if (message.Payload is not { } payload)
        {
            return Reason.MdocMalformed;
        }
        if (!message.Verify(message.Unprotected[33], payload.Span, trust, options.Purposes.Mdoc, now).TryGet(out var signer, out reason))
        {
            return reason;
        }
        return Open(message, issuerSigned, signer, now, options);
    }

    private static Checked<MdocCredential> Open(CoseMessage message, Cbor issuerSigned, Signer signer, DateTimeOffset now, MdocOptions options)
    {
        if (message.Payload is not { } payload)
        {
            return Reason.MdocMalformed;
        }
        if (!Cbor.Parse(payload, options.Rules).TryGet(out var tagged, out var reason))
        {
            return reason;
        }
        if (tagged.Embedded is not { } inner)
        {
            return Reason.MdocMalformed;
        }
        if (!Cbor.Parse(inner, options.Rules).TryGet(out var mso, out reason))
        {
            return reason;
        }
        return CheckObject(mso, issuerSigned["nameSpaces"], signer, now, options);
    }

    /// <summary>The mobile security object, and the elements against its digests.</summary>
    private static Checked<MdocCredential> CheckObject(Cbor mso, Cbor? nameSpaces, Signer signer, DateTimeOffset now, MdocOptions options)
    {
        if (mso["version"]?.Text is not { } version || mso["docType"]?.Text is not { Length: > 0 } documentType || mso["valueDigests"] is not { Kind: CborKind.Map } digests
            || mso["validityInfo"] is not { Kind: CborKind.Map } validity || mso["deviceKeyInfo"] is not { Kind: CborKind.Map } deviceKeyInfo)
        {
            return Reason.MdocMalformed;
        }
        if (version != "1.0")
        {
            return Reason.MdocVersion;
        }
        if (mso["digestAlgorithm"]?.Text != "SHA-256")
        {
            return Reason.MdocDigestAlgorithm;
        }
        if (!TryDate(validity["signed"], out var signedAt) || !TryDate(validity["validFrom"], out var validFrom) || !TryDate(validity["validUntil"], out var validUntil)
            || validity["expectedUpdate"] is { } update && !TryDate(update, out _))
        {
            return Reason.MdocDate;
        }
        if (signedAt > validFrom || validFrom >= validUntil || signedAt < signer.Certificate.NotBefore || signedAt > signer.Certificate.NotAfter)
        {
            return Reason.MdocValidity;
        }
        if (validFrom > now + options.Tolerance)
        {
            return Reason.MdocNotYetValid;
        }
        if (now - options.Tolerance >= validUntil)
        {
            return Reason.MdocExpired;
        }
        if (HolderKeys.FromCose(deviceKeyInfo["deviceKey"]) is not { } deviceKey)
        {
            return Reason.MdocDeviceKey;
        }
        StatusReference? status = null;
        if (mso["status"] is { } claim && !StatusReference.Of(claim).TryGet(out status, out var reason))
        {
            return reason;
        }
        if (CheckDigests(digests) is { } malformed)
        {
            return malformed;
        }
        if (!ReadElements(nameSpaces, digests, options.Rules).TryGet(out var elements, out reason))
        {
            return reason;
        }
        return new MdocCredential(documentType, elements, signer, signedAt, validFrom, validUntil, status, deviceKey, false);
    }

    /// <summary>Each namespace a map of numbers to 32 bytes, also where nothing of it is disclosed.</summary>
    private static Reason? CheckDigests(Cbor digests)
    {
        for (var i = 0; i < digests.Pairs.Length; i += 2)
        {
            var (name, values) = (digests.Pairs[i], digests.Pairs[i + 1]);
            if (name.Kind != CborKind.Text || values.Kind != CborKind.Map || values.Pairs.Length == 0)
            {
                return Reason.MdocMalformed;
            }
            for (var j = 0; j < values.Pairs.Length; j += 2)
            {
                if (values.Pairs[j].Kind != CborKind.Unsigned || values.Pairs[j + 1] is not { Kind: CborKind.Bytes, Bytes.Length: 32 })
                {
                    return Reason.MdocMalformed;
                }
            }
        }
        return null;
    }

    private static Checked<List<MdocElement>> ReadElements(Cbor? nameSpaces, Cbor digests, CborRules rules)
    {
        var elements = new List<MdocElement>();
        if (nameSpaces is null)
        {
            return elements;
        }
        if (nameSpaces.Kind != CborKind.Map)
        {
            return Reason.MdocMalformed;
        }
        var ids = new HashSet<ulong>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        Span<byte> hash = stackalloc byte[32];
        for (var i = 0; i < nameSpaces.Pairs.Length; i += 2)
        {
            if (nameSpaces.Pairs[i].Text is not { } name || nameSpaces.Pairs[i + 1] is not { Kind: CborKind.Array } items)
            {
                return Reason.MdocMalformed;
            }
            if (digests[name] is not { } expected)
            {
                return Reason.MdocElementUnsigned;
            }
            ids.Clear();
            names.Clear();
            ids.EnsureCapacity(items.Items.Length);
            names.EnsureCapacity(items.Items.Length);
            foreach (var tagged in items.Items)
            {
                if (tagged.Embedded is not { } inner)
                {
                    return Reason.MdocMalformed;
                }
                if (!Cbor.Parse(inner, rules).TryGet(out var item, out var reason))
                {
                    return reason;
                }
                if (item.Kind != CborKind.Map || item.Pairs.Length != 8 || item["digestID"] is not { Kind: CborKind.Unsigned } id || item["random"] is not { Kind: CborKind.Bytes } random
                    || item["elementIdentifier"]?.Text is not { Length: > 0 } element || item["elementValue"] is not { } value)
                {
                    return Reason.MdocMalformed;
                }
                if (random.Bytes.Length < LeastRandom)
                {
                    return Reason.MdocRandomShort;
                }
                if (!ids.Add(id.Argument) || !names.Add(element))
                {
                    return Reason.MdocElementRepeated;
                }
                if (id.Argument > long.MaxValue || expected[(long)id.Argument] is not { } digest)
                {
                    return Reason.MdocElementUnsigned;
                }
                Sha256.Hash(tagged.Encoded.Span, hash);
                if (!hash.SequenceEqual(digest.Bytes.Span))
                {
                    return Reason.MdocDigestWrong;
                }
                elements.Add(new MdocElement(name, element, value));
            }
        }
        return elements;
    }

    /// <summary>A map without other keys. Nobody signs the outer maps: an unknown key there may be a known one that was damaged.</summary>
    internal static bool HasOnly(Cbor map, params ReadOnlySpan<string> keys)
    {
        for (var i = 0; i < map.Pairs.Length; i += 2)
        {
            if (map.Pairs[i].Text is not { } key || !keys.Contains(key))
            {
                return false;
            }
        }
        return map.Kind == CborKind.Map;
    }

    /// <summary>Tag 0, in seconds and UTC.</summary>
    private static bool TryDate(Cbor? item, out DateTimeOffset date)
    {
        date = default;
        return item is { Kind: CborKind.Tag, Argument: 0 } && item.Content!.Text is { Length: 20 } text
            && DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out date);
    }
}
