using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Muqeem.Platform.Folder;

namespace Muqeem.Platform.Keys.Pkcs11;

/// <summary>
/// A token's library, loaded and initialized once for the process. It is never finalized: that would end it for whoever else in the process uses it, and the end
/// of the process does the same.
/// </summary>
internal sealed unsafe class Module
{
    private const nuint OsLocking = 2;

    private static readonly ConcurrentDictionary<string, Lazy<Module>> Loaded = new(StringComparer.Ordinal);

    private readonly CkFunctionList* _functions;

    private Module(CkFunctionList* functions) => _functions = functions;

    public ref readonly CkFunctionList Functions => ref *_functions;

    /// <exception cref="CannotStartException">The file is missing, or no PKCS#11 library.</exception>
    public static Module Load(string path)
    {
        var full = Path.GetFullPath(path);
        var loading = Loaded.GetOrAdd(full, p => new Lazy<Module>(() => LoadNow(p)));
        try
        {
            return loading.Value;
        }
        catch (CannotStartException)
        {
            Loaded.TryRemove(new(full, loading));
            throw;
        }
    }

    public static void Must(Answer answer, string function)
    {
        if (answer != Answer.Ok)
        {
            throw new CryptokiException(function, answer);
        }
    }

    /// <summary>Many threads call, with the system's own locks.</summary>
    internal Answer Initialize()
    {
        var arguments = new CkInitializeArguments { Flags = OsLocking };
        return _functions->Initialize(&arguments);
    }

    private static Module LoadNow(string path)
    {
        if (!File.Exists(path))
        {
            throw new CannotStartException($"Keys:Pkcs11:Module: there is no file {path}. Install the token's library, or correct the path.");
        }
        nint library = 0;
        try
        {
            library = NativeLibrary.Load(path);
            var find = (delegate* unmanaged[Cdecl]<CkFunctionList**, Answer>)NativeLibrary.GetExport(library, "C_GetFunctionList");
            CkFunctionList* functions;
            Must(find(&functions), "C_GetFunctionList");
            if (functions->Major != 2 || functions->Minor < 20)
            {
                throw new CannotStartException($"Keys:Pkcs11:Module: {path} speaks PKCS#11 {functions->Major}.{functions->Minor}; 2.20 to 2.40 is needed.");
            }
            var module = new Module(functions);
            var answer = module.Initialize();
            if (answer != Answer.CryptokiAlreadyInitialized)
            {
                Must(answer, "C_Initialize");
            }
            return module;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException or CryptokiException)
        {
            throw new CannotStartException($"Keys:Pkcs11:Module: {path} cannot be used as a PKCS#11 library: {e.Message}", e);
        }
    }
}
