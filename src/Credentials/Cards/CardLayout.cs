using System.Globalization;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Live;
using Muqeem.Kernel;
using Muqeem.Platform.Culture;
using Muqeem.Platform.Drawing;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Texts;
using NodaTime;

namespace Muqeem.Credentials.Cards;

/// <summary>
/// Where everything stands on the card: size ID-1 of ISO/IEC 7810. It is read from the right: Arabic begins at the right edge of each row, English at the left edge of
/// the same row, and the photograph closes the row. Pure: a model and two languages give pages of marks.
/// </summary>
internal sealed class CardLayout(CardModel card, Language arabic, Language english)
{
    public const double Width = 85.6;
    public const double Height = 53.98;
    private const double Corner = 3.18;

    // The machine-readable zone of TD1: 23.2 mm at the lower edge, letters ten to the inch, lines 6.35 mm apart.
    private const double ZoneHeight = 23.2;
    private const double ZonePitch = 2.54;
    private const double ZoneLine = 6.35;

    /// <summary>The code is not printed smaller: phones of little price read it from here on.</summary>
    private const double LeastCode = 20;
    private const double CodeSide = 26.2;

    private const double Edge = 4;

    // A row: its labels, then one or two lines of values.
    private const double LabelHeight = 2.1;
    private const double Between = 0.6;
    private const double Gap = 1.2;

    private static readonly Ink Green = new(0x0F4A33);
    private static readonly Ink GreenLight = new(0x1B7350);
    private static readonly Ink Paper = new(0xFBFCF8);
    private static readonly Ink PaperDeep = new(0xE3EFE6);
    private static readonly Ink Gold = new(0xC2A05A);
    private static readonly Ink Label = new(0x4A7160);
    private static readonly Ink Black = new(0x14201A);
    private static readonly Ink White = new(0xFFFFFF);
    private static readonly Ink Alarm = new(0xB42318, 0.15);

    private DigitalId Id => card.Id;

    public SheetPage Front()
    {
        const double band = 9.6, photoWidth = 22.4, photoHeight = 28.8, photoTop = 12.2;
        const double left = Edge + photoWidth + 3.4, width = Width - Edge - left, rowsTop = 25.3, rowsBottom = 51.3;
        List<Mark> marks = [.. Ground(Height), .. Head(band)];

        marks.Add(new Fill(Ornament.Box(Edge, photoTop, photoWidth, photoHeight, 1.1), new(0xD5E5DB)));
        marks.Add(card.Photo is { } photo
            ? new Photograph(photo, Edge, photoTop, photoWidth, photoHeight, 1.1)
            : new Fill(Ornament.Person(Edge, photoTop, photoWidth, photoHeight), new(0x9DBDAC)));
        marks.Add(new Stroke(Ornament.Box(Edge, photoTop, photoWidth, photoHeight, 1.1), Green, 0.18));
        marks.AddRange(Specimen(0, (Height / 2) + 5, Width, 31));

        var below = photoTop + photoHeight + 1.4;
        marks.AddRange(Labels("number", "document.field.number", Edge, below, photoWidth));
        marks.Add(new Words("number", Id.ResidentNumber, Edge, below + 2.2, photoWidth, 5.2) { Bold = true, Size = 12, LeastSize = 8, Side = Side.Centre, Ink = Green });

        marks.AddRange(Names(left, 10.9, width, 13.6));
        List<Row> rows =
        [
            new("nationality", "document.field.nationality", Nationality(arabic), Nationality(english)),
            new("birth", "document.field.birth", Birth(arabic), Birth(english)),
            .. Id.Occupation is { Length: > 0 } code ? [new Row("occupation", "document.field.occupation", Occupation(code, arabic), Occupation(code, english))] : (Row[])[],
            new("until", "card.until", InBoth(Id.DocumentUntil, arabic), InBoth(Id.DocumentUntil, english)),
        ];
        AddRows(marks, rows, left, rowsTop, width, rowsBottom);
        return new(Width, Height, Corner, marks);
    }

