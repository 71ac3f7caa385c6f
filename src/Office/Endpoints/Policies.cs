using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Office.Pages;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Texts;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Office.Endpoints;

/// <summary>The rules that a decree can change: everybody of the office reads them, one operator proposes a change, another puts it in force. Nothing personal is on these pages.</summary>
internal static class Policies
{
    /// <summary>Of the value: written as JSON and not in boxes.</summary>
    private const string AsText = "text";

    private static readonly Dictionary<string, int> Lengths = new(StringComparer.Ordinal) { ["value"] = PolicyDesk.LongestValue };

    public static void Map(RouteGroupBuilder office)
    {
        office.MapGet("/policies", ListAsync).RequireAuthorization(Doors.Office);
        office.MapGet("/policies/change", (HttpContext http, PolicyBook book, TimeProvider clock, string? code, string? way) => ChangeForm(http, book, clock, code, way == AsText, FormState.Empty())).RequireAuthorization(Doors.Operator);
        office.MapPost("/policies/change", ProposeAsync).RequireAuthorization(Doors.Operator);
        office.MapPost("/policies/decide", DecideAsync).RequireAuthorization(Doors.Operator);
    }

    private static async Task<IResult> ListAsync(HttpContext http, PolicyBook book, PolicyDesk desk, TimeProvider clock, string? filter, CancellationToken cancel)
    {
        var (me, rows) = (http.MustBeSignedIn(), (IReadOnlyList<PolicyRow>)[.. book.Current.Rows]);
        IReadOnlyList<PolicyRow> listed = [.. PolicyChange.CodesOf(rows).SelectMany(code => PolicyChange.RowsOf(code, rows))];
        IReadOnlyList<WaitingChange> waiting = [.. (await desk.WaitingAsync(cancel)).Select(p => WaitingChange.Of(p, rows))];
        return PageResult.Of<PoliciesPage, PoliciesModel>(new(me, book.Current.Version, listed, waiting, clock.Today(), filter is { Length: <= 60 } ? filter.Trim() : null));
    }

    private static IResult ChangeForm(HttpContext http, PolicyBook book, TimeProvider clock, string? code, bool asText, FormState form)
    {
        var rows = PolicyChange.RowsOf(code ?? "", [.. book.Current.Rows]);
        return rows.Count == 0 || code == PolicyBook.Fees ? PageResult.Error(StatusCodes.Status404NotFound)
            : PageResult.Of<PolicyChangePage, PolicyChangeModel>(new(http.MustBeSignedIn(), code!, rows, clock.Today(), asText, form), form.Ok ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> ProposeAsync(HttpContext http, Language language, PolicyBook book, PolicyDesk desk, TimeProvider clock, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, lengths: Lengths);
        if (form.Operation is not { } operation)
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        var (code, asText) = (form["code"] ?? "", form["way"] == AsText);
        IReadOnlyList<PolicyRow> rows = PolicyChange.RowsOf(code, [.. book.Current.Rows]);
        if (rows.Count == 0 || code == PolicyBook.Fees)
        {
            return PageResult.Error(StatusCodes.Status404NotFound);
        }
        var model = new PolicyChangeModel(http.MustBeSignedIn(), code, rows, clock.Today(), asText, form);
        var value = model.Parts is { } parts ? ValueOf(language, model, parts) : form["value"] ?? "";
        var (from, to) = (Day(form, "from"), form.Date("to").IsEmpty ? null : Day(form, "to"));
        if (!form.Ok)
        {
            return ChangeForm(http, book, clock, code, asText, form);
        }
        switch (await desk.ProposeAsync(http.MustBeSignedIn().Actor, operation, new(code, from!.Value, to, value, form["source"] ?? "", form["note"]), form["seen"], cancel))
        {
            case PolicyAnswer.Refused { Refusal: var refusal }:
                form.Refuse(FieldOf(refusal, model.Parts is not null), refusal);
                return ChangeForm(http, book, clock, code, asText, form);
            case PolicyAnswer.TryAgain later:
                return Outcomes.Busy(http, form, later.After);
            default:
                return Results.LocalRedirect(Here(language));
        }
    }

    private static async Task<IResult> DecideAsync(HttpContext http, Language language, PolicyDesk desk, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        // One button a line: what to do, and with which proposal.
        if (form.Operation is not { } operation || form["act"]?.Split(':') is not [("confirm" or "reject") and var act, var text] || !Guid.TryParse(text, out var id))
        {
            return PageResult.Error(StatusCodes.Status400BadRequest);
        }
        var by = http.MustBeSignedIn().Actor;
        return (act == "confirm" ? await desk.ConfirmAsync(by, operation, id, cancel) : await desk.RejectAsync(by, operation, id, cancel)) switch
        {
            PolicyAnswer.Refused refused => Outcomes.NotNow(new(refused.Refusal, null, Here(language))),
            PolicyAnswer.TryAgain later => Outcomes.Busy(http, form, later.After),
            _ => Results.LocalRedirect(Here(language)),
        };
    }

    private static LocalDate? Day(FormState form, string field)
    {
        var date = form.Date(field);
        if (FormDays.Parse($"{date.Day}/{date.Month}/{date.Year}").TryGet(out var day, out var refusal))
        {
            return day;
        }
        form.Refuse(field, refusal);
        return null;
    }

    // The boxes put back together. Of rules that were changed meanwhile a box may stand for another part: then nobody is told of single boxes.
    private static string ValueOf(Language language, PolicyChangeModel model, IReadOnlyList<PolicyPart> parts)
    {
        var form = model.Form;
        var value = PolicyPart.With(model.Present.Value, [.. parts.Select((_, i) => form[PolicyChangeModel.PartField + i] ?? "")], out var wrong);
        if (wrong.Count > 0 && form["seen"] != model.Seen)
        {
            form.Refuse(PolicyChangeModel.PartField + "0", new Refusal(PolicyRefusals.Changed));
            return value;
        }
        foreach (var place in wrong)
        {
            form.Refuse(PolicyChangeModel.PartField + place, "office.policies.part_wrong", ("what", Words.PolicyPart(language, parts[place].Path)), ("now", parts[place].Text));
        }
        return value;
    }

    private static string FieldOf(Refusal refusal, bool inParts) => refusal.Code switch
    {
        PolicyRefusals.Past => "from",
        PolicyRefusals.Order => "to",
        PolicyRefusals.Source => "source",
        _ when inParts => PolicyChangeModel.PartField + "0",
        _ => "value",
    };

    private static string Here(Language language) => $"/{language.Code}/office/policies";
}
