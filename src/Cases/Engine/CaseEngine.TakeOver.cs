using System.Security.Cryptography;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Cases;

public sealed partial class CaseEngine
{
    /// <summary>
    /// An application that another register left open becomes a draft of the person's, with the answers that the form knows. Neither its facts nor what was decided there is taken over: here every decision
    /// stands on facts with an age. It has no account until the person comes with one.
    /// </summary>
    /// <param name="since">When it was begun there.</param>
    public async Task TakeOverAsync(Change change, Operation operation, PersonId person, string category, string serviceCode, Instant since, IReadOnlyDictionary<string, string> answers)
    {
        var service = _services.ByCode(serviceCode);
        var now = _clock.Now();
        var before = new CaseHead
        {
            Id = CaseId.New(_clock).Value,
            Service = service.Code,
            PersonId = person.Value,
            AccountId = CaseHead.NobodyYet,
            Reference = ReferenceNumber.From(RandomNumberGenerator.GetBytes(ReferenceNumber.RandomBytes)).ToString(),
            Category = category,
            CreatedAt = since,
            StateSince = now,
        };
        var c = new CaseChange(change, service, before, operation, now, _clock);
        c.Move(CaseActs.Start, By.Applicant);
        DueIn(c, Days(CasePolicies.DraftIdleDays, now));
        change.Claims.Add(OpenClaim(service, person));
        change.Rows.Add(CaseTables.Reference.Insert(before.Reference, before.Id));
        change.Rows.Add(CaseTables.Party.Insert(before.Id, "subject", person.Value));
        var fields = service.Form.Fields.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        await _store.PutAnswersAsync(change, c.Head, new Answers(answers.Where(a => fields.Contains(a.Key.Split('.')[0])).ToDictionary(a => a.Key, a => a.Value, StringComparer.Ordinal)), now);
        c.Close();
    }
}
