using Muqeem.Cases;
using Muqeem.Cases.Definition;

namespace Muqeem.Services.DeliverCard;

/// <summary>Nothing that the register of addresses says is asked: who wants the card at the primary address only sends.</summary>
internal static class Questions
{
    public static readonly Form<Request> Form = new Form<Request>()
        .Page("address",
            Form<Request>.Recorded(r => r.Address, context => context.Facts.Find<AddressFact>()?.Addresses.Select(a => new Option(a.Short, Arabic: $"{a.Short} · {a.Arabic}", English: $"{a.Short} · {a.English}")).ToList()));
}
