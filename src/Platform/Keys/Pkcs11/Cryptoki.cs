using System.Runtime.InteropServices;

namespace Muqeem.Platform.Keys.Pkcs11;

// Names and numbers of PKCS #11 2.40 (OASIS), as far as they are used here. CK_ULONG is the machine's word on every Unix; structures are not packed there.

internal enum Attribute : ulong
{
    Class = 0x0,
    Token = 0x1,
    Private = 0x2,
    Label = 0x3,
    Value = 0x11,
    KeyType = 0x100,
    Id = 0x102,
    Sensitive = 0x103,
    Encrypt = 0x104,
    Decrypt = 0x105,
    Wrap = 0x106,
    Unwrap = 0x107,
    Sign = 0x108,
    Verify = 0x10A,
    Derive = 0x10C,
    ValueLength = 0x161,
    Extractable = 0x162,
    NeverExtractable = 0x164,
    EcParameters = 0x180,
    EcPoint = 0x181,
}

internal enum ObjectClass : ulong
{
    PublicKey = 2,
    PrivateKey = 3,
    SecretKey = 4,
}

internal enum KeyType : ulong
{
    GenericSecret = 0x10,
    Aes = 0x1F,
}

internal enum Mechanism : ulong
{
    Sha256Hmac = 0x251,
    GenericSecretKeyGen = 0x350,
    EcKeyPairGen = 0x1040,
    Ecdsa = 0x1041,
    EdwardsKeyPairGen = 0x1055,
    EdDsa = 0x1057,
    AesKeyGen = 0x1080,
    AesGcm = 0x1087,
}

/// <summary>CK_RV.</summary>
internal enum Answer : ulong
{
    Ok = 0x0,
    GeneralError = 0x5,
    FunctionFailed = 0x6,
    AttributeSensitive = 0x11,
    AttributeTypeInvalid = 0x12,
    AttributeValueInvalid = 0x13,
    DeviceError = 0x30,
    DeviceRemoved = 0x32,
    EncryptedDataInvalid = 0x40,
    EncryptedDataLengthRange = 0x41,
    KeyHandleInvalid = 0x60,
    MechanismInvalid = 0x70,
    ObjectHandleInvalid = 0x82,
    PinIncorrect = 0xA0,
    PinInvalid = 0xA1,
    PinLengthRange = 0xA2,
    PinExpired = 0xA3,
    PinLocked = 0xA4,
    SessionClosed = 0xB0,
    SessionCount = 0xB1,
    SessionHandleInvalid = 0xB3,
    SlotIdInvalid = 0x3,
    TokenNotPresent = 0xE0,
    TokenNotRecognized = 0xE1,
    UserAlreadyLoggedIn = 0x100,
    UserNotLoggedIn = 0x101,
    UserPinNotInitialized = 0x102,
    DomainParametersInvalid = 0x130,
    CryptokiNotInitialized = 0x190,
    CryptokiAlreadyInitialized = 0x191,
}

/// <summary>A function of the token's library did not answer OK.</summary>
internal sealed class CryptokiException(string function, Answer answer) : Exception($"{function} answered {answer} (0x{(ulong)answer:x}).")
{
    public Answer Answer => answer;

    /// <summary>The session, or the token behind it, is gone: a new session may work.</summary>
    public bool IsLost => answer is Answer.SessionHandleInvalid or Answer.SessionClosed or Answer.DeviceRemoved or Answer.DeviceError or Answer.TokenNotPresent or Answer.TokenNotRecognized
        or Answer.UserNotLoggedIn or Answer.KeyHandleInvalid or Answer.ObjectHandleInvalid or Answer.CryptokiNotInitialized or Answer.SlotIdInvalid;

