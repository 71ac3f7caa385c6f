using Muqeem.Credentials.Live;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Drawing;
using Muqeem.Platform.Texts;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>
/// The receipt of a payment on paper (A4): Arabic at the right edge of each row, English at the left of the same row, what both share between them. Pure: a receipt, its code and two languages
/// give pages of marks.
/// </summary>
internal sealed class PaymentSheet
{
    private const double Width = 210, Height = 297, Edge = 18, Inner = Width - (2 * Edge);

    /// <summary>Below it nothing of the list stands: the next line begins another page.</summary>
    private const double Bottom = Height - 20;

    /// <summary>A line's three columns: English, amount, Arabic.</summary>
    private const double Column = 70, Amounts = Inner - (2 * Column);

    private const double CodeSide = 38;

    private static readonly Ink Green = new(0x0F4A33);
    private static readonly Ink Quiet = new(0x4A5A52);
    private static readonly Ink Hair = new(0xC9D6CE);
    private static readonly Ink Alarm = new(0xB42318);
    private static readonly Ink Ghost = new(0xB42318, 0.12);

    private readonly PaymentReceipt _receipt;
    private readonly Language _arabic;
    private readonly Language _english;
    private readonly List<SheetPage> _pages = [];
    private List<Mark> _marks = [];
    private double _y;
    private int _named;

    private PaymentSheet(PaymentReceipt receipt, Language arabic, Language english) => (_receipt, _arabic, _english) = (receipt, arabic, english);

    public static Sheet Of(PaymentReceipt receipt, string code, Language arabic, Language english)
    {
        var sheet = new PaymentSheet(receipt, arabic, english);
        sheet.Write(code);
        return new Sheet
        {
            Title = $"{arabic.Text("receipt.title")} – {english.Text("receipt.title")}",
            Made = receipt.Receipt.PaidAt.DayInRiyadh().ToDateOnly(),
            Pages = sheet._pages,
        };
    }

    private void Write(string code)
    {
        var paid = _receipt.Receipt;
        Begin();
        Both("receipt.title", 13, 20, 15, Green, bold: true);
        _y += 2;
        if (paid.Standing != ReceiptStanding.Paid)
        {
            var key = paid.Standing == ReceiptStanding.Back ? "receipt.back" : "receipt.partly_back";
            Pair(Said(_arabic), Said(_english), 9, 12, 10.5, Alarm, bold: true, lines: 2);
            _y += 2;
            string Said(Language l) => l.Text(key, ("amount", paid.Back), ("at", l.DateInBoth((paid.BackAt ?? paid.PaidAt).DayInRiyadh())));
        }
        Row("receipt.number", _ => paid.Number);
        Row("receipt.service", l => l.Text($"svc.{_receipt.Service.Key}.name"));
        Row("receipt.reference", _ => _receipt.Reference);
        Row("receipt.payer", l => l.Word("bill.payer", paid.Payer.Kind));
        Row("receipt.number_end", _ => _receipt.NumberEnd);
        Row("receipt.paid_at", l => l.Text("receipt.moment", ("date", l.DateInBoth(paid.PaidAt.DayInRiyadh())), ("time", l.Time(paid.PaidAt))));
        Row("receipt.fee_table", l => l.Number(paid.PolicyVersion));
        _y += 4;
        Lines(paid);
        Close(paid, code);
        End();
    }

    private void Lines(Receipt paid)
    {
        var top = _y;
        _marks.Add(new Fill(Box(Edge, top, Inner, 8), Green));
        var white = new Ink(0xFFFFFF);
        Text(_english, _english.Text("receipt.lines"), Edge + 2, top, Column - 4, 8, 9.5, white, bold: true);
        Middle(_arabic.Text("receipt.currency") + " · " + _english.Text("receipt.currency"), top, 8, 9, white, bold: true);
        Text(_arabic, _arabic.Text("receipt.lines"), Edge + Inner - Column + 2, top, Column - 4, 8, 11, white, bold: true);
        _y += 8;
        foreach (var line in paid.Lines)
        {
            Line(line);
        }
        if (paid.Tax > Money.Zero)
        {
            Sum("receipt.tax", paid.Tax, bold: false);
        }
        Sum("receipt.total", paid.Total, bold: true);
        if (paid.WrittenOff > Money.Zero)
        {
            Sum("receipt.written_off", paid.WrittenOff, bold: false);
            Sum("receipt.paid", paid.Paid, bold: true);
        }
        if (paid.Back > Money.Zero)
        {
            Sum("receipt.given_back", paid.Back, bold: true);
        }
    }

    private void Line(PriceLine line)
    {
        const double name = 7.5, said = 5.5;
        var (arabic, english) = (_arabic.Explain(line), _english.Explain(line));
        var height = name + (said * Math.Max(arabic.Count, english.Count)) + 1;
        Room(height);
        Text(_english, _english.Text(line.TextKey), Edge + 2, _y, Column - 4, name, 10, null, lines: 2);
        Middle(_english.Amount(line.Amount), _y, name, 10.5, null);
        Text(_arabic, _arabic.Text(line.TextKey), Edge + Inner - Column + 2, _y, Column - 4, name, 11.5, null, lines: 2);
        foreach (var (words, l, x) in arabic.Select((w, i) => ((w, i), _arabic, Edge + Inner - Column + 2)).Concat(english.Select((w, i) => ((w, i), _english, Edge + 2))))
        {
            Text(l, words.w, x, _y + name + (words.i * said), Column - 4, said, l == _arabic ? 9 : 7.5, Quiet, lines: 2);
        }
        _y += height;
        Rule();
    }

