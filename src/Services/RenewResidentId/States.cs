using Muqeem.Cases.Definition;

namespace Muqeem.Services.RenewResidentId;

/// <summary>Decided at once unless something needs a human; the employer or head confirms where the category's table says so.</summary>
internal static class RenewResidentIdStates
{
    public static readonly Lifecycle Lifecycle = new([.. SharedStates.Application(), .. SharedStates.Employer(), .. SharedStates.Review()]);
}
