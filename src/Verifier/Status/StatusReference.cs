using Muqeem.Verifier.Encodings;

namespace Muqeem.Verifier.Status;

/// <summary>Where the state of a credential stands: which list, which place in it.</summary>
public sealed record StatusReference(string Uri, long Index)
{
    private const int LongestUri = 2048;

    /// <summary>The one that was looked at last: an issuer names few lists, and looking costs as much as reading the rest.</summary>
    private static volatile string? _known;

    /// <summary>The <c>status</c> claim of a JWT.</summary>
    internal static Checked<StatusReference> Of(Json status)
    {
        var list = status["status_list"];
        return list?["uri"]?.Text is { } uri && list["idx"] is { } index && index.TryInteger(out var at) ? Of(uri, at) : Reason.StatusReferenceMalformed;
    }

    /// <summary>The <c>status</c> of a mobile document or of a CWT.</summary>
    internal static Checked<StatusReference> Of(Cbor status)
    {
        var list = status["status_list"];
        return list?["uri"]?.Text is { } uri && list["idx"] is { } index && index.TryInteger(out var at) ? Of(uri, at) : Reason.StatusReferenceMalformed;
    }

    private static Checked<StatusReference> Of(string uri, long index)
    {
        if (uri != _known)
        {
            if (uri.Length > LongestUri || !System.Uri.IsWellFormedUriString(uri, UriKind.Absolute))
            {
                return Reason.StatusReferenceMalformed;
            }
            _known = uri;
        }
        return index >= 0 ? new StatusReference(uri, index) : Reason.StatusReferenceMalformed;
    }
}
