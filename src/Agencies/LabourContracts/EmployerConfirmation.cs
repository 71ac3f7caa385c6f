using Muqeem.Kernel;

namespace Muqeem.Agencies;

/// <summary>Asks the employer, in the platform that he uses, to confirm what the worker applied for: an establishment in the labour platform, a household in that of domestic work.</summary>
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

/// <summary>Answers of employers, called by the platform in which each was asked.</summary>
public static class ConfirmationWebhook
{
    public const string Operation = "confirmation";

    /// <param name="body">Of a call that was admitted.</param>
    public static Result<ConfirmationGiven> Read(ReadOnlySpan<byte> body) => Wire.ReadEvent<ConfirmationGiven>(body, c => c.BrokenField());
}
