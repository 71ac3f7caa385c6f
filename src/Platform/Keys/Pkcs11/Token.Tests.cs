using Microsoft.Extensions.Configuration;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Privacy;

namespace Muqeem.Platform.Keys.Pkcs11;

/// <summary>What only a token does.</summary>
[Collection(TokenForTest.Collection)]
public sealed class TokenTests : IDisposable
{
    private readonly FolderForTest _folder = new();
    private readonly Module _module = Module.Load(TokenForTest.Settings.Module);

    public void Dispose() => _folder.Dispose();

    private KeyStore Open(Func<TokenSettings, TokenSettings>? change = null) =>
        KeyStore.Open(_folder.Data, new KeySettings { Token = change is null ? TokenForTest.Settings : change(TokenForTest.Settings) }, _folder.Clock);

    [Fact]
    public void No_private_key_can_be_read_out_of_the_token()
    {
        using var store = Open();
        using var token = Token.Open(TokenForTest.Settings);
        var inToken = store.Inventory.Where(k => k.InToken).ToList();
        Assert.Equal([KeyPurpose.BlindIndex, KeyPurpose.NumberPermutation], store.Inventory.Where(k => !k.InToken).Select(k => k.Purpose).Order());
        foreach (var key in inToken)
        {
            byte[] id = [.. _folder.Data.Id.ToByteArray(bigEndian: true), .. System.Text.Encoding.UTF8.GetBytes(key.Id)];
            token.Use(s =>
            {
                var handle = token.Find(s, key.Id, id, TokenHolder.ClassOf(key.Algorithm))!.Value;
                Assert.True(token.ReadBool(s, handle, Attribute.Sensitive));
                Assert.True(token.ReadBool(s, handle, Attribute.Private));
                Assert.False(token.ReadBool(s, handle, Attribute.Extractable));
                Assert.True(token.ReadBool(s, handle, Attribute.NeverExtractable));
                Assert.Equal(Answer.AttributeSensitive, Assert.Throws<CryptokiException>(() => token.Read(s, handle, Attribute.Value)).Answer);
                return true;
            });
        }
        // Nor is one in the file: what is sealed there of a key in the token is its public half.
        Assert.All(inToken.Where(k => k.Algorithm is KeyAlgorithm.EcdsaP256), k => Assert.Equal(65, Stored(k.Id).AsSpan(^65..).Length));
        byte[] Stored(string keyId) => store.PublicKeys(store.Inventory.Single(k => k.Id == keyId).Purpose).Single(k => k.Id == keyId).SubjectPublicKeyInfo;
    }

    [Fact]
    public void A_session_that_is_lost_is_opened_again_and_the_call_repeated()
    {
        using var store = Open();
        var (wrapped, by) = store.Wrap(KeyPurpose.DataKeys, "key"u8, []);
        for (var i = 0; i < 3; i++)
        {
            CloseAllSessions();
            Assert.True(store.Verify(KeyPurpose.LiveQr, store.ActiveKey(KeyPurpose.LiveQr), "live"u8, store.Sign(KeyPurpose.LiveQr, "live"u8)));
            CloseAllSessions();
            Assert.Equal("key"u8.ToArray(), store.Unwrap(KeyPurpose.DataKeys, by, wrapped, []));
        }
        store.Rotate(KeyPurpose.Journal);
        CloseAllSessions();
        store.Rotate(KeyPurpose.LiveQr);
        Assert.Empty(store.Discrepancies());
    }

