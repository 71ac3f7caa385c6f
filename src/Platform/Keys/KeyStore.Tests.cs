using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Privacy;

namespace Muqeem.Platform.Keys;

public sealed class KeysInFileTests : KeyStoreTests
{
    private protected override KeySettings Settings { get; } = new();
}

[Collection(TokenForTest.Collection)]
public sealed class KeysInTokenTests : KeyStoreTests
{
    private protected override KeySettings Settings { get; } = new() { Token = TokenForTest.Settings };
}

/// <summary>The same promises wherever the keys lie.</summary>
public abstract class KeyStoreTests : IDisposable
{
    private readonly FolderForTest _folder = new();

    private protected abstract KeySettings Settings { get; }

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private KeyStore Open() => KeyStore.Open(_folder.Data, Settings, _folder.Clock);

    [Fact]
    public void The_first_run_makes_one_key_for_each_purpose_and_later_runs_find_the_same()
    {
        byte[] mac;
        byte[] x;
        using (var store = Open())
        {
            Assert.Equal(Enum.GetValues<KeyPurpose>(), store.Inventory.Select(k => k.Purpose).Order());
            mac = store.Mac(KeyPurpose.BlindIndex, "2000000006"u8);
            x = store.PublicKey(KeyPurpose.LiveQr).X;
        }
        using var again = Open();
        Assert.Equal(mac, again.Mac(KeyPurpose.BlindIndex, "2000000006"u8));
        Assert.Equal(x, again.PublicKey(KeyPurpose.LiveQr).X);
        Assert.NotEqual(mac, again.Mac(KeyPurpose.Webhook, "2000000006"u8));
    }

    [Fact]
    public void The_inventory_and_what_is_really_there_are_the_same_before_and_after_every_act()
    {
        using var store = Open();
        void Same()
        {
            Assert.Empty(store.Discrepancies());
            Assert.Equal(store.Inventory.Where(k => k.State != KeyState.Destroyed).Select(k => k.Id).Order(StringComparer.Ordinal), Works().Order(StringComparer.Ordinal));
        }
        // What answers is there: each key does its work.
        IEnumerable<string> Works() => store.Inventory.Where(k => k.State != KeyState.Destroyed && k.Algorithm switch
        {
            KeyAlgorithm.HmacSha256 => k.State != KeyState.Active || store.Mac(k.Purpose, "x"u8).Length == 32,
            KeyAlgorithm.Aes256Gcm => k.State != KeyState.Active || store.Wrap(k.Purpose, "x"u8, []).KeyId == k.Id,
            _ => store.PublicKeys(k.Purpose).Any(p => p.Id == k.Id),
        }).Select(k => k.Id);

        Same();
        var former = store.ActiveKey(KeyPurpose.DataKeys);
        foreach (var purpose in Enum.GetValues<KeyPurpose>().Where(p => p.CanRotate()))
        {
            store.Rotate(purpose);
            Same();
        }
        store.Destroy(former);
        Same();
        Assert.Equal((KeyState.Destroyed, _folder.Clock.GetUtcNow()), store.Inventory.Where(k => k.Id == former).Select(k => (k.State, k.Destroyed!.Value.ToDateTimeOffset())).Single());
        Assert.Throws<InvalidOperationException>(() => store.Destroy(store.ActiveKey(KeyPurpose.DataKeys)));
        using var again = Open();
        Assert.Equal(store.Inventory, again.Inventory);
        Assert.Empty(again.Discrepancies());
    }

    [Fact]
    public void What_was_wrapped_under_a_destroyed_key_never_opens_again()
    {
        using var store = Open();
        var (wrapped, by) = store.Wrap(KeyPurpose.DataKeys, "key"u8, []);
        store.Rotate(KeyPurpose.DataKeys);
        store.Destroy(by);
        Assert.Throws<CryptographicException>(() => store.Unwrap(KeyPurpose.DataKeys, by, wrapped, []));
        using var again = Open();
        Assert.Throws<CryptographicException>(() => again.Unwrap(KeyPurpose.DataKeys, by, wrapped, []));
    }

    [Fact]
    public void One_process_uses_what_another_rotated()
    {
        using var one = Open();
        using var other = Open();
        one.Rotate(KeyPurpose.LiveQr);
        one.Rotate(KeyPurpose.DataKeys);
        var (wrapped, by) = one.Wrap(KeyPurpose.DataKeys, "key"u8, []);
        Assert.Equal("key"u8.ToArray(), other.Unwrap(KeyPurpose.DataKeys, by, wrapped, []));
        other.Refresh();
        Assert.Equal(one.ActiveKey(KeyPurpose.LiveQr), other.ActiveKey(KeyPurpose.LiveQr));
        // Neither loses what the other did.
        other.Rotate(KeyPurpose.Webhook);
        one.Rotate(KeyPurpose.WebProtection);
        other.Refresh();
        Assert.Equal(one.Inventory, other.Inventory);
    }

