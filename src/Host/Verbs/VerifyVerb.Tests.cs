using System.Buffers.Text;
using System.Formats.Cbor;
using System.Text;
using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Credentials.Offline;
using Muqeem.Credentials.Offline.TestIds;
using Muqeem.Platform.Database;
using Muqeem.Platform.Signatures;
using Muqeem.Platform.Files;
using Muqeem.Platform.Files.Media;
using Muqeem.Tests;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Trust;

namespace Muqeem.Host.Verbs;

/// <summary>The verb as it is called, on the files that an integrator gets.</summary>
public sealed class VerifyVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("muqeem-verify-").FullName;
    private readonly TestClock _clock = new();
    private readonly TestSet _set;

    public VerifyVerbTests()
    {
        _set = OfflineVerbs.PressOf(new Microsoft.Extensions.Configuration.ConfigurationBuilder().Build(), _clock).Current();
        foreach (var file in _set.Files.Values)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(At(file.Name))!);
            File.WriteAllBytes(At(file.Name), file.Bytes);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string At(string name) => Path.Combine(_folder, name);

    private string[] Trusting => ["--bundle=" + At(TestIdPress.BundleName), "--roots=" + At(TestIdPress.RootsName)];

    private async Task<(int Code, string Said, string Errors)> RunAsync(string[] args, byte[]? input = null, Func<ReadOnlyMemory<byte>, Task<Kernel.Result<IReadOnlyList<string>>>>? codes = null)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var verb = new VerifyVerb(output, errors, new MemoryStream(input ?? []), _clock, codes ?? (_ => throw new InvalidOperationException("There is no picture.")));
        return (await verb.ExecuteAsync(args), output.ToString(), errors.ToString());
    }

    private Task<(int Code, string Said, string Errors)> CheckAsync(string operand, params string[] more) => RunAsync([operand, .. Trusting, .. more]);

    [Fact]
    public async Task Each_test_ID_ends_with_the_code_of_its_verdict_and_says_why()
    {
        foreach (var test in _set.Cases)
        {
            var (code, said, _) = await CheckAsync(At(test.File), "--json");
            Assert.Equal(test.Verdict switch { "valid" => 0, "not_valid" => 1, _ => 3 }, code);
            using var json = JsonDocument.Parse(said);
            string? Of(string name) => json.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
            Assert.Equal((test.Verdict, test.Why, test.Reason), (Of("verdict"), Of("why"), Of("reason")));
        }
    }

    [Fact]
    public async Task A_good_ID_is_told_in_sentences_with_what_it_shows()
    {
        var (code, said, _) = await CheckAsync(At("valid.sd-jwt"));
        Assert.Equal(0, code);
        Assert.StartsWith("Valid\nThe ID is genuine and good.\nSPECIMEN", said.ReplaceLineEndings("\n"));
        Assert.Contains("compare the photo", said);
        Assert.Contains("family_name: SPECIMEN", said);
        Assert.Contains("15 March 2026", said);
        Assert.DoesNotContain("data:image/jpeg;base64," + new string('A', 200), said);
        Assert.All(said.Split('\n'), line => Assert.InRange(line.Length, 0, 400));

        var (_, arabic, _) = await CheckAsync(At("revoked.sd-jwt"), "--lang=ar");
        Assert.StartsWith("غير", arabic);
        Assert.Contains("سُحبت نهائيًا", arabic);
        Assert.Contains("status_revoked", arabic);
    }

    [Fact]
    public async Task It_comes_from_a_file_from_the_argument_or_from_standard_input()
    {
        var sdJwt = _set.Files["valid.sd-jwt"].Bytes;
        var mdoc = _set.Files["valid.mdoc"].Bytes;
        Assert.Equal(0, (await CheckAsync(Encoding.ASCII.GetString(sdJwt))).Code);
        Assert.Equal(0, (await RunAsync(["-", .. Trusting], sdJwt)).Code);
        Assert.Equal(0, (await RunAsync(["-", .. Trusting], mdoc)).Code);
        Assert.Equal(0, (await RunAsync(["-", .. Trusting], Encoding.ASCII.GetBytes(Base64Url.EncodeToString(mdoc) + "\n"))).Code);
        Assert.Equal(0, (await CheckAsync(Base64Url.EncodeToString(mdoc))).Code);
        Assert.Equal(1, (await CheckAsync(Encoding.ASCII.GetString(_set.Files["frozen.qr.txt"].Bytes).Trim())).Code);
        Assert.Equal(1, (await RunAsync(["-", .. Trusting], "not an ID at all"u8.ToArray())).Code);
        Assert.Equal(1, (await RunAsync(["-", .. Trusting], [])).Code);
        Assert.Equal(2, (await RunAsync(["-", .. Trusting], new byte[(12 * 1024 * 1024) + 1])).Code);
    }

    [Fact]
    public async Task A_status_list_is_verified_too()
    {
        foreach (var name in new[] { TestIdPress.StatusJwtName, TestIdPress.StatusCwtName })
        {
            var (code, said, _) = await CheckAsync(At(name), "--json");
            Assert.Equal(0, code);
            using var json = JsonDocument.Parse(said);
            Assert.Equal(("https://muqeem.example/trust/test/status/1", 1 << 20, 2), (json.RootElement.GetProperty("uri").GetString(), json.RootElement.GetProperty("places").GetInt32(), json.RootElement.GetProperty("bits").GetInt32()));
            var bytes = _set.Files[name].Bytes.ToArray();
            bytes[^4] ^= 1;
            Assert.Equal(1, (await RunAsync(["-", .. Trusting], bytes)).Code);
        }
    }

    [Fact]
    public async Task A_holders_proof_that_cannot_be_checked_is_told_and_is_no_fault_of_the_ID()
    {
        var sdJwt = Encoding.ASCII.GetString(_set.Files["valid.sd-jwt"].Bytes);
        var holder = PublishedKey.Of("holder");
        string Proof(string nonce)
        {
            var hash = Base64Url.EncodeToString(System.Security.Cryptography.SHA256.HashData(Encoding.ASCII.GetBytes(sdJwt)));
            var signed = Base64Url.EncodeToString("""{"alg":"ES256","typ":"kb+jwt"}"""u8) + "." + Base64Url.EncodeToString(Encoding.ASCII.GetBytes(
                $$"""{"iat":{{_clock.GetUtcNow().ToUnixTimeSeconds()}},"aud":"https://bank.example","nonce":"{{nonce}}","sd_hash":"{{hash}}"}"""));
            return sdJwt + signed + "." + Base64Url.EncodeToString(holder.Sign(Encoding.ASCII.GetBytes(signed)));
        }
        var (code, said, _) = await CheckAsync(Proof("n1"), "--json");
        Assert.Equal(0, code);
        Assert.Contains("\"bound\":false,\"proof_unchecked\":true", said);
        var bound = await CheckAsync(Proof("n1"), "--aud=https://bank.example", "--nonce=n1", "--json");
        Assert.Contains("\"bound\":true,\"proof_unchecked\":false", bound.Said);
        var other = await CheckAsync(Proof("n2"), "--aud=https://bank.example", "--nonce=n1", "--json");
        Assert.Equal(1, other.Code);
        Assert.Contains("\"not_holder\"", other.Said);
        Assert.Equal(2, (await CheckAsync(Proof("n1"), "--aud=https://bank.example")).Code);
    }

    [Fact]
    public async Task What_a_device_presents_is_read_without_its_session_as_the_bare_document()
    {
        byte[] Response(params string[] documents)
        {
            var w = new CborWriter();
            w.WriteStartMap(3);
            w.WriteTextString("version");
            w.WriteTextString("1.0");
            w.WriteTextString("documents");
            w.WriteStartArray(documents.Length);
            foreach (var document in documents)
            {
                w.WriteStartMap(2);
                w.WriteTextString("docType");
                w.WriteTextString("org.iso.23220.photoID.1");
                w.WriteTextString("issuerSigned");
                w.WriteEncodedValue(_set.Files[document].Bytes);
                w.WriteEndMap();
            }
            w.WriteEndArray();
            w.WriteTextString("status");
            w.WriteInt32(0);
            w.WriteEndMap();
            return w.Encode();
        }
        var (code, said, _) = await RunAsync(["-", .. Trusting, "--json"], Response("valid.mdoc"));
        Assert.Equal(0, code);
        Assert.Contains("\"proof_unchecked\":true", said);
        var two = await RunAsync(["-", .. Trusting, "--json"], Response("valid.mdoc", "suspended.mdoc"));
        Assert.Equal((1, 2), (two.Code, two.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
        // With a session the proof counts, and here there is none.
        await File.WriteAllBytesAsync(At("session"), [0x83, 0xf6, 0xf6, 0x80]);
        Assert.Equal(1, (await RunAsync(["-", .. Trusting, "--session=" + At("session")], Response("valid.mdoc"))).Code);
    }

    [Fact]
    public async Task A_missing_or_old_bundle_never_reads_as_a_no()
    {
        var none = await RunAsync([At("revoked.sd-jwt"), "--Data=" + At("nothing")]);
        Assert.Equal(3, none.Code);
        Assert.StartsWith("Cannot say", none.Said);
        Assert.Contains("/trust/bundle", none.Said);
        Assert.Equal(3, (await RunAsync([At("revoked.sd-jwt"), Trusting[0], "--Data=" + At("nothing")])).Code);

        foreach (var (at, why) in new[] { ("2026-03-17T09:00:00Z", "bundle_old"), ("2026-03-14", "clock") })
        {
            var (code, said, _) = await CheckAsync(At("revoked.sd-jwt"), "--at=" + at, "--json");
            Assert.Equal(3, code);
            using var json = JsonDocument.Parse(said);
            Assert.Equal(("cannot_say", why), (json.RootElement.GetProperty("verdict").GetString(), json.RootElement.GetProperty("why").GetString()));
        }
        // Of another root, or damaged.
        var text = Encoding.ASCII.GetString(_set.Files[TestIdPress.BundleName].Bytes);
        await File.WriteAllTextAsync(At("damaged.jwt"), text[..^2] + (text[^2] == 'A' ? "BA" : "AA"));
        var damaged = await RunAsync([At("revoked.sd-jwt"), "--bundle=" + At("damaged.jwt"), Trusting[1], "--json"]);
        Assert.Equal(3, damaged.Code);
        Assert.Contains("\"bundle_refused\"", damaged.Said);
        Assert.DoesNotContain("revoked", damaged.Said);
    }

    [Theory]
    [InlineData]
    [InlineData("no-such-file.jwt")]
    [InlineData("valid", "--lang=de")]
    [InlineData("valid", "--at=yesterday")]
    [InlineData("valid", "--what=ever")]
    [InlineData("valid", "--bundle")]
    [InlineData("valid", "another")]
    [InlineData("valid", "--bundle=/no/such/file")]
    public async Task Whoever_calls_it_wrongly_is_told(params string[] args)
    {
        var (code, said, errors) = await RunAsync([.. args.Select(a => a == "valid" ? At("valid.sd-jwt") : a)]);
        Assert.Equal((2, ""), (code, said));
        Assert.StartsWith("muqeem", errors);
    }

    [Fact]
    public async Task A_code_is_read_from_a_picture()
    {
        using var child = FilesForTest.Child();
        var reader = new PictureReader(child, _clock);
        async Task<(int Code, string Said, string Errors)> PictureAsync(byte[] picture) => await RunAsync(["-", .. Trusting, "--json"], picture, async file => await reader.ReadQrAsync(file));
        var (code, said, _) = await PictureAsync(_set.Files["valid.qr.png"].Bytes);
        Assert.Equal(0, code);
        Assert.Contains("\"qr_card\"", said);
        Assert.Equal(1, (await PictureAsync(_set.Files["forged.qr.png"].Bytes)).Code);
        var empty = await PictureAsync(FilesForTest.Jpeg());
        Assert.Equal(3, empty.Code);
        Assert.Contains("\"no_code\"", empty.Said);
        var cut = await PictureAsync(_set.Files["valid.qr.png"].Bytes[..100]);
        Assert.Equal(3, cut.Code);
        Assert.Contains("\"unreadable\"", cut.Said);
    }
}

/// <summary>The bundle made from the folder, with no server.</summary>
public sealed class BundleVerbTests
{
    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.PostgreSql)]
    public async Task A_bundle_is_made_where_no_server_runs(DatabaseKind kind)
    {
        var database = await TestDatabase.EmptyAsync(kind);
        var folder = Directory.CreateTempSubdirectory("muqeem-bundle-").FullName;
        try
        {
            var (data, file) = (Path.Combine(folder, "data"), Path.Combine(folder, "today.jwt"));
            string[] args =
            [
                "--Data=" + data, "--Kind=demonstration", "--PostgreSql=" + database.PostgreSql, "--To=" + file, "--Logging:LogLevel:Default=Warning",
                .. new[] { PaymentGateway.Name, AlienRegister.Name, LabourContracts.Name, DomesticWork.Name }.Select(a => $"--Agencies:{a}:Keys={PublicKeyText.SetOf([AgencyCaller.NewSigner().Key])}"),
            ];
            Assert.Equal(0, await OfflineVerbs.BundleAsync(args));
            var roots = TrustAnchors.FromPem(await File.ReadAllTextAsync(Path.Combine(data, "offline", BundlePress.RootsName), TestContext.Current.CancellationToken)).Value;
            var trust = OfflineTrust.Open(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), roots, TimeProvider.System.GetUtcNow(), new OfflineTrustOptions());
            Assert.True(trust.Ok, trust.Reason.ToString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
