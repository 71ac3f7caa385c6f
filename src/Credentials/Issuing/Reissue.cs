using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Issuing;

/// <summary>Adds the notice that a person's credentials were issued anew to the change that does it. Registered by the host.</summary>
public delegate Task TellReplaced(Change change, PersonId person, CancellationToken cancel);

/// <summary>How far a re-issue is.</summary>
/// <param name="Withdrawn">Ended without another: document or residence is not in force.</param>
/// <param name="Failed">Persons who could not be dealt with; the same verb tries them again.</param>
public sealed record ReissueStanding(string KeyId, string Reason, bool Done, long Replaced, long Withdrawn, long Failed);

/// <summary>A re-issue is not begun; the message says why.</summary>
public sealed class ReissueRefusedException(string sentence) : Exception(sentence);

/// <summary>
/// Issues everything anew that a withdrawn signer signed: person by person, some at once, each an act of its own. How far it is stands in a row, so that it goes on wherever it was stopped, by whoever
/// comes next: the verb again, or the service. Doing a person twice does nothing the second time.
/// </summary>
public sealed partial class Reissue(Db db, IssuedForms forms, KeyStore keys, ReadDoor door, IWriter writer, TellReplaced tell, TimeProvider clock, ILogger<Reissue> log)
{
    /// <summary>Persons of one step.</summary>
    internal const int PersonsAtOnce = 32;

    private const string Columns = "SELECT id, version AS row_version, key_id, reason, state, after_person, replaced, withdrawn, failed, started_at FROM credential_reissue ";

    /// <summary>Begins, or begins again when a former run left something. What runs already is left as it is.</summary>
    /// <param name="reason">A code by which the decision is found again.</param>
    /// <exception cref="ReissueRefusedException">The key is not withdrawn, or signs no credentials.</exception>
    /// <exception cref="NotWrittenException">Nothing was written, or nobody knows yet: ask again.</exception>
    public async Task<ReissueStanding> BeginAsync(string keyId, string reason, CancellationToken cancel = default)
    {
        var key = keys.Inventory.FirstOrDefault(k => k.Id == keyId) ?? throw new ReissueRefusedException($"There is no key {keyId}.");
        if (!key.Purpose.IsCertified())
        {
            throw new ReissueRefusedException($"{keyId} signs no credentials.");
        }
        if (key.Revoked is null)
        {
            throw new ReissueRefusedException($"{keyId} is {key.State.ToString().ToLowerInvariant()}: what it signed is good. Withdraw it first: muqeem keys revoke {keyId} --Reason=…");
        }
        while (true)
        {
            var row = await RowAsync(keyId, cancel);
            if (row is { State: "RUNNING" } || (row is { Failed: 0 } && !await AnyLeftAsync(keyId, cancel)))
            {
                return row.Read();
            }
            var next = row is null
                ? new Row(Names.IdOf("reissue:" + keyId), 0, keyId, reason, "RUNNING", Guid.Empty, 0, 0, 0, clock.Now())
                : row with { State = "RUNNING", Reason = reason, AfterPerson = Guid.Empty, Failed = 0 };
            var act = new Act(ActId.New(clock), "credentials.reissue", Actor.System("operator"), Guid.CreateVersion7(clock.GetUtcNow()), Digest.Of("credentials.reissue", keyId), clock.Now()) { Reason = reason, Answer = keyId };
            switch (await writer.WriteAsync(new Change(act) { Heads = { Head(next) } }, cancel: cancel))
            {
                case WriteOutcome.Done:
                    return next.Read();
                case WriteOutcome.Conflict:
                    continue;
                case var other:
                    throw new NotWrittenException("The re-issue could not be begun.", other);
            }
        }
    }

    /// <summary>Does everything that is left of one key.</summary>
    /// <param name="progress">Called after each durable step.</param>
    /// <exception cref="KeyUnavailableException">No other signer may sign yet.</exception>
    public async Task<ReissueStanding> RunAsync(string keyId, Action<ReissueStanding>? progress = null, CancellationToken cancel = default)
    {
        while (true)
        {
            var row = await RowAsync(keyId, cancel) ?? throw new ReissueRefusedException($"No re-issue of {keyId} was begun.");
            if (row.State == "DONE")
            {
                return row.Read();
            }
            await StepAsync(row, cancel);
            progress?.Invoke((await RowAsync(keyId, cancel))!.Read());
        }
    }

