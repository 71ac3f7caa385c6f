using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Live;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Portal.Applying;
using Muqeem.Portal.Holding;
using Muqeem.Portal.Shared;
using Muqeem.Registry;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Portal.Showing;

/// <summary>The holder's home and the digital ID in its views.</summary>
internal static class Pages
{
    /// <summary>For how long the ID page draws itself anew: a phone that was put down shall not stay signed in by it.</summary>
    private static readonly Duration LiveFor = Duration.FromMinutes(5);

    public static void Map(IEndpointRouteBuilder pages)
    {
        var resident = pages.MapGroup("").RequireAuthorization(Doors.Resident);
        resident.MapGet("/home", HomeAsync);
        resident.MapGet("/id", IdAsync);
        resident.MapGet("/id/hidden", () => PageResult.Of<HiddenPage>());
        resident.MapGet("/id/code", async (HttpContext http, HolderIds ids, Holds holds, CancellationToken cancel) =>
            await ids.OfAsync(http.MustBeSignedIn(), cancel) is null || (await holds.OpenAsync(http.MustBeSignedIn().Person, cancel)).Any ? http.GoTo("id") : PageResult.Of<CodePage, CodeModel>(new(null)));
        resident.MapPost("/id/code", CodeAsync);
        resident.MapGet("/id/photo", PhotoAsync);
        CardPages.Map(resident);
    }

    private static async Task<IResult> HomeAsync(
        HttpContext http, CaseViews views, ServiceCatalogue services, Residences residences, ExitVisas visas, Notices notices, Ledger ledger, HolderIds ids, Holds holds, TimeProvider clock, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var cases = await views.ListAsync(session.Person, cancel);
        var residence = session.SeesRecords ? await residences.OfAsync(session.Person, cancel) : null;
        var open = session.SeesRecords ? (await visas.OfAsync(session.Person, cancel)).LastOrDefault(v => v.Open) : null;
        var needYou = new List<CaseLine>();
        foreach (var line in cases)
        {
            // A bill waits for whoever pays it, which need not be the holder.
            if (line.State is CaseStates.NeedsAction or CaseStates.NeedsInformation
                || (line.State == CaseStates.AwaitingPayment && (await ledger.BillsOfAsync(line.Case, cancel)).Any(b => b.Payer.Id == session.Person.Value && b.Payable(clock.Today()))))
            {
                needYou.Add(line);
            }
        }
        return PageResult.Of<HomePage, HomeModel>(new(session.SeesRecords, session.ReadsOnly, residence, residence?.StandingAt(clock.Now()), open, cases, await notices.UnreadAsync(session.Person, cancel),
            await Applying.Pages.StartableAsync(session, services, residences, cancel), clock.Today())
        {
            NeedYou = needYou,
            Holds = session.SeesRecords ? await holds.OpenAsync(session.Person, cancel) : OpenHolds.None,
            Ended = session.SeesRecords ? await ids.EndedAsync(session, cancel) : null,
        });
    }

