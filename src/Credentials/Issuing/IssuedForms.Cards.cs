using Muqeem.Credentials.Forms;
using Muqeem.Kernel;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Issuing;

/// <summary>The code of the card: once for a document, and to the document's last day.</summary>
public sealed partial class IssuedForms
{
    /// <summary>The code of the card of the live document: signed when the card is asked for the first time, and the same from then on.</summary>
    /// <param name="access">Names the person.</param>
    /// <exception cref="KeyUnavailableException">As for <see cref="RequestAsync"/>.</exception>
    public async Task<FormAnswer> CardAsync(Access access, Actor actor, PersonId person, CancellationToken cancel = default)
    {
        if (await documents.LiveAsync(person, cancel) is not { } document)
        {
            return new FormAnswer.NoDocument();
        }
        var cards = await CardsOfAsync(document.Id, cancel);
        // A number for each that failed, ended or was replaced: two who ask at once ask for the same.
        return cards.Find(Counts) is { } good ? await AgainAsync(access, good.Id, cancel)
            : await PromiseAsync(access, actor, person, FormKind.CardQr, null, Platform.Background.Names.IdOf(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"card-qr:{document.Id}:{cards.Count}")), null, cancel);
    }

    /// <summary>The signed code of the live document's card as it stands on it; null when no card was asked for yet, or it counts no more.</summary>
    internal async Task<(string Text, IssuedForm Form)?> CardCodeAsync(Access access, DocumentVersion document, CancellationToken cancel = default) =>
        (await CardsOfAsync(document.Id, cancel)).Find(c => c.State == PromiseState.Signed && Counts(c)) is { } card && await AgainAsync(access, card.Id, cancel) is FormAnswer.Issued { Credential: var code }
            ? (QrForm.Text(origin, code), card)
            : null;

    /// <summary>One whose signer's certificate did not last as long as the document ends before it; then the next may be asked for.</summary>
    private bool Counts(IssuedForm card) => card.InvalidReason is null && card.ExpiresAt > clock.Now();

    private async Task<List<IssuedForm>> CardsOfAsync(Guid document, CancellationToken cancel) =>
        [.. (await db.QueryAsync<Stored>(Columns + "WHERE document_id = @document AND kind = @kind", new { document, kind = WordOf(FormKind.CardQr) }, cancel)).Select(s => s.Read())];

    /// <summary>
    /// Nothing outlives the certificate of its signer, whatever the policies say of documents and credentials: offline verifiers would refuse it, and call it forged. A card is good for whole days,
    /// because a day is what it says.
    /// </summary>
    private static Instant Within(SigningCertificate by, FormKind kind, Instant expires) =>
        Instant.Min(expires, kind == FormKind.CardQr ? by.ValidUntil.DayInRiyadh().PlusDays(-1).EndInRiyadh() : by.ValidUntil);
}
