using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Muqeem.SignIn;

/// <summary>Who is asking, before we know who: the network address, the cookie of a device that signed in before, the browser and the page's language.</summary>
/// <param name="Address">IPv4 address, or the /64 network of an IPv6 one. Never logged; counted under a keyed hash.</param>
/// <param name="Device">The device's cookie, if it sent one.</param>
/// <param name="Browser">For the list of sessions: <c>Firefox, Android</c>.</param>
/// <param name="Language">Code of the page's language; messages are sent in it.</param>
public sealed record Visitor(string Address, string? Device, string Browser, string Language)
{
    public static Visitor Of(HttpContext context, string language) =>
        new(Network(context.Connection.RemoteIpAddress), SessionCookies.Device(context.Request), BrowserOf(context.Request.Headers.UserAgent.ToString()), language);

    /// <summary>A home or a phone has a whole /64 of IPv6 addresses to choose from.</summary>
    internal static string Network(IPAddress? address)
    {
        if (address is null)
        {
            return "none";
        }
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes) + "/64";
    }

    /// <summary>Two words out of the browser's long name for itself; enough to recognise one's own phone.</summary>
    internal static string BrowserOf(string agent)
    {
        var browser = First(agent, ("Edg", "Edge"), ("SamsungBrowser", "Samsung Internet"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"));
        var system = First(agent, ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"));
        return (browser, system) switch
        {
            (null, null) => "",
            (null, _) => system,
            (_, null) => browser,
            _ => $"{browser}, {system}",
        };
    }

    private static string? First(string agent, params ReadOnlySpan<(string Mark, string Name)> known)
    {
        foreach (var (mark, name) in known)
        {
            if (agent.Contains(mark, StringComparison.Ordinal))
            {
                return name;
            }
        }
        return null;
    }
}
