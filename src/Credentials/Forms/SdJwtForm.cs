using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Muqeem.Verifier.Cryptography;

namespace Muqeem.Credentials.Forms;

/// <summary>
/// The ID as an SD-JWT VC (RFC 9901, draft-ietf-oauth-sd-jwt-vc): <c>dc+sd-jwt</c> with the certificate in the protected header. Every claim about the holder can be shown or kept
/// back alone; that it is a specimen cannot be kept back.
/// </summary>
public static class SdJwtForm
{
    public const string Type = "dc+sd-jwt";

    // Arabic is written as it is: a third of the escaped length. Never shown as HTML. What the writer does not look at is looked at before it is signed.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The credential's type, an address at which its metadata is served.</summary>
    /// <param name="version">See <see cref="TypeVersions"/>.</param>
    public static string TypeOf(string origin, int version = 1) => string.Create(CultureInfo.InvariantCulture, $"{origin}/vct/resident-id/{version}");

    /// <summary>Holds a claim for each age of the policy.</summary>
    public const string AgeClaim = "age_equal_or_over";

    /// <summary>Every other claim about the holder, in the order of the type metadata.</summary>
    public static readonly IReadOnlyList<string> ClaimNames =
    [
        "family_name", "given_name", "name", "name#ar", "birthdate", "sex", "personal_administrative_number", "document_number", "nationalities", "nationality_icao",
        "date_of_issuance", "date_of_expiry", "residence_valid_until", "issuing_authority", "issuing_country", "occupation", "answerable_party", "picture",
    ];

    /// <param name="seed">32 secret random bytes, another for each credential.</param>
    /// <param name="typeIntegrity"><c>sha256-…</c> of the type metadata as served.</param>
    /// <param name="typeVersion">Of the type.</param>
    public static Unsigned Write(IdClaims id, CredentialTerms terms, HolderKey holder, byte[] seed, string typeIntegrity, int typeVersion = 1)
    {
        var desk = Desk.Take();
        try
        {
            desk.Begin(new Salts(seed));
            Claims(desk, id);
            var ofClaims = desk.DigestCount;
            foreach (var (age, reached) in id.AgesReached)
            {
                desk.Value(IdClaims.AgeName(age)).WriteBooleanValue(reached);
                desk.End();
            }
            var w = desk.Payload();
            w.WriteStartObject();
            w.WriteString("iss", terms.Origin);
            w.WriteNumber("iat", terms.Issued.ToUnixTimeSeconds());
            w.WriteNumber("nbf", terms.Issued.ToUnixTimeSeconds());
            w.WriteNumber("exp", terms.Expires.ToUnixTimeSeconds());
            w.WriteString("vct", TypeOf(terms.Origin, typeVersion));
            w.WriteString("vct#integrity", typeIntegrity);
            if (id.Specimen)
            {
                w.WriteBoolean("specimen", true);
            }
            w.WriteStartObject("cnf");
            w.WriteStartObject("jwk");
            w.WriteString("kty", "EC");
            w.WriteString("crv", "P-256");
            w.WriteString("x", Base64Url.EncodeToString(holder.X));
            w.WriteString("y", Base64Url.EncodeToString(holder.Y));
            w.WriteEndObject();
            w.WriteEndObject();
            w.WriteStartObject("status");
            w.WriteStartObject("status_list");
            w.WriteNumber("idx", terms.StatusIndex);
            w.WriteString("uri", terms.StatusUri);
            w.WriteEndObject();
            w.WriteEndObject();
            w.WriteString("_sd_alg", "sha-256");
            desk.WriteDigests(0, ofClaims);
            w.WriteStartObject(AgeClaim);
            desk.WriteDigests(ofClaims, desk.DigestCount);
            w.WriteEndObject();
            w.WriteEndObject();
            return desk.Whole(HeaderOf(terms.Certificates));
        }
        finally
        {
            desk.GiveBack();
        }
    }

