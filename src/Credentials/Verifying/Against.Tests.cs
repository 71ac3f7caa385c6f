using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using NodaTime;

namespace Muqeem.Credentials.Verifying;

/// <summary>Which of several reasons a verifier is told.</summary>
public class AgainstTests
{
    private static readonly LocalDate Today = new(2026, 11, 28);

    private static DocumentVersion Version(DocumentState state, LocalDate? until = null) =>
        new(Guid.Empty, 1, default, default, 1, "BCDF23456", state, Today.PlusYears(-1), until ?? Today.PlusYears(4), "electronic", default, null);

    private static OpenHolds Held(bool suspended, bool frozen)
    {
        DocumentHold Hold(HoldKind kind) => new(Guid.Empty, 1, default, default, kind, "", default, default, null, null, null, null, null);
        return new(suspended ? Hold(HoldKind.Suspended) : null, frozen ? Hold(HoldKind.Frozen) : null);
    }

    [Theory]
    [InlineData(ResidenceStanding.Active, DocumentState.Live, false, false, null)]
    [InlineData(ResidenceStanding.Active, DocumentState.Live, false, true, NotValidReason.DocumentFrozen)]
    [InlineData(ResidenceStanding.Active, DocumentState.Live, true, true, NotValidReason.DocumentSuspended)]
    [InlineData(ResidenceStanding.Suspended, DocumentState.Live, true, true, NotValidReason.Suspended)]
    [InlineData(ResidenceStanding.Expired, DocumentState.Live, true, true, NotValidReason.Expired)]
    [InlineData(ResidenceStanding.Suspended, DocumentState.Revoked, true, true, NotValidReason.DocumentRevoked)]
    [InlineData(ResidenceStanding.Expired, DocumentState.Superseded, true, true, NotValidReason.Superseded)]
    [InlineData(ResidenceStanding.Active, DocumentState.Lost, false, true, NotValidReason.DocumentLost)]
    [InlineData(ResidenceStanding.Active, DocumentState.Damaged, false, true, NotValidReason.DocumentDamaged)]
    [InlineData(ResidenceStanding.Revoked, DocumentState.Lost, true, false, NotValidReason.Revoked)]
    [InlineData(ResidenceStanding.Ended, DocumentState.Live, true, false, NotValidReason.Ended)]
    public void What_is_final_comes_first_then_the_authoritys_word_then_the_holders(ResidenceStanding residence, DocumentState document, bool suspended, bool frozen, NotValidReason? expected) =>
        Assert.Equal(expected, Verification.Against(residence, Version(document), Held(suspended, frozen), Today));

    [Fact]
    public void A_document_is_good_on_its_last_day_and_not_after()
    {
        Assert.Null(Verification.Against(ResidenceStanding.Active, Version(DocumentState.Live, Today), OpenHolds.None, Today));
        Assert.Equal(NotValidReason.DocumentExpired, Verification.Against(ResidenceStanding.Active, Version(DocumentState.Live, Today.PlusDays(-1)), Held(true, true), Today));
        Assert.Equal(NotValidReason.DocumentEnded, Verification.Against(ResidenceStanding.Active, null, OpenHolds.None, Today));
    }

    [Fact]
    public void Every_reason_of_a_hold_has_its_words_in_both_languages()
    {
        foreach (var language in (string[])["ar", "en"])
        {
            using var stream = typeof(Verdict).Assembly.GetManifestResourceStream($"texts/texts.{language}.json")!;
            var texts = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(stream)!;
            Assert.All([.. HoldReasons.Suspend, .. HoldReasons.Lift, .. HoldReasons.Revoke, .. HoldReasons.Reject, HoldReasons.Revoked], r => Assert.True(texts.ContainsKey("id.reason." + r), r));
            // The notice names each reason of its act, and no other.
            foreach (var (kind, reasons) in new[] { ("id_suspended", HoldReasons.Suspend), ("id_suspension_lifted", HoldReasons.Lift), ("id_suspension_lifted_frozen", HoldReasons.Lift), ("id_revoked", HoldReasons.Revoke) })
            {
                Assert.All(reasons, r => Assert.Contains($" {r[(r.IndexOf('.') + 1)..]} {{", texts[$"notice.{kind}.body"]));
            }
        }
    }
}
