using NodaTime;

namespace Muqeem.Agencies;

/// <summary>The platform of establishments: contracts, work permits and employers.</summary>
public sealed class LabourContracts(AgencyLine line)
{
    public const string Name = "LabourContracts";

    public static readonly Duration WorkerValidity = Duration.FromHours(1);
    public static readonly Duration EmployerValidity = Duration.FromHours(6);

    /// <param name="number">Resident or border number. <c>NotFound</c>: no establishment employs this person.</param>
    public Task<AgencyAnswer<LabourWorker>> WorkerAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<LabourWorker>("worker", $"workers/{Uri.EscapeDataString(number)}", WorkerValidity, cancel);

    /// <param name="unified">A 700 number.</param>
    public Task<AgencyAnswer<EstablishmentStanding>> EstablishmentAsync(string unified, CancellationToken cancel = default) =>
        line.GetAsync<EstablishmentStanding>("establishment", $"establishments/{Uri.EscapeDataString(unified)}", EmployerValidity, cancel);

    public Task<AgencyAnswer<TransferReceipt>> TransferAsync(TransferRequest request, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<TransferReceipt>("transfer", HttpMethod.Post, "transfers", request, requestId, cancel);

    public Task<AgencyAnswer<OccupationChangeReceipt>> ChangeOccupationAsync(OccupationChangeRequest request, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<OccupationChangeReceipt>("occupation_change", HttpMethod.Post, "occupations/change", request, requestId, cancel);

    public Task<AgencyAnswer<EmployerObjectionReceipt>> ObjectAsync(EmployerObjectionRequest request, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<EmployerObjectionReceipt>("objection", HttpMethod.Post, "objections", request, requestId, cancel);

    public Task<AgencyAnswer<NoticeReceipt>> AskConfirmationAsync(ConfirmationQuestion question, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<NoticeReceipt>("confirmation", HttpMethod.Post, "confirmations", question, requestId, cancel);

    public Task<AgencyAnswer<NoticeReceipt>> TellResidenceAsync(LabourResidenceNotice notice, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<NoticeReceipt>("residence_notice", HttpMethod.Post, "residences", notice, requestId, cancel);

    /// <summary>Whose record changed since, in the order of the changes, each as it is now.</summary>
    public Task<AgencyAnswer<HoldingPage<LabourHolding>>> ChangesAsync(string after, int most, CancellationToken cancel = default) => HoldingPages.ChangesAsync<LabourHolding>(line, after, most, cancel);

    /// <param name="numbers">At most <see cref="HoldingPages.MostAsked"/>; who is unknown is not in the answer.</param>
    public Task<AgencyAnswer<HoldingPage<LabourHolding>>> HoldingsAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel = default) => HoldingPages.OfAsync<LabourHolding>(line, numbers, cancel);
}