    /// <summary>One step of a re-issue that was begun; for the service, which goes on with what a verb left. Returns how many persons were dealt with.</summary>
    public async Task<int> GoOnAsync(CancellationToken cancel = default) =>
        await db.FirstAsync<Row>(Columns + "WHERE state = 'RUNNING' ORDER BY id LIMIT 1", null, cancel) is { } row ? await StepAsync(row, cancel) : 0;

    public async Task<ReissueStanding?> StandingAsync(string keyId, CancellationToken cancel = default) => (await RowAsync(keyId, cancel))?.Read();

    private async Task<int> StepAsync(Row row, CancellationToken cancel)
    {
        var purpose = keys.Inventory.First(k => k.Id == row.KeyId).Purpose;
        // Before anything of a person is touched: without another signer nothing can be issued anew.
        keys.Current(purpose);
        var persons = await db.QueryAsync<Guid>(
            "SELECT DISTINCT person_id FROM credential_form WHERE key_id = @key AND person_id > @after AND state = 'SIGNED' AND invalid_reason IS NULL AND expires_at > @now ORDER BY person_id LIMIT @most",
            new { key = row.KeyId, after = row.AfterPerson, now = clock.Now(), most = PersonsAtOnce }, cancel);
        var done = await Task.WhenAll(persons.Select(p => OneAsync(new PersonId(p), row, purpose, cancel)));
        var next = persons.Count == 0
            ? row with { State = "DONE" }
            : row with { AfterPerson = persons[^1], Replaced = row.Replaced + done.Sum(d => d?.Replaced ?? 0), Withdrawn = row.Withdrawn + done.Sum(d => d?.Withdrawn ?? 0), Failed = row.Failed + done.Count(d => d is null) };
        switch (await writer.WriteAsync(new Change(act: null) { Heads = { Head(next) } }, cancel: cancel))
        {
            case WriteOutcome.Done when next.State == "DONE":
                Ended(log, next.KeyId, next.Replaced, next.Withdrawn, next.Failed);
                break;
            case WriteOutcome.Done or WriteOutcome.Conflict:
                break; // a conflict: another does the same, and what he wrote is read next
            case var other:
                throw new NotWrittenException("How far a re-issue is could not be written.", other);
        }
        return persons.Count;
    }

    /// <summary>Null when the person has to be tried again: a bug, which must not hold up the others.</summary>
    private async Task<Replacements?> OneAsync(PersonId person, Row row, KeyPurpose purpose, CancellationToken cancel)
    {
        try
        {
            return await ReadDoor.RunAsync(() =>
                forms.ReplaceAsync(door.Enter(Actor.System("credentials"), Purpose.IssueDocument, null, "credentials.reissue", person), person, row.KeyId, purpose, row.Reason, tell, cancel));
        }
        catch (Exception bug) when (bug is not (OperationCanceledException or NotWrittenException or KeyUnavailableException or AccessNotRecordedException or DatabaseBusyException or System.Data.Common.DbException))
        {
            Failed(log, row.KeyId, bug.GetType().Name, bug.StackTrace);
            return null;
        }
    }

    private Task<bool> AnyLeftAsync(string key, CancellationToken cancel) =>
        db.ExistsAsync("SELECT 1 FROM credential_form WHERE key_id = @key AND state = 'SIGNED' AND invalid_reason IS NULL AND expires_at > @now", new { key, now = clock.Now() }, cancel);

    private Task<Row?> RowAsync(string key, CancellationToken cancel) => db.FirstAsync<Row>(Columns + "WHERE id = @id", new { id = Names.IdOf("reissue:" + key) }, cancel);

    private HeadWrite Head(Row row) => CredentialsTables.Reissue.Head(row.Id, row.RowVersion, row.KeyId, row.Reason, row.State, row.AfterPerson, row.Replaced, row.Withdrawn, row.Failed, row.StartedAt, clock.Now());

    private sealed record Row(Guid Id, long RowVersion, string KeyId, string Reason, string State, Guid AfterPerson, long Replaced, long Withdrawn, long Failed, Instant StartedAt)
    {
        public ReissueStanding Read() => new(KeyId, Reason, State == "DONE", Replaced, Withdrawn, Failed);
    }

    [LoggerMessage(74, LogLevel.Information, "All that {Key} signed was issued anew: {Replaced} credentials replaced, {Withdrawn} ended without another, {Failed} persons failed.")]
    private static partial void Ended(ILogger logger, string key, long replaced, long withdrawn, long failed);

    [LoggerMessage(75, LogLevel.Error, "A person's credentials of {Key} could not be issued anew: {Kind} {Stack}")]
    private static partial void Failed(ILogger logger, string key, string kind, string? stack);
}
