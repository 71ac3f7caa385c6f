using Muqeem.Kernel;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Privacy;

/// <summary>The right to open personal data of its subjects, for one reader and purpose. It is also the record that the resident sees.</summary>
public sealed class Access
{
    private readonly AccessRecorder _recorder;
    private readonly TimeProvider _clock;
    private readonly Change? _change;
    private readonly HashSet<PersonId> _subjects;
    private readonly Lock _lock = new();
    private Task? _sent;

    /// <param name="change">The change that the entry rides in, or null: the entry is written on its own.</param>
    internal Access(AccessRecorder recorder, TimeProvider clock, Actor reader, Purpose purpose, CaseId? @case, string where, ReadOnlySpan<PersonId> subjects, Change? change)
    {
        _recorder = recorder;
        _clock = clock;
        _change = change;
        Id = Guid.CreateVersion7(clock.GetUtcNow());
        Reader = reader;
        Purpose = purpose;
        Case = @case;
        Where = where;
        _subjects = [.. subjects];
        change?.Accesses.Add(Entry());
    }

    public Guid Id { get; }
    public Actor Reader { get; }
    public Purpose Purpose { get; }
    public CaseId? Case { get; }

    /// <summary>The page, verb or job that reads, e.g. <c>office.case</c>.</summary>
    public string Where { get; }

    public bool Covers(PersonId person)
    {
        lock (_lock)
        {
            return _subjects.Contains(person);
        }
    }

    /// <summary>
    /// Completes when the entry is durable, and fails with <see cref="AccessNotRecordedException"/> when it cannot be. In a request nobody needs to
    /// await it: no byte of the response leaves before.
    /// </summary>
    public Task Recorded
    {
        get
        {
            lock (_lock)
            {
                // An entry that rides is recorded with its change; when that change wrote nothing, the read happened all the same.
                return _change?.Outcome is WriteOutcome.Done ? Task.CompletedTask : _sent ??= _recorder.RecordAsync(Entry());
            }
        }
    }

    internal bool IsSettled
    {
        get
        {
            lock (_lock)
            {
                return _change?.Outcome is WriteOutcome.Done || _sent is { IsCompletedSuccessfully: true };
            }
        }
    }

    /// <summary>Hands the entry to the writer if it has not been, without waiting: it is on its way while the page is rendered.</summary>
    internal void Start()
    {
        if (_change is null)
        {
            _ = Recorded;
        }
    }

    /// <summary>Adds subjects to an entry of the same reader and purpose that was not sent yet, so that a request leaves one row.</summary>
    internal bool TryJoin(Actor reader, Purpose purpose, CaseId? @case, string where, ReadOnlySpan<PersonId> subjects)
    {
        if (_change is not null || Reader != reader || Purpose != purpose || Case != @case || Where != where)
        {
            return false;
        }
        lock (_lock)
        {
            if (_sent is not null)
            {
                return false;
            }
            foreach (var subject in subjects)
            {
                _subjects.Add(subject);
            }
            return true;
        }
    }

    private AccessEntry Entry() => new(Id, _clock.Now(), Reader, Purpose, Case, Where, [.. _subjects]);
}

/// <summary>A read of personal data could not be recorded, so it is not served: 503.</summary>
public sealed class AccessNotRecordedException(WriteOutcome outcome, Exception? cause = null) : Exception("A read of personal data could not be recorded.", cause)
{
    public TimeSpan RetryAfter => outcome is WriteOutcome.Busy busy ? busy.RetryAfter : TimeSpan.FromSeconds(2);
}

/// <summary>Personal data was asked for outside the access: a bug.</summary>
public sealed class AccessRefusedException(string message) : Exception(message);

/// <summary>The key of this data was destroyed by an erasure; nobody can open it any more.</summary>
public sealed class ErasedException() : Exception("This data was erased.");
