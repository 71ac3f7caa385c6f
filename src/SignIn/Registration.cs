using System.Net.Mail;
using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Codes;
using Muqeem.SignIn.Factors;
using Muqeem.SignIn.Messages;
using Muqeem.SignIn.Passwords;
using Muqeem.SignIn.Throttling;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>
/// Opening an account. Who gives number, birth date and passport of one person, and has that person's mobile in hand, is the person. Until the three agree nothing is said: a number that does
/// not exist, one that belongs to somebody else, and one that has an account all lead to the same page, after the same work. A registration is kept sealed for a day under a token of 256 random bits.
/// </summary>
public sealed class Registration
{
    public const string WaitCode = "registration.wait";
    public const string TooYoung = "registration.too_young";
    public const string ContactMissing = "registration.contact_missing";
    public const string ContactOne = "registration.contact_one";
    public const string EmailForm = "email.form";
    public const string NameMissing = "profile.name";
    public const string OccupationMissing = "profile.occupation";
    public const string PlaceMissing = "profile.place";
    public const string TextTooLong = "profile.too_long";
    public const string AuthenticatorNeeded = "authenticator.needed";
    public const string AuthenticatorWrong = "authenticator.wrong";
    private const int LongestText = 120;
    private const int LongestName = 240;
    private static readonly Actor Visiting = Actor.Anonymous;
    private readonly Db _db;
    private readonly IWriter _writer;
    private readonly Sealer _sealer;
    private readonly ReadDoor _door;
    private readonly Persons _persons;
    private readonly AccountBook _book;
    private readonly Sessions _sessions;
    private readonly OneTimeCodes _codes;
    private readonly PasswordHasher _hasher;
    private readonly Throttle _throttle;
    private readonly IdentityCheck _identity;
    private readonly LabourContracts _labour;
    private readonly DomesticWork _domestic;
    private readonly NationalAddresses _addresses;
    private readonly SignInPolicies _policies;
    private readonly TimeProvider _clock;

    internal Registration(
        Db db, IWriter writer, Sealer sealer, ReadDoor door, Persons persons, AccountBook book, Sessions sessions, OneTimeCodes codes, PasswordHasher hasher, Throttle throttle, IdentityCheck identity, LabourContracts labour, DomesticWork domestic, NationalAddresses addresses, SignInPolicies policies, TimeProvider clock)
    {
        _db = db;
        _writer = writer;
        _sealer = sealer;
        _door = door;
        _persons = persons;
        _book = book;
        _sessions = sessions;
        _codes = codes;
        _hasher = hasher;
        _throttle = throttle;
        _identity = identity;
        _labour = labour;
        _domestic = domestic;
        _addresses = addresses;
        _policies = policies;
        _clock = clock;
    }

    /// <summary>Begins: compares with the register and, if all agrees, sends a code to the mobile it holds.</summary>
    /// <param name="operation">Of the form. The same again begins anew: nothing of the first can be used without its token.</param>
    public async Task<RegistrationAnswer> StartAsync(RegistrationStart typed, Visitor visitor, CancellationToken cancel = default)
    {
        var refusals = new List<Refusal>();
        if (IdentityCheck.Read(typed, _identity.Today, refusals) is not { } details)
        {
            return new RegistrationAnswer.Refused(refusals, null);
        }
        if (Spend(details, visitor) is { } opensAt)
        {
            return new RegistrationAnswer.Wait(new Refusal(WaitCode, ("at", opensAt)), opensAt);
        }
        var state = new PendingState
        {
            Language = visitor.Language,
            NumberKind = details.NumberKind,
            Number = details.Number,
            Birth = details.Birth,
            Passport = details.Passport,
            PassportIssuer = details.PassportIssuer,
        };
        var token = Token.New(out var hash);
        var row = new PendingRow(Guid.CreateVersion7(_clock.GetUtcNow()), 0, hash, [], _clock.Now() + _policies.Now.RegistrationLife);
        return await CompareAsync(new(row, state), token, cancel);
    }

