using Muqeem.Cases.Definition;
using Muqeem.Payments;
using Muqeem.Platform.Database;

namespace Muqeem.Bench;

/// <summary>After the load, with nobody serving: whether the database holds what was acknowledged, once, and whether its books agree.</summary>
internal static class Books
{
    public static async Task<string> CheckAsync(Product product, Acknowledged acknowledged)
    {
        await using var db = Db.Open(product.Options with { MigrateAtStart = false });
        async Task<long> Count(string sql) => await db.SingleAsync<long>(sql);
        void Must(bool good, string what)
        {
            if (!good)
            {
                throw new WrongAnswerException($"{product.Name}: {what}");
            }
        }
        var issued = (await db.QueryAsync<Guid>($"SELECT id FROM case_head WHERE state = '{CaseStates.Issued}'")).ToHashSet();
        Must(issued.SetEquals(acknowledged.Cases), $"{acknowledged.Cases.Count} issues were acknowledged, {issued.Count} cases are issued, {acknowledged.Cases.Count(c => !issued.Contains(c))} are missing.");
        var twice = await Count("SELECT count(*) FROM (SELECT person_id FROM document GROUP BY person_id HAVING count(*) > 1) d");
        Must(twice == 0, $"{twice} persons have two documents.");
        var documents = await Count("SELECT count(*) FROM document WHERE state = 'LIVE'");
        Must(documents == issued.Count, $"{issued.Count} cases are issued, but {documents} documents are live.");
        var residences = await Count("SELECT count(*) FROM residence");
        Must(residences == issued.Count, $"{issued.Count} cases are issued, but there are {residences} residences.");
        var consumed = await Count("SELECT count(*) FROM bill WHERE state = 'CONSUMED'");
        Must(consumed == issued.Count, $"{issued.Count} cases are issued, but {consumed} bills are used up.");
        var (acts, leaves) = (await Count("SELECT count(*) FROM act"), await Count("SELECT count(*) FROM act a JOIN leaf l ON l.id = a.id"));
        Must(acts == leaves, $"{acts} acts, but {leaves} leaves of them.");
        var faults = await new Ledger(db).AuditAsync();
        Must(faults.Count == 0, $"the ledger has faults, e.g. {faults.FirstOrDefault()}.");
        var sum = await Count("SELECT CAST(coalesce(sum(halalas), 0) AS bigint) FROM ledger_entry");
        Must(sum == 0, $"the ledger is {sum} halalas off zero.");
        return $"{product.Name}: {issued.Count} issues acknowledged, {issued.Count} in the database, none twice; {acts} acts with {leaves} leaves; ledger zero";
    }
}
