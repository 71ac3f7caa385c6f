using NodaTime;
using NodaTime.Text;

namespace Muqeem.Agencies;

/// <summary>The register of persons, passports, border movements, biometrics and family links. It owns these; Muqeem tells it of residences and visas.</summary>
public sealed class AlienRegister(AgencyLine line)
{
    public const string Name = "AlienRegister";

    /// <summary>Names, birth, passports and family seldom change; border movements do by the minute.</summary>
    public static readonly Duration PersonValidity = Duration.FromHours(24);
    public static readonly Duration MovementsValidity = Duration.FromMinutes(10);

    /// <param name="number">A resident or border number, canonical.</param>
    public Task<AgencyAnswer<RegisteredPerson>> PersonAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<RegisteredPerson>("person", $"persons/{Uri.EscapeDataString(number)}", PersonValidity, cancel);

    /// <param name="issuer">ICAO three-letter code.</param>
    /// <param name="passport">Any passport number the person has or had.</param>
    public Task<AgencyAnswer<RegisteredPerson>> PersonByPassportAsync(string issuer, string passport, CancellationToken cancel = default) =>
        line.GetAsync<RegisteredPerson>("person", $"persons?issuer={Uri.EscapeDataString(issuer)}&passport={Uri.EscapeDataString(passport)}", PersonValidity, cancel);

    public Task<AgencyAnswer<RegisteredPassports>> PassportsAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<RegisteredPassports>("passports", $"persons/{Uri.EscapeDataString(number)}/passports", PersonValidity, cancel);

    public Task<AgencyAnswer<RegisteredMovements>> MovementsAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<RegisteredMovements>("movements", $"persons/{Uri.EscapeDataString(number)}/movements", MovementsValidity, cancel);

    public Task<AgencyAnswer<RegisteredFamily>> FamilyAsync(string number, CancellationToken cancel = default) =>
        line.GetAsync<RegisteredFamily>("family", $"persons/{Uri.EscapeDataString(number)}/family", PersonValidity, cancel);

    /// <param name="photoRef">As in <see cref="RegisteredPerson.PhotoRef"/>.</param>
    public Task<AgencyAnswer<RegisteredPortrait>> PortraitAsync(string photoRef, CancellationToken cancel = default) =>
        line.GetBytesAsync<RegisteredPortrait>("portrait", $"portraits/{Uri.EscapeDataString(photoRef)}", PersonValidity, ReadPortrait, cancel);

    /// <param name="requestId">The operation's id: the same again is recorded once.</param>
    public Task<AgencyAnswer<NoticeReceipt>> TellResidenceAsync(ResidenceNotice notice, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<NoticeReceipt>("residence_notice", HttpMethod.Post, "residences", notice, requestId, cancel);

    public Task<AgencyAnswer<NoticeReceipt>> TellResidenceChangeAsync(string residentNumber, ResidenceChange change, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<NoticeReceipt>("residence_notice", HttpMethod.Patch, $"residences/{Uri.EscapeDataString(residentNumber)}", change, requestId, cancel);

    public Task<AgencyAnswer<NoticeReceipt>> TellVisaAsync(VisaNotice notice, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<NoticeReceipt>("visa_notice", HttpMethod.Post, "visas", notice, requestId, cancel);

    public Task<AgencyAnswer<NoticeReceipt>> TellVisaChangeAsync(string visaNumber, VisaChange change, Guid requestId, CancellationToken cancel = default) =>
        line.SendAsync<NoticeReceipt>("visa_notice", HttpMethod.Patch, $"visas/{Uri.EscapeDataString(visaNumber)}", change, requestId, cancel);

    /// <summary>Whose record changed since, in the order of the changes, each as it is now.</summary>
    public Task<AgencyAnswer<HoldingPage<RegisterHolding>>> ChangesAsync(string after, int most, CancellationToken cancel = default) => HoldingPages.ChangesAsync<RegisterHolding>(line, after, most, cancel);

    /// <param name="numbers">At most <see cref="HoldingPages.MostAsked"/>; who is unknown is not in the answer.</param>
    public Task<AgencyAnswer<HoldingPage<RegisterHolding>>> HoldingsAsync(IReadOnlyCollection<string> numbers, CancellationToken cancel = default) => HoldingPages.OfAsync<RegisterHolding>(line, numbers, cancel);

    private static (RegisteredPortrait?, string?, string) ReadPortrait(ReadOnlyMemory<byte> image, HttpResponseMessage answer)
    {
        if (Header(answer, "X-Source") is not { Length: > 0 } source)
        {
            return (null, "X-Source", "missing");
        }
        if (Header(answer, "X-As-Of") is not { } asOf || !InstantPattern.ExtendedIso.Parse(asOf).TryGetValue(default, out var at))
        {
            return (null, "X-As-Of", "missing or wrong form");
        }
        var portrait = new RegisteredPortrait(source, at, answer.Content.Headers.ContentType?.MediaType ?? "", image);
        return portrait.BrokenField() is { } field ? (null, field, "not allowed") : (portrait, null, "");
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
