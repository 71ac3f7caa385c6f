using System.Collections.Concurrent;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Platform.Drawing;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Cards;

/// <summary>The JPEG of a document's photo as it is shown, at most 1,600 pixels; null when there is none. Registered by the host.</summary>
public delegate Task<byte[]?> CardPhotoOf(Access access, PersonId person, Guid photo, CancellationToken cancel);

/// <summary>The card of the live document. It is asked for once, which signs its code; from then on it is drawn whenever it is looked at, and always the same.</summary>
public sealed class IssuedCards(Documents documents, IssuedForms forms, Holds holds, CardPress press, StandingOf standingOf, CardPhotoOf photoOf)
{
    /// <summary>Of documents whose drawing is known to go well or not; then all are forgotten and found out anew.</summary>
    private const int MostKnown = 10_000;

    private static readonly TimeSpan NoSigner = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan NotDrawn = TimeSpan.FromSeconds(5);

    /// <summary>By document, why its card cannot be drawn; null: both sides can. A document never changes, so neither does this while the process has the same fonts.</summary>
    private readonly ConcurrentDictionary<Guid, Refusal?> _known = new();

    /// <summary>Signs the card's code, or finds it signed. Nothing is drawn by it.</summary>
    /// <param name="access">Names the person.</param>
    public async Task<CardAnswer> AskAsync(Access access, Actor actor, PersonId person, CancellationToken cancel = default)
    {
        if ((await holds.OpenAsync(person, cancel)).Refusal is { } held)
        {
            return new CardAnswer.Held(held);
        }
        try
        {
            return await forms.CardAsync(access, actor, person, cancel) switch
            {
                FormAnswer.Issued => await FindAsync(access, person, cancel),
                FormAnswer.NoDocument => new CardAnswer.NotMade(),
                var other => new CardAnswer.NotSigned(other),
            };
        }
        catch (KeyUnavailableException)
        {
            return new CardAnswer.Later(NoSigner);
        }
    }

    /// <summary>What stands on the card, drawn or not.</summary>
    /// <param name="access">Names the person.</param>
    public async Task<CardAnswer> FindAsync(Access access, PersonId person, CancellationToken cancel = default)
    {
        if ((await holds.OpenAsync(person, cancel)).Refusal is { } held)
        {
            return new CardAnswer.Held(held);
        }
        if (await documents.LiveAsync(person, cancel) is not { } document || await standingOf(person, cancel) is not { } standing || await forms.CardCodeAsync(access, document, cancel) is not var (code, form))
        {
            return new CardAnswer.NotMade();
        }
        var content = await documents.OpenAsync(access, document, cancel);
        var name = content.FamilyName is { } family && LatinName.Parse(content.GivenNames, family).TryGet(out var told, out _) ? told : null;
        var id = DigitalId.Of(document, content, standing.Until);
        // The card says the last day of its code: that of the document, but where no signer's certificate lasts so long.
        var last = LocalDate.Min(document.ExpiresDay, (form.ExpiresAt - Duration.Epsilon).DayInRiyadh());
        return new CardAnswer.Made(
            CardModel.Of(id with { DocumentUntil = BothCalendars.Of(last) }, document.Serial, content.Sex ?? Sex.Unspecified, code, name) with
            {
                Photo = content.Photo is { } photo ? await photoOf(access, person, photo, cancel) : null,
            },
            form);
    }

    /// <summary>As <see cref="FindAsync"/>, and whether both its sides can be drawn: whoever shows a page must not show broken pictures. It is drawn for that the first time only.</summary>
    /// <param name="access">Names the person.</param>
    public async Task<CardAnswer> LookAsync(Access access, PersonId person, CancellationToken cancel = default)
    {
        var found = await FindAsync(access, person, cancel);
        if (found is not CardAnswer.Made made)
        {
            return found;
        }
        if (_known.TryGetValue(made.Form.Document, out var why))
        {
            return why is null ? made : new CardAnswer.NotDrawable(why);
        }
        var drawn = await DrawAsync(made, CardFormat.Pdf, cancel);
        return drawn is CardAnswer.Drawn ? made : drawn;
    }

    /// <summary>One side as a picture, or both as a PDF.</summary>
    /// <param name="access">Names the person.</param>
    public async Task<CardAnswer> DrawAsync(Access access, PersonId person, CardFormat format, CancellationToken cancel = default)
    {
        var found = await FindAsync(access, person, cancel);
        return found is CardAnswer.Made made ? await DrawAsync(made, format, cancel) : found;
    }

    private async Task<CardAnswer> DrawAsync(CardAnswer.Made card, CardFormat format, CancellationToken cancel)
    {
        try
        {
            var file = await press.RenderAsync(card.Model, format, cancel);
            if (format == CardFormat.Pdf)
            {
                Know(card.Form.Document, null);
            }
            return new CardAnswer.Drawn(file);
        }
        catch (DrawingException fault)
        {
            if (CardRefusals.Of(fault) is not { } why)
            {
                return new CardAnswer.Later(NotDrawn);
            }
            Know(card.Form.Document, why);
            return new CardAnswer.NotDrawable(why);
        }
    }

    private void Know(Guid document, Refusal? why)
    {
        if (_known.Count >= MostKnown)
        {
            _known.Clear();
        }
        _known[document] = why;
    }
}
