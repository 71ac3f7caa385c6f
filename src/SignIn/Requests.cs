using Muqeem.Kernel;
using Muqeem.Platform.Writing;

namespace Muqeem.SignIn;

/// <summary>What the verbs share: the digest of a request and how a write's outcome becomes an answer.</summary>
internal static class Requests
{
    public const string OperationReused = "operation.reused";
    public const string Changed = "operation.changed";
    private const int Attempts = 4;

    /// <summary>An act of ours. Passwords and codes are never a part of the request's digest: it is stored.</summary>
    public static Act Act(TimeProvider clock, string verb, Actor actor, Guid operation, PersonId? person, params ReadOnlySpan<string?> request) =>
        new(ActId.New(clock), verb, actor, operation, Digest.Of(request), clock.Now()) { Person = person };

    /// <summary>An act that nobody asked for by name: a warning, a code sent.</summary>
    public static Act Own(TimeProvider clock, string verb, PersonId? person, params ReadOnlySpan<string?> request) =>
        Act(clock, verb, Actor.System("sign-in"), Guid.CreateVersion7(clock.GetUtcNow()), person, request);

    /// <summary>The answer, or null when it was a lost race that is worth another attempt.</summary>
    public static Answer? Final(WriteOutcome outcome, int attempt) => outcome switch
    {
        WriteOutcome.Done or WriteOutcome.Replayed => new Answer.Done(),
        WriteOutcome.Conflict when attempt < Attempts => null,
        WriteOutcome.Conflict => new Answer.Refused(new Refusal(Changed)),
        WriteOutcome.OperationReused => new Answer.Refused(new Refusal(OperationReused)),
        WriteOutcome.Busy busy => new Answer.Busy(busy.RetryAfter),
        WriteOutcome.InDoubt => new Answer.Busy(TimeSpan.FromSeconds(2)),
        _ => throw new InvalidOperationException($"A change of an account ended unexpectedly: {outcome.GetType().Name}."),
    };
}
