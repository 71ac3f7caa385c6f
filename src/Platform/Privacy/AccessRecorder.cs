using System.Data.Common;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Privacy;

/// <summary>Writes access entries that do not ride in a change of their own. The writer knows an entry by its id and never writes it twice, so it is simply asked again.</summary>
internal sealed class AccessRecorder(IWriter writer)
{
    /// <exception cref="AccessNotRecordedException">The entry is not durable.</exception>
    public async Task RecordAsync(AccessEntry entry)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // the caller may hold a lock
        WriteOutcome outcome = new WriteOutcome.InDoubt();
        try
        {
            for (var attempt = 0; attempt < 3 && outcome is WriteOutcome.InDoubt; attempt++)
            {
                outcome = await writer.WriteAsync(new Change(act: null) { Accesses = { entry } });
            }
        }
        catch (DbException e)
        {
            throw new AccessNotRecordedException(new WriteOutcome.InDoubt(), e);
        }
        if (outcome is not WriteOutcome.Done)
        {
            throw new AccessNotRecordedException(outcome);
        }
    }
}
