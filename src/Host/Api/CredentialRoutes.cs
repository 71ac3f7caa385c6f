using System.Buffers.Text;
using System.Text;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.SignIn;

namespace Muqeem.Host.Api;

/// <param name="Format"><c>dc+sd-jwt</c> or <c>mso_mdoc</c>, as OpenID4VCI names them.</param>
/// <param name="Proof">A JWT of type <c>openid4vci-proof+jwt</c> (OpenID4VCI, appendix F.1), ES256, with the public key to which the credential is bound as <c>jwk</c> in its header, and <c>aud</c>, <c>iat</c> and <c>nonce</c>; the private key stays on the holder's device.</param>
internal sealed record CredentialRequestJson(string Format, string Proof);

/// <param name="Audience">The proof's <c>aud</c>.</param>
internal sealed record KeyNonceJson(string Nonce, string Audience, DateTimeOffset Until);

/// <param name="Credential">The compact SD-JWT; of an mdoc <c>IssuerSigned</c> in base64url.</param>
internal sealed record CredentialJson(Guid Id, string Format, string Credential, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt);

/// <param name="Format">As asked for, or <c>card_qr</c>.</param>
/// <param name="Status">valid, invalid, suspended or frozen.</param>
/// <param name="Reason">Why it is invalid.</param>
internal sealed record CredentialLineJson(Guid Id, string Format, string State, string Status, string? Reason, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt);

internal sealed record CredentialsJson(IReadOnlyList<CredentialLineJson> Credentials);

/// <summary>The ID as a credential that the holder keeps and others can check without asking us.</summary>
internal static class CredentialRoutes
{
    private const string SdJwt = "dc+sd-jwt", Mdoc = "mso_mdoc", CardQr = "card_qr";

    public static void Map(RouteGroupBuilder api)
    {
        var own = api.MapGroup("/credentials").WithTags("Credentials").RequireAuthorization(Doors.Records);
        own.MapGet("/nonce", (HttpContext http, KeyProofs proofs) =>
        {
            http.Response.Headers.CacheControl = "no-store";
            var nonce = proofs.NonceFor(http.MustBeSignedIn().Account);
            return Results.Json(new KeyNonceJson(nonce.Nonce, nonce.Audience, nonce.Until.ToDateTimeOffset()), ApiJson.Options);
        }).WithName("CredentialNonce").WithSummary("What the proof of a key is signed over; for this account, for five minutes.").Produces<KeyNonceJson>().Refuses(401);
        own.MapPost("", RequestAsync).WithName("RequestCredential").WithSummary("Issues the ID as a credential bound to a key of the holder, who proves to have it.").Produces<CredentialJson>().Changes<CredentialRequestJson>();
        own.MapGet("", OfAsync).WithName("Credentials").WithSummary("The credentials that were issued, newest first, with their status.").Produces<CredentialsJson>().Refuses(401);
    }

    private static Task<IResult> RequestAsync(HttpContext http, IssuedForms forms, KeyProofs proofs, ReadDoor door) => Incoming.ChangeAsync<CredentialRequestJson>(http, async (body, operation) =>
    {
        if (body.Format is not (SdJwt or Mdoc))
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, "credential_format");
        }
        var session = http.MustBeSignedIn();
        if (!proofs.Read(session.Account, body.Proof).TryGet(out var holder, out var no))
        {
            return Problems.Of(http, StatusCodes.Status400BadRequest, no.Code);
        }
        var access = door.Enter(session.Actor, Purpose.Self, null, "api.credentials", session.Person);
        FormAnswer answer;
        try
        {
            answer = await forms.RequestAsync(access, session.Actor, session.Person, body.Format == SdJwt ? FormKind.SdJwtVc : FormKind.Mdoc, holder, operation.Id, http.RequestAborted);
        }
        catch (KeyUnavailableException)
        {
            return Problems.Later(http, TimeSpan.FromSeconds(30));
        }
        return answer is FormAnswer.Issued { Form: var form, Credential: var credential }
            ? Results.Json(new CredentialJson(form.Id, body.Format,
                form.Kind == FormKind.SdJwtVc ? Encoding.ASCII.GetString(credential) : Base64Url.EncodeToString(credential), form.IssuedAt.ToDateTimeOffset(), form.ExpiresAt.ToDateTimeOffset()), ApiJson.Options)
            : Refused(http, answer);
    });

    /// <summary>Any answer but an issued form.</summary>
    internal static IResult Refused(HttpContext http, FormAnswer answer) => answer switch
    {
        FormAnswer.NoDocument => Problems.NotFound(http),
        FormAnswer.NotInForce => Problems.Of(http, StatusCodes.Status409Conflict, "credential_not_in_force"),
        FormAnswer.Held { Kind: var held } => Problems.Of(http, StatusCodes.Status409Conflict, "not_now", new Refusal(held == HoldKind.Suspended ? HoldRefusals.Suspended : HoldRefusals.Frozen)),
        FormAnswer.NoPortrait => Problems.Of(http, StatusCodes.Status409Conflict, "credential_no_portrait"),
        FormAnswer.Voided => Problems.Of(http, StatusCodes.Status409Conflict, "credential_voided"),
        FormAnswer.NotWritten { Outcome: WriteOutcome.OperationReused } => Problems.Of(http, StatusCodes.Status409Conflict, "operation_reused"),
        FormAnswer.NotWritten { Outcome: WriteOutcome.Busy busy } => Problems.Later(http, busy.RetryAfter),
        _ => Problems.Later(http, TimeSpan.FromSeconds(2)),
    };

    private static async Task<IResult> OfAsync(HttpContext http, IssuedForms forms) =>
        Results.Json(new CredentialsJson([.. (await forms.OfAsync(http.MustBeSignedIn().Person, http.RequestAborted)).Select(f => new CredentialLineJson(f.Id, FormatOf(f.Kind),
            Problems.Snake(f.State.ToString()), Problems.Snake(f.Status.ToString()), f.InvalidReason, f.IssuedAt.ToDateTimeOffset(), f.ExpiresAt.ToDateTimeOffset()))]), ApiJson.Options);

    private static string FormatOf(FormKind kind) => kind switch
    {
        FormKind.SdJwtVc => SdJwt,
        FormKind.Mdoc => Mdoc,
        _ => CardQr,
    };
}
