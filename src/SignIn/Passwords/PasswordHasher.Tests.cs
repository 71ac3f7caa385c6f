using System.Security.Cryptography;
using System.Text;
using Konscious.Security.Cryptography;

namespace Muqeem.SignIn.Passwords;

public class PasswordHasherTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_password_fits_its_own_hash_only()
    {
        using var hasher = new PasswordHasher();
        var stored = await hasher.HashAsync("جبل الطويق أخضر", Cancel);
        Assert.True((await hasher.CheckAsync("جبل الطويق أخضر", stored, Cancel)).Fits);
        Assert.False((await hasher.CheckAsync("جبل الطويق أخضر ", stored, Cancel)).Fits);
        Assert.False((await hasher.CheckAsync("جبل الطويق احضر", stored, Cancel)).Fits);
        Assert.False(stored == await hasher.HashAsync("جبل الطويق أخضر", Cancel), "Two hashes of one password are alike: the salt is missing.");
    }

    [Fact]
    public async Task The_cost_is_19_mebibytes_two_passes_one_lane()
    {
        using var hasher = new PasswordHasher();
        var stored = await hasher.HashAsync("whatever it is", Cancel);
        Assert.StartsWith("$argon2id$v=19$m=19456,t=2,p=1$", stored);
        var (cost, salt, hash, peppered) = PasswordHasher.Parse(stored);
        Assert.Equal(new Argon2Cost(19456, 2, 1), cost);
        Assert.Equal((16, 32, false), (salt.Length, hash.Length, peppered));
    }

    [Fact]
    public void The_library_makes_the_tag_of_RFC_9106_for_Argon2id()
    {
        using var argon = new Argon2id(Enumerable.Repeat((byte)1, 32).ToArray())
        {
            Salt = Enumerable.Repeat((byte)2, 16).ToArray(),
            KnownSecret = Enumerable.Repeat((byte)3, 8).ToArray(),
            AssociatedData = Enumerable.Repeat((byte)4, 12).ToArray(),
            MemorySize = 32,
            Iterations = 3,
            DegreeOfParallelism = 4,
        };
        Assert.Equal("0D640DF58D78766C08C037A34A8B53C9D01EF0452D75B65EB52520E96B01E659", Convert.ToHexString(argon.GetBytes(32)));
    }

    [Fact]
    public async Task A_hash_of_another_cost_still_fits_and_is_called_outdated()
    {
        using var hasher = new PasswordHasher();
        var salt = RandomNumberGenerator.GetBytes(16);
        using var cheap = new Argon2id(Encoding.UTF8.GetBytes("old but good")) { Salt = salt, MemorySize = 1024, Iterations = 1, DegreeOfParallelism = 1 };
        var stored = PasswordHasher.Format(new(1024, 1, 1), salt, cheap.GetBytes(32), peppered: false);
        Assert.Equal(new PasswordCheck(true, true), await hasher.CheckAsync("old but good", stored, Cancel));
        Assert.Equal(new PasswordCheck(true, false), await hasher.CheckAsync("old but good", await hasher.HashAsync("old but good", Cancel), Cancel));
    }

    [Fact]
    public async Task A_peppered_hash_does_not_fit_without_the_same_pepper()
    {
        using var peppered = new PasswordHasher(secret => HMACSHA256.HashData("pepper one"u8, secret));
        using var other = new PasswordHasher(secret => HMACSHA256.HashData("pepper two"u8, secret));
        using var none = new PasswordHasher();
        var stored = await peppered.HashAsync("a mountain of salt", Cancel);
        Assert.Contains(",keyid=p$", stored);
        Assert.Equal(new PasswordCheck(true, false), await peppered.CheckAsync("a mountain of salt", stored, Cancel));
        Assert.False((await other.CheckAsync("a mountain of salt", stored, Cancel)).Fits);
        await Assert.ThrowsAsync<InvalidOperationException>(() => none.CheckAsync("a mountain of salt", stored, Cancel));
        Assert.True((await peppered.CheckAsync("x y z x y z", await none.HashAsync("x y z x y z", Cancel), Cancel)).Outdated);
    }

    [Fact]
    public async Task Nothing_fits_the_hash_of_nobody_and_it_costs_the_same()
    {
        using var hasher = new PasswordHasher();
        Assert.Equal(Argon2Cost.Current, PasswordHasher.Parse(hasher.Nobody).Cost);
        Assert.False((await hasher.CheckAsync("", hasher.Nobody, Cancel)).Fits);
    }

    [Fact]
    public async Task A_flood_is_turned_away_instead_of_taking_all_memory()
    {
        using var hasher = new PasswordHasher();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var flood = Enumerable.Range(0, 160).Select(_ => hasher.HashAsync("flood flood flood", stop.Token)).ToArray();
        Assert.True(flood.Count(one => one.IsFaulted && one.Exception!.InnerException is HashingBusyException) >= 16);
        await stop.CancelAsync();
        await Task.WhenAll(flood.Select(one => one.ContinueWith(_ => { }, TaskScheduler.Default)));
        Assert.NotEmpty(await hasher.HashAsync("after the flood", Cancel));
    }
}
