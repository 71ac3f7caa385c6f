using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime.Text;

namespace Muqeem.Host.Reconciling;

/// <summary>What an agency tells us of its own record, told or not.</summary>
internal static class ToldComparison
{
    /// <summary>A call that never came: what it would have done is done, under the same id, so that the call, coming late, changes nothing.</summary>
    /// <param name="about">Empty where there is one of the kind only.</param>
    public static IEnumerable<Disagreement> Of(ComparedPerson person, string kind, string about, AgencyEvent theirs, Func<CancellationToken, Task<WriteOutcome?>> follow)
    {
        if (!person.Heard.Knows(theirs))
        {
            yield return new(kind, about, null, $"{theirs.State} {LocalDatePattern.Iso.Format(theirs.Day)}", new Remedy.CatchUp(async cancel => await follow(cancel) is WriteOutcome.Done or WriteOutcome.Replayed));
        }
    }
}
