using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Background;

/// <summary>A message to be sent. It can come again after it was sent (at least once): <see cref="Id"/> is the receiver's idempotency key.</summary>
/// <param name="Attempt">From 1.</param>
/// <param name="Secret">Sealed; opens with <see cref="Outbox.SecretContext"/>.</param>
public sealed record OutboxItem(Guid Id, string Topic, string Lane, string Payload, byte[]? Secret, PersonId? Person, Instant At, int Attempt)
{
    /// <summary>The payload as it was written by <see cref="Outbox.Message{T}"/>.</summary>
    public T Read<T>() => JsonSerializer.Deserialize<T>(Payload, StoredJson.Options) ?? throw new JsonException("The payload of a message is null.");

    /// <summary>The sealed part. The read is recorded before this returns.</summary>
    public async Task<T> OpenSecretAsync<T>(ReadDoor door, Actor reader, Purpose purpose, CancellationToken cancel)
    {
        if (Secret is null || Person is null)
        {
            throw new InvalidOperationException($"A message of {Topic} has no sealed part.");
        }
        var access = door.Enter(reader, purpose, null, "outbox." + Topic, Person.Value);
        return await door.OpenAsync<T>(access, Outbox.SecretContext(Person.Value, Id), Secret, cancel);
    }
}

/// <summary>How sending ended.</summary>
public abstract record OutboxResult
{
    private OutboxResult() { }

    /// <summary>Sent, or the receiver had it already.</summary>
    /// <param name="Change">What is recorded of it, in one commit with the message's end. Its act's operation id should be the message's.</param>
    public sealed record Sent(Change? Change = null) : OutboxResult;

    /// <summary>Not now. Again after <paramref name="After"/>, or later and later.</summary>
    /// <param name="Code">What went wrong: a dotted word, no personal data.</param>
    public sealed record Again(string Code, Duration? After = null) : OutboxResult;

    /// <summary>Never: the receiver refuses it. A person has to look; the lane goes on.</summary>
    public sealed record Never(string Code) : OutboxResult;

    public static readonly OutboxResult Done = new Sent();
}

/// <summary>A message that was given up, for the operators' page.</summary>
public sealed record ParkedMessage(Guid Id, string Topic, string Lane, int Attempts, Instant Since, string? Code);

/// <summary>How the outbox stands.</summary>
public sealed record OutboxState(long Waiting, Instant? OldestDue, long Parked);
