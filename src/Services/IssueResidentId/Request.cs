namespace Muqeem.Services.IssueResidentId;

/// <summary>What the applicant says and shows. What the account knows already comes filled in.</summary>
public sealed record Request
{
    /// <summary>The two lines of the passport, line feed between, checked.</summary>
    public string? Mrz { get; set; }

    /// <summary>The upload of the passport's picture page.</summary>
    public Guid? PassportPage { get; set; }
    public string? NameArabic { get; set; }

    /// <summary>The upload of the face photo.</summary>
    public Guid? Photo { get; set; }

    /// <summary>Code of the list of occupations, or <c>none</c> for dependents.</summary>
    public string? Occupation { get; set; }

    /// <summary>The employer's or the head of family's number.</summary>
    public string? EmployerNumber { get; set; }

    /// <summary>Short form of the National Address.</summary>
    public string? ShortAddress { get; set; }

    /// <summary>Months of the term, one of those offered to the category.</summary>
    public string? Months { get; set; }

    /// <summary>The truth statement.</summary>
    public bool? Truth { get; set; }
}
