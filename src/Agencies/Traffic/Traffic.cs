using System.Text.Json.Serialization;
using NodaTime;

namespace Muqeem.Agencies;

public enum ViolationStatus { Unpaid, Paid, Objected, Cancelled }

/// <summary>Traffic violations of a person, newest first.</summary>
public sealed record TrafficViolations(string Source, Instant AsOf, string Id, IReadOnlyList<TrafficViolation> Violations) : IAgencyRecord
{
    public string? BrokenField()
    {
        if (!Shape.Person(Id))
        {
            return "id";
        }
        return Shape.Each("violations", Violations, v => !Shape.Text(v.Number, 20) ? "number" : v.AmountHalalas < 0 ? "amountHalalas" : null);
    }

    [JsonIgnore]
    public IEnumerable<TrafficViolation> Unpaid => Violations.Where(violation => violation.Status == ViolationStatus.Unpaid);
}

public sealed record TrafficViolation(string Number, Instant At, string City, long AmountHalalas, ViolationStatus Status);

/// <summary>Vehicles in a person's name.</summary>
public sealed record OwnedVehicles(string Source, Instant AsOf, string Id, IReadOnlyList<OwnedVehicle> Vehicles) : IAgencyRecord
{
    public string? BrokenField()
    {
        if (!Shape.Person(Id))
        {
            return "id";
        }
        return Shape.Each("vehicles", Vehicles, v => !Shape.Number(v.Sequence, 6, 12) ? "sequence" : null);
    }
}

public sealed record OwnedVehicle(string Sequence, string PlateAr, string PlateEn, LocalDate RegistrationExpiry, bool Seized);

public sealed record DrivingLicence(string Source, Instant AsOf, string Id, string Class, LocalDate Expiry) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when !Shape.Person(Id) => "id",
        _ when !Shape.Text(Class, 20) => "class",
        _ => null,
    };
}

/// <summary>The traffic directorate: violations, vehicles, driving licences.</summary>
public sealed class Traffic(AgencyLine line)
{
    public const string Name = "Traffic";

    /// <summary>A fine is paid minutes before the traveller asks again.</summary>
    public static readonly Duration ViolationsValidity = Duration.FromMinutes(10);
    public static readonly Duration VehiclesValidity = Duration.FromHours(1);

    public Task<AgencyAnswer<TrafficViolations>> ViolationsAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<TrafficViolations>("violations", $"violations?id={Uri.EscapeDataString(number)}", ViolationsValidity, cancel);

    public Task<AgencyAnswer<OwnedVehicles>> VehiclesAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<OwnedVehicles>("vehicles", $"vehicles?id={Uri.EscapeDataString(number)}", VehiclesValidity, cancel);

    public Task<AgencyAnswer<DrivingLicence>> LicenceAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<DrivingLicence>("licence", $"licences/{Uri.EscapeDataString(number)}", VehiclesValidity, cancel);
}
