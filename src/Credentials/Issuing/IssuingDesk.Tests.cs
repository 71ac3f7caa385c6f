using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Status;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Verifier.SdJwt;
using Muqeem.Verifier.Status;
using Muqeem.Verifier.Trust;
using NodaTime;

namespace Muqeem.Credentials.Issuing;

/// <summary>All that issues credentials, put together over a real database; what the register would say of holders is set by the test.</summary>
internal sealed class IssuingDesk
{
    public const string Origin = "https://muqeem.example";
    public static readonly byte[] Photo = [0xFF, 0xD8, 0xFF, 0xE0, .. Enumerable.Range(0, 2000).Select(i => (byte)i), 0xFF, 0xD9];

    private static readonly TextCatalogue Texts = TextCatalogue.Of(typeof(SdJwtForm).Assembly, typeof(TextCatalogue).Assembly, typeof(ResidentNumber).Assembly);

    private readonly Db _db;
    private readonly IWriter _writer;
    private readonly KeyStore _keys;
    private readonly ReadDoor _door;
    private readonly TimeProvider _clock;

    public IssuingDesk(Db db, IWriter writer, KeyStore keys, Sealer sealer, ReadDoor door, TimeProvider clock)
    {
        (_db, _writer, _keys, _door, _clock) = (db, writer, keys, door, clock);
        Documents = new Documents(db, sealer, door, new BlindIndex(keys), clock);
        Lists = NewLists();
        Types = NewTypes();
        Forms = new IssuedForms(db, Documents, sealer, door, keys, Lists, writer, (person, _) => Task.FromResult(StandingOf(person)), (_, _, _, _) => Task.FromResult<byte[]?>(Photo), Types, () => Rules, clock, Origin, NullLogger<IssuedForms>.Instance);
        Reissue = NewReissue(writer);
    }

    public Documents Documents { get; }
    public StatusLists Lists { get; }
    public TypeVersions Types { get; }
    public IssuedForms Forms { get; }
    public Reissue Reissue { get; }

    /// <summary>As the policies of the baseline have it, until a test changes it.</summary>
    public FormRules Rules { get; set; } = FormRules.Of(PolicyBook.BaselineSnapshot(), new LocalDate(2026, 3, 15));

    public Func<PersonId, ResidenceStanding> Residence { get; set; } = _ => ResidenceStanding.Active;

    public StatusLists NewLists() => new(_db, _writer, _keys, new Leases(_db, _writer, _clock), _clock, () => StatusRules.Of(PolicyBook.BaselineSnapshot(), _clock.Today()), Origin, NullLogger<StatusLists>.Instance);

    public TypeVersions NewTypes() => new(_db, _writer, Texts, () => Rules.Ages, _clock, Origin);

    /// <param name="writer">Of its progress alone.</param>
    public Reissue NewReissue(IWriter writer) => new(_db, Forms, _keys, _door, writer, TellAsync, _clock, NullLogger<Reissue>.Instance);

    public TrustAnchors Trust => TrustAnchors.Create(_keys.Roots.Select(r => (ReadOnlyMemory<byte>)r.Certificate)).Value;

    public async Task<PersonId> NewHolderAsync()
    {
        var person = PersonId.New(_clock);
        var change = new Change(new Act(ActId.New(_clock), "document.issue", Actor.System("test"), Guid.CreateVersion7(_clock.GetUtcNow()), Digest.Of("test"), _clock.Now()));
        await Documents.IssueAsync(change, new DocumentOrder(person, Guid.CreateVersion7(_clock.GetUtcNow()), Content, 5));
        Assert.IsType<WriteOutcome.Done>(await _writer.WriteAsync(change));
        return person;
    }

    public Task<FormAnswer> AskAsync(PersonId person, FormKind kind, HolderKey key, Guid? operation = null) => ReadDoor.RunAsync(() => Forms.RequestAsync(
        _door.Enter(Actor.System("test"), Purpose.Self, null, "test", person), Actor.System("test"), person, kind, key, operation ?? Guid.CreateVersion7(_clock.GetUtcNow())));

    public async Task<FormAnswer.Issued> IssuedAsync(PersonId person, FormKind kind, HolderKey key, Guid? operation = null) => Assert.IsType<FormAnswer.Issued>(await AskAsync(person, kind, key, operation));

    public SdJwtCredential Read(FormAnswer.Issued issued)
    {
        var read = SdJwtVerifier.Verify(Encoding.ASCII.GetString(issued.Credential), Trust, _clock.GetUtcNow(), new SdJwtOptions());
        return read.Ok ? read.Value : throw new InvalidOperationException(read.Reason.ToString());
    }

    /// <summary>What the lists of a node say of a place, as a verifier reads it; null when there is no such list.</summary>
    public int? StatusOf(StatusPlace place, StatusLists? lists = null)
    {
        lists ??= Lists;
        var uri = lists.UriOf(place.List);
        return lists.Token(place.List) is { } token ? StatusList.VerifyJwt(Encoding.ASCII.GetString(token.Jwt), uri, Trust, _clock.GetUtcNow(), new StatusListOptions()).Value.Get(place.Index) : null;
    }

    public static HolderKey NewKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = key.ExportParameters(false).Q;
        return new HolderKey(q.X!, q.Y!);
    }

    private static DocumentContent Content => new()
    {
        ResidentNumber = "2000000006",
        NameArabic = "محمد عبد الرحمن محمد حسين",
        NameLatin = "MOHAMMAD ABDUR RAHMAN HOSSAIN",
        FamilyName = "HOSSAIN",
        GivenNames = "MOHAMMAD ABDUR RAHMAN",
        Sex = Sex.Male,
        Nationality = "BGD",
        Birth = BirthDate.Of(new LocalDate(1990, 5, 17)),
        AnswerableName = "شركة البناء الحديث",
        AnswerableKind = Answerable.Establishment,
        Photo = Guid.Parse("01990000-0000-7000-8000-000000000009"),
    };

    private Standing? StandingOf(PersonId person) => new(Residence(person), _clock.Today().PlusYears(1), _clock.Now());

    /// <summary>Counts when it is written, as a notice does.</summary>
    private Task TellAsync(Change change, PersonId person, CancellationToken cancel)
    {
        change.Messages.Add(new OutboxMessage(Guid.CreateVersion7(_clock.GetUtcNow()), "test.told", "told:" + person, "{}", Person: person));
        return Task.CompletedTask;
    }
}
