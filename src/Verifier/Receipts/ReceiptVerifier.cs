using Muqeem.Verifier.Encodings;
using Muqeem.Verifier.Journal;
using Muqeem.Verifier.Signatures;
using Muqeem.Verifier.Trust;

namespace Muqeem.Verifier.Receipts;

public sealed record ReceiptOptions
{
    /// <summary>How far clocks may differ.</summary>
    public TimeSpan Tolerance { get; init; } = TimeSpan.FromMinutes(1);

    public SignerPurposes Purposes { get; init; } = new();

    /// <summary>Who may have co-signed the journal's checkpoint, and how many of them must have.</summary>
    public IReadOnlyList<NoteVerifierKey> Witnesses { get; init; } = [];

    /// <inheritdoc cref="Witnesses"/>
    public int Quorum { get; init; }
}

/// <summary>A receipt that was found good.</summary>
/// <param name="Index">Where its act stands in the journal.</param>
/// <param name="ProvenFacts">The facts whose source and times the journal's entry holds too; of the others, and of every value, the signature alone speaks.</param>
public sealed record VerifiedReceipt(Receipt Receipt, Signer Signer, SignedCheckpoint Checkpoint, long Index, IReadOnlyList<string> ProvenFacts);

/// <summary>
/// Checks the receipt of a decision without a network: the signature over all of it; the act and the rows of the decision against the journal's entry, and every
/// statement against them; the proof that the entry is in the journal's tree. So neither who holds the receipt nor who signed it can change what was decided.
/// </summary>
public static class ReceiptVerifier
{
    public const string Type = "muqeem-receipt+jwt";

    /// <param name="receipt">The file; how it is laid out does not matter.</param>
    /// <param name="proof">The file beside it (C2SP tlog-proof); empty when it did not come.</param>
    /// <param name="journal">The keys of the journal, of which one must have signed the checkpoint.</param>
    public static Checked<VerifiedReceipt> Verify(ReadOnlySpan<byte> receipt, ReadOnlySpan<byte> proof, TrustAnchors trust, IReadOnlyList<NoteVerifierKey> journal, DateTimeOffset now, ReceiptOptions options)
    {
        if (!Receipt.Parse(receipt).TryGet(out var read, out var reason) || !CheckSignature(read, trust, now, options).TryGet(out var signer, out reason) || !read.Opening.Open().TryGet(out var act, out reason))
        {
            return reason;
        }
        if (ReceiptStatements.Check(read, act) is { } contradicted)
        {
            return contradicted;
        }
        if (proof.IsEmpty)
        {
            return Reason.ReceiptProofMissing;
        }
        if (!TlogProof.Parse(proof).TryGet(out var path, out reason))
        {
            return reason;
        }
        if (path.Extra is { } named && !named.Span.SequenceEqual(read.Opening.Entry))
        {
            return Reason.ReceiptProofOther;
        }
        if (!Checkpoint(path, journal, options).TryGet(out var signed, out reason))
        {
            return reason;
        }
        if (path.Index >= signed.Checkpoint.Size)
        {
            return Reason.ReceiptCheckpointOlder;
        }
        if (!MerkleProof.Includes(MerkleProof.HashLeaf(read.Opening.Entry), path.Index, signed.Checkpoint.Size, path.Path, signed.Checkpoint.Root))
        {
            return Reason.TlogProofNotInTree;
        }
        return new VerifiedReceipt(read, signer, signed, path.Index, [.. act.Of(ReceiptStatements.FactTable).Select(r => (string)r[1]!)]);
    }

    /// <summary>The signer had to be good when it signed, not today: a decision outlives every certificate. One that was taken back never counts.</summary>
    private static Checked<Signer> CheckSignature(Receipt receipt, TrustAnchors trust, DateTimeOffset now, ReceiptOptions options)
    {
        if (CanonicalJson.Of(receipt.Text, without: "signature") is not { } signed)
        {
            return Reason.ReceiptMalformed;
        }
        if (!CompactJws.ParseDetached(receipt.Signature, receipt.Text, signed).TryGet(out var jws, out var reason) || !jws.Verify(Type, trust, options.Purposes.Receipt, receipt.SignedAt).TryGet(out var signer, out reason))
        {
            return reason;
        }
        return receipt.SignedAt > now + options.Tolerance ? Reason.ReceiptFromFuture : signer;
    }

    private static Checked<SignedCheckpoint> Checkpoint(TlogProof proof, IReadOnlyList<NoteVerifierKey> journal, ReceiptOptions options)
    {
        var last = Reason.NoteUnsigned;
        foreach (var key in journal)
        {
            if (key.Type == NoteSignatureType.Ed25519 && Journal.Checkpoint.Open(proof.CheckpointNote, key.Name, key, [.. options.Witnesses], options.Quorum) is var opened)
            {
                if (opened.TryGet(out var signed, out var reason))
                {
                    return signed;
                }
                // What a key that did sign is refused for says more than that the others did not.
                last = last == Reason.NoteUnsigned ? reason : last;
            }
        }
        return last;
    }
}
