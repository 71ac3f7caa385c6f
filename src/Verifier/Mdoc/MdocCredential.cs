using System.Security.Cryptography;
using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.Mdoc;

/// <summary>One data element as the issuer signed it.</summary>
public sealed record MdocElement(string Namespace, string Name, Cbor Value);

/// <summary>A verified mobile document (ISO/IEC 18013-5): what was disclosed, and by whom it is signed.</summary>
/// <param name="IsBound">Whether the device proved to have <paramref name="DeviceKey"/>.</param>
public sealed record MdocCredential(
    string DocumentType, IReadOnlyList<MdocElement> Elements, Signer Signer, DateTimeOffset SignedAt, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil, StatusReference? Status, ECParameters DeviceKey, bool IsBound)
{
    /// <summary>The value of an element; null when it was not disclosed.</summary>
    public Cbor? this[string inNamespace, string name] => Elements.FirstOrDefault(e => e.Namespace == inNamespace && e.Name == name)?.Value;
}

public sealed record MdocOptions
{
    /// <summary>How far clocks may differ.</summary>
    public TimeSpan Tolerance { get; init; } = TimeSpan.FromMinutes(1);

    public SignerPurposes Purposes { get; init; } = new();

    /// <summary>How the documents' CBOR is read. Our own have sorted keys as well: <see cref="CborRules.Ours"/>.</summary>
    public CborRules Rules { get; init; } = CborRules.Others;
}

/// <summary>What both sides of a presentation know of it, and the reader's key, which a device that authenticates by a MAC has used.</summary>
/// <param name="Transcript">The SessionTranscript, not tagged.</param>
/// <param name="ReaderKey">The reader's private key of this session; null: only signatures are accepted.</param>
public sealed record MdocSession(ReadOnlyMemory<byte> Transcript, ECDiffieHellman? ReaderKey = null);
