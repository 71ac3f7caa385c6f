using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Kernel;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Signatures;
using NodaTime;

namespace Muqeem.Agencies;

public class FeedPolicyTests
{
    private static readonly LocalDate Today = new(2026, 11, 22);
    private static readonly PolicySnapshot Policies = PolicyBook.BaselineSnapshot();
    private static readonly IReadOnlyList<FeedGrant> Grants = Policies.Get<IReadOnlyList<FeedGrant>>(FeedGrant.Policy, Today);

    [Fact]
    public void What_an_agency_is_told_is_made_of_known_words_and_it_may_call_and_be_called_for_it()
    {
        Assert.NotEmpty(Grants);
        Assert.All(Grants, g =>
        {
            Assert.Contains(g.Kind, FeedKinds.All);
            Assert.NotEmpty(g.Fields);
            Assert.All(g.Fields, f => Assert.Contains(f, FeedFields.All));
            Assert.NotEmpty(g.Categories);
            Assert.Contains(AgenciesSetup.All, a => a.Name == g.Agency);
        });
        Assert.Equal(Grants.Count, Grants.DistinctBy(g => (g.Agency, g.Kind)).Count());
        foreach (var agency in Grants.Select(g => g.Agency).Distinct())
        {
            Assert.Contains(Policies.Get<IReadOnlyList<ExchangeRight>>(ExchangeRight.OurCalls, Today), r => r.Agency == agency && r.Operation == FeedPage.Delivery);
            Assert.Equal(2, Policies.Get<IReadOnlyList<ExchangeRight>>(ExchangeRight.TheirCalls, Today).Count(r => r.Agency == agency && r.Operation is FeedPage.Reading or FeedPage.Steering && r.Agency == agency));
        }
    }

    [Fact]
    public void Nobody_is_told_that_a_holder_froze_the_ID() => Assert.DoesNotContain(Grants, g => g.Kind == FeedKinds.DocumentFreeze || g.Fields.Contains(FeedFields.Frozen));

    [Theory]
    [InlineData("1-0-0", true)]
    [InlineData("2-9223372036854775807-2147483647", true)]
    [InlineData("", false)]
    [InlineData("1-9223372036854775808-0", false)]
    [InlineData("1-1- 0", false)]
    [InlineData("١-٢-٣", false)]
    [InlineData("1-+1-0", false)]
    [InlineData("1-1-0x", false)]
    public void A_cursor_is_read_only_as_it_was_given(string text, bool isOne)
    {
        var cursor = FeedCursor.Parse(text);
        Assert.Equal(isOne, cursor is not null);
        Assert.Equal(isOne ? text : null, cursor?.ToString());
    }

    [Theory]
    [InlineData("http://agency.example/events", true, "not an https address")]
    [InlineData("events", true, "not an https address")]
    [InlineData("https://agency.example/events", false, "needs Agencies:LabourContracts:Keys")]
    [InlineData("https://agency.example/events", true, null)]
    public void An_address_to_which_nothing_can_be_sent_safely_is_refused_at_start(string address, bool keys, string? sentence)
    {
        var settings = new Dictionary<string, string?> { [FeedSetup.SettingOf(LabourContracts.Name)] = address, [$"Agencies:{LabourContracts.Name}:Keys"] = keys ? PublicKeyText.SetOf([AgencyCaller.NewSigner().Key]) : null };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var refused = Record.Exception(() => new ServiceCollection().AddFeed(configuration));
        Assert.Equal(sentence is null, refused is null);
        Assert.Contains(sentence ?? "", refused?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_reason_is_a_code()
    {
        Assert.All((string[])["t-1", "ticket.4711_b", new string('a', 100)], r => Assert.True(FeedSteering.IsReason(r)));
        Assert.All((string?[])[null, "", "two words", "رقم", new string('a', 101)], r => Assert.False(FeedSteering.IsReason(r)));
    }

    [Fact]
    public void A_page_of_the_greatest_size_fits_into_what_is_kept_of_a_message()
    {
        var most = FeedRules.Of(Policies, Today).Page;
        var full = new FeedEvent(Guid.CreateVersion7(), FeedKinds.DocumentStatus, Instant.FromUtc(2026, 11, 22, 10, 0).PlusNanoseconds(123456700), "2000000006", Today, Today, Today, "superseded", 12, false);
        var bytes = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new FeedPage(FeedPage.From, Instant.MaxValue, [.. Enumerable.Repeat(full, most)], "9-9223372036854775807-0", true), Wire.Options);
        Assert.InRange(bytes.Length, 1, Platform.Exchanges.SignedPart.LargestBody);
    }
}
