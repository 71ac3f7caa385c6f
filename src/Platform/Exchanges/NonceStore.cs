using System.Security.Cryptography;
using System.Text;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Exchanges;

/// <summary>
/// Which calls came already, on any node and before any restart. One is forgotten after a window in which its signature has long become too old.
/// </summary>
public sealed class NonceStore(Db db, IWriter writer, TimeProvider clock)
{
    internal static readonly Duration Window = Duration.FromMinutes(20);

    private const int AtOnce = 500;

    /// <summary>True: it did not come before. False: it did. Null: that cannot be told now.</summary>
    public async Task<bool?> TakeAsync(string keyId, string nonce, CancellationToken cancel)
    {
        var id = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{keyId}\0{nonce}")).AsSpan(0, 16), bigEndian: true);
        return await writer.WriteAsync(new Change(null) { Heads = { ExchangeTables.Nonce.Head(id, 0, clock.Now()) } }, cancel: cancel) switch
        {
            WriteOutcome.Done => true,
            WriteOutcome.Conflict => false,
            // In doubt: if it was written, the sender's next attempt has another nonce.
            _ => null,
        };
    }

    /// <summary>Forgets what is too old to count. Returns how many.</summary>
    public async Task<int> ForgetAsync(Func<Change, CancellationToken, Task<WriteOutcome>> write, CancellationToken cancel)
    {
        var old = await db.QueryAsync<Guid>("SELECT id FROM exchange_nonce WHERE at < @before LIMIT @most", new { before = clock.Now() - Window, most = AtOnce }, cancel);
        if (old.Count == 0)
        {
            return 0;
        }
        var change = new Change(null);
        change.Rows.AddRange(old.Select(id => ExchangeTables.Nonce.Delete(id)));
        return await write(change, cancel) is WriteOutcome.Done ? old.Count : 0;
    }
}
