using Microsoft.AspNetCore.Http;
using Muqeem.Kernel;

namespace Muqeem.Agencies;

/// <summary>Asks the employer, in the labour platform that he uses, to confirm what the worker applied for.</summary>
/// <param name="Reference">Ours, at most 80 characters; the same again is the same question, a case asked about anew is another.</param>
/// <param name="Worker">Resident or border number.</param>
/// <param name="Service">Code of the service.</param>
/// <param name="EmployerNumber">Establishment, citizen or resident number.</param>
public sealed record ConfirmationQuestion(string Reference, string Worker, string Service, string EmployerNumber);

/// <summary>The employer's answer. May be told twice, late and out of order.</summary>
public sealed record ConfirmationGiven(string Reference, bool Confirmed, NodaTime.Instant At)
{
    internal string? BrokenField() => Shape.Text(Reference, 80) ? null : "reference";
}

public sealed record ConfirmationCall(string WebhookId, ConfirmationGiven Answer);

/// <summary>Reads the labour platform's calls. The key is <c>Agencies:LabourContracts:WebhookKey</c>, Base64.</summary>
public static class ConfirmationWebhook
{
    /// <param name="body">The raw bytes as they came, before any parsing.</param>
    public static Result<ConfirmationCall> Verify(IHeaderDictionary headers, ReadOnlySpan<byte> body, ReadOnlySpan<byte> key, NodaTime.Instant now) =>
        SignedWebhook.Read<ConfirmationGiven>(headers, body, key, now, c => c.BrokenField()).TryGet(out var call, out var refusal) ? new ConfirmationCall(call.Id, call.Content) : refusal;
}
