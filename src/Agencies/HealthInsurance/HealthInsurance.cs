using NodaTime;

namespace Muqeem.Agencies;

/// <summary>Health cover of a person, with the members under the same policy. Not insured: <paramref name="Insured"/> is false and the rest is null.</summary>
public sealed record HealthPolicy(
    string Source, Instant AsOf, string Id, bool Insured, string? Insurer, string? PolicyNumber, string? Class, LocalDate? From, LocalDate? To, IReadOnlyList<HealthPolicyMember> Members) : IAgencyRecord
{
    public string? BrokenField()
    {
        if (!Shape.Person(Id))
        {
            return "id";
        }
        if (Insured && !Shape.Text(Insurer))
        {
            return "insurer";
        }
        if (Insured && !Shape.Text(PolicyNumber, 30))
        {
            return "policyNumber";
        }
        if (Insured && From is null)
        {
            return "from";
        }
        if (Insured && (To is null || To < From))
        {
            return "to";
        }
        return Shape.Each("members", Members, m => !Shape.Person(m.Id) ? "id" : null);
    }

    /// <summary>Covered on each day of the term.</summary>
    public bool Covers(LocalDate from, LocalDate to) => Insured && From <= from && To >= to;
}

public sealed record HealthPolicyMember(string Id, LocalDate To);

/// <summary>The health insurance council's register of cover. New cover shows up with some delay.</summary>
public sealed class HealthInsurance(AgencyLine line)
{
    public const string Name = "HealthInsurance";

    public static readonly Duration PolicyValidity = Duration.FromHours(1);

    public Task<AgencyAnswer<HealthPolicy>> PolicyAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<HealthPolicy>("policy", $"policies?id={Uri.EscapeDataString(number)}", PolicyValidity, cancel);

    /// <summary>Tells that the resident left for good, so that the policy can be ended.</summary>
    public Task<AgencyAnswer<NoticeReceipt>> TellEndAsync(string residentNumber, LocalDate on, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<NoticeReceipt>("end_notice", HttpMethod.Post, "ends", new HealthPolicyEnd(residentNumber, on), requestId, cancel);

    /// <summary>Whose record changed since, in the order of the changes, each as it is now.</summary>
    public Task<AgencyAnswer<HoldingPage<InsuranceHolding>>> ChangesAsync(string after, int most, CancellationToken cancel = default) => HoldingPages.ChangesAsync<InsuranceHolding>(line, after, most, cancel);

    /// <param name="numbers">At most <see cref="HoldingPages.MostAsked"/>; who is unknown is not in the answer.</param>
    public Task<AgencyAnswer<HoldingPage<InsuranceHolding>>> HoldingsAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel = default) => HoldingPages.OfAsync<InsuranceHolding>(line, numbers, cancel);
}

public sealed record HealthPolicyEnd(string ResidentNumber, LocalDate On);
