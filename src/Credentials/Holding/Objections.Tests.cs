using System.Text;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;

namespace Muqeem.Credentials.Holding;

/// <summary>What a holder says against a suspension, and who answers it.</summary>
public abstract partial class HoldsTests
{
    private Task<HoldAnswer> ObjectAsync(string words = "كان معي جوازي في ذلك اليوم", Guid? operation = null) =>
        _holds.ObjectAsync(Actor.Resident(_holder), _holder, _person, words, null, operation ?? NewOperation());

    private async Task<Guid> ObjectedAsync()
    {
        Later();
        return Assert.IsType<HoldAnswer.Done>(await ObjectAsync()).Proposal!.Value;
    }

    private Task<HoldAnswer> UpholdAsync(Guid objection, AccountId by, string? reason = null, string words = "السجل واضح", PersonId? self = null, Guid? operation = null) => ReadDoor.RunAsync(() =>
        _holds.UpholdAsync(Actor.Officer(by), by, self ?? _desk, objection, reason ?? HoldReasons.Uphold[0], words, operation ?? NewOperation()));

    private async Task<IReadOnlyList<ObjectionState>> ObjectionsAsync() => [.. (await FileAsync()).Objections.Select(o => o.Objection.State)];

    [Fact]
    public async Task A_holder_objects_to_each_suspension_once_and_who_had_part_in_it_does_not_turn_it_down()
    {
        Refused(HoldRefusals.NothingToObject, await ObjectAsync());
        await FreezeAsync();
        Refused(HoldRefusals.NothingToObject, await ObjectAsync());
        await ByTwoAsync(ProposedAct.Suspend);
        Refused(HoldRefusals.ObjectionMissing, await ObjectAsync(" \n "));
        Refused(HoldRefusals.WordsTooLong, await ObjectAsync(new string('x', Holds.LongestObjection + 1)));
        var operation = NewOperation();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => ObjectAsync(operation: operation))));
        var objection = Assert.Single(answers.Select(a => Assert.IsType<HoldAnswer.Done>(a).Proposal!.Value).Distinct());
        Assert.IsType<HoldAnswer.OperationReused>(await ObjectAsync("other words", operation));
        Refused(HoldRefusals.ObjectedAlready, await ObjectAsync());
        var waiting = Assert.Single(await _holds.ObjectionsAsync());
        Assert.Equal((objection, HoldReasons.Suspend[0]), (waiting.Id, waiting.Reason));

        Refused(HoldRefusals.HadPart, await UpholdAsync(objection, _first));
        Refused(HoldRefusals.HadPart, await UpholdAsync(objection, _second));
        var third = AccountId.New(_world.Clock);
        Refused(HoldRefusals.NotYourOwn, await UpholdAsync(objection, third, self: _person));
        Refused(HoldRefusals.ReasonMissing, await UpholdAsync(objection, third, HoldReasons.Reject[0]));
        Refused(HoldRefusals.WordsMissing, await UpholdAsync(objection, third, words: " "));
        Assert.IsType<HoldAnswer.NotThere>(await UpholdAsync(Guid.CreateVersion7(), third));
        Later();
        Assert.IsType<HoldAnswer.Done>(await UpholdAsync(objection, third));
        Assert.IsType<HoldAnswer.Done>(await UpholdAsync(objection, third));
        Refused(HoldRefusals.ObjectionOver, await UpholdAsync(objection, AccountId.New(_world.Clock)));
        Assert.Equal(["id_frozen", "id_suspended", "id_objection_upheld"], await ToldAsync());
        var (upheld, content) = Assert.Single((await FileAsync()).Objections);
        Assert.Equal((ObjectionState.Upheld, HoldReasons.Uphold[0], "كان معي جوازي في ذلك اليوم", "السجل واضح"), (upheld.State, upheld.DecisionReason, content!.Words, content.Answer));
        Assert.Empty(await _holds.ObjectionsAsync());
        // It stands, and is not objected to a second time.
        Assert.NotNull((await _holds.OpenAsync(_person)).Suspension);
        Refused(HoldRefusals.ObjectedAlready, await ObjectAsync());
    }

    [Fact]
    public async Task What_ends_a_suspension_answers_the_objection_and_the_next_suspension_may_be_objected_to_again()
    {
        await ByTwoAsync(ProposedAct.Suspend);
        var first = await ObjectedAsync();
        await ByTwoAsync(ProposedAct.Lift);
        Assert.Equal([ObjectionState.Granted], await ObjectionsAsync());
        Refused(HoldRefusals.ObjectionOver, await UpholdAsync(first, AccountId.New(_world.Clock)));
        Refused(HoldRefusals.NothingToObject, await ObjectAsync());
        await ByTwoAsync(ProposedAct.Suspend);
        await ObjectedAsync();
        await ByTwoAsync(ProposedAct.Revoke);
        Assert.Equal([ObjectionState.Closed, ObjectionState.Granted], await ObjectionsAsync());
        Assert.Empty(await _holds.ObjectionsAsync());
    }

    [Fact]
    public async Task There_is_a_last_day_to_object_and_one_to_answer()
    {
        await ByTwoAsync(ProposedAct.Suspend);
        var last = (await _holds.ObjectUntilAsync(_person))!.Value;
        Assert.Equal(_world.Clock.Today().PlusDays(60), last);
        _world.Clock.Advance(TimeSpan.FromDays(60));
        Assert.Equal(last, _world.Clock.Today());
        await ObjectedAsync();
        Assert.Null(await _holds.ObjectUntilAsync(_person));
        Assert.False(Assert.Single(await _holds.ObjectionsAsync()).IsLate(_world.Clock.Now()));
        _world.Clock.Advance(TimeSpan.FromDays(10) + TimeSpan.FromSeconds(1));
        Assert.True(Assert.Single(await _holds.ObjectionsAsync()).IsLate(_world.Clock.Now()));

        await ByTwoAsync(ProposedAct.Lift);
        await ByTwoAsync(ProposedAct.Suspend);
        _world.Clock.Advance(TimeSpan.FromDays(61));
        Refused(HoldRefusals.NothingToObject, await ObjectAsync());
    }

    [Fact]
    public async Task An_objection_at_the_moment_of_the_lift_is_granted_by_it_or_comes_too_late()
    {
        for (var round = 0; round < 6; round++)
        {
            await ByTwoAsync(ProposedAct.Suspend);
            var lift = await ProposedAsync(ProposedAct.Lift);
            Later();
            var (objected, lifted) = (Task.Run(() => ObjectAsync()), Task.Run(() => ConfirmAsync(lift)));
            Assert.IsType<HoldAnswer.Done>(await lifted);
            if (await objected is HoldAnswer.Refused refused)
            {
                Refused(HoldRefusals.NothingToObject, refused);
            }
            Assert.Empty(await _holds.ObjectionsAsync());
            Assert.All(await ObjectionsAsync(), state => Assert.Equal(ObjectionState.Granted, state));
        }
    }

    [Fact]
    public async Task The_words_of_an_objection_are_not_stored_in_the_clear()
    {
        await ByTwoAsync(ProposedAct.Suspend);
        await UpholdAsync(await ObjectedAsync(), AccountId.New(_world.Clock));
        var stored = Encoding.UTF8.GetString(await _world.Db.SingleAsync<byte[]>("SELECT content FROM document_objection_content"));
        Assert.DoesNotContain("جوازي", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("السجل", stored, StringComparison.Ordinal);
    }
}
