namespace Muqeem.Platform.Pages;

/// <summary>How the pages of this installation look and whom they name. Configuration section <c>Pages</c>.</summary>
public sealed class PageOptions
{
    public const string Section = "Pages";

    /// <summary>The languages that are offered, in the order of the switcher. The first is the one for a reader of whom nothing is known.</summary>
    public IList<string> Languages { get; set; } = ["ar", "en"];

    /// <summary>The line at the top that says that this is no government service. A real operator turns it off.</summary>
    public bool Demonstration { get; set; } = true;

    /// <summary>Whether the clock of this demonstration was moved; every page then shows its day and time.</summary>
    public bool ClockIsMoved { get; set; }

    /// <summary>The telephone where a person answers, as it is written; shown on every page of an error and at the foot.</summary>
    public string? HelpPhone { get; set; }

    /// <summary>The same without spaces, as it is dialled.</summary>
    public string? HelpPhoneDialled => HelpPhone?.Replace(" ", "", StringComparison.Ordinal);

    /// <summary>When that telephone is answered, by language.</summary>
    public IDictionary<string, string> HelpHours { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Origins, such as <c>https://pay.example</c>, to which a form may lead after a redirect: the payment page.</summary>
    public IList<string> FormDestinations { get; set; } = [];

    /// <summary>Compress pages. Random padding hides their exact length, so that reflected input cannot be used to guess what else is on a page.</summary>
    public bool Compress { get; set; } = true;
}
