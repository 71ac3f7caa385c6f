using Muqeem.Cases.Definition;

namespace Muqeem.Services.RenewResidentId;

internal static class Questions
{
    public static readonly Form<Request> Form = new Form<Request>()
        .Page("term", Form<Request>.Choice(r => r.Months, Terms.Offered, hint: true));
}