    [Fact]
    public void The_journal_is_signed_by_Ed25519()
    {
        using var store = Open();
        var signature = store.Sign(KeyPurpose.Journal, "checkpoint"u8, out var id);
        Assert.True(Muqeem.Verifier.Cryptography.Ed25519.Verify(store.PublicKey(KeyPurpose.Journal).X, "checkpoint"u8, signature));
        Assert.True(store.Verify(KeyPurpose.Journal, id, "checkpoint"u8, signature));
        Assert.False(store.Verify(KeyPurpose.Journal, id, "Checkpoint"u8, signature));
    }

    [Fact]
    public void A_wrapped_secret_opens_only_whole_and_with_its_associated_data()
    {
        using var store = Open();
        var (wrapped, by) = store.Wrap(KeyPurpose.DataKeys, "key"u8, "of Ali"u8);
        Assert.Equal("key"u8.ToArray(), store.Unwrap(KeyPurpose.DataKeys, by, wrapped, "of Ali"u8));
        Assert.ThrowsAny<CryptographicException>(() => store.Unwrap(KeyPurpose.DataKeys, by, wrapped, "of Sara"u8));
        for (var i = 0; i < wrapped.Length; i++)
        {
            wrapped[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => store.Unwrap(KeyPurpose.DataKeys, by, wrapped, "of Ali"u8));
            wrapped[i] ^= 1;
        }
        Assert.ThrowsAny<CryptographicException>(() => store.Unwrap(KeyPurpose.DataKeys, by, wrapped.AsSpan(0, 27), "of Ali"u8));
        Assert.Equal([], store.Unwrap(KeyPurpose.DataKeys, by, store.Wrap(KeyPurpose.DataKeys, [], []).Wrapped, []));
    }

    [Fact]
    public void Two_processes_that_start_at_once_make_one_store()
    {
        var stores = new KeyStore[4];
        Parallel.For(0, 4, i => stores[i] = Open());
        Assert.Single(stores.Select(s => s.ActiveKey(KeyPurpose.DataKeys)).Distinct());
        foreach (var store in stores)
        {
            store.Dispose();
        }
    }

    [Fact]
    public void Signatures_are_ES256_and_verify_with_the_published_key()
    {
        using var store = Open();
        var signature = store.Sign(KeyPurpose.LiveQr, "live"u8, out var id);
        var key = store.PublicKey(KeyPurpose.LiveQr);
        using var verifier = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = key.X, Y = key.Y } });

        Assert.Equal((64, id), (signature.Length, key.Id));
        Assert.True(verifier.VerifyData("live"u8, signature, HashAlgorithmName.SHA256));
        Assert.True(store.Verify(KeyPurpose.LiveQr, id, "live"u8, signature));
        Assert.False(store.Verify(KeyPurpose.LiveQr, id, "Live"u8, signature));
        Assert.False(store.Verify(KeyPurpose.LiveQr, "live-qr-unknown", "live"u8, signature));
    }

    [Fact]
    public void After_a_rotation_the_former_key_still_verifies_and_unwraps()
    {
        using var store = Open();
        var signature = store.Sign(KeyPurpose.Journal, "checkpoint"u8, out var former);
        var mac = store.Mac(KeyPurpose.Webhook, "body"u8);
        var (wrapped, by) = store.Wrap(KeyPurpose.DataKeys, "key"u8, "of Ali"u8);
        store.Rotate(KeyPurpose.Journal);
        store.Rotate(KeyPurpose.Webhook);
        store.Rotate(KeyPurpose.DataKeys);

        using var again = Open();
        Assert.NotEqual(former, again.ActiveKey(KeyPurpose.Journal));
        Assert.Equal([again.ActiveKey(KeyPurpose.Journal), former], again.PublicKeys(KeyPurpose.Journal).Select(k => k.Id));
        Assert.True(again.Verify(KeyPurpose.Journal, former, "checkpoint"u8, signature));
        Assert.True(again.VerifyMac(KeyPurpose.Webhook, "body"u8, mac));
        Assert.NotEqual(mac, again.Mac(KeyPurpose.Webhook, "body"u8));
        Assert.Equal("key"u8.ToArray(), again.Unwrap(KeyPurpose.DataKeys, by, wrapped, "of Ali"u8));
        Assert.Equal(KeyState.Retired, again.Inventory.Single(k => k.Id == former).State);
    }

    [Fact]
    public void Keys_by_which_stored_values_are_found_cannot_be_rotated()
    {
        using var store = Open();
        Assert.Throws<InvalidOperationException>(() => store.Rotate(KeyPurpose.BlindIndex));
        Assert.Throws<InvalidOperationException>(() => store.Rotate(KeyPurpose.NumberPermutation));
    }

    [Fact]
    public void A_key_does_only_what_its_purpose_allows()
    {
        using var store = Open();
        Assert.Throws<InvalidOperationException>(() => store.Sign(KeyPurpose.BlindIndex, "x"u8));
        Assert.Throws<InvalidOperationException>(() => store.Mac(KeyPurpose.LiveQr, "x"u8));
        Assert.Throws<InvalidOperationException>(() => store.PublicKey(KeyPurpose.Webhook));
        var (wrapped, by) = store.Wrap(KeyPurpose.DataKeys, "key"u8, []);
        Assert.ThrowsAny<CryptographicException>(() => store.Unwrap(KeyPurpose.WebProtection, by, wrapped, []));
    }

    [Fact]
    public void Many_threads_sign_and_unwrap_at_once()
    {
        using var store = Open();
        var (wrapped, by) = store.Wrap(KeyPurpose.DataKeys, "key"u8, []);
        Parallel.For(0, 500, i =>
        {
            var data = BitConverter.GetBytes(i);
            Assert.True(store.Verify(KeyPurpose.LiveQr, store.ActiveKey(KeyPurpose.LiveQr), data, store.Sign(KeyPurpose.LiveQr, data)));
            Assert.Equal("key"u8.ToArray(), store.Unwrap(KeyPurpose.DataKeys, by, wrapped, []));
        });
    }
}

