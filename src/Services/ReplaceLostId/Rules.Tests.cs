using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Policies;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Services.ReplaceLostId;

/// <summary>Facts in, findings and lines out.</summary>
public class ReplaceLostIdRulesTests
{
    private static readonly LocalDate Today = new(2026, 11, 29);

    /// <summary>Two in the afternoon.</summary>
    private static readonly Instant Now = Today.At(new LocalTime(14, 0)).WithOffset(Clock.Riyadh).ToInstant();

    private static RuleContext Context
    {
        get
        {
            var policy = PolicyBook.BaselineSnapshot();
            return new(Now, Today, policy, Tariff.Of(policy, Today), Categories.EstablishmentWorker);
        }
    }

    private static FactSet Facts(DocumentFact document, LocalDate? until = null)
    {
        var origin = new FactOrigin("test", "1", Now, Now);
        return new FactSet().Add(new PersonFact { Inside = true }, origin).Add(new PassportsFact { Passports = [new("A1", "BGD", null, Today.PlusYears(1), "CURRENT")] }, origin).Add(new JusticeFact(), origin)
            .Add(new ResidenceFact { Id = Guid.CreateVersion7(), Standing = nameof(Standing.Active), Category = Categories.EstablishmentWorker, Until = until ?? Today.PlusMonths(6) }, origin)
            .Add(document, origin).Add(new VisasFact(), origin);
    }

    private static DocumentFact Live => new() { Number = 1, State = nameof(DocumentState.Live), Issued = Today.PlusDays(-30), Until = Today.PlusYears(4) };

    private static Request Lost(LocalDate day, string part) => new() { Cause = Causes.Lost, LostOn = day, PartOfDay = part };

    private static IEnumerable<string> Codes(Request request, FactSet facts) => Rules.Check(request, facts, Context).Select(f => f.Refusal.Code);

    private static IEnumerable<string> Lines(Request request, FactSet facts) => Fee.For(request, facts, Context).Lines.Where(l => l.Amount > Money.Zero).Select(l => l.Code);

    [Theory]
    [InlineData(0, PartsOfDay.Afternoon, false)]
    [InlineData(-1, PartsOfDay.Morning, true)]
    [InlineData(-1, PartsOfDay.Afternoon, false)]
    [InlineData(-2, PartsOfDay.Evening, true)]
    public void The_last_moment_of_the_part_of_the_day_decides_whether_a_day_has_passed(int days, string part, bool fined)
    {
        var (request, facts) = (Lost(Today.PlusDays(days), part), Facts(Live));
        Assert.Empty(Codes(request, facts));
        string[] lines = fined ? ["IQAMA_REPLACE_LOST_FEE", "LOST_NOT_REPORTED_24H"] : ["IQAMA_REPLACE_LOST_FEE"];
        Assert.Equal(lines, Lines(request, facts));
    }

    [Fact]
    public void What_was_reported_before_stays_reported_then()
    {
        var request = Lost(Today.PlusDays(-10), PartsOfDay.Evening);
        var reported = Live with { State = nameof(DocumentState.Lost), EndedAt = Now - Duration.FromDays(9) };
        Assert.Equal(["IQAMA_REPLACE_LOST_FEE"], Lines(request, Facts(reported)));
        Assert.Equal(["IQAMA_REPLACE_LOST_FEE", "LOST_NOT_REPORTED_24H"], Lines(request, Facts(reported with { EndedAt = Now - Duration.FromDays(8) })));
        // A loss after its own report is none.
        Assert.Equal([Rules.NotYet], Codes(Lost(Today.PlusDays(-8), PartsOfDay.Night), Facts(reported)));
    }

    [Fact]
    public void A_loss_lies_between_the_issue_and_the_report()
    {
        Assert.Equal([Rules.NotYet], Codes(Lost(Today, PartsOfDay.Evening), Facts(Live)));
        Assert.Equal([Rules.BeforeIssue], Codes(Lost(Today.PlusDays(-31), PartsOfDay.Night), Facts(Live)));
        Assert.Empty(Codes(Lost(Today.PlusDays(-30), PartsOfDay.Night), Facts(Live)));
    }

    [Fact]
    public void Whoever_never_had_an_ID_has_none_to_replace_and_nothing_ends()
    {
        Assert.Equal([Replacement.NoId], Codes(Lost(Today, PartsOfDay.Morning), Facts(new DocumentFact())));
        Assert.Empty(Outcomes.Of(CaseActs.Submit, CaseStates.Draft, Lost(Today, PartsOfDay.Morning), Facts(new DocumentFact()), Context));
    }

    [Fact]
    public void What_was_not_revoked_is_not_replaced_as_such_and_does_not_end_by_saying_so()
    {
        var request = new Request { Cause = Causes.Revoked };
        Assert.Equal([Rules.NotRevoked], Codes(request, Facts(Live)));
        Assert.Empty(Outcomes.Of(CaseActs.Submit, CaseStates.Draft, request, Facts(Live), Context));
    }

    [Theory]
    [InlineData("revoke.misused", Rules.AfterRevoked)]
    [InlineData("revoke.issued_in_error", Rules.AfterRevoked)]
    [InlineData("revoke.untrue_statement", Rules.NoOther)]
    [InlineData("revoke.order", Rules.NoOther)]
    [InlineData(null, Rules.NoOther)]
    public void The_reason_of_a_revocation_decides_whether_there_is_another_ID(string? reason, string expected)
    {
        var facts = Facts(Live with { State = nameof(DocumentState.Revoked), EndedAt = Now, RevokedFor = reason });
        Assert.Equal([expected], Codes(new Request { Cause = Causes.Revoked }, facts));
    }

    [Fact]
    public void The_fee_is_due_while_twelve_months_or_less_are_left_counting_a_begun_one()
    {
        var request = Lost(Today, PartsOfDay.Morning);
        Assert.Equal(["IQAMA_REPLACE_LOST_FEE"], Lines(request, Facts(Live, Today.PlusMonths(12))));
        Assert.Empty(Lines(request, Facts(Live, Today.PlusMonths(12).PlusDays(1))));
        Assert.Equal((0, 1, 1, 2), (Replacement.RemainingMonths(Today, Today), Replacement.RemainingMonths(Today, Today.PlusDays(1)), Replacement.RemainingMonths(Today, Today.PlusMonths(1)), Replacement.RemainingMonths(Today, Today.PlusMonths(1).PlusDays(1))));
    }
}
