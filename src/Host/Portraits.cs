using Muqeem.Kernel;
using Muqeem.Platform.Files;
using Muqeem.Platform.Privacy;

namespace Muqeem.Host;

/// <summary>The photo of a document as credentials and cards carry it: a picture that was drawn when it was sent, which never changes.</summary>
internal static class Portraits
{
    public static async Task<byte[]?> OfAsync(Uploads uploads, Access access, PersonId person, Guid photo, UploadPart part, CancellationToken cancel)
    {
        if (await uploads.FindAsync(new UploadId(photo), cancel) is not { } line || line.Person != person)
        {
            return null;
        }
        try
        {
            return (await uploads.OpenAsync(access, line, part, cancel: cancel)).Bytes;
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
