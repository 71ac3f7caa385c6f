using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Platform.Texts;
using Muqeem.Verifier;
using Muqeem.Verifier.Bundle;
using Muqeem.Verifier.Qr;
using Muqeem.Verifier.Trust;
using NodaTime;

namespace Muqeem.Host.Verbs;

/// <summary>Says what <c>muqeem verify</c> found: in sentences for people, or as one JSON object a line.</summary>
internal sealed class VerifyReport(TextWriter output, Language language, bool json, DateTimeOffset now)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>There is nothing to judge by.</summary>
    /// <param name="why">A word of ours.</param>
    public void NoTrust(string why, Reason? reason)
    {
        if (json)
        {
            Object(w => Result(w, "cannot_say", why, reason));
            return;
        }
        Head("cannot_say", Say("cannot_say." + why, ("verb", "muqeem bundle"), ("address", "/trust/bundle"), ("roots", "/trust/root.pem"), ("options", "--bundle=, --roots=")));
        Code(reason);
    }

    /// <returns>The exit code.</returns>
    public int Show(Found found, OfflineTrust trust)
    {
        switch (found)
        {
            case Found.Id { Verdict: Verdict.Valid valid } id:
                Good(valid, id.ProofUnchecked, trust);
                return VerifyVerb.Valid;
            case Found.Id { Verdict: Verdict.NotValid no }:
                Bad("not_valid", Snake(no.Why), no.Reason, Say("not_valid." + Snake(no.Why)));
                return VerifyVerb.NotValid;
            case Found.Id { Verdict: Verdict.CannotSay unknown }:
                Unknown(unknown);
                return VerifyVerb.CannotSay;
            case Found.List list:
                return List(list);
            case Found.Payment { Code: var code }:
                Paid(code, trust);
                return VerifyVerb.Valid;
            case Found.NoCode { Why: { } refusal }:
                Bad("cannot_say", "unreadable", null, language.Bare("refusal." + refusal.Code, refusal.Facts));
                return VerifyVerb.CannotSay;
            case Found.NoCode:
                Bad("cannot_say", "no_code", null, Say("cannot_say.no_code"));
                return VerifyVerb.CannotSay;
            default:
                throw new UnreachableException();
        }
    }

    private void Good(Verdict.Valid valid, bool proofUnchecked, OfflineTrust trust)
    {
        var specimen = IsSpecimen(valid);
        if (json)
        {
            Object(w =>
            {
                Result(w, "valid", null, null);
                w.WriteString("form", Snake(valid.Form));
                w.WriteString("as_of", valid.AsOf);
                w.WriteBoolean("bound", valid.IsBound);
                w.WriteBoolean("proof_unchecked", proofUnchecked);
                w.WriteBoolean("specimen", specimen);
                SignedBy(w, valid.Signer);
                w.WriteString("bundle_made", trust.IssuedAt!.Value);
                w.WriteStartArray("claims");
                foreach (var claim in valid.Claims)
                {
                    w.WriteStartObject();
                    w.WriteString("name", claim.Name);
                    if (claim.Bytes.IsEmpty)
                    {
                        w.WriteString("text", claim.Text);
                    }
                    else
                    {
                        w.WriteBase64String("bytes", claim.Bytes.Span);
                    }
                    w.WriteEndObject();
                }
                w.WriteEndArray();
            });
            return;
        }
        Head("valid", Say("valid"));
        if (specimen)
        {
            output.WriteLine(language.Bare("verify.valid.specimen"));
        }
        output.WriteLine(Say(valid.IsBound ? "bound" : "unbound"));
        if (proofUnchecked)
        {
            output.WriteLine(Say("proof_unchecked", ("options", "--aud, --nonce, --session")));
        }
        output.WriteLine();
        Line("form", Say("form." + Snake(valid.Form)));
        Line("signer", $"{valid.Signer.Name} ({valid.Signer.Country})");
        Line("as_of", Age(valid.AsOf));
        Line("bundle", Age(trust.IssuedAt!.Value));
        output.WriteLine(Say("label.shown"));
        foreach (var claim in valid.Claims)
        {
            output.WriteLine($"  {claim.Name}: {(claim.Bytes.IsEmpty ? Short(claim.Text) : Say("bytes", ("count", claim.Bytes.Length)))}");
        }
    }

    private void Unknown(Verdict.CannotSay unknown)
    {
        if (json)
        {
            Object(w =>
            {
                Result(w, "cannot_say", Snake(unknown.Why), unknown.Reason);
                if (unknown.NewestAsOf is { } newest)
                {
                    w.WriteString("newest_as_of", newest);
                }
            });
            return;
        }
        Head("cannot_say", unknown is { Why: CannotSayReason.NoFreshStatus, NewestAsOf: { } time }
            ? Say("cannot_say.status_old", ("time", language.DateAndTime(Instant.FromDateTimeOffset(time))))
            : Say("cannot_say." + Snake(unknown.Why)));
        Code(unknown.Reason);
    }

    /// <summary>What was paid stays paid; whether it went back since, no bundle says.</summary>
    private void Paid(PaymentCode code, OfflineTrust trust)
    {
        if (json)
        {
            Object(w =>
            {
                Result(w, "valid", null, null);
                w.WriteString("form", "payment_receipt");
                w.WriteNumber("halalas", code.Halalas);
                w.WriteString("paid_at", code.PaidAt);
                w.WriteString("service", code.Service);
                w.WriteBoolean("specimen", code.IsSpecimen);
                SignedBy(w, code.Signer);
                w.WriteString("bundle_made", trust.IssuedAt!.Value);
            });
            return;
        }
        Head("valid", Say("paid", ("amount", language.Money(new Money(code.Halalas))), ("time", language.DateAndTime(Instant.FromDateTimeOffset(code.PaidAt))), ("service", code.Service)));
        if (code.IsSpecimen)
        {
            output.WriteLine(language.Bare("verify.valid.specimen"));
        }
        output.WriteLine(Say("paid_back_unknown", ("address", "/verify")));
        output.WriteLine();
        Line("signer", $"{code.Signer.Name} ({code.Signer.Country})");
        Line("bundle", Age(trust.IssuedAt!.Value));
    }

    private int List(Found.List list)
    {
        var status = list.Status;
        if (json)
        {
            Object(w =>
            {
                Result(w, list.Fresh ? "valid" : "cannot_say", list.Fresh ? null : "no_fresh_status", list.Fresh ? null : Reason.StatusListStale);
                w.WriteString("form", "status_list");
                w.WriteString("uri", status.Uri);
                w.WriteString("as_of", status.IssuedAt);
                w.WriteNumber("places", status.Count);
                w.WriteNumber("bits", status.Bits);
                SignedBy(w, status.Signer);
            });
        }
        else
        {
            Head(list.Fresh ? "valid" : "cannot_say", Say(list.Fresh ? "list" : "list_old", ("places", status.Count)));
            output.WriteLine();
            Line("list", status.Uri);
            Line("signer", $"{status.Signer.Name} ({status.Signer.Country})");
            Line("as_of", Age(status.IssuedAt));
        }
        return list.Fresh ? VerifyVerb.Valid : VerifyVerb.CannotSay;
    }

    private void Bad(string verdict, string why, Reason? reason, string sentence)
    {
        if (json)
        {
            Object(w => Result(w, verdict, why, reason));
            return;
        }
        Head(verdict, sentence);
        Code(reason);
    }

    private void Head(string verdict, string sentence)
    {
        output.WriteLine(language.Bare("verify.result." + verdict));
        output.WriteLine(sentence);
    }

    /// <summary>For who has to find the fault.</summary>
    private void Code(Reason? reason)
    {
        if (reason is { } known)
        {
            output.WriteLine();
            Line("reason", known.Code());
        }
    }

    private void Line(string label, string text) => output.WriteLine($"{Say("label." + label)}: {text}");

    private string Say(string key, params ReadOnlySpan<(string Name, object? Value)> facts) => language.Bare("cli.verify." + key, facts);

    private string Age(DateTimeOffset time)
    {
        var at = Instant.FromDateTimeOffset(time);
        return Say("age", ("time", language.DateAndTime(at)), ("age", language.Span(Duration.FromTimeSpan(now - time))));
    }

    /// <summary>A picture in a text would fill the terminal.</summary>
    private static string Short(string text) => text.Length <= 200 ? text : text[..60] + "…";

    private static bool IsSpecimen(Verdict.Valid valid) => valid.Claims.Any(c =>
        (c.Name == "specimen" || c.Name.EndsWith("/specimen", StringComparison.Ordinal)) && c.Text == "true"
        || c.Name is "169/1" && c.Text.StartsWith(Credentials.Issuing.DigitalId.SpecimenPrefix, StringComparison.Ordinal));

    private void Object(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var w = new Utf8JsonWriter(bytes, Plain))
        {
            w.WriteStartObject();
            write(w);
            w.WriteString("checked_at", now);
            w.WriteEndObject();
        }
        output.WriteLine(System.Text.Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
    }

    private static void Result(Utf8JsonWriter w, string verdict, string? why, Reason? reason)
    {
        w.WriteString("verdict", verdict);
        if (why is not null)
        {
            w.WriteString("why", why);
        }
        if (reason is { } known)
        {
            w.WriteString("reason", known.Code());
        }
    }

    private static void SignedBy(Utf8JsonWriter w, Signer signer)
    {
        w.WriteStartObject("signer");
        w.WriteString("name", signer.Name);
        w.WriteString("country", signer.Country);
        w.WriteString("sha256", Convert.ToHexStringLower(signer.Certificate.Sha256.Span));
        w.WriteEndObject();
    }

    private static string Snake(Enum word) => JsonNamingPolicy.SnakeCaseLower.ConvertName(word.ToString());
}