    [Fact]
    public unsafe void While_the_token_is_away_nothing_is_signed_and_a_sentence_says_so_and_then_it_goes_on()
    {
        using var store = Open();
        var (wrapped, by) = store.Wrap(KeyPurpose.DataKeys, "key"u8, []);
        Assert.Equal(Answer.Ok, _module.Functions.Finalize(null));
        try
        {
            Assert.Contains("is away", Assert.Throws<KeyUnavailableException>(() => store.Sign(KeyPurpose.LiveQr, "live"u8)).Message, StringComparison.Ordinal);
            Assert.Contains("is away", Assert.Throws<KeyUnavailableException>(() => store.Unwrap(KeyPurpose.DataKeys, by, wrapped, [])).Message, StringComparison.Ordinal);
            Assert.Contains("is away", Assert.Throws<KeyUnavailableException>(() => store.Rotate(KeyPurpose.LiveQr)).Message, StringComparison.Ordinal);
            // What needs no token goes on.
            Assert.Equal(32, store.Mac(KeyPurpose.BlindIndex, "2000000006"u8).Length);
        }
        finally
        {
            Assert.Equal(Answer.Ok, _module.Initialize());
        }
        Assert.True(store.Verify(KeyPurpose.LiveQr, store.ActiveKey(KeyPurpose.LiveQr), "live"u8, store.Sign(KeyPurpose.LiveQr, "live"u8)));
        Assert.Equal("key"u8.ToArray(), store.Unwrap(KeyPurpose.DataKeys, by, wrapped, []));
        Assert.Empty(store.Discrepancies());
    }

    [Fact]
    public void A_key_that_is_taken_out_of_the_token_while_the_service_runs_signs_nothing_more()
    {
        using var store = Open();
        using var token = Token.Open(TokenForTest.Settings);
        Assert.Equal(64, store.Sign(KeyPurpose.LiveQr, "live"u8).Length);
        new TokenVault(token, _folder.Data.Id).Destroy(new StoredKey(store.ActiveKey(KeyPurpose.LiveQr), KeyPurpose.LiveQr, KeyAlgorithm.EcdsaP256, 0, null, []) { InToken = true });
        Assert.Throws<KeyUnavailableException>(() => store.Sign(KeyPurpose.LiveQr, "live"u8));
        Assert.Equal(64, store.Sign(KeyPurpose.Journal, "checkpoint"u8).Length);
    }

