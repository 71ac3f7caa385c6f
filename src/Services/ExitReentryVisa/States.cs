using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Registry;

namespace Muqeem.Services.ExitReentryVisa;

/// <summary>The visa's life goes on after it is issued: the border, time and the holder move it.</summary>
internal static class States
{
    public const string EntryForAnother = "entry_for_another";
    public const string EndDayPassed = "end_day_passed";

    public static readonly Lifecycle Lifecycle = new([.. SharedStates.Application(), .. SharedStates.Employer(), .. SharedStates.Review(),
        new(CaseStates.Issued, CaseActs.Cancel, By.Applicant, VisaStates.Cancelled),
        // The holder died.
        new(CaseStates.Issued, CaseActs.Cancel, By.System, VisaStates.Cancelled),
        new(CaseStates.Issued, InstrumentActs.Exit, By.Border, VisaStates.Out),
        new(CaseStates.Issued, InstrumentActs.LeaveDayPassed, By.System, VisaStates.Violated),
        new(CaseStates.Issued, EndDayPassed, By.System, VisaStates.Closed),
        new(VisaStates.Violated, InstrumentActs.FinePaid, By.System, VisaStates.Cancelled),
        new(VisaStates.Out, InstrumentActs.Entry, By.Border, VisaStates.Returned),
        new(VisaStates.Out, EntryForAnother, By.Border, CaseStates.Issued),
        new(VisaStates.Out, InstrumentActs.ReturnDayPassed, By.System, VisaStates.ExpiredOut),
        new(VisaStates.ExpiredOut, InstrumentActs.Entry, By.Border, VisaStates.Returned),
        new(VisaStates.ExpiredOut, InstrumentActs.NoReturn, By.System, VisaStates.NoReturn)]);
}
