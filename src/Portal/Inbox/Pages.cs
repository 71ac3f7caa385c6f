using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Portal.Shared;
using Muqeem.Registry;
using Muqeem.SignIn;
using Notice = Muqeem.Registry.Notice;

namespace Muqeem.Portal.Inbox;

/// <summary>Messages to the holder, and who looked at the holder's data.</summary>
internal static class Pages
{
    private const int PageSize = 20;

    public static void Map(IEndpointRouteBuilder pages)
    {
        var resident = pages.MapGroup("").RequireAuthorization(Doors.Resident);
        resident.MapGet("/inbox", async (Guid? before, HttpContext http, Notices notices, ReadDoor door, CancellationToken cancel) =>
        {
            var session = http.MustBeSignedIn();
            var access = door.Enter(session.Actor, Purpose.Self, null, "portal.inbox", session.Person);
            return PageResult.Of<InboxPage, InboxModel>(new(await notices.ListAsync(access, session.Person, before, PageSize + 1, cancel), PageSize, before is not null));
        });
        resident.MapPost("/inbox", ReadAsync);
        resident.MapGet("/accesses", async (Guid? before, HttpContext http, AccessLog log, CancellationToken cancel) =>
        {
            var session = http.MustBeSignedIn();
            return PageResult.Of<AccessesPage, AccessesModel>(new(await log.ForPersonAsync(session.Person, before, take: 30, session.Actor, cancel)));
        });
    }

    private static async Task<IResult> ReadAsync(HttpContext http, Notices notices, IWriter writer, TimeProvider clock, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        var read = form.All("notice").Select(v => Guid.TryParse(v, out var id) ? id : (Guid?)null).OfType<Guid>().Take(PageSize).ToList();
        if (read.Count == 0)
        {
            return http.GoTo("inbox");
        }
        var change = new Change(http.ActOf(form, "notice.read", clock));
        notices.MarkRead(change, http.MustBeSignedIn().Person, read);
        return await writer.WriteAsync(change, cancel: cancel) switch
        {
            WriteOutcome.Busy busy => http.TryAgain(form, busy.RetryAfter),
            WriteOutcome.InDoubt => http.TryAgain(form, TimeSpan.FromSeconds(2)),
            _ => http.GoTo("inbox"),
        };
    }
}

public sealed record AccessesModel(AccessPage Page);

/// <param name="Notices">One more than a page when there are more.</param>
public sealed record InboxModel(IReadOnlyList<Notice> Notices, int PageSize, bool Older);
