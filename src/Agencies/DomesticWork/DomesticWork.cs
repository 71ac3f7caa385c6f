using NodaTime;

namespace Muqeem.Agencies;

/// <summary>The platform of households: contracts of domestic workers, and the households that employ them.</summary>
public sealed class DomesticWork(AgencyLine line)
{
    public const string Name = "DomesticWork";

    public static readonly Duration ContractValidity = Duration.FromHours(1);
    public static readonly Duration HouseholdValidity = Duration.FromHours(6);

    /// <param name="number">Resident or border number. <c>NotFound</c>: no household employs this person.</param>
    public Task<AgencyAnswer<HouseholdContract>> ContractAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<HouseholdContract>("household_contract", $"contracts/{Uri.EscapeDataString(number)}", ContractValidity, cancel);

    /// <param name="number">The household employer's citizen or resident number.</param>
    public Task<AgencyAnswer<HouseholdStanding>> HouseholdAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<HouseholdStanding>("household", $"households/{Uri.EscapeDataString(number)}", HouseholdValidity, cancel);

    public Task<AgencyAnswer<NoticeReceipt>> AskConfirmationAsync(ConfirmationQuestion question, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<NoticeReceipt>("confirmation", HttpMethod.Post, "confirmations", question, requestId, cancel);

    public Task<AgencyAnswer<NoticeReceipt>> TellResidenceAsync(DomesticResidenceNotice notice, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<NoticeReceipt>("residence_notice", HttpMethod.Post, "residences", notice, requestId, cancel);

    /// <summary>Whose record changed since, in the order of the changes, each as it is now.</summary>
    public Task<AgencyAnswer<HoldingPage<DomesticHolding>>> ChangesAsync(string after, int most, CancellationToken cancel = default) => HoldingPages.ChangesAsync<DomesticHolding>(line, after, most, cancel);

    /// <param name="numbers">At most <see cref="HoldingPages.MostAsked"/>; who is unknown is not in the answer.</param>
    public Task<AgencyAnswer<HoldingPage<DomesticHolding>>> HoldingsAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel = default) => HoldingPages.OfAsync<DomesticHolding>(line, numbers, cancel);
}
