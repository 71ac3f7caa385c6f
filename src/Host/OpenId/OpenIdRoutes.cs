using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Wallets;
using Muqeem.Host.Api;
using Muqeem.Platform.Privacy;

namespace Muqeem.Host.OpenId;

/// <summary>Where wallet apps of other makers fetch the ID: OpenID for Verifiable Credential Issuance 1.0 with a pre-authorized code. Who may ask is told by code and token; nobody is signed in.</summary>
internal static class OpenIdRoutes
{
    /// <summary>Of a form or a proof; what is longer is none of ours.</summary>
    private const int LongestClient = 255;

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var open = endpoints.MapGroup("").DisableAntiforgery().DisableValidation().AddEndpointFilter<OpenIdLimits>().ExcludeFromDescription().AllowAnonymous();
        open.MapGet(WalletPaths.Issuer, async (HttpContext http, WalletPapers papers) => OpenIdAnswers.Public(http, await papers.IssuerAsync(http.RequestAborted)));
        open.MapGet(WalletPaths.Server, (HttpContext http, WalletPapers papers) => OpenIdAnswers.Public(http, papers.Server()));
        open.MapGet(WalletPaths.Offers + "/{secret}", OfferAsync);
        open.MapPost(WalletPaths.Token, TokenAsync);
        open.MapPost(WalletPaths.Nonce, (HttpContext http, KeyProofs proofs) => OpenIdAnswers.Private(http, new { c_nonce = proofs.NonceForAnybody().Nonce }));
        open.MapPost(WalletPaths.Credential, CredentialAsync);
        open.MapPost(WalletPaths.Notification, NotificationAsync);
    }

    private static async Task<IResult> OfferAsync(string secret, HttpContext http, WalletTokens tokens, WalletPapers papers) => await tokens.OfferAsync(secret, http.RequestAborted) is { } offer
        ? OpenIdAnswers.Private(http, papers.Offer(offer))
        : OpenIdAnswers.Error(http, "invalid_request", "There is no such offer, or it is over.", StatusCodes.Status404NotFound);

    private static async Task<IResult> TokenAsync(HttpContext http, WalletTokens tokens)
    {
        if (!http.Request.HasFormContentType || await http.Request.ReadFormAsync(http.RequestAborted) is not { } form || form.Any(f => f.Value.Count > 1))
        {
            return OpenIdAnswers.Error(http, "invalid_request", "A form is expected, and each parameter once.");
        }
        string? Given(string name) => form[name] is [{ Length: > 0 } value] ? value : null;
        TokenAnswer answer;
        switch (Given("grant_type"))
        {
            case null:
                return OpenIdAnswers.Error(http, "invalid_request", "grant_type is missing.");
            case WalletMetadata.PreAuthorized:
                if (Given("pre-authorized_code") is not { } code || Given("client_id") is { Length: > LongestClient })
                {
                    return OpenIdAnswers.Error(http, "invalid_request", "pre-authorized_code is missing, or client_id is too long.");
                }
                answer = await tokens.RedeemAsync(code, Given("tx_code"), Given("client_id"), http.RequestAborted);
                break;
            case "refresh_token":
                if (Given("refresh_token") is not { } refresh)
                {
                    return OpenIdAnswers.Error(http, "invalid_request", "refresh_token is missing.");
                }
                answer = await tokens.RefreshAsync(refresh, http.RequestAborted);
                break;
            default:
                return OpenIdAnswers.Error(http, "unsupported_grant_type", "See grant_types_supported.");
        }
        return answer switch
        {
            TokenAnswer.Granted granted => OpenIdAnswers.Private(http, new { access_token = granted.Access, token_type = "Bearer", expires_in = (long)granted.Life.TotalSeconds, refresh_token = granted.Refresh }),
            TokenAnswer.Malformed => OpenIdAnswers.Error(http, "invalid_request", "tx_code is missing, or was sent and is not asked for."),
            TokenAnswer.TryAgain later => OpenIdAnswers.Later(http, later.After),
            _ => OpenIdAnswers.Error(http, "invalid_grant", "The code, the token or the tx_code is wrong, used or over."),
        };
    }

    private static async Task<IResult> CredentialAsync(HttpContext http, WalletTokens tokens, WalletIssuing issuing)
    {
        var (wallet, no) = await WhoseAsync(http, tokens);
        if (wallet is null)
        {
            return no!;
        }
        var (request, error) = CredentialRequest.Read(await BodyAsync(http));
        if (request is null)
        {
            return OpenIdAnswers.Error(http, error!);
        }
        return await issuing.IssueAsync(wallet, request.Kind, request.Proof, http.RequestAborted) switch
        {
            WalletIssue.Issued { Form: var form, Credential: var credential } => OpenIdAnswers.Private(http, new
            {
                credentials = new[] { new { credential = form.Kind == FormKind.SdJwtVc ? Encoding.ASCII.GetString(credential) : Base64Url.EncodeToString(credential) } },
                notification_id = form.Id.ToString(),
            }),
            WalletIssue.BadProof bad => OpenIdAnswers.Error(http, bad.Code == KeyProofs.Stale ? "invalid_nonce" : "invalid_proof"),
            WalletIssue.Denied => OpenIdAnswers.Error(http, "credential_request_denied", "Not in this form, or not now: the holder finds the reason on the page of the ID."),
            WalletIssue.TryAgain later => OpenIdAnswers.Later(http, later.After),
            _ => OpenIdAnswers.NoToken(http, "invalid_token"),
        };
    }

    private static async Task<IResult> NotificationAsync(HttpContext http, WalletTokens tokens, WalletIssuing issuing)
    {
        var (wallet, no) = await WhoseAsync(http, tokens);
        if (wallet is null)
        {
            return no!;
        }
        using var body = OpenIdAnswers.Parse(await BodyAsync(http));
        WalletEvent? what = OpenIdAnswers.Text(body, "event") switch
        {
            "credential_accepted" => WalletEvent.Accepted,
            "credential_failure" => WalletEvent.Failure,
            "credential_deleted" => WalletEvent.Deleted,
            _ => null,
        };
        if (what is not { } said || OpenIdAnswers.Text(body, "notification_id") is not { } id)
        {
            return OpenIdAnswers.Error(http, "invalid_notification_request");
        }
        return Guid.TryParse(id, out var form) && await issuing.NotifyAsync(wallet, form, said, http.RequestAborted)
            ? Results.NoContent()
            : OpenIdAnswers.Error(http, "invalid_notification_id");
    }

    /// <summary>Whose token comes with the request (RFC 6750); nobody's is told apart only from none at all.</summary>
    private static async Task<(HeldWallet? Wallet, IResult? No)> WhoseAsync(HttpContext http, WalletTokens tokens)
    {
        const string Scheme = "Bearer ";
        if (http.Request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return (null, OpenIdAnswers.NoToken(http, null));
        }
        return await tokens.OfAccessAsync(header[Scheme.Length..].Trim(), http.RequestAborted) is { } wallet ? (wallet, null) : (null, OpenIdAnswers.NoToken(http, "invalid_token"));
    }

    /// <summary>The edge bounds it.</summary>
    private static async Task<byte[]> BodyAsync(HttpContext http)
    {
        using var buffer = new MemoryStream();
        await http.Request.Body.CopyToAsync(buffer, http.RequestAborted);
        return buffer.ToArray();
    }
}

