using Microsoft.AspNetCore.Components;

namespace Muqeem.Platform.Pages;

/// <summary>What all fields of a form share: name, label, hint, the value as typed, and the error.</summary>
public abstract class Field : Page
{
    [CascadingParameter] protected FormState? Form { get; set; }

    /// <summary>The name that the form sends, and by which errors find the field. Letters, digits, dots and hyphens.</summary>
    [Parameter, EditorRequired] public string Name { get; set; } = "";

    [Parameter, EditorRequired] public string Label { get; set; } = "";

    /// <summary>One example or one sentence.</summary>
    [Parameter] public string? Hint { get; set; }

    /// <summary>What is shown before anything is typed.</summary>
    [Parameter] public string? Value { get; set; }

    /// <summary>Says so beside the label. Everything else is required.</summary>
    [Parameter] public bool Optional { get; set; }

    /// <summary>The label is the page's question: turn the layout's own heading off.</summary>
    [Parameter] public bool AsHeading { get; set; }

    /// <summary>A value of the HTML attribute <c>autocomplete</c>.</summary>
    [Parameter] public string? Autocomplete { get; set; }

    /// <summary>The id of a field's first control.</summary>
    public static string IdOf(string name) => "f-" + name.Replace('.', '-');

    protected string Id => IdOf(Name);

    protected string? Current => Form is not null && Form.Has(Name) ? Form[Name] : Value;

    protected string? Error => Form?.ErrorOf(Name)?.In(L);

    protected string? Invalid => Error is null ? null : "true";

    protected string? DescribedBy => (Hint, Error) switch
    {
        (null, null) => null,
        (_, null) => Id + "-hint",
        (null, _) => Id + "-error",
        _ => $"{Id}-hint {Id}-error",
    };

    protected string Class => Error is null ? "field" : "field wrong";

    protected string LabelText => Optional ? L.Text("sys.optional", ("label", Label)) : Label;
}
