using System.Security.Cryptography;
using System.Text;

namespace Muqeem.Platform.Files;

public sealed class FileReadingTests
{
    private static readonly byte[] Jpeg = FilesForTest.Jpeg();
    private static readonly byte[] Png = FilesForTest.Png();
    private static readonly byte[] Heic = FilesForTest.Heic();
    private static readonly byte[] Pdf = FilesForTest.Pdf(2);

    private static string? Code(ReadOnlySpan<byte> file, UploadRule? rule = null) => FileReading.ShapeOf(file, rule ?? UploadRule.Document).Refusal?.Code;

    [Fact]
    public void Each_kind_is_known_by_its_content_with_its_size()
    {
        Assert.Equal(new FileShape(FileKind.Jpeg, 640, 480), FileReading.ShapeOf(Jpeg).Value);
        Assert.Equal(new FileShape(FileKind.Png, 640, 480), FileReading.ShapeOf(Png).Value);
        Assert.Equal(new FileShape(FileKind.Heic, 640, 480), FileReading.ShapeOf(Heic).Value);
        Assert.Equal(new FileShape(FileKind.Pdf, 0, 0), FileReading.ShapeOf(Pdf).Value);
    }

    [Fact]
    public void Other_kinds_are_refused_whatever_they_are_called()
    {
        foreach (var other in new[]
                 {
                     "GIF89a\u0001\u0000\u0001\u0000"u8.ToArray(), "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>"u8.ToArray(), "<!doctype html><script>1</script>"u8.ToArray(),
                     FilesForTest.Zip(), "MZ\u0090\u0000 program"u8.ToArray(), "RIFF\u0010\u0000\u0000\u0000WEBPVP8 "u8.ToArray(), "II*\u0000"u8.ToArray(), "hello"u8.ToArray(), [0xFF], " %PDF-1.4"u8.ToArray(),
                 })
        {
            Assert.Equal(UploadRefusals.Type, Code(other));
        }
        Assert.Equal(UploadRefusals.Empty, Code([]));
        Assert.Equal(UploadRefusals.Type, Code(FilesForTest.Scene(64, 64).Save(".avif")));
    }

    [Fact]
    public void A_file_cut_short_anywhere_is_noticed()
    {
        foreach (var (file, last) in new[] { (Jpeg, 2), (Png, 12), (Heic, 1), (Pdf, 7) })
        {
            for (var length = 0; length <= file.Length - last; length += Math.Max(1, file.Length / 300))
            {
                Assert.False(FileReading.ShapeOf(file.AsSpan(0, length)).Ok, $"{file.Length} {length}");
            }
            Assert.False(FileReading.ShapeOf(file.AsSpan(0, file.Length - last)).Ok);
        }
    }

    [Fact]
    public void No_damage_makes_the_reading_itself_fail()
    {
        var seed = 7u;
        uint Next() => seed = (seed * 1664525) + 1013904223;
        foreach (var file in new[] { Jpeg, Png, Heic, Pdf })
        {
            for (var i = 0; i < 3000; i++)
            {
                var damaged = file.ToArray();
                for (var n = 0; n < 1 + (i % 5); n++)
                {
                    // Mostly in the structure, which is at the beginning.
                    damaged[(int)(Next() % (i % 3 == 0 ? (uint)damaged.Length : 400u))] = (byte)(Next() >> 24);
                }
                _ = FileReading.ShapeOf(damaged, UploadRule.Picture);
            }
        }
    }

    [Fact]
    public void A_picture_that_is_also_something_else_is_refused()
    {
        Assert.Equal(UploadRefusals.Mixed, Code([.. Jpeg, .. FilesForTest.Zip()]));
        Assert.Equal(UploadRefusals.Mixed, Code([.. Png, .. FilesForTest.Zip()]));
        Assert.Equal(UploadRefusals.Mixed, Code([.. Png, .. "tail"u8]));
        Assert.Equal(UploadRefusals.Mixed, Code([.. Jpeg, .. Pdf]));
        Assert.Equal(UploadRefusals.Mixed, Code([.. Jpeg, .. "#!/bin/sh\n"u8]));
        Assert.Equal(UploadRefusals.Mixed, Code([.. Jpeg, .. "<html><script>alert(1)</script>"u8]));
        Assert.Equal(UploadRefusals.Mixed, Code(FilesForTest.WithSegment(Jpeg, 0xFE, "%PDF-1.4 1 0 obj"u8)));
        Assert.Equal(UploadRefusals.Mixed, Code(FilesForTest.WithSegment(Jpeg, 0xFE, "*/=1;</script><ScRiPt src=x>"u8)));
        Assert.Equal(UploadRefusals.Mixed, Code(FilesForTest.WithSegment(Jpeg, 0xE1, "<?php system($_GET[1]); ?>"u8)));
        Assert.Equal(UploadRefusals.Mixed, Code([.. Pdf, .. FilesForTest.Zip()]));
        Assert.Equal(UploadRefusals.Mixed, Code([.. Pdf[..^6], .. "%%EOF<html>"u8]));
        Assert.NotNull(Code([.. Heic, .. FilesForTest.Zip()]));
    }

    [Fact]
    public void What_phones_put_behind_a_picture_does_no_harm()
    {
        Assert.Null(Code([.. Jpeg, .. Jpeg]));
        Assert.Null(Code([.. Jpeg, .. "\0\0\0\u0018ftypmp42"u8, .. new byte[3000]]));
        Assert.Null(Code(FilesForTest.WithPlace(Jpeg)));
        Assert.Null(Code([.. Pdf, .. "\r\n\0\0"u8]));
    }

