using Muqeem.Cases;
using Muqeem.Cases.Definition;
using Muqeem.Kernel;
using Muqeem.Platform.Pages;
using Muqeem.Services.ExitReentryVisa;
using NodaTime;
using Field = Muqeem.Cases.Definition.Field;

namespace Muqeem.Portal.Applying;

/// <summary>Before the start: what is looked at, what it costs, who confirms and pays.</summary>
/// <param name="Result">Null for an account that does not see records yet.</param>
/// <param name="Estimated">The questions that decide the price, asked here already.</param>
/// <param name="Shown">Whether the price was asked for.</param>
/// <param name="Open">An application of this service that is under way.</param>
/// <param name="Visa">For a journey: the visa that serves it at the least price.</param>
/// <param name="NewEnd">For a renewal: the last day of the new term.</param>
public sealed record PreflightModel(Service Service, WhatIf? Result, FormContext? Context, IReadOnlyList<Field> Estimated, FormState Form, bool Shown, CaseLine? Open, VisaPlan? Visa, LocalDate? NewEnd);

/// <summary>The tasks of an application.</summary>
public sealed record TasksModel(DraftView Draft);

/// <summary>One topic of an application.</summary>
/// <param name="From">Where to go on to: <c>answers</c> when it is being changed.</param>
/// <param name="Read">The passport's lines were just read from its picture.</param>
public sealed record QuestionModel(DraftView Draft, FormPage Page, FormState Form, string? From, bool Read = false);

/// <summary>Check your answers, say that they are true, send.</summary>
/// <param name="Faults">What an earlier attempt to send met.</param>
/// <param name="Form">The statement.</param>
public sealed record AnswersModel(DraftView Draft, IReadOnlyList<FieldFault> Faults, FormState Form);

/// <summary>Sent.</summary>
public sealed record SentModel(TrackView Track);

/// <summary>All applications of a person, and what can be started.</summary>
public sealed record ListModel(IReadOnlyList<CaseLine> Lines, IReadOnlyList<Service> Startable);
