using System.Net;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Texts;
using Muqeem.Portal;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Office;

public sealed class PoliciesPageOnSqliteTests(PoliciesPageOnSqliteTests.Operators world) : PoliciesPageTests(world), IClassFixture<PoliciesPageOnSqliteTests.Operators>
{
    public sealed class Operators() : OperatorsWorld(DatabaseKind.Sqlite);
}

public sealed class PoliciesPageOnPostgreSqlTests(PoliciesPageOnPostgreSqlTests.Operators world) : PoliciesPageTests(world), IClassFixture<PoliciesPageOnPostgreSqlTests.Operators>
{
    public sealed class Operators() : OperatorsWorld(DatabaseKind.PostgreSql);
}

/// <summary>Two operators without script, over HTTP.</summary>
public abstract class PoliciesPageTests(OperatorsWorld shared)
{
    private readonly WholeWorld _world = shared.World;
    private readonly Browser _first = shared.First;
    private readonly Browser _second = shared.Second;
    private readonly Language _words = shared.World.Get<TextCatalogue>().In("en");

    private PolicyBook Book => _world.Get<PolicyBook>();

    private LocalDate Today => _world.Clock.Today();

    private static (string, string)[] Day(string field, LocalDate day) => [($"{field}.day", $"{day.Day}"), ($"{field}.month", $"{day.Month}"), ($"{field}.year", $"{day.Year}")];

    private async Task<PolicyProposal> WaitingAsync(string code) => (await _world.Get<PolicyDesk>().WaitingAsync()).Single(p => p.Change.Code == code);

    private static Task<Browser> DecideAsync(Browser by, string act)
    {
        var (action, fields) = by.Drawn("decide");
        return by.PostAsync(action, [.. fields, KeyValuePair.Create("act", act)]);
    }

    [Fact]
    public async Task A_fee_changes_by_the_word_of_two_and_the_list_of_prices_says_so()
    {
        const string code = "fees/ID_DELIVERY";
        var from = Today.PlusDays(2);
        await _first.OpenAsync("office/policies?filter=ID_DELIVERY");
        Assert.Contains("office/policies/change?code=fees%2FID_DELIVERY", _first.Html, StringComparison.Ordinal);
        await _first.OpenAsync("office/policies/change?code=" + Uri.EscapeDataString(code));
        var present = _first.Value("value")!;
        Assert.Contains("\"amount\":20", present);
        await _first.PressInAsync("change", null, [("value", present.Replace("20", "250")), ("source", "Decree 7 of 1448"), .. Day("from", from)]);
        Assert.Equal((HttpStatusCode.OK, "/en/office/policies"), (_first.Status, _first.Path));
        var proposal = await WaitingAsync(code);
        Assert.True(_first.Shows(_words.Bare("office.verifiers.another")) && _first.Shows("Decree 7 of 1448"));
        Assert.DoesNotContain($"confirm:{proposal.Id}", _first.Html, StringComparison.Ordinal);

        // Who forges the button of the own proposal is told that another confirms it.
        await DecideAsync(_first, $"confirm:{proposal.Id}");
        Assert.Equal(HttpStatusCode.Conflict, _first.Status);
        Assert.True(_first.Shows(_words.Refusal(new Refusal(PolicyRefusals.AnotherConfirms))));

        var version = Book.Current.Version;
        await _second.OpenAsync("office/policies");
        Assert.Contains($"confirm:{proposal.Id}", _second.Html, StringComparison.Ordinal);
        await DecideAsync(_second, $"confirm:{proposal.Id}");
        Assert.Equal((HttpStatusCode.OK, version + 1), (_second.Status, Book.Current.Version));
        decimal? AmountOn(LocalDate day) => Payments.Pricing.Tariff.Of(Book.Current, day).RowOn("ID_DELIVERY", day)!.Amount;
        Assert.Equal((20m, 250m), (AmountOn(from.PlusDays(-1)), AmountOn(from)));
        Assert.Equal(2, PolicyChange.RowsOf(code, [.. Book.Current.Rows]).Count);
        Assert.DoesNotContain(await _world.Get<PolicyDesk>().WaitingAsync(), p => p.Id == proposal.Id);
    }

