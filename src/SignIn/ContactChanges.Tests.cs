using System.Text.RegularExpressions;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using NodaTime;

namespace Muqeem.SignIn;

public sealed class ContactChangesOnSqliteTests() : ContactChangesTests(DatabaseKind.Sqlite);

public sealed class ContactChangesOnPostgreSqlTests() : ContactChangesTests(DatabaseKind.PostgreSql);

public abstract partial class ContactChangesTests(DatabaseKind kind) : IAsyncLifetime
{
    private const string NewMobile = "+966559182736";
    private SignInWorld _world = null!;

    private ContactChanges Contacts => _world.Node.Contacts;

    public async ValueTask InitializeAsync() => _world = await SignInWorld.MakeAsync(kind);

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private async Task<IReadOnlyList<Contact>> ContactsOfAsync(HolderForTest holder, bool withFormer = false)
    {
        var access = _world.Door.Enter(holder.Session.Actor, Purpose.Self, null, "test", holder.Session.Person);
        return await _world.Node.Accounts.ContactsAsync(access, holder.Session.Account, withFormer);
    }

    private static string? Refused(ContactAnswer answer) => (answer as ContactAnswer.Refused)?.Refusals.Single().Code;

    [Fact]
    public async Task A_new_mobile_needs_the_codes_of_both_numbers()
    {
        var holder = await _world.HolderAsync();
        var old = Assert.Single(await ContactsOfAsync(holder)).Value;
        var other = await _world.SignInAsync(holder);
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        var confirm = Assert.IsType<ContactAnswer.Confirm>(await Contacts.StartMobileAsync(holder.Session, "0559182736", _world.Operation()));
        Assert.EndsWith("36", confirm.NewTo);
        Assert.EndsWith("01", confirm.OldTo);
        var newCode = await _world.LastCodeAsync(NewMobile);
        var oldCode = await _world.LastCodeAsync(old);

        // Neither alone, nor one in the place of the other.
        Assert.Equal(newCode == oldCode ? null : "code.wrong", Refused(await Contacts.ConfirmAsync(holder.Session, confirm.Change, oldCode, newCode, _world.Operation())));
        var half = Assert.IsType<ContactAnswer.Confirm>(await Contacts.ConfirmAsync(holder.Session, confirm.Change, newCode, null, _world.Operation()));
        Assert.Equal((true, false), (half.NewConfirmed, half.OldConfirmed));
        Assert.Equal(old, Assert.Single(await ContactsOfAsync(holder)).Value);

        Assert.IsType<ContactAnswer.Done>(await Contacts.ConfirmAsync(holder.Session, confirm.Change, null, oldCode, _world.Operation()));
        Assert.Equal(NewMobile, Assert.Single(await ContactsOfAsync(holder)).Value);
        // The history stays, the old channel was told, the other session ended.
        Assert.Equal([old, NewMobile], (await ContactsOfAsync(holder, withFormer: true)).Select(one => one.Value));
        await _world.InboxAsync();
        Assert.Equal(old, _world.Inbox.Last(message => message.Text == _world.Texts.In("en").Bare("sms.contact_changed")).To);
        Assert.Null(await _world.Node.Sessions.FindAsync(other.Token));
        Assert.NotNull(await _world.Node.Sessions.FindAsync(holder.SignedIn.Token));
        // And codes go to the new number.
        Assert.EndsWith("36", Assert.IsType<SignInStart.OneMoreFactor>(await _world.Node.SignIns.StartAsync(holder.Number, holder.Password, false, _world.Here)).SentTo);
        Assert.IsType<ContactAnswer.Done>(await Contacts.ConfirmAsync(holder.Session, confirm.Change, null, oldCode, _world.Operation()));
    }

    [Fact]
    public async Task Nothing_changes_without_stepping_up_or_after_an_hour_or_by_somebody_else()
    {
        var holder = await _world.HolderAsync();
        var other = await _world.HolderAsync();
        var confirm = Assert.IsType<ContactAnswer.Confirm>(await Contacts.StartMobileAsync(holder.Session, NewMobile, _world.Operation()));
        Assert.Equal("contact.over", Refused(await Contacts.ConfirmAsync(other.Session, confirm.Change, await _world.LastCodeAsync(NewMobile), null, _world.Operation())));
        _world.Clock.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal("contact.over", Refused(await Contacts.ConfirmAsync(holder.Session, confirm.Change, await _world.LastCodeAsync(NewMobile), null, _world.Operation())));
        Assert.Equal("session.step_up", Refused(await Contacts.StartMobileAsync(holder.Session, NewMobile, _world.Operation())));
    }

    [Theory]
    [InlineData("+201001234567", "mobile.saudi_prefix")]
    [InlineData("0112345678", "mobile.saudi_prefix")]
    [InlineData("05123", "mobile.saudi_length")]
    [InlineData("0500000001", "contact.same")]
    public async Task What_is_no_new_saudi_mobile_is_refused(string mobile, string code)
    {
        var holder = await _world.HolderAsync();
        Assert.Equal(code, Refused(await Contacts.StartMobileAsync(holder.Session, mobile, _world.Operation())));
    }

