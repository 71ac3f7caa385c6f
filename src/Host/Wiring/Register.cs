using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;

namespace Muqeem.Host.Wiring;

/// <summary>Tells the alien register, the platforms of employers and the insurers what Muqeem decided. Personal parts are opened when the message's turn comes, not stored in it.</summary>
internal sealed class Register(AlienRegister register, LabourContracts labour, DomesticWork domestic, HealthInsurance insurance, SocialInsurance social, Persons persons, Residences residences, Documents documents, ReadDoor door)
{
    public static IServiceCollection Add(IServiceCollection services) => services.AddSingleton<Register>()
        .HandleOutbox<Register>(Performer.RegisterTopic, (r, item, cancel) => r.TellAsync(item, cancel))
        .HandleOutbox<Register>(Performer.LabourTopic, (r, item, cancel) => r.TellPlatformAsync(item, cancel))
        .HandleOutbox<Register>(Performer.DomesticTopic, (r, item, cancel) => r.TellPlatformAsync(item, cancel))
        .HandleOutbox<Register>(Performer.InsuranceTopic, (r, item, cancel) => r.TellInsurersAsync(item, cancel))
        .HandleOutbox<Register>(Performer.EmploymentTopic, (r, item, cancel) => r.TellSocialInsuranceAsync(item, cancel))
        .HandleOutbox<Register>(Performer.EmployerTopic, (r, item, cancel) => r.AskEmployerAsync(item, cancel));

    private Task<OutboxResult> TellAsync(OutboxItem item, CancellationToken cancel) => ReadDoor.RunAsync(async () =>
    {
        var notice = item.Read<AgencyNotice>();
        var person = new PersonId(notice.Person);
        if (notice.What is "visa.cancelled")
        {
            return Result(await register.TellVisaChangeAsync(notice.VisaNumber, new VisaChange(ExitVisaStatus.Cancelled, null, "cancelled"), item.Id, cancel));
        }
        var access = door.Enter(Actor.System("register"), Purpose.IssueDocument, null, "register.notice", person);
        var residence = await residences.OfAsync(person, cancel) ?? throw new InvalidOperationException("A notice about a residence that is not there.");
        var details = await residences.DetailsAsync(access, residence);
        switch (notice.What)
        {
            case "residence.issued":
                var record = await persons.OpenAsync(access, person, cancel);
                var live = await documents.LiveAsync(person, cancel);
                return Result(await register.TellResidenceAsync(new ResidenceNotice(details.ResidentNumber, record.BorderNumber, Category(residence.Category),
                    residence.Category == Categories.Dependent ? null : details.EmployerNumber, residence.Category == Categories.Dependent ? details.EmployerNumber : null,
                    details.Occupation.Length > 0 ? details.Occupation : null, residence.IssuedDay, residence.Until, live?.Number ?? 1), item.Id, cancel));
            case "residence.renewed":
                return Result(await register.TellResidenceChangeAsync(details.ResidentNumber, new ResidenceChange(residence.Until, ResidenceStatus.Active, null, null, null, "renewed"), item.Id, cancel));
            case "document.replaced":
                return Result(await register.TellResidenceChangeAsync(details.ResidentNumber, new ResidenceChange(null, null, notice.Version, null, null, "replaced"), item.Id, cancel));
            case "residence.ended":
                return Result(await register.TellResidenceChangeAsync(details.ResidentNumber, new ResidenceChange(null, ResidenceStatus.Ended, null, null, null, residence.EndReason ?? "ended"), item.Id, cancel));
            case "visa.issued":
                return Result(await register.TellVisaAsync(new VisaNotice(notice.VisaNumber, details.ResidentNumber,
                    notice.VisaKind == VisaKinds.Multiple ? ExitVisaType.ExitReentryMultiple : ExitVisaType.ExitReentrySingle, notice.From!.Value, notice.Until!.Value, notice.ReturnBefore, notice.StayDays), item.Id, cancel));
            default:
                return new OutboxResult.Never("register.unknown_notice");
        }
    });