    /// <summary>The claims about the holder. Names are those of OpenID Connect and of the European person identification data where they have one.</summary>
    private static void Claims(Desk desk, IdClaims id)
    {
        desk.Text("family_name", id.Family);
        if (id.Given.Length > 0)
        {
            desk.Text("given_name", id.Given);
        }
        desk.Text("name", id.NameLatin);
        desk.Text("name#ar", id.NameArabic);
        desk.Text("birthdate", id.BirthText);
        desk.Value("sex").WriteNumberValue(id.SexNumber);
        desk.End();
        desk.Text("personal_administrative_number", id.ResidentNumber);
        desk.Text("document_number", id.Serial);
        if (id.Nationality is { Alpha2.Length: 2 } state)
        {
            var w = desk.Value("nationalities");
            w.WriteStartArray();
            w.WriteStringValue(state.Alpha2);
            w.WriteEndArray();
            desk.End();
        }
        // Also for who has no state: the code of the travel document (XXA stateless, XXB refugee).
        desk.Text("nationality_icao", id.NationalityCode);
        desk.Text("date_of_issuance", IdClaims.Day(id.Issued));
        desk.Text("date_of_expiry", IdClaims.Day(id.Expires));
        desk.Text("residence_valid_until", IdClaims.Day(id.ResidenceUntil));
        desk.Text("issuing_authority", Issuer.Authority);
        desk.Text("issuing_country", Issuer.Country);
        if (id.Occupation is { } occupation)
        {
            var w = desk.Value("occupation");
            w.WriteStartObject();
            w.WriteString("code", occupation.Code);
            w.WriteString("en", occupation.English);
            w.WriteString("ar", occupation.Arabic);
            w.WriteEndObject();
            desk.End();
        }
        var party = desk.Value("answerable_party");
        party.WriteStartObject();
        party.WriteString("kind", id.AnswerableWord);
        party.WriteString("name", id.AnswerableName);
        party.WriteEndObject();
        desk.End();
        if (id.Portrait is { } portrait)
        {
            Picture(desk.Value("picture"), portrait);
            desk.End();
        }
    }

