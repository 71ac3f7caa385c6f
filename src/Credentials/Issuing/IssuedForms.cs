using Microsoft.Extensions.Logging;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Status;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Issuing;

/// <summary>A form in which the ID is signed.</summary>
public enum FormKind
{
    /// <summary>For a key of the holder.</summary>
    SdJwtVc,

    /// <summary>For a key of the holder.</summary>
    Mdoc,

    /// <summary>The code that stands on the card; it lives as long as the document.</summary>
    CardQr,
}

public enum PromiseState
{
    /// <summary>Promised, not signed yet.</summary>
    Intended,
    Signed,

    /// <summary>What was promised can no longer be built or signed; nothing was.</summary>
    Voided,
}

/// <summary>A form as the register has it.</summary>
/// <param name="RowVersion">For compare-and-set.</param>
/// <param name="Digest">SHA-256 of what is to be signed.</param>
/// <param name="InvalidReason">Why it counts no longer; final.</param>
public sealed record IssuedForm(
    Guid Id, long RowVersion, PersonId Person, Guid Document, FormKind Kind, StatusPlace Place, string KeyId, byte[] Digest, PromiseState State, byte[]? Signature,
    Instant IssuedAt, Instant ExpiresAt, string? InvalidReason, Instant? SuspendedAt, Instant? FrozenAt)
{
    public CredentialStatus Status => StatusLists.StatusOf(InvalidReason, SuspendedAt, FrozenAt);
}

/// <summary>How a request for a credential ended.</summary>
public abstract record FormAnswer
{
    private FormAnswer() { }

    /// <param name="Credential">The compact SD-JWT, <c>IssuerSigned</c> of the mdoc, or the card code's COSE_Sign1.</param>
    public sealed record Issued(byte[] Credential, IssuedForm Form) : FormAnswer;

    /// <summary>There is no document in force, or no residence.</summary>
    public sealed record NoDocument : FormAnswer;

    /// <summary>The residence is not in force today.</summary>
    public sealed record NotInForce : FormAnswer;

    /// <summary>The ID is suspended or frozen; nothing is issued of it meanwhile.</summary>
    public sealed record Held(HoldKind Kind) : FormAnswer;

    /// <summary>A photo ID demands a portrait, and this document was issued without one.</summary>
    public sealed record NoPortrait : FormAnswer;

    /// <summary>What it was asked for has ended meanwhile, see <see cref="WithPromise"/>.</summary>
    public sealed record NotWanted : FormAnswer;

    /// <summary>It was promised under this operation, and then voided; ask anew under another.</summary>
    public sealed record Voided : FormAnswer;

    /// <summary>Nothing was written, or nobody knows yet: ask again under the same operation.</summary>
    public sealed record NotWritten(WriteOutcome Outcome) : FormAnswer;
}

/// <summary>The JPEG of a document's photo, small enough for a credential; null when there is none. Registered by the host.</summary>
public delegate Task<byte[]?> PortraitOf(Access access, PersonId person, Guid photo, CancellationToken cancel);

/// <summary>Adds to the change that promises a form what is to be written with it, or with nothing. False: it is not to be promised. Called again when a race was lost.</summary>
internal delegate Task<bool> WithPromise(Change change, IssuedForm form, CancellationToken cancel);

/// <summary>How long credentials live and which ages they tell; from the policies.</summary>
public sealed record FormRules(Duration Life, IReadOnlyList<int> Ages)
{
    /// <summary>So long before its end a credential's key gets the next one; before that the same request gets the one that is there.</summary>
    public Duration Renew { get; init; } = Life / 3;

    public static FormRules Of(PolicySnapshot policies, LocalDate on) =>
        new(Duration.FromDays(policies.Get<int>("credential.days", on)), policies.Get<IReadOnlyList<int>>("credential.ages", on)) { Renew = Duration.FromDays(policies.Get<int>("credential.renew_days", on)) };
}

