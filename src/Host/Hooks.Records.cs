using Muqeem.Agencies;
using Muqeem.Host.Wiring;
using Muqeem.Kernel;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using NodaTime;

namespace Muqeem.Host;

/// <summary>What agencies tell us of their records of a person: each once by its own id, in any order.</summary>
internal static partial class Hooks
{
    private static void MapRecords(IEndpointRouteBuilder hooks)
    {
        Map("/passports", PassportWebhook.Operation, b => PassportWebhook.Read(b), e => (e.PersonNumber, e.At),
            (http, person, e) => Of<RegisterEvents>(http).PassportAsync(person, new PassportIssued(e.EventId, e.Passport, e.At), listed: false, http.RequestAborted));
        Map("/deaths", DeathWebhook.Operation, b => DeathWebhook.Read(b), e => (e.PersonNumber, e.At),
            (http, person, e) => Of<RegisterEvents>(http).DeathAsync(person, new DeathRecorded(e.EventId, e.On, e.At, e.Change), WriteClass.Interactive, http.RequestAborted));
        foreach (var (path, platform) in ((string, string)[])[("/contracts", LabourContracts.Name), ("/household-contracts", DomesticWork.Name)])
        {
            Map(path, ContractWebhook.Operation, b => ContractWebhook.Read(b), e => (e.PersonNumber, e.At),
                (http, person, e) => Of<RecordEvents>(http).ContractEndedAsync(person, e, platform, WriteClass.Interactive, http.RequestAborted), platform);
        }
        Map("/orders", OrderWebhook.Operation, b => OrderWebhook.Read(b), e => (e.PersonNumber, e.At),
            (http, person, e) => Of<RecordEvents>(http).OrderedAsync(person, e, WriteClass.Interactive, http.RequestAborted));
        Map("/policies", PolicyWebhook.Operation, b => PolicyWebhook.Read(b), e => (e.PersonNumber, e.At),
            (http, person, e) => Of<RecordEvents>(http).LapsedAsync(person, e, WriteClass.Interactive, http.RequestAborted));

        void Map<T>(string path, string operation, Func<byte[], Result<T>> read, Func<T, (string Number, Instant At)> about, Func<HttpContext, PersonId, T, Task<WriteOutcome?>> act, string? agency = null) where T : notnull =>
            hooks.MapPost(path, (HttpContext http) => SignedCalls.TakeAsync(http, operation, agency, async (_, body) =>
            {
                if (!read(body).TryGet(out var told, out var refusal))
                {
                    return SignedCalls.Refused(refusal);
                }
                var (number, at) = about(told);
                if (at > Of<TimeProvider>(http).Now() + AgencyActs.ClocksDiffer)
                {
                    return SignedCalls.Refused(Wire.Malformed("at"));
                }
                // Of somebody whom we do not know nothing is kept: a register holds everybody, and we do not.
                return await Of<Persons>(http).FindAsync(number[0] == '2' ? IdentifierKinds.Resident : IdentifierKinds.Border, number, http.RequestAborted) is { } person
                    ? Answer(http, await act(http, person, told))
                    : Results.Accepted();
            }));
    }

    private static T Of<T>(HttpContext http) where T : notnull => http.RequestServices.GetRequiredService<T>();

    private static IResult Answer(HttpContext http, WriteOutcome? outcome) => outcome switch
    {
        WriteOutcome.Done or WriteOutcome.Replayed => Results.Ok(),
        // Something newer was told of it before.
        null => Results.Accepted(),
        WriteOutcome.Busy busy => SignedCalls.Later(http, busy.RetryAfter),
        WriteOutcome.InDoubt => SignedCalls.Later(http, TimeSpan.FromSeconds(2)),
        WriteOutcome.Conflict => SignedCalls.Later(http, TimeSpan.FromSeconds(1)),
        WriteOutcome.OperationReused => Results.Problem(statusCode: StatusCodes.Status409Conflict, title: "This event id was told before with other content."),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
