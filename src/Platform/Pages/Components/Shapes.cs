using Microsoft.AspNetCore.Components;

namespace Muqeem.Platform.Pages;

/// <summary>A place that a page leads to.</summary>
public sealed record PageLink(string Text, string Href, bool Current = false);

/// <summary>One answer among several. <paramref name="Lang"/> when its words are in another language than the page.</summary>
public sealed record Choice(string Value, string Text, string? Hint = null, string? Lang = null);

/// <summary>The colour of a tag or notice; the words always say the same.</summary>
public enum Tone
{
    Neutral,
    Info,
    Good,
    Warning,
    Bad,
}

/// <summary>How a button looks.</summary>
public enum ButtonKind
{
    Primary,
    Secondary,
    Danger,
}

/// <summary>A fact or an answer with, where it can be changed, the way to do so. <paramref name="Content"/> instead of <paramref name="Value"/> when it is more than text.</summary>
public sealed record SummaryRow(string Label, string? Value = null, string? ChangeHref = null, RenderFragment? Content = null, string? Lang = null);

/// <summary>How far a task of an application is.</summary>
public enum TaskState
{
    Todo,
    Started,
    Done,
    Again,
    Blocked,
    Optional,
}

/// <summary>A task of an application. Without <paramref name="Href"/> it cannot be started yet.</summary>
public sealed record TaskItem(string Text, TaskState State, string? Href = null, string? Hint = null);

/// <summary>Tasks under one heading.</summary>
public sealed record TaskGroup(string Title, IReadOnlyList<TaskItem> Items);

/// <summary>Where a step of a case stands.</summary>
public enum TimelineState
{
    Done,
    Current,
    NeedsYou,
    Next,
}

/// <summary>A step of a case: when it was, who acts, what is expected.</summary>
public sealed record TimelineEntry(string Title, TimelineState State, string? When = null, string? Note = null);

/// <summary>A column of a table; numbers stand at the end of the line.</summary>
public sealed record TableColumn(string Title, bool Numeric = false);

/// <summary>A cell: text, perhaps leading somewhere, or any content.</summary>
public sealed record TableCell(string? Text = null, string? Href = null, RenderFragment? Content = null, string? Lang = null)
{
    public static implicit operator TableCell(string? text) => new(text);
}

/// <summary>One value that is compared: who says it, and what. <paramref name="Value"/> is null when the source has none.</summary>
public sealed record ComparedValue(string? Value, string? Lang = null);

/// <summary>A row of the officer's comparison. The first value is the applicant's; the others are marked where they differ from it.</summary>
public sealed record ComparisonRow(string Item, IReadOnlyList<ComparedValue> Values, string Result, Tone Tone, string? Note = null);

/// <summary>A bar of a chart.</summary>
public sealed record Bar(string Label, decimal Value, string? Shown = null, string? Href = null);

/// <summary>A way onward from the home page.</summary>
/// <param name="Icon">One of <see cref="Pages.Icon.Names"/>.</param>
public sealed record Tile(string Text, string Icon, string Href, string? Note = null, Tone Tone = Tone.Neutral);

/// <summary>A check before the start. <paramref name="Passed"/> is null while the answer is awaited; <paramref name="Remedy"/> says how to put it right.</summary>
public sealed record CheckItem(string Text, bool? Passed, string? Remedy = null, string? Href = null);

internal static class ToneClass
{
    public static string Class(this Tone tone) => tone switch
    {
        Tone.Info => "info",
        Tone.Good => "good",
        Tone.Warning => "warn",
        Tone.Bad => "bad",
        _ => "neutral",
    };
}
