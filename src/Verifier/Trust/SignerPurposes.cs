namespace Muqeem.Verifier.Trust;

/// <summary>Which extended key usage each kind of signer must have. Those of our own lie under an arc that is set aside for examples until one is assigned.</summary>
public sealed record SignerPurposes
{
    /// <summary>ISO/IEC 18013-5, table B.3: signs mobile documents.</summary>
    public const string MdocDocumentSigner = "1.0.18013.5.1.2";

    /// <summary>The enterprise number for examples (RFC 5612).</summary>
    public const string ExampleArc = "1.3.6.1.4.1.32473.2030";

    public string Mdoc { get; init; } = MdocDocumentSigner;

    /// <summary>The same signer: the ID is one, and ISO's usage is the only one that is assigned.</summary>
    public string SdJwt { get; init; } = MdocDocumentSigner;
    public string QrCard { get; init; } = ExampleArc + ".2";
    public string QrLive { get; init; } = ExampleArc + ".3";

    /// <summary>Signs status lists and offline bundles. The draft's id-kp-oauthStatusSigning has no number yet.</summary>
    public string Status { get; init; } = ExampleArc + ".4";

    /// <summary>Signs the receipts of decisions and of payments.</summary>
    public string Receipt { get; init; } = ExampleArc + ".5";
}
