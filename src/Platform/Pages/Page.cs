using Microsoft.AspNetCore.Components;
using Muqeem.Platform.Texts;

namespace Muqeem.Platform.Pages;

/// <summary>A component that is a whole page or knows the request's language.</summary>
public abstract class Page : ComponentBase
{
    /// <summary>The words of the request's language: <c>@L.Text("sys.button.continue")</c>.</summary>
    [Inject] protected Language L { get; set; } = null!;

    [Inject] protected PageContext Request { get; set; } = null!;

    /// <summary>An address inside this site in the request's language: <c>At("applications/new")</c> is <c>/ar/applications/new</c>.</summary>
    protected string At(string path) => path.Length == 0 ? "/" + L.Code : $"/{L.Code}/{path.TrimStart('/')}";
}

/// <summary>A page that is drawn from a model.</summary>
public abstract class Page<TModel> : Page
{
    [Parameter, EditorRequired] public TModel Model { get; set; } = default!;
}
