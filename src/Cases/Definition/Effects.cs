using Muqeem.Credentials.Issuing;
using NodaTime;

namespace Muqeem.Cases.Definition;

/// <summary>What entering a state causes. A description: the engine performs it inside the act's change, or sends it by the outbox.</summary>
public abstract record Effect
{
    private Effect() { }

    /// <summary>A residence begins: number, residence, document version 1, credential; the alien register is told.</summary>
    public sealed record IssueResidence(string Category, int Months, LocalDate From, string EmployerNumber, string EmployerName, string Occupation, string? OccupationArabic, Guid? Photo) : Effect;

    /// <summary>The residence is extended; a new document version only when the card's own years end.</summary>
    public sealed record RenewResidence(int Months, bool Late) : Effect;

    /// <summary>The present version of the ID ends, with all that was made of it; nothing when it has ended already. Final: only the next version counts again.</summary>
    public sealed record EndDocument(DocumentState How) : Effect;

    /// <summary>The next version of the ID, for the same residence and to the same last day; the alien register is told.</summary>
    public sealed record NextDocument : Effect;

    /// <summary>A fine that was a line of the price and is paid with it: it counts for the ordinal of the next.</summary>
    public sealed record CountFine(string Fine) : Effect;

    /// <summary>An exit/re-entry visa.</summary>
    /// <param name="Stay"><see cref="Registry.VisaStays"/>.</param>
    public sealed record IssueExitVisa(string Kind, string Stay, int Months, LocalDate LeaveBefore, LocalDate? ReturnBefore) : Effect;

    /// <summary>The visa of this case stands elsewhere now.</summary>
    public sealed record MoveVisa(string State, LocalDate Day) : Effect;

    /// <summary>The card of the ID in force is printed and handed to the post.</summary>
    /// <param name="ShortAddress">The National Address to which it goes.</param>
    public sealed record OrderShipment(string ShortAddress) : Effect;

    /// <summary>The post is told not to hand over this case's card.</summary>
    public sealed record StopShipment : Effect;

    /// <summary>A fine with its ordinal for the person and code; the amount from the dated table.</summary>
    public sealed record Charge(string Fine) : Effect;

    /// <summary>The residence ends.</summary>
    public sealed record EndResidence(string Reason, LocalDate Day) : Effect;

    /// <summary>A notice to the person's inbox and, where asked, a text message that only says to open the account.</summary>
    /// <param name="Kind">Text keys <c>notice.&lt;kind&gt;.title</c> and <c>.body</c>.</param>
    public sealed record Notify(string Kind, params (string Name, object? Value)[] Arguments) : Effect;

    /// <summary>Something of the case's instrument falls due on a day: the engine plays the act then.</summary>
    public sealed record Due(string Act, LocalDate Day) : Effect;

    /// <summary>As <see cref="Due"/>, on the day after the visa's last day of return.</summary>
    public sealed record DueAtReturnDay(string Act) : Effect;

    /// <summary>A due day that no longer counts.</summary>
    public sealed record NoLongerDue(string Act) : Effect;
}