    /// <summary>What holds when the message's turn comes, and not what held when it was written: told twice it is the same. Households have a platform of their own, also for what was written before they had it.</summary>
    private Task<OutboxResult> TellPlatformAsync(OutboxItem item, CancellationToken cancel) => ReadDoor.RunAsync(async () =>
    {
        var (residence, details) = await OfAsync(item, cancel);
        var status = residence.EndReason is null ? ResidenceStatus.Active : ResidenceStatus.Ended;
        return Result(residence.Category == Categories.HouseholdWorker
            ? await domestic.TellResidenceAsync(new DomesticResidenceNotice(details.ResidentNumber, status, residence.Until), item.Id, cancel)
            : await labour.TellResidenceAsync(new LabourResidenceNotice(details.ResidentNumber, null, status, residence.Until), item.Id, cancel));
    });

    private Task<OutboxResult> TellInsurersAsync(OutboxItem item, CancellationToken cancel) => ReadDoor.RunAsync(async () =>
    {
        var (residence, details) = await OfAsync(item, cancel);
        return residence.EndedDay is { } day ? Result(await insurance.TellEndAsync(details.ResidentNumber, day, item.Id, cancel)) : OutboxResult.Done;
    });

    private Task<OutboxResult> TellSocialInsuranceAsync(OutboxItem item, CancellationToken cancel) => ReadDoor.RunAsync(async () =>
    {
        var (residence, details) = await OfAsync(item, cancel);
        return Result(await social.TellEmploymentAsync(new EmploymentNotice(details.ResidentNumber, details.EmployerNumber, residence.From, residence.EndedDay), item.Id, cancel));
    });

    private async Task<(Residence Residence, ResidenceDetails Details)> OfAsync(OutboxItem item, CancellationToken cancel)
    {
        var person = new PersonId(item.Read<AgencyNotice>().Person);
        var access = door.Enter(Actor.System("register"), Purpose.IssueDocument, null, "register.notice", person);
        var residence = await residences.OfAsync(person, cancel) ?? throw new InvalidOperationException("A notice about a residence that is not there.");
        return (residence, await residences.DetailsAsync(access, residence));
    }

    private Task<OutboxResult> AskEmployerAsync(OutboxItem item, CancellationToken cancel) => ReadDoor.RunAsync(async () =>
    {
        var question = item.Read<EmployerQuestion>();
        var person = new PersonId(question.Person);
        var access = door.Enter(Actor.System("register"), Purpose.CheckRecords, new CaseId(question.Case), "employer.confirm", person);
        var residence = await residences.OfAsync(person, cancel) ?? throw new InvalidOperationException("An employer is asked about somebody without a residence.");
        var details = await residences.DetailsAsync(access, residence);
        var asked = new ConfirmationQuestion(question.Reference, details.ResidentNumber, question.Service, question.Establishment ?? details.EmployerNumber);
        // By the number that is asked: a household's worker may have gone over to an establishment since.
        return Result(residence.Category == Categories.HouseholdWorker && question.Establishment is null
            ? await domestic.AskConfirmationAsync(asked, item.Id, cancel)
            : await labour.AskConfirmationAsync(asked, item.Id, cancel));
    });

    private static ResidenceCategory Category(string category) => category switch
    {
        Categories.EstablishmentWorker => ResidenceCategory.Establishment,
        Categories.HouseholdWorker => ResidenceCategory.Household,
        _ => ResidenceCategory.Dependent,
    };

    private static OutboxResult Result(AgencyAnswer<NoticeReceipt> answer) => answer switch
    {
        AgencyAnswer<NoticeReceipt>.Found => OutboxResult.Done,
        AgencyAnswer<NoticeReceipt>.NotFound => new OutboxResult.Never("register.not_found"),
        _ => answer.NotNow() ?? throw new System.Diagnostics.UnreachableException(),
    };
}
