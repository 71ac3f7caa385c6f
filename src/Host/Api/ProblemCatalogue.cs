namespace Muqeem.Host.Api;

/// <summary>A problem that the API answers.</summary>
/// <param name="Statuses">With which it comes.</param>
/// <param name="Again">The same request may be sent again as it is, when <c>Retry-After</c> is over: nothing was done, or nothing is done twice.</param>
internal sealed record KnownProblem(string Code, IReadOnlyList<int> Statuses, bool Again = false);

/// <summary>Every problem of the API. Codes are public words: none is ever renamed or removed. What refuses within one (<see cref="RefusalJson"/>) has codes of its own.</summary>
internal static class ProblemCatalogue
{
    public static readonly IReadOnlyList<KnownProblem> All =
    [
        new("malformed", [400]), new("invalid", [400]), new("operation_id", [400]), new("version", [400]), new("live_view", [400]),
        new("credential_format", [400]), new("credential_key", [400]), new("credential_proof", [400]), new("credential_nonce", [400]),
        new("verifier_unreadable", [400]), new("verifier_digest", [400]), new("verifier_batch", [400]), new("verifier_question", [400]), new("verifier_until", [400]), new("verifier_cursor", [400]),
        new("not_signed_in", [401]), new("bearer_needed", [401]), new("sign_in_failed", [401]),
        new("verifier_unsigned", [401]), new("verifier_key_unknown", [401]), new("verifier_signature", [401]), new("verifier_late", [401]), new("verifier_replayed", [401]),
        new("verifier_revoked", [403]), new("verifier_own_key", [403]), new("verifier_purpose", [403]),
        new("not_found", [403, 404]), new("method", [405]),
        new("not_now", [409]), new("operation_reused", [409]), new("reads_only", [409]), new("changed", [409, 412]),
        new("credential_not_in_force", [409]), new("credential_no_portrait", [409]), new("credential_voided", [409]), new("card_not_drawable", [409]),
        new("receipt_erased", [410]), new("verifier_changes_gone", [410]),
        new("too_large", [413]), new("media_type", [415]), new("not_eligible", [422]),
        new("too_many", [429], Again: true), new("verifier_minute_budget", [429], Again: true), new("verifier_day_budget", [429], Again: true),
        new("internal", [500]), new("try_again", [503], Again: true), new("receipt_not_ready", [503], Again: true),
    ];
}
