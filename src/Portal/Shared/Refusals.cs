using Muqeem.Kernel;
using Muqeem.Platform.Pages;

namespace Muqeem.Portal.Shared;

/// <summary>Puts refusals that name no field at the field they speak of.</summary>
internal static class Refusals
{
    public static void RefuseAll(this FormState form, IEnumerable<Refusal> refusals, string otherwise = "")
    {
        foreach (var refusal in refusals)
        {
            form.Refuse(FieldOf(refusal.Code) ?? otherwise, refusal);
        }
    }

    private static string? FieldOf(string code) => code switch
    {
        "registration.birth_contradicts" => "birth",
        "registration.number" => "number",
        "registration.contact_missing" or "registration.contact_one" => "mobile",
        "profile.name" => "name",
        "profile.occupation" => "occupation",
        "profile.place" => "place",
        "password.wrong" => "former",
        "authenticator.wrong" or "sign_in.wrong_code" => "code",
        _ => code[..Math.Max(0, code.IndexOf('.', StringComparison.Ordinal))] switch
        {
            "resident_number" or "border_number" => "number",
            "birth_date" or "hijri_date" => "birth",
            "mrz" or "passport_number" => "passport",
            "password" => "password",
            "code" => "code",
            "email" => "email",
            "mobile" or "mobile_number" => "mobile",
            "short_address" or "address" => "short",
            _ => null,
        },
    };
}
