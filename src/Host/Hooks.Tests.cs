using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Exchanges;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Signatures;
using Muqeem.Sandbox.State;
using Muqeem.Tests;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Muqeem.Host;

public sealed class HooksOnSqliteTests(SqliteWorld shared) : HooksTests(shared), IClassFixture<SqliteWorld>;

public sealed class HooksOnPostgreSqlTests(PostgreSqlWorld shared) : HooksTests(shared), IClassFixture<PostgreSqlWorld>;

/// <summary>Calls that say they come from an agency, at the door: each that is not what it must be is refused with a code, and recorded.</summary>
public abstract class HooksTests(SharedWorld shared)
{
    private static readonly Lazy<MessageSigner> Strange = new(AgencyCaller.NewSigner);

    private WholeWorld World => shared.World;

    /// <summary>A crossing on no visa of ours: taken, and nothing follows.</summary>
    private static byte[] Crossing() => JsonSerializer.SerializeToUtf8Bytes(
        new BorderEvent("E-" + Guid.CreateVersion7().ToString("N"), "2000000006", MovementDirection.Out, "Al Batha", Instant.FromUtc(2026, 3, 15, 9, 0), null, null), Wire.Options);

    private async Task<(HttpStatusCode Status, string? Code)> TellAsync(byte[] body, CallSigning? with = null, string path = "hooks/border", string agency = AlienRegister.Name, string operation = BorderWebhook.Operation)
    {
        using var answer = await World.CallAsync(path, body, agency, operation, with);
        return (answer.StatusCode, await CodeOfAsync(answer));
    }