    public SheetPage Back()
    {
        const double zoneTop = Height - ZoneHeight, top = 2.3, codeLeft = Edge - 0.4;
        const int quiet = 8;
        var modules = QrPicture.Modules(card.Qr);
        var side = Math.Max(CodeSide, LeastCode * modules.Count / (modules.Count - quiet));
        var left = codeLeft + side + 3.2;
        var width = Width - Edge - left;

        List<Mark> marks = [.. Ground(zoneTop), .. Specimen(left - 3, zoneTop / 2, Width - left + 3, 20)];
        marks.Add(new Fill(Ornament.Box(0, zoneTop, Width, ZoneHeight), Paper));
        marks.Add(new Stroke(Ornament.Line(0, zoneTop, Width, zoneTop), Gold, 0.25));
        marks.Add(new Fill(Ornament.Box(codeLeft, top, side, side, 0.8), White));
        marks.Add(QrPicture.Drawn(card.Qr, codeLeft, top, side));

        List<Row> rows =
        [
            new("issued", "document.field.issued", InBoth(Id.Issued, arabic), InBoth(Id.Issued, english)),
            new("place", "document.field.place", arabic.Text("document.place." + Id.Place), english.Text("document.place." + Id.Place)),
            new("answerable", Id.AnswerableKind == Answerable.HeadOfFamily ? "document.field.head" : "document.field.employer", Id.AnswerableName, null),
            new("serial", "card.serial", card.Serial, null),
        ];
        const double scan = zoneTop - 3;
        AddRows(marks, rows, left, 1.8, width, scan - Between);
        marks.Add(Text("scan.ar", arabic.Text("card.scan"), left + (width / 2), scan, width / 2, 2.3, arabic) with { Size = 5.6, LeastSize = 4, Ink = Green, Baseline = 1.5 });
        marks.Add(Text("scan.en", english.Text("card.scan"), left, scan, (width / 2) - Gap, 2.3, english) with { Size = 5, LeastSize = 3.6, Ink = Green, Baseline = 1.5 });

        var zoneWidth = ZonePitch * card.Mrz[0].Length;
        for (var line = 0; line < card.Mrz.Count; line++)
        {
            var middle = Height - (ZoneHeight / 2) + ((line - 1) * ZoneLine);
            marks.Add(new Words($"mrz.{(line + 1).ToString(CultureInfo.InvariantCulture)}", card.Mrz[line], (Width - zoneWidth) / 2, middle - (ZoneLine / 2), zoneWidth, ZoneLine)
            {
                Face = Face.Machine,
                Pitch = ZonePitch,
                Ink = new(0x000000),
            });
        }
        return new(Width, Height, Corner, marks);
    }

    private static IEnumerable<Mark> Ground(double height) =>
    [
        new Fill(Ornament.Box(0, 0, Width, Height), Paper, PaperDeep),
        new Stroke(Ornament.Waves(-2, height * 0.62, Width + 4, 7, 34, 14, slope: -0.06), new(0x2E8B63, 0.2), 0.07),
        new Stroke(Ornament.Waves(-2, height * 0.8, Width + 4, 5, 23, 10, slope: 0.04), new(0xB8964E, 0.2), 0.07),
        new Stroke(Ornament.Rosette(Width * 0.72, height * 0.62, Math.Min(17, height * 0.42), 12, 14), new(0x2E8B63, 0.16), 0.07),
    ];

    private IEnumerable<Mark> Head(double band)
    {
        const double radius = 3.7, x = Width - Edge - radius;
        var middle = band / 2;
        return
        [
            new Fill(Ornament.Box(0, 0, Width, band), Green, GreenLight),
            new Stroke(Ornament.Waves(-2, middle, Width + 4, 3.4, 19, 12), new(0xFFFFFF, 0.1), 0.07),
            new Fill(Ornament.Box(0, band, Width, 0.5), Gold),
            new Fill(Ornament.Star(x, middle, radius), new(0xFFFFFF, 0.12)),
            new Stroke(Ornament.Square(x, middle, radius, 0), Gold, 0.22),
            new Stroke(Ornament.Square(x, middle, radius, Math.PI / 4), Gold, 0.22),
            new Stroke(Ornament.Rosette(x, middle, radius * 0.62, 8, 3, 0.5), White, 0.13),
            new Fill(Ornament.Star(x, middle, radius * 0.3), Gold),
            Text("title.ar", arabic.Text("card.title"), 44, 0.6, x - radius - 2 - 44, band - 1.2, arabic) with { Bold = true, Size = 14, Ink = White },
            Text("title.en", english.Text("card.title"), Edge, 0.6, 38, band - 1.2, english) with { Bold = true, Size = 9.5, Ink = White },
        ];
    }

