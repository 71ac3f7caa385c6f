using Muqeem.Cases.Definition;
using Muqeem.Platform.Texts;

namespace Muqeem.Portal.Shared;

/// <summary>The words of a service and its questions: <c>svc.&lt;service&gt;.*</c>.</summary>
internal static class ServiceWords
{
    public static string Name(this Language l, Service service) => l.Text($"svc.{service.Key}.name");

    /// <summary>What the service is for, in a sentence.</summary>
    public static string About(this Language l, Service service) => l.Text($"svc.{service.Key}.about");

    /// <summary>The topic of a page, as a task of the list.</summary>
    public static string Topic(this Language l, Service service, FormPage page) => l.Text($"svc.{service.Key}.page.{page.Id}");

    /// <summary>The question that heads the page.</summary>
    public static string Title(this Language l, Service service, FormPage page) => l.Text($"svc.{service.Key}.page.{page.Id}.title");

    public static string Label(this Language l, Service service, Field field) => l.Text($"svc.{service.Key}.field.{field.Name}");

    public static string? Hint(this Language l, Service service, Field field) => field.HasHint ? l.Text($"svc.{service.Key}.field.{field.Name}.hint") : null;

    /// <summary>The words of an answer; data lists carry their own, in Arabic for Arabic readers and in English for all others.</summary>
    public static string Text(this Language l, Option option) =>
        option.TextKey is { } key ? l.Text(key) : (l.Code == "ar" ? option.Arabic : option.English) ?? option.English ?? option.Arabic ?? option.Value;

    public static string State(this Language l, string state) => l.Text("case.state." + state);
}
