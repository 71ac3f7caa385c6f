using NodaTime;

namespace Muqeem.Agencies;

public enum ContractStatus { Active, Notice, Ended }

public enum SkillLevel { High, Skilled, Basic }

public enum WorkStatus { OnJob, Disconnected, Absent }

/// <summary>A worker of an establishment: contract, work permit and employer.</summary>
/// <param name="DisconnectedOn">The day of an absence report, when one stands.</param>
public sealed record LabourWorker(
    string Source, Instant AsOf, string Id, LabourContract Contract, WorkPermit? Permit, Establishment Establishment, string OccupationCode, WorkStatus WorkStatus, LocalDate? DisconnectedOn) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when !Shape.Person(Id) => "id",
        _ when Contract.BrokenField() is { } field => "contract." + field,
        _ when Permit is not null && !Shape.Text(Permit.Number, 20) => "permit.number",
        _ when Establishment.BrokenField() is { } field => "establishment." + field,
        _ when !Shape.Occupation(OccupationCode) => "occupationCode",
        _ => null,
    };
}

/// <param name="Documented">Both parties accepted it in the agency's own platform.</param>
/// <param name="WageHalalas">Monthly basic wage.</param>
public sealed record LabourContract(string Number, ContractStatus Status, LocalDate Start, LocalDate? End, bool Documented, long WageHalalas)
{
    internal string? BrokenField() => this switch
    {
        _ when !Shape.Text(Number, 30) => "number",
        _ when End < Start => "end",
        _ when WageHalalas < 0 => "wageHalalas",
        _ => null,
    };
}

public sealed record WorkPermit(string Number, LocalDate Expiry, SkillLevel Skill);

/// <param name="Unified">The 700 number.</param>
/// <param name="Band">The nationalisation band: PLATINUM, GREEN_HIGH, GREEN_MEDIUM, GREEN_LOW, RED.</param>
public sealed record Establishment(string Unified, string NameAr, string NameEn, string Band, int Citizens, int Foreigners, bool IndustrialLicence, bool Suspended)
{
    internal string? BrokenField() => this switch
    {
        _ when !Shape.Establishment(Unified) => "unified",
        _ when !Shape.Text(NameAr) => "nameAr",
        _ when Band is not ("PLATINUM" or "GREEN_HIGH" or "GREEN_MEDIUM" or "GREEN_LOW" or "RED") => "band",
        _ when Citizens < 0 => "citizens",
        _ when Foreigners < 0 => "foreigners",
        _ => null,
    };
}

/// <summary>An establishment on its own, by its 700 number.</summary>
public sealed record EstablishmentStanding(string Source, Instant AsOf, Establishment Establishment) : IAgencyRecord
{
    public string? BrokenField() => Establishment.BrokenField() is { } field ? "establishment." + field : null;
}

public sealed record TransferRequest(string WorkerId, string FromEmployer, string ToEmployer, string ContractNumber);

public enum TransferState { PendingWorker, PendingEmployer, Notice, Done, Rejected }

/// <param name="Ordinal">First, second, third… transfer of this worker.</param>
public sealed record TransferReceipt(string Source, Instant AsOf, string Reference, TransferState State, int Ordinal) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when !Shape.Text(Reference, 80) => "reference",
        _ when Ordinal < 1 => "ordinal",
        _ => null,
    };
}

public sealed record OccupationChangeRequest(string WorkerId, string ToOccupation);

public enum OccupationChangeState { PendingWorker, PendingAccreditation, Done, Rejected }

public sealed record OccupationChangeReceipt(string Source, Instant AsOf, string Reference, bool NeedsAccreditation, OccupationChangeState State) : IAgencyRecord
{
    public string? BrokenField() => Shape.Text(Reference, 80) ? null : "reference";
}

public sealed record EmployerObjectionRequest(string VisaRequestId, string Reason);

/// <param name="DecisionDue">The day by which the labour officer decides.</param>
public sealed record EmployerObjectionReceipt(string Source, Instant AsOf, string Reference, LocalDate DecisionDue) : IAgencyRecord
{
    public string? BrokenField() => Shape.Text(Reference, 80) ? null : "reference";
}

/// <summary>Our notice that a residence began, was renewed or ended.</summary>
public sealed record LabourResidenceNotice(string ResidentNumber, string? BorderNumber, ResidenceStatus Status, LocalDate ExpiresOn);