    /// <summary>The names share their place by what each needs, so that the longest keep all their letters.</summary>
    private List<Mark> Names(double x, double y, double width, double height)
    {
        List<(Words Words, double Height)> names =
        [
            (Text("name.ar", Id.NameArabic, x, y, width, 0, arabic) with { Bold = true, Size = 13, LeastSize = 4.2, MostLines = 4, Leading = 0.78, Ink = Green }, Need(Id.NameArabic, 45, 5.7)),
            (Text("name.en", Id.NameLatin, x, y, width, 0, english) with { Bold = Id.NameLatin.Length < 80, Size = 9, LeastSize = 4, MostLines = 5, Leading = 0.86 }, Need(Id.NameLatin, 32, 4.4)),
        ];
        if (card.OwnName is { } own)
        {
            var rightToLeft = Bidi.FirstStrong(own.Text) == Direction.RightToLeft;
            var hanging = rightToLeft && own.Language.Split('-')[0] is "ur" or "pnb" or "ks" or "skr";
            names.Add((new Words("name.own", own.Text, x, y, width, 0)
            {
                Face = hanging ? Face.Nastaliq : Face.Plain,
                Language = own.Language,
                RightToLeft = rightToLeft,
                Side = rightToLeft ? Side.Right : Side.Left,
                Size = 8,
                LeastSize = 4,
                MostLines = 3,
                Leading = hanging ? 0.7 : 0.84,
                Ink = Black,
            }, Need(own.Text, 34, hanging ? 5 : 4.3)));
        }
        var share = Math.Min(1, height / names.Sum(n => n.Height));
        var marks = new List<Mark>();
        foreach (var (words, need) in names)
        {
            marks.Add(words with { Y = y, Height = need * share });
            y += need * share;
        }
        return marks;

        // A name of ordinary length has one line; further lines are smaller.
        static double Need(string name, int ordinary, double line) => line * (1 + (0.35 * Math.Max(0, ((double)name.Length / ordinary) - 1)));
    }

    /// <summary>What a row says.</summary>
    /// <param name="Label">Key of its text.</param>
    /// <param name="English">Null: one value for both, which has the whole width and stands where its letters begin.</param>
    private sealed record Row(string Name, string Label, string Arabic, string? English)
    {
        public string[] ArabicLines => Arabic.Split('\n');
        public string[] EnglishLines => English?.Split('\n') ?? [];

        /// <summary>Words that get a second line when one would be too small.</summary>
        public bool Long => ArabicLines.Length == 1 && (English is null ? Arabic.Length > 34 : Arabic.Length > 28 || English.Length > 33);

        public double Line => ArabicLines.Length > 1 ? 2.5 : 2.85;
        public double Height => LabelHeight + (Long ? (Arabic.Length > 150 ? 6.4 : 4.8) : Line * Math.Max(ArabicLines.Length, EnglishLines.Length));
    }

    /// <summary>Rows below each other; when there is room they stand further apart, when there is too little all are a little lower.</summary>
    private void AddRows(List<Mark> marks, List<Row> rows, double x, double y, double width, double bottom)
    {
        const double mostBetween = 1.5;
        var heights = rows.Sum(r => r.Height);
        var scale = Math.Min(1, (bottom - y - (Between * (rows.Count - 1))) / heights);
        var between = Math.Min(mostBetween, (bottom - y - (heights * scale)) / (rows.Count - 1));
        foreach (var row in rows)
        {
            AddRow(marks, row, x, y, width, scale);
            y += (row.Height * scale) + between;
        }
    }

    private void AddRow(List<Mark> marks, Row row, double x, double y, double width, double scale)
    {
        marks.AddRange(Labels(row.Name, row.Label, x, y, width, scale));
        y += LabelHeight * scale;
        var (height, lineHeight) = ((row.Height - LabelHeight) * scale, row.Line * scale);
        var half = (width - Gap) / 2;
        if (row.English is null)
        {
            var language = Bidi.FirstStrong(row.Arabic) == Direction.RightToLeft ? arabic : english;
            var one = Text(row.Name, row.Arabic, x, y, width, height, language) with { Size = 7.2 * scale, LeastSize = 4, MostLines = 3, Leading = 0.76 };
            marks.Add(row.Long ? one : one with { MostLines = 1, Baseline = lineHeight * 0.7 });
            return;
        }
        if (row.Long)
        {
            marks.Add(Text(row.Name + ".ar", row.Arabic, x + half + Gap, y, half, height, arabic) with { Size = 7.2, MostLines = 2, Leading = 0.74 });
            marks.Add(Text(row.Name + ".en", row.English, x, y, half, height, english) with { Size = 6, LeastSize = 4, MostLines = 2, Leading = 0.82 });
            return;
        }
        // Both languages on one base line.
        var smaller = row.ArabicLines.Length > 1 ? 0.93 * scale : scale;
        foreach (var (line, text) in row.ArabicLines.Index())
        {
            marks.Add(Text(Named(".ar", line), text, x + half + Gap, y + (line * lineHeight), half, lineHeight, arabic) with { Size = 7.4 * smaller, Baseline = lineHeight * 0.7 });
        }
        foreach (var (line, text) in row.EnglishLines.Index())
        {
            marks.Add(Text(Named(".en", line), text, x, y + (line * lineHeight), half, lineHeight, english) with { Size = 6.5 * smaller, LeastSize = 4, Baseline = lineHeight * 0.7 });
        }

        string Named(string side, int line) => row.Name + side + (line == 0 ? "" : (line + 1).ToString(CultureInfo.InvariantCulture));
    }

