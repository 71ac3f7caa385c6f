using System.Globalization;
using Microsoft.Extensions.Configuration;
using Muqeem.Platform.Folder;
using Muqeem.Verifier.Journal;

namespace Muqeem.Platform.Journal;

/// <summary>Whose journal it is, and how its work is paced.</summary>
public sealed record JournalOptions
{
    /// <summary>The first line of its checkpoints and the name of its key: an address without a scheme, which need not be reachable.</summary>
    public string Origin { get; init; } = "muqeem.example/journal";

    /// <summary>Leaves that get their positions in one change.</summary>
    public int Batch { get; init; } = 512;

    /// <summary>How long leaves are gathered after the first of them, so that many share a checkpoint.</summary>
    public TimeSpan Gather { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a commit of another node is not noticed.</summary>
    public TimeSpan LookAtLeastEvery { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long leaves may wait for a sequencer who has the lease and does nothing. Real time: the lease's end is told by clocks that may jump.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Who co-signs.</summary>
    public IReadOnlyList<WitnessAddress> Witnesses { get; init; } = [];

    /// <summary>How many of them must have co-signed a checkpoint before it is shown with their lines.</summary>
    public int WitnessesNeeded { get; init; }

    public TimeSpan WitnessPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a witness that did not sign is left alone.</summary>
    public TimeSpan WitnessRest { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>From configuration: <c>Journal:Origin</c>; otherwise the host of <c>PublicOrigin</c>, when it is a name that others know; <c>Journal:Witnesses:0:Url</c> and <c>:Key</c> (a vkey), …; <c>Journal:WitnessesNeeded</c>, by default all.</summary>
    /// <exception cref="CannotStartException">The origin cannot be the name of a key, or a witness is not one.</exception>
    public static JournalOptions From(IConfiguration configuration)
    {
        var defaults = new JournalOptions();
        var origin = configuration["Journal:Origin"] is { Length: > 0 } named ? named
            : Uri.TryCreate(configuration["PublicOrigin"], UriKind.Absolute, out var address) && address.HostNameType == UriHostNameType.Dns && address.IdnHost.Contains('.', StringComparison.Ordinal)
                ? address.IdnHost + "/journal"
                : defaults.Origin;
        if (origin.Length > 255 || origin.StartsWith('/') || origin.EndsWith('/') || origin.Any(c => c is '+' or < '!' or > '~') || origin.Contains("://", StringComparison.Ordinal))
        {
            throw new CannotStartException($"Journal:Origin is an address without scheme, spaces and '+', like muqeem.example/journal, and not '{origin}'.");
        }
        var witnesses = configuration.GetSection("Journal:Witnesses").GetChildren().Select(WitnessFrom).ToList();
        var needed = configuration["Journal:WitnessesNeeded"] is not { Length: > 0 } text ? witnesses.Count
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= witnesses.Count ? number
            : throw new CannotStartException($"Journal:WitnessesNeeded is a number from 1 to that of the witnesses, {witnesses.Count}.");
        if (witnesses.DistinctBy(w => w.Key.Name).Count() != witnesses.Count)
        {
            throw new CannotStartException("Journal:Witnesses names a witness twice: each counts once.");
        }
        return defaults with { Origin = origin, Witnesses = witnesses, WitnessesNeeded = needed };
    }

    private static WitnessAddress WitnessFrom(IConfigurationSection section)
    {
        if (!Uri.TryCreate(section["Url"], UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw new CannotStartException($"{section.Path}:Url is the address of a witness, like https://witness.example/.");
        }
        return NoteVerifierKey.Parse(section["Key"] ?? "").TryGet(out var key, out var reason) && key.Type == NoteSignatureType.Cosignature
            ? new(url.AbsolutePath.EndsWith('/') ? url : new Uri(url + "/"), key)
            : throw new CannotStartException($"{section.Path}:Key is not the vkey of a witness ({reason}).");
    }
}
