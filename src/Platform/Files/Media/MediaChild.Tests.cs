using System.Diagnostics;
using System.Text;
using Muqeem.Kernel;
using NodaTime;
using QRCoder;

namespace Muqeem.Platform.Files.Media;

/// <summary>The child of a test: confines itself as the real one does, then tries what it may not, and says what it could do.</summary>
internal static class ConfinedChild
{
    public static int Run(string readable)
    {
        using var standardOutput = Console.OpenStandardOutput();
        var tries = new (string Name, Action Try)[]
        {
            ("write", () => File.WriteAllText("/tmp/muqeem-confined-child", "x")),
            ("append", () => new FileStream(readable, FileMode.Append).Dispose()),
            ("delete", () => File.Delete(readable)),
            ("socket", () => new System.Net.Sockets.TcpClient().Dispose()),
            ("program", () => Process.Start("/bin/true").Dispose()),
            ("kill", () => Process.GetProcessById(1).Kill()),
            ("read", () => File.ReadAllBytes(readable)),
            ("thread", () =>
            {
                var thread = new Thread(() => { });
                thread.Start();
                thread.Join();
            }),
        };
        Confinement.EnterChild(5, 1L << 30);
        foreach (var (name, attempt) in tries)
        {
            string line;
            try
            {
                attempt();
                line = name + " done\n";
            }
            catch (Exception)
            {
                line = name + " refused\n";
            }
            standardOutput.Write(Encoding.ASCII.GetBytes(line));
        }
        if (readable.EndsWith("spin", StringComparison.Ordinal))
        {
            while (true)
            {
            }
        }
        var hoard = new List<byte[]>();
        while (true)
        {
            var more = new byte[64 << 20];
            Array.Fill(more, (byte)1);
            hoard.Add(more);
            if (hoard.Count > 40)
            {
                standardOutput.Write("memory done\n"u8);
                return 0;
            }
        }
    }
}

public sealed class MediaChildTests : IDisposable
{
    private static readonly LocalDate Today = new(2026, 3, 15);
    private readonly MediaChild _child = FilesForTest.Child();

    public void Dispose() => _child.Dispose();

    private async Task<Result<(FileShape Shape, IReadOnlyList<Picture> Pages, Picture Thumbnail)>> DeriveAsync(byte[] file, UploadRule? rule = null, MediaChild? child = null)
    {
        rule ??= UploadRule.Document;
        return await (child ?? _child).DeriveAsync(file, FileReading.ShapeOf(file, rule).Value, rule, default);
    }