    [Fact]
    public async Task With_the_old_number_lost_it_takes_the_details_and_a_day_and_the_old_number_can_stop_it()
    {
        var holder = await _world.HolderAsync();
        var old = Assert.Single(await ContactsOfAsync(holder)).Value;
        var (person, passports) = _world.Registers.People[holder.Number];
        var bd = person.Birth.Date;
        var confirm = Assert.IsType<ContactAnswer.Confirm>(await Contacts.StartMobileAsync(holder.Session, NewMobile, _world.Operation()));
        // The new number first.
        Assert.Equal("contact.over", Refused(await Contacts.OldIsLostAsync(holder.Session, confirm.Change, $"{bd.Day}", $"{bd.Month}", $"{bd.Year}", CalendarKind.Gregorian, passports[0].Number, _world.Operation())));
        await Contacts.ConfirmAsync(holder.Session, confirm.Change, await _world.LastCodeAsync(NewMobile), null, _world.Operation());
        Assert.Equal("contact.not_yourself", Refused(await Contacts.OldIsLostAsync(holder.Session, confirm.Change, $"{bd.Day}", $"{bd.Month}", $"{bd.Year}", CalendarKind.Gregorian, "Z9", _world.Operation())));
        var cooling = Assert.IsType<ContactAnswer.Cooling>(await Contacts.OldIsLostAsync(holder.Session, confirm.Change, $"{bd.Day}", $"{bd.Month}", $"{bd.Year}", CalendarKind.Gregorian, passports[0].Number, _world.Operation()));
        Assert.Equal(_world.Clock.Now() + Duration.FromHours(24), cooling.At);
        Assert.Equal(cooling, await Contacts.UnderWayAsync(holder.Session));

        var alert = (await _world.InboxAsync()).Single(message => message.To == old);
        var stop = StopCode().Match(alert.Text).Value;
        Assert.Equal("contact.wrong_stop", Refused(await Contacts.StopAsync("00000-00000", _world.Stranger, _world.Operation())));
        Assert.IsType<ContactAnswer.Done>(await Contacts.StopAsync(stop.ToLowerInvariant(), _world.Stranger, _world.Operation()));
        Assert.Equal("contact.wrong_stop", Refused(await Contacts.StopAsync(stop, _world.Stranger, _world.Operation())));
        _world.Clock.Advance(TimeSpan.FromHours(25));
        Assert.Equal(0, await Contacts.ApplyDueAsync());
        Assert.Equal(old, Assert.Single(await ContactsOfAsync(holder)).Value);
        // Whoever asked for it is out.
        Assert.Null(await _world.Node.Sessions.FindAsync(holder.SignedIn.Token));
    }

