using System.Buffers.Text;
using System.Formats.Cbor;
using System.Text;
using Muqeem.Kernel;
using Muqeem.Verifier;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Mdoc;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.Status;

namespace Muqeem.Host.Verbs;

/// <summary>What <c>muqeem verify</c> found in what it was given.</summary>
internal abstract record Found
{
    private Found() { }

    /// <param name="ProofUnchecked">A proof of the holder's came along, and nothing is known that it could be checked against.</param>
    public sealed record Id(Verdict Verdict, bool ProofUnchecked) : Found;

    /// <summary>A status list that is genuine.</summary>
    public sealed record List(StatusList Status, bool Fresh) : Found;

    /// <summary>The code of a receipt of a payment.</summary>
    public sealed record Payment(PaymentCode Code) : Found;

    /// <summary>A picture in which nothing was found, or that could not be read.</summary>
    /// <param name="Why">Null: there is no code in it.</param>
    public sealed record NoCode(Refusal? Why) : Found;
}

/// <summary>Tells what is in a file and asks the verifiers' library about it.</summary>
/// <param name="readCodes">Reads the QR codes of a picture, in a process of its own.</param>
internal sealed class ShownThing(OfflineTrust trust, CheckOptions options, StatusListOptions lists, DateTimeOffset now, Func<ReadOnlyMemory<byte>, Task<Result<IReadOnlyList<string>>>> readCodes)
{
    private readonly IdVerifier _verifier = new(trust);

    public async Task<IReadOnlyList<Found>> CheckAsync(byte[] bytes)
    {
        if (IsPicture(bytes))
        {
            return await PictureAsync(bytes);
        }
        if (bytes is [0xd2, ..] && SaysStatusList(bytes))
        {
            return [Listed(StatusList.VerifyCwt(bytes, null, trust.Trust, now, lists))];
        }
        return Ascii.IsValid(bytes) ? Text(Encoding.ASCII.GetString(bytes).Trim()) : Bytes(bytes);
    }

    private async Task<IReadOnlyList<Found>> PictureAsync(byte[] picture)
    {
        if (!(await readCodes(picture)).TryGet(out var texts, out var refusal))
        {
            return [new Found.NoCode(refusal)];
        }
        var ours = texts.Where(t => QrCode.IsCode(t.AsSpan().Trim())).ToList();
        return ours.Count > 0 ? [.. ours.SelectMany(t => Text(t.Trim()))] : texts.Count > 0 ? Text(texts[0].Trim()) : [new Found.NoCode(null)];
    }

    private IReadOnlyList<Found> Text(string text)
    {
        if (text.StartsWith("ey", StringComparison.Ordinal) && text.Count(c => c == '.') == 2 && !text.Contains('~'))
        {
            var list = StatusList.VerifyJwt(text, null, trust.Trust, now, lists);
            if (list.Ok || list.Reason != Reason.JwsType)
            {
                return [Listed(list)];
            }
        }
        if (text.LastIndexOf('~') is > 0 and var last && last < text.Length - 1 && options.SdJwt.KeyBinding is null && !QrCode.IsCode(text))
        {
            return [new Found.Id(_verifier.Check(text[..(last + 1)], now, options), ProofUnchecked: true)];
        }
        if (QrCode.IsCode(text) && QrCode.Decode(text).TryGet(out var code, out _) && PaymentCode.Claims(code))
        {
            return [PaymentCode.Verify(code, trust.Signers, now, options.Qr).TryGet(out var paid, out var reason) ? new Found.Payment(paid) : Bare(IdVerifier.Refuse(reason))];
        }
        return text.Length <= 2 * MdocVerifier.Longest && !text.Contains('~') && !QrCode.IsCode(text) && Decoded(text) is [>= 0xa0 and <= 0xbf, ..] document
            ? Bytes(document)
            : [Bare(_verifier.Check(text, now, options))];
    }

    private IReadOnlyList<Found> Bytes(byte[] bytes) => options.Session is null && IssuerSigned(bytes) is { } documents
        ? [.. documents.Select(d => new Found.Id(_verifier.Check(d, now, options), ProofUnchecked: true))]
        : [Bare(_verifier.Check(bytes, now, options))];

    private static Found Bare(Verdict verdict) => new Found.Id(verdict, ProofUnchecked: false);

    private Found Listed(Checked<StatusList> list) => list.TryGet(out var status, out var reason)
        ? new Found.List(status, status.IsFreshAt(now, options.OldestStatus))
        : Bare(IdVerifier.Refuse(reason));

    /// <summary>By what it begins with; whoever opens it looks closer.</summary>
    internal static bool IsPicture(ReadOnlySpan<byte> bytes) => bytes
        is [0xFF, 0xD8, 0xFF, ..] or [0x89, (byte)'P', (byte)'N', (byte)'G', ..] or [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] or [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..];

    /// <summary>A code is tagged alike and names no type.</summary>
    private static bool SaysStatusList(ReadOnlySpan<byte> bytes) => bytes[..Math.Min(bytes.Length, 2048)].IndexOf("application/statuslist+cwt"u8) >= 0;

    private static byte[]? Decoded(string text)
    {
        try
        {
            return Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>The documents of a DeviceResponse without what the device says of them; null when it is none.</summary>
    private static List<byte[]>? IssuerSigned(byte[] response)
    {
        if (response.Length > MdocVerifier.Longest)
        {
            return null;
        }
        try
        {
            var found = new List<byte[]>();
            var reader = new CborReader(response, CborConformanceMode.Lax);
            for (reader.ReadStartMap(); reader.PeekState() != CborReaderState.EndMap;)
            {
                if (reader.ReadTextString() == "documents")
                {
                    Documents(reader, found);
                }
                else
                {
                    reader.SkipValue();
                }
            }
            return found.Count is > 0 and <= 8 ? found : null;
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException)
        {
            // The verifier says what is wrong with it.
            return null;
        }
    }

    private static void Documents(CborReader reader, List<byte[]> found)
    {
        for (reader.ReadStartArray(); reader.PeekState() != CborReaderState.EndArray;)
        {
            for (reader.ReadStartMap(); reader.PeekState() != CborReaderState.EndMap;)
            {
                if (reader.ReadTextString() == "issuerSigned")
                {
                    found.Add(reader.ReadEncodedValue().ToArray());
                }
                else
                {
                    reader.SkipValue();
                }
            }
            reader.ReadEndMap();
        }
        reader.ReadEndArray();
    }
}