    /// <summary>A data URI.</summary>
    private static void Picture(Utf8JsonWriter w, byte[] jpeg)
    {
        var start = "data:image/jpeg;base64,"u8;
        var length = start.Length + Base64.GetMaxEncodedToUtf8Length(jpeg.Length);
        var uri = ArrayPool<byte>.Shared.Rent(length);
        start.CopyTo(uri);
        Base64.EncodeToUtf8(jpeg, uri.AsSpan(start.Length), out _, out _);
        w.WriteStringValue(uri.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(uri, clearArray: true);
    }

    /// <summary>The header as it stands before the first point, in base64url: the same for all that one signer signs.</summary>
    private static byte[] HeaderOf(IReadOnlyList<byte[]> certificates)
    {
        if (_lastHeader is { } last && last.IsOf(certificates))
        {
            return last.Text;
        }
        var header = Base64Url.EncodeToUtf8(JwsHeader.Of(Type, certificates));
        _lastHeader = new([.. certificates], header);
        return header;
    }

    private static volatile SignersHeader? _lastHeader;

    private sealed record SignersHeader(byte[][] Certificates, byte[] Text)
    {
        public bool IsOf(IReadOnlyList<byte[]> certificates)
        {
            var same = certificates.Count == Certificates.Length;
            for (var i = 0; same && i < Certificates.Length; i++)
            {
                same = Certificates[i].AsSpan().SequenceEqual(certificates[i]);
            }
            return same;
        }
    }

    /// <summary>Where one credential at a time is written: the disclosures one after the other, each with the tilde after it, their digests, then the payload. One a thread, wiped after each, for what is written here is personal.</summary>
    private sealed class Desk
    {
        /// <summary>In characters of base64url.</summary>
        private const int DigestLength = 43, SignatureLength = 86;

        [ThreadStatic]
        private static Desk? _free;

        private readonly ArrayBufferWriter<byte> _disclosures = new(8192);
        private readonly ArrayBufferWriter<byte> _one = new(8192);
        private readonly Utf8JsonWriter _json;
        private readonly ArrayBufferWriter<byte> _digests = new(32 * DigestLength);
        private Salts? _salts;

        private Desk() => _json = new Utf8JsonWriter(_one, Plain);

        public static Desk Take()
        {
            var desk = _free ?? new Desk();
            _free = null;
            return desk;
        }

        public void GiveBack()
        {
            _disclosures.Clear();
            _one.Clear();
            _digests.Clear();
            _salts = null;
            _free = this;
        }

        public void Begin(Salts salts) => _salts = salts;

        /// <summary>How many there are.</summary>
        public int DigestCount => _digests.WrittenCount / DigestLength;

        public void Text(string name, string value)
        {
            Value(name).WriteStringValue(value);
            End();
        }

        /// <summary>Begins a disclosure. Its value is written next, and then <see cref="End"/>.</summary>
        public Utf8JsonWriter Value(string name)
        {
            Fresh();
            _json.WriteStartArray();
            Span<byte> salt = stackalloc byte[24];
            _json.WriteStringValue(salt[..Base64Url.EncodeToUtf8(_salts!.Next(), salt)]);
            _json.WriteStringValue(name);
            return _json;
        }

        public void End()
        {
            _json.WriteEndArray();
            _json.Flush();
            var length = Base64Url.GetEncodedLength(_one.WrittenCount);
            var coded = _disclosures.GetSpan(length + 1);
            Base64Url.EncodeToUtf8(_one.WrittenSpan, coded);
            Span<byte> hash = stackalloc byte[Sha256.Length];
            Sha256.Hash(coded[..length], hash);
            _digests.Advance(Base64Url.EncodeToUtf8(hash, _digests.GetSpan(DigestLength)));
            coded[length] = (byte)'~';
            _disclosures.Advance(length + 1);
        }

        public Utf8JsonWriter Payload()
        {
            Fresh();
            return _json;
        }

        /// <summary>Those from one to before another, in the order of the digests, which tells nothing of the claims' (RFC 9901 section 4.2.4.1).</summary>
        public void WriteDigests(int from, int to)
        {
            Span<int> order = stackalloc int[to - from];
            for (var i = 0; i < order.Length; i++)
            {
                var at = i;
                for (; at > 0 && Digest(order[at - 1]).SequenceCompareTo(Digest(from + i)) > 0; at--)
                {
                    order[at] = order[at - 1];
                }
                order[at] = from + i;
            }
            _json.WriteStartArray("_sd");
            foreach (var place in order)
            {
                _json.WriteStringValue(Digest(place));
            }
            _json.WriteEndArray();
        }

        public Unsigned Whole(byte[] header)
        {
            _json.Flush();
            var signed = header.Length + 1 + Base64Url.GetEncodedLength(_one.WrittenCount);
            // Every byte of it is written below.
            var whole = GC.AllocateUninitializedArray<byte>(signed + 1 + SignatureLength + 1 + _disclosures.WrittenCount);
            header.CopyTo(whole, 0);
            whole[header.Length] = (byte)'.';
            Base64Url.EncodeToUtf8(_one.WrittenSpan, whole.AsSpan(header.Length + 1));
            whole[signed] = (byte)'.';
            // Zeros, until there is a signature.
            whole.AsSpan(signed + 1, SignatureLength).Fill((byte)'A');
            whole[signed + 1 + SignatureLength] = (byte)'~';
            _disclosures.WrittenSpan.CopyTo(whole.AsSpan(signed + 1 + SignatureLength + 1));
            return new(whole.AsMemory(0, signed), signature =>
            {
                if (Base64Url.GetEncodedLength(signature.Length) != SignatureLength)
                {
                    throw new ArgumentException("ES256 has 64 bytes.", nameof(signature));
                }
                Base64Url.EncodeToUtf8(signature, whole.AsSpan(signed + 1));
                return whole;
            })
            { Draft = whole };
        }

        private ReadOnlySpan<byte> Digest(int place) => _digests.WrittenSpan.Slice(place * DigestLength, DigestLength);

        private void Fresh()
        {
            _one.ResetWrittenCount();
            _json.Reset();
        }
    }
}

/// <summary>How the forms name who issues them.</summary>
internal static class Issuer
{
    public const string Authority = "Muqeem";

    /// <summary>ISO 3166-1 alpha-2; the machine-readable zone has SAU.</summary>
    public const string Country = "SA";
}
