using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Muqeem.Platform.Folder;

namespace Muqeem.Platform.Keys.Pkcs11;

/// <summary>
/// One token with a bounded pool of sessions. A session that is lost is opened again with a login and the call repeated, once; a token that is away answers with
/// <see cref="KeyUnavailableException"/> until it is back. Objects are found by label and id.
/// </summary>
internal sealed unsafe class Token : IDisposable
{
    private const nuint SerialReadWrite = 0x4 | 0x2;
    private const nuint User = 1;

    /// <summary>CK_TOKEN_INFO is 160 bytes and begins with the label, 32 bytes filled with blanks; a library with longer words stays inside.</summary>
    private const int TokenInfoLength = 512;
    private const int LabelLength = 32;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly Module _module;
    private readonly TokenSettings _settings;
    private readonly SemaphoreSlim _places;
    private readonly ConcurrentBag<Session> _free = [];
    private readonly Lock _losing = new();

    /// <summary>Handles of one generation of sessions; a login anew may give others.</summary>
    private volatile ConcurrentDictionary<(string Id, ObjectClass Class), nuint> _handles = new();
    private volatile int _generation;

    /// <summary>A refused PIN is not tried again: a few more would lock the token.</summary>
    private volatile bool _pinRefused;

    private Token(Module module, TokenSettings settings)
    {
        _module = module;
        _settings = settings;
        _places = new SemaphoreSlim(settings.Sessions);
    }

    /// <summary>Loads the library, finds the token and logs in.</summary>
    /// <exception cref="CannotStartException">No such library or token, or a wrong PIN.</exception>
    public static Token Open(TokenSettings settings)
    {
        var token = new Token(Module.Load(settings.Module), settings);
        try
        {
            token.Use(_ => true);
            return token;
        }
        catch (KeyUnavailableException e)
        {
            token.Dispose();
            throw new CannotStartException(e.Message, e);
        }
    }