    private static async Task<string?> CodeOfAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        using var problem = JsonDocument.Parse(text.Length > 0 ? text : "{}");
        return problem.RootElement.TryGetProperty("code", out var code) ? code.GetString() : null;
    }

    private Task RecordedAsync(string outcome, string operation = BorderWebhook.Operation) => WholeWorld.UntilAsync(
        async () => await World.Get<Db>().ExistsAsync("SELECT 1 FROM exchange WHERE direction = 'IN' AND operation = @operation AND outcome = @outcome", new { operation, outcome }) ? "" : null, $"a call was recorded as {outcome}");

    public static TheoryData<string, int> Wrongs => new()
    {
        { CallGate.UnknownKey, 401 }, { CallGate.BadSignature, 401 }, { CallGate.BadDigest, 401 }, { CallGate.OutsideTime, 401 }, { CallGate.Misdirected, 421 }, { CallGate.NotAllowed, 403 }, { CallGate.Malformed, 400 },
        { CallGate.Unsigned, 401 }, { CallGate.TooLarge, 413 },
    };

    [Theory]
    [MemberData(nameof(Wrongs))]
    public async Task What_is_wrong_with_a_call_is_said_by_a_code_and_recorded(string code, int status)
    {
        var body = Crossing();
        var addressed = World.SandboxApp.Services.GetRequiredService<StandInKeys>().Of(AlienRegister.Name);
        IReadOnlyList<CallSigning> wrong = code switch
        {
            CallGate.UnknownKey => [new(Signer: Strange.Value)],
            // Right for another path of ours.
            CallGate.BadSignature => [new(Address: new Uri(World.Address, "hooks/payments")), new(Address: new Uri(World.Address, "hooks/border?x=1"))],
            CallGate.BadDigest => [new(After: b => [.. b[..^1], (byte)' ', b[^1]])],
            CallGate.OutsideTime => [new() { Old = Duration.FromSeconds(302) }, new() { Old = Duration.FromSeconds(-302) }],
            CallGate.NotAllowed => [new(Purpose: "decide_application"), new(Purpose: "none")],
            CallGate.Malformed => [new(Tag: "another-use"), new() { Covered = ["@method", "@authority", "@path", "@query", "x-request-id", "x-correlation-id", "x-purpose"] },
                new() { Covered = ["@authority", "@path", "@query", "content-digest", "x-request-id", "x-correlation-id", "x-purpose"] }, new(Nonce: "short"), new(Nonce: new string('n', 65))],
            _ => [],
        };
        foreach (var with in wrong)
        {
            Assert.Equal(((HttpStatusCode)status, code), await TellAsync(body, with));
        }
        switch (code)
        {
            case CallGate.Misdirected:
                // Rightly signed, and sent with the host for which it was signed.
                using (var call = AgencyCaller.Call(new Uri(World.Address, "hooks/border"), body, AlienRegister.Name, BorderWebhook.Operation, addressed, World.Clock.Now(), new(Address: new Uri("http://other.example/hooks/border"))))
                {
                    call.Headers.Host = "other.example";
                    using var answer = await World.Http.SendAsync(call);
                    Assert.Equal(((HttpStatusCode)status, code), (answer.StatusCode, await CodeOfAsync(answer)));
                }
                break;
            case CallGate.NotAllowed:
                // Another agency, with its own key.
                Assert.Equal(((HttpStatusCode)status, code), await TellAsync(body, new(Purpose: "keep_register"), agency: Traffic.Name));
                break;
            case CallGate.Unsigned:
                using (var bare = await World.Http.PostAsync("hooks/border", new ByteArrayContent(body)))
                {
                    Assert.Equal(((HttpStatusCode)status, code), (bare.StatusCode, await CodeOfAsync(bare)));
                }
                break;
            case CallGate.TooLarge:
                Assert.Equal(((HttpStatusCode)status, code), await TellAsync(new byte[(64 * 1024) + 1]));
                break;
        }
        await RecordedAsync(code);
    }

    [Fact]
    public async Task A_call_counts_once_and_a_restart_does_not_forget_it()
    {
        var (body, with) = (Crossing(), new CallSigning(Nonce: Base64Url.EncodeToString(Guid.CreateVersion7().ToByteArray())));
        var start = World.Clock.Now();
        CallSigning Same() => with with { Old = World.Clock.Now() - start };
        Assert.Equal(HttpStatusCode.Accepted, (await TellAsync(body, Same())).Status);
        Assert.Equal((HttpStatusCode.Conflict, CallGate.Replayed), await TellAsync(body, Same()));
        // The same message signed anew is the sender's own repetition.
        Assert.Equal(HttpStatusCode.Accepted, (await TellAsync(body)).Status);
        await RecordedAsync(CallGate.Replayed);
        await World.RestartAsync();
        Assert.Equal((HttpStatusCode.Conflict, CallGate.Replayed), await TellAsync(body, Same()));

        // When its time has long passed it is forgotten, and too old for it.
        Assert.True(await World.Get<Db>().SingleAsync<long>("SELECT count(*) FROM exchange_nonce") > 0);
        var clock = new TestClock();
        clock.Set(World.Clock.GetUtcNow() + TimeSpan.FromHours(1));
        var later = new NonceStore(World.Get<Db>(), World.Get<Platform.Writing.IWriter>(), clock);
        while (await later.ForgetAsync((change, cancel) => World.Get<Platform.Writing.IWriter>().WriteAsync(change, cancel: cancel), default) > 0)
        {
        }
        Assert.Equal(0, await World.Get<Db>().SingleAsync<long>("SELECT count(*) FROM exchange_nonce"));
    }

    [Fact]
    public async Task Sixteen_who_send_one_call_at_once_are_one()
    {
        var (body, with) = (Crossing(), new CallSigning(Nonce: Base64Url.EncodeToString(Guid.CreateVersion7().ToByteArray())));
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => TellAsync(body, with)));
        Assert.Single(answers, a => a.Status == HttpStatusCode.Accepted);
        Assert.All(answers.Where(a => a.Status != HttpStatusCode.Accepted), a => Assert.True(a is { Status: HttpStatusCode.Conflict, Code: CallGate.Replayed } or { Status: HttpStatusCode.ServiceUnavailable }, a.ToString()));
    }

    [Fact]
    public async Task Our_answer_is_signed_over_the_call_by_a_key_that_we_publish()
    {
        var set = await World.Http.GetStringAsync("trust/exchange.json");
        var key = Assert.Single(PublicKeyText.ReadAll(set));
        Assert.Equal(PublicKeyText.Of(World.Get<KeyStore>().PublicKey(KeyPurpose.Exchange)).Thumbprint, key.Thumbprint);
        var keys = World.SandboxApp.Services.GetRequiredService<StandInKeys>();
        var address = new Uri(World.Address, "hooks/border");
        foreach (var body in (byte[][])[Crossing(), "{}"u8.ToArray()])
        {
            using var call = AgencyCaller.Call(address, body, AlienRegister.Name, BorderWebhook.Operation, keys.Of(AlienRegister.Name), World.Clock.Now());
            using var answer = await World.Http.SendAsync(call);
            var signature = HttpSignature.Of(SignedMessage.Of(answer, SignedMessage.Of(call, address)))!;
            Assert.True(new MessageKey(key).Made(signature) && Exchange.Covers(signature, Exchange.CoveredByAnswer));
            var said = await answer.Content.ReadAsByteArrayAsync();
            Assert.True(HttpSignature.IsDigestOf(answer.Headers.GetValues(HttpSignature.DigestHeader).Single(), said));
            await StrangersAgreeAsync(call, body, answer, said, set, keys.SetOf(AlienRegister.Name));
        }
    }

    /// <summary>By another implementation of RFC 9421, where it is installed.</summary>
    private static async Task StrangersAgreeAsync(HttpRequestMessage call, byte[] body, HttpResponseMessage answer, byte[] said, params string[] keys)
    {
        var checks = Path.Combine(Repository.Root, "tests", "Independent");
        if (!Directory.Exists(Path.Combine(checks, "node_modules", "http-message-signatures")))
        {
            return;
        }
        static Dictionary<string, string> Fields(System.Net.Http.Headers.HttpHeaders headers) => headers.NonValidated.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString());
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new
            {
                request = new { method = call.Method.Method, url = call.RequestUri!.ToString(), headers = Fields(call.Headers), body = Convert.ToBase64String(body) },
                answer = new { status = (int)answer.StatusCode, headers = Fields(answer.Headers), body = Convert.ToBase64String(said) },
                keys = keys.SelectMany(set => JsonDocument.Parse(set).RootElement.GetProperty("keys").EnumerateArray()),
            }));
            using var node = Process.Start(new ProcessStartInfo("node", ["exchange.mjs", file]) { RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = checks })!;
            var output = await node.StandardOutput.ReadToEndAsync();
            await node.WaitForExitAsync();
            Assert.True(node.ExitCode == 0 && output.Contains("2 messages, 0 failed", StringComparison.Ordinal), output);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
