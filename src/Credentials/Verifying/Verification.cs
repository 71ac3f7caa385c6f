using System.Data.Common;
using System.Text;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Live;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Verifier;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.SdJwt;
using Muqeem.Verifier.Status;
using NodaTime;

namespace Muqeem.Credentials.Verifying;

/// <summary>How a residence stands, as verification needs it.</summary>
public enum ResidenceStanding
{
    NotYet,
    Active,
    Expired,
    Suspended,
    Ended,
    Revoked,
}

/// <param name="Until">The last valid day of the residence.</param>
/// <param name="AsOf">When this was true; older than allowed is no answer.</param>
public sealed record Standing(ResidenceStanding Residence, LocalDate Until, Instant AsOf)
{
    /// <summary>When the word changes by date alone, if nothing is written before; null: never.</summary>
    public Instant? Next { get; init; }
}

/// <summary>Asks the register of residences; null when the person has none. Registered by the host, because the register is no part of this project.</summary>
public delegate Task<Standing?> StandingOf(PersonId person, CancellationToken cancel);

/// <summary>The same of many persons at once, with one look; who has no residence is not in it.</summary>
public delegate Task<IReadOnlyDictionary<PersonId, Standing>> StandingsOf(IReadOnlyCollection<PersonId> persons, CancellationToken cancel);

