using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;

namespace Muqeem.Credentials.Cards;

/// <summary>The JPEG of a document's photo as it is shown, at most 1,600 pixels; null when there is none. Registered by the host.</summary>
public delegate Task<byte[]?> CardPhotoOf(Access access, PersonId person, Guid photo, CancellationToken cancel);

/// <summary>The card of the live document. It is asked for once, which signs its code; from then on it is drawn whenever it is looked at, and always the same.</summary>
public sealed class IssuedCards(Documents documents, IssuedForms forms, CardPress press, StandingOf standingOf, CardPhotoOf photoOf)
{
    /// <summary>Signs the card's code, or finds it signed.</summary>
    /// <param name="access">Names the person.</param>
    /// <exception cref="Platform.Keys.KeyUnavailableException">Nothing can be signed now.</exception>
    public Task<FormAnswer> AskAsync(Access access, Actor actor, PersonId person, CancellationToken cancel = default) => forms.CardAsync(access, actor, person, cancel);

    /// <summary>Whether the live document has a card.</summary>
    public async Task<bool> HasAsync(PersonId person, CancellationToken cancel = default) => await documents.LiveAsync(person, cancel) is { } document && await forms.HasCardAsync(document, cancel);

    /// <summary>What stands on the card; null when none was asked for.</summary>
    /// <param name="access">Names the person.</param>
    public async Task<CardModel?> ModelAsync(Access access, PersonId person, CancellationToken cancel = default)
    {
        if (await documents.LiveAsync(person, cancel) is not { } document || await standingOf(person, cancel) is not { } standing || await forms.CardTextAsync(access, document, cancel) is not { } code)
        {
            return null;
        }
        var content = await documents.OpenAsync(access, document, cancel);
        var name = content.FamilyName is { } family && LatinName.Parse(content.GivenNames, family).TryGet(out var told, out _) ? told : null;
        return CardModel.Of(DigitalId.Of(document, content, standing.Until), document.Serial, content.Sex ?? Sex.Unspecified, code, name) with
        {
            Photo = content.Photo is { } photo ? await photoOf(access, person, photo, cancel) : null,
        };
    }

    /// <summary>One side as a picture, or both as a PDF; null when none was asked for.</summary>
    /// <param name="access">Names the person.</param>
    /// <exception cref="Platform.Drawing.DrawingException">As <see cref="CardPress.RenderAsync"/> says.</exception>
    public async Task<byte[]?> DrawAsync(Access access, PersonId person, CardFormat format, CancellationToken cancel = default) =>
        await ModelAsync(access, person, cancel) is { } card ? await press.RenderAsync(card, format, cancel) : null;
}
