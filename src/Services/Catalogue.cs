using Muqeem.Cases.Definition;

namespace Muqeem.Services;

/// <summary>Every service there is: one line each.</summary>
public static class Catalogue
{
    public static readonly IReadOnlyList<Service> All =
    [
        new IssueResidentId.IssueResidentId(),
        new RenewResidentId.RenewResidentId(),
        new ExitReentryVisa.ExitReentryVisa(),
        new ReplaceLostId.ReplaceLostId(),
        new ReplaceDamagedId.ReplaceDamagedId(),
        new DeliverCard.DeliverCard(),
    ];
}
