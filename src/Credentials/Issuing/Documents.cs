using System.Security.Cryptography;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Issuing;

public enum DocumentState
{
    Live,

    /// <summary>A later version took its place.</summary>
    Superseded,

    /// <summary>Reported lost or stolen: final at once, a found card stays invalid.</summary>
    Lost,
    Damaged,
    Revoked,
}

/// <summary>One version of a person's resident ID.</summary>
/// <param name="RowVersion">Of the row, for compare-and-set.</param>
/// <param name="Number">1 at first issue.</param>
/// <param name="Serial">Of the card, nine characters.</param>
/// <param name="ExpiresDay">The document's own last day; the residence has another.</param>
public sealed record DocumentVersion(
    Guid Id, long RowVersion, PersonId Person, Guid Residence, int Number, string Serial, DocumentState State,
    LocalDate IssuedDay, LocalDate ExpiresDay, string Place, Instant IssuedAt, Instant? EndedAt)
{
    public bool LiveOn(LocalDate day) => State == DocumentState.Live && day <= ExpiresDay;
}

/// <summary>What is issued.</summary>
/// <param name="ValidYears">Life of the document, from the policies.</param>
public sealed record DocumentOrder(PersonId Person, Guid Residence, DocumentContent Content, int ValidYears)
{
    public const string Electronic = "electronic";

    /// <summary>Code of the place of issue; the text is <c>document.place.&lt;code&gt;</c>.</summary>
    public string Place { get; init; } = Electronic;

    /// <summary>The last day, where it is that of the version whose place this one takes; null: counted from today.</summary>
    public LocalDate? Until { get; init; }
}

/// <summary>A version as another register had it.</summary>
public sealed record EarlierDocument(int Number, string Serial, DocumentState State, LocalDate IssuedDay, LocalDate ExpiresDay, LocalDate? EndedDay);

/// <summary>What an issue made.</summary>
public sealed record IssuedDocument(Guid Document, Guid Credential, int Number, string Serial, LocalDate ExpiresDay);

/// <summary>Adds to the act by which a version of the ID ends what else follows from that. Registered by the host.</summary>
public delegate Task DocumentEnds(Change change, Guid document, CancellationToken cancel);

/// <summary>Issues, replaces and ends versions of the ID. Verbs add to a change of the caller; a person never has two live versions.</summary>
public sealed class Documents(Db db, Sealer sealer, ReadDoor door, BlindIndex blind, TimeProvider clock, DocumentEnds? ends = null)
{
    /// <summary>Committing answers Claimed with this kind when the person has a live document already.</summary>
    public const string LiveClaim = "document.live";

    /// <summary>Claimed with this kind: a serial met another by chance; make the change anew.</summary>
    public const string SerialClaim = "document.serial";

    internal const string LiveQr = "live-qr-subject";

    private const string Columns = "SELECT id, version AS row_version, person_id, residence_id, number, serial, state, issued_day, expires_day, place, issued_at, ended_at FROM document ";

    private const string OfPerson = Columns + "WHERE person_id = @person ORDER BY number DESC";

    private const string ContentOf = "SELECT content FROM document_content WHERE document_id = @id";

    // No vowels and nothing that looks like another character: a serial is read aloud and never spells a word.
    private const string SerialAlphabet = "BCDFGHJKLMNPQRSTVWXZ23456789";

    /// <summary>The first version, or the next after one that was ended (lost, damaged, revoked).</summary>
    public async Task<IssuedDocument> IssueAsync(Change change, DocumentOrder order, CancellationToken cancel = default)
    {
        var earlier = await RowsAsync(order.Person, cancel);
        change.Claims.Add(Live(order.Person));
        return await AddAsync(change, order, earlier.Select(d => d.Number).FirstOrDefault() + 1);
    }

    /// <summary>The next version in place of the live one. The person's claim to one live document passes on to it.</summary>
    public async Task<IssuedDocument> ReplaceAsync(Change change, DocumentVersion live, DocumentOrder order, CancellationToken cancel = default)
    {
        await CloseAsync(change, live, DocumentState.Superseded, cancel);
        return await AddAsync(change, order, live.Number + 1);
    }

