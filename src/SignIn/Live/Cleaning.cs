using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.SignIn.Live;

/// <summary>Deletes what has run out: registrations, codes, challenges, requests to phones, marks of devices and of sessions long over.</summary>
internal sealed class Cleaning(Db db, IWriter writer, TimeProvider clock)
{
    private const int AtOnce = 500;

    public async Task RunAsync(CancellationToken cancel)
    {
        var now = clock.Now();
        // An hour longer than they live, so that a late page still says what happened.
        var over = now - Duration.FromHours(1);
        await DeleteAsync(SignInTables.Pending, "SELECT id FROM pending_registration WHERE expires_at < @over ORDER BY expires_at LIMIT 500", over, cancel);
        await DeleteAsync(SignInTables.Code, "SELECT id FROM one_time_code WHERE expires_at < @over ORDER BY expires_at LIMIT 500", now - Duration.FromHours(26), cancel);
        await DeleteAsync(SignInTables.Challenge, "SELECT id FROM sign_in_challenge WHERE expires_at < @over ORDER BY expires_at LIMIT 500", over, cancel);
        await DeleteAsync(SignInTables.Federated, "SELECT id FROM federated_request WHERE expires_at < @over ORDER BY expires_at LIMIT 500", over, cancel);
        await DeleteAsync(SignInTables.SessionSeen, "SELECT session AS id FROM session_seen WHERE seen_at < @over ORDER BY seen_at LIMIT 500", now - Duration.FromDays(2), cancel);
        while (true)
        {
            var old = await db.QueryAsync<DeviceRow>("SELECT account, token FROM known_device WHERE seen_at < @before ORDER BY seen_at LIMIT 500", new { before = now - Duration.FromDays(400) }, cancel);
            if (old.Count == 0 || !await WriteAsync(old.Select(row => SignInTables.Device.Delete(row.Account, row.Token)), cancel))
            {
                return;
            }
        }
    }

    private async Task DeleteAsync(Table table, string sql, Instant over, CancellationToken cancel)
    {
        while (true)
        {
            var ids = await db.QueryAsync<Guid>(sql, new { over }, cancel);
            if (ids.Count == 0 || !await WriteAsync(ids.Select(id => table.Delete(id)), cancel) || ids.Count < AtOnce)
            {
                return;
            }
        }
    }

    private async Task<bool> WriteAsync(IEnumerable<Row> rows, CancellationToken cancel)
    {
        var change = new Change(null);
        change.Rows.AddRange(rows);
        return await writer.WriteAsync(change, WriteClass.Bulk, cancel) is WriteOutcome.Done;
    }

    private sealed record DeviceRow(Guid Account, byte[] Token);
}
