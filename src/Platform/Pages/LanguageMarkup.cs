using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Muqeem.Platform.Culture;
using Muqeem.Platform.Texts;

namespace Muqeem.Platform.Pages;

/// <summary>Fills a slot of a text: <c>&lt;link&gt;read the rules&lt;/link&gt;</c> becomes a link around those words.</summary>
public sealed record Slot(string Name, RenderFragment<RenderFragment> Draw)
{
    public static Slot Link(string name, string href) => new(name, inner => builder =>
    {
        builder.OpenElement(0, "a");
        builder.AddAttribute(1, "href", href);
        builder.AddContent(2, inner);
        builder.CloseElement();
    });

    public static Slot Strong(string name) => new(name, inner => builder =>
    {
        builder.OpenElement(0, "strong");
        builder.AddContent(1, inner);
        builder.CloseElement();
    });

    /// <summary>Words for screen readers only.</summary>
    public static Slot Hidden(string name) => new(name, inner => builder =>
    {
        builder.OpenElement(0, "span");
        builder.AddAttribute(1, "class", "hidden");
        builder.AddContent(2, inner);
        builder.CloseElement();
    });
}

/// <summary>Texts as markup.</summary>
public static class LanguageMarkup
{
    /// <summary>The text with its slots drawn and with <c>&lt;bdi&gt;</c> around values of another direction. A slot that nobody fills shows its words alone.</summary>
    public static RenderFragment Html(this Language language, string key, IReadOnlyList<Slot> slots, params ReadOnlySpan<(string Name, object? Value)> facts)
    {
        var all = new Dictionary<string, object?>(facts.Length, StringComparer.Ordinal);
        foreach (var (name, value) in facts)
        {
            all[name] = value;
        }
        return language.Html(key, slots, all);
    }

    /// <inheritdoc cref="Html(Language, string, IReadOnlyList{Slot}, ReadOnlySpan{ValueTuple{string, object?}})"/>
    public static RenderFragment Html(this Language language, string key, IReadOnlyList<Slot> slots, IReadOnlyDictionary<string, object?> facts)
    {
        var message = language.Find(key, out var found);
        return message is null ? builder => builder.AddContent(0, $"⟦{key}⟧") : Draw(language, key, message.Parts, found, slots, facts, null);
    }

    private static RenderFragment Draw(Language language, string key, IReadOnlyList<Message.Part> parts, MuqeemCulture culture, IReadOnlyList<Slot> slots,
        IReadOnlyDictionary<string, object?> facts, decimal? count) => builder =>
    {
        foreach (var part in parts)
        {
            switch (part)
            {
                case Message.Literal literal:
                    builder.AddContent(0, literal.Text);
                    break;
                case Message.Count:
                    builder.AddContent(1, language.Number(count ?? 0));
                    break;
                case Message.Argument argument when facts.TryGetValue(argument.Name, out var value):
                    Value(builder, language.Show(value, argument.Grouped, out var ours), ours ? null : culture);
                    break;
                case Message.Argument argument:
                    language.MissFact(key, argument.Name);
                    builder.AddContent(2, $"⟦{argument.Name}⟧");
                    break;
                case Message.Slot slot:
                    var inside = Draw(language, key, slot.Inside, culture, slots, facts, count);
                    builder.AddContent(3, slots.FirstOrDefault(s => s.Name == slot.Name) is { } drawn ? drawn.Draw(inside) : inside);
                    break;
                default:
                    if (Language.Choose(part, culture, new Facts(facts), out var inner) is { } chosen)
                    {
                        builder.AddContent(4, Draw(language, key, chosen, culture, slots, facts, inner ?? count));
                    }
                    break;
            }
        }
    };

    private static void Value(RenderTreeBuilder builder, string text, MuqeemCulture? around)
    {
        if (around is null || !Bidi.NeedsIsolation(text, around.Direction))
        {
            builder.AddContent(5, text);
            return;
        }
        builder.OpenElement(6, "bdi");
        builder.AddContent(7, text);
        builder.CloseElement();
    }
}