    /// <summary>Where a registration stands, for a page that is opened again.</summary>
    public async Task<RegistrationAnswer> ResumeAsync(string? token, CancellationToken cancel = default) =>
        await OpenAsync(token, cancel) is { } pending ? new RegistrationAnswer.At(await StepAsync(pending, cancel)) : new RegistrationAnswer.Gone();

    /// <summary>Asks the agency again.</summary>
    public async Task<RegistrationAnswer> RetryAsync(string? token, CancellationToken cancel = default)
    {
        if (await OpenAsync(token, cancel) is not { } pending)
        {
            return new RegistrationAnswer.Gone();
        }
        return pending.State.Step == PendingStep.Waiting ? await CompareAsync(pending, null, cancel) : new RegistrationAnswer.At(await StepAsync(pending, cancel));
    }

    /// <summary>Sends another code, to whoever the first went to, or to nobody.</summary>
    public async Task<RegistrationAnswer> ResendAsync(string? token, CancellationToken cancel = default)
    {
        if (await OpenAsync(token, cancel) is not { } pending)
        {
            return new RegistrationAnswer.Gone();
        }
        var (row, state) = pending;
        var (code, purpose, to) = state.Step switch
        {
            PendingStep.Code => (state.Code, CodePurpose.Register, state.Agreed ? MobileOf(state, row) : null),
            PendingStep.ContactCode => (state.ContactCode, CodePurpose.OwnContact, ContactOf(state, row)),
            _ => (null, default, null),
        };
        if (code is null)
        {
            return new RegistrationAnswer.At(await StepAsync(pending, cancel));
        }
        var (_, refusal, busy) = await _codes.ResendAsync(code.Value, purpose, row.Id, to, cancel);
        return busy is { } wait ? new RegistrationAnswer.Busy(wait)
            : refusal is not null ? new RegistrationAnswer.Refused([refusal], await StepAsync(pending, cancel))
            : new RegistrationAnswer.At(await StepAsync(pending, cancel));
    }

    /// <summary>The code from the registered mobile, or from the number or address that the visitor gave.</summary>
    public async Task<RegistrationAnswer> ConfirmCodeAsync(string? token, string? typed, Guid operation, CancellationToken cancel = default)
    {
        if (await OpenAsync(token, cancel) is not { } pending)
        {
            return new RegistrationAnswer.Gone();
        }
        var (row, state) = pending;
        var own = state.Step == PendingStep.ContactCode;
        if (state.Step is not (PendingStep.Code or PendingStep.ContactCode))
        {
            return new RegistrationAnswer.At(await StepAsync(pending, cancel));
        }
        var next = state with { Step = PendingStep.Profile, ProvedByMobile = !own };
        var use = await _codes.UseAsync((own ? state.ContactCode : state.Code)!.Value, own ? CodePurpose.OwnContact : CodePurpose.Register, row.Id, typed, async () =>
        {
            // Only a code that was sent can fit, and only who agreed was sent one.
            next = next with { Proposal = own ? new ProfileProposal(null, null, null, null) : await ProposeAsync(state, cancel) };
            return await ChangeAsync("registration.confirm", operation, row, next);
        }, cancel);
        return use switch
        {
            CodeUse.Refused refused => new RegistrationAnswer.Refused([refused.Refusal], await StepAsync(pending, cancel)),
            CodeUse.Busy busy => new RegistrationAnswer.Busy(busy.RetryAfter),
            CodeUse.Fitted fitted => await AfterAsync(fitted.Outcome, new(row, next), cancel),
            _ => throw new InvalidOperationException("An unknown use of a code."),
        };
    }

