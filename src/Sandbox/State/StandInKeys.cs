using System.Collections.Concurrent;
using Muqeem.Agencies;
using Muqeem.Platform.Signatures;

namespace Muqeem.Sandbox.State;

/// <summary>The key of each stand-in: from the configuration (<c>Keys:&lt;prefix&gt;</c>, the Base64 of a PKCS#8 on P-256), else made once and kept. What is public of them is at <c>/keys</c>.</summary>
public sealed class StandInKeys(Store store, IConfiguration configuration)
{
    private readonly ConcurrentDictionary<string, MessageSigner> _signers = new(StringComparer.Ordinal);

    /// <param name="agency">One of <see cref="AgenciesSetup.All"/>.</param>
    public MessageSigner Of(string agency) => _signers.GetOrAdd(agency, name =>
    {
        var prefix = AgenciesSetup.All.Single(a => a.Name == name).Prefix;
        if (configuration[$"Keys:{prefix}"] is { Length: > 0 } configured)
        {
            return MessageSigner.OfPkcs8(Convert.FromBase64String(configured));
        }
        lock (_signers)
        {
            if (store.Meta($"signs:{prefix}") is { } kept)
            {
                return MessageSigner.OfPkcs8(Convert.FromBase64String(kept));
            }
            var made = MessageSigner.NewPkcs8();
            store.SetMeta($"signs:{prefix}", Convert.ToBase64String(made));
            return MessageSigner.OfPkcs8(made);
        }
    });

    public string SetOf(string agency) => PublicKeyText.SetOf([Of(agency).Key]);

    /// <summary>Muqeem's settings by which it believes these stand-ins.</summary>
    public IReadOnlyDictionary<string, string> Settings() => AgenciesSetup.All.ToDictionary(a => $"Agencies:{a.Name}:Keys", a => SetOf(a.Name), StringComparer.Ordinal);
}

/// <summary>
/// The public keys of whoever may ask: <c>Muqeem:Keys</c>, as keys (JWK Set or PEM) or as addresses of a JWK Set, separated by spaces. An address is asked when a signature names a key that is not known, so
/// that a new key is believed without a restart; what was learned so is kept, for verbs that ask while nobody serves.
/// </summary>
public sealed class Consumers(IConfiguration configuration, IHttpClientFactory http, Store store)
{
    private static readonly TimeSpan NotAgainFor = TimeSpan.FromMilliseconds(200);

    /// <summary>Whoever asks while it starts does so before it can be asked for its keys.</summary>
    private const int Tries = 10;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(150);

    private readonly ConcurrentDictionary<string, MessageKey> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<string> _addresses = [];
    private readonly SemaphoreSlim _asking = new(1);
    private bool _read;
    private long _asked;

    /// <summary>Null: nobody's.</summary>
    public async Task<MessageKey?> FindAsync(string keyId, CancellationToken cancel)
    {
        if (_known.TryGetValue(keyId, out var known))
        {
            return known;
        }
        await _asking.WaitAsync(cancel);
        try
        {
            Configured();
            if (store.Meta($"consumer:{keyId}") is { } kept)
            {
                Add(kept);
            }
            if (!_known.ContainsKey(keyId) && (_asked == 0 || TimeProvider.System.GetElapsedTime(_asked) > NotAgainFor))
            {
                for (var attempt = 0; attempt < Tries && !(await Task.WhenAll(_addresses.Select(address => AskAsync(address, cancel)))).Contains(true); attempt++)
                {
                    await Task.Delay(BetweenTries, cancel);
                }
                _asked = TimeProvider.System.GetTimestamp();
            }
        }
        finally
        {
            _asking.Release();
        }
        return _known.GetValueOrDefault(keyId);
    }

    /// <summary>Another who may ask.</summary>
    /// <param name="keys">As <c>Muqeem:Keys</c>.</param>
    public void Add(string keys)
    {
        var read = PublicKeyText.ReadAll(keys);
        foreach (var key in read)
        {
            _known[key.Thumbprint] = new(key);
        }
        foreach (var address in read.Count > 0 ? [] : keys.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            _addresses.Add(address);
        }
    }

    private void Configured()
    {
        if (!_read && configuration["Muqeem:Keys"] is { Length: > 0 } keys)
        {
            Add(keys);
        }
        _read = true;
    }

    /// <summary>False: there is nobody.</summary>
    private async Task<bool> AskAsync(string address, CancellationToken cancel)
    {
        try
        {
            using var client = http.CreateClient(nameof(Calls));
            foreach (var key in PublicKeyText.ReadAll(await client.GetStringAsync(new Uri(address), cancel)))
            {
                if (_known.TryAdd(key.Thumbprint, new(key)))
                {
                    store.SetMeta($"consumer:{key.Thumbprint}", PublicKeyText.SetOf([key]));
                }
            }
            return true;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            // Not there yet.
            return false;
        }
    }
}