    [Fact]
    public void Pixel_floods_are_refused_by_their_header_alone()
    {
        Assert.Equal(UploadRefusals.TooManyPixels, Code(FilesForTest.PngOfZeros(50_000, 50_000, whole: false)));
        Assert.Equal(UploadRefusals.TooManyPixels, Code(FilesForTest.PngOfZeros(int.MaxValue, int.MaxValue, whole: false)));
        Assert.Equal(UploadRefusals.TooManyPixels, Code(FilesForTest.JpegThatClaims(50_000, 50_000)));
        Assert.Equal(UploadRefusals.TooManyPixels, Code(FilesForTest.PngOfZeros(60_000, 10, whole: false)));
        Assert.Equal(UploadRefusals.Damaged, Code(FilesForTest.PngOfZeros(0, 10, whole: false)));
        var refusal = FileReading.ShapeOf(FilesForTest.PngOfZeros(50_000, 50_000, whole: false), UploadRule.Document).Refusal!;
        Assert.Equal((50_000, 110), (refusal.Facts["width"], refusal.Facts["limit"]));
    }

    [Fact]
    public void A_rule_refuses_what_it_cannot_use()
    {
        Assert.Equal(UploadRefusals.PictureNeeded, Code(Pdf, UploadRule.Picture));
        Assert.Equal(UploadRefusals.TooSmall, Code(FilesForTest.Jpeg(800, 200), UploadRule.Picture));
        Assert.Equal(UploadRefusals.TooLarge, Code(Jpeg, UploadRule.Picture with { MostBytes = 1000 }));
        Assert.Null(Code(Jpeg, UploadRule.Picture));
    }

    [Fact]
    public void A_pdf_with_programs_or_files_in_it_is_refused_and_chance_is_not()
    {
        Assert.Equal(UploadRefusals.Active, Code(FilesForTest.Pdf(extra: "/OpenAction << /S /JavaScript /JS (app.alert(1)) >>")));
        Assert.Equal(UploadRefusals.Active, Code(FilesForTest.Pdf(extra: "/OpenAction << /S /Java#53cript >>")));
        Assert.Equal(UploadRefusals.Active, Code(FilesForTest.Pdf(extra: "/AA << /O << /S /Launch /F (x) >> >>")));
        Assert.Equal(UploadRefusals.Active, Code(FilesForTest.Pdf(extra: "/Names << /EmbeddedFiles 9 0 R >>")));
        Assert.Null(Code(FilesForTest.Pdf(extra: "/Lang (ar)")));
        var text = Encoding.Latin1.GetString(Pdf).Replace("(Page 1)", "/JS <> ]", StringComparison.Ordinal);
        Assert.Null(Code(Encoding.Latin1.GetBytes(text)));
    }

    [Theory]
    [InlineData("C:\\Users\\ali\\جواز السفر.JPG", "جواز السفر.pdf")]
    [InlineData("../../etc/passwd", "passwd.pdf")]
    [InlineData("pass\u202Egpj.exe", "passgpj.pdf")]
    [InlineData("a\"b\r\nSet-Cookie: x.pdf", "abSet-Cookie x.pdf")]
    [InlineData("...", "file.pdf")]
    [InlineData(null, "file.pdf")]
    public void A_name_is_cleaned_and_ends_as_what_the_file_is(string? name, string clean) => Assert.Equal(clean, Uploads.CleanName(name, FileKind.Pdf));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(200_000)]
    public void A_sealed_file_opens_as_it_was_and_in_no_other_way(int length)
    {
        var path = Path.Combine(Path.GetTempPath(), "muqeem-test-" + Path.GetRandomFileName(), "file");
        var (key, plain) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(length));
        try
        {
            SealedFile.Write(path, [1, 2, 3], key, plain);
            var content = File.ReadAllBytes(path);
            Assert.Equal([1, 2, 3], SealedFile.KeyOf(content));
            Assert.Equal(plain, SealedFile.Open(content, key));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));

            Assert.ThrowsAny<CryptographicException>(() => SealedFile.Open(content, RandomNumberGenerator.GetBytes(32)));
            // Cut off at any piece, a byte more, a bit other, a piece twice, two exchanged.
            foreach (var cut in new[] { 1, 16, 17, 65_552, 65_553, 131_104 }.Where(c => c < content.Length - 9))
            {
                Assert.ThrowsAny<CryptographicException>(() => SealedFile.Open(content.AsSpan(0, content.Length - cut), key));
            }
            Assert.ThrowsAny<CryptographicException>(() => SealedFile.Open([.. content, 0], key));
            foreach (var at in new[] { 6, 8, 9, content.Length / 2, content.Length - 1 })
            {
                var changed = content.ToArray();
                changed[at] ^= 0x10;
                Assert.ThrowsAny<Exception>(() => SealedFile.Open(changed, key));
            }
            if (length > 131_072)
            {
                const int piece = 65_552;
                byte[] exchanged = [.. content[..9], .. content[(9 + piece)..(9 + (2 * piece))], .. content[9..(9 + piece)], .. content[(9 + (2 * piece))..]];
                Assert.ThrowsAny<CryptographicException>(() => SealedFile.Open(exchanged, key));
                Assert.ThrowsAny<CryptographicException>(() => SealedFile.Open([.. content[..(9 + piece)], .. content[9..]], key));
            }
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }
}