/// <summary>Answers verifiers: from the text of a scanned code, or a short code that was read out.</summary>
/// <param name="oldest">How old a standing may be.</param>
public sealed class Verification(
    Db db, Documents documents, OwnSigners signers, BlindIndex blind, ReadDoor door, StandingOf standingOf, Func<LiveCodeRules> rules, TimeProvider clock, Duration? oldest = null)
{
    /// <summary>How a check by nobody in particular stands in the record.</summary>
    public const string Where = "verify";

    private static readonly Duration Soon = Duration.FromSeconds(15);

    private readonly GuessLimit _guesses = new(clock);
    private readonly Duration _oldest = oldest ?? Duration.FromMinutes(1);

    /// <param name="text">As scanned or typed, any digits, any case; or an SD-JWT.</param>
    /// <param name="asker">Whom to count wrong codes against: an address or a session. Never stored.</param>
    /// <param name="reader">Who the resident is told has checked: the public, or a registered verifier.</param>
    /// <param name="where">Stands in the record that the resident reads.</param>
    public async Task<Verdict> CheckAsync(string? text, string asker, Actor reader, string where = Where, CancellationToken cancel = default) => (await IdentifyAsync(text, asker, reader, where, cancel)).Verdict;

    /// <summary>The verdict, and for us alone whose ID it is; null before anybody is known.</summary>
    internal async Task<(Verdict Verdict, PersonId? Holder)> IdentifyAsync(string? text, string asker, Actor reader, string where, CancellationToken cancel)
    {
        var by = new Asking(reader, where);
        try
        {
            return (await VerdictAsync(text, asker, by, cancel), by.Holder);
        }
        catch (Exception unreachable) when (unreachable is DbException or TimeoutException or AccessNotRecordedException)
        {
            return (new Verdict.CannotSay(CannotSayReason.Unreachable, Soon), null);
        }
    }

    private async Task<Verdict> VerdictAsync(string? text, string asker, Asking by, CancellationToken cancel)
    {
        if (text is not null && text.LastIndexOf('~') is var end and >= 0)
        {
            // Whatever follows is a proof to somebody else, which nobody can check here.
            return await CredentialAsync(text[..(end + 1)].Trim(), by, cancel);
        }
        var typed = Digits.NormaliseWords(text).Trim();
        return CodeIn(typed) is { } code ? await CodeAsync(code, by, cancel)
            : ShortIn(typed) is { } spoken ? await ShortAsync(spoken, asker, by, cancel)
            : new Verdict.NotValid(NotValidReason.NotOurs);
    }

    /// <summary>A code of the phone names its holder to us alone; one of a card names its place in a status list.</summary>
    private async Task<Verdict> CodeAsync(byte[] bytes, Asking by, CancellationToken cancel)
    {
        if (!Read(bytes).TryGet(out var code, out var reason))
        {
            return Refuse(reason);
        }
        if (code.Kind == QrKind.Card)
        {
            return await PlaceAsync(code.Status!, by, cancel);
        }
        var shown = code.Handle is { } subject && LiveSubject.TryRead(blind, subject.Span, out var handle)
            ? await db.FirstAsync<Shown>("SELECT person_id, document_id, NULL AS invalid_reason FROM credential WHERE handle = @handle", new { handle }, cancel)
            : null;
        return await ShownAsync(shown, by, cancel);
    }

    private Checked<QrCode> Read(byte[] bytes)
    {
        Checked<QrCode> Check() => QrCode.Verify(bytes, signers.Qr, clock.GetUtcNow(), new QrOptions { Tolerance = rules().Tolerance.ToTimeSpan(), Purposes = signers.Purposes });
        var code = Check();
        if (code.Reason != Reason.QrSignerUnknown)
        {
            return code;
        }
        signers.Refresh();
        return Check();
    }

    /// <summary>A credential as text, as a wallet or a file has it. Without the holder's proof it shows that we issued it and that it counts, not who holds it.</summary>
    private async Task<Verdict> CredentialAsync(string text, Asking by, CancellationToken cancel)
    {
        Checked<SdJwtCredential> Check() => SdJwtVerifier.Verify(text, signers.Trust, clock.GetUtcNow(), new SdJwtOptions { Purposes = signers.Purposes });
        var read = Check();
        if (read.Reason == Reason.SignerUnknown)
        {
            signers.Refresh();
            read = Check();
        }
        if (!read.TryGet(out var credential, out var reason))
        {
            return Refuse(reason);
        }
        return credential.Status is { } status ? await PlaceAsync(status, by, cancel) : new Verdict.NotValid(NotValidReason.NotOurs);
    }

    private async Task<Verdict> PlaceAsync(StatusReference status, Asking by, CancellationToken cancel)
    {
        var shown = await db.FirstAsync<Shown>("SELECT person_id, document_id, invalid_reason FROM credential_form WHERE list = @list AND list_index = @index",
            new { list = status.Uri[(status.Uri.LastIndexOf('/') + 1)..], index = status.Index }, cancel);
        return await ShownAsync(shown, by, cancel);
    }

    private async Task<Verdict> ShownAsync(Shown? shown, Asking by, CancellationToken cancel) =>
        shown is null ? new Verdict.NotValid(NotValidReason.NotOurs) : await HolderAsync(new PersonId(shown.PersonId), shown.DocumentId, shown.InvalidReason, by, cancel);

    private static Verdict Refuse(Reason reason) => reason switch
    {
        Reason.QrNotOurs or Reason.NotOurs => new Verdict.NotValid(NotValidReason.NotOurs),
        Reason.QrFromFuture or Reason.SdJwtFromFuture or Reason.SignerNotYetValid => new Verdict.CannotSay(CannotSayReason.Clock, Soon),
        Reason.QrProofTooOld => new Verdict.NotValid(NotValidReason.CodeTooOld),
        Reason.QrExpired => new Verdict.NotValid(NotValidReason.DocumentExpired),
        Reason.SdJwtExpired => new Verdict.NotValid(NotValidReason.CredentialExpired),
        _ => new Verdict.NotValid(NotValidReason.Forged),
    };

    private async Task<Verdict> ShortAsync(string code, string asker, Asking by, CancellationToken cancel)
    {
        var limit = rules();
        if (_guesses.Take(asker, limit.WrongCodes, limit.WrongCodesWithin) is { } wait)
        {
            return new Verdict.CannotSay(CannotSayReason.TooManyTries, wait);
        }
        var spoken = await db.FirstAsync<Spoken>("SELECT person_id, made_at FROM verify_code WHERE code = @code AND expires_at > @now",
            new { code = LiveCodes.HashOf(blind, code), now = clock.Now() }, cancel);
        if (spoken is null)
        {
            return new Verdict.NotValid(NotValidReason.CodeUnknown);
        }
        _guesses.GiveBack(asker);
        var person = new PersonId(spoken.PersonId);
        // It was made of the version that there was then: what was reported lost does not come back with the next.
        var made = (await documents.OfAsync(person, cancel)).FirstOrDefault(d => d.IssuedAt <= spoken.MadeAt);
        return await HolderAsync(person, made is { State: not DocumentState.Superseded } ? made.Id : null, null, by, cancel);
    }

    private sealed record Spoken(Guid PersonId, Instant MadeAt);

    /// <summary>The subject is known from here on, so the check is recorded whatever its answer.</summary>
    private async Task<Verdict> HolderAsync(PersonId person, Guid? document, string? ended, Asking by, CancellationToken cancel)
    {
        by.Holder = person;
        var access = door.Enter(by.Reader, Purpose.VerifyDocument, null, by.Where, person);
        var verdict = await JudgeAsync(access, person, document, cancel);
        if (verdict is Verdict.Valid && ended is not null)
        {
            // The document counts, this form of it does not: another took its place.
            verdict = new Verdict.NotValid(NotValidReason.Superseded);
        }
        await access.Recorded;
        return verdict;
    }

    private async Task<Verdict> JudgeAsync(Access access, PersonId person, Guid? shown, CancellationToken cancel)
    {
        if (await standingOf(person, cancel) is not { } standing)
        {
            return new Verdict.NotValid(NotValidReason.Ended);
        }
        var now = clock.Now();
        if (now - standing.AsOf > _oldest)
        {
            return new Verdict.CannotSay(CannotSayReason.StatusTooOld, Soon);
        }
        var versions = await documents.OfAsync(person, cancel);
        // A code that was read out names no version: if its own was replaced by a later one it is the live one's, or the last that there was.
        var document = shown is { } id ? versions.FirstOrDefault(d => d.Id == id) : versions.FirstOrDefault(d => d.State == DocumentState.Live) ?? versions.FirstOrDefault();
        var against = Against(standing.Residence, document, await OpenHolds.OfAsync(db, person, cancel), clock.Today());
        if (against is not null || document is null)
        {
            return new Verdict.NotValid(against ?? NotValidReason.DocumentEnded);
        }
        var content = await documents.OpenAsync(access, document, cancel);
        return new Verdict.Valid(Initials(content.NameLatin), content.Photo is not null, standing.Until, standing.AsOf, content.ResidentNumber.StartsWith(DigitalId.SpecimenPrefix, StringComparison.Ordinal));
    }

    /// <summary>What is final before what a day or a suspension ends, and the authority's word before the holder's: a freeze never hides a suspension, nor looks like one.</summary>
    internal static NotValidReason? Against(ResidenceStanding residence, DocumentVersion? document, OpenHolds holds, LocalDate today) =>
        Against(residence, document?.State, document?.ExpiresDay ?? default, holds.Suspension is not null, holds.Freeze is not null, today);

    /// <param name="expires">The document's last day; without a document it is not looked at.</param>
    internal static NotValidReason? Against(ResidenceStanding residence, DocumentState? document, LocalDate expires, bool isSuspended, bool isFrozen, LocalDate today)
    {
        NotValidReason? final = (residence, document) switch
        {
            (ResidenceStanding.Revoked, _) => NotValidReason.Revoked,
            (ResidenceStanding.Ended, _) => NotValidReason.Ended,
            (_, DocumentState.Live) => null,
            (_, DocumentState.Revoked) => NotValidReason.DocumentRevoked,
            (_, DocumentState.Lost) => NotValidReason.DocumentLost,
            (_, DocumentState.Damaged) => NotValidReason.DocumentDamaged,
            (_, DocumentState.Superseded) => NotValidReason.Superseded,
            _ => NotValidReason.DocumentEnded,
        };
        return final ?? residence switch
        {
            ResidenceStanding.NotYet => NotValidReason.NotYet,
            ResidenceStanding.Expired => NotValidReason.Expired,
            _ when expires < today => NotValidReason.DocumentExpired,
            ResidenceStanding.Suspended => NotValidReason.Suspended,
            _ when isSuspended => NotValidReason.DocumentSuspended,
            _ when isFrozen => NotValidReason.DocumentFrozen,
            ResidenceStanding.Active => null,
            _ => NotValidReason.Ended,
        };
    }

    /// <summary>The first letters of the first and the last name; of a single name its one letter.</summary>
    internal static string Initials(string name)
    {
        var parts = name.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        static string Letter(string part) => Rune.ToUpperInvariant(part.EnumerateRunes().First()) + ".";
        return parts.Length switch
        {
            0 => "",
            1 => Letter(parts[0]),
            _ => Letter(parts[0]) + " " + Letter(parts[^1]),
        };
    }

    /// <summary>What follows our scheme, or the last part of an address that is long enough to be a code; any case, because people type and browsers change it.</summary>
    public static byte[]? CodeIn(string text)
    {
        var scheme = text.LastIndexOf(QrCode.Prefix, StringComparison.OrdinalIgnoreCase);
        if (scheme >= 0)
        {
            return Base32.TryDecode(text.AsSpan(scheme + QrCode.Prefix.Length), out var named) ? named : [];
        }
        var last = text[(text.LastIndexOfAny(['/', '#', '=']) + 1)..];
        return last.Length < 100 || !last.All(char.IsAsciiLetterOrDigit) ? null : Base32.TryDecode(last, out var bytes) ? bytes : [];
    }

    /// <summary>Eight characters of Crockford's alphabet, groups and spaces apart, with what is often misread put right.</summary>
    private static string? ShortIn(string text)
    {
        var code = new StringBuilder(LiveCodes.ShortLength);
        foreach (var c in text)
        {
            var upper = char.ToUpperInvariant(c) switch { 'O' => '0', 'I' or 'L' => '1', var other => other };
            if (upper is '-' or ' ')
            {
                continue;
            }
            if (!LiveCodes.ShortAlphabet.Contains(upper, StringComparison.Ordinal) || code.Length == LiveCodes.ShortLength)
            {
                return null;
            }
            code.Append(upper);
        }
        return code.Length == LiveCodes.ShortLength ? code.ToString() : null;
    }

    private sealed record Shown(Guid PersonId, Guid DocumentId, string? InvalidReason);

    private sealed class Asking(Actor reader, string where)
    {
        public Actor Reader { get; } = reader;
        public string Where { get; } = where;
        public PersonId? Holder { get; set; }
    }
}
