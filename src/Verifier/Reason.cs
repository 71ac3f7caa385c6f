using System.Collections.Frozen;
using System.Text.Json;

namespace Muqeem.Verifier;

/// <summary>Why something is refused. Its code is the name in snake case, which is stored and shown and never renamed.</summary>
public enum Reason
{
    /// <summary>None of the forms of our ID.</summary>
    NotOurs,

    /// <summary>Not JSON, or text in it that is not Unicode.</summary>
    JsonMalformed,

    /// <summary>Objects and arrays of JSON more than 32 levels deep.</summary>
    JsonTooDeep,

    /// <summary>More values in a JSON text than any real one has.</summary>
    JsonTooLarge,

    /// <summary>A name twice in one JSON object.</summary>
    JsonDuplicateKey,

    /// <summary>Not CBOR, or a kind of item that is not used here.</summary>
    CborMalformed,

    /// <summary>A CBOR item that does not say its length.</summary>
    CborIndefinite,

    /// <summary>A CBOR number or length in more bytes than it needs.</summary>
    CborNotShortest,

    /// <summary>The keys of a CBOR map are not in order.</summary>
    CborUnsorted,

    /// <summary>A key twice in one CBOR map.</summary>
    CborDuplicateKey,

    /// <summary>CBOR items more than 24 levels deep.</summary>
    CborTooDeep,

    /// <summary>More CBOR items than any real text has.</summary>
    CborTooLarge,

    /// <summary>Bytes after the CBOR item.</summary>
    CborTrailingBytes,

    /// <summary>A number with a point where none is used.</summary>
    CborFloat,

    /// <summary>Not an X.509 certificate of version 3 in DER.</summary>
    CertificateMalformed,

    /// <summary>A certificate or CRL that is not signed by ECDSA with the hash that belongs to the issuer's key.</summary>
    CertificateAlgorithm,

    /// <summary>A certificate whose key is not on P-256 or P-384.</summary>
    CertificateKey,

    /// <summary>A certificate or CRL says that something must be understood that is not understood here.</summary>
    CertificateExtensionUnknown,

    /// <summary>A pinned root that is not one: self-signed, a CA with path length 0, key usage certificates and CRLs, a country, a key identifier.</summary>
    RootProfile,

    /// <summary>The root does not count at this time.</summary>
    RootNotValid,

    /// <summary>No certificate came with the signature.</summary>
    ChainMissing,

    /// <summary>More than the signer's certificate came; a root has no others between.</summary>
    ChainTooLong,

    /// <summary>The root itself came with the signature, where only the pinned one counts.</summary>
    ChainHasRoot,

    /// <summary>The signer's certificate is by nobody whose root is pinned.</summary>
    SignerUnknown,

    /// <summary>The signer's certificate names a pinned root that did not sign it.</summary>
    SignerForged,

    /// <summary>The signer's certificate is not one for signing: a CA, another key usage, another curve, no purpose.</summary>
    SignerProfile,

    /// <summary>The signer's certificate is for another purpose.</summary>
    SignerPurpose,

    /// <summary>The signer's certificate is of another country than its root.</summary>
    SignerCountry,

    /// <summary>The signer's certificate names another key of its issuer than the root's.</summary>
    SignerAuthorityKey,

    /// <summary>Two signers in one list whose certificates begin with the same hash, or more than a country has.</summary>
    SignerRepeated,

    /// <summary>The signer's certificate does not count yet.</summary>
    SignerNotYetValid,

    /// <summary>The signer's certificate counts no more.</summary>
    SignerExpired,

    /// <summary>The root took the signer's certificate back.</summary>
    SignerRevoked,

    /// <summary>Not a CRL of version 2 in DER.</summary>
    CrlMalformed,

    /// <summary>The CRL names a pinned root that did not sign it.</summary>
    CrlForged,

    /// <summary>The CRL is by nobody whose root is pinned.</summary>
    CrlIssuerUnknown,

    /// <summary>A newer CRL should be here by now.</summary>
    CrlStale,

    /// <summary>Not a JWS in the compact form with objects for header and payload.</summary>
    JwsMalformed,

    /// <summary>A JWS by another algorithm than ES256, or with something that must be understood and is not.</summary>
    JwsAlgorithm,

    /// <summary>A JWS for something else.</summary>
    JwsType,

    /// <summary>Not a COSE message of four parts.</summary>
    CoseMalformed,

    /// <summary>A COSE message by another algorithm, or with something that must be understood and is not.</summary>
    CoseAlgorithm,

    /// <summary>A COSE message for something else.</summary>
    CoseType,

    /// <summary>The signature is not by the signer over this.</summary>
    SignatureWrong,

    /// <summary>Not an SD-JWT in the compact form.</summary>
    SdJwtMalformed,

    /// <summary>An SD-JWT with more characters or disclosures than any real one.</summary>
    SdJwtTooLarge,

    /// <summary>The digests are not by SHA-256.</summary>
    SdJwtDigestAlgorithm,

    /// <summary>Digests that are not a list of texts.</summary>
    SdJwtDigestMalformed,

