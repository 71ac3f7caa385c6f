using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.Portal.Shared;
using Muqeem.SignIn;

namespace Muqeem.Portal.Joining;

/// <summary>Opening an account. Until number, birth date and passport agree, nothing a page says depends on whether there is such a person.</summary>
internal static class Pages
{
    private static readonly Dictionary<string, int> Lengths = new(StringComparer.Ordinal) { ["passport"] = 400, ["password"] = 300 };

    public static void Map(IEndpointRouteBuilder pages)
    {
        var open = pages.MapGroup("/register").AllowAnonymous();
        open.MapGet("", BeginAsync);
        open.MapPost("", (Delegate)ChooseAsync);
        open.MapGet("/details", (string? have) => PageResult.Of<DetailsPage, DetailsModel>(new(FormState.Empty(), KindOf(have), "register/details")));
        open.MapPost("/details", StartAsync);
        open.MapGet("/step", StepAsync);
        open.MapPost("/step", ActAsync);
    }

    internal static string KindOf(string? have) => have is "border" or "visa" ? have : "resident";

    private static async Task<IResult> BeginAsync(HttpContext http, Registration registration, CancellationToken cancel)
    {
        var underWay = SessionCookies.Registration(http.Request) is { } token && await registration.ResumeAsync(token, cancel) is RegistrationAnswer.At;
        return PageResult.Of<KindPage, KindModel>(new(FormState.Empty(), underWay));
    }

    private static async Task<IResult> ChooseAsync(HttpContext http)
    {
        var form = await FormState.ReadAsync(http);
        if (!form.Redraw && form["have"] is "resident" or "border" or "visa")
        {
            return http.GoTo("register/details?have=" + form["have"]);
        }
        if (!form.Redraw)
        {
            form.Refuse("have", "sys.error.required_choice");
        }
        return PageResult.Of<KindPage, KindModel>(new(form, false), form.Redraw ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> StartAsync(HttpContext http, Registration registration, PageContext page, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, lengths: Lengths);
        if (form.Redraw || !form.Ok)
        {
            return Details(form, form.Redraw ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
        }
        var answer = await registration.StartAsync(Typed(form), Visitor.Of(http, page.Language.Code), cancel);
        if (answer is RegistrationAnswer.At { Token: { } token })
        {
            SessionCookies.SetRegistration(http, token);
        }
        return Show(http, form, answer, f => Details(f, StatusCodes.Status422UnprocessableEntity));

        static IResult Details(FormState f, int status) => PageResult.Of<DetailsPage, DetailsModel>(new(f, KindOf(f["have"]), "register/details"), status);
    }

    internal static RegistrationStart Typed(FormState form)
    {
        var birth = form.Date("birth");
        return new(form["number"], birth.Day, birth.Month, birth.Year, birth.IsHijri ? CalendarKind.Hijri : CalendarKind.Gregorian, form["passport"]);
    }

    private static async Task<IResult> StepAsync(HttpContext http, Registration registration, CancellationToken cancel) =>
        await registration.ResumeAsync(SessionCookies.Registration(http.Request), cancel) is RegistrationAnswer.At at
            ? PageResult.Of<StepPage, StepModel>(new(at.Step, FormState.Empty()))
            : http.GoTo("register");

    /// <summary>Every step posts here: the button says what is done, the registration knows where it stands.</summary>
    private static async Task<IResult> ActAsync(HttpContext http, Registration registration, PageContext page, CancellationToken cancel)
    {
        var form = await FormState.ReadAsync(http, lengths: Lengths);
        var token = SessionCookies.Registration(http.Request);
        if (form.Redraw)
        {
            return await registration.ResumeAsync(token, cancel) is RegistrationAnswer.At here ? PageResult.Of<StepPage, StepModel>(new(here.Step, form)) : http.GoTo("register");
        }
        var operation = http.OperationIdOf(form);
        var answer = form["act"] switch
        {
            "retry" => await registration.RetryAsync(token, cancel),
            "resend" => await registration.ResendAsync(token, cancel),
            "code" => await registration.ConfirmCodeAsync(token, form["code"], operation, cancel),
            "contact" => await registration.GiveContactAsync(token, form["mobile"], form["email"], operation, cancel),
            "profile" => await registration.ProfileAsync(token, new(form["name"], form["nameArabic"], form["occupation"], form["place"]), operation, cancel),
            "password" => await registration.PasswordAsync(token, form["password"], operation, cancel),
            "authenticator" => await registration.AuthenticatorAsync(token, form["code"] ?? "", operation, cancel),
            "skip" => await registration.AuthenticatorAsync(token, null, operation, cancel),
            "finish" => await registration.FinishAsync(token, form["shared"] == "yes", Visitor.Of(http, page.Language.Code), operation, cancel),
            _ => await registration.ResumeAsync(token, cancel),
        };
        return Show(http, form, answer, _ => http.GoTo("register"));
    }

    private static IResult Show(HttpContext http, FormState form, RegistrationAnswer answer, Func<FormState, IResult> notBegun)
    {
        switch (answer)
        {
            case RegistrationAnswer.At:
                return http.GoTo("register/step");
            case RegistrationAnswer.Opened opened:
                SessionCookies.Set(http, opened.SignedIn);
                return http.GoTo("home");
            case RegistrationAnswer.Refused refused:
                form.RefuseAll(refused.Refusals);
                return refused.Step is { } step ? PageResult.Of<StepPage, StepModel>(new(step, form), StatusCodes.Status422UnprocessableEntity) : notBegun(form);
            case RegistrationAnswer.Wait wait:
                return Outcomes.Later(wait.Refusal, http.At(""));
            case RegistrationAnswer.Busy busy:
                return http.TryAgain(form, busy.RetryAfter);
            default:
                SessionCookies.ClearRegistration(http);
                return http.GoTo("register");
        }
    }
}

/// <param name="UnderWay">A registration of this browser can be taken up again.</param>
public sealed record KindModel(FormState Form, bool UnderWay);

/// <param name="Have">resident, border or visa: which number the newcomer holds in hand.</param>
/// <param name="Action">Opening an account and recovering one ask the same.</param>
public sealed record DetailsModel(FormState Form, string Have, string Action);

/// <summary>Where the registration stands.</summary>
public sealed record StepModel(RegistrationStep Step, FormState Form);
