using Muqeem.Cases.Definition;

namespace Muqeem.Services.IssueResidentId;

/// <summary>Checks, an officer where anything differs, payment, issue; and objection to a refusal.</summary>
internal static class IssueResidentIdStates
{
    public static readonly Lifecycle Lifecycle = new([.. SharedStates.Application(), .. SharedStates.Review()]);
}
