using System.Security.Cryptography;
using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Privacy;

/// <summary>
/// The only thing that opens sealed data. Who enters names reader, purpose and subjects; that entry is in the writer before anything is opened, and
/// durable before anything is shown: in a request before the first byte of the response, elsewhere before the opening returns.
/// </summary>
public sealed class ReadDoor
{
    private readonly DataKeys _keys;
    private readonly AccessRecorder _recorder;
    private readonly TimeProvider _clock;

    internal ReadDoor(DataKeys keys, AccessRecorder recorder, TimeProvider clock)
    {
        _keys = keys;
        _recorder = recorder;
        _clock = clock;
    }

    /// <summary>An access on its own. Entering again in the same request, for the same reason, before anything was opened, adds subjects to the same entry.</summary>
    /// <param name="where">The page, verb or job that reads, e.g. <c>office.case</c>. Shown to the resident by the texts <c>sys.where.*</c> where they exist.</param>
    public Access Enter(Actor reader, Purpose purpose, CaseId? @case, string where, params ReadOnlySpan<PersonId> subjects)
    {
        if (RequestAccesses.Current is not { IsOpen: true } request)
        {
            return new Access(_recorder, _clock, reader, purpose, @case, where, subjects, change: null);
        }
        return request.Join(reader, purpose, @case, where, subjects)
            ?? request.Add(new Access(_recorder, _clock, reader, purpose, @case, where, subjects, change: null));
    }

    /// <summary>
    /// An access for an act; its entry rides in the act's change. If the change writes nothing (refused, conflict, never written), the entry is
    /// written on its own before the response leaves. Outside a request and outside <see cref="RunAsync{T}"/> it is written on its own at once.
    /// </summary>
    public Access Within(Change change, Actor reader, Purpose purpose, string where, params ReadOnlySpan<PersonId> subjects)
    {
        var @case = change.Act?.Case;
        return RequestAccesses.Current is { IsOpen: true } request
            ? request.Add(new Access(_recorder, _clock, reader, purpose, @case, where, subjects, change))
            : new Access(_recorder, _clock, reader, purpose, @case, where, subjects, change: null);
    }

    /// <summary>Opens one value.</summary>
    /// <exception cref="AccessRefusedException">The person is not among the subjects of the access.</exception>
    /// <exception cref="ErasedException">The data was erased.</exception>
    /// <exception cref="CryptographicException">The blob was changed, or is not of this table, row, person and class.</exception>
    /// <exception cref="AccessNotRecordedException">Outside a request: the entry could not be written.</exception>
    public async ValueTask<T> OpenAsync<T>(Access access, SealContext context, byte[] cipher, CancellationToken cancel = default)
    {
        var salted = await OpenSaltedAsync(access, context, cipher, cancel);
        try
        {
            return Value<T>(salted);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(salted);
        }
    }

    /// <summary>Opens one value whose type is known only now.</summary>
    public async ValueTask<object> OpenAsync(Access access, SealContext context, byte[] cipher, Type type, CancellationToken cancel = default)
    {
        var salted = await OpenSaltedAsync(access, context, cipher, cancel);
        try
        {
            return JsonSerializer.Deserialize(salted.AsSpan(Blob.SaltLength), type, StoredJson.Options) ?? throw new JsonException("A sealed value is null.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(salted);
        }
    }

    /// <summary>Opens many values with one query for their keys, in the same order. An erased one is null.</summary>
    public async Task<IReadOnlyList<T?>> OpenManyAsync<T>(Access access, IReadOnlyList<(SealContext Context, byte[] Cipher)> values, CancellationToken cancel = default) where T : class
    {
        foreach (var (context, _) in values)
        {
            Check(access, context);
        }
        await BeforeAsync(access, cancel);
        foreach (var @class in values.GroupBy(v => v.Context.Class, v => v.Context.Person))
        {
            await _keys.LoadAsync(@class, @class.Key, cancel);
        }
        var opened = new T?[values.Count];
        for (var i = 0; i < opened.Length; i++)
        {
            try
            {
                opened[i] = await OpenAsync<T>(access, values[i].Context, values[i].Cipher, cancel);
            }
            catch (ErasedException)
            {
                opened[i] = null;
            }
        }
        return opened;
    }

    /// <summary>
    /// For work outside a request: everything entered in <paramref name="work"/> is durable when this returns, and nothing inside waits for it one by one.
    /// The result must not be shown to anybody before.
    /// </summary>
    /// <exception cref="AccessNotRecordedException">An entry could not be written.</exception>
    public static async Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        var accesses = new RequestAccesses();
        var outer = RequestAccesses.Current;
        RequestAccesses.Current = accesses;
        try
        {
            return await work();
        }
        finally
        {
            await accesses.SettleAsync();
            RequestAccesses.Current = outer;
        }
    }

    /// <summary>One value as the journal knows it: salt ‖ JSON, whose SHA-256 is its commitment. For what a person takes away together with its proof; the caller zeroes it.</summary>
    /// <inheritdoc cref="OpenAsync{T}"/>
    public ValueTask<byte[]> OpenCommittedAsync(Access access, SealContext context, byte[] cipher, CancellationToken cancel = default) => OpenSaltedAsync(access, context, cipher, cancel);

    /// <summary>Salt ‖ plaintext; the caller zeroes it. For the journal's verification, which recomputes commitments.</summary>
    internal async ValueTask<byte[]> OpenSaltedAsync(Access access, SealContext context, byte[] cipher, CancellationToken cancel)
    {
        Check(access, context);
        await BeforeAsync(access, cancel);
        var mark = Blob.MarkOf(cipher);
        var fresh = false;
        while (true)
        {
            var key = await _keys.ForOpeningAsync(context.Person, context.Class, cancel);
            if (key is null || (key.Mark != mark && fresh))
            {
                throw new ErasedException();
            }
            if (key.Mark != mark)
            {
                // The key kept here may be one that another node has destroyed and replaced since.
                _keys.Forget(context.Person, context.Class);
                fresh = true;
                continue;
            }
            if (Blob.TryOpen(key, context, cipher, out var salted))
            {
                return salted;
            }
        }
    }

    private static T Value<T>(byte[] salted) =>
        JsonSerializer.Deserialize<T>(salted.AsSpan(Blob.SaltLength), StoredJson.Options) ?? throw new JsonException("A sealed value is null.");

    private static void Check(Access access, in SealContext context)
    {
        if (!access.Covers(context.Person))
        {
            throw new AccessRefusedException($"The access for {access.Where} does not name the person whose {context.Table} it opens.");
        }
    }

    private static Task BeforeAsync(Access access, CancellationToken cancel)
    {
        if (RequestAccesses.Current is { IsOpen: true } request && request.Holds(access))
        {
            access.Start();
            return Task.CompletedTask;
        }
        var recorded = access.Recorded;
        return recorded.IsCompletedSuccessfully ? Task.CompletedTask : recorded.WaitAsync(cancel);
    }
}
