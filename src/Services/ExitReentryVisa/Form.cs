using Muqeem.Cases.Definition;
using Muqeem.Registry;

namespace Muqeem.Services.ExitReentryVisa;

/// <summary>Travel dates, not months: the visa that fits is ours to find.</summary>
internal static class Questions
{
    public static readonly Form<Request> Form = new Form<Request>()
        .Page("journey",
            Form<Request>.Choice(r => r.Kind, _ => [new(VisaKinds.Single, "svc.exit-reentry.kind.single"), new(VisaKinds.Multiple, "svc.exit-reentry.kind.multiple")]),
            Form<Request>.Day(r => r.LeaveOn, hint: true),
            Form<Request>.Day(r => r.ReturnOn, hint: true));
}