/// <summary>The encrypted file itself.</summary>
public sealed class KeyFileTests : IDisposable
{
    private readonly FolderForTest _folder = new();

    public void Dispose() => _folder.Dispose();

    private KeyStore Open(string? passphrase = null) => KeyStore.Open(_folder.Data, passphrase, _folder.Clock);

    private string File => Path.Combine(_folder.Data.Keys, "keystore.json");

    [Fact]
    public void The_file_holds_no_key_and_only_its_owner_may_read_it()
    {
        using var store = Open("correct horse battery");
        var text = System.IO.File.ReadAllText(File);
        Assert.Contains(store.ActiveKey(KeyPurpose.DataKeys), text, StringComparison.Ordinal);
        Assert.DoesNotContain("material", text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        Assert.False(System.IO.File.Exists(_folder.Data.MasterSecret));
    }

    [Fact]
    public void A_store_opens_only_with_what_it_was_made_with()
    {
        Open("correct horse battery").Dispose();
        Open("correct horse battery").Dispose();
        Assert.Contains("does not open", Refused("wrong horse battery"), StringComparison.Ordinal);
        Assert.Contains("needs its passphrase", Refused(null), StringComparison.Ordinal);
        Assert.Contains("too short", Assert.Throws<CannotStartException>(() => KeyStore.Open(new FolderForTest().Data, "short", _folder.Clock)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_its_secret_a_store_does_not_open_and_no_new_one_is_made()
    {
        Open().Dispose();
        var before = System.IO.File.ReadAllBytes(File);
        System.IO.File.Delete(_folder.Data.MasterSecret);
        Assert.Contains("is missing", Refused(null), StringComparison.Ordinal);
        Assert.Equal(before, System.IO.File.ReadAllBytes(File));
    }

    [Fact]
    public void A_secret_that_others_can_read_is_refused()
    {
        Open().Dispose();
        System.IO.File.SetUnixFileMode(_folder.Data.MasterSecret, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Contains("chmod 600", Refused(null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"format":1,"secret":"File","salt":"AA==","inventory":[],"sealed":"AA=="}""")]
    public void A_damaged_store_is_refused_with_a_sentence(string content)
    {
        Open().Dispose();
        System.IO.File.WriteAllText(File, content);
        Assert.NotEmpty(Refused(null));
    }

    [Fact]
    public void The_keys_of_one_folder_do_not_open_in_another()
    {
        Open().Dispose();
        using var other = new FolderForTest(FolderKind.Real);
        KeyStore.Open(other.Data, null, _folder.Clock).Dispose();
        System.IO.File.Copy(File, Path.Combine(other.Data.Keys, "keystore.json"), overwrite: true);
        System.IO.File.Copy(_folder.Data.MasterSecret, other.Data.MasterSecret, overwrite: true);
        Assert.Contains("of another folder", Assert.Throws<CannotStartException>(() => KeyStore.Open(other.Data, null, _folder.Clock)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cookies_stay_readable_after_a_restart_and_the_web_keys_do_not_lie_in_clear()
    {
        ServiceProvider Start(KeyStore store) => new ServiceCollection().AddSingleton(store).AddLogging().AddWebKeys(_folder.Data).BuildServiceProvider();
        string cookie;
        using (var store = Open())
        using (var services = Start(store))
        {
            cookie = services.GetRequiredService<IDataProtectionProvider>().CreateProtector("sign-in").Protect("Ali");
        }
        using (var store = Open())
        using (var services = Start(store))
        {
            Assert.Equal("Ali", services.GetRequiredService<IDataProtectionProvider>().CreateProtector("sign-in").Unprotect(cookie));
        }
        var stored = XDocument.Load(Assert.Single(Directory.GetFiles(_folder.Data.WebKeys)));
        Assert.NotNull(stored.Descendants("wrapped").Single().Attribute("by"));
        Assert.Empty(stored.Descendants("masterKey"));
    }

    private string Refused(string? passphrase) => Assert.Throws<CannotStartException>(() => Open(passphrase)).Message;
}
