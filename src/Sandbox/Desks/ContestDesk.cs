using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Pages;
using Muqeem.Sandbox.StandIns;
using Muqeem.Sandbox.State;
using NodaTime.Text;

namespace Muqeem.Sandbox.Desks;

/// <param name="Reference">Of the contest.</param>
public sealed record DeskAnswer(string Reference, bool Corrected, string? Reason = null, bool Quiet = false, bool Twice = false, bool Forged = false);

/// <summary>Where the agencies' clerks look at what people contest of their records, and answer.</summary>
internal static class ContestDesk
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/contests", (HttpRequest request, ContestedRecords contests) =>
        {
            var all = contests.Newest(200);
            return !Page.WantsPage(request)
                ? Results.Json(all.Select(c => new { c.Reference, c.Agency, number = c.Number, order = c.Order, state = c.Stands, c.Reason, at = Clock.FromMicros(c.At) }), Wire.Options)
                : Page.Show("Contests", Html.Of($"""
                    <p>What people say is wrong in a record. A clerk of the agency that owns it looks and answers; here that is you. “Corrected” also changes the stand-in's record where it can; the answer goes to Muqeem by a signed call. At the <a href="/knobs">knobs</a> an agency can be made to answer at once.</p>
                    {Html.When(all.Count == 0, () => Html.Of($"<p>None.</p>"))}{Html.Each(all, One)}
                    """));
        }).WithGroupName("desk");
        app.MapPost("/contests/answers", async (HttpRequest request, ContestedRecords contests) =>
        {
            var answer = await BankDesk.ReadAsync(request, form => new DeskAnswer(form["reference"].ToString(), form["corrected"] == "true", form["reason"].ToString(), form["quiet"] == "true", form["twice"] == "true", form["forged"] == "true"), null);
            return answer is { Reason.Length: > ContestGiven.LongestReason } ? Answer.Invalid("reason")
                : answer is null || contests.Answer(answer.Reference, answer.Corrected, answer.Reason, answer.Quiet, answer.Twice, answer.Forged) is not { } kept
                    ? Answer.Problem(404, "not_found", "Nobody contests this.")
                    : Page.Done(request, "/contests", new { kept.Reference, state = kept.Stands, kept.Reason });
        }).DisableAntiforgery().WithGroupName("desk");
    }

    private static Html One(KeptContest contest)
    {
        var order = contest.Order;
        return Html.Of($"""
            <article class="message"><strong>{contest.Agency}</strong> <code>{order.About}</code> · person <a href="/find?number={contest.Number}"><bdi class="n">{contest.Number}</bdi></a> · {InstantPattern.General.Format(Clock.FromMicros(contest.At))} · answer by {InstantPattern.General.Format(order.AnswerBy)} · <span class="tag">{contest.Stands}</span>
            {Html.When(order.Typed is not null || order.Recorded is not null, () => Html.Of($"<table><tr><th>The person says</th><th>The record says</th></tr><tr><td dir=\"auto\">{order.Typed}</td><td dir=\"auto\">{order.Recorded}</td></tr></table>"))}
            <p class="pre" dir="auto">{order.Words}</p><p class="soft">{order.Papers.Count} page(s) of evidence{Html.When(contest.Reason is not null, () => Html.Of($" · answered: <span dir=\"auto\">{contest.Reason}</span>"))}</p>
            {Html.When(contest.Stands == ContestState.Open, () => Html.Of($"<form method=\"post\" action=\"/contests/answers\"><input type=\"hidden\" name=\"reference\" value=\"{contest.Reference}\"><label>Reason <input name=\"reason\" maxlength=\"1000\" size=\"40\"></label><label>Not told <input type=\"checkbox\" name=\"quiet\" value=\"true\"></label><label>Told twice <input type=\"checkbox\" name=\"twice\" value=\"true\"></label><label>Forged <input type=\"checkbox\" name=\"forged\" value=\"true\"></label><button name=\"corrected\" value=\"true\">Corrected</button> <button name=\"corrected\" value=\"false\" class=\"quiet\">Upheld</button></form>"))}</article>
            """);
    }
}
