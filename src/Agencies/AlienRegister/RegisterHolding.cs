using NodaTime;

namespace Muqeem.Agencies;

/// <summary>What the alien register holds of a person of what we told it, and of what it should have told us.</summary>
/// <param name="Visas">Visas to leave, as we told them.</param>
/// <param name="Crossings">On these visas, oldest first, each as its call to us.</param>
/// <param name="Passport">The one to travel on, if any.</param>
/// <param name="Death">The last that was recorded, also when it was taken back; null: none ever was.</param>
public sealed record RegisterHolding(
    string Id, RegisteredResidence? Residence, IReadOnlyList<HeldVisa> Visas, IReadOnlyList<BorderEvent> Crossings, PassportIssued? Passport, DeathRecorded? Death) : IHolding
{
    public string? BrokenField()
    {
        if (Residence?.BrokenField() is { } residence)
        {
            return "residence." + residence;
        }
        return Shape.Each("visas", Visas, v => !Shape.Number(v.VisaNumber, 8, 10) ? "visaNumber" : null)
            ?? Shape.Each("crossings", Crossings, c => c.BrokenField())
            ?? (Passport is { EventId: var passport } && !Shape.Text(passport, 60) ? "passport.eventId"
            : Passport?.Passport.BrokenField() is { } broken ? "passport.passport." + broken
            : Death is { EventId: var death } && !Shape.Text(death, 60) ? "death.eventId"
            : null);
    }
}

public sealed record HeldVisa(string VisaNumber, ExitVisaType Type, ExitVisaStatus Status, LocalDate ExitBefore, LocalDate? ReturnBefore);

/// <param name="EventId">The register's own id of the event, as in its call.</param>
/// <param name="At">When it was recorded there: of two passports the later counts.</param>
public sealed record PassportIssued(string EventId, RegisteredPassport Passport, Instant At);

/// <param name="EventId">The register's own id of the event, as in its call.</param>
/// <param name="On">The day of the death.</param>
/// <param name="At">When it was recorded there, or taken back.</param>
public sealed record DeathRecorded(string EventId, LocalDate On, Instant At, DeathChange Change = DeathChange.Recorded);