    private IEnumerable<Mark> Labels(string name, string key, double x, double y, double width, double scale = 1) =>
    [
        Text($"{name}.label.ar", arabic.Text(key), x + (width / 2), y, width / 2, 2.3 * scale, arabic) with { Size = 5.2 * scale, LeastSize = 4, Ink = Label, Baseline = 1.5 * scale },
        Text($"{name}.label.en", english.Text(key), x, y, width / 2, 2.3 * scale, english) with { Size = 4.6 * scale, LeastSize = 3.6, Ink = Label, Baseline = 1.5 * scale },
    ];

    /// <summary>Across the card, below its words, when it was made from a demonstration number.</summary>
    private IEnumerable<Mark> Specimen(double x, double middle, double width, double size) => !Id.Specimen ? [] :
    [
        new Words("specimen", $"{arabic.Text("document.specimen")}  {english.Text("document.specimen")}", x, middle - 9, width, 18)
        {
            Bold = true,
            RightToLeft = true,
            Side = Side.Centre,
            Size = size,
            LeastSize = size / 2,
            Turn = -17,
            Ink = Alarm,
            Language = arabic.Code,
        },
    ];

    private static Words Text(string name, string text, double x, double y, double width, double height, Language language) => new(name, text, x, y, width, height)
    {
        RightToLeft = language.Dir == "rtl",
        Side = language.Dir == "rtl" ? Side.Right : Side.Left,
        Language = language.Code,
        Ink = Black,
    };

    private string Nationality(Language language) =>
        Reference.Nationality(Id.Nationality) is { } nation ? (language == arabic ? nation.CountryAr : nation.CountryEn) : Id.Nationality;

    private string Occupation(string code, Language language)
    {
        var listed = Reference.Occupation(code);
        return language == arabic ? Id.OccupationArabic ?? listed?.Arabic ?? code : listed?.English ?? code;
    }

    /// <summary>Two lines: the civil day and the Hijri one.</summary>
    private static string InBoth(BothCalendars day, Language language) =>
        language.Hijri(day.Gregorian) is { } hijri ? $"{language.Date(day.Gregorian)}\n{hijri}" : language.Date(day.Gregorian);

    /// <summary>As it was given, and in the other calendar only when the source gave that too: a birth date is never recomputed.</summary>
    private string Birth(Language language)
    {
        var given = Given(Id.Birth, language);
        return Id.Birth.OtherText is not { Length: > 0 } other ? given
            : BirthDate.Read(other, CalendarKind.Hijri, Id.Issued.Gregorian).TryGet(out var read, out _) ? $"{given}\n{Given(read, language)}" : $"{given}\n{Bidi.Isolate(other, language.Culture.Direction)}";
    }

    private static string Given(BirthDate birth, Language language)
    {
        if (birth.Calendar == CalendarKind.Hijri)
        {
            return birth.Month is { } m && birth.Day is { } d
                ? language.Hijri(new LocalDate(birth.Year, m, d, CalendarSystem.UmAlQura))!
                : language.Text("sys.date.hijri", ("date", birth.Month is { } month
                    ? language.Bare("sys.date.month", ("month", language.Text($"sys.hijri_month.{month.ToString(CultureInfo.InvariantCulture)}")), ("year", birth.Year))
                    : birth.Year.ToString(CultureInfo.InvariantCulture)));
        }
        return birth.GregorianDay is { } day ? language.Date(day)
            : birth.Month is { } known ? language.Month(new YearMonth(birth.Year, known))
            : birth.Year.ToString(CultureInfo.InvariantCulture);
    }
}
