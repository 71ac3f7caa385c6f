using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;

namespace Muqeem.Credentials.Issuing;

/// <summary>Forms that end while their document goes on: whoever held them holds them no more.</summary>
public sealed partial class IssuedForms
{
    /// <summary>Ends what was issued for these keys, within the change that takes it from whoever has them.</summary>
    internal static async Task EndOfKeysAsync(Db db, Change change, IReadOnlyCollection<byte[]> holders, string reason, TimeProvider clock, CancellationToken cancel)
    {
        foreach (var holder in holders)
        {
            foreach (var form in await db.QueryAsync<Stored>(Columns + "WHERE id IN (SELECT form_id FROM credential_holder WHERE holder = @holder) AND invalid_reason IS NULL", new { holder }, cancel))
            {
                Put(change, form.Read() with { InvalidReason = reason }, clock);
            }
        }
    }

    /// <summary>Ends one form; nothing when it has ended.</summary>
    internal static async Task EndOneAsync(Db db, Change change, Guid id, string reason, TimeProvider clock, CancellationToken cancel)
    {
        if ((await db.FirstAsync<Stored>(Columns + "WHERE id = @id AND invalid_reason IS NULL", new { id }, cancel))?.Read() is { } form)
        {
            Put(change, form with { InvalidReason = reason }, clock);
        }
    }
}