    /// <summary>A digest twice in one SD-JWT.</summary>
    SdJwtDigestRepeated,

    /// <summary>Not a disclosure: salt, name and value, or salt and value.</summary>
    SdJwtDisclosureMalformed,

    /// <summary>A disclosure twice in one SD-JWT.</summary>
    SdJwtDisclosureRepeated,

    /// <summary>A disclosure that no digest asks for.</summary>
    SdJwtDisclosureUnreferenced,

    /// <summary>A claim disclosed as an element of an array, or the other way round.</summary>
    SdJwtDisclosureKind,

    /// <summary>A claim named like the parts of the format.</summary>
    SdJwtReservedName,

    /// <summary>A disclosed claim has the name of another in the same place.</summary>
    SdJwtClaimClash,

    /// <summary>A claim, or a part of one, that must always be shown is made disclosable.</summary>
    SdJwtClaimHidden,

    /// <summary>A time that is not a whole number of seconds.</summary>
    SdJwtClaimMalformed,

    /// <summary>No <c>vct</c>.</summary>
    SdJwtTypeMissing,

    /// <summary>The holder's key is missing or not a public key on P-256.</summary>
    SdJwtHolderKey,

    /// <summary>Issued later than now.</summary>
    SdJwtFromFuture,

    /// <summary>Does not count yet.</summary>
    SdJwtNotYetValid,

    /// <summary>Counts no more.</summary>
    SdJwtExpired,

    /// <summary>The holder's proof is missing.</summary>
    KeyBindingMissing,

    /// <summary>A holder's proof where nothing is known that it could be checked against.</summary>
    KeyBindingUnexpected,

    /// <summary>The proof is not by the holder's key.</summary>
    KeyBindingForged,

    /// <summary>The proof was made for another verifier.</summary>
    KeyBindingAudience,

    /// <summary>The proof was made for another session.</summary>
    KeyBindingNonce,

    /// <summary>The proof is of other disclosures.</summary>
    KeyBindingHash,

    /// <summary>The proof was made later than now.</summary>
    KeyBindingFromFuture,

    /// <summary>The proof was made too long ago.</summary>
    KeyBindingTooOld,

    /// <summary>Not the structures of ISO/IEC 18013-5.</summary>
    MdocMalformed,

    /// <summary>More bytes or documents than any real answer.</summary>
    MdocTooLarge,

    /// <summary>The device presents nothing, or says that it could not.</summary>
    MdocNothingPresented,

    /// <summary>Several documents where one is asked about.</summary>
    MdocSeveral,

    /// <summary>A security object of another version than 1.0.</summary>
    MdocVersion,

    /// <summary>The digests are not by SHA-256.</summary>
    MdocDigestAlgorithm,

    /// <summary>An element that the security object does not know.</summary>
    MdocElementUnsigned,

    /// <summary>An element or the number of a digest twice in one namespace.</summary>
    MdocElementRepeated,

    /// <summary>An element is not what was signed.</summary>
    MdocDigestWrong,

    /// <summary>Less than 16 random bytes beside an element, so that its value could be guessed from the digest.</summary>
    MdocRandomShort,

    /// <summary>A date that is not in UTC and whole seconds.</summary>
    MdocDate,

    /// <summary>The dates contradict each other or those of the signer.</summary>
    MdocValidity,

    /// <summary>Does not count yet.</summary>
    MdocNotYetValid,

    /// <summary>Counts no more.</summary>
    MdocExpired,

    /// <summary>The device's key is missing or not a public key on P-256.</summary>
    MdocDeviceKey,

    /// <summary>The document is presented as another type than was signed.</summary>
    MdocDocumentType,

    /// <summary>The device did not prove to have its key in this session.</summary>
    MdocDeviceProof,

    /// <summary>The device adds data of its own.</summary>
    MdocDeviceData,

    /// <summary>A device's answer, and nothing is known of the session that it belongs to.</summary>
    MdocSessionMissing,

    /// <summary>Not a reference to a place in a status list.</summary>
    StatusReferenceMalformed,

    /// <summary>Not a status list.</summary>
    StatusListMalformed,

    /// <summary>The status list of another address.</summary>
    StatusListSubject,

    /// <summary>The status list was made later than now.</summary>
    StatusListFromFuture,

    /// <summary>The status list counts no more.</summary>
    StatusListExpired,

    /// <summary>The status list is not whole in its compression, or something follows it.</summary>
    StatusListCompression,

    /// <summary>The status list is larger than is accepted.</summary>
    StatusListTooLarge,

    /// <summary>The ID names no status list where one is needed.</summary>
    StatusMissing,

    /// <summary>The status list that the ID names is not here.</summary>
    StatusListMissing,

    /// <summary>The status list that is here is too old to say anything.</summary>
    StatusListStale,

    /// <summary>The ID names a place beyond the end of its list.</summary>
    StatusIndexOutOfRange,

    /// <summary>Taken back for good.</summary>
    StatusRevoked,

    /// <summary>Stopped by the authority for the time being.</summary>
    StatusSuspended,

