using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Services.ReplaceLostId;

/// <summary>The part of a day in which the ID was lost. Which moment of it is not known; the last is in the holder's favour.</summary>
internal sealed record Loss(Instant From, Instant Until)
{
    /// <summary>Null: nothing was lost, or it was not said when.</summary>
    public static Loss? Of(Request request)
    {
        if (!Causes.IsLoss(request.Cause) || request.LostOn is not { } day || request.PartOfDay is not { } part)
        {
            return null;
        }
        var from = day.StartInRiyadh() + Duration.FromHours(PartsOfDay.Hours * PartsOfDay.All.ToList().IndexOf(part));
        return new(from, from + Duration.FromHours(PartsOfDay.Hours));
    }

    /// <summary>When it was reported: with the first application that was sent, whatever became of that one. An application sent again is no later report.</summary>
    public static Instant ReportedAt(DocumentFact document, RuleContext context) =>
        document is { State: nameof(DocumentState.Lost), EndedAt: { } reported } ? reported : context.Now;

    public bool ReportedLate(DocumentFact document, RuleContext context) =>
        ReportedAt(document, context) > Until + Duration.FromHours(context.Policy.Get<int>("document.loss_report_hours", context.Today));
}
