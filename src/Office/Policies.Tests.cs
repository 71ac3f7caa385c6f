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
        Assert.Equal(("government", "request", "20"), (_first.Value("part.0"), _first.Value("part.1"), _first.Value("part.2")));
        await _first.PressInAsync("change", null, [("part.2", "٢٥٠"), ("source", "Decree 7 of 1448"), .. Day("from", from)]);
        Assert.Equal((HttpStatusCode.OK, "/en/office/policies"), (_first.Status, _first.Path));
        var proposal = await WaitingAsync(code);
        Assert.True(_first.Shows(_words.Bare("office.proposal.another")) && _first.Shows("Decree 7 of 1448"));
        Assert.DoesNotContain($"confirm:{proposal.Id}", _first.Html, StringComparison.Ordinal);

        // Who forges the button of the own proposal is told that another confirms it.
        await DecideAsync(_first, $"confirm:{proposal.Id}");
        Assert.Equal(HttpStatusCode.Conflict, _first.Status);
        Assert.True(_first.Shows(_words.Refusal(new Refusal(PolicyRefusals.AnotherConfirms))));

        var version = Book.Current.Version;
        await _second.OpenAsync("office/policies");
        Assert.Contains($"confirm:{proposal.Id}", _second.Html, StringComparison.Ordinal);
        Assert.True(_second.Shows(_words.Text("office.policies.caution.tenfold", ("what", _words.Bare("office.policies.part.amount")))), _second.Html);
        Assert.True(_second.Shows(_words.Text("office.policies.from_to", ("before", "20"), ("after", "250"))));
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
            Assert.True(_second.Shows(_words.Text("office.policies.caution." + caution, ("what", _words.Bare("office.policies.value")))), caution);
        }
        foreach (var code in new[] { "sign_in.tries", "sign_in.minutes" })
        {
            await DecideAsync(_second, $"reject:{(await WaitingAsync(code)).Id}");
            Assert.Equal(HttpStatusCode.OK, _second.Status);
        }
        Assert.False(_second.Shows(_words.Text("office.policies.caution.zero", ("what", _words.Bare("office.policies.value")))));
    }

    private async Task ProposeAsync(string code, string value, LocalDate from)
    {
        await _first.OpenAsync("office/policies/change?code=" + code);
        await _first.PressInAsync("change", null, [("value", value), ("source", "Decree 8 of 1448"), .. Day("from", from)]);
        Assert.True((HttpStatusCode.OK, "/en/office/policies") == (_first.Status, _first.Path), _first.Html);
    }

    [Fact]
    public async Task A_fee_with_several_amounts_has_a_box_for_each_and_can_be_written_as_a_whole()
    {
        const string page = "office/policies/change?code=fees%2FIQAMA_COMMERCIAL";
        (string, string)[] rest = [("source", "Decree 10 of 1448"), .. Day("from", Today.PlusDays(1))];
        await _first.OpenAsync(page);
        var boxes = Enumerable.Range(0, 20).Select(i => _first.Value($"part.{i}")).TakeWhile(v => v is not null).ToList();
        Assert.Equal(["government", "year", "650", "3, 6, 9, 12, 24", "163", "325", "488", "650", "employer"], boxes);
        foreach (var name in new[] { "amount", "by_months", "allowed_months", "payer" })
        {
            Assert.True(_first.Shows(_words.Bare("office.policies.part." + name)), name);
        }

        // A word where a figure stands, at its box; the year and its twelve months say two things.
        await _first.PressInAsync("change", null, [("part.4", "a lot"), ("part.5", "350"), .. rest]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, _first.Status);
        Assert.True(_first.Shows(_words.Text("office.policies.part_wrong", ("what", _words.Bare("office.policies.part.by_months") + " · \u20663\u2069"), ("now", "163"))));
        Assert.Equal(("a lot", "350"), (_first.Value("part.4"), _first.Value("part.5")));
        await _first.PressInAsync("change", null, [("part.4", "175"), ("part.5", "350"), ("part.7", "700"), .. rest]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, _first.Status);
        Assert.True(_first.Shows("two amounts for a year"));
        await _first.PressInAsync("change", null, [("part.2", "700"), .. rest]);
        Assert.Equal((HttpStatusCode.OK, "/en/office/policies"), (_first.Status, _first.Path));
        var proposal = await WaitingAsync("fees/IQAMA_COMMERCIAL");
        Assert.Equal(["amount 650 700", "by_months/3 163 175", "by_months/6 325 350", "by_months/12 650 700"],
            PolicyDifference.Between(PolicyChange.RowsOf(proposal.Change.Code, [.. Book.Current.Rows]).Single().Value, proposal.Change.Value).Select(d => $"{d.Path} {d.Before} {d.After}"));
        await DecideAsync(_first, $"reject:{proposal.Id}");

        // A part is taken away in the text of the whole, and the second reader is told what is gone.
        await _first.OpenAsync(page + "&way=text");
        var text = _first.Value("value")!;
        await _first.PressInAsync("change", null, [("value", "{"), .. rest]);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "{"), (_first.Status, _first.Value("value")));
        await _first.PressInAsync("change", null, [("value", text.Replace("\"allowed_months\":[3,6,9,12,24],", "")), .. rest]);
        await _second.OpenAsync("office/policies");
        Assert.True(_second.Shows(_words.Text("office.policies.caution.gone", ("what", _words.Bare("office.policies.part.allowed_months")))), _second.Html);
        await DecideAsync(_second, $"reject:{(await WaitingAsync("fees/IQAMA_COMMERCIAL")).Id}");
    }

    [Fact]
    public async Task Who_wrote_over_a_rule_that_changed_meanwhile_is_told_to_look_again()
    {
        const string code = "fees/IQAMA_REPLACE_DAMAGED_FEE";
        await _first.OpenAsync("office/policies/change?code=" + Uri.EscapeDataString(code));
        var (action, fields) = _first.Drawn("change");
        foreach (var (by, part) in new[] { (_first, "300"), (_first, "400") })
        {
            var day = Today.PlusDays(1);
            await by.PostAsync(action, [.. fields.Where(f => f.Key is not ("part.2" or "source" or "operation") && !f.Key.StartsWith("from.", StringComparison.Ordinal)), new("operation", Guid.CreateVersion7().ToString()),
                new("part.2", part), new("source", "Decree 11 of 1448"), .. Day("from", day).Select(d => KeyValuePair.Create(d.Item1, d.Item2))]);
            if (part == "300")
            {
                await _second.OpenAsync("office/policies");
                await DecideAsync(_second, $"confirm:{(await WaitingAsync(code)).Id}");
            }
        }
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "400"), (_first.Status, _first.Value("part.2")));
        Assert.True(_first.Shows(_words.Refusal(new Refusal(PolicyRefusals.Changed))));
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
