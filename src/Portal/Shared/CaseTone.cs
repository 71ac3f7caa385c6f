using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Platform.Pages;

namespace Muqeem.Portal.Shared;

/// <summary>The colour of a case's state; the word says the same.</summary>
internal static class CaseTone
{
    public static Tone Of(string state, string holder) => state switch
    {
        CaseStates.Issued or ShipmentStates.Delivered => Tone.Good,
        CaseStates.Refused or CaseStates.Lapsed or CaseStates.ClosedNoAnswer or CaseStates.ExpiredDraft => Tone.Bad,
        ShipmentStates.NotDelivered or ShipmentStates.NotConfirmed or ShipmentStates.SentBack => Tone.Warning,
        CaseStates.Withdrawn => Tone.Neutral,
        CaseStates.Draft => Tone.Info,
        _ => holder == Holders.Applicant || state == CaseStates.AwaitingPayment ? Tone.Warning : Tone.Info,
    };
}