    [Fact]
    public void Many_threads_that_lose_their_sessions_at_once_all_go_on()
    {
        using var store = Open();
        for (var round = 0; round < 10; round++)
        {
            // Between the calls: the library does not promise that a session may end under a running one.
            CloseAllSessions();
            Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            {
                var data = BitConverter.GetBytes(i);
                Assert.True(store.Verify(KeyPurpose.LiveQr, store.ActiveKey(KeyPurpose.LiveQr), data, store.Sign(KeyPurpose.LiveQr, data)));
            });
        }
    }

    [Fact]
    public void A_start_with_the_wrong_library_token_or_PIN_is_refused_with_a_sentence()
    {
        Open().Dispose();
        Assert.Contains("there is no file", Refused(t => t with { Module = "/usr/lib/none.so" }), StringComparison.Ordinal);
        Assert.Contains("cannot be used as a PKCS#11 library", Refused(t => t with { Module = typeof(TokenTests).Assembly.Location }), StringComparison.Ordinal);
        Assert.Contains("Insert it, or correct Keys:Pkcs11:Token", Refused(t => t with { Label = "another" }), StringComparison.Ordinal);
        // While others of the process are logged in, the library does not ask for a PIN.
        CloseAllSessions();
        Assert.Contains("The PIN does not open the token", Refused(t => t with { Pin = "0000-0000" }), StringComparison.Ordinal);
        Open().Dispose();
    }

    [Fact]
    public void Keys_do_not_move_between_file_and_token_by_a_setting()
    {
        Open().Dispose();
        Assert.Contains("lie in a token: set Keys:Pkcs11", Assert.Throws<CannotStartException>(() => KeyStore.Open(_folder.Data, passphrase: null, _folder.Clock)).Message, StringComparison.Ordinal);
        using var other = new FolderForTest();
        KeyStore.Open(other.Data, passphrase: null, other.Clock).Dispose();
        Assert.Contains("Keys do not move into a token",
            Assert.Throws<CannotStartException>(() => KeyStore.Open(other.Data, new KeySettings { Token = TokenForTest.Settings }, other.Clock)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_its_inventory_the_keys_of_a_folder_are_not_made_again()
    {
        Open().Dispose();
        File.Delete(KeyFile.PathIn(_folder.Data));
        Assert.Contains("keys/keystore.json is missing", Refused(t => t), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_vanished_from_the_token_or_was_put_there_by_somebody_is_noticed()
    {
        using var token = Token.Open(TokenForTest.Settings);
        using var store = Open();
        var vault = new TokenVault(token, _folder.Data.Id);
        var stranger = new StoredKey("live-qr-0000000000", KeyPurpose.LiveQr, KeyAlgorithm.EcdsaP256, 0, null, []) { InToken = true };
        vault.Make(stranger);
        Assert.Equal(["The key live-qr-0000000000 is in the token but not in the inventory."], store.Discrepancies());
        vault.Destroy(stranger);
        var gone = store.ActiveKey(KeyPurpose.Webhook);
        vault.Destroy(stranger with { Id = gone });
        Assert.Equal([$"The key {gone} is in the inventory but not in the token."], store.Discrepancies());
        Assert.Contains($"The key {gone} is in the inventory but not in the token", Refused(t => t), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_whose_making_was_interrupted_is_found_when_it_is_made_again()
    {
        using var token = Token.Open(TokenForTest.Settings);
        var vault = new TokenVault(token, _folder.Data.Id);
        foreach (var (purpose, algorithm) in ((KeyPurpose, KeyAlgorithm)[])[(KeyPurpose.LiveQr, KeyAlgorithm.EcdsaP256), (KeyPurpose.Journal, KeyAlgorithm.Ed25519), (KeyPurpose.DataKeys, KeyAlgorithm.Aes256Gcm)])
        {
            var line = new StoredKey($"{purpose.Word()}-1111111111", purpose, algorithm, 0, null, []) { InToken = true };
            var first = vault.Make(line);
            Assert.Equal(first.Material, vault.Make(line).Material);
            Assert.Contains(line.Id, vault.Content());
            vault.Destroy(line);
            Assert.DoesNotContain(line.Id, vault.Content());
        }
    }

    [Fact]
    public void The_settings_are_whole_or_refused_and_the_PIN_may_lie_in_a_file()
    {
        var file = Path.Combine(_folder.Data.Scratch, "pin");
        File.WriteAllText(file, "1234\n");
        TokenSettings? From(params (string, string)[] settings) => TokenSettings.From(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Item1, (string?)s.Item2))).Build());
        Assert.Null(From());
        Assert.Equal(new TokenSettings("/m.so", "t", "1234"), From(("Module", "/m.so"), ("Token", "t"), ("PinFile", file)));
        Assert.DoesNotContain("1234", From(("Module", "/m.so"), ("Token", "t"), ("Pin", "1234"))!.ToString(), StringComparison.Ordinal);
        Assert.Throws<CannotStartException>(() => From(("Module", "/m.so")));
        Assert.Throws<CannotStartException>(() => From(("Module", "/m.so"), ("Token", "t")));
        Assert.Throws<CannotStartException>(() => From(("Module", "/m.so"), ("Token", "t"), ("PinFile", file + "?")));
        Assert.Throws<CannotStartException>(() => From(("Module", "/m.so"), ("Token", "t"), ("Pin", "1"), ("Sessions", "0")));
    }

    private string Refused(Func<TokenSettings, TokenSettings> change) => Assert.Throws<CannotStartException>(() => Open(change)).Message;

    /// <summary>Behind the store's back, as when the token was pulled out and put in again.</summary>
    private unsafe void CloseAllSessions()
    {
        nuint count = 0;
        Assert.Equal(Answer.Ok, _module.Functions.GetSlotList(1, null, &count));
        var slots = new nuint[(int)count];
        fixed (nuint* at = slots)
        {
            Assert.Equal(Answer.Ok, _module.Functions.GetSlotList(1, at, &count));
        }
        foreach (var slot in slots)
        {
            _module.Functions.CloseAllSessions(slot);
        }
    }
}