/// <summary>What an app asks for: one configuration, and one proof of one key. What this does not know it does not look at, as the standard asks.</summary>
internal sealed record CredentialRequest(FormKind Kind, string Proof)
{
    /// <summary>The request, or the standard's code for what is wrong with it.</summary>
    public static (CredentialRequest? Request, string? Error) Read(byte[] body)
    {
        using var json = OpenIdAnswers.Parse(body);
        if (json is null || json.RootElement.ValueKind != JsonValueKind.Object)
        {
            return (null, "invalid_credential_request");
        }
        var (root, configuration, identifier) = (json.RootElement, OpenIdAnswers.Text(json, "credential_configuration_id"), OpenIdAnswers.Text(json, "credential_identifier"));
        if ((configuration is null) == (identifier is null))
        {
            return (null, "invalid_credential_request");
        }
        // None is ever given out.
        if (identifier is not null)
        {
            return (null, "unknown_credential_identifier");
        }
        if (WalletMetadata.KindOf(configuration!) is not { } kind)
        {
            return (null, "unknown_credential_configuration");
        }
        if (root.TryGetProperty("credential_response_encryption", out _))
        {
            return (null, "invalid_encryption_parameters");
        }
        if (!root.TryGetProperty("proofs", out var proofs) || proofs.ValueKind != JsonValueKind.Object || proofs.EnumerateObject().ToList() is not [{ Name: "jwt", Value: { ValueKind: JsonValueKind.Array } jwts }] || jwts.GetArrayLength() == 0)
        {
            return (null, "invalid_proof");
        }
        // One key, one credential: no batch is offered.
        return jwts.GetArrayLength() > 1 ? (null, "invalid_credential_request")
            : jwts[0] is { ValueKind: JsonValueKind.String } jwt ? (new(kind, jwt.GetString()!), null)
            : (null, "invalid_proof");
    }
}
