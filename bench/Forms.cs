using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Status;
using Muqeem.Kernel;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Texts;
using Muqeem.Verifier;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Mdoc;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.SdJwt;
using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;
using NodaTime;

namespace Muqeem.Bench;

/// <summary>The ID written, looked at and signed, and verified without a network: the product's own path in this process, without a database.</summary>
internal sealed class Forms : IDisposable
{
    private const string Origin = "https://muqeem.example";
    private const string List = Origin + "/status/2027q1-0";
    private const int People = 64, Pool = 512;

    /// <summary>Of the pool's places in the status list, every so many is not good.</summary>
    private const int BadEach = 16;

    private readonly KeyStore _keys;
    private readonly IdClaims[] _people;
    private readonly HolderKey[] _holders;
    private readonly TypeMetadata _type;
    private readonly Instant _issued;
    private readonly TrustAnchors _trust;
    private readonly IdVerifier _verifier;
    private readonly string[] _good;
    private readonly string[] _bad;
    private readonly List<(int Index, byte[] Credential)> _made = [];

    public Forms(string folder)
    {
        _keys = KeyStore.Open(DataFolder.Open(folder, FolderKind.Demonstration, TimeProvider.System), passphrase: null, TimeProvider.System);
        // Not before the certificates, which were made just now; whole seconds, as the forms say no more.
        _issued = Instant.FromUnixTimeSeconds(TimeProvider.System.Now().ToUnixTimeSeconds());
        _people = [.. Enumerable.Range(0, People).Select(Person)];
        _holders = [.. Enumerable.Range(0, People).Select(_ => NewHolder())];
        _type = new TypeMetadata(Origin, [12, 15, 18, 21, 60], TextCatalogue.Of(typeof(SdJwtForm).Assembly, typeof(TextCatalogue).Assembly, typeof(ResidentNumber).Assembly));
        var roots = TrustAnchors.Create(_keys.Roots.Select(r => (ReadOnlyMemory<byte>)r.Certificate)).Value;
        _trust = _keys.Roots[^1].RevocationList is { } list ? roots.With(list).Value : roots;
        var entries = new StatusEntries(StatusEntries.FullSize);
        for (var i = 0; i < Pool; i += BadEach)
        {
            entries[i] = (CredentialStatus)(1 + (i / BadEach % 3));
        }
        var by = _keys.Current(KeyPurpose.StatusList);
        var token = StatusListForm.Jwt(List, StatusListForm.Packed(entries.Bytes), _issued, Duration.FromHours(26), Duration.FromSeconds(60), by.Chain);
        var status = StatusList.VerifyJwt(Encoding.ASCII.GetString(token.Complete(_keys.Sign(by, token.ToBeSigned))), List, _trust, Now, new StatusListOptions()).Value;
        _verifier = new IdVerifier(OfflineTrust.Of(_trust, QrSigners.Create([], _trust, new SignerPurposes()).Value, [status]));
        var pool = Enumerable.Range(0, Pool).Select(i => Encoding.ASCII.GetString(Issue(FormKind.SdJwtVc, i))).ToList();
        _good = [.. pool.Where((_, i) => i % BadEach != 0)];
        _bad = [.. pool.Where((_, i) => i % BadEach == 0), .. pool.Take(64).SelectMany((text, i) => Damaged(text, i))];
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public void Dispose() => _keys.Dispose();

    /// <summary>Issues for a while; what was made is verified by <see cref="CheckMade"/>.</summary>
    public Slice Issue(FormKind kind, TimeSpan length)
    {
        _made.Clear();
        return Slice.Of(length, i =>
        {
            var credential = Issue(kind, i);
            if (i % 101 == 0 && _made.Count < 200)
            {
                _made.Add((i, credential));
            }
        });
    }

    /// <summary>Verifies good credentials for a while, each of which must be found good.</summary>
    public Slice Verify(TimeSpan length) => Slice.Of(length, i =>
    {
        if (_verifier.Check(_good[i % _good.Length], Now) is not Verdict.Valid { Form: IdForm.SdJwt })
        {
            throw new WrongAnswerException("verify.offline: a good credential was refused.");
        }
    });

    /// <summary>Whether all that is not good is refused, and the good ones say what they should.</summary>
    public void CheckRefusals()
    {
        foreach (var text in _bad)
        {
            if (_verifier.Check(text, Now) is not Verdict.NotValid)
            {
                throw new WrongAnswerException("verify.offline: a credential that was damaged or taken back was not refused.");
            }
        }
        var (first, later) = (_good[0], Now.AddDays(91));
        if (_verifier.Check(first, later) is Verdict.Valid || _verifier.Check(first, Now) is not Verdict.Valid valid || valid.Claims.Count < 20)
        {
            throw new WrongAnswerException("verify.offline: an expired credential counts, or a good one says too little.");
        }
    }

    /// <summary>Whether what was issued in the last slice is what it should be: signed, of the right person, bound to the right key.</summary>
    public void CheckMade(FormKind kind)
    {
        foreach (var (i, credential) in _made)
        {
            var (person, holder) = (_people[i % People], _holders[i % People]);
            var (number, x, place) = kind == FormKind.SdJwtVc
                ? SdJwtVerifier.Verify(Encoding.ASCII.GetString(credential), _trust, Now, new SdJwtOptions()) is { Ok: true, Value: var sdJwt }
                    ? (sdJwt.Claims["personal_administrative_number"]?.Text, sdJwt.HolderKey!.Value.Q.X, sdJwt.Status!.Index) : default
                : MdocVerifier.VerifyIssuerSigned(credential, _trust, Now, new MdocOptions()) is { Ok: true, Value: var mdoc }
                    ? (mdoc[MdocForm.PhotoIdNames, "administrative_number"]?.Text, mdoc.DeviceKey.Q.X, mdoc.Status!.Index) : default;
            if (number != person.ResidentNumber || !holder.X.AsSpan().SequenceEqual(x) || place != i % StatusEntries.FullSize)
            {
                throw new WrongAnswerException($"{kind}: what was issued does not verify, or is another's.");
            }
        }
    }

    private byte[] Issue(FormKind kind, int i)
    {
        var (id, holder, by) = (_people[i % People], _holders[i % People], _keys.Current(KeyPurpose.DocumentSigner));
        var terms = new CredentialTerms(Origin, _issued, _issued + Duration.FromDays(90), List, i % StatusEntries.FullSize, by.Chain);
        var unsigned = SecondLook.Write(kind, id, terms, holder, RandomNumberGenerator.GetBytes(Salts.SeedLength), _type);
        SecondLook.At(kind, id, terms, holder, unsigned, Now);
        return unsigned.Digest.Length == 32 ? unsigned.Complete(_keys.SignHash(by, unsigned.Digest)) : throw new WrongAnswerException("A digest has 32 bytes.");
    }

    /// <summary>One bit of the signature, of the payload and of a disclosure; a disclosure twice, and one of another credential's.</summary>
    private static IEnumerable<string> Damaged(string text, int i)
    {
        var parts = text.Split('~');
        var jwt = parts[0].Split('.');
        string Flip(string part) => part[..(5 + i)] + (part[5 + i] == 'A' ? 'B' : 'A') + part[(6 + i)..];
        string With(string first) => string.Join('~', [first, .. parts[1..]]);
        yield return With($"{jwt[0]}.{jwt[1]}.{Flip(jwt[2])}");
        yield return With($"{jwt[0]}.{Flip(jwt[1])}.{jwt[2]}");
        yield return string.Join('~', [.. parts[..^2], parts[1], ""]);
        yield return parts[0] + "~" + Base64Url.EncodeToString("[\"saltsaltsaltsalt\",\"sex\",2]"u8) + "~";
    }

    private static IdClaims Person(int i)
    {
        var content = new DocumentContent
        {
            ResidentNumber = $"20000{i:00000}",
            NameArabic = "محمد عبد الرحمن محمد حسين",
            NameLatin = "MOHAMMAD ABDUR RAHMAN HOSSAIN",
            FamilyName = "HOSSAIN",
            GivenNames = "MOHAMMAD ABDUR RAHMAN",
            Sex = Sex.Male,
            Nationality = "BGD",
            Occupation = Reference.Occupations[0].Code,
            Birth = BirthDate.Of(new LocalDate(1990, 5, 17)),
            AnswerableName = "شركة البناء الحديث",
            AnswerableKind = Answerable.Establishment,
        };
        var today = TimeProvider.System.Today();
        var document = new DocumentVersion(Guid.CreateVersion7(), 1, new PersonId(Guid.CreateVersion7()), Guid.Empty, 1, $"BCDF{i:00000}", DocumentState.Live, today, today.PlusYears(5), "electronic", TimeProvider.System.Now(), null);
        // As large as in the measurements of other implementations that ours are compared with.
        byte[] portrait = [0xFF, 0xD8, 0xFF, 0xE0, .. RandomNumberGenerator.GetBytes(2 * 1024), 0xFF, 0xD9];
        return IdClaims.Of(document, content, today.PlusYears(1), portrait, [12, 15, 18, 21, 60], today);
    }

    private static HolderKey NewHolder()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = key.ExportParameters(false).Q;
        return new(q.X!, q.Y!);
    }
}
