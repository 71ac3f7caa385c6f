using System.Net;
using System.Security.Cryptography;
using Muqeem.Credentials.Verifiers;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Portal;
using Muqeem.Tests;

namespace Muqeem.Office;

public abstract class OperatorsWorld(DatabaseKind kind) : SeededWorld(kind)
{
    internal Browser First { get; private set; } = null!;
    internal Browser Second { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        First = await OfficeWorld.SignInAsync(World, "operator.one", "verifiers");
        Second = await OfficeWorld.SignInAsync(World, "operator.two", "verifiers");
    }
}

public sealed class VerifiersPageOnSqliteTests(VerifiersPageOnSqliteTests.Operators world) : VerifiersPageTests(world), IClassFixture<VerifiersPageOnSqliteTests.Operators>
{
    public sealed class Operators() : OperatorsWorld(DatabaseKind.Sqlite);
}

public sealed class VerifiersPageOnPostgreSqlTests(VerifiersPageOnPostgreSqlTests.Operators world) : VerifiersPageTests(world), IClassFixture<VerifiersPageOnPostgreSqlTests.Operators>
{
    public sealed class Operators() : OperatorsWorld(DatabaseKind.PostgreSql);
}

/// <summary>Two operators without script, over HTTP.</summary>
public abstract class VerifiersPageTests(OperatorsWorld shared)
{
    private readonly WholeWorld _world = shared.World;
    private readonly Browser _first = shared.First;
    private readonly Browser _second = shared.Second;
    private readonly Language _words = shared.World.Get<TextCatalogue>().In("en");

    private VerifierBook Book => _world.Get<VerifierBook>();

    private VerifierRegistrar Registrar => _world.Get<VerifierRegistrar>();

