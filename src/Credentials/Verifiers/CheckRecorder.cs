using System.Data.Common;
using Muqeem.Credentials.Status;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Verifiers;

/// <summary>
/// Records for residents who had their ID checked and what for, before the answer leaves. All that wait together are looked up with one query and ride one change: the busier it is, the less each
/// costs, and a check needs no look into the database of its own.
/// </summary>
public sealed class CheckRecorder(Db db, IWriter writer, TimeProvider clock)
{
    private const int MostWaiting = 4096, Largest = 256;

    /// <summary>Groups under way: while one is written the next is looked up.</summary>
    private const int AtOnce = 2;

    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _queue = new();
    private int _running;

    /// <param name="where">Shown to the resident: <c>verifier.</c> and the purpose.</param>
    /// <exception cref="AccessNotRecordedException">It is not durable: nothing may be answered.</exception>
    public Task RecordAsync(Actor reader, string where, StatusPlace place)
    {
        var waiting = new Waiting(reader, where, place, clock.Now(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            if (_queue.Count >= MostWaiting)
            {
                throw new AccessNotRecordedException(new WriteOutcome.Busy(TimeSpan.FromSeconds(1)));
            }
            _queue.Enqueue(waiting);
            if (_running == AtOnce)
            {
                return waiting.Done.Task;
            }
            _running++;
        }
        _ = Task.Run(RunAsync);
        return waiting.Done.Task;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            var group = new List<Waiting>();
            lock (_lock)
            {
                while (group.Count < Largest && _queue.TryDequeue(out var next))
                {
                    group.Add(next);
                }
                if (group.Count == 0)
                {
                    _running--;
                    return;
                }
            }
            try
            {
                await WriteAsync(group);
                group.ForEach(w => w.Done.TrySetResult());
            }
            catch (Exception e) when (e is DbException or AccessNotRecordedException or TimeoutException)
            {
                var failure = e as AccessNotRecordedException ?? new AccessNotRecordedException(new WriteOutcome.InDoubt(), e);
                group.ForEach(w => w.Done.TrySetException(failure));
            }
            catch (Exception bug)
            {
                // Whoever waits must hear of it; the next group is none the worse.
                group.ForEach(w => w.Done.TrySetException(bug));
            }
        }
    }

    private async Task WriteAsync(List<Waiting> group)
    {
        // An index may stand in several lists: the pair is told apart here, and there are few lists.
        var lists = group.Select(w => w.Place.List).Distinct(StringComparer.Ordinal).ToList();
        var places = group.Select(w => w.Place.Index).Distinct().ToList();
        var persons = (await db.QueryAsync<Row>("SELECT list, list_index, person_id FROM credential_form WHERE list = ANY(@lists) AND list_index = ANY(@places)", new { lists, places }))
            .ToDictionary(r => new StatusPlace(r.List, r.ListIndex), r => new PersonId(r.PersonId));
        var change = new Change(null);
        foreach (var waiting in group)
        {
            if (persons.TryGetValue(waiting.Place, out var person))
            {
                change.Accesses.Add(new AccessEntry(Guid.CreateVersion7(waiting.At.ToDateTimeOffset()), waiting.At, waiting.Reader, Purpose.VerifyDocument, null, waiting.Where, [person]));
            }
        }
        WriteOutcome outcome = new WriteOutcome.Done(null);
        for (var attempt = 0; change.Accesses.Count > 0 && attempt < 3 && (attempt == 0 || outcome is WriteOutcome.InDoubt); attempt++)
        {
            // An entry is known by its id and never written twice, so in doubt the same is asked again.
            var again = new Change(null);
            again.Accesses.AddRange(change.Accesses);
            outcome = await writer.WriteAsync(again);
        }
        if (outcome is not WriteOutcome.Done)
        {
            throw new AccessNotRecordedException(outcome);
        }
    }

    private sealed record Waiting(Actor Reader, string Where, StatusPlace Place, Instant At, TaskCompletionSource Done);

    private sealed record Row(string List, int ListIndex, Guid PersonId);
}