    /// <summary>Runs <paramref name="work"/> in a session. It is repeated once when the session was lost: what it does must be the same when done twice.</summary>
    /// <exception cref="KeyUnavailableException">The token is away, or refused.</exception>
    /// <exception cref="CryptokiException">Only with an answer that <paramref name="expected"/> takes.</exception>
    public T Use<T>(Func<nuint, T> work, Func<Answer, bool>? expected = null)
    {
        if (!_places.Wait(LongestWait))
        {
            throw new KeyUnavailableException($"The token {_settings.Label} is too busy: no session came free. Raise Keys:Pkcs11:Sessions if it allows more.");
        }
        try
        {
            for (var repeated = false; ; repeated = true)
            {
                Session? session = null;
                try
                {
                    session = Take();
                    var result = work(session.Handle);
                    _free.Add(session);
                    return result;
                }
                catch (CryptokiException e)
                {
                    // Whatever went wrong, an operation may still be open in it.
                    if (session is not null)
                    {
                        _module.Functions.CloseSession(session.Handle);
                    }
                    if (e.IsLost && session is not null)
                    {
                        Lose(session);
                        if (!repeated)
                        {
                            continue;
                        }
                    }
                    else if (session is not null && expected?.Invoke(e.Answer) == true)
                    {
                        throw;
                    }
                    _pinRefused |= e.IsPin;
                    throw Unavailable(e);
                }
                catch
                {
                    if (session is not null)
                    {
                        _module.Functions.CloseSession(session.Handle);
                    }
                    throw;
                }
            }
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>The key of this label and id; null when there is none.</summary>
    public nuint? Find(nuint session, string label, byte[] id, ObjectClass @class)
    {
        if (_handles.TryGetValue((label, @class), out var known))
        {
            return known;
        }
        var generation = _handles;
        using var template = new Template().Add(Attribute.Class, (ulong)@class).Add(Attribute.Token, true).Add(Attribute.Label, Encoding.UTF8.GetBytes(label)).Add(Attribute.Id, id);
        var found = FindAll(session, template);
        if (found.Count > 1)
        {
            throw new KeyUnavailableException($"The token {_settings.Label} holds {found.Count} keys {label}. Remove those that were not made by Muqeem.");
        }
        if (found.Count == 0)
        {
            return null;
        }
        return generation[(label, @class)] = found[0];
    }

    public List<nuint> FindAll(nuint session, Template template)
    {
        Module.Must(_module.Functions.FindObjectsInit(session, template.List, template.Count), "C_FindObjectsInit");
        var found = new List<nuint>();
        var some = stackalloc nuint[32];
        nuint count;
        do
        {
            Module.Must(_module.Functions.FindObjects(session, some, 32, &count), "C_FindObjects");
            for (nuint i = 0; i < count; i++)
            {
                found.Add(some[i]);
            }
        }
        while (count == 32);
        Module.Must(_module.Functions.FindObjectsFinal(session), "C_FindObjectsFinal");
        return found;
    }

    public void Forget(string label) => _handles = new(_handles.Where(h => h.Key.Id != label));

    public byte[] Read(nuint session, nuint handle, Attribute type)
    {
        var attribute = new CkAttribute { Type = type };
        Module.Must(_module.Functions.GetAttributeValue(session, handle, &attribute, 1), "C_GetAttributeValue");
        var value = new byte[(int)attribute.Length];
        fixed (byte* at = value)
        {
            attribute.Value = at;
            Module.Must(_module.Functions.GetAttributeValue(session, handle, &attribute, 1), "C_GetAttributeValue");
        }
        return value;
    }

    public bool ReadBool(nuint session, nuint handle, Attribute type) => Read(session, handle, type) is [not 0];

    public void Destroy(nuint session, nuint handle) => Module.Must(_module.Functions.DestroyObject(session, handle), "C_DestroyObject");

    public void GenerateSecret(nuint session, Mechanism type, Template template)
    {
        var mechanism = new CkMechanism { Type = type };
        nuint handle;
        Module.Must(_module.Functions.GenerateKey(session, &mechanism, template.List, template.Count, &handle), "C_GenerateKey");
    }

    public void GeneratePair(nuint session, Mechanism type, Template @public, Template @private)
    {
        var mechanism = new CkMechanism { Type = type };
        nuint publicHandle;
        nuint privateHandle;
        Module.Must(_module.Functions.GenerateKeyPair(session, &mechanism, @public.List, @public.Count, @private.List, @private.Count, &publicHandle, &privateHandle), "C_GenerateKeyPair");
    }

    /// <summary>Signature or authentication code.</summary>
    public void Sign(nuint session, nuint key, Mechanism type, byte[] data, byte[] signature)
    {
        var mechanism = new CkMechanism { Type = type };
        Module.Must(_module.Functions.SignInit(session, &mechanism, key), "C_SignInit");
        var length = (nuint)signature.Length;
        fixed (byte* from = data, to = signature)
        {
            // Nothing at all still has an address.
            byte none;
            Module.Must(_module.Functions.Sign(session, from is null ? &none : from, (nuint)data.Length, to, &length), "C_Sign");
        }
        if (length != (nuint)signature.Length)
        {
            throw new CryptographicException($"The token's {type} gave {length} bytes instead of {signature.Length}.");
        }
    }

    /// <summary>AES-GCM; the ciphertext is followed by its tag of 16 bytes.</summary>
    public byte[] Gcm(nuint session, nuint key, bool encrypt, byte[] nonce, byte[] content, byte[] associated)
    {
        var result = new byte[encrypt ? content.Length + KeyHolder.TagLength : content.Length];
        var length = (nuint)result.Length;
        fixed (byte* iv = nonce, aad = associated, from = content, to = result)
        {
            var parameters = new CkGcmParameters
            {
                Iv = iv,
                IvLength = (nuint)nonce.Length,
                IvBits = (nuint)nonce.Length * 8,
                Associated = aad,
                AssociatedLength = (nuint)associated.Length,
                TagBits = KeyHolder.TagLength * 8,
            };
            var mechanism = new CkMechanism { Type = Mechanism.AesGcm, Parameter = &parameters, Length = (nuint)sizeof(CkGcmParameters) };
            byte none;
            if (encrypt)
            {
                Module.Must(_module.Functions.EncryptInit(session, &mechanism, key), "C_EncryptInit");
                Module.Must(_module.Functions.Encrypt(session, from is null ? &none : from, (nuint)content.Length, to, &length), "C_Encrypt");
            }
            else
            {
                Module.Must(_module.Functions.DecryptInit(session, &mechanism, key), "C_DecryptInit");
                Module.Must(_module.Functions.Decrypt(session, from, (nuint)content.Length, to, &length), "C_Decrypt");
            }
        }
        var expected = encrypt ? content.Length + KeyHolder.TagLength : content.Length - KeyHolder.TagLength;
        if (length != (nuint)expected)
        {
            throw new CryptographicException($"The token's AES-GCM gave {length} bytes instead of {expected}.");
        }
        if (result.Length == expected)
        {
            return result;
        }
        var plain = result[..expected];
        CryptographicOperations.ZeroMemory(result);
        return plain;
    }

    public void Dispose()
    {
        while (_free.TryTake(out var session))
        {
            _module.Functions.CloseSession(session.Handle);
        }
        _places.Dispose();
    }

    private Session Take()
    {
        while (_free.TryTake(out var session))
        {
            if (session.Generation == _generation)
            {
                return session;
            }
            _module.Functions.CloseSession(session.Handle);
        }
        if (_pinRefused)
        {
            throw new CryptokiException("C_Login", Answer.PinIncorrect);
        }
        var generation = _generation;
        nuint handle;
        Module.Must(_module.Functions.OpenSession(Slot(), SerialReadWrite, null, null, &handle), "C_OpenSession");
        var pin = Encoding.UTF8.GetBytes(_settings.Pin);
        fixed (byte* at = pin)
        {
            var answer = _module.Functions.Login(handle, User, at, (nuint)pin.Length);
            CryptographicOperations.ZeroMemory(pin);
            if (answer is not (Answer.Ok or Answer.UserAlreadyLoggedIn))
            {
                _module.Functions.CloseSession(handle);
                throw new CryptokiException("C_Login", answer);
            }
        }
        return new Session(handle, generation);
    }

    /// <summary>The slot that now holds the token.</summary>
    private nuint Slot()
    {
        nuint count = 0;
        Module.Must(_module.Functions.GetSlotList(1, null, &count), "C_GetSlotList");
        var slots = new nuint[(int)count];
        fixed (nuint* at = slots)
        {
            Module.Must(_module.Functions.GetSlotList(1, at, &count), "C_GetSlotList");
        }
        var info = stackalloc byte[TokenInfoLength];
        foreach (var slot in slots.AsSpan(0, (int)count))
        {
            if (_module.Functions.GetTokenInfo(slot, info) == Answer.Ok && Encoding.UTF8.GetString(info, LabelLength).TrimEnd(' ') == _settings.Label)
            {
                return slot;
            }
        }
        throw new CryptokiException("C_GetTokenInfo", Answer.TokenNotPresent);
    }

    private void Lose(Session session)
    {
        lock (_losing)
        {
            if (session.Generation == _generation)
            {
                _handles = new();
                _generation++;
            }
        }
    }

    private KeyUnavailableException Unavailable(CryptokiException e) => new(e switch
    {
        { IsPin: true } => $"The PIN does not open the token {_settings.Label} ({e.Answer}). Correct Keys:Pkcs11:Pin or Keys:Pkcs11:PinFile and start again; it is not tried twice, because a few wrong ones lock the token.",
        { Answer: Answer.TokenNotPresent } => $"There is no token {_settings.Label} behind {_settings.Module}. Insert it, or correct Keys:Pkcs11:Token.",
        { IsLost: true } => $"The token {_settings.Label} is away: {e.Message} Nothing is signed until it is back.",
        _ => $"The token {_settings.Label} refused: {e.Message}",
    }, e);

    private sealed record Session(nuint Handle, int Generation);
}