    private static string NewKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportSubjectPublicKeyInfoPem();
    }

    private static (string, string)[] Bank(string name, string keys, params (string, string)[] more) =>
        [("kind", "Bank"), ("name-ar", "مصرف " + name), ("name-en", name), ("grants", "presentation:open_account"), ("keys", keys), .. more];

    private async Task<VerifierProposal> ProposedAsync(string name) => (await Registrar.WaitingAsync()).Single(p => p.New?.NameEnglish == name);

    /// <summary>The buttons stand beside the form that they send.</summary>
    private static Task<Browser> DecideAsync(Browser operatorOf, string act, bool isDrawn = true)
    {
        Assert.Equal(isDrawn, operatorOf.Html.Contains($"form=\"decide\" name=\"act\" value=\"{act}\"", StringComparison.Ordinal));
        var (action, fields) = operatorOf.Drawn("decide");
        return operatorOf.PostAsync(action, [.. fields, KeyValuePair.Create("act", act)]);
    }

    [Fact]
    public async Task One_operator_proposes_a_bank_and_the_other_confirms_it()
    {
        await _first.OpenAsync("office/verifiers");
        await _first.PressInAsync("new", null, Bank("Bank of Two", NewKey(), ("per-minute", "12")));
        Assert.Equal((HttpStatusCode.OK, "/en/office/verifiers"), (_first.Status, _first.Path));
        var proposal = await ProposedAsync("Bank of Two");
        Assert.Equal(12, proposal.New!.PerMinute);
        Assert.True(_first.Shows(_words.Bare("office.proposal.another")));
        Assert.DoesNotContain($"confirm:{proposal.Id}", _first.Html, StringComparison.Ordinal);
        Assert.Null(Book.Find(proposal.Verifier));

        // Who forges the button of the own proposal is told that another confirms it.
        await DecideAsync(_first, $"confirm:{proposal.Id}", isDrawn: false);
        Assert.Equal(HttpStatusCode.Conflict, _first.Status);
        Assert.True(_first.Shows(_words.Refusal(new Refusal(VerifierRefusals.AnotherConfirms))));
        Assert.Null(Book.Find(proposal.Verifier));

        await _second.OpenAsync("office/verifiers");
        Assert.True(_second.Shows("Bank of Two") && _second.Shows(proposal.Keys.Single().Thumbprint));
        var (path, drawn) = _second.Drawn("decide");
        await DecideAsync(_second, $"confirm:{proposal.Id}");
        Assert.Equal((HttpStatusCode.OK, "/en/office/verifiers"), (_second.Status, _second.Path));
        Assert.True(Book.Find(proposal.Verifier) is { IsActive: true, PerMinute: 12 });
        await _second.PostAsync(path, [.. drawn, KeyValuePair.Create("act", $"confirm:{proposal.Id}")]);
        Assert.Equal(HttpStatusCode.OK, _second.Status);
        Assert.Single(Book.All, a => a.Verifier.NameEnglish == "Bank of Two");

        // A further key is proposed by the second and confirmed by the first.
        await _second.PressInAsync("more", null, ("verifier", proposal.Verifier.ToString()), ("more-keys", NewKey()));
        var more = (await Registrar.WaitingAsync()).Single(p => p.Verifier == proposal.Verifier);
        await _first.OpenAsync("office/verifiers");
        await DecideAsync(_first, $"confirm:{more.Id}");
        Assert.Equal(2, Book.All.Single(a => a.Verifier.Id == proposal.Verifier).Keys.Count(k => k.IsActive));

        // One is enough to end it, with a reason.
        await _first.PressInAsync("end", null, ("end", more.Keys.Single().Thumbprint));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, _first.Status);
        Assert.True(_first.Shows(_words.Refusal(new Refusal("office.verifiers.reason_missing"))));
        await _first.PressInAsync("end", null, ("end", more.Keys.Single().Thumbprint), ("reason", "key-lost-1"));
        Assert.False(Book.Key(more.Keys.Single().Thumbprint)!.IsActive);
        await _first.PressInAsync("end", null, ("end", proposal.Verifier.ToString()), ("reason", "contract-ended"));
        Assert.Equal((HttpStatusCode.OK, false), (_first.Status, Book.Find(proposal.Verifier)!.IsActive));
    }

    [Fact]
    public async Task What_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost()
    {
        await _first.OpenAsync("office/verifiers");
        foreach (var (code, form) in new[]
        {
            ("office.verifiers.kind_missing", Bank("Wrong", NewKey())[1..]),
            (VerifierRefusals.Grants, [.. Bank("Wrong", NewKey()).Where(f => f.Item1 != "grants")]),
            (VerifierRefusals.Names, [.. Bank("Wrong", NewKey()).Where(f => f.Item1 != "name-ar")]),
            (VerifierRefusals.Keys, Bank("Wrong", "-----BEGIN NOTHING-----")),
            (VerifierRefusals.Budget, Bank("Wrong", NewKey(), ("per-day", "many"))),
        })
        {
            await _first.OpenAsync("office/verifiers");
            await _first.PressInAsync("new", null, form);
            Assert.True(_first.Status == HttpStatusCode.UnprocessableEntity, $"{code}: {_first.Status}");
            var start = _words.Refusal(new Refusal(code)).Split('{', '⟦')[0].Split(',')[0];
            Assert.True(_first.Shows(start), $"{code}: {start}");
            Assert.Equal("Wrong", _first.Value("name-en"));
        }
        Assert.DoesNotContain(await Registrar.WaitingAsync(), p => p.New?.NameEnglish == "Wrong");
    }

    [Fact]
    public async Task What_the_console_proposed_waits_for_an_operator_who_may_turn_it_down()
    {
        var answer = await Registrar.ProposeAsync(Actor.System("operator"), Guid.CreateVersion7(), new VerifierApplication(VerifierKind.Police, "دورية", "A patrol", [new(VerifierOperation.Status, "check_identity")], [NewKey()]));
        var id = Assert.IsType<BookAnswer.Done>(answer).Proposal!.Value;
        await _second.OpenAsync("office/verifiers");
        Assert.True(_second.Shows("A patrol"));
        await DecideAsync(_second, $"reject:{id}");
        Assert.Equal(HttpStatusCode.OK, _second.Status);
        Assert.DoesNotContain(await Registrar.WaitingAsync(), p => p.Id == id);
        await _first.OpenAsync("office/verifiers");
        Assert.False(_first.Shows("A patrol"));
    }
}
