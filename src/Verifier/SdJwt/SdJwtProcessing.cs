using Muqeem.Verifier.Encodings;

namespace Muqeem.Verifier.SdJwt;

/// <summary>Puts the disclosures in the place of their digests (RFC 9901, 7.1), each exactly once, and takes the rest of the digests out.</summary>
internal sealed class SdJwtProcessing
{
    private readonly Dictionary<ReadOnlyMemory<byte>, Disclosure> _byDigest;

    /// <summary>Digests of what is not shown.</summary>
    private HashSet<ReadOnlyMemory<byte>>? _others;
    private int _used;

    /// <summary>Whether it is noted where each disclosure stands; only who chooses among them needs it.</summary>
    private readonly bool _places;

    private SdJwtProcessing(SdJwtParts parts, bool places) => (_byDigest, _places) = (parts.ByDigest, places);

    internal sealed record Processed(Json Claims);

    /// <param name="places">Whether <see cref="Disclosure.Pointer"/> is wanted.</param>
    public static Checked<Processed> Process(SdJwtParts parts, bool places = false)
    {
        var payload = parts.Issued.Payload;
        if (payload["_sd_alg"] is { } algorithm && !algorithm.IsText("sha-256"))
        {
            return Reason.SdJwtDigestAlgorithm;
        }
        var processing = new SdJwtProcessing(parts, places);
        if (!processing.Object(payload, null, "", 1).TryGet(out var claims, out var reason))
        {
            return reason;
        }
        return processing._used == parts.Disclosures.Count ? new Processed(claims) : Reason.SdJwtDisclosureUnreferenced;
    }

    private Checked<Json> Value(Json value, Disclosure? within, string pointer, int depth)
    {
        if (depth > Json.MostDepth)
        {
            return Reason.JsonTooDeep;
        }
        return value.Kind switch
        {
            JsonKind.Object => Object(value, within, pointer, depth),
            JsonKind.Array => Array(value, within, pointer, depth),
            _ => value,
        };
    }

    private Checked<Json> Object(Json value, Disclosure? within, string pointer, int depth)
    {
        var members = new List<KeyValuePair<string, Json>>(value.Members.Length + (value["_sd"]?.Items.Length ?? 0));
        var names = default(Json.Names);
        Json? digests = null;
        foreach (var (name, member) in value.Members)
        {
            switch (name)
            {
                case "_sd":
                    digests = member;
                    continue;
                case "_sd_alg" when depth == 1:
                    continue;
                case "..." or "_sd_alg":
                    return Reason.SdJwtReservedName;
            }
            if (depth == 1 && SdJwtVerifier.AlwaysShown.Contains(name) && HidesAnything(member))
            {
                return Reason.SdJwtClaimHidden;
            }
            if (!Value(member, within, Under(pointer, name), depth + 1).TryGet(out var processed, out var reason))
            {
                return reason;
            }
            names.TryAdd(members, name);
            members.Add(new(name, processed));
        }
        if (digests is null)
        {
            return Json.Object(members);
        }
        if (digests.Kind != JsonKind.Array)
        {
            return Reason.SdJwtDigestMalformed;
        }
        foreach (var item in digests.Items)
        {
            if (!Take(item, within, out var disclosure, out var reason))
            {
                return reason;
            }
            if (disclosure is null)
            {
                continue;
            }
            if (disclosure.Name is not { } name)
            {
                return Reason.SdJwtDisclosureKind;
            }
            if (depth == 1 && SdJwtVerifier.AlwaysShown.Contains(name))
            {
                return Reason.SdJwtClaimHidden;
            }
            if (!names.TryAdd(members, name))
            {
                return Reason.SdJwtClaimClash;
            }
            disclosure.Pointer = Under(pointer, name);
            if (!Value(disclosure.Value, disclosure, disclosure.Pointer, depth + 1).TryGet(out var processed, out reason))
            {
                return reason;
            }
            members.Add(new(name, processed));
        }
        return Json.Object(members);
    }

    private Checked<Json> Array(Json value, Disclosure? within, string pointer, int depth)
    {
        var items = new List<Json>(value.Items.Length);
        for (var i = 0; i < value.Items.Length; i++)
        {
            var item = value.Items[i];
            var (at, inside) = (_places ? pointer + "/" + i.ToString(System.Globalization.CultureInfo.InvariantCulture) : "", within);
            if (item["..."] is { } digest)
            {
                if (item.Members.Length != 1)
                {
                    return Reason.SdJwtReservedName;
                }
                if (!Take(digest, within, out var disclosure, out var bad))
                {
                    return bad;
                }
                if (disclosure is null)
                {
                    continue;
                }
                if (disclosure.Name is not null)
                {
                    return Reason.SdJwtDisclosureKind;
                }
                disclosure.Pointer = at;
                (item, inside) = (disclosure.Value, disclosure);
            }
            if (!Value(item, inside, at, depth + 1).TryGet(out var processed, out var reason))
            {
                return reason;
            }
            items.Add(processed);
        }
        return Json.Array(items);
    }

    /// <summary>The disclosure of a digest; null for one that is not shown or a decoy. False when the digest occurs twice or is no text.</summary>
    private bool Take(Json digest, Disclosure? within, out Disclosure? disclosure, out Reason reason)
    {
        disclosure = null;
        reason = Reason.SdJwtDigestMalformed;
        if (digest.Kind != JsonKind.Text)
        {
            return false;
        }
        var text = digest.Utf8;
        if (!_byDigest.TryGetValue(text, out disclosure) ? !(_others ??= new(32, DigestComparer.Instance)).Add(text) : disclosure.IsTaken)
        {
            reason = Reason.SdJwtDigestRepeated;
            return false;
        }
        if (disclosure is not null)
        {
            disclosure.Parent = within;
            disclosure.IsTaken = true;
            _used++;
        }
        return true;
    }

    /// <summary>Whether a digest lies anywhere in it.</summary>
    private static bool HidesAnything(Json value)
    {
        foreach (var (name, member) in value.Members)
        {
            if (name is "_sd" or "..." || HidesAnything(member))
            {
                return true;
            }
        }
        foreach (var item in value.Items)
        {
            if (HidesAnything(item))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>A JSON pointer (RFC 6901) one name further.</summary>
    private string Under(string pointer, string name) => _places ? pointer + "/" + name.Replace("~", "~0").Replace("/", "~1") : "";
}
