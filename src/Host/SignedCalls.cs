using Muqeem.Agencies;
using Muqeem.Kernel;
using Muqeem.Platform.Exchanges;

namespace Muqeem.Host;

/// <summary>Calls that agencies sign: at least once, in any order. Each is admitted or refused with a code, answered signed, and kept.</summary>
internal static class SignedCalls
{
    private const int Largest = 64 * 1024;

    /// <summary>Asks who calls, has the call done, and signs what we answer. Both are kept, for a proof later.</summary>
    /// <param name="agency">Whose address this is; null: that of any who may call this.</param>
    public static async Task TakeAsync(HttpContext http, string operation, string? agency, Func<AgencyCall, byte[], Task<IResult>> work)
    {
        var body = await BodyAsync(http);
        var call = body is null ? new Refusal(CallGate.TooLarge) : http.RequestServices.GetRequiredService<CallGate>().Admit(http.Request, body, operation, agency);
        var outcome = ExchangeRecord.Answered;
        IResult result;
        if (!call.TryGet(out var admitted, out var refusal))
        {
            (outcome, result) = (refusal.Code, Refused(refusal));
        }
        else
        {
            switch (await http.RequestServices.GetRequiredService<NonceStore>().TakeAsync(admitted.Signature.KeyId, admitted.Signature.Nonce, http.RequestAborted))
            {
                case true:
                    result = await work(admitted, body!);
                    break;
                case false:
                    (outcome, result) = (CallGate.Replayed, Refused(new Refusal(CallGate.Replayed)));
                    break;
                default:
                    (outcome, result) = ("busy", Later(http, TimeSpan.FromSeconds(1)));
                    break;
            }
        }
        await AnswerAsync(http, operation, admitted, body, outcome, result);
    }

    private static async Task AnswerAsync(HttpContext http, string operation, AgencyCall? call, byte[]? body, string outcome, IResult result)
    {
        var (real, desk, now) = (http.Response.Body, http.RequestServices.GetRequiredService<ExchangeDesk>(), http.RequestServices.GetRequiredService<TimeProvider>().Now());
        using var held = new MemoryStream();
        http.Response.Body = held;
        try
        {
            await result.ExecuteAsync(http);
        }
        finally
        {
            http.Response.Body = real;
        }
        var answer = held.ToArray();
        http.Response.ContentLength = answer.Length;
        SignedPart? said = null;
        if (call is not null)
        {
            http.Response.Headers[Exchange.RequestIdHeader] = call.RequestId.ToString();
            said = SignedPart.Of(Exchange.Sign(http.Response, call.Message, answer, desk.Signer, now), answer);
        }
        // Of whoever could not be told nothing is kept but that he called.
        desk.Keep(new(call?.RequestId ?? Guid.Empty, call?.Correlation ?? "-", call?.Agency ?? "-", ExchangeDirection.In, operation, call?.Purpose ?? "-", now, outcome, http.Response.StatusCode,
            call is null ? null : SignedPart.Of(call.Signature, body!), said));
        await real.WriteAsync(answer, http.RequestAborted);
    }

    /// <summary>The raw bytes, as the signature covers them; null when there are too many.</summary>
    private static async Task<byte[]?> BodyAsync(HttpContext http)
    {
        if (http.Request.ContentLength > Largest)
        {
            return null;
        }
        using var buffer = new MemoryStream();
        var chunk = new byte[8192];
        for (int read; (read = await http.Request.Body.ReadAsync(chunk, http.RequestAborted)) > 0;)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > Largest)
            {
                return null;
            }
        }
        return buffer.ToArray();
    }

    public static IResult Refused(Refusal refusal) => Results.Problem(
        statusCode: refusal.Code switch
        {
            CallGate.Malformed => StatusCodes.Status400BadRequest,
            CallGate.NotAllowed => StatusCodes.Status403Forbidden,
            CallGate.Replayed => StatusCodes.Status409Conflict,
            CallGate.TooLarge => StatusCodes.Status413PayloadTooLarge,
            CallGate.Misdirected => StatusCodes.Status421MisdirectedRequest,
            _ => StatusCodes.Status401Unauthorized,
        },
        title: "The call was not accepted.", extensions: new Dictionary<string, object?>(refusal.Facts, StringComparer.Ordinal) { ["code"] = refusal.Code });

    public static IResult Later(HttpContext http, TimeSpan after)
    {
        http.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }
}