    public bool IsPin => answer is Answer.PinIncorrect or Answer.PinInvalid or Answer.PinLengthRange or Answer.PinExpired or Answer.PinLocked or Answer.UserPinNotInitialized;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkAttribute
{
    public Attribute Type;
    public void* Value;
    public nuint Length;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkMechanism
{
    public Mechanism Type;
    public void* Parameter;
    public nuint Length;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkGcmParameters
{
    public byte* Iv;
    public nuint IvLength;
    public nuint IvBits;
    public byte* Associated;
    public nuint AssociatedLength;
    public nuint TagBits;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkInitializeArguments
{
    public nint CreateMutex;
    public nint DestroyMutex;
    public nint LockMutex;
    public nint UnlockMutex;
    public nuint Flags;
    public void* Reserved;
}

/// <summary>CK_FUNCTION_LIST of 2.40: the version, then the functions in the order of the standard. Those not called here are addresses only.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CkFunctionList
{
    public byte Major;
    public byte Minor;
    public delegate* unmanaged[Cdecl]<void*, Answer> Initialize;
    public delegate* unmanaged[Cdecl]<void*, Answer> Finalize;
    public nint GetInfo;
    public nint GetFunctionList;
    public delegate* unmanaged[Cdecl]<byte, nuint*, nuint*, Answer> GetSlotList;
    public nint GetSlotInfo;
    public delegate* unmanaged[Cdecl]<nuint, byte*, Answer> GetTokenInfo;
    public nint GetMechanismList;
    public nint GetMechanismInfo;
    public nint InitToken;
    public nint InitPin;
    public nint SetPin;
    public delegate* unmanaged[Cdecl]<nuint, nuint, void*, void*, nuint*, Answer> OpenSession;
    public delegate* unmanaged[Cdecl]<nuint, Answer> CloseSession;
    public delegate* unmanaged[Cdecl]<nuint, Answer> CloseAllSessions;
    public nint GetSessionInfo;
    public nint GetOperationState;
    public nint SetOperationState;
    public delegate* unmanaged[Cdecl]<nuint, nuint, byte*, nuint, Answer> Login;
    public nint Logout;
    public nint CreateObject;
    public nint CopyObject;
    public delegate* unmanaged[Cdecl]<nuint, nuint, Answer> DestroyObject;
    public nint GetObjectSize;
    public delegate* unmanaged[Cdecl]<nuint, nuint, CkAttribute*, nuint, Answer> GetAttributeValue;
    public nint SetAttributeValue;
    public delegate* unmanaged[Cdecl]<nuint, CkAttribute*, nuint, Answer> FindObjectsInit;
    public delegate* unmanaged[Cdecl]<nuint, nuint*, nuint, nuint*, Answer> FindObjects;
    public delegate* unmanaged[Cdecl]<nuint, Answer> FindObjectsFinal;
    public delegate* unmanaged[Cdecl]<nuint, CkMechanism*, nuint, Answer> EncryptInit;
    public delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint*, Answer> Encrypt;
    public nint EncryptUpdate;
    public nint EncryptFinal;
    public delegate* unmanaged[Cdecl]<nuint, CkMechanism*, nuint, Answer> DecryptInit;
    public delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint*, Answer> Decrypt;
    public nint DecryptUpdate;
    public nint DecryptFinal;
    public nint DigestInit;
    public nint Digest;
    public nint DigestUpdate;
    public nint DigestKey;
    public nint DigestFinal;
    public delegate* unmanaged[Cdecl]<nuint, CkMechanism*, nuint, Answer> SignInit;
    public delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint*, Answer> Sign;
    public nint SignUpdate;
    public nint SignFinal;
    public nint SignRecoverInit;
    public nint SignRecover;
    public nint VerifyInit;
    public nint Verify;
    public nint VerifyUpdate;
    public nint VerifyFinal;
    public nint VerifyRecoverInit;
    public nint VerifyRecover;
    public nint DigestEncryptUpdate;
    public nint DecryptDigestUpdate;
    public nint SignEncryptUpdate;
    public nint DecryptVerifyUpdate;
    public delegate* unmanaged[Cdecl]<nuint, CkMechanism*, CkAttribute*, nuint, nuint*, Answer> GenerateKey;
    public delegate* unmanaged[Cdecl]<nuint, CkMechanism*, CkAttribute*, nuint, CkAttribute*, nuint, nuint*, nuint*, Answer> GenerateKeyPair;
    public nint WrapKey;
    public nint UnwrapKey;
    public nint DeriveKey;
    public nint SeedRandom;
    public nint GenerateRandom;
    public nint GetFunctionStatus;
    public nint CancelFunction;
    public nint WaitForSlotEvent;
}

/// <summary>An attribute list in memory that does not move. Freed when disposed; holds nothing secret.</summary>
internal sealed unsafe class Template : IDisposable
{
    private readonly List<(Attribute Type, byte[] Value)> _attributes = [];
    private CkAttribute* _list;

    public nuint Count => (nuint)_attributes.Count;

    public Template Add(Attribute type, ReadOnlySpan<byte> value)
    {
        _attributes.Add((type, value.ToArray()));
        return this;
    }

    public Template Add(Attribute type, bool value) => Add(type, [value ? (byte)1 : (byte)0]);

    public Template Add(Attribute type, ulong value) => Add(type, BitConverter.GetBytes((nuint)value));

    public CkAttribute* List
    {
        get
        {
            if (_list is null)
            {
                var values = _attributes.Sum(a => a.Value.Length);
                var head = sizeof(CkAttribute) * _attributes.Count;
                _list = (CkAttribute*)NativeMemory.Alloc((nuint)(head + values));
                var at = (byte*)_list + head;
                for (var i = 0; i < _attributes.Count; i++)
                {
                    var value = _attributes[i].Value;
                    value.CopyTo(new Span<byte>(at, value.Length));
                    _list[i] = new CkAttribute { Type = _attributes[i].Type, Value = at, Length = (nuint)value.Length };
                    at += value.Length;
                }
            }
            return _list;
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_list);
        _list = null;
    }
}
