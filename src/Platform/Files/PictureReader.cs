using Muqeem.Kernel;
using Muqeem.Platform.Files.Media;
using NodaTime.Text;

namespace Muqeem.Platform.Files;

/// <summary>Reads what machines can read in pictures, in the same confined child process. Nothing is kept.</summary>
public sealed class PictureReader
{
    private readonly MediaChild _child;
    private readonly TimeProvider _clock;

    internal PictureReader(MediaChild child, TimeProvider clock)
    {
        _child = child;
        _clock = clock;
    }

    /// <summary>The texts of the QR codes in a picture or on a PDF's first page; none when there is no code.</summary>
    public async Task<Result<IReadOnlyList<string>>> ReadQrAsync(ReadOnlyMemory<byte> file, CancellationToken cancel = default) =>
        await ReadAsync(MediaTask.Qr, file, cancel);

    /// <summary>
    /// The passport or card whose machine-readable zone is in the picture, only when all its check digits hold; otherwise null, and the person types.
    /// What was read is shown and confirmed: check digits find most misreadings, not all.
    /// </summary>
    public async Task<Result<MrzPicture>> ReadMrzAsync(ReadOnlyMemory<byte> file, CancellationToken cancel = default)
    {
        var read = await ReadAsync(MediaTask.Mrz, file, cancel);
        if (!read.TryGet(out var texts, out var refusal))
        {
            return refusal;
        }
        // The child has looked at the check digits to know when to stop; what counts is this look.
        var reading = texts.Count > 0 ? Mrz.Read(texts[0], _clock.Today()) : null;
        return new MrzPicture(reading is { Ok: true } ? reading.Document : null);
    }

    /// <summary>What of reading pictures does not work on this machine, in sentences for whoever runs it; empty when all of it does.</summary>
    public async Task<IReadOnlyList<string>> FaultsAsync(CancellationToken cancel = default)
    {
        var faults = new List<string>();
        var shape = FileReading.ShapeOf(Dot).Value;
        if (!(await _child.DeriveAsync(Dot, shape, UploadRule.Document, cancel)).Ok)
        {
            faults.Add("Pictures cannot be read: install libvips42 (with libheif1 and libpoppler-glib8), and see the log for what ended the process.");
            return faults;
        }
        if (!(await _child.ReadAsync(MediaTask.Qr, Dot, shape, UploadRule.Document, "2000-01-01", cancel)).Ok)
        {
            faults.Add("QR codes cannot be read from pictures: install libzbar0.");
        }
        if (!(await _child.ReadAsync(MediaTask.Mrz, Dot, shape, UploadRule.Document, "2000-01-01", cancel)).Ok)
        {
            faults.Add("Passports cannot be read from pictures: install tesseract-ocr.");
        }
        if (!_child.FilesHidden)
        {
            faults.Add("This kernel has no Landlock: the process that reads pictures could see this installation's files.");
        }
        return faults;
    }

    // A picture of 8 by 8 white dots.
    private static readonly byte[] Dot = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAADklEQVR42mP4DwUMlDEA98A/wa9cD80AAAAASUVORK5CYII=");

    private async Task<Result<IReadOnlyList<string>>> ReadAsync(MediaTask task, ReadOnlyMemory<byte> file, CancellationToken cancel)
    {
        var rule = UploadRule.Document;
        var sniffed = FileReading.ShapeOf(file.Span, rule);
        return sniffed.TryGet(out var shape, out var refusal)
            ? await _child.ReadAsync(task, file, shape, rule, LocalDatePattern.Iso.Format(_clock.Today()), cancel)
            : refusal;
    }
}

/// <summary>What was read of a passport's picture.</summary>
/// <param name="Document">Null when no zone was read with all its check digits right.</param>
public sealed record MrzPicture(Mrz? Document);
