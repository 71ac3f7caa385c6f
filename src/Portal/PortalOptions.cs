using Microsoft.Extensions.Configuration;

namespace Muqeem.Portal;

/// <summary>What an operator sets for the residents' pages. Configuration section <c>Portal</c>.</summary>
public sealed class PortalOptions
{
    public const string Section = "Portal";

    /// <summary>A page where a bill can be paid at once, with <c>{number}</c> in it; only demonstrations have one. Null: the bill is paid at a bank.</summary>
    public string? PayPage { get; set; }

    /// <summary>Who answers questions about personal data, as an address of e-mail.</summary>
    public string? DataOfficer { get; set; }

    internal static PortalOptions Of(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        return new PortalOptions { PayPage = section[nameof(PayPage)], DataOfficer = section[nameof(DataOfficer)] };
    }

    internal string? PayAddress(string? number) => number is null ? null : PayPage?.Replace("{number}", Uri.EscapeDataString(number), StringComparison.Ordinal);
}