    /// <summary>A mobile or an e-mail address of the visitor's own, when the register holds none. One of the two.</summary>
    public async Task<RegistrationAnswer> GiveContactAsync(string? token, string? mobile, string? email, Guid operation, CancellationToken cancel = default)
    {
        if (await OpenAsync(token, cancel) is not { } pending)
        {
            return new RegistrationAnswer.Gone();
        }
        var (row, state) = pending;
        // From the code's page one may come back: the number was mistyped.
        if (state.Step is not (PendingStep.Contact or PendingStep.ContactCode))
        {
            return new RegistrationAnswer.At(await StepAsync(pending, cancel));
        }
        var refusal = ContactText.Read(mobile, email, out var kind, out var value);
        if (refusal is not null)
        {
            return new RegistrationAnswer.Refused([refusal], new RegistrationStep.GiveContact());
        }
        if (_throttle.Take(new Budget("codes.own", _policies.Now.StartsPerNumber, Duration.FromHours(24)), state.Number) is { } opensAt)
        {
            return new RegistrationAnswer.Wait(new Refusal(WaitCode, ("at", opensAt)), opensAt);
        }
        var next = state with { Step = PendingStep.ContactCode, ContactKind = kind, ContactValue = value };
        var change = new Change(Act("registration.contact", operation, row));
        var sent = await _codes.IssueAsync(change, CodePurpose.OwnContact, row.Id, ContactOf(next, row));
        next = next with { ContactCode = sent.Id };
        await PutAsync(change, row, next);
        return await AfterAsync(await _writer.WriteAsync(change, cancel: cancel), new(row, next), cancel);
    }

    /// <summary>Name, occupation and place of residence: as the records say, or as typed.</summary>
    public Task<RegistrationAnswer> ProfileAsync(string? token, ProfileAnswers answers, Guid operation, CancellationToken cancel = default) =>
        StepAsync(token, PendingStep.Profile, "registration.profile", operation, (_, state) =>
        {
            var refusals = new List<Refusal>();
            var records = state.Proposal ?? new(null, null, null, null);
            // A name from the record stands; another spelling is corrected there, not here.
            var name = records.Name ?? Text(answers.Name, NameMissing, LongestName, refusals);
            var arabic = records.NameArabic ?? (string.IsNullOrWhiteSpace(answers.NameArabic) ? null : Text(answers.NameArabic, NameMissing, LongestName, refusals));
            var occupation = string.IsNullOrWhiteSpace(answers.Occupation) ? records.Occupation ?? Text(null, OccupationMissing, LongestText, refusals) : Text(answers.Occupation, OccupationMissing, LongestText, refusals);
            var place = string.IsNullOrWhiteSpace(answers.Place) ? records.Place ?? Text(null, PlaceMissing, LongestText, refusals) : Text(answers.Place, PlaceMissing, LongestText, refusals);
            return Task.FromResult<(PendingState?, IReadOnlyList<Refusal>)>(refusals.Count > 0
                ? (null, refusals)
                : (state with { Step = PendingStep.Password, Profile = new AccountProfile { Name = name!, NameArabic = arabic, Occupation = occupation!, Place = place! } }, []));
        }, cancel);

    /// <summary>The password, at least ten characters of any kind and none that everybody tries.</summary>
    public Task<RegistrationAnswer> PasswordAsync(string? token, string? password, Guid operation, CancellationToken cancel = default) =>
        StepAsync(token, PendingStep.Password, "registration.password", operation, async (_, state) =>
        {
            var refusals = PasswordRules.Check(password ?? "", _policies.Now.PasswordLength, About(state));
            return refusals.Count > 0
                ? (null, refusals)
                : (state with { Step = PendingStep.Authenticator, Password = await _hasher.HashAsync(password!, cancel), Secret = Totp.NewSecret() }, []);
        }, cancel);

