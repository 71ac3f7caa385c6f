using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Policies;
using Muqeem.Portal.Shared;
using Muqeem.Registry;
using Muqeem.Services.ExitReentryVisa;
using Muqeem.Services.RenewResidentId;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Portal.Applying;

/// <summary>The look ahead: the same rules as at sending, before anybody types or pays.</summary>
internal sealed class Preflight(CaseEngine engine, CaseViews views, Residences residences, PolicyBook policies, Tariffs tariffs, TimeProvider clock)
{
    public async Task<PreflightModel> LookAsync(Session session, Service service, FormState form, bool shown, CancellationToken cancel)
    {
        var open = (await views.ListAsync(session.Person, cancel)).FirstOrDefault(c => c.Service == service && !Closed(c));
        if (!session.SeesRecords)
        {
            return new(service, null, null, [], form, false, open, null, null);
        }
        var typed = shown ? SaveForm.Values(service.Form.Fields, form).Where(v => v.Value.Length > 0).ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal) : new(StringComparer.Ordinal);
        var result = await engine.WhatIfAsync(session.Actor, session.Person, service, typed, cancel: cancel);
        var context = new FormContext(clock.Today(), policies.Current, result.Facts, result.Category);
        var answers = new Answers(typed);
        var estimated = service.Estimated(context).Where(f => f.Asked(answers)).ToList();
        // Without any answer the price was not asked for; with half of them the missing ones are told.
        if (shown)
        {
            foreach (var field in estimated)
            {
                if (field.Bind(service.Form.Blank(), answers, context) is { } refusal)
                {
                    form.Refuse(field.Name, refusal);
                }
            }
        }
        var (request, _) = service.Form.Bind(answers, context);
        var rules = new RuleContext(clock.Now(), clock.Today(), policies.Current, tariffs.Now, result.Category);
        var residence = await residences.OfAsync(session.Person, cancel);
        return new(service, result, context, estimated, form, shown && form.Ok, open,
            request is Services.ExitReentryVisa.Request journey ? Plan.Cheapest(journey, residence?.Until, rules) : null,
            request is Services.RenewResidentId.Request { Months: { } months } && residence is { Until: var until }
                ? Term.AddMonths(until, int.Parse(months, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture),
                    Term.CalendarOf(rules.Today, rules.Policy.Get<LocalDate>("term.gregorian_since", rules.Today)))
                : null);
    }

    /// <summary>Another one can be started: nothing waits for anybody, or what was asked for is there.</summary>
    private static bool Closed(CaseLine line) => line.Holder is Holders.None or Holders.Border || line.State is CaseStates.Issued;
}
