using System.Text.Json;
using Dapper;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Pages;
using Muqeem.Sandbox.StandIns;
using Muqeem.Sandbox.State;

namespace Muqeem.Sandbox.Desks;

/// <param name="Reference">Of the question.</param>
public sealed record EmployerAnswer(string Reference, bool Confirmed);

/// <summary>Where employers and heads of family answer what Muqeem asked through the platforms of establishments and of households: two sites in life, one desk here.</summary>
internal static class EmployerDesk
{
    public const string Verb = "confirmation";

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/employer", (HttpRequest request, Store store) =>
        {
            var questions = Questions(store);
            return !Page.WantsPage(request) ? Results.Json(questions, Wire.Options) : Page.Show("Employer", Html.Of($"""
                <p>Questions to employers and heads of family. The answer goes to Muqeem by a signed call.</p>
                <table><tr><th>Worker</th><th>Service</th><th>Employer</th><th></th></tr>
                {Html.Each(questions, q => Html.Of($"<tr><td><bdi class=\"n\">{q.Worker}</bdi></td><td>{q.Service}</td><td><bdi class=\"n\">{q.EmployerNumber}</bdi></td><td><form method=\"post\" action=\"/employer/answers\"><input type=\"hidden\" name=\"reference\" value=\"{q.Reference}\"><button name=\"confirmed\" value=\"true\">Confirm</button> <button name=\"confirmed\" value=\"false\">Decline</button></form></td></tr>"))}</table>
                """));
        }).WithGroupName("desk");
        app.MapPost("/employer/answers", async (HttpRequest request, Store store, Calls calls, SandboxClock clock) =>
        {
            var answer = await BankDesk.ReadAsync(request, form => new EmployerAnswer(form["reference"].ToString(), form["confirmed"] == "true"), null);
            if (answer is null || AskedAt(store, answer.Reference) is not { } agency)
            {
                return Answer.Problem(404, "not_found", "Nobody asked this.");
            }
            calls.Add(agency == DomesticWork.Name ? Calls.DomesticWork : Calls.Labour, $"confirmation-{answer.Reference}", new ConfirmationGiven(answer.Reference, answer.Confirmed, clock.Now()));
            return Page.Done(request, "/calls", answer);
        }).DisableAntiforgery().WithGroupName("desk");
    }

    /// <summary>The platform that was asked last.</summary>
    private static string? AskedAt(Store store, string reference) => store.Read(db => db.QueryFirstOrDefault<string>(
        "select agency from notices where verb = @Verb and json_extract(json, '$.reference') = @reference order by rowid desc limit 1", new { Verb, reference }));

    private static List<ConfirmationQuestion> Questions(Store store) =>
        [.. store.Read(db => db.Query<string>("select json from notices where verb = @Verb order by rowid desc limit 200", new { Verb }).AsList())
            .Select(json => JsonSerializer.Deserialize<ConfirmationQuestion>(json, Wire.Options)!)];
}
