namespace Muqeem.Credentials.Wallets;

/// <summary>Where wallet apps call.</summary>
public static class WalletPaths
{
    public const string Offers = "/openid/offers";
    public const string Token = "/openid/token";
    public const string Nonce = "/openid/nonce";
    public const string Credential = "/openid/credential";
    public const string Notification = "/openid/notification";

    /// <summary>Of the issuer's metadata; the identifier has no path, so nothing follows.</summary>
    public const string Issuer = "/.well-known/openid-credential-issuer";

    public const string Server = "/.well-known/oauth-authorization-server";
}
