using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Muqeem.Sandbox.Pages;

/// <summary>Markup. Everything put into it is escaped, unless it is markup itself.</summary>
public sealed record Html(string Text)
{
    public static readonly Html Empty = new("");

    internal static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    public static Html Of(HtmlText text) => new(text.ToString());

    public static Html Each<T>(IEnumerable<T> all, Func<T, Html> one) => new(string.Concat(all.Select(item => one(item).Text)));

    public static Html When(bool condition, Func<Html> then) => condition ? then() : Empty;

    public override string ToString() => Text;
}

/// <summary>Builds <see cref="Html"/> from an interpolated string.</summary>
[InterpolatedStringHandler]
public readonly struct HtmlText(int literalLength, int formattedCount)
{
    private readonly StringBuilder _text = new(literalLength + (formattedCount * 16));

    public void AppendLiteral(string literal) => _text.Append(literal);

    public void AppendFormatted(Html? html) => _text.Append(html?.Text);

    public void AppendFormatted<T>(T value) => _text.Append(Html.Encoder.Encode(value switch
    {
        null => "",
        string text => text,
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    }));

    public override string ToString() => _text.ToString();
}

/// <summary>The frame of the stand-ins' pages.</summary>
internal static class Page
{
    private const string Style = """
        :root{--ink:#1b2430;--soft:#5b6675;--line:#d6dce4;--paper:#fff;--ground:#f4f6f8;--act:#0b5a4a;--warn:#8a4b00;color-scheme:light}
        *{box-sizing:border-box}body{margin:0;font:16px/1.55 "Noto Sans","Noto Sans Arabic",system-ui,sans-serif;color:var(--ink);background:var(--ground)}
        header{background:#2b3340;color:#fff;padding:.7rem 1rem}nav{display:flex;flex-wrap:wrap;gap:.2rem 1rem}header a{color:#fff}header strong{margin-inline-end:.5rem}
        .note{background:#fff3d6;border-block-end:1px solid #e5cf96;padding:.5rem 1rem;font-size:.92rem}
        main{max-inline-size:72rem;margin-inline:auto;padding:1rem}h1{font-size:1.5rem;margin-block:.4rem 1rem}h2{font-size:1.15rem;margin-block:1.6rem .5rem}
        table{border-collapse:collapse;inline-size:100%;background:var(--paper);font-size:.93rem}th,td{border:1px solid var(--line);padding:.35rem .6rem;text-align:start;vertical-align:top}th{background:#edf0f4;font-weight:600}
        code,bdi.n{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.92em}.pre{white-space:pre-wrap}
        form{display:inline-flex;gap:.4rem;flex-wrap:wrap;align-items:end;margin-block:.2rem}label{display:inline-flex;flex-direction:column;font-size:.82rem;color:var(--soft)}
        input,select,textarea{font:inherit;padding:.3rem .45rem;border:1px solid #8893a2;border-radius:4px;background:#fff;color:var(--ink);max-inline-size:22rem}input[type=checkbox]{inline-size:1.2rem;block-size:1.2rem}
        button{font:inherit;padding:.35rem .8rem;border:0;border-radius:4px;background:var(--act);color:#fff;cursor:pointer;min-block-size:2.2rem}button.quiet{background:#55606e}
        a{color:#0b4f7a}:focus-visible{outline:3px solid #ffb000;outline-offset:1px}.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.8rem}
        .card{background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:.7rem}.card img{inline-size:5.4rem;float:inline-end;border-radius:3px;margin-inline-start:.5rem}.soft{color:var(--soft);font-size:.88rem}
        .tag{display:inline-block;background:#fde7d0;color:var(--warn);border-radius:3px;padding:0 .4rem;font-size:.82rem}.message{background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem;margin-block:.6rem}
        .wide{inline-size:min(46rem,100%);block-size:auto;border:1px solid var(--line)}.scroll{overflow-x:auto}
        """;

    public static IResult Show(string title, Html body) => Results.Content(Html.Of($"""
        <!doctype html><html lang="en" dir="ltr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title} – stand-ins</title><style>{new Html(Style)}</style></head><body>
        <header><nav aria-label="Stand-ins"><strong>Stand-ins</strong><a href="/">Start</a><a href="/people">People</a><a href="/inbox">Inbox</a><a href="/bank">Bank</a><a href="/border">Border</a><a href="/employer">Employer</a><a href="/phone">Phone</a><a href="/wallet">Wallet</a><a href="/post">Post</a><a href="/contests">Contests</a><a href="/notices">Notices</a><a href="/feed">Events</a><a href="/calls">Calls to Muqeem</a><a href="/knobs">Knobs</a></nav></header>
        <p class="note" role="note">This program plays the other agencies for demonstrations and tests. Nobody in it exists, no message leaves it, and no money is real.<br><span lang="ar" dir="rtl">هذا البرنامج يمثّل الجهات الأخرى للعرض والاختبار: لا أحد فيه حقيقي.</span></p>
        <main><h1>{title}</h1>{body}</main></body></html>
        """).Text, "text/html; charset=utf-8");

    /// <summary>Whether the caller asked for a page rather than for data.</summary>
    public static bool WantsPage(HttpRequest request) => request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    /// <summary>After a form: back to a page of ours. For a program: the answer.</summary>
    public static IResult Done(HttpRequest request, string back, object answer) =>
        request.HasFormContentType ? Results.Redirect(back, preserveMethod: false) : Results.Json(answer, Agencies.Wire.Options);

    public static string Direction(string language) => language.Split('-')[0] is "ar" or "ur" or "ps" or "fa" or "ku" or "rhg" ? "rtl" : "ltr";
}
