using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Drawing;
using Muqeem.Platform.Files;
using Muqeem.Platform.Files.Media;
using Muqeem.Platform.Texts;
using Muqeem.Tests;
using NodaTime;

namespace Muqeem.Credentials.Cards;

/// <summary>A synthetic resident whose name is hard to print.</summary>
internal sealed record HardName(
    string What, string Arabic, string Given, string Surname, string? Own, string? Language, string Nationality, string? Occupation, string Birth, string? Other, string Sex, string Answerable, string Kind)
{
    public static IReadOnlyList<HardName> All { get; } = Read();

    private static List<HardName> Read([CallerFilePath] string here = "") =>
        JsonSerializer.Deserialize<List<HardName>>(File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "people.json")), new JsonSerializerOptions(JsonSerializerDefaults.Web))!;

    public static HardName Of(string what) => All.Single(p => p.What == what);

    public CardModel Card()
    {
        var name = LatinName.Parse(Given, Surname).Value;
        var id = new DigitalId(
            "2000000006", 2, Arabic, name.ToString(), Nationality, Occupation, null, BirthDate.Read(Birth, CalendarKind.Gregorian, CardsForTest.Issued).Value with { OtherText = Other },
            BothCalendars.Of(CardsForTest.Issued), BothCalendars.Of(new LocalDate(2027, 3, 14)), BothCalendars.Of(new LocalDate(2031, 3, 14)), DocumentOrder.Electronic,
            Answerable, Enum.Parse<Answerable>(Kind), null, Specimen: true);
        return CardModel.Of(id, "B7K2WQ94R", Enum.Parse<Sex>(Sex), CardsForTest.Qr, name) with
        {
            OwnName = Own is null ? null : new OwnName(Own, Language!),
            Photo = What.Contains("alone", StringComparison.Ordinal) ? null : CardsForTest.Portrait,
        };
    }
}

internal static class CardsForTest
{
    public static readonly LocalDate Issued = new(2026, 3, 15);

    // As long as a live code in an address is.
    public const string Qr = "HTTPS://MUQEEM.EXAMPLE.ORG/V/MQ1:ABCDEFGHJKMNPQRSTVWXYZ0123456789ABCDEFGHJKMNPQRSTVWXYZ0123456789ABCDEFGHJKMNPQRSTVWXYZ0123456789ABCDEFGHJKMNPQRSTVWXYZ0123456789ABCDEFGHJ";

    private static readonly Lazy<byte[]> Portraits = new(() => Draw().Save(".jpg[Q=88,strip]"));

    public static byte[] Portrait => Portraits.Value;

    /// <summary>Nobody: an egg on shoulders before a grey wall.</summary>
    private static TestPicture Draw()
    {
        const int width = 420, height = 540;
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                double dx = (x - 210) / 92.0, dy = (y - 225) / 125.0, sx = (x - 210) / 200.0, sy = (y - 560) / 190.0;
                var light = 1 - (0.16 * ((x - 210) / 210.0)) - (0.06 * dy);
                var (r, g, b) = (dx * dx) + (dy * dy) < 1
                    ? ((dx * dx) + ((dy + 0.42) * (dy + 0.42)) < 1 || dy > -0.42 ? dy < -0.5 ? (52.0, 40.0, 34.0) : (196.0, 150.0, 118.0) : (52.0, 40.0, 34.0))
                    : (sx * sx) + (sy * sy) < 1 ? (58.0, 78.0, 104.0) : (222.0, 226.0, 230.0);
                var at = ((y * width) + x) * 3;
                (pixels[at], pixels[at + 1], pixels[at + 2]) = ((byte)Math.Clamp(r * light, 0, 255), (byte)Math.Clamp(g * light, 0, 255), (byte)Math.Clamp(b * light, 0, 255));
            }
        }
        return new(width, height, 3, pixels);
    }

    public static TextCatalogue Texts { get; } = TextCatalogue.Of(typeof(Kernel.Mrz).Assembly, typeof(Drawings).Assembly, typeof(CardPress).Assembly);
}

