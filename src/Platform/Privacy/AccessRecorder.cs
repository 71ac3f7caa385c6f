using System.Data.Common;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Privacy;

/// <summary>Writes access entries that do not ride in a change of their own. An entry is asked for again by its id, so that it is never written twice.</summary>
/// <param name="isWritten">Whether an entry with this id is committed.</param>
internal sealed class AccessRecorder(IWriter writer, Func<Guid, Task<bool>> isWritten)
{
    /// <exception cref="AccessNotRecordedException">The entry is not durable.</exception>
    public async Task RecordAsync(AccessEntry entry, bool mayBeWritten)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // the caller may hold a lock
        WriteOutcome outcome = new WriteOutcome.InDoubt();
        try
        {
            for (var attempt = 0; attempt < 3 && outcome is WriteOutcome.InDoubt; attempt++)
            {
                if ((mayBeWritten || attempt > 0) && await isWritten(entry.Id))
                {
                    return;
                }
                outcome = await writer.WriteAsync(new Change(act: null) { Accesses = { entry } });
            }
        }
        catch (DbException e)
        {
            // Either the database is away, or the commit in doubt came through after we had asked.
            if (!await IsWrittenAfterAllAsync(entry.Id))
            {
                throw new AccessNotRecordedException(new WriteOutcome.InDoubt(), e);
            }
            return;
        }
        if (outcome is not WriteOutcome.Done)
        {
            throw new AccessNotRecordedException(outcome);
        }
    }

    private async Task<bool> IsWrittenAfterAllAsync(Guid id)
    {
        try
        {
            return await isWritten(id);
        }
        catch (DbException)
        {
            return false;
        }
    }
}
