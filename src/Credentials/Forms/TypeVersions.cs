using System.Collections.Concurrent;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;

namespace Muqeem.Credentials.Forms;

/// <summary>
/// The versions of the credential's type. Credentials carry the digest of their type's metadata, so the metadata of a version never changes: when the ages of the policy or the words do, what is
/// issued from then on is of the next version, and the former ones stay served as long as there is anything of them.
/// </summary>
public sealed class TypeVersions(Db db, IWriter writer, TextCatalogue texts, Func<IReadOnlyList<int>> ages, TimeProvider clock, string origin)
{
    /// <summary>So many former versions are looked through for one that says the same: a policy that comes back brings its version back.</summary>
    private const int Looked = 32;

    private readonly ConcurrentDictionary<int, TypeMetadata> _known = new();
    private volatile Made? _current;

    private sealed record Made(IReadOnlyList<int> Ages, TypeMetadata Type);

    private sealed record Stored(int Version, byte[] Json);

    /// <summary>The version under which credentials are issued today; made when there is none that says what it must.</summary>
    /// <exception cref="NotWrittenException">A new version could not be stored: 503.</exception>
    public async ValueTask<TypeMetadata> CurrentAsync(CancellationToken cancel = default)
    {
        var today = ages();
        if (_current is { } known && known.Ages.SequenceEqual(today))
        {
            return known.Type;
        }
        while (true)
        {
            var stored = await db.QueryAsync<Stored>("SELECT version, json FROM credential_type ORDER BY version DESC LIMIT @most", new { most = Looked }, cancel);
            var type = stored.Select(s => new TypeMetadata(origin, today, texts, s.Version)).FirstOrDefault(t => stored.Any(s => s.Version == t.Version && s.Json.AsSpan().SequenceEqual(t.Json)));
            if (type is null)
            {
                type = new TypeMetadata(origin, today, texts, (stored.Count == 0 ? 0 : stored[0].Version) + 1);
                var name = $"credential.type:{type.Version}:{type.Integrity}";
                var act = new Act(ActId.New(clock), "credential.type", Actor.System("credentials"), Names.IdOf(name), Digest.Of(name), clock.Now()) { Reason = "policy" };
                var change = new Change(act) { Claims = { new Claim("credential.type", BitConverter.GetBytes(type.Version)) }, Rows = { CredentialsTables.Type.Insert(type.Version, type.Json, clock.Now()) } };
                switch (await writer.WriteAsync(change, cancel: cancel))
                {
                    case WriteOutcome.Done or WriteOutcome.Replayed:
                        break;
                    case WriteOutcome.Claimed:
                        continue; // another node was first
                    case var other:
                        throw new NotWrittenException("A version of the credential's type could not be stored.", other);
                }
            }
            _known[type.Version] = type;
            _current = new Made(today, type);
            return type;
        }
    }

    /// <summary>A version as it was when credentials were first issued under it; null when there is none such.</summary>
    public async ValueTask<TypeMetadata?> FindAsync(int version, CancellationToken cancel = default)
    {
        if (_known.TryGetValue(version, out var known))
        {
            return known;
        }
        return await db.FirstAsync<Stored>("SELECT version, json FROM credential_type WHERE version = @version", new { version }, cancel) is { } stored
            ? _known.GetOrAdd(version, new TypeMetadata(stored.Version, stored.Json))
            : null;
    }
}
