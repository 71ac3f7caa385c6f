using Microsoft.Extensions.Logging;

namespace Muqeem.Payments;

/// <summary>Audits the books every night and is loud about what it finds: a fault means a bug, or somebody at the database.</summary>
public sealed partial class LedgerWatch(Ledger ledger, ILogger<LedgerWatch> log)
{
    public async Task<IReadOnlyList<LedgerFault>> RunAsync(CancellationToken cancel = default)
    {
        var faults = await ledger.AuditAsync(cancel);
        foreach (var fault in faults)
        {
            FaultFound(log, fault.Rule, fault.Where, fault.Halalas);
        }
        PaymentMetrics.Faults.Add(faults.Count);
        return faults;
    }

    [LoggerMessage(60, LogLevel.Critical, "The books do not hold: {Rule} at {Where} by {Halalas} halalas.")]
    private static partial void FaultFound(ILogger logger, string rule, string where, long halalas);
}