/// <summary>
/// The signed forms of the ID, from promise to signature: what will be signed is written down and looked at by an independent decoder, then signed, then stored. Whatever happens in between, every
/// promise ends signed over the same bytes, or voided.
/// </summary>
public sealed partial class IssuedForms(
    Db db, Documents documents, Sealer sealer, ReadDoor door, KeyStore keys, StatusLists lists, IWriter writer, StandingOf standingOf, PortraitOf portraitOf, TypeVersions types,
    Func<FormRules> rules, TimeProvider clock, string origin, ILogger<IssuedForms> log)
{
    private const string Columns =
        "SELECT id, version AS row_version, person_id, document_id, kind, list, list_index, key_id, digest, state, signature, issued_at, expires_at, invalid_reason, suspended_at, frozen_at FROM credential_form ";

    /// <summary>A promise younger than this is still being kept by whoever made it.</summary>
    private static readonly Duration Patience = Duration.FromSeconds(10);

    private const int AtOnce = 20;

    private readonly BlindIndex _blind = new(keys);

    /// <summary>Issues a credential for a key of the holder; a key that has one gets that one until it is time to renew it.</summary>
    /// <param name="access">Names the person.</param>
    /// <param name="operation">The same again gets the same credential.</param>
    /// <exception cref="KeyUnavailableException">Nothing can be signed now; the promise, if it was made, is kept later.</exception>
    public Task<FormAnswer> RequestAsync(Access access, Actor actor, PersonId person, FormKind kind, HolderKey holder, Guid operation, CancellationToken cancel = default) =>
        RequestAsync(access, actor, person, kind, holder, operation, null, cancel);

    /// <inheritdoc cref="RequestAsync(Access, Actor, PersonId, FormKind, HolderKey, Guid, CancellationToken)"/>
    /// <param name="with">What else is written when another is promised; not called for one that is there.</param>
    internal Task<FormAnswer> RequestAsync(Access access, Actor actor, PersonId person, FormKind kind, HolderKey holder, Guid operation, WithPromise? with, CancellationToken cancel) => kind == FormKind.CardQr
        ? throw new ArgumentOutOfRangeException(nameof(kind), "A card is bound to no key.")
        : PromiseAsync(access, actor, person, kind, holder, operation, with, cancel);

    private async Task<FormAnswer> PromiseAsync(Access access, Actor actor, PersonId person, FormKind kind, HolderKey? holder, Guid operation, WithPromise? with, CancellationToken cancel)
    {
        if (await documents.LiveAsync(person, cancel) is not { } document || await standingOf(person, cancel) is not { } standing)
        {
            return new FormAnswer.NoDocument();
        }
        if (standing.Residence != ResidenceStanding.Active || !document.LiveOn(clock.Today()))
        {
            return new FormAnswer.NotInForce();
        }
        if ((await OpenHolds.OfAsync(db, person, cancel)).Gravest is { } held)
        {
            return new FormAnswer.Held(held);
        }
        var rule = rules();
        // Whole seconds: the forms say no more.
        var issued = Instant.FromUnixTimeSeconds(clock.Now().ToUnixTimeSeconds());
        // A card outlives many renewals of the residence, which its verifiers ask for; a credential is fetched anew.
        var expires = kind == FormKind.CardQr ? document.ExpiresDay.EndInRiyadh() : Instant.Min(issued + rule.Life, Instant.Min(document.ExpiresDay.EndInRiyadh(), standing.Until.EndInRiyadh()));
        if (holder is not null && await PresentAsync(access, document, kind, MarkOf(holder), expires, rule, cancel) is { } present)
        {
            return present;
        }
        var type = await types.CurrentAsync(cancel);
        var recipe = new FormRecipe(System.Security.Cryptography.RandomNumberGenerator.GetBytes(Salts.SeedLength), holder?.X ?? [], holder?.Y ?? [], standing.Until, rule.Ages, clock.Today(), type.Version);
        var id = await ClaimsAsync(access, document, kind, recipe, cancel);
        if (kind == FormKind.Mdoc && !MdocForm.Fits(id))
        {
            return new FormAnswer.NoPortrait();
        }
        while (true)
        {
            var by = keys.Current(SignerOf(kind));
            var until = Within(by, kind, expires);
            var form = new IssuedForm(Guid.CreateVersion7(clock.GetUtcNow()), 0, person, document.Id, kind, lists.Allocate(until), by.KeyId, [], PromiseState.Intended, null, issued, until, null, null, null);
            var unsigned = Write(form, id, recipe, by.Chain, type);
            SecondLook.At(kind, id, Terms(form, by.Chain), Holder(recipe), unsigned, clock.GetUtcNow());
            form = form with { Digest = unsigned.Digest };
            var act = new Act(ActId.New(clock), "credential.request", actor, operation, Digest.Of("credential.request", kind.ToString(), Convert.ToHexString(recipe.HolderX), Convert.ToHexString(recipe.HolderY)), clock.Now())
            {
                Person = person,
                Answer = form.Id.ToString(),
            };
            var change = new Change(act) { Claims = { StatusLists.ClaimOf(form.Place) } };
            Put(change, form);
            Documents.Touch(change, document);
            change.Rows.Add(CredentialsTables.Recipe.Insert(form.Id, await sealer.SealAsync(change, Context(form), recipe, cancel)));
            if (holder is not null)
            {
                change.Rows.Add(CredentialsTables.Holder.Insert(form.Id, MarkOf(holder), null));
            }
            if (with is not null && !await with(change, form, cancel))
            {
                return new FormAnswer.NotWanted();
            }
            switch (await writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done:
                    return await SignAsync(form with { RowVersion = 1 }, unsigned, by, cancel);
                case WriteOutcome.Claimed:
                    continue;
                // The document has moved meanwhile: ended, held, or another form of it was promised.
                case WriteOutcome.Conflict:
                    return await PromiseAsync(access, actor, person, kind, holder, operation, with, cancel);
                case WriteOutcome.Replayed { Answer: { } answer }:
                    return await AgainAsync(access, Guid.Parse(answer), cancel);
                case var other:
                    return new FormAnswer.NotWritten(other);
            }
        }
    }

    /// <summary>All forms of a person, newest first.</summary>
    public async Task<IReadOnlyList<IssuedForm>> OfAsync(PersonId person, CancellationToken cancel = default) =>
        [.. (await db.QueryAsync<Stored>(Columns + "WHERE person_id = @person ORDER BY id DESC", new { person = person.Value }, cancel)).Select(s => s.Read())];

    /// <summary>Keeps the promises whose maker has gone: signs what was promised, or voids it. Returns how many were ended.</summary>
    public async Task<int> CompleteAsync(CancellationToken cancel = default)
    {
        var late = await db.QueryAsync<Stored>(Columns + "WHERE state = 'INTENDED' AND issued_at < @before ORDER BY id LIMIT @most", new { before = clock.Now() - Patience, most = AtOnce }, cancel);
        var ended = 0;
        foreach (var form in late.Select(s => s.Read()))
        {
            var access = door.Enter(Actor.System("credentials"), Purpose.IssueDocument, null, "credentials.complete", form.Person);
            var by = keys.All(SignerOf(form.Kind)).FirstOrDefault(c => c.KeyId == form.KeyId && c.State == KeyState.Active);
            Unsigned? unsigned;
            try
            {
                unsigned = by is null ? null : await RebuildAsync(access, form, by.Chain, cancel);
            }
            catch (ErasedException)
            {
                // What it would say is gone for good; the promises behind it must not wait for it.
                unsigned = null;
            }
            // What could not be written now is not counted: whoever calls until nothing is left would ask without a pause.
            ended += unsigned is null ? await VoidAsync(form, cancel) ? 1 : 0 : await SignAsync(form, unsigned, by!, cancel) is FormAnswer.Issued ? 1 : 0;
        }
        return ended;
    }

    /// <summary>Ends the forms of a document within the change that ends the document: the status list says so within a second.</summary>
    internal static async Task EndAsync(Db db, Change change, Guid document, string reason, TimeProvider clock, CancellationToken cancel)
    {
        foreach (var form in (await db.QueryAsync<Stored>(Columns + "WHERE document_id = @document AND invalid_reason IS NULL", new { document }, cancel)).Select(s => s.Read()))
        {
            Put(change, form with { InvalidReason = reason }, clock);
        }
    }

    /// <summary>Puts the marks of the open holds on a person's forms within the change that begins or ends a hold: the status list says so within a second.</summary>
    internal static async Task MarkAsync(Db db, Change change, PersonId person, Instant? suspendedAt, Instant? frozenAt, TimeProvider clock, CancellationToken cancel)
    {
        var counting = await db.QueryAsync<Stored>(Columns + "WHERE person_id = @person AND invalid_reason IS NULL AND expires_at > @now", new { person = person.Value, now = clock.Now() }, cancel);
        foreach (var form in counting.Select(s => s.Read()).Where(f => f.SuspendedAt != suspendedAt || f.FrozenAt != frozenAt))
        {
            Put(change, form with { SuspendedAt = suspendedAt, FrozenAt = frozenAt }, clock);
        }
    }

    /// <summary>The credential that this key has, in full; null when it has none that counts, or it is time for the next.</summary>
    private async Task<FormAnswer?> PresentAsync(Access access, DocumentVersion document, FormKind kind, byte[] holder, Instant expires, FormRules rule, CancellationToken cancel)
    {
        var now = clock.Now();
        var present = (await db.FirstAsync<Stored>(Columns + """
            WHERE id IN (SELECT form_id FROM credential_holder WHERE holder = @holder) AND document_id = @document AND kind = @kind AND invalid_reason IS NULL AND expires_at > @now
            ORDER BY expires_at DESC, id DESC LIMIT 1
            """, new { holder, document = document.Id, kind = WordOf(kind), now }, cancel))?.Read();
        // A renewal that would end with the present one renews nothing; what a withdrawn signer signed is no credential.
        if (present is null || (now >= present.ExpiresAt - rule.Renew && expires > present.ExpiresAt)
            || keys.Inventory.Any(k => k.Id == present.KeyId && k.State is KeyState.Revoked or KeyState.Destroyed))
        {
            return null;
        }
        return await AgainAsync(access, present.Id, cancel) is var again and not FormAnswer.Voided ? again : null;
    }

    internal byte[] MarkOf(HolderKey holder) => _blind.Of("credential_holder", [.. holder.X, .. holder.Y]);

    private async Task<FormAnswer> AgainAsync(Access access, Guid id, CancellationToken cancel)
    {
        var form = (await db.FirstAsync<Stored>(Columns + "WHERE id = @id", new { id }, cancel))!.Read();
        if (form.State == PromiseState.Voided)
        {
            return new FormAnswer.Voided();
        }
        var by = keys.All(SignerOf(form.Kind)).FirstOrDefault(c => c.KeyId == form.KeyId);
        if (by is null || await RebuildAsync(access, form, by.Chain, cancel) is not { } unsigned)
        {
            return new FormAnswer.Voided();
        }
        return form.Signature is { } signature ? new FormAnswer.Issued(unsigned.Complete(signature), form) : await SignAsync(form, unsigned, by, cancel);
    }

    private async Task<FormAnswer> SignAsync(IssuedForm form, Unsigned unsigned, SigningCertificate by, CancellationToken cancel)
    {
        var signed = form with { State = PromiseState.Signed, Signature = keys.SignHash(by, unsigned.Digest) };
        switch (await EndAsync(signed, "credential.sign", cancel))
        {
            case WriteOutcome.Done:
                return new FormAnswer.Issued(unsigned.Complete(signed.Signature), signed with { RowVersion = form.RowVersion + 1 });
            // Another has kept the promise meanwhile; there is one signature that counts, and it is the stored one. Or a hold was put on it: then it is still to be kept.
            case WriteOutcome.Conflict or WriteOutcome.Replayed or WriteOutcome.OperationReused:
                var stored = (await db.FirstAsync<Stored>(Columns + "WHERE id = @id", new { id = form.Id }, cancel))!.Read();
                return stored.State == PromiseState.Intended && stored.RowVersion != form.RowVersion ? await SignAsync(stored, unsigned, by, cancel)
                    : stored.Signature is { } signature ? new FormAnswer.Issued(unsigned.Complete(signature), stored) : new FormAnswer.Voided();
            case var other:
                return new FormAnswer.NotWritten(other);
        }
    }

    private async Task<bool> VoidAsync(IssuedForm form, CancellationToken cancel)
    {
        if (await EndAsync(form with { State = PromiseState.Voided, InvalidReason = "voided" }, "credential.void", cancel) is not WriteOutcome.Done)
        {
            return false;
        }
        WasVoided(log, form.Id);
        return true;
    }

    private Task<WriteOutcome> EndAsync(IssuedForm form, string verb, CancellationToken cancel)
    {
        // One end for each promise: the operation is the promise as it stands.
        var operation = Platform.Background.Names.IdOf(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{verb}:{form.Id}:{form.RowVersion}"));
        var act = new Act(ActId.New(clock), verb, Actor.System("credentials"), operation, Digest.Of(verb, form.Id.ToString(), Convert.ToHexString(form.Digest)), clock.Now()) { Person = form.Person };
        var change = new Change(act);
        Put(change, form);
        return writer.WriteAsync(change, cancel: cancel);
    }

    /// <summary>What was promised, built anew; null when it is no longer the same.</summary>
    private async Task<Unsigned?> RebuildAsync(Access access, IssuedForm form, IReadOnlyList<byte[]> chain, CancellationToken cancel)
    {
        if (await documents.FindAsync(form.Document, cancel) is not { } document
            || await db.FirstAsync<byte[]>("SELECT recipe FROM credential_recipe WHERE form_id = @id", new { id = form.Id }, cancel) is not { } cipher)
        {
            return null;
        }
        var recipe = await door.OpenAsync<FormRecipe>(access, Context(form), cipher, cancel);
        if (await types.FindAsync(recipe.Type, cancel) is not { } type)
        {
            return null;
        }
        var unsigned = Write(form, await ClaimsAsync(access, document, form.Kind, recipe, cancel), recipe, chain, type);
        return unsigned.Digest.AsSpan().SequenceEqual(form.Digest) ? unsigned : null;
    }

    private async Task<IdClaims> ClaimsAsync(Access access, DocumentVersion document, FormKind kind, FormRecipe recipe, CancellationToken cancel)
    {
        var content = await documents.OpenAsync(access, document, cancel);
        var portrait = kind != FormKind.CardQr && content.Photo is { } photo ? await portraitOf(access, document.Person, photo, cancel) : null;
        return IdClaims.Of(document, content, recipe.ResidenceUntil, portrait, recipe.Ages, recipe.On);
    }

    private Unsigned Write(IssuedForm form, IdClaims id, FormRecipe recipe, IReadOnlyList<byte[]> chain, TypeMetadata type) =>
        SecondLook.Write(form.Kind, id, Terms(form, chain), Holder(recipe), recipe.Seed, type);

    private CredentialTerms Terms(IssuedForm form, IReadOnlyList<byte[]> chain) => new(origin, form.IssuedAt, form.ExpiresAt, lists.UriOf(form.Place.List), form.Place.Index, chain);

    private static HolderKey Holder(FormRecipe recipe) => new(recipe.HolderX, recipe.HolderY);

    private void Put(Change change, IssuedForm form) => Put(change, form, clock);

    internal static void Put(Change change, IssuedForm f, TimeProvider clock) => change.Heads.Add(CredentialsTables.Form.Head(f.Id, f.RowVersion, f.Person.Value, f.Document, WordOf(f.Kind), f.Place.List, f.Place.Index,
        f.KeyId, f.Digest, f.State.ToString().ToUpperInvariant(), f.Signature, f.IssuedAt, f.ExpiresAt, f.InvalidReason, f.SuspendedAt, f.FrozenAt, clock.Now()));

    private static SealContext Context(IssuedForm form) => new(form.Person, RetentionClass.Identity, "credential_recipe", form.Id);

    internal static FormKind KindOf(string word) => Enum.GetValues<FormKind>().Single(k => WordOf(k) == word);

    /// <summary>As the table has it.</summary>
    public static string WordOf(FormKind kind) => kind switch
    {
        FormKind.SdJwtVc => "sd-jwt-vc",
        FormKind.Mdoc => "mdoc",
        _ => "card-qr",
    };

    private static KeyPurpose SignerOf(FormKind kind) => kind == FormKind.CardQr ? KeyPurpose.QrSigner : KeyPurpose.DocumentSigner;

    [LoggerMessage(71, LogLevel.Warning, "The promise to sign {Form} was voided: it could not be built again as it was promised.")]
    private static partial void WasVoided(ILogger logger, Guid form);

    /// <summary>What a form is built from beside its document. Sealed.</summary>
    /// <param name="Seed">Of the salts, 32 bytes.</param>
    /// <param name="HolderX">The holder's key, P-256; empty for a card.</param>
    /// <param name="ResidenceUntil">As it was when the form was made.</param>
    /// <param name="On">The day for which the ages are told.</param>
    /// <param name="Type">Version of the credential's type; absent in recipes from before there was a second.</param>
    internal sealed record FormRecipe(byte[] Seed, byte[] HolderX, byte[] HolderY, LocalDate ResidenceUntil, IReadOnlyList<int> Ages, LocalDate On, int Type = 1);

    private sealed record Stored(
        Guid Id, long RowVersion, Guid PersonId, Guid DocumentId, string Kind, string List, int ListIndex, string KeyId, byte[] Digest, string State, byte[]? Signature,
        Instant IssuedAt, Instant ExpiresAt, string? InvalidReason, Instant? SuspendedAt, Instant? FrozenAt)
    {
        public IssuedForm Read() => new(
            Id, RowVersion, new PersonId(PersonId), DocumentId, KindOf(Kind), new StatusPlace(List, ListIndex), KeyId, Digest,
            Enum.Parse<PromiseState>(State, ignoreCase: true), Signature, IssuedAt, ExpiresAt, InvalidReason, SuspendedAt, FrozenAt);
    }
}
