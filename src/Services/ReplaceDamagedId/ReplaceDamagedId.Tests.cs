using Muqeem.Cases.Definition;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Writing;
using Muqeem.Tests;

namespace Muqeem.Services.ReplaceDamagedId;

/// <summary>ID.REPLACE.DAMAGED: the ID counts until the next is there.</summary>
public abstract class ReplaceDamagedIdTests(SharedWorld shared)
{
    private const string Key = "replace-damaged";
    private static readonly (string, string)[] Answers = [("damage", "الرمز مخدوش"), ("truth", "yes")];

    private readonly Residents _residents = shared.Residents;

    private async Task<IEnumerable<(int, DocumentState)>> VersionsAsync(Resident resident) => (await _residents.World.Get<Documents>().OfAsync(resident.Person)).Select(v => (v.Number, v.State));

    [Fact]
    public async Task A_damaged_ID_counts_until_the_next_is_paid_and_issued()
    {
        var resident = await _residents.SettleAsync(Residents.EstablishmentWorker, _residents.Today.PlusDays(500));
        var until = (await _residents.World.Get<Documents>().LiveAsync(resident.Person))!.ExpiresDay;
        Assert.Empty((await _residents.WhatIfAsync(resident, Key, Answers)).Findings);
        var (id, state) = await _residents.SendAsync(resident, Key, Answers);
        Assert.Equal(CaseStates.AwaitingPayment, state);
        Assert.Equal([(1, DocumentState.Live)], await VersionsAsync(resident));
        Assert.Equal(Money.Riyals(500), await _residents.PayAsync(resident, id, CaseStates.Issued));
        Assert.Equal([(2, DocumentState.Live), (1, DocumentState.Damaged)], await VersionsAsync(resident));
        Assert.Equal(until, (await _residents.World.Get<Documents>().LiveAsync(resident.Person))!.ExpiresDay);
        Assert.Empty(await _residents.World.Get<Ledger>().AuditAsync());
    }

    [Fact]
    public async Task An_ID_that_is_reported_lost_meanwhile_is_not_replaced_as_damaged_and_the_money_stays_the_holders()
    {
        var resident = await _residents.SettleAsync(27, _residents.Today.PlusDays(100));
        var (id, _) = await _residents.SendAsync(resident, Key, Answers);
        var change = new Change(new Act(ActId.New(_residents.World.Clock), "test.lost", Actor.System("test"), Guid.CreateVersion7(), Digest.Of("lost"), _residents.World.Clock.Now()));
        var documents = _residents.World.Get<Documents>();
        await documents.EndAsync(change, (await documents.LiveAsync(resident.Person))!, DocumentState.Lost);
        Assert.IsType<WriteOutcome.Done>(await _residents.World.Get<IWriter>().WriteAsync(change));
        var paid = await _residents.PayAsync(resident, id, CaseStates.Refused);
        Assert.Equal(ReplaceDamagedId.NotInForce, Assert.Single((await _residents.TrackAsync(resident, id)).Findings).Refusal.Code);
        Assert.Equal(paid, await _residents.World.Get<Ledger>().BalanceOfAsync(resident.Person.Value));
        Assert.Equal([(1, DocumentState.Lost)], await VersionsAsync(resident));
    }
}

public sealed class ReplaceDamagedIdOnSqliteTests(SqliteWorld shared) : ReplaceDamagedIdTests(shared), IClassFixture<SqliteWorld>;

public sealed class ReplaceDamagedIdOnPostgreSqlTests(PostgreSqlWorld shared) : ReplaceDamagedIdTests(shared), IClassFixture<PostgreSqlWorld>;
