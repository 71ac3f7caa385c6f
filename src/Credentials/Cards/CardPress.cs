using Muqeem.Platform.Drawing;
using Muqeem.Platform.Texts;
using NodaTime;

namespace Muqeem.Credentials.Cards;

/// <summary>
/// Draws the resident ID as a card. The page of the digital ID stays the accessible form: letters of a picture cannot be read out, and those of some scripts in a PDF neither.
/// </summary>
public sealed class CardPress(Drawings drawings, TextCatalogue texts)
{
    /// <summary>Of the pictures, which are looked at; what is printed is the PDF.</summary>
    public const int Dpi = 400;

    /// <summary>A picture of one side, or the PDF of both.</summary>
    /// <exception cref="DrawingException">A name has a letter that no font knows or is longer than any place for it; the exception tells the script or the box, never the name.</exception>
    public async Task<byte[]> RenderAsync(CardModel card, CardFormat format, CancellationToken cancel = default)
    {
        var sheet = SheetOf(card, format);
        return (await drawings.DrawAsync(sheet, format == CardFormat.Pdf ? SheetFormat.Pdf : SheetFormat.Png, cancel)).Files[0];
    }

    internal Sheet SheetOf(CardModel card, CardFormat format)
    {
        var (arabic, english) = (texts.In(TextCatalogue.Arabic), texts.In(TextCatalogue.English));
        var layout = new CardLayout(card, arabic, english);
        return new()
        {
            Title = $"{arabic.Text("card.title")} – {english.Text("card.title")}",
            Made = card.Id.Issued.Gregorian.ToDateOnly(),
            Dpi = Dpi,
            Pages = format switch
            {
                CardFormat.FrontPng => [layout.Front()],
                CardFormat.BackPng => [layout.Back()],
                _ => [layout.Front(), layout.Back()],
            },
        };
    }
}