    [Fact]
    public async Task The_second_reader_is_warned_of_what_is_easily_overlooked()
    {
        await ProposeAsync("sign_in.tries", "0", Today);
        await ProposeAsync("sign_in.minutes", "9000", Today.PlusDays(1));
        await _second.OpenAsync("office/policies");
        foreach (var caution in new[] { "zero", "today", "tenfold" })
        {
            Assert.True(_second.Shows(_words.Bare("office.policies.caution." + caution)), caution);
        }
        foreach (var code in new[] { "sign_in.tries", "sign_in.minutes" })
        {
            await DecideAsync(_second, $"reject:{(await WaitingAsync(code)).Id}");
            Assert.Equal(HttpStatusCode.OK, _second.Status);
        }
        Assert.False(_second.Shows(_words.Bare("office.policies.caution.zero")));
    }

    private async Task ProposeAsync(string code, string value, LocalDate from)
    {
        await _first.OpenAsync("office/policies/change?code=" + code);
        await _first.PressInAsync("change", null, [("value", value), ("source", "Decree 8 of 1448"), .. Day("from", from)]);
        Assert.True((HttpStatusCode.OK, "/en/office/policies") == (_first.Status, _first.Path), _first.Html);
    }

    [Fact]
    public async Task What_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost()
    {
        foreach (var (refusal, value, source, from) in new[]
        {
            (PolicyRefusals.OtherKind, "soon", "Decree 9", Today.PlusDays(1)),
            (PolicyRefusals.Source, "31", "", Today.PlusDays(1)),
            (PolicyRefusals.Past, "31", "Decree 9", Today.PlusDays(-1)),
        })
        {
            await _first.OpenAsync("office/policies/change?code=case.payment_days");
            await _first.PressInAsync("change", null, [("value", value == "soon" ? "\"soon\"" : value), ("source", source), ("note", "kept"), .. Day("from", from)]);
            Assert.True(_first.Status == HttpStatusCode.UnprocessableEntity, $"{refusal}: {_first.Status}");
            Assert.True(_first.Shows(_words.Refusal(new Refusal(refusal, ("most", PolicyDesk.LongestText), ("day", Today))).Split(',', ' ')[0]), refusal);
            Assert.NotNull(_first.Value("value"));
            Assert.Equal("kept", _first.Value("note"));
        }
        await _first.OpenAsync("office/policies/change?code=case.payment_days");
        await _first.PressInAsync("change", null, ("value", "31"), ("source", "Decree 9"), ("from.day", "32"), ("from.month", "1"), ("from.year", "2030"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, _first.Status);
        Assert.DoesNotContain(await _world.Get<PolicyDesk>().WaitingAsync(), p => p.Change.Code == "case.payment_days");
        foreach (var code in new[] { "no.such.rule", "fees", "" })
        {
            await _first.OpenAsync("office/policies/change?code=" + code);
            Assert.Equal(HttpStatusCode.NotFound, _first.Status);
        }
    }

    [Fact]
    public async Task Officers_read_the_rules_and_change_none()
    {
        var officer = await OfficeWorld.SignInAsync(_world, "officer.one", "policies");
        Assert.Equal(HttpStatusCode.OK, officer.Status);
        Assert.DoesNotContain("office/policies/change", officer.Html, StringComparison.Ordinal);
        await officer.OpenAsync("office/policies/change?code=case.payment_days");
        Assert.True(officer.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden, $"{officer.Status}");
    }

    /// <summary>What nobody says how to read could be changed to anything.</summary>
    [Fact]
    public void Of_every_rule_some_part_says_how_it_is_read_and_the_releases_own_can_be()
    {
        var forms = _world.Get<IEnumerable<PolicyForm>>().ToList();
        var baseline = PolicyBook.Baseline();
        Assert.All(baseline.Select(r => r.Code).Distinct(), code => Assert.True(PolicyForm.Check(code, baseline, baseline, forms) is not { } refusal || Fail(code, refusal), code));
        Assert.All(forms, f => Assert.Contains(baseline, r => f.IsOf(r.Code)));

        bool Fail(string code, Refusal refusal)
        {
            Assert.Fail($"{code}: {_words.Refusal(refusal)}");
            return false;
        }
    }
}