    private static async Task<IResult> IdAsync(long? since, string? view, HttpContext http, HolderIds ids, Holds holds, LiveCodes codes, ReadDoor door, TimeProvider clock, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        var now = clock.Now();
        if (since is null)
        {
            var query = view is null ? "" : "&view=" + Uri.EscapeDataString(view);
            return Results.LocalRedirect(http.At(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"id?since={now.ToUnixTimeSeconds()}{query}")));
        }
        if (!session.SeesRecords || await ids.OfAsync(session, cancel) is not { } held)
        {
            return PageResult.Of<NoIdPage, NoIdModel>(new(session.SeesRecords, session.SeesRecords ? await ids.EndedAsync(session, cancel) : null));
        }
        if (await holds.OpenAsync(session.Person, cancel) is { Any: true } open)
        {
            var access = door.Enter(session.Actor, Purpose.Self, null, "portal.id", session.Person);
            return PageResult.Of<HeldIdPage, HeldIdModel>(new(held, open, await holds.OwnObjectionAsync(access, session.Person, cancel), await holds.ObjectUntilAsync(session.Person, cancel)));
        }
        var shown = view switch { "valid" => IdView.Valid, "adult" => IdView.Adult, _ => IdView.Full };
        LiveCode? code;
        try
        {
            code = await codes.MakeAsync(door.Enter(session.Actor, Purpose.Self, null, "portal.id", session.Person), session.Person, CodeOf(shown), cancel);
        }
        catch (KeyUnavailableException)
        {
            // The page without a code is better than none: the code to read out still counts.
            code = null;
        }
        // Zero is the reader's own wish to stop.
        var live = code is not null && since > 0 && now.ToUnixTimeSeconds() - since < (long)LiveFor.TotalSeconds;
        return PageResult.Of<IdPage, IdModel>(new(held, code, live, shown, clock.Today(), now));
    }

    /// <summary>The code shows no more than the page.</summary>
    private static QrView CodeOf(IdView view) => view switch
    {
        IdView.Valid => QrView.Valid,
        IdView.Adult => QrView.Ages,
        _ => QrView.Full,
    };

    /// <summary>A code to read out. It is shown in the answer itself, because only its keyed hash is stored; asked for again there is a new one.</summary>
    private static async Task<IResult> CodeAsync(HttpContext http, LiveCodes codes, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http);
        if (form.Redraw)
        {
            return PageResult.Of<CodePage, CodeModel>(new(null));
        }
        var (code, outcome) = await codes.MakeShortAsync(http.MustBeSignedIn().Person, cancel);
        return outcome switch
        {
            WriteOutcome.Busy busy => http.TryAgain(form, busy.RetryAfter),
            WriteOutcome.InDoubt or WriteOutcome.Conflict => http.TryAgain(form, TimeSpan.FromSeconds(2)),
            _ => code is null ? http.GoTo("id") : PageResult.Of<CodePage, CodeModel>(new(code)),
        };
    }

    private static async Task<IResult> PhotoAsync(HttpContext http, HolderIds ids, ApplicationFiles files, CancellationToken cancel)
    {
        var session = http.MustBeSignedIn();
        return session.SeesRecords && await ids.OfAsync(session, cancel) is { Id.Photo: { } photo } ? await files.ShowAsync(session, null, photo, small: false, cancel) : PageResult.Error(StatusCodes.Status404NotFound);
    }
}

/// <summary>Opens the holder's own ID, for the holder.</summary>
internal sealed class HolderIds(Documents documents, Residences residences, ReadDoor door, TimeProvider clock)
{
    /// <summary>How the newest version ended; null: it has not, or there never was one.</summary>
    public async Task<DocumentState?> EndedAsync(Session session, CancellationToken cancel) =>
        (await documents.OfAsync(session.Person, cancel)).FirstOrDefault() is { State: not DocumentState.Live and var how } ? how : null;

    public async Task<HeldId?> OfAsync(Session session, CancellationToken cancel)
    {
        if (await documents.LiveAsync(session.Person, cancel) is not { } document || await residences.OfAsync(session.Person, cancel) is not { } residence)
        {
            return null;
        }
        var access = door.Enter(session.Actor, Purpose.Self, null, "portal.id", session.Person);
        var content = await documents.OpenAsync(access, document, cancel);
        return new(DigitalId.Of(document, content, residence.Until), residence.StandingAt(clock.Now()));
    }
}

/// <summary>The ID and how the residence behind it stands now.</summary>
public sealed record HeldId(DigitalId Id, Standing Standing);

/// <summary>How much of the ID is shown.</summary>
public enum IdView
{
    Full,

    /// <summary>Only whether it is valid.</summary>
    Valid,

    /// <summary>Only whether the holder is of age.</summary>
    Adult,
}

/// <param name="Live">Whether the page draws itself anew.</param>
public sealed record IdModel(HeldId Held, LiveCode? Code, bool Live, IdView View, LocalDate Today, Instant Now);

/// <param name="SeesRecords">False: the account cannot show an ID before the person was proofed.</param>
/// <param name="Ended">How the last ID ended; null: there never was one.</param>
public sealed record NoIdModel(bool SeesRecords, DocumentState? Ended);

/// <param name="Code">Null before it was asked for.</param>
public sealed record CodeModel(ShortCode? Code);

/// <summary>What waits for the holder, and the ways onward.</summary>
public sealed record HomeModel(
    bool SeesRecords, bool ReadsOnly, Residence? Residence, Standing? Standing, ExitVisa? Visa, IReadOnlyList<CaseLine> Cases, int Unread, IReadOnlyList<Service> Startable, LocalDate Today)
{
    /// <summary>The cases that do not move without the holder.</summary>
    public required IReadOnlyList<CaseLine> NeedYou { get; init; }

    /// <summary>What holds the ID now.</summary>
    public required OpenHolds Holds { get; init; }

    /// <summary>How the ID ended, when it has.</summary>
    public required DocumentState? Ended { get; init; }

    /// <summary>Whether the ID counts as far as it goes by itself; the residence behind it is another matter.</summary>
    public bool IdCounts => Ended is null && !Holds.Any;

    public CaseLine? Draft => Cases.FirstOrDefault(c => c.State == CaseStates.Draft);
}
