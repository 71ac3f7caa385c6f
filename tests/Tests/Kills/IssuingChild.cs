using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;

namespace Muqeem.Tests.Kills;

/// <summary>
/// A process that issues credentials to several holders at once, publishes status lists, rotates and withdraws signers, issues anew what they signed, and rotates the key-encryption key, until it is
/// killed. It says on its output what it signs before each signature leaves the key store, and what it has given away after.
/// </summary>
internal static class IssuingChild
{
    private static readonly Lock Gate = new();
    private static readonly Stream Output = Console.OpenStandardOutput();

    public static Guid Operation(long seed, int worker, int number) => CrashChild.Id(seed, "issue" + worker.ToString(CultureInfo.InvariantCulture), number);

    public static FormKind KindOf(int number) => number % 3 == 2 ? FormKind.Mdoc : FormKind.SdJwtVc;

    /// <summary>The same key for the same number, whoever asks.</summary>
    public static HolderKey KeyOf(long seed, int worker, int number)
    {
        using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = SHA256.HashData(Operation(seed, worker, number).ToByteArray()) });
        var q = key.ExportParameters(false).Q;
        return new HolderKey(q.X!, q.Y!);
    }

    /// <summary>Arguments: folder, database (a folder or a connection string), how much later it is, "early" or "honest", seed, then person:next of each worker.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var options = args[1].Contains('=', StringComparison.Ordinal) ? new DatabaseOptions { PostgreSql = args[1] } : new DatabaseOptions { Data = args[1] };
        var clock = new LaterClock(TimeSpan.FromSeconds(int.Parse(args[2], CultureInfo.InvariantCulture)));
        var seed = long.Parse(args[4], CultureInfo.InvariantCulture);
        await using var node = new IssuingNode(options, args[0], clock, args[3] == "early" ? writer => new EarlyWriter(writer) : null);
        node.Keys.BeforeSignature = (key, digest) => Say($"signs {key} {Convert.ToHexString(digest)}");
        await node.Desk.Lists.KnowAsync();
        var workers = args.Skip(5).Select((w, i) => Task.Run(() => IssueAsync(node, seed, i, new PersonId(Guid.Parse(w.Split(':')[0])), int.Parse(w.Split(':')[1], CultureInfo.InvariantCulture))));
        await Task.WhenAll([
            .. workers,
            Task.Run(() => RepeatAsync(40, () => PublishAsync(node))),
            Task.Run(() => RepeatAsync(60, () => node.Sequencer.RunAsync())),
            Task.Run(() => RepeatAsync(50, () => ReadDoor.RunAsync(() => node.Desk.Forms.CompleteAsync()))),
            Task.Run(() => RepeatAsync(30, () => node.Desk.Reissue.GoOnAsync())),
            Task.Run(() => RotateAsync(node, new Dice(seed + long.Parse(args[2], CultureInfo.InvariantCulture)))),
        ]);
        return 1;
    }

    private static async Task IssueAsync(IssuingNode node, long seed, int worker, PersonId person, int number)
    {
        while (true)
        {
            FormAnswer answer;
            try
            {
                answer = await node.Desk.AskAsync(person, KindOf(number), KeyOf(seed, worker, number), Operation(seed, worker, number));
            }
            catch (Exception e) when (IsLater(e))
            {
                await Task.Delay(5);
                continue;
            }
            switch (answer)
            {
                case FormAnswer.Issued issued:
                    Say($"issued {worker} {number} {issued.Form.Id:D} {Convert.ToHexString(SHA256.HashData(issued.Credential))} {Convert.ToHexString(issued.Form.Signature!)}");
                    number++;
                    break;
                case FormAnswer.Voided:
                    Say($"voided {worker} {number}");
                    number++;
                    break;
                case FormAnswer.NotWritten { Outcome: WriteOutcome.Busy or WriteOutcome.InDoubt }:
                    break;
                default:
                    throw new InvalidOperationException($"Worker {worker}, number {number}: {answer}");
            }
        }
    }

    private static readonly ConcurrentDictionary<string, long> Served = new(StringComparer.Ordinal);

    private static async Task<int> PublishAsync(IssuingNode node)
    {
        var signed = await node.Desk.Lists.RoundAsync();
        foreach (var token in node.Desk.Lists.Tokens)
        {
            if (Served.TryGetValue(token.List, out var at) && at == token.At.ToMicros())
            {
                continue;
            }
            Served[token.List] = token.At.ToMicros();
            Say($"served {token.List} {Convert.ToHexString(SHA256.HashData(token.Jwt.AsSpan(0, token.Jwt.AsSpan().LastIndexOf((byte)'.'))))}");
        }
        return signed;
    }

    /// <summary>What the verbs about keys do, in a key store of their own.</summary>
    private static async Task RotateAsync(IssuingNode node, Dice dice)
    {
        while (true)
        {
            await Task.Delay(60 + dice.Roll(300));
            using var verb = node.OpenKeys();
            try
            {
                switch (dice.Roll(6))
                {
                    case 0:
                        verb.Rotate(KeyPurpose.DocumentSigner);
                        break;
                    case 1:
                        verb.Rotate(KeyPurpose.StatusList);
                        break;
                    case 2:
                        verb.Revoke(verb.ActiveKey(KeyPurpose.StatusList), X509RevocationReason.Superseded);
                        break;
                    case 3:
                        var signer = verb.ActiveKey(KeyPurpose.DocumentSigner);
                        verb.Revoke(signer, X509RevocationReason.KeyCompromise);
                        node.Keys.Refresh();
                        await node.Desk.Reissue.BeginAsync(signer, "test");
                        break;
                    default:
                        verb.Rotate(KeyPurpose.DataKeys);
                        node.Keys.Refresh();
                        await new Rewrapping(node.Db, node.Keys).RunAsync();
                        break;
                }
                node.Keys.Refresh();
                Say("rotated");
            }
            catch (Exception e) when (IsLater(e))
            {
                // The next time.
            }
        }
    }

    private static async Task RepeatAsync<T>(int millis, Func<Task<T>> round)
    {
        while (true)
        {
            try
            {
                await round();
            }
            catch (Exception e) when (IsLater(e))
            {
                // The next time.
            }
            await Task.Delay(millis);
        }
    }

    private static bool IsLater(Exception e) => e is KeyUnavailableException or NotWrittenException or DatabaseBusyException;

    // One write of a line shorter than a pipe's atomic size: a kill leaves whole lines.
    private static void Say(string text)
    {
        var line = Encoding.ASCII.GetBytes(text + "\n");
        lock (Gate)
        {
            Output.Write(line);
            Output.Flush();
        }
    }

    /// <summary>As it must not be: a promise counts as written before it is, so that it is signed first. It shows that the test would find it out.</summary>
    private sealed class EarlyWriter(IWriter writer) : IWriter
    {
        private readonly ConcurrentDictionary<Guid, Task> _pending = new();

        public async Task<WriteOutcome> WriteAsync(Change change, WriteClass @class = WriteClass.Interactive, CancellationToken cancel = default)
        {
            if (change.Act is { Verb: "credential.request" })
            {
                var pending = Task.Run(async () =>
                {
                    await Task.Delay(30, CancellationToken.None);
                    await writer.WriteAsync(change, @class, CancellationToken.None);
                }, CancellationToken.None);
                _pending[change.Heads[0].Id] = pending;
                return new WriteOutcome.Done(change.Act.Id);
            }
            foreach (var head in change.Heads)
            {
                if (_pending.TryRemove(head.Id, out var pending))
                {
                    await pending;
                }
            }
            return await writer.WriteAsync(change, @class, cancel);
        }
    }
}