    /// <summary>The first code of the authenticator app; or none, where the mobile is the second factor.</summary>
    /// <param name="typed">Null: go on without the app.</param>
    public Task<RegistrationAnswer> AuthenticatorAsync(string? token, string? typed, Guid operation, CancellationToken cancel = default) =>
        StepAsync(token, PendingStep.Authenticator, "registration.authenticator", operation, async (_, state) =>
        {
            long step = 0;
            if (typed is null)
            {
                if (!MaySkipAuthenticator(state))
                {
                    return (null, [new Refusal(AuthenticatorNeeded)]);
                }
            }
            else if (Totp.Match(state.Secret, Digits.Compact(typed), _clock.Now(), 0) is { } match)
            {
                step = match;
            }
            else
            {
                return (null, [new Refusal(AuthenticatorWrong)]);
            }
            var codes = RecoveryCodeSet.New();
            var (salt, hashes) = await RecoveryCodeSet.HashAsync(codes, _hasher, cancel);
            return (state with
            {
                Step = PendingStep.RecoveryCodes,
                Secret = typed is null ? null : state.Secret,
                SecretStep = step,
                RecoveryCodes = codes,
                RecoverySalt = salt,
                RecoveryHashes = hashes,
            }, []);
        }, cancel);

    /// <summary>The codes are kept: opens the account and signs in.</summary>
    public async Task<RegistrationAnswer> FinishAsync(string? token, bool sharedPhone, Visitor visitor, Guid operation, CancellationToken cancel = default)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (await OpenAsync(token, cancel) is not { } pending)
            {
                return new RegistrationAnswer.Gone();
            }
            var (row, state) = pending;
            if (state.Step != PendingStep.RecoveryCodes)
            {
                return new RegistrationAnswer.At(await StepAsync(pending, cancel));
            }
            var (change, starting, device) = await OpeningAsync(row, state, sharedPhone, visitor, operation, cancel);
            switch (await _writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done:
                    return new RegistrationAnswer.Opened(_sessions.Started(starting, device));
                case WriteOutcome.Conflict or WriteOutcome.Claimed { Kind: not "account.person" } when attempt < 4:
                    // The person was added to the register meanwhile, by an application or an officer: look again.
                    continue;
                case WriteOutcome.Busy busy:
                    return new RegistrationAnswer.Busy(busy.RetryAfter);
                case WriteOutcome.InDoubt:
                    return new RegistrationAnswer.Busy(TimeSpan.FromSeconds(2));
                default:
                    // Another registration of the same person was first: sign in with that one.
                    return new RegistrationAnswer.Gone();
            }
        }
    }

    private Instant? Spend(Details details, Visitor visitor)
    {
        var limits = _policies.Now;
        // All by what was typed: whether the number exists changes nothing. By number and address together: nobody can use up somebody else's tries.
        return _throttle.Take(new Budget("starts.all", limits.StartsInAll, Duration.FromHours(1)), "all")
            ?? _throttle.Take(new Budget("starts.address", limits.StartsPerAddress, Duration.FromHours(1)), visitor.Address)
            ?? _throttle.Take(new Budget("starts.number", limits.StartsPerNumber, Duration.FromHours(24)), $"{details.Number}|{visitor.Address}");
    }

    private async Task<RegistrationAnswer> CompareAsync(Pending pending, string? token, CancellationToken cancel)
    {
        var (row, state) = pending;
        var answer = await _identity.CompareAsync(new(state.NumberKind, state.Number, state.Birth, state.Passport, state.PassportIssuer), cancel);
        // Looked for whatever the register said, and by both numbers.
        var agreed = answer as IdentityAnswer.Agrees;
        var account = await AccountOfAsync(agreed?.Person.ResidentNumber ?? state.Number, agreed?.Person.BorderNumber ?? state.Number, cancel);
        if (answer is IdentityAnswer.NoAnswer silent)
        {
            return await KeepAsync(pending with { State = state with { Step = PendingStep.Waiting, WaitingFor = silent.Agency, RetryAt = silent.RetryAt } }, token, null, cancel);
        }
        if (agreed is not null && !IdentityCheck.IsAdult(agreed.Person, _policies.Now.AdultAge, _identity.Today) && account is null)
        {
            // Said only to who knows all three; a child's ID is in the account of the head of family.
            return new RegistrationAnswer.Refused([new Refusal(TooYoung, ("age", _policies.Now.AdultAge))], null);
        }
        var open = agreed is not null && account is null;
        if (open && _throttle.Take(new Budget("codes.registration", _policies.Now.CodesPerAccount, Duration.FromHours(24)), state.Number) is { } opensAt)
        {
            // Whoever comes here knows all three; the telephone of the person shall not ring all day for it.
            return new RegistrationAnswer.Wait(new Refusal(WaitCode, ("at", opensAt)), opensAt);
        }
        state = state with { Step = PendingStep.Code, Agreed = open, WaitingFor = null, RetryAt = null, Person = open ? agreed!.Person : null };
        if (open && agreed!.Person.Mobile is null)
        {
            return await KeepAsync(pending with { State = state with { Step = PendingStep.Contact } }, token, null, cancel);
        }
        return await KeepAsync(pending with { State = state }, token, async change =>
        {
            var sent = await _codes.IssueAsync(change, CodePurpose.Register, row.Id, open ? MobileOf(state, row) : null);
            if (agreed is not null && account is not null && _throttle.Take(new Budget("tell.has_account", 3, Duration.FromHours(24)), account.Id.ToString()) is null)
            {
                // Written and sent after the answer: opening the holder's number here would take time that tells.
                HolderNotices.Ask(change, account, "has_account", _clock);
            }
            return state with { Code = sent.Id };
        }, cancel);
    }

    private async Task<RegistrationAnswer> KeepAsync(Pending pending, string? token, Func<Change, Task<PendingState>>? more, CancellationToken cancel)
    {
        var (row, state) = pending;
        var change = new Change(Requests.Own(_clock, "registration.compare", null, row.Id.ToString()));
        if (more is not null)
        {
            state = await more(change);
        }
        await PutAsync(change, row, state);
        return await _writer.WriteAsync(change, cancel: cancel) switch
        {
            WriteOutcome.Done => new RegistrationAnswer.At(await StepAsync(new(row with { Version = row.Version + 1 }, state), cancel), token),
            WriteOutcome.Busy busy => new RegistrationAnswer.Busy(busy.RetryAfter),
            _ => new RegistrationAnswer.Busy(TimeSpan.FromSeconds(2)),
        };
    }

    private async Task<AccountRow?> AccountOfAsync(string residentNumber, string borderNumber, CancellationToken cancel)
    {
        var byResident = await _persons.FindAsync(IdentifierKinds.Resident, residentNumber, cancel);
        var byBorder = await _persons.FindAsync(IdentifierKinds.Border, borderNumber, cancel);
        return await _book.ByPersonAsync(byResident ?? byBorder ?? default, cancel);
    }

    // Name, occupation and city as the record systems have them. What does not answer in time is typed instead.
    private async Task<ProfileProposal> ProposeAsync(PendingState state, CancellationToken cancel)
    {
        var person = state.Person!;
        var number = person.ResidentNumber ?? person.BorderNumber ?? state.Number;
        var recorded = OccupationAsync(number, cancel);
        var addresses = _addresses.OfPersonAsync(number, cancel);
        var occupation = await recorded;
        var address = (await addresses).ValueOrNull?.Primary;
        var city = state.Language == "ar" ? address?.CityAr : address?.CityEn is { Length: > 0 } english ? english : address?.CityAr;
        return new(
            person.FullNameLatin.Length > 0 ? new(person.FullNameLatin, ProfileSources.Register) : null,
            person.FullNameArabic.Length > 0 ? new(person.FullNameArabic, ProfileSources.Register) : null,
            occupation is null ? null : new(occupation, ProfileSources.Labour),
            city is null ? null : new(city, ProfileSources.Address));
    }

    /// <summary>From the establishment's contract, or the household's.</summary>
    private async Task<string?> OccupationAsync(string number, CancellationToken cancel) =>
        (await _labour.WorkerAsync(number, cancel)).ValueOrNull?.OccupationCode ?? (await _domestic.ContractAsync(number, cancel)).ValueOrNull?.OccupationCode;

    private async Task<(Change Change, Starting Starting, string? Device)> OpeningAsync(PendingRow row, PendingState state, bool sharedPhone, Visitor visitor, Guid operation, CancellationToken cancel)
    {
        var now = _clock.Now();
        var account = AccountId.New(_clock);
        var change = new Change(Requests.Act(_clock, "account.open", Actor.Resident(account), operation, null, row.Id.ToString()));
        var record = state.Person!;
        var person = await FindAsync(record, cancel) ?? await _persons.AddAsync(change, record);
        change.Claims.Add(_book.PersonClaim(person));
        var opened = new AccountRow(account.Value, 0, person.Value, nameof(AccountKind.Resident), state.ProvedByMobile ? nameof(AccountState.Active) : nameof(AccountState.Registered),
            state.ProvedByMobile ? nameof(Proofing.Mobile) : nameof(Proofing.None), "", null, state.Language, state.Password, now, now);
        change.Heads.Add(opened.Next());
        await _book.PutProfileAsync(change, person, account, state.Profile!, now);
        var (kind, value, source) = state.ProvedByMobile ? (ContactKind.Mobile, record.Mobile!, ProfileSources.Register) : (state.ContactKind!.Value, state.ContactValue!, ProfileSources.Typed);
        var contactRow = new ContactRow(Guid.CreateVersion7(_clock.GetUtcNow()), account.Value, kind.ToString(), _book.ContactHash(value), source, now, null);
        change.Rows.Add(contactRow.Put());
        await _book.AddValueAsync(change, person, account, contactRow.Id, value);
        if (state.Secret is { } secret)
        {
            var authenticator = new AuthenticatorRow(Guid.CreateVersion7(_clock.GetUtcNow()), 0, account.Value, AuthenticatorRow.Active, state.SecretStep, now);
            change.Heads.Add(authenticator.Next());
            await _book.AddValueAsync(change, person, account, authenticator.Id, secret);
        }
        change.Heads.Add(new RecoverySetRow(Guid.CreateVersion7(_clock.GetUtcNow()), 0, account.Value, state.RecoverySalt!, state.RecoveryHashes!, 0, RecoverySetRow.Active, now).Next());
        var starting = await _sessions.StartAsync(change, opened, visitor, sharedPhone, accountIsNew: true, cancel);
        string? device = null;
        if (!sharedPhone)
        {
            device = Token.New(out var hash);
            change.Rows.Add(SignInTables.Device.Put(account.Value, hash, now));
        }
        // Nothing that could be used again stays behind.
        await PutAsync(change, row, new PendingState { Step = PendingStep.Done, Language = state.Language, NumberKind = "", Number = "", Birth = state.Birth, Passport = "" });
        return (change, starting, device);
    }

    private async Task<PersonId?> FindAsync(PersonRecord record, CancellationToken cancel) =>
        (record.ResidentNumber is { } resident ? await _persons.FindAsync(IdentifierKinds.Resident, resident, cancel) : null)
        ?? (record.BorderNumber is { } border ? await _persons.FindAsync(IdentifierKinds.Border, border, cancel) : null);

    private async Task<RegistrationAnswer> StepAsync(
        string? token, PendingStep at, string verb, Guid operation, Func<PendingRow, PendingState, Task<(PendingState?, IReadOnlyList<Refusal>)>> decide, CancellationToken cancel)
    {
        if (await OpenAsync(token, cancel) is not { } pending)
        {
            return new RegistrationAnswer.Gone();
        }
        if (pending.State.Step != at)
        {
            // Pressed twice, or gone back: show where it stands.
            return new RegistrationAnswer.At(await StepAsync(pending, cancel));
        }
        try
        {
            var (next, refusals) = await decide(pending.Row, pending.State);
            return next is null
                ? new RegistrationAnswer.Refused(refusals, await StepAsync(pending, cancel))
                : await AfterAsync(await _writer.WriteAsync(await ChangeAsync(verb, operation, pending.Row, next), cancel: cancel), new(pending.Row, next), cancel);
        }
        catch (HashingBusyException)
        {
            return new RegistrationAnswer.Busy(TimeSpan.FromSeconds(3));
        }
    }

    private async Task<RegistrationAnswer> AfterAsync(WriteOutcome outcome, Pending next, CancellationToken cancel)
    {
        switch (outcome)
        {
            case WriteOutcome.Done:
                return new RegistrationAnswer.At(await StepAsync(next, cancel));
            case WriteOutcome.Replayed or WriteOutcome.Conflict or WriteOutcome.OperationReused:
                // The same page was sent twice: what the first did stands.
                return await ReadAsync(next.Row.Id, cancel) is { } now ? new RegistrationAnswer.At(await StepAsync(now, cancel)) : new RegistrationAnswer.Gone();
            case WriteOutcome.Busy busy:
                return new RegistrationAnswer.Busy(busy.RetryAfter);
            default:
                return new RegistrationAnswer.Busy(TimeSpan.FromSeconds(2));
        }
    }

    // The page of a step. What it shows depends on whether the details agreed in one place only: the masked mobile.
    private async Task<RegistrationStep> StepAsync(Pending pending, CancellationToken cancel)
    {
        var (_, state) = pending;
        switch (state.Step)
        {
            case PendingStep.Waiting:
                return new RegistrationStep.Waiting(state.WaitingFor!, state.RetryAt!.Value);
            case PendingStep.Code:
                var code = await _codes.LookAsync(state.Code!.Value, cancel);
                return new RegistrationStep.EnterCode(state.Agreed ? Masked(state.Person!.Mobile!) : null, code?.ResendAt, code?.ExpiresAt ?? _clock.Now());
            case PendingStep.Contact:
                return new RegistrationStep.GiveContact();
            case PendingStep.ContactCode:
                var own = await _codes.LookAsync(state.ContactCode!.Value, cancel);
                return new RegistrationStep.ConfirmContact(state.ContactKind!.Value, state.ContactKind == ContactKind.Email ? state.ContactValue! : Masked(state.ContactValue!), own?.ResendAt, own?.ExpiresAt ?? _clock.Now());
            case PendingStep.Profile:
                return new RegistrationStep.ConfirmProfile(state.Proposal ?? new(null, null, null, null));
            case PendingStep.Password:
                return new RegistrationStep.ChoosePassword(_policies.Now.PasswordLength);
            case PendingStep.Authenticator:
                return new RegistrationStep.AddAuthenticator(Totp.Spell(state.Secret), Totp.Uri(state.Secret, Authenticator.Issuer, Authenticator.Label(state.Number)), MaySkipAuthenticator(state));
            case PendingStep.RecoveryCodes:
                return new RegistrationStep.KeepRecoveryCodes(state.RecoveryCodes!);
            default:
                throw new InvalidOperationException("A finished registration has no page.");
        }
    }

    private static bool MaySkipAuthenticator(PendingState state) => state.ProvedByMobile || state.ContactKind is ContactKind.Mobile or ContactKind.ForeignMobile;

    private static string?[] About(PendingState state) =>
        [state.Number, state.Passport, state.Birth.Text, state.Person?.Mobile, state.ContactValue, state.Person?.ResidentNumber, state.Person?.BorderNumber, state.Profile?.Name.Value, state.Profile?.NameArabic?.Value, .. state.Person?.NamesLatin ?? [], .. state.Person?.NamesArabic ?? []];

    private static Sourced? Text(string? typed, string missing, int longest, List<Refusal> refusals)
    {
        var text = Digits.NormaliseWords(typed);
        if (text.Length == 0)
        {
            refusals.Add(new Refusal(missing));
        }
        else if (text.Length > longest)
        {
            refusals.Add(new Refusal(TextTooLong, ("longest", longest)));
        }
        else
        {
            return new(text, ProfileSources.Typed);
        }
        return null;
    }

    private static Destination MobileOf(PendingState state, PendingRow row) => new(new PersonId(row.Id), ContactKind.Mobile, state.Person!.Mobile!, state.Language);

    private static Destination ContactOf(PendingState state, PendingRow row) => new(new PersonId(row.Id), state.ContactKind!.Value, state.ContactValue!, state.Language);

    private static string Masked(string mobile) => MobileNumber.Parse(mobile) is { Ok: true } parsed ? parsed.Value.Masked() : "";

    private async Task<Change> ChangeAsync(string verb, Guid operation, PendingRow row, PendingState next)
    {
        var change = new Change(Act(verb, operation, row));
        await PutAsync(change, row, next);
        return change;
    }

    private Act Act(string verb, Guid operation, PendingRow row) => Requests.Act(_clock, verb, Visiting, operation, null, row.Id.ToString());

    private async Task PutAsync(Change change, PendingRow row, PendingState state) =>
        change.Heads.Add(SignInTables.Pending.Head(row.Id, row.Version, row.Token, await _sealer.SealAsync(change, PendingRow.Context(row.Id), state), row.ExpiresAt));

    private async Task<Pending?> OpenAsync(string? token, CancellationToken cancel)
    {
        if (Token.Hash(token) is not { } hash)
        {
            return null;
        }
        var row = await _db.FirstAsync<PendingRow>($"SELECT {PendingRow.Columns} FROM pending_registration WHERE token = @hash", new { hash }, cancel);
        return await OpenAsync(row, cancel);
    }

    private async Task<Pending?> ReadAsync(Guid id, CancellationToken cancel) =>
        await OpenAsync(await _db.FirstAsync<PendingRow>($"SELECT {PendingRow.Columns} FROM pending_registration WHERE id = @id", new { id }, cancel), cancel);

    private async Task<Pending?> OpenAsync(PendingRow? row, CancellationToken cancel)
    {
        if (row is null || _clock.Now() >= row.ExpiresAt)
        {
            return null;
        }
        var access = _door.Enter(Visiting, Purpose.Self, null, "registration", new PersonId(row.Id));
        // A recovery's row has another shape: look at its mark before reading all of it.
        var json = await _door.OpenAsync<JsonElement>(access, PendingRow.Context(row.Id), row.State, cancel);
        if (!json.TryGetProperty("kind", out var kind) || kind.GetString() != PendingState.Mark)
        {
            return null;
        }
        var state = json.Deserialize<PendingState>(StoredJson.Options)!;
        return state.Step == PendingStep.Done ? null : new Pending(row, state);
    }

    private sealed record Pending(PendingRow Row, PendingState State);
}

