using System.Data.Common;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Live;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Drawing;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Verifier;
using Muqeem.Verifier.Qr;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>A receipt of a payment as its payer is shown it.</summary>
/// <param name="Reference">Of the application that was paid for.</param>
/// <param name="NumberEnd">The last four digits of the number of whom it was paid for: enough to tell two receipts of a family apart.</param>
/// <param name="Specimen">A demonstration: no money moved.</param>
public sealed record PaymentReceipt(Receipt Receipt, string Reference, Service Service, string NumberEnd, bool Specimen);

/// <summary>What somebody is told who checks the code of a receipt.</summary>
public abstract record ReceiptVerdict
{
    private ReceiptVerdict() { }

    /// <summary>Key of the sentence for whoever checks; with <c>.title</c> the word for it.</summary>
    public string TextKey => "receipt.verdict." + this switch
    {
        Genuine { Standing: ReceiptStanding.Paid } => "genuine",
        Genuine { Standing: ReceiptStanding.PartlyBack } => "genuine_partly_back",
        Genuine => "genuine_back",
        Forged => "forged",
        _ => "cannot_say",
    };

    /// <summary>We made it, and this is how the payment stands now.</summary>
    /// <param name="Service">Its code.</param>
    /// <param name="ServiceKey">Its name is <c>svc.&lt;key&gt;.name</c>.</param>
    /// <param name="Number">As printed on it.</param>
    /// <param name="Back">What went back to the payer.</param>
    public sealed record Genuine(Money Amount, Instant PaidAt, string Service, string ServiceKey, string Number, ReceiptStanding Standing, Money Back, Instant? BackAt, bool Specimen) : ReceiptVerdict;

    /// <summary>It says that it is a receipt of ours, and is not, or is changed.</summary>
    public sealed record Forged : ReceiptVerdict;

    /// <summary>Neither good nor bad is to be concluded from it.</summary>
    public sealed record CannotSay : ReceiptVerdict;
}

/// <summary>
/// Receipts of payments, for the payer to show and for anybody to check: a page, a PDF, and a code on it that we signed. Nothing is stored: the receipt is the frozen bill and the ledger's entries, and the code is
/// signed anew each time.
/// </summary>
public sealed class PaymentReceipts
{
    /// <summary>How reading the number for it stands in the record that the person sees.</summary>
    private const string Where = "payment.receipt";

    private readonly Ledger _ledger;
    private readonly ServiceCatalogue _services;
    private readonly Persons _persons;
    private readonly ReadDoor _door;
    private readonly KeyStore _keys;
    private readonly OwnSigners _signers;
    private readonly Drawings _drawings;
    private readonly TextCatalogue _texts;
    private readonly DataFolder _folder;
    private readonly ReceiptIssuer _issuer;
    private readonly TimeProvider _clock;
    private readonly CaseStore _store;

    public PaymentReceipts(Db db, Sealer sealer, ReadDoor door, Ledger ledger, ServiceCatalogue services, Persons persons, KeyStore keys, OwnSigners signers, Drawings drawings, TextCatalogue texts, DataFolder folder,
        ReceiptIssuer issuer, AgencyEvents events, PersonOfAccount personOf, TimeProvider clock)
    {
        (_ledger, _services, _persons, _door, _keys, _signers, _drawings, _texts, _folder, _issuer, _clock) = (ledger, services, persons, door, keys, signers, drawings, texts, folder, issuer, clock);
        _store = new CaseStore(db, sealer, door, events, personOf);
    }

    /// <summary>The receipt of a bill that this person paid, or that somebody paid for a case of this account; null when there is none, or it is nobody's business.</summary>
    public async Task<PaymentReceipt?> FindAsync(Actor reader, AccountId account, PersonId person, BillId bill, CancellationToken cancel = default)
    {
        if (await _ledger.ReceiptAsync(bill, cancel) is not { } receipt || await _store.HeadAsync(receipt.Case, cancel) is not { } head
            || (receipt.Payer.Id != person.Value && await _store.OwnAsync(account, receipt.Case, cancel) is null))
        {
            return null;
        }
        var access = _door.Enter(reader, Purpose.Self, receipt.Case, Where, head.Person);
        var record = await _persons.OpenAsync(access, head.Person, cancel);
        var number = record.ResidentNumber ?? record.BorderNumber ?? "";
        return new(receipt, head.Reference, _services.ByCode(head.Service), number.Length > 4 ? number[^4..] : "–", _folder.IsDemonstration);
    }

    /// <summary>What its square code holds.</summary>
    /// <exception cref="KeyUnavailableException">No signer of receipts is certified for today.</exception>
    public string CodeOf(PaymentReceipt receipt)
    {
        var by = _keys.Current(KeyPurpose.Receipt);
        var paid = receipt.Receipt;
        var code = QrForm.Payment(by.Certificate, paid.Bill.Value, _clock.Now(), paid.PaidAt, paid.Paid, receipt.Service.Code, receipt.Specimen);
        return QrForm.Text(_issuer.Address, code.Complete(_keys.Sign(by, code.ToBeSigned)));
    }

    /// <summary>In Arabic and English on one sheet, whoever asks: who will read it is not known.</summary>
    /// <exception cref="KeyUnavailableException">No signer of receipts is certified for today.</exception>
    /// <exception cref="DrawingException">The process that draws ended.</exception>
    public async Task<byte[]> PdfAsync(PaymentReceipt receipt, CancellationToken cancel = default) =>
        (await _drawings.DrawAsync(PaymentSheet.Of(receipt, CodeOf(receipt), _texts.In(TextCatalogue.Arabic), _texts.In(TextCatalogue.English)), SheetFormat.Pdf, cancel)).Files[0];

    /// <summary>The answer about a code; null when it does not even say that it is of a receipt.</summary>
    /// <param name="text">As scanned or typed.</param>
    public async Task<ReceiptVerdict?> CheckAsync(string? text, CancellationToken cancel = default)
    {
        if (Verification.CodeIn(Digits.NormaliseWords(text).Trim()) is not { Length: > 0 } bytes || !PaymentCode.Claims(bytes))
        {
            return null;
        }
        var read = Read(bytes);
        if (read.Reason == Reason.QrSignerUnknown)
        {
            _signers.Refresh();
            read = Read(bytes);
        }
        if (!read.TryGet(out var code, out var reason))
        {
            return reason == Reason.QrFromFuture ? new ReceiptVerdict.CannotSay() : new ReceiptVerdict.Forged();
        }
        try
        {
            // What we signed and do not find is a database that was set back, and no forgery.
            return await _ledger.ReceiptAsync(new BillId(new Guid(code.Bill.Span, bigEndian: true)), cancel) is { } receipt && _services.All.FirstOrDefault(s => s.Code == code.Service) is { } service
                ? new ReceiptVerdict.Genuine(new Money(code.Halalas), Instant.FromDateTimeOffset(code.PaidAt), service.Code, service.Key, receipt.Number, receipt.Standing, receipt.Back, receipt.BackAt, code.IsSpecimen)
                : new ReceiptVerdict.CannotSay();
        }
        catch (Exception unreachable) when (unreachable is DbException or TimeoutException)
        {
            return new ReceiptVerdict.CannotSay();
        }
    }

    private Checked<PaymentCode> Read(byte[] bytes) => PaymentCode.Verify(bytes, _signers.Qr, _clock.GetUtcNow(), new QrOptions { Purposes = _signers.Purposes });
}
