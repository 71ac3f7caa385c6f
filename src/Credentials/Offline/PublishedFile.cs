using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Offline;

/// <summary>A signed file as verifiers fetch it. Shared by requests, never changed.</summary>
/// <param name="MadeAt">In whole seconds, as the file says it.</param>
/// <param name="Until">After this a verifier refuses it.</param>
public sealed record PublishedFile(byte[] Bytes, Instant MadeAt, Instant Until)
{
    private readonly Lazy<byte[]> _packed = new(() => Pack(Bytes));

    /// <summary>In gzip's format: what is base64 shrinks by a quarter, what is base64 in base64 by more.</summary>
    public byte[] Packed => _packed.Value;

    /// <summary>Without the quotation marks.</summary>
    public string Tag { get; } = Convert.ToHexStringLower(SHA256.HashData(Bytes).AsSpan(0, 12));

    private static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }
        return packed.ToArray();
    }
}

/// <summary>From the policies.</summary>
/// <param name="BundleLife">For how long a bundle counts; verifiers accept no more than a day and an hour.</param>
/// <param name="BundleRenew">A bundle older than this is made anew though nothing in it changed but the journal.</param>
/// <param name="ListLife">When the next trust list is there at the latest.</param>
public sealed record OfflineRules(Duration BundleLife, Duration BundleRenew, Duration ListLife)
{
    public static OfflineRules Of(PolicySnapshot policies, LocalDate on) => new(
        Duration.FromHours(policies.Get<int>("bundle.life_hours", on)),
        Duration.FromMinutes(policies.Get<int>("bundle.renew_minutes", on)),
        Duration.FromHours(policies.Get<int>("trust_list.life_hours", on)));
}

/// <summary>
/// Keeps one signed file: made when it is first asked for, looked at again after ten seconds, made anew when what it is made of has changed or when it grew old. When it cannot be made, the one before
/// is given as long as it counts.
/// </summary>
internal sealed partial class KeptFile(IWriter writer, TimeProvider clock, ILogger log)
{
    /// <summary>Nobody can have files made faster than this, however much changes and however often they are asked for.</summary>
    private static readonly Duration Look = Duration.FromSeconds(10);

    /// <summary>Where there is nothing to make it of yet.</summary>
    private static readonly Duration LookForFirst = Duration.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile Kept? _kept;

    private sealed record Kept(PublishedFile? File, string? Inputs, Instant LookedAt);

    /// <param name="inputs">Tells whether what it is made of has changed.</param>
    /// <param name="make">Null, and nothing signed, when there is nothing to make it of.</param>
    public async Task<PublishedFile?> GetAsync(Duration renew, Func<string> inputs, Func<CancellationToken, Task<PublishedFile?>> make, CancellationToken cancel)
    {
        if (Fresh() is { } kept)
        {
            return kept.File;
        }
        await _one.WaitAsync(cancel);
        try
        {
            if (Fresh() is { } other)
            {
                return other.File;
            }
            var (now, before) = (clock.Now(), _kept);
            var file = before?.File is { } known && known.MadeAt <= now && now < known.Until ? known : null;
            string? read = null;
            try
            {
                read = inputs();
                if (file is null || before!.Inputs != read || now - file.MadeAt >= renew)
                {
                    file = await make(cancel);
                }
            }
            catch (Exception e) when (e is System.Data.Common.DbException or Platform.Database.DatabaseBusyException or Platform.Privacy.NotWrittenException or KeyUnavailableException)
            {
                NotMade(log, e.GetType().Name);
                read = before?.Inputs;
            }
            _kept = new Kept(file, read, now);
            return file;
        }
        finally
        {
            _one.Release();
        }
    }

    private Kept? Fresh()
    {
        var now = clock.Now();
        return _kept is { } kept && kept.LookedAt <= now && now - kept.LookedAt < (kept.File is null ? LookForFirst : Look) && (kept.File is null || now < kept.File.Until) ? kept : null;
    }

    /// <summary>The act says what will be signed before it is.</summary>
    public async Task AnnounceAsync(string verb, byte[] digest, CancellationToken cancel)
    {
        var change = new Change(new Act(ActId.New(clock), verb, Actor.System("trust"), Guid.CreateVersion7(clock.GetUtcNow()), digest, clock.Now()));
        if (await writer.WriteAsync(change, cancel: cancel) is not WriteOutcome.Done)
        {
            throw new Platform.Privacy.NotWrittenException($"{verb} could not be announced.", change.Outcome!);
        }
    }

    [LoggerMessage(76, LogLevel.Error, "A file for verifiers could not be made anew ({Kind}); the one before is served as long as it counts.")]
    private static partial void NotMade(ILogger logger, string kind);
}