    private void Sum(string key, Money amount, bool bold)
    {
        const double height = 9;
        Room(height);
        Text(_english, _english.Text(key), Edge + 2, _y, Column - 4, height, 10, null, bold);
        Middle(_english.Amount(amount), _y, height, bold ? 12 : 10.5, null, bold);
        Text(_arabic, _arabic.Text(key), Edge + Inner - Column + 2, _y, Column - 4, height, 11.5, null, bold);
        _y += height;
        Rule();
    }

    /// <summary>How it was paid, and the code with what it is for.</summary>
    private void Close(Receipt paid, string code)
    {
        _y += 3;
        foreach (var part in paid.Parts)
        {
            Room(6);
            Pair(Said(_arabic), Said(_english), 6, 9.5, 8, Quiet);
            string Said(Language l) => l.Text("receipt.part", ("how", l.Text("ledger." + part.Purpose)), ("amount", part.Amount), ("at", l.DateAndTime(part.At)));
        }
        Room(CodeSide + 4);
        _y += 4;
        var left = (Width - CodeSide) / 2;
        _marks.Add(QrPicture.Drawn(code, left, _y, CodeSide));
        var beside = left - Edge - 4;
        Text(_english, _english.Text("receipt.check"), Edge, _y, beside, CodeSide, 9, Quiet, lines: 9);
        Text(_arabic, _arabic.Text("receipt.check"), left + CodeSide + 4, _y, beside, CodeSide, 10.5, Quiet, lines: 9);
        _y += CodeSide;
    }

    private void Row(string key, Func<Language, string> value)
    {
        const double label = 4.4, words = 6;
        Room(label + words + 1);
        Both(key, label, 9, 8, Quiet);
        Pair(value(_arabic), value(_english), words, 12, 10.5, null, lines: 2);
        _y += 0.6;
    }

    private void Both(string key, double height, double arabicSize, double englishSize, Ink? ink, bool bold = false) => Pair(_arabic.Text(key), _english.Text(key), height, arabicSize, englishSize, ink, bold);

    private void Pair(string arabic, string english, double height, double arabicSize, double englishSize, Ink? ink, bool bold = false, int lines = 1)
    {
        const double half = (Inner / 2) - 3;
        Text(_english, english, Edge, _y, half, height, englishSize, ink, bold, lines);
        Text(_arabic, arabic, Edge + Inner - half, _y, half, height, arabicSize, ink, bold, lines);
        _y += height;
    }

    private void Text(Language language, string text, double x, double y, double width, double height, double size, Ink? ink, bool bold = false, int lines = 1)
    {
        var words = new Words($"{language.Code}.{_named++}", text, x, y, width, height)
        {
            Bold = bold,
            RightToLeft = language.Dir == "rtl",
            Side = language.Dir == "rtl" ? Side.Right : Side.Left,
            Language = language.Code,
            Size = size,
            LeastSize = 5.5,
            MostLines = lines,
        };
        _marks.Add(ink is null ? words : words with { Ink = ink });
    }

    private void Middle(string text, double y, double height, double size, Ink? ink, bool bold = false)
    {
        var words = new Words($"middle.{_named++}", text, Edge + Column, y, Amounts, height) { Bold = bold, Side = Side.Centre, Size = size };
        _marks.Add(ink is null ? words : words with { Ink = ink });
    }

    private void Rule() => _marks.Add(new Stroke($"M {N(Edge)} {N(_y)} L {N(Edge + Inner)} {N(_y)}", Hair, 0.2));

    private void Room(double height)
    {
        if (_y + height > Bottom)
        {
            End();
            Begin();
        }
    }

    private void Begin()
    {
        _marks = [new Fill(Box(0, 0, Width, 5), Green)];
        if (_receipt.Specimen)
        {
            _marks.Add(new Words("specimen", $"{_arabic.Text("document.specimen")}  {_english.Text("document.specimen")}", 0, (Height / 2) - 30, Width, 60)
            {
                Bold = true,
                RightToLeft = true,
                Side = Side.Centre,
                Size = 72,
                LeastSize = 36,
                Turn = -35,
                Ink = Ghost,
                Language = _arabic.Code,
            });
        }
        _y = 16;
    }

    private void End()
    {
        const double foot = 14;
        Text(_english, _english.Text(_receipt.Specimen ? "receipt.foot.specimen" : "receipt.foot"), Edge, Height - foot - 4, (Inner / 2) - 3, foot, 8, _receipt.Specimen ? Alarm : Quiet, lines: 3);
        Text(_arabic, _arabic.Text(_receipt.Specimen ? "receipt.foot.specimen" : "receipt.foot"), Edge + (Inner / 2) + 3, Height - foot - 4, (Inner / 2) - 3, foot, 9.5, _receipt.Specimen ? Alarm : Quiet, lines: 3);
        _pages.Add(new(Width, Height, 0, _marks));
    }

    private static string Box(double x, double y, double width, double height) =>
        $"M {N(x)} {N(y)} L {N(x + width)} {N(y)} L {N(x + width)} {N(y + height)} L {N(x)} {N(y + height)} Z";

    private static string N(double number) => number.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture);
}
