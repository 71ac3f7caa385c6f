using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;

namespace Muqeem.Credentials.Cards;

/// <summary>The holder's name as the holder writes it at home, for a third line on the card.</summary>
/// <param name="Language">BCP 47: decides the direction of nothing, but the form of letters (Urdu hangs).</param>
public sealed record OwnName(string Text, string Language);

/// <summary>All that stands on a card. The same model gives the same bytes.</summary>
public sealed record CardModel
{
    /// <summary>The state that the zone names: three letters of ICAO.</summary>
    public const string Issuer = "SAU";

    public required DigitalId Id { get; init; }

    /// <summary>Of the card, nine characters: the zone's document number.</summary>
    public required string Serial { get; init; }

    /// <summary>What a verifier's camera reads.</summary>
    public required string Qr { get; init; }

    /// <summary>Three lines of thirty (TD1).</summary>
    public required IReadOnlyList<string> Mrz { get; init; }

    /// <summary>A JPEG; without one the card shows an outline.</summary>
    public byte[]? Photo { get; init; }

    public OwnName? OwnName { get; init; }

    /// <summary>
    /// The model of a document. The zone's number is the card's serial with the resident number, which is too long for its field, in the optional data; a birth date given in the
    /// Hijri calendar is left open there, because it is never recomputed.
    /// </summary>
    /// <param name="name">As in the passport, with its surname told apart; null: the document's Latin name without a surname.</param>
    public static CardModel Of(DigitalId id, string serial, Sex sex, string qr, LatinName? name = null)
    {
        var zone = new Mrz
        {
            Format = MrzFormat.Td1,
            DocumentCode = "I",
            Issuer = Issuer,
            Number = serial,
            Optional = id.ResidentNumber,
            Nationality = id.Nationality,
            Birth = id.Birth.Calendar == CalendarKind.Gregorian ? id.Birth : null,
            Sex = sex,
            Expiry = id.DocumentUntil.Gregorian,
            Name = name ?? LatinName.Parse(id.NameLatin).Value,
        };
        return new() { Id = id, Serial = serial, Qr = qr, Mrz = zone.Lines() };
    }
}

public enum CardFormat
{
    FrontPng,
    BackPng,

    /// <summary>Both sides, two pages of the card's size.</summary>
    Pdf,
}
