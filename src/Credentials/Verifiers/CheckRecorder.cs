using System.Data.Common;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Status;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Verifiers;

/// <summary>A credential as the registers have it at the moment of a check: the same word that anybody is told who checks it.</summary>
/// <param name="Against">Why it does not count; null: it counts.</param>
/// <param name="AsOf">When that was so.</param>
public sealed record CredentialInRegister(PersonId Person, Guid Form, Guid Document, NotValidReason? Against, Instant AsOf);

/// <summary>
/// Records for residents who had their ID checked and what for, before the answer leaves, and says how the registers have it. All that wait together are looked up with one query here and one in the
/// register of residences, and ride one change: the busier it is, the less each costs, and a check needs no look into the database of its own.
/// </summary>
public sealed class CheckRecorder(Db db, IWriter writer, StandingsOf standingsOf, TimeProvider clock)
{
    private const int MostWaiting = 4096, Largest = 256;

    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _queue = new();

    /// <summary>One group at a time: of two each is half as large, and a group costs the database about the same whatever its size.</summary>
    private bool _running;

    /// <param name="where">Shown to the resident: <c>verifier.</c> and the purpose.</param>
    /// <returns>Null: no credential of ours stands there, and nothing was recorded.</returns>
    /// <exception cref="AccessNotRecordedException">It is not durable: nothing may be answered.</exception>
    public Task<CredentialInRegister?> RecordAsync(Actor reader, string where, StatusPlace place)
    {
        var waiting = new Waiting(reader, where, place, clock.Now(), new TaskCompletionSource<CredentialInRegister?>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            if (_queue.Count >= MostWaiting)
            {
                throw new AccessNotRecordedException(new WriteOutcome.Busy(TimeSpan.FromSeconds(1)));
            }
            _queue.Enqueue(waiting);
            if (_running)
            {
                return waiting.Done.Task;
            }
            _running = true;
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
                    _running = false;
                    return;
                }
            }
            try
            {
                var found = await WriteAsync(group);
                group.ForEach(w => w.Done.TrySetResult(found.GetValueOrDefault(w.Place)));
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

    private async Task<IReadOnlyDictionary<StatusPlace, CredentialInRegister>> WriteAsync(List<Waiting> group)
    {
        var found = await LookAsync(group);
        var change = new Change(null);
        foreach (var waiting in group)
        {
            if (found.TryGetValue(waiting.Place, out var credential))
            {
                change.Accesses.Add(new AccessEntry(Guid.CreateVersion7(waiting.At.ToDateTimeOffset()), waiting.At, waiting.Reader, Purpose.VerifyDocument, null, waiting.Where, [credential.Person]));
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
        return found;
    }

    private async Task<IReadOnlyDictionary<StatusPlace, CredentialInRegister>> LookAsync(List<Waiting> group)
    {
        // An index may stand in several lists: the pair is told apart here, and there are few lists.
        var lists = group.Select(w => w.Place.List).Distinct(StringComparer.Ordinal).ToList();
        var places = group.Select(w => w.Place.Index).Distinct().ToList();
        var asked = group.Select(w => w.Place).ToHashSet();
        var rows = (await db.QueryAsync<Row>("""
            SELECT f.id, f.list, f.list_index, f.person_id, f.document_id, f.invalid_reason, f.suspended_at, f.frozen_at, d.state, d.expires_day
            FROM credential_form f JOIN document d ON d.id = f.document_id
            WHERE f.list = ANY(@lists) AND f.list_index = ANY(@places)
            """, new { lists, places })).Where(r => asked.Contains(r.Place)).ToList();
        var standings = rows.Count == 0 ? null : await standingsOf([.. rows.Select(r => new PersonId(r.PersonId)).Distinct()], default);
        var now = clock.Now();
        return rows.ToDictionary(r => r.Place, r => r.Read(standings!.GetValueOrDefault(new PersonId(r.PersonId)), now));
    }

    private sealed record Waiting(Actor Reader, string Where, StatusPlace Place, Instant At, TaskCompletionSource<CredentialInRegister?> Done);

    private sealed record Row(Guid Id, string List, int ListIndex, Guid PersonId, Guid DocumentId, string? InvalidReason, Instant? SuspendedAt, Instant? FrozenAt, string State, LocalDate ExpiresDay)
    {
        public StatusPlace Place => new(List, ListIndex);

        /// <summary>As <see cref="Verification"/> judges: a form that ended while its document counts gave way to another.</summary>
        public CredentialInRegister Read(Standing? standing, Instant now) => new(new PersonId(PersonId), Id, DocumentId,
            standing is null ? NotValidReason.Ended
            : Verification.Against(standing.Residence, Enum.Parse<DocumentState>(State, ignoreCase: true), ExpiresDay, SuspendedAt is not null, FrozenAt is not null, now.DayInRiyadh())
                ?? (InvalidReason is null ? null : NotValidReason.Superseded),
            standing?.AsOf ?? now);
    }
}
