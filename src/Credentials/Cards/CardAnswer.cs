using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Drawing;

namespace Muqeem.Credentials.Cards;

/// <summary>Why a card cannot be drawn. The ID itself is not touched by it.</summary>
public static class CardRefusals
{
    public const string NameTooLong = "card.name_too_long";

    /// <summary>Another entry, as the name of an employer.</summary>
    public const string EntryTooLong = "card.entry_too_long";
    public const string LetterUnknown = "card.letter_unknown";
    public const string PhotoUnreadable = "card.photo_unreadable";

    /// <summary>Null: nothing is wrong with the card; the drawing ended by itself and may go better.</summary>
    internal static Refusal? Of(DrawingException fault) => fault.Fault switch
    {
        DrawingFault.Fit => new Refusal(fault.What.StartsWith("name.", StringComparison.Ordinal) ? NameTooLong : EntryTooLong),
        DrawingFault.Glyphs => new Refusal(LetterUnknown),
        DrawingFault.Photograph => new Refusal(PhotoUnreadable),
        _ => null,
    };
}

/// <summary>What becomes of a wish for the card of the ID.</summary>
public abstract record CardAnswer
{
    private CardAnswer() { }

    /// <summary>It was asked for and counts.</summary>
    /// <param name="Form">Of the code on it.</param>
    public sealed record Made(CardModel Model, IssuedForm Form) : CardAnswer;

    public sealed record Drawn(byte[] File) : CardAnswer;

    /// <summary>None was asked for, or there is no ID.</summary>
    public sealed record NotMade : CardAnswer;

    /// <summary>The ID is suspended or frozen: its card is neither made nor shown meanwhile.</summary>
    public sealed record Held(Refusal Why) : CardAnswer;

    /// <summary>Made, and cannot be drawn: one of <see cref="CardRefusals"/>.</summary>
    public sealed record NotDrawable(Refusal Why) : CardAnswer;

    /// <summary>Its code was not signed.</summary>
    /// <param name="Why">Never <see cref="FormAnswer.Issued"/>.</param>
    public sealed record NotSigned(FormAnswer Why) : CardAnswer;

    public sealed record Later(TimeSpan After) : CardAnswer;
}
