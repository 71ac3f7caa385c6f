using System.Text;
using Muqeem.Payments.Pricing;
using Muqeem.Platform.Policies;
using NodaTime;

namespace Muqeem.Portal.Shared;

/// <summary>The fee table of the policies in force, read once a version.</summary>
internal sealed class Tariffs(PolicyBook policies)
{
    private Tariff? _known;

    public Tariff Now
    {
        get
        {
            var policy = policies.Current;
            var known = _known;
            return known is not null && known.Version == policy.Version ? known
                : _known = new Tariff(policy.Version, FeeRow.Parse(new MemoryStream(Encoding.UTF8.GetBytes(policy.RowOn(PolicyBook.Fees, LocalDate.MaxIsoValue).Value))));
        }
    }
}
