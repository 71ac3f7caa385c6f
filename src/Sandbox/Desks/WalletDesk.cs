using System.Buffers.Text;
using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Sandbox.Pages;
using Muqeem.Sandbox.StandIns;
using NodaTime.Text;

namespace Muqeem.Sandbox.Desks;

/// <summary>The national wallet app as people hold it: the cards in it, with what each says, and the short notices.</summary>
internal static class WalletDesk
{
    public static void Map(IEndpointRouteBuilder app)
    {
        Show(app);
        app.MapPost("/wallet/{reference}/{act}", (string reference, string act, HttpRequest request, NationalWallet wallet) =>
            (act switch { "take-out" => wallet.TakeOut(reference), "lose" => wallet.Lose(reference), "give-up" => wallet.GiveUp(reference), "bring-back" => wallet.BringBack(reference), _ => false }) ? Page.Done(request, "/wallet", new { reference, act })
            : Answer.Problem(404, "not_found", "There is no such card, or it is not one to which that can happen.")).DisableAntiforgery().WithGroupName("desk");
    }

    private static void Show(IEndpointRouteBuilder app) => app.MapGet("/wallet", (HttpRequest request, NationalWallet wallet, string? number) =>
    {
        var whose = string.IsNullOrWhiteSpace(number) ? null : Digits.Normalise(number.Trim());
        var (cards, told) = (wallet.Cards(whose), wallet.Told(whose));
        return !Page.WantsPage(request)
            ? Results.Json(new { cards = cards.Select(c => new { c.Reference, c.Number, c.State, c.Remark, c.Credential }), notices = told.Select(n => new { n.Number, n.Text, n.Language }) }, Wire.Options)
            : Page.Show("Wallet", Html.Of($"""
                <p>The national wallet app on a person's phone, played by this stand-in. It takes each offer by the standard, with a key of its own, and keeps what comes.<br><span lang="ar" dir="rtl">تطبيق المحفظة الوطني على جوال الشخص، يمثّله هذا البرنامج.</span></p>
                <form method="get"><label>Resident number · رقم الإقامة <input name="number" value="{whose}" dir="ltr" inputmode="numeric"></label><button>Open · افتح</button></form>
                {Html.When(cards.Count == 0, () => Html.Of($"<p>No card. <span lang=\"ar\" dir=\"rtl\">لا بطاقة.</span></p>"))}
                {Html.Each(cards, One)}
                {Html.When(told.Count > 0, () => Html.Of($"<h2>Notices · <span lang=\"ar\" dir=\"rtl\">تنبيهات</span></h2>{Html.Each(told, n => Html.Of($"<p class=\"message\" lang=\"{n.Language}\" dir=\"{Page.Direction(n.Language)}\">{n.Text} · {InstantPattern.General.Format(Clock.FromMicros(n.At))}</p>"))}"))}
                """));
    }).WithGroupName("desk");

    private static Html One(KeptCard card) => Html.Of($"""
        <article class="message"><a href="/wallet?number={card.Number}"><bdi class="n">{card.Number}</bdi></a> · <span class="tag">{card.State}</span> · until {InstantPattern.General.Format(Clock.FromMicros(card.ValidUntil))}{Html.When(card.Remark is not null, () => Html.Of($" · {card.Remark}"))}
        {Html.When(card.Credential is not null, () => Html.Of($"<table>{Html.Each(Claims(card.Credential!), c => Html.Of($"<tr><th>{c.Name}</th><td>{c.Value}</td></tr>"))}</table>"))}
        {Html.When(card.State != "REMOVED", () => Html.Of($"{Button(card, "take-out", "The holder takes it out")} {Button(card, "lose", "The app loses it")} {Button(card, "give-up", "The app could not take it")}"))}{Html.When(card.State == "REMOVED", () => Button(card, "bring-back", "The app shows it again"))}</article>
        """);

    private static Html Button(KeptCard card, string act, string label) => Html.Of($"<form method=\"post\" action=\"/wallet/{card.Reference}/{act}\"><button class=\"quiet\">{label}</button></form>");

    /// <summary>What the card can show, each part by itself; pictures by their size.</summary>
    private static IEnumerable<(string Name, string Value)> Claims(string credential)
    {
        foreach (var part in credential.Split('~', StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            using var disclosed = JsonDocument.Parse(Base64Url.DecodeFromChars(part));
            if (disclosed.RootElement is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() == 3)
            {
                var value = list[2].ValueKind == JsonValueKind.String ? list[2].GetString()! : list[2].GetRawText();
                yield return (list[1].GetString()!, value.Length > 200 ? $"({value.Length} characters)" : value);
            }
        }
    }
}
