using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Cases;

/// <summary>What the rules would say: all that stops it, when each would pass, and the price. Nothing is changed and nothing is owed.</summary>
/// <param name="ConfirmedBy">employer, head; null when nobody has to.</param>
/// <param name="PaidBy">employer, head, resident; null while no record says the category.</param>
/// <param name="Waiting">Sources that did not answer: their checks are not made.</param>
public sealed record WhatIf(Service Service, IReadOnlyList<Finding> Findings, Payments.Pricing.Quote Quote, string? ConfirmedBy, string? PaidBy, IReadOnlyList<string> Waiting, FactSet Facts, string Category);

public sealed partial class CaseEngine
{
    /// <summary>The same rules as at sending, over the facts of now and the answers so far, as if it were <paramref name="on"/>.</summary>
    public async Task<WhatIf> WhatIfAsync(Actor reader, PersonId person, Service service, IReadOnlyDictionary<string, string> answers, LocalDate? on = null, CancellationToken cancel = default)
    {
        var now = _clock.Now();
        var access = _door.Enter(reader, Purpose.Self, null, "whatif." + service.Key, person);
        var record = await _persons.OpenAsync(access, person, cancel);
        var facts = new FactSet();
        var waiting = new List<string>();
        foreach (var g in await _gatherer.GatherAsync(new FactQuery(person, record), Asked(service, now), cancel))
        {
            if (g.Value is { } value)
            {
                facts.Add(g.Name, value, g.Origin!);
            }
            else if (service.Facts.Contains(g.Name))
            {
                waiting.Add(g.Outage!.Agency);
            }
        }
        return Consider(service, new Answers(answers), facts, waiting, on ?? now.DayInRiyadh(), now);
    }

    /// <summary>Fetches a draft's facts ahead and keeps them with it, so that the person sees what stands against it before sending.</summary>
    public async Task<(CaseOutcome Outcome, WhatIf? Result)> PrepareAsync(Operation operation, AccountId account, CaseId id, CancellationToken cancel = default)
    {
        if (await OwnAsync(account, id, cancel) is not var (head, service))
        {
            return (new CaseOutcome.NotFound(), null);
        }
        if (!head.MayBeChanged)
        {
            return (await NotNowAsync(operation, "case.prepare", head, cancel), null);
        }
        var now = _clock.Now();
        var change = new Change(Act(operation, "case.prepare", head, answer: $"{head.Id} {head.Reference}"));
        var access = _door.Within(change, operation.Actor, Purpose.Self, "case.prepare", head.Person);
        var c = new CaseChange(change, service, head, operation, now, _clock);
        var gathered = await GatherAsync(c, access, service, cancel);
        c.Head = c.Head with { Category = gathered.Category };
        var answers = await _store.AnswersAsync(access, head, cancel);
        var result = Consider(service, answers, gathered.Facts, gathered.Outage is { } o ? [o.Agency] : [], now.DayInRiyadh(), now);
        return (await AnswerAsync(await _writer.WriteAsync(c.Close(), cancel: cancel), c.Head, cancel), result);
    }

    private WhatIf Consider(Service service, Answers answers, FactSet facts, IReadOnlyList<string> waiting, LocalDate on, Instant now)
    {
        var category = CategoryOf("", facts);
        var rules = Rules(category, now) with { Today = on };
        var party = category.Length > 0 ? rules.Party(service.Code) : null;
        if (service.Facts.Any(f => !facts.Has(f)))
        {
            return new(service, [], Payments.Pricing.Quote.Free, party?.Confirm, party?.Pay, waiting, facts, category);
        }
        // Answers that are not there yet leave the request as far as it goes; the rules cope with that.
        var (request, _) = service.Form.Bind(answers, FormContext.From(rules, facts));
        var findings = Assessor.Findings(service, request, facts, rules);
        var quote = Assessor.Price(service, request, facts, rules);
        return new(service, findings, quote, party?.Confirm, party?.Pay, waiting, facts, category);
    }
}
