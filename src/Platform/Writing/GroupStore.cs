using Muqeem.Kernel;
using Muqeem.Platform.Privacy;

namespace Muqeem.Platform.Writing;

/// <summary>What writes a group into one kind of database.</summary>
internal interface IGroupStore : IAsyncDisposable
{
    /// <summary>
    /// Decides and writes changes in one transaction. On return, each change that has an outcome or a failure is settled, durably; one that has neither waits
    /// for the next group, because another of this group touches the same.
    /// </summary>
    /// <exception cref="StoreAwayException">The database went away. Outcomes set so far hold only if the commit in doubt turns out to have happened.</exception>
    Task WriteAsync(IReadOnlyList<Prepared> changes, CancellationToken cancel);

    /// <summary>Called between groups and when there are none, at least every <see cref="Writer.TendEvery"/>: keeps the session and what hangs on it. Never throws for a database that is away.</summary>
    Task TendAsync(CancellationToken cancel) => Task.CompletedTask;

    /// <summary>After the database was away: a new session, and whether the commit in doubt happened. Throws <see cref="StoreAwayException"/> while it cannot be known.</summary>
    Task<bool> RecoverAsync(Guid? mark, CancellationToken cancel);
}

/// <summary>The database cannot be reached. <see cref="Mark"/> is that of the commit in doubt, if one is.</summary>
internal sealed class StoreAwayException(Guid? mark, Exception inner) : Exception("The database is away.", inner)
{
    public Guid? Mark { get; } = mark;

    /// <summary>Those whose fate hangs on the mark.</summary>
    public IReadOnlyList<Prepared> Sent { get; init; } = [];
}

/// <summary>The accesses of a group that no act carries: one leaf for all of them.</summary>
internal sealed class AccessBatch(TimeProvider clock)
{
    private readonly List<(Guid Id, byte[] Digest)> _digests = [];

    public Guid Id { get; private set; } = Guid.CreateVersion7(clock.GetUtcNow());

    public void Add(Prepared change)
    {
        for (var i = 0; i < change.AccessDigests.Length; i++)
        {
            _digests.Add((change.Change.Accesses[i].Id, change.AccessDigests[i]));
        }
    }

    /// <summary>Null when there was nothing to record.</summary>
    public Leaf? ToLeaf()
    {
        if (_digests.Count == 0)
        {
            return null;
        }
        // The order in which both databases give ids back, so that who checks can rebuild it.
        _digests.Sort((a, b) => string.CompareOrdinal(a.Id.ToString("D"), b.Id.ToString("D")));
        var salt = System.Security.Cryptography.RandomNumberGenerator.GetBytes(Leaf.SaltLength);
        return new(Id, Leaf.AccessesKind, Leaf.HashOf(salt, _digests.Select(d => d.Digest)), salt, []);
    }
}

/// <summary>The values of the writer's own tables, in the order of their columns.</summary>
internal static class OwnRows
{
    public static object?[] Act(Act act, Guid operation) =>
    [
        act.Id.Value, operation, act.RequestDigest, act.Verb, act.Actor.Kind.ToString(), act.Actor.Id, act.OnBehalfOf?.Kind.ToString(), act.OnBehalfOf?.Id,
        act.At.ToMicros(), act.Person?.Value, act.Case?.Value, act.Reason, act.Rules, act.Answer,
    ];

    public static object?[] Leaf(Leaf leaf) => [leaf.Id, leaf.Kind, leaf.Hash, leaf.Salt, leaf.Manifest, null];

    public static object?[] Claim(Claim claim, Act? act) => [claim.Kind, claim.Hash, act?.Id.Value];

    public static object?[] Outbox(OutboxMessage message, Act act) =>
        [message.Id, act.Id.Value, message.Topic, message.Lane, message.Payload, message.Secret, message.Person?.Value, act.At.ToMicros()];

    public static object?[] Delivery(OutboxMessage message, Act act) => [message.Id, 1L, message.Topic, message.Lane, "waiting", 0, act.At.ToMicros(), null, null];

    public static object?[] Access(AccessEntry access, Guid leaf) =>
        [access.Id, access.At.ToMicros(), access.Reader.Kind.ToString(), access.Reader.Id, access.Purpose.ToString(), access.Case?.Value, access.Where, leaf];

    public static object?[] Subject(AccessEntry access, PersonId subject) => [subject.Value, access.Id];

    public static object?[] Key(NewDataKey key) => [key.Person.Value, key.Class.ToString(), key.Wrapped, key.WrappedBy];

    public static object?[] Erasure(KeyErasure erasure, Act act, byte[]? mark) => [erasure.Person.Value, erasure.Class.ToString(), act.Id.Value, act.At.ToMicros(), mark];
}