    [Fact]
    public async Task Nobody_stopped_it_so_it_takes_effect_after_a_day_once()
    {
        var holder = await _world.HolderAsync();
        var (person, passports) = _world.Registers.People[holder.Number];
        var bd = person.Birth.Date;
        var confirm = Assert.IsType<ContactAnswer.Confirm>(await Contacts.StartMobileAsync(holder.Session, NewMobile, _world.Operation()));
        await Contacts.ConfirmAsync(holder.Session, confirm.Change, await _world.LastCodeAsync(NewMobile), null, _world.Operation());
        Assert.IsType<ContactAnswer.Cooling>(await Contacts.OldIsLostAsync(holder.Session, confirm.Change, $"{bd.Day}", $"{bd.Month}", $"{bd.Year}", CalendarKind.Gregorian, passports[0].Number, _world.Operation()));
        _world.Clock.Advance(TimeSpan.FromHours(23));
        Assert.Equal(0, await Contacts.ApplyDueAsync());
        _world.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, (await Task.WhenAll(Contacts.ApplyDueAsync(), new NodeForTest(_world).Contacts.ApplyDueAsync())).Max());
        Assert.Equal(0, await Contacts.ApplyDueAsync());
        Assert.Equal(NewMobile, Assert.Single(await ContactsOfAsync(holder)).Value);
        Assert.Equal(1, await _world.Database.Db.SingleAsync<long>("SELECT count(*) FROM act WHERE verb = 'contact.change'"));
    }

    [Fact]
    public async Task Mail_and_a_number_abroad_are_added_with_one_code_and_the_mobile_is_told()
    {
        var holder = await _world.HolderAsync();
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        var mail = Assert.IsType<ContactAnswer.Confirm>(await Contacts.StartEmailAsync(holder.Session, " me@Example.COM ", _world.Operation()));
        Assert.Null(mail.OldTo);
        Assert.IsType<ContactAnswer.Done>(await Contacts.ConfirmAsync(holder.Session, mail.Change, await _world.LastCodeAsync("me@example.com"), null, _world.Operation()));
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        var abroad = Assert.IsType<ContactAnswer.Confirm>(await Contacts.StartForeignMobileAsync(holder.Session, "00201001234567", _world.Operation()));
        Assert.IsType<ContactAnswer.Done>(await Contacts.ConfirmAsync(holder.Session, abroad.Change, await _world.LastCodeAsync("+201001234567"), null, _world.Operation()));
        Assert.Equal([ContactKind.Mobile, ContactKind.Email, ContactKind.ForeignMobile], (await ContactsOfAsync(holder)).Select(one => one.Kind));
        await _world.InboxAsync();
        Assert.Equal(3, _world.Inbox.Count(message => message.Text == _world.Texts.In("en").Bare("sms.contact_changed")));
        // Codes still go to the mobile.
        Assert.EndsWith("01", Assert.IsType<SignInStart.OneMoreFactor>(await _world.Node.SignIns.StartAsync(holder.Number, holder.Password, false, _world.Here)).SentTo);
        var access = _world.Door.Enter(Platform.Writing.Actor.System("notice"), Purpose.Notify, null, "test", holder.Session.Person);
        Assert.Equal(new Channels("+966500000001", "me@example.com", "en"), await _world.Node.Accounts.ChannelsAsync(access, holder.Session.Person));

        Assert.Equal("contact.wrong_kind", Refused(await Contacts.StartForeignMobileAsync(holder.Session, NewMobile, _world.Operation())));
        Assert.Equal("email.form", Refused(await Contacts.StartEmailAsync(holder.Session, "me@example", _world.Operation())));
    }

    [Fact]
    public async Task The_last_number_that_takes_codes_cannot_be_removed()
    {
        var holder = await _world.HolderAsync();
        var mobile = Assert.Single(await ContactsOfAsync(holder));
        Assert.Equal("contact.last_one", Refused(await Contacts.RemoveAsync(holder.Session, mobile.Id, _world.Operation())));
        var abroad = Assert.IsType<ContactAnswer.Confirm>(await Contacts.StartForeignMobileAsync(holder.Session, "+201001234567", _world.Operation()));
        await Contacts.ConfirmAsync(holder.Session, abroad.Change, await _world.LastCodeAsync("+201001234567"), null, _world.Operation());
        Assert.IsType<ContactAnswer.Done>(await Contacts.RemoveAsync(holder.Session, mobile.Id, _world.Operation()));
        Assert.Equal(ContactKind.ForeignMobile, Assert.Single(await ContactsOfAsync(holder)).Kind);
        Assert.EndsWith("67", Assert.IsType<SignInStart.OneMoreFactor>(await _world.Node.SignIns.StartAsync(holder.Number, holder.Password, false, _world.Here)).SentTo);
    }

    [Fact]
    public async Task An_address_is_found_by_its_short_form_and_the_former_one_stays_in_the_history()
    {
        var holder = await _world.HolderAsync();
        RegisteredAddress Address(string code, string city) => new(code, code[4..], "طريق الملك", "King Road", "1234", "الحمراء", "Al Hamra", "جدة", city, "SA-02", "23321", null, 21.5m, 39.2m, true);
        _world.Registers.Addresses["JDHA2929"] = Address("JDHA2929", "Jeddah");
        _world.Registers.Addresses["RRRD1212"] = Address("RRRD1212", "Riyadh");
        var addresses = _world.Node.Addresses;
        Assert.Equal("Jeddah", Assert.IsType<AddressAnswer.Found>(await addresses.FindAsync("jdha 2929")).Address.CityEn);
        Assert.Equal("address.unknown", Assert.IsType<AddressAnswer.Refused>(await addresses.FindAsync("JDHA9999")).Refusal.Code);
        Assert.Equal("short_address.form", Assert.IsType<AddressAnswer.Refused>(await addresses.FindAsync("JD2929")).Refusal.Code);
        Assert.IsType<AddressAnswer.Done>(await addresses.ChangeAsync(holder.Session, "JDHA2929", _world.Operation()));
        _world.Clock.Advance(TimeSpan.FromDays(3));
        Assert.IsType<AddressAnswer.Done>(await addresses.ChangeAsync(holder.Session, "RRRD1212", _world.Operation()));
        var access = _world.Door.Enter(holder.Session.Actor, Purpose.Self, null, "test", holder.Session.Person);
        var lines = await addresses.ListAsync(access, holder.Session.Account);
        Assert.Equal(["Riyadh", "Jeddah"], lines.Select(line => line.Address.CityEn));
        Assert.Null(lines[0].Until);
        Assert.Equal(lines[0].Since, lines[1].Until);
        _world.Registers.Away.Add("address");
        Assert.Equal(NationalAddresses.Name, Assert.IsType<AddressAnswer.Waiting>(await addresses.FindAsync("JDHA2929")).Agency);
    }

    [GeneratedRegex("[0-9A-Z]{5}-[0-9A-Z]{5}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StopCode();
}
