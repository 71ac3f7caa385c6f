using System.Globalization;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Pages;
using Muqeem.Sandbox.StandIns;
using Muqeem.Sandbox.State;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Sandbox.Desks;

/// <param name="Picked">Null: refused.</param>
public sealed record PhoneAnswer(Guid Transaction, int? Picked);

/// <param name="Number">Resident number.</param>
/// <param name="Habit">Null: there is no such habit.</param>
public sealed record HabitOrder(string Number, PhoneHabit? Habit);

/// <summary>The phones of the people, as far as the national sign-in app is on them.</summary>
internal static class PhoneDesk
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/phone", (HttpRequest request, NationalApp phones, SandboxClock clock, string? number) =>
        {
            var whose = string.IsNullOrWhiteSpace(number) ? null : Digits.Normalise(number.Trim());
            var requests = phones.Newest(whose, 20);
            var now = clock.Now();
            if (!Page.WantsPage(request))
            {
                // Not which number is right: that is shown elsewhere, and picked here.
                return Results.Json(requests.Select(r => new { r.Transaction, r.Number, r.Consumer, r.Service, choices = r.Offered, state = r.Stands(now), askedAt = Clock.FromMicros(r.AskedAt), until = Clock.FromMicros(r.Until) }), Wire.Options);
            }
            var person = whose is null ? null : phones.UserOf(whose);
            var habit = whose is null ? PhoneHabit.ByHand : phones.HabitOf(whose);
            return Page.Show("Phone", Html.Of($"""
                <p>The national sign-in app on a person's phone, played by this stand-in: the real app, its enrolment and its face check are not here. Whoever opens this page holds the phone.<br><span lang="ar" dir="rtl">تطبيق النفاذ الوطني على جوال الشخص، يمثّله هذا البرنامج: لا تسجيل حقيقي هنا ولا تحقق من الوجه.</span></p>
                <form method="get"><label>Resident number · رقم الإقامة <input name="number" value="{whose}" dir="ltr" inputmode="numeric" required></label><button>Open the phone · افتح الجوال</button></form>
                {Html.When(whose is not null && person is null, () => Html.Of($"<p>Nobody with this number has the app. <span lang=\"ar\" dir=\"rtl\">لا أحد بهذا الرقم لديه التطبيق.</span></p>"))}
                {Html.When(person is not null, () => Html.Of($"<h2>{person!.Name.FullEn} · <span lang=\"ar\" dir=\"rtl\">{person.Name.FullAr}</span></h2>{Html.When(habit != PhoneHabit.ByHand, () => Html.Of($"<p><span class=\"tag\">{habit}</span> {(habit == PhoneHabit.Off ? "The phone is off." : "Answers by itself after some seconds.")}</p>"))}"))}
                {Html.When(requests.Count == 0, () => Html.Of($"<p>Nothing is asked. <span lang=\"ar\" dir=\"rtl\">لا طلب.</span></p>"))}
                {Html.Each(requests, r => One(r, now, whose, habit))}
                {Html.When(person is not null, () => Html.Of($"<h2>What this person does</h2><form method=\"post\" action=\"/phone/habits\"><input type=\"hidden\" name=\"number\" value=\"{whose}\"><select name=\"habit\" aria-label=\"Habit\">{Html.Each(Enum.GetValues<PhoneHabit>(), h => Html.Of($"<option value=\"{h}\" {new Html(h == habit ? "selected" : "")}>{h}</option>"))}</select><button class=\"quiet\">Set</button></form>"))}
                """));
        }).WithGroupName("desk");
        app.MapPost("/phone/answers", async (HttpRequest request, NationalApp phones) =>
        {
            var answer = await BankDesk.ReadAsync(request, form => new PhoneAnswer(
                Guid.TryParse(form["transaction"], out var id) ? id : Guid.Empty, int.TryParse(form["picked"], NumberStyles.None, CultureInfo.InvariantCulture, out var picked) ? picked : null), null);
            return answer is null || phones.Answer(answer.Transaction, answer.Picked) is not { } kept
                ? Answer.Problem(404, "not_found", "There is no such request, or it can no longer be answered.")
                : Page.Done(request, "/phone?number=" + kept.Number, new { kept.Transaction, state = kept.State });
        }).DisableAntiforgery().WithGroupName("desk");
        app.MapPost("/phone/habits", async (HttpRequest request, NationalApp phones) =>
        {
            var order = await BankDesk.ReadAsync(request, form => new HabitOrder(form["number"].ToString().Trim(), Enum.TryParse<PhoneHabit>(form["habit"], ignoreCase: true, out var word) ? word : null), null);
            if (order?.Habit is not { } habit || !Enum.IsDefined(habit))
            {
                return Answer.Invalid("habit");
            }
            if (phones.UserOf(order.Number) is not { } person)
            {
                return Answer.Problem(404, "not_found", "Nobody with this number has the app.");
            }
            phones.SetHabit(person, habit);
            return Page.Done(request, "/phone?number=" + order.Number, order);
        }).DisableAntiforgery().WithGroupName("desk");
    }

    private static Html One(KeptRequest request, Instant now, string? whose, PhoneHabit habit)
    {
        var state = request.Stands(now);
        return Html.Of($"""
            <article class="message"><strong>{request.Consumer}</strong> asks: {(request.Service == FederatedSignIn.Service ? "sign in" : request.Service)} · <span lang="ar" dir="rtl">يطلب: تسجيل الدخول</span> · <a href="/phone?number={request.Number}"><bdi class="n">{request.Number}</bdi></a> · until {InstantPattern.General.Format(Clock.FromMicros(request.Until))} · <span class="tag">{state}</span>
            {Html.When(state == SignInRequestState.Waiting && whose is not null && habit != PhoneHabit.Off, () => Html.Of($"<p>Pick the number that you see where you sign in, and no other. <span lang=\"ar\" dir=\"rtl\">اختر الرقم الذي تراه حيث تسجّل الدخول، ولا تختر غيره.</span></p><form method=\"post\" action=\"/phone/answers\"><input type=\"hidden\" name=\"transaction\" value=\"{request.Transaction}\">{Html.Each(request.Offered, n => Html.Of($"<button name=\"picked\" value=\"{n}\">{n}</button> "))}<button name=\"picked\" value=\"\" class=\"quiet\">Refuse · ارفض</button></form>"))}</article>
            """);
    }
}