    private static async Task<string> CommandAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return text;
    }

    [Fact]
    public async Task A_large_picture_becomes_a_display_and_a_thumbnail()
    {
        var derived = (await DeriveAsync(FilesForTest.Jpeg(3000, 2000))).Value;
        var page = Assert.Single(derived.Pages);
        Assert.Equal((1600, 1067, 320, 213), (page.Width, page.Height, derived.Thumbnail.Width, derived.Thumbnail.Height));
        Assert.Equal((3000, 2000), (derived.Shape.Width, derived.Shape.Height));
        Assert.InRange(derived.Thumbnail.Jpeg.Length, 500, 40_000);
    }

    [Fact]
    public async Task A_small_picture_is_not_blown_up()
    {
        var derived = (await DeriveAsync(FilesForTest.Png(300, 250))).Value;
        Assert.Equal((300, 250, 300, 250), (derived.Pages[0].Width, derived.Pages[0].Height, derived.Thumbnail.Width, derived.Thumbnail.Height));
    }

    [Fact]
    public async Task A_phones_heic_becomes_a_jpeg()
    {
        var derived = (await DeriveAsync(FilesForTest.Heic(2000, 1500))).Value;
        Assert.Equal((1600, 1200), (derived.Pages[0].Width, derived.Pages[0].Height));
        Assert.Equal(FileKind.Jpeg, FileReading.ShapeOf(derived.Pages[0].Jpeg).Value.Kind);
    }

    [Fact]
    public async Task The_place_where_it_was_taken_is_gone_and_the_picture_stands_upright()
    {
        var taken = FilesForTest.WithPlace(FilesForTest.Jpeg(800, 600));
        Assert.True(taken.AsSpan().IndexOf("Phone X"u8) > 0);
        var derived = (await DeriveAsync(taken)).Value;
        foreach (var picture in derived.Pages.Append(derived.Thumbnail))
        {
            Assert.True(picture.Height > picture.Width);
            Assert.Equal(-1, picture.Jpeg.AsSpan().IndexOf("Exif"u8));
            Assert.Equal(-1, picture.Jpeg.AsSpan().IndexOf("Phone"u8));
        }
        Assert.Equal((600, 800), (derived.Pages[0].Width, derived.Pages[0].Height));
        // Turned clockwise, the red corner of the upper left is in the upper right.
        Assert.True(Red(derived.Pages[0].Jpeg, 580, 20) && !Red(derived.Pages[0].Jpeg, 20, 20) && !Red(derived.Pages[0].Jpeg, 20, 780));
    }

    private static bool Red(byte[] jpeg, int x, int y)
    {
        var picture = TestPicture.Read(jpeg);
        var at = ((y * picture.Width) + x) * 3;
        return picture.Pixels[at] > 200 && picture.Pixels[at + 1] < 80;
    }

    [Fact]
    public async Task A_transparent_picture_is_shown_on_white()
    {
        var clear = new TestPicture(400, 300, 4, new byte[400 * 300 * 4]).Save(".png[strip]");
        var derived = (await DeriveAsync(clear)).Value;
        Assert.All(TestPicture.Read(derived.Pages[0].Jpeg).Pixels, level => Assert.True(level > 250));
    }

    [Fact]
    public async Task Each_page_of_a_pdf_is_drawn_and_no_page_size_is_too_strange()
    {
        var derived = (await DeriveAsync(FilesForTest.Pdf(3))).Value;
        Assert.Equal([1600, 1600, 1600], derived.Pages.Select(p => p.Height));
        Assert.NotEqual(derived.Pages[0].Jpeg, derived.Pages[1].Jpeg);
        foreach (var box in new[] { "0 0 14400 14400", "0 0 20 20", "0 0 14400 3", "-500 -500 100 100" })
        {
            var strange = await DeriveAsync(FilesForTest.Pdf(box: box));
            Assert.True(!strange.Ok || strange.Value.Pages[0] is { Width: <= 1600, Height: <= 1600 }, box);
        }
    }

    [Fact]
    public async Task A_pdf_with_too_many_pages_is_refused_before_one_is_drawn()
    {
        var refusal = (await DeriveAsync(FilesForTest.Pdf(11))).Refusal!;
        Assert.Equal((UploadRefusals.TooManyPages, 11, 10), (refusal.Code, (int)refusal.Facts["pages"]!, (int)refusal.Facts["limit"]!));
    }

    [Fact]
    public async Task A_locked_pdf_is_said_to_be_locked()
    {
        var text = Encoding.Latin1.GetString(FilesForTest.Pdf());
        var locked = text.Replace("trailer << ", "trailer << /Encrypt << /Filter /Standard /V 1 /R 2 /Length 40 /P -4 "
            + $"/O <{new string('a', 64)}> /U <{new string('b', 64)}> >> /ID [<{new string('c', 32)}> <{new string('c', 32)}>] ", StringComparison.Ordinal);
        Assert.Equal(UploadRefusals.Locked, (await DeriveAsync(Encoding.Latin1.GetBytes(locked))).Refusal?.Code);
    }

    [Fact]
    public async Task A_file_that_only_looks_right_from_outside_is_damaged()
    {
        Assert.Equal(UploadRefusals.Damaged, (await DeriveAsync(FilesForTest.PngOfZeros(500, 500, whole: false))).Refusal?.Code);
        var pdf = Encoding.Latin1.GetBytes("%PDF-1.4\n" + new string('x', 400) + "\nstartxref\n9\n%%EOF\n");
        Assert.Equal(UploadRefusals.Damaged, (await DeriveAsync(pdf)).Refusal?.Code);
        var jpeg = FilesForTest.JpegThatClaims(640, 481);
        var shown = await DeriveAsync(jpeg);
        Assert.True(shown.Ok || shown.Refusal!.Code == UploadRefusals.Damaged);
    }

    [Fact]
    public async Task A_bomb_of_a_hundred_million_pixels_costs_little_or_is_refused()
    {
        var bomb = FilesForTest.PngOfZeros(10_400, 10_400, whole: true);
        Assert.InRange(bomb.Length, 1, UploadRule.Document.MostBytes);
        var shown = await DeriveAsync(bomb);
        Assert.True(shown.Ok ? shown.Value.Pages[0].Width == 1600 : shown.Refusal.Code == UploadRefusals.Unreadable);
        Assert.True((await DeriveAsync(FilesForTest.Jpeg())).Ok);
    }

    [Fact]
    public async Task A_child_that_takes_too_long_is_ended()
    {
        using var slow = FilesForTest.Child("/bin/sleep", TimeSpan.FromMilliseconds(200), "600");
        var started = Stopwatch.StartNew();
        Assert.Equal(UploadRefusals.Unreadable, (await DeriveAsync(FilesForTest.Jpeg(), child: slow)).Refusal?.Code);
        Assert.True(started.Elapsed < TimeSpan.FromSeconds(20));
    }

    public static TheoryData<string> Answers =>
    [
        "head -c 100000 /dev/zero",
        "printf '\\177\\377\\377\\377'",
        "printf '\\0\\0\\0\\3nul'",
        Say("""{"Fault":null,"Width":1,"Height":1,"Pages":1,"Pictures":[5,5],"Texts":[]}""") + "; printf '\\0\\0\\0\\5hello\\0\\0\\0\\5hello'",
        Say("""{"Fault":null,"Width":1,"Height":1,"Pages":0,"Pictures":[],"Texts":[]}"""),
        Say("""{"Fault":null,"Width":1,"Height":1,"Pages":2000000000,"Pictures":[1],"Texts":[]}""") + "; printf '\\177\\0\\0\\0'",
        "exit 3",
        "kill -9 $$",
    ];

    private static string Say(string json) => $"printf '\\0\\0\\0\\{Convert.ToString(json.Length, 8)}%s' '{json}'";

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Whatever_a_child_that_was_taken_over_answers_is_not_trusted(string script)
    {
        using var bad = FilesForTest.Child("/bin/sh", TimeSpan.FromSeconds(20), "-c", script);
        Assert.Equal(UploadRefusals.Unreadable, (await DeriveAsync(FilesForTest.Jpeg(), child: bad)).Refusal?.Code);
    }

    [Fact]
    public async Task A_picture_from_the_child_that_carries_data_or_is_too_large_is_not_trusted()
    {
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "media-answers"));
        var rule = UploadRule.Document;
        foreach (var (picture, trusted) in new[]
                 {
                     (FilesForTest.Jpeg(300, 300), true), (FilesForTest.WithPlace(FilesForTest.Jpeg(300, 300)), false), (FilesForTest.Jpeg(1700, 300), false),
                     ([.. FilesForTest.Jpeg(300, 300), .. FilesForTest.Zip()], false), (FilesForTest.Png(300, 300), false),
                 })
        {
            using var answer = new MemoryStream();
            await Frames.WriteAsync(answer, Frames.Of(new MediaAnswer(null, 300, 300, 1, [1, 1], [])), default);
            await Frames.WriteAsync(answer, picture, default);
            await Frames.WriteAsync(answer, FilesForTest.Jpeg(300, 300), default);
            var path = Path.Combine(folder.FullName, "answer");
            await File.WriteAllBytesAsync(path, answer.ToArray());
            // The program reads its answer from beside the tests, which the child may read.
            using var child = FilesForTest.Child("/bin/sh", TimeSpan.FromSeconds(20), "-c", "cat \"$0\"; cat >/dev/null", path);
            Assert.Equal(trusted, (await child.DeriveAsync(FilesForTest.Jpeg(), new FileShape(FileKind.Jpeg, 640, 480), rule, default)).Ok);
        }
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_child_sees_nothing_of_the_data_folder_and_writes_nowhere()
    {
        Assert.SkipUnless(_child.FilesHidden, "The kernel has no Landlock.");
        var secret = Path.Combine(Path.GetTempPath(), "muqeem-test-" + Path.GetRandomFileName());
        await File.WriteAllTextAsync(secret, "secret");
        Assert.Equal("secret", await CommandAsync("/bin/cat", secret));
        var script = $"r=; cat '{secret}' >/dev/null 2>&1 && r=\"$r read\"; ls /root /home /tmp >/dev/null 2>&1 && r=\"$r list\"; (echo x > '{secret}') 2>/dev/null && r=\"$r write\"; "
            + "(echo x > /tmp/muqeem-test-child) 2>/dev/null && r=\"$r tmp\"; cat /etc/passwd >/dev/null 2>&1 && r=\"$r passwd\"; "
            + $"cat /proc/{Environment.ProcessId}/environ >/dev/null 2>&1 && r=\"$r environ\"; cat /usr/bin/env >/dev/null && r=\"$r libraries\"; "
            + "[ \"$(env | grep -c '^HOME=/nonexistent')\" = 1 ] || r=\"$r environment\"; "
            + "j='{\"Fault\":null,\"Width\":0,\"Height\":0,\"Pages\":0,\"Pictures\":[],\"Texts\":[\"'$r'\"]}'; printf '\\0\\0\\0\\'$(printf %o ${#j}); printf %s \"$j\"; cat >/dev/null";
        using var child = FilesForTest.Child("/bin/sh", TimeSpan.FromSeconds(20), "-c", script);
        var read = await child.ReadAsync(MediaTask.Qr, FilesForTest.Jpeg(), new FileShape(FileKind.Jpeg, 640, 480), UploadRule.Document, "2026-03-15", default);
        Assert.Equal([" libraries"], read.Value);
        Assert.Equal("secret", await File.ReadAllTextAsync(secret));
        File.Delete(secret);
    }

    [Fact]
    public async Task A_confined_process_can_compute_and_read_and_nothing_else()
    {
        var readable = Path.GetTempFileName();
        var dotnet = Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory().Split("/shared/")[0], "dotnet");
        var tests = Path.Combine(AppContext.BaseDirectory, "Muqeem.Tests.dll");
        var text = await CommandAsync("/usr/bin/env", "DOTNET_EnableWriteXorExecute=0", "DOTNET_EnableDiagnostics=0", dotnet, tests, "confined-child", readable);
        Assert.Equal(
            ["write refused", "append refused", "delete refused", "socket refused", "program refused", "kill refused", "read done", "thread done"],
            text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.True(File.Exists(readable));
        File.Delete(readable);
    }

    [Theory]
    [InlineData("https://id.example/v/eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl")]
    [InlineData("٢٠٢٦ هوية مقيم")]
    public async Task A_qr_code_is_read_from_a_picture(string text)
    {
        using var generator = new QRCodeGenerator();
        using var code = generator.CreateQrCode(text, QRCodeGenerator.ECCLevel.M, forceUtf8: true);
        using var png = new PngByteQRCode(code);
        var reader = new PictureReader(_child, new Muqeem.Tests.TestClock());
        Assert.Equal([text], (await reader.ReadQrAsync(png.GetGraphic(8))).Value);
        // Small in the corner of a photograph.
        Assert.Equal([text], (await reader.ReadQrAsync(Photograph(png.GetGraphic(5)))).Value);
        Assert.Empty((await reader.ReadQrAsync(FilesForTest.Jpeg())).Value);
    }

    private static byte[] Photograph(byte[] png)
    {
        var code = TestPicture.Read(png);
        const int width = 2400, height = 1800;
        var pixels = new byte[width * height];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)(120 + (i % 37) + (i / width % 23));
        }
        for (var y = 0; y < code.Height; y++)
        {
            for (var x = 0; x < code.Width; x++)
            {
                pixels[((y + 1200) * width) + x + 1500] = code.Pixels[((y * code.Width) + x) * code.Bands];
            }
        }
        return new TestPicture(width, height, 1, pixels).Save(".jpg[Q=70]");
    }

    [Fact]
    public async Task What_is_missing_on_a_machine_is_said_in_sentences()
    {
        Assert.DoesNotContain(await new PictureReader(_child, new Muqeem.Tests.TestClock()).FaultsAsync(), f => !f.Contains("Landlock", StringComparison.Ordinal));
        using var nothing = FilesForTest.Child("/bin/false", TimeSpan.FromSeconds(20));
        Assert.Contains("libvips42", Assert.Single(await new PictureReader(nothing, new Muqeem.Tests.TestClock()).FaultsAsync()), StringComparison.Ordinal);
    }

    private static readonly string[] Passport = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"];

    /// <summary>A page with the zone at its foot.</summary>
    private static byte[] Page(string[] lines, int quarters = 0, string format = ".jpg[Q=85]", int dpi = 200)
    {
        // The program draws white on black.
        var zone = TestPicture.Text(string.Join("\n", lines).Replace("<", "&lt;", StringComparison.Ordinal), "DejaVu Sans Mono 14", dpi);
        var (width, height) = (zone.Width + 160, (zone.Width + 160) * 7 / 10);
        var pixels = new byte[width * height];
        Array.Fill(pixels, (byte)235);
        for (var y = 0; y < zone.Height; y++)
        {
            for (var x = 0; x < zone.Width; x++)
            {
                pixels[((y + height - zone.Height - 60) * width) + x + 80] = (byte)(235 - (zone.Pixels[((y * zone.Width) + x) * zone.Bands] * 215 / 255));
            }
        }
        return new TestPicture(width, height, 1, pixels).Turned(quarters).Save(format);
    }

    [Theory]
    [InlineData(0, ".jpg[Q=85]")]
    [InlineData(2, ".jpg[Q=60]")]
    [InlineData(0, ".png")]
    public async Task A_passports_zone_is_read_from_its_picture_also_upside_down(int quarters, string format)
    {
        var reader = new PictureReader(_child, new Muqeem.Tests.TestClock());
        var read = (await reader.ReadMrzAsync(Page(Passport, quarters, format))).Value.Document;
        Assert.NotNull(read);
        Assert.Equal(Passport, read.Lines());
        Assert.Equal(("L898902C3", "UTO"), (read.Number, read.Nationality));
    }

    [Fact]
    public async Task A_zone_whose_check_digit_is_wrong_is_not_accepted()
    {
        var reader = new PictureReader(_child, new Muqeem.Tests.TestClock());
        Assert.Null((await reader.ReadMrzAsync(Page([Passport[0], Passport[1].Replace("7408122", "7408123", StringComparison.Ordinal)]))).Value.Document);
        Assert.Null((await reader.ReadMrzAsync(FilesForTest.Jpeg(900, 600))).Value.Document);
    }

    [Theory]
    [InlineData("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<KKKKKKLK\nL898902C36UTO7408122F1204159ZE184226B<<<<<10")]
    [InlineData("noise\n P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<\nL898902C36UTO74O8I22F12O4159ZE184226B<<<<<<<<10\n12")]
    [InlineData("P<UTOERIK5SON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<<<<\nL8989O2C36UTO7408122F1204159ZE184226B<<<10")]
    public void What_was_nearly_read_is_put_right_when_the_check_digits_agree(string read) =>
        Assert.Contains(MrzText.Candidates(read), c => Mrz.Read(c, Today) is { Ok: true, Document: { } document } && document.Lines().SequenceEqual(Passport));

    [Theory]
    [InlineData("")]
    [InlineData("<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<\n<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<")]
    [InlineData("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nX898902C36UTO7408122F1204159ZE184226B<<<<<10")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\nCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC")]
    public void What_does_not_agree_with_its_check_digits_is_no_document(string read) =>
        Assert.DoesNotContain(MrzText.Candidates(read), c => Mrz.Read(c, Today).Ok);

    [Fact]
    public void A_cards_three_lines_are_put_right_too()
    {
        const string read = "I<UTOD231458907<<<<<<<<<<<<<<\n74O8122F12O4159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<KKKKKK";
        Assert.Contains(MrzText.Candidates(read), c => Mrz.Read(c, Today) is { Ok: true, Document.Number: "D23145890" });
    }
}
