using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Platform.Privacy;

public sealed class SealingTests : IDisposable
{
    private sealed record Name(string First, string Family, LocalDate Born, PersonId Head, Money Due);

    private readonly PrivacyWorld _world = new();
    private readonly PersonId _ali;
    private readonly PersonId _sara;
    private readonly Name _name;

    public SealingTests()
    {
        _ali = PersonId.New(_world.Clock);
        _sara = PersonId.New(_world.Clock);
        _name = new Name("علي", "الأنصاري", new LocalDate(1990, 2, 28), _sara, Money.Riyals(12.5m));
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task What_was_sealed_opens_as_it_was()
    {
        var context = _world.Context(_ali);
        var sealedName = await _world.Sealer.SealAsync(_world.Change(), context, _name);

        var access = _world.Door.Enter(_world.Officer, Purpose.DecideCase, null, "office.case", _ali);

        Assert.Equal(_name, await _world.Door.OpenAsync<Name>(access, context, sealedName.Cipher));
        Assert.Equal(-1, sealedName.Cipher.AsSpan().IndexOf(Encoding.UTF8.GetBytes("علي")));
    }

    [Fact]
    public async Task The_same_value_sealed_twice_shows_no_likeness()
    {
        var context = _world.Context(_ali);
        var one = await _world.Sealer.SealAsync(_world.Change(), context, _name);
        var two = await _world.Sealer.SealAsync(_world.Change(), context, _name);

        Assert.NotEqual(one.Cipher, two.Cipher);
        Assert.NotEqual(one.Commitment, two.Commitment);
    }

    [Fact]
    public async Task The_commitment_is_recomputed_from_what_opens()
    {
        var context = _world.Context(_ali);
        var sealedName = await _world.Sealer.SealAsync(_world.Change(), context, _name);
        var access = _world.Door.Enter(_world.Officer, Purpose.Audit, null, "journal.verify", _ali);

        var salted = await _world.Door.OpenSaltedAsync(access, context, sealedName.Cipher, default);

        Assert.Equal(sealedName.Commitment, SHA256.HashData(salted));
        Assert.Equal(JsonSerializer.SerializeToUtf8Bytes(_name, StoredJson.Options), salted[16..]);
    }

    public static TheoryData<string> Moves => ["row", "table", "class", "person"];

    [Theory]
    [MemberData(nameof(Moves))]
    public async Task A_blob_moved_elsewhere_does_not_open(string move)
    {
        var context = _world.Context(_ali);
        var sealedName = await _world.Sealer.SealAsync(_world.Change(), context, _name);
        await _world.Sealer.SealAsync(_world.Change(), context with { Class = RetentionClass.Case }, _name);
        await _world.Sealer.SealAsync(_world.Change(), context with { Person = _sara }, _name);
        var moved = move switch
        {
            "row" => context with { Row = Guid.CreateVersion7(_world.Clock.GetUtcNow()) },
            "table" => context with { Table = "case_request" },
            "class" => context with { Class = RetentionClass.Case },
            _ => context with { Person = _sara },
        };
        var access = _world.Door.Enter(_world.Officer, Purpose.DecideCase, null, "office.case", _ali, _sara);

        // Under another key it is as good as erased; under the same key the seal is broken.
        await Assert.ThrowsAnyAsync<Exception>(async () => await _world.Door.OpenAsync<Name>(access, moved, sealedName.Cipher));
        Assert.Equal(_name, await _world.Door.OpenAsync<Name>(access, context, sealedName.Cipher));
    }

    [Fact]
    public async Task One_changed_bit_anywhere_is_noticed()
    {
        var context = _world.Context(_ali);
        var sealedName = await _world.Sealer.SealAsync(_world.Change(), context, "x");
        var access = _world.Door.Enter(_world.Officer, Purpose.DecideCase, null, "office.case", _ali);
        for (var i = 0; i < sealedName.Cipher.Length; i++)
        {
            var changed = sealedName.Cipher.ToArray();
            changed[i] ^= 1;
            await Assert.ThrowsAnyAsync<Exception>(async () => await _world.Door.OpenAsync<string>(access, context, changed));
        }
    }

    [Fact]
    public async Task The_first_value_of_a_person_stores_the_key_before_it_is_sealed()
    {
        var change = _world.Change();
        await _world.Sealer.SealAsync(change, _world.Context(_ali), _name);

        // One write makes the keys of every class.
        Assert.Equal(Enum.GetValues<RetentionClass>().Select(c => (_ali, c)), Assert.Single(_world.Writer.Written).Keys.Select(k => (k.Person, k.Class)));
        Assert.Empty(change.Keys);

        await _world.Sealer.SealAsync(change, _world.Context(_ali), _name);
        Assert.Single(_world.Writer.Written);
    }

    [Fact]
    public async Task Two_nodes_that_make_a_key_at_once_end_up_with_one()
    {
        var held = new TaskCompletionSource();
        _world.Writer.Gate = held.Task;
        using var otherKeys = new DataKeys(_world.Keys, _world.Writer, _world.Writer.FindAsync, _world.Clock);
        var otherNode = new Sealer(otherKeys);
        var context = _world.Context(_ali);

        var here = _world.Sealer.SealAsync(_world.Change(), context, "here").AsTask();
        var there = otherNode.SealAsync(_world.Change(), context, "there").AsTask();
        held.SetResult();
        var both = await Task.WhenAll(here, there);

        var access = _world.Door.Enter(_world.Officer, Purpose.DecideCase, null, "office.case", _ali);
        Assert.Equal("here", await _world.Door.OpenAsync<string>(access, context, both[0].Cipher));
        Assert.Equal("there", await _world.Door.OpenAsync<string>(access, context, both[1].Cipher));
        Assert.Equal(2, _world.Writer.Written.SelectMany(c => c.Keys).Count(k => k.Class == context.Class));
    }

    [Fact]
    public async Task Many_at_once_in_one_process_make_one_key()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _world.Sealer.SealAsync(_world.Change(), _world.Context(_ali), "x").AsTask()));
        Assert.Single(_world.Writer.Written);
    }

    [Fact]
    public async Task A_key_that_cannot_be_stored_seals_nothing()
    {
        _world.Writer.Answer = _ => new WriteOutcome.Busy(TimeSpan.FromSeconds(7));
        var refused = await Assert.ThrowsAsync<NotWrittenException>(async () => await _world.Sealer.SealAsync(_world.Change(), _world.Context(_ali), "x"));
        Assert.Equal(TimeSpan.FromSeconds(7), refused.RetryAfter);
    }

    [Fact]
    public async Task A_destroyed_key_opens_nothing_more_on_any_node_after_five_minutes()
    {
        var context = _world.Context(_ali);
        var sealedName = await _world.Sealer.SealAsync(_world.Change(), context, _name);
        _world.Writer.Destroy(_ali, RetentionClass.Identity);
        _world.Clock.Advance(TimeSpan.FromMinutes(5.1));
        var access = _world.Door.Enter(_world.Officer, Purpose.DecideCase, null, "office.case", _ali);

        await Assert.ThrowsAsync<ErasedException>(async () => await _world.Door.OpenAsync<Name>(access, context, sealedName.Cipher));

        // New data gets a new key; the old stays erased, the new opens.
        var again = await _world.Sealer.SealAsync(_world.Change(), context, "new");
        Assert.Equal("new", await _world.Door.OpenAsync<string>(access, context, again.Cipher));
        await Assert.ThrowsAsync<ErasedException>(async () => await _world.Door.OpenAsync<Name>(access, context, sealedName.Cipher));
    }

    [Fact]
    public async Task A_key_replaced_elsewhere_is_noticed_by_its_mark()
    {
        var context = _world.Context(_ali);
        await _world.Sealer.SealAsync(_world.Change(), context, "before");
        _world.Writer.Destroy(_ali, RetentionClass.Identity);
        using var otherKeys = new DataKeys(_world.Keys, _world.Writer, _world.Writer.FindAsync, _world.Clock);
        var after = await new Sealer(otherKeys).SealAsync(_world.Change(), context, "after");

        var access = _world.Door.Enter(_world.Officer, Purpose.DecideCase, null, "office.case", _ali);
        Assert.Equal("after", await _world.Door.OpenAsync<string>(access, context, after.Cipher));
    }

    [Fact]
    public async Task The_kept_keys_stay_within_their_number_and_all_still_work()
    {
        using var few = new DataKeys(_world.Keys, _world.Writer, _world.Writer.FindAsync, _world.Clock, capacity: 8);
        var sealer = new Sealer(few);
        var door = new ReadDoor(few, _world.Recorder, _world.Clock);
        var people = Enumerable.Range(0, 100).Select(_ => PersonId.New(_world.Clock)).ToArray();
        var access = door.Enter(_world.Officer, Purpose.Operate, null, "test", people);
        var all = new List<(SealContext, byte[])>();
        foreach (var person in people)
        {
            var context = _world.Context(person);
            all.Add((context, (await sealer.SealAsync(_world.Change(), context, person.ToString())).Cipher));
        }
        Assert.InRange(few.Kept, 1, 8);
        Assert.Equal(people.Select(p => p.ToString()).ToList(), await door.OpenManyAsync<string>(access, all));
        await Task.WhenAll(all.Concat(all).Select(async v => Assert.Equal(v.Item1.Person.ToString(), await door.OpenAsync<string>(access, v.Item1, v.Item2))));
    }

    [Fact]
    public async Task A_key_too_old_to_be_used_leaves_memory_and_its_place_in_the_queue()
    {
        using var some = new DataKeys(_world.Keys, _world.Writer, _world.Writer.FindAsync, _world.Clock);
        var first = await some.ForSealingAsync(_ali, RetentionClass.Identity, CancellationToken.None);
        _world.Clock.Advance(TimeSpan.FromMinutes(4));
        await some.ForSealingAsync(_sara, RetentionClass.Identity, CancellationToken.None);
        some.Sweep();
        Assert.Equal((2, 2), (some.Kept, some.Queued));

        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        some.Sweep();
        Assert.Equal((1, 1), (some.Kept, some.Queued));
        Assert.False(first.TrySeal(new byte[12], [1], new byte[1], new byte[DataKey.TagLength], []));

        // Asked for too late again and again, without a sweep between: each time another key, and a place left behind.
        for (var times = 0; times < 5; times++)
        {
            _world.Clock.Advance(TimeSpan.FromMinutes(6));
            await some.ForSealingAsync(_ali, RetentionClass.Identity, CancellationToken.None);
        }
        some.Sweep();
        Assert.Equal((1, 1), (some.Kept, some.Queued));
    }

    [Fact]
    public void A_wrapped_key_moved_to_another_person_does_not_unwrap()
    {
        var (wrapped, by) = _world.Keys.Wrap(Keys.KeyPurpose.DataKeys, new byte[32], DataKeys.Associated(_ali, RetentionClass.Identity));
        Assert.ThrowsAny<CryptographicException>(() => _world.Keys.Unwrap(Keys.KeyPurpose.DataKeys, by, wrapped, DataKeys.Associated(_sara, RetentionClass.Identity)));
    }

    [Fact]
    public void A_blind_index_separates_kinds_and_is_keyed()
    {
        var index = new BlindIndex(_world.Keys);
        Assert.Equal(index.Of("resident_number", "2000000006"), index.Of("resident_number", "2000000006"));
        Assert.NotEqual(index.Of("resident_number", "2000000006"), index.Of("border_number", "2000000006"));
        Assert.NotEqual(index.Of("a", "bc"), index.Of("ab", "c"));
        Assert.Equal(16, index.Of("mobile", "").Length);

        using var other = new PrivacyWorld();
        Assert.NotEqual(index.Of("resident_number", "2000000006"), new BlindIndex(other.Keys).Of("resident_number", "2000000006"));
    }

    private sealed record Words(ResidentNumber Number, Dictionary<PersonId, LocalDate> Days, Instant At, Purpose Why);

    [Fact]
    public void The_words_of_the_kernel_are_stored_as_their_canonical_text()
    {
        var words = new Words(ResidentNumber.Parse("2000000006").Value, new() { [_ali] = new LocalDate(2026, 1, 2) }, _world.Clock.Now(), Purpose.Audit);
        var json = JsonSerializer.Serialize(words, StoredJson.Options);

        Assert.Equal($$"""{"number":"2000000006","days":{"{{_ali}}":"2026-01-02"},"at":"2026-11-22T09:00:00Z","why":"Audit"}""", json);
        var back = JsonSerializer.Deserialize<Words>(json, StoredJson.Options)!;
        Assert.Equal((words.Number, words.At, words.Why), (back.Number, back.At, back.Why));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Words>(json.Replace("2000000006", "2000000007", StringComparison.Ordinal), StoredJson.Options));
    }
}
