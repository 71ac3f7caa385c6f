using Muqeem.Host.Api;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Portal;
using Muqeem.Registry;
using Muqeem.Tests;

namespace Muqeem.Host.Wiring;

/// <summary>Who is told by text message that there is a notice.</summary>
public abstract class NoticeMessagesTests(HoldsWorld shared)
{
    private readonly WholeWorld _world = shared.World;

    [Fact]
    public async Task The_family_of_somebody_who_died_is_not_written_to_in_the_name_of_the_dead()
    {
        using var browser = new Browser(_world, "en");
        var (hand, _) = await shared.ResidentAsync(browser);
        var person = (await _world.Get<Persons>().FindAsync(IdentifierKinds.Border, hand.BorderNumber))!.Value;
        await TellAsync(person);
        var written = await MessagesAsync(hand.Mobile);
        Assert.Equal(1, written);

        await WriteAsync(person, async (change, persons) =>
        {
            var record = await persons.OpenAsync(_world.Get<ReadDoor>().Enter(Actor.System("test"), Purpose.CheckRecords, null, "test", person), person);
            await persons.UpdateAsync(change, person, record, record, alive: false);
        });
        await TellAsync(person);
        Assert.Equal(written, await MessagesAsync(hand.Mobile));
        // The inbox has both.
        Assert.Equal(2, await _world.Get<Db>().SingleAsync<long>("SELECT count(*) FROM notice WHERE person_id = @person AND kind = 'id_frozen'", new { person = person.Value }));
    }

    /// <summary>Adds a notice and waits until its message has had its turn.</summary>
    private async Task TellAsync(PersonId person)
    {
        await WriteAsync(person, (change, _) => _world.Get<Notices>().AddAsync(change, person, "id_frozen", null));
        await WholeWorld.UntilAsync(async () => await _world.Get<Db>().ExistsAsync(
            "SELECT 1 FROM delivery WHERE topic = @topic AND lane = @lane AND state <> 'sent'", new { topic = Notices.Topic, lane = "notice:" + person }) ? null : "", "the notice's message is settled");
    }

    private Task WriteAsync(PersonId person, Func<Change, Persons, Task> work) => ReadDoor.RunAsync(async () =>
    {
        var change = new Change(new Act(ActId.New(_world.Clock), "test.notice", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("notice"), _world.Clock.Now()) { Person = person });
        await work(change, _world.Get<Persons>());
        Assert.IsType<WriteOutcome.Done>(await _world.Get<IWriter>().WriteAsync(change));
        return true;
    });

    private async Task<int> MessagesAsync(string mobile)
    {
        var inbox = await _world.Sandbox.GetStringAsync("inbox?to=" + Uri.EscapeDataString(mobile));
        return inbox.Split(_world.Get<TextCatalogue>().In("en").Bare("sms.notice")).Length - 1;
    }
}

public sealed class NoticeMessagesOnSqliteTests(HoldsOnSqlite shared) : NoticeMessagesTests(shared), IClassFixture<HoldsOnSqlite>;

public sealed class NoticeMessagesOnPostgreSqlTests(HoldsOnPostgreSql shared) : NoticeMessagesTests(shared), IClassFixture<HoldsOnPostgreSql>;