    /// <summary>A version as another register had it. It keeps its serial, number and days; a live one can be shown, checked, held and replaced like any other.</summary>
    public async Task TakeOverAsync(Change change, PersonId person, Guid residence, EarlierDocument earlier, DocumentContent content)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        change.Claims.Add(new Claim(SerialClaim, blind.Of("document_serial", earlier.Serial)));
        Put(change, new DocumentVersion(id, 0, person, residence, earlier.Number, earlier.Serial, earlier.State, earlier.IssuedDay, earlier.ExpiresDay, DocumentOrder.Electronic,
            earlier.IssuedDay.StartInRiyadh(), earlier.EndedDay?.StartInRiyadh()));
        change.Rows.Add(CredentialsTables.Content.Insert(id, await sealer.SealAsync(change, Context(person, id), content)));
        if (earlier.State == DocumentState.Live)
        {
            change.Claims.Add(Live(person));
            change.Heads.Add(CredentialsTables.Credential.Head(Guid.CreateVersion7(clock.GetUtcNow()), 0, person.Value, id, LiveQr, RandomNumberGenerator.GetBytes(16), "LIVE", clock.Now(), null));
        }
    }

    /// <summary>The next version, whatever became of the last: in place of the live one, or after one that has ended, be it in this very change.</summary>
    public async Task<IssuedDocument> NextAsync(Change change, DocumentOrder order, CancellationToken cancel = default)
    {
        var live = await LiveAsync(order.Person, cancel);
        return live is null || change.Heads.Exists(h => h.Table == CredentialsTables.Document && h.Id == live.Id) ? await IssueAsync(change, order, cancel) : await ReplaceAsync(change, live, order, cancel);
    }

    /// <summary>Ends the live version without another: reported lost, damaged, revoked. Verification answers so from the commit on.</summary>
    public async Task EndAsync(Change change, DocumentVersion live, DocumentState how, CancellationToken cancel = default)
    {
        if (how is DocumentState.Live or DocumentState.Superseded)
        {
            throw new ArgumentOutOfRangeException(nameof(how), "A document is superseded by issuing the next.");
        }
        await CloseAsync(change, live, how, cancel);
        change.Releases.Add(Live(live.Person));
    }

    public async Task<DocumentVersion?> LiveAsync(PersonId person, CancellationToken cancel = default) =>
        (await RowsAsync(person, cancel)).Select(r => r.Read()).FirstOrDefault(d => d.State == DocumentState.Live);

    /// <summary>All versions, newest first.</summary>
    public async Task<IReadOnlyList<DocumentVersion>> OfAsync(PersonId person, CancellationToken cancel = default) =>
        [.. (await RowsAsync(person, cancel)).Select(r => r.Read())];

    private ValueTask<IReadOnlyList<StoredDocument>> RowsAsync(PersonId person, CancellationToken cancel) =>
        db.QueryOfAsync<StoredDocument>(CredentialsTables.Document, person.Value, OfPerson, new { person = person.Value }, cancel);

    public async Task<DocumentVersion?> FindAsync(Guid id, CancellationToken cancel = default) =>
        (await db.FirstAsync<StoredDocument>(Columns + "WHERE id = @id", new { id }, cancel))?.Read();

    /// <summary>What the document says; the access must name its person.</summary>
    public async Task<DocumentContent> OpenAsync(Access access, DocumentVersion document, CancellationToken cancel = default)
    {
        var cipher = await db.FirstOfAsync<byte[]>(CredentialsTables.Content, document.Id, ContentOf, new { id = document.Id }, cancel)
            ?? throw new InvalidOperationException($"Document {document.Id} has no content.");
        return await door.OpenAsync<DocumentContent>(access, Context(document.Person, document.Id), cipher, cancel);
    }

    private async Task<IssuedDocument> AddAsync(Change change, DocumentOrder order, int number)
    {
        var today = clock.Today();
        var now = clock.Now();
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var serial = RandomNumberGenerator.GetString(SerialAlphabet, 9);
        var expires = order.Until ?? today.PlusYears(order.ValidYears);
        change.Claims.Add(new Claim(SerialClaim, blind.Of("document_serial", serial)));
        Put(change, new DocumentVersion(id, 0, order.Person, order.Residence, number, serial, DocumentState.Live, today, expires, order.Place, now, null));
        // The first only: an earlier version may be changed by another before this is written, and its row is not this change's to tell.
        if (number == 1)
        {
            change.Remember(CredentialsTables.Document, order.Person.Value, OfPerson,
                (IReadOnlyList<StoredDocument>)[new(id, 1, order.Person.Value, order.Residence, number, serial, "LIVE", today, expires, order.Place, now, null)]);
        }
        var content = await sealer.SealAsync(change, Context(order.Person, id), order.Content);
        change.Rows.Add(CredentialsTables.Content.Insert(id, content));
        change.Remember(CredentialsTables.Content, id, ContentOf, content.Cipher);
        var credential = Guid.CreateVersion7(clock.GetUtcNow());
        change.Heads.Add(CredentialsTables.Credential.Head(credential, 0, order.Person.Value, id, LiveQr, RandomNumberGenerator.GetBytes(16), "LIVE", now, null));
        return new IssuedDocument(id, credential, number, serial, expires);
    }

    private async Task CloseAsync(Change change, DocumentVersion live, DocumentState how, CancellationToken cancel)
    {
        if (live.State != DocumentState.Live)
        {
            throw new InvalidOperationException($"Document {live.Id} is {live.State} already.");
        }
        Put(change, live with { State = how, EndedAt = clock.Now() });
        if (ends is not null)
        {
            await ends(change, live.Id, cancel);
        }
        await IssuedForms.EndAsync(db, change, live.Id, how.ToString().ToLowerInvariant(), clock, cancel);
        await Wallets.NationalWallet.SettleAfterAsync(db, change, live.Person, clock, cancel);
        foreach (var c in await db.QueryAsync<StoredCredential>(
            "SELECT id, version, person_id, document_id, kind, handle, issued_at FROM credential WHERE document_id = @id AND status = 'LIVE'", new { id = live.Id }, cancel))
        {
            change.Heads.Add(CredentialsTables.Credential.Head(c.Id, c.Version, c.PersonId, c.DocumentId, c.Kind, c.Handle, "ENDED", c.IssuedAt, clock.Now()));
        }
    }

    /// <summary>Moves the document's head and nothing else: what is written beside it (a hold, the promise of a form) and what ends it cannot both be unaware of each other.</summary>
    public static void Touch(Change change, DocumentVersion live) => Put(change, live);

    private Claim Live(PersonId person) => new(LiveClaim, blind.Of("document_live", person.ToString()));

    private static SealContext Context(PersonId person, Guid document) => new(person, RetentionClass.Identity, "document_content", document);

    private static void Put(Change change, DocumentVersion d) => change.Heads.Add(CredentialsTables.Document.Head(d.Id, d.RowVersion,
        d.Person.Value, d.Residence, d.Number, d.Serial, d.State.ToString().ToUpperInvariant(), d.IssuedDay, d.ExpiresDay, d.Place, d.IssuedAt, d.EndedAt));

    private sealed record StoredCredential(Guid Id, long Version, Guid PersonId, Guid DocumentId, string Kind, byte[] Handle, Instant IssuedAt);

    private sealed record StoredDocument(
        Guid Id, long RowVersion, Guid PersonId, Guid ResidenceId, int Number, string Serial, string State, LocalDate IssuedDay, LocalDate ExpiresDay, string Place, Instant IssuedAt, Instant? EndedAt)
    {
        public DocumentVersion Read() => new(
            Id, RowVersion, new PersonId(PersonId), ResidenceId, Number, Serial, Enum.Parse<DocumentState>(State, ignoreCase: true), IssuedDay, ExpiresDay, Place, IssuedAt, EndedAt);
    }
}