    /// <summary>Stopped at the wish of the holder or of a court for the time being.</summary>
    StatusFrozen,

    /// <summary>A state that has no meaning here.</summary>
    StatusUnknown,

    /// <summary>Not the text of one of our codes.</summary>
    QrNotOurs,

    /// <summary>Begins like one of our codes and is none.</summary>
    QrMalformed,

    /// <summary>The code's signer is not in the list of signers.</summary>
    QrSignerUnknown,

    /// <summary>The claims in the code are not those of a card or a live code.</summary>
    QrClaims,

    /// <summary>The code was made later than now.</summary>
    QrFromFuture,

    /// <summary>The card counts no more.</summary>
    QrExpired,

    /// <summary>The live code was made too long ago.</summary>
    QrProofTooOld,

    /// <summary>A note has more bytes or signature lines than any real one.</summary>
    NoteTooLong,

    /// <summary>Not a signed note: a text, an empty line, signature lines.</summary>
    NoteMalformed,

    /// <summary>A line in the name of a known key is not by that key.</summary>
    NoteForged,

    /// <summary>No known key signed the note.</summary>
    NoteUnsigned,

    /// <summary>Not a verifier key of a note.</summary>
    NoteKeyMalformed,

    /// <summary>A verifier key of a kind of signature that is not accepted here.</summary>
    NoteKeyTypeUnknown,

    /// <summary>The id in a verifier key is not that of its name and key.</summary>
    NoteKeyIdWrong,

    /// <summary>The text of a note is not that of a checkpoint.</summary>
    CheckpointMalformed,

    /// <summary>A checkpoint of another journal.</summary>
    CheckpointOriginWrong,

    /// <summary>Fewer witnesses signed the checkpoint than are asked for.</summary>
    CheckpointWitnessesMissing,

    /// <summary>Not a proof file of a journal.</summary>
    TlogProofMalformed,

    /// <summary>The entry is not where the proof says it is in the tree.</summary>
    TlogProofNotInTree,

    /// <summary>Not an offline bundle.</summary>
    BundleMalformed,

    /// <summary>The bundle was made later than now.</summary>
    BundleFromFuture,

    /// <summary>The bundle counts no more.</summary>
    BundleExpired,

    /// <summary>The bundle says that it counts for longer than a day.</summary>
    BundleLife,

    /// <summary>Not the receipt of a decision.</summary>
    ReceiptMalformed,

    /// <summary>The receipt was signed later than now.</summary>
    ReceiptFromFuture,

    /// <summary>What the receipt holds of the journal cannot be read.</summary>
    ReceiptOpeningMalformed,

    /// <summary>The act and the rows in the receipt are not what its entry in the journal stands for.</summary>
    ReceiptEntryWrong,

    /// <summary>A row in the receipt is none that the act wrote.</summary>
    ReceiptRowForeign,

    /// <summary>The act wrote a row of the decision that the receipt leaves out.</summary>
    ReceiptRowMissing,

    /// <summary>The receipt names another act, case, reference, service or rules than the journal's entry.</summary>
    ReceiptActContradicted,

    /// <summary>The receipt states another outcome, reason, time or decider than the rows of the decision.</summary>
    ReceiptDecisionContradicted,

    /// <summary>The letter is not the one that the decision's row stands for.</summary>
    ReceiptLetterContradicted,

    /// <summary>A fact is stated with another source or time than its row says.</summary>
    ReceiptFactContradicted,

    /// <summary>A comparison is stated otherwise than its row says.</summary>
    ReceiptComparisonContradicted,

    /// <summary>A deadline is stated otherwise than its row, or the day of the decision, says.</summary>
    ReceiptDeadlineContradicted,

    /// <summary>The receipt names other documents than the act made.</summary>
    ReceiptDocumentContradicted,

    /// <summary>The receipt came without its proof.</summary>
    ReceiptProofMissing,

    /// <summary>The proof is of another receipt.</summary>
    ReceiptProofOther,

    /// <summary>The checkpoint in the proof is older than the act.</summary>
    ReceiptCheckpointOlder,

    /// <summary>Not the evidence of an exchange between two authorities.</summary>
    ExchangeMalformed,

    /// <summary>A message is signed by a key that was not given.</summary>
    ExchangeKeyUnknown,

    /// <summary>A message is not signed by the key that it names.</summary>
    ExchangeSignatureWrong,

    /// <summary>What a message says is not what its signature covers.</summary>
    ExchangeContradicted,

    /// <summary>The body is not the one that was signed.</summary>
    ExchangeBodyOther,

    /// <summary>The answer is not one to this request.</summary>
    ExchangeAnswerOther,
}

public static class Reasons
{
    private static readonly FrozenDictionary<Reason, string> Codes = Enum.GetValues<Reason>().ToFrozenDictionary(r => r, r => JsonNamingPolicy.SnakeCaseLower.ConvertName(r.ToString()));

    /// <summary><c>NoteForged</c> is <c>note_forged</c>.</summary>
    public static string Code(this Reason reason) => Codes[reason];
}
