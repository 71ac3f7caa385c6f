using Muqeem.Agencies;
using Muqeem.Platform.Texts;

namespace Muqeem.Portal.MyData;

/// <summary>A National Address in one line of the reader's language.</summary>
internal static class AddressWords
{
    public static string Of(Language l, RegisteredAddress a)
    {
        var arabic = l.Code == "ar" || a.StreetEn.Length == 0 || a.CityEn.Length == 0;
        return l.Text("portal.address.line", ("building", a.Building), ("street", arabic ? a.StreetAr : a.StreetEn), ("district", arabic ? a.DistrictAr : a.DistrictEn), ("city", arabic ? a.CityAr : a.CityEn),
            ("postal", a.Postal), ("short", a.Short));
    }
}