/// <summary>A number or an address that somebody gave.</summary>
internal static class ContactText
{
    private const int LongestEmail = 254;

    public static Refusal? Read(string? mobile, string? email, out ContactKind kind, out string value)
    {
        kind = default;
        value = "";
        var hasMobile = !string.IsNullOrWhiteSpace(mobile);
        var hasEmail = !string.IsNullOrWhiteSpace(email);
        if (hasMobile == hasEmail)
        {
            return new Refusal(hasMobile ? Registration.ContactOne : Registration.ContactMissing);
        }
        return hasMobile ? ReadMobile(mobile, out kind, out value) : ReadEmail(email, out kind, out value);
    }

    public static Refusal? ReadMobile(string? typed, out ContactKind kind, out string value)
    {
        kind = ContactKind.Mobile;
        value = "";
        if (!MobileNumber.Parse(typed).TryGet(out var mobile, out var refusal))
        {
            return refusal;
        }
        kind = mobile.IsSaudi ? ContactKind.Mobile : ContactKind.ForeignMobile;
        value = mobile.ToString();
        return null;
    }

    public static Refusal? ReadEmail(string? typed, out ContactKind kind, out string value)
    {
        kind = ContactKind.Email;
        value = "";
        var text = Digits.Normalise(typed);
        // One address, nothing around it, a dotted host; whether it exists the code will tell.
        if (text.Length is 0 or > LongestEmail || !MailAddress.TryCreate(text, out var address) || address.Address != text || address.DisplayName.Length > 0
            || !address.Host.Contains('.', StringComparison.Ordinal) || text.Any(letter => letter > 126 || letter is '"' or '<' or '>' or ','))
        {
            return new Refusal(Registration.EmailForm);
        }
        value = address.User + "@" + address.Host.ToLowerInvariant();
        return null;
    }
}