/// <summary>Both sides of everybody's card, drawn once; with MUQEEM_CARDS_OUT also written to that folder, to be looked at.</summary>
public sealed class AllCards : IAsyncLifetime
{
    private const int PerSheet = 13;

    internal MediaChild Child { get; } = FilesForTest.Child();

    internal Dictionary<string, (Sheet Sheet, IReadOnlyList<byte[]> Pictures, IReadOnlyList<DrawnWords> Words)> Drawn { get; } = [];

    public async ValueTask InitializeAsync()
    {
        var folder = Environment.GetEnvironmentVariable("MUQEEM_CARDS_OUT");
        var press = new CardPress(new Drawings(Child), CardsForTest.Texts);
        var drawings = new Drawings(Child);
        foreach (var people in HardName.All.Chunk(PerSheet))
        {
            var sheets = people.Select(p => press.SheetOf(p.Card(), CardFormat.Pdf)).ToList();
            var whole = sheets[0] with { Dpi = folder is null ? 100 : 300, Pages = [.. sheets.SelectMany(s => s.Pages)] };
            var drawn = await drawings.DrawAsync(whole, SheetFormat.Png);
            for (var i = 0; i < people.Length; i++)
            {
                Drawn[people[i].What] = (sheets[i], [drawn.Files[2 * i], drawn.Files[(2 * i) + 1]],
                    [.. drawn.Words.Where(w => w.Page / 2 == i).Select(w => w with { Page = w.Page % 2 })]);
            }
        }
        if (folder is not null)
        {
            Directory.CreateDirectory(folder);
            var number = 0;
            foreach (var (what, card) in Drawn)
            {
                number++;
                var name = new string([.. what.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]);
                await File.WriteAllBytesAsync(Path.Combine(folder, $"{number:00}-{name}-front.png"), card.Pictures[0]);
                await File.WriteAllBytesAsync(Path.Combine(folder, $"{number:00}-{name}-back.png"), card.Pictures[1]);
            }
            foreach (var (format, name) in new[] { (CardFormat.FrontPng, "front.png"), (CardFormat.BackPng, "back.png"), (CardFormat.Pdf, "card.pdf") })
            {
                await File.WriteAllBytesAsync(Path.Combine(folder, name), await press.RenderAsync(HardName.All[0].Card(), format));
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        Child.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class CardPressTests : IClassFixture<AllCards>
{
    private const double Hair = 0.06;
    private readonly AllCards _all;
    private readonly MediaChild _child;
    private readonly CardPress _press;

    public CardPressTests(AllCards all)
    {
        (_all, _child) = (all, all.Child);
        _press = new CardPress(new Drawings(_child), CardsForTest.Texts);
    }

    public static TheoryData<string> Everybody => [.. HardName.All.Select(p => p.What)];

    [Fact]
    public void There_are_forty_hard_names_and_more() => Assert.True(HardName.All.Count >= 40);

    // A missing glyph or a text without room would have ended the drawing.
    [Theory]
    [MemberData(nameof(Everybody))]
    public void No_text_leaves_its_box_or_the_card(string what)
    {
        var (sheet, _, drawn) = _all.Drawn[what];
        Assert.NotEmpty(drawn);
        foreach (var words in drawn.Where(w => w.Name != "specimen"))
        {
            var box = sheet.Pages[words.Page].Marks.OfType<Words>().Single(w => w.Name == words.Name);
            Assert.True(words.X >= box.X - Hair && words.Y >= box.Y - Hair && words.X + words.Width <= box.X + box.Width + Hair && words.Y + words.Height <= box.Y + box.Height + Hair,
                $"{words} leaves {box.X} {box.Y} {box.Width} {box.Height}");
            Assert.True(words.X >= 2 && words.X + words.Width <= CardLayout.Width - 2 && words.Y >= 1 && words.Y + words.Height <= CardLayout.Height - 1, $"{words} leaves the card");
            Assert.True(words.Size >= box.LeastSize - 1e-6 || box.Pitch is not null);
        }
    }

    [Theory]
    [MemberData(nameof(Everybody))]
    public void No_text_lies_on_another(string what)
    {
        var drawn = _all.Drawn[what].Words.Where(w => w.Name != "specimen").ToList();
        for (var i = 0; i < drawn.Count; i++)
        {
            for (var j = i + 1; j < drawn.Count; j++)
            {
                var (a, b) = (drawn[i], drawn[j]);
                Assert.False(a.Page == b.Page && a.X + Hair < b.X + b.Width && b.X + Hair < a.X + a.Width && a.Y + Hair < b.Y + b.Height && b.Y + Hair < a.Y + a.Height, $"{a} and {b}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Everybody))]
    public void All_of_each_name_is_on_the_card(string what)
    {
        var person = HardName.Of(what);
        var (sheet, _, drawn) = _all.Drawn[what];
        var texts = sheet.Pages[0].Marks.OfType<Words>().ToDictionary(w => w.Name, w => w.Text);
        Assert.Equal(person.Arabic, texts["name.ar"]);
        Assert.Equal($"{person.Given} {person.Surname}".Trim(), texts["name.en"]);
        Assert.Equal(person.Own, texts.GetValueOrDefault("name.own"));
        Assert.All(texts.Keys, name => Assert.Contains(drawn, w => w.Page == 0 && w.Name == name));
    }

    [Theory]
    [MemberData(nameof(Everybody))]
    public void The_zone_is_the_kernels_and_reads_back(string what)
    {
        var card = HardName.Of(what).Card();
        var texts = _all.Drawn[what].Sheet.Pages[1].Marks.OfType<Words>().ToDictionary(w => w.Name, w => w.Text);
        var lines = new[] { texts["mrz.1"], texts["mrz.2"], texts["mrz.3"] };
        Assert.Equal(card.Mrz, lines);
        var read = Mrz.Parse(string.Join('\n', lines), CardsForTest.Issued).Value;
        Assert.Equal((MrzFormat.Td1, "SAU", card.Serial, card.Id.ResidentNumber, card.Id.DocumentUntil.Gregorian), (read.Format, read.Issuer, read.Number, read.Optional, read.Expiry!.Value));
        Assert.Equal(card.Id.Birth.Calendar == CalendarKind.Gregorian ? card.Id.Birth.ToString() : null, read.Birth?.ToString());
    }

    [Fact]
    public void The_zone_has_ten_letters_to_the_inch()
    {
        foreach (var line in _all.Drawn["ordinary"].Words.Where(w => w.Name.StartsWith("mrz", StringComparison.Ordinal)))
        {
            Assert.InRange(line.X, 3, 5.5);
            Assert.InRange(line.Width, 28.5 * 2.54, 30 * 2.54);
            Assert.InRange(line.Height, 2.1, 3);
        }
    }

    [Theory]
    [InlineData("ordinary", "1 January 1990\n4 Jumada al-Akhirah 1410 AH")]
    [InlineData("a mononym", "1 January 1990")]
    [InlineData("Arabic with all marks", "24 Shawwal 1405 AH")]
    [InlineData("a Hijri month only", "Rabi al-Awwal 1395 AH")]
    [InlineData("a year of birth only", "1962")]
    public void A_birth_date_stands_as_it_was_given(string what, string expected) =>
        Assert.Equal(expected, string.Join('\n', _all.Drawn[what].Sheet.Pages[0].Marks.OfType<Words>().Where(w => w.Name is "birth.en" or "birth.en2").Select(w => w.Text)));

    [Fact]
    public async Task A_machine_reads_both_codes_from_the_picture_and_from_worse_prints()
    {
        var card = HardName.Of("ordinary").Card();
        var reader = new PictureReader(_child, new TestClock());
        var back = await _press.RenderAsync(card, CardFormat.BackPng);
        Assert.Equal([CardsForTest.Qr], (await reader.ReadQrAsync(back)).Value);

        // Two hundred dots an inch, out of focus, and squeezed by a messenger.
        var small = TestPicture.Convert(back, ".png", ".png", path => ["resize", path, "{out}", "0.5"]);
        var blurred = TestPicture.Convert(small, ".png", ".jpg[Q=60]", path => ["gaussblur", path, "{out}", "0.8"]);
        Assert.Equal(674, FileReading.ShapeOf(blurred).Value.Width);
        Assert.Equal([CardsForTest.Qr], (await reader.ReadQrAsync(blurred)).Value);

        // What check digits cover; a filler behind the name is easily taken for a K.
        var print = TestPicture.Convert(back, ".png", ".png", path => ["resize", path, "{out}", "0.75"]);
        var zone = (await reader.ReadMrzAsync(print)).Value.Document;
        Assert.NotNull(zone);
        Assert.Equal((card.Serial, card.Id.ResidentNumber, "BGD", card.Id.Birth.ToString(), card.Id.DocumentUntil.Gregorian),
            (zone.Number, zone.Optional, zone.Nationality, zone.Birth!.ToString(), zone.Expiry!.Value));
    }

    [Fact]
    public void The_code_is_at_least_twenty_millimetres_wide_whatever_it_says()
    {
        foreach (var text in new[] { "A", CardsForTest.Qr, new string('A', 300) })
        {
            var page = _press.SheetOf(HardName.Of("ordinary").Card() with { Qr = text }, CardFormat.BackPng).Pages[0];
            var numbers = page.Marks.OfType<Fill>().Single(f => f.Ink.Rgb == 0).Path.Split(' ').Where(w => w.Length > 0 && !char.IsAsciiLetter(w[0])).Select(w => double.Parse(w, System.Globalization.CultureInfo.InvariantCulture)).ToList();
            var across = numbers.Where((_, i) => i % 2 == 0).ToList();
            Assert.InRange(across.Max() - across.Min(), 20, 26);
            var down = numbers.Where((_, i) => i % 2 == 1).ToList();
            Assert.True(down.Max() < CardLayout.Height - 23.2);
        }
    }

    [Theory]
    [InlineData(CardFormat.FrontPng)]
    [InlineData(CardFormat.BackPng)]
    public async Task A_picture_is_a_card_of_four_hundred_dots_an_inch_and_always_the_same(CardFormat format)
    {
        var card = HardName.Of("Tamil").Card();
        var png = await _press.RenderAsync(card, format);
        var shape = FileReading.ShapeOf(png).Value;
        Assert.Equal((FileKind.Png, 1348, 850), (shape.Kind, shape.Width, shape.Height));
        var resolution = png.AsSpan().IndexOf("pHYs"u8);
        Assert.Equal(15748, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(resolution + 4)));
        Assert.Equal(png, await _press.RenderAsync(card, format));
    }

    [Fact]
    public async Task The_document_has_two_pages_of_the_cards_size_and_is_always_the_same()
    {
        var card = HardName.Of("ordinary").Card();
        var pdf = await _press.RenderAsync(card, CardFormat.Pdf);
        Assert.Equal(pdf, await _press.RenderAsync(card, CardFormat.Pdf));
        var plain = Encoding.Latin1.GetString(pdf);
        Assert.Contains("/MediaBox [ 0 0 242.645", plain, StringComparison.Ordinal);
        Assert.Contains("/CreationDate (20260315000000Z)", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("Rahman", plain, StringComparison.Ordinal);
        Assert.DoesNotContain(card.Id.ResidentNumber, plain, StringComparison.Ordinal);

        var rule = UploadRule.Document;
        var derived = (await _child.DeriveAsync(pdf, FileReading.ShapeOf(pdf, rule).Value, rule, default)).Value;
        Assert.Equal(2, derived.Pages.Count);
        Assert.All(derived.Pages, p => Assert.InRange((double)p.Width / p.Height, 1.57, 1.60));
        Assert.Equal([CardsForTest.Qr], (await new PictureReader(_child, new TestClock()).ReadQrAsync(derived.Pages[1].Jpeg)).Value);

        // The zone too is there for other readers of PDF: each line is inked from end to end.
        var page = TestPicture.Read(derived.Pages[1].Jpeg);
        foreach (var up in new[] { 17.95, 11.6, 5.25 })
        {
            var row = (int)(page.Height * (1 - (up / CardLayout.Height)));
            var inked = Enumerable.Range(0, page.Width).Where(x => Enumerable.Range(row - 15, 30).Any(y => page.Pixels[((y * page.Width) + x) * page.Bands] < 100)).ToList();
            Assert.True(inked.Count > page.Width / 3, $"{up} mm: {inked.Count} of {page.Width}");
        }
    }

    [Fact]
    public async Task Nothing_of_the_photographs_file_but_its_pixels_is_in_the_document()
    {
        var photo = FilesForTest.WithPlace(CardsForTest.Portrait);
        Assert.True(photo.AsSpan().IndexOf("Phone X"u8) > 0);
        var pdf = await _press.RenderAsync(HardName.Of("ordinary").Card() with { Photo = photo }, CardFormat.Pdf);
        Assert.Equal(-1, pdf.AsSpan().IndexOf("Phone X"u8));
        Assert.Equal(-1, pdf.AsSpan().IndexOf("Exif"u8));
        Assert.True(pdf.AsSpan().IndexOf("/DCTDecode"u8) > 0);
    }

    [Fact]
    public async Task A_letter_that_no_font_has_ends_the_drawing_and_only_its_script_is_told()
    {
        var card = HardName.Of("ordinary").Card() with { OwnName = new("𒀭𒂗𒆤", "sux") };
        var fault = await Assert.ThrowsAsync<DrawingException>(() => _press.RenderAsync(card, CardFormat.FrontPng));
        Assert.Equal((DrawingFault.Glyphs, "Xsux"), (fault.Fault, fault.What));
    }

    [Fact]
    public async Task A_name_without_room_ends_the_drawing_and_is_never_cut()
    {
        var card = HardName.Of("ordinary").Card();
        card = card with { Id = card.Id with { NameLatin = string.Join(' ', Enumerable.Repeat("Wolfeschlegelsteinhausenbergerdorff", 20)) } };
        var fault = await Assert.ThrowsAsync<DrawingException>(() => _press.RenderAsync(card, CardFormat.FrontPng));
        Assert.Equal((DrawingFault.Fit, "name.en"), (fault.Fault, fault.What));
        Assert.DoesNotContain("Wolfe", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_photograph_ends_the_drawing()
    {
        var card = HardName.Of("ordinary").Card() with { Photo = FilesForTest.Zip() };
        Assert.Equal(DrawingFault.Photograph, (await Assert.ThrowsAsync<DrawingException>(() => _press.RenderAsync(card, CardFormat.FrontPng))).Fault);
    }

    [Fact]
    public async Task This_machine_can_draw() => Assert.Empty(await new Drawings(_child).FaultsAsync());

    [Fact]
    public async Task Only_a_card_of_a_demonstration_number_says_specimen()
    {
        var card = HardName.Of("ordinary").Card();
        var real = card with { Id = card.Id with { Specimen = false } };
        foreach (var (model, says) in new[] { (card, true), (real, false) })
        {
            Assert.All(_press.SheetOf(model, CardFormat.Pdf).Pages, p => Assert.Equal(says, p.Marks.OfType<Words>().Any(w => w.Text.Contains("نموذج", StringComparison.Ordinal) && w.Text.Contains("SPECIMEN", StringComparison.Ordinal))));
        }
        Assert.NotEmpty(await _press.RenderAsync(real, CardFormat.FrontPng));
    }
}
