using NodaTime;

namespace Muqeem.Credentials.Offline.TestIds;

/// <summary>A file for integrators.</summary>
/// <param name="Name">Below <c>/trust/test/</c>.</param>
public sealed record TestFile(string Name, string MediaType, byte[] Bytes);

/// <summary>A test ID and what a verifier must say of it.</summary>
/// <param name="Case">The state it is in: <c>valid</c>, <c>revoked</c>, …</param>
/// <param name="Form"><c>sd-jwt</c>, <c>mdoc</c>, <c>qr</c>.</param>
/// <param name="File">For a QR code the text; the picture has the same name and ends with <c>.png</c>.</param>
/// <param name="Verdict"><c>valid</c>, <c>not_valid</c>, <c>cannot_say</c>.</param>
/// <param name="Why">In snake case, of <see cref="Verifier.NotValidReason"/> or <see cref="Verifier.CannotSayReason"/>; null when it is valid.</param>
/// <param name="Reason">The code of <see cref="Verifier.Reason"/>; null when it is valid.</param>
public sealed record TestCase(string Case, string Form, string File, string Verdict, string? Why, string? Reason, string About);

/// <summary>All test IDs of six hours with what a verifier needs for them. The same on every node.</summary>
/// <param name="Until">After this the bundle does not count any more; the next set is there long before.</param>
public sealed record TestSet(Instant MadeAt, Instant Until, IReadOnlyList<TestCase> Cases, IReadOnlyDictionary<string, TestFile> Files);
