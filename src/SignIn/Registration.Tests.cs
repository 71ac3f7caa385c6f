using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.SignIn.Factors;
using NodaTime;

namespace Muqeem.SignIn;

public sealed class RegistrationOnSqliteTests() : RegistrationTests(DatabaseKind.Sqlite);

public sealed class RegistrationOnPostgreSqlTests() : RegistrationTests(DatabaseKind.PostgreSql);

public abstract class RegistrationTests(DatabaseKind kind) : IAsyncLifetime
{
    private SignInWorld _world = null!;

    private Registration Registration => _world.Node.Registration;

    public async ValueTask InitializeAsync() => _world = await SignInWorld.MakeAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_resident_opens_an_account_and_is_signed_in()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        Assert.Equal(SessionLevel.Full, holder.Session.Level);
        Assert.True(holder.Session.SeesRecords);
        Assert.Equal(10, holder.RecoveryCodes.Count);
        Assert.Equal(10, holder.RecoveryCodes.Distinct(StringComparer.Ordinal).Count());

        var account = (await _world.Node.Accounts.FindAsync(holder.Session.Account))!;
        Assert.Equal((AccountState.Active, Proofing.Mobile, AccountKind.Resident), (account.State, account.Proofing, account.Kind));
        var access = _world.Door.Enter(holder.Session.Actor, Purpose.Self, null, "test", holder.Session.Person);
        var profile = (await _world.Node.Accounts.ProfileAsync(access, account.Id))!;
        Assert.Equal(new Sourced("MOHAMMAD ABDUR RAHMAN RABI", ProfileSources.Register), profile.Name);
        Assert.Equal(new Sourced("Mason", ProfileSources.Typed), profile.Occupation);
        Assert.Equal(new Sourced("Jeddah", ProfileSources.Typed), profile.Place);
        Assert.Equal("+966500000001", Assert.Single(await _world.Node.Accounts.ContactsAsync(access, account.Id)).Value);
        Assert.Equal(account.Id, (await _world.Node.Sessions.FindAsync(holder.SignedIn.Token))?.Account);
    }

    [Fact]
    public async Task No_existence_oracle_every_no_is_the_same_answer_byte_for_byte()
    {
        var holder = await _world.HolderAsync();
        var (_, typed, _) = _world.Newcomer();
        var other = _world.Newcomer().Typed;
        var taken = _world.Registers.People[holder.Number];
        var bd = taken.Person.Birth.Date;
        var ofHolder = new RegistrationStart(holder.Number, $"{bd.Day}", $"{bd.Month}", $"{bd.Year}", CalendarKind.Gregorian, taken.Passports[0].Number);
        var dead = _world.Newcomer();
        _world.Registers.People[dead.Number] = (_world.Registers.People[dead.Number].Person with { Alive = false }, _world.Registers.People[dead.Number].Passports);

        RegistrationStart[] all =
        [
            typed with { Number = "2999999994" },
            typed with { BirthYear = "1971" },
            typed with { BirthDay = other.BirthDay, BirthMonth = other.BirthMonth, BirthYear = other.BirthYear },
            typed with { Passport = "Z99999999" },
            typed with { Passport = other.Passport },
            typed with { BirthDay = null, BirthMonth = null },
            ofHolder,
            dead.Typed,
        ];
        var answers = new List<string>();
        var tokens = new List<string>();
        foreach (var one in all)
        {
            var asked = _world.Registers.Asked.Count;
            var answer = Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(one, _world.Stranger));
            Assert.Equal(43, answer.Token!.Length);
            tokens.Add(answer.Token);
            answers.Add(JsonSerializer.Serialize<object>(answer.Step));
            // Both questions are asked, whatever the first one answers.
            Assert.Equal(2, _world.Registers.Asked.Count - asked);
        }
        Assert.IsType<RegistrationStep.EnterCode>(Assert.IsType<RegistrationAnswer.At>(await Registration.ResumeAsync(tokens[0])).Step);
        Assert.Single(answers.Distinct(StringComparer.Ordinal));
        Assert.Contains("\"SentTo\":null", answers[0], StringComparison.Ordinal);

        // Nor does what follows differ: wrong codes, and asking for another.
        _world.Clock.Advance(TimeSpan.FromSeconds(61));
        var later = new List<string>();
        foreach (var token in tokens)
        {
            var resent = JsonSerializer.Serialize<object>(await Registration.ResendAsync(token));
            var wrong = new List<string>();
            for (var i = 0; i < 6; i++)
            {
                wrong.Add(JsonSerializer.Serialize<object>(await Registration.ConfirmCodeAsync(token, "123456", _world.Operation())));
            }
            later.Add(resent + string.Concat(wrong));
        }
        Assert.Single(later.Distinct(StringComparer.Ordinal));

        // The holder alone learns something, by message and with no detail; nobody else got anything.
        var message = Assert.Single(await _world.InboxAsync());
        Assert.Equal(taken.Person.Mobile, message.To);
        Assert.Equal(_world.Texts.In("en").Bare("sms.has_account"), message.Text);
    }

    [Fact]
    public async Task Whoever_gives_all_three_sees_where_the_code_went_and_only_the_last_digits()
    {
        var (_, typed, mobile) = _world.Newcomer();
        var step = Assert.IsType<RegistrationStep.EnterCode>(Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(typed, _world.Here)).Step);
        Assert.Equal("***********" + mobile![^2..], step.SentTo);
        Assert.Equal(mobile, Assert.Single(await _world.InboxAsync()).To);
    }

    [Fact]
    public async Task Nothing_of_a_number_without_agreement_can_ever_go_further()
    {
        var (_, typed, _) = _world.Newcomer();
        var token = Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(typed with { Passport = "Z99999999" }, _world.Stranger)).Token;
        Assert.Empty(await _world.InboxAsync());
        for (var sends = 0; sends < 4; sends++)
        {
            for (var i = 0; i < 5; i++)
            {
                Assert.IsType<RegistrationAnswer.Refused>(await Registration.ConfirmCodeAsync(token, $"00000{i}", _world.Operation()));
            }
            _world.Clock.Advance(TimeSpan.FromSeconds(61));
            await Registration.ResendAsync(token);
        }
        Assert.IsType<RegistrationStep.EnterCode>(Assert.IsType<RegistrationAnswer.At>(await Registration.ProfileAsync(token, new("a", null, "b", "c"), _world.Operation())).Step);
        Assert.IsType<RegistrationStep.EnterCode>(Assert.IsType<RegistrationAnswer.At>(await Registration.FinishAsync(token, false, _world.Stranger, _world.Operation())).Step);
        Assert.Equal(0, await _world.Database.Db.SingleAsync<long>("SELECT count(*) FROM account"));
        Assert.Empty(await _world.InboxAsync());
    }

    [Fact]
    public async Task What_is_mistyped_is_told_without_asking_the_register()
    {
        var answer = Assert.IsType<RegistrationAnswer.Refused>(await Registration.StartAsync(new("2123456785", "31", "2", "1990", CalendarKind.Gregorian, "A 0!"), _world.Here));
        Assert.Null(answer.Step);
        Assert.Equal(["resident_number.check_digit", "birth_date.day_range", "passport_number.characters"], answer.Refusals.Select(one => one.Code));
        Assert.Empty(_world.Registers.Asked);
        Assert.Equal("registration.number", Assert.Single(Assert.IsType<RegistrationAnswer.Refused>(await Registration.StartAsync(new("", "1", "2", "1990", CalendarKind.Gregorian, "A1"), _world.Here)).Refusals).Code);
    }

    [Fact]
    public async Task The_passports_lines_do_as_well_and_must_not_contradict_the_birth_date()
    {
        var (number, typed, _) = _world.Newcomer(birth: new LocalDate(1990, 1, 1));
        var (person, passports) = _world.Registers.People[number];
        _world.Registers.People[number] = (person, [passports[0] with { Number = "A01234567" }]);
        const string Second = "A012345678BGD9001011M3106305<<<<<<<<<<<<<<06";
        var first = "P<BGDRAHMAN<<MOHAMMAD<ABDUR".PadRight(44, '<');
        Assert.NotNull(Assert.IsType<RegistrationStep.EnterCode>(Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(typed with { Passport = Second }, _world.Here)).Step).SentTo);
        Assert.NotNull(Assert.IsType<RegistrationStep.EnterCode>(Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(typed with { Passport = first + "\n" + Second }, _world.Here)).Step).SentTo);
        Assert.Equal("registration.birth_contradicts", Assert.Single(Assert.IsType<RegistrationAnswer.Refused>(await Registration.StartAsync(typed with { Passport = Second, BirthYear = "1991" }, _world.Here)).Refusals).Code);
        Assert.StartsWith("mrz.", Assert.Single(Assert.IsType<RegistrationAnswer.Refused>(await Registration.StartAsync(typed with { Passport = Second.Replace("9001011", "9001012", StringComparison.Ordinal) }, _world.Here)).Refusals).Code);
        // The same number of another state's passport is another passport.
        var indian = "P<INDRAHMAN<<MOHAMMAD<ABDUR".PadRight(44, '<');
        Assert.Null(Assert.IsType<RegistrationStep.EnterCode>(Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(typed with { Passport = indian + "\n" + Second }, _world.Stranger)).Step).SentTo);
    }

    [Theory]
    [InlineData(DatePrecision.Year, null, null, true)]
    [InlineData(DatePrecision.Year, "5", "7", true)]
    [InlineData(DatePrecision.Month, null, "1", true)]
    [InlineData(DatePrecision.Month, null, null, false)]
    [InlineData(DatePrecision.Month, null, "2", false)]
    [InlineData(DatePrecision.Day, null, "1", false)]
    [InlineData(DatePrecision.Day, "1", "1", true)]
    public async Task A_birth_date_known_only_in_part_is_compared_in_that_part_and_never_with_less(DatePrecision known, string? day, string? month, bool agrees)
    {
        var (_, typed, _) = _world.Newcomer(birth: new LocalDate(1980, 1, 1), precision: known);
        var step = Assert.IsType<RegistrationStep.EnterCode>(Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(typed with { BirthDay = day, BirthMonth = month }, _world.Here)).Step);
        Assert.Equal(agrees, step.SentTo is not null);
    }

    [Fact]
    public async Task When_the_register_is_away_the_page_says_so_keeps_everything_and_goes_on_later()
    {
        var (_, typed, _) = _world.Newcomer();
        _world.Registers.Away.Add("alien-register");
        var started = Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(typed, _world.Here));
        var waiting = Assert.IsType<RegistrationStep.Waiting>(started.Step);
        Assert.Equal(AlienRegister.Name, waiting.Agency);
        Assert.True(waiting.RetryAt > _world.Clock.Now());
        Assert.IsType<RegistrationStep.Waiting>(Assert.IsType<RegistrationAnswer.At>(await Registration.RetryAsync(started.Token)).Step);
        _world.Registers.Away.Clear();
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(Assert.IsType<RegistrationStep.EnterCode>(Assert.IsType<RegistrationAnswer.At>(await Registration.RetryAsync(started.Token)).Step).SentTo);
        Assert.IsType<RegistrationStep.ConfirmProfile>(Assert.IsType<RegistrationAnswer.At>(await Registration.ConfirmCodeAsync(started.Token, await _world.LastCodeAsync(), _world.Operation())).Step);
    }

    [Fact]
    public async Task Without_a_registered_mobile_the_account_is_limited_until_somebody_else_proofs_the_person()
    {
        var holder = await _world.HolderAsync(mobile: null);
        Assert.Equal((SessionLevel.Limited, AccountState.Registered), (holder.Session.Level, holder.Session.State));
        Assert.False(holder.Session.SeesRecords);

        var accounts = _world.Node.Accounts;
        var id = holder.Session.Account;
        Assert.Equal("account.not_by_yourself", Assert.Single(Assert.IsType<Answer.Refused>(await accounts.ProofAsync(id, Proofing.Employer, holder.Session.Actor, "self", _world.Operation())).Refusals).Code);
        Assert.IsType<Answer.Refused>(await accounts.ProofAsync(id, Proofing.Officer, Actor.Agency("kiosk"), "k", _world.Operation()));
        Assert.IsType<Answer.Done>(await accounts.ProofAsync(id, Proofing.Kiosk, Actor.Agency("kiosk"), "receipt-1", _world.Operation()));

        // The limited session is over; a new one sees the records.
        Assert.Null(await _world.Node.Sessions.FindAsync(holder.SignedIn.Token));
        Assert.True((await _world.SignInAsync(holder)).Session.SeesRecords);
        Assert.Equal(Proofing.Kiosk, (await accounts.FindAsync(id))!.Proofing);
    }

    [Fact]
    public async Task The_limited_path_shows_nothing_that_the_register_knows()
    {
        var (_, typed, _) = _world.Newcomer(mobile: null);
        var token = Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(typed, _world.Here)).Token;
        Assert.Equal("registration.contact_missing", Assert.Single(Assert.IsType<RegistrationAnswer.Refused>(await Registration.GiveContactAsync(token, "", "", _world.Operation())).Refusals).Code);
        Assert.IsType<RegistrationStep.ConfirmContact>(Assert.IsType<RegistrationAnswer.At>(await Registration.GiveContactAsync(token, null, "me@example.com", _world.Operation())).Step);
        var profile = Assert.IsType<RegistrationStep.ConfirmProfile>(Assert.IsType<RegistrationAnswer.At>(await Registration.ConfirmCodeAsync(token, await _world.LastCodeAsync("me@example.com"), _world.Operation())).Step);
        Assert.Equal(new ProfileProposal(null, null, null, null), profile.Proposal);
        Assert.Equal(["profile.name", "profile.occupation", "profile.place"], Assert.IsType<RegistrationAnswer.Refused>(await Registration.ProfileAsync(token, new(null, null, null, null), _world.Operation())).Refusals.Select(one => one.Code));
        await Registration.ProfileAsync(token, new("Mohammad", null, "Mason", "Jeddah"), _world.Operation());
        // An address is no second factor: the app is needed.
        Assert.False(Assert.IsType<RegistrationStep.AddAuthenticator>(Assert.IsType<RegistrationAnswer.At>(await Registration.PasswordAsync(token, SignInWorld.Password, _world.Operation())).Step).MaySkip);
        Assert.Equal("authenticator.needed", Assert.Single(Assert.IsType<RegistrationAnswer.Refused>(await Registration.AuthenticatorAsync(token, null, _world.Operation())).Refusals).Code);
    }

    [Fact]
    public async Task A_minor_is_told_so_only_after_all_three_agree()
    {
        var (_, typed, _) = _world.Newcomer(birth: new LocalDate(2012, 5, 5));
        Assert.Equal("registration.too_young", Assert.Single(Assert.IsType<RegistrationAnswer.Refused>(await Registration.StartAsync(typed, _world.Here)).Refusals).Code);
        Assert.IsType<RegistrationStep.EnterCode>(Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(typed with { Passport = "Z99999999" }, _world.Here)).Step);
        Assert.Empty(await _world.InboxAsync());
    }

    [Fact]
    public async Task A_registration_is_resumed_where_it_stood_and_gone_after_a_day()
    {
        var (_, typed, _) = _world.Newcomer();
        var token = Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(typed, _world.Here)).Token;
        await Registration.ConfirmCodeAsync(token, await _world.LastCodeAsync(), _world.Operation());
        await Registration.ProfileAsync(token, new(null, null, "Mason", "Jeddah"), _world.Operation());
        _world.Clock.Advance(TimeSpan.FromHours(23));
        Assert.IsType<RegistrationStep.ChoosePassword>(Assert.IsType<RegistrationAnswer.At>(await Registration.ResumeAsync(token)).Step);
        _world.Clock.Advance(TimeSpan.FromHours(1));
        Assert.IsType<RegistrationAnswer.Gone>(await Registration.ResumeAsync(token));
        Assert.IsType<RegistrationAnswer.Gone>(await Registration.PasswordAsync(token, SignInWorld.Password, _world.Operation()));
        Assert.IsType<RegistrationAnswer.Gone>(await Registration.ResumeAsync(Token.New(out _)));
        Assert.IsType<RegistrationAnswer.Gone>(await Registration.ResumeAsync("nonsense"));
        _world.Clock.Advance(TimeSpan.FromHours(2));
        await _world.Node.Cleaning.RunAsync(default);
        Assert.Equal(0, await _world.Database.Db.SingleAsync<long>("SELECT count(*) FROM pending_registration"));
    }

    [Fact]
    public async Task Pressing_twice_does_a_step_once()
    {
        var (_, typed, _) = _world.Newcomer();
        var token = Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(typed, _world.Here)).Token;
        await Registration.ConfirmCodeAsync(token, await _world.LastCodeAsync(), _world.Operation());
        await Registration.ProfileAsync(token, new(null, null, "Mason", "Jeddah"), _world.Operation());
        await Registration.PasswordAsync(token, SignInWorld.Password, _world.Operation());
        var operation = _world.Operation();
        var twice = await Task.WhenAll(Registration.AuthenticatorAsync(token, null, operation), Registration.AuthenticatorAsync(token, null, operation));
        var codes = twice.Select(answer => Assert.IsType<RegistrationStep.KeepRecoveryCodes>(Assert.IsType<RegistrationAnswer.At>(answer).Step).Codes).ToList();
        Assert.Equal(codes[0], codes[1]);
        var finish = _world.Operation();
        var ends = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Registration.FinishAsync(token, false, _world.Here, finish)));
        Assert.Single(ends.OfType<RegistrationAnswer.Opened>());
        Assert.Equal(1, await _world.Database.Db.SingleAsync<long>("SELECT count(*) FROM account"));
    }

    [Fact]
    public async Task Two_registrations_of_one_person_open_one_account()
    {
        var (_, typed, _) = _world.Newcomer();
        var tokens = new List<string?>();
        for (var i = 0; i < 2; i++)
        {
            var token = Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(typed, _world.Here)).Token;
            await Registration.ConfirmCodeAsync(token, await _world.LastCodeAsync(), _world.Operation());
            await Registration.ProfileAsync(token, new(null, null, "Mason", "Jeddah"), _world.Operation());
            await Registration.PasswordAsync(token, SignInWorld.Password, _world.Operation());
            await Registration.AuthenticatorAsync(token, null, _world.Operation());
            tokens.Add(token);
        }
        var ends = await Task.WhenAll(tokens.Select(token => Registration.FinishAsync(token, false, _world.Here, _world.Operation())));
        Assert.Single(ends.OfType<RegistrationAnswer.Opened>());
        Assert.Single(ends.OfType<RegistrationAnswer.Gone>());
        Assert.Equal(1, await _world.Database.Db.SingleAsync<long>("SELECT count(*) FROM person"));
    }

    [Fact]
    public async Task Ten_thousand_numbers_cannot_be_tried_from_one_address_and_the_operators_see_it()
    {
        var refused = 0;
        for (var i = 0; i < 100; i++)
        {
            var answer = await Registration.StartAsync(new(ResidentNumber.FromPayload($"29{i:0000000}").ToString(), "1", "1", "1990", CalendarKind.Gregorian, "A1"), _world.Stranger);
            refused += answer is RegistrationAnswer.Wait ? 1 : 0;
        }
        Assert.Equal(40, refused);
        var standing = _world.Node.Throttle.Standing().Single(one => one.Budget == "starts.address");
        Assert.Equal(40, standing.Refused);
        // Somebody elsewhere is not affected, and an hour later the address is free again.
        Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(_world.Newcomer().Typed, _world.Here));
        _world.Clock.Advance(TimeSpan.FromHours(2));
        Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(_world.Newcomer().Typed, _world.Stranger));
    }

    [Fact]
    public async Task Nobody_can_use_up_the_tries_of_somebody_elses_number()
    {
        var (_, typed, _) = _world.Newcomer();
        for (var i = 0; i < 10; i++)
        {
            await Registration.StartAsync(typed with { Passport = $"Z{i}" }, _world.Stranger);
        }
        Assert.IsType<RegistrationAnswer.Wait>(await Registration.StartAsync(typed, _world.Stranger));
        Assert.NotNull(Assert.IsType<RegistrationStep.EnterCode>(Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(typed, _world.Here)).Step).SentTo);
    }

    [Fact]
    public async Task A_limited_account_of_an_impostor_is_released_and_the_person_opens_one()
    {
        var impostor = await _world.HolderAsync(mobile: null);
        var office = await OfficeAccountsTests.OfficerAsync(_world, OfficeRole.Officer);
        Assert.IsType<Answer.Refused>(await _world.Node.Accounts.ReleaseAsync(impostor.Session.Account, impostor.Session, "impostor", _world.Operation()));
        Assert.IsType<Answer.Done>(await _world.Node.Accounts.ReleaseAsync(impostor.Session.Account, office.Session, "impostor", _world.Operation()));
        Assert.Null(await _world.Node.Sessions.FindAsync(impostor.SignedIn.Token));
        Assert.IsType<SignInStart.Failed>(await _world.Node.SignIns.StartAsync(impostor.Number, impostor.Password, false, _world.Here));

        var (person, passports) = _world.Registers.People[impostor.Number];
        _world.Registers.People[impostor.Number] = (person with { Mobile = "+966555555555" }, passports);
        var bd = person.Birth.Date;
        var started = Assert.IsType<RegistrationAnswer.At>(await Registration.StartAsync(new(impostor.Number, $"{bd.Day}", $"{bd.Month}", $"{bd.Year}", CalendarKind.Gregorian, passports[0].Number), _world.Here));
        Assert.NotNull(Assert.IsType<RegistrationStep.EnterCode>(started.Step).SentTo);
    }

    [Fact]
    public async Task Nothing_personal_is_in_any_plain_column()
    {
        var holder = await _world.HolderAsync(withAuthenticator: true);
        var (person, passports) = _world.Registers.People[holder.Number];
        foreach (var table in SignInTables.All)
        {
            foreach (var column in table.Columns.Where(one => one.Type == ColumnType.Text))
            {
                foreach (var value in await _world.Database.Db.QueryAsync<string?>($"SELECT {column.Name} FROM {table.Name}"))
                {
                    Assert.DoesNotContain(holder.Number, value ?? "", StringComparison.Ordinal);
                    Assert.DoesNotContain(person.Mobile!, value ?? "", StringComparison.Ordinal);
                    Assert.DoesNotContain(passports[0].Number, value ?? "", StringComparison.Ordinal);
                    Assert.DoesNotContain("RAHMAN", value ?? "", StringComparison.OrdinalIgnoreCase);
                }
            }
        }
        foreach (var payload in await _world.Database.Db.QueryAsync<string>("SELECT payload FROM outbox"))
        {
            Assert.DoesNotContain(person.Mobile!, payload, StringComparison.Ordinal);
            Assert.DoesNotMatch("[0-9]{6}(?![0-9a-f-])\"", payload);
        }
    }
}
