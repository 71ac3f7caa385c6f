using Muqeem.Cases;
using Muqeem.Cases.Checks;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Policies;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Services.DeliverCard;

/// <summary>Facts in, findings and effects out.</summary>
public class DeliverCardRulesTests
{
    private static readonly LocalDate Today = new(2026, 11, 29);
    private static readonly Instant Now = Today.At(new LocalTime(14, 0)).WithOffset(Clock.Riyadh).ToInstant();
    private static readonly FactOrigin Origin = new("test", "1", Now, Now);

    private static RuleContext Context
    {
        get
        {
            var policy = PolicyBook.BaselineSnapshot();
            return new(Now, Today, policy, Tariff.Of(policy, Today), Categories.Dependent);
        }
    }

    private static FactSet Facts(DocumentState? state = DocumentState.Live, int daysLeft = 100, DeliveryFact? delivery = null, params string[] addresses) => new FactSet()
        .Add(new ResidenceFact { Id = Guid.CreateVersion7(), Standing = nameof(Standing.Active), Category = Categories.Dependent, Until = Today.PlusDays(daysLeft) }, Origin)
        .Add(state is { } s ? new DocumentFact { Number = 1, State = s.ToString(), Until = Today.PlusYears(3) } : new DocumentFact(), Origin)
        .Add(delivery ?? new DeliveryFact(), Origin)
        .Add(new AddressFact { Addresses = [.. addresses.Select(a => new RecordedAddress(a, "عنوان", "address"))] }, Origin);

    private static IEnumerable<(string, FindingKind)> Findings(FactSet facts) => Rules.Check(facts, Context).Select(f => (f.Refusal.Code, f.Kind));

    [Fact]
    public void All_that_stands_against_it_is_said_at_once()
    {
        Assert.Empty(Findings(Facts(addresses: "RRRD2929")));
        Assert.Equal(
        [
            (Check.Codes.ResidenceTooShort, FindingKind.Fixable), (Rules.NotInForce, FindingKind.Fixable), (Rules.Suspended, FindingKind.Fixable), (Rules.Frozen, FindingKind.Fixable), (Rules.UnderWay, FindingKind.Fixable),
            (Rules.NoAddress, FindingKind.Fixable),
        ], Findings(Facts(DocumentState.Lost, daysLeft: -1, new DeliveryFact { Suspended = true, Frozen = true, UnderWay = "MQ-1" })));
        Assert.Equal([(Rules.NoId, FindingKind.Final)], Findings(Facts(state: null, addresses: "RRRD2929")));
    }

    [Theory]
    [InlineData(null, "AAAA1111")]
    [InlineData("BBBB2222", "BBBB2222")]
    public void It_goes_to_the_address_that_was_chosen_and_without_a_choice_to_the_first(string? chosen, string to)
    {
        var effects = Outcomes.Of(CaseActs.Execute, new Request { Address = chosen }, Facts(addresses: ["AAAA1111", "BBBB2222"]), Context).ToList();
        Assert.Equal(new Effect.OrderShipment(to), effects[0]);
        Assert.Equal(new Effect.Due(ShipmentActs.Silence, Today.PlusDays(60)), effects[1]);
    }

    [Fact]
    public void Whatever_the_post_tells_of_a_card_that_is_over_changes_nothing()
    {
        foreach (var over in new[] { ShipmentStates.Delivered, ShipmentStates.SentBack, ShipmentStates.Closed })
        {
            Assert.True(Way.Lifecycle.IsFinal(over), over);
        }
        Assert.False(Way.Lifecycle.Allows(ShipmentStates.Stopped, ShipmentActs.Delivered, By.Post));
        Assert.DoesNotContain(CaseStates.Issued, Way.Lifecycle.States);
    }
}
